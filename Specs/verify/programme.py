"""What the signed files of a programme say (programme.md), in the form of resolved.json, and its calendar."""
import datetime
import json
import re
import zoneinfo
from fractions import Fraction
from typing import Any, Optional

OPEN_END = "9999-12-31"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DIGITS = dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0) | \
    dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3) | {"CLF": 4, "UYW": 4}


def digits(currency: str) -> int:
    """Fraction digits of ISO 4217 (rules.md 'Conventions')."""
    return DIGITS.get(currency, 2)


def minor(text: str, currency: str) -> int:
    """An amount of money in the currency's smallest units, exactly."""
    value = Fraction(text) * 10 ** digits(currency)
    if value.denominator != 1:
        raise ValueError(f"{text} {currency} has too many fraction digits")
    return int(value)


def instant(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 instant; further fraction digits are cut off."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", text):
        raise ValueError(f"{text!r} is no instant")
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(milliseconds=1)


def day_number(text: str) -> int:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(f"{text!r} is no day")
    return datetime.date.fromisoformat(text).toordinal() - 719163


def day_text(number: int) -> str:
    return datetime.date.fromordinal(number + 719163).isoformat()


def offset_at(zone: dict, at: int) -> int:
    """Seconds east of Greenwich at an instant, by the table kept with the programme."""
    found = zone["offsets"][0]["seconds"]
    for row in zone["offsets"]:
        if instant(row["from"]) <= at:
            found = row["seconds"]
    return found


def day_in(zone: dict, at: int) -> int:
    return (at + offset_at(zone, at) * 1000) // 86_400_000


def version(item: dict) -> dict:
    return {"id": item["id"], "validity": {"from": item["validFrom"], "to": item.get("validTo", OPEN_END)}}


def picked(item: dict, names: str, kind: type = str) -> dict:
    """Those of the fields that are there."""
    return {name: kind(item[name]) for name in names.split() if name in item}


def resolve_terms(item: dict) -> dict:
    amount, currency = item["minimumSettlement"].split(" ")
    numbers = {"graceDays": 3, "lateLimitDays": 30, "maxCarryWindows": 6} | picked(
        item, "graceDays lateLimitDays maxCarryWindows lateFeeCapPerFile", int)
    return version(item) | numbers | {
        "roles": item["roles"], "rounding": item.get("rounding", "HALF_UP"),
        "tax": {side: picked(tax, "category rate") for side, tax in item["tax"].items()},
        "minimumSettlement": {"currency": currency, "minorUnits": minor(amount, currency)}}


def resolve_ratio(item: dict) -> dict:
    match = re.fullmatch(r"(\d+) ([A-Z]{3}) = (\d+) ([A-Z]{3})", item["ratio"])
    return version(item) | picked(item, "minimum step", int) | {
        "purpose": item["purpose"], "rounding": item.get("rounding", "HALF_UP"), "from": match[2], "to": match[4],
        "fromUnits": int(match[1]), "toUnits": int(match[3])}


def resolve_price(item: dict, field: str) -> dict:
    amount, currency = item[field].split(" ")
    basis = {"basis": item.get("basis", "NET")} if field == "price" else {}
    return version(item) | {"kind": item["kind"], field: amount, "currency": currency} | basis


def resolve_agreement(y: dict) -> dict:
    """An agreement as signed, in the form of resolved.json; only what figures and signers depend on."""
    return picked(y, "partner legalName settlementCurrency zone") | {
        "registrations": y.get("registrations") or [], "status": y.get("status", "ACTIVE"),
        "certificates": [picked(c, "usage fingerprint activeFrom activeTo") for c in y.get("certificates") or []],
        "terms": [resolve_terms(t) for t in y["terms"]],
        "ratios": [resolve_ratio(r) for r in y.get("ratios") or []],
        "prices": [resolve_price(p, "price") for p in y.get("prices") or []],
        "fees": [resolve_price(f, "amount") for f in y.get("fees") or []],
        **({"ownCurrency": y["ownCurrency"]} if y.get("ownCurrency") else {})}


def resolve_promotion(y: dict) -> dict:
    return version(y | {"id": y["promotion"]}) | {"name": y["name"], "funders": [
        {"funder": name, "weight": int(weight)} for name, weight in y["funders"].items()]}


def differences(signed: Any, resolved: Any, where: str) -> list[tuple[str, Any, Any]]:
    """What the signed file says and resolved.json does not say likewise: place, resolved, signed; instants as such."""
    if isinstance(signed, dict) and isinstance(resolved, dict):
        return [d for key, value in signed.items() for d in differences(value, resolved.get(key), f"{where}.{key}")]
    if isinstance(signed, list) and isinstance(resolved, list) and len(signed) == len(resolved):
        return [d for i, (a, b) in enumerate(zip(signed, resolved)) for d in differences(a, b, f"{where}[{i + 1}]")]
    at = where.endswith(("activeFrom", "activeTo", "open", "cutoff")) and resolved
    return [] if signed == resolved or at and instant(signed) == instant(resolved) else [(where, resolved, signed)]


def canonical(item: Any) -> bytes:
    """The JSON over which the programme's seal takes digests (evidence.md 'Seals')."""
    return json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def on(versions: list[dict], day: str, **wanted: str) -> Optional[dict]:
    """The version of a key that holds on a day."""
    return next((item for item in versions if item["validity"]["from"] <= day <= item["validity"]["to"]
                 and wanted.items() <= item.items()), None)


class Agreement:
    def __init__(self, resolved: dict) -> None:
        self.data, self.partner, self.currency = resolved, resolved["partner"], resolved["settlementCurrency"]
        self.own = resolved.get("ownCurrency")

    def terms(self, day: str, or_last: bool = False) -> Optional[dict]:
        """Terms on a day; for fees and statements the last version where none holds (rules.md)."""
        last = max(self.data["terms"], key=lambda t: t["validity"]["from"]) if or_last else None
        return on(self.data["terms"], day) or last

    def version(self, what: str, day: str, **wanted: str) -> Optional[dict]:
        """The version of a ratio, price or fee on a day."""
        return on(self.data[what], day, **wanted)


class Programme:
    """One version of the programme, as far as the bundle shows it."""

    def __init__(self, seal: dict, fact: int, at: int) -> None:
        self.number, self.fact, self.at, self.seal, self.calendar = seal["version"], fact, at, seal, seal["calendar"]
        self.agreements: dict[str, Agreement] = {}
        self.promotions: dict[str, dict] = {}
        self.officers: list[dict] = list(self.calendar.get("officers", []))
        self.currency, self.zone = self.calendar["currency"], self.calendar["zone"]
        self.windows = self.calendar["windows"]

    def window(self, name: str) -> dict:
        return next(w for w in self.windows if w["id"] == name)

    def bounds(self, window: str) -> tuple[int, int]:
        """The instants of a window's opening and cut-off."""
        return instant(self.window(window)["open"]), instant(self.window(window)["cutoff"])

    def window_at(self, at: int) -> Optional[dict]:
        return next((w for w in self.windows if instant(w["open"]) <= at < instant(w["cutoff"])), None)

    def zone_of(self, name: str) -> dict:
        return next(z for z in self.calendar["zones"] if z["name"] == name)

    def other_funders(self, promotion: str) -> list[str]:
        """The funders of a promotion but the host."""
        return [f["funder"] for f in self.promotions[promotion]["funders"] if f["funder"] != self.calendar["host"]]

    def day(self, at: int) -> str:
        return day_text(day_in(self.zone, at))

    def value_date(self, window: str, currency: str) -> Optional[str]:
        return next((v["date"] for v in self.window(window)["valueDates"] if v["currency"] == currency), None)


def easter(year: int) -> datetime.date:
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return datetime.date(year, f // 31, f % 31 + 1)


def is_open(day: datetime.date, calendars: list[str], closed: dict) -> bool:
    if day.weekday() >= 5 or any(day.isoformat() in (closed.get(c) or []) for c in calendars if c != "TARGET"):
        return False
    fixed = (day.month, day.day) in ((1, 1), (5, 1), (12, 25), (12, 26))
    return "TARGET" not in calendars or not (fixed or (day - easter(day.year)).days in (-2, 1))


def starts(frequency: str, day: datetime.date) -> Optional[str]:
    """The name of the window that begins on a day, None when none does (programme.md 'Calendar by rule')."""
    week = day.isocalendar()
    return {"DAILY": f"W-{day}", "WEEKLY": f"W-{week[0]}-W{week[1]:02}" if day.weekday() == 0 else None,
            "MONTHLY": f"W-{day:%Y-%m}" if day.day == 1 else None,
            "HALF_MONTHLY": f"W-{day:%Y-%m}" + "AB"[day.day > 1] if day.day in (1, 16) else None}[frequency]


def value_day(day: datetime.date, count: int, calendars: list[str], closed: dict) -> datetime.date:
    """The nth business day from a day on, which is the first if it is one itself."""
    count -= is_open(day, calendars, closed)
    while count:
        day += datetime.timedelta(1)
        count -= is_open(day, calendars, closed)
    return day


def windows_by_rule(y: dict) -> list[dict]:
    """The windows of a signed calendar that has a frequency."""
    rule, settlement, found, begins = y["calendar"], y["calendar"]["settlement"], [], []
    zone, cut = zoneinfo.ZoneInfo(y["zone"]), datetime.time.fromisoformat(rule.get("cutoff", "00:00"))
    day, end = datetime.date.fromisoformat(rule["from"]), datetime.date.fromisoformat(rule["to"])
    while not begins or begins[-1] <= end:  # the last of them ends the last window
        begins += [day] if starts(rule["frequency"], day) else []
        day += datetime.timedelta(1)
    for number, (first, after) in enumerate(zip(begins, begins[1:]), 1):
        opens, cutoff = (datetime.datetime.combine(day, cut, zone).isoformat() for day in (first, after))
        dates = [{"currency": currency, "date": value_day(after, int(settlement["businessDay"]), calendars,
                                                          y.get("bankCalendars") or {}).isoformat()}
                 for currency, calendars in sorted(settlement["bankCalendars"].items())]
        settles = number % int(settlement.get("settleEvery", 1)) == 0
        found.append({"id": starts(rule["frequency"], first), "firstDay": first.isoformat(), "open": opens,
                      "cutoff": cutoff, "valueDates": dates if settles else []})
    return found


def resolve_calendar(y: dict) -> dict:
    """programme.yaml in the form of the seal's calendar, with its windows where they follow from a rule."""
    rule = {"windows": windows_by_rule(y)} if "frequency" in y["calendar"] else {}
    return {"id": y["programme"], "host": y["host"]["id"], "hostName": y["host"]["legalName"],
            "currency": y["currency"], "openingPoints": int(y.get("openingPoints", 0))} | rule
