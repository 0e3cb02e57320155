"""A house with a test clock and its gateway: keys, programme, process, clients and officers, through the program."""
import datetime
import json
import pathlib
import signal
import subprocess
import time

import coalition_client
import coalition_year as house

OFFICERS = ("maker", "checker", "operator")
START_SECONDS, COMMAND_SECONDS = 120, 1800


class Failure(Exception):
    """The program did not do what it should."""


class Gateway:
    def __init__(self, binary, folder, first):
        self.binary, self.folder, self.first = str(pathlib.Path(binary).resolve()), pathlib.Path(folder), first
        self.year = first.year
        self.pki, self.data = self.folder / "pki", self.folder / "data"
        self.process, self.port, self.clients = None, None, {}

    def run(self, *arguments, parse=False):
        """Runs the program; returns its standard output, parsed when it is JSON."""
        done = subprocess.run([self.binary, *map(str, arguments)] + (["--json"] if parse else []), capture_output=True,
                              text=True, timeout=COMMAND_SECONDS)
        if done.returncode != 0:
            raise Failure(f"coalition {' '.join(map(str, arguments))}: status {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout) if parse else done.stdout

    # --- setting up

    def found(self):
        """Makes keys, data directory and programme."""
        span = ["--not-before", f"{self.year - 1}-01-01T00:00:00Z"]
        self.run("pki", "ca", "--dir", self.pki, "--name", "Retail coalition root", *span,
                 "--not-after", f"{self.year + 10}-01-01T00:00:00Z",
                 "--this-update", f"{self.year - 1}-01-01T00:00:00Z",
                 "--next-update", f"{self.year + 3}-01-01T00:00:00Z")
        span += ["--not-after", f"{self.year + 3}-01-01T00:00:00Z"]

        def issue(profile, name, file, *options):
            self.run("pki", "issue", "--dir", self.pki, "--profile", profile, "--name", name, "--file", file, *span,
                     *options)

        issue("host-signing", "HOST", "host-signing")
        issue("gateway-tls", "localhost", "gateway-tls", "--dns", "localhost", "--dns", "127.0.0.1")
        for officer in OFFICERS:
            issue("officer", f"The {officer}", officer)
        # One partner of each kind of key.
        for partner, kind in zip(house.PARTNERS, ("p256", "rsa3072", "p384"), strict=True):
            issue("partner-signing", partner, f"{partner}-signing", "--kind", kind)
            issue("partner-tls", partner, f"{partner}-tls")
        programme = self.folder / "programme"
        house.write(programme, self.first, {partner: self.certificates(partner) for partner in house.PARTNERS})
        self.run("programme", "check", programme)
        for role in ("maker", "checker"):
            self.run("programme", "sign", programme, "--as", role, *self.pair(role))
        for partner in house.PARTNERS:
            self.run("programme", "sign", programme, "--as", "partner", *self.pair(f"{partner}-signing"))
        named = [option for officer in OFFICERS for option in ("--officer", f"{officer}={self.pki / officer}.pem")]
        # The clock begins half a day before the first window.
        start = house.instant(datetime.date.fromisoformat(house.windows(self.first)[0]) - house.DAY, 12)
        self.run("init", "--data", self.data, "--clock", "test", "--at", f"{start:%Y-%m-%dT%H:%M:%SZ}",
                 "--ca", self.pki / "ca.pem", "--crl", self.pki / "crl.pem",
                 "--host-cert", self.pki / "host-signing.pem", "--host-key", self.pki / "host-signing.key",
                 "--tls-cert", self.pki / "gateway-tls.pem", "--tls-key", self.pki / "gateway-tls.key", *named)
        self.run("programme", "load", programme, "--data", self.data)

    def certificates(self, partner):
        found = []
        for usage, name in (("SIGN", "signing"), ("TLS", "tls")):
            path = self.pki / f"{partner}-{name}.pem"
            der = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"], check=True,
                                 capture_output=True, text=True).stdout
            found.append((usage, der.split("=")[1].strip().replace(":", "").lower(), path.read_text()))
        return found

    def pair(self, name, prefix=""):
        return [f"--{prefix}cert", self.pki / f"{name}.pem", f"--{prefix}key", self.pki / f"{name}.key"]

    # --- the process

    def start(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        with open(self.folder / "serve.log", "ab") as log:
            command = [self.binary, "serve", "--data", self.data, "--port", "0", "--port-file", port_file]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        limit = time.monotonic() + START_SECONDS
        while not (port_file.exists() and port_file.read_text().strip()):
            if self.process.poll() is not None or time.monotonic() > limit:
                raise Failure(f"the gateway does not listen: {self.tail()}")
            time.sleep(0.05)
        self.port = int(port_file.read_text())

    def tail(self):
        return (self.folder / "serve.log").read_text(errors="replace")[-2000:]

    def usage(self):
        """CPU seconds and the largest resident memory in MiB of the process so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        return (int(fields[11]) + int(fields[12])) / 100, peak / 1024

    def stop(self):
        for client in self.clients.values():
            client.close()
        self.clients = {}
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            if self.process.wait(120) != 0:
                raise Failure(f"the gateway ended with {self.process.returncode}: {self.tail()}")
        self.process = None

    # --- clients

    def client(self, name):
        """The Python client of a partner or an officer; it stays connected, and verifies whatever it takes."""
        if name not in self.clients:
            tls, signing = (name, name) if name in OFFICERS else (f"{name}-tls", f"{name}-signing")
            files = [str(self.pki / file) for file in (f"{tls}.pem", f"{tls}.key", f"{signing}.pem", f"{signing}.key")]
            self.clients[name] = coalition_client.Client(f"localhost:{self.port}", str(self.pki / "ca.pem"), *files,
                                                         out=self.folder / "received" / name)
        return self.clients[name]

    def socket(self, officer):
        return ["--gateway", f"localhost:{self.port}", "--ca", self.pki / "ca.pem", *self.pair(officer, "tls-")]

    def advance(self, to):
        self.run("clock", "advance", "--to", f"{to:%Y-%m-%dT%H:%M:%SZ}", *self.socket("operator"))

    def act(self, *arguments):
        """An officer's act by maker and checker."""
        self.run(*arguments, *self.socket("maker"), *self.pair("maker"), *self.pair("checker", "checker-"))
