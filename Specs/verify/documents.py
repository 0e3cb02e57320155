"""What the statements of a window must say, and whether they do: XML element by element, CSV and text by their figures.

CSV and text are made from the XML by the lists of places below.  Their layout is not specified: rows and lines are
compared as cells and words.  `Evidence` is for other stages.
"""
import csv
import io
import xml.etree.ElementTree as ET
from typing import Optional

from archive import Problem
from programme import Programme, instant
from rules import Book, Result, decimal, exact_text, money_text

# A place is Element, @attribute, Element@attribute; '+' signs it (CRDT plus), '#' are references, '=0' is a default.
CLEARING_ROW = ("@number @type @creditDebit SubSource Units@unit Units RatioVersion ExactPoints Points +Points "
                "RoundingDifference PriceVersion Fixing TaxCategory TaxCategory@rate RecordCount LateRecordCount=0 "
                "CarriedOverRecordCount=0")
CLEARING_TEXT = ("@number @type @creditDebit SubSource Units Units@unit RatioVersion ExactPoints Points RecordCount "
                 "PriceVersion Fixing")
SETTLEMENT_ROW = ("@number @type @creditDebit Quantity UnitPrice UnitPrice@currency UnitPrice@version Fixing@id Fixing "
                  "ExactAmount Amount +Amount Amount@currency RoundingDifference TaxCategory TaxCategory@rate # "
                  "RecordCount=0")
SETTLEMENT_TEXT = ("@number @type @creditDebit Quantity UnitPrice UnitPrice@currency Fixing@id Fixing ExactAmount "
                   "Amount TaxCategory RoundingDifference")
CLEARING_HEAD = ("statement row number kind dc sub_source unit units ratio_version exact_points points signed_points "
                 "difference price_version fixing tax_category tax_rate records late carried_over").split()
SETTLEMENT_HEAD = ("statement row number kind dc quantity unit_price price_currency price_version fixing fixing_rate "
                   "exact_amount amount signed_amount currency difference tax_category tax_rate reference "
                   "records").split()


def element(name: str, text: object = "", /, *children: Optional[ET.Element], **attributes: object) -> ET.Element:
    made = ET.Element(name, {k: str(v) for k, v in attributes.items() if v not in ("", None)})
    made.text = str(text)
    made.extend(child for child in children if child is not None)
    return made


def optional(*pairs: tuple[str, object]) -> list[ET.Element]:
    return [element(name, value) for name, value in pairs if value]


def cells(line: ET.Element, places: str) -> list[str]:
    """The texts of a line's places."""
    found = []
    for place in places.split():
        place, _, default = place.partition("=")
        path, _, attribute = place.lstrip("+").partition("@")
        one = line.find(path) if path and path != "#" else line
        text = (one.get(attribute) if attribute else one.text) if one is not None else None
        if path == "#":
            corrected = line.findtext("CorrectedLine")
            text = corrected or " ".join(r.text.rpartition("#")[2] for r in line.findall("ClearingLineRef"))
        sign = "-" if place[0] == "+" and line.get("creditDebit") == "DBIT" and text.strip("0.") else ""
        found.append(sign + (text or default))
    return found


def compare(name: str, wanted: ET.Element, found: ET.Element, place: str) -> list[Problem]:
    """Element by element: name, attributes, text, children in order; instants as instants."""
    problems = []
    if dict(wanted.attrib) != dict(found.attrib):
        problems.append(Problem(f"{name}: {place}", dict(found.attrib), dict(wanted.attrib)))
    a, b = (wanted.text or "").strip(), (found.text or "").strip()
    if a != b and not (wanted.tag.endswith("DateTime") and instant(a) == instant(b)):
        problems.append(Problem(f"{name}: {place}", b, a))
    mine, theirs = list(wanted), [c for c in found if c.tag != "Evidence"]
    for i in range(max(len(mine), len(theirs))):
        label = (mine if i < len(mine) else theirs)[i]
        where = f"{place}/{label.tag}" + (f"[{label.get('number')}]" if label.get("number") else "")
        if i >= len(mine) or i >= len(theirs) or mine[i].tag != theirs[i].tag:
            problems.append(Problem(f"{name}: {where}", theirs[i].tag if i < len(theirs) else "missing",
                                    mine[i].tag if i < len(mine) else "no such element"))
            break
        problems += compare(name, mine[i], theirs[i], where)
    return problems


def compare_lists(name: str, label: str, wanted: list, found: list) -> list[Problem]:
    return [Problem(f"{name}: {label} {i + 1}", found[i] if i < len(found) else "missing",
                    wanted[i] if i < len(wanted) else f"no such {label}")
            for i in range(max(len(wanted), len(found))) if wanted[i:i + 1] != found[i:i + 1]]


def compare_rows(name: str, wanted: list[list], data: bytes) -> list[Problem]:
    """The rows of a CSV."""
    found = list(csv.reader(io.StringIO(data.decode())))
    return compare_lists(name, "row", [[str(cell) for cell in row] for row in wanted], found)


def compare_text(name: str, wanted: list[str], data: bytes) -> list[Problem]:
    """The words of each line of a text, up to and with its line 'Log'; what follows is not of figures."""
    lines = [" ".join(line.split()) for line in data.decode().split("\n")]
    lines = [line for line in lines if line and not line.startswith("no line ")]
    end = next((i + 1 for i, line in enumerate(lines) if line.startswith("Log ")), len(lines))
    return compare_lists(name, "line", [" ".join(line.split()) for line in wanted], lines[:end])


class Frame:
    """What both statements of a partner begin and end with."""

    def __init__(self, p: Programme, window: str, partner: str, number: int, closed_at: str, head: tuple) -> None:
        self.p, self.window, self.partner = p, window, partner
        self.number, self.closed, self.head = number, closed_at, head
        self.agreement, self.item = p.agreements[partner], p.window(window)

    def start(self, prefix: str) -> list[ET.Element]:
        host, data = self.p.calendar, self.agreement.data
        pairs = (("StatementId", f"{prefix}-{self.window}-{self.partner}"), ("StatementSequenceNumber", self.number),
                 ("ProgrammeId", host["id"]), ("WindowId", self.window), ("FromDateTime", self.item["open"]),
                 ("ToDateTime", self.item["cutoff"]), ("ClosedDateTime", self.closed))
        registered = [element("Registration", r["number"], type=r["label"]) for r in data["registrations"]]
        return optional(*pairs) + [
            element("Party", "", *optional(("PartnerId", host["host"]), ("LegalName", host["hostName"])), role="HOST"),
            element("Party", "", *optional(("PartnerId", self.partner), ("LegalName", data["legalName"])), *registered,
                    role="PARTNER")]

    def end(self) -> ET.Element:
        return element("JournalHead", self.head[1], algorithm="SHA-256", sequence=self.head[0])

    def text(self, title: str, prefix: str, unit: str, root: ET.Element) -> list[str]:
        """The first lines; the zone's form of the instants is that of the XML, which is compared as instants."""
        host = self.p.calendar
        return [f"{title} {prefix}-{self.window}-{self.partner} number {self.number}",
                f"{host['id']}, window {self.window}: {root.findtext('FromDateTime')} to {root.findtext('ToDateTime')}",
                f"between {host['hostName']} ({host['host']}) and {self.agreement.data['legalName']} ({self.partner})",
                f"{unit}. Plus: the host owes. DBIT: the partner owes. CRDT: the host owes."]


def fixing_id(window: str) -> str:
    return f"FX-{window[2:]}" if window else ""


def clearing_statement(frame: Frame, book: Book, opening: int, found: ET.Element) -> tuple[ET.Element, list, list[str]]:
    """The clearing statement in its three forms; `found` lends the text its form of instants."""
    unit, own, name = frame.p.currency, book.of(frame.partner), f"CLS-{frame.window}-{frame.partner}"
    root = element("ClearingStatement", "", *frame.start("CLS"), element("PointsCurrency", unit),
                   element("OpeningPosition", opening), version="1.0")
    rows, text = [CLEARING_HEAD], frame.text("CLEARING STATEMENT", "CLS", f"Points in {unit}", found)
    text += [] if own else ["no activity"]
    position, sources = 0, {}
    for number, line in enumerate(own, 1):
        k = line.key
        position += line.points if k["side"] == "CRDT" else -line.points
        if k["subSource"]:
            total = sources.setdefault((k["subSource"], k["side"]), [0, 0])
            total[0], total[1] = total[0] + line.points, total[1] + line.records
        one = element(
            "Line", "", *optional(("SubSource", k["subSource"]), ("RatioVersion", k["ratio"]),
                                  ("PriceVersion", k["price"]), ("Fixing", fixing_id(k["fixing"]))),
            element("TaxCategory", k["taxCategory"], rate=k["taxRate"]), element("RecordCount", line.records),
            element("Units", line.units, unit=k["unit"]), element("ExactPoints", exact_text(line.exact)),
            element("Points", line.points, unit=unit),
            element("RoundingDifference", exact_text(line.points - line.exact)),
            *optional(("LateRecordCount", line.late), ("CarriedOverRecordCount", line.carried)),
            number=number, type=k["kind"], creditDebit=k["side"])
        root.append(one)
        rows.append([name, "LINE", *cells(one, CLEARING_ROW)])
        text.append(" ".join(cells(one, CLEARING_TEXT)))
    for (source, side), (points, count) in sorted(sources.items()):
        root.append(element("SubSourceTotal", points, subSource=source, creditDebit=side, records=count))
        signed = points if side == "CRDT" else -points
        rows.append([name, "SUBTOTAL", "", "", side, source, "", "", "", "", points, signed, *[""] * 5, count, "", ""])
        text.append(f"{source} {side}: {points} in {count} records")
    root.extend([element("WindowPosition", position), element("ClosingPosition", opening + position), frame.end()])
    for label, value in (("OPENING", opening), ("WINDOW", position), ("CLOSING", opening + position)):
        rows.append([name, "POSITION", "", label] + [""] * 6 + [abs(value), value] + [""] * 8)
    rows.append([name, "CONTROL", len(own), "WINDOW"] + [""] * 6 + [abs(position), position] + [""] * 8)
    text += [f"opening position {opening}, this window {position}, closing {opening + position}",
             f"Log {frame.head[0]} {frame.head[1]}"]
    return root, rows, text


def settlement_statement(frame: Frame, result: Result, points: str,
                         found: ET.Element) -> tuple[ET.Element, list, list[str]]:
    """The settlement statement in its three forms; `found` lends the text its form of instants."""
    currency, name = frame.agreement.currency, f"STL-{frame.window}-{frame.partner}"
    root = element("SettlementStatement", "", *frame.start("STL"), element("SettlementCurrency", currency),
                   element("OpeningBalance", money_text(result.opening, currency)), version="1.0")
    rows, text = [SETTLEMENT_HEAD], frame.text("SETTLEMENT STATEMENT", "STL", f"Amounts in {currency}", found)
    text += [] if result.lines else ["no activity"]

    def cash(number: int) -> str:
        return money_text(number, currency)

    def row(kind: str, number: object, label: str, value: int, rest: list) -> None:
        rows.append([name, kind, number, label] + [""] * 8 + [cash(abs(value)), cash(value), currency] + rest)

    for number, line in enumerate(result.lines, 1):
        window, base, quote, rate = line.fixing or ("", "", "", "")
        references = [element("ClearingLineRef", f"CLS-{frame.window}-{frame.partner}#{r}") for r in line.references]
        one = element(
            "Line", "", element("Quantity", line.quantity, unit=points if line.references else ""),
            element("UnitPrice", line.price, currency=line.price_currency, version=line.version),
            element("Fixing", rate, id=fixing_id(window), base=base, quote=quote) if rate else None,
            element("ExactAmount", exact_text(line.exact)),
            element("Amount", decimal(line.amount, line.scale), currency=currency),
            element("RoundingDifference", exact_text(line.difference)),
            element("TaxCategory", line.tax[0], rate=line.tax[1]),
            *optional(("CorrectedLine", line.corrected), ("ReasonCode", line.reason), ("RecordCount", line.records)),
            *references, number=number, type=line.kind, creditDebit=line.side)
        root.append(one)
        rows.append([name, "LINE", *cells(one, SETTLEMENT_ROW)])
        text.append(" ".join(cells(one, SETTLEMENT_TEXT)))
    for category, rate, base, tax in result.taxes:
        root.append(element("Tax", "", *tax_amounts(cash, base, tax), category=category, rate=rate))
        amounts = [cash(base), cash(tax), cash(-tax), currency]
        rows.append([name, "TAX"] + [""] * 9 + amounts + ["", category, rate, "", ""])
        text.append(f"tax {category} {rate}% on {cash(base)}: {cash(tax)}")
    for category, rate, base, tax, basis in result.partner_taxes:
        root.append(element("PartnerTax", "", *tax_amounts(cash, base, tax), category=category, rate=rate, basis=basis))
        amounts = [cash(base), cash(tax), cash(0), currency]
        rows.append([name, f"PARTNER_TAX_{basis}"] + [""] * 9 + amounts + ["", category, rate, "", ""])
        place = "within" if basis == "GROSS" else "beside"
        text.append(f"partner's tax {category} {rate}% {place} its supplies, base {cash(base)}: {cash(tax)}")
    sums = {side: cash(sum(line.amount for line in result.lines if line.side == side)) for side in ("CRDT", "DBIT")}
    root.extend([element("Totals", lines=len(result.lines), credits=sums["CRDT"], debits=sums["DBIT"]),
                 element("NetAmount", cash(result.net))])
    for _, kind, end_to_end, amount in result.entries:
        root.append(element("AccountEntry", cash(amount), type=kind, endToEndId=end_to_end))
        row("ENTRY", "", kind, amount, ["", "", "", end_to_end, ""])
        text.append(f"{kind} {end_to_end} {cash(amount)}")
    # the name in the CSV, the words of the text, the element
    for (label, words, tag), value in zip((
            ("OPENING", "opening", ""), ("NET", "net of this window", ""), ("PAYMENTS", "payments", "Payments"),
            ("RETURNS", "returns", "Returns"), ("CLOSING", "closing", "ClosingBalance"),
            ("DUE", "of which due", "DueAmount"), ("IN_SETTLEMENT", "of which in settlement", "InSettlementAmount")),
            result.figures().values()):
        row("BALANCE", "", label, value, [""] * 5)
        text.append(f"{words} {cash(value)}")
        root.extend([element(tag, cash(value))] if tag else [])
    row("CONTROL", len(result.lines), "NET", result.net, [""] * 5)
    paid = {"amount": cash(abs(result.due)), "currency": currency, "valueDate": result.value_date,
            "endToEndId": result.end_to_end} if result.end_to_end else {}
    root.extend([element("Settlement", action=result.action, **paid), frame.end()])
    how = f": {paid['amount']} {currency} on {result.value_date}, {result.end_to_end}" if paid else ""
    text += [result.action + how, f"Log {frame.head[0]} {frame.head[1]}"]
    return root, rows, text


def tax_amounts(cash: object, base: int, tax: int) -> list[ET.Element]:
    return [element("TaxableAmount", cash(base)), element("TaxAmount", cash(tax))]
