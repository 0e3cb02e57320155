"""Signed notes and checkpoints: C2SP signed-note, tlog-checkpoint, tlog-proof (evidence.md 'Checkpoints')."""
import base64
import functools
import hashlib
import os
import re
import subprocess
import tempfile
from typing import NamedTuple, Optional

SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")  # the DER of a SubjectPublicKeyInfo up to its 32 key bytes


def decode64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@functools.lru_cache(maxsize=4096)
def ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, n) for n in ("key", "message", "signature")]
        for name, data in zip(names, (SPKI_ED25519 + public, message, signature)):
            with open(name, "wb") as file:
                file.write(data)
        return subprocess.run([
            "openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names[0], "-rawin", "-in", names[1],
            "-sigfile", names[2]
        ], capture_output=True).returncode == 0


class Key(NamedTuple):
    name: str
    id: bytes
    public: bytes

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

    def is_log(self) -> bool:
        """The origin of a coalition's log is made of its key."""
        return self.name == "coalition.log/" + hashlib.sha256(self.public).hexdigest()[:16]


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


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes

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
