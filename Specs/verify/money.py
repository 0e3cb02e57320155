"""From clearing lines to money: settlement lines, tax, account, instruction (rules.md R5 to R8, 'Instructions')."""
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Optional

from clearing import KINDS, Book, rounded
from programme import Programme, day_in, day_text, digits, instant, minor


def exact_text(value: Fraction) -> str:
    """R5: a finite decimal where there is one, else a reduced fraction."""
    rest, places = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    return decimal(int(value * 10 ** places), places) if rest == 1 else f"{value.numerator}/{value.denominator}"


def decimal(number: int, places: int) -> str:
    text = str(abs(number)).rjust(places + 1, "0")
    text = f"{text[:-places]}.{text[-places:]}" if places else text
    return ("-" if number < 0 else "") + text


def money_text(number: int, currency: str) -> str:
    return decimal(number, digits(currency))


@dataclass
class Line:
    kind: str
    side: str
    quantity: int
    price: str
    price_currency: str
    version: str
    tax: tuple  # category, rate
    fixing: Optional[tuple] = None  # window, base, quote, rate
    exact: Fraction = Fraction(0)
    amount: int = 0
    scale: int = 2
    records: int = 0
    references: list = field(default_factory=list)
    corrected: str = ""
    reason: str = ""
    grade: str = "recomputed"

    def value(self, mode: str) -> None:
        """R5: exact = points x price [x fixing], rounded once."""
        self.exact = self.quantity * Fraction(self.price) * (Fraction(self.fixing[3]) if self.fixing else 1)
        self.amount = rounded(self.exact * 10 ** self.scale, mode)

    @property
    def signed(self) -> int:
        return self.amount if self.side == "CRDT" else -self.amount

    @property
    def difference(self) -> Fraction:
        return Fraction(self.amount, 10 ** self.scale) - self.exact


class MissingFixing(ValueError):
    pass


def fixing_of(fixings: dict, window: str, base: str, quote: str) -> Optional[tuple]:
    """R6: the fixing of (window, base, quote); none between equal currencies."""
    if not window or base == quote:
        return None
    if (window, base, quote) not in fixings:
        raise MissingFixing(f"no fixing of {window} for {base} in {quote}")
    return window, base, quote, fixings[window, base, quote]


def last_day(p: Programme, window: str) -> str:
    """The window's last day: a cut-off's day belongs to the window that opens there."""
    item = p.window(window)
    return max(item["firstDay"], day_text(day_in(p.zone, instant(item["cutoff"])) - 1))


def settlement_lines(book: Book, partner: str, p: Programme, fixings: dict, adjustments: list[dict]) -> list[Line]:
    """R5: whole clearing lines by partner, kind, side, price version, tax, fixing; fees; money adjustments."""
    agreement = p.agreements[partner]
    mode = agreement.terms(last_day(p, book.window), or_last=True)["rounding"]
    scale, found = digits(agreement.currency), {}
    for number, line in enumerate(book.of(partner), 1):
        k = line.key
        place = tuple(k[part]
                      for part in ("kind", "side", "price", "taxCategory", "taxRate", "fixing", "base", "quote"))
        price = book.prices[k["price"]]
        one = found.setdefault(
            place,
            Line(k["kind"], k["side"], 0, price["price"], price["currency"], k["price"],
                 (k["taxCategory"], k["taxRate"]), fixing_of(fixings, k["fixing"], k["base"], k["quote"]), scale=scale))
        one.quantity, one.records = one.quantity + line.points, one.records + line.records
        one.references.append(number)
        one.grade = line.grade if line.grade != "recomputed" else one.grade
    lines = list(found.values())
    for (who, kind, version, category, rate), count in book.fees.items():
        if who == partner:
            fee = book.prices[version]
            fixing = fixing_of(fixings, book.window, fee["currency"], agreement.currency)
            lines.append(
                Line(kind, "DBIT", count, fee["amount"], fee["currency"], version, (category, rate), fixing,
                     scale=scale, grade="issued" if kind == "FEE_MINIMUM_MONTHLY" else "recomputed"))
    for line in lines:
        line.value(mode)
    for act in adjustments:  # never merged, amount without tax
        amount = minor(act["amount"], agreement.currency)
        lines.append(
            Line("ADJUSTMENT_MONEY", act["direction"], 1, money_text(amount, agreement.currency), agreement.currency,
                 "", (act["taxCategory"], act.get("taxRate", "")), None, Fraction(amount, 10**scale), amount, scale, 1,
                 corrected=act["correctedLine"], reason=act.get("reason", ""), grade="issued"))
    first = {version: item["validity"]["from"] for version, item in book.prices.items()}
    return sorted(
        lines, key=lambda l: (KINDS.index(l.kind), first.get(l.version, ""), l.fixing[0]
                              if l.fixing else "", l.version, l.side if l.version else "", l.tax if l.version else ""))


def percent(base: int, rate: str, gross: bool = False) -> int:
    """R7: tax rounded once, half up on the magnitude."""
    part = Fraction(rate) / (100 + Fraction(rate) if gross else 100)
    return rounded(base * part, "HALF_UP")


def tax_rows(lines: list[Line]) -> list[tuple]:
    """R7: category, rate, signed sum of rounded amounts (DBIT plus), tax; no row for O."""
    bases: dict[tuple, int] = {}
    for line in lines:
        if line.tax[0] != "O":
            bases[line.tax] = bases.get(line.tax, 0) - line.signed
    return [(category, rate, base, percent(base, rate or "0")) for (category, rate), base in sorted(bases.items())]


def partner_tax_rows(lines: list[Line], book: Book, terms: dict) -> list[tuple]:
    """R7, second table: the partner's own supplies by the price's basis, plus as the host owes."""
    profile, bases = terms["tax"].get("partnerSupplies"), {}
    for line in lines if profile and profile["category"] != "O" else []:
        if line.kind.startswith(("REIMBURSEMENT", "TRANSFER_OUT")):
            basis = book.prices[line.version]["basis"]
            bases[basis] = bases.get(basis, 0) + line.signed
    return [(profile["category"], profile.get("rate",
                                              ""), base, percent(base, profile.get("rate", "0"),
                                                                 basis == "GROSS"), basis)
            for basis, base in sorted(bases.items())]


@dataclass
class Instruction:
    amount: int  # plus: the host pays
    booked: int = 0
    open: int = 0
    state: str = "PENDING"


class Account:
    """R8 and 'Instructions': replayed from the statements so far and the officers' acts."""

    def __init__(self, currency: str) -> None:
        self.currency, self.instructions, self.closing, self.carried = currency, {}, 0, 0
        self.entries: list[tuple] = []  # (instant, type, end-to-end id, signed amount)

    def issued(self, end_to_end: str, amount: int) -> None:
        self.instructions[end_to_end] = Instruction(amount, 0, amount)

    def apply(self, at: int, act: dict) -> None:
        """One settlement step; approvals and sendings move no money."""
        one = self.instructions.get(act.get("instruction", ""))
        kind = act["act"].replace("-", "").lower()
        if one is None:
            return
        name, sign = act["instruction"], 1 if one.amount >= 0 else -1
        if kind == "confirm":
            booked = minor(act["amount"], self.currency) * sign
            one.booked += booked
            one.open = max(0, abs(one.amount) - abs(one.booked)) * sign
            self.entries.append((at, "PAYMENT", name, -booked))
        elif kind == "return":
            self.entries.append((at, "RETURN", name, one.booked) if one.booked else (at, "RETURNED_UNBOOKED", name,
                                                                                     one.open))
            one.open, one.state = 0, "RETURNED"
        elif kind == "writeoff":
            self.entries.append((at, "WRITE_OFF", name, -one.open))
            one.open = 0
        elif kind == "cancel":
            one.open = 0
        elif kind == "resend":
            root, _, number = name.rpartition("-R") if name.rpartition("-R")[2].isdecimal() and "-R" in name else (name,
                                                                                                                   "",
                                                                                                                   "0")
            amount = one.booked or one.amount
            self.issued(f"{root}-R{int(number) + 1}", amount)
            self.entries.append((at, "RESENT", f"{root}-R{int(number) + 1}", -amount))

    def in_settlement(self) -> int:
        return sum(one.open for one in self.instructions.values())


@dataclass
class Result:
    """A settlement statement's figures, in minor units, plus: the host owes."""
    lines: list
    taxes: list
    partner_taxes: list
    opening: int
    net: int
    entries: list
    payments: int
    returns: int
    closing: int
    due: int
    in_settlement: int
    action: str
    value_date: str = ""
    end_to_end: str = ""

    def figures(self) -> list[tuple[str, int]]:
        """The account's figures by the names that the host summary gives them."""
        return [("opening", self.opening), ("net", self.net), ("payments", self.payments), ("returns", self.returns),
                ("closing", self.closing), ("due", self.due), ("inSettlement", self.in_settlement)]


def settle(book: Book, partner: str, p: Programme, lines: list[Line], account: Account) -> Result:
    """R5 net, R8 closing, due, action and instruction of the window."""
    window, agreement = p.window(book.window), p.agreements[partner]
    opens, cutoff = instant(window["open"]), instant(window["cutoff"])
    terms = agreement.terms(last_day(p, book.window), or_last=True)
    taxes = tax_rows(lines)
    net = sum(line.signed for line in lines) - sum(row[3] for row in taxes)
    entries = [entry for entry in account.entries if opens <= entry[0] < cutoff]
    payments = sum(e[3] for e in entries if e[1] in ("PAYMENT", "WRITE_OFF"))
    returns = sum(e[3] for e in entries if e[1] == "RETURN")
    closing, held = account.closing + net + payments + returns, account.in_settlement()
    due, date = closing - held, p.value_date(book.window, agreement.currency)
    forced = account.carried >= terms["maxCarryWindows"] or agreement.data["status"] == "CLOSED"
    result = Result(lines, taxes, partner_tax_rows(lines, book, terms), account.closing, net, entries, payments,
                    returns, closing, due, held, "NONE" if due == 0 else "CARRIED_FORWARD")
    if due and date and (abs(due) >= terms["minimumSettlement"]["minorUnits"] or forced):
        result.action = "HOST_PAYS_PARTNER" if due > 0 else "PARTNER_PAYS_HOST"
        result.value_date, result.end_to_end = date, f"STL-{book.window}-{partner}-{agreement.currency}"
    return result
