"""Stages 'signature' and 'key' (evidence.md 'Checks and verdicts'; rules.md 'Signatures', 'Consent and officers')."""
import hashlib
import re
from typing import Iterator, NamedTuple, Optional

import cms
import programme
from archive import Problem, differ
from bundle import RECEIPTS, Bundle, Fact, number_of, parse_xml

# Where a fact's attachments stand in a bundle; the names of receipts within a batch are those of RECEIPTS.
FOLDERS = {"fileReceived": ("batches",), "fileDecided": ("batches",), "fileCleared": ("batches",),
           "messageAnswered": ("batches", "messages"), "fileCancelled": ("messages",),
           "statementAnswered": ("answers",), "keyChanged": ("keys",)}
GRADES = {"fileReceived": "received", "fileDecided": "validated", "fileCleared": "cleared"}
OVERLAP = 90 * 86_400_000  # the longest that a replaced key goes on beside its successor


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def signature(b: Bundle) -> Iterator[Problem]:
    """Every CMS signature over its bytes; digests in facts, seals and receipts are those of the bytes."""
    yield from (Problem(entry, why, "CMS as agreed") for entry, why in b.unsigned.items())
    results = cms.POOL.map(lambda item: judge(b, *item), b.signers.items())
    for entry, result in zip(b.signers, results):
        if result is None:
            yield Problem(entry, "the signature does not match the bytes",
                          f"the signature of {b.content_name(entry) or 'its content'}")
        elif entry.endswith(".cms"):
            b.contents[entry] = result
    for entry in b.archive.names("keys/", "/proof.p7s"):
        text, signer = b.contents.get(entry.replace("proof.p7s", "request.cms")), b.signers.get(entry)
        if text is not None and signer and cms.verified(b.archive.read(entry), signer, text) is None:
            yield Problem(entry, "the signature does not match the bytes", "the new key's signature of the request")
    b.count("signatures", len(b.signers))
    yield from attachments(b)
    yield from stated_digests(b)
    yield from answers(b)
    yield from key_changes(b)


def judge(b: Bundle, entry: str, signer: cms.Certificate) -> Optional[bytes]:
    """One signature; b"" where there is nothing to judge, which is for 'completeness'."""
    content, data = b.content_name(entry), b.archive.read(entry)
    if content in b.archive or entry.endswith(".cms"):
        return cms.verified(data, signer, b.archive.read(content) if content else None)
    if content and content.endswith("/original") and number_of(entry) in b.erased:
        seal = b.seals.get(number_of(entry), (0, {}))[1]
        digest = seal.get("digest") or b.facts[number_of(entry)].body["digest"]
        return b"" if cms.verified_by_digest(data, signer, bytes.fromhex(digest)) else None
    return b""


def stated(b: Bundle, name: str, digest: str, length: Optional[int] = None) -> list[Problem]:
    """An entry has the digest and length that a fact or seal states; absent entries are for 'completeness'."""
    if name not in b.archive:
        return []
    b.count("digests")
    place = b.archive.place(name)
    found = differ(f"{name}: digest", place.digest, digest)
    return found + (differ(f"{name}: length", place.size, length) if length is not None else [])


def content_digest(b: Bundle, entry: str, digest: str) -> list[Problem]:
    return differ(f"{entry}: digest of its content", sha(b.contents[entry]), digest) if entry in b.contents else []


def attachments(b: Bundle) -> Iterator[Problem]:
    for fact in b.facts.values():
        body = fact.body
        for folder in FOLDERS.get(fact.kind, ()):
            folder = f"{folder}/{body['received'] if fact.kind in ('fileDecided', 'fileCleared') else fact.number:010}/"
            for item in body["attachments"]:
                name = item["name"].replace("receipt.", GRADES.get(fact.kind, "receipt") + ".", 1)
                yield from stated(b, folder + name, item["digest"], item["length"])
            if fact.kind == "messageAnswered":
                yield from content_digest(b, folder + "message.cms", body["digest"])
        if fact.kind == "fileReceived":
            yield from stated(b, f"batches/{fact.number:010}/original", body["digest"], body["size"])
            yield from receipts(b, fact)
        elif fact.kind == "fileCancelled":
            yield from stated(b, f"messages/{fact.number:010}/cancel.cms", body["digest"])
        elif fact.kind == "actCarriedOut":
            evidence = body["evidence"]
            for item in (evidence["document"], evidence["maker"]["signature"], evidence["checker"]["signature"]):
                yield from stated(b, f"acts/{fact.number:010}/{item['name']}", item["digest"], item["length"])
        elif fact.kind == "sealed" and "programme" in body:
            yield from programme_digests(b, body["programme"])


def stated_digests(b: Bundle) -> Iterator[Problem]:
    """What the seals of windows and records state, and the authority of the log's first fact."""
    for _, seal in b.closes.values():
        for item in seal["documents"]:
            folder = "statements" if seal["window"] == b.window else "history"
            yield from stated(b, f"{folder}/{item['name']}", item["digest"], item["length"])
    for number, (_, seal) in b.seals.items():
        yield from stated(b, f"batches/{number:010}/original", seal["digest"])
        yield from content_digest(b, f"batches/{number:010}/message.cms", seal["digest"])
        name = f"shared/{number:010}/received.xml"
        if name in b.archive:
            found = [b.document(name).findtext(tag) for tag in ("PartnerId", "Series", "SequenceNumber", "FileDigest")]
            batch = seal["batch"]
            yield from differ(name, found, [batch["partner"], batch["series"], str(batch["sequence"]), seal["digest"]])
    own = sorted(c.fingerprint for c in cms.from_pem(b.archive.read("trust/authorities.pem").decode()))
    first = sorted(c.fingerprint for pem in b.genesis()["authorities"] for c in cms.from_pem(pem))
    yield from differ("trust/authorities.pem", own, first)


def receipts(b: Bundle, fact: Fact) -> Iterator[Problem]:
    """A file's receipts are about this file."""
    batch = fact.body["batch"]
    for grade in RECEIPTS:
        name = f"batches/{fact.number:010}/{grade}.xml"
        if name in b.archive:
            root = b.document(name)
            wanted = {"Grade": grade.upper(), "PartnerId": batch["partner"], "Series": batch["series"],
                      "SequenceNumber": str(batch["sequence"]), "FileDigest": fact.body["digest"],
                      "FileSize": str(fact.body["size"])}
            yield from differ(name, {tag: root.findtext(tag) for tag in wanted}, wanted)


def programme_digests(b: Bundle, seal: dict) -> Iterator[Problem]:
    """Signed files by name; resolved agreements and promotions by the digest of their JSON."""
    folder, names = f"programme/{seal['version']:04}/", {item["name"] for item in seal["files"]}
    for item in seal["files"]:
        yield from stated(b, folder + item["name"], item["digest"])
    for name in b.archive.names(folder, ".yaml"):
        if name.removeprefix(folder) not in names:
            yield Problem(name, "not among the programme's signed files", "a file that the seal names")
    resolved = b.json(folder + "resolved.json") if folder + "resolved.json" in b.archive else {}
    for kind, items in resolved.items():
        sealed = {item["digest"] if isinstance(item, dict) else item for item in seal[kind]}
        for item in items:
            digest = sha(programme.canonical(item))
            if digest not in sealed:
                yield Problem(f"{folder}resolved.json: {item.get('partner') or item.get('id')}", digest,
                              "a digest that the seal states")


def answers(b: Bundle) -> Iterator[Problem]:
    """What a partner said to a statement (formats.md 'Answers to settlement statements'), and the host's reply."""
    issued = {item["name"]: item["digest"] for _, seal in b.closes.values() for item in seal["documents"]}
    for fact in b.of("statementAnswered"):
        body, folder = fact.body, f"answers/{fact.number:010}/"
        wanted = {"PartnerId": body["partner"], "StatementId": body["statement"],
                  "StatementDigest": body["statementDigest"], "Verdict": body["verdict"]}
        for name, more in (("answer.cms", {}), ("reply.cms", {"AnswerDigest": body["digest"]})):
            if folder + name in b.contents:
                b.reading = folder + name
                root = parse_xml(b.contents[folder + name])
                yield from differ(folder + name, {tag: root.findtext(tag) for tag in wanted | more}, wanted | more)
        yield from content_digest(b, folder + "answer.cms", body["digest"])
        digest = issued.get(body["statement"] + ".xml", body["statementDigest"])
        yield from differ(f"{folder}answer.cms: digest of {body['statement']}", body["statementDigest"], digest)
        b.count("answers to statements")


def key_changes(b: Bundle) -> Iterator[Problem]:
    """A change of keys is what the partner's request asks (formats.md 8), and the reply says the same."""
    for fact in b.of("keyChanged"):
        folder, change = f"keys/{fact.number:010}/", fact.body["change"]
        yield from content_digest(b, folder + "request.cms", fact.body["digest"])
        if folder + "request.cms" not in b.archive:
            yield Problem(folder + "request.cms", "not in the bundle", "the request of a key change")
        elif folder + "request.cms" in b.contents:
            b.reading = folder + "request.cms"
            asked = request(b.contents[folder + "request.cms"].decode(), fact)
            yield from differ(folder + "request.cms", asked, {"partner": fact.partner} | wanted_change(change))
        if folder + "reply.cms" in b.contents:
            b.reading = folder + "reply.cms"
            root = parse_xml(b.contents[folder + "reply.cms"])
            found = [root.findtext(tag) for tag in ("PartnerId", "Suspended", "Registered", "Replaces")]
            rotated = change.get("rotated", {"grant": {}})
            yield from differ(folder + "reply.cms", found, [
                fact.partner, change.get("suspended"), rotated["grant"].get("fingerprint"), rotated.get("replaces")])
        b.count("changes of keys")


def wanted_change(change: dict) -> dict:
    """A fact's change of keys as plain values; instants in milliseconds."""
    if "suspended" in change:
        return {"suspended": change["suspended"]}
    rotated, grant = change["rotated"], change["rotated"]["grant"]
    until = rotated.get("replacedUntil")
    return {"use": grant["usage"], "fingerprint": grant["fingerprint"], "from": programme.instant(grant["activeFrom"]),
            "replaces": rotated.get("replaces"), "until": until and programme.instant(until)}


def request(text: str, fact: Fact) -> dict:
    """The request of a key change in the form of wanted_change."""
    match = re.fullmatch(r"SUSPEND (\S+) ([0-9a-f]{64})\n", text)
    if match:
        return {"partner": match[1], "suspended": match[2]}
    match = re.fullmatch(r"ROTATE (\S+) (SIGN|TLS)\nFROM (\S+)\n(?:REPLACES ([0-9a-f]{64})\n(?:OLD-UNTIL (\S+)\n)?)?"
                         r"(-----BEGIN CERTIFICATE-----\n.*-----END CERTIFICATE-----\n)", text, re.S)
    if not match:
        raise ValueError("not the text of a key change")
    partner, use, start, replaces, until, pem = match.groups()
    begins = max(programme.instant(start), fact.at)  # an instant that is past means at once
    ends = programme.instant(until) if until else begins + OVERLAP if replaces else None
    return {"partner": partner, "use": use, "fingerprint": cms.from_pem(pem)[0].fingerprint, "from": begins,
            "replaces": replaces, "until": ends}


# -- stage 'key' -----------------------------------------------------------------------------------------------------

class Use(NamedTuple):
    """A signature to be judged: its entry, the instant, and the digests of the revocation lists of that time."""
    entry: str
    at: int
    lists: Optional[list] = None


def key(b: Bundle) -> Iterator[Problem]:
    """Each signer was entitled at the time: registered, active, valid, not revoked; makers and checkers are two."""
    b.load_programmes()
    b.host = cms.from_pem(b.genesis()["hostCertificate"])[0].fingerprint
    uses: list[Use] = []
    for number, (decided, seal) in b.seals.items():
        entry = f"batches/{number:010}/message.cms"
        if number not in b.facts and entry in b.signers:  # the seal stands for the fact
            yield from registered(b, entry, seal["partner"], b.facts[decided])
            uses.append(Use(entry, b.facts[decided].at))
    for fact in b.facts.values():
        if "signer" in fact.body:
            yield from partner_signer(b, fact, uses)
        elif fact.kind == "actCarriedOut" and not b.bare_fixing(fact):
            yield from act_signers(b, fact, uses)
        elif fact.kind == "sealed" and "programme" in fact.body:
            yield from programme_signers(b, fact, uses)
    yield from host_signers(b, uses)
    yield from validity(b, uses)
    for entry in sorted(b.signers.keys() - {use.entry for use in uses}):
        b.remark(f"{entry}: no fact that is shown names it, and nothing here rests on it")


def partner_signer(b: Bundle, fact: Fact, uses: list) -> Iterator[Problem]:
    """What a partner sent: files, messages, withdrawals, answers, changes of keys."""
    body, number = fact.body, f"{fact.number:010}"
    for entry in (f"batches/{number}/signature.p7s", f"batches/{number}/message.cms", f"messages/{number}/message.cms",
                  f"messages/{number}/cancel.cms", f"answers/{number}/answer.cms", f"keys/{number}/request.cms"):
        if entry in b.signers:
            own = b.signers[entry].fingerprint
            yield from differ(f"{entry}: signer as the fact states it", own, body["signer"]["fingerprint"])
            if body.get("change", {}).get("suspended") != own:  # any key may take itself out of use
                yield from registered(b, entry, fact.partner, fact)
            uses.append(Use(entry, programme.instant(body["signer"]["judgedAt"]), body["signer"]["revocationLists"]))
    if "rotated" in body.get("change", {}):
        entry, grant = f"keys/{number}/proof.p7s", body["change"]["rotated"]["grant"]
        if entry in b.signers:
            yield from differ(f"{entry}: signer", b.signers[entry].fingerprint, grant["fingerprint"])
            uses.append(Use(entry, fact.at))


class Register:
    """A partner's keys for signing just before a fact: fingerprint -> (from, until), from agreement and key changes."""

    def __init__(self, b: Bundle, partner: str, before: int, p: programme.Programme) -> None:
        agreement = p.agreements.get(partner)
        self.whole, self.keys, self.ended = agreement is not None, {}, set()
        for item in agreement.data["certificates"] if agreement else ():
            if item["usage"] == "SIGN":
                ends = programme.instant(item["activeTo"]) if item.get("activeTo") else None
                self.keys[item["fingerprint"]] = (programme.instant(item["activeFrom"]), ends)
        listed = set(self.keys)
        for fact in sorted(b.of("keyChanged", "actCarriedOut")):
            if fact.number < before:
                self.take(b, fact, partner, listed, fact.number > p.fact)

    def take(self, b: Bundle, fact: Fact, partner: str, listed: set, counts: bool) -> None:
        """One change: what an agreement lists keeps its enrolment's beginning and the earlier of two ends."""
        if fact.kind == "actCarriedOut":
            act = fact.body["act"].get("suspendKey", {})
            if act.get("partner") == partner:
                self.ended.add(act["fingerprint"])
            return
        if fact.partner != partner:
            return
        if "suspended" in fact.body["change"]:
            self.ended.add(fact.body["change"]["suspended"])
            return
        change = wanted_change(fact.body["change"])
        if change["use"] == "SIGN" and (counts or change["fingerprint"] in listed):
            self.keys[change["fingerprint"]] = (change["from"], self.keys.get(change["fingerprint"], (0, None))[1])
        if change["replaces"] in self.keys:
            start, end = self.keys[change["replaces"]]
            self.keys[change["replaces"]] = (start, min(change["until"], end) if end else change["until"])

    def active(self, fingerprint: str, at: int) -> bool:
        start, end = self.keys.get(fingerprint, (at + 1, None))
        return fingerprint not in self.ended and start <= at and (end is None or at < end)


def registered(b: Bundle, entry: str, partner: str, fact: Fact,
               p: Optional[programme.Programme] = None) -> Iterator[Problem]:
    """The partner's certificate for signing, active at the fact."""
    register, one = Register(b, partner, fact.number, p or b.programme_of(fact)), b.signers[entry].fingerprint
    if one in register.ended or (register.whole and not register.active(one, fact.at)):
        yield Problem(entry, f"certificate {one}", f"one of {partner} registered for signing, active and not suspended")
    elif not register.whole and not register.active(one, fact.at):
        b.remark(f"{entry}: the register of {partner} is in an agreement that is not shown")


def officers(b: Bundle, p: Optional[programme.Programme]) -> dict[str, dict]:
    return {officer["fingerprint"]: officer for officer in b.genesis()["officers"] + (p.officers if p else [])}


def act_signers(b: Bundle, fact: Fact, uses: list) -> Iterator[Problem]:
    """Maker and checker are officers of these roles, with two names and two certificates; the document is the act."""
    folder, people, known = f"acts/{fact.number:010}/", [], officers(b, b.programme_at(fact.number))
    for role in ("maker", "checker"):
        entry = f"{folder}act.json.{role}.p7s"
        if entry not in b.signers:
            continue  # for 'completeness'
        one = b.signers[entry].fingerprint
        yield from differ(f"{entry}: signer as the fact states it", one, fact.body["evidence"][role]["fingerprint"])
        if role.upper() not in known.get(one, {"roles": []})["roles"]:
            yield Problem(entry, f"certificate {one}", f"an officer who is {role}")
        people.append(known.get(one, {}).get("name"))
        uses.append(Use(entry, fact.at))
    if len(people) == 2 and people[0] == people[1]:
        yield Problem(folder[:-1], f"maker and checker are {people[0]}", "two people")
    if f"{folder}act.json" in b.archive:
        document, act = b.json(f"{folder}act.json"), fact.body["act"]
        if "suspendKey" in act:
            found = [document.get(k) for k in ("act", "partner", "fingerprint")]
            yield from differ(f"{folder}act.json", found, ["suspend-key", act["suspendKey"]["partner"],
                                                           act["suspendKey"]["fingerprint"]])
        elif "erasure" in act:
            name = "{partner}/{series}/{sequence}".format(**act["erasure"]["batch"])
            yield from differ(f"{folder}act.json", [document.get(k) for k in ("act", "file")], ["erase", name])
        elif "forgetting" in act:
            body, found = act["forgetting"], [sorted(document.get(k, [])) for k in ("files", "messages")]
            files = ["{partner}/{series}/{sequence}".format(**item) for item in body["files"]]
            messages = [f"{body['partner']}/{name}" for name in body["messages"]]
            yield from differ(f"{folder}act.json", [document.get("act"), *found], ["forget", sorted(files),
                                                                                   sorted(messages)])


def programme_signers(b: Bundle, fact: Fact, uses: list) -> Iterator[Problem]:
    """Each file by a maker and another checker; an agreement by its partner; a promotion by every other funder."""
    p = next(one for one in b.programmes if one.fact == fact.number)
    folder, known = f"programme/{p.number:04}/", officers(b, p)
    for name in b.archive.names(folder, ".yaml"):
        entries = [n for n in b.archive.names(name + ".") if n in b.signers]
        uses += [Use(entry, fact.at) for entry in entries]
        prints = {b.signers[entry].fingerprint for entry in entries}
        makers, checkers = ([known[one]["name"] for one in prints if one in known and role in known[one]["roles"]]
                            for role in ("MAKER", "CHECKER"))
        if not any(a != c for a in makers for c in checkers):
            yield Problem(name, f"makers {makers}, checkers {checkers}", "signatures of a maker and another checker")
        stem, kind = name.rpartition("/")[2].removesuffix(".yaml"), name.removeprefix(folder).partition("/")[0]
        needed = [stem] if kind == "agreements" else []
        if kind == "promotions":
            needed = [f["funder"] for f in p.promotions[stem]["funders"] if f["funder"] != p.calendar["host"]]
        if len(prints - set(known)) < len(needed):
            yield Problem(name, f"{len(prints - set(known))} signers who are no officers",
                          f"the signatures of {', '.join(needed)}")
        versions = [p] + [one for one in b.programmes if one.fact < fact.number][-1:]  # by its register or the last
        for partner in needed:
            if partner in p.agreements and all(list(registered(b, entry, partner, fact, one))
                                               for entry in entries for one in versions):
                yield Problem(name, "no signature of a registered certificate", f"the signature of {partner}")


def host_signers(b: Bundle, uses: list) -> Iterator[Problem]:
    """What the host issues is signed by the certificate of the log's first fact."""
    for entry, signer in b.signers.items():
        issued = re.fullmatch(r"(statements|history)/.*|checkpoint\.note\.p7s|(batches|shared)/\d+/\w+\.xml\.p7s"
                              r"|\w+/\d+/(answer|reply|cancelled)\.cms", entry)
        if not issued or entry.startswith("answers/") and entry.endswith("/answer.cms"):
            continue
        yield from differ(f"{entry}: signer", signer.fingerprint, b.host)
        document, at = b.content_name(entry), programme.instant(b.manifest.made)
        if document in b.archive and document.endswith(".xml"):
            root = b.document(document)
            time = root.findtext("IssuedDateTime") or root.findtext("ClosedDateTime")
            at = programme.instant(time) if time else b.close()[0].at
        elif entry.endswith(".cms"):
            fact = b.facts.get(number_of(entry)) or b.facts.get(b.seals.get(number_of(entry), (0,))[0])
            at = fact.at if fact else at  # an answer without its fact is for 'completeness'
        elif entry.startswith("statements/"):
            at = b.close()[0].at
        uses.append(Use(entry, at))


def validity(b: Bundle, uses: list) -> Iterator[Problem]:
    """Certificates valid, and not revoked by the lists of that time."""
    lists, jobs = {}, {}
    for name in b.archive.names("trust/revocation/"):
        data = b.archive.read(name)
        lists[sha(data)] = data
        yield from differ(name, name.rpartition("/")[2], sha(data) + ".crl")
    for entry, at, named in uses:
        missing = [digest for digest in named or [] if digest not in lists]
        if missing:
            yield Problem(f"{entry}: revocation lists", "not in the bundle", ", ".join(missing))
        chosen = tuple(lists[d] for d in (sorted(lists) if named is None else named) if d in lists)
        jobs.setdefault((b.signers[entry], at // 1000, chosen), entry)
    results = cms.POOL.map(lambda j: cms.chain_errors(j[0], b.pins.anchors, b.others, j[1], j[2]), jobs)
    for ((signer, _, _), entry), errors in zip(jobs.items(), results):
        if 12 in errors:
            b.remark(f"{entry}: a revocation list was past its next update")
        if set(errors) - {12}:
            yield Problem(f"{entry}, certificate {signer.fingerprint}", cms.explain(set(errors) - {12}),
                          "valid and not revoked at the time")
    b.count("signers at a time", len(jobs))
