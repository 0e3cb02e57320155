#!/usr/bin/env python3
"""Kills the gateway at random moments under load and looks whether it kept what it had promised.

    crash.py BIN ROUNDS [SEED] [--client FOLDER]

BIN is the program `coalition`; FOLDER holds coalition_client.py (Specs/client by default). It needs Python 3.11 and
`openssl`. A house is made by `BIN demo`; each round starts the gateway on its data, loads it from several threads and
ends it with SIGKILL. After each start these must hold:

- Every receipt, answer and document that a client has comes again with the same bytes and the same signature.
- An act that was done stays done, as the same fact; the clock does not go back.
- What was sent without an answer is accepted when it is sent again, and once.

Every few rounds, and when a house has used up its calendar: for each closed window the accepted records and points
of all receipts and answers are those on the lines of the clearing statements; `BIN check` agrees, and a copy made by
`BIN backup` under load passes it, too. Exit status 0 when all held; else 1, and the folder is kept.
"""
import argparse
import csv
import datetime
import hashlib
import importlib.util
import io
import json
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
UNITS = {"MARCHE": "MKP", "CARBU": "FUP", "RAILCO": "RLM"}
COLUMNS = ("TransactionId,LoyaltyTransactionType,TransactionDateTime,BusinessDate,AccountIdType,LoyaltyAccountId,"
           "EntryMode,Unit,LoyaltyAmount,CreditDebit,SaleCurrency,SaleAmount,EarnBasis,EarnQuantity,"
           "OriginalTransactionId,TriggeringTransactionId,PromotionId,ReasonCode,Narrative,ProductCode,"
           "CounterAccountId,ApprovalCode,StoreId,TerminalId,Brand,Channel,BusinessLine").split(",")
ROUNDS_PER_HOUSE, CUTOFFS_PER_HOUSE, BALANCE_EVERY, BACKUP_EVERY = 12, 8, 6, 5
START_SECONDS, ANSWER_SECONDS = 60, 60
FIRST_WINDOW = "W-2026-05A"


class Violation(Exception):
    """The gateway broke a promise."""


def load_client(folder):
    path = pathlib.Path(folder, "coalition_client.py")
    spec = importlib.util.spec_from_file_location("coalition_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(root, name):
    found = root.find(".//{*}" + name)
    return None if found is None else found.text


# --- what partners send -------------------------------------------------------------------------

class Record:
    def __init__(self, rng, partner, name, day, damaged=False):
        self.id, self.day = name, day
        self.type, self.unit = ("REDM", "SML") if rng.random() < 0.1 else ("ACCR", UNITS[partner])
        self.amount = rng.randint(1, 5) if self.type == "REDM" else rng.randint(1, 400)
        digits = [9, 2, 5, 0] + [rng.randrange(10) for _ in range(11)]
        doubled = sum(divmod(2 * d, 10)[0] + 2 * d % 10 if i % 2 == 0 else d for i, d in enumerate(digits))
        check = -doubled % 10
        self.card = "".join(map(str, digits + [(check + damaged) % 10]))

    def row(self):
        values = {"TransactionId": self.id, "LoyaltyTransactionType": self.type, "AccountIdType": "CARD",
                  "TransactionDateTime": f"{self.day}T11:00:00Z", "BusinessDate": self.day, "Unit": self.unit,
                  "LoyaltyAccountId": self.card, "LoyaltyAmount": str(self.amount)}
        return ",".join(values.get(column, "") for column in COLUMNS)

    def xml(self):
        return (f"<Transaction><TransactionId>{self.id}</TransactionId>"
                f"<LoyaltyTransactionType>{self.type}</LoyaltyTransactionType>"
                f"<TransactionDateTime>{self.day}T11:00:00Z</TransactionDateTime>"
                f"<BusinessDate>{self.day}</BusinessDate>"
                f"<LoyaltyAccount><LoyaltyAccountId type=\"CARD\">{self.card}</LoyaltyAccountId></LoyaltyAccount>"
                f"<LoyaltyAmount unit=\"{self.unit}\">{self.amount}</LoyaltyAmount></Transaction>\n")


def batch(partner, number, records, now):
    """A batch file; odd numbers are XML."""
    sums = {}
    for record in records:
        sums[record.unit] = sums.get(record.unit, 0) + record.amount
    name = f"{partner}-{number}"
    if number % 2 == 1:
        totals = "".join(f"<ControlSum unit=\"{unit}\">{sums[unit]}</ControlSum>" for unit in sorted(sums))
        return "XML", ('<?xml version="1.0" encoding="UTF-8"?>\n<LoyaltyTransactionBatch '
                       'xmlns="urn:coalition:clearing:batch:1" version="1.0">\n<GroupHeader>'
                       f"<MessageId>{name}</MessageId><CreationDateTime>{now}</CreationDateTime>"
                       f"<InitiatingParty>{partner}</InitiatingParty><Recipient>HOST</Recipient>"
                       f"<ProgrammeId>SMILES</ProgrammeId><Series>LIVE</Series>"
                       f"<SequenceNumber>{number}</SequenceNumber>"
                       f"<NumberOfTransactions>{len(records)}</NumberOfTransactions>{totals}</GroupHeader>\n"
                       + "".join(record.xml() for record in records) + "</LoyaltyTransactionBatch>\n").encode()
    lines = [f"#HEADER,1.0,{name},{now},{partner},HOST,SMILES,LIVE,{number},,", ",".join(COLUMNS)]
    lines += [record.row() for record in records]
    lines.append(f"#TRAILER,{len(records)}," + ",".join(f"{unit},{sums[unit]}" for unit in sorted(sums)))
    return "CSV", ("\n".join(lines) + "\n").encode()


def message(partner, name, record, now):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" '
            f'version="1.0"><MessageHeader><MessageId>{name}</MessageId><CreationDateTime>{now}</CreationDateTime>'
            f"<PartnerId>{partner}</PartnerId></MessageHeader>{record.xml().strip()}</LoyaltyRequest>\n").encode()


class Sent:
    """Something that was sent, and every promise that came back for it."""

    def __init__(self, name, **values):
        self.name, self.promises, self.is_sent = name, {}, False
        self.__dict__.update(values)

    def keep(self, what, value):
        """A promise arrived: the first time it is noted, later ones must be the same."""
        known = self.promises.setdefault(what, value)
        if known != value:
            raise Violation(f"{self.name}: {what} differs from what was given before")


# --- the gateway --------------------------------------------------------------------------------

class House:
    """A house that was made by the demonstration, its gateway's process, and what clients hold of it."""

    def __init__(self, run, number):
        self.run, self.folder = run, run.folder / f"house{number}"
        done = subprocess.run([run.binary, "demo", self.folder], capture_output=True, text=True, timeout=300)
        if "add up to 0" not in done.stdout:
            raise Violation(f"demo: status {done.returncode}, {done.stderr}")
        if done.returncode != 0:
            print(f"note: the demonstration came to its end with status {done.returncode}", flush=True)
        self.data, self.pki = self.folder / "data", self.folder / "pki"
        self.process, self.port, self.starts, self.cutoffs = None, None, 0, 0
        self.files, self.messages, self.acts, self.documents = [], [], {}, {}
        self.clock = ""
        self.numbers = {partner: len(list((self.folder / "sent" / partner).glob("*.p7s"))) for partner in UNITS}
        self.records = {partner: [] for partner in UNITS}
        self.old_receipts = {path.stem for path in (self.folder / "receipts").glob("*/RCP-*.xml")}
        self.lock = threading.Lock()

    def begin(self):
        """Starts the process; does not wait until it listens."""
        self.starts += 1
        self.port_file = self.folder / f"port{self.starts}"
        self.log = self.folder / f"serve{self.starts}.log"
        arguments = [self.run.binary, "serve", "--data", self.data, "--port", "0", "--port-file", self.port_file]
        for name, file in (("host-cert", "host-signing.pem"), ("host-key", "host-signing.key"),
                           ("tls-cert", "gateway-tls.pem"), ("tls-key", "gateway-tls.key"), ("crl", "ca.crl.pem")):
            arguments += ["--" + name, self.pki / file]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(list(map(str, arguments)), stdout=log, stderr=log)

    def listening(self):
        limit = time.monotonic() + START_SECONDS
        while not self.port_file.exists():
            self.require_alive()
            if time.monotonic() > limit:
                raise Violation(f"the gateway does not listen within {START_SECONDS} s")
            time.sleep(0.01)
        self.port = int(self.port_file.read_text())

    def require_alive(self):
        if self.process.poll() is not None:
            raise Violation(f"the gateway ended by itself, {self.process.returncode}: {self.tail()}")

    def tail(self):
        return self.log.read_text(errors="replace")[-2000:]

    def kill(self):
        self.require_alive()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60) != 0:
            raise Violation(f"SIGTERM: status {self.process.returncode}: {self.tail()}")
        self.process = None

    def connect(self, name):
        client = self.run.client
        context = ssl.create_default_context(cafile=self.pki / "ca.pem")
        pair = name if name in ("maker", "checker", "operator") else name + "-tls"
        context.load_cert_chain(self.pki / (pair + ".pem"), self.pki / (pair + ".key"))
        context.set_alpn_protocols(["coalition/1"])
        shown = self.clock
        connection = client.Connection("127.0.0.1", self.port, context, "localhost")
        if connection.time < shown:
            raise Violation(f"the clock shows {connection.time} after it had shown {shown}")
        with self.lock:
            self.clock = max(self.clock, connection.time)
        return connection

    def sign(self, content, name, attached):
        options = ["-nodetach"] if attached else []
        done = subprocess.run(["openssl", "cms", "-sign", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER",
                               "-signer", self.pki / (name + ".pem"), "-inkey", self.pki / (name + ".key"), *options],
                              input=content, capture_output=True, check=True)
        return done.stdout

    # -- requests; each notes what it was promised

    def upload(self, connection, sent):
        client = self.run.client
        number = client.number
        fields = [(1, b"LIVE"), (2, number(sent.number)), (4, number(len(sent.content))),
                  (5, hashlib.sha256(sent.content).digest()), (6, sent.format.encode()), (7, sent.signature)]
        sent.is_sent = True
        stream, grades, last = connection.request(client.UPLOAD_BEGIN, fields), {}, False
        while not last:
            frame = connection.receive(stream, client.UPLOAD_ACCEPT, client.PROGRESS, client.RECEIPT, client.FINISHED,
                                       seconds=ANSWER_SECONDS)
            if frame.kind == client.UPLOAD_ACCEPT:
                if sent.promises:
                    raise Violation(f"{sent.name}: its receipt is known, and its bytes are asked for again")
                for offset in range(int.from_bytes(frame.fields[1], "big"), len(sent.content), 16384):
                    piece = sent.content[offset:offset + 16384]
                    connection.send(client.UPLOAD_CHUNK, stream, [(1, number(offset)), (2, piece)])
                connection.send(client.UPLOAD_END, stream, [(1, b"VALIDATED")])
                self.run.event("upload")
            elif frame.kind == client.RECEIPT:
                grades[frame.fields[1].decode()] = self.receipt(sent, frame)
            last = frame.last
        return grades

    @staticmethod
    def receipt(sent, frame):
        value = (frame.fields[2], frame.fields[4], frame.fields[5])
        sent.keep(frame.fields[1].decode(), value)
        if frame.fields[6] == b"RJCT":
            raise Violation(f"{sent.name} was refused: {frame.fields[4].decode()}")
        return value

    def wait(self, connection, sent, grade, seconds=ANSWER_SECONDS):
        client = self.run.client
        fields = [(1, b"LIVE"), (2, client.number(sent.number)), (3, grade.encode())]
        frame = connection.receive(connection.request(client.WAIT, fields), client.RECEIPT, seconds=seconds)
        return self.receipt(sent, frame)

    def tell(self, connection, sent):
        client = self.run.client
        sent.is_sent = True
        stream = connection.request(client.MESSAGE, [(1, sent.signature)])
        self.run.event("message")
        frame = connection.receive(stream, client.ANSWER, seconds=ANSWER_SECONDS)
        is_known = "ANSWER" in sent.promises
        sent.keep("ANSWER", frame.fields[1])
        if is_known and frame.fields.get(2) != b"\1":
            raise Violation(f"{sent.name}: the stored answer came, and is not marked as a copy")

    def query(self, connection, kind, arguments=""):
        client = self.run.client
        stream = connection.request(client.QUERY if hasattr(client, "QUERY") else 0x1B,
                                    [(1, kind.encode()), (2, arguments.encode())])
        content, last = b"", False
        while not last:
            frame = connection.receive(stream, client.DOCUMENT, seconds=ANSWER_SECONDS)
            content, last = content + frame.fields[5], frame.last
        return json.loads(content)

    def listing(self, connection, what):
        client = self.run.client
        rows, cursor = [], None
        while True:
            fields = [(1, what.encode())] + ([(3, cursor)] if cursor else [])
            frame = connection.receive(connection.request(client.LIST, fields), client.LISTING, seconds=ANSWER_SECONDS)
            rows += json.loads(frame.fields[1])
            cursor = frame.fields.get(2)
            if not cursor:
                return rows

    def fetch(self, connection, partner, name):
        client = self.run.client
        fields = [(1, name.encode()), (2, client.number(0))]
        stream, content, proof, last = connection.request(client.FETCH, fields), b"", b"", False
        while not last:
            frame = connection.receive(stream, client.DOCUMENT, seconds=ANSWER_SECONDS)
            content, proof, last = content + frame.fields[5], proof or frame.fields.get(6, b""), frame.last
        with self.lock:
            sent = self.documents.setdefault((partner, name), Sent(f"{name} for {partner}"))
        sent.keep("BYTES", (content, proof))
        return content

    def act(self, officer, document, countersigns):
        """Sends an act, or its countersignature, and notes the fact that carried it out."""
        client = self.run.client
        digest = hashlib.sha256(document).digest()
        with self.lock:
            sent = self.acts.setdefault(document, Sent(f"act {document.decode().strip()}"))
        fields = [(1, digest if countersigns else document), (2, self.sign(document, officer, False))]
        connection = self.connect(officer)
        try:
            stream = connection.request(0x1A if countersigns else 0x19, fields)
            self.run.event("act")
            frame = connection.receive(stream, client.ACT_RESULT, seconds=ANSWER_SECONDS)
        finally:
            connection.close()
        if frame.fields[2] == b"DONE":
            sent.keep("FACT", frame.fields[3])
        elif "FACT" in sent.promises:
            raise Violation(f"{sent.name} was done, and is not any more")
        return frame.fields[2].decode()

    # -- new things to send

    def day(self, now, back):
        return str(datetime.datetime.fromisoformat(now).date() - datetime.timedelta(days=back))

    def new_record(self, rng, partner, now, damaged=False):
        with self.lock:
            name = f"C{len(self.records[partner]) + 1:06d}"
            record = Record(rng, partner, name, self.day(now, rng.randint(1, 3)), damaged)
            self.records[partner].append(record)
        return record

    def new_file(self, rng, partner, now):
        self.numbers[partner] += 1
        number = self.numbers[partner]
        old = self.records[partner][:]
        records = [self.new_record(rng, partner, now, rng.random() < 0.03) for _ in range(rng.randint(50, 300))]
        if old and rng.random() < 0.5:
            records += rng.sample(old, min(len(old), 5))
        format, content = batch(partner, number, records, now)
        sent = Sent(f"file {partner}/{number}", partner=partner, number=number, format=format, content=content,
                    signature=self.sign(content, partner + "-signing", False))
        with self.lock:
            self.files.append(sent)
        return sent

    def new_message(self, rng, partner, now):
        record = self.new_record(rng, partner, now, rng.random() < 0.05)
        name = f"{partner}-CR-{record.id}"
        content = message(partner, name, record, now)
        sent = Sent(f"message {name}", partner=partner, record=record,
                    signature=self.sign(content, partner + "-signing", True))
        with self.lock:
            self.messages.append(sent)
        return sent


# --- load ---------------------------------------------------------------------------------------

class Load:
    """Threads that keep a gateway busy until it is gone."""

    def __init__(self, house, rng, crosses):
        self.house, self.over, self.violations, self.done = house, threading.Event(), [], 0
        workers = [(self.files, partner) for partner in UNITS]
        workers += [(self.messages, partner) for partner in ("MARCHE", "RAILCO")]
        workers += [(self.officers, crosses), (self.readers, None)]
        self.threads = [threading.Thread(target=self.work, args=(work, random.Random(rng.random()), value))
                        for work, value in workers]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(120)
            if thread.is_alive():
                raise Violation("a client hangs after the gateway is gone")
        if self.violations:
            raise self.violations[0]

    def work(self, body, rng, value):
        try:
            body(rng, value)
        except Violation as violation:
            self.violations.append(violation)
        except self.house.run.client.ClientError as error:
            # Once the gateway is killed everything fails; before, nothing may.
            if not self.over.is_set():
                time.sleep(2)
                if not self.over.is_set():
                    self.violations.append(Violation(f"{body.__name__} {value}: {error}"))
        except (OSError, subprocess.CalledProcessError) as error:
            if not self.over.is_set():
                self.violations.append(Violation(f"{body.__name__} {value}: {error!r}"))

    def files(self, rng, partner):
        house, connection = self.house, self.house.connect(partner)
        while not self.over.is_set():
            sent = house.new_file(rng, partner, connection.time)
            house.upload(connection, sent)
            self.done += 1
            if rng.random() < 0.3:
                house.upload(connection, sent)

    def messages(self, rng, partner):
        house, connection = self.house, self.house.connect(partner)
        while not self.over.is_set():
            sent = house.new_message(rng, partner, connection.time)
            house.tell(connection, sent)
            self.done += 1
            if rng.random() < 0.3:
                house.tell(connection, sent)

    def officers(self, rng, crosses):
        house = self.house
        connection = house.connect("operator")
        step = rng.randint(0, 6)
        while not self.over.is_set():
            windows = house.listing(connection, "WINDOWS")
            for window in windows:
                if window["state"] not in ("OPEN", "CLOSED"):
                    fix(house, window["id"])
            now = datetime.datetime.fromisoformat(house.query(connection, "clock")["now"])
            target = now + datetime.timedelta(minutes=rng.randint(1, 20))
            step -= 1
            if crosses and step < 0:
                target = max(datetime.datetime.fromisoformat(windows[-1]["cutOff"]), now) + datetime.timedelta(hours=9)
                crosses = False
            stamp = target.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            house.run.event("clock")
            shown = house.query(connection, "clock-advance", stamp)["now"]
            with house.lock:
                house.clock = max(house.clock, shown)
            self.over.wait(rng.random() * 0.3)

    def readers(self, rng, _):
        house = self.house
        while not self.over.is_set():
            partner = rng.choice(list(UNITS))
            connection = house.connect(partner)
            names = [row["id"] for row in house.listing(connection, "STATEMENTS") if ".csv" in row["id"]]
            for name in rng.sample(names, min(2, len(names))):
                house.fetch(connection, partner, name)
            judged = [sent for sent in house.files[:] if sent.partner == partner and "VALIDATED" in sent.promises]
            if judged:
                old = rng.choice(judged[:10])
                if window_of(old) in closed(house, connection):
                    house.wait(connection, old, "CLEARED")
            connection.close()
            self.over.wait(rng.random() * 0.3)


def window_of(sent):
    return text(ElementTree.fromstring(sent.promises["VALIDATED"][1]), "WindowId")


def closed(house, connection):
    return {row["id"] for row in house.listing(connection, "WINDOWS") if row["state"] == "CLOSED"}


def fix(house, window):
    fields = {"act": "fixing", "base": "EUR", "quote": "TND", "rate": "3.39110", "reference": "crash-" + window,
              "source": "Banque-centrale", "window": window}
    document = json.dumps(fields, sort_keys=True).encode() + b"\n"
    try:
        house.act("maker", document, False)
        house.act("checker", document, True)
    except house.run.client.ClientError as error:
        if error.code not in ("ACT-004", "ACT-005"):
            raise


# --- what must hold -----------------------------------------------------------------------------

def verify_partner(house, rng, partner, everything, counts):
    connection = house.connect(partner)

    def chosen(all_sent):
        mine = [sent for sent in all_sent if sent.partner == partner]
        if everything:
            return mine
        open_ends = [sent for sent in mine if sent.is_sent and not ({"VALIDATED", "ANSWER"} & sent.promises.keys())]
        return list(dict.fromkeys(open_ends + mine[-8:] + rng.sample(mine, min(6, len(mine)))))

    for sent in sorted(chosen(house.files), key=lambda sent: sent.number):
        held = dict(sent.promises)
        grades = house.upload(connection, sent)
        if held.keys() - grades.keys():
            raise Violation(f"{sent.name}: {held.keys() - grades.keys()} is missing after the restart")
        if "VALIDATED" not in grades:
            house.wait(connection, sent, "VALIDATED")
        again = house.upload(connection, sent)
        if not {"RECEIVED", "VALIDATED"} <= again.keys():
            raise Violation(f"{sent.name}: the second resend brought {sorted(again)}")
        counts["files" if held else "files accepted on resend"] += 1
    for sent in chosen(house.messages):
        kind = "answers" if sent.promises else "messages answered on resend"
        house.tell(connection, sent)
        house.tell(connection, sent)
        counts[kind] += 1
    named = [name for owner, name in list(house.documents) if owner == partner]
    for name in named if everything else rng.sample(named, min(4, len(named))):
        house.fetch(connection, partner, name)
        counts["documents"] += 1
    listed = [row["id"] for row in house.listing(connection, "RECEIPTS")]
    promised = {value[0].decode() for sent in house.files if sent.partner == partner
                for value in sent.promises.values()}
    ours = set(listed) - house.old_receipts
    if len(set(listed)) != len(listed) or promised - ours:
        raise Violation(f"{partner}: receipts are missing in the listing, or there twice: {sorted(promised - ours)}")
    if everything and ours != promised:
        raise Violation(f"{partner}: there are receipts of nothing that was sent: {sorted(ours - promised)}")
    connection.close()


def verify(house, rng, everything=False):
    """Asks again for what was promised before; everything, or the last, the open and some of the others."""
    counts = dict.fromkeys(("files", "files accepted on resend", "answers", "messages answered on resend", "documents",
                            "acts"), 0)
    for partner in UNITS:
        verify_partner(house, rng, partner, everything, counts)
    for document, sent in list(house.acts.items()):
        if "FACT" in sent.promises:
            house.act("checker", document, True)
            counts["acts"] += 1
    house.require_alive()
    for name, count in counts.items():
        house.run.counts[name] = house.run.counts.get(name, 0) + count


def balance(house):
    """Compares accepted records and points with the statements' lines, window by window."""
    compared = 0
    for partner in UNITS:
        connection = house.connect(partner)
        expected = {}

        def add(window, records, points):
            before = expected.get(window, (0, 0))
            expected[window] = (before[0] + records, before[1] + points)

        for sent in [sent for sent in house.files if sent.partner == partner and sent.is_sent]:
            root = ElementTree.fromstring(sent.promises["VALIDATED"][1])
            for total in root.iterfind(".//{*}StatusSum[@status='ACCP']"):
                add(text(root, "WindowId"), int(total.get("records")), int(total.get("points")))
        for sent in [sent for sent in house.messages if sent.partner == partner and sent.is_sent]:
            status, window, points = answer(sent)
            if status == "ACCP":
                add(window, 1, points)
        for window in sorted(closed(house, connection)):
            if window < FIRST_WINDOW:
                continue
            rows = csv.DictReader(io.StringIO(house.fetch(connection, partner, f"CLS-{window}-{partner}.csv").decode()))
            lines = [row for row in rows if row["row"] == "LINE"]
            found = (sum(int(row["records"]) for row in lines), sum(int(row["points"]) for row in lines))
            if found != expected.get(window, (0, 0)):
                raise Violation(f"{partner}, {window}: the statement has {found[0]} records and {found[1]} points, "
                                f"receipts and answers have {expected.get(window, (0, 0))}")
            compared += 1
            house.run.counts["points compared"] = house.run.counts.get("points compared", 0) + found[1]
        connection.close()
    house.run.counts["statements compared"] = house.run.counts.get("statements compared", 0) + compared


def answer(sent):
    """Status, window and points of an answer."""
    done = subprocess.run(["openssl", "cms", "-verify", "-noverify", "-nosigs", "-binary", "-inform", "DER"],
                          input=sent.promises["ANSWER"], capture_output=True, check=True)
    root = ElementTree.fromstring(done.stdout)
    converted = root.find(".//{*}Conversion/{*}To")
    points = int(converted.text) if converted is not None else sent.record.amount
    return text(root, "Status"), text(root, "WindowId"), points


# --- the run ------------------------------------------------------------------------------------

class Run:
    def __init__(self, options, folder):
        self.binary, self.client, self.folder = options.binary, load_client(options.client), folder
        self.rng, self.counts, self.trigger, self.copies = random.Random(options.seed), {}, None, []
        self.house = None
        self.has = {name: f"coalition {name} " in self.help(name) for name in ("check", "backup")}

    def help(self, name):
        return subprocess.run([self.binary, name, "--help"], capture_output=True, text=True).stdout

    def event(self, name):
        """A client has just sent something: the moment that a kill may wait for."""
        if self.trigger and self.trigger[0] == name:
            self.trigger[1].set()

    def check(self, data):
        if not self.has["check"]:
            return
        done = subprocess.run([self.binary, "check", "--data", data], capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Violation(f"check of {data}: status {done.returncode}: {done.stdout[-1500:]} {done.stderr[-1500:]}")
        self.counts["checks"] = self.counts.get("checks", 0) + 1

    def backup(self, house, number):
        copy = house.folder / f"backup{number}"
        done = subprocess.run([self.binary, "backup", "--data", house.data, "--to", copy], capture_output=True,
                              text=True, timeout=600)
        if done.returncode != 0:
            raise Violation(f"backup: status {done.returncode}: {done.stderr}")
        self.counts["backups"] = self.counts.get("backups", 0) + 1
        self.copies.append(copy)

    def moment(self):
        """When to kill: at the start, at a time, or just after clients have sent something of a kind."""
        draw = self.rng.random()
        if draw < 0.15:
            return "start", self.rng.random() * 0.5
        if draw < 0.55:
            return "time", self.rng.random() ** 2 * 4
        return self.rng.choice(("upload", "message", "act", "clock")), self.rng.random() ** 2 * 0.2

    def round(self, house, number):
        kind, delay = self.moment()
        house.begin()
        if kind == "start":
            time.sleep(delay)
            house.kill()
            return kind, delay, 0
        house.listening()
        verify(house, self.rng)
        if number % BALANCE_EVERY == 0:
            balance(house)
        crosses = house.cutoffs < CUTOFFS_PER_HOUSE and self.rng.random() < 0.6
        house.cutoffs += crosses
        happened = threading.Event()
        self.trigger = (kind, happened) if kind != "time" else None
        skipped = self.rng.random() * 1.5
        load = Load(house, self.rng, crosses)
        if number % BACKUP_EVERY == 0 and self.has["backup"]:
            self.backup(house, number)
        if self.trigger:
            time.sleep(skipped)
            happened.clear()
            happened.wait(5)
        time.sleep(delay)
        load.over.set()
        house.kill()
        load.end()
        return kind, delay, load.done

    def finish(self, house):
        """Closes every window, asks for everything again, and compares the books."""
        house.begin()
        house.listening()
        verify(house, self.rng)
        connection = house.connect("operator")
        windows = house.listing(connection, "WINDOWS")
        end = datetime.datetime.fromisoformat(windows[-1]["cutOff"]) + datetime.timedelta(hours=9)
        house.query(connection, "clock-advance", end.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        for window in windows:
            if window["state"] != "CLOSED":
                fix(house, window["id"])
        left = [row for row in house.listing(connection, "WINDOWS")[:-1] if row["state"] != "CLOSED"]
        if left:
            raise Violation(f"windows do not close: {left}")
        connection.close()
        verify(house, self.rng, everything=True)
        balance(house)
        house.stop()
        for place in self.copies + [house.data]:
            self.check(place)
        self.copies.clear()

    def go(self, rounds):
        house, houses = None, 0
        for number in range(1, rounds + 1):
            if house is None:
                houses += 1
                house = self.house = House(self, houses)
                print(f"house {houses}: {house.folder}", flush=True)
            kind, delay, done = self.round(house, number)
            print(f"round {number}: killed {delay * 1000:.0f} ms after {kind}, {done} done; "
                  f"{len(house.files)} files, {len(house.messages)} messages, clock {house.clock}", flush=True)
            if number % ROUNDS_PER_HOUSE == 0 or number == rounds:
                self.finish(house)
                print(f"house {houses}: books balance", flush=True)
                shutil.rmtree(house.folder)
                house = None


def main():
    parser = argparse.ArgumentParser(description="Kills the gateway under load and checks its promises.")
    parser.add_argument("binary")
    parser.add_argument("rounds", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=random.SystemRandom().randrange(10 ** 9))
    parser.add_argument("--client", default=HERE.parent.parent / "Specs" / "client",
                        help="folder of coalition_client.py")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coalition-crash-"))
    print(f"seed {options.seed}, {options.rounds} rounds in {folder}", flush=True)
    run = Run(options, folder)
    print("commands: " + ", ".join(f"{name} {'yes' if there else 'no'}" for name, there in run.has.items()), flush=True)
    started = time.monotonic()
    try:
        run.go(options.rounds)
    except (Violation, run.client.ClientError, subprocess.SubprocessError) as error:
        print(f"VIOLATION: {error}\nseed {options.seed}; everything is kept in {folder}", flush=True)
        return 1
    finally:
        if run.house and run.house.process:
            run.house.process.kill()
            run.house.process.wait()
    print(f"held in all {options.rounds} rounds, {time.monotonic() - started:.0f} s; "
          + ", ".join(f"{count} {name}" for name, count in run.counts.items()))
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
