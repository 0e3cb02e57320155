"""Stage 'archive': a tar in one canonical form, and its signed manifest (evidence.md 'The bundle').

The tar is read by hand and never unpacked: one pass gives each entry's place and digest; content is read on demand.
"""
import hashlib
import os
import re
from collections import namedtuple
from typing import Iterator

import proofs

BLOCK = 512


class Problem(Exception):
    """Something that does not hold: what it is about, what was found, what is expected."""

    def __init__(self, item: str, found: object, expected: object) -> None:
        super().__init__(f"{item}: {found}, expected {expected}")
        self.item, self.found, self.expected = item, str(found), str(expected)


Place = namedtuple("Place", "offset size digest")


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
        self.file = open(path, "rb")
        self.places: dict[str, Place] = {}
        self.problems: list[Problem] = []
        try:
            self._scan()
        except Problem as problem:
            self.problems.append(problem)

    def _scan(self) -> None:
        last, position, header = "", 0, self.file.read(BLOCK)
        while any(header):
            raw, octal = header[:100].rstrip(b"\0"), header[124:135]
            name = "".join(chr(b) if 33 <= b <= 126 else "?" for b in raw.split(b"\0")[0])
            size = int(octal, 8) if re.fullmatch(rb"[0-7]{11}", octal) else 0
            if not re.fullmatch(rb"[A-Za-z0-9._/-]+", raw) or header != canonical_header(raw, size):
                raise Problem(name or last or "the first entry", f"at byte {position} the name {raw!r}, size {octal!r}",
                              "the canonical header of a name of A-Z a-z 0-9 . _ - / and an octal size")
            if name <= last:
                raise Problem(name, f"stands after {last}", "names in the order of their bytes, each once")
            self.places[name] = Place(position + BLOCK, size, self._digest(name, size))
            last, position = name, position + BLOCK + size + (-size % BLOCK)
            header = self.file.read(BLOCK)
        if header + self.file.read(BLOCK + 1) != bytes(2 * BLOCK):
            raise Problem(last or "the first entry", f"other bytes, or none, at byte {position} behind it",
                          "two blocks of zeros, and nothing after them")

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

    def names(self, prefix: str = "", suffix: str = "") -> list[str]:
        return [name for name in self.places if name.startswith(prefix) and name.endswith(suffix)]

    def numbers(self, prefix: str, inner: str = "") -> list[int]:
        """The numbers N of the entries prefix/N..., such as batches/0000000057/original."""
        found = (re.match(re.escape(prefix) + r"/(\d{10})" + inner, name) for name in self.places)
        return sorted({int(match[1]) for match in found if match})

    def place(self, name: str) -> Place:
        if name not in self.places:
            raise Problem(name, "not in the bundle", "this entry")
        return self.places[name]

    def chunks(self, name: str, size: int = 1 << 18) -> Iterator[bytes]:
        """The content in pieces; several readers may take turns."""
        place = self.place(name)
        for done in range(0, place.size, size):
            yield os.pread(self.file.fileno(), min(size, place.size - done), place.offset + done)

    def read(self, name: str) -> bytes:
        return b"".join(self.chunks(name))


class Manifest(namedtuple("Manifest", "scope size origin made listed")):
    """MANIFEST: five head lines, then a digest and a name for every other entry but its signature."""

    @staticmethod
    def read(data: bytes) -> "Manifest":
        match = re.fullmatch(r"# coalition-evidence 1\n# scope window=(\S+)((?: (?:partner|file|record)=\S+)*)\n"
                             r"# programme \S+ host=\S+\n# checkpoint (\d+) (\S+)\n# made (\S+)\n"
                             r"((?:[0-9a-f]{64}  \S+\n)*)", data.decode())
        if not match:
            raise ValueError("not five head lines, then lines of digest, two spaces and name")
        window, rest, size, origin, made, listed = match.groups()
        lines = [line.split("  ") for line in listed.splitlines()]
        names = [name for _, name in lines]
        if names != sorted(set(names), key=str.encode):
            raise ValueError("names out of order or twice")
        scope = {"window": window} | dict(part.split("=", 1) for part in rest.split())
        return Manifest(scope, int(size), origin, made, {name: digest for digest, name in lines})


def stage_archive(archive: Archive, key: proofs.Key) -> tuple[list[Problem], Manifest | None]:
    """The manifest's signature first: when it fails, nothing else is said.  By another key it is for 'trust'."""
    both = "MANIFEST" in archive and "MANIFEST.sig" in archive
    try:
        if both:
            name, keyid, signature = proofs.signature_line(archive.read("MANIFEST.sig").decode().removesuffix("\n"))
            mine = (name, keyid) == (key.name, key.id)
            if mine and not proofs.ed25519(key.public, archive.read("MANIFEST"), signature):
                return [Problem("MANIFEST", "its signature does not verify", "the signature of the log's key")], None
        if archive.problems:
            return archive.problems, None
        if not both:
            return [Problem("MANIFEST", "MANIFEST or MANIFEST.sig is missing", "both, first")], None
        manifest = Manifest.read(archive.read("MANIFEST"))
    except ValueError as problem:
        return [Problem("MANIFEST", problem, "a manifest and its signature line")], None
    listed, present = manifest.listed, {name: place.digest for name, place in archive.places.items()}
    first = [present.pop(name) and name for name in list(present)[:2]]
    found = [] if first == ["MANIFEST", "MANIFEST.sig"] else [Problem("MANIFEST", first, "both, first")]
    return found + [Problem(name, present.get(name, "not in the archive"), listed.get(name, "not listed in MANIFEST"))
                    for name in listed | present if present.get(name) != listed.get(name)], manifest
