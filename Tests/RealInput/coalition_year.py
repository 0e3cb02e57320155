"""The coalition of the real input: three retail partners and a host, for one year, as data.

The driver writes the programme's files from these tables; the calculation reads the same tables and nothing of the
program. All figures are text, as they stand in the YAML.
"""
import datetime
import pathlib
import zoneinfo

PARTNERS = ("MARCHE", "EPICES", "HALLES")
PROGRAMME, HOST, SHARED, BASE = "RETAIL-YEAR", "HOST", "SML", "EUR"
ZONE = zoneinfo.ZoneInfo("Europe/Paris")
OPENING_POINTS = 10_000_000
DAY = datetime.timedelta(days=1)



def coalition(year):
    """The host's settings and each partner's agreement, with the keys of the programme's files."""
    begin, end = f"{year}-01-01", f"{year}-12-31"
    after = f"{year + 1}-01-01"

    def terms(name, first, last, minimum, roles, tax, **others):
        found = {"id": name, "validFrom": first, "validTo": last, "roles": roles, "graceDays": "3",
                 "lateLimitDays": "30", "minimumSettlement": minimum,
                 "rejection": {"policy": "PER_RECORD", "thresholdPercent": "0"}, "tax": tax}
        found.update(others)
        return [{key: value for key, value in found.items() if value is not None}]

    def ratio(name, first, last, text, rounding="HALF_UP", purpose="ACCRUAL", **others):
        return dated({"id": name, "purpose": purpose, "ratio": text, "rounding": rounding, **others}, first, last)

    def price(name, kind, first, last, amount, basis=None):
        found = {"id": name, "kind": kind, "price": amount}
        if basis:
            found["basis"] = basis
        return dated(found, first, last)

    def fee(name, kind, first, last, amount):
        return dated({"id": name, "kind": kind, "amount": amount}, first, last)

    def dated(found, first, last):
        found["validFrom"] = first
        if last:
            found["validTo"] = last
        return [found]

    marche_tax = {"hostSupplies": {"category": "S", "rate": "20"}, "partnerSupplies": {"category": "S", "rate": "20"}}
    epices_tax = {"hostSupplies": {"category": "S", "rate": "5.5"}, "partnerSupplies": {"category": "S", "rate": "10"}}
    halles_tax = {"hostSupplies": {"category": "AE", "rate": "0"}}
    both = ["EARN", "BURN"]
    return {
        "MARCHE": {
            "legalName": "Marché Lumière SA", "country": "FR", "ownCurrency": "MKP", "settlementCurrency": "EUR",
            "zone": "Europe/Paris",
            "terms": terms("T-MAR-1", begin, None, "5.00 EUR", both + ["TRANSFER_IN"], marche_tax, rounding="HALF_UP"),
            # The ratio changes within a window and the price within another one.
            "ratios": ratio("R-MKP-1", begin, f"{year}-05-09", "3 MKP = 2 SML")
            + ratio("R-MKP-2", f"{year}-05-10", None, "8 MKP = 5 SML")
            + ratio("X-MKP-1", begin, None, "7 MKP = 4 SML", purpose="TRANSFER", minimum="1000", step="500"),
            "prices": price("P-MAR-ISS-1", "ISSUANCE", begin, f"{year}-01-20", "0.00550 EUR")
            + price("P-MAR-ISS-2", "ISSUANCE", f"{year}-01-21", f"{year}-10-31", "0.005755 EUR")
            + price("P-MAR-ISS-3", "ISSUANCE", f"{year}-11-01", None, "0.00563 EUR")
            + price("P-MAR-RED-1", "REIMBURSEMENT", begin, f"{year}-01-25", "0.00480 EUR", "GROSS")
            + price("P-MAR-RED-2", "REIMBURSEMENT", f"{year}-01-26", None, "0.00491 EUR", "GROSS")
            + price("P-MAR-TRI-1", "TRANSFER_IN", begin, None, "0.00560 EUR"),
            "fees": fee("F-MAR-REC-1", "RECORD", begin, f"{year}-06-30", "0.0015 EUR")
            + fee("F-MAR-REC-2", "RECORD", f"{year}-07-01", None, "0.00125 EUR")
            + fee("F-MAR-LATE-1", "LATE", begin, None, "0.50 EUR"),
        },
        "EPICES": {
            "legalName": "Épices & Cie SAS", "country": "BE", "ownCurrency": "EPP", "settlementCurrency": "EUR",
            "zone": "Europe/Brussels",
            # So much that an amount is carried through two windows and paid with the third; all is paid in the end.
            "terms": terms("T-EPI-1", begin, end, "90000.00 EUR", both, epices_tax, rounding="HALF_EVEN",
                           maxCarryWindows="2", lateFeeCapPerFile="100")
            + terms("T-EPI-2", after, None, "0.01 EUR", both, epices_tax, rounding="HALF_EVEN"),
            "ratios": ratio("R-EPP-1", begin, f"{year}-01-18", "10 EPP = 3 SML", "DOWN")
            + ratio("R-EPP-2", f"{year}-01-19", f"{year}-09-14", "8 EPP = 3 SML", "HALF_EVEN")
            + ratio("R-EPP-3", f"{year}-09-15", None, "4 EPP = 1 SML", "HALF_EVEN"),
            "prices": price("P-EPI-ISS-1", "ISSUANCE", begin, f"{year}-08-07", "0.006125 EUR")
            + price("P-EPI-ISS-2", "ISSUANCE", f"{year}-08-08", None, "0.00605 EUR")
            + price("P-EPI-RED-1", "REIMBURSEMENT", begin, None, "0.00485 EUR", "NET"),
            "fees": fee("F-EPI-MIN-1", "MINIMUM_MONTHLY", begin, None, "25.00 EUR")
            + fee("F-EPI-LATE-1", "LATE", begin, None, "0.50 EUR"),
        },
        "HALLES": {
            "legalName": "Halles Market Ltd", "country": "GB", "ownCurrency": "HLP", "settlementCurrency": "GBP",
            "zone": "Europe/London",
            # About a window and a half: some windows are carried forward.
            "terms": terms("T-HAL-1", begin, end, "2500.00 GBP", both, halles_tax, rounding="HALF_UP")
            + terms("T-HAL-2", after, None, "0.01 GBP", both, halles_tax, rounding="HALF_UP"),
            # Changes at a cut-off: the last day before it arrives in the next window, and keeps its ratio.
            "ratios": ratio("R-HLP-1", begin, f"{year}-01-15", "5 HLP = 4 SML", "HALF_EVEN")
            + ratio("R-HLP-2", f"{year}-01-16", f"{year}-06-30", "6 HLP = 5 SML", "HALF_EVEN")
            + ratio("R-HLP-3", f"{year}-07-01", None, "2 HLP = 1 SML", "HALF_UP"),
            "prices": price("P-HAL-ISS-1", "ISSUANCE", begin, f"{year}-03-31", "0.00590 EUR")
            + price("P-HAL-ISS-2", "ISSUANCE", f"{year}-04-01", None, "0.00601 EUR")
            + price("P-HAL-RED-1", "REIMBURSEMENT", begin, None, "0.00500 EUR"),
            "fees": fee("F-HAL-REC-1", "RECORD", begin, None, "0.00200 EUR")
            + fee("F-HAL-FILE-1", "FILE", begin, None, "0.35 GBP")
            + fee("F-HAL-LATE-1", "LATE", begin, None, "0.50 EUR"),
        },
    }


def bank_calendars(year):
    """Each settlement currency's calendars, and the closing days of those that are not computed."""
    uk = [f"{year}-01-01", f"{year}-04-03", f"{year}-04-06", f"{year}-05-04", f"{year}-05-25", f"{year}-08-31",
          f"{year}-12-25", f"{year}-12-28", f"{year + 1}-01-01"]
    return {"EUR": ["TARGET"], "GBP": ["TARGET", "UK"]}, {"UK": uk}


SETTLEMENT_DAY = 3


def windows(first):
    """The first and the last day of all windows, for records from a day on: until two months after the year."""
    return str(first.replace(day=1 if first.day < 16 else 16)), f"{first.year + 1}-02-28"


def rate(window):
    """The fixing EUR to GBP of a window: made up, six figures, another one each time."""
    seed = sum(ord(character) * (index + 7) for index, character in enumerate(window))
    return f"0.{850000 + seed * 7919 % 30000}"


def instant(day, hour=2):
    """An hour of a day in the programme's zone, in UTC; where clocks change, the first instant with that name."""
    local = datetime.datetime.combine(day, datetime.time(hour), ZONE)
    return local.astimezone(datetime.timezone.utc)


def arrival(partner, day, outage):
    """The day at whose 02:00 the file of a business day arrives: the next one, but for an outage that was asked for."""
    if outage and partner == "EPICES" and (day.month, day.day) in [(1, each) for each in range(8, 14)]:
        return day.replace(day=18)
    return day + DAY


# --- the files of the programme -------------------------------------------------------------------

def yaml(value, indent=0):
    """Keys, lists and text as the lines of a YAML document."""
    space, lines = " " * indent, []
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, str) and "\n" in each:
                lines += [f"{space}{key}: |"] + [f"{space}  {line}" for line in each.strip().splitlines()]
            elif isinstance(each, str):
                lines.append(f"{space}{key}: {each}")
            elif each and isinstance(each, list) and all(isinstance(item, str) for item in each):
                lines.append(f"{space}{key}: [{', '.join(each)}]")
            else:
                lines += [f"{space}{key}:"] + yaml(each, indent + 2)
    else:
        for each in value:
            item = yaml(each, indent + 2)
            lines += [f"{space}- {item[0].strip()}"] + item[1:]
    return lines


def write(folder, day, certificates):
    """Writes the files of a programme whose records begin on a day.

    Certificates are lists of (usage, fingerprint, PEM) by partner.
    """
    folder, year = pathlib.Path(folder), day.year
    (folder / "agreements").mkdir(parents=True)
    first, last = windows(day)
    needed, closed = bank_calendars(year)
    host = {"programme": PROGRAMME, "host": {"id": HOST, "legalName": "Retail Coalition Host SA"}, "currency": SHARED,
            "priceCurrency": BASE, "zone": str(ZONE),
            "calendar": {"frequency": "HALF_MONTHLY", "from": first, "to": last, "cutoff": "00:00",
                         "settlement": {"businessDay": str(SETTLEMENT_DAY), "settleEvery": "1",
                                        "bankCalendars": needed}},
            "bankCalendars": closed, "openingPoints": str(OPENING_POINTS)}
    (folder / "programme.yaml").write_text("\n".join(yaml(host)) + "\n")
    for partner, agreement in coalition(year).items():
        listed = [{"usage": usage, "fingerprint": fingerprint, "activeFrom": f"{year - 1}-01-01T00:00:00Z", "pem": pem}
                  for usage, fingerprint, pem in certificates[partner]]
        whole = {"partner": partner, **{key: value for key, value in agreement.items() if isinstance(value, str)},
                 "fileExpectedBy": "03:00", "certificates": listed,
                 **{key: value for key, value in agreement.items() if not isinstance(value, str)}}
        (folder / "agreements" / f"{partner}.yaml").write_text("\n".join(yaml(whole)) + "\n")
