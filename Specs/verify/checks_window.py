"""Stages 'order', 'completeness', 'arithmetic' and 'document' of evidence.md 'Checks and verdicts'."""
import re
import xml.etree.ElementTree as ET
from typing import Iterator, Optional

import programme
from archive import Problem
from bundle import NAMES, Bundle, Fact, log_point
from recompute import Recomputed
from state import State, content_name, differ, history


def order(state: State) -> Iterator[Problem]:
    """Times do not run back; windows follow from instants; cut-offs, closes, programmes and fixings stand in order."""
    bundle = state.bundle
    shown = [bundle.facts[number] for number in sorted(bundle.facts)]
    for earlier, later in zip(shown, shown[1:]):
        if later.at < earlier.at:
            yield Problem(f"fact {later.number}", later.time, f"not before fact {earlier.number}, {earlier.time}")
    cuts = {}
    for fact in bundle.of("windowCutOff"):
        due = programme.instant(bundle.programme_at(fact.number).window(fact.body["window"])["cutoff"])
        cuts[fact.body["window"]] = fact
        yield from differ(f"fact {fact.number}: due time of the cut-off", programme.instant(fact.body["due"]), due)
        for other in shown:
            if (other.number < fact.number) != (other.at < due):
                yield Problem(f"fact {other.number}", other.time,
                              f"on the other side of the cut-off {fact.body['window']}, fact {fact.number}")
    for fact in shown:
        if fact.kind in ("fileReceived", "messageAnswered"):
            yield from arrival_order(state, fact)
    last = None
    for window, (fact, seal) in sorted(bundle.closes.items(), key=lambda item: item[1][0].number):
        opens = programme.instant(bundle.programme_at(fact.number).window(window)["open"])
        if last is not None and opens <= last or seal["closed"] >= fact.number:
            yield Problem(f"fact {fact.number}: close of {window}", "out of order",
                          "windows closed in their order, each seal after its close")
        if window not in cuts or cuts[window].number > fact.number:
            yield Problem(f"fact {fact.number}: close of {window}", "no cut-off before it is shown", "its cut-off")
        last = opens
    closed = bundle.close()[1]["closed"]
    for fact, act in bundle.acts():
        if act["act"] == "fixing" and act["window"] == bundle.window and fact.number > closed:
            yield Problem(f"fact {fact.number}: fixing of {act['window']}", f"after fact {closed}", "before the close")


def arrival_order(state: State, fact: Fact) -> Iterator[Problem]:
    """R13: the window is that of the receipt's instant; the programme's version was loaded before."""
    bundle, body = state.bundle, fact.body
    p = bundle.programme_at(fact.number)
    yield from differ(f"fact {fact.number}: programme version", body["programmeVersion"], p.number)
    window = p.window_at(fact.at)
    wanted = window and window["id"]
    named = body["window"] if "window" in body else (body.get("posting") or {}).get("window", wanted)
    yield from differ(f"fact {fact.number}: window", named, wanted)
    if fact.number in bundle.seals:
        decided, seal = bundle.seals[fact.number]
        yield from differ(f"fact {decided}: window of the records", seal.get("window", wanted), wanted)
        if decided < fact.number:
            yield Problem(f"fact {decided}", "before what it decides", f"after fact {fact.number}")
    for grade in ("received", "validated", "cleared"):
        for folder in ("batches", "shared"):
            name = f"{folder}/{fact.number:010}/{grade}.xml"
            if name not in state.archive:
                continue
            root = state.document(name)
            yield from differ(f"{name}: WindowId", root.findtext("WindowId"), wanted)
            if root.findtext("NextCutOffDateTime") and window:
                yield from differ(f"{name}: NextCutOffDateTime", programme.instant(root.findtext("NextCutOffDateTime")),
                                  programme.instant(window["cutoff"]))
            if grade == "received":
                yield from differ(f"{name}: IssuedDateTime", programme.instant(root.findtext("IssuedDateTime")),
                                  fact.at)
                yield from differ(f"{name}: size of the log", log_point(state.evidence(name))[0], fact.number - 1)


def completeness(state: State) -> Iterator[Problem]:
    """Both ways: log, bundle and the statement's list hold the same files; statements are counted without gaps."""
    bundle, archive = state.bundle, state.archive
    if bundle.totals:
        yield from range_ends(state)
    for entry in state.signers:
        content = content_name(archive, entry)
        if content is not None and content not in archive and (bundle.totals or "/original" not in content):
            yield Problem(content, "not in the bundle", f"what {entry} signs")
    for name in archive.places:
        issued = name.startswith(("statements/", "history/")) or name == "checkpoint.note" \
            or name.endswith(("/received.xml", "/validated.xml", "/cleared.xml"))
        if issued and not name.endswith(".p7s") and name + ".p7s" not in archive:
            yield Problem(name + ".p7s", "not in the bundle", f"the host's signature of {name}")
    if not bundle.totals:
        bundle.remarks.append("a bundle of one file or record: what else the window holds is not checked")
        return
    partners = bundle.partners()
    hidden = [n for n in range(state.range.start + 1, state.range.end + 1) if n not in bundle.facts]
    state.count("facts of the range that are not shown", len(hidden))
    if bundle.whole:
        for number in hidden:
            yield Problem(f"log/facts/{number:010}.json", "not in the bundle", "every fact of the range")
    gone = {(f.body["batch"]["partner"], f.body["batch"]["series"], f.body["batch"]["sequence"]): f.number
            for f in bundle.of("fileCancelled")}
    for fact in bundle.of("fileReceived"):
        batch = fact.body["batch"]
        if batch["series"] == "LIVE" and batch["partner"] in partners and fact.body["window"] == bundle.window \
                and gone.get(tuple(batch[k] for k in ("partner", "series", "sequence")), 0) < fact.number:
            for name in ("original", "signature.p7s", "received.xml", "received.xml.p7s", "validated.xml",
                         "validated.xml.p7s", "records.bin", "lines.json"):
                if f"batches/{fact.number:010}/{name}" not in archive:
                    yield Problem(f"batches/{fact.number:010}/{name}", "not in the bundle",
                                  f"file {batch['sequence']} of {batch['partner']}, fact {fact.number}")
    for fact in bundle.of("messageAnswered"):
        folder = "batches" if fact.number in bundle.seals else "messages"
        if fact.body["partner"] in partners and window_of(bundle, fact) == bundle.window:
            for name in ("message.cms", "answer.cms"):
                if f"{folder}/{fact.number:010}/{name}" not in archive:
                    yield Problem(f"{folder}/{fact.number:010}/{name}", "not in the bundle",
                                  f"the message of fact {fact.number}")
    for number, (decided, seal) in bundle.seals.items():
        owner = seal["batch"]["partner"] if "batch" in seal else seal["partner"]
        if owner in partners and seal["window"] == bundle.window and not archive.names(f"batches/{number:010}/"):
            yield Problem(f"batches/{number:010}", "not in the bundle", f"what fact {decided} seals")
    for number in archive.numbers("messages"):
        if number not in bundle.facts:
            yield Problem(f"messages/{number:010}", f"fact {number} is not shown", "the fact that answered it")
    for number in archive.numbers("batches"):
        brought = ("message.cms", "answer.cms") if bundle.seals[number][1].get("messageID") else ("original",
                                                                                                  "signature.p7s")
        for name in (*brought, "records.bin", "lines.json"):
            if f"batches/{number:010}/{name}" not in archive:
                yield Problem(f"batches/{number:010}/{name}", "not in the bundle",
                              f"part of what fact {number} brought")
        if number not in bundle.facts and not bundle.seals[number][1].get("messageID"):
            yield Problem(f"batches/{number:010}", f"fact {number} is not shown", "the fact that brought it")
    for fact in bundle.of("actCarriedOut"):
        if bundle.bare_fixing(fact):
            bundle.remarks.append(
                f"fact {fact.number}: a fixing of another window, without its document; nothing here rests on it")
        elif f"acts/{fact.number:010}/act.json" not in archive:
            yield Problem(f"acts/{fact.number:010}/act.json", "not in the bundle", "the document of a shown act")
    yield from documents_present(state, partners)
    for partner in partners:
        yield from listed(state, partner)


def window_of(bundle: Bundle, fact: Fact) -> Optional[str]:
    window = bundle.programme_at(fact.number).window_at(fact.at)
    return window and window["id"]


def range_ends(state: State) -> Iterator[Problem]:
    """The range begins with the cut-off before (or fact 1) and ends with the window's seal."""
    bundle = state.bundle
    seal = bundle.close()[0]
    yield from differ("log/range.json: last fact", state.range.end, seal.number)
    windows = [w["id"] for w in bundle.programme_at(seal.number).windows]
    before = windows[windows.index(bundle.window) - 1] if windows.index(bundle.window) else None
    first = bundle.facts.get(state.range.start + 1)
    if before is None and state.range.start:
        yield Problem("log/range.json: first fact", state.range.start + 1, "fact 1, for the first window")
    if before is not None and (first is None or first.kind != "windowCutOff" or first.body["window"] != before):
        if not (state.range.start == 0 and before not in bundle.closes):  # the log began within this window
            yield Problem("log/range.json: first fact", f"fact {state.range.start + 1}", f"the cut-off of {before}")


def documents_present(state: State, partners: list[str]) -> Iterator[Problem]:
    bundle = state.bundle
    listed = {item["name"] for item in bundle.close()[1]["documents"]}
    for name in sorted(listed):
        mine = any(re.fullmatch(rf"(CLS|STL)-{re.escape(bundle.window)}-{partner}\..*", name) for partner in partners)
        if (mine or bundle.whole) and f"statements/{name}" not in state.archive:
            yield Problem(f"statements/{name}", "not in the bundle", "a document of the window's close")
    for partner in partners:
        for kind in ("CLS", "STL"):
            for suffix in ("xml", "csv", "txt"):
                name = f"{kind}-{bundle.window}-{partner}.{suffix}"
                if name not in listed:
                    yield Problem(f"statements/{name}", "not among the close's documents", "one of them")
    every = {item["name"] for _, seal in bundle.closes.values() for item in seal["documents"]}
    for name in state.archive.names("history/"):
        if name.removeprefix("history/").removesuffix(".p7s") not in every:
            yield Problem(name, "not among the documents of a shown close", "a document of an earlier window")
    for name in state.archive.names("statements/"):
        if name.removeprefix("statements/").removesuffix(".p7s") not in listed:
            yield Problem(name, "not among the documents of the close", "a document that the window's seal names")


def listed(state: State, partner: str) -> Iterator[Problem]:
    """One partner's statements: numbers, previous digests, and the completeness list against log and bundle."""
    bundle = state.bundle
    for kind in ("CLS", "STL"):
        name, earlier = f"statements/{kind}-{bundle.window}-{partner}.xml", history(state, kind, partner)
        number, evidence = int(state.document(name).findtext("StatementSequenceNumber")), state.evidence(name)
        if kind == "STL":
            numbers = [int(state.document(n).findtext("StatementSequenceNumber")) for n in earlier]
            yield from differ(f"history: settlement statements of {partner}", numbers, list(range(1, number)))
        chain = earlier + [name]
        for before, after in zip([None] + chain, chain):
            stated_digest = state.evidence(after).find(NAMES["previous"])
            if before is None and (kind == "CLS" and number > 1 or after.startswith("history/") and kind == "CLS"):
                if after == name:
                    yield Problem(f"history: clearing statement of {partner} before {name}", "not in the bundle",
                                  "the previous statement")
                continue
            wanted = state.archive.digest(before) if before else ""
            found = (stated_digest.text or "").strip() if stated_digest is not None else ""
            yield from differ(f"{after}: digest of the previous statement", found, wanted)
        yield from differ(f"{name}: size of the log before the close", log_point(evidence)[0],
                          bundle.close()[1]["closed"] - 1)
        count = int(evidence.find(NAMES["statements"]).get(NAMES["issued"]))
        yield from differ(f"{name}: earlier windows with a statement", count, number - 1)
        yield from completeness_list(state, name, partner, evidence, earlier)


def completeness_list(state: State, name: str, partner: str, evidence: ET.Element,
                      earlier: list[str]) -> Iterator[Problem]:
    """File by file, message by message; cumulative numbers by what was added since the previous statement."""
    bundle = state.bundle
    end = log_point(evidence)[0]
    arrivals = {
        f.number: f
        for kind in ("fileReceived", "fileRefused")
        for f in bundle.of(kind)
        if f.number <= end and f.body.get("batch", {}).get("partner") == partner and f.body["batch"]["series"] == "LIVE"
    }
    wanted = {n for n, f in arrivals.items() if (f.body.get("window") or window_of(bundle, f)) == bundle.window}
    items = {int(item.get(NAMES["fact"])): item for item in evidence.findall(NAMES["file"])}
    for number in sorted(wanted - set(items)):
        yield Problem(f"{name}: list of files", "not listed",
                      f"file {arrivals[number].body['batch']['sequence']}, fact {number}")
    for number in sorted(set(items) - wanted):
        yield Problem(f"{name}: file {items[number].get(NAMES['number'])}", f"listed as fact {number}",
                      "a file that log and bundle have for this window")
    for number in sorted(wanted & set(items)):
        item, body = items[number], arrivals[number].body
        yield from differ(f"{name}: file of fact {number}: number", item.get(NAMES["number"]),
                          str(body["batch"]["sequence"]))
        yield from differ(f"{name}: file of fact {number}: digest", (item.text or "").strip(), body["digest"])
        if number in bundle.seals:
            yield from differ(f"{name}: file of fact {number}: status", item.get(NAMES["status"]),
                              bundle.seals[number][1]["status"])
    state.count("listed files", len(items))
    answered = [
        f for f in bundle.of("messageAnswered")
        if f.body["partner"] == partner and window_of(bundle, f) == bundle.window
    ]
    states = [f.body["status"] for f in answered] + [
        s["status"] for n, (_, s) in bundle.seals.items()
        if n not in bundle.facts and s.get("messageID") and s["partner"] == partner and s["window"] == bundle.window
    ]
    messages = evidence.find(NAMES["messages"])
    for status in ("ACCP", "RJCT", "DUPL"):
        found = int(messages.get(NAMES[status], "0")) if messages is not None else 0
        yield from differ(f"{name}: messages answered {status}", found, states.count(status))
    yield from grown(state, name, partner, evidence, earlier, end, arrivals)


def grown(state: State, name: str, partner: str, evidence: ET.Element, earlier: list[str], end: int,
          arrivals: dict) -> Iterator[Problem]:
    """Cumulative numbers of files and receipts: those of the previous statement and what the log has since."""
    bundle = state.bundle
    before = state.evidence(earlier[-1]) if earlier else None
    start = log_point(before)[0] if before is not None else 0
    if start < state.range.start:
        bundle.remarks.append(
            f"{name}: cumulative numbers cannot be followed, the previous statement lies before the range")
        return
    new = [f for n, f in arrivals.items() if start < n]
    sealed = [
        s["status"] for _, (d, s) in bundle.seals.items()
        if start < d <= end and s.get("batch", {}).get("partner") == partner and s["batch"]["series"] == "LIVE"
    ]
    received = sum(f.kind == "fileReceived" for f in new)
    added = {
        "received": received, "accepted": sealed.count("ACCP"), "partly": sealed.count("PART"),
        "refused": sealed.count("RJCT"), "door": len(new) - received
    }
    files, old = evidence.find(NAMES["files"]), before.find(NAMES["files"]) if before is not None else None
    for label, more in added.items():
        base = int(old.get(NAMES[label], "0")) if old is not None else 0
        yield from differ(f"{name}: Files, {NAMES[label]}", int(files.get(NAMES[label], "0")), base + more)
    numbers = [f.body["batch"]["sequence"] for f in new if f.kind == "fileReceived"]
    highest = max(numbers + [int(old.get(NAMES["highest"], "0")) if old is not None else 0])
    if int(files.get(NAMES["highest"], "0")) < highest:
        yield Problem(f"{name}: Files, {NAMES['highest']}", files.get(NAMES["highest"]), f"at least {highest}")
    issued = sum(f.kind == "fileReceived" for f in new) + len(sealed) + (len(new) - received)
    base = int(before.find(NAMES["receipts"]).get(NAMES["issued"])) if before is not None else 0
    found = int(evidence.find(NAMES["receipts"]).get(NAMES["issued"]))
    if found < base + issued:  # CLEARED receipts and withdrawals may come on top
        yield Problem(f"{name}: receipts issued", found, f"at least {base + issued}")


FIGURES = re.compile(
    r"/(Line|Tax|PartnerTax|OpeningBalance|NetAmount|Payments|Returns|ClosingBalance|DueAmount|InSettlementAmount|"
    r"Settlement|AccountEntry|Totals|OpeningPosition|WindowPosition|ClosingPosition|SubSourceTotal)\b")


def arithmetic(state: State) -> Iterator[Problem]:
    """Every record, line, fee, tax, balance and instruction; the figures of the XML statements are those recomputed."""
    yield from state.bundle.unlike
    recomputed = Recomputed(state)
    yield from recomputed.check_records()
    state.differences = []
    if state.bundle.totals:
        yield from recomputed.check_statements()
        yield from (p for p in state.differences if FIGURES.search(p.item))


def document(state: State) -> Iterator[Problem]:
    """What else the statements say: the other elements, CSV and text."""
    yield from (p for p in state.differences if not FIGURES.search(p.item))
