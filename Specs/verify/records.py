"""Records: read from originals one by one (formats.md), their identity and content, and their leaves (evidence.md)."""
import csv
import hashlib
import itertools
import struct
import xml.parsers.expat
from collections import namedtuple
from typing import Iterable, Iterator, Optional

import programme

COLUMNS = (
    "TransactionId LoyaltyTransactionType TransactionDateTime BusinessDate AccountIdType LoyaltyAccountId EntryMode "
    "Unit LoyaltyAmount CreditDebit SaleCurrency SaleAmount EarnBasis EarnQuantity OriginalTransactionId "
    "TriggeringTransactionId PromotionId ReasonCode Narrative ProductCode CounterAccountId ApprovalCode StoreId "
    "TerminalId Brand Channel BusinessLine").split()
csv.field_size_limit(1 << 30)
HEADER = (
    "version MessageId CreationDateTime InitiatingParty Recipient ProgrammeId Series SequenceNumber ReplacesReceiptId "
    "CorrectsReceiptId").split()
TYPES = ["?", "ACCR", "BONU", "REDM", "RVSL", "ADJT", "TRFI", "TRFO"]
STATUS = ["?", "ACCP", "RJCT", "DUPL"]
LATE, CARRIED_OVER, HAS_DATE, HAS_ORIGINAL = 1, 2, 4, 8
ATTRIBUTES = {("LoyaltyAccountId", "type"): "AccountIdType", ("LoyaltyAmount", "unit"): "Unit",
              ("SaleAmount", "currency"): "SaleCurrency", ("EarnBasis", "quantity"): "EarnQuantity"}
TAIL = 1 << 17  # bytes kept behind the parser: expat reports a tag when it has all of it
NUMBERS = {"TransactionDateTime", "BusinessDate", "LoyaltyAmount", "SaleAmount", "EarnQuantity"}


class Record(namedtuple("Record", "offset length fields")):
    """A record as sent: its place in bytes, its fields by the names of the CSV columns, without those absent."""

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    def money_unit(self, points: set) -> bool:
        return self.get("LoyaltyTransactionType") == "ADJT" and self.get("Unit") not in points

    def units(self, points: set) -> int:
        text = self.get("LoyaltyAmount")
        if self.money_unit(points):
            return programme.minor(text, self.get("Unit"))
        if not text.isdecimal():
            raise ValueError(f"amount {text!r}")
        return int(text)

    def sub_source(self) -> str:
        """R5: brand, channel and business line as reported."""
        named = (("brand", "Brand"), ("channel", "Channel"), ("line", "BusinessLine"))
        return ";".join(f"{label}={self.get(name)}" for label, name in named if self.get(name))

    def content(self, points: set) -> bytes:
        """formats.md 6: the first half of the digest of what the record says."""
        out = bytearray(b"\1")
        for number, name in enumerate(COLUMNS, 1):
            text = self.get(name)
            if not text:
                continue
            as_number = {"TransactionDateTime": programme.instant, "BusinessDate": programme.day_number,
                         "LoyaltyAmount": lambda _: self.units(points), "EarnQuantity": int,
                         "SaleAmount": lambda t: programme.minor(t, self.get("SaleCurrency"))}.get(name)
            value = struct.pack(">q", as_number(text)) if as_number else text.encode()
            out += struct.pack(">BH", number, len(value)) + value
        return hashlib.sha256(out).digest()[:16]


def identity(partner: str, transaction: str) -> bytes:
    parts = b"".join(bytes([len(p.encode())]) + p.encode() for p in (partner, transaction))
    return hashlib.sha256(b"coalition-record-1" + parts).digest()[:16]


class CsvReader:
    """formats.md 4: the rows of a file with their places; `header` is filled on the way."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.header, self.line, self.end = chunks, {}, b"", 0

    def lines(self) -> Iterator[str]:
        rest = b""
        for chunk in itertools.chain(self.chunks, [b""]):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in [line + b"\n" for line in lines] + ([rest] if rest and not chunk else []):
                self.line, self.end = line, self.end + len(line)
                yield line.decode("utf-8-sig" if self.end == len(line) else "utf-8")

    def __iter__(self) -> Iterator[Record]:
        start = 0
        for number, cells in enumerate(csv.reader(self.lines(), strict=True)):
            length = self.end - start - len(self.line) + len(self.line.rstrip(b"\r\n"))
            if number == 0 and cells[:1] != ["#HEADER"]:
                raise ValueError("line 1 is no header")
            if number == 0:
                self.header = dict(zip(HEADER, cells[1:]))
            elif number > 1 and cells[:1] != ["#TRAILER"]:
                yield csv_record(start, length, cells)
            start = self.end


def csv_record(offset: int, length: int, cells: list[str]) -> Record:
    return Record(offset, length, {name: cell for name, cell in zip(COLUMNS, cells) if cell})


class XmlReader:
    """formats.md 5 and 7: the Transaction elements of a file or message, with their places in bytes."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.header, self.path, self.found = chunks, {}, [], []
        self.fields: Optional[dict] = None
        self.buffer, self.base, self.start, self.text = b"", 0, 0, ""
        self.parser = parser = xml.parsers.expat.ParserCreate("UTF-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._finish
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise ValueError("a document type declaration or entity")

    def _characters(self, data: str) -> None:
        self.text += data

    def _set(self, column: str, value: str) -> None:
        value = value.strip(" \t\r\n") if column in NUMBERS else value
        if column in COLUMNS and value:
            self.fields[column] = value

    def _begin(self, name: str, attributes: dict) -> None:
        name, self.text = name.rpartition(" ")[2], ""
        self.path.append(name)
        if name == "Transaction" and len(self.path) == 2:
            self.fields, self.start = {}, self.parser.CurrentByteIndex
        for key, value in attributes.items() if self.fields is not None else ():
            self._set(ATTRIBUTES.get((name, key), ""), value)

    def _finish(self, _: str) -> None:
        name, parent = self.path.pop(), self.path[-1] if self.path else ""
        if self.fields is None:
            if parent in ("GroupHeader", "MessageHeader"):
                self.header[name] = self.text
        elif name == "Transaction" and len(self.path) == 1:
            end = self.base + self.buffer.index(b">", self.parser.CurrentByteIndex - self.base) + 1
            self.found.append(Record(self.start, end - self.start, self.fields))
            self.fields = None
        else:
            self._set(parent + "Id" if parent in ("OriginalTransaction", "TriggeringTransaction") else name, self.text)
        self.text = ""

    def __iter__(self) -> Iterator[Record]:
        for chunk in itertools.chain(self.chunks, [b""]):
            drop = max(0, len(self.buffer) - TAIL)
            self.buffer, self.base = self.buffer[drop:] + chunk, self.base + drop
            self.parser.Parse(chunk, not chunk)
            yield from self.found
            self.found.clear()


def reader(chunks: Iterable[bytes]) -> "CsvReader | XmlReader":
    """By the first byte: '#' is CSV, all else XML (formats.md 1)."""
    chunks = iter(chunks)
    first = next(chunks, b"")
    made = CsvReader if first.removeprefix(b"\xef\xbb\xbf")[:1] == b"#" else XmlReader
    return made(itertools.chain([first] if first else [], chunks))


class Leaf(namedtuple("Leaf", "number type status flags unit units points date left shares lines private")):
    """The data of a record's leaf; of lines and what is private their digests."""

    HEAD = struct.Struct(">4sIBBB3sQQiQ")

    @staticmethod
    def read(data: bytes) -> "Leaf":
        head, count = Leaf.head(data[:42]), data[42]
        if len(data) != 43 + 8 * count + 64:
            raise ValueError("the leaf's data has the wrong length")
        shares = struct.unpack(f">{count}Q", data[43:43 + 8 * count])
        return Leaf(*head, shares, data[-64:-32], data[-32:])

    @staticmethod
    def head(data: bytes) -> tuple:
        mark, number, kind, status, flags, unit, units, points, date, left = Leaf.HEAD.unpack(data)
        if mark != b"CRL1" or kind > 7 or not 1 <= status <= 3 or flags > 15:
            raise ValueError("not the data of a leaf")
        return number, TYPES[kind], STATUS[status], flags, unit.rstrip(b"\0").decode(), units, points, date, left

    def data(self) -> bytes:
        head = self.HEAD.pack(b"CRL1", self.number, TYPES.index(self.type), STATUS.index(self.status), self.flags,
                              self.unit.encode().ljust(3, b"\0"), self.units, self.points, self.date, self.left)
        return head + struct.pack(f">B{len(self.shares)}Q", len(self.shares), *self.shares) + self.lines + self.private


class Private(namedtuple("Private", "salt identity content member offset length original")):
    """What is private of a record; original is (batch, record), zeros without one."""

    def digest(self) -> bytes:
        tail = struct.pack(">QIQI", self.offset, self.length, *self.original)
        return hashlib.sha256(b"CRP1" + self.salt + self.identity + self.content + self.member + tail).digest()


def lp(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()


KEY = "partner kind side unit ratio price taxCategory taxRate fixing base quote subSource".split()


class Lines:
    """lines.json: the lines on which the records of a file count, and the sets of lines."""

    def __init__(self, text: dict) -> None:
        self.window, self.sets, self.shares = text["window"], text["sets"], text.get("shares", {})
        self.keys: list[Optional[dict]] = []
        self.digests: list[bytes] = []
        self.wrong: list[int] = []  # lines whose digest is not that of their key
        for index, line in enumerate(text["lines"]):
            key = line.get("key")
            stated = bytes.fromhex(line["digest"]) if "digest" in line else None
            own = line_digest(bytes.fromhex(line["salt"]), key) if key is not None else stated
            if stated is not None and own != stated:
                self.wrong.append(index)
            self.keys.append({part: key.get(part, "") for part in KEY} if key is not None else None)
            self.digests.append(own)

    def of(self, index: int) -> dict:
        """A set of lines and their promotion."""
        return self.sets[index] if index >= 0 else {"lines": []}

    def set_digest(self, index: int) -> bytes:
        """The digest of a set's lines; zeros without a set."""
        if index < 0:
            return bytes(32)
        one = self.sets[index]
        parts = b"".join(self.digests[i] for i in one["lines"])
        head = lp(self.window) + lp(one.get("promotion", "")) + struct.pack(">H", len(one["lines"]))
        return hashlib.sha256(b"CLS1" + head + parts).digest()


def line_digest(salt: bytes, key: dict) -> bytes:
    return hashlib.sha256(b"CLN1" + salt + b"".join(lp(key.get(part, "")) for part in KEY)).digest()


ROW = 134


def read_row(row: bytes, lines: Lines) -> tuple[Leaf, Private, int]:
    """One row of records.bin: the leaf, what is private, and the set of lines."""
    if len(row) != ROW:
        raise ValueError("records.bin ends within a record")
    head = Leaf.head(row[:42])
    chosen, salt, ident, content, member, offset, length, batch, number = struct.unpack(">i16s16s16s16sQIQI", row[42:])
    private = Private(salt, ident, content, member, offset, length, (batch, number))
    if chosen < 0:
        shares = ()
    elif len(lines.sets[chosen]["lines"]) != 1 or lines.sets[chosen].get("promotion"):
        shares = tuple(lines.shares[str(head[0])])
    else:
        shares = (head[6],)
    if len(shares) != (len(lines.sets[chosen]["lines"]) if chosen >= 0 else 0):
        raise ValueError(f"record {head[0]} has {len(shares)} shares, another number than its lines")
    return Leaf(*head, shares, lines.set_digest(chosen), private.digest()), private, chosen


def read_single(item: dict) -> tuple[Leaf, Lines, Private]:
    """A whole leaf outside of its file: priors/N-M.json or records/N-M.json."""
    text = item["private"]
    one_set = {"lines": list(range(len(item["lines"]))), "promotion": item["promotion"]}
    lines = Lines({"lines": item["lines"], "sets": [one_set], "window": item["window"]})
    original = tuple(int(n) for n in text["original"].split("-")) if text.get("original") else (0, 0)
    parts = [bytes.fromhex(text[k]) for k in ("salt", "identity", "content", "member")]
    return Leaf.read(bytes.fromhex(item["data"])), lines, Private(*parts, text["offset"], text["length"], original)
