"""Signed notes, checkpoints and Merkle trees: C2SP signed-note, tlog-checkpoint, tlog-proof, RFC 6962.

evidence.md 'The log's tree', 'Checkpoints', 'The tree of a file's records'.
"""
import base64
import hashlib
import re
from collections import namedtuple
from typing import Optional

from cms import ed25519

EMPTY = hashlib.sha256().digest()


def decode64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


class Key(namedtuple("Key", "name id public")):
    """The log's public key."""

    @staticmethod
    def read(vkey: str) -> "Key":
        """A public key as text: name+keyid+base64(01 || key); the id is that of name and key."""
        name, keyid, body = vkey.split("+", 2)
        raw = decode64(body)
        if len(raw) != 33 or raw[0] != 1 or not name or " " in name:
            raise ValueError("not an Ed25519 key")
        if hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != keyid:
            raise ValueError("the key's id is not that of its name and bytes")
        return Key(name, bytes.fromhex(keyid), raw[1:])


def signature_line(line: str) -> tuple[str, bytes, bytes]:
    """Name, key id and signature of the line '— name base64'."""
    match = re.fullmatch(r"— (\S+) (\S+)", line)
    raw = decode64(match[2]) if match else b""
    if len(raw) != 68:
        raise ValueError(f"not a signature line of an Ed25519 key: {line!r}")
    return match[1], raw[:4], raw[4:]


class Note:
    """Text, an empty line, and signature lines."""

    def __init__(self, data: bytes) -> None:
        text = data.decode("utf-8")
        cut = text.rfind("\n\n")
        if cut < 0 or not text.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", text):
            raise ValueError("not a signed note")
        self.text = text[:cut + 1]
        self.lines = [signature_line(line) for line in text[cut + 2:-1].split("\n")]

    def signed_by(self, key: Key) -> Optional[bool]:
        """None when there is no signature under the key's name and id."""
        mine = [signature for name, keyid, signature in self.lines if (name, keyid) == (key.name, key.id)]
        return ed25519(key.public, self.text.encode(), mine[0]) if len(mine) == 1 else None


class Checkpoint(namedtuple("Checkpoint", "origin size root")):
    """The text of a tlog-checkpoint."""

    @staticmethod
    def read(text: str) -> "Checkpoint":
        match = re.fullmatch(r"([^\n]+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\n", text)
        if not match:
            raise ValueError("not the text of a checkpoint: origin, size, root")
        return Checkpoint(match[1], int(match[2]), decode64(match[3]))


def tlog_proof(data: bytes) -> tuple[int, list[bytes], bytes]:
    """Index, path and checkpoint note of a C2SP tlog-proof."""
    head, _, note = data.decode("utf-8").partition("\n\n")
    match = re.fullmatch(r"c2sp\.org/tlog-proof@v1\n(?:extra \S*\n)?index (0|[1-9]\d*)((?:\n[A-Za-z0-9+/]{43}=)*)",
                         head)
    if not match:
        raise ValueError("not a tlog-proof")
    return int(match[1]), [decode64(line) for line in match[2].split()], note.encode()


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def split(count: int) -> int:
    """The largest power of two below count (RFC 6962, 2.1)."""
    return 1 << (count - 1).bit_length() - 1


def root_of(leaves: bytes, start: int = 0, count: int = -1) -> bytes:
    """The root of a tree of leaves that stand one behind the other, or of a part of it (RFC 6962, 2.1)."""
    count = len(leaves) // 32 if count < 0 else count
    if count <= 1:
        return leaves[32 * start:32 * start + 32] if count else EMPTY
    half = split(count)
    return node(root_of(leaves, start, half), root_of(leaves, start + half, count - half))


def root_by_path(leaf_hash: bytes, index: int, count: int, path: list[bytes]) -> Optional[bytes]:
    """The root to which an inclusion path leads, None when the path has the wrong length (RFC 6962, 2.1.1)."""
    if not 0 <= index < count:
        return None
    turns = []  # from the root down: is the leaf in the right half?
    while count > 1:
        half = split(count)
        turns.append(index >= half)
        index, count = (index - half, count - half) if index >= half else (index, half)
    if len(path) != len(turns):
        return None
    for right, sibling in zip(reversed(turns), path):
        leaf_hash = node(sibling, leaf_hash) if right else node(leaf_hash, sibling)
    return leaf_hash


def cover(start: int, end: int) -> list[tuple[int, int]]:
    """The perfect subtrees (first leaf, size) that cover the leaves start to end - 1, left to right."""
    parts = []
    while start < end:
        size = start & -start if start else 1 << end.bit_length()
        while start + size > end:
            size >>= 1
        parts.append((start, size))
        start += size
    return parts


class Range:
    """log/range.json and log/leaves.bin: all leaves of a part of the log, and the subtrees beside it."""

    def __init__(self, text: dict, leaves: bytes) -> None:
        self.start, self.end, self.size = text["from"], text["to"], text["size"]
        if not 0 <= self.start <= self.end <= self.size or len(leaves) != 32 * (self.end - self.start):
            raise ValueError(f"leaves {self.start} to {self.end} of {self.size} in {len(leaves)} bytes")
        self.leaves, self.known = leaves, {}
        for hashes, places in ((text["left"], cover(0, self.start)), (text["right"], cover(self.end, self.size))):
            if len(hashes) != len(places):
                raise ValueError(f"{len(hashes)} subtrees where {len(places)} cover the leaves beside the range")
            self.known.update(zip(places, (bytes.fromhex(h) for h in hashes)))

    def leaf(self, index: int) -> Optional[bytes]:
        at = 32 * (index - self.start)
        return self.leaves[at:at + 32] if self.start <= index < self.end else None

    def _hash(self, start: int, count: int) -> bytes:
        if (start, count) in self.known:
            return self.known[start, count]
        if count == 1:
            found = self.leaf(start)
            if found is None:
                raise KeyError(start)
            return found
        half = split(count)
        result = node(self._hash(start, half), self._hash(start + half, count - half))
        if count & (count - 1) == 0:
            self.known[start, count] = result  # perfect subtrees belong to the trees of all later sizes
        return result

    def root(self, size: int) -> Optional[bytes]:
        """The log's root when it had `size` facts; None when the bundle does not tell."""
        try:
            return (self._hash(0, size) if size else EMPTY) if size <= self.size else None
        except KeyError:
            return None
