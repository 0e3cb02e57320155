#!/usr/bin/env python3
"""Measures a house as it grows: posting onto history, evidence of a month, one record's proof, start, and a close.

    large_house.py BIN --folder DIR [--files 50] [--records 1000000] [--month 10] [--json FILE] [--no-month]

BIN is a release build of `coalition`. Signed CSV files of so many records each go over TLS, one after the other, to a
gateway on a copy of the house that `BIN demo` makes. After the first `--month` of them their window is closed, its
evidence written and verified; after all of them the second window is closed, the gateway started anew, and the proof of
one record written and verified. A house of 50 files takes about 20 GB in DIR.
"""
import argparse
import json
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import time

import bench

FIRST_DAY, SECOND_DAY = "2026-05-01", "2026-05-16"
FIRST_CUTOFF, SECOND_CUTOFF = "2026-05-16T00:00:01+02:00", "2026-06-01T00:00:01+02:00"


def timed(*command):
    """CPU and wall seconds of a command with its children, and its peak memory in MiB."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    code = process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code != 0:
        sys.exit(f"large_house: {command[1]}: status {code}\n" + output.decode()[-2000:])
    return {"cpu": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 3),
            "wall": round(time.monotonic() - began, 3), "memory": after.ru_maxrss >> 10}, output.decode()


def measured(*command):
    """The same in a process of its own, so that the peak is the command's alone."""
    code = ("import json, sys; sys.path.insert(0, sys.argv[1]); import large_house;"
            "print(json.dumps(large_house.timed(*sys.argv[2:])))")
    folder = pathlib.Path(__file__).resolve().parent
    done = bench.run(sys.executable, "-c", code, folder, *command)
    return json.loads(done.stdout)


class House:
    def __init__(self, options):
        self.binary, self.folder = options.binary.resolve(), options.folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.demo = bench.prepare(self.binary, self.folder, options.records)
        self.template = (self.folder / "batch.csv").read_bytes()
        self.first = len(list((self.demo / "sent" / bench.PARTNER).glob("*.p7s"))) + 1
        self.gateway = bench.Gateway(self.binary, self.demo, self.folder / "house")
        self.pki = self.gateway.pki

    def file(self, number, day):
        """The file of a number: the template's records under ids and on a day of its own."""
        partner, sequence = bench.PARTNER, self.first + number
        out = self.template.replace(f"{partner}-{self.first}-T".encode(), f"{partner}-{sequence}-T".encode())
        out = out.replace(FIRST_DAY.encode(), day.encode())
        head, rest = out.split(b"\n", 1)
        head = head.replace(f"BENCH-{self.first}-".encode(), f"BENCH-{sequence}-".encode())
        head = head.replace(f",LIVE,{self.first},".encode(), f",LIVE,{sequence},".encode())
        path = self.folder / "next.csv"
        path.write_bytes(head + b"\n" + rest)
        bench.run("openssl", "cms", "-sign", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER", "-in", path,
                  "-signer", self.pki / f"{partner}-signing.pem", "-inkey", self.pki / f"{partner}-signing.key",
                  "-out", path.with_suffix(".csv.p7s"))
        return path

    def send(self, numbers, day):
        rows = []
        for number in numbers:
            rows.append(self.gateway.submit(self.file(number, day)) | {"file": number + 1})
            row = rows[-1]
            print(f"file {number + 1}: {row['cpu']:.2f} CPU s, {row['wall']:.2f} s, {row['memory']:.0f} MiB",
                  file=sys.stderr, flush=True)
        return rows

    def advance(self, instant):
        """Moves the clock over a cut-off on the stopped house; the close is the only work of note."""
        self.gateway.stop()
        return measured(self.binary, "clock", "advance", "--to", instant, "--data", self.gateway.folder / "data",
                        "--cert", self.pki / "operator.pem", "--key", self.pki / "operator.key")[0]

    def start(self):
        """Seconds until the gateway takes connections on the house as it is."""
        began = time.monotonic()
        self.gateway = bench.Gateway(self.binary, None, self.gateway.folder)
        return round(time.monotonic() - began, 3)

    def pins(self):
        path = self.folder / "pins.pem"
        path.unlink(missing_ok=True)
        bench.run(self.binary, "audit", "pins", "--out", path, "--data", self.gateway.folder / "data")
        return path

    def evidence(self, *what):
        path = self.folder / "evidence.tar"
        path.unlink(missing_ok=True)
        made, _ = measured(self.binary, "evidence", *what, "--out", path, "--data", self.gateway.folder / "data")
        checked, _ = measured(self.binary, "verify", path, "--trust", self.pins())
        return {"made": made, "verified": checked, "MiB": path.stat().st_size >> 20}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--month", type=int, default=10)
    parser.add_argument("--no-month", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    house = House(options)
    result = {"records": options.records, "files": options.files}
    try:
        result["posting"] = house.send(range(options.month), FIRST_DAY)
        result["close of the first window"] = house.advance(FIRST_CUTOFF)
        if not options.no_month:
            result["evidence of the first window"] = house.evidence("--window", "W-2026-05A")
            print(json.dumps(result["evidence of the first window"]), flush=True)
        result["start after the first window"] = house.start()
        result["posting"] += house.send(range(options.month, options.files), SECOND_DAY)
        result["close of the second window"] = house.advance(SECOND_CUTOFF)
        result["start with all"] = house.start()
        house.gateway.quiet()
        house.gateway.stop()
        received = max(int(path.stem) for path in (house.gateway.folder / "data/records").glob("*.entries"))
        record = f"CLR-{received:08d}-{options.records // 2}"
        result["evidence of one record"] = house.evidence("--record", record)
    finally:
        if house.gateway.process.poll() is None:
            house.gateway.process.send_signal(signal.SIGTERM)
            house.gateway.process.wait(120)
    rows = result["posting"]
    for name, part in (("first five files", rows[:5]), ("last five files", rows[-5:])):
        print(f"{name}: {statistics.median(row['cpu'] for row in part):.2f} CPU s, peak {max(row['memory'] for row in part):.0f} MiB")
    print(json.dumps({key: value for key, value in result.items() if key != "posting"}, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
