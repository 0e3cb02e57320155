"""From records to clearing lines: conversion, reversals, shares, lateness, fees (rules.md R1 to R5, R9, R10, R12)."""
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Optional

import programme
import records
from archive import Problem
from programme import Programme

KINDS = (
    "ISSUANCE ISSUANCE_REVERSAL BONUS_FUNDING BONUS_FUNDING_REVERSAL REIMBURSEMENT REIMBURSEMENT_REVERSAL TRANSFER_IN "
    "TRANSFER_IN_REVERSAL TRANSFER_OUT TRANSFER_OUT_REVERSAL ADJUSTMENT_POINTS ADJUSTMENT_POINTS_REVERSAL "
    "ADJUSTMENT_MONEY "
    "FEE_RECORD FEE_LATE FEE_FILE FEE_REJECTED FEE_ENROLMENT FEE_MINIMUM_MONTHLY").split()
# 'Record types': line kind, side, price, role
RULES = {
    "ACCR": ("ISSUANCE", "DBIT", "ISSUANCE", "EARN"), "BONU": ("BONUS_FUNDING", "DBIT", "ISSUANCE", "CO_FUND"),
    "REDM": ("REIMBURSEMENT", "CRDT", "REIMBURSEMENT", "BURN"),
    "TRFI": ("TRANSFER_IN", "DBIT", "TRANSFER_IN", "TRANSFER_IN"),
    "TRFO": ("TRANSFER_OUT", "CRDT", "TRANSFER_OUT", "TRANSFER_OUT"),
    "ADJT": ("ADJUSTMENT_POINTS", "DBIT", "ISSUANCE", None)
}
OTHER = {"DBIT": "CRDT", "CRDT": "DBIT"}


def rounded(value: Fraction, mode: str) -> int:
    """Rounding on the magnitude ('Conventions', R11)."""
    whole, rest = divmod(abs(value), 1)
    up = {"HALF_UP": rest >= Fraction(1, 2), "DOWN": False,
          "HALF_EVEN": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)}[mode]
    return int(whole + up) * (-1 if value < 0 else 1)


def convert(units: int, ratio: Optional[dict]) -> int:
    """R1: units x to / from, rounded once for the record; without a ratio the points are the units."""
    return rounded(Fraction(units * ratio["toUnits"], ratio["fromUnits"]), ratio["rounding"]) if ratio else units


def shares(units: int, weights: dict[str, int]) -> dict[str, int]:
    """R4: every part floored, the rest one by one to the largest fractions, ties to the smaller id."""
    total = sum(weights.values())
    parts = {name: units * weight // total for name, weight in weights.items()}
    order = sorted(weights, key=lambda name: (-(units * weights[name] % total), name.encode()))
    for name in order[:units - sum(parts.values())]:
        parts[name] += 1
    return parts


def line_key(partner: str, kind: str, side: str, unit: str, ratio: str, price: dict, tax: dict, currency: str,
             window: str, sub: str) -> dict:
    """R5 and R6: what a clearing line is summed up by; a fixing where the partner settles in another currency."""
    fixed = currency != price["currency"]
    return {"partner": partner, "kind": kind, "side": side, "unit": unit, "ratio": ratio, "price": price["id"],
            "taxCategory": tax["category"], "taxRate": tax.get("rate", ""), "fixing": window if fixed else "",
            "base": price["currency"] if fixed else "", "quote": currency if fixed else "", "subSource": sub}


OUTSIDE = {"category": "O"}


def supply_tax(kind: str, terms: dict) -> dict:
    """R7: reimbursements and transfers out are O, all else has the category of the agreement's profile."""
    return OUTSIDE if kind in ("REIMBURSEMENT", "TRANSFER_OUT") else terms["tax"]["hostSupplies"]


@dataclass
class Original:
    """An accepted record as later ones see it: what is left of it in units and parts."""
    leaf: records.Leaf
    identity: bytes
    content: bytes
    promotion: str
    lines: list  # (partner or None, key or None, points)
    left: int = 0
    parts: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left, self.parts = self.leaf.units, [points for _, _, points in self.lines]

    @property
    def host_part(self) -> int:
        return self.left - sum(self.parts) if self.leaf.type == "BONU" else 0


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
        self.host_funded = 0

    # -- one record --------------------------------------------------------------------------------------------------

    def expect(self, rec: records.Record, leaf: records.Leaf, partner: str, at: int, p: Programme, window: str,
               original: Optional[Original]) -> tuple[int, int, list, int]:
        """Points, flags, lines (partner, key or None when its agreement is not shown, points), and what is left."""
        agreement, day = p.agreements[partner], rec.get("BusinessDate")
        terms = agreement.terms(day)
        if terms is None:
            raise ValueError(f"no terms on {day}")
        kind = rec.get("LoyaltyTransactionType")
        flags = self.lateness(day, at, terms, p, agreement, window) | records.HAS_DATE
        units = rec.units({p.currency, agreement.own})
        if kind == "RVSL":
            points, lines, left = self.reversal(rec, units, original, partner, p, kind)
            return points, flags | records.HAS_ORIGINAL, lines, left
        line, side, price_kind, role = RULES[kind]
        if role and role not in terms["roles"]:
            raise ValueError(f"the role {role} is not granted on {day}")
        unit = rec.get("Unit")
        if unit not in {"ACCR": (p.currency, agreement.own), "TRFI": (agreement.own, )}.get(kind,
                                                                                            (p.currency, )) or not unit:
            raise ValueError(f"unit {unit} does not fit {kind}")
        if kind == "BONU":
            return units, flags | (leaf.flags & records.HAS_ORIGINAL), self.bonus(rec, units, partner, p, window), 0
        if kind == "ADJT" and (rec.get("CreditDebit") != "DBIT" or not rec.get("ReasonCode")):
            raise ValueError("a partner's own adjustment is a debit with a reason")
        ratio = None
        if kind in ("TRFI", "TRFO") or (kind == "ACCR" and unit != p.currency):
            ends = (p.currency, agreement.own) if kind == "TRFO" else (unit, p.currency)
            ratio = agreement.ratio(*ends, "ACCRUAL" if kind == "ACCR" else "TRANSFER", day)
            if ratio is None or units < ratio.get("minimum", 0) or units % ratio.get("step", 1):
                raise ValueError(f"no ratio on {day}, or below its minimum, or no multiple of its step")
        points = units if kind == "TRFO" else convert(units, ratio)
        return points, flags, [(partner,
                                self.key(p, partner, line, side, unit, ratio, price_kind, day, window,
                                         rec.sub_source()), points)], 0

    def key(self, p: Programme, partner: str, kind: str, side: str, unit: str, ratio: Optional[dict], price_kind: str,
            day: str, window: str, sub: str) -> Optional[dict]:
        """The line of a partner by its own terms of the day; None when its agreement is not shown."""
        agreement = p.agreements.get(partner)
        if agreement is None:
            return None
        price, terms = agreement.price(price_kind, day), agreement.terms(day)
        if price is None or terms is None:
            raise ValueError(f"{partner} has no price {price_kind} or no terms on {day}")
        tax = supply_tax(kind, terms)
        return line_key(partner, kind, side, unit, ratio["id"] if ratio else "", price, tax, agreement.currency, window,
                        sub)

    def bonus(self, rec: records.Record, units: int, partner: str, p: Programme, window: str) -> list:
        promotion, day = p.promotions.get(rec.get("PromotionId")), rec.get("BusinessDate")
        if promotion is None or not promotion["validity"]["from"] <= day <= promotion["validity"]["to"]:
            raise ValueError(f"promotion {rec.get('PromotionId')!r} does not run on {day}")
        parts = shares(units, {f["funder"]: f["weight"] for f in promotion["funders"]})
        host = p.calendar["host"]
        return [(name, self.key(p, name, "BONUS_FUNDING", "DBIT", p.currency, None, "ISSUANCE", day, window,
                                rec.sub_source() if name == partner else ""), part)
                for name, part in parts.items() if name != host]

    def reversal(self, rec: records.Record, units: int, original: Optional[Original], partner: str, p: Programme,
                 kind: str) -> tuple[int, list, int]:
        """R3: by what remains of the original, at the original's ratio, price, tax and fixing, on the other side."""
        if original is None or original.leaf.status != "ACCP" or original.leaf.type in ("RVSL", "?"):
            raise ValueError("its original is not an accepted record of the bundle")
        if original.identity != records.identity(partner, rec.get("OriginalTransactionId")):
            raise ValueError("its original has another transaction id")
        before, leaf = original.left, original.leaf
        after = before - units
        if rec.get("Unit") != leaf.unit or after < 0 or (leaf.type in ("TRFI", "TRFO") and units != leaf.units):
            raise ValueError(f"{units} {rec.get('Unit')} do not fit what is left of the original: {before} {leaf.unit}")
        if leaf.type == "BONU":
            names = [name for name, _, _ in original.lines]
            weights = dict(zip(names, original.parts)) | {p.calendar["host"]: original.host_part}
            parts = shares(units, weights)
            taken, points = [parts[name] for name in names], units
        else:
            key = original.lines[0][1]
            ratio = self.ratios[key["ratio"]] if key["ratio"] and leaf.type != "TRFO" else None
            points = convert(before, ratio) - convert(after, ratio)
            taken = [points]
        lines = [(name, key and key | {"kind": key["kind"] + "_REVERSAL", "side": OTHER[key["side"]]}, part)
                 for (name, key, _), part in zip(original.lines, taken)]
        original.left, original.parts = after, [a - b for a, b in zip(original.parts, taken)]
        return points, lines, after

    @staticmethod
    def lateness(day: str, at: int, terms: dict, p: Programme, agreement: programme.Agreement, window: str) -> int:
        """R9, with DAT-001 and DAT-002."""
        lag = programme.day_in(p.zone, at) - programme.day_number(day)
        if programme.day_number(day) > programme.day_in(p.zone_of(agreement.data["zone"]),
                                                        at) or lag > terms["lateLimitDays"]:
            raise ValueError(f"business date {day} lies after the day of receipt or beyond the late limit")
        if lag > terms["graceDays"]:
            return records.LATE
        return records.CARRIED_OVER if day < p.window(window)["firstDay"] else 0

    # -- sums --------------------------------------------------------------------------------------------------------

    def count(self, key: dict, units: int, points: int, flags: int, grade: str) -> None:
        """R5: one more record on a line; the line's exact points are the units by the ratio, unrounded."""
        line = self.lines.setdefault(tuple(key.values()), Line(key))
        ratio = self.ratios.get(key["ratio"]) if not key["kind"].startswith("TRANSFER_OUT") else None
        line.records, line.units, line.points = line.records + 1, line.units + units, line.points + points
        line.exact += Fraction(units * ratio["toUnits"], ratio["fromUnits"]) if ratio else units
        line.late += flags & records.LATE != 0
        line.carried += flags & records.CARRIED_OVER != 0
        line.grade = grade if grade != "recomputed" else line.grade

    def charge(self, p: Programme, partner: str, day: str, counts: dict[str, int]) -> None:
        """R12: fees by the version and terms of the day of acceptance."""
        agreement = p.agreements.get(partner)
        if agreement is None:
            return
        terms = agreement.terms(day, or_last=True)
        for kind, count in counts.items():
            fee = agreement.fee(kind, day)
            if kind == "LATE" and "lateFeeCapPerFile" in terms:
                count = min(count, terms["lateFeeCapPerFile"])
            if fee and count:
                tax = terms["tax"]["hostSupplies"]
                place = (partner, "FEE_" + kind, fee["id"], tax["category"], tax.get("rate", ""))
                self.fees[place] = self.fees.get(place, 0) + count

    def monthly(self, p: Programme) -> None:
        """R12: the minimum of each month whose last day lies in the window; a cut-off's day belongs to the next."""
        window = p.window(self.window)
        first, end = (programme.day_in(p.zone, programme.instant(window[k])) for k in ("open", "cutoff"))
        for number in range(first, end):
            if programme.day_text(number + 1).endswith("-01"):
                for partner in p.agreements:
                    self.charge(p, partner, programme.day_text(number), {"MINIMUM_MONTHLY": 1})

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


def compare_lines(where: str, stated: list, wanted: list) -> list[Problem]:
    """The lines of a record as sealed (key or None when masked, points) against those recomputed."""
    found, left = [], list(wanted)
    for key, points in sorted(stated, key=lambda line: line[0] is None):  # masked lines take what is left
        match = next((w for w in left if key is None or w[0] == key["partner"]), None)
        if match is None:
            found.append(Problem(where, f"a line {key and key['kind']} of {key and key['partner']}", "no such line"))
            continue
        left.remove(match)
        if points != match[2]:
            found.append(Problem(where, f"{points} points on the line of {match[0]}", f"{match[2]}"))
        if key is not None and match[1] is not None and key != match[1]:
            parts = [part for part in records.KEY if key[part] != match[1][part]]
            found.append(
                Problem(f"{where}, line of {match[0]}", {k: key[k]
                                                         for k in parts}, {k: match[1][k]
                                                                           for k in parts}))
    found += [Problem(where, "no line", f"a line of {name} with {points} points") for name, _, points in left]
    return found
