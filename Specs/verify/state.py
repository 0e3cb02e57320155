"""What the stages of evidence.md 'Checks and verdicts' hand on to one another."""
import xml.etree.ElementTree as ET
from typing import Optional

import cms
import documents
from archive import Archive, Problem
from bundle import Bundle, Pins


class State:
    """What the stages hand on to one another."""

    def __init__(self, bundle: Bundle, pins: Pins) -> None:
        self.bundle, self.archive, self.pins = bundle, bundle.archive, pins
        self.checked: dict[str, int] = {}
        self.grades: list[dict] = []
        self.reading = ""  # what is being read, for failures of reading
        self.signers: dict[str, cms.Certificate] = {}
        self.unsigned: dict[str, str] = {}
        self.contents: dict[str, bytes] = {}  # what CMS files carry
        self.xml: dict[str, ET.Element] = {}
        self.others = ()

    def count(self, what: str, number: int = 1) -> None:
        self.checked[what] = self.checked.get(what, 0) + number

    def document(self, name: str) -> ET.Element:
        if name not in self.xml:
            self.reading = name
            self.xml[name] = documents.parse_xml(self.archive.read(name))
        return self.xml[name]

    def evidence(self, name: str) -> ET.Element:
        found = self.document(name).find("Evidence")
        if found is None:
            raise Problem(name, "no Evidence", "the evidence of a receipt or statement")
        return found


def content_name(archive: Archive, signature: str) -> Optional[str]:
    """The entry that a signature signs; None when the CMS carries its content."""
    if signature.endswith(".cms"):
        return None
    if signature.endswith("/signature.p7s"):
        return signature.removesuffix("signature.p7s") + "original"
    name = signature.removesuffix(".p7s")
    while name not in archive and "." in name.rpartition("/")[2]:
        name = name.rpartition(".")[0]
    return name


def differ(item: str, found: object, expected: object) -> list[Problem]:
    return [] if found == expected else [Problem(item, found, expected)]


def history(state: State, kind: str, partner: str) -> list[str]:
    """A partner's earlier statements of a kind in the order of their numbers."""
    names = [n for n in state.archive.names(f"history/{kind}-") if n.endswith(f"-{partner}.xml")]
    return sorted(names, key=lambda n: int(state.document(n).findtext("StatementSequenceNumber")))
