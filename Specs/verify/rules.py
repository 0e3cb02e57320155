"""The rules of the business (rules.md): from records to clearing lines, and from these to money and instructions.

R1 to R4, R9 and R12 are methods of Book; R5 to R8 the functions after it.  Nothing here reads a bundle.
"""
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Iterable, Optional

import programme
import records
from programme import Programme, day_in, day_number, day_text, digits, minor

RULES = {  # 'Record types': kind of line, side, price, role
    "ACCR": ("ISSUANCE", "DBIT", "ISSUANCE", "EARN"), "BONU": ("BONUS_FUNDING", "DBIT", "ISSUANCE", "CO_FUND"),
    "REDM": ("REIMBURSEMENT", "CRDT", "REIMBURSEMENT", "BURN"),
    "TRFI": ("TRANSFER_IN", "DBIT", "TRANSFER_IN", "TRANSFER_IN"),
    "TRFO": ("TRANSFER_OUT", "CRDT", "TRANSFER_OUT", "TRANSFER_OUT"),
    "ADJT": ("ADJUSTMENT_POINTS", "DBIT", "ISSUANCE", None)}
KINDS = [kind + end for kind, *_ in RULES.values() for end in ("", "_REVERSAL")] + [
    "ADJUSTMENT_MONEY", "FEE_RECORD", "FEE_LATE", "FEE_FILE", "FEE_REJECTED", "FEE_ENROLMENT", "FEE_MINIMUM_MONTHLY"]
OTHER = {"DBIT": "CRDT", "CRDT": "DBIT"}


def rounded(value: Fraction, mode: str) -> int:
    """Rounding on the magnitude ('Conventions', R11)."""
    whole, rest = divmod(abs(value), 1)
    up = {"HALF_UP": rest >= Fraction(1, 2), "DOWN": False,
          "HALF_EVEN": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)}[mode]
    return int(whole + up) * (-1 if value < 0 else 1)


def exact_points(units: int, ratio: Optional[dict]) -> Fraction | int:
    """R1: units x to / from; without a ratio the points are the units."""
    return Fraction(units * ratio["toUnits"], ratio["fromUnits"]) if ratio else units


def convert(units: int, ratio: Optional[dict]) -> int:
    """R1: rounded once for the record."""
    return rounded(exact_points(units, ratio), ratio["rounding"]) if ratio else units


def shares(units: int, weights: dict[str, int]) -> dict[str, int]:
    """R4: every part floored, the rest one by one to the largest fractions, ties to the smaller id."""
    total = sum(weights.values())
    parts = {name: units * weight // total for name, weight in weights.items()}
    order = sorted(weights, key=lambda name: (-(units * weights[name] % total), name.encode()))
    for name in order[:units - sum(parts.values())]:
        parts[name] += 1
    return parts


class Original:
    """An accepted record as later ones see it: what is left of it in units and parts."""

    def __init__(self, leaf: records.Leaf, private: records.Private, promotion: str, lines: list) -> None:
        self.leaf, self.identity, self.content, self.promotion = leaf, private.identity, private.content, promotion
        self.lines = lines  # (partner, key or None, points)
        self.left, self.parts = leaf.units, [points for _, _, points in lines]

    def take(self, left: int, taken: list) -> None:
        """A reversal leaves this much of the original, and takes these points from its parts."""
        self.left, self.parts = left, [part - less for part, less in zip(self.parts, taken)]


@dataclass
class Line:
    """A clearing line of R5."""
    key: dict
    records: int = 0
    units: int = 0
    points: int = 0
    exact: Fraction = Fraction(0)
    late: int = 0
    carried: int = 0
    grade: str = "recomputed"


class Book:
    """What is recomputed for one window, from all batches, messages and acts in the order of the log."""

    def __init__(self, window: str, programmes: list[Programme]) -> None:
        self.window, self.programmes = window, programmes
        every = [a.data for p in programmes for a in p.agreements.values()]
        self.ratios = {r["id"]: r for a in every for r in a["ratios"]}
        self.prices = {p["id"]: p for a in every for p in a["prices"] + a["fees"]}
        self.originals: dict[tuple, Original] = {}
        self.lines: dict[tuple, Line] = {}
        self.fees: dict[tuple, int] = {}  # (partner, kind, version, tax category, tax rate) -> count
        self.issued: set[tuple] = set()  # fees that stand on erased records
        self.host_funded = 0

    def expect(self, rec: records.Record, leaf: records.Leaf, partner: str, at: int, p: Programme, window: str,
               original: Optional[Original]) -> tuple[int, int, list, int]:
        """Points, flags, lines (partner, key or None when its agreement is not shown, points), and what is left."""
        agreement, day, kind = p.agreements[partner], rec.get("BusinessDate"), rec.get("LoyaltyTransactionType")
        terms, unit, own, shared = agreement.terms(day), rec.get("Unit"), agreement.own, p.currency
        if terms is None:
            raise ValueError(f"no terms on {day}")
        flags = self.lateness(day, at, terms, p, agreement, window) | records.HAS_DATE
        units = rec.units({shared, own})
        if kind == "RVSL":
            points, lines, left = self.reversal(rec, units, original, partner, p)
            return points, flags | records.HAS_ORIGINAL, lines, left
        line, side, price, role = RULES[kind]
        if role and role not in terms["roles"]:
            raise ValueError(f"the role {role} is not granted on {day}")
        if not unit or unit not in {"ACCR": (shared, own), "TRFI": (own,)}.get(kind, (shared,)):
            raise ValueError(f"unit {unit} does not fit {kind}")
        if kind == "BONU":
            return units, flags | (leaf.flags & records.HAS_ORIGINAL), self.bonus(rec, units, partner, p, window), 0
        if kind == "ADJT" and (rec.get("CreditDebit") != "DBIT" or not rec.get("ReasonCode")):
            raise ValueError("a partner's own adjustment is a debit with a reason")
        ratio = None
        if kind in ("TRFI", "TRFO") or (kind == "ACCR" and unit != shared):
            ends = (shared, own) if kind == "TRFO" else (unit, shared)
            purpose = "ACCRUAL" if kind == "ACCR" else "TRANSFER"
            ratio = agreement.version("ratios", day, purpose=purpose, **dict(zip(("from", "to"), ends)))
            if ratio is None or units < ratio.get("minimum", 0) or units % ratio.get("step", 1):
                raise ValueError(f"no ratio on {day}, or below its minimum, or no multiple of its step")
        key = self.key(p, partner, line, side, unit, ratio, price, day, window, rec.sub_source())
        points = units if kind == "TRFO" else convert(units, ratio)
        return points, flags, [(partner, key, points)], 0

    def key(self, p: Programme, partner: str, kind: str, side: str, unit: str, ratio: Optional[dict], price_kind: str,
            day: str, window: str, sub: str) -> Optional[dict]:
        """R5 to R7: the line of a partner by its own terms of the day; None when its agreement is not shown.

        A fixing where the partner settles in another currency; reimbursements and transfers out are O (outside).
        """
        agreement = p.agreements.get(partner)
        if agreement is None:
            return None
        price, terms = agreement.version("prices", day, kind=price_kind), agreement.terms(day)
        quote = agreement.currency
        if price is None or terms is None:
            raise ValueError(f"{partner} has no price {price_kind} or no terms on {day}")
        tax = {"category": "O"} if kind in ("REIMBURSEMENT", "TRANSFER_OUT") else terms["tax"]["hostSupplies"]
        fixing = (window, price["currency"], quote) if price["currency"] != quote else ("", "", "")
        return dict(zip(records.KEY, (partner, kind, side, unit, ratio["id"] if ratio else "", price["id"],
                                      tax["category"], tax.get("rate", ""), *fixing, sub)))

    def bonus(self, rec: records.Record, units: int, partner: str, p: Programme, window: str) -> list:
        """R4: a line of each funder but the host; the sub-source is the submitter's."""
        promotion, day = p.promotions.get(rec.get("PromotionId")), rec.get("BusinessDate")
        if promotion is None or not promotion["validity"]["from"] <= day <= promotion["validity"]["to"]:
            raise ValueError(f"promotion {rec.get('PromotionId')!r} does not run on {day}")
        parts = shares(units, {f["funder"]: f["weight"] for f in promotion["funders"]})
        return [(name, self.key(p, name, "BONUS_FUNDING", "DBIT", p.currency, None, "ISSUANCE", day, window,
                                rec.sub_source() if name == partner else ""), part)
                for name, part in parts.items() if name != p.calendar["host"]]

    def reversal(self, rec: records.Record, units: int, original: Optional[Original], partner: str,
                 p: Programme) -> tuple[int, list, int]:
        """R3: by what remains of the original, at the original's ratio, price, tax and fixing, on the other side."""
        if original is None or original.leaf.status != "ACCP" or original.leaf.type in ("RVSL", "?"):
            raise ValueError("its original is not an accepted record of the bundle")
        if original.identity != records.identity(partner, rec.get("OriginalTransactionId")):
            raise ValueError("its original has another transaction id")
        before, leaf, after = original.left, original.leaf, original.left - units
        if rec.get("Unit") != leaf.unit or after < 0 or (leaf.type in ("TRFI", "TRFO") and units != leaf.units):
            raise ValueError(f"{units} {rec.get('Unit')} do not fit what is left of the original: {before} {leaf.unit}")
        if leaf.type == "BONU":
            names = [name for name, _, _ in original.lines]
            parts = shares(units, dict(zip(names, original.parts)) | {
                p.calendar["host"]: before - sum(original.parts)})
            taken, points = [parts[name] for name in names], units
        else:
            key = original.lines[0][1]
            ratio = self.ratios[key["ratio"]] if key["ratio"] and leaf.type != "TRFO" else None
            points = convert(before, ratio) - convert(after, ratio)
            taken = [points]
        original.take(after, taken)
        return points, [(name, key and key | {"kind": key["kind"] + "_REVERSAL", "side": OTHER[key["side"]]}, part)
                        for (name, key, _), part in zip(original.lines, taken)], after

    @staticmethod
    def lateness(day: str, at: int, terms: dict, p: Programme, agreement: programme.Agreement, window: str) -> int:
        """R9, with DAT-001 and DAT-002."""
        lag, zone = day_in(p.zone, at) - day_number(day), p.zone_of(agreement.data["zone"])
        if day_number(day) > day_in(zone, at) or lag > terms["lateLimitDays"]:
            raise ValueError(f"business date {day} lies after the day of receipt or beyond the late limit")
        if lag > terms["graceDays"]:
            return records.LATE
        return records.CARRIED_OVER if day < p.window(window)["firstDay"] else 0

    def count(self, key: dict, units: int, points: int, flags: int, grade: str) -> None:
        """R5: one more record on a line; the line's exact points are the units by the ratio, unrounded."""
        line = self.lines.setdefault(tuple(key.values()), Line(key))
        ratio = self.ratios.get(key["ratio"]) if not key["kind"].startswith("TRANSFER_OUT") else None
        line.records, line.units, line.points = line.records + 1, line.units + units, line.points + points
        line.exact += exact_points(units, ratio)
        line.late += flags & records.LATE != 0
        line.carried += flags & records.CARRIED_OVER != 0
        line.grade = grade if grade != "recomputed" else line.grade

    def charge(self, p: Programme, partner: str, day: str, counts: dict[str, int], issued: Iterable = ()) -> None:
        """R12: fees by the version and terms of the day of acceptance; some kinds cannot be recomputed."""
        agreement = p.agreements.get(partner)
        for kind, count in counts.items() if agreement else ():
            fee, terms = agreement.version("fees", day, kind=kind), agreement.terms(day, or_last=True)
            if kind == "LATE" and "lateFeeCapPerFile" in terms:
                count = min(count, terms["lateFeeCapPerFile"])
            if fee and count:
                tax = terms["tax"]["hostSupplies"]
                place = (partner, "FEE_" + kind, fee["id"], tax["category"], tax.get("rate", ""))
                self.fees[place] = self.fees.get(place, 0) + count
                self.issued |= {place} if kind in issued else set()

    def monthly(self, p: Programme) -> None:
        """R12: the minimum of each month whose last day lies in the window; a cut-off's day belongs to the next."""
        first, end = (day_in(p.zone, at) for at in p.bounds(self.window))
        for number in range(first, end):
            for partner in p.agreements if day_text(number + 1).endswith("-01") else ():
                self.charge(p, partner, day_text(number), {"MINIMUM_MONTHLY": 1}, ["MINIMUM_MONTHLY"])

    def adjust_points(self, act: dict, p: Programme) -> None:
        """'Consent and officers': points adjusted by the host, at the issuance price of the business date."""
        key = self.key(p, act["partner"], "ADJUSTMENT_POINTS", act["direction"], p.currency, None, "ISSUANCE",
                       act["businessDate"], self.window, "")
        if key:
            self.count(key, int(act["amount"]), int(act["amount"]), 0, "issued")

    def of(self, partner: str) -> list[Line]:
        """A partner's lines in the order of R5."""
        def place(line: Line) -> tuple:
            k = line.key
            return (KINDS.index(k["kind"]), self.prices[k["price"]]["validity"]["from"], k["fixing"], k["price"],
                    k["side"], k["taxCategory"], k["taxRate"], k["unit"], k["ratio"], k["subSource"])
        return sorted((line for line in self.lines.values() if line.key["partner"] == partner), key=place)


def exact_text(value: Fraction) -> str:
    """R5: a finite decimal where there is one, else a reduced fraction."""
    places = next((n for n in range(value.denominator.bit_length()) if 10 ** n % value.denominator == 0), None)
    return f"{value.numerator}/{value.denominator}" if places is None else decimal(int(value * 10 ** places), places)


def decimal(number: int, places: int) -> str:
    text = str(abs(number)).rjust(places + 1, "0")
    text = f"{text[:-places]}.{text[-places:]}" if places else text
    return ("-" if number < 0 else "") + text


def money_text(number: int, currency: str) -> str:
    return decimal(number, digits(currency))


@dataclass
class SettlementLine:
    """A settlement line of R5."""
    kind: str
    side: str
    price: dict  # the version of a price or fee: id, text, currency, first day
    tax: tuple  # category, rate
    fixing: tuple = ()  # window, base, quote, rate
    quantity: int = 0
    records: int = 0
    references: list = field(default_factory=list)
    corrected: str = ""
    reason: str = ""
    grade: str = "recomputed"
    exact: Fraction = Fraction(0)
    amount: int = 0

    @property
    def signed(self) -> int:
        return self.amount if self.side == "CRDT" else -self.amount


class MissingFixing(ValueError):
    pass


def fixing_of(fixings: dict, window: str, base: str, quote: str) -> tuple:
    """R6: the fixing of (window, base, quote); none between equal currencies."""
    if not window or base == quote:
        return ()
    if (window, base, quote) not in fixings:
        raise MissingFixing(f"no fixing of {window} for {base} in {quote}")
    return window, base, quote, fixings[window, base, quote]


def last_terms(p: Programme, partner: str, window: str) -> dict:
    """The terms on a window's last day; a cut-off's day belongs to the window that opens there."""
    last = max(p.window(window)["firstDay"], day_text(day_in(p.zone, p.bounds(window)[1]) - 1))
    return p.agreements[partner].terms(last, or_last=True)


def settlement_lines(book: Book, partner: str, p: Programme, fixings: dict, adjustments: list[dict]) -> list:
    """R5: whole clearing lines by partner, kind, side, price version, tax, fixing; fees; money adjustments."""
    currency, found, lines = p.agreements[partner].currency, {}, []
    for number, line in enumerate(book.of(partner), 1):
        k = line.key
        place = tuple(k[part] for part in records.KEY if part not in ("unit", "ratio", "subSource"))
        one = found.setdefault(place, SettlementLine(
            k["kind"], k["side"], book.prices[k["price"]], (k["taxCategory"], k["taxRate"]),
            fixing_of(fixings, k["fixing"], k["base"], k["quote"])))
        one.quantity, one.records = one.quantity + line.points, one.records + line.records
        one.references.append(number)
        one.grade = line.grade if line.grade != "recomputed" else one.grade
    for place, count in book.fees.items():
        if place[0] == partner:
            fee = book.prices[place[2]]
            fixing = fixing_of(fixings, book.window, fee["currency"], currency)
            lines.append(SettlementLine(place[1], "DBIT", fee, place[3:], fixing, count,
                                        grade="issued" if place in book.issued else "recomputed"))
    for act in adjustments:  # never merged, amount without tax
        price = {"id": "", "price": money_text(minor(act["amount"], currency), currency), "currency": currency}
        lines.append(SettlementLine("ADJUSTMENT_MONEY", act["direction"], price,
                                    (act["taxCategory"], act.get("taxRate", "")), (), 1, 1, [], act["correctedLine"],
                                    act.get("reason", ""), "issued"))
    lines += found.values()
    for line in lines:  # exact = points x price [x fixing], rounded once
        line.exact = line.quantity * Fraction(price_text(line.price)) * Fraction(line.fixing[3] if line.fixing else 1)
        line.amount = rounded(line.exact * 10 ** digits(currency), last_terms(p, partner, book.window)["rounding"])

    def place_of(line: SettlementLine) -> tuple:
        within = (line.price["id"], line.side, line.tax) if line.price["id"] else ()
        start = line.price["validity"]["from"] if line.price["id"] else ""
        return KINDS.index(line.kind), start, line.fixing[0] if line.fixing else "", *within
    return sorted(lines, key=place_of)


def price_text(price: dict) -> str:
    """A price as written; a fee calls it amount."""
    return price.get("price") or price["amount"]


def percent(base: int, rate: str, gross: bool = False) -> int:
    """R7: tax rounded once, half up on the magnitude."""
    return rounded(base * Fraction(rate) / (100 + Fraction(rate) if gross else 100), "HALF_UP")


def tax_rows(lines: list[SettlementLine]) -> list[tuple]:
    """R7: category, rate, signed sum of rounded amounts (DBIT plus), tax; no row for O."""
    bases: dict[tuple, int] = {}
    for line in lines:
        if line.tax[0] != "O":
            bases[line.tax] = bases.get(line.tax, 0) - line.signed
    return [(category, rate, base, percent(base, rate or "0")) for (category, rate), base in sorted(bases.items())]


def partner_tax_rows(lines: list[SettlementLine], terms: dict) -> list[tuple]:
    """R7, second table: the partner's own supplies by the price's basis, plus as the host owes."""
    profile, bases, rows = terms["tax"].get("partnerSupplies"), {}, []
    for line in lines if profile and profile["category"] != "O" else []:
        if line.kind.startswith(("REIMBURSEMENT", "TRANSFER_OUT")):
            basis = line.price["basis"]
            bases[basis] = bases.get(basis, 0) + line.signed
    for basis, base in sorted(bases.items()):
        tax = percent(base, profile.get("rate", "0"), basis == "GROSS")
        taxable = base - tax if basis == "GROSS" else base
        rows.append((profile["category"], profile.get("rate", ""), taxable, tax, basis))
    return rows


@dataclass
class Instruction:
    amount: int  # plus: the host pays
    booked: int
    open: int


class Account:
    """R8 and 'Instructions': replayed from the statements so far and the officers' acts."""

    def __init__(self, currency: str) -> None:
        self.currency, self.instructions, self.closing, self.carried = currency, {}, 0, 0
        self.entries: list[tuple] = []  # (instant, type, end-to-end id, signed amount)

    def issued(self, end_to_end: str, amount: int) -> None:
        self.instructions[end_to_end] = Instruction(amount, 0, amount)

    def apply(self, at: int, act: dict) -> None:
        """One settlement step; approvals and sendings move no money."""
        name, kind = act.get("instruction", ""), act["act"].replace("-", "").lower()
        if name not in self.instructions or kind not in ("confirm", "return", "writeoff", "cancel", "resend"):
            return
        one, entry = self.instructions[name], None
        sign, left = 1 if one.amount >= 0 else -1, 0
        if kind == "confirm":
            booked = minor(act["amount"], self.currency) * sign
            one.booked += booked
            left, entry = max(0, abs(one.amount) - abs(one.booked)) * sign, ("PAYMENT", name, -booked)
        elif kind == "return":
            entry = ("RETURN", name, one.booked) if one.booked else ("RETURNED_UNBOOKED", name, one.open)
        elif kind == "writeoff":
            entry = ("WRITE_OFF", name, -one.open)
        elif kind == "resend":
            root, number = re.fullmatch(r"(.+?)(?:-R(\d+))?", name).groups("0")
            left, again = one.open, one.booked or one.amount
            entry = ("RESENT", f"{root}-R{int(number) + 1}", -again)
            self.issued(entry[1], again)
        one.open = left
        self.entries += [(at, *entry)] if entry else []


@dataclass
class Result:
    """What a settlement statement says; figures in minor units, plus: the host owes."""
    lines: list
    taxes: list
    partner_taxes: list
    entries: list
    figures: dict  # by the names that the host summary gives them
    action: str
    value_date: str = ""
    end_to_end: str = ""


def settle(book: Book, partner: str, p: Programme, lines: list[SettlementLine], account: Account) -> Result:
    """R5 net, R8 closing, due, action and instruction of the window."""
    (opens, cutoff), agreement = p.bounds(book.window), p.agreements[partner]
    terms = last_terms(p, partner, book.window)
    taxes, entries = tax_rows(lines), [entry for entry in account.entries if opens <= entry[0] < cutoff]
    net = sum(line.signed for line in lines) - sum(row[3] for row in taxes)
    payments = sum(e[3] for e in entries if e[1] in ("PAYMENT", "WRITE_OFF"))
    returns = sum(e[3] for e in entries if e[1] == "RETURN")
    closing, held = account.closing + net + payments + returns, sum(i.open for i in account.instructions.values())
    due, date = closing - held, p.value_date(book.window, agreement.currency)
    result = Result(lines, taxes, partner_tax_rows(lines, terms), entries, {
        "opening": account.closing, "net": net, "payments": payments, "returns": returns, "closing": closing,
        "due": due, "inSettlement": held}, "CARRIED_FORWARD" if due else "NONE")
    forced = account.carried >= terms["maxCarryWindows"] or agreement.data["status"] == "CLOSED"
    if due and date and (abs(due) >= terms["minimumSettlement"]["minorUnits"] or forced):
        result.action = "HOST_PAYS_PARTNER" if due > 0 else "PARTNER_PAYS_HOST"
        result.value_date, result.end_to_end = date, f"STL-{book.window}-{partner}-{agreement.currency}"
    return result
