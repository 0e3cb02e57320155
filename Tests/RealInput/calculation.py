"""An independent calculation of the year, written from Specs/rules.md alone, in Python integers and fractions of them.

It knows the programme's tables (coalition_year.py) and the neutral records, and shares no code with the program.
What it gives has the form in which comparison.py reads the gateway's statements.
"""
import datetime
from collections import Counter, defaultdict
from fractions import Fraction

import coalition_year as house

KINDS = ("ISSUANCE", "REIMBURSEMENT", "FEE_RECORD", "FEE_LATE", "FEE_FILE", "FEE_MINIMUM_MONTHLY")
SIDE = {"ISSUANCE": "DBIT", "REIMBURSEMENT": "CRDT"}
DIGITS = {"EUR": 2, "GBP": 2}


def rounded(value, how):
    """A fraction to a whole number, on its magnitude."""
    sign, value = (-1 if value < 0 else 1), abs(value)
    whole, rest = divmod(value.numerator, value.denominator)
    double = 2 * rest
    if how != "DOWN" and (double > value.denominator
                          or double == value.denominator and (how == "HALF_UP" or whole % 2 == 1)):
        whole += 1
    return sign * whole


def exact(value):
    """A finite decimal where there is one, else a reduced fraction (R5)."""
    value = Fraction(value)
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    return decimal(value.numerator * 10 ** places // value.denominator, places)


def decimal(minor, places):
    """A number of the smallest parts as a decimal with so many places."""
    digits = str(abs(minor)).rjust(places + 1, "0")
    text = digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"
    return ("-" if minor < 0 else "") + text


def held(versions, day, **key):
    """The one version of a key that holds on a day, the last one before it where none does; None when there is none."""
    mine = [each for each in versions if all(each.get(name) == value for name, value in key.items())]
    for each in mine:
        if each["validFrom"] <= day <= each.get("validTo", "9999-12-31"):
            return each
    return None


def points_for(ratio):
    """`3 MKP = 2 SML` says 2 points for 3 own ones."""
    own, points = ratio.split(" = ")
    return int(points.split()[0]), int(own.split()[0])


def easter(year):
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + k - 7 * ((a + 11 * h + 22 * k) // 451) + 114, 31)
    return datetime.date(year, month, day + 1)


class Window:
    """A half month: its first day, and the day of its cut-off, which is the next one's first."""

    def __init__(self, day):
        self.first = day.replace(day=1 if day.day < 16 else 16)
        self.cutoff = self.first.replace(day=16) if self.first.day == 1 \
            else (self.first.replace(day=1) + 32 * house.DAY).replace(day=1)
        self.last = self.cutoff - house.DAY
        self.name = f"W-{self.first:%Y-%m}{'A' if self.first.day == 1 else 'B'}"


class Calculation:
    def __init__(self, year, outage=False):
        self.year, self.outage = year, outage
        self.agreements = house.coalition(year)
        self.needed, self.closed = house.bank_calendars(year)
        self.accounts = {partner: Account(agreement["settlementCurrency"])
                         for partner, agreement in self.agreements.items()}
        self.outstanding = house.OPENING_POINTS
        self.lines, self.fees = {}, {}
        self.totals = Counter()
        # Versions do not change while the year is played: what holds for a partner, day and type is looked up once.
        self.found = {}

    # --- records

    def terms_of(self, partner, kind, day):
        """Ratio and price of a record's kind on its business date."""
        key = partner, kind, day
        if key not in self.found:
            agreement = self.agreements[partner]
            ratio = None
            if kind == "ISSUANCE":
                version = held(agreement["ratios"], day, purpose="ACCRUAL")
                ratio = (version["id"], *points_for(version["ratio"]), version["rounding"])
            price = held(agreement["prices"], day, kind=kind)
            tax = held(agreement["terms"], day)["tax"]["hostSupplies"]
            tax = (tax["category"], tax["rate"]) if kind == "ISSUANCE" else ("O", None)
            self.found[key] = ratio, price, tax, int(held(agreement["terms"], day)["graceDays"])
        return self.found[key]

    def file(self, partner, records, arrives):
        """One file, received at 02:00 of a day; returns what its receipt must say."""
        window = Window(arrives)
        agreement = self.agreements[partner]
        lines, sums, late_records = self.lines, {}, 0
        findings, seen = Counter(), set()
        for record in records:
            kind = "ISSUANCE" if record["type"] == "ACCR" else "REIMBURSEMENT"
            day, units = record["business_date"], int(record["units"])
            ratio, price, tax, grace = self.terms_of(partner, kind, day)
            points = rounded(Fraction(units * ratio[1], ratio[2]), ratio[3]) if ratio else units
            lag = (arrives - datetime.date.fromisoformat(day)).days
            is_late = lag > grace
            is_carried = not is_late and day < window.first.isoformat()
            foreign = agreement["settlementCurrency"] != house.BASE
            key = (window.name, partner, kind, record["unit"], ratio[0] if ratio else None, price["id"], tax, foreign,
                   f"brand={record['store']}")
            line = lines.setdefault(key, [0, 0, 0, 0, 0])
            for place, value in enumerate((1, units, points, is_late, is_carried)):
                line[place] += value
            total = sums.setdefault(record["unit"], [0, 0, 0])
            for place, value in enumerate((1, units, points)):
                total[place] += value
            late_records += is_late
            if is_late:
                findings["DAT-003"] += 1
            if units > 0 and points == 0:
                findings["CNV-001"] += 1
            twin = (record["card"], record["store"], record["date_time"], record["type"], record["unit"], units)
            findings["DUP-003"] += twin in seen
            seen.add(twin)
            self.totals[partner, record["type"], record["unit"], "records"] += 1
            self.totals[partner, record["type"], record["unit"], "units"] += units
        cap = held(agreement["terms"], arrives.isoformat()).get("lateFeeCapPerFile")
        charged = min(late_records, int(cap)) if cap else late_records
        for kind, count in (("RECORD", len(records)), ("LATE", charged), ("FILE", 1)):
            self.charge(window, partner, kind, count, arrives)
        return {"window": window.name, "status": "ACCP", "findings": +findings,
                "sums": {unit: tuple(total) for unit, total in sums.items()}}

    def charge(self, window, partner, kind, count, day):
        agreement = self.agreements[partner]
        version = held(agreement["fees"], day.isoformat(), kind=kind)
        if not version or not count:
            return
        tax = held(agreement["terms"], day.isoformat())["tax"]["hostSupplies"]
        foreign = version["amount"].split()[1] != agreement["settlementCurrency"]
        key = (window.name, partner, "FEE_" + kind, version["id"], (tax["category"], tax["rate"]), foreign)
        self.fees[key] = self.fees.get(key, 0) + count

    # --- the close of a window

    def needs_fixing(self, window):
        """Whether a line of the window has a price or fee in another currency than the partner's (R6)."""
        return any(key[0] == window.name and key[7] for key in self.lines) \
            or any(key[0] == window.name and key[5] for key in self.fees)

    def close(self, window):
        """The statements of all partners and the host's summary; windows are closed in their order."""
        month = window.last.replace(day=1)
        ends = (month + 32 * house.DAY).replace(day=1) - house.DAY
        statements, summary = {}, {"opening": str(self.outstanding), "partners": {}}
        for partner in sorted(self.agreements):
            if ends == window.last:
                self.charge(window, partner, "MINIMUM_MONTHLY", 1, ends)
            statements[partner] = clearing, settlement = self.statement(window, partner)
            issued, redeemed = (sum(int(line["points"]) for line in clearing["lines"] if line["kind"] == kind)
                                for kind in ("ISSUANCE", "REIMBURSEMENT"))
            self.outstanding += issued - redeemed
            summary["partners"][partner] = {"issued": str(issued), "redeemed": str(redeemed),
                                            "movement": str(issued - redeemed), "account": settlement["account"]}
        summary["closing"] = str(self.outstanding)
        return statements, summary

    def statement(self, window, partner):
        agreement, account = self.agreements[partner], self.accounts[partner]
        prices = {each["id"]: each for each in agreement["prices"]}
        ratios = {each["id"]: points_for(each["ratio"]) for each in agreement["ratios"]}
        mine = [(key, self.lines.pop(key)) for key in list(self.lines) if key[:2] == (window.name, partner)]
        mine.sort(key=lambda item: (KINDS.index(item[0][2]), prices[item[0][5]]["validFrom"], item[0][5],
                                    item[0][6][0], item[0][3], item[0][4] or "", item[0][8].encode()))
        lines, subtotals, groups = [], defaultdict(lambda: [0, 0]), {}
        position = 0
        for number, (key, (records, units, points, late, carried)) in enumerate(mine, 1):
            _, _, kind, unit, ratio, price, tax, foreign, store = key
            precise = Fraction(units)
            if ratio:
                points_of, own = ratios[ratio]
                precise = Fraction(units * points_of, own)
            fixing = f"FIX-{window.name}" if foreign else None
            lines.append({"number": str(number), "kind": kind, "side": SIDE[kind], "store": store, "ratio": ratio,
                          "price": price, "fixed": bool(fixing), "tax": tax, "records": str(records), "unit": unit,
                          "units": str(units), "exact": exact(precise), "points": str(points),
                          "difference": exact(points - precise), "late": str(late), "carried": str(carried)})
            position += points if SIDE[kind] == "CRDT" else -points
            subtotal = subtotals[store, SIDE[kind]]
            subtotal[0] += records
            subtotal[1] += points
            group = groups.setdefault((kind, price, tax, foreign), [0, 0, []])
            group[0] += points
            group[1] += records
            group[2].append(str(number))
        clearing = {"lines": lines, "opening": str(account.position), "position": str(position),
                    "closing": str(account.position + position),
                    "subtotals": {name: tuple(map(str, value)) for name, value in subtotals.items()}}
        account.position += position
        return clearing, self.settlement(window, partner, groups)

    def settlement(self, window, partner, groups):
        agreement, account = self.agreements[partner], self.accounts[partner]
        terms = held(agreement["terms"], window.last.isoformat())
        places = DIGITS[account.currency]
        scale, rate = 10 ** places, house.rate(window.name)
        lines, taxes, net, credits, debits = [], {}, 0, 0, 0
        supplies = Counter()
        for key in [key for key in self.fees if key[:2] == (window.name, partner)]:
            groups[key[2:]] = [self.fees.pop(key), 0, []]
        versions = {each["id"]: each for each in agreement["prices"] + agreement["fees"]}
        order = sorted(groups, key=lambda key: (KINDS.index(key[0]), versions[key[1]]["validFrom"], key[1]))
        for number, key in enumerate(order, 1):
            kind, price, tax, foreign = key
            quantity, records, references = groups[key]
            text, currency = versions[price].get("price", versions[price].get("amount")).split()
            value = quantity * Fraction(text) * (Fraction(rate) if foreign else 1)
            amount = rounded(value * scale, terms.get("rounding", "HALF_UP"))
            side = SIDE.get(kind, "DBIT")
            lines.append({"number": str(number), "kind": kind, "side": side, "quantity": str(quantity),
                          "unitPrice": text, "currency": currency, "price": price,
                          "rate": rate if foreign else None, "exact": exact(value),
                          "amount": decimal(amount, places), "difference": exact(Fraction(amount, scale) - value),
                          "tax": tax, "records": str(records), "references": references})
            credits, debits = credits + amount * (side == "CRDT"), debits + amount * (side == "DBIT")
            if tax[0] != "O":
                taxes[tax] = taxes.get(tax, 0) + (amount if side == "DBIT" else -amount)
            if kind == "REIMBURSEMENT":
                supplies[versions[price].get("basis", "NET")] += amount
        rows = []
        for (category, percent), base in sorted(taxes.items()):
            tax = rounded(Fraction(base) * Fraction(percent) / 100, "HALF_UP")
            rows.append((category, percent, None, decimal(base, places), decimal(tax, places)))
            net -= tax
        net += credits - debits
        own = []
        if "partnerSupplies" in terms["tax"]:
            category, percent = terms["tax"]["partnerSupplies"]["category"], terms["tax"]["partnerSupplies"]["rate"]
            for basis, base in sorted(supplies.items()):
                whole = Fraction(percent)
                tax = rounded(base * (whole / 100 if basis == "NET" else whole / (100 + whole)), "HALF_UP")
                own.append((category, percent, basis, decimal(base - (tax if basis == "GROSS" else 0), places),
                            decimal(tax, places)))
        result = {"lines": lines, "taxes": rows, "own": own, "credits": decimal(credits, places),
                  "debits": decimal(debits, places)}
        minimum = rounded(Fraction(terms["minimumSettlement"].split()[0]) * scale, "DOWN")
        most = int(terms.get("maxCarryWindows", "6"))
        result["account"] = account.close(self, window, partner, net, minimum, most, places)
        return result

    # --- payments

    def value_date(self, day, currency):
        """The nth business day, counted from the day of the cut-off, which is the first if it is one itself."""
        closed = set()
        for name in self.needed[currency]:
            if name == "TARGET":
                for year in (day.year, day.year + 1):
                    sunday = easter(year)
                    closed |= {f"{year}-01-01", str(sunday - 2 * house.DAY), str(sunday + house.DAY), f"{year}-05-01",
                               f"{year}-12-25", f"{year}-12-26"}
            else:
                closed |= set(self.closed[name])
        count = 0
        while True:
            count += day.weekday() < 5 and str(day) not in closed
            if count == house.SETTLEMENT_DAY:
                return day
            day += house.DAY

    def booked(self, instruction):
        """The bank booked an instruction."""
        account = self.accounts[instruction["partner"]]
        amount = account.in_settlement.pop(instruction["id"])
        account.payments -= amount
        account.entries.append(("PAYMENT", instruction["id"], decimal(-amount, DIGITS[account.currency])))

    def returned(self, instruction):
        """The bank returned an instruction that it had not booked: it is due again, and no return on the statement."""
        account = self.accounts[instruction["partner"]]
        amount = account.in_settlement.pop(instruction["id"])
        account.entries.append(("RETURNED_UNBOOKED", instruction["id"], decimal(amount, DIGITS[account.currency])))


class Account:
    """A partner's account with the host in minor units; plus: the host owes."""

    def __init__(self, currency):
        self.currency, self.balance, self.payments, self.position = currency, 0, 0, 0
        self.in_settlement, self.entries, self.carried, self.number = {}, [], 0, 0

    def close(self, books, window, partner, net, minimum, most, places):
        self.number += 1
        opening, payments, entries = self.balance, self.payments, self.entries
        self.balance = opening + net + payments
        waiting = sum(self.in_settlement.values())
        due = self.balance - waiting
        self.payments, self.entries = 0, []
        action, instruction = "NONE", None
        if due and abs(due) < minimum and self.carried < most:
            action = "CARRIED_FORWARD"
            self.carried += 1
        elif due:
            action = "HOST_PAYS_PARTNER" if due > 0 else "PARTNER_PAYS_HOST"
            instruction = {"id": f"STL-{window.name}-{partner}-{self.currency}", "partner": partner,
                           "amount": decimal(abs(due), places), "signed": decimal(due, places),
                           "valueDate": str(books.value_date(window.cutoff, self.currency))}
            self.in_settlement[instruction["id"]] = due
        if action != "CARRIED_FORWARD":
            self.carried = 0
        texts = {name: decimal(value, places) for name, value in
                 (("opening", opening), ("net", net), ("payments", payments), ("returns", 0), ("closing", self.balance),
                  ("due", due), ("inSettlement", waiting))}
        return {**texts, "currency": self.currency, "number": str(self.number), "action": action,
                "instruction": instruction, "entries": entries}
