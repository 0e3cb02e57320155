"""Stages 'signature' and 'key' of evidence.md 'Checks and verdicts'."""
import hashlib
from typing import Iterator, Optional

import cms
import programme
from archive import Problem
from bundle import Fact
from state import State, content_name, differ


def signature(state: State) -> Iterator[Problem]:
    """Every CMS signature over its bytes; digests in facts, seals and receipts are those of the bytes."""
    archive = state.archive
    yield from (Problem(entry, why, "CMS as agreed") for entry, why in state.unsigned.items())
    jobs = []
    for entry, signer in state.signers.items():
        content = content_name(archive, entry)
        if content is not None and content not in archive:
            continue  # for 'completeness'
        data = archive.read(entry)
        if content is None:
            jobs.append((entry, cms.POOL.submit(cms.open_attached, data, signer)))
        elif archive.place(content).size > 1 << 20:  # large files go through one after the other
            jobs.append((entry, cms.verify_detached(data, archive.digest(content), archive.chunks(content), signer)))
        else:
            jobs.append((entry,
                         cms.POOL.submit(cms.verify_detached, data, archive.digest(content),
                                         iter([archive.read(content)]), signer)))
    for entry, job in jobs:
        result = job if isinstance(job, bool) else job.result()
        if isinstance(result, bytes):
            state.contents[entry] = result
        if result is None or result is False:
            yield Problem(entry, "the signature does not match the bytes",
                          f"the signature of {content_name(archive, entry) or 'its content'}")
    state.count("signatures", len(jobs))
    yield from digests(state)


def stated(state: State, name: str, digest: str, length: Optional[int] = None) -> list[Problem]:
    """An entry has the digest and length that a fact or seal states; absent entries are for 'completeness'."""
    if name not in state.archive:
        return []
    state.count("digests")
    place = state.archive.place(name)
    return differ(f"{name}: digest", place.digest,
                  digest) + (differ(f"{name}: length", place.size, length) if length is not None else [])


ATTACHED = {
    "fileReceived": ("batches", {
        "signature.p7s": "signature.p7s", "receipt.xml": "received.xml", "receipt.xml.p7s": "received.xml.p7s"
    }), "messageAnswered": ("messages", {"message.cms": "message.cms", "answer.cms": "answer.cms"})
}


def digests(state: State) -> Iterator[Problem]:
    bundle = state.bundle
    for fact in bundle.facts.values():
        body = fact.body
        folders = {"batches", ATTACHED.get(fact.kind, ("",))[0]} if fact.kind in ATTACHED else set()
        for folder in sorted(folders):
            for item in body["attachments"]:
                entry = ATTACHED[fact.kind][1].get(item["name"], item["name"])
                yield from stated(state, f"{folder}/{fact.number:010}/{entry}", item["digest"], item["length"])
        if fact.kind == "fileReceived":
            yield from stated(state, f"batches/{fact.number:010}/original", body["digest"], body["size"])
            yield from receipt_digests(state, fact)
        elif fact.kind == "fileDecided":
            for item in body["attachments"]:
                yield from stated(
                    state, f"batches/{body['received']:010}/" + item["name"].replace("receipt.", "validated.", 1),
                    item["digest"])
        elif fact.kind == "messageAnswered":
            for folder in folders:
                content = state.contents.get(f"{folder}/{fact.number:010}/message.cms")
                if content is not None:
                    yield from differ(f"{folder}/{fact.number:010}/message.cms: digest of its content",
                                      hashlib.sha256(content).hexdigest(), body["digest"])
        elif fact.kind == "actCarriedOut":
            evidence = body["evidence"]
            for item in (evidence["document"], evidence["maker"]["signature"], evidence["checker"]["signature"]):
                yield from stated(state, f"acts/{fact.number:010}/{item['name']}", item["digest"], item["length"])
        elif fact.kind == "sealed" and "programme" in body:
            yield from programme_digests(state, body["programme"])
    for fact, seal in bundle.closes.values():
        for item in seal["documents"]:
            folder = "statements" if seal["window"] == bundle.window else "history"
            yield from stated(state, f"{folder}/{item['name']}", item["digest"], item["length"])
    for number, (_, seal) in bundle.seals.items():
        yield from stated(state, f"batches/{number:010}/original", seal["digest"])
        content = state.contents.get(f"batches/{number:010}/message.cms")
        if content is not None:
            yield from differ(f"batches/{number:010}/message.cms: digest",
                              hashlib.sha256(content).hexdigest(), seal["digest"])
        if f"shared/{number:010}/received.xml" in state.archive:
            root, batch = state.document(f"shared/{number:010}/received.xml"), seal["batch"]
            found = [root.findtext(tag) for tag in ("PartnerId", "Series", "SequenceNumber", "FileDigest")]
            wanted = [batch["partner"], batch["series"], str(batch["sequence"]), seal["digest"]]
            yield from differ(f"shared/{number:010}/received.xml", found, wanted)
    pinned = sorted(c.fingerprint for c in cms.from_pem(state.archive.read("trust/authorities.pem").decode()))
    first = sorted(c.fingerprint for pem in bundle.genesis()["authorities"] for c in cms.from_pem(pem))
    yield from differ("trust/authorities.pem", pinned, first)


def receipt_digests(state: State, fact: Fact) -> Iterator[Problem]:
    for name in (f"batches/{fact.number:010}/{grade}.xml" for grade in ("received", "validated", "cleared")):
        if name in state.archive:
            root = state.document(name)
            batch = fact.body["batch"]
            wanted = {
                "PartnerId": batch["partner"], "Series": batch["series"], "SequenceNumber": str(batch["sequence"]),
                "FileDigest": fact.body["digest"], "FileSize": str(fact.body["size"]),
                "Grade": name.split("/")[-1][:-4].upper()
            }
            for tag, value in wanted.items():
                if root.find(tag) is not None or tag not in ("FileDigest", "FileSize"):
                    yield from differ(f"{name}: {tag}", root.findtext(tag), value)


def programme_digests(state: State, seal: dict) -> Iterator[Problem]:
    """Signed files by name; resolved agreements and promotions by the digest of their JSON."""
    folder = f"programme/{seal['version']:04}/"
    names = {item["name"] for item in seal["files"]}
    for item in seal["files"]:
        yield from stated(state, folder + item["name"], item["digest"])
    for name in state.archive.names(folder):
        if name.endswith(".yaml") and name.removeprefix(folder) not in names:
            yield Problem(name, "not among the programme's signed files", "a file that the seal names")
    if folder + "resolved.json" in state.archive:
        resolved = state.bundle.json(folder + "resolved.json")
        for kind in ("agreements", "promotions"):
            sealed = {item["digest"] if isinstance(item, dict) else item for item in seal[kind]}
            for item in resolved[kind]:
                digest = hashlib.sha256(programme.canonical(item)).hexdigest()
                if digest not in sealed:
                    yield Problem(f"{folder}resolved.json: {item.get('partner') or item.get('id')}", digest,
                                  "a digest that the seal states")


def key(state: State) -> Iterator[Problem]:
    """Each signer was entitled at the time: registered, active, valid, not revoked; makers and checkers are two."""
    bundle = state.bundle
    bundle.load_programmes()
    genesis = bundle.genesis()
    state.host = cms.from_pem(genesis["hostCertificate"])[0].fingerprint
    times: list[tuple[str, int, Optional[list]]] = []  # entry, instant, digests of revocation lists
    for number, (decided, seal) in bundle.seals.items():
        if number not in bundle.facts and f"batches/{number:010}/message.cms" in state.signers:
            entry, fact = f"batches/{number:010}/message.cms", bundle.facts[decided]  # the seal stands for the fact
            yield from registered(state, entry, state.signers[entry], seal["partner"], fact.at,
                                  bundle.programme_at(decided))
            times.append((entry, fact.at, None))
    for fact in bundle.facts.values():
        if fact.kind in ("fileReceived", "messageAnswered"):
            yield from partner_signer(state, fact, times)
        elif fact.kind == "actCarriedOut" and not bundle.bare_fixing(fact):
            yield from act_signers(state, fact, times)
        elif fact.kind == "sealed" and "programme" in fact.body:
            yield from programme_signers(state, fact, times)
    yield from host_signers(state, times)
    yield from validity(state, times)


def partner_signer(state: State, fact: Fact, times: list) -> Iterator[Problem]:
    body, number = fact.body, f"{fact.number:010}"
    partner = body["batch"]["partner"] if "batch" in body else body["partner"]
    for entry in (f"batches/{number}/signature.p7s", f"batches/{number}/message.cms", f"messages/{number}/message.cms"):
        signer = state.signers.get(entry)
        if signer is None:
            continue
        yield from differ(f"{entry}: signer as the fact states it", signer.fingerprint, body["signer"]["fingerprint"])
        yield from registered(state, entry, signer, partner, fact.at,
                              state.bundle.programme_version(body["programmeVersion"]))
        times.append((entry, programme.instant(body["signer"]["judgedAt"]), body["signer"]["revocationLists"]))


def registered(state: State, entry: str, signer: cms.Certificate, partner: str, at: int,
               p: programme.Programme) -> Iterator[Problem]:
    """The partner's certificate for signing, active at the time, by its agreement."""
    agreement = p.agreements.get(partner)
    if agreement is None:
        state.bundle.remarks.append(f"{entry}: the register of {partner} is in an agreement that is not shown")
        return
    for item in agreement.data["certificates"]:
        ends = programme.instant(item["activeTo"]) if item.get("activeTo") else None
        named = (item["fingerprint"], item["usage"]) == (signer.fingerprint, "SIGN")
        if named and programme.instant(item["activeFrom"]) <= at \
                and (ends is None or at < ends):
            return
    yield Problem(entry, f"certificate {signer.fingerprint}", f"one of {partner} registered for signing and active")


def officers(state: State, p: Optional[programme.Programme]) -> dict[str, dict]:
    listed = state.bundle.genesis()["officers"] + (p.officers if p else [])
    return {officer["fingerprint"]: officer for officer in listed}


def act_signers(state: State, fact: Fact, times: list) -> Iterator[Problem]:
    """Maker and checker are officers of these roles, with two names and two certificates."""
    people, known = [], officers(state, state.bundle.programme_at(fact.number))
    for role in ("maker", "checker"):
        entry = f"acts/{fact.number:010}/act.json.{role}.p7s"
        if entry not in state.signers:
            yield Problem(entry, "not in the bundle", f"the {role}'s signature")
            continue
        signer = state.signers[entry]
        officer = known.get(signer.fingerprint)
        yield from differ(f"{entry}: signer as the fact states it", signer.fingerprint,
                          fact.body["evidence"][role]["fingerprint"])
        if officer is None or role.upper() not in officer["roles"]:
            yield Problem(entry, f"certificate {signer.fingerprint}", f"an officer who is {role}")
        people.append((officer or {}).get("name"))
        times.append((entry, fact.at, None))
    if len(people) == 2 and people[0] == people[1]:
        yield Problem(f"acts/{fact.number:010}", f"maker and checker are {people[0]}", "two people")


def programme_signers(state: State, fact: Fact, times: list) -> Iterator[Problem]:
    """Each file by a maker and another checker; an agreement by its partner; a promotion by every other funder."""
    p = next(one for one in state.bundle.programmes if one.fact == fact.number)
    folder, known = f"programme/{p.number:04}/", officers(state, p)
    for name in (n for n in state.archive.names(folder) if n.endswith(".yaml")):
        entries = [n for n in state.archive.names(name + ".") if n in state.signers]
        times += [(entry, fact.at, None) for entry in entries]
        prints = {state.signers[entry].fingerprint for entry in entries}
        people = [known[one] for one in prints if one in known]
        makers, checkers = ([o["name"] for o in people if role in o["roles"]] for role in ("MAKER", "CHECKER"))
        if not any(a != b for a in makers for b in checkers):
            yield Problem(name, f"makers {makers}, checkers {checkers}", "signatures of a maker and another checker")
        stem, kind = name.rpartition("/")[2].removesuffix(".yaml"), name.removeprefix(folder).partition("/")[0]
        needed = [stem] if kind == "agreements" else []
        if kind == "promotions":
            needed = [f["funder"] for f in p.promotions[stem]["funders"] if f["funder"] != p.calendar["host"]]
        if len(prints - set(known)) < len(needed):
            yield Problem(name, f"{len(prints - set(known))} signers who are no officers",
                          f"the signatures of {', '.join(needed)}")
        for partner in needed:
            if partner not in p.agreements:
                continue
            attempts = [list(registered(state, e, state.signers[e], partner, fact.at, p)) for e in entries]
            if all(attempts):
                yield Problem(name, "no signature of a registered certificate", f"the signature of {partner}")


def host_signers(state: State, times: list) -> Iterator[Problem]:
    """What the host issues is signed by the certificate of the log's first fact."""
    bundle = state.bundle
    made = programme.instant(bundle.manifest_time())
    for entry, signer in state.signers.items():
        name = entry.rpartition("/")[2]
        issued = entry.startswith(("statements/", "history/", "checkpoint.note")) or name == "answer.cms" or \
            name in ("received.xml.p7s", "validated.xml.p7s", "cleared.xml.p7s")
        if not issued:
            continue
        yield from differ(f"{entry}: signer", signer.fingerprint, state.host)
        document = content_name(state.archive, entry)
        at = made
        if document and document.endswith(".xml") and document in state.archive:
            root = state.document(document)
            at = programme.instant(
                root.findtext("IssuedDateTime") or root.findtext("ClosedDateTime") or bundle.close()[0].time)
        elif name == "answer.cms":
            number = int(entry.split("/")[1])
            fact = bundle.facts.get(number) or bundle.facts.get(bundle.seals.get(number, (0,))[0])
            at = fact.at if fact else made  # an answer without its fact is for 'completeness'
        elif entry.startswith("statements/"):
            at = bundle.close()[0].at
        times.append((entry, at, None))


def validity(state: State, times: list) -> Iterator[Problem]:
    """Certificates valid, and not revoked by the lists of that time."""
    lists = {}
    for name in state.archive.names("trust/revocation/"):
        data = state.archive.read(name)
        lists[hashlib.sha256(data).hexdigest()] = data
        yield from differ(name, name.rpartition("/")[2], hashlib.sha256(data).hexdigest() + ".crl")
    jobs: dict[tuple, str] = {}
    for entry, at, named in times:
        missing = [digest for digest in named or [] if digest not in lists]
        if missing:
            yield Problem(f"{entry}: revocation lists", "not in the bundle", ", ".join(missing))
        chosen = tuple(lists[d] for d in (named if named is not None else sorted(lists)) if d in lists)
        jobs.setdefault((state.signers[entry], at // 1000, chosen), entry)
    results = cms.POOL.map(lambda j: cms.chain_errors(j[0], state.pins.anchors, state.others, j[1], j[2]), jobs)
    for ((signer, at, _), entry), errors in zip(jobs.items(), results):
        if 12 in errors:
            state.bundle.remarks.append(f"{entry}: a revocation list was past its next update")
        if set(errors) - {12}:
            yield Problem(f"{entry}, certificate {signer.fingerprint}", cms.explain(set(errors) - {12}),
                          "valid and not revoked at the time")
    state.count("signers at a time", len(jobs))
