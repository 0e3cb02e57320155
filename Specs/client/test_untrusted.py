#!/usr/bin/env python3
"""The Python client against gateways that lie, stumble or end: test_untrusted.py PKI WIRE.md [unittest options].

PKI is the folder of keys of `coalition demo`. The gateways are played by this program, each by a script that is a function
of one connection. The worked examples of Specs/wire.md are read and compared, too.
"""
import hashlib
import pathlib
import re
import socket
import ssl
import struct
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import coalition_client as product  # noqa: E402

PKI, WIRE = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))
CONTENT = b"<LoyaltyTransactionBatch/>"
FINAL = 1


class Gateway:
    """Plays one script for each connection, in their order."""

    def __init__(self, *scripts, alpn=True):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(PKI / "gateway-tls.pem", PKI / "gateway-tls.key")
        if alpn:
            self.context.set_alpn_protocols(["coalition/1"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.scripts, self.failures = self.listener.getsockname()[1], scripts, []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        for script in self.scripts:
            plain, _ = self.listener.accept()
            plain.settimeout(20)
            try:
                with self.context.wrap_socket(plain, server_side=True) as wire:
                    self.wire = wire
                    script(self)
            except OSError:
                pass
            except AssertionError as error:
                self.failures.append(error)
        self.listener.close()

    def read(self, expected):
        kind, _, stream, length = struct.unpack(">BBII", self.exactly(10))
        payload, fields, at = self.exactly(length), {}, 0
        while at < length:
            tag, size = struct.unpack_from(">BI", payload, at)
            fields[tag] = payload[at + 5:at + 5 + size]
            at += 5 + size
        assert kind == expected, f"read {kind:#x}, expected {expected:#x}"
        return stream, fields

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.wire.recv(count - len(data))
            if not piece:
                raise ConnectionError
            data += piece
        return data

    def write(self, kind, stream, fields, flags=0):
        frame = bytearray(product.encode(kind, stream, fields))
        frame[1] = flags
        self.wire.sendall(frame)

    def hello(self):
        self.read(product.HELLO)
        self.write(product.HELLO_ACK, 0, [
            (1, product.number(1)), (2, b"played"), (3, b"PARTNER"), (4, b"MARCHE"), (5, b"2026-05-01T07:00:00Z"),
            (7, product.number(524288)), (8, product.number(4)), (9, product.number(1 << 32)), (10, product.number(32)),
            (11, product.number(30))])

    def receipt(self, stream, signer="host", name="RCP-1", flags=FINAL, copy=b"\0", grade="VALIDATED", **other):
        values = {"ReceiptId": name, "Grade": grade, "PartnerId": "MARCHE", "Series": "LIVE", "SequenceNumber": "7",
                  "FileDigest": hashlib.sha256(CONTENT).hexdigest(), "FileSize": str(len(CONTENT)), "FileStatus": "ACCP", **other}
        document = ("<Receipt xmlns='urn:coalition:clearing:receipt:1'>"
                    + "".join(f"<{key}>{value}</{key}>" for key, value in values.items()) + "</Receipt>").encode()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "document")
            path.write_bytes(document)
            signature = product.OpenSSL(None).sign(path, PKI / f"{signer}-signing.pem", PKI / f"{signer}-signing.key", False)
        self.write(product.RECEIPT, stream, [(1, grade.encode()), (2, name.encode()), (3, copy), (4, document), (5, signature),
                                             (6, b"ACCP")], flags)


def answers(**receipt):
    """A gateway that has the file already, and answers with this receipt."""
    def script(gateway):
        gateway.hello()
        stream, _ = gateway.read(product.UPLOAD_BEGIN)
        gateway.receipt(stream, **receipt)
    return script


class Untrusted(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file, self.out = self.folder / "batch.xml", self.folder / "out"
        self.file.write_bytes(CONTENT)

    def submit(self, *scripts, alpn=True):
        gateway = Gateway(*scripts, alpn=alpn)
        try:
            with product.Client(f"127.0.0.1:{gateway.port}", PKI / "ca.pem", PKI / "MARCHE-tls.pem", PKI / "MARCHE-tls.key",
                                PKI / "MARCHE-signing.pem", PKI / "MARCHE-signing.key", out=self.out) as client:
                return client.submit(self.file, "LIVE", 7)
        finally:
            gateway.thread.join(30)
            self.assertEqual(gateway.failures, [])

    def refused(self, code, status, *scripts, alpn=True):
        with self.assertRaises(product.ClientError) as caught:
            self.submit(*scripts, alpn=alpn)
        self.assertEqual((caught.exception.code, caught.exception.status), (code, status))

    def stored(self):
        return sorted(path.name for path in self.out.glob("*.xml"))

    def test_a_receipt_that_the_host_signed_is_stored(self):
        self.assertEqual([each.status for each in self.submit(answers())], ["ACCP"])
        self.assertEqual(self.stored(), ["RCP-1.xml"])

    def test_a_receipt_that_a_partner_signed_is_not_believed(self):
        self.refused("CLT-005", 3, answers(signer="MARCHE"))
        self.assertEqual(self.stored(), [])

    def test_a_receipt_of_another_file_is_not_taken_for_ours(self):
        for other in ({"FileDigest": "0" * 64}, {"FileSize": "1"}, {"SequenceNumber": "8"}, {"Series": "TEST"},
                      {"PartnerId": "RAILCO"}, {"ReceiptId": "RCP-2"}, {"Grade": "CLEARED"}):
            with self.subTest(other):
                name = "RCP-" + "".join(other)
                self.refused("CLT-006", 3, answers(name=name, **({"ReceiptId": name} | other)))

    def test_a_second_receipt_with_the_same_id_does_not_replace_the_first(self):
        self.submit(answers())
        first = (self.out / "RCP-1.xml").read_bytes()
        self.refused("CLT-006", 3, answers(FileStatus="PART"))
        self.assertEqual((self.out / "RCP-1.xml").read_bytes(), first)
        self.assertTrue((self.out / "RCP-1.xml.unverified").exists())

    def test_an_id_that_is_a_path_writes_nothing(self):
        for name in ("../escaped", "..", ".hidden", "a/b", ""):
            with self.subTest(name):
                self.refused("CLT-004", 4, answers(name=name))
        self.assertEqual([path.name for path in self.folder.rglob("*") if "escaped" in path.name or "hidden" in path.name], [])

    def test_frames_against_the_rules_end_the_connection(self):
        def raw(*frames):
            def script(gateway):
                gateway.hello()
                gateway.read(product.UPLOAD_BEGIN)
                gateway.wire.sendall(b"".join(frames))
            return script
        header = struct.pack
        for frame in (header(">BBII", 0x55, 0, 1, 0), header(">BBII", product.FINISHED, 2, 1, 0),
                      header(">BBII", product.RECEIPT, 0, 1, 4194305), header(">BBII", product.FINISHED, 1, 3, 0),
                      product.encode(product.UPLOAD_ACCEPT, 1, [(2, product.number(0))]),
                      product.encode(product.RECEIPT, 1, [(2, b"RCP-1"), (1, b"RECEIVED")]),
                      header(">BBII", product.UPLOAD_ACCEPT, 0, 1, 3) + b"\1\0\0",
                      header(">BBIIBI", product.UPLOAD_ACCEPT, 0, 1, 6, 1, 9) + b"x"):
            with self.subTest(frame[:12].hex()):
                self.refused("CLT-004", 4, raw(frame))

    def test_a_gateway_without_the_protocol_gets_nothing(self):
        self.refused("CLT-004", 4, lambda gateway: gateway.hello(), alpn=False)

    def test_an_error_is_told_and_one_with_retry_is_tried_again(self):
        def fails(retry):
            def script(gateway):
                gateway.hello()
                stream, _ = gateway.read(product.UPLOAD_BEGIN)
                gateway.write(product.ERROR, stream, [(1, b"STO-001"), (2, b"no room"), (3, b"wait"), (4, retry), (5, b"\0")], FINAL)
            return script
        self.refused("STO-001", 1, fails(b"\0"))
        self.assertEqual(len(self.submit(fails(b"\1"), answers())), 1)

    def test_the_error_before_a_closed_connection_is_told(self):
        def script(gateway):
            gateway.read(product.HELLO)
            gateway.write(product.ERROR, 0, [(1, b"NET-004"), (2, b"not registered"), (3, b"register"), (4, b"\0"), (5, b"\1")],
                          FINAL)
        self.refused("NET-004", 1, script)

    def test_fields_of_later_versions_are_skipped(self):
        def script(gateway):
            gateway.hello()
            stream, _ = gateway.read(product.UPLOAD_BEGIN)
            gateway.write(product.UPLOAD_ACCEPT, stream, [(1, product.number(len(CONTENT))), (0x80, b"later")])
            gateway.read(product.UPLOAD_END)
            gateway.receipt(stream)
        self.assertEqual(len(self.submit(script)), 1)

    def test_an_upload_answers_pings_and_goes_on_after_a_break_with_the_same_declaration(self):
        seen = []

        def breaks(gateway):
            gateway.hello()
            stream, fields = gateway.read(product.UPLOAD_BEGIN)
            seen.append(fields)
            gateway.write(product.UPLOAD_ACCEPT, stream, [(1, product.number(0))])
            gateway.read(product.UPLOAD_CHUNK)

        def continues(gateway):
            gateway.hello()
            stream, fields = gateway.read(product.UPLOAD_BEGIN)
            seen.append(fields)
            gateway.write(product.PING, 0, [(1, product.number(9))])
            assert gateway.read(product.CLIENT_PONG)[1] == {1: product.number(9)}, "another number"
            gateway.write(product.UPLOAD_ACCEPT, stream, [(1, product.number(5))])
            received = CONTENT[:5]
            while len(received) < len(CONTENT):
                _, chunk = gateway.read(product.UPLOAD_CHUNK)
                assert chunk[1] == product.number(len(received)), "another offset"
                assert len(chunk[2]) <= 4, "a chunk above the limit"
                received += chunk[2]
                gateway.write(product.PROGRESS, stream, [(1, product.number(len(received)))])
            assert received == CONTENT, "other bytes"
            gateway.read(product.UPLOAD_END)
            gateway.receipt(stream)

        self.assertEqual(len(self.submit(breaks, continues)), 1)
        self.assertEqual(seen[0], seen[1])

    def test_a_request_that_the_leaving_gateway_did_not_look_at_is_repeated(self):
        def leaves(gateway):
            gateway.hello()
            gateway.read(product.UPLOAD_BEGIN)
            gateway.write(product.GOODBYE, 0, [(1, b"NET-003"), (2, b"leaving"), (3, product.number(0))])
            try:
                gateway.exactly(1)
            except OSError:
                return
        self.assertEqual(len(self.submit(leaves, answers())), 1)


class Examples(unittest.TestCase):
    def test_every_example_of_the_protocol_page_is_read_and_those_of_clients_are_written_alike(self):
        blocks = re.findall(r"^```hex ([a-z-]+)\n(.*?)^```", WIRE.read_text(), re.M | re.S)
        self.assertGreater(len(blocks), 25)
        for name, text in blocks:
            with self.subTest(name):
                frame = bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))
                kind, _, stream, length = struct.unpack_from(">BBII", frame)
                self.assertEqual(len(frame), 10 + length)
                known = product.FIELDS_OF_REPLIES
                product.FIELDS_OF_REPLIES = known if kind in known else {kind: 0x7F}
                try:
                    fields = product.decode_fields(kind, frame[10:])
                finally:
                    product.FIELDS_OF_REPLIES = known
                again = bytearray(product.encode(kind, stream, sorted(fields.items())))
                again[1] = frame[1]
                self.assertEqual(bytes(again), frame)


if __name__ == "__main__":
    unittest.main()
