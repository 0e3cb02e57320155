#!/usr/bin/env python3
"""Repeats the table of Specs/performance.md: the gateway and its references side by side, in one run, as one table.

    table.py BIN ENGINE_COST [--quick] [--rows files,messages,close,posting,house,big] [--rounds 5] [--json FILE]
             [--folder DIR] [--house-files 50] [--minutes 30]

BIN is a release build of `coalition`, ENGINE_COST the program of that name from Tests/Bench:

    swift build -c release --product coalition
    swift build -c release --package-path Tests/Bench --product engine-cost
    sudo python3 Tests/Bench/table.py .build/release/coalition Tests/Bench/.build/release/engine-cost

CPU seconds are user and system of the gateway and its children from the upload until it is quiet; of a reference, of all
its processes with the database's. Figures are medians; what is compared was taken in turn. Nothing leaves the machine.
It works in a temporary folder, or in --folder, which it leaves; it ends what it starts. Parts that do not fit into
--minutes any more, or whose programs are missing, are left out, and the table says so. It needs the Debian packages
openssl, libxml2-utils and postgresql-15, python3 of 3.10 or later, 25 GB of disk, and root for PostgreSQL's user.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import bench
import growth
import large_house

NEEDS = {"openssl": "openssl", "xmllint": "libxml2-utils"}
PARTS = ("files", "messages", "close", "posting", "house", "big")
# Seconds that a part takes in full on a quiet machine of two cores; none is begun that would end too late.
SECONDS = {"files": 420, "messages": 120, "close": 60, "posting": 150, "house": 540, "big": 180}


class LeftOut(Exception):
    """Why a part is not measured."""


class Table:
    def __init__(self):
        self.rows, self.left, self.growth = [], [], {}

    def add(self, what, figure, unit, goal, reference=None, against="", isGood=None, ofRatio=None, command=""):
        """A row: a figure, its reference, and the goal, which is one of the figure or of its ratio to the reference."""
        ratio = figure / reference if reference else None
        met = isGood(figure) if isGood else ofRatio(ratio) if ofRatio and ratio is not None else None
        self.rows.append({"what": what, "figure": figure, "unit": unit, "reference": reference, "against": against,
                          "ratio": ratio, "goal": goal + (" of the reference" if ofRatio else ""), "met": met,
                          "command": command})
        print(f"  {what}: {short(figure)} {unit}" + (f", {short(reference)} {against}" if reference else ""),
              file=sys.stderr, flush=True)

    def skip(self, part, why):
        self.left.append({"part": part, "why": str(why).strip()[:400]})
        print(f"  left out: {part}: {str(why).strip()[:400]}", file=sys.stderr, flush=True)

    def text(self):
        head = ["what", "figure", "reference", "ratio", "goal", "met"]
        cells = [head, ["---"] * len(head)]
        for row in self.rows:
            cells.append([row["what"], f"{short(row['figure'])} {row['unit']}".strip(),
                          f"{short(row['reference'])} {row['against']}" if row["reference"] else "",
                          short(row["ratio"]) if row["ratio"] else "", row["goal"],
                          {True: "yes", False: "no", None: ""}[row["met"]]])
        widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
        lines += ["", "Commands:"] + sorted({f"- {row['command']}" for row in self.rows if row["command"]})
        lines += [f"Left out: {entry['part']}: {entry['why']}" for entry in self.left]
        return "\n".join(lines)


def short(number):
    if number is None:
        return ""
    if abs(number) >= 1000:
        return f"{number:,.0f}".replace(",", " ")
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def median(values):
    return statistics.median(values)


def lasting(*command, seconds):
    """What a program prints as JSON; one that takes longer is ended."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise LeftOut(f"{pathlib.Path(str(command[0])).name} {command[1]} took longer than {seconds} s") from None
    if done.returncode != 0:
        raise LeftOut(f"{command[0]} {command[1]}: status {done.returncode}: {done.stderr[-600:]}")
    return json.loads(done.stdout)


class Run:
    def __init__(self, options, folder):
        self.options, self.folder, self.table = options, folder, Table()
        self.binary, self.engine = options.binary.resolve(), options.engine.resolve()
        self.database, self.noDatabase = None, ""
        self.records = 20_000 if options.quick else 1_000_000
        self.rounds = 1 if options.quick else options.rounds

    def prepare(self):
        missing = [package for program, package in NEEDS.items() if not shutil.which(program)]
        if missing:
            sys.exit("table: these Debian packages are missing: " + " ".join(missing))
        self.demo = bench.prepare(self.binary, self.folder, self.records)
        if not (bench.POSTGRES / "initdb").exists() or not shutil.which("psql"):
            self.noDatabase = "the Debian package postgresql-15 is missing"
        elif os.geteuid() != 0:
            self.noDatabase = "the user of PostgreSQL can be taken by root only"
        else:
            self.database = bench.Database(self.folder / "postgres")

    # Rows 1, 2 and 4: files

    def files(self):
        found = {}
        for number in range(self.rounds):
            for form in ("xml", "csv"):
                gateway = bench.Gateway(self.binary, self.demo, self.folder / "files-house")
                try:
                    found.setdefault(f"gateway {form}", []).append(gateway.submit(self.folder / f"batch.{form}"))
                finally:
                    gateway.stop()
                if form == "xml":
                    found.setdefault("xmllint", []).append(bench.xmllint(self.folder))
                if self.database:
                    found.setdefault(f"pipeline {form}", []).append(self.database.pipeline(self.folder, form))
            print(f"  round {number + 1} of {self.rounds} with files", file=sys.stderr, flush=True)
        shutil.rmtree(self.folder / "files-house")

        def figure(name, key):
            return median(row[key] for row in found[name]) if name in found else None
        command = f"Tests/Bench/bench.py BIN --records {self.records} --rounds {self.rounds}"
        add = self.table.add
        add(f"XML batch of {short(self.records)}, CPU s", figure("gateway xml", "cpu"), "s", "≤ 0.6",
            figure("xmllint", "cpu"), "s, xmllint --schema", ofRatio=lambda ratio: ratio <= 0.6, command=command)
        add(f"CSV batch of {short(self.records)}, CPU s", figure("gateway csv", "cpu"), "s", "≤ 0.2",
            figure("pipeline csv", "cpu"), "s, scripted pipeline", ofRatio=lambda ratio: ratio <= 0.2, command=command)
        for form in ("xml", "csv"):
            add(f"{form.upper()} batch, wall s", figure(f"gateway {form}", "wall"), "s", "≤ 0.1",
                figure(f"pipeline {form}", "wall"), "s, scripted pipeline", ofRatio=lambda ratio: ratio <= 0.1,
                command=command)
            add(f"{form.upper()} batch, peak memory", max(row["memory"] for row in found[f"gateway {form}"]), "MiB",
                "≤ 128", isGood=lambda peak: peak <= 128, command=command)
        if not self.database:
            self.table.skip("references of the scripted pipeline", self.noDatabase)

    # Row 4: a file of 2 GB

    def big(self):
        count = 70_000 if self.options.quick else 3_500_000
        folder = self.folder / "big"
        folder.mkdir()
        try:
            row = growth.measure(self.binary, folder, count, ("xml",), 1)[0]
        finally:
            shutil.rmtree(folder)
        self.table.add(f"XML file of {row['bytes'] / 1e9:.1f} GB, peak memory", row["memory"], "MiB", "≤ 128",
                       isGood=lambda peak: peak <= 128, command=f"Tests/Bench/growth.py BIN --sizes {count} --csv-sizes ''")

    # Rows 5 and 6: messages

    def messages(self):
        inserts = self.inserts() if self.database else None
        if not inserts:
            self.table.skip("PostgreSQL's rate of inserts", self.noDatabase)

        def measure(count, connections, inFlight):
            line = ["--messages", count, "--connections", connections, "--in-flight", inFlight, "--rounds", min(3, self.rounds)]
            found = lasting(self.binary, "bench", *line, "--json", seconds=300)
            return found, "coalition bench " + " ".join(str(word) for word in line)
        scale = 0.05 if self.options.quick else 1
        add = self.table.add
        found, command = measure(int(20_000 * scale), 64, 1)
        name = "64 connections"
        add(f"{name}: messages a second", found["messagesPerSecond"], "/s", "≥ 8000", inserts,
            "/s, 16 clients of PostgreSQL, an insert each", isGood=lambda rate: rate >= 8000, command=command)
        add(f"{name}: p50", found["latencyP50Microseconds"] / 1000, "ms", "", command=command)
        add(f"{name}: p99", found["latencyP99Microseconds"] / 1000, "ms", "", command=command)
        add(f"{name}: gateway's CPU a message", found["gatewayMicrosecondsPerMessage"], "µs", "≤ 130",
            isGood=lambda cost: cost <= 130, command=command)
        add(f"{name}: flushes for {short(found['messages'])} messages", found["flushes"], "", "", command=command)
        found, command = measure(int(3000 * scale), 1, 1)
        add("1 connection, closed loop: p50", found["latencyP50Microseconds"] / 1000, "ms", "≤ 0.5",
            isGood=lambda latency: latency <= 0.5, command=command)
        found, command = measure(int(10_000 * scale), 1, 32)
        add("1 connection, 32 in flight: messages a second", found["messagesPerSecond"], "/s", "≥ 0.3", inserts,
            "/s, 16 clients of PostgreSQL, an insert each", ofRatio=lambda ratio: ratio >= 0.3, command=command)

    def inserts(self):
        """Rows a second that 16 clients insert into a table with a key, a transaction each, durable."""
        script = self.folder / "insert.sql"
        script.write_text("insert into message (type, at, day, card, unit, units) "
                          "values ('ACCR', now(), '2026-05-01', '9250123456789013', 'MKP', 120);\n")
        self.database.sql("-c", "create table if not exists message (id bigserial primary key, type text, at timestamptz, "
                          "day date, card text, unit text, units bigint)")
        seconds = 2 if self.options.quick else 10
        done = bench.run(bench.POSTGRES / "pgbench", "-n", "-U", "postgres", "-M", "prepared", "-c", 16, "-j", 2, "-T", seconds,
                         "-f", script, "postgres", env=self.database.environment, timeout=120)
        return float(next(line.split()[2] for line in done.stdout.splitlines() if line.startswith("tps")))

    # Row 7: close

    def close(self):
        pki = self.demo / "pki"
        sizes = [(50, 10_000_000), (50, 1_000_000), (10, 1_000_000)]
        found = {}
        for partners, records in sizes:
            records = records // 100 if self.options.quick else records
            line = ["close", partners, records, pki / "host-signing.pem", pki / "host-signing.key", 5]
            found[partners, records] = lasting(self.engine, *line, seconds=240)
            what = f"close, {partners} partners, {short(records)} records, statements signed"
            self.table.add(what, median(found[partners, records]["cpu"]), "CPU s", "≤ 1",
                           isGood=lambda cost: cost <= 1, command=f"engine-cost close {partners} {records} CERT KEY 5")
        self.table.growth["close"] = [
            {"partners": key[0], "records": key[1], "cpu": median(value["cpu"]), "documents": value["documents"],
             "bytes": value["bytes"]} for key, value in found.items()]

    # Rows 3 and 9: posting and folding

    def posting(self):
        batches = 5 if self.options.quick else 50
        folder = self.folder / "posting"
        try:
            found = lasting(self.engine, "posting", folder, batches, self.records, seconds=580)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        part = max(1, batches // 10)
        def rate(batch):
            return found["records"] / batch["postingWall"]

        def cost(rows):
            return median(batch["posting"] for batch in rows) * 1e6 / found["records"]
        rows, command = found["batches"], f"engine-cost posting FOLDER {batches} {self.records}"
        add, onto = self.table.add, short(batches * found["records"])
        for name, figure in ((f"onto {onto}, ids ascending", median(rate(row) for row in rows[-part:])),
                             (f"onto {onto}, ids shuffled", rate(found["shuffled"]))):
            add(f"posting alone {name}, records a second", figure, "/s", "≥ 500 000", isGood=lambda rate: rate >= 500_000,
                command=command)
        add(f"posting alone onto {onto}, CPU s a million", cost(rows[-part:]), "s", "≤ 0.5",
            isGood=lambda cost: cost <= 0.5, command=command)
        add("the same beside an empty house", cost(rows[-part:]), "s", "≤ 1.25", cost(rows[:part]), "s onto an empty house",
            ofRatio=lambda ratio: ratio <= 1.25, command=command)
        add("fold of stored entries, records a second", found["fold"]["records"] / found["fold"]["wall"], "/s",
            "≥ 1 000 000", isGood=lambda rate: rate >= 1_000_000, command=command)
        self.table.growth["posting"] = found["batches"]

    # Rows 4 and 8: a large house

    def house(self):
        count = 3 if self.options.quick else self.options.house_files
        free = shutil.disk_usage(self.folder).free >> 30
        if free < 5 + (count * self.records * 320 >> 30):
            raise LeftOut(f"{free} GiB of disk are free, too few for {count} files")
        options = argparse.Namespace(binary=self.binary, folder=self.folder / "large", records=self.records)
        house = large_house.House(options)
        try:
            rows = house.send(range(count), large_house.FIRST_DAY)
            starts = []
            for _ in range(self.rounds):
                house.gateway.quiet()
                house.gateway.stop()
                starts.append(house.start())
        finally:
            house.gateway.stop()
            shutil.rmtree(options.folder, ignore_errors=True)
        total = short(count * self.records)
        command = f"Tests/Bench/large_house.py BIN --folder DIR --files {count} --records {self.records}"
        self.table.add(f"start with {total} records, until connections are taken", median(starts), "s", "≤ 2",
                       isGood=lambda seconds: seconds <= 2, command=command)
        self.table.add(f"peak memory with {total} records", max(row["memory"] for row in rows), "MiB", "≤ 512",
                       isGood=lambda peak: peak <= 512, command=command)
        part = max(1, count // 10)
        self.table.add(f"a CSV file onto {total}, CPU s", median(row["cpu"] for row in rows[-part:]), "s", "",
                       median(row["cpu"] for row in rows[:part]), "s onto an empty house", command=command)
        self.table.growth["house"] = rows

    def pace(self):
        """Bytes of SHA-256 a second now, in thousands: by how much figures of two runs may differ."""
        done = subprocess.run(["openssl", "speed", "-seconds", "1", "-bytes", "16384", "-evp", "sha256"],
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip().splitlines()[-1].split()[-1] if done.stdout else ""

    def all(self, parts):
        end = time.monotonic() + self.options.minutes * 60
        began = self.pace()
        self.prepare()
        try:
            for part in parts:
                left = end - time.monotonic()
                if not self.options.quick and left < SECONDS[part]:
                    self.table.skip(part, f"{left / 60:.0f} minutes are left, and it takes {SECONDS[part] / 60:.0f}")
                    continue
                print(f"{part}:", file=sys.stderr, flush=True)
                try:
                    getattr(self, part)()
                except (LeftOut, SystemExit, OSError, subprocess.SubprocessError) as error:
                    if isinstance(error, SystemExit) and error.code == 143:
                        raise
                    self.table.skip(part, error)
        finally:
            if self.database:
                self.database.stop()
        return {"machine": machine(), "sha256": [began, self.pace()], "records": self.records, "rounds": self.rounds,
                "quick": self.options.quick, "rows": self.table.rows, "leftOut": self.table.left,
                "growth": self.table.growth}


def machine():
    names = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) >> 20
    return {"processor": names[0] if names else "", "cores": os.cpu_count(), "memoryGiB": memory,
            "load": [round(load, 2) for load in os.getloadavg()]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("engine", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="small sizes: whether all parts work, no figures to keep")
    parser.add_argument("--rows", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--house-files", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    parts = options.rows.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        sys.exit(f"table: there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    for program in (options.binary, options.engine):
        if not os.access(program, os.X_OK):
            sys.exit(f"table: {program} is not a program; build it as the head of this file says")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = (options.folder or pathlib.Path(tempfile.mkdtemp(prefix="coalition-table-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run = Run(options, folder)
        result = run.all(parts)
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    where = result["machine"]
    print(f"{where['processor']}, {where['cores']} cores, {where['memoryGiB']} GiB; SHA-256 {' and '.join(result['sha256'])} "
          f"bytes a second before and after; medians of {result['rounds']}"
          + ("; QUICK: no figures to keep" if options.quick else ""))
    print(run.table.text())
    if options.json:
        options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
