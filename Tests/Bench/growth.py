#!/usr/bin/env python3
"""Measures files of growing size, each on a fresh house: CPU, time and peak memory.

    growth.py BIN [--sizes 10000,30000,100000,300000,1000000,3500000] [--csv-sizes 10000000] [--rounds 3]
              [--folder DIR] [--json FILE]

3 500 000 records are 2 GB of XML; 10 000 000 of CSV are 1.2 GB. BIN is a release build of `coalition`. Where the
microseconds a record stay the same, cost is linear. It needs openssl.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import sys
import tempfile

import bench


def measure(binary, folder, count, forms, rounds):
    demo = bench.prepare(binary, folder, count)
    rows = []
    for form in forms:
        found = []
        for _ in range(rounds):
            gateway = bench.Gateway(binary, demo, folder / "house")
            try:
                found.append(gateway.submit(folder / f"batch.{form}"))
            finally:
                gateway.stop()
        rows.append({"records": count, "format": form.upper(), "bytes": (folder / f"batch.{form}").stat().st_size,
                     "cpu": statistics.median(row["cpu"] for row in found),
                     "wall": statistics.median(row["wall"] for row in found), "memory": max(row["memory"] for row in found)})
        row = rows[-1]
        print(f"{row['format']} {count:>9}  {row['bytes'] >> 20:>5} MiB  {row['cpu']:7.2f} CPU s  {row['wall']:7.2f} s  "
              f"{row['memory']:4.0f} MiB  {row['cpu'] * 1e6 / count:6.2f} µs a record", file=sys.stderr, flush=True)
    for path in folder.glob("batch.*"):
        path.unlink()
    (folder / f"made-{count}").unlink()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--sizes", default="10000,30000,100000,300000,1000000,3500000")
    parser.add_argument("--csv-sizes", default="10000000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    folder = (options.folder or pathlib.Path(tempfile.mkdtemp(prefix="coalition-growth-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    try:
        for sizes, forms in ((options.sizes, ("xml", "csv")), (options.csv_sizes, ("csv",))):
            for size in filter(None, sizes.split(",")):
                rows += measure(options.binary.resolve(), folder, int(size), forms, options.rounds)
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps({"records": 1_000_000, "growth": {"files": rows}}, indent=1) + "\n")


if __name__ == "__main__":
    main()
