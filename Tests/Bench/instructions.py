#!/usr/bin/env python3
"""Counts the instructions that the program takes for a record, and compares them with what was kept.

    instructions.py BIN [--baseline Tests/Bench/instructions.json] [--tolerance 5] [--write]

BIN is a debug build of `coalition`, as .ci/run makes it. Times tell nothing on a shared machine; instructions hardly differ
from run to run. Each workload runs twice under valgrind, small and large, so that what a start costs falls out: the figure is
the difference for each further record. `validate` reads and converts a file; `check` judges, posts and seals anew what a
house has taken in. Both do it in one thread, which is what valgrind bears. Status 1 when a figure is higher than the kept
one by more than --tolerance percent; one that is lower by as much is told, so that it is kept with --write.

It needs the Debian packages valgrind, binutils and openssl. Libraries choose code by the processor, so that a figure which
fails on a new machine and not on the old one is the machine's.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import bench

HERE = pathlib.Path(__file__).resolve().parent
SMALL, LARGE = 200, 800
ENVIRONMENT = {"SWIFT_DETERMINISTIC_HASHING": "1", "OPENSSL_ia32cap": ":~0x20000000", "TZ": "UTC",
               "LIBDISPATCH_COOPERATIVE_POOL_STRICT": "1", "SWIFT_BACKTRACE": "enable=no"}


def count(*command):
    """Instructions of a command that must succeed."""
    line = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command]
    done = subprocess.run([str(part) for part in line], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **ENVIRONMENT})
    found = re.search(r"I +refs: +([0-9,]+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"instructions: {command[1]}: status {done.returncode}\n{done.stdout[-500:]}\n{done.stderr[-2500:]}")
    return int(found.group(1).replace(",", ""))


class Workloads:
    def __init__(self, binary, folder):
        self.folder = folder
        # valgrind does not read the debug sections that this compiler writes.
        self.binary = folder / "coalition"
        bench.run("strip", "-g", "-o", self.binary, binary.resolve())
        bench.run(binary.resolve(), "demo", folder / "demo", timeout=300)
        sent = folder / "demo/sent" / bench.PARTNER
        self.sequence = len(list(sent.glob("*.p7s"))) + 1

    def batch(self, records):
        pair = self.folder / f"{records}.xml", self.folder / f"{records}.csv"
        bench.run(sys.executable, HERE / "make_batch.py", records, *pair, "--partner", bench.PARTNER, "--unit", bench.UNIT,
                  "--programme", "SMILES", "--date", bench.DATE, "--sequence", self.sequence)
        return dict(zip(("xml", "csv"), pair))

    def check(self, file):
        """All that a house knows of the file judged, posted and sealed anew, after it was taken in."""
        house = self.folder / "house"
        shutil.rmtree(house, ignore_errors=True)
        shutil.copytree(self.folder / "demo", house)
        pki = house / "pki"
        bench.run(self.binary, "submit", file, "--data", house / "data", "--receipts", house / "receipts", "--cert",
                  pki / f"{bench.PARTNER}-signing.pem", "--key", pki / f"{bench.PARTNER}-signing.key", timeout=300)
        return count(self.binary, "check", "--data", house / "data")

    def validate(self, file):
        """The full way of a record, which is not taken where the short one will do."""
        return count(self.binary, "validate", file, "--programme", self.folder / "demo/programme", "--at",
                     "2026-05-01T23:30:00Z")

    def figures(self):
        small, large = self.batch(SMALL), self.batch(LARGE)
        out = {}
        for form in ("xml", "csv"):
            for name, work in (("judged anew", self.check), ("validated offline", self.validate)):
                out[f"{form} record, {name}"] = round((work(large[form]) - work(small[form])) / (LARGE - SMALL))
        return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--baseline", type=pathlib.Path, default=HERE / "instructions.json")
    parser.add_argument("--tolerance", type=float, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    packages = {"valgrind": "valgrind", "strip": "binutils", "openssl": "openssl"}
    if missing := [package for program, package in packages.items() if not shutil.which(program)]:
        sys.exit("instructions: these Debian packages are missing: " + " ".join(missing))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coalition-instructions-"))
    try:
        figures = Workloads(options.binary, folder).figures()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.write:
        options.baseline.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    kept = json.loads(options.baseline.read_text())
    worse = False
    for name in sorted(figures.keys() | kept.keys()):
        if name not in figures or name not in kept:
            print(f"{name}: {'not kept' if name in figures else 'not measured'}; run with --write")
            worse = True
            continue
        change = 100 * (figures[name] / kept[name] - 1)
        verdict = ""
        if abs(change) > options.tolerance:
            verdict = "MORE" if change > 0 else "less, keep it with --write"
        worse |= change > options.tolerance
        print(f"{name}: {figures[name]} instructions, kept {kept[name]}, {change:+.1f} % {verdict}".rstrip())
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
