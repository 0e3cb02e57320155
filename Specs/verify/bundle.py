"""What a bundle holds (evidence.md 'Entries', 'Facts that bundles show'), and what the stages hand on."""
import json
import re
import xml.etree.ElementTree as ET
from collections import namedtuple
from typing import Any, Iterator, Optional

import cms
import programme
import proofs
import records
import yaml_subset
from archive import Archive, Manifest, Problem

RECEIPTS = ("received", "validated", "cleared")
ISSUED = re.compile(r"(statements|history)/.*|checkpoint\.note\.p7s|(batches|shared)/\d+/\w+\.xml\.p7s"
                    r"|\w+/\d+/(reply|cancelled)\.cms|(batches|messages)/\d+/answer\.cms")  # what the host signs
SIGNED = {"agreements": ("partner", programme.resolve_agreement), "promotions": ("id", programme.resolve_promotion)}


class Pins:
    """What the verifier trusts: authority certificates and the log's key, given out of band."""

    def __init__(self, text: str) -> None:
        self.anchors = tuple(one.der for one in cms.from_pem(text))
        keys = [line.split(None, 1)[1].strip() for line in text.splitlines() if line.startswith("logkey ")]
        if not self.anchors or len(keys) != 1:
            raise ValueError("a pins file has authority certificates and one line 'logkey VKEY'")
        self.key = proofs.Key.read(keys[0])


class Fact(namedtuple("Fact", "number at kind body time")):
    """A fact of the log; `at` is its time in milliseconds since 1970."""

    @staticmethod
    def read(data: bytes) -> "Fact":
        item = unwrap(json.loads(data))
        (kind, body), = item["fact"].items()
        return Fact(item["seq"], programme.instant(item["at"]), kind, body, item["at"])

    @property
    def partner(self) -> Optional[str]:
        return self.body.get("partner") or self.body.get("batch", {}).get("partner")


# A file or sealed message, with its seal and the seal's fact; lines are None where it was erased.
Batch = namedtuple("Batch", "number folder seal decided partner lines")


def unwrap(item: Any) -> Any:
    """JSON without the `_0` that some of its objects have around their one value."""
    if isinstance(item, dict):
        return unwrap(item["_0"]) if set(item) == {"_0"} else {key: unwrap(value) for key, value in item.items()}
    return [unwrap(one) for one in item] if isinstance(item, list) else item


def parse_xml(data: bytes) -> ET.Element:
    """A document without namespaces; a document type declaration is refused."""
    if b"<!DOCTYPE" in data:
        raise ValueError("a document type declaration")
    root = ET.fromstring(data)
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2]
    return root


def owner(seal: dict) -> str:
    return seal["batch"]["partner"] if "batch" in seal else seal["partner"]


def number_of(name: str) -> int:
    """57 of batches/0000000057/original, 40 of priors/0000000040-17.json."""
    return int(re.search(r"/(\d{10})", name)[1])


class Bundle:
    def __init__(self, archive: Archive, manifest: Manifest, pins: Pins) -> None:
        self.archive, self.manifest, self.pins, self.scope = archive, manifest, pins, manifest.scope
        self.window, self.partner = self.scope["window"], self.scope.get("partner")
        self.whole = set(self.scope) == {"window"}
        self.totals = set(self.scope) <= {"window", "partner"}  # statements can be recomputed
        self.problems: list[Problem] = []  # of the stage at hand
        self.remarks: list[str] = []
        self.checked: dict[str, int] = {}
        self.grades: list[dict] = []
        self.reading = ""  # what is being read, for failures of reading
        self.signers: dict[str, cms.Certificate] = {}  # by the names of .p7s and .cms
        self.unsigned: dict[str, str] = {}  # why there is none
        self.contents: dict[str, bytes] = {}  # what CMS files carry
        self.xml: dict[str, ET.Element] = {}

    # -- what is found -----------------------------------------------------------------------------------------------

    def fail(self, item: str, found: object, expected: object) -> None:
        self.problems.append(Problem(item, found, expected))

    def same(self, item: str, found: object, expected: object) -> None:
        """The one comparison of all stages."""
        if found != expected:
            self.fail(item, found, expected)

    def match(self, where: str, found: dict, wanted: dict) -> None:
        """The same for each of several figures by their names."""
        for name, value in wanted.items():
            if found[name] != value:
                self.fail(f"{where}: {name}", found[name], value)

    def says(self, name: str, root: ET.Element, wanted: dict) -> None:
        """The texts of a document's elements are these; None stands for an element that is not there."""
        self.same(name, {tag: root.findtext(tag) for tag in wanted},
                  {tag: text if text is None else str(text) for tag, text in wanted.items()})

    def need(self, name: str, why: str) -> bool:
        """An entry that has to be in the bundle."""
        if name not in self.archive:
            self.fail(name, "not in the bundle", why)
        return name in self.archive

    def count(self, what: str, number: int = 1) -> None:
        self.checked[what] = self.checked.get(what, 0) + number

    def remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    # -- entries -----------------------------------------------------------------------------------------------------

    def json(self, name: str) -> Any:
        self.reading = name
        return json.loads(self.archive.read(name))

    def document(self, name: str) -> ET.Element:
        if name not in self.xml:
            self.reading = name
            self.xml[name] = parse_xml(self.archive.read(name))
        return self.xml[name]

    def evidence(self, name: str) -> ET.Element:
        found = self.document(name).find("Evidence")
        if found is None:
            raise Problem(name, "no Evidence", "the evidence of a receipt or statement")
        return found

    def log_point(self, name: str) -> ET.Element:
        """Size and root of the log as a document's evidence states them: by a checkpoint, or as they were."""
        evidence = self.evidence(name)
        return evidence.find("Log") if evidence.find("Checkpoint") is None else evidence.find("Checkpoint")

    def log_size(self, name: str) -> int:
        return int(self.log_point(name).get("size"))

    def history(self, kind: str, partner: str) -> list[str]:
        """A partner's earlier statements of a kind in the order of their numbers."""
        return sorted(self.archive.names(f"history/{kind}-", f"-{partner}.xml"),
                      key=lambda name: int(self.document(name).findtext("StatementSequenceNumber")))

    def content_name(self, signature: str) -> Optional[str]:
        """The entry that a signature signs; None when the CMS carries its content or stands beside one that does."""
        if signature.endswith(".cms") or signature.endswith("/proof.p7s"):
            return None
        if signature.endswith("/signature.p7s"):
            return signature.removesuffix("signature.p7s") + "original"
        name = signature.removesuffix(".p7s")
        while name not in self.archive and "." in name.rpartition("/")[2]:
            name = name.rpartition(".")[0]  # FILE.yaml.MARCHE.p7s, act.json.maker.p7s
        return name

    # -- facts -------------------------------------------------------------------------------------------------------

    def load_facts(self) -> None:
        """Every shown fact, and what its seals say."""
        self.facts: dict[int, Fact] = {}
        self.seals: dict[int, tuple[int, dict]] = {}  # received or answered fact -> seal's fact, seal
        self.closes: dict[str, tuple[Fact, dict]] = {}
        self.decisions: dict[int, Fact] = {}
        self.erased: set[int] = set()  # the facts whose files officers have erased, or closed with messages
        for number in self.archive.numbers("log/facts"):
            self.reading = f"log/facts/{number:010}.json"
            fact = self.facts[number] = Fact.read(self.archive.read(self.reading))
            if fact.number != number:
                raise Problem(self.reading, f"fact {fact.number}", f"fact {number}")
            if fact.kind == "sealed" and "records" in fact.body:
                self.seals[fact.body["records"]["received"]] = (number, fact.body["records"])
            elif fact.kind == "sealed" and "window" in fact.body:
                self.closes[fact.body["window"]["window"]] = (fact, fact.body["window"])
            elif fact.kind == "fileDecided":
                self.decisions[fact.body["received"]] = fact
            elif fact.kind == "actCarriedOut":
                for kind in ("erasure", "forgetting"):
                    self.erased |= set(fact.body["act"].get(kind, {}).get("received", []))

    def of(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.facts.values() if fact.kind in kinds]

    def genesis(self) -> dict:
        if 1 not in self.facts or self.facts[1].kind != "genesis":
            raise Problem("log/facts/0000000001.json", "not shown", "the log's first fact")
        return self.facts[1].body

    def close(self) -> tuple[Fact, dict]:
        if self.window not in self.closes:
            raise Problem(f"window {self.window}", "no seal of its close is shown", "a fact 'sealed' for the window")
        return self.closes[self.window]

    def window_of(self, fact: Fact) -> Optional[str]:
        """R13: the window of an instant of receipt."""
        window = self.programme_at(fact.number).window_at(fact.at)
        return window and window["id"]

    def acts(self) -> list[tuple[Fact, dict]]:
        """The officers' acts that are shown, as the documents that were signed."""
        return [(fact, self.json(f"acts/{fact.number:010}/act.json")) for fact in self.of("actCarriedOut")
                if f"acts/{fact.number:010}/act.json" in self.archive]

    def bare_fixing(self, fact: Fact) -> bool:
        """A fixing of another window that is shown as a fact only; where a line needs it, 'arithmetic' misses it."""
        other = fact.body["act"].get("fixing", {}).get("window", self.window) != self.window
        return other and not self.archive.names(f"acts/{fact.number:010}/")

    def hides(self, partner: str) -> bool:
        """Is something of this partner erased or closed?  Then reversals may be unseen."""
        return any(number in self.seals and owner(self.seals[number][1]) == partner
                   or number in self.facts and self.facts[number].partner == partner for number in self.erased)

    # -- batches -----------------------------------------------------------------------------------------------------

    def sealed(self, folder: str) -> tuple[int, dict]:
        """The seal of batches/N, shared/N, or of the record priors/N-M.json."""
        if number_of(folder) not in self.seals:
            raise Problem(folder, "no seal of its records is shown", "a fact 'sealed' for it")
        return self.seals[number_of(folder)]

    def refused(self, number: int) -> bool:
        """Was this file refused as a whole?  Then it has no seal and no records."""
        door = number in self.facts and self.facts[number].kind == "fileRefused"
        return number not in self.seals and (door or number in self.decisions
                                             and self.decisions[number].body["status"] == "RJCT")

    def batches(self) -> Iterator[Batch]:
        """Those with a seal and records, or what an erasure left, in the order of their decisions."""
        for number in sorted(self.archive.numbers("batches"), key=lambda n: self.seals.get(n, (n, {}))[0]):
            folder = f"batches/{number:010}"
            gone = number in self.erased and f"{folder}/leaves.bin" in self.archive
            whole = f"{folder}/records.bin" in self.archive and f"{folder}/lines.json" in self.archive
            if number in self.seals and (gone or whole):
                decided, seal = self.seals[number]
                lines = None if gone else records.Lines(self.json(f"{folder}/lines.json"))
                yield Batch(number, folder, seal, decided, owner(seal), lines)

    def rows(self, batch: Batch) -> Iterator[tuple[records.Leaf, records.Private, int]]:
        """The records of a file as records.bin has them; none of an erased file."""
        rest = 0
        for chunk in self.archive.chunks(f"{batch.folder}/records.bin", records.ROW << 11) if batch.lines else ():
            for at in range(0, len(chunk) - records.ROW + 1, records.ROW):
                yield records.read_row(chunk[at:at + records.ROW], batch.lines)
            rest = len(chunk) % records.ROW
        if rest:
            raise Problem(f"{batch.folder}/records.bin", "ends within a record", f"a multiple of {records.ROW} bytes")

    def shared(self) -> list[int]:
        """Other partners' batches whose masked records or leaves are here; what lacks them is for 'arithmetic'."""
        return sorted(self.archive.numbers("shared", "/(?:lines[.]json|leaves[.]bin)"))

    def masked(self, number: int) -> tuple[records.Lines, list[tuple[dict, records.Leaf]]]:
        """shared/N: another partner's records on this partner's lines."""
        folder = f"shared/{number:010}"
        lines = records.Lines(self.json(f"{folder}/lines.json"))
        items = [json.loads(line) for line in self.archive.read(f"{folder}/masked.jsonl").decode().splitlines()]
        return lines, [(item, records.Leaf.read(bytes.fromhex(item["data"]))) for item in items]

    def whole_records(self, folder: str) -> list[str]:
        """The records outside of their files that are not erased."""
        return [name for name in self.archive.names(folder, ".json") if not name.endswith(".leaf.json")]

    # -- programmes --------------------------------------------------------------------------------------------------

    def load_programmes(self) -> None:
        self.unlike: list[Problem] = []  # where resolved.json is not what the signed files say
        self.programmes = [self.load_programme(f) for f in sorted(self.of("sealed")) if "programme" in f.body]

    def load_programme(self, fact: Fact) -> programme.Programme:
        """The signed files, compared with the resolved form; the resolved form where a file's YAML is beyond us."""
        p = programme.Programme(fact.body["programme"], fact.number, fact.at)
        folder = f"programme/{p.number:04}/"
        resolved = self.json(folder + "resolved.json") if folder + "resolved.json" in self.archive else {}
        items = {kind: {one[id]: one for one in resolved.get(kind, [])} for kind, (id, _) in SIGNED.items()}
        for name in self.archive.names(folder, ".yaml"):
            self.reading, kind = name, name.removeprefix(folder).partition("/")[0]
            try:
                y = yaml_subset.parse(self.archive.read(name).decode())
            except yaml_subset.Unsupported as problem:
                self.remark(f"{name} uses YAML beyond the subset ({problem}); resolved.json is used for it")
                continue
            if kind in SIGNED:
                id, resolve = SIGNED[kind]
                signed = resolve(y)
                told = items[kind].get(signed[id], {})
                items[kind][signed[id]] = signed
            else:
                p.officers, signed, told = y.get("officers") or [], programme.resolve_calendar(y), p.calendar
            self.unlike += [Problem(f"{name}: {place.lstrip('.')}, as resolved", found, wanted)
                            for place, found, wanted in programme.differences(signed, told, "")]
        p.agreements = {partner: programme.Agreement(item) for partner, item in items["agreements"].items()}
        p.promotions = items["promotions"]
        return p

    def programme_at(self, fact: int) -> programme.Programme:
        """The version in force just before a fact."""
        earlier = [p for p in self.programmes if p.fact < fact]
        if not earlier:
            raise Problem(f"fact {fact}", "no programme before it is shown", "the seal of the programme in force")
        return earlier[-1]

    def programme_of(self, fact: Fact) -> programme.Programme:
        """The version that a fact of an arrival states; 'order' compares it with the one in force."""
        stated = fact.body.get("programmeVersion")
        return next((p for p in self.programmes if p.number == stated), None) or self.programme_at(fact.number)

    def partners(self) -> list[str]:
        """The partners whose statements this bundle is to prove."""
        return [self.partner] if self.partner else sorted(self.programme_at(self.close()[1]["closed"]).agreements)
