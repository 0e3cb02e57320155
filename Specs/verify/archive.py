"""The archive: a tar in one canonical form, and its manifest (evidence.md 'The bundle').

The tar is read by hand and never unpacked: one pass gives each entry's place and digest; content is read on demand.
"""
import hashlib
import re
from typing import BinaryIO, Iterator, NamedTuple

BLOCK = 512
NAME = re.compile(rb"[A-Za-z0-9._/-]{1,100}\Z")
FIELDS = [(0, "name"), (100, "mode"), (108, "owner id"), (116, "group id"), (124, "size"), (136, "time"),
          (148, "checksum"), (156, "type"), (157, "link name"), (257, "magic"), (263, "version"), (265, "owner name"),
          (297, "group name"), (329, "device major"), (337, "device minor"), (345, "prefix"),
          (500, "end of the header")]


class Problem(Exception):
    """Something that does not hold: what it is about, what was found, what is expected."""

    def __init__(self, item: str, found: object, expected: object) -> None:
        super().__init__(f"{item}: {found}, expected {expected}")
        self.item, self.found, self.expected = item, str(found), str(expected)


class Place(NamedTuple):
    offset: int
    size: int
    digest: str


def canonical_header(name: bytes, size: int) -> bytes:
    """The only header that an entry of this name and size may have."""
    head = bytearray(BLOCK)
    for at, text in ((0, name), (100, b"0000644"), (108, b"0000000"), (116, b"0000000"), (124, b"%011o" % size),
                     (136, b"0" * 11), (148, b" " * 8), (156, b"0"), (257, b"ustar\x0000"), (329, b"0000000"),
                     (337, b"0000000")):
        head[at:at + len(text)] = text
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


class Archive:
    """The entries of a bundle by name, in the order in which they stand."""

    def __init__(self, path: str) -> None:
        self.file: BinaryIO = open(path, "rb")
        self.places: dict[str, Place] = {}
        self.problems: list[Problem] = []
        try:
            self._scan()
        except Problem as problem:
            self.problems.append(problem)

    def _scan(self) -> None:
        last, position = b"", 0
        while True:
            header = self.file.read(BLOCK)
            before = last.decode() or "the first entry"
            if len(header) < BLOCK:
                raise Problem(before, f"the archive ends behind it at byte {position}", "two blocks of zeros")
            if not any(header):
                if self.file.read(BLOCK + 1) != bytes(BLOCK):
                    raise Problem(before, "other bytes behind it", "two blocks of zeros, and nothing after them")
                return
            name = header[:100].rstrip(b"\0")
            if not NAME.match(name):
                seeming = "".join(chr(b) if 33 <= b <= 126 else "?" for b in name.split(b"\0")[0])
                raise Problem(seeming or before, f"the name {name!r} at byte {position}",
                              "a name of 1 to 100 bytes of A-Z a-z 0-9 . _ - /")
            if not re.match(rb"[0-7]{11}\0", header[124:136]):
                raise Problem(name.decode(), f"size {header[124:136]!r}", "eleven octal digits and a zero byte")
            size = int(header[124:135], 8)
            wanted = canonical_header(name, size)
            if header != wanted:
                first = next(i for i in range(BLOCK) if header[i] != wanted[i])
                field = [label for start, label in FIELDS if start <= first][-1]
                raise Problem(name.decode(), f"{field}: other bytes at {first} of the header", "the canonical form")
            if name <= last:
                raise Problem(name.decode(), f"stands after {last.decode()}",
                              "names in the order of their bytes, each once")
            self.places[name.decode()] = Place(position + BLOCK, size, self._digest(name.decode(), size))
            last, position = name, position + BLOCK + size + (-size % BLOCK)

    def _digest(self, name: str, size: int) -> str:
        """The digest of the content at hand; its padding must be zeros."""
        digest, left = hashlib.sha256(), size
        while left:
            part = self.file.read(min(left, 1 << 20))
            if not part:
                raise Problem(name, f"{left} bytes are missing", f"{size} bytes")
            digest.update(part)
            left -= len(part)
        if self.file.read(-size % BLOCK) != bytes(-size % BLOCK):
            raise Problem(name, "other bytes, or none, after the content", "zeros up to a multiple of 512 bytes")
        return digest.hexdigest()

    def close(self) -> None:
        self.file.close()

    def __contains__(self, name: str) -> bool:
        return name in self.places

    def names(self, prefix: str = "") -> list[str]:
        return [name for name in self.places if name.startswith(prefix)]

    def numbers(self, prefix: str, inner: str = "") -> list[int]:
        """The numbers N of the entries prefix/N..., such as batches/0000000057/original."""
        found = (re.match(re.escape(prefix) + r"/(\d{10})" + inner, name) for name in self.places)
        return sorted({int(match[1]) for match in found if match})

    def digest(self, name: str) -> str:
        return self.place(name).digest

    def place(self, name: str) -> Place:
        if name not in self.places:
            raise Problem(name, "not in the bundle", "this entry")
        return self.places[name]

    def chunks(self, name: str, size: int = 1 << 18) -> Iterator[bytes]:
        """The content in pieces; several readers may take turns."""
        place, done = self.place(name), 0
        while done < place.size:
            self.file.seek(place.offset + done)
            part = self.file.read(min(size, place.size - done))
            done += len(part)
            yield part

    def read(self, name: str, limit: int = 1 << 28) -> bytes:
        if self.place(name).size > limit:
            raise Problem(name, f"{self.place(name).size} bytes", f"at most {limit}")
        return b"".join(self.chunks(name))

    def slice(self, name: str, start: int, length: int) -> bytes:
        self.file.seek(self.place(name).offset + start)
        return self.file.read(max(0, min(length, self.place(name).size - start)))


class Manifest:
    """MANIFEST: head lines, then a digest and a name for every other entry but its signature."""

    HEAD = (("coalition-evidence",
             r"# coalition-evidence 1"), ("scope", r"# scope window=(\S+)((?: (?:partner|file|record)=\S+)*)"),
            ("programme", r"# programme (\S+) host=(\S+)"), ("checkpoint",
                                                             r"# checkpoint (\d+) (\S+)"), ("made", r"# made (\S+)"))

    def __init__(self, text: bytes) -> None:
        lines = text.decode("utf-8").split("\n")
        if lines.pop() != "":
            raise Problem("MANIFEST", "no line feed at the end", "one")
        heads = [line for line in lines if line.startswith("# ")]
        found = {}
        for (label, pattern), line in zip(self.HEAD, heads + [""] * 5):
            found[label] = re.fullmatch(pattern, line)
            if not found[label]:
                raise Problem("MANIFEST", f"head line {line!r}", f"the line of '{label}'")
        self.scope = {"window": found["scope"][1], **dict(p.split("=", 1) for p in found["scope"][2].split())}
        self.programme, self.host = found["programme"].groups()
        self.size, self.origin = int(found["checkpoint"][1]), found["checkpoint"][2]
        self.listed: list[tuple[str, str]] = []
        for line in lines[5:]:
            match = re.fullmatch(r"([0-9a-f]{64})  (\S+)", line)
            if not match:
                raise Problem("MANIFEST", f"line {line!r}", "a digest, two spaces and a name")
            self.listed.append((match[2], match[1]))

    def problems(self, archive: Archive) -> Iterator[Problem]:
        """Manifest and entries agree in names, order and digests."""
        present = list(archive.places)
        if present[:2] != ["MANIFEST", "MANIFEST.sig"]:
            yield Problem("MANIFEST", f"first entries {present[:2]}", "MANIFEST and MANIFEST.sig")
        listed = [name for name, _ in self.listed]
        for name in listed:
            if name not in archive:
                yield Problem(name, "listed in MANIFEST, not in the archive", "in both")
        for name in present:
            if name not in ("MANIFEST", "MANIFEST.sig") and name not in set(listed):
                yield Problem(name, "in the archive, not listed in MANIFEST", "in both")
        if listed != sorted(set(listed), key=str.encode):
            yield Problem("MANIFEST", "names out of order or twice", "the order of the names' bytes, each once")
        for name, digest in self.listed:
            if name in archive and archive.digest(name) != digest:
                yield Problem(name, archive.digest(name), digest)
