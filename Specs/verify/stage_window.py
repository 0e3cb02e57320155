"""Stages 'order' and 'completeness' (evidence.md 'Checks and verdicts', 'Promise, then proof')."""
import re
import xml.etree.ElementTree as ET
from typing import Iterator, Optional

from bundle import RECEIPTS, Bundle, Fact, number_of, owner
from programme import instant
from stage_signers import FOLDERS


def order(b: Bundle) -> None:
    """Times do not run back; windows follow from instants; cut-offs, closes, programmes and fixings stand in order."""
    shown, cuts, last = [b.facts[number] for number in sorted(b.facts)], {}, None
    for earlier, later in zip(shown, shown[1:]):
        if later.at < earlier.at:
            b.fail(f"fact {later.number}", later.time, f"not before fact {earlier.number}, {earlier.time}")
    for fact in b.of("windowCutOff"):
        b.reading = f"log/facts/{fact.number:010}.json"
        due = b.programme_at(fact.number).bounds(fact.body["window"])[1]
        cuts[fact.body["window"]] = fact.number
        b.same(f"fact {fact.number}: due time of the cut-off", instant(fact.body["due"]), due)
        for other in shown:
            if (other.number < fact.number) != (other.at < due):
                b.fail(f"fact {other.number}", other.time,
                       f"on the other side of the cut-off {fact.body['window']}, fact {fact.number}")
    for fact in b.of("fileReceived", "messageAnswered"):
        arrival_order(b, fact)
    for window, (fact, seal) in sorted(b.closes.items(), key=lambda item: item[1][0].number):
        where, opens = f"fact {fact.number}: close of {window}", b.programme_at(fact.number).bounds(window)[0]
        if last is not None and opens <= last or seal["closed"] >= fact.number:
            b.fail(where, "out of order", "windows closed in their order, each seal after its close")
        if cuts.get(window, fact.number + 1) > fact.number:
            b.fail(where, "no cut-off before it is shown", "its cut-off")
        last = opens
    closed = b.close()[1]["closed"]
    for fact, act in b.acts():
        if act["act"] == "fixing" and act["window"] == b.window and fact.number > closed:
            b.fail(f"fact {fact.number}: fixing of {act['window']}", f"after fact {closed}", "before the close")


def arrival_order(b: Bundle, fact: Fact) -> None:
    """R13: the window is that of the receipt's instant; the programme's version was loaded before."""
    body, p, where = fact.body, b.programme_at(fact.number), f"fact {fact.number}"
    window = p.window_at(fact.at)
    wanted = window and window["id"]
    named = body["window"] if "window" in body else (body.get("posting") or {}).get("window", wanted)
    b.match(where, {"programme version": body["programmeVersion"], "window": named},
            {"programme version": p.number, "window": wanted})
    if fact.number in b.seals:
        decided, seal = b.seals[fact.number]
        b.same(f"fact {decided}: window of the records", seal.get("window", wanted), wanted)
        if decided < fact.number:
            b.fail(f"fact {decided}", "before what it decides", f"after {where}")
    for name in (f"{folder}/{fact.number:010}/{grade}.xml" for grade in RECEIPTS for folder in ("batches", "shared")):
        if name in b.archive:
            root, received = b.document(name), name.endswith("/received.xml")
            b.same(f"{name}: WindowId", root.findtext("WindowId"), wanted)
            if root.findtext("NextCutOffDateTime") and window:
                b.same(f"{name}: NextCutOffDateTime", instant(root.findtext("NextCutOffDateTime")),
                       instant(window["cutoff"]))
            if received:
                b.same(f"{name}: IssuedDateTime", instant(root.findtext("IssuedDateTime")), fact.at)
                b.same(f"{name}: size of the log", b.log_size(name), fact.number - 1)


# -- stage 'completeness' --------------------------------------------------------------------------------------------

def completeness(b: Bundle) -> None:
    """Both ways: log, bundle and the statement's list hold the same files; statements are counted without gaps."""
    if b.totals:
        range_ends(b)
    signatures_and_documents(b)
    for name in b.archive.names(suffix="/leaves.bin") + b.archive.names(suffix=".leaf.json"):
        if not name.startswith("log/") and number_of(name) not in b.erased:
            b.fail(name, "no act is shown that erased or closed this file", "the file as it was received")
    if not b.totals:
        b.remark("a bundle of one file or record: what else the window holds is not checked")
        return
    hidden = [n for n in range(b.range.start + 1, b.range.end + 1) if n not in b.facts]
    b.count("facts of the range that are not shown", len(hidden))
    for number in hidden if b.whole else ():
        b.need(f"log/facts/{number:010}.json", "every fact of the range")
    for name, why in needed_entries(b, b.partners()):
        b.need(name, why)
    for folder in ("messages", "answers", "keys", "acts"):
        for number in b.archive.numbers(folder):
            if number not in b.facts:
                b.fail(f"{folder}/{number:010}", f"fact {number} is not shown", "the fact that it belongs to")
    for number in b.archive.numbers("batches"):
        folder, message = f"batches/{number:010}", b.seals.get(number, (0, {}))[1].get("messageID")
        if number not in b.facts and not message or number not in b.seals and not b.refused(number):
            b.fail(folder, f"fact {number} or the seal of its records is not shown", "what brought it")
        for name in () if b.refused(number) or number in b.erased else ("records.bin", "lines.json"):
            b.need(f"{folder}/{name}", "the records of a file that is not erased")
    documents_present(b, b.partners())
    for partner in b.partners():
        statements_of(b, partner)


def signatures_and_documents(b: Bundle) -> None:
    """Each signature has its document, each issued document its signature, each shown act its parts."""
    for entry in b.signers:
        content = b.content_name(entry)
        gone = content and content.endswith("/original") and (not b.totals or number_of(entry) in b.erased)
        if content and not gone and not content.startswith("acts/"):
            b.need(content, f"what {entry} signs")
    for fact in b.of("actCarriedOut"):
        if b.bare_fixing(fact):
            b.remark(f"fact {fact.number}: a fixing of another window, without its document; nothing here rests on it")
            continue
        for name in ("act.json", "act.json.maker.p7s", "act.json.checker.p7s"):
            b.need(f"acts/{fact.number:010}/{name}", "a part of a shown act")
    for name in b.archive.places:
        issued = re.fullmatch(r"(statements|history)/.*|checkpoint\.note|.*/(received|validated|cleared)\.xml", name)
        if issued and not name.endswith(".p7s"):
            b.need(name + ".p7s", f"the host's signature of {name}")


def needed_entries(b: Bundle, partners: list[str]) -> Iterator[tuple[str, str]]:
    """The entries that shown facts and seals call for, and why."""
    gone = {tuple(f.body["batch"].values()): f.number for f in b.of("fileCancelled")}
    for number, (decided, seal) in b.seals.items():
        if owner(seal) in partners and seal["window"] == b.window:
            if number not in b.facts and "batch" in seal:
                yield f"log/facts/{number:010}.json", f"what fact {decided} seals"
            sealed = ["leaves.bin"] if number in b.erased else ["message.cms", "records.bin", "lines.json"]
            for name in ["answer.cms"] + sealed if seal.get("messageID") else ():
                yield f"batches/{number:010}/{name}", f"the message that fact {decided} seals"
    for fact in b.facts.values():
        own, names, why = fact.partner in partners, [], f"part of fact {fact.number}"
        folder, batch = f"{FOLDERS.get(fact.kind, ('',))[-1]}/{fact.number:010}/", fact.body.get("batch", {})
        if fact.kind == "fileReceived" and own and batch["series"] == "LIVE" and fact.body["window"] == b.window \
                and gone.get(tuple(batch.values()), 0) <= fact.number:
            why, records = f"file {batch['sequence']} of {fact.partner}, fact {fact.number}", not b.refused(fact.number)
            names = ["leaves.bin"] * records if fact.number in b.erased else \
                ["original"] + ["records.bin", "lines.json"] * records
            names += ["signature.p7s"] + [f"{grade}.xml{end}" for grade in RECEIPTS[:2] for end in ("", ".p7s")]
        elif fact.kind == "messageAnswered" and own and fact.number not in b.seals and b.window_of(fact) == b.window:
            names = ["answer.cms"] + ([] if fact.number in b.erased else ["message.cms"])
            why = f"the message of fact {fact.number}"
        elif fact.kind in ("statementAnswered", "keyChanged", "fileCancelled") and (own or b.whole):
            names = [item["name"] for item in fact.body["attachments"]]
        elif fact.kind == "fileCleared" and b.archive.names(f"batches/{fact.body['received']:010}/"):
            folder, names = f"batches/{fact.body['received']:010}/", ["cleared.xml"]
        yield from ((folder + name, why) for name in names)


def range_ends(b: Bundle) -> None:
    """The range begins with the cut-off before (or fact 1) and ends with the window's seal."""
    seal = b.close()[0]
    b.same("log/range.json: last fact", b.range.end, seal.number)
    windows = [w["id"] for w in b.programme_at(seal.number).windows]
    before = windows[windows.index(b.window) - 1] if windows.index(b.window) else None
    first = b.facts.get(b.range.start + 1)
    if before is None and b.range.start:
        b.fail("log/range.json: first fact", b.range.start + 1, "fact 1, for the first window")
    if before is not None and (first is None or first.kind != "windowCutOff" or first.body["window"] != before):
        if b.range.start or before in b.closes:  # else the log began within this window
            b.fail("log/range.json: first fact", f"fact {b.range.start + 1}", f"the cut-off of {before}")


def documents_present(b: Bundle, partners: list[str]) -> None:
    """The documents of the window's close are here, and no others; each partner has its two in three forms."""
    listed = {item["name"] for item in b.close()[1]["documents"]}
    own = {f"{kind}-{b.window}-{partner}.{form}"
           for partner in partners for kind in ("CLS", "STL") for form in ("xml", "csv", "txt")}
    for name in sorted(own - listed):
        b.fail(f"statements/{name}", "not among the close's documents", "one of them")
    for name in sorted(listed if b.whole else listed & own):
        b.need(f"statements/{name}", "a document of the window's close")
    every = {item["name"] for _, seal in b.closes.values() for item in seal["documents"]}
    for folder, names in (("history/", every), ("statements/", listed)):
        for name in b.archive.names(folder):
            if name.removeprefix(folder).removesuffix(".p7s") not in names:
                b.fail(name, "not among the documents of a close", "a document that a window's seal names")


def statements_of(b: Bundle, partner: str) -> None:
    """One partner's statements: numbers, previous digests, and the completeness list against log and bundle."""
    for kind in ("CLS", "STL"):
        name, earlier = f"statements/{kind}-{b.window}-{partner}.xml", b.history(kind, partner)
        number, evidence = int(b.document(name).findtext("StatementSequenceNumber")), b.evidence(name)
        numbers = [int(b.document(n).findtext("StatementSequenceNumber")) for n in earlier]
        # of clearing statements, a bundle has the one before only
        b.same(f"history/{kind}-…-{partner}: earlier statements", numbers,
               [n for n in range(1, number) if kind == "STL" or n == number - 1])
        for before, after in zip([None] + earlier, earlier + [name]):
            if before or kind == "STL" or after == name:
                b.same(f"{after}: digest of the previous statement",
                       b.evidence(after).findtext("PreviousStatement", "").strip(),
                       b.archive.place(before).digest if before else "")
        b.same(f"{name}: size of the log before the close", b.log_size(name), b.close()[1]["closed"] - 1)
        b.same(f"{name}: earlier windows with a statement", int(evidence.find("Statements").get("issued")), number - 1)
        listed_files(b, name, partner, evidence)
        listed_messages(b, name, partner, evidence)
        cumulative(b, name, partner, evidence, earlier)


def listed_files(b: Bundle, name: str, partner: str, evidence: ET.Element) -> None:
    """Every arrival that the window counts or refused, with number, fact, status, digest and receipts."""
    end, wanted = b.log_size(name), {}
    withdrawn = {tuple(f.body["batch"].values()): f.number for f in b.of("fileCancelled") if f.number <= end}
    for fact in b.of("fileReceived", "fileRefused"):
        body, batch, validated = fact.body, fact.body["batch"], f"batches/{fact.number:010}/validated.xml"
        if fact.number > end or fact.partner != partner or batch["series"] != "LIVE" \
                or (body.get("window") or b.window_of(fact)) != b.window:
            continue
        decided = b.decisions[fact.number].body if fact.number in b.decisions else {}
        status = b.seals.get(fact.number, (0, decided))[1].get("status")
        if fact.kind == "fileRefused" or withdrawn.get(tuple(batch.values()), 0) > fact.number:
            status = "RJCT" if fact.kind == "fileRefused" else "CANC"
        ids = [body["receiptID"]] if "receiptID" in body else []
        if validated in b.archive and fact.kind == "fileReceived":  # else it is the only one
            ids.append(b.document(validated).findtext("ReceiptId"))
        wanted[fact.number] = {"sequence": str(batch["sequence"]), "status": status, "digest": body["digest"],
                               "receipts": " ".join(ids)}
        if status == "CANC":
            del wanted[fact.number]["receipts"]  # a withdrawal's is not kept
    items = {int(item.get("fact")): item for item in evidence.findall("File")}
    for number in sorted(wanted.keys() | items.keys()):
        where = f"{name}: list of files: fact {number}"
        if number not in items:
            b.fail(where, "not listed", f"file {wanted[number]['sequence']}")
        elif number not in wanted:
            b.fail(where, f"listed as file {items[number].get('sequence')}",
                   "a file that log and bundle have for this window")
        else:
            found = items[number].attrib | {"digest": (items[number].text or "").strip()}
            b.same(where, {k: found.get(k) for k in wanted[number]}, wanted[number])
    b.count("listed files", len(items))


def listed_messages(b: Bundle, name: str, partner: str, evidence: ET.Element) -> None:
    """How many messages the window answered with ACCP, RJCT, DUPL; of sealed ones the seals tell."""
    states = [f.body["status"] for f in b.of("messageAnswered") if f.partner == partner and b.window_of(f) == b.window]
    states += [s["status"] for n, (_, s) in b.seals.items()
               if n not in b.facts and s.get("messageID") and s["partner"] == partner and s["window"] == b.window]
    wanted = {k: str(states.count(s)) for k, s in (("accepted", "ACCP"), ("refused", "RJCT"), ("duplicate", "DUPL"))}
    b.same(f"{name}: Messages", {k: evidence.find("Messages").get(k) for k in wanted}, wanted)


COUNTS = "through received accepted partlyAccepted refused refusedAtDoor replaced withdrawn undecided".split()


def counted(evidence: Optional[ET.Element]) -> tuple[dict, set]:
    """`Files`, with `issued` receipts, and the missing numbers of a statement; zeros without one."""
    if evidence is None:
        return dict.fromkeys(COUNTS + ["issued"], 0), set()
    found = {k: int(evidence.find("Files").get(k, 0)) for k in COUNTS}
    found["issued"] = int(evidence.find("Receipts").get("issued"))
    return found, {n for gap in evidence.findall("MissingSequence")
                   for n in range(int(gap.get("from")), int(gap.get("to")) + 1)}


def cumulative(b: Bundle, name: str, partner: str, evidence: ET.Element, earlier: list[str]) -> None:
    """LIVE numbers and receipts: those of the previous statement and what the log has since (rules.md 'Gaps')."""
    start, end = b.log_size(earlier[-1]) if earlier else 0, b.log_size(name)
    if start < b.range.start:
        b.remark(f"{name}: cumulative numbers cannot be followed, the previous statement lies before the range")
        return
    old, missing = counted(b.evidence(earlier[-1]) if earlier else None)
    found, gaps = counted(evidence)
    news = [f for f in b.of("fileReceived", "fileRefused", "fileCancelled", "fileCleared")
            if start < f.number <= end and f.partner == partner]
    decided = {n: (f.number, f.partner, f.body) for n, f in b.decisions.items()}
    decided |= {n: (d, owner(s), s) for n, (d, s) in b.seals.items() if "batch" in s}
    decided = [body for number, who, body in decided.values() if start < number <= end and who == partner]
    states = [body["status"] for body in decided if body["batch"]["series"] == "LIVE"]
    received, refused, withdrawn = (
        [f.body["batch"]["sequence"] for f in news if f.kind == kind and f.body["batch"]["series"] == "LIVE"]
        for kind in ("fileReceived", "fileRefused", "fileCancelled"))
    again = [n for i, n in enumerate(received) if n in received[:i] or n <= old["through"] and n not in missing]
    late = sum(f.kind == "fileCancelled" and f.body["hadArrived"] for f in news)
    added = {"received": len(received), "accepted": states.count("ACCP"), "partlyAccepted": states.count("PART"),
             "refused": states.count("RJCT"), "refusedAtDoor": len(refused), "replaced": len(again),
             "withdrawn": len(withdrawn), "undecided": len(received) - len(states) - late,
             "issued": len(news) + len(decided)}
    b.match(f"{name}: Files", found, {label: old[label] + more for label, more in added.items()})
    least, most = (max([old["through"], *numbers]) for numbers in (received, received + withdrawn + refused))
    if not least <= found["through"] <= most:
        b.fail(f"{name}: Files: through", found["through"], f"{least} to {most}")
    missing |= set(range(old["through"] + 1, found["through"] + 1))
    b.same(f"{name}: MissingSequence", sorted(gaps), sorted(missing - set(received) - set(withdrawn)))
