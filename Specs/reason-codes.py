#!/usr/bin/env python3
"""Writes the table of reason-codes.md from the catalogue in the code.

    python3 Specs/reason-codes.py            writes the table
    python3 Specs/reason-codes.py --check    says whether it is up to date (exit code 1 when it is not)

The words around the table are written by hand. A test of the package compares table and catalogue as well.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "Sources/Primitives/ReasonCatalogue.swift"
PAGE = HERE / "reason-codes.md"
BEGIN, END = "<!-- table: written by reason-codes.py -->", "<!-- end of table -->"
FAMILIES = {
    "SIG": "signature", "SYN": "syntax of the whole file", "FIL": "the file as a whole", "FMT": "fields of a record",
    "REF": "what a record refers to", "DUP": "repeats", "AGR": "the agreement", "CNV": "conversion", "DAT": "dates",
    "LIM": "limits", "RVS": "reversals", "TRF": "transfers", "PRM": "promotions", "ADJ": "adjustments",
    "WIN": "windows", "STM": "answers to settlement statements", "CFG": "the programme's files", "ACT": "acts of officers",
    "KEY": "changes of keys", "FX": "fixings", "CLK": "the clock", "NET": "the connection", "API": "the HTTPS API", "STO": "the store",
    "PRV": "personal data", "BNK": "messages to and from banks",
}


def entries():
    """The lines of the catalogue: texts of one element are joined by plus signs."""
    body = SOURCE.read_text(encoding="utf-8").split("private static let lines = [", 1)[1]
    for element in re.findall(r'"(?:[^"\\]|\\.)*"(?:\s*\+\s*"(?:[^"\\]|\\.)*")*', body):
        line = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', element))
        fields = line.split("|")
        assert len(fields) == 6, line
        yield fields


def table():
    out, family = [], None
    for code, severity, iso, response, rule, action in entries():
        if code.split("-")[0] != family:
            family = code.split("-")[0]
            out += ["", f"### {family}: {FAMILIES[family]}", "", "| code | severity | ISO 20022 | ISO 8583 | rule | what to do |",
                    "|---|---|---|---|---|---|"]
        out.append(f"| {code} | {severity} | {iso} | {response} | {rule} | {action} |")
    return "\n".join(out[1:]) + "\n"


def main():
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    fresh = f"{head}{BEGIN}\n\n{table()}\n{END}{tail}"
    if "--check" in sys.argv:
        if fresh != page:
            print("Specs/reason-codes.md is not what Specs/reason-codes.py writes", file=sys.stderr)
        return 0 if fresh == page else 1
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
