"""CMS signatures and certificates: structure by hand, cryptography by the openssl command (rules.md 'Signatures')."""
import base64
import concurrent.futures
import functools
import hashlib
import os
import re
import subprocess
import tempfile
from typing import Iterable, Iterator, NamedTuple, Optional

SHA2 = {bytes.fromhex("60864801650304020" + n) for n in "123"}  # SHA-256, SHA-384, SHA-512
POOL = concurrent.futures.ThreadPoolExecutor(8)


class Tlv(NamedTuple):
    """One element of BER: indefinite lengths are allowed, high tag numbers are not needed."""
    data: bytes
    tag: int
    start: int
    body: int
    end: int
    next: int

    @staticmethod
    def read(data: bytes, at: int = 0, depth: int = 0) -> "Tlv":
        tag, length, body = data[at], data[at + 1], at + 2
        if depth > 40 or tag & 31 == 31:
            raise ValueError("BER too deep, or of a tag that CMS does not have")
        if length == 0x80:
            end = body
            while data[end:end + 2] != b"\0\0":
                end = Tlv.read(data, end, depth + 1).next
            return Tlv(data, tag, at, body, end, end + 2)
        if length > 0x80:
            count = length & 0x7f
            length, body = int.from_bytes(data[body:body + count], "big"), body + count
        if body + length > len(data):
            raise ValueError("BER ends early")
        return Tlv(data, tag, at, body, body + length, body + length)

    def parts(self) -> list["Tlv"]:
        found, at = [], self.body
        while at < self.end:
            found.append(Tlv.read(self.data, at))
            at = found[-1].next
        return found

    @property
    def content(self) -> bytes:
        return self.data[self.body:self.end]


class Certificate(NamedTuple):
    der: bytes
    fingerprint: str
    issuer: bytes
    serial: bytes
    key_id: bytes

    @staticmethod
    def read(der: bytes) -> "Certificate":
        parts = Tlv.read(der).parts()[0].parts()
        if parts[0].tag == 0xa0:
            parts = parts[1:]
        key_id = b""
        for extension in (e for p in parts if p.tag == 0xa3 for e in p.parts()[0].parts()):
            fields = extension.parts()
            if fields[0].content == bytes.fromhex("551d0e"):
                key_id = Tlv.read(fields[-1].content).content
        return Certificate(der, hashlib.sha256(der).hexdigest(), parts[2].content, parts[0].content, key_id)


def from_pem(text: str) -> list[Certificate]:
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.S)
    return [Certificate.read(base64.b64decode("".join(block.split()))) for block in blocks]


def to_pem(der: bytes, label: str = "CERTIFICATE") -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


def signer_of(signature: bytes, known: Iterable[Certificate]) -> Certificate:
    """The one signer of a SignedData among the known certificates; ValueError for another structure than agreed."""
    content_info = Tlv.read(signature).parts()
    data = content_info[1].parts()[0].parts()
    encapsulated, infos = data[2].parts(), data[-1].parts()
    if content_info[0].content != bytes.fromhex("2a864886f70d010702") or data[-1].tag != 0x31 or len(infos) != 1:
        raise ValueError("not CMS SignedData with exactly one signer")
    if encapsulated[0].content != bytes.fromhex("2a864886f70d010701"):
        raise ValueError("the content type is not data")
    info = infos[0].parts()
    if info[3].tag != 0xa0 or len(info) != 6:
        raise ValueError("signed attributes are required, unsigned ones refused")
    if info[2].parts()[0].content not in SHA2:
        raise ValueError("a digest weaker than SHA-256")
    name, found = info[1], None
    for one in known:
        by_issuer = name.tag == 0x30 and [p.content for p in name.parts()] == [one.issuer, one.serial]
        if by_issuer or (name.tag in (0x80, 0xa0) and one.key_id and one.key_id in (name.content, name.content[2:])):
            found = one
    if found is None:
        raise ValueError("the signer's certificate is not in trust/certificates")
    travelling = [signature[c.start:c.next] for part in data[3:-1] if part.tag == 0xa0 for c in part.parts()]
    if travelling and found.der not in travelling:
        raise ValueError("the signer's certificate that travels along is another one")
    return found


class Files:
    """A folder of small files for openssl, each written once under its digest."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="verify-")

    def put(self, data: bytes, suffix: str = "") -> str:
        path = os.path.join(self.folder.name, hashlib.sha256(data).hexdigest() + suffix)
        if not os.path.exists(path):
            part = f"{path}.{hash(os.urandom(8))}"
            with open(part, "wb") as file:
                file.write(data)
            os.replace(part, path)
        return path


FILES = Files()
VERIFIED: dict[tuple[str, str, str], bool] = {}  # (signature, content, certificate) that openssl has judged before


def verify_detached(signature: bytes, digest: str, content: Iterator[bytes], certificate: Certificate) -> bool:
    """Is this the certificate's signature over the content, whose digest is known?"""
    key = (hashlib.sha256(signature).hexdigest(), digest, certificate.fingerprint)
    if key not in VERIFIED:
        command = [
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
            FILES.put(signature), "-noverify", "-nointern", "-certfile",
            FILES.put(to_pem(certificate.der).encode()), "-purpose", "any", "-content", "/dev/stdin", "-out", os.devnull
        ]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for part in content:
                process.stdin.write(part)
            process.stdin.close()
        except BrokenPipeError:
            pass
        VERIFIED[key] = process.wait() == 0
    return VERIFIED[key]


@functools.lru_cache(maxsize=4096)
def open_attached(signature: bytes, certificate: Certificate) -> Optional[bytes]:
    """The content of a CMS that carries it, None unless it is signed by the certificate."""
    command = [
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
        FILES.put(signature), "-noverify", "-nointern", "-certfile",
        FILES.put(to_pem(certificate.der).encode()), "-purpose", "any"
    ]
    done = subprocess.run(command, capture_output=True)
    return done.stdout if done.returncode == 0 else None


@functools.lru_cache(maxsize=65536)
def chain_errors(certificate: Certificate, anchors: tuple[bytes, ...], others: tuple[bytes, ...],
                 at: Optional[int] = None, lists: tuple[bytes, ...] = ()) -> tuple[int, ...]:
    """The numbers of openssl's errors for a chain to the anchors: at a time with revocation lists, or without both."""
    def pem(items: tuple[bytes, ...], label: str = "CERTIFICATE") -> str:
        return FILES.put("".join(to_pem(der, label) for der in items).encode())

    command = [
        "openssl", "verify", "-purpose", "any", "-partial_chain", "-no-CApath", "-no-CAstore", "-CAfile",
        pem(anchors)
    ]
    command += ["-untrusted", pem(others)] if others else []
    command += ["-no_check_time"] if at is None else ["-attime", str(at), "-crl_check_all"]
    for der in lists if at is not None else ():
        command += ["-CRLfile", pem((der,), "X509 CRL")]
    done = subprocess.run(command + [FILES.put(to_pem(certificate.der).encode())], capture_output=True, text=True)
    found = tuple(sorted({int(n) for n in re.findall(r"^error (\d+) at", done.stderr + done.stdout, re.M)}))
    return found if found or done.returncode == 0 else (1,)


ERRORS = {
    3: "no revocation list of its authority for the time", 8: "a revocation list with a wrong signature",
    9: "not yet valid", 10: "expired", 11: "revocation list not yet valid", 12: "revocation list expired",
    20: "no chain to a pinned authority", 18: "not issued by a pinned authority",
    19: "not issued by a pinned authority", 23: "revoked"
}


def explain(errors: Iterable[int]) -> str:
    return ", ".join(ERRORS.get(number, f"openssl error {number}") for number in errors)
