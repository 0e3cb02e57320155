#!/usr/bin/env python3
"""Verifies a bundle of evidence: verify_evidence.py BUNDLE.tar --trust PINS [--json] [--compare NOTE]

Written from Specs/evidence.md, rules.md, formats.md, programme.md and data-directory.md alone, with Python's standard
library and the openssl command.  The stages stand in the order of evidence.md 'Checks and verdicts'; the first that
fails ends it.
"""
import argparse
import json
import sys
from dataclasses import dataclass, field
from typing import Callable, Optional

import checks_log
import checks_signers
import checks_window
from archive import Archive, Manifest, Problem
from bundle import Bundle, Pins
from notes import Checkpoint, Note, ed25519, signature_line
from state import State

STAGES: list[tuple[str, int, Callable]] = [("trust", 17, checks_log.trust), ("log", 18, checks_log.log),
                                           ("signature", 11, checks_signers.signature), ("key", 12, checks_signers.key),
                                           ("order", 14, checks_window.order),
                                           ("completeness", 13, checks_window.completeness),
                                           ("arithmetic", 15, checks_window.arithmetic),
                                           ("document", 16, checks_window.document)]


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


def check_archive(archive: Archive, pins: Pins) -> tuple[list[Problem], Optional[Manifest]]:
    """Stage 'archive': the manifest's signature first; when it fails, nothing else is said."""
    if "MANIFEST" in archive and "MANIFEST.sig" in archive:
        text = archive.read("MANIFEST")
        try:
            name, keyid, signature = signature_line(archive.read("MANIFEST.sig").decode().removesuffix("\n"))
            signed = ed25519(pins.key.public, text, signature) if (name, keyid) == (pins.key.name,
                                                                                    pins.key.id) else None
        except ValueError as problem:
            return [Problem("MANIFEST", f"MANIFEST.sig: {problem}", "a signature line of a signed note")], None
        if signed is False:
            return [Problem("MANIFEST", "its signature does not verify", "the signature of the log's key")], None
    if archive.problems or "MANIFEST" not in archive or "MANIFEST.sig" not in archive:
        return archive.problems or [Problem("MANIFEST", "MANIFEST or MANIFEST.sig is missing", "both, first")], None
    try:
        manifest = Manifest(text)
    except (Problem, UnicodeDecodeError) as problem:
        return [problem if isinstance(problem, Problem) else Problem("MANIFEST", problem, "UTF-8")], None
    return list(manifest.problems(archive)), manifest


def run_stage(check: Callable, state: State) -> list[Problem]:
    """A stage's problems; what cannot be read is one of them."""
    try:
        return list(check(state))
    except Problem as problem:
        return [problem]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration, RuntimeError, SyntaxError,
            ArithmeticError) as problem:
        return [
            Problem(state.reading or "the bundle", f"cannot be read: {type(problem).__name__} {problem}",
                    "what evidence.md describes")
        ]


def verify(path: str, pins: Pins, compare: Optional[bytes] = None) -> Report:
    archive = Archive(path)
    try:
        return judge(archive, pins, compare)
    finally:
        archive.close()


def judge(archive: Archive, pins: Pins, compare: Optional[bytes]) -> Report:
    report = Report()
    problems, manifest = check_archive(archive, pins)
    if problems or manifest is None:
        return report.fail("archive", 10, problems)
    bundle = Bundle(archive, manifest)
    state = State(bundle, pins)
    report.checked, report.remarks = state.checked, bundle.remarks
    report.checked["entries"] = len(archive.places)
    for stage, code, check in STAGES:
        problems = run_stage(check, state)
        if stage == "log" and compare is not None:
            problems += run_stage(lambda s: compare_checkpoint(s, compare), state)
        if problems:
            return report.fail(stage, code, problems)
    report.statements = state.grades
    return report


def compare_checkpoint(state: State, data: bytes) -> list[Problem]:
    """Two roots for one size and origin prove that the host has shown different logs ('Checkpoints')."""
    note = Note(data)
    other = Checkpoint.read(note.text)
    if not note.signed_by(state.pins.key):
        return [Problem("the other checkpoint", "not signed by the pinned key", "a checkpoint of this log")]
    mine = state.range.root(other.size)
    if other.size > state.checkpoint.size or mine is None:
        state.bundle.remarks.append(
            f"the other checkpoint has {other.size} facts: this bundle cannot tell whether its log is the same")
    elif mine != other.root:
        return [
            Problem(f"checkpoints of {other.size} facts: the host has shown two logs", other.root.hex(), mine.hex())
        ]
    else:
        state.bundle.remarks.append(f"the other checkpoint, of {other.size} facts, is of the same log")
    return []


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
