#!/usr/bin/env python3
"""Verifies a bundle of evidence: verify_evidence.py BUNDLE.tar --trust PINS [--json] [--compare NOTE]

Written from the pages of Specs alone, with Python's standard library and the openssl command.  The stages stand in the
order of evidence.md 'Checks and verdicts'; the first that fails ends it.  To read it, take the files in this order.
Down to stage_window.py stands who said what and when, after it what follows in points and money; what is marked * is
machinery and can be left for later.  Lines are with blank ones.  At twenty-five lines a minute the first part takes an
hour, the second an hour and a quarter, the machinery twenty minutes:

    archive.py           150   10 archive       the tar, MANIFEST and its signature
    cms.py               190 *                  signatures and certificates
    proofs.py            170 *                  signed notes, checkpoints, Merkle trees
    bundle.py            310                    what a bundle holds: pins, facts, seals, batches, programmes
    stage_log.py         230   17 trust         pinned keys and authorities
                               18 log           range, facts, records' trees, paths, stated roots, CLEARED
    stage_signers.py     390   11 signature     every CMS, every stated digest, answers, changes of keys
                               12 key           the register of keys, officers, the host, validity and revocation
    stage_window.py      280   14 order         times, windows, cut-offs, closes
                               13 completeness  what has to be there, and the list on each statement
    records.py           270                    records in originals, their leaves and lines
    programme.py         230                    agreements, promotions and the calendar as signed
    yaml_subset.py       120 *                  the YAML in which they are signed
    rules.py             430                    R1 to R12: records to lines, lines to money
    stage_figures.py     500   15 arithmetic    every record, line, tax, account, instruction
    documents.py         240   16 document      the statements, element by element
    verify_evidence.py   150                    the stages one after the other, and the report
"""
import argparse
import json
import sys
from dataclasses import dataclass, field
from typing import Callable, Optional

import stage_figures
import stage_log
import stage_signers
import stage_window
from archive import Archive, Problem, stage_archive
from bundle import Bundle, Pins
from proofs import Checkpoint, Note

STAGES: list[tuple[str, int, Callable]] = [
    ("trust", 17, stage_log.trust), ("log", 18, stage_log.log), ("signature", 11, stage_signers.signature),
    ("key", 12, stage_signers.key), ("order", 14, stage_window.order), ("completeness", 13, stage_window.completeness),
    ("arithmetic", 15, stage_figures.arithmetic), ("document", 16, stage_figures.document)]


@dataclass
class Report:
    verdict: str = "good"
    exit: int = 0
    failures: list = field(default_factory=list)
    statements: list = field(default_factory=list)
    checked: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)

    def fail(self, stage: str, code: int, problems: list[Problem]) -> "Report":
        self.verdict, self.exit = stage, code
        self.failures += [{"stage": stage, "item": p.item, "found": p.found, "expected": p.expected} for p in problems]
        return self

    def text(self) -> str:
        out = [f"verdict: {self.verdict}"]
        for f in self.failures:
            out.append(f"  {f['stage']}: {f['item']}\n    found:    {f['found']}\n    expected: {f['expected']}")
        for s in self.statements:
            grades = ", ".join(f"{line['number']} {line['grade']}" for line in s["lines"]) or "no lines"
            out.append(f"  {s['id']}: {grades}")
        out += [f"  checked {name}: {count}" for name, count in self.checked.items()]
        return "\n".join(out + [f"  remark: {text}" for text in self.remarks])


def run_stage(check: Callable, b: Bundle) -> list[Problem]:
    """A stage's problems; what cannot be read is one of them, and never passes."""
    b.problems = []
    try:
        b.problems.extend(check(b) or ())
    except Problem as problem:
        b.problems.append(problem)
    except Exception as problem:
        b.fail(b.reading or "the bundle", f"cannot be read: {type(problem).__name__} {problem}",
               "what evidence.md describes")
    return b.problems


def verify(path: str, pins: Pins, compare: Optional[bytes] = None) -> Report:
    archive, report = Archive(path), Report()
    try:
        problems, manifest = stage_archive(archive, pins.key)
        if problems or manifest is None:
            return report.fail("archive", 10, problems)
        b = Bundle(archive, manifest, pins)
        report.checked, report.remarks = b.checked, b.remarks
        b.count("entries", len(archive.places))
        for stage, code, check in STAGES:
            problems = run_stage(check, b)
            if stage == "log" and compare is not None:
                problems = problems + run_stage(lambda b: compare_checkpoint(b, compare), b)
            if problems:
                return report.fail(stage, code, problems)
        report.statements = b.grades
        return report
    finally:
        archive.close()


def compare_checkpoint(b: Bundle, data: bytes) -> None:
    """Two roots for one size and origin prove that the host has shown different logs ('Checkpoints')."""
    note = Note(data)
    other = Checkpoint.read(note.text)
    mine = b.range.root(other.size)
    if not note.signed_by(b.pins.key):
        b.fail("the other checkpoint", "not signed by the pinned key", "a checkpoint of this log")
    elif mine is None:
        b.remark(f"the other checkpoint has {other.size} facts: this bundle cannot tell whether its log is the same")
    elif mine != other.root:
        b.fail(f"checkpoints of {other.size} facts: the host has shown two logs", other.root.hex(), mine.hex())
    else:
        b.remark(f"the other checkpoint, of {other.size} facts, is of the same log")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Verifies a bundle of evidence.")
    parser.add_argument("bundle")
    parser.add_argument("--trust", required=True, metavar="PINS", help="authority certificates and 'logkey VKEY'")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--compare", metavar="NOTE", help="another checkpoint of the same log")
    options = parser.parse_args(arguments)
    try:
        with open(options.trust, encoding="utf-8") as file:
            pins = Pins(file.read())
        other = open(options.compare, "rb").read() if options.compare else None
    except (OSError, ValueError, IndexError) as problem:
        print(f"{options.trust}: {problem}", file=sys.stderr)
        return 2
    try:
        report = verify(options.bundle, pins, other)
    except OSError as problem:
        print(f"{options.bundle}: {problem}", file=sys.stderr)
        return 4
    except Exception as problem:  # a fault of this program
        print(f"fault: {type(problem).__name__}: {problem}", file=sys.stderr)
        return 70
    print(json.dumps(vars(report), indent=1, ensure_ascii=False) if options.json else report.text())
    return report.exit


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
