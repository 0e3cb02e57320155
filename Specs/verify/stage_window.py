"""Stages 'order' and 'completeness' (evidence.md 'Checks and verdicts', 'Promise, then proof')."""
import re
import xml.etree.ElementTree as ET
from typing import Iterator, Optional

import programme
from archive import Problem, differ
from bundle import RECEIPTS, Bundle, Fact, number_of, owner
from stage_signers import FOLDERS


def order(b: Bundle) -> Iterator[Problem]:
    """Times do not run back; windows follow from instants; cut-offs, closes, programmes and fixings stand in order."""
    shown, cuts = [b.facts[number] for number in sorted(b.facts)], {}
    for earlier, later in zip(shown, shown[1:]):
        if later.at < earlier.at:
            yield Problem(f"fact {later.number}", later.time, f"not before fact {earlier.number}, {earlier.time}")
    for fact in b.of("windowCutOff"):
        due = programme.instant(b.programme_at(fact.number).window(fact.body["window"])["cutoff"])
        cuts[fact.body["window"]] = fact
        yield from differ(f"fact {fact.number}: due time of the cut-off", programme.instant(fact.body["due"]), due)
        for other in shown:
            if (other.number < fact.number) != (other.at < due):
                yield Problem(f"fact {other.number}", other.time,
                              f"on the other side of the cut-off {fact.body['window']}, fact {fact.number}")
    for fact in b.of("fileReceived", "messageAnswered"):
        yield from arrival_order(b, fact)
    last = None
    for window, (fact, seal) in sorted(b.closes.items(), key=lambda item: item[1][0].number):
        opens = programme.instant(b.programme_at(fact.number).window(window)["open"])
        if last is not None and opens <= last or seal["closed"] >= fact.number:
            yield Problem(f"fact {fact.number}: close of {window}", "out of order",
                          "windows closed in their order, each seal after its close")
        if window not in cuts or cuts[window].number > fact.number:
            yield Problem(f"fact {fact.number}: close of {window}", "no cut-off before it is shown", "its cut-off")
        last = opens
    closed = b.close()[1]["closed"]
    for fact, act in b.acts():
        if act["act"] == "fixing" and act["window"] == b.window and fact.number > closed:
            yield Problem(f"fact {fact.number}: fixing of {act['window']}", f"after fact {closed}", "before the close")


def arrival_order(b: Bundle, fact: Fact) -> Iterator[Problem]:
    """R13: the window is that of the receipt's instant; the programme's version was loaded before."""
    body, p = fact.body, b.programme_at(fact.number)
    window = p.window_at(fact.at)
    wanted = window and window["id"]
    named = body["window"] if "window" in body else (body.get("posting") or {}).get("window", wanted)
    yield from differ(f"fact {fact.number}: programme version", body["programmeVersion"], p.number)
    yield from differ(f"fact {fact.number}: window", named, wanted)
    if fact.number in b.seals:
        decided, seal = b.seals[fact.number]
        yield from differ(f"fact {decided}: window of the records", seal.get("window", wanted), wanted)
        if decided < fact.number:
            yield Problem(f"fact {decided}", "before what it decides", f"after fact {fact.number}")
    for name in (f"{folder}/{fact.number:010}/{grade}.xml" for grade in RECEIPTS for folder in ("batches", "shared")):
        if name not in b.archive:
            continue
        root = b.document(name)
        yield from differ(f"{name}: WindowId", root.findtext("WindowId"), wanted)
        if root.findtext("NextCutOffDateTime") and window:
            yield from differ(f"{name}: NextCutOffDateTime", programme.instant(root.findtext("NextCutOffDateTime")),
                              programme.instant(window["cutoff"]))
        if name.endswith("/received.xml"):
            yield from differ(f"{name}: IssuedDateTime", programme.instant(root.findtext("IssuedDateTime")), fact.at)
            yield from differ(f"{name}: size of the log", b.log_size(name), fact.number - 1)


# -- stage 'completeness' --------------------------------------------------------------------------------------------

def completeness(b: Bundle) -> Iterator[Problem]:
    """Both ways: log, bundle and the statement's list hold the same files; statements are counted without gaps."""
    if b.totals:
        yield from range_ends(b)
    yield from signatures_and_documents(b)
    for name in b.archive.names(suffix="/leaves.bin") + b.archive.names(suffix=".leaf.json"):
        if not name.startswith("log/") and int(re.search(r"/0*(\d+)", name)[1]) not in b.erased:
            yield Problem(name, "no act is shown that erased or closed this file", "the file as it was received")
    if not b.totals:
        b.remark("a bundle of one file or record: what else the window holds is not checked")
        return
    partners = b.partners()
    hidden = [n for n in range(b.range.start + 1, b.range.end + 1) if n not in b.facts]
    b.count("facts of the range that are not shown", len(hidden))
    for number in hidden if b.whole else ():
        yield Problem(f"log/facts/{number:010}.json", "not in the bundle", "every fact of the range")
    for name, why in needed_entries(b, partners):
        if name not in b.archive:
            yield Problem(name, "not in the bundle", why)
    for folder in ("messages", "answers", "keys", "acts"):
        for number in b.archive.numbers(folder):
            if number not in b.facts:
                yield Problem(f"{folder}/{number:010}", f"fact {number} is not shown", "the fact that it belongs to")
    for number in b.archive.numbers("batches"):
        folder, message = f"batches/{number:010}", b.seals.get(number, (0, {}))[1].get("messageID")
        if number not in b.facts and not message or number not in b.seals and not b.refused(number):
            yield Problem(folder, f"fact {number} or the seal of its records is not shown", "what brought it")
        for name in () if b.refused(number) or number in b.erased else ("records.bin", "lines.json"):
            if f"{folder}/{name}" not in b.archive:
                yield Problem(f"{folder}/{name}", "not in the bundle", "the records of a file that is not erased")
    yield from documents_present(b, partners)
    for partner in partners:
        yield from statements_of(b, partner)


def signatures_and_documents(b: Bundle) -> Iterator[Problem]:
    """Each signature has its document, each issued document its signature, each signer was judged."""
    for entry in b.signers:
        content = b.content_name(entry)
        gone = content and content.endswith("/original") and (not b.totals or number_of(entry) in b.erased)
        if content and content not in b.archive and not gone and not content.startswith("acts/"):
            yield Problem(content, "not in the bundle", f"what {entry} signs")
    for fact in b.of("actCarriedOut"):
        if b.bare_fixing(fact):
            b.remark(f"fact {fact.number}: a fixing of another window, without its document; nothing here rests on it")
            continue
        for name in ("act.json", "act.json.maker.p7s", "act.json.checker.p7s"):
            if f"acts/{fact.number:010}/{name}" not in b.archive:
                yield Problem(f"acts/{fact.number:010}/{name}", "not in the bundle", "a part of a shown act")
    for name in b.archive.places:
        issued = re.fullmatch(r"(statements|history)/.*|checkpoint\.note|.*/(received|validated|cleared)\.xml", name)
        if issued and not name.endswith(".p7s") and name + ".p7s" not in b.archive:
            yield Problem(name + ".p7s", "not in the bundle", f"the host's signature of {name}")


def needed_entries(b: Bundle, partners: list[str]) -> Iterator[tuple[str, str]]:
    """The entries that shown facts and seals call for, and why."""
    gone = {tuple(f.body["batch"].values()): f.number for f in b.of("fileCancelled")}
    for fact in b.of("fileReceived"):
        batch = fact.body["batch"]
        withdrawn = gone.get(tuple(batch.values()), 0) > fact.number
        if batch["series"] == "LIVE" and fact.partner in partners and fact.body["window"] == b.window and not withdrawn:
            kept = [] if b.refused(fact.number) else ["leaves.bin"]
            parts = kept if fact.number in b.erased else ["original"] + (["records.bin", "lines.json"] if kept else [])
            parts += ["signature.p7s"] + [f"{g}.xml{s}" for g in RECEIPTS[:2] for s in ("", ".p7s")]
            why = f"file {batch['sequence']} of {fact.partner}, fact {fact.number}"
            yield from ((f"batches/{fact.number:010}/{name}", why) for name in parts)
    for number, (decided, seal) in b.seals.items():
        if owner(seal) in partners and seal["window"] == b.window and number not in b.facts and "batch" in seal:
            yield f"log/facts/{number:010}.json", f"what fact {decided} seals"
        if seal.get("messageID") and owner(seal) in partners and seal["window"] == b.window:
            for name in ("answer.cms", "leaves.bin") if number in b.erased else (
                    "message.cms", "answer.cms", "records.bin", "lines.json"):
                yield f"batches/{number:010}/{name}", f"the message that fact {decided} seals"
    for fact in b.facts.values():
        folder, own = f"{FOLDERS.get(fact.kind, ('',))[-1]}/{fact.number:010}/", fact.partner in partners
        if fact.kind == "messageAnswered" and own and fact.number not in b.seals and b.window_of(fact) == b.window:
            parts = ("answer.cms",) if fact.number in b.erased else ("message.cms", "answer.cms")
            yield from ((folder + name, f"the message of fact {fact.number}") for name in parts)
        elif fact.kind in ("statementAnswered", "keyChanged", "fileCancelled") and (own or b.whole):
            yield from ((folder + item["name"], f"part of fact {fact.number}") for item in fact.body["attachments"])
        elif fact.kind == "fileCleared" and b.archive.names(f"batches/{fact.body['received']:010}/"):
            yield f"batches/{fact.body['received']:010}/cleared.xml", f"the receipt of fact {fact.number}"


def range_ends(b: Bundle) -> Iterator[Problem]:
    """The range begins with the cut-off before (or fact 1) and ends with the window's seal."""
    seal = b.close()[0]
    yield from differ("log/range.json: last fact", b.range.end, seal.number)
    windows = [w["id"] for w in b.programme_at(seal.number).windows]
    before = windows[windows.index(b.window) - 1] if windows.index(b.window) else None
    first = b.facts.get(b.range.start + 1)
    if before is None and b.range.start:
        yield Problem("log/range.json: first fact", b.range.start + 1, "fact 1, for the first window")
    if before is not None and (first is None or first.kind != "windowCutOff" or first.body["window"] != before):
        if b.range.start or before in b.closes:  # else the log began within this window
            yield Problem("log/range.json: first fact", f"fact {b.range.start + 1}", f"the cut-off of {before}")


def documents_present(b: Bundle, partners: list[str]) -> Iterator[Problem]:
    listed = {item["name"] for item in b.close()[1]["documents"]}
    own = {f"{kind}-{b.window}-{partner}.{form}"
           for partner in partners for kind in ("CLS", "STL") for form in ("xml", "csv", "txt")}
    for name in sorted(own - listed):
        yield Problem(f"statements/{name}", "not among the close's documents", "one of them")
    for name in sorted(listed if b.whole else listed & own):
        if f"statements/{name}" not in b.archive:
            yield Problem(f"statements/{name}", "not in the bundle", "a document of the window's close")
    every = {item["name"] for _, seal in b.closes.values() for item in seal["documents"]}
    for folder, names in (("history/", every), ("statements/", listed)):
        for name in b.archive.names(folder):
            if name.removeprefix(folder).removesuffix(".p7s") not in names:
                yield Problem(name, "not among the documents of a close", "a document that a window's seal names")


def statements_of(b: Bundle, partner: str) -> Iterator[Problem]:
    """One partner's statements: numbers, previous digests, and the completeness list against log and bundle."""
    for kind in ("CLS", "STL"):
        name, earlier = f"statements/{kind}-{b.window}-{partner}.xml", b.history(kind, partner)
        number, evidence = int(b.document(name).findtext("StatementSequenceNumber")), b.evidence(name)
        numbers = [int(b.document(n).findtext("StatementSequenceNumber")) for n in earlier]
        # of clearing statements, a bundle has the one before only
        yield from differ(f"history/{kind}-…-{partner}: earlier statements", numbers,
                          [n for n in range(1, number) if kind == "STL" or n == number - 1])
        for before, after in zip([None] + earlier, earlier + [name]):
            if before or kind == "STL" or after == name:
                yield from differ(f"{after}: digest of the previous statement",
                                  b.evidence(after).findtext("PreviousStatement", "").strip(),
                                  b.archive.place(before).digest if before else "")
        yield from differ(f"{name}: size of the log before the close", b.log_size(name), b.close()[1]["closed"] - 1)
        yield from differ(f"{name}: earlier windows with a statement", int(evidence.find("Statements").get("issued")),
                          number - 1)
        yield from listed_files(b, name, partner, evidence)
        yield from listed_messages(b, name, partner, evidence)
        yield from cumulative(b, name, partner, evidence, earlier)


def listed_files(b: Bundle, name: str, partner: str, evidence: ET.Element) -> Iterator[Problem]:
    """Every arrival that the window counts or refused, with number, fact, status, digest and receipts."""
    end, wanted = b.log_size(name), {}
    withdrawn = {tuple(f.body["batch"].values()): f for f in b.of("fileCancelled") if f.number <= end}
    for fact in b.of("fileReceived", "fileRefused"):
        batch, decided = fact.body["batch"], b.seals.get(fact.number, (0, None))[1] or b.decisions.get(fact.number)
        if fact.number > end or fact.partner != partner or batch["series"] != "LIVE" \
                or (fact.body.get("window") or b.window_of(fact)) != b.window:
            continue
        cancel, validated = withdrawn.get(tuple(batch.values())), f"batches/{fact.number:010}/validated.xml"
        status = "RJCT" if fact.kind == "fileRefused" else \
            "CANC" if cancel and cancel.number > fact.number else status_of(decided)
        ids = [fact.body["receiptID"]] if "receiptID" in fact.body else []
        if validated in b.archive and fact.kind == "fileReceived":  # else it is the only one
            ids.append(b.document(validated).findtext("ReceiptId"))
        wanted[fact.number] = {"sequence": str(batch["sequence"]), "status": status, "digest": fact.body["digest"],
                               "receipts": " ".join(ids)}
    items = {int(item.get("fact")): item for item in evidence.findall("File")}
    for number in sorted(wanted.keys() | items.keys()):
        where = f"{name}: list of files: fact {number}"
        if number not in items:
            yield Problem(where, "not listed", f"file {wanted[number]['sequence']}")
        elif number not in wanted:
            yield Problem(where, f"listed as file {items[number].get('sequence')}",
                          "a file that log and bundle have for this window")
        else:
            item, facts = items[number], wanted[number]
            found = {"sequence": item.get("sequence"), "status": item.get("status"),
                     "digest": (item.text or "").strip(), "receipts": item.get("receipts")}
            exact = [k for k in facts if k != "receipts" or facts["status"] != "CANC"]  # a withdrawal's is not kept
            yield from differ(where, {k: found[k] for k in exact}, {k: facts[k] for k in exact})
    b.count("listed files", len(items))


def status_of(decided: object) -> Optional[str]:
    """The status of a seal of records, or of a fact fileDecided; None of neither."""
    return decided and (decided if isinstance(decided, dict) else decided.body)["status"]


def listed_messages(b: Bundle, name: str, partner: str, evidence: ET.Element) -> Iterator[Problem]:
    states = [f.body["status"] for f in b.of("messageAnswered")
              if f.partner == partner and b.window_of(f) == b.window]
    states += [s["status"] for n, (_, s) in b.seals.items()
               if n not in b.facts and s.get("messageID") and s["partner"] == partner and s["window"] == b.window]
    found = {k: evidence.find("Messages").get(k) for k in ("accepted", "refused", "duplicate")}
    yield from differ(f"{name}: Messages", found, {"accepted": str(states.count("ACCP")),
                                                   "refused": str(states.count("RJCT")),
                                                   "duplicate": str(states.count("DUPL"))})


COUNTS = "received accepted partlyAccepted refused refusedAtDoor replaced withdrawn undecided".split()


def counted(evidence: Optional[ET.Element]) -> tuple[dict, set]:
    """`Files`, with `through` and `issued` receipts, and the missing numbers of a statement; zeros without one."""
    files = evidence.find("Files").attrib if evidence is not None else {}
    found = {k: int(files.get(k, 0)) for k in ["through"] + COUNTS}
    found["issued"] = int(evidence.find("Receipts").get("issued")) if evidence is not None else 0
    gaps = evidence.findall("MissingSequence") if evidence is not None else []
    return found, {n for gap in gaps for n in range(int(gap.get("from")), int(gap.get("to")) + 1)}


def cumulative(b: Bundle, name: str, partner: str, evidence: ET.Element, earlier: list[str]) -> Iterator[Problem]:
    """LIVE numbers and receipts: those of the previous statement and what the log has since (rules.md 'Gaps')."""
    start, end = b.log_size(earlier[-1]) if earlier else 0, b.log_size(name)
    if start < b.range.start:
        b.remark(f"{name}: cumulative numbers cannot be followed, the previous statement lies before the range")
        return
    old, missing = counted(b.evidence(earlier[-1]) if earlier else None)
    found, gaps = counted(evidence)
    news = [f for f in b.of("fileReceived", "fileRefused", "fileCancelled", "fileCleared")
            if start < f.number <= end and f.partner == partner]
    decided = {n: (f.number, f.partner, f.body["batch"], f.body["status"]) for n, f in b.decisions.items()}
    decided |= {n: (d, owner(s), s["batch"], s["status"]) for n, (d, s) in b.seals.items() if "batch" in s}
    decided = [d for d in decided.values() if start < d[0] <= end and d[1] == partner]
    states = [status for _, _, batch, status in decided if batch["series"] == "LIVE"]
    by = {kind: [f.body["batch"]["sequence"] for f in news if f.kind == kind and f.body["batch"]["series"] == "LIVE"]
          for kind in ("fileReceived", "fileRefused", "fileCancelled")}
    received, withdrawn = by["fileReceived"], by["fileCancelled"]
    again = [n for i, n in enumerate(received) if n in received[:i] or n <= old["through"] and n not in missing]
    late = sum(f.kind == "fileCancelled" and f.body["hadArrived"] for f in news)
    added = {"received": len(received), "accepted": states.count("ACCP"), "partlyAccepted": states.count("PART"),
             "refused": states.count("RJCT"), "refusedAtDoor": len(by["fileRefused"]), "replaced": len(again),
             "withdrawn": len(withdrawn), "undecided": len(received) - len(states) - late,
             "issued": len(news) + len(decided)}
    for label, more in added.items():
        yield from differ(f"{name}: Files, {label}", found[label], old[label] + more)
    least, most = (max([old["through"], *numbers]) for numbers in (received, received + withdrawn + by["fileRefused"]))
    if not least <= found["through"] <= most:
        yield Problem(f"{name}: Files, through", found["through"], f"{least} to {most}")
    missing |= set(range(old["through"] + 1, found["through"] + 1))
    yield from differ(f"{name}: MissingSequence", sorted(gaps), sorted(missing - set(received) - set(withdrawn)))
