"""What a bundle holds (evidence.md 'Entries', 'Facts that bundles show'): facts, seals, batches, acts, programmes."""
import json
import re
import xml.etree.ElementTree as ET
from typing import Any, Iterable, Iterator, NamedTuple, Optional

import cms
import notes
import programme
import records
import yaml_subset
from archive import Archive, Manifest, Problem

# Names within `Evidence` of receipts and statements (evidence.md 'Promise, then proof'): change them here.
NAMES = {
    "log": "Log", "checkpoint": "Checkpoint", "size": "size", "root": "root", "previous": "PreviousStatement",
    "files": "Files", "file": "File", "number": "sequence", "fact": "fact", "status": "status", "messages": "Messages",
    "receipts": "Receipts", "statements": "Statements", "issued": "issued", "records": "RecordsTree", "proof": "Fact",
    "proof fact": "number", "path": "Path", "highest": "through", "received": "received", "accepted": "accepted",
    "partly": "partlyAccepted", "refused": "refused", "door": "refusedAtDoor", "ACCP": "accepted", "RJCT": "refused",
    "DUPL": "duplicate"
}


def unwrap(item: Any) -> Any:
    """JSON without the `_0` that some of its objects have around their one value."""
    if isinstance(item, dict):
        return unwrap(item["_0"]) if set(item) == {"_0"} else {key: unwrap(value) for key, value in item.items()}
    return [unwrap(one) for one in item] if isinstance(item, list) else item


def hash_of(text: str) -> bytes:
    """A hash in a document: 64 hexadecimal digits, or base64."""
    return bytes.fromhex(text) if re.fullmatch(r"[0-9a-f]{64}", text) else notes.decode64(text)


def log_point(evidence: ET.Element) -> tuple[int, bytes, str]:
    """Size and root of the log in a document's evidence, and the signed note of a checkpoint."""
    for name in ("checkpoint", "log"):
        found = evidence.find(NAMES[name])
        if found is not None:
            text = (found.text or "").strip(" ")
            root = found.get(NAMES["root"]) or text.strip()
            return int(found.get(NAMES["size"])), hash_of(root), text.lstrip("\n") if name == "checkpoint" else ""
    raise ValueError("no size and root of the log in the Evidence")


class Pins:
    """What the verifier trusts: authority certificates and the log's key, given out of band."""

    def __init__(self, text: str) -> None:
        self.authorities = cms.from_pem(text)
        keys = [line.split(None, 1)[1].strip() for line in text.splitlines() if line.startswith("logkey ")]
        if not self.authorities or len(keys) != 1:
            raise ValueError("a pins file has authority certificates and one line 'logkey VKEY'")
        self.key = notes.Key.read(keys[0])
        self.anchors = tuple(c.der for c in self.authorities)


class Fact(NamedTuple):
    number: int
    at: int  # milliseconds since 1970
    kind: str
    body: dict
    time: str


class Batch(NamedTuple):
    """A file or sealed message shown whole, with the seal of its records."""
    number: int
    folder: str
    seal: dict
    decided: int  # the seal's fact
    partner: str
    lines: records.Lines


class Bundle:
    def __init__(self, archive: Archive, manifest: Manifest) -> None:
        self.archive, self.manifest, self.scope = archive, manifest, manifest.scope
        self.window, self.partner = self.scope["window"], self.scope.get("partner")
        self.whole = set(self.scope) == {"window"}
        self.totals = set(self.scope) <= {"window", "partner"}  # statements can be recomputed
        self.remarks: list[str] = []

    def json(self, name: str) -> Any:
        return json.loads(self.archive.read(name))

    def load_facts(self) -> None:
        """Every shown fact, and what its seals say."""
        self.facts: dict[int, Fact] = {}
        self.seals: dict[int, tuple[int, dict]] = {}  # received or answered fact -> seal's fact, seal
        self.closes: dict[str, tuple[Fact, dict]] = {}
        for number in self.archive.numbers("log/facts"):
            item = unwrap(self.json(f"log/facts/{number:010}.json"))
            (kind, body), = item["fact"].items()
            if item["seq"] != number:
                raise Problem(f"log/facts/{number:010}.json", f"fact {item['seq']}", f"fact {number}")
            fact = self.facts[number] = Fact(number, programme.instant(item["at"]), kind, body, item["at"])
            if kind == "sealed" and "records" in body:
                self.seals[body["records"]["received"]] = (number, body["records"])
            elif kind == "sealed" and "window" in body:
                self.closes[body["window"]["window"]] = (fact, body["window"])

    def of(self, kind: str) -> list[Fact]:
        return [fact for fact in self.facts.values() if fact.kind == kind]

    def genesis(self) -> dict:
        if 1 not in self.facts or self.facts[1].kind != "genesis":
            raise Problem("log/facts/0000000001.json", "not shown", "the log's first fact")
        return self.facts[1].body

    def batches(self) -> Iterator[Batch]:
        """In the order in which they were decided."""
        numbers = self.archive.numbers("batches")
        if not self.totals:  # a bundle of one record shows its receipts and not the file
            numbers = self.archive.numbers("batches", "/records.bin")
        for number in sorted(numbers, key=lambda n: self.seals.get(n, (n, {}))[0]):
            folder = f"batches/{number:010}"
            if number not in self.seals:
                raise Problem(folder, "no seal of its records is shown", "a fact 'sealed' for it")
            decided, seal = self.seals[number]
            partner = seal["batch"]["partner"] if "batch" in seal else seal["partner"]
            lines = records.Lines(self.json(f"{folder}/lines.json"))
            yield Batch(number, folder, seal, decided, partner, lines)

    def rows(self, batch: Batch) -> Iterator[tuple[records.Leaf, records.Private, int]]:
        rest = b""
        for chunk in self.archive.chunks(f"{batch.folder}/records.bin"):
            rest += chunk
            for at in range(0, len(rest) - records.ROW + 1, records.ROW):
                yield records.read_row(rest[at:at + records.ROW], batch.lines)
            rest = rest[len(rest) - len(rest) % records.ROW:]
        if rest:
            raise Problem(f"{batch.folder}/records.bin", "ends within a record", f"a multiple of {records.ROW} bytes")

    def reader(self, chunks: Iterable[bytes]) -> "records.CsvReader | records.XmlReader":
        """By the first byte: '#' is CSV, all else XML (formats.md 1)."""
        chunks = iter(chunks)
        first = next(chunks, b"")
        def again() -> Iterator[bytes]:
            yield first
            yield from chunks

        return records.CsvReader(again()) if first.removeprefix(b"\xef\xbb\xbf")[:1] == b"#" else records.XmlReader(
            again())

    def acts(self) -> list[tuple[Fact, dict]]:
        """The officers' acts that are shown, as the documents that were signed."""
        return [(fact, self.json(f"acts/{fact.number:010}/act.json")) for fact in self.of("actCarriedOut")
                if f"acts/{fact.number:010}/act.json" in self.archive]

    def bare_fixing(self, fact: Fact) -> bool:
        """A fixing of another window that is shown as a fact only; where a line needs it, 'arithmetic' misses it."""
        other = fact.body["act"].get("fixing", {}).get("window", self.window) != self.window
        return other and not self.archive.names(f"acts/{fact.number:010}/")

    # -- programmes --------------------------------------------------------------------------------------------------

    def load_programmes(self) -> None:
        self.programmes: list[programme.Programme] = []
        self.unlike: list[Problem] = []  # where resolved.json is not what the signed files say
        for fact in sorted(self.of("sealed")):
            if "programme" in fact.body:
                self.programmes.append(self.load_programme(fact))

    def load_programme(self, fact: Fact) -> programme.Programme:
        p = programme.Programme(fact.body["programme"], fact.number, fact.at)
        folder = f"programme/{p.number:04}/"
        resolved = self.json(folder + "resolved.json") if folder + "resolved.json" in self.archive else {}
        host = {a["partner"]: a
                for a in resolved.get("agreements", [])}, {a["id"]: a
                                                           for a in resolved.get("promotions", [])}
        for name in self.archive.names(folder):
            kind = name.removeprefix(folder).partition("/")[0]
            if not name.endswith(".yaml"):
                continue
            try:
                y = yaml_subset.parse(self.archive.read(name).decode())
            except yaml_subset.Unsupported as problem:
                self.remarks.append(f"{name} uses YAML beyond the subset ({problem}); resolved.json is used for it")
                continue
            if kind == "agreements":
                signed = programme.resolve_agreement(y)
                self.note_unlike(name, signed, host[0].get(signed["partner"]))
                p.agreements[signed["partner"]] = programme.Agreement(signed)
            elif kind == "promotions":
                signed = programme.resolve_promotion(y)
                self.note_unlike(name, signed, host[1].get(signed["id"]))
                p.promotions[signed["id"]] = signed
            else:
                self.load_root(name, y, p)
        for item in resolved.get("agreements", []):
            p.agreements.setdefault(item["partner"], programme.Agreement(item))
        for item in resolved.get("promotions", []):
            p.promotions.setdefault(item["id"], item)
        return p

    def load_root(self, name: str, y: dict, p: programme.Programme) -> None:
        """programme.yaml: officers, and the calendar computed by its rule."""
        p.officers = [dict(o) for o in y.get("officers") or []]
        stated = {
            "id": y["programme"], "host": y["host"]["id"], "hostName": y["host"]["legalName"],
            "currency": y["currency"],
            "openingPoints": int(y.get("openingPoints", 0))
        }
        self.note_unlike(name, stated, p.calendar)
        windows = programme.calendar_by_rule(y)
        for wanted, found in zip(windows or [], p.windows):
            found = found | {"open": programme.instant(found["open"]), "cutoff": programme.instant(found["cutoff"])}
            self.note_unlike(f"{name}: window {wanted['id']}", wanted, found)
        if windows and len(windows) != len(p.windows):
            self.unlike.append(Problem(f"{name}: calendar", f"{len(p.windows)} windows", str(len(windows))))

    def note_unlike(self, name: str, signed: dict, resolved: Optional[dict]) -> None:
        for place, found, wanted in programme.differences(signed, resolved or {}, ""):
            self.unlike.append(Problem(f"{name}: {place.lstrip('.')}, as resolved", found, wanted))

    def programme_at(self, fact: int) -> programme.Programme:
        """The version in force just before a fact."""
        earlier = [p for p in self.programmes if p.fact < fact]
        if not earlier:
            raise Problem(f"fact {fact}", "no programme before it is shown", "the seal of the programme in force")
        return earlier[-1]

    def programme_version(self, number: int) -> programme.Programme:
        return next((p for p in self.programmes if p.number == number), None) or self.programme_at(1 << 62)

    def close(self) -> tuple[Fact, dict]:
        if self.window not in self.closes:
            raise Problem(f"window {self.window}", "no seal of its close is shown", "a fact 'sealed' for the window")
        return self.closes[self.window]

    def partners(self) -> list[str]:
        """The partners whose statements this bundle is to prove."""
        everyone = self.programme_at(self.close()[1]["closed"]).agreements
        return [self.partner] if self.partner else sorted(everyone)

    def manifest_time(self) -> str:
        return re.search(rb"^# made (\S+)$", self.archive.read("MANIFEST"), re.M)[1].decode()
