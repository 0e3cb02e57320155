#!/usr/bin/env python3
"""A client of the coalition's gateway for partners who do not build Swift.

It needs Python 3.11, its standard library and the command `openssl` (3.0 or newer), and speaks
the protocol of Specs/wire.md. README.md beside this file says how to use it. Everything that is
sent more than once is sent with the same bytes: signatures are kept in the folder `sent` of the
output folder. Everything that the gateway signs is verified before it counts.
"""
import argparse
import collections
import contextlib
import datetime
import decimal
import hashlib
import json
import os
import pathlib
import random
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

SOFTWARE = "coalition-client.py 1.0"
DONE, REFUSED, USAGE, UNVERIFIED, UNAVAILABLE = 0, 1, 2, 3, 4
SILENCE_SECONDS = 90
GATEWAY_PAYLOAD_BYTES = 4194304
GRADES = ("RECEIVED", "VALIDATED", "CLEARED")
REALTIME = "urn:coalition:clearing:realtime:1"
ANSWERS = "urn:coalition:clearing:statement-answer:1"
USAGE_ARC = "1.3.6.1.4.1.55555.1"
USAGE_OF_SIGNERS = {"partner": ".1", "host": ".2"}

HELLO, CLIENT_PING, CLIENT_PONG = 0x01, 0x02, 0x03
UPLOAD_BEGIN, UPLOAD_CHUNK, UPLOAD_END, CANCEL = 0x10, 0x11, 0x12, 0x13
MESSAGE, WAIT, LIST, FETCH, CONFIRM = 0x14, 0x15, 0x16, 0x17, 0x18
HELLO_ACK, PING, PONG, GOODBYE, ERROR = 0x81, 0x82, 0x83, 0x84, 0x85
UPLOAD_ACCEPT, PROGRESS, RECEIPT, ANSWER, DOCUMENT = 0x90, 0x91, 0x92, 0x93, 0x94
LISTING, ACT_RESULT, FINISHED = 0x95, 0x96, 0x97
FIELDS_OF_REPLIES = {HELLO_ACK: 11, PING: 1, PONG: 1, GOODBYE: 3, ERROR: 5, UPLOAD_ACCEPT: 1, PROGRESS: 1,
                     RECEIPT: 6, ANSWER: 2, DOCUMENT: 6, LISTING: 2, ACT_RESULT: 3, FINISHED: 0}


class ClientError(Exception):
    """What went wrong (code, detail), what to do (action), and the exit status."""

    def __init__(self, code, detail, action, status, retry=False):
        super().__init__(f"{code}: {detail} — {action}")
        self.code, self.detail, self.action, self.status, self.retry = code, detail, action, status, retry


def broken(detail):
    return ClientError("CLT-001", detail, "run the same command again: it continues where it stopped", UNAVAILABLE, True)


def protocol(detail):
    return ClientError("CLT-004", f"the gateway broke the protocol: {detail}", "tell the host", UNAVAILABLE)


def local(detail, action):
    return ClientError("CLT-007", detail, action, USAGE)


# --- frames -----------------------------------------------------------------------------------

Frame = collections.namedtuple("Frame", "kind last stream fields")
Receipt = collections.namedtuple("Receipt", "grade id copy status path findings")
Answer = collections.namedtuple("Answer", "path content copy status")


def number(value):
    return struct.pack(">Q", value)


def encode(kind, stream, fields):
    payload = b"".join(struct.pack(">BI", tag, len(value)) + value for tag, value in fields)
    return struct.pack(">BBII", kind, 0, stream, len(payload)) + payload


def decode_fields(kind, payload):
    fields, at, previous = {}, 0, 0
    while at < len(payload):
        if at + 5 > len(payload):
            raise protocol("a field is cut off")
        tag, size = struct.unpack_from(">BI", payload, at)
        at += 5
        if tag <= previous or at + size > len(payload):
            raise protocol("fields out of order, or longer than their frame")
        if tag < 0x80 and tag > FIELDS_OF_REPLIES[kind]:
            raise protocol(f"field {tag} of kind {kind:#x} is not known")
        if tag < 0x80:
            fields[tag] = payload[at:at + size]
        previous, at = tag, at + size
    return fields


class Connection:
    """One TLS connection after HELLO. Reads while it writes, and answers PINGs."""

    def __init__(self, host, port, context, server_name):
        self._inbox, self._frames, self._pongs = bytearray(), collections.deque(), []
        self._stream, self.ended, self.highest, self._lost = -1, False, None, None
        try:
            plain = socket.create_connection((host, port), timeout=20)
        except OSError as error:
            raise broken(f"no connection to {host}:{port}: {error}") from None
        try:
            self._socket = context.wrap_socket(plain, server_hostname=server_name)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise ClientError("CLT-002", f"the certificate of {server_name} is not trusted: {error.verify_message}",
                              "check --ca, --gateway and --server-name; send nothing until that is clear",
                              UNVERIFIED) from None
        except OSError as error:
            plain.close()
            raise self._translated(error) from None
        if self._socket.selected_alpn_protocol() != "coalition/1":
            self.close()
            raise protocol("it does not speak coalition/1")
        self._socket.setblocking(False)
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def _greet(self):
        self.send(HELLO, 0, [(1, number(1)), (2, SOFTWARE.encode())])
        fields = self.receive(0, HELLO_ACK).fields
        self.role, self.name, self.time = (fields[tag].decode() for tag in (3, 4, 5))
        self.next_cutoff = fields[6].decode() if 6 in fields else None
        self.software, self._said = fields[2].decode(), time.monotonic()
        self.chunk, self.largest_file = (int.from_bytes(fields[tag], "big") for tag in (8, 9))

    def now(self):
        """The gateway's time, which is the one that counts, to the second."""
        passed = datetime.timedelta(seconds=int(time.monotonic() - self._said))
        return (datetime.datetime.fromisoformat(self.time) + passed).astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @staticmethod
    def _translated(error):
        if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
            return ClientError("CLT-003", f"the gateway refused the TLS connection: {error.reason}",
                               "check that --tls-cert is issued for TLS clients, neither expired nor revoked", REFUSED)
        return broken(f"the connection broke: {error}")

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.close()

    def _read(self):
        """Takes in what has arrived, without waiting; says whether something had."""
        if self._lost:
            return False
        try:
            data = self._socket.recv(262144)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            return self._lose(self._translated(error))
        if not data:
            return self._lose(broken("the gateway closed the connection"))
        self._inbox += data
        while len(self._inbox) >= 10:
            kind, flags, stream, length = struct.unpack_from(">BBII", self._inbox)
            if kind not in FIELDS_OF_REPLIES or flags > 1 or length > GATEWAY_PAYLOAD_BYTES:
                raise protocol(f"frame of kind {kind:#x}, flags {flags}, {length} bytes")
            if len(self._inbox) < 10 + length:
                break
            frame = Frame(kind, flags == 1, stream, decode_fields(kind, bytes(self._inbox[10:10 + length])))
            del self._inbox[:10 + length]
            self._arrived(frame)
        return True

    def _lose(self, error):
        """Notes that the connection is over. The frames that arrived before, such as an ERROR, are read first."""
        self._lost, self.ended = self._lost or error, True
        return False

    def _arrived(self, frame):
        if frame.kind == PING:
            self._pongs.append(frame.fields[1])
        elif frame.kind == GOODBYE:
            self.highest = int.from_bytes(frame.fields[3], "big")
        else:
            self.ended = self.ended or frame.last or frame.kind == ERROR
            self._frames.append(frame)

    def _wait(self, writable, heard):
        if self._read():
            return time.monotonic()
        if self._lost:
            if writable:
                return heard
            raise self._lost
        if time.monotonic() - heard > SILENCE_SECONDS:
            raise broken(f"nothing from the gateway for {SILENCE_SECONDS} seconds")
        select.select([self._socket], [self._socket] if writable else [], [], 1.0)
        return heard

    def _write(self, data):
        view, heard = memoryview(data), time.monotonic()
        while view and not self._lost:
            try:
                view = view[self._socket.send(view):]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                heard = self._wait(True, heard)
            except OSError as error:
                while self._read():
                    pass
                self._lose(self._translated(error))

    def send(self, kind, stream, fields):
        self._write(encode(kind, stream, fields))
        self.poll()

    def request(self, kind, fields):
        """Opens a stream with a request; returns the stream's number."""
        self.poll()
        if self.highest is not None or self._lost:
            raise self._lost or broken("the gateway is shutting down")
        self._stream += 2
        self.ended = False
        self.send(kind, self._stream, fields)
        return self._stream

    def poll(self):
        """Reads what is there and answers PINGs; returns the PROGRESS frames among it."""
        while self._read():
            pass
        while self._pongs:
            self._write(encode(CLIENT_PONG, 0, [(1, self._pongs.pop(0))]))
        progress = []
        while self._frames and self._frames[0].kind == PROGRESS:
            progress.append(self._frames.popleft())
        return progress

    def receive(self, stream, *kinds, seconds=None):
        """The next frame of the stream, which is of one of the kinds; an ERROR is raised."""
        start = heard = time.monotonic()
        while not self._frames:
            if self.highest is not None and stream > self.highest:
                raise broken("the gateway shuts down and did not look at the request")
            if seconds is not None and time.monotonic() - start > seconds:
                raise ClientError("CLT-008", f"no answer within {seconds:g} seconds", "ask again later", UNAVAILABLE)
            heard = self._wait(False, heard)
            while self._pongs:
                self._write(encode(CLIENT_PONG, 0, [(1, self._pongs.pop(0))]))
        frame = self._frames.popleft()
        if frame.kind == ERROR:
            code, detail, action = (frame.fields[tag].decode() for tag in (1, 2, 3))
            retry = frame.fields[4] == b"\1"
            raise ClientError(code, detail, action, UNAVAILABLE if retry else REFUSED, retry)
        if frame.stream != stream or frame.kind not in kinds:
            raise protocol(f"kind {frame.kind:#x} on stream {frame.stream} was not expected")
        return frame


# --- files ------------------------------------------------------------------------------------

def store(path, data):
    """Writes a file so that it is whole and durable, or not there."""
    temporary = path.with_name(path.name + ".new")
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def file_name(name):
    """A name of a message as a file name: what is not a letter, digit, dot, dash or underscore becomes %XX."""
    return re.sub(r"[^A-Za-z0-9._-]|^\.", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), name)


def document_id(value):
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    if not re.fullmatch(r"[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}", text):
        raise protocol(f"document id {text!r}")
    return text


def text_of(root, name):
    """The text of the first element with this local name, below the root; None when there is none."""
    found = root.find(".//{*}" + name)
    return None if found is None else found.text


def child_text(root, name):
    found = root.find("{*}" + name)
    return None if found is None else found.text


def answer_status(root):
    """The status word of an answer: that of its record or message, or RJCT for a cancellation that came too late."""
    if child_text(root, "HadArrived") == "true":
        return "RJCT"
    for child in root:
        if child.tag.rpartition("}")[2] in ("TransactionStatus", "MessageStatus"):
            return text_of(child, "Status")
    return None


def parsed(content, what):
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise ClientError("CLT-006", f"{what} is not well-formed XML: {error}", "keep it and tell the host", UNVERIFIED) from None


def findings_of(root):
    """The findings of a receipt or an answer: dictionaries with code, severity, record, detail and so on."""
    found = []
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name == "Finding":
            children = {child.tag.rpartition("}")[2].lower(): child.text for child in element}
            children["detail"] = children.get("detail") or children.get("rule")
            found.append(dict(element.attrib, **children))
        elif name == "StatusReason":
            found.append(dict(element.attrib, detail=element.text))
    return found


def checked_totals(root, what):
    """The totals of a settlement statement that adds up, as the attributes of an answer's Totals."""
    if root.tag.rpartition("}")[2] != "SettlementStatement":
        raise local(f"{what} is no settlement statement", "give the XML of one")
    try:
        values = {name: decimal.Decimal(child_text(root, name)) for name in
                  ("OpeningBalance", "NetAmount", "Payments", "Returns", "ClosingBalance", "DueAmount", "InSettlementAmount")}
        sides = {"CRDT": decimal.Decimal(0), "DBIT": decimal.Decimal(0)}
        lines = root.findall("{*}Line")
        for line in lines:
            sides[line.get("creditDebit")] += decimal.Decimal(child_text(line, "Amount"))
        tax = sum(decimal.Decimal(child_text(row, "TaxAmount")) for row in root.findall("{*}Tax"))
        totals = root.find("{*}Totals")
        stated = int(totals.get("lines")), decimal.Decimal(totals.get("credits")), decimal.Decimal(totals.get("debits"))
        closing = values["OpeningBalance"] + values["NetAmount"] + values["Payments"] + values["Returns"]
        good = (stated == (len(lines), sides["CRDT"], sides["DBIT"]) and values["ClosingBalance"] == closing
                and values["NetAmount"] == sides["CRDT"] - sides["DBIT"] - tax
                and values["ClosingBalance"] == values["DueAmount"] + values["InSettlementAmount"])
    except (decimal.InvalidOperation, TypeError, ValueError, KeyError, AttributeError):
        good = False
    if not good:
        raise ClientError("CLT-006", f"the figures of {what} do not follow from each other", "do not agree; ask the host",
                          UNVERIFIED)
    return {"currency": child_text(root, "SettlementCurrency"), "lines": totals.get("lines"),
            "credits": totals.get("credits"), "debits": totals.get("debits"),
            "net": child_text(root, "NetAmount"), "closing": child_text(root, "ClosingBalance")}


# --- signatures -------------------------------------------------------------------------------

class OpenSSL:
    """Signing and verifying with the command `openssl`."""

    def __init__(self, ca, crl=None, host_cert=None, arc=None, command="openssl"):
        self.ca, self.crl, self.host_cert, self.arc, self.command = ca, crl, host_cert, arc or USAGE_ARC, command

    def run(self, *arguments):
        try:
            return subprocess.run([self.command, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise local(f"openssl does not start: {error}", "install openssl 3.0 or newer") from None

    def sign(self, path, cert, key, attached):
        """The CMS over the bytes of a file, DER."""
        if not cert or not key:
            raise local("nothing to sign with", "give --sign-cert and --sign-key")
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder, "cms")
            done = self.run("cms", "-sign", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER", "-in", path,
                            "-signer", cert, "-inkey", key, "-out", target, *(["-nodetach"] if attached else []))
            if done.returncode != 0:
                raise local(f"openssl does not sign: {done.stderr.decode(errors='replace').strip()}",
                            "check --sign-cert and --sign-key")
            return target.read_bytes()

    def verify(self, signature, content=None, signer="host", at=None):
        """Verifies a CMS file, detached when a content is named. Returns the signed content of an attached one.

        The chain must end at our authority, and the signer be of the kind asked for: "host", "partner" or "any".
        """
        with tempfile.TemporaryDirectory() as folder:
            trust, certificate, output = (pathlib.Path(folder, name) for name in ("trust", "signer", "content"))
            trust.write_bytes(b"\n".join(pathlib.Path(each).read_bytes() for each in (self.ca, self.crl) if each))
            done = self.run("cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-CAfile", trust, "-no-CApath",
                            "-no-CAstore", "-signer", certificate, "-out", output,
                            *(["-content", content] if content else []), *(["-crl_check"] if self.crl else []),
                            *(["-attime", at] if at else []))
            if done.returncode != 0 or not certificate.exists():
                raise self.unverified(content or signature, self._reason(done.stderr.decode(errors="replace")))
            self._check_signer(certificate, content or signature, signer)
            return None if content else output.read_bytes()

    @staticmethod
    def _reason(errors):
        """What openssl says, without addresses and source lines."""
        parts = [line.split(":") for line in errors.splitlines()]
        said = [part[-1] or part[5] if len(part) > 8 else ":".join(part).strip() for part in parts]
        return "; ".join(dict.fromkeys(each for each in said if each)) or "no signer"

    def _check_signer(self, certificate, document, signer):
        if certificate.read_bytes().count(b"BEGIN CERTIFICATE") != 1:
            raise self.unverified(document, "it does not have exactly one signer")
        if signer == "host" and self.host_cert:
            ours, theirs = (self.run("x509", "-in", path, "-outform", "DER").stdout for path in (self.host_cert, certificate))
            if not ours or ours != theirs:
                raise self.unverified(document, "the signer is not the certificate of --host-cert")
        elif signer != "any":
            usage = self.run("x509", "-in", certificate, "-noout", "-ext", "extendedKeyUsage").stdout.decode()
            if self.arc + USAGE_OF_SIGNERS[signer] not in re.split(r"[,\s]+", usage):
                raise self.unverified(document, f"the signer's certificate is not one of a {signer}")

    @staticmethod
    def unverified(document, reason):
        return ClientError("CLT-005", f"the signature of {document} does not hold: {reason}",
                           "do not use the document; keep it and tell the host", UNVERIFIED)


# --- the client -------------------------------------------------------------------------------

class Client:
    """What a partner does with the gateway. Connects when needed, and again when the connection breaks."""

    def __init__(self, gateway, ca, tls_cert, tls_key, sign_cert=None, sign_key=None, out=".", crl=None, host_cert=None,
                 server_name=None, attempts=6, arc=None, note=lambda text: None, progress=lambda sent, durable, size: None):
        host, separator, port = gateway.rpartition(":")
        if not separator or not port.isdigit():
            raise local(f"--gateway {gateway!r} is not HOST:PORT", "write for instance gateway.example:7443")
        self._host, self._port = host.strip("[]"), int(port)
        self._server_name = server_name or self._host
        self.sign_cert, self.sign_key, self.attempts = sign_cert, sign_key, attempts
        self.out, self.note, self.progress = pathlib.Path(out), note, progress
        self.openssl = OpenSSL(ca, crl, host_cert, arc)
        self._connection = None
        try:
            self._context = ssl.create_default_context(cafile=ca)
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
            if crl:
                self._context.load_verify_locations(crl)
                self._context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
            self._context.load_cert_chain(tls_cert, tls_key)
        except OSError as error:
            raise local(f"the certificates or the key do not load: {error}", "check --ca, --tls-cert, --tls-key") from None
        self._context.set_alpn_protocols(["coalition/1"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    @property
    def connection(self):
        if self._connection is None:
            self._connection = Connection(self._host, self._port, self._context, self._server_name)
        return self._connection

    def _exchange(self, work):
        """Does the work on the connection; again on a new one when it broke or the gateway says that it may help."""
        for attempt in range(1, self.attempts + 1):
            try:
                return work(self.connection)
            except ClientError as error:
                self.close()
                if not error.retry or attempt >= self.attempts:
                    raise
                pause = min(60, 2 ** (attempt - 1)) * random.uniform(0.7, 1.3)
                self.note(f"{error.code}: {error.detail}; again in {pause:.1f} s")
                time.sleep(pause)
            except BaseException:
                self.close()
                raise
        raise local("--attempts is below 1", "give at least 1")

    def _signed_once(self, name, path, attached):
        """The stored signature of these bytes with this certificate, or a new one that is stored first."""
        seed = digest_of(path) + pathlib.Path(self.sign_cert or os.devnull).read_bytes()
        kept = self.out / "sent" / f"{name}-{hashlib.sha256(seed).hexdigest()[:16]}.{'cms' if attached else 'p7s'}"
        if not kept.exists():
            signature = self.openssl.sign(path, self.sign_cert, self.sign_key, attached)
            kept.parent.mkdir(parents=True, exist_ok=True)
            store(kept, signature)
        return kept.read_bytes()

    def _keep(self, name, document, signature=None, attached=False):
        """Stores what the gateway signed once it is verified. Never overwrites other bytes."""
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / name
        doubtful, proof = path.with_name(name + ".unverified"), path.with_name(name + ".unverified.p7s")
        store(doubtful, document)
        if signature is not None:
            store(proof, signature)
        content = self.openssl.verify(doubtful if attached else proof, None if attached else doubtful)
        if path.exists() and path.read_bytes() != document:
            raise ClientError("CLT-006", f"{path} is already there with other bytes",
                              f"keep both it and {doubtful.name}, and tell the host", UNVERIFIED)
        if signature is not None and not path.with_name(name + ".p7s").exists():
            os.replace(proof, path.with_name(name + ".p7s"))
        proof.unlink(missing_ok=True)
        os.replace(doubtful, path)
        return path, content

    # -- batch files

    def submit(self, file, series, sequence, wait="VALIDATED", form=None):
        """Signs and uploads a batch file; returns the receipts, the first one first."""
        file = pathlib.Path(file)
        try:
            size, digest = file.stat().st_size, digest_of(file)
            with open(file, "rb") as opened:
                first = opened.read(256)
        except OSError as error:
            raise local(f"{file}: {error.strerror}", "name a file that can be read") from None
        if size == 0:
            raise local(f"{file} is empty", "send at least the header")
        form = form or ("XML" if first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") else "CSV")
        signature = self._signed_once(f"{series}-{sequence}", file, attached=False)
        largest = self._exchange(lambda connection: connection.largest_file)
        if size > largest:
            raise local(f"{file} has {size} bytes, the gateway takes {largest}", "split it")
        begin = [(1, series.encode()), (2, number(sequence)), (4, number(size)), (5, digest), (6, form.encode()), (7, signature)]
        expected = {"Series": series, "SequenceNumber": str(sequence), "FileDigest": digest.hex(), "FileSize": str(size)}
        receipts = {}

        def take(frame):
            receipt = self._receipt(frame, expected)
            receipts[receipt.id] = receipt
            return receipt

        def upload(connection):
            stream = connection.request(UPLOAD_BEGIN, begin)
            while True:
                frame = connection.receive(stream, UPLOAD_ACCEPT, PROGRESS, RECEIPT, FINISHED)
                if frame.kind == UPLOAD_ACCEPT:
                    self._send_bytes(connection, stream, file, int.from_bytes(frame.fields[1], "big"), size, wait)
                elif frame.kind == RECEIPT:
                    take(frame)
                if frame.last:
                    return

        self._exchange(upload)
        grades = [receipt.grade for receipt in receipts.values()]
        if wait not in grades and not any(receipt.status == "RJCT" for receipt in receipts.values()):
            receipt = self.wait(series, sequence, wait, expected=expected)
            receipts[receipt.id] = receipt
        return list(receipts.values())

    def _send_bytes(self, connection, stream, path, offset, size, wait):
        self.note(f"sending from byte {offset} of {size}")
        durable = offset
        with open(path, "rb") as file:
            file.seek(offset)
            while offset < size and not connection.ended:
                piece = file.read(min(connection.chunk, size - offset))
                if not piece:
                    raise local(f"{path} became shorter while it was sent", "send a file that nobody changes")
                connection.send(UPLOAD_CHUNK, stream, [(1, number(offset)), (2, piece)])
                offset += len(piece)
                for frame in connection.poll():
                    durable = int.from_bytes(frame.fields[1], "big")
                self.progress(offset, durable, size)
        if not connection.ended:
            connection.send(UPLOAD_END, stream, [(1, wait.encode())])

    def _receipt(self, frame, expected):
        fields = frame.fields
        grade, name, status = fields[1].decode(), document_id(fields[2]), fields[6].decode()
        path, _ = self._keep(name + ".xml", fields[4], fields[5])
        root = parsed(fields[4], path.name)
        stated = {"ReceiptId": name, "Grade": grade, "PartnerId": self.connection.name, **expected}
        for element, value in stated.items():
            if child_text(root, element) != value:
                raise ClientError("CLT-006", f"{path.name} says {element} {child_text(root, element)}, expected {value}",
                                  "keep the receipt and tell the host", UNVERIFIED)
        return Receipt(grade, name, fields[3] == b"\1", child_text(root, "FileStatus") or status, path, findings_of(root))

    def wait(self, series, sequence, grade, seconds=None, expected=None):
        """Waits for the receipt of this grade, or the refusal."""
        def ask(connection):
            stream = connection.request(WAIT, [(1, series.encode()), (2, number(sequence)), (3, grade.encode())])
            frame = connection.receive(stream, RECEIPT, seconds=seconds)
            return self._receipt(frame, expected or {"Series": series, "SequenceNumber": str(sequence)})
        return self._exchange(ask)

    def cancel(self, series, sequence):
        """Cancels a number before its file arrives; returns the signed answer."""
        partner = self._exchange(lambda connection: connection.name)
        with tempfile.TemporaryDirectory() as folder:
            request = pathlib.Path(folder, "request")
            request.write_bytes(f"CANCEL {partner}/{series}/{sequence}\n".encode())
            signed = self._signed_once(f"{series}-{sequence}.cancel", request, attached=True)
        fields = [(1, series.encode()), (2, number(sequence)), (3, signed)]
        return self._answered(CANCEL, fields, f"{series}-{sequence}.cancel", None)

    # -- messages

    def send(self, message):
        """Signs and sends a real-time message (bytes); returns the verified answer."""
        name = text_of(parsed(message, "the message"), "MessageId")
        if not name:
            raise local("the message has no MessageId", "see Specs/xsd/realtime.xsd")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "message")
            path.write_bytes(message)
            signed = self._signed_once(file_name(name), path, attached=True)
        return self._answered(MESSAGE, [(1, signed)], file_name(name), name)

    def agree(self, path):
        """Verifies a settlement statement with the signature beside it, and signs that it is right; returns the reply."""
        self.openssl.verify(f"{path}.p7s", path)
        content = pathlib.Path(path).read_bytes()
        root = parsed(content, str(path))
        totals = checked_totals(root, str(path))
        connection = self._exchange(lambda connection: connection)
        attributes = "".join(f' {name}="{value}"' for name, value in totals.items())
        name = child_text(root, "StatementId")
        with tempfile.TemporaryDirectory() as folder:
            answer = pathlib.Path(folder, "answer")
            answer.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<StatementAnswer xmlns="{ANSWERS}" version="1.0">'
                              f"<PartnerId>{connection.name}</PartnerId><StatementId>{escape(name)}</StatementId>"
                              f"<StatementDigest>{hashlib.sha256(content).hexdigest()}</StatementDigest>"
                              f"<CreationDateTime>{connection.now()}</CreationDateTime><Verdict>AGREED</Verdict>"
                              f"<Totals{attributes}/></StatementAnswer>\n")
            signed = self._signed_once(file_name(name), answer, attached=True)
        return self._answered(MESSAGE, [(1, signed)], file_name(name), None)

    def _answered(self, kind, fields, name, message):
        def ask(connection):
            stream = connection.request(kind, fields)
            return connection.receive(stream, ANSWER)
        frame = self._exchange(ask)
        digest = hashlib.sha256(frame.fields[1]).hexdigest()[:8]
        original = self.out / f"{name}.answer.cms"
        other = original.exists() and original.read_bytes() != frame.fields[1]
        label = f"{name}.answer-{digest}" if other else f"{name}.answer"
        path, content = self._keep(label + ".cms", frame.fields[1], attached=True)
        root = parsed(content, path.name)
        answered = text_of(root, "OriginalMessageId")
        if message is not None and answered not in (message, None):
            raise ClientError("CLT-006", f"{path.name} answers the message {answered}", "keep it and tell the host", UNVERIFIED)
        readable = path.with_name(label + ".xml")
        store(readable, content)
        return Answer(readable, content, frame.fields.get(2) == b"\1", answer_status(root))

    def request(self, body):
        """Sends a message with this body, such as <Echo/>, under a new id and the gateway's time."""
        connection = self._exchange(lambda connection: connection)
        name = datetime.datetime.now(datetime.UTC).strftime("PY-%Y%m%dT%H%M%S-") + os.urandom(4).hex()
        return self.send(f'<?xml version="1.0" encoding="UTF-8"?>\n<LoyaltyRequest xmlns="{REALTIME}" version="1.0">'
                         f"<MessageHeader><MessageId>{name}</MessageId><CreationDateTime>{connection.now()}</CreationDateTime>"
                         f"<PartnerId>{connection.name}</PartnerId></MessageHeader>{body}</LoyaltyRequest>\n".encode())

    def status(self, message=None, transaction=None):
        """What became of an earlier message or record."""
        element, value = ("TransactionId", transaction) if transaction else ("OriginalMessageId", message)
        return self.request(f"<StatusQuery><{element}>{escape(value)}</{element}></StatusQuery>")

    def position(self, window=None):
        """The partner's position in the open window, or the one named."""
        inside = f"<WindowId>{escape(window)}</WindowId>" if window else ""
        return self.request(f"<PositionQuery>{inside}</PositionQuery>")

    def ping(self):
        """Says hello and pings; returns what the gateway says of itself."""
        def ask(connection):
            value = os.urandom(4).rjust(8, b"\0")
            connection.send(CLIENT_PING, 0, [(1, value)])
            if connection.receive(0, PONG).fields[1] != value:
                raise protocol("the PONG answers another PING")
            return {"gateway": connection.software, "role": connection.role, "name": connection.name,
                    "time": connection.time, "nextCutOff": connection.next_cutoff}
        return self._exchange(ask)

    # -- documents

    def list(self, what, since=None):
        """All entries of a listing: dictionaries as in Specs/wire.md."""
        entries, cursor = [], None
        while True:
            fields = [(1, what.encode())] + ([(2, since.encode())] if since else []) + ([(3, cursor)] if cursor else [])
            frame = self._exchange(lambda connection: connection.receive(connection.request(LIST, fields), LISTING))
            entries += json.loads(frame.fields[1])
            cursor = frame.fields.get(2)
            if not cursor:
                return entries

    def fetch(self, name, confirm=True):
        """Fetches a document, continuing a download, verifies and confirms it; returns its path."""
        name = document_id(name)
        self.out.mkdir(parents=True, exist_ok=True)
        part, proof = self.out / (name + ".part"), self.out / (name + ".part.p7s")

        def download(connection):
            held = part.stat().st_size if part.exists() and proof.exists() else 0
            stream = connection.request(FETCH, [(1, name.encode()), (2, number(held))])
            with open(part, "r+b" if held else "wb") as file:
                file.seek(held)
                while True:
                    frame = connection.receive(stream, DOCUMENT)
                    if int.from_bytes(frame.fields[4], "big") != file.tell() or frame.fields[1].decode() != name:
                        raise protocol("DOCUMENT is out of place")
                    if 6 in frame.fields:
                        store(proof, frame.fields[6])
                    file.write(frame.fields[5])
                    if frame.last:
                        return int.from_bytes(frame.fields[2], "big"), frame.fields[3]

        size, digest = self._exchange(download)
        document = part.read_bytes()
        if len(document) != size or hashlib.sha256(document).digest() != digest:
            part.unlink()
            raise broken(f"{name} arrived with other bytes than announced; what was there is deleted")
        if not proof.exists():
            raise OpenSSL.unverified(name, "the gateway sent no signature with it")
        path, _ = self._keep(name, document, proof.read_bytes())
        part.unlink()
        proof.unlink()
        if confirm:
            fields = [(1, name.encode()), (2, digest)]
            self._exchange(lambda connection: connection.receive(connection.request(CONFIRM, fields), FINISHED))
        return path


# --- the commands -----------------------------------------------------------------------------

def told(findings, limit=20):
    for finding in findings[:limit]:
        where = "".join(f" {key} {finding[key]}" for key in ("record", "line", "field", "value") if finding.get(key))
        action = f" — {finding['action']}" if finding.get("action") else ""
        print(f"  {finding.get('severity')} {finding.get('code')}{where}: {finding.get('detail')}{action}")
    if len(findings) > limit:
        print(f"  and {len(findings) - limit} more")


def show_receipts(receipts):
    for receipt in receipts:
        print(f"{receipt.grade} {receipt.status or '-'} {receipt.id} {'copy' if receipt.copy else 'new'} {receipt.path}")
        told(receipt.findings)
    return REFUSED if any(receipt.status == "RJCT" for receipt in receipts) else DONE


def show_answer(answer):
    print(f"{answer.status or 'answered'} {'copy' if answer.copy else 'new'} {answer.path}")
    told(findings_of(ElementTree.fromstring(answer.content)))
    return REFUSED if answer.status == "RJCT" else DONE


def show_report(answer):
    print(answer.content.decode(), end="")
    return REFUSED if answer.status == "RJCT" else DONE


def run_verify(options):
    openssl = OpenSSL(options.ca, options.crl, options.host_cert, options.usage_arc)
    at = int(datetime.datetime.fromisoformat(options.at).timestamp()) if options.at else None
    signature = options.signature or options.file + ".p7s"
    if not options.attached:
        openssl.verify(signature, options.file, options.signer, at)
    else:
        content = openssl.verify(options.file, None, options.signer, at)
        if options.content:
            store(pathlib.Path(options.content), content)
    print(f"verified: {options.file}, signed by {options.signer}")
    return DONE


def run(options):
    if options.command == "verify":
        return run_verify(options)
    missing = [name for name in ("gateway", "ca", "tls_cert", "tls_key") if not getattr(options, name)]
    if missing:
        raise local("missing: " + ", ".join("--" + name.replace("_", "-") for name in missing), "give them, or a --config")
    note = (lambda text: None) if options.quiet else (lambda text: print(text, file=sys.stderr))
    with Client(options.gateway, options.ca, options.tls_cert, options.tls_key, options.sign_cert, options.sign_key, options.out,
                options.crl, options.host_cert, options.server_name, options.attempts, options.usage_arc, note) as client:
        return carry_out(client, options)


def carry_out(client, options):
    match options.command:
        case "submit":
            return show_receipts(client.submit(options.file, options.series, options.sequence, options.wait, options.format))
        case "receipt":
            return show_receipts([client.wait(options.series, options.sequence, options.grade, options.timeout)])
        case "send":
            return show_answer(client.send(pathlib.Path(options.message).read_bytes()))
        case "agree":
            return show_answer(client.agree(options.statement))
        case "cancel":
            return show_answer(client.cancel(options.series, options.sequence))
        case "status":
            return show_report(client.status(options.message, options.transaction))
        case "position":
            return show_report(client.position(options.window))
        case "list":
            print(json.dumps(client.list(options.what, options.since), indent=2, sort_keys=True))
        case "fetch":
            for name in options.id:
                print(client.fetch(name, confirm=not options.no_confirm))
        case "ping":
            print(json.dumps(client.ping(), indent=2, sort_keys=True))
    return DONE


def positive(text):
    value = int(text)
    if not 0 < value < 10 ** 12:
        raise argparse.ArgumentTypeError("a number from 1 to 999999999999")
    return value


def parser():
    common = argparse.ArgumentParser(add_help=False)
    for name, words in (("gateway", "HOST:PORT of the gateway"), ("ca", "certificate of the coalition's authority, PEM"),
                        ("tls-cert", "your TLS certificate, PEM"), ("tls-key", "its key, PEM"),
                        ("sign-cert", "your signing certificate, PEM"), ("sign-key", "its key, PEM"),
                        ("crl", "revocation list of the authority, PEM; checked when given"),
                        ("host-cert", "accept only this signing certificate of the host"),
                        ("usage-arc", f"OID of the coalition's key usages (default: {USAGE_ARC})"),
                        ("server-name", "name in the gateway's certificate, when it is not HOST")):
        common.add_argument("--" + name, help=words)
    common.add_argument("--out", help="folder for receipts, answers and documents (default: .)")
    common.add_argument("--attempts", type=int, help="connections to try before giving up (default: 6)")
    common.add_argument("--config", help="JSON file with any of these options, such as {\"gateway\": \"HOST:PORT\"}")
    common.add_argument("--quiet", action="store_true", help="no remarks on standard error")
    whole = argparse.ArgumentParser(description="Client of the coalition's gateway.",
                                    epilog="Exit status: 0 done, 1 refused, 2 usage, 3 verification failed, 4 unavailable.")
    commands = whole.add_subparsers(dest="command", required=True)

    def add(name, words):
        return commands.add_parser(name, help=words, description=words, parents=[common])

    def numbered(command):
        command.add_argument("--series", choices=("LIVE", "TEST"), required=True)
        command.add_argument("--sequence", type=positive, required=True)

    submit = add("submit", "sign and upload a batch file, and wait for its receipts")
    submit.add_argument("file")
    numbered(submit)
    submit.add_argument("--wait", choices=GRADES, default="VALIDATED")
    submit.add_argument("--format", choices=("XML", "CSV"), help="default: by the first character")
    add("send", "sign and send a real-time message").add_argument("message")
    add("agree", "verify a settlement statement and sign that it is right").add_argument("statement")
    status = add("status", "ask what became of a message or a record")
    named = status.add_mutually_exclusive_group(required=True)
    named.add_argument("--message", help="a message's id")
    named.add_argument("--transaction", help="a record's id")
    receipt = add("receipt", "wait for a receipt").add_subparsers(dest="receipt_command", required=True)
    wait = receipt.add_parser("wait", parents=[common])
    numbered(wait)
    wait.add_argument("--grade", choices=GRADES, default="VALIDATED")
    wait.add_argument("--timeout", type=float, help="seconds; default: as long as it takes")
    listing = add("list", "list documents or windows")
    listing.add_argument("what", choices=("RECEIPTS", "STATEMENTS", "WINDOWS", "PENDING"), type=str.upper)
    listing.add_argument("--since", help="an instant, such as 2026-03-01T00:00:00Z")
    fetch = add("fetch", "fetch, verify and confirm documents")
    fetch.add_argument("id", nargs="+")
    fetch.add_argument("--no-confirm", action="store_true", help="leave it in PENDING")
    numbered(add("cancel", "cancel a number whose file has not arrived"))
    add("position", "ask for your position").add_argument("--window")
    add("ping", "connect, say hello and ping")
    verify = add("verify", "verify a stored document")
    verify.add_argument("file")
    verify.add_argument("--signature", help="default: FILE.p7s")
    verify.add_argument("--attached", action="store_true", help="FILE is a CMS with its content inside")
    verify.add_argument("--content", help="with --attached: write the content here")
    verify.add_argument("--signer", choices=("host", "partner", "any"), default="host")
    verify.add_argument("--at", help="judge the certificates at this instant, such as 2026-05-01T00:00:00+00:00")
    return whole


def configured(options):
    """Fills options that were not given from --config; its paths count from its own folder."""
    names = {"gateway", "ca", "tls_cert", "tls_key", "sign_cert", "sign_key", "crl", "host_cert", "usage_arc", "server_name", "out",
             "attempts"}
    values = {}
    if options.config:
        values = json.loads(pathlib.Path(options.config).read_text())
        for name in values:
            if name.replace("-", "_") not in names:
                raise local(f"{options.config}: {name!r} is not an option", "see --help")
    for name, value in values.items():
        name = name.replace("-", "_")
        if getattr(options, name) is None:
            plain = name in ("gateway", "server_name", "usage_arc", "attempts")
            setattr(options, name, value if plain else str(pathlib.Path(options.config).parent / value))
    options.out = options.out or "."
    options.attempts = options.attempts or 6
    return options


def main(arguments=None):
    options = parser().parse_args(arguments)
    try:
        options = configured(options)
        if options.command == "verify" and not options.ca:
            raise local("missing: --ca", "give it, or a --config")
        return run(options)
    except ClientError as error:
        print(f"coalition_client: {error}", file=sys.stderr)
        return error.status
    except (OSError, ValueError) as error:
        print(f"coalition_client: CLT-007: {error} — check the files and options named", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
