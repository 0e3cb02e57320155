"""Stages 'arithmetic' and 'document': one window made anew from the originals (evidence.md 'Checks and verdicts')."""
import csv
import re
import xml.etree.ElementTree as ET
from collections import namedtuple
from fractions import Fraction
from typing import Optional

import documents
import programme
import records
import rules
from archive import Problem
from bundle import Batch, Bundle, Fact, owner
from programme import Programme

FIGURES = re.compile(
    r"/(Line|Tax|PartnerTax|OpeningBalance|NetAmount|Payments|Returns|ClosingBalance|DueAmount|InSettlementAmount|"
    r"Settlement|AccountEntry|Totals|OpeningPosition|WindowPosition|ClosingPosition|SubSourceTotal)\b")


def arithmetic(b: Bundle) -> None:
    """Every record, line, fee, tax, balance and instruction; the figures of the XML statements are those recomputed."""
    b.problems += b.unlike
    recomputed, b.differences = Recomputed(b), []
    recomputed.check_records()
    if b.totals:
        recomputed.check_statements()
        b.problems += [p for p in b.differences if FIGURES.search(p.item)]


def document(b: Bundle) -> None:
    """What else the statements say: the other elements, CSV and text."""
    b.problems += [p for p in b.differences if not FIGURES.search(p.item)]


# A record as it was sealed, and what it is judged by: place is (the fact that brought it, its number), keys are its
# lines as (key or None when masked, points), p is the programme's version.
Case = namedtuple("Case", "where place leaf private keys promotion window partner fact p")


class Recomputed:
    def __init__(self, b: Bundle) -> None:
        self.b, self.book = b, rules.Book(b.window, b.programmes)
        self.hidden: set[tuple] = set()  # originals of which an unseen reversal took something
        self.erased: dict[str, int] = {}  # partners whose records of this window are erased -> how many there are
        self.referred = {private.original for batch in b.batches() for leaf, private, _ in b.rows(batch)
                         if leaf.flags & records.HAS_ORIGINAL}  # only these are kept
        entries = [fact.body.get("entry") or {} for fact in b.of("messageAnswered")]
        self.referred |= {tuple(e["original"].values()) for e in entries if e.get("original")}

    # -- records -----------------------------------------------------------------------------------------------------

    def check_records(self) -> None:
        """R10: in the order in which files and messages were decided; a reversal sees what came before it."""
        b = self.b
        self.priors()
        work = [(batch.decided, batch.folder, self.batch, batch) for batch in b.batches()]
        work += [(f.number, f"messages/{f.number:010}", self.message, f) for f in b.of("messageAnswered")
                 if f.number not in b.seals]
        for _, b.reading, check, item in sorted(work, key=lambda one: one[0]):
            check(item)
        for number in b.shared():
            self.masked(number)
        for name in b.whole_records("records/"):
            self.single(name)

    def single(self, name: str) -> None:
        """A bundle of one record: its bytes, without the file around them, against its leaf."""
        item, data = self.b.json(name), self.b.archive.read(name.removesuffix("json") + "bytes")
        (leaf, lines, private), fact = records.read_single(item), self.b.facts[item["batch"]]
        rec = next(iter(records.XmlReader([b"<R>", data, b"</R>"]))) if data[:1] == b"<" else \
            records.csv_record(0, len(data), next(csv.reader([data.decode()], strict=True)))
        self.b.same(f"{name}: length", (len(data), rec.length), (private.length, private.length))
        self.record(rec, Case(name, (item["batch"], leaf.number), leaf, private, list(zip(lines.keys, leaf.shares)),
                              item["promotion"], item["window"], owner(self.b.sealed(name)[1]), fact,
                              self.b.programme_of(fact)))

    def priors(self) -> None:
        """Records of earlier windows: originals first, then their earlier reversals in their order."""
        found = [(self.b.sealed(name), *records.read_single(self.b.json(name)), name, self.b.json(name))
                 for name in self.b.whole_records("priors/")]
        for (decided, seal), leaf, lines, private, name, item in sorted(found, key=lambda f: (f[0][0], f[1].number)):
            reverses = leaf.type == "RVSL" and leaf.status == "ACCP"
            original = self.book.originals.get(private.original) if reverses else None
            promotion = original.promotion if original else item["promotion"]
            named = self.named(lines, leaf, owner(seal), promotion, decided)
            if not reverses:
                self.book.originals[item["batch"], leaf.number] = rules.Original(leaf, private, promotion, named)
            elif original and self.conceals(leaf, private, original, owner(seal)):
                continue
            elif original:
                self.b.same(f"{name}: left after it", leaf.left, original.left - leaf.units)
                taken = {who: points for who, _, points in named}
                original.take(leaf.left, [taken.get(who, 0) for who, _, _ in original.lines])
            elif private.original[0] not in self.b.erased:
                self.b.fail(name, f"reverses {private.original}", "an original that the bundle shows")

    def named(self, lines: records.Lines, leaf: records.Leaf, partner: str, promotion: str, fact: int) -> list:
        """(partner, key, points) of a sealed record; masked lines get the promotion's other funders in their order."""
        p, names = self.b.programme_at(fact), [partner]
        if promotion in p.promotions:
            names = p.other_funders(promotion)
        left = iter([n for n in names if n not in [k["partner"] for k in lines.keys if k]])
        return [(key["partner"] if key else next(left, ""), key, points)
                for key, points in zip(lines.keys, leaf.shares)]

    def batch(self, batch: Batch) -> None:
        """A file or sealed message: every record of the original against its leaf."""
        b, where, seal = self.b, batch.folder, batch.seal
        fact, is_file = b.facts.get(batch.number), not seal.get("messageID")
        if fact is None and is_file:
            raise Problem(where, f"fact {batch.number} is not shown", "the fact that brought it")
        fact = fact or b.facts[batch.decided]  # of a sealed message, in the same append
        p, sums, late = b.programme_of(fact), {}, 0
        if not batch.lines:
            return self.without_records(batch, fact, p)
        b.same(f"{where}/lines.json: window", batch.lines.window, seal["window"])
        if is_file and seal["status"] == "RJCT":  # posts nothing; its records' findings are information
            for leaf, _, _ in b.rows(batch):
                b.same(f"{where}: record {leaf.number} of a refused file: lines", len(leaf.shares), 0)
            return None
        content = b.archive.chunks(f"{where}/original") if is_file else [b.contents[f"{where}/message.cms"]]
        reader = records.reader(content)
        sent = iter(reader)
        for leaf, private, chosen in b.rows(batch):
            here, rec, one = f"{where}: record {leaf.number}", next(sent, None), batch.lines.of(chosen)
            if rec is None:
                return b.fail(here, "sealed", "no such record in the original")
            keys = [(batch.lines.keys[i], points) for i, points in zip(one["lines"], leaf.shares)]
            b.match(here, {"place in the original": private[4:6]}, {"place in the original": rec[:2]})
            self.record(rec, Case(here, (batch.number, leaf.number), leaf, private, keys, one.get("promotion", ""),
                                  seal["window"], batch.partner, fact, p))
            late += leaf.status == "ACCP" and leaf.flags & records.LATE != 0
            total = sums.setdefault((leaf.status, leaf.unit), [0, 0, 0])
            total[:] = total[0] + 1, total[1] + leaf.units, total[2] + leaf.points
        counts = by_status(sums)
        if next(sent, None) is not None:
            b.fail(where, f"{sum(counts.values())} records sealed", "more records in the original")
        if is_file:
            self.file_around(batch, fact, reader.header, counts, sums)
        if seal["window"] == b.window:
            self.book.charge(p, batch.partner, p.day(fact.at), {"RECORD": counts["ACCP"], "LATE": late,
                                                                "REJECTED": counts["RJCT"], "FILE": is_file})
        return None

    def file_around(self, batch: Batch, fact: Fact, header: dict, counts: dict, sums: dict) -> None:
        """The file's header is that of its fact; status and sums of VALIDATED are those of the leaves."""
        b, name = self.b, f"{batch.folder}/validated.xml"
        found = {"partner": header.get("InitiatingParty"), "series": header.get("Series"),
                 "sequence": int(header.get("SequenceNumber") or 0)}
        b.same(f"{batch.folder}/original: header", found, {k: fact.body["batch"][k] for k in found})
        refused, every = counts["RJCT"], sum(counts.values())
        wanted = "ACCP" if not refused else "RJCT" if refused == every else "PART"
        b.same(f"{batch.folder}: status of the file", batch.seal["status"], wanted)
        if name in b.archive:
            b.same(f"{name}: sums", self.validated_sums(name), sums)
            b.same(f"{name}: FileStatus", b.document(name).findtext("FileStatus"), wanted)

    def validated_sums(self, name: str) -> dict:
        return {(s.get("status"), s.get("unit", "")): [int(s.get(k)) for k in ("records", "units", "points")]
                for s in self.b.document(name).findall("StatusSum")}

    def without_records(self, batch: Batch, fact: Fact, p: Programme) -> None:
        """What is erased or closed ('After erasure'): counts as VALIDATED has them; the lines are the statements'."""
        is_file = not batch.seal.get("messageID")
        counts = by_status(self.validated_sums(f"{batch.folder}/validated.xml") if is_file else {("ACCP", ""): [1]})
        self.b.same(f"{batch.folder}/validated.xml: records", sum(counts.values()), batch.seal["count"])
        if batch.seal["window"] == self.b.window:
            self.erased[batch.partner] = self.erased.get(batch.partner, 0) + counts["ACCP"]
            self.book.charge(p, batch.partner, p.day(fact.at), {"RECORD": counts["ACCP"], "REJECTED": counts["RJCT"],
                                                                "FILE": is_file}, ["RECORD", "REJECTED"])

    def record(self, rec: records.Record, c: Case) -> None:
        """Status is the sealed one; an accepted record must be computable and equal, a repeat has an equal original."""
        b, leaf, private = self.b, c.leaf, c.private
        b.count("recomputed records")
        points_units = {c.p.currency, c.p.agreements[c.partner].own}
        if rec.get("TransactionId") and any(private.identity):
            identity = records.identity(c.partner, rec.get("TransactionId"))
            b.match(c.where, {"identity": private.identity}, {"identity": identity})
        if leaf.status != "ACCP":
            b.same(f"{c.where}: lines of a {leaf.status}", len(leaf.shares), 0)
        if leaf.status == "RJCT":
            return
        try:
            head = (rec.get("LoyaltyTransactionType"), rec.get("Unit"), rec.units(points_units),
                    programme.day_number(rec.get("BusinessDate")))
            b.match(c.where, {"type, unit, units, business date": leaf[1:2] + leaf[4:6] + leaf[7:8],
                              "content": private.content.hex()},
                    {"type, unit, units, business date": head, "content": rec.content(points_units).hex()})
        except ValueError as problem:
            b.fail(c.where, f"{leaf.status}, but {problem}", "a record that can be read")
            return
        original = self.book.originals.get(private.original)
        if original and leaf.type == "RVSL" and self.conceals(leaf, private, original, c.partner):
            original = None
        if original is None and (private.original[0] in b.erased or private.original in self.hidden):
            b.remark(f"{c.where}: its original or a reversal of that is erased or closed, so it is not recomputed")
            self.take_as_sealed(c)
        elif original is None and not b.totals and leaf.flags & records.HAS_ORIGINAL:
            b.remark(f"{c.where}: its original is not in this narrowed bundle, so it is not recomputed")
        elif leaf.status == "ACCP":
            self.accepted(rec, c, original)
        elif original is None or (original.identity, original.content) != (private.identity, private.content):
            b.fail(c.where, f"repeat of {private.original}, which is not shown or says something else",
                   "an equal original")

    def accepted(self, rec: records.Record, c: Case, original: Optional[rules.Original]) -> None:
        """An accepted record has the points, flags and lines that the rules give it, and counts on its lines."""
        b, leaf = self.b, c.leaf
        if not b.totals and original and leaf.type == "RVSL":  # a narrowed bundle lacks other files
            original.left = leaf.left + leaf.units
        try:
            points, flags, lines, left = self.book.expect(rec, leaf, c.partner, c.fact.at, c.p, c.window, original)
        except (ValueError, KeyError, TypeError, StopIteration) as problem:
            b.fail(c.where, f"accepted, but {problem}", "a record that the rules accept")
            return
        bonus = rec.get("PromotionId") if leaf.type == "BONU" else original.promotion if leaf.type == "RVSL" else ""
        b.match(c.where, {"points": leaf.points, "flags": leaf.flags, "left of its original": leaf.left,
                          "promotion": c.promotion},
                {"points": points, "flags": flags, "left of its original": left, "promotion": bonus})
        self.compare_lines(c.where, c.keys, lines)
        if c.window == b.window:
            for _, key, part in lines:
                if key:
                    split = leaf.type == "BONU" or key["kind"].startswith("BONUS")
                    self.book.count(key, part if split else leaf.units, part, flags, "recomputed")
            if lines and bonus:
                rest = points - sum(part for _, _, part in lines)
                self.book.host_funded += rest if leaf.type == "BONU" else -rest
        if c.place in self.referred:
            self.book.originals[c.place] = rules.Original(leaf, c.private, bonus, lines)

    def compare_lines(self, where: str, stated: list, wanted: list) -> None:
        """The lines of a record as sealed (key or None when masked, points) against those recomputed."""
        left = list(wanted)
        for key, points in sorted(stated, key=lambda line: line[0] is None):  # masked lines take what is left
            match = next((w for w in left if key is None or w[0] == key["partner"]), None)
            if match is None:
                self.b.fail(where, f"a line {key and key['kind']} of {key and key['partner']}", "no such line")
                continue
            left.remove(match)
            if points != match[2]:
                self.b.fail(where, f"{points} points on the line of {match[0]}", f"{match[2]}")
            if key is not None and match[1] is not None:
                self.b.match(f"{where}, line of {match[0]}", key, match[1])
        for name, _, points in left:
            self.b.fail(where, "no line", f"a line of {name} with {points} points")

    def conceals(self, leaf: records.Leaf, private: records.Private, original: rules.Original, partner: str) -> bool:
        """Less is left than what is seen leaves, since a reversal before this one is erased or closed."""
        if leaf.left + leaf.units >= original.left or not self.b.hides(partner):
            return False
        self.hidden.add(private.original)
        del self.book.originals[private.original]
        return True

    def take_as_sealed(self, c: Case) -> None:
        """A record that is closed, or goes back to what is erased or closed, counts what its own leaf states."""
        if c.window == self.b.window and c.leaf.status == "ACCP":
            split = any(key and key["kind"].startswith("BONUS") for key, _ in c.keys)
            rest = c.leaf.points - sum(c.leaf.shares) if split else 0
            self.book.host_funded += rest if c.leaf.type == "BONU" else -rest
            for key, points in c.keys:
                if key:
                    self.book.count(key, points if split else c.leaf.units, points, c.leaf.flags, "issued")

    def message(self, fact: Fact) -> None:
        """A message without a seal: its fact against the record within its CMS."""
        b, body, name, late = self.b, fact.body, f"messages/{fact.number:010}/message.cms", False
        p, window = b.programme_of(fact), b.window_of(fact)
        if body.get("entry"):
            where, place = f"fact {fact.number}: message {body['messageID']}", (fact.number, 1)
            leaf, private, keys, promotion = self.message_leaf(body, p)
            accepted = leaf.status == "ACCP"
            late = accepted and leaf.flags & records.LATE != 0
            original = self.book.originals.get(private.original) if accepted and leaf.type == "RVSL" else None
            if name in b.archive:
                leaf = leaf._replace(left=original.left - leaf.units if original else 0)
            case = Case(where, place, leaf, private, keys, promotion, window, body["partner"], fact, p)
            if name in b.archive:
                rec = next(iter(records.reader([b.contents[name]])))
                b.same(f"{where}: place", private[4:6], rec[:2])
                self.record(rec, case)
            elif fact.number in b.erased:  # it is closed
                self.take_as_sealed(case)
            if name not in b.archive and accepted and place in self.referred:  # of a prior its fact alone is there
                self.book.originals[place] = rules.Original(leaf, private, promotion, [
                    (key["partner"], key, points) for key, points in keys])
            elif name not in b.archive and original:
                original.take(original.left - leaf.units, leaf.shares)
        if window == b.window and (name in b.archive or fact.number in b.erased):
            self.book.charge(p, body["partner"], p.day(fact.at),
                             {"RECORD": body["status"] == "ACCP", "LATE": late, "REJECTED": body["status"] == "RJCT"})

    def message_leaf(self, body: dict, p: Programme) -> tuple:
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
        original = tuple((e.get("original") or {"batch": 0, "record": 0}).values())
        private = records.Private(bytes(16), *ids, e["offset"], e["length"], original)
        return leaf, private, keys, one.get("promotion", "")

    def masked(self, number: int) -> None:
        """Another partner's records on this partner's lines: attested by leaves, priced by this partner's agreement."""
        folder, b = f"shared/{number:010}", self.b
        decided, seal = b.sealed(folder)
        if f"{folder}/leaves.bin" in b.archive:
            self.erased[owner(seal)] = self.erased.get(owner(seal), 0) + seal["count"]
            return
        (lines, items), p = b.masked(number), b.programme_at(decided)
        b.same(f"{folder}/lines.json: window", lines.window, seal["window"])
        for item, leaf in items:
            where = f"{folder}: record {leaf.number}"
            for key, points in zip((lines.keys[i] for i in lines.sets[item["set"]]["lines"]), leaf.shares):
                if key is None or leaf.status != "ACCP":
                    continue
                if leaf.type == "BONU":
                    b.same(f"{where}: line", key, self.book.key(
                        p, key["partner"], "BONUS_FUNDING", "DBIT", p.currency, None, "ISSUANCE",
                        programme.day_text(leaf.date), seal["window"], ""))
                else:
                    b.same(f"{where}: kind of line", (leaf.type, key["kind"], key["side"]),
                           ("RVSL", "BONUS_FUNDING_REVERSAL", "CRDT"))
                if seal["window"] == b.window:
                    self.book.count(key, points, points, leaf.flags, "attested")

    # -- statements --------------------------------------------------------------------------------------------------

    def check_statements(self) -> None:
        """Both statements of each partner, in money by the account so far; differences are sorted by the stages."""
        b, (close, seal) = self.b, self.b.close()
        p, fixings, adjustments, steps, results = b.programme_at(seal["closed"]), {}, {}, [], {}
        opens, cutoff = p.bounds(b.window)
        for fact, act in b.acts():
            if act["act"] == "fixing":
                place = (act["window"], act["base"], act["quote"])
                if place in fixings:
                    b.fail(f"fact {fact.number}", f"a second fixing of {place}", "one for ever")
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
                self.issued_lines(partner, p)
            try:
                lines = rules.settlement_lines(self.book, partner, p, fixings, adjustments.get(partner, []))
            except rules.MissingFixing as problem:
                b.fail(f"statements/STL-{b.window}-{partner}.xml", problem, "a fixing by two officers")
                continue
            result = results[partner] = rules.settle(self.book, partner, p, lines, self.account(partner, p, steps))
            self.statements(partner, p, close, result)
            for kind, graded in (("CLS", self.book.of(partner)), ("STL", result.lines)):
                b.grades.append({"id": f"{kind}-{b.window}-{partner}", "lines": [
                    {"number": n, "grade": line.grade} for n, line in enumerate(graded, 1)]})
        self.logged_accounts(seal["closed"], results)
        if b.whole:
            self.summary(p, results)

    def logged_accounts(self, number: int, results: dict) -> None:
        """The fact of the close has every account as recomputed: payments are made by it. Partners are not shown it."""
        stated = {a["partner"]: a for a in self.b.facts[number].body["accounts"]} if number in self.b.facts else {}
        if stated and set(stated) != set(self.b.programme_at(number).agreements):
            self.b.fail(f"log/facts/{number:010}.json", f"accounts of {sorted(stated)}", "one of each partner")
        for partner, result in results.items() if stated else ():
            account = stated.get(partner, {})
            told = account | (account.get("instruction") or {"amount": None})
            wanted = {**result.figures, "action": result.action, "amount": None,
                      "statementNumber": len(self.b.history("STL", partner)) + 1}
            if result.end_to_end:
                wanted |= {"amount": result.figures["due"], "valueDate": result.value_date,
                           "endToEndID": result.end_to_end}
            got = {k: told[k]["minorUnits"] if isinstance(told.get(k), dict) else told.get(k) for k in wanted}
            self.b.same(f"log/facts/{number:010}.json: account of {partner}", got, wanted)

    def issued_lines(self, partner: str, p: Programme) -> None:
        """A line that may stand on erased records counts more than is recomputed: what the statement has is taken."""
        b, currency, more = self.b, p.agreements[partner].currency, partner in self.erased
        name, every, own_only = f"statements/CLS-{b.window}-{partner}.xml", 0, 0
        for line in b.document(name).findall("Line"):
            own, where = self.stated_line(line, partner, currency), f"{name}: /Line[{line.get('number')}]"
            key, funding = tuple(own.key.values()), own.key["kind"].startswith("BONUS_FUNDING")
            one = self.book.lines.get(key, rules.Line(own.key))
            added = {f: getattr(own, f) - getattr(one, f)
                     for f in ("records", "units", "points", "exact", "late", "carried")}
            if not any(added.values()) or not more and not funding:
                continue
            if min(added.values()) < 0 or not added["records"]:
                b.fail(where, added, "no less than the records that are not erased")
            elif own.key["price"] not in self.book.prices:
                b.fail(where, own.key["price"], "a price of an agreement")
            else:
                own.grade, every = "issued", every + added["records"]
                own_only += 0 if funding else added["records"]
                self.book.lines[key] = own
        if every > sum(self.erased.values()) or own_only > self.erased.get(partner, 0):
            b.fail(name, f"{every} records that cannot be recomputed", f"at most the erased ones: {self.erased}")
        for line in b.document(f"statements/STL-{b.window}-{partner}.xml").findall("Line"):
            if line.get("type") == "FEE_LATE" and more:  # lateness was a part of the records
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

    def account(self, partner: str, p: Programme, steps: list) -> rules.Account:
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

    def statements(self, partner: str, p: Programme, close: Fact, result: rules.Result) -> None:
        """Both statements in their three forms against those made anew."""
        b, earlier = self.b, self.b.history("CLS", partner)
        opening = int(b.document(earlier[-1]).findtext("ClosingPosition")) if earlier else 0
        for kind in ("CLS", "STL"):
            name = f"statements/{kind}-{b.window}-{partner}"
            root = b.document(name + ".xml")
            head = root.find("JournalHead")
            frame = documents.Frame(p, b.window, partner, len(b.history("STL", partner)) + 1, close.time,
                                    (head.get("sequence"), head.text.strip()))
            made = documents.clearing_statement(frame, self.book, opening) if kind == "CLS" else \
                documents.settlement_statement(frame, result, p.currency)
            b.differences += documents.compare_forms(name, made, root, b.archive.read(name + ".csv"),
                                                     b.archive.read(name + ".txt"))
            b.count("statements")

    def summary(self, p: Programme, results: dict) -> None:
        """The host summary: points by partner, the tie-out, every account, and the host's net."""
        b, name = self.b, f"statements/HST-{self.b.window}.xml"
        root, total, nets, wanted = b.document(name), 0, {}, {}
        for partner, result in results.items():
            points = dict.fromkeys("issued redeemed transferredIn transferredOut reversedFromMembers reversedToMembers "
                                   "movement".split(), 0)
            for line in self.book.of(partner):
                points[column(line.key["kind"], line.key["side"])] += line.points
                points["movement"] += line.points if line.key["side"] == "DBIT" else -line.points
            total, currency = total + points["movement"], p.agreements[partner].currency
            nets[currency] = nets.get(currency, 0) - result.figures["net"]
            paid = {"endToEndId": result.end_to_end, "valueDate": result.value_date} if result.end_to_end else {}
            cash = {k: rules.money_text(v, currency) for k, v in result.figures.items()}
            wanted["PartnerPoints", partner] = {k: str(v) for k, v in points.items()}
            wanted["Account", partner] = cash | {"currency": currency, "action": result.action} | paid
        for (tag, partner), one in wanted.items():
            stated = next((e.attrib for e in root.findall(tag) if e.get("partner") == partner), {})
            self.differ(f"{name}: {tag} of {partner}", {k: stated.get(k) for k in one}, one)
        opening, funded, closing = (int(root.findtext(tag)) for tag in (
            "OpeningOutstanding", "HostFunded", "ClosingOutstanding"))
        if p.windows[0]["id"] == b.window:
            self.differ(f"{name}: OpeningOutstanding", opening, p.calendar.get("openingPoints", 0))
        if not self.erased:
            self.differ(f"{name}: HostFunded", funded, self.book.host_funded)
        self.differ(f"{name}: ClosingOutstanding", closing, opening + total + funded)
        self.differ(f"{name}: HostNet", {e.get("currency"): e.text for e in root.findall("HostNet")},
                    {c: rules.money_text(n, c) for c, n in nets.items()})

    def differ(self, item: str, found: object, expected: object) -> None:
        self.b.differences += [] if found == expected else [Problem(item, found, expected)]


def by_status(sums: dict) -> dict:
    """How many records have each status."""
    return {status: sum(total[0] for (one, _), total in sums.items() if one == status)
            for status in ("ACCP", "RJCT", "DUPL")}


def column(kind: str, side: str) -> str:
    """Where the host summary counts a line ('Points outstanding at month end')."""
    if kind.endswith("_REVERSAL") or kind == "ADJUSTMENT_POINTS" and side == "CRDT":
        return "reversedFromMembers" if side == "CRDT" else "reversedToMembers"
    return {"REIMBURSEMENT": "redeemed", "TRANSFER_IN": "transferredIn",
            "TRANSFER_OUT": "transferredOut"}.get(kind, "issued")
