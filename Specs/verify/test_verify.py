#!/usr/bin/env python3
"""Tests of the verifier: python3 Specs/verify/test_verify.py [-v]"""
import base64
import hashlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import archive
import cms
import rules
import documents
import proofs
import programme
import records
import sample
import verify_evidence
import yaml_subset
from bundle import Pins, parse_xml

BINARY = pathlib.Path(os.environ.get("COALITION", HERE.parent.parent / ".build" / "debug" / "coalition"))
SCRATCH = tempfile.TemporaryDirectory(prefix="test-verify-")


def scratch(name: str, data: bytes) -> str:
    path = os.path.join(SCRATCH.name, name)
    pathlib.Path(path).write_bytes(data)
    return path


class TarTest(unittest.TestCase):
    ENTRIES = {"MANIFEST": b"m" * 600, "MANIFEST.sig": b"s", "a/one": b"", "a/two": b"2" * 512, "b": b"b"}

    def scan(self, data: bytes) -> archive.Archive:
        found = archive.Archive(scratch("t.tar", data))
        self.contents = {name: found.read(name) for name in found.places} if not found.problems else {}
        found.close()
        return found

    def test_canonical(self) -> None:
        found = self.scan(sample.tar(self.ENTRIES))
        self.assertEqual(found.problems, [])
        self.assertEqual(self.contents, self.ENTRIES)
        self.assertEqual(found.place("b").digest, hashlib.sha256(b"b").hexdigest())

    def test_every_byte_of_a_header(self) -> None:
        """A changed header byte is refused, also when the checksum is made to fit."""
        good = sample.tar(self.ENTRIES)
        at = good.index(b"a/two")
        for i in range(512):
            for value in {0, ord("0"), ord("1"), ord(" "), 0xff} - {good[at + i]}:
                for fit in (False, True):
                    header = bytearray(good[at:at + 512])
                    header[i] = value
                    if fit and not 148 <= i < 156:
                        header[148:156] = b" " * 8
                        header[148:156] = b"%06o\0 " % sum(header)
                    found = self.scan(good[:at] + header + good[at + 512:])
                    renamed = fit and i < 100 and not found.problems  # MANIFEST refuses it
                    self.assertTrue(found.problems or renamed, f"byte {i} as {value}")

    def test_other_forms(self) -> None:
        good = sample.tar(self.ENTRIES)
        for data in (good + bytes(512), good[:-512], good[:-1], good + b"x", good[:700], b"", bytes(512)):
            self.assertTrue(self.scan(data).problems, len(data))
        part = {n: archive.canonical_header(n.encode(), 1) + b"x" + bytes(511) for n in ("a", "b")}
        for names in ("ba", "aa"):
            problem = self.scan(b"".join(part[n] for n in names) + bytes(1024)).problems[0]
            self.assertEqual(problem.item, "a")
        self.assertTrue(self.scan(part["a"][:-1] + b"y" + bytes(1024)).problems)
        for name in (b"a b", b"\xc3\xa9", b"", b"a\\b"):
            self.assertTrue(self.scan(archive.canonical_header(name, 0) + bytes(1024)).problems, name)
        self.assertEqual(self.scan(archive.canonical_header(b"n" * 100, 0) + bytes(1024)).problems, [])


class MerkleTest(unittest.TestCase):
    """The vectors of RFC 6962 implementations: eight leaves and the root of each size."""
    LEAVES = [
        bytes.fromhex(h)
        for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    ]
    ROOTS = """6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
        fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
        aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
        d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
        4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
        76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
        ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
        5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328""".split()

    def test_roots(self) -> None:
        self.assertEqual(sample.root_of([]).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        for size, root in enumerate(self.ROOTS, 1):
            self.assertEqual(sample.root_of(map(proofs.leaf, self.LEAVES[:size])).hex(), root)

    def test_paths(self) -> None:
        leaves = [proofs.leaf(b"%d" % i) for i in range(21)]
        for size in range(1, 22):
            root = sample.root_of(leaves[:size])
            for index in range(size):
                path = sample.path_of(leaves[:size], index)
                self.assertEqual(proofs.root_by_path(leaves[index], index, size, path), root)
                self.assertNotEqual(proofs.root_by_path(leaves[index], index, size, path[:-1]), root if path else None)
                self.assertIsNone(proofs.root_by_path(leaves[index], index, size, path + [root]))

    def test_ranges(self) -> None:
        leaves = [proofs.leaf(b"%d" % i) for i in range(23)]
        for start in range(23):
            for end in range(start, 24):
                sides = [[sample.root_of(leaves[a:a + n]).hex() for a, n in proofs.cover(*side)]
                         for side in ((0, start), (end, 23))]
                text = {"from": start, "to": end, "size": 23, "left": sides[0], "right": sides[1]}
                made = proofs.Range(text, b"".join(leaves[start:end]))
                self.assertEqual(made.root(23), sample.root_of(leaves))
                for size in range(start, end + 1):
                    self.assertEqual(made.root(size), sample.root_of(leaves[:size]), (start, end, size))


class NoteTest(unittest.TestCase):
    VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

    def test_go_vector(self) -> None:
        key = proofs.Key.read(self.VKEY)
        self.assertIs(proofs.Note((self.TEXT + "\n" + self.LINE).encode()).signed_by(key), True)
        self.assertIs(proofs.Note((self.TEXT.replace("you", "You") + "\n" + self.LINE).encode()).signed_by(key), False)
        other = proofs.Note((self.TEXT + "\n" + self.LINE.replace("Neumann", "Other")).encode())
        self.assertIsNone(other.signed_by(key))
        for bad in (self.VKEY.replace("c74f20a3", "c74f20a4"), self.VKEY[:-4], "x"):
            self.assertRaises(ValueError, proofs.Key.read, bad)

    def test_checkpoint_and_proof(self) -> None:
        root = base64.b64encode(bytes(32)).decode()
        self.assertEqual(proofs.Checkpoint.read(f"o\n5\n{root}\n"), ("o", 5, bytes(32)))
        for bad in (f"o\n05\n{root}\n", f"o\n5\n{root}", f"o\n5\n{root}\nmore\n"):
            self.assertRaises(ValueError, proofs.Checkpoint.read, bad)
        self.assertEqual(proofs.tlog_proof(f"c2sp.org/tlog-proof@v1\nindex 3\n{root}\n\nnote\n".encode()),
                         (3, [bytes(32)], b"note\n"))
        self.assertEqual(proofs.tlog_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n\nnote\n"), (0, [], b"note\n"))


class LeafTest(unittest.TestCase):
    """Hash inputs put together by hand, byte by byte, from evidence.md."""

    def test_leaf(self) -> None:
        data = b"CRL1" + bytes([0, 0, 0, 2]) + bytes([2, 1, 4]) + b"SML" \
            + (1001).to_bytes(8, "big") + (1001).to_bytes(8, "big") + (20530).to_bytes(4, "big") \
            + bytes(8) + bytes([2]) + (501).to_bytes(8, "big") + (300).to_bytes(8, "big") + b"L" * 32 + b"P" * 32
        leaf = records.Leaf.read(data)
        self.assertEqual(leaf[:9], (2, "BONU", "ACCP", 4, "SML", 1001, 1001, 20530, 0))
        self.assertEqual((leaf.shares, leaf.lines, leaf.private, leaf.data()), ((501, 300), b"L" * 32, b"P" * 32, data))
        self.assertRaises(ValueError, records.Leaf.read, data + b"x")

    def test_private_lines_line(self) -> None:
        private = records.Private(b"s" * 16, b"i" * 16, b"c" * 16, b"m" * 16, 517, 90, (20, 1))
        by_hand = b"CRP1" + b"s" * 16 + b"i" * 16 + b"c" * 16 + b"m" * 16 + bytes(6) + b"\2\5" + bytes(
            3) + b"\x5a" + bytes(7) + b"\x14" + bytes(3) + b"\1"
        self.assertEqual(private.digest(), hashlib.sha256(by_hand).digest())
        key = {
            "partner": "MARCHE", "kind": "ISSUANCE", "side": "DBIT", "unit": "MKP", "ratio": "R", "price": "P",
            "taxCategory": "S", "taxRate": "20"
        }
        line = b"CLN1" + b"t" * 16 + b"\0\6MARCHE\0\x08ISSUANCE\0\4DBIT\0\3MKP\0\1R\0\1P\0\1S\0\x0220" + bytes(8)
        self.assertEqual(records.line_digest(b"t" * 16, key), hashlib.sha256(line).digest())
        lines = records.Lines({
            "window": "W", "sets": [{"lines": [0], "promotion": ""}], "lines": [{"salt": (b"t" * 16).hex(), "key": key}]
        })
        one = b"CLS1\0\1W\0\0\0\1" + hashlib.sha256(line).digest()
        self.assertEqual(lines.set_digest(0), hashlib.sha256(one).digest())
        self.assertEqual(lines.set_digest(-1), bytes(32))

    def test_identity_and_content(self) -> None:
        """Figures of the program's own entries for T01 of MARCHE, in both formats and any layout."""
        row = {
            "TransactionId": "T01", "LoyaltyTransactionType": "ACCR",
            "TransactionDateTime": "2026-03-17T12:00:00.000+01:00", "BusinessDate": "2026-03-17",
            "AccountIdType": "CARD", "LoyaltyAccountId": "9250123456789013", "Unit": "MKP", "LoyaltyAmount": "100"
        }
        self.assertEqual(records.identity("MARCHE", "T01").hex(), "f53005f8bf0299cb1a7a4d57a76c228b")
        for make, reader in ((sample.csv_file, records.CsvReader), (sample.xml_file, records.XmlReader)):
            data = make("MARCHE", 1, "2026-03-18T01:10:00Z", [row], "M")
            for step in (1, 13, 1 << 20):
                rec, = reader(data[i:i + step] for i in range(0, len(data), step))
                self.assertEqual(rec.content({"SML", "MKP"}).hex(), "cbc733d673dc092f15fc4fc9ff8c9eba")
                self.assertIn(data[rec.offset:rec.offset + rec.length][:3], (b"T01", b"<Tr"))
                self.assertIn(data[rec.offset:rec.offset + rec.length][-1:], b",>")

    def test_readers(self) -> None:
        rows = b'\xef\xbb\xbf#HEADER,1.0,M\r\nTransactionId\r\na,"b,""c""\n",,"",d\r\n#TRAILER,1\r\n'
        for step in (1, 7, 1000):
            found, = records.CsvReader(rows[i:i + step] for i in range(0, len(rows), step))
            self.assertEqual(list(found.fields.items()), [("TransactionId", "a"), ("LoyaltyTransactionType", 'b,"c"\n'),
                                                          ("AccountIdType", "d")])
            self.assertEqual(rows[found.offset:found.offset + found.length], b'a,"b,""c""\n",,"",d')
        for bad in (b'a,"b', b'a,"b"c'):
            self.assertRaises(Exception, list, records.CsvReader([b"#HEADER\nT\n" + bad]))
        for bad in (b'<!DOCTYPE a><a/>', b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>"):
            self.assertRaises(Exception, list, records.XmlReader([bad]))


class YamlTest(unittest.TestCase):
    def test_golden_files(self) -> None:
        for path in sample.GOLDEN.glob("programme/**/*.yaml"):
            self.assertTrue(yaml_subset.parse(path.read_text()))
        y = yaml_subset.parse((sample.GOLDEN / "programme/agreements/MARCHE.yaml").read_text())
        self.assertEqual((y["certificates"], y["terms"][0]["roles"], y["registrations"][1]["number"]),
                         ([], ["EARN", "BURN", "TRANSFER_OUT", "CO_FUND"], "FR00901122333"))
        ratio = programme.resolve_agreement(y)["ratios"][2]
        self.assertEqual(
            (ratio["from"], ratio["fromUnits"], ratio["to"], ratio["toUnits"], ratio["minimum"], ratio["step"]),
            ("SML", 5, "MKP", 7, 1000, 500))

    def test_forms(self) -> None:
        text = "a: 'x: # y'   # comment\nb: {c: 1, d: [e, \"f, g\"]}\n" \
            "h:\n- i\n-  j: k\n   l: |\n     m\n       n\n\n     o\np:\nq: NO\n"
        self.assertEqual(
            yaml_subset.parse(text), {
                "a": "x: # y", "b": {"c": "1", "d": ["e", "f, g"]}, "h": ["i", {"j": "k", "l": "m\n  n\n\no\n"}],
                "p": "", "q": "NO"
            })
        for bad in ("a: &b c", "a: *b", "a: !t b", "a: 1\na: 2", "a: >\n  b", "a\n", "a: [b", "a: b: c", "? a",
                    "a: 1\n  b: 2"):
            self.assertRaises(ValueError, yaml_subset.parse, bad)

    def test_calendar(self) -> None:
        windows = programme.windows_by_rule(yaml_subset.parse(
            (sample.GOLDEN / "programme/programme.yaml").read_text()))
        golden = json.loads((sample.GOLDEN / "expected.json").read_text())["windows"]
        for made, wanted in zip(windows, golden):
            self.assertEqual([made["id"]] + [programme.instant(made[edge]) for edge in ("open", "cutoff")],
                             [wanted["id"]] + [programme.instant(wanted[edge]) for edge in ("open", "cutoff")])
            self.assertEqual({v["date"] for v in made["valueDates"]}, {wanted["valueDate"]})
        self.assertEqual([programme.easter(y).isoformat() for y in (2024, 2025, 2026)],
                         ["2024-03-31", "2025-04-20", "2026-04-05"])
        self.assertEqual(programme.starts("WEEKLY", __import__("datetime").date(2026, 3, 16)), "W-2026-W12")


class RulesTest(unittest.TestCase):
    def test_rounding(self) -> None:
        from fractions import Fraction as F
        for value, wanted in ((F(5, 2), (3, 2, 2)), (F(-5, 2), (-3, -2, -2)), (F(7, 2), (4, 4, 3)),
                              (F(-1, 3), (0, 0, 0)), (F(2, 3), (1, 1, 0))):
            self.assertEqual(tuple(rules.rounded(value, m) for m in ("HALF_UP", "HALF_EVEN", "DOWN")), wanted)
        self.assertEqual([rules.exact_text(v) for v in (F(4936, 7), F(3125, 2), F(-17, 10**6), F(0), F(155))],
                         ["4936/7", "1562.5", "-0.000017", "0", "155"])
        self.assertEqual(rules.shares(101, {"RAILCO": 1, "MARCHE": 1}), {"RAILCO": 50, "MARCHE": 51})
        self.assertEqual(rules.shares(333, {"RAILCO": 334, "MARCHE": 200, "HOST": 133}),
                         {"RAILCO": 167, "MARCHE": 100, "HOST": 66})
        self.assertEqual((rules.percent(-3, "20"), rules.percent(12000, "20", True)), (-1, 2000))

    def account(self) -> rules.Account:
        account = rules.Account("EUR")
        account.issued("S", 1000)
        return account

    def test_instructions(self) -> None:
        """Each effect keeps closing = due + in settlement: (acts, moved on the account, still in settlement)."""
        def confirm(amount: str) -> dict: return {"act": "confirm", "instruction": "S", "amount": amount}
        back = {"act": "return", "instruction": "S"}
        for acts, moved, held in (([confirm("10.00")], -1000, 0), ([confirm("4.00")], -400,
                                                                   600), ([confirm("4.00"),
                                                                           confirm("7.00")], -1100, 0), ([back], 0, 0),
                                  ([confirm("10.00"), back], 0, 0), ([{"act": "write-off",
                                                                       "instruction": "S"}], -1000, 0),
                                  ([{"act": "cancel",
                                     "instruction": "S"}], 0, 0), ([back, {"act": "resend",
                                                                           "instruction": "S"}], 0, 1000)):
            account = self.account()
            for act in acts:
                account.apply(0, act)
            money_moves = sum(e[3] for e in account.entries if e[1] in ("PAYMENT", "WRITE_OFF", "RETURN"))
            still = sum(one.open for one in account.instructions.values())
            self.assertEqual((money_moves, still), (moved, held), acts)


class HouseTest(unittest.TestCase):
    """The golden scenario in a log of its own, through all stages; and what a dishonest host may try."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.pki = sample.Pki()
        cls.pins = Pins(cls.pki.pins())
        cls.house = sample.House(cls.pki)
        cls.base = cls.house.bundle("W-2026-03B")
        cls.scope = cls.house.scope

    def judge(self, entries: dict, scope: str = "", pki: object = None, pins: object = None,
              compare: bytes = None) -> verify_evidence.Report:
        return verify_evidence.verify(scratch("b.tar", sample.pack(entries, pki or self.pki, scope or self.scope)), pins
                                      or self.pins, compare)

    def assertVerdict(self, report: verify_evidence.Report, code: int, *items: str) -> None:
        told = report.text()
        self.assertEqual(report.exit, code, told)
        for item in items:
            self.assertTrue(any(item in f["item"] for f in report.failures), f"{item} not in {told}")

    def dishonest(self, change: object, partner: str = "") -> verify_evidence.Report:
        house = sample.House(self.pki, "W-2026-03B", change)
        return self.judge(house.bundle("W-2026-03B", partner), house.scope)

    def test_good(self) -> None:
        for window in self.house.closed:
            for partner in ("", "MARCHE", "RAILCO", "BANQUE", "CARBU"):
                entries = self.house.bundle(window, partner)
                report = self.judge(entries, self.house.scope)
                self.assertVerdict(report, 0)
                self.assertEqual(len(report.statements), 2 if partner else 8)
        self.assertEqual(report.remarks, [])

    def test_sealed_message(self) -> None:
        """A bonus by message posts to another partner: it has a seal and is shown like a file of one record."""
        house = sample.House(self.pki, "W-2026-04A", None, sample.MESSAGES | {"T30", "T06"})
        for window in ("W-2026-03B", "W-2026-04A"):
            for partner in ("", "RAILCO", "MARCHE"):
                entries = house.bundle(window, partner)
                self.assertVerdict(self.judge(entries, house.scope), 0)
        number = max(n for n, b in house.batches.items() if f"batches/{n:010}/message.cms" in house.files)
        entries, name = house.bundle("W-2026-04A", "RAILCO"), f"batches/{number:010}/message.cms"
        other = self.pki.sign("RAILCO", b"<LoyaltyRequest/>", True)
        self.assertVerdict(self.judge(entries | {name: other}, house.scope), 11, name)
        self.assertVerdict(self.judge({n: d for n, d in entries.items() if n != name}, house.scope), 13, name)

    def test_narrowed(self) -> None:
        """A bundle of one file: its leaves and rules, not the window's sums."""
        number = max(n for n, b in self.house.batches.items()
                     if b["window"] == "W-2026-04A" and b["partner"] == "MARCHE")
        entries = self.house.bundle("W-2026-04A", "MARCHE")
        entries = {n: d for n, d in entries.items() if not n.startswith("batches/") or f"{number:010}" in n}
        report = self.judge(entries, f"{self.house.scope} file={number}")
        self.assertVerdict(report, 0)
        self.assertEqual((report.statements, report.checked["recomputed records"]), ([], 1))

    def test_golden_figures(self) -> None:
        golden = self.house.golden
        for s in golden["statements"]:
            result = self.house.statements[s["window"]][s["partner"]]
            for name in ("opening", "net", "payments", "returns", "closing", "due", "inSettlement"):
                self.assertEqual(rules.money_text(result.figures[name], s["currency"]), s[name],
                                 (s["window"], s["partner"], name))
            self.assertEqual(result.action, s["action"])
            def cash(amount: int) -> str: return rules.money_text(amount, s["currency"])
            mine = [(l.kind, l.side, l.quantity, rules.price_text(l.price),
                     f"FX-{l.fixing[0][2:]}" if l.fixing else "none", rules.exact_text(l.exact), cash(l.amount),
                     rules.exact_text(Fraction(cash(l.amount)) - l.exact), l.tax[0], l.tax[1] or "", l.corrected)
                    for l in result.lines]
            theirs = [(l["kind"], l["dc"], l["quantity"], l["unitPrice"], l["fixing"], l["exact"], l["amount"],
                       l["difference"], l["tax"], (l["taxRate"] if l["tax"] != "O" else "") or "", l["correctedLine"]
                       or "") for l in s["lines"]]
            self.assertEqual(mine, theirs)
            self.assertEqual([(c, r, rules.money_text(b, s["currency"]), rules.money_text(t, s["currency"]))
                              for c, r, b, t in result.taxes],
                             [(t["category"], t["rate"], t["base"], t["tax"]) for t in s["taxes"]])
        paid = {
            r.end_to_end: (abs(r.figures["due"]), r.value_date)
            for w in self.house.statements.values()
            for r in w.values() if r.end_to_end
        }
        self.assertEqual(paid, {
            i["endToEndId"]: (programme.minor(i["amount"], i["currency"]), i["valueDate"])
            for i in golden["instructions"]
        })
        rows = {
            self.house.known_name(b, row[0].number): row
            for b, batch in self.house.batches.items()
            for row in batch["rows"]
        }
        for r in (r for r in golden["records"] if r["id"] in rows):
            leaf = rows[r["id"]][0]
            self.assertEqual((leaf.points, bool(leaf.flags & 1), bool(leaf.flags & 2)),
                             (r["points"], r["flag"] == "LATE", r["flag"] == "CARRIED_OVER"), r["id"])

    def test_grades(self) -> None:
        report = self.judge(self.house.bundle("W-2026-03B", "MARCHE"), self.house.scope)
        grades = {s["id"]: [l["grade"] for l in s["lines"]] for s in report.statements}
        self.assertEqual(grades["STL-W-2026-03B-MARCHE"], ["recomputed"] * 3 + ["attested"] + ["recomputed"] * 3)
        report = self.judge(self.house.bundle("W-2026-03B", "BANQUE"), self.house.scope)
        self.assertEqual([l["grade"] for l in report.statements[1]["lines"]],
                         ["recomputed", "recomputed", "issued", "recomputed"])

    # -- a dishonest packer: the manifest is signed anew -------------------------------------------------------------

    def folder(self, partner: str) -> str:
        return next(f"batches/{n:010}/" for n, b in self.house.batches.items()
                    if b["partner"] == partner and b["window"] == "W-2026-03B")

    def test_archive(self) -> None:
        data = bytearray(sample.pack(self.base, self.pki, self.scope))
        at = data.index(b"# scope")
        for change, item in ((at, "MANIFEST"), (data.index(b"# How to check"), "VERIFY.md")):
            broken = data[:change] + b"!" + data[change + 1:]
            self.assertVerdict(verify_evidence.verify(scratch("b.tar", bytes(broken)), self.pins), 10, item)
        sent = sample.pack(self.base, self.pki, self.scope)
        unsigned = verify_evidence.verify(scratch("b.tar", sent[:at] + b"X" + sent[at + 1:-1024] + b"rubbish"),
                                          self.pins)
        self.assertEqual([f["item"] for f in unsigned.failures], ["MANIFEST"])

    def test_changed_original(self) -> None:
        name = self.folder("MARCHE") + "original"
        self.assertVerdict(self.judge(self.base | {name: self.base[name].replace(b">100<", b">900<")}), 11, name,
                           "signature.p7s")

    def test_dropped_file(self) -> None:
        folder = self.folder("MARCHE")
        self.assertVerdict(self.judge({n: d for n, d in self.base.items() if not n.startswith(folder)}), 13, folder)
        self.assertVerdict(self.judge({n: d
                                       for n, d in self.base.items()
                                       if n != folder + "original"}), 13, folder + "original")
        self.assertVerdict(
            self.judge({n: d
                        for n, d in self.base.items()
                        if not n.startswith("statements/STL-W-2026-03B-CARBU.csv")}), 13, "STL-W-2026-03B-CARBU.csv")

    def test_swapped_files(self) -> None:
        a, b = self.folder("MARCHE"), self.folder("RAILCO")
        swap = {n.replace(a, "~").replace(b, a).replace("~", b): d for n, d in self.base.items()}
        self.assertVerdict(self.judge(swap), 18, a, b)
        for one in ("original", "signature.p7s"):
            only = self.base | {a + one: self.base[b + one], b + one: self.base[a + one]}
            self.assertVerdict(self.judge(only), 11, a)

    def test_altered_statement(self) -> None:
        name = "statements/STL-W-2026-03B-MARCHE.xml"
        altered = self.base[name].replace(b"<NetAmount>12.57", b"<NetAmount>11.57")
        self.assertVerdict(self.judge(self.base | {name: altered}), 11, name)
        self.assertVerdict(self.judge(self.base | {name: altered, name + ".p7s": self.pki.sign("host", altered)}), 11,
                           name)

    def test_wrong_root(self) -> None:
        text = json.loads(self.base["log/range.json"])
        text["left"][0] = "00" * 32
        self.assertVerdict(self.judge(self.base | {"log/range.json": json.dumps(text).encode()}), 18,
                           "log/range.json: root")
        leaves = bytearray(self.base["log/leaves.bin"])
        leaves[40] ^= 1
        self.assertVerdict(self.judge(self.base | {"log/leaves.bin": bytes(leaves)}), 18, "log/range.json: root")
        name = self.folder("MARCHE") + "records.bin"
        rows = bytearray(self.base[name])
        rows[29] ^= 1  # the points
        self.assertVerdict(self.judge(self.base | {name: bytes(rows)}), 18, "root of the records")
        proof = next(n for n in self.base if n.startswith("log/proofs/"))
        fact = proof.replace("proofs", "facts").replace("tlog-proof", "json")
        self.assertVerdict(self.judge(self.base | {fact: self.base[fact].replace(b'"v":1', b'"v":2')}), 18, proof)

    def test_masked_and_priors(self) -> None:
        entries = self.house.bundle("W-2026-03B", "MARCHE")
        scope, name = self.house.scope, next(n for n in entries if n.endswith("masked.jsonl"))
        item = json.loads(entries[name])
        item["data"] = item["data"].replace(f"{300:016x}", f"{301:016x}")
        self.assertVerdict(self.judge(entries | {name: json.dumps(item).encode()}, scope), 18, "shared/")
        name = next(n for n in self.base if n.startswith("priors/"))
        prior = json.loads(self.base[name])
        prior["private"]["identity"] = "00" * 16
        self.assertVerdict(self.judge(self.base | {name: json.dumps(prior).encode()}), 18, f"{name}: private")
        self.assertVerdict(self.judge({n: d for n, d in self.base.items() if n != name}), 15, "record")

    def test_other_authority_and_key(self) -> None:
        other = sample.Pki()
        house = sample.House(other, "W-2026-03A")
        entries, scope = house.bundle("W-2026-03A"), house.scope
        self.assertVerdict(self.judge(entries, scope, other, Pins(self.pki.pins())), 17, "MANIFEST.sig")
        mixed = Pins(self.pki.pem["ca"] + "logkey " + other.pins().split("logkey ")[1])
        self.assertVerdict(self.judge(entries, scope, other, mixed), 17, "trust/authorities.pem", "certificate ")

    def test_equivocation(self) -> None:
        size = 40
        self.assertVerdict(self.judge(self.base, compare=self.pki.checkpoint(size, self.house.root(size))), 0)
        self.assertVerdict(self.judge(self.base, compare=self.pki.checkpoint(size, bytes(32))), 18, "two logs")
        report = self.judge(self.base, compare=self.pki.checkpoint(1000, bytes(32)))
        self.assertVerdict(report, 0)
        self.assertIn("cannot tell", report.remarks[0])

    # -- a dishonest host: the whole log is made anew ----------------------------------------------------------------

    def test_back_dated_fact(self) -> None:
        cut = programme.instant("2026-03-31T22:00:00Z")
        def late_file(what: str, item: tuple) -> tuple:
            if what == "fact" and item[0] == "fileReceived" and item[2] > cut: return item[0], item[1], cut - 1000
            return item
        self.assertVerdict(self.dishonest(late_file), 14, "fact ")
        def early_close(what: str, item: tuple) -> tuple:
            return (item[0], item[1],
                    item[2] - 10 * 3600_000) if what == "fact" and item[0] == "windowClosed" and item[2] > cut else item
        self.assertVerdict(self.dishonest(early_close), 14, "fact ")

    def test_wrong_points(self) -> None:
        report = self.dishonest(lambda what, item: (item[0], item[1] + 1)
                                if what == "points" and item[0] == "T02" else item)
        self.assertVerdict(report, 15, "record 1: points")

    def test_statement_made_wrong(self) -> None:
        def change(old: bytes, new: bytes, suffix: str) -> object:
            return lambda what, item: (item[0], item[1].replace(old, new)) if what == "statement" and item[
                0] == f"STL-W-2026-03B-MARCHE.{suffix}" else item

        self.assertVerdict(self.dishonest(change(b"8.99", b"9.99", "xml")), 15,
                           "STL-W-2026-03B-MARCHE.xml: /Line[2]/Amount")
        self.assertVerdict(self.dishonest(change(b"DueAmount>12.57", b"DueAmount>12.58", "xml"), "MARCHE"), 15,
                           "/DueAmount")
        self.assertVerdict(self.dishonest(change(b"8.99,", b"9.99,", "csv")), 16, "STL-W-2026-03B-MARCHE.csv: row 3")
        self.assertVerdict(self.dishonest(change(b"8.99 S", b"9.99 S", "txt"), "MARCHE"), 16,
                           "STL-W-2026-03B-MARCHE.txt: line 6")
        self.assertVerdict(self.dishonest(change("Lumière".encode(), b"Noire", "xml")), 16, "/Party/LegalName")

    def test_left_out_of_the_list(self) -> None:
        self.assertVerdict(self.dishonest(lambda what, item: item[1:] if what == "list" and item else item), 13,
                           "list of files")

    def test_signers(self) -> None:
        one = lambda what, item: {"maker": "maker", "checker": "maker"} if what == "officers" else item
        self.assertVerdict(self.dishonest(one), 12, "acts/")
        def foreign(what: str, item: tuple) -> object:
            return ("RAILCO", item[1]) if what == "signer" and item[0] == "MARCHE" else item
        self.assertVerdict(self.dishonest(foreign), 12, "signature.p7s")
        self.assertVerdict(
            self.dishonest(lambda what, item: [w for w in item if w != "checker"] if what == "approvals" else item), 12,
            ".yaml")

    def test_usages(self) -> None:
        """The host's documents need a certificate for hostSigning, all else one of its signer's usage."""
        name = next(n for n in self.base if n.endswith("/answer.cms"))
        said = cms.verified(self.base[name], cms.from_pem(self.pki.pem["host"])[0])
        for silent in (False, True):  # whether the certificate travels along or not
            self.assertVerdict(self.judge(self.base | {name: self.pki.sign("MARCHE", said, True, silent)}), 17, name)
        name = "statements/STL-W-2026-03B-MARCHE.xml"
        for who in ("RAILCO", "maker"):
            other = self.base | {name + ".p7s": self.pki.sign(who, self.base[name])}
            self.assertVerdict(self.judge(other), 17, name + ".p7s")
        name = self.folder("MARCHE")
        for who in ("CARBU-tls", "maker", "host"):
            other = self.pki.sign(who, self.base[name + "original"])

            def forged(what: str, item: tuple) -> object:
                return (who, item[1]) if what == "signer" and item[0] == "MARCHE" else item
            self.assertVerdict(self.dishonest(forged), 12, "signature.p7s")
            self.assertVerdict(self.judge(self.base | {name + "signature.p7s": other}), 11, "signature.p7s")
        partner = {"maker": "MARCHE", "checker": "checker"}
        self.assertVerdict(self.dishonest(lambda what, item: partner if what == "officers" else item), 12, "acts/")

    def test_missing_material(self) -> None:
        """Without the signer's certificate, or the lists that a fact names, nothing is proved."""
        for prefix, code in ((f"trust/certificates/{self.pki.print['MARCHE']}", 11), ("trust/revocation/", 12)):
            self.assertVerdict(self.judge({n: d for n, d in self.base.items() if not n.startswith(prefix)}), code)

    def test_revoked(self) -> None:
        pki = sample.Pki(revoked="CARBU")
        house = sample.House(pki, "W-2026-03A")
        self.assertVerdict(self.judge(house.bundle("W-2026-03A"), house.scope, pki, Pins(pki.pins())), 12,
                           pki.print["CARBU"])

    # -- answers, keys, erasure, CLEARED -----------------------------------------------------------------------------

    houses: dict = {}
    LATE = programme.instant("2026-05-02T10:00:00Z")

    def more(self, events: list, window: str = "W-2026-03B", partner: str = "", change: object = None,
             until: str = "W-2026-03B") -> tuple:
        """A house in which more happens, and the entries of one of its bundles."""
        place = (repr(events), until)
        if change or place not in self.houses:
            house = sample.House(self.pki, until, change, more=events)
            self.houses |= {} if change else {place: house}
        house = house if change else self.houses[place]
        return house, house.bundle(window, partner)

    def forged(self, what: str, to: object, events: list) -> verify_evidence.Report:
        house, entries = self.more(events, change=lambda name, item: to(item) if name == what else item, until="W-2026-04A")
        return self.judge(entries, house.scope)

    def test_answers(self) -> None:
        events = [(programme.instant("2026-04-10T10:00:00Z"), "answer", ("MARCHE", "W-2026-03B"))]
        for partner in ("", "MARCHE"):
            house, entries = self.more(events, partner=partner, until="W-2026-04A")
            report = self.judge(entries, house.scope)
            self.assertVerdict(report, 0)
            self.assertEqual(report.checked["answers to statements"], 1)
        name = next(n for n in entries if n.endswith("/reply.cms"))
        self.assertVerdict(self.judge({n: d for n, d in entries.items() if n != name}, house.scope), 13, name)
        reply = entries | {name: self.pki.sign("host", b"<StatementAnswerReply/>", True)}
        self.assertVerdict(self.judge(reply, house.scope), 11, name)
        self.assertVerdict(self.forged("answer", lambda item: item | {"StatementDigest": "00" * 32}, events), 11, "answers/")
        self.assertVerdict(self.forged("answer", lambda item: item | {"Verdict": "DIFFERS"}, events), 11, "answers/")
        self.assertVerdict(self.forged("signer", lambda item: ("RAILCO", "") if item[1] == "answer" else item, events),
                           12, "answer.cms")

    def rotation(self, signers: object, **changes: object) -> verify_evidence.Report:
        """MARCHE rotates on the 19th, its old key ends on the 25th; who signs its files is given by their numbers."""
        start, end = (programme.instant(f"2026-03-{day}T12:00:00Z") for day in (19, 25))
        def change(what: str, item: object) -> object:
            if what == "signer" and item[0] == "MARCHE":
                number = item[1].split("-")[1]
                return signers(int(number) if number.isdecimal() else 9), item[1]
            return changes[what](item) if what in changes else item
        house, entries = self.more([(start, "rotate", ("MARCHE", "MARCHE2", end))], change=change)
        return self.judge(entries, house.scope)

    def test_rotation(self) -> None:
        def new_later(number: int) -> str:
            return "MARCHE2" if number > 2 else "MARCHE"
        self.assertVerdict(self.rotation(new_later), 0)
        self.assertVerdict(self.rotation(lambda _: "MARCHE2"), 12, "signature.p7s")  # before it counts
        self.assertVerdict(self.rotation(lambda _: "MARCHE"), 12, "signature.p7s")  # after its end
        self.assertVerdict(self.rotation(new_later, prover=lambda _: "stranger"), 12, "proof.p7s")
        self.assertVerdict(self.rotation(new_later, request=lambda text: text.replace("FROM 2026-03-19", "FROM 2026-03-20")),
                           11, "request.cms")

    def test_suspension(self) -> None:
        """Officers suspend the key of MARCHE; what it signs later is refused, what it signed before stands."""
        act = {"act": "suspend-key", "fingerprint": self.pki.print["MARCHE"], "partner": "MARCHE", "reason": "STOLEN"}
        for day, code in (("2026-03-24T12:00:00Z", 12), ("2026-04-02T12:00:00Z", 0)):
            house, entries = self.more([(programme.instant(day), "act", act)], until="W-2026-04A",
                                       partner="MARCHE")
            self.assertVerdict(self.judge(entries, house.scope), code)
        number = next(n for n in house.everywhere)
        name = f"acts/{number:010}/act.json"
        other = json.dumps(act | {"fingerprint": "00" * 32}).encode()
        self.assertVerdict(self.judge(entries | {name: other}, house.scope), 11, name)
        del entries[name]
        self.assertVerdict(self.judge(entries, house.scope), 13, name)

    def test_cleared(self) -> None:
        events = [(programme.instant("2026-04-10T10:00:00Z"), "clear", ("MARCHE", 1))]
        house, entries = self.more(events, partner="MARCHE", until="W-2026-04A")
        report = self.judge(entries, house.scope)
        self.assertVerdict(report, 0)
        self.assertEqual(report.checked["receipts CLEARED"], 1)
        for change in (lambda facts: [facts[0] + 1] + facts[1:], lambda facts: facts[:2]):
            self.assertVerdict(self.forged("inclusions", change, events), 18, "cleared.xml: proved facts")
        name = next(n for n in entries if n.endswith("/cleared.xml"))
        data = entries[name]
        at = data.index(b"<Hash>") + 6
        data = data[:at] + (b"2" if data[at:at + 1] == b"1" else b"1") + data[at + 1:]
        self.assertVerdict(self.judge(entries | {name: data}, house.scope), 18, "cleared.xml: Inclusion")

    def test_erasure(self) -> None:
        """Lines on erased records are issued; an erasure without its act is a missing file."""
        until, events = "W-2026-04B", [(self.LATE - 10 * 86_400_000, "erase", (partner, number))
                                       for partner in ("MARCHE", "RAILCO") for number in (2, 1)]
        for window in ("W-2026-03B", "W-2026-04A"):
            for partner in ("", "MARCHE", "RAILCO"):
                house, entries = self.more(events, window, partner, until=until)
                report = self.judge(entries, house.scope)
                self.assertVerdict(report, 0)
                grades = {line["grade"] for s in report.statements if "STL" in s["id"] and "MARCHE" in s["id"]
                          for line in s["lines"] if partner != "RAILCO"}
                self.assertTrue(partner == "RAILCO" or window != "W-2026-03B" or "issued" in grades, grades)
        house, entries = self.more(events, "W-2026-04A", "RAILCO", until=until)
        leaf = next(n for n in entries if n.endswith("-2.leaf.json"))
        self.assertVerdict(self.judge(entries | {leaf: entries[leaf].replace(b'"index": 1', b'"index": 0')}, house.scope),
                           18, leaf)
        house, entries = self.more(events, until=until)
        leaves = next(n for n in entries if n.endswith("/leaves.bin") and n.startswith("batches/"))
        folder = leaves.removesuffix("leaves.bin")
        acts = [f"{n:010}" for n in house.everywhere]
        bare = {n: d for n, d in entries.items() if not any(act in n for act in acts)}
        self.assertVerdict(self.judge(bare, house.scope), 13, leaves)
        data = entries[leaves]
        self.assertVerdict(self.judge(entries | {leaves: data[:-1] + bytes([data[-1] ^ 1])}, house.scope), 18, folder[:-1])
        self.assertVerdict(self.judge({n: d for n, d in entries.items() if n != leaves}, house.scope), 13, leaves)
        other = entries | {folder + "signature.p7s": self.pki.sign("MARCHE", b"other bytes")}
        self.assertVerdict(self.judge(other, house.scope), 11, folder + "signature.p7s")
        for partner, old, new in (("MARCHE", b"<RecordCount>1<", b"<RecordCount>0<"), ("CARBU", b"<RecordCount>1<",
                                  b"<RecordCount>2<"), ("RAILCO", b"<PriceVersion>P", b"<PriceVersion>Q")):
            def change(what: str, item: tuple) -> tuple:  # less than is recomputed, more without an erased file, no price
                return (item[0], item[1].replace(old, new)) if what == "statement" and \
                    item[0] == f"CLS-W-2026-03B-{partner}.xml" else item
            house, entries = self.more(events, until=until, change=change)
            self.assertVerdict(self.judge(entries, house.scope), 15, f"CLS-W-2026-03B-{partner}")

    def test_counts_of_the_list(self) -> None:
        """Cumulative numbers are followed one by one."""
        for old, new, item in ((b'replaced="0"', b'replaced="1"', "replaced"), (b'undecided="0"', b'undecided="1"',
                               "undecided"), (b'withdrawn="0"', b'withdrawn="1"', "withdrawn"),
                               (b"<Messages", b'<MissingSequence from="1" to="1" /><Messages', "MissingSequence"),
                               (b'through="2"', b'through="3"', "through"), (b'receipts="RCP', b'receipts="RCX', "list")):
            def change(what: str, at: tuple) -> tuple:
                return (at[0], at[1].replace(old, new)) if what == "statement" and at[0].startswith(
                    "STL-W-2026-03B-RAILCO") else at
            self.assertVerdict(self.dishonest(change), 13, item)

    def test_flips(self) -> None:
        """One changed byte anywhere is refused by the stages archive or trust, with an entry named."""
        seed = int(os.environ.get("COALITION_TEST_SEED", random.randrange(1 << 32)))
        print(f"COALITION_TEST_SEED={seed}", file=sys.stderr)
        chance, data = random.Random(seed), bytearray(sample.pack(self.base, self.pki, self.scope))
        for _ in range(300):
            at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
            data[at] ^= bit
            report = verify_evidence.verify(scratch("flip.tar", bytes(data)), self.pins)
            self.assertIn(report.exit, (10, 17), at)
            self.assertTrue(report.failures[0]["item"])
            data[at] ^= bit

    # -- the command line --------------------------------------------------------------------------------------------

    def test_head(self) -> None:
        """The head of the verifier names every module with its lines, to the nearest ten and a tenth."""
        told = dict(re.findall(r"^    (\w+\.py) +(\d+) ", verify_evidence.__doc__, re.M))
        modules = {path.name: len(path.read_text().splitlines()) for path in HERE.glob("*.py")
                   if path.name not in ("sample.py", "test_verify.py")}
        self.assertEqual(told.keys(), modules.keys())
        for name, lines in modules.items():
            self.assertLess(abs(int(told[name]) - lines), 10 + lines / 10, name)

    def test_command(self) -> None:
        bundle, pins = scratch("c.tar", sample.pack(self.base, self.pki,
                                                    self.scope)), scratch("pins",
                                                                          self.pki.pins().encode())
        def run(*arguments: str) -> subprocess.CompletedProcess:
            return subprocess.run([sys.executable, str(HERE / "verify_evidence.py"), *arguments], capture_output=True,
                                  text=True)
        done = run(bundle, "--trust", pins, "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["verdict"], json.loads(done.stdout)["exit"]),
                         (0, "good", 0), done.stderr)
        self.assertIn("verdict: good", run(bundle, "--trust", pins).stdout)
        self.assertEqual(run(bundle).returncode, 2)
        self.assertEqual(run(bundle, "--trust", bundle).returncode, 2)
        self.assertEqual(run(bundle + "x", "--trust", pins).returncode, 4)
        self.assertEqual(run(pins, "--trust", pins).returncode, 10)
        note = scratch("other.note", self.pki.checkpoint(40, bytes(32)))
        self.assertEqual(run(bundle, "--trust", pins, "--compare", note).returncode, 18)


@unittest.skipUnless(BINARY.exists(), f"no program at {BINARY}: build it, or set COALITION to its path")
class ProgramTest(unittest.TestCase):
    """What the program itself issues in its demonstration says what this verifier recomputes."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = os.path.join(SCRATCH.name, "house")
        cls.data, pins = os.path.join(cls.folder, "data"), os.path.join(cls.folder, "pins")
        for arguments in (["demo", cls.folder], ["audit", "pins", "--data", cls.data, "--out", pins]):
            if not cls.run_program(*arguments):
                raise unittest.SkipTest(f"{BINARY} {arguments[0]} does not run")
        cls.pins = Pins(pathlib.Path(pins).read_text())

    @staticmethod
    def run_program(*arguments: str) -> bool:
        return subprocess.run([str(BINARY), *arguments], capture_output=True, timeout=60).returncode == 0

    def test_golden_statements(self) -> None:
        house, positions = sample.House(sample.Pki()), {}
        for number, window in enumerate(house.closed, 1):
            for partner in house.p.agreements:
                for kind in ("CLS", "STL"):
                    path = pathlib.Path(self.folder, "statements", partner, f"{kind}-{window}-{partner}.xml")
                    root = parse_xml(path.read_bytes())
                    head = root.find("JournalHead")
                    frame = documents.Frame(house.p, window, partner, number, root.findtext("ClosedDateTime"),
                                            (head.get("sequence"), head.text))
                    if kind == "CLS":
                        made = documents.clearing_statement(frame, house.books[window], positions.get(partner, 0))
                        positions[partner] = int(made.findtext("ClosingPosition"))
                    else:
                        made = documents.settlement_statement(frame, house.statements[window][partner], "SML")
                    found = documents.compare_forms(path.stem, made, root, path.with_suffix(".csv").read_bytes(),
                                                    path.with_suffix(".txt").read_bytes())
                    self.assertEqual([str(p) for p in found], [])

    def test_bundles(self) -> None:
        """Bundles that the program writes are good, also of a suspended key, a receipt CLEARED and an erased file."""
        def person(name: str) -> str: return os.path.join(self.folder, "pki", name)
        bank = cms.from_pem(pathlib.Path(person("BANQUE-signing.pem")).read_text())[0].fingerprint
        self.assertTrue(self.run_program("act", "suspend-key", bank, "--partner", "BANQUE", "--reason", "LOST", "--data",
                                         self.data, "--cert", person("maker.pem"), "--key", person("maker.key"),
                                         "--checker-cert", person("checker.pem"), "--checker-key",
                                         person("checker.key")))
        self.assertTrue(self.run_program("receipt", "get", "MARCHE/LIVE/3", "--grade", "cleared", "--out", SCRATCH.name,
                                         "--data", self.data))
        scopes = [["--window", "W-2026-03B"], ["--window", "W-2026-03B", "--partner", "BANQUE"],
                  ["--window", "W-2026-04A", "--partner", "MARCHE"], ["--file", "MARCHE/LIVE/3"],
                  ["--record", "CLR-00000030-1"]]
        self.assertEqual([self.verdict(scope).exit for scope in scopes], [0] * 5)
        officers = [f"--{who}{part}={person(name + ending)}" for who, name in (("", "maker"), ("checker-", "checker"))
                    for part, ending in (("cert", ".pem"), ("key", ".key"))]
        if not self.run_program("clock", "advance", "--to", "2036-06-02T00:00:00Z", "--data", self.data, "--cert",
                                person("operator.pem"), "--key", person("operator.key")) or not self.run_program(
                                    "erase", "RAILCO/LIVE/1", "--reason", "RETENTION", "--data", self.data, *officers):
            self.skipTest("the program does not erase files")
        for scope in (["--window", "W-2026-03B"], ["--window", "W-2026-04A", "--partner", "RAILCO"]):
            self.assertIn("issued", {line["grade"] for s in self.verdict(scope).statements for line in s["lines"]})

    def verdict(self, scope: list) -> verify_evidence.Report:
        name = os.path.join(self.folder, "bundle.tar")
        pathlib.Path(name).unlink(missing_ok=True)
        self.assertTrue(self.run_program("evidence", *scope, "--data", self.data, "--out", name), scope)
        report = verify_evidence.verify(name, self.pins)
        self.assertEqual(report.exit, 0, report.text()[:1000])
        return report


if __name__ == "__main__":
    unittest.main(warnings="ignore")
