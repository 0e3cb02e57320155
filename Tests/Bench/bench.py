#!/usr/bin/env python3
"""Measures the gateway beside the scripted pipeline on the same files, in turn, and prints one table.

    bench.py BIN [--records 1000000] [--rounds 5] [--formats xml,csv] [--folder DIR] [--json FILE] [--no-reference]

BIN is a release build of `coalition`. Each round sends one signed file over TLS to a gateway on a copy of the house that
`BIN demo` makes, from upload to the receipt VALIDATED, and runs `reference/pipeline.sh` on the same bytes in a PostgreSQL
of its own. CPU seconds are user and system of the gateway with its children from the upload until it is quiet, without the
client; of the pipeline with all its processes and the database's. Files are made and signed beforehand.
It needs openssl, xmllint, and for the reference PostgreSQL 15 and to be started as root.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parent.parent / "Specs/xsd/batch.xsd"
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
PARTNER, UNIT, DATE = "MARCHE", "MKP", "2026-05-01"
TICK = os.sysconf("SC_CLK_TCK")


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} {command[1]}: status {done.returncode}\n{done.stdout[-800:]}\n{done.stderr[-2000:]}")
    return done


def cpu(pid):
    """CPU seconds of a process and its ended children."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICK


def status(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0


class Gateway:
    """A gateway on a copy of the demonstration's house, or on a house that is there."""

    def __init__(self, binary, demo, folder):
        if demo:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(demo, folder)
        (folder / "port").unlink(missing_ok=True)
        self.binary, self.folder, self.pki = binary, folder, folder / "pki"
        port_file = folder / "port"
        arguments = [binary, "serve", "--data", folder / "data", "--port", "0", "--port-file", port_file]
        for name, file in (("host-cert", "host-signing.pem"), ("host-key", "host-signing.key"),
                           ("tls-cert", "gateway-tls.pem"), ("tls-key", "gateway-tls.key"), ("crl", "ca.crl.pem")):
            arguments += ["--" + name, self.pki / file]
        with open(folder / "serve.log", "wb") as log:
            self.process = subprocess.Popen([str(part) for part in arguments], stdout=log, stderr=log)
        while not port_file.exists() or not port_file.read_text():
            if self.process.poll() is not None:
                sys.exit("bench: the gateway ended: " + (folder / "serve.log").read_text()[-2000:])
            time.sleep(0.01)
        self.port = port_file.read_text().strip()

    def quiet(self):
        """Waits until a second passes in which next to nothing is done."""
        before = cpu(self.process.pid)
        while True:
            time.sleep(1)
            now = cpu(self.process.pid)
            if now - before < 0.02:
                return
            before = now

    def submit(self, file):
        pid = self.process.pid
        self.quiet()
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
        before, began = cpu(pid), time.monotonic()
        done = run(self.binary, "submit", file, "--gateway", f"localhost:{self.port}", "--ca", self.pki / "ca.pem",
                   "--tls-cert", self.pki / f"{PARTNER}-tls.pem", "--tls-key", self.pki / f"{PARTNER}-tls.key",
                   "--receipts", self.folder / "bench-receipts", "--json", timeout=580)
        wall = time.monotonic() - began
        self.quiet()
        receipts = json.dumps(json.loads(done.stdout))
        if '"ACCP"' not in receipts:
            sys.exit("bench: the file was not accepted: " + receipts[:2000])
        return {"cpu": cpu(pid) - before, "wall": wall, "memory": status(pid, "VmHWM")}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Database:
    """A PostgreSQL of its own, with the extended statistics without which it would plan badly."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.chown(folder, "postgres")
        for parent in folder.parents:
            if parent.stat().st_mode & 0o001 == 0:
                parent.chmod(parent.stat().st_mode | 0o011)
        self.environment = {**os.environ, "PGHOST": str(folder), "PGPORT": "54329"}
        self.as_postgres(POSTGRES / "initdb", "-D", folder / "data", "-A", "trust")
        options = f"-k {folder} -p 54329 -c listen_addresses='' -c max_wal_size=4GB"
        self.as_postgres(POSTGRES / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
        self.pid = int((folder / "data/postmaster.pid").read_text().split()[0])
        self.sql("-f", HERE / "reference/schema.sql")
        self.sql("-c", "create statistics ledger_groups on partner, type, unit, day from ledger")

    def as_postgres(self, *command):
        run("runuser", "-u", "postgres", "--", *command)

    def sql(self, *arguments):
        run("psql", "-U", "postgres", "-q", *arguments, env=self.environment)

    def cpu(self):
        """Of the server and all its processes, those that have ended too."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return cpu(self.pid) + sum(cpu(child) for child in children)

    def pipeline(self, folder, form):
        self.sql("-c", "truncate ledger", "-c", "checkpoint")
        before, began = self.cpu(), time.monotonic()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(HERE / "reference/pipeline.sh", folder, form, PARTNER, SCHEMA, env=self.environment)
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.monotonic() - began
        own = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        return {"cpu": own + self.cpu() - before, "wall": wall}

    def stop(self):
        self.as_postgres(POSTGRES / "pg_ctl", "-D", self.folder / "data", "-m", "fast", "stop")


def xmllint(folder):
    """What schema validation alone costs."""
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run("xmllint", "--sax", "--noout", "--schema", SCHEMA, folder / "batch.xml")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, "wall": time.monotonic() - began}


def prepare(binary, folder, count):
    """The house of the demonstration, and the signed files."""
    demo = folder / "demo"
    if not demo.exists():
        run(binary, "demo", demo)
    sent = len(list((demo / "sent" / PARTNER).glob("*.p7s")))
    shutil.copy(demo / "pki/ca.pem", folder / "ca.pem")
    if not (folder / f"made-{count}").exists():
        run(sys.executable, HERE / "make_batch.py", count, folder / "batch.xml", folder / "batch.csv", "--partner", PARTNER,
            "--unit", UNIT, "--programme", "SMILES", "--date", DATE, "--sequence", sent + 1)
        for form in ("xml", "csv"):
            run("openssl", "cms", "-sign", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER", "-in",
                folder / f"batch.{form}", "-signer", demo / f"pki/{PARTNER}-signing.pem", "-inkey",
                demo / f"pki/{PARTNER}-signing.key", "-out", folder / f"batch.{form}.p7s")
        (folder / f"made-{count}").touch()
    return demo


def table(results):
    names = sorted({name for name, _ in results})
    lines = [f"{'what':28} {'CPU s':>8} {'min':>8} {'max':>8} {'wall s':>8} {'MiB':>7}"]
    figures = {}
    for name in names:
        rows = [row for key, row in results if key == name]
        entry = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        entry |= {"rounds": len(rows), "cpuMin": min(row["cpu"] for row in rows), "cpuMax": max(row["cpu"] for row in rows)}
        figures[name] = entry
        memory = f"{max(row['memory'] for row in rows):7.0f}" if "memory" in rows[0] else ""
        lines.append(f"{name:28} {entry['cpu']:8.2f} {entry['cpuMin']:8.2f} {entry['cpuMax']:8.2f} {entry['wall']:8.2f} {memory}")
    for form in ("xml", "csv"):
        if f"gateway {form}" in figures and f"pipeline {form}" in figures:
            ratio = figures[f"gateway {form}"]["cpu"] / figures[f"pipeline {form}"]["cpu"]
            lines.append(f"{form}: the gateway takes {ratio:.2f} of the pipeline's CPU")
    if "gateway xml" in figures and "xmllint xml" in figures:
        lines.append(f"xml: the gateway takes {figures['gateway xml']['cpu'] / figures['xmllint xml']['cpu']:.2f} of xmllint's CPU")
    return figures, "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--formats", default="xml,csv")
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--no-reference", action="store_true")
    options = parser.parse_args()
    binary = options.binary.resolve()
    folder = (options.folder or pathlib.Path(tempfile.mkdtemp(prefix="coalition-bench-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    demo = prepare(binary, folder, options.records)
    database = None if options.no_reference else Database(folder / "postgres")
    results = []
    try:
        for number in range(options.rounds):
            for form in options.formats.split(","):
                gateway = Gateway(binary, demo, folder / "house")
                try:
                    results.append((f"gateway {form}", gateway.submit(folder / f"batch.{form}")))
                finally:
                    gateway.stop()
                if database:
                    results.append((f"pipeline {form}", database.pipeline(folder, form)))
                if database and form == "xml":
                    results.append(("xmllint xml", xmllint(folder)))
            print(f"round {number + 1}: " + ", ".join(f"{name} {row['cpu']:.2f} s" for name, row in results[-6:]), file=sys.stderr)
    finally:
        if database:
            database.stop()
    figures, text = table(results)
    sizes = {form: (folder / f"batch.{form}").stat().st_size for form in ("xml", "csv")}
    print(f"{options.records} records, XML {sizes['xml'] >> 20} MiB, CSV {sizes['csv'] >> 20} MiB, medians of {options.rounds}")
    print(text)
    if options.json:
        options.json.write_text(json.dumps({"records": options.records, "bytes": sizes, "figures": figures}, indent=1))
    if not options.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
