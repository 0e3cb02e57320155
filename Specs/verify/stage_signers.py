"""Stages 'signature' and 'key' (evidence.md 'Checks and verdicts'; rules.md 'Signatures', 'Consent and officers')."""
import hashlib
import re
from collections import namedtuple
from typing import Optional

import cms
import programme
from bundle import ISSUED, RECEIPTS, Bundle, Fact, number_of, parse_xml
from programme import instant

# Where a fact's attachments stand in a bundle; the names of receipts within a batch are those of RECEIPTS.
FOLDERS = {"fileReceived": ("batches",), "fileDecided": ("batches",), "fileCleared": ("batches",),
           "messageAnswered": ("batches", "messages"), "fileCancelled": ("messages",),
           "statementAnswered": ("answers",), "keyChanged": ("keys",)}
GRADES = {"fileReceived": "received", "fileDecided": "validated", "fileCleared": "cleared"}
OVERLAP = 90 * 86_400_000  # the longest that a replaced key goes on beside its successor


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def signature(b: Bundle) -> None:
    """Every CMS signature over its bytes; digests in facts, seals and receipts are those of the bytes."""
    for entry, why in b.unsigned.items():
        b.fail(entry, why, "CMS as agreed")
    for entry, result in zip(b.signers, cms.POOL.map(lambda item: judge(b, *item), b.signers.items())):
        if result is None:
            b.fail(entry, "the signature does not match the bytes",
                   f"the signature of {b.content_name(entry) or 'its content'}")
        elif entry.endswith(".cms"):
            b.contents[entry] = result
    for entry in b.archive.names("keys/", "/proof.p7s"):
        text, signer = b.contents.get(entry.replace("proof.p7s", "request.cms")), b.signers.get(entry)
        if text is not None and signer and cms.verified(b.archive.read(entry), signer, text) is None:
            b.fail(entry, "the signature does not match the bytes", "the new key's signature of the request")
    b.count("signatures", len(b.signers))
    for fact in b.facts.values():
        attachments(b, fact)
    seals(b)
    answers(b)
    key_changes(b)


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


def stated(b: Bundle, name: str, item: dict, *figures: str) -> None:
    """An entry has the digest (and length) that a fact or seal states; absent entries are for 'completeness'."""
    wanted = {figure: item[figure] for figure in figures or ("digest", "length")}
    if name in b.archive:
        b.count("digests")
        _, length, digest = b.archive.place(name)
        b.match(name, {"digest": digest, "length": length}, wanted)


def content_digest(b: Bundle, entry: str, digest: str) -> None:
    if entry in b.contents:
        b.same(f"{entry}: digest of its content", sha(b.contents[entry]), digest)


def attachments(b: Bundle, fact: Fact) -> None:
    """What came with a fact, or was issued by it, is what the fact states; a file's receipts are about this file."""
    body, batch = fact.body, f"batches/{fact.number:010}"
    for folder in FOLDERS.get(fact.kind, ()):
        folder = f"{folder}/{body['received'] if fact.kind in ('fileDecided', 'fileCleared') else fact.number:010}/"
        for item in body["attachments"]:
            stated(b, folder + item["name"].replace("receipt.", GRADES.get(fact.kind, "receipt") + ".", 1), item)
        if fact.kind == "messageAnswered":
            content_digest(b, folder + "message.cms", body["digest"])
    if fact.kind == "fileReceived":
        stated(b, f"{batch}/original", {"digest": body["digest"], "length": body["size"]})
        for name in (f"{batch}/{grade}.xml" for grade in RECEIPTS if f"{batch}/{grade}.xml" in b.archive):
            of = body["batch"]
            b.says(name, b.document(name), {
                "Grade": name[len(batch) + 1:-4].upper(), "PartnerId": of["partner"], "Series": of["series"],
                "SequenceNumber": of["sequence"], "FileDigest": body["digest"], "FileSize": body["size"]})
    elif fact.kind == "fileCancelled":
        stated(b, f"messages/{fact.number:010}/cancel.cms", body, "digest")
    elif fact.kind == "actCarriedOut":
        evidence = body["evidence"]
        for item in (evidence["document"], evidence["maker"]["signature"], evidence["checker"]["signature"]):
            stated(b, f"acts/{fact.number:010}/{item['name']}", item)
    elif fact.kind == "sealed" and "programme" in body:
        programme_digests(b, body["programme"])


def seals(b: Bundle) -> None:
    """What the seals of windows and records state, and the authority of the log's first fact."""
    for _, seal in b.closes.values():
        for item in seal["documents"]:
            stated(b, f"{'statements' if seal['window'] == b.window else 'history'}/{item['name']}", item)
    for number, (_, seal) in b.seals.items():
        stated(b, f"batches/{number:010}/original", seal, "digest")
        content_digest(b, f"batches/{number:010}/message.cms", seal["digest"])
        name = f"shared/{number:010}/received.xml"
        if name in b.archive:
            b.says(name, b.document(name), {
                "PartnerId": seal["batch"]["partner"], "Series": seal["batch"]["series"],
                "SequenceNumber": seal["batch"]["sequence"], "FileDigest": seal["digest"]})
    own, first = (sorted(c.fingerprint for pem in pems for c in cms.from_pem(pem)) for pems in (
        [b.archive.read("trust/authorities.pem").decode()], b.genesis()["authorities"]))
    b.same("trust/authorities.pem", own, first)


def programme_digests(b: Bundle, seal: dict) -> None:
    """Signed files by name; resolved agreements and promotions by the digest of their JSON."""
    folder, names = f"programme/{seal['version']:04}/", {item["name"] for item in seal["files"]}
    for item in seal["files"]:
        stated(b, folder + item["name"], item, "digest")
    for name in b.archive.names(folder, ".yaml"):
        if name.removeprefix(folder) not in names:
            b.fail(name, "not among the programme's signed files", "a file that the seal names")
    resolved = b.json(folder + "resolved.json") if folder + "resolved.json" in b.archive else {}
    for kind, items in resolved.items():
        sealed = {item["digest"] if isinstance(item, dict) else item for item in seal[kind]}
        for item in items:
            if sha(programme.canonical(item)) not in sealed:
                b.fail(f"{folder}resolved.json: {item.get('partner') or item.get('id')}",
                       sha(programme.canonical(item)), "a digest that the seal states")


def said(b: Bundle, name: str, wanted: dict) -> None:
    """What a CMS carries is a document with these texts."""
    if name in b.contents:
        b.reading = name
        b.says(name, parse_xml(b.contents[name]), wanted)


def answers(b: Bundle) -> None:
    """What a partner said to a statement (formats.md 'Answers to settlement statements'), and the host's reply."""
    issued = {item["name"]: item["digest"] for _, seal in b.closes.values() for item in seal["documents"]}
    for fact in b.of("statementAnswered"):
        body, folder = fact.body, f"answers/{fact.number:010}/"
        wanted = {"PartnerId": body["partner"], "StatementId": body["statement"],
                  "StatementDigest": body["statementDigest"], "Verdict": body["verdict"]}
        said(b, folder + "answer.cms", wanted)
        said(b, folder + "reply.cms", wanted | {"AnswerDigest": body["digest"]})
        content_digest(b, folder + "answer.cms", body["digest"])
        digest = issued.get(body["statement"] + ".xml", body["statementDigest"])
        b.same(f"{folder}answer.cms: digest of {body['statement']}", body["statementDigest"], digest)
        b.count("answers to statements")


def key_changes(b: Bundle) -> None:
    """A change of keys is what the partner's request asks (formats.md 8), and the reply says the same."""
    for fact in b.of("keyChanged"):
        name, change = f"keys/{fact.number:010}/request.cms", fact.body["change"]
        content_digest(b, name, fact.body["digest"])
        if b.need(name, "the request of a key change") and name in b.contents:
            b.reading = name
            asked = request(b.contents[name].decode(), fact)
            b.same(name, asked, {"partner": fact.partner} | wanted_change(change))
        rotated = change.get("rotated", {"grant": {}})
        said(b, name.replace("request", "reply"), {
            "PartnerId": fact.partner, "Suspended": change.get("suspended"), "Replaces": rotated.get("replaces"),
            "Registered": rotated["grant"].get("fingerprint")})
        b.count("changes of keys")


def wanted_change(change: dict) -> dict:
    """A fact's change of keys as plain values; instants in milliseconds."""
    if "suspended" in change:
        return {"suspended": change["suspended"]}
    rotated, grant = change["rotated"], change["rotated"]["grant"]
    until = rotated.get("replacedUntil")
    return {"use": grant["usage"], "fingerprint": grant["fingerprint"], "from": instant(grant["activeFrom"]),
            "replaces": rotated.get("replaces"), "until": until and instant(until)}


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
    begins = max(instant(start), fact.at)  # an instant that is past means at once
    ends = instant(until) if until else begins + OVERLAP if replaces else None
    return {"partner": partner, "use": use, "fingerprint": cms.from_pem(pem)[0].fingerprint, "from": begins,
            "replaces": replaces, "until": ends}


# -- stage 'key' -----------------------------------------------------------------------------------------------------

# A signature to be judged: its entry, the instant, and the digests of the revocation lists of that time.
Use = namedtuple("Use", "entry at lists", defaults=(None,))


def key(b: Bundle) -> None:
    """Each signer was entitled at the time: registered, active, valid, not revoked; makers and checkers are two."""
    b.load_programmes()
    uses: list[Use] = []
    for number, (decided, seal) in b.seals.items():
        entry = f"batches/{number:010}/message.cms"
        if number not in b.facts and entry in b.signers:  # the seal stands for the fact
            registered(b, entry, seal["partner"], b.facts[decided])
            uses.append(Use(entry, b.facts[decided].at))
    for fact in b.facts.values():
        if "signer" in fact.body:
            partner_signer(b, fact, uses)
        elif fact.kind == "actCarriedOut" and not b.bare_fixing(fact):
            act_signers(b, fact, uses)
        elif fact.kind == "sealed" and "programme" in fact.body:
            programme_signers(b, fact, uses)
    host_signers(b, uses)
    validity(b, uses)
    for entry in sorted(b.signers.keys() - {use.entry for use in uses}):
        b.remark(f"{entry}: no fact that is shown names it, and nothing here rests on it")


def partner_signer(b: Bundle, fact: Fact, uses: list) -> None:
    """What a partner sent: files, messages, withdrawals, answers, changes of keys."""
    body, number, signer = fact.body, f"{fact.number:010}", fact.body["signer"]
    change = body.get("change", {})
    for entry in (f"batches/{number}/signature.p7s", f"batches/{number}/message.cms", f"messages/{number}/message.cms",
                  f"messages/{number}/cancel.cms", f"answers/{number}/answer.cms", f"keys/{number}/request.cms"):
        if entry in b.signers:
            own = b.signers[entry].fingerprint
            b.same(f"{entry}: signer as the fact states it", own, signer["fingerprint"])
            if change.get("suspended") == own:  # any key may take itself out of use
                owns_key(b, entry)
            else:
                registered(b, entry, fact.partner, fact)
            uses.append(Use(entry, instant(signer["judgedAt"]), signer["revocationLists"]))
    proof = f"keys/{number}/proof.p7s"
    if "rotated" in change and proof in b.signers:
        b.same(f"{proof}: signer", b.signers[proof].fingerprint, change["rotated"]["grant"]["fingerprint"])
        owns_key(b, proof)
        uses.append(Use(proof, fact.at))


def owns_key(b: Bundle, entry: str) -> None:
    """For itself a partner's key may speak in either use."""
    if not b.signers[entry].usages & {cms.PARTNER, cms.CONNECTION}:
        b.fail(entry, f"certificate {b.signers[entry].fingerprint}", "one for partnerSigning or clientAuth")


class Register:
    """A partner's keys for signing just before a fact: fingerprint -> (from, until), from agreement and key changes."""

    def __init__(self, b: Bundle, partner: str, before: int, p: programme.Programme) -> None:
        agreement = p.agreements.get(partner)
        self.whole, self.ended = agreement is not None, set()
        listed = [item for item in agreement.data["certificates"] if item["usage"] == "SIGN"] if agreement else []
        self.keys = {item["fingerprint"]: (instant(item["activeFrom"]), item.get("activeTo") and
                                           instant(item["activeTo"])) for item in listed}
        own = set(self.keys)
        for fact in sorted(b.of("keyChanged", "actCarriedOut")):
            if fact.number < before and fact.kind == "actCarriedOut":
                act = fact.body["act"].get("suspendKey", {})
                self.ended |= {act["fingerprint"]} if act.get("partner") == partner else set()
            elif fact.number < before and fact.partner == partner:
                self.take(wanted_change(fact.body["change"]), own, fact.number > p.fact)

    def take(self, change: dict, listed: set, counts: bool) -> None:
        """A partner's change: what an agreement lists keeps its enrolment's beginning and the earlier of two ends."""
        if "suspended" in change:
            self.ended.add(change["suspended"])
            return
        if change["use"] == "SIGN" and (counts or change["fingerprint"] in listed):
            self.keys[change["fingerprint"]] = (change["from"], self.keys.get(change["fingerprint"], (0, None))[1])
        if change["replaces"] in self.keys:
            start, end = self.keys[change["replaces"]]
            self.keys[change["replaces"]] = (start, min(change["until"], end) if end else change["until"])

    def active(self, fingerprint: str, at: int) -> bool:
        start, end = self.keys.get(fingerprint, (at + 1, None))
        return fingerprint not in self.ended and start <= at and (end is None or at < end)


def is_registered(b: Bundle, entry: str, partner: str, fact: Fact, p: programme.Programme) -> Optional[bool]:
    """Is it the partner's certificate, for partnerSigning and active at the fact?  None without its agreement."""
    register, one = Register(b, partner, fact.number, p), b.signers[entry]
    if one.fingerprint in register.ended or cms.PARTNER not in one.usages:
        return False
    return register.active(one.fingerprint, fact.at) or (False if register.whole else None)


def registered(b: Bundle, entry: str, partner: str, fact: Fact) -> None:
    state = is_registered(b, entry, partner, fact, b.programme_of(fact))
    if state is None:
        b.remark(f"{entry}: the register of {partner} is in an agreement that is not shown")
    elif not state:
        b.fail(entry, f"certificate {b.signers[entry].fingerprint}",
               f"one of {partner} registered for signing, active and not suspended")


def officers(b: Bundle, p: programme.Programme, entries: list[str], role: str) -> list[str]:
    """The names of those who signed one of these entries and are officers of a role, by certificates for officers."""
    known = {officer["fingerprint"]: officer for officer in b.genesis()["officers"] + p.officers}
    signers = [b.signers[entry] for entry in entries]
    return [known[one.fingerprint]["name"] for one in signers if cms.OFFICER in one.usages
            and role in known.get(one.fingerprint, {"roles": []})["roles"]]


def act_signers(b: Bundle, fact: Fact, uses: list) -> None:
    """Maker and checker are officers of these roles, with two names and two certificates; the document is the act."""
    folder, people, act = f"acts/{fact.number:010}/", [], fact.body["act"]
    for role in ("maker", "checker"):
        entry = f"{folder}act.json.{role}.p7s"
        if entry in b.signers:  # else for 'completeness'
            own, names = b.signers[entry].fingerprint, officers(b, b.programme_at(fact.number), [entry], role.upper())
            b.same(f"{entry}: signer as the fact states it", own, fact.body["evidence"][role]["fingerprint"])
            if not names:
                b.fail(entry, f"certificate {own}", f"an officer who is {role}")
            people += names
            uses.append(Use(entry, fact.at))
    if len(people) == 2 and people[0] == people[1]:
        b.fail(folder[:-1], f"maker and checker are {people[0]}", "two people")
    document = b.json(f"{folder}act.json") if f"{folder}act.json" in b.archive else {}
    if document and "suspendKey" in act:
        wanted = {"act": "suspend-key", **{k: act["suspendKey"][k] for k in ("partner", "fingerprint")}}
        b.same(f"{folder}act.json", {k: document.get(k) for k in wanted}, wanted)
    elif document and "erasure" in act:
        wanted = {"act": "erase", "file": "{partner}/{series}/{sequence}".format(**act["erasure"]["batch"])}
        b.same(f"{folder}act.json", {k: document.get(k) for k in wanted}, wanted)
    elif document and "forgetting" in act:
        body = act["forgetting"]
        found = {k: sorted(document.get(k, [])) for k in ("files", "messages")} | {"act": document.get("act")}
        files = sorted("{partner}/{series}/{sequence}".format(**item) for item in body["files"])
        messages = sorted(f"{body['partner']}/{name}" for name in body["messages"])
        b.same(f"{folder}act.json", found, {"act": "forget", "files": files, "messages": messages})


def programme_signers(b: Bundle, fact: Fact, uses: list) -> None:
    """Each file by a maker and another checker; an agreement by its partner; a promotion by every other funder."""
    p = next(one for one in b.programmes if one.fact == fact.number)
    folder, versions = f"programme/{p.number:04}/", [p] + [one for one in b.programmes if one.fact < fact.number][-1:]
    known = {officer["fingerprint"] for officer in b.genesis()["officers"] + p.officers}
    for name in b.archive.names(folder, ".yaml"):
        entries = [n for n in b.archive.names(name + ".") if n in b.signers]
        uses += [Use(entry, fact.at) for entry in entries]
        makers, checkers = (officers(b, p, entries, role) for role in ("MAKER", "CHECKER"))
        if not any(maker != checker for maker in makers for checker in checkers):
            b.fail(name, f"makers {makers}, checkers {checkers}", "signatures of a maker and another checker")
        stem, kind = name.rpartition("/")[2].removesuffix(".yaml"), name.removeprefix(folder).partition("/")[0]
        needed = [stem] if kind == "agreements" else p.other_funders(stem) if kind == "promotions" else []
        others = {b.signers[e].fingerprint for e in entries if cms.PARTNER in b.signers[e].usages} - known
        if len(others) < len(needed):
            b.fail(name, f"{len(others)} signers who are no officers", f"the signatures of {', '.join(needed)}")
        for partner in needed:  # by the register of this version, or of the last
            if partner in p.agreements and all(is_registered(b, entry, partner, fact, one) is False
                                               for entry in entries for one in versions):
                b.fail(name, "no signature of a registered certificate", f"the signature of {partner}")


def host_signers(b: Bundle, uses: list) -> None:
    """What the host issues is signed by the certificate of the log's first fact."""
    host = cms.from_pem(b.genesis()["hostCertificate"])[0].fingerprint
    for entry in filter(ISSUED.fullmatch, b.signers):
        b.same(f"{entry}: signer", b.signers[entry].fingerprint, host)
        document, at = b.content_name(entry), instant(b.manifest.made)
        if document in b.archive and document.endswith(".xml"):
            root = b.document(document)
            time = root.findtext("IssuedDateTime") or root.findtext("ClosedDateTime")
            at = instant(time) if time else b.close()[0].at
        elif entry.endswith(".cms"):
            fact = b.facts.get(number_of(entry)) or b.facts.get(b.seals.get(number_of(entry), (0,))[0])
            at = fact.at if fact else at  # an answer without its fact is for 'completeness'
        elif entry.startswith("statements/"):
            at = b.close()[0].at
        uses.append(Use(entry, at))


def validity(b: Bundle, uses: list) -> None:
    """Certificates valid, and not revoked by the lists of that time."""
    lists, jobs = {}, {}
    for name in b.archive.names("trust/revocation/"):
        data = b.archive.read(name)
        lists[sha(data)] = data
        b.same(name, name.rpartition("/")[2], sha(data) + ".crl")
    for entry, at, named in uses:
        named = sorted(lists) if named is None else named
        missing = [digest for digest in named if digest not in lists]
        if missing:
            b.fail(f"{entry}: revocation lists", "not in the bundle", ", ".join(missing))
        chosen = tuple(lists[digest] for digest in named if digest in lists)
        jobs.setdefault((b.signers[entry], at // 1000, chosen), entry)
    results = cms.POOL.map(lambda j: cms.chain_errors(j[0], b.pins.anchors, b.others, j[1], j[2]), jobs)
    for ((signer, _, _), entry), errors in zip(jobs.items(), results):
        if 12 in errors:
            b.remark(f"{entry}: a revocation list was past its next update")
        if set(errors) - {12}:
            b.fail(f"{entry}, certificate {signer.fingerprint}", cms.explain(set(errors) - {12}),
                   "valid and not revoked at the time")
    b.count("signers at a time", len(jobs))
