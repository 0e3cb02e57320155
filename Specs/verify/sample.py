"""A small house for the tests: the golden scenario as a host would log, seal and bundle it, with keys of its own.

Not part of the verifier.  Figures come from the verifier's own rules; the tests compare them with expected.json.
"""
import base64
import csv
import hashlib
import io
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import xml.etree.ElementTree as ET

import archive
import rules
import cms
import documents
import proofs
import programme
import records
import yaml_subset

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "scenarios" / "golden"
MESSAGES = {"A-771", "T07", "T08", "T03"}
CARD = "9250123456789013"
PROFILES = {"host": ["host"], "partner": ["MARCHE", "RAILCO", "BANQUE", "CARBU", "stranger", "MARCHE2"],
            "officer": ["maker", "checker"], "connection": ["CARBU-tls"]}  # Certs/README.md
PEOPLE = {name: profile for profile, names in PROFILES.items() for name in names}
CONFIG = """[ca]
default_ca=c
[c]
dir=.
database=index
new_certs_dir=.
serial=serial
crlnumber=crlnumber
default_md=sha256
policy=p
[p]
commonName=supplied
[host]
extendedKeyUsage=emailProtection,1.3.6.1.4.1.55555.1.2
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
[partner]
extendedKeyUsage=emailProtection,1.3.6.1.4.1.55555.1.1
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
[officer]
extendedKeyUsage=clientAuth,emailProtection,1.3.6.1.4.1.55555.1.3
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
[connection]
extendedKeyUsage=clientAuth
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
[a]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[req]
distinguished_name=d
[d]
"""


def sh(folder: str, *command: str, data: bytes = b"") -> bytes:
    done = subprocess.run(command, cwd=folder, input=data, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.decode()}")
    return done.stdout


class Pki:
    """Authority, signers and the log's key, made by openssl, valid from 2025 to 2040."""

    def __init__(self, revoked: str = "") -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="pki-")
        at = self.at = self.folder.name
        for name, text in (("index", ""), ("serial", "1000\n"), ("crlnumber", "01\n"), ("ca.cnf", CONFIG)):
            pathlib.Path(at, name).write_text(text)
        dates = [
            "-startdate", "20250101000000Z", "-enddate", "20400101000000Z", "-batch", "-config", "ca.cnf", "-notext"
        ]
        for name in ["ca", *PEOPLE]:
            sh(at, "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-keyout", name + ".key", "-out", name + ".csr", "-subj", f"/CN={name}", "-config", "ca.cnf")
            if name == "ca":
                sh(at, "openssl", "ca", "-selfsign", "-keyfile", "ca.key", "-in", "ca.csr", "-out", "ca.pem",
                   "-extensions", "a", *dates)
            else:
                sh(at, "openssl", "ca", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr", "-out",
                   name + ".pem", "-extensions", PEOPLE[name], *dates)
        if revoked:
            sh(at, "openssl", "ca", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-revoke",
               revoked + ".pem")
        sh(at, "openssl", "ca", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-gencrl",
           "-crl_lastupdate", "20250101000000Z", "-crl_nextupdate", "20400101000000Z", "-out", "crl.pem")
        self.crl = sh(at, "openssl", "crl", "-in", "crl.pem", "-outform", "DER")
        sh(at, "openssl", "genpkey", "-algorithm", "ed25519", "-out", "log.key")
        self.log = sh(at, "openssl", "pkey", "-in", "log.key", "-pubout", "-outform", "DER")[-32:]
        self.origin = "coalition.log/" + hashlib.sha256(self.log).hexdigest()[:16]
        self.pem = {name: pathlib.Path(at, name + ".pem").read_text() for name in ["ca", *PEOPLE]}
        self.print = {name: cms.from_pem(pem)[0].fingerprint for name, pem in self.pem.items()}
        self.made: dict = {}

    def key_id(self) -> bytes:
        return hashlib.sha256(self.origin.encode() + b"\n\1" + self.log).digest()[:4]

    def pins(self) -> str:
        body = base64.b64encode(b"\1" + self.log).decode()
        return f"{self.pem['ca']}logkey {self.origin}+{self.key_id().hex()}+{body}\n"

    def sign(self, who: str, data: bytes, attached: bool = False, silent: bool = False) -> bytes:
        place = (who, hashlib.sha256(data).digest(), attached, silent)
        if place not in self.made:
            self.made[place] = sh(self.at, "openssl", "cms", "-sign", "-binary", "-signer", who + ".pem", "-inkey",
                                  who + ".key", "-md", "sha256", "-nosmimecap", "-outform", "DER",
                                  *(["-nodetach"] if attached else []),
                                  *(["-nocerts"] if silent else []), data=data)
        return self.made[place]

    def line(self, text: bytes) -> str:
        path = os.path.join(self.at, "text")
        pathlib.Path(path).write_bytes(text)
        signature = sh(self.at, "openssl", "pkeyutl", "-sign", "-inkey", "log.key", "-rawin", "-in", path)
        return f"— {self.origin} {base64.b64encode(self.key_id() + signature).decode()}\n"

    def checkpoint(self, size: int, root: bytes) -> bytes:
        text = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        return (text + "\n" + self.line(text.encode())).encode()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def root_of(leaves: object) -> bytes:
    return proofs.root_of(b"".join(leaves))


def path_of(leaves: list, index: int) -> list:
    if len(leaves) <= 1:
        return []
    half = proofs.split(len(leaves))
    if index < half:
        return path_of(leaves[:half], index) + [root_of(leaves[half:])]
    return path_of(leaves[half:], index - half) + [root_of(leaves[:half])]


def attachment(name: str, data: bytes) -> dict:
    return {"name": name, "digest": sha(data), "length": len(data)}


def utc(at: int) -> str:
    import datetime
    return datetime.datetime.fromtimestamp(at // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_file(partner: str, number: int, at: str, rows: list[dict], message: str) -> bytes:
    sums: dict = {}
    for row in rows:
        sums[row["Unit"]] = sums.get(row["Unit"], 0) + int(row["LoyaltyAmount"])
    out = [f"#HEADER,1.0,{message},{at},{partner},HOST,SMILES,LIVE,{number},,", ",".join(records.COLUMNS)]
    out += [",".join(row.get(c, "") for c in records.COLUMNS) for row in rows]
    return ("\n".join(out + [f"#TRAILER,{len(rows)}" + "".join(f",{u},{s}" for u, s in sums.items())]) + "\n").encode()


def transaction(row: dict) -> str:
    def tag(name: str, text: str = "") -> str:
        return f"<{name}>{text or row[name]}</{name}>" if text or row.get(name) else ""

    original, account = row.get("OriginalTransactionId"), row["LoyaltyAccountId"]
    first = ("TransactionId", "LoyaltyTransactionType", "TransactionDateTime", "BusinessDate")
    return "<Transaction>" + "".join(tag(name) for name in first) + \
        f"<LoyaltyAccount><LoyaltyAccountId type=\"CARD\">{account}</LoyaltyAccountId></LoyaltyAccount>" + \
        f"<LoyaltyAmount unit=\"{row['Unit']}\">{row['LoyaltyAmount']}</LoyaltyAmount>" + tag("CreditDebit") + \
        tag("OriginalTransaction", f"<TransactionId>{original}</TransactionId>" if original else "") + \
        tag("PromotionId") + tag("ReasonCode") + "</Transaction>"


def xml_file(partner: str, number: int, at: str, rows: list[dict], message: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<LoyaltyTransactionBatch '
        f'xmlns="urn:coalition:clearing:batch:1" version="1.0"><GroupHeader>'
        f"<MessageId>{message}</MessageId><CreationDateTime>{at}</CreationDateTime><InitiatingParty>"
        f"{partner}</InitiatingParty>"
        f"<Recipient>HOST</Recipient><ProgrammeId>SMILES</ProgrammeId><Series>LIVE</Series><SequenceNumber>"
        f"{number}</SequenceNumber>"
        f"<NumberOfTransactions>{len(rows)}</NumberOfTransactions></GroupHeader>\n" +
        "\n".join(transaction(r) for r in rows) + "\n</LoyaltyTransactionBatch>\n").encode()


class House:
    """The log and everything that it refers to; `change` may alter what a dishonest host writes."""

    def __init__(self, pki: Pki, until: str = "W-2026-04B", change=None, messages: set = MESSAGES,
                 more: list = ()) -> None:
        self.messages, self.more = messages, list(more)
        self.erased, self.everywhere = set(), {}  # everywhere: facts that are shown outside of the range, too
        self.pki, self.change, self.until = pki, change or (lambda what, item: item), until
        self.log: list[bytes] = []
        self.facts: list[tuple] = []
        self.files, self.shown = {}, {}  # entries by name, of everything
        self.batches: dict[int, dict] = {}
        self.known: dict[str, tuple] = {}  # transaction id -> (batch, record)
        self.sequence, self.issued, self.closed, self.cut = {}, {}, [], set()
        self.books, self.accounts, self.steps, self.fixings, self.adjusted = {}, {}, [], {}, {}
        self.statements: dict[str, dict] = {}
        self.previous, self.lists = {}, {}
        self.golden = json.loads((GOLDEN / "expected.json").read_text())
        self.play()

    # -- the log -----------------------------------------------------------------------------------------------------

    def add(self, kind: str, body: dict, at: int) -> int:
        number = len(self.log) + 1
        kind, body, at = self.change("fact", (kind, body, at))
        data = json.dumps({"at": utc(at), "fact": {kind: body}, "seq": number, "v": 1}, sort_keys=True,
                          separators=(",", ":"), ensure_ascii=False).encode()
        self.log.append(data)
        self.facts.append((kind, body, at))
        return number

    def root(self, size: int) -> bytes:
        return root_of(proofs.leaf(fact) for fact in self.log[:size])

    def chain(self, size: int) -> str:
        value = bytes(32)
        for fact in self.log[:size]:
            value = hashlib.sha256(b"coalition-log-1" + value + proofs.leaf(fact)).digest()
        return value.hex()

    def put(self, name: str, data: bytes, *signers: str) -> None:
        self.files[name] = data
        for who in signers:
            self.files[name + ".p7s"] = self.pki.sign(who, data)

    # -- the programme -----------------------------------------------------------------------------------------------

    def load(self, at: int) -> None:
        pki, folder = self.pki, "programme/0001/"
        officers = [{"name": n.title(), "fingerprint": pki.print[n], "roles": [n.upper()]}
                    for n in ("maker", "checker")]
        self.add(
            "genesis",
            {"authorities": [pki.pem["ca"]], "clock": "TEST", "hostCertificate": pki.pem["host"], "officers": officers},
            at)
        names, agreements, promotions = [], [], []
        for path in sorted(GOLDEN.glob("programme/**/*.yaml")):
            text = path.read_text()
            name = str(path.relative_to(GOLDEN / "programme"))
            signers = ["maker", "checker"]
            if "certificates: []" in text:
                pem = "".join(f"      {line}\n" for line in pki.pem[path.stem].strip().split("\n"))
                text = text.replace(
                    "certificates: []", f"certificates:\n  - usage: SIGN\n    fingerprint: {pki.print[path.stem]}\n"
                    f"    activeFrom: 2025-01-01T00:00:00Z\n    pem: |\n{pem.rstrip()}")
                signers.append(path.stem)
                agreements.append(programme.resolve_agreement(yaml_subset.parse(text)))
            elif "promotions" in name:
                promotions.append(programme.resolve_promotion(yaml_subset.parse(text)))
                signers += ["MARCHE", "RAILCO"]
            self.files[folder + name] = text.encode()
            for who in self.change("approvals", signers):
                self.files[f"{folder}{name}.{who}.p7s"] = pki.sign(who, text.encode())
            names.append({"name": name, "digest": sha(text.encode())})
        resolved = {"agreements": agreements, "promotions": promotions}
        self.files[folder + "resolved.json"] = programme.canonical(resolved)
        y = yaml_subset.parse((GOLDEN / "programme" / "programme.yaml").read_text())
        windows = [w | {edge: utc(programme.instant(w[edge])) for edge in ("open", "cutoff")}
                   for w in programme.windows_by_rule(y)]
        import zoneinfo, datetime
        def table(name: str) -> dict:
            rows, last = [], None
            for hour in range(24 * 400):
                moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=hour)
                offset = int(moment.astimezone(zoneinfo.ZoneInfo(name)).utcoffset().total_seconds())
                if offset != last:
                    rows.append({"from": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "seconds": offset})
                last = offset
            return {"name": name, "offsets": rows}

        calendar = {
            "id": "SMILES", "host": "HOST", "hostName": "Coalition Host SA", "currency": "SML", "priceCurrency": "EUR",
            "openingPoints": 100000, "windows": windows, "zone": table("Europe/Paris"),
            "zones": [table("Africa/Tunis"), table("Europe/Paris")]
        }
        self.add("programmeLoaded", {"version": 1, "programme": {**calendar, **resolved, "officers": []}}, at)
        seal = {
            "version": 1, "files": names,
            "agreements": [{"partner": a["partner"], "digest": sha(programme.canonical(a))} for a in agreements],
            "promotions": [{"id": a["id"], "digest": sha(programme.canonical(a))}
                           for a in promotions], "calendar": calendar
        }
        fact = self.add("sealed", {"programme": seal}, at)
        self.p = programme.Programme(seal, fact, at)
        self.p.agreements = {a["partner"]: programme.Agreement(a) for a in agreements}
        self.p.promotions = {a["id"]: a for a in promotions}
        self.books = {w["id"]: rules.Book(w["id"], [self.p]) for w in windows}

    # -- what happens ------------------------------------------------------------------------------------------------

    def play(self) -> None:
        self.load(programme.instant("2026-02-28T23:00:00Z"))
        for at, what, item in sorted(self.events() + self.more, key=lambda e: e[0]):
            for window in self.p.windows:
                if window["id"] not in self.cut and programme.instant(window["cutoff"]) <= at:
                    self.cut.add(window["id"])
                    due = programme.instant(window["cutoff"])
                    self.add("windowCutOff", {"due": window["cutoff"], "window": window["id"]}, due)
            getattr(self, what)(at, item)
            if self.closed and self.closed[-1] == self.until:
                return

    def events(self) -> list:
        found, files = [], {}
        for r in self.golden["records"]:
            at = programme.instant(r["received"])
            if r.get("corrects"):
                found.append((at, "act", {
                    "act": "adjustment", "amount": r["units"], "businessDate": r["businessDate"],
                    "correctedLine": r["corrects"], "direction": r["dc"], "partner": r["partner"],
                    "reason": r["reason"], "unit": "EUR", "taxCategory": "S" if r["id"] == "T17" else "O",
                    **({"taxRate": "20"} if r["id"] == "T17" else {})
                }))
                continue
            row = {
                "TransactionId": r["id"], "LoyaltyTransactionType": r["type"],
                "TransactionDateTime": f"{r['businessDate']}T11:00:00Z", "BusinessDate": r["businessDate"],
                "AccountIdType": "CARD", "LoyaltyAccountId": CARD, "Unit": r["unit"], "LoyaltyAmount": str(r["units"])
            }
            row |= {"OriginalTransactionId": r["of"]} if r.get("of") else {}
            row |= {"PromotionId": r["promotion"]} if r.get("promotion") else {}
            row |= {"CreditDebit": "DBIT", "ReasonCode": r["reason"]} if r["type"] == "ADJT" else {}
            if r["id"] in self.messages:
                found.append((at, "message", (r["partner"], row)))
                continue
            files.setdefault((at, r["partner"]), []).append(row)
            if r["id"] == "T01":
                files[programme.instant("2026-03-18T02:20:00+01:00"), "MARCHE"] = [dict(row)]
            if r["id"] == "T09":
                files[at, "RAILCO"].append(dict(row, TransactionId="T19", LoyaltyAmount="1250"))
        found += [(at, "file", (partner, rows)) for (at, partner), rows in files.items()]
        for w in self.golden["windows"]:
            at = programme.instant(w["cutoff"]) + 9 * 3600_000
            found.append((at, "act", {
                "act": "fixing", "base": "EUR", "quote": "TND", "rate": w["eurTnd"], "source": "Banque",
                "window": w["id"]
            }))
            found.append((at + 1000, "close", w["id"]))
            found.append((at + 2000, "act", {"act": "approve", "window": w["id"]}))
        amounts = {(i["window"], i["partner"]): i for i in self.golden["instructions"]}
        for i, (window, partner, day, effect) in enumerate(self.golden["payments"]):
            one = amounts[window, partner]
            act = {
                "act": "confirm" if effect == "CONFIRMED" else "return", "instruction": one["endToEndId"],
                "bookingDate": day, "bankReference": f"B-{i}"
            }
            act |= {"amount": one["amount"]} if effect == "CONFIRMED" else {"reason": "AC04"}
            found.append((programme.instant(f"{day}T11:{i:02}:00+01:00"), "act", act))
        return found

    def act(self, at: int, act: dict) -> None:
        data = json.dumps(act, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        signers = self.change("officers", {"maker": "maker", "checker": "checker"})
        parts = {role: self.pki.sign(who, data) for role, who in signers.items()}
        evidence = {
            "document": attachment("act.json", data), **{
                role: {
                    "fingerprint": self.pki.print[signers[role]], "part": role, "signer": signers[role].title(),
                    "signature": attachment(f"act.json.{role}.p7s", parts[role])
                }
                for role in parts
            }
        }
        name = {"suspend-key": "suspendKey", "erase": "erasure"}.get(act["act"], act["act"])
        stated = self.stated.pop() if name == "erasure" else act if name == "suspendKey" else {}
        number = self.add("actCarriedOut", {"act": {name: {"_0": stated}}, "evidence": evidence}, at)
        if name in ("suspendKey", "erasure"):
            self.everywhere[number] = "*" if name == "erasure" else act["partner"]
            self.shown[number] = act["partner"]
        self.files[f"acts/{number:010}/act.json"] = data
        for role, signature in parts.items():
            self.files[f"acts/{number:010}/act.json.{role}.p7s"] = signature
        self.shown[number] = act.get("partner") or (act.get("instruction", "").split("-")[-2:-1] or [""])[0] or "*"
        if act["act"] == "fixing":
            self.fixings[act["window"], "EUR", "TND"] = act["rate"]
        elif act["act"] in ("suspend-key", "erase"):
            pass
        elif act["act"] == "adjustment":
            self.adjusted.setdefault((self.p.window_at(at)["id"], act["partner"]), []).append(act)
        else:
            self.steps.append((at, act))

    def erase(self, at: int, item: tuple) -> None:
        """The original of a file goes with the parts of its leaves; the leaves stay."""
        partner, sequence = item
        number = next(n for n, b in self.batches.items() if (b["partner"], b["number"]) == (partner, sequence))
        folder = f"batches/{number:010}/"
        self.stated = [{"batch": {"partner": partner, "sequence": sequence, "series": "LIVE"}, "received": [number],
                        "originals": [sha(self.files[folder + "original"])], "reason": "RETENTION"}]
        self.act(at, {"act": "erase", "file": f"{partner}/LIVE/{sequence}", "partner": partner, "reason": "RETENTION"})
        for name in ("original", "records.bin", "lines.json"):
            del self.files[folder + name]
        self.files[folder + "leaves.bin"] = b"".join(self.batches[number]["leaves"])
        self.erased.add(number)

    def answer(self, at: int, item: tuple) -> None:
        """A partner agrees to a statement."""
        partner, window = item
        data = self.files[f"statements/STL-{window}-{partner}.xml"]
        body = self.change("answer", {"PartnerId": partner, "StatementId": f"STL-{window}-{partner}",
                                      "StatementDigest": sha(data), "Verdict": "AGREED"})
        text = "".join(f"<{k}>{v}</{k}>" for k, v in body.items())
        said = f"<StatementAnswer>{text}</StatementAnswer>".encode()
        reply = f"<StatementAnswerReply>{text}<AnswerDigest>{sha(said)}</AnswerDigest></StatementAnswerReply>".encode()
        signer = self.change("signer", (partner, "answer"))[0]
        made = {"answer.cms": self.pki.sign(signer, said, True), "reply.cms": self.pki.sign("host", reply, True)}
        self.noted("answers", "statementAnswered", partner, at, made, {
            "statement": body["StatementId"], "statementDigest": body["StatementDigest"], "verdict": "AGREED",
            "signer": self.signer(signer, at), "digest": sha(said)})

    def rotate(self, at: int, item: tuple) -> None:
        """A partner registers a new key in place of an old one, which ends."""
        partner, new, until = item
        old = {"replaces": self.pki.print[partner], "replacedUntil": utc(until)}
        text = f"ROTATE {partner} SIGN\nFROM {utc(at)}\nREPLACES {old['replaces']}\nOLD-UNTIL {utc(until)}\n"
        text = self.change("request", text + self.pki.pem[new])
        prover = self.change("prover", new)
        reply = f"<KeyChange><PartnerId>{partner}</PartnerId><Registered use='SIGN'>{self.pki.print[new]}</Registered>" \
            f"<Replaces>{old['replaces']}</Replaces></KeyChange>"
        made = {"request.cms": self.pki.sign(partner, text.encode(), True), "proof.p7s": self.pki.sign(
            prover, text.encode()), "reply.cms": self.pki.sign("host", reply.encode(), True)}
        self.noted("keys", "keyChanged", partner, at, made, {
            "change": {"rotated": {"_0": {"grant": {"usage": "SIGN", "fingerprint": self.pki.print[new],
                                                    "activeFrom": utc(at)}, **old}}},
            "signer": self.signer(partner, at), "digest": sha(text.encode())})

    def noted(self, folder: str, kind: str, partner: str, at: int, made: dict, body: dict) -> None:
        fact = {"partner": partner, "attachments": [attachment(name, data) for name, data in made.items()]}
        number = self.add(kind, fact | body, at)
        self.files |= {f"{folder}/{number:010}/{name}": data for name, data in made.items()}
        self.everywhere[number] = partner

    def clear(self, at: int, item: tuple) -> None:
        """The receipt CLEARED of a file, with the paths of its three facts."""
        partner, sequence = item
        number, b = next((n, b) for n, b in self.batches.items() if (b["partner"], b["number"]) == (partner, sequence))
        size, folder = len(self.log), f"batches/{number:010}/"
        leaves = [proofs.leaf(fact) for fact in self.log]
        seal = next(n for n, (k, body, _) in enumerate(self.facts, 1) if k == "sealed"
                    and body.get("window", {}).get("window") == b["window"])
        from xml.sax.saxutils import escape
        evidence = f'<Checkpoint size="{size}" root="{self.root(size).hex()}">{self.pki.checkpoint(size, self.root(size)).decode()}</Checkpoint>'
        for one in self.change("inclusions", [number, b["sealed"], seal]):
            path = "".join(f"<Hash>{h.hex()}</Hash>" for h in path_of(leaves, one - 1))
            evidence += f'<Inclusion sequence="{one}"><Fact>{escape(self.log[one - 1].decode())}</Fact>{path}</Inclusion>'
        original = self.files[folder + "original"]
        cleared = self.receipt(folder, "cleared", partner, sequence, original, self.p.window(b["window"]), at, evidence)
        made = [attachment("receipt.xml", cleared), attachment("receipt.xml.p7s", self.files[folder + "cleared.xml.p7s"])]
        self.issued[partner] += 1
        self.everywhere[self.add("fileCleared", {"attachments": made, "received": number, "window": b["window"], "batch": {
            "partner": partner, "sequence": sequence, "series": "LIVE"}}, at)] = partner

    def signer(self, who: str, at: int) -> dict:
        return {
            "algorithm": "ECDSA P-256 SHA-256", "fingerprint": self.pki.print[who], "judgedAt": utc(at),
            "revocationLists": [sha(self.pki.crl)], "warnings": []
        }

    def judge(self, partner: str, rec: records.Record, number: int, batch: int, at: int, window: str,
              duplicate: bool) -> tuple:
        """Leaf head, private part, lines and promotion of one record, posted to the window's book."""
        p, book = self.p, self.books[window]
        for other in self.books.values():
            other.originals = book.originals if other is not book else other.originals
        points_units = {p.currency, p.agreements[partner].own}
        ident, content = records.identity(partner, rec.get("TransactionId")), rec.content(points_units)
        original = self.known.get(rec.get("TransactionId") if duplicate else rec.get("OriginalTransactionId"), (0, 0))
        flags = records.HAS_DATE | (records.HAS_ORIGINAL if original != (0, 0) else 0)
        private = records.Private(
            hashlib.sha256(b"salt%d-%d" % (batch, number)).digest()[:16], ident, content, bytes(16), rec.offset,
            rec.length, original)
        base = (number, rec.get("LoyaltyTransactionType"))
        day, units = programme.day_number(rec.get("BusinessDate")), rec.units(points_units)
        if duplicate or rec.get("TransactionId") == "T19":
            return records.Leaf(*base, "DUPL" if duplicate else "RJCT", flags, rec.get("Unit"), units, 0, day, 0, (),
                                bytes(32), bytes(32)), private, [], ""
        probe = records.Leaf(*base, "ACCP", flags, rec.get("Unit"), units, 0, day, 0, (), b"", b"")
        points, flags, lines, left = book.expect(rec, probe, partner, at, p, window, book.originals.get(original))
        points = self.change("points", (rec.get("TransactionId"), points))[1]
        if len(lines) == 1:
            lines = [(lines[0][0], lines[0][1], points)]
        leaf = records.Leaf(*base, "ACCP", flags, rec.get("Unit"), units, points, day, left, tuple(l[2] for l in lines),
                            bytes(32), bytes(32))
        promotion = rec.get("PromotionId") or (book.originals[original].promotion if original in book.originals else "")
        book.originals[batch, number] = rules.Original(leaf, private, promotion, lines)
        bonus = leaf.type == "BONU" or any(k["kind"].startswith("BONUS") for _, k, _ in lines)
        for _, key, part in lines:
            book.count(key, part if bonus else units, part, flags, "recomputed")
        book.host_funded += (points - sum(l[2] for l in lines)) * (1 if leaf.type == "BONU" else -1) if bonus else 0
        self.known[rec.get("TransactionId")] = (batch, number)
        return leaf, private, lines, promotion

    def file(self, at: int, item: tuple) -> None:
        partner, rows = item
        number = self.sequence[partner] = self.sequence.get(partner, 0) + 1
        window, fact, message = self.p.window_at(at), len(self.log) + 1, f"{partner}-{number}"
        data = (xml_file if number % 2 else csv_file)(partner, number, utc(at), rows, message)
        folder = f"batches/{fact:010}/"
        reader = (records.XmlReader if number % 2 else records.CsvReader)([data])
        signer = self.change("signer", (partner, message))[0]
        self.put(folder + "original", data)
        self.files[folder + "signature.p7s"] = self.pki.sign(signer, data)
        received = self.receipt(folder, "received", partner, number, data, window, at,
                                f'<Log size="{fact - 1}" algorithm="SHA-256">{self.root(fact - 1).hex()}</Log>')
        batch = {"partner": partner, "sequence": number, "series": "LIVE"}
        body = {
            "attachments": [
                attachment("signature.p7s", self.files[folder + "signature.p7s"]),
                attachment("receipt.xml", received),
                attachment("receipt.xml.p7s", self.files[folder + "received.xml.p7s"])
            ], "batch": batch, "digest": sha(data), "format": "XML", "gaps": [], "programmeVersion": 1,
            "receiptID": f"RCP-{fact:04}", "signer": self.signer(signer, at), "size": len(data), "window": window["id"]
        }
        assert self.add("fileReceived", body, at) == fact
        judged = [
            self.judge(partner, rec, i, fact, at, window["id"],
                       rec.get("TransactionId") in self.known) for i, rec in enumerate(reader, 1)
        ]
        self.seal(folder, fact, partner, window["id"], judged)
        leaves = self.batches[fact]["leaves"]
        status = ["RJCT" if all(j[0].status == "RJCT" for j in judged) else "PART",
                  "ACCP"][all(j[0].status != "RJCT" for j in judged)]
        sums: dict = {}
        for leaf in (j[0] for j in judged):
            total = sums.setdefault((leaf.status, leaf.unit), [0, 0, 0])
            for k, value in enumerate((1, leaf.units, leaf.points)): total[k] += value
        inner = "".join(f'<StatusSum status="{s}" unit="{u}" records="{t[0]}" units="{t[1]}" points="{t[2]}"/>'
                        for (s, u), t in sums.items())
        root = root_of(leaves)
        validated = self.receipt(folder, "validated", partner, number, data, window, at,
                                 f"<RecordsTree>{root.hex()}</RecordsTree>", f"<FileStatus>{status}</FileStatus>",
                                 inner)
        self.add(
            "fileDecided", {
                "attachments": [
                    attachment("receipt.xml", validated),
                    attachment("receipt.xml.p7s", self.files[folder + "validated.xml.p7s"])
                ], "batch": batch, "messageID": message, "received": fact, "status": status
            }, at)
        seal = {
            "received": fact, "batch": batch, "digest": sha(data), "window": window["id"], "status": status,
            "count": len(judged), "root": root.hex(), "leaf": 1
        }
        self.batches[fact]["number"] = number
        self.batches[fact]["sealed"] = self.add("sealed", {"records": seal}, at)
        self.issued[partner] = self.issued.get(partner, 0) + 2
        self.lists.setdefault(partner, []).append((window["id"], number, fact, status, sha(data)))
        accepted = [j[0] for j in judged if j[0].status == "ACCP"]
        self.books[window["id"]].charge(
            self.p, partner, self.p.day(at), {
                "RECORD": len(accepted), "LATE": sum(l.flags & 1
                                                     for l in accepted), "REJECTED": sum(j[0].status == "RJCT"
                                                                                         for j in judged), "FILE": 1
            })

    def receipt(self, folder: str, grade: str, partner: str, number: int, data: bytes, window: dict, at: int,
                evidence: str, status: str = "", inner: str = "") -> bytes:
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Receipt xmlns="urn:coalition:clearing:receipt:1" '
            f'version="1.0"><ReceiptId>RCP-{folder[-5:-1]}</ReceiptId>'
            f"<Grade>{grade.upper()}</Grade><IssuedDateTime>{utc(at)}</IssuedDateTime><PartnerId>"
            f"{partner}</PartnerId><Series>LIVE</Series>"
            f'<SequenceNumber>{number}</SequenceNumber><DryRun>false</DryRun><FileDigest algorithm="SHA-256">'
            f'{sha(data)}</FileDigest><FileSize>{len(data)}</FileSize>'
            f"{status}<WindowId>{window['id']}</WindowId><NextCutOffDateTime>"
            f"{window['cutoff']}</NextCutOffDateTime><ProgrammeVersion>1</ProgrammeVersion>"
            f"{inner}<Evidence>{evidence}</Evidence></Receipt>\n").encode()
        self.put(f"{folder}{grade}.xml", text, "host")
        return text

    def seal(self, folder: str, fact: int, partner: str, window: str, judged: list) -> None:
        """records.bin, lines.json and the leaves."""
        keys, sets, shares, table, leaves = [], [], {}, b"", []
        for leaf, private, lines, promotion in judged:
            chosen = -1
            if lines:
                for _, key, _ in lines:
                    if key not in keys: keys.append(key)
                one = {"lines": [keys.index(k) for _, k, _ in lines], "promotion": promotion}
                if one not in sets: sets.append(one)
                chosen = sets.index(one)
                if len(lines) != 1 or promotion: shares[str(leaf.number)] = list(leaf.shares)
            table += leaf.data()[:42] + struct.pack(">i16s16s16s16sQIQI", chosen, *private[:6], *private[6])
        text = {
            "lines": [{"salt": hashlib.sha256(b"line%d-%d" % (fact, i)).digest()[:16].hex(), "key": k}
                      for i, k in enumerate(keys)], "sets": sets, "shares": shares, "window": window
        }
        for line in text["lines"]: line["digest"] = records.line_digest(bytes.fromhex(line["salt"]), line["key"]).hex()
        made, rows = records.Lines(text), []
        for i in range(len(judged)):
            rows.append(records.read_row(table[i * 134:i * 134 + 134], made))
            leaves.append(proofs.leaf(rows[-1][0].data()))
        self.files[folder + "records.bin"], self.files[folder + "lines.json"] = table, json.dumps(
            text, sort_keys=True).encode()
        self.batches[fact] = {"partner": partner, "window": window, "leaves": leaves, "rows": rows, "lines": text, "number": 0}

    def message(self, at: int, item: tuple) -> None:
        partner, row = item
        fact, window, name = len(self.log) + 1, self.p.window_at(at), f"{partner}-RT-{row['TransactionId']}"
        data = (
            f'<?xml version="1.0"?>\n<LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">'
            f'<MessageHeader><MessageId>{name}</MessageId>'
            f"<CreationDateTime>{utc(at)}</CreationDateTime><PartnerId>{partner}</PartnerId></MessageHeader>"
            f"{transaction(row)}</LoyaltyRequest>"
        ).encode()
        rec = next(iter(records.XmlReader([data])))
        leaf, private, lines, promotion = self.judge(partner, rec, 1, fact, at, window["id"], False)
        folder = f"messages/{fact:010}/"
        signer = self.change("signer", (partner, name))[0]
        self.files[folder + "message.cms"] = self.pki.sign(signer, data, True)
        self.files[folder + "answer.cms"] = self.pki.sign("host", b"<answer/>", True)
        stated = [self.posted(key, points) for _, key, points in lines]
        if any(who != partner for who, _, _ in lines):  # it posts to another partner: sealed, and shown like a file
            for end in ("message.cms", "answer.cms"):
                self.files[f"batches/{fact:010}/{end}"] = self.files[folder + end]
            self.seal(f"batches/{fact:010}/", fact, partner, window["id"], [(leaf, private, lines, promotion)])
        entry = {
            "businessDate": row["BusinessDate"], "content": private.content.hex(), "identity": private.identity.hex(),
            "isCarriedOver": False, "isLate": False, "length": rec.length, "offset": rec.offset, "lineSet": 0,
            "member": "00" * 16, "points": leaf.points, "record": 1, "status": "ACCP", "type": leaf.type,
            "unit": leaf.unit, "units": leaf.units
        }
        entry |= {"original": {"batch": private.original[0], "record": private.original[1]}
                  } if private.original != (0, 0) else {}
        self.add(
            "messageAnswered", {
                "attachments": [attachment(n, self.files[folder + n]) for n in ("message.cms", "answer.cms")
                                ], "digest": sha(data), "entry": entry, "messageID": name, "partner": partner,
                "programmeVersion": 1, "signer": self.signer(signer, at), "status": "ACCP", "posting": {
                    "lineSets": [{"lines": list(range(len(lines)))}], "lines": stated, "window": window["id"]
                }
            }, at)
        if fact in self.batches:
            seal = {
                "received": fact, "messageID": name, "partner": partner, "digest": sha(data), "window": window["id"],
                "status": "ACCP", "count": 1, "root": root_of(self.batches[fact]["leaves"]).hex(), "leaf": 1
            }
            self.add("sealed", {"records": seal}, at)
        self.lists.setdefault((partner, "RT"), []).append(window["id"])
        self.books[window["id"]].charge(self.p, partner, self.p.day(at), {"RECORD": 1})

    @staticmethod
    def posted(key: dict, points: int) -> dict:
        tax = {"category": key["taxCategory"], **({"rate": key["taxRate"]} if key["taxRate"] else {})}
        return {
            "points": points, "key": {
                "direction": key["side"], **{k: key[k]
                                             for k in ("kind", "partner", "price", "subSource", "unit")}, "tax": tax,
                **({"ratio": key["ratio"]} if key["ratio"] else {})
            }
        }

    # -- the close ---------------------------------------------------------------------------------------------------

    def close(self, at: int, window: str) -> None:
        size, book = len(self.log), self.books[window]
        root, head, listed, results, stated = self.root(size), (size, self.chain(size)), [], {}, []
        book.monthly(self.p)
        cutoff = programme.instant(self.p.window(window)["cutoff"])
        for partner in sorted(self.p.agreements):
            account = self.accounts.setdefault(
                partner, {"closing": 0, "carried": 0, "instructions": [], "position": 0, "number": 0})
            account["number"] += 1
            replay = rules.Account(self.p.agreements[partner].currency)
            replay.closing, replay.carried = account["closing"], account["carried"]
            for end, amount in account["instructions"]: replay.issued(end, amount)
            for when, act in self.steps:
                if when < cutoff: replay.apply(when, act)
            lines = rules.settlement_lines(book, partner, self.p, self.fixings, self.adjusted.get((window, partner),
                                                                                                  []))
            result = results[partner] = rules.settle(book, partner, self.p, lines, replay)
            frame = documents.Frame(self.p, window, partner, account["number"], utc(at), head)
            for kind, made in (("CLS", documents.clearing_statement(frame, book, account["position"])),
                               ("STL", documents.settlement_statement(frame, result, "SML"))):
                table, (rows, text) = io.StringIO(), documents.forms(made)
                made.append(self.evidence(kind, partner, window, size, root, account["number"]))
                csv.writer(table, lineterminator="\n").writerows(rows)
                forms = {
                    "xml": ET.tostring(made, encoding="UTF-8", xml_declaration=True),
                    "csv": table.getvalue().encode(), "txt": "\n".join(text).encode() + b"\n"
                }
                for suffix, data in forms.items():
                    name = f"{kind}-{window}-{partner}.{suffix}"
                    self.put("statements/" + name, self.change("statement", (name, data))[1], "host")
                    listed.append(attachment(name, self.files["statements/" + name]))
                self.previous[kind, partner] = sha(self.files[f"statements/{kind}-{window}-{partner}.xml"])
            account["closing"] = result.figures["closing"]
            account["carried"] = account["carried"] + 1 if result.action == "CARRIED_FORWARD" else 0
            account["position"] += sum(l.points if l.key["side"] == "CRDT" else -l.points for l in book.of(partner))
            stated.append(self.outcome(partner, account["number"], result))
            if result.end_to_end: account["instructions"].append((result.end_to_end, result.figures["due"]))
        self.statements[window] = results
        name = f"HST-{window}.xml"
        self.put("statements/" + name, self.summary(window, results), "host")
        listed.append(attachment(name, self.files["statements/" + name]))
        closed = self.add("windowClosed", {"window": window, "accounts": self.change("accounts", stated)}, at)
        self.add("sealed", {"window": {"window": window, "closed": closed, "documents": listed}}, at)
        self.closed.append(window)
        note = self.pki.checkpoint(len(self.log), self.root(len(self.log)))
        self.add("checkpointSigned", {"attachments": [attachment("checkpoint.note", note)]}, at)

    def outcome(self, partner: str, number: int, result: rules.Result) -> dict:
        """What the fact of a close says of an account."""
        currency = self.p.agreements[partner].currency

        def money(minor: int) -> dict:
            return {"currency": currency, "minorUnits": minor}

        one = {"partner": partner, "statementNumber": number, "action": result.action}
        one |= {name: money(value) for name, value in result.figures.items()}
        if result.end_to_end:
            one["instruction"] = {"amount": money(result.figures["due"]), "endToEndID": result.end_to_end,
                                  "valueDate": result.value_date}
        return one

    def evidence(self, kind: str, partner: str, window: str, size: int, root: bytes, number: int) -> ET.Element:
        element, note = documents.element, self.pki.checkpoint(size, root).decode()
        made = element("Evidence", "", element("Checkpoint", note, size=size, root=root.hex()))
        if number > 1:
            made.append(element("PreviousStatement", self.previous[kind, partner]))
        own = self.lists.get(partner, [])
        every = [s for _, _, _, s, _ in own]
        made.append(element("Files", series="LIVE", through=len(own), received=len(own), accepted=every.count("ACCP"),
                            partlyAccepted=every.count("PART"), refused=every.count("RJCT"), refusedAtDoor=0, replaced=0,
                            withdrawn=0, undecided=0))
        for _, sequence, fact, status, digest in self.change("list", [one for one in own if one[0] == window]):
            made.append(element("File", digest, sequence=sequence, fact=fact, status=status,
                                receipts=f"RCP-{fact:04} RCP-{fact:04}"))
        answered = self.lists.get((partner, "RT"), []).count(window)
        made.append(element("Messages", accepted=answered, refused=0, duplicate=0))
        made.append(element("Receipts", issued=self.issued.get(partner, 0)))
        made.append(element("Statements", issued=number - 1))
        return made

    def known_name(self, batch: int, record: int) -> str:
        return next((name for name, place in self.known.items() if place == (batch, record)), "")

    def summary(self, window: str, results: dict) -> bytes:
        from stage_figures import column
        book, root, total, nets = self.books[window], ET.Element("HostSummary"), 0, {}
        opening = 100000 if not self.closed else self.outstanding
        root.append(documents.element("OpeningOutstanding", opening))
        for partner in results:
            sums = dict.fromkeys(
                ("issued", "redeemed", "transferredIn", "transferredOut", "reversedFromMembers", "reversedToMembers"),
                0)
            for line in book.of(partner): sums[column(line.key["kind"], line.key["side"])] += line.points
            sums["movement"] = sum(l.points if l.key["side"] == "DBIT" else -l.points for l in book.of(partner))
            total += sums["movement"]
            root.append(documents.element("PartnerPoints", partner=partner, **{k: str(v) for k, v in sums.items()}))
        self.outstanding = opening + total + book.host_funded
        root.extend([
            documents.element("HostFunded", book.host_funded),
            documents.element("ClosingOutstanding", self.outstanding)
        ])
        for partner, r in results.items():
            currency = self.p.agreements[partner].currency
            nets[currency] = nets.get(currency, 0) - r.figures["net"]
            cash = {k: rules.money_text(v, currency) for k, v in r.figures.items()}
            root.append(
                documents.element("Account", partner=partner, currency=currency, action=r.action,
                                  endToEndId=r.end_to_end, valueDate=r.value_date, **cash))
        root.extend([documents.element("HostNet", rules.money_text(n, c), currency=c) for c, n in nets.items()])
        root.append(
            documents.element("JournalHead", self.chain(len(self.log)), algorithm="SHA-256", sequence=len(self.log)))
        root.append(
            documents.element("Evidence", "",
                              documents.element("Checkpoint", size=len(self.log), root=self.root(len(self.log)).hex())))
        return ET.tostring(root, encoding="UTF-8", xml_declaration=True)

    # -- bundles -----------------------------------------------------------------------------------------------------

    def bundle(self, window: str, partner: str = "") -> dict[str, bytes]:
        """The entries of a bundle but manifest and signature."""
        windows = [w["id"] for w in self.p.windows]
        def find(kind: str, name: str) -> int:
            return next((i for i, (k, b, _) in enumerate(self.facts, 1)
                         if k == kind and (b.get("window") == name or b.get("window", {})
                                           and isinstance(b.get("window"), dict) and b["window"]["window"] == name)), 0)
        before = windows[windows.index(window) - 1] if windows.index(window) else None
        start = find("windowCutOff", before) - 1 if before else 0
        end, size = find("sealed", window), len(self.log)
        leaves = [proofs.leaf(f) for f in self.log]
        out = {"VERIFY.md": b"# How to check\n", "checkpoint.note": self.pki.checkpoint(size, self.root(size))}
        out["checkpoint.note.p7s"] = self.pki.sign("host", out["checkpoint.note"])
        def tree(places: list) -> list: return [root_of(leaves[a:a + n]).hex() for a, n in places]

        out["log/range.json"] = json.dumps({
            "from": start, "to": end, "size": size, "left": tree(proofs.cover(0, start)),
            "right": tree(proofs.cover(end, size))
        }).encode()
        out["log/leaves.bin"] = b"".join(leaves[start:end])
        shown, own = set(), lambda name: not partner or name == partner
        for n, (kind, body, at) in enumerate(self.facts, 1):
            inside = start < n <= end
            mine = {
                "fileReceived": lambda: own(body["batch"]["partner"]),
                "messageAnswered": lambda: own(body["partner"]) and not (partner and n in self.batches),
                "actCarriedOut": lambda: own(self.shown[n]) or self.shown[n] == "*"
            }.get(kind, lambda: kind in ("genesis", "sealed", "windowCutOff", "checkpointSigned"))()
            outside = kind in ("genesis", "sealed", "windowCutOff") \
                or mine and kind in ("actCarriedOut", "messageAnswered")
            if (inside and (mine or not partner)) or (n <= start and outside) or own(self.everywhere.get(n, "-")) \
                    or self.everywhere.get(n) == "*":
                shown.add(n)
        priors: set = set()
        batches = [n for n, b in self.batches.items() if b["window"] == window and own(b["partner"])]
        for n in batches:
            for name in [f for f in self.files if f.startswith(f"batches/{n:010}/")]: out[name] = self.files[name]
            if partner and n not in self.erased: out[f"batches/{n:010}/lines.json"] = self.masked_lines(n, partner)
            for leaf, private, _ in self.batches[n]["rows"]:
                if private.original[0] in self.batches and self.batches[private.original[0]]["window"] != window:
                    priors.add(private.original)
        for n, b in self.batches.items():
            if b["window"] != window and windows.index(b["window"]) < windows.index(window):
                priors |= {(n, l.number)
                           for l, private, _ in b["rows"] if private.original in priors and l.type == "RVSL"}
        for n, r in priors:
            if n in self.erased:
                leaf, path = self.batches[n]["leaves"][r - 1], path_of(self.batches[n]["leaves"], r - 1)
                out[f"priors/{n:010}-{r}.leaf.json"] = json.dumps(
                    {"batch": n, "index": r - 1, "leaf": leaf.hex(), "path": [h.hex() for h in path]}).encode()
            else:
                out[f"priors/{n:010}-{r}.json"] = self.prior(n, r, partner)
        for n, b in self.batches.items():
            if partner and b["partner"] != partner and b["window"] == window and any(k["key"]["partner"] == partner
                                                                                     for k in b["lines"]["lines"]):
                for name in ("received.xml",
                             "received.xml.p7s") if f"batches/{n:010}/received.xml" in self.files else ():
                    out[f"shared/{n:010}/{name}"] = self.files[f"batches/{n:010}/{name}"]
                if n in self.erased:
                    out[f"shared/{n:010}/leaves.bin"] = self.files[f"batches/{n:010}/leaves.bin"]
                    continue
                out[f"shared/{n:010}/lines.json"] = self.masked_lines(n, partner)
                rows = [
                    json.dumps({
                        "data": l.data().hex(), "index": i, "path": [h.hex() for h in path_of(b["leaves"], i)], "set": c
                    }) for i, (l, _, c) in enumerate(b["rows"])
                    if c >= 0 and any(b["lines"]["lines"][j]["key"]["partner"] == partner
                                      for j in b["lines"]["sets"][c]["lines"])
                ]
                out[f"shared/{n:010}/masked.jsonl"] = ("\n".join(rows) + "\n").encode()
        for n in shown:
            out[f"log/facts/{n:010}.json"] = self.log[n - 1]
            for name in self.files:
                inside = start < n <= end
                if name.startswith((f"acts/{n:010}/", f"answers/{n:010}/", f"keys/{n:010}/")) or (inside and n not in self.batches
                                                         and name.startswith(f"messages/{n:010}/")):
                    out[name] = self.files[name]
            if not start < n <= end:
                lines = "".join(base64.b64encode(h).decode() + "\n" for h in path_of(leaves, n - 1))
                out[f"log/proofs/{n:010}.tlog-proof"] = f"c2sp.org/tlog-proof@v1\nindex {n - 1}\n{lines}\n".encode(
                ) + out["checkpoint.note"]
        for name, data in self.files.items():
            if name.startswith("programme/") and (not partner or f"/{partner}.yaml" in name or "/promotions/" in name
                                                  or "/programme.yaml" in name):
                out[name] = data
            if name.startswith("statements/"):
                where, who = name.split("/")[1][4:].split(".")[0].rpartition("-")[::2] if "HST" not in name else (
                    name.split("/")[1][4:].split(".")[0], "")
                if where == window and (own(who) or not who and not partner): out[name] = data
                old = where in windows and windows.index(where) < windows.index(window)
                if old and own(who) and ".xml" in name and who and ("STL" in name or windows.index(where)
                                                                    == windows.index(window) - 1):
                    out["history/" + name.split("/")[1]] = data
        if partner:
            resolved = json.loads(self.files["programme/0001/resolved.json"])
            resolved["agreements"] = [a for a in resolved["agreements"] if a["partner"] == partner]
            out["programme/0001/resolved.json"] = programme.canonical(resolved)
        out["trust/authorities.pem"] = self.pki.pem["ca"].encode()
        for name, pem in self.pki.pem.items():
            if name not in ("ca",): out[f"trust/certificates/{self.pki.print[name]}.pem"] = pem.encode()
        out[f"trust/revocation/{sha(self.pki.crl)}.crl"] = self.pki.crl
        self.scope = f"window={window}" + (f" partner={partner}" if partner else "")
        return out

    def masked_lines(self, number: int, partner: str) -> bytes:
        text = json.loads(json.dumps(self.batches[number]["lines"]))
        text["lines"] = [
            line if line["key"]["partner"] == partner else {"digest": line["digest"]} for line in text["lines"]
        ]
        return json.dumps(text).encode()

    def prior(self, number: int, record: int, partner: str) -> bytes:
        b = self.batches[number]
        leaf, private, chosen = b["rows"][record - 1]
        one = b["lines"]["sets"][chosen] if chosen >= 0 else {"lines": [], "promotion": ""}
        lines = [b["lines"]["lines"][i] for i in one["lines"]]
        lines = [
            line if not partner or line["key"]["partner"] == partner else {"digest": line["digest"]} for line in lines
        ]
        names = ("salt", "identity", "content", "member")
        return json.dumps({
            "batch": number, "data": leaf.data().hex(), "index": record - 1, "lines": lines,
            "path": [h.hex() for h in path_of(b["leaves"], record - 1)], "private": {
                **{n: getattr(private, n).hex()
                   for n in names}, "offset": private.offset, "length": private.length,
                "original": "-".join(map(str, private.original)) if private.original != (0, 0) else ""
            }, "promotion": one["promotion"], "window": b["window"]
        }).encode()


def tar(entries: dict[str, bytes]) -> bytes:
    parts = []
    for name in sorted(entries, key=str.encode):
        parts += [
            archive.canonical_header(name.encode(), len(entries[name])), entries[name],
            bytes(-len(entries[name]) % 512)
        ]
    return b"".join(parts) + bytes(1024)


def pack(entries: dict[str, bytes], pki: Pki, scope: str) -> bytes:
    """The bundle with a manifest signed anew: what a dishonest host can do."""
    size = entries["checkpoint.note"].decode().split("\n")[1]
    text = f"# coalition-evidence 1\n# scope {scope}\n# programme SMILES host=HOST\n"
    text += f"# checkpoint {size} {pki.origin}\n# made 2026-05-06T00:00:00Z\n"
    text += "".join(f"{sha(entries[name])}  {name}\n" for name in sorted(entries, key=str.encode))
    return tar(entries | {"MANIFEST": text.encode(), "MANIFEST.sig": pki.line(text.encode()).encode()})
