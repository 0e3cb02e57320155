"""Stages 'arithmetic' and 'document': one window made anew from the originals (evidence.md 'Checks and verdicts')."""
import csv
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from typing import Iterator

import documents
import programme
import records
import rules
from archive import Problem, differ
from bundle import Batch, Bundle, Fact, owner

FIGURES = re.compile(
    r"/(Line|Tax|PartnerTax|OpeningBalance|NetAmount|Payments|Returns|ClosingBalance|DueAmount|InSettlementAmount|"
    r"Settlement|AccountEntry|Totals|OpeningPosition|WindowPosition|ClosingPosition|SubSourceTotal)\b")


def arithmetic(b: Bundle) -> Iterator[Problem]:
    """Every record, line, fee, tax, balance and instruction; the figures of the XML statements are those recomputed."""
    yield from b.unlike
    recomputed, b.differences = Recomputed(b), []
    yield from recomputed.check_records()
    if b.totals:
        yield from recomputed.check_statements()
        yield from (p for p in b.differences if FIGURES.search(p.item))


def document(b: Bundle) -> Iterator[Problem]:
    """What else the statements say: the other elements, CSV and text."""
    yield from (p for p in b.differences if not FIGURES.search(p.item))


class Recomputed:
    def __init__(self, b: Bundle) -> None:
        self.b, self.book = b, rules.Book(b.window, b.programmes)
        self.hidden: set[tuple] = set()  # originals of which an unseen reversal took something
        self.erased: dict[str, int] = {}  # partners whose records of this window are erased -> how many there are
        self.referred = {private.original for batch in b.batches() for leaf, private, _ in b.rows(batch)
                         if leaf.flags & records.HAS_ORIGINAL}  # only these are kept
        entries = [fact.body["entry"] for fact in b.of("messageAnswered") if fact.body.get("entry")]
        self.referred |= {tuple(e["original"].values()) for e in entries if e.get("original")}

    # -- records -----------------------------------------------------------------------------------------------------

    def check_records(self) -> Iterator[Problem]:
        """R10: in the order in which files and messages were decided; a reversal sees what came before it."""
        b = self.b
        yield from self.priors()
        work = [(batch.decided, batch.folder, self.batch, batch) for batch in b.batches()]
        work += [(f.number, f"messages/{f.number:010}", self.message, f) for f in b.of("messageAnswered")
                 if f.number not in b.seals]
        for _, b.reading, check, item in sorted(work, key=lambda one: one[0]):
            yield from check(item)
        for number in b.shared():
            yield from self.masked(number)
        for name in b.archive.names("records/", ".json"):
            if not name.endswith(".leaf.json"):
                yield from self.single(name)

    def single(self, name: str) -> Iterator[Problem]:
        """A bundle of one record: its bytes, without the file around them, against its leaf."""
        item, data = self.b.json(name), self.b.archive.read(name.removesuffix("json") + "bytes")
        (leaf, lines, private), seal = records.read_single(item), self.b.sealed(name)[1]
        fact = self.b.facts[item["batch"]]
        rec = next(iter(records.XmlReader([b"<R>", data, b"</R>"]))) if data[:1] == b"<" else \
            records.csv_record(0, len(data), next(csv.reader([data.decode()], strict=True)))
        yield from differ(f"{name}: length", (len(data), rec.length), (private.length, private.length))
        keys = list(zip(lines.keys, leaf.shares))
        yield from self.record(name, (item["batch"], leaf.number), rec, leaf, private, keys, owner(seal), fact,
                               self.b.programme_of(fact), item["window"], item["promotion"])

    def priors(self) -> Iterator[Problem]:
        """Records of earlier windows: originals first, then their earlier reversals in their order."""
        found = []
        for name in self.b.archive.names("priors/", ".json"):
            if not name.endswith(".leaf.json"):
                item = self.b.json(name)
                found.append((self.b.sealed(name)[0], *records.read_single(item), name, item))
        for decided, leaf, lines, private, name, item in sorted(found, key=lambda one: (one[0], one[1].number)):
            partner = owner(self.b.sealed(name)[1])
            if leaf.type != "RVSL" or leaf.status != "ACCP":
                self.keep((item["batch"], leaf.number), leaf, private, item["promotion"],
                          self.named(lines, leaf, partner, item["promotion"], decided))
                continue
            original = self.book.originals.get(private.original)
            if original is None:
                if private.original[0] not in self.b.erased:
                    yield Problem(name, f"reverses {private.original}", "an original that the bundle shows")
                continue
            if self.conceals(leaf, private, original, partner):
                continue
            yield from differ(f"{name}: left after it", leaf.left, original.left - leaf.units)
            taken = {who: points for who, _, points in self.named(lines, leaf, partner, original.promotion, decided)}
            original.left = leaf.left
            original.parts = [part - taken.get(who, 0) for part, (who, _, _) in zip(original.parts, original.lines)]

    def named(self, lines: records.Lines, leaf: records.Leaf, partner: str, promotion: str, fact: int) -> list:
        """(partner, key, points) of a sealed record; masked lines get the promotion's other funders in their order."""
        p, names = self.b.programme_at(fact), [partner]
        if promotion in p.promotions:
            names = [f["funder"] for f in p.promotions[promotion]["funders"] if f["funder"] != p.calendar["host"]]
        left = iter([n for n in names if n not in [k["partner"] for k in lines.keys if k]])
        return [(key["partner"] if key else next(left, ""), key, points)
                for key, points in zip(lines.keys, leaf.shares)]

    def keep(self, place: tuple, leaf: records.Leaf, private: records.Private, promotion: str, lines: list) -> None:
        self.book.originals[place] = rules.Original(leaf, private.identity, private.content, promotion, lines)

    def batch(self, batch: Batch) -> Iterator[Problem]:
        """A file or sealed message: every record of the original against its leaf."""
        b, where, seal = self.b, batch.folder, batch.seal
        fact, is_file = b.facts.get(batch.number), not seal.get("messageID")
        if fact is None and is_file:
            raise Problem(where, f"fact {batch.number} is not shown", "the fact that brought it")
        fact = fact or b.facts[batch.decided]  # of a sealed message, in the same append
        p = b.programme_of(fact)
        if not batch.lines:
            yield from self.without_records(batch, fact, p)
            return
        yield from differ(f"{where}/lines.json: window", batch.lines.window, seal["window"])
        if is_file and seal["status"] == "RJCT":  # posts nothing; its records' findings are information
            for leaf, _, _ in b.rows(batch):
                yield from differ(f"{where}: record {leaf.number} of a refused file: lines", len(leaf.shares), 0)
            return
        content = b.archive.chunks(f"{where}/original") if is_file else [b.contents[f"{where}/message.cms"]]
        reader = records.reader(content)
        sent, counts, late, sums = iter(reader), {"ACCP": 0, "RJCT": 0, "DUPL": 0}, 0, {}
        for leaf, private, chosen in b.rows(batch):
            here, rec = f"{where}: record {leaf.number}", next(sent, None)
            if rec is None:
                yield Problem(here, "sealed", "no such record in the original")
                return
            one = batch.lines.sets[chosen] if chosen >= 0 else {"lines": []}
            keys = [(batch.lines.keys[i], points) for i, points in zip(one["lines"], leaf.shares)]
            yield from differ(f"{here}: place in the original", (private.offset, private.length), rec[:2])
            yield from self.record(here, (batch.number, leaf.number), rec, leaf, private, keys, batch.partner, fact, p,
                                   seal["window"], one.get("promotion", ""))
            counts[leaf.status] += 1
            late += leaf.status == "ACCP" and leaf.flags & records.LATE != 0
            total = sums.setdefault((leaf.status, leaf.unit), [0, 0, 0])
            total[:] = total[0] + 1, total[1] + leaf.units, total[2] + leaf.points
        if next(sent, None) is not None:
            yield Problem(where, f"{sum(counts.values())} records sealed", "more records in the original")
        if is_file:
            yield from self.file_around(batch, fact, reader.header, counts, sums)
        if seal["window"] == b.window:
            self.book.charge(p, batch.partner, p.day(fact.at), {"RECORD": counts["ACCP"], "LATE": late,
                                                                "REJECTED": counts["RJCT"], "FILE": is_file})

    def file_around(self, batch: Batch, fact: Fact, header: dict, counts: dict, sums: dict) -> Iterator[Problem]:
        """The file's header is that of its fact; status and sums of VALIDATED are those of the leaves."""
        found = {"partner": header.get("InitiatingParty"), "series": header.get("Series"),
                 "sequence": int(header.get("SequenceNumber") or 0)}
        yield from differ(f"{batch.folder}/original: header", found, {k: fact.body["batch"][k] for k in found})
        refused, every = counts["RJCT"], sum(counts.values())
        wanted = "ACCP" if not refused else "RJCT" if refused == every else "PART"
        yield from differ(f"{batch.folder}: status of the file", batch.seal["status"], wanted)
        name = f"{batch.folder}/validated.xml"
        if name in self.b.archive:
            yield from differ(f"{name}: sums", self.validated_sums(name), sums)
            yield from differ(f"{name}: FileStatus", self.b.document(name).findtext("FileStatus"), wanted)

    def validated_sums(self, name: str) -> dict:
        return {(s.get("status"), s.get("unit", "")): [int(s.get(k)) for k in ("records", "units", "points")]
                for s in self.b.document(name).findall("StatusSum")}

    def without_records(self, batch: Batch, fact: Fact, p: programme.Programme) -> Iterator[Problem]:
        """What is erased or closed ('After erasure'): counts as VALIDATED has them; the lines are the statements'."""
        is_file = not batch.seal.get("messageID")
        sums = self.validated_sums(f"{batch.folder}/validated.xml") if is_file else {("ACCP", ""): [1]}
        counts = {status: sum(s[0] for (one, _), s in sums.items() if one == status)
                  for status in ("ACCP", "RJCT", "DUPL")}
        yield from differ(f"{batch.folder}/validated.xml: records", sum(counts.values()), batch.seal["count"])
        if batch.seal["window"] == self.b.window:
            self.erased[batch.partner] = self.erased.get(batch.partner, 0) + counts["ACCP"]
            self.book.charge(p, batch.partner, p.day(fact.at), {"RECORD": counts["ACCP"], "REJECTED": counts["RJCT"],
                                                                "FILE": is_file}, ["RECORD", "REJECTED"])

    def record(self, where: str, place: tuple, rec: records.Record, leaf: records.Leaf, private: records.Private,
               keys: list, partner: str, fact: Fact, p: programme.Programme, window: str,
               promotion: str) -> Iterator[Problem]:
        """Status is the sealed one; an accepted record must be computable and equal, a repeat has an equal original."""
        b = self.b
        b.count("recomputed records")
        points_units = {p.currency, p.agreements[partner].own}
        if rec.get("TransactionId") and any(private.identity):
            yield from differ(f"{where}: identity", private.identity,
                              records.identity(partner, rec.get("TransactionId")))
        if leaf.status != "ACCP":
            yield from differ(f"{where}: lines of a {leaf.status}", len(leaf.shares), 0)
        if leaf.status == "RJCT":
            return
        try:
            head = (rec.get("LoyaltyTransactionType"), rec.get("Unit"), rec.units(points_units),
                    programme.day_number(rec.get("BusinessDate")))
            yield from differ(f"{where}: type, unit, units, business date", leaf[1:2] + leaf[4:6] + leaf[7:8], head)
            yield from differ(f"{where}: content", private.content.hex(), rec.content(points_units).hex())
        except ValueError as problem:
            yield Problem(where, f"{leaf.status}, but {problem}", "a record that can be read")
            return
        original = self.book.originals.get(private.original)
        if original and leaf.type == "RVSL" and self.conceals(leaf, private, original, partner):
            original = None
        if original is None and (private.original[0] in b.erased or private.original in self.hidden):
            b.remark(f"{where}: its original or a reversal of that is erased or closed, so it is not recomputed")
            self.take_as_sealed(leaf, keys, window)
            return
        if not b.totals and leaf.flags & records.HAS_ORIGINAL:  # a narrowed bundle lacks other files
            if original is None:
                b.remark(f"{where}: its original is not in this narrowed bundle, so it is not recomputed")
                return
            original.left = leaf.left + leaf.units if leaf.type == "RVSL" else original.left
        if leaf.status == "DUPL":
            if original is None or (original.identity, original.content) != (private.identity, private.content):
                yield Problem(where, f"repeat of {private.original}, which is not shown or says something else",
                              "an equal original")
            return
        try:
            points, flags, lines, left = self.book.expect(rec, leaf, partner, fact.at, p, window, original)
        except (ValueError, KeyError, TypeError, StopIteration) as problem:
            yield Problem(where, f"accepted, but {problem}", "a record that the rules accept")
            return
        bonus = rec.get("PromotionId") if leaf.type == "BONU" else original.promotion if leaf.type == "RVSL" else ""
        for label, found, wanted in (("points", leaf.points, points), ("flags", leaf.flags, flags),
                                     ("left of its original", leaf.left, left), ("promotion", promotion, bonus)):
            yield from differ(f"{where}: {label}", found, wanted)
        yield from rules.compare_lines(where, keys, lines)
        if window == b.window:
            for _, key, part in lines:
                if key:
                    split = leaf.type == "BONU" or key["kind"].startswith("BONUS")
                    self.book.count(key, part if split else leaf.units, part, flags, "recomputed")
            if lines and bonus:
                rest = points - sum(part for _, _, part in lines)
                self.book.host_funded += rest if leaf.type == "BONU" else -rest
        if place in self.referred:
            self.keep(place, leaf, private, bonus, lines)

    def conceals(self, leaf: records.Leaf, private: records.Private, original: rules.Original, partner: str) -> bool:
        """Less is left than what is seen leaves, since a reversal before this one is erased or closed."""
        if leaf.left + leaf.units >= original.left or not self.b.hides(partner):
            return False
        self.hidden.add(private.original)
        del self.book.originals[private.original]
        return True

    def take_as_sealed(self, leaf: records.Leaf, keys: list, window: str) -> None:
        """A record that is closed, or goes back to what is erased or closed, counts what its own leaf states."""
        if window == self.b.window and leaf.status == "ACCP":
            split = any(key and key["kind"].startswith("BONUS") for key, _ in keys)
            rest = leaf.points - sum(leaf.shares) if split else 0
            self.book.host_funded += rest if leaf.type == "BONU" else -rest
            for key, points in keys:
                if key:
                    self.book.count(key, points if split else leaf.units, points, leaf.flags, "issued")

    def message(self, fact: Fact) -> Iterator[Problem]:
        """A message without a seal: its fact against the record within its CMS."""
        b, body, where = self.b, fact.body, f"fact {fact.number}: message {fact.body['messageID']}"
        p, window, leaf = b.programme_of(fact), b.window_of(fact), None
        name = f"messages/{fact.number:010}/message.cms"
        if body.get("entry"):
            leaf, private, keys, promotion = self.message_leaf(body, p)
            original = self.book.originals.get(private.original)
            reverses = leaf.type == "RVSL" and leaf.status == "ACCP" and original is not None
        if leaf and name in b.archive:
            rec = next(iter(records.reader([b.contents[name]])))
            leaf = leaf._replace(left=original.left - leaf.units if reverses else 0)
            yield from differ(f"{where}: place", (private.offset, private.length), rec[:2])
            yield from self.record(where, (fact.number, 1), rec, leaf, private, keys, body["partner"], fact, p, window,
                                   promotion)
        elif leaf:
            if fact.number in b.erased:  # it is closed
                self.take_as_sealed(leaf, keys, window)
            if leaf.status == "ACCP" and (fact.number, 1) in self.referred:
                self.keep((fact.number, 1), leaf, private, promotion,  # a prior that came by a message: its fact alone
                          [(key["partner"], key, points) for key, points in keys])
            elif reverses:
                original.left -= leaf.units
                original.parts = [x - y for x, y in zip(original.parts, leaf.shares)]
        if window == b.window and (name in b.archive or fact.number in b.erased):
            late = leaf is not None and leaf.status == "ACCP" and leaf.flags & records.LATE != 0
            self.book.charge(p, body["partner"], p.day(fact.at),
                             {"RECORD": body["status"] == "ACCP", "LATE": late, "REJECTED": body["status"] == "RJCT"})

    def message_leaf(self, body: dict, p: programme.Programme) -> tuple:
        """The entry of a message's fact in the form of a leaf, its private part, its lines and its promotion."""
        e, posting, keys = body["entry"], body.get("posting") or {}, []
        one = posting["lineSets"][e["lineSet"]] if e.get("lineSet", -1) >= 0 and posting.get("lineSets") else {}
        for line in (posting["lines"][index] for index in one.get("lines", [])):
            k = line["key"]
            key = {part: k.get(part, "") for part in records.KEY} | {
                "side": k["direction"], "taxCategory": k["tax"]["category"], "taxRate": k["tax"].get("rate", "")}
            if key["fixing"] and key["partner"] in p.agreements:  # a fact names the fixing by its window alone
                key["base"] = self.book.prices[key["price"]]["currency"]
                key["quote"] = p.agreements[key["partner"]].currency
            keys.append((key, line["points"]))
        flags = e["isLate"] * records.LATE | e["isCarriedOver"] * records.CARRIED_OVER \
            | ("businessDate" in e) * records.HAS_DATE | bool(e.get("original")) * records.HAS_ORIGINAL
        day = programme.day_number(e["businessDate"]) if "businessDate" in e else 0
        leaf = records.Leaf(1, e.get("type", "?"), e["status"], flags, e.get("unit", ""), e["units"], e["points"], day,
                            0, tuple(points for _, points in keys), bytes(32), bytes(32))
        ids = [bytes.fromhex(e.get(name) or "00" * 16) for name in ("identity", "content", "member")]
        original = e.get("original") or {"batch": 0, "record": 0}
        return leaf, records.Private(bytes(16), *ids, e["offset"], e["length"], tuple(original.values())), keys, \
            one.get("promotion", "")

    def masked(self, number: int) -> Iterator[Problem]:
        """Another partner's records on this partner's lines: attested by leaves, priced by this partner's agreement."""
        folder = f"shared/{number:010}"
        decided, seal = self.b.sealed(folder)
        if f"{folder}/leaves.bin" in self.b.archive:
            self.erased[owner(seal)] = self.erased.get(owner(seal), 0) + seal["count"]
            return
        (lines, items), p = self.b.masked(number), self.b.programme_at(decided)
        yield from differ(f"{folder}/lines.json: window", lines.window, seal["window"])
        for item, leaf in items:
            where = f"{folder}: record {leaf.number}"
            for key, points in zip((lines.keys[i] for i in lines.sets[item["set"]]["lines"]), leaf.shares):
                if key is None or leaf.status != "ACCP":
                    continue
                if leaf.type == "BONU":
                    yield from differ(f"{where}: line", key, self.book.key(
                        p, key["partner"], "BONUS_FUNDING", "DBIT", p.currency, None, "ISSUANCE",
                        programme.day_text(leaf.date), seal["window"], ""))
                else:
                    yield from differ(f"{where}: kind of line", (leaf.type, key["kind"], key["side"]),
                                      ("RVSL", "BONUS_FUNDING_REVERSAL", "CRDT"))
                if seal["window"] == self.b.window:
                    self.book.count(key, points, points, leaf.flags, "attested")

    # -- statements --------------------------------------------------------------------------------------------------

    def check_statements(self) -> Iterator[Problem]:
        """Both statements of each partner, in money by the account so far; differences are sorted by the stages."""
        b, (close, seal) = self.b, self.b.close()
        p, fixings, adjustments, steps, results = b.programme_at(seal["closed"]), {}, {}, [], {}
        opens, cutoff = (programme.instant(p.window(b.window)[k]) for k in ("open", "cutoff"))
        for fact, act in b.acts():
            if act["act"] == "fixing":
                place = (act["window"], act["base"], act["quote"])
                if place in fixings:
                    yield Problem(f"fact {fact.number}", f"a second fixing of {place}", "one for ever")
                fixings[place] = act["rate"]
            elif act["act"] == "adjustment" and opens <= fact.at < cutoff:
                if act["unit"] == p.currency:
                    self.book.adjust_points(act, p)
                else:
                    adjustments.setdefault(act["partner"], []).append(act)
            elif fact.at < cutoff:
                steps.append((fact, act))
        self.book.monthly(p)
        for partner in b.partners():
            b.reading = f"statements of {partner}"
            if self.erased:
                yield from self.issued_lines(partner, p)
            try:
                lines = rules.settlement_lines(self.book, partner, p, fixings, adjustments.get(partner, []))
            except rules.MissingFixing as problem:
                yield Problem(f"statements/STL-{b.window}-{partner}.xml", problem, "a fixing by two officers")
                continue
            result = results[partner] = rules.settle(self.book, partner, p, lines, self.account(partner, p, steps))
            b.differences += self.compare(partner, p, close, result)
            for kind, graded in (("CLS", self.book.of(partner)), ("STL", result.lines)):
                b.grades.append({"id": f"{kind}-{b.window}-{partner}", "lines": [
                    {"number": n, "grade": line.grade} for n, line in enumerate(graded, 1)]})
        yield from self.logged_accounts(seal["closed"], results)
        if b.whole:
            b.differences += self.summary(p, results)

    def logged_accounts(self, number: int, results: dict) -> Iterator[Problem]:
        """The fact of the close has every account as recomputed: payments are made by it. Partners are not shown it."""
        stated = {a["partner"]: a for a in self.b.facts[number].body["accounts"]} if number in self.b.facts else {}
        if stated and set(stated) != set(self.b.programme_at(number).agreements):
            yield Problem(f"log/facts/{number:010}.json", f"accounts of {sorted(stated)}", "one of each partner")
        for partner, result in results.items() if stated else ():
            account = stated.get(partner, {})
            wanted = {**result.figures(), "action": result.action}
            wanted["statementNumber"] = len(self.b.history("STL", partner)) + 1
            got = {k: account[k]["minorUnits"] if isinstance(account.get(k), dict) else account.get(k) for k in wanted}
            paid, made = account.get("instruction"), {"valueDate": result.value_date, "endToEndID": result.end_to_end}
            wanted |= {"amount": result.due, **made} if result.end_to_end else {"amount": None}
            got |= {"amount": paid["amount"]["minorUnits"], **{k: paid[k] for k in made}} if paid else {"amount": None}
            yield from differ(f"log/facts/{number:010}.json: account of {partner}", got, wanted)

    def issued_lines(self, partner: str, p: programme.Programme) -> Iterator[Problem]:
        """A line that may stand on erased records counts more than is recomputed: what the statement has is taken."""
        name, currency = f"statements/CLS-{self.b.window}-{partner}.xml", p.agreements[partner].currency
        every, own_only = 0, 0
        for line in self.b.document(name).findall("Line"):
            own, more = self.stated_line(line, partner, currency), partner in self.erased
            key, one = tuple(own.key.values()), self.book.lines.get(tuple(own.key.values()), rules.Line(own.key))
            figures = ("records", "units", "points", "exact", "late", "carried")
            added = [getattr(own, f) - getattr(one, f) for f in figures]
            if not any(added) or not more and not own.key["kind"].startswith("BONUS_FUNDING"):
                continue
            if min(added) < 0 or not added[0]:
                yield Problem(f"{name}: /Line[{line.get('number')}]", dict(zip(figures, added)),
                              "no less than the records that are not erased")
            elif own.key["price"] not in self.book.prices:
                yield Problem(f"{name}: /Line[{line.get('number')}]", own.key["price"], "a price of an agreement")
            else:
                own.grade, every = "issued", every + added[0]
                own_only += 0 if own.key["kind"].startswith("BONUS_FUNDING") else added[0]
                self.book.lines[key] = own
        if every > sum(self.erased.values()) or own_only > self.erased.get(partner, 0):
            yield Problem(name, f"{every} records that cannot be recomputed", f"at most the erased ones: {self.erased}")
        for line in self.b.document(f"statements/STL-{self.b.window}-{partner}.xml").findall("Line"):
            if line.get("type") == "FEE_LATE" and partner in self.erased:  # lateness was a part of the records
                tax, price = line.find("TaxCategory"), line.find("UnitPrice").get("version")
                place = (partner, "FEE_LATE", price, tax.text, tax.get("rate", ""))
                if int(line.findtext("Quantity")) > self.book.fees.get(place, 0) and price in self.book.prices:
                    self.book.fees[place] = int(line.findtext("Quantity"))
                    self.book.issued.add(place)

    def stated_line(self, line: ET.Element, partner: str, currency: str) -> rules.Line:
        """A clearing line as a statement has it."""
        tax, units, price = line.find("TaxCategory"), line.find("Units"), line.findtext("PriceVersion", "")
        fixing = line.findtext("Fixing", "").replace("FX-", "W-", 1)
        base = self.book.prices[price]["currency"] if fixing and price in self.book.prices else ""
        key = dict(zip(records.KEY, (partner, line.get("type"), line.get("creditDebit"), units.get("unit"),
                                     line.findtext("RatioVersion", ""), price, tax.text, tax.get("rate", ""), fixing,
                                     base, currency if fixing else "", line.findtext("SubSource", ""))))
        late, carried = (int(line.findtext(k, "0")) for k in ("LateRecordCount", "CarriedOverRecordCount"))
        return rules.Line(key, int(line.findtext("RecordCount")), int(units.text), int(line.findtext("Points")),
                          Fraction(line.findtext("ExactPoints")), late, carried)

    def account(self, partner: str, p: programme.Programme, steps: list) -> rules.Account:
        """R8: from the partner's earlier settlement statements and the steps before the cut-off."""
        account = rules.Account(p.agreements[partner].currency)
        for name in self.b.history("STL", partner):
            root = self.b.document(name)
            settlement, window = root.find("Settlement"), root.findtext("WindowId")
            action = settlement.get("action")
            account.closing = programme.minor(root.findtext("ClosingBalance"), account.currency)
            if action in ("HOST_PAYS_PARTNER", "PARTNER_PAYS_HOST"):
                amount = programme.minor(settlement.get("amount"), account.currency)
                account.issued(settlement.get("endToEndId"), amount if action == "HOST_PAYS_PARTNER" else -amount)
            has_day = bool(p.value_date(window, account.currency))
            account.carried = account.carried + has_day if action == "CARRIED_FORWARD" else 0
        for fact, act in steps:
            account.apply(fact.at, act)
        return account

    def compare(self, partner: str, p: programme.Programme, close: Fact, result: rules.Result) -> list[Problem]:
        b, found, earlier = self.b, [], self.b.history("CLS", partner)
        opening = int(b.document(earlier[-1]).findtext("ClosingPosition")) if earlier else 0
        for kind in ("CLS", "STL"):
            name = f"statements/{kind}-{b.window}-{partner}"
            root = b.document(name + ".xml")
            head = root.find("JournalHead")
            frame = documents.Frame(p, b.window, partner, len(b.history("STL", partner)) + 1, close.time,
                                    (head.get("sequence"), head.text.strip()))
            made, rows, text = documents.clearing_statement(frame, self.book, opening, root) if kind == "CLS" else \
                documents.settlement_statement(frame, result, p.currency, root)
            found += documents.compare(name + ".xml", made, root, "")
            found += documents.compare_rows(name + ".csv", rows, b.archive.read(name + ".csv"))
            found += documents.compare_text(name + ".txt", text, b.archive.read(name + ".txt"))
            b.count("statements")
        return found

    def summary(self, p: programme.Programme, results: dict) -> list[Problem]:
        """The host summary: points by partner, the tie-out, every account, and the host's net."""
        name = f"statements/HST-{self.b.window}.xml"
        root, total, nets = self.b.document(name), 0, {}
        points, accounts = ({e.get("partner"): e.attrib for e in root.findall(tag)}
                            for tag in ("PartnerPoints", "Account"))
        found, opening = [], int(root.findtext("OpeningOutstanding"))
        for partner, result in results.items():
            wanted = dict.fromkeys("issued redeemed transferredIn transferredOut reversedFromMembers reversedToMembers "
                                   "movement".split(), 0)
            for line in self.book.of(partner):
                wanted[column(line.key["kind"], line.key["side"])] += line.points
                wanted["movement"] += line.points if line.key["side"] == "DBIT" else -line.points
            total, currency = total + wanted["movement"], p.agreements[partner].currency
            nets[currency] = nets.get(currency, 0) - result.net
            paid = {"endToEndId": result.end_to_end, "valueDate": result.value_date} if result.end_to_end else {}
            cash = {k: rules.money_text(v, currency) for k, v in result.figures().items()}
            cash |= {"currency": currency, "action": result.action} | paid
            for label, stated, one in (("points", points, {k: str(v) for k, v in wanted.items()}),
                                       ("account", accounts, cash)):
                got = {k: stated[partner].get(k) for k in one} if partner in stated else "missing"
                found += differ(f"{name}: {label} of {partner}", got, one)
        if p.windows[0]["id"] == self.b.window:
            found += differ(f"{name}: OpeningOutstanding", opening, p.calendar.get("openingPoints", 0))
        funded = int(root.findtext("HostFunded"))
        found += [] if self.erased else differ(f"{name}: HostFunded", funded, self.book.host_funded)
        closing = int(root.findtext("ClosingOutstanding"))
        found += differ(f"{name}: ClosingOutstanding", closing, opening + total + funded)
        return found + differ(f"{name}: HostNet", {e.get("currency"): e.text for e in root.findall("HostNet")},
                              {c: rules.money_text(n, c) for c, n in nets.items()})


def column(kind: str, side: str) -> str:
    """Where the host summary counts a line ('Points outstanding at month end')."""
    if kind.endswith("_REVERSAL") or kind == "ADJUSTMENT_POINTS" and side == "CRDT":
        return "reversedFromMembers" if side == "CRDT" else "reversedToMembers"
    return {"REIMBURSEMENT": "redeemed", "TRANSFER_IN": "transferredIn",
            "TRANSFER_OUT": "transferredOut"}.get(kind, "issued")
