"""Records: read from originals one by one (formats.md), their identity and content, and their leaves (evidence.md)."""
import hashlib
import struct
import xml.parsers.expat
from typing import Iterable, Iterator, NamedTuple, Optional

import programme

COLUMNS = (
    "TransactionId LoyaltyTransactionType TransactionDateTime BusinessDate AccountIdType LoyaltyAccountId "
    "EntryMode Unit "
    "LoyaltyAmount CreditDebit SaleCurrency SaleAmount EarnBasis EarnQuantity OriginalTransactionId "
    "TriggeringTransactionId "
    "PromotionId ReasonCode Narrative ProductCode CounterAccountId ApprovalCode StoreId TerminalId Brand Channel "
    "BusinessLine").split()
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


class Record(NamedTuple):
    offset: int
    length: int
    fields: dict  # by the names of the CSV columns; what is absent is not in it

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
            value = text.encode()
            if name == "TransactionDateTime":
                value = struct.pack(">q", programme.instant(text))
            elif name == "BusinessDate":
                value = struct.pack(">q", programme.day_number(text))
            elif name == "LoyaltyAmount":
                value = struct.pack(">q", self.units(points))
            elif name == "SaleAmount":
                value = struct.pack(">q", programme.minor(text, self.get("SaleCurrency")))
            elif name == "EarnQuantity":
                value = struct.pack(">q", int(text))
            out += struct.pack(">BH", number, len(value)) + value
        return hashlib.sha256(out).digest()[:16]


def identity(partner: str, transaction: str) -> bytes:
    parts = b"".join(bytes([len(p.encode())]) + p.encode() for p in (partner, transaction))
    return hashlib.sha256(b"coalition-record-1" + parts).digest()[:16]


class CsvReader:
    """formats.md 4: the lines of a file; `header` is filled on the way."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.header, self.trailer = chunks, {}, []

    def lines(self) -> Iterator[tuple[int, bytes]]:
        rest, offset = b"", 0
        for chunk in self.chunks:
            parts = (rest + chunk).split(b"\n")
            rest = parts.pop()
            for part in parts:
                yield offset, part
                offset += len(part) + 1
        if rest:
            yield offset, rest

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Lines joined while a quote is open; without their line end."""
        start, held = 0, b""
        for offset, line in self.lines():
            start, held = (start, held + b"\n" + line) if held else (offset, line)
            if held.count(b'"') % 2 == 0:
                yield start, held[:-1] if held.endswith(b"\r") else held
                held = b""
        if held:
            raise ValueError("a quote is not closed")

    def __iter__(self) -> Iterator[Record]:
        for number, (offset, line) in enumerate(self.rows()):
            cells = split_csv(line.decode("utf-8-sig" if offset == 0 else "utf-8"))
            if number == 0:
                if cells[0] != "#HEADER":
                    raise ValueError("line 1 is no header")
                self.header = dict(zip(HEADER, cells[1:]))
            elif number > 1 and cells[0] == "#TRAILER":
                self.trailer = cells[1:]
            elif number > 1:
                yield csv_record(offset, line, cells)


def csv_record(offset: int, line: bytes, cells: Optional[list[str]] = None) -> Record:
    return Record(offset, len(line), {n: c for n, c in zip(COLUMNS, cells or split_csv(line.decode())) if c})


def split_csv(line: str) -> list[str]:
    cells, at = [], 0
    while True:
        if line[at:at + 1] == '"':
            end = at + 1
            while line[end:end + 1] != '"' or line[end:end + 2] == '""':
                end += 2 if line[end:end + 2] == '""' else 1
                if end >= len(line):
                    raise ValueError("a quote is not closed")
            cells.append(line[at + 1:end].replace('""', '"'))
            at = end + 1
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            cells.append(line[at:end])
            at = end
        if at >= len(line):
            return cells
        if line[at] != ",":
            raise ValueError("text behind a quote")
        at += 1


class XmlReader:
    """formats.md 5 and 7: the Transaction elements of a file or message, with their places in bytes."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.header = chunks, {}
        self.path: list[str] = []
        self.found: list[Record] = []
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

    def _begin(self, name: str, attributes: dict) -> None:
        name = name.rpartition(" ")[2]
        self.path.append(name)
        self.text = ""
        if len(self.path) == 1:
            self.header["version"] = attributes.get("version", "")
        if name == "Transaction" and len(self.path) == 2:
            self.fields, self.start = {}, self.parser.CurrentByteIndex
        if self.fields is not None:
            for key, value in attributes.items():
                self._set(ATTRIBUTES.get((name, key), ""), value)

    def _set(self, column: str, value: str) -> None:
        value = value.strip(" \t\r\n") if column in NUMBERS or column == "EarnQuantity" else value
        if column and value:
            self.fields[column] = value

    def _finish(self, name: str) -> None:
        name, parent = self.path.pop(), self.path[-1] if self.path else ""
        if self.fields is None:
            if parent in ("GroupHeader", "MessageHeader"):
                self.header[name] = self.text
        elif name == "Transaction" and len(self.path) == 1:
            tag = self.parser.CurrentByteIndex - self.base
            end = self.base + self.buffer.index(b">", tag) + 1
            self.found.append(Record(self.start, end - self.start, self.fields))
            self.fields = None
        else:
            column = {
                "OriginalTransaction": "OriginalTransactionId", "TriggeringTransaction": "TriggeringTransactionId"
            }.get(parent, name)
            if column in COLUMNS and self.text:
                self._set(column, self.text)
        self.text = ""

    def __iter__(self) -> Iterator[Record]:
        for chunk in self.chunks:
            drop = max(0, len(self.buffer) - TAIL)
            self.buffer, self.base = self.buffer[drop:] + chunk, self.base + drop
            self.parser.Parse(chunk, False)
            yield from self.found
            self.found.clear()
        self.parser.Parse(b"", True)
        yield from self.found


class Leaf(NamedTuple):
    """The data of a record's leaf, without what is private."""
    number: int
    type: str
    status: str
    flags: int
    unit: str
    units: int
    points: int
    date: int
    left: int
    shares: tuple
    lines: bytes
    private: bytes

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


class Private(NamedTuple):
    salt: bytes
    identity: bytes
    content: bytes
    member: bytes
    offset: int
    length: int
    original: tuple  # (batch, record), zeros without one

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
