"""CMS signatures and certificates: structure by hand, cryptography by the openssl command (rules.md 'Signatures')."""
import base64
import concurrent.futures
import functools
import hashlib
import os
import re
import subprocess
import tempfile
from collections import namedtuple
from typing import Iterable, Optional

POOL = concurrent.futures.ThreadPoolExecutor(8)
FOLDER = tempfile.TemporaryDirectory(prefix="verify-")
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")  # the DER of a SubjectPublicKeyInfo up to its 32 key bytes
SHA2 = {bytes.fromhex("608648016503040201"): "sha256", bytes.fromhex("608648016503040202"): "sha384",
        bytes.fromhex("608648016503040203"): "sha512"}
SIGNED_DATA, DATA = (bytes.fromhex("2a864886f70d0107" + n) for n in ("02", "01"))
MESSAGE_DIGEST, RSA_PSS = bytes.fromhex("2a864886f70d010904"), bytes.fromhex("2a864886f70d01010a")
HOST, PARTNER, OFFICER, AUDITOR, CONNECTION = "hostSigning", "partnerSigning", "officer", "auditor", "clientAuth"
USAGES = {bytes.fromhex("2b0601040183b203010" + n): name  # Certs/README.md 'Own extended key usages'
          for n, name in (("1", PARTNER), ("2", HOST), ("3", OFFICER), ("4", AUDITOR))} | {
              bytes.fromhex("2b06010505070302"): CONNECTION}
ERRORS = {3: "no revocation list of its authority for the time", 8: "a revocation list with a wrong signature",
          9: "not yet valid", 10: "expired", 11: "revocation list not yet valid", 12: "revocation list expired",
          18: "not issued by a pinned authority", 19: "not issued by a pinned authority",
          20: "no chain to a pinned authority", 23: "revoked"}


def put(data: bytes) -> str:
    """The path of a file with these bytes, for openssl."""
    path = os.path.join(FOLDER.name, hashlib.sha256(data).hexdigest())
    if not os.path.exists(path):
        part = f"{path}.{os.urandom(8).hex()}"
        with open(part, "wb") as file:
            file.write(data)
        os.replace(part, path)
    return path


def openssl(*command: str, data: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run(["openssl", *command], input=data, capture_output=True)


@functools.lru_cache(maxsize=4096)
def ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    return openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", put(SPKI_ED25519 + public), "-rawin",
                   "-in", put(message), "-sigfile", put(signature)).returncode == 0


class Tlv(namedtuple("Tlv", "data tag start body end next")):
    """One element of BER: indefinite lengths are allowed, high tag numbers are not needed."""

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


class Certificate(namedtuple("Certificate", "der fingerprint issuer serial key_id usages")):
    """What is needed of a certificate; usages are those of its extended key usages for which it may sign."""

    @staticmethod
    def read(der: bytes) -> "Certificate":
        """RFC 5280, 4.1; without the key usage digitalSignature, or as an authority's, it is for no use here."""
        parts = Tlv.read(der).parts()[0].parts()
        parts = parts[1:] if parts[0].tag == 0xa0 else parts
        extensions = [e.parts() for p in parts if p.tag == 0xa3 for e in p.parts()[0].parts()]
        values = {fields[0].content.hex(): Tlv.read(fields[-1].content) for fields in extensions}
        key_id = values["551d0e"].content if "551d0e" in values else b""
        signs = "551d0f" in values and values["551d0f"].content[1] & 0x80
        authority = "551d13" in values and any(p.tag == 1 and any(p.content) for p in values["551d13"].parts())
        extended = values["551d25"].parts() if "551d25" in values and signs and not authority else ()
        return Certificate(der, hashlib.sha256(der).hexdigest(), parts[2].content, parts[0].content, key_id,
                           frozenset(USAGES[p.content] for p in extended if p.content in USAGES))


def from_pem(text: str) -> list[Certificate]:
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.S)
    return [Certificate.read(base64.b64decode("".join(block.split()))) for block in blocks]


def pem(items: Iterable[bytes], label: str = "CERTIFICATE") -> str:
    """The path of a PEM file with these items."""
    return put("".join(f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"
                       for der in items).encode())


def signer_info(signature: bytes) -> tuple[list[Tlv], list[Tlv]]:
    """The parts of a SignedData and of its one SignerInfo; ValueError for another structure than agreed."""
    content_info = Tlv.read(signature).parts()
    data = content_info[1].parts()[0].parts()
    infos = data[-1].parts()
    if content_info[0].content != SIGNED_DATA or data[-1].tag != 0x31 or len(infos) != 1:
        raise ValueError("not CMS SignedData with exactly one signer")
    if data[2].parts()[0].content != DATA:
        raise ValueError("the content type is not data")
    info = infos[0].parts()
    if info[3].tag != 0xa0 or len(info) != 6:
        raise ValueError("signed attributes are required, unsigned ones refused")
    if info[2].parts()[0].content not in SHA2:
        raise ValueError("a digest weaker than SHA-256")
    return data, info


def signer_of(signature: bytes, known: Iterable[Certificate]) -> Certificate:
    """The one signer among the known certificates."""
    data, info = signer_info(signature)
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


VERIFIED: dict[tuple, Optional[bytes]] = {}  # what openssl has judged before


def verified(signature: bytes, certificate: Certificate, content: Optional[bytes] = None) -> Optional[bytes]:
    """The content of a CMS by this certificate, given or within; None when the signature does not match."""
    place = tuple(part and hashlib.sha256(part).digest() for part in (signature, certificate.der, content))
    if place not in VERIFIED:
        detached = ["-content", "/dev/stdin"] if content is not None else []
        done = openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", put(signature), "-noverify", "-nointern",
                       "-certfile", pem([certificate.der]), "-purpose", "any", *detached, data=content or b"")
        VERIFIED[place] = (done.stdout if content is None else b"") if done.returncode == 0 else None
    return VERIFIED[place]


def verified_by_digest(signature: bytes, certificate: Certificate, digest: bytes) -> bool:
    """A detached signature whose content is erased: it names this SHA-256, and is the certificate's over that."""
    info = signer_info(signature)[1]
    attributes = [a.parts() for a in info[3].parts()]
    named = [a[1].parts()[0].content for a in attributes if a[0].content == MESSAGE_DIGEST]
    algorithm = SHA2[info[2].parts()[0].content]
    signed = b"\x31" + signature[info[3].start + 1:info[3].next]  # RFC 5652, 5.4: as the SET that it is
    key = openssl("x509", "-in", pem([certificate.der]), "-noout", "-pubkey").stdout
    padding = ["-sigopt", "rsa_padding_mode:pss"] if info[4].parts()[0].content == RSA_PSS else []
    return named == [digest] and openssl("dgst", f"-{algorithm}", "-verify", put(key), "-signature",
                                         put(info[5].content), *padding, data=signed).returncode == 0


@functools.lru_cache(maxsize=65536)
def chain_errors(certificate: Certificate, anchors: tuple[bytes, ...], others: tuple[bytes, ...],
                 at: Optional[int] = None, lists: tuple[bytes, ...] = ()) -> tuple[int, ...]:
    """The numbers of openssl's errors for a chain to the anchors: at a time with revocation lists, or without both."""
    command = ["-purpose", "any", "-partial_chain", "-no-CApath", "-no-CAstore", "-CAfile", pem(anchors)]
    command += ["-untrusted", pem(others)] if others else []
    command += ["-no_check_time"] if at is None else ["-attime", str(at), "-crl_check_all"]
    for der in lists if at is not None else ():
        command += ["-CRLfile", pem([der], "X509 CRL")]
    done = openssl("verify", *command, pem([certificate.der]))
    found = {int(n) for n in re.findall(rb"^error (\d+) at", done.stderr + done.stdout, re.M)}
    return tuple(sorted(found)) if found or done.returncode == 0 else (1,)


def explain(errors: Iterable[int]) -> str:
    return ", ".join(ERRORS.get(number, f"openssl error {number}") for number in errors)
