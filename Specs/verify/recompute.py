"""One window made anew from the originals: records, lines, fees, money, statements (the last two stages)."""
from typing import Iterator

import clearing
import documents
import money
import programme
import records
from archive import Problem
from bundle import Batch, Fact
from checks_log import read_prior, shared_items
from clearing import Original
from state import State, differ, history



class Recomputed:
    def __init__(self, state: State) -> None:
        self.state, self.bundle = state, state.bundle
        self.book = clearing.Book(self.bundle.window, self.bundle.programmes)
        self.referred = self.find_referred()

    def find_referred(self) -> set:
        """The records to which others refer: only these are kept."""
        found = set()
        for batch in self.bundle.batches():
            found |= {
                private.original
                for leaf, private, _ in self.bundle.rows(batch) if leaf.flags & records.HAS_ORIGINAL
            }
        for fact in self.bundle.of("messageAnswered"):
            original = (fact.body.get("entry") or {}).get("original")
            if original:
                found.add((original["batch"], original["record"]))
        return found

    # -- records -----------------------------------------------------------------------------------------------------

    def check_records(self) -> Iterator[Problem]:
        """R10: in the order in which files and messages were decided; a reversal sees what came before it."""
        yield from self.priors()
        batches = list(self.bundle.batches())
        work = [(batch.decided, batch) for batch in batches]
        work += [(fact.number, fact) for fact in self.bundle.of("messageAnswered")
                 if fact.number not in self.bundle.seals]
        for _, item in sorted(work, key=lambda pair: pair[0]):
            if isinstance(item, Batch):
                self.state.reading = item.folder
                yield from self.batch(item)
            else:
                self.state.reading = f"messages/{item.number:010}"
                yield from self.message(item)
        for number in self.state.archive.numbers("shared"):
            yield from self.masked(number)
        for name in self.state.archive.names("records/"):
            if name.endswith(".json"):
                yield from self.single(name)

    def single(self, name: str) -> Iterator[Problem]:
        """A bundle of one record: its bytes, without the file around them, against its leaf."""
        prior = self.bundle.json(name)
        leaf, lines, private = read_prior(prior)
        data, fact = self.bundle.archive.read(name.removesuffix("json") + "bytes"), self.bundle.facts[prior["batch"]]
        seal = self.bundle.seals[prior["batch"]][1]
        if data[:1] == b"<":
            rec = next(iter(records.XmlReader([b"<R>", data, b"</R>"])))
        else:
            rec = records.csv_record(0, data)
        yield from differ(f"{name}: length", (len(data), rec.length), (private.length, private.length))
        p = self.bundle.programme_version(fact.body["programmeVersion"])
        yield from self.record(name, (prior["batch"], leaf.number), rec, leaf, private,
                               list(zip(lines.keys, leaf.shares)), seal["batch"]["partner"], fact, p, prior["window"],
                               prior["promotion"])

    def priors(self) -> Iterator[Problem]:
        """Records of earlier windows: originals first, then their earlier reversals in their order."""
        found = []
        for name in self.bundle.archive.names("priors/"):
            self.state.reading = name
            prior = self.bundle.json(name)
            leaf, lines, private = read_prior(prior)
            decided, seal = self.bundle.seals[prior["batch"]]
            partner = seal["batch"]["partner"] if "batch" in seal else seal["partner"]
            found.append(
                (decided, leaf.number, name, prior["batch"], leaf, lines, private, partner, prior["promotion"]))
        for decided, number, name, batch, leaf, lines, private, partner, promotion in sorted(
                found, key=lambda f: f[:2]):
            if leaf.type != "RVSL" or leaf.status != "ACCP":
                self.keep((batch, number), leaf, private.identity, private.content, promotion,
                          self.named(lines, 0, leaf, partner, promotion, decided))
                continue
            original = self.book.originals.get(private.original)
            if original is None:
                yield Problem(name, f"reverses {private.original}", "an original that the bundle shows")
                continue
            yield from differ(f"{name}: left after it", leaf.left, original.left - leaf.units)
            taken = {
                name: points
                for name, _, points in self.named(lines, 0, leaf, partner, original.promotion, decided)
            }
            original.left, original.parts = leaf.left, [
                part - taken.get(name, 0) for part, (name, _, _) in zip(original.parts, original.lines)
            ]

    def named(self, lines: records.Lines, chosen: int, leaf: records.Leaf, partner: str, promotion: str,
              fact: int) -> list:
        """(partner, key, points) of a sealed record; masked lines get the promotion's other funders in their order."""
        if not leaf.shares:
            return []
        keys = [lines.keys[i] for i in lines.sets[chosen]["lines"]]
        p, names = self.bundle.programme_at(fact), [partner]
        if promotion in p.promotions:
            names = [f["funder"] for f in p.promotions[promotion]["funders"] if f["funder"] != p.calendar["host"]]
        left = iter([n for n in names if n not in [k["partner"] for k in keys if k]])
        return [(key["partner"] if key else next(left, ""), key, points) for key, points in zip(keys, leaf.shares)]

    def keep(self, place: tuple, leaf: records.Leaf, identity: bytes, content: bytes, promotion: str,
             lines: list) -> None:
        self.book.originals[place] = Original(leaf, identity, content, promotion, lines)

    def batch(self, batch: Batch) -> Iterator[Problem]:
        """A file or sealed message: every record of the original against its leaf."""
        fact = self.bundle.facts.get(batch.number)
        if fact is None and not batch.seal.get("messageID"):
            raise Problem(batch.folder, f"fact {batch.number} is not shown", "the fact that brought it")
        original = f"{batch.folder}/original"
        chunks = self.bundle.archive.chunks(original) if original in self.bundle.archive else [
            self.state.contents[f"{batch.folder}/message.cms"]
        ]
        reader, p = self.bundle.reader(chunks), self.bundle.programme_at(batch.decided)
        if fact is None:
            fact = self.bundle.facts[batch.decided]  # of a sealed message, in the same append
        elif "programmeVersion" in fact.body:
            p = self.bundle.programme_version(fact.body["programmeVersion"])
        yield from differ(f"{batch.folder}/lines.json: window", batch.lines.window, batch.seal["window"])
        counts, late, sums, rows = {"ACCP": 0, "RJCT": 0, "DUPL": 0}, 0, {}, self.bundle.rows(batch)
        if batch.seal["status"] == "RJCT" and original in self.bundle.archive:
            for leaf, _, _ in rows:  # a refused file posts nothing; its records' findings are information
                counts[leaf.status] += 1
                yield from differ(f"{batch.folder}: record {leaf.number} of a refused file: lines", len(leaf.shares), 0)
            return
        records_iterator = iter(reader)
        for leaf, private, chosen in rows:
            where = f"{batch.folder}: record {leaf.number}"
            rec = next(records_iterator, None)
            if rec is None:
                yield Problem(where, "sealed", "no such record in the original")
                return
            keys = [(batch.lines.keys[i], points)
                    for i, points in zip(batch.lines.sets[chosen]["lines"], leaf.shares)] if chosen >= 0 else []
            yield from differ(f"{where}: place in the original", (private.offset, private.length),
                              (rec.offset, rec.length))
            yield from self.record(where, (batch.number, leaf.number), rec, leaf, private, keys, batch.partner, fact, p,
                                   batch.seal["window"],
                                   batch.lines.sets[chosen].get("promotion", "") if chosen >= 0 else "")
            counts[leaf.status] += 1
            late += leaf.status == "ACCP" and leaf.flags & records.LATE != 0
            total = sums.setdefault((leaf.status, leaf.unit), [0, 0, 0])
            total[0], total[1], total[2] = total[0] + 1, total[1] + leaf.units, total[2] + leaf.points
        if next(records_iterator, None) is not None:
            yield Problem(batch.folder, f"{sum(counts.values())} records sealed", "more records in the original")
        if original in self.bundle.archive:
            yield from self.header(batch, fact, reader.header)
            refused, every = counts["RJCT"], sum(counts.values())
            wanted = "ACCP" if not refused else "RJCT" if refused == every else "PART"
            yield from differ(f"{batch.folder}: status of the file", batch.seal["status"], wanted)
            yield from self.receipt_sums(batch, sums)
        if batch.seal["window"] == self.bundle.window:
            day = p.day(fact.at)
            self.book.charge(p, batch.partner, day, {
                "RECORD": counts["ACCP"], "LATE": late, "REJECTED": counts["RJCT"], "FILE": original
                in self.bundle.archive
            })

    def header(self, batch: Batch, fact: Fact, header: dict) -> Iterator[Problem]:
        wanted = fact.body["batch"]
        found = {
            "partner": header.get("InitiatingParty"), "series": header.get("Series"),
            "sequence": int(header.get("SequenceNumber") or 0)
        }
        yield from differ(f"{batch.folder}/original: header", found, {k: wanted[k] for k in found})

    def receipt_sums(self, batch: Batch, sums: dict) -> Iterator[Problem]:
        """The sums of VALIDATED are those of the leaves."""
        name = f"{batch.folder}/validated.xml"
        if name not in self.bundle.archive:
            return
        found = {(s.get("status"), s.get("unit", "")): [int(s.get(k)) for k in ("records", "units", "points")]
                 for s in self.state.document(name).findall("StatusSum")}
        yield from differ(f"{name}: sums", found, sums)
        yield from differ(f"{name}: FileStatus", self.state.document(name).findtext("FileStatus"), batch.seal["status"])

    def record(self, where: str, place: tuple, rec: records.Record, leaf: records.Leaf, private: records.Private,
               keys: list, partner: str, fact: Fact, p: programme.Programme, window: str,
               promotion: str) -> Iterator[Problem]:
        """Status is the sealed one; an accepted record must be computable and equal, a repeat has an equal original."""
        self.state.count("recomputed records")
        points_units = {p.currency, p.agreements[partner].own}
        if rec.get("TransactionId") and any(private.identity):
            yield from differ(f"{where}: identity", private.identity.hex(),
                              records.identity(partner, rec.get("TransactionId")).hex())
        if leaf.status == "RJCT":
            yield from differ(f"{where}: lines of a refused record", len(leaf.shares), 0)
            return
        try:
            wanted_head = (rec.get("LoyaltyTransactionType"), rec.get("Unit"), rec.units(points_units),
                           programme.day_number(rec.get("BusinessDate")))
            yield from differ(f"{where}: type, unit, units, business date",
                              (leaf.type, leaf.unit, leaf.units, leaf.date), wanted_head)
            yield from differ(f"{where}: content", private.content.hex(), rec.content(points_units).hex())
        except ValueError as problem:
            yield Problem(where, f"{leaf.status}, but {problem}", "a record that can be read")
            return
        original = self.book.originals.get(private.original)
        if not self.bundle.totals and leaf.flags & records.HAS_ORIGINAL:  # a narrowed bundle lacks other files
            if original is None:
                self.bundle.remarks.append(
                    f"{where}: its original is not in this narrowed bundle, so it is not recomputed")
                return
            original.left = leaf.left + leaf.units if leaf.type == "RVSL" else original.left
        if leaf.status == "DUPL":
            yield from differ(f"{where}: lines of a repeat", len(leaf.shares), 0)
            if original is None or (original.identity, original.content) != (private.identity, private.content):
                yield Problem(where, f"repeat of {private.original}, which is not shown or says something else",
                              "an equal original")
            return
        try:
            points, flags, lines, left = self.book.expect(rec, leaf, partner, fact.at, p, window, original)
        except (ValueError, KeyError, TypeError, StopIteration) as problem:
            yield Problem(where, f"accepted, but {problem}", "a record that the rules accept")
            return
        yield from differ(f"{where}: points", leaf.points, points)
        yield from differ(f"{where}: flags", leaf.flags, flags)
        yield from differ(f"{where}: left of its original", leaf.left, left)
        bonus = rec.get(
            "PromotionId") if leaf.type == "BONU" else original.promotion if leaf.type == "RVSL" and original else ""
        yield from differ(f"{where}: promotion", promotion, bonus)
        yield from clearing.compare_lines(where, keys, lines)
        if window == self.bundle.window:
            for _, key, part in lines:
                if key:
                    split = leaf.type == "BONU" or key["kind"].startswith("BONUS")
                    self.book.count(key, part if split else leaf.units, part, flags, "recomputed")
            if lines and (leaf.type == "BONU" or bonus):
                sign = 1 if leaf.type == "BONU" else -1
                self.book.host_funded += sign * (points - sum(part for _, _, part in lines))
        if place in self.referred:
            self.keep(place, leaf, private.identity, private.content, bonus, lines)

    def message(self, fact: Fact) -> Iterator[Problem]:
        """A message without a seal: its fact against the record within its CMS."""
        body, where = fact.body, f"fact {fact.number}: message {fact.body['messageID']}"
        entry, p = body.get("entry"), self.bundle.programme_version(body["programmeVersion"])
        window = p.window_at(fact.at)["id"]
        leaf, private, keys, promotion = self.message_leaf(body) if entry else (None, None, [], "")
        for key, _ in keys:  # a fact names the fixing by its window alone
            if key["fixing"] and key["partner"] in p.agreements:
                key.update(base=self.book.prices[key["price"]]["currency"], quote=p.agreements[key["partner"]].currency)
        if f"messages/{fact.number:010}/message.cms" not in self.bundle.archive:
            if leaf and leaf.status == "ACCP" and (
                    fact.number, 1) in self.referred:  # a prior that came by a message is its fact alone
                stated = [(key["partner"], key, points) for key, points in keys]
                self.keep((fact.number, 1), leaf, private.identity, private.content, promotion, stated)
            elif leaf and leaf.type == "RVSL" and leaf.status == "ACCP" and private.original in self.book.originals:
                original = self.book.originals[private.original]
                original.left, original.parts = original.left - leaf.units, [
                    a - b for a, b in zip(original.parts, leaf.shares)
                ]
            return
        if entry:
            rec = next(iter(self.bundle.reader([self.state.contents[f"messages/{fact.number:010}/message.cms"]])))
            before = self.book.originals.get(private.original)
            leaf = leaf._replace(left=before.left -
                                 leaf.units if leaf.type == "RVSL" and leaf.status == "ACCP" and before else 0)
            yield from differ(f"{where}: place", (private.offset, private.length), (rec.offset, rec.length))
            yield from self.record(where, (fact.number, 1), rec, leaf, private, keys, body["partner"], fact, p, window,
                                   promotion)
        if window == self.bundle.window:
            late = leaf is not None and leaf.status == "ACCP" and leaf.flags & records.LATE != 0
            self.book.charge(p, body["partner"], p.day(fact.at),
                             {"RECORD": body["status"] == "ACCP", "LATE": late, "REJECTED": body["status"] == "RJCT"})

    @staticmethod
    def message_leaf(body: dict) -> tuple:
        """The entry of a message's fact in the form of a leaf, and its lines."""
        e, posting = body["entry"], body.get("posting") or {"lines": [], "lineSets": []}
        original = e.get("original") or {"batch": 0, "record": 0}
        flags = e["isLate"] * records.LATE + e["isCarriedOver"] * records.CARRIED_OVER \
            + ("businessDate" in e) * records.HAS_DATE \
            + bool(e.get("original")) * records.HAS_ORIGINAL
        keys = []
        for index in posting["lineSets"][e["lineSet"]]["lines"] if e.get("lineSet",
                                                                         -1) >= 0 and posting["lineSets"] else []:
            line = posting["lines"][index]
            k, tax = line["key"], line["key"]["tax"]
            key = {
                "partner": k["partner"], "kind": k["kind"], "side": k["direction"], "unit": k["unit"],
                "ratio": k.get("ratio", ""), "price": k["price"], "taxCategory": tax["category"],
                "taxRate": tax.get("rate", ""), "fixing": k.get("fixing", ""), "base": k.get("base", ""),
                "quote": k.get("quote", ""), "subSource": k.get("subSource", "")
            }
            keys.append((key, line["points"]))
        promotion = posting["lineSets"][e["lineSet"]].get("promotion", "") if keys else ""
        leaf = records.Leaf(1, e.get("type", "?"), e["status"], flags, e.get("unit", ""), e["units"], e["points"],
                            programme.day_number(e["businessDate"]) if "businessDate" in e else 0, 0,
                            tuple(p for _, p in keys), bytes(32), bytes(32))
        ids = [bytes.fromhex(e.get(name) or "00" * 16) for name in ("identity", "content", "member")]
        return leaf, records.Private(bytes(16), *ids, e["offset"], e["length"],
                                     (original["batch"], original["record"])), keys, promotion

    def masked(self, number: int) -> Iterator[Problem]:
        """Another partner's records on this partner's lines: attested by leaves, priced by this partner's agreement."""
        lines, items = shared_items(self.state, number)
        decided, seal = self.bundle.seals[number]
        p = self.bundle.programme_at(decided)
        yield from differ(f"shared/{number:010}/lines.json: window", lines.window, seal["window"])
        for item, leaf in items:
            where = f"shared/{number:010}: record {leaf.number}"
            for index, points in zip(lines.sets[item["set"]]["lines"], leaf.shares):
                key = lines.keys[index]
                if key is None or leaf.status != "ACCP":
                    continue
                if leaf.type == "BONU":
                    wanted = self.book.key(p, key["partner"], "BONUS_FUNDING", "DBIT", p.currency, None, "ISSUANCE",
                                           programme.day_text(leaf.date), seal["window"], "")
                    yield from differ(f"{where}: line", key, wanted)
                else:
                    yield from differ(f"{where}: kind of line", (leaf.type, key["kind"], key["side"]),
                                      ("RVSL", "BONUS_FUNDING_REVERSAL", "CRDT"))
                if seal["window"] == self.bundle.window:
                    self.book.count(key, points, points, leaf.flags, "attested")

    # -- statements --------------------------------------------------------------------------------------------------

    def check_statements(self) -> Iterator[Problem]:
        """Both statements of each partner, in money by the account so far; differences are sorted by the stages."""
        close, seal = self.bundle.close()
        p = self.bundle.programme_at(seal["closed"])
        window, fixings, adjustments, steps = p.window(self.bundle.window), {}, {}, []
        for fact, act in self.bundle.acts():
            inside = programme.instant(window["open"]) <= fact.at < programme.instant(window["cutoff"])
            if act["act"] == "fixing":
                place = (act["window"], act["base"], act["quote"])
                if place in fixings:
                    yield Problem(f"fact {fact.number}", f"a second fixing of {place}", "one for ever")
                fixings[place] = act["rate"]
            elif act["act"] == "adjustment" and inside:
                if act["unit"] == p.currency:
                    self.book.adjust_points(act, p)
                else:
                    adjustments.setdefault(act["partner"], []).append(act)
            elif fact.at < programme.instant(window["cutoff"]):
                steps.append((fact, act))
        self.book.monthly(p)
        results = {}
        for partner in self.bundle.partners():
            self.state.reading = f"statements of {partner}"
            try:
                lines = money.settlement_lines(self.book, partner, p, fixings, adjustments.get(partner, []))
            except money.MissingFixing as problem:
                yield Problem(f"statements/STL-{self.bundle.window}-{partner}.xml", problem,
                              "a fixing, carried out by two officers")
                continue
            account = self.account(partner, p, steps)
            results[partner] = money.settle(self.book, partner, p, lines, account)
            self.state.differences += self.compare(partner, p, close, results[partner])
            self.grade(partner, results[partner])
        if self.bundle.whole:
            self.state.differences += self.summary(p, results)

    def account(self, partner: str, p: programme.Programme, steps: list) -> money.Account:
        """R8: from the partner's earlier settlement statements and the steps before the cut-off."""
        account = money.Account(p.agreements[partner].currency)
        for name in history(self.state, "STL", partner):
            root = self.state.document(name)
            action, settlement, window = root.find("Settlement").get("action"), root.find("Settlement"), root.findtext(
                "WindowId")
            account.closing = programme.minor(root.findtext("ClosingBalance"), account.currency)
            if action in ("HOST_PAYS_PARTNER", "PARTNER_PAYS_HOST"):
                amount = programme.minor(settlement.get("amount"), account.currency)
                account.issued(settlement.get("endToEndId"), amount if action == "HOST_PAYS_PARTNER" else -amount)
            account.carried = 0 if action != "CARRIED_FORWARD" else account.carried + bool(
                p.value_date(window, account.currency))
        for fact, act in steps:
            account.apply(fact.at, act)
        return account

    def compare(self, partner: str, p: programme.Programme, close: Fact, result: money.Result) -> list[Problem]:
        window, read, found = self.bundle.window, self.bundle.archive.read, []
        earlier = history(self.state, "CLS", partner)
        opening = int(self.state.document(earlier[-1]).findtext("ClosingPosition")) if earlier else 0
        for kind in ("CLS", "STL"):
            name = f"statements/{kind}-{window}-{partner}"
            root = self.state.document(name + ".xml")
            head = root.find("JournalHead")
            frame = documents.Frame(p, window, partner, len(history(self.state, "STL", partner)) + 1, close.time,
                                    (head.get("sequence"), head.text.strip()))
            if kind == "CLS":
                made, rows, text = documents.clearing_statement(frame, self.book, opening, root)
            else:
                made, rows, text = documents.settlement_statement(frame, result, p.currency, root)
            found += documents.compare(name + ".xml", made, root, "")
            found += documents.compare_rows(name + ".csv", rows, read(name + ".csv"))
            found += documents.compare_text(name + ".txt", text, read(name + ".txt"))
            self.state.count("statements")
        return found

    def grade(self, partner: str, result: money.Result) -> None:
        for kind, lines in (("CLS", self.book.of(partner)), ("STL", result.lines)):
            self.state.grades.append({"id": f"{kind}-{self.bundle.window}-{partner}",
                                      "lines": [{"number": n, "grade": line.grade} for n, line in enumerate(lines, 1)]})

    def summary(self, p: programme.Programme, results: dict) -> list[Problem]:
        """The host summary: points by partner, the tie-out, every account, and the host's net."""
        name = f"statements/HST-{self.bundle.window}.xml"
        if name not in self.bundle.archive:
            return [Problem(name, "not in the bundle", "the host's summary")]
        root, found, total = self.state.document(name), [], 0
        stated = {e.get("partner"): e for e in root.findall("PartnerPoints")}
        for partner in results:
            wanted = dict.fromkeys(
                ("issued", "redeemed", "transferredIn", "transferredOut", "reversedFromMembers", "reversedToMembers"),
                0)
            for line in self.book.of(partner):
                wanted[column(line.key["kind"], line.key["side"])] += line.points
            wanted["movement"] = sum(line.points if line.key["side"] == "DBIT" else -line.points
                                     for line in self.book.of(partner))
            total += wanted["movement"]
            got = {k: int(stated[partner].get(k)) for k in wanted} if partner in stated else "missing"
            found += differ(f"{name}: points of {partner}", got, wanted)
        opening = int(root.findtext("OpeningOutstanding"))
        if p.windows[0]["id"] == self.bundle.window:
            found += differ(f"{name}: OpeningOutstanding", opening, p.calendar.get("openingPoints", 0))
        found += differ(f"{name}: HostFunded", int(root.findtext("HostFunded")), self.book.host_funded)
        found += differ(f"{name}: ClosingOutstanding", int(root.findtext("ClosingOutstanding")),
                        opening + total + self.book.host_funded)
        accounts, nets = {e.get("partner"): e for e in root.findall("Account")}, {}
        for partner, r in results.items():
            currency = p.agreements[partner].currency
            nets[currency] = nets.get(currency, 0) - r.net
            wanted = {
                "currency": currency, "action": r.action,
                **({"endToEndId": r.end_to_end, "valueDate": r.value_date} if r.end_to_end else {}), **{
                    k: money.money_text(v, currency)
                    for k, v in r.figures()
                }
            }
            got = {k: accounts[partner].get(k) for k in wanted} if partner in accounts else "missing"
            found += differ(f"{name}: account of {partner}", got, wanted)
        found += differ(f"{name}: HostNet", {e.get("currency"): e.text for e in root.findall("HostNet")},
                        {c: money.money_text(n, c) for c, n in nets.items()})
        return found


def column(kind: str, side: str) -> str:
    """Where the host summary counts a line ('Points outstanding at month end')."""
    if kind.endswith("_REVERSAL") or kind == "ADJUSTMENT_POINTS" and side == "CRDT":
        return "reversedFromMembers" if side == "CRDT" else "reversedToMembers"
    return {"REIMBURSEMENT": "redeemed", "TRANSFER_IN": "transferredIn",
            "TRANSFER_OUT": "transferredOut"}.get(kind, "issued")
