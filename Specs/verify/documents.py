"""What the statements of a window must say, and whether they do: XML element by element, CSV and text by their figures.

Layout of CSV and text is not specified: rows and lines are compared as cells and words. `Evidence` is for other stages.
"""
import csv
import io
import xml.etree.ElementTree as ET
from typing import Optional

import money
from archive import Problem
from clearing import Book
from money import decimal, exact_text, money_text
from programme import Programme, instant


def element(name: str, text: object = "", /, *children: Optional[ET.Element], **attributes: object) -> ET.Element:
    made = ET.Element(name, {k: str(v) for k, v in attributes.items() if v not in ("", None)})
    made.text = str(text)
    made.extend(child for child in children if child is not None)
    return made


def parse_xml(data: bytes) -> ET.Element:
    """A document without namespaces; a document type declaration is refused."""
    if b"<!DOCTYPE" in data:
        raise ValueError("a document type declaration")
    root = ET.fromstring(data)
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2]
    return root


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


def compare_rows(name: str, wanted: list[list], data: bytes) -> list[Problem]:
    """The rows of a CSV; rows of kinds that are not figures of these rules (evidence) are left to themselves."""
    rows = list(csv.reader(io.StringIO(data.decode())))
    known = {"LINE", "TAX", "PARTNER_TAX", "ENTRY", "BALANCE", "POSITION", "SUB_SOURCE", "CONTROL", "row"}
    found = [row for row in rows if len(row) > 1 and row[1] in known]
    problems = []
    for i in range(max(len(wanted), len(found))):
        a, b = ([str(c) for c in r[i]] if i < len(r) else [] for r in (wanted, found))
        if a != b:
            problems.append(Problem(f"{name}: row {i + 1}", ",".join(b) or "missing", ",".join(a) or "no such row"))
    return problems


def compare_text(name: str, wanted: list[str], data: bytes) -> list[Problem]:
    """The words of each line of a text, up to and with its line 'Log'; what follows is not of figures."""
    lines = [" ".join(line.split()) for line in data.decode().split("\n")]
    lines = [line for line in lines if line and not line.startswith("no line ")]
    end = next((i + 1 for i, line in enumerate(lines) if line.startswith("Log ")), len(lines))
    wanted, problems = [" ".join(line.split()) for line in wanted], []
    for i in range(max(len(wanted), end)):
        a, b = (r[i] if i < len(r) else "" for r in (wanted, lines[:end]))
        if a != b:
            problems.append(Problem(f"{name}: line {i + 1}", b or "missing", a or "no such line"))
    return problems


class Frame:
    """What both statements of a partner begin and end with."""

    def __init__(self, p: Programme, window: str, partner: str, number: int, closed_at: str, head: tuple[str,
                                                                                                         str]) -> None:
        self.p, self.window, self.partner = p, window, partner
        self.number, self.closed, self.head = number, closed_at, head
        self.agreement, self.item = p.agreements[partner], p.window(window)

    def start(self, prefix: str) -> list[ET.Element]:
        host, data = self.p.calendar, self.agreement.data
        registered = [element("Registration", r["number"], type=r["label"]) for r in data["registrations"]]
        return [
            element("StatementId", f"{prefix}-{self.window}-{self.partner}"),
            element("StatementSequenceNumber", self.number),
            element("ProgrammeId", host["id"]),
            element("WindowId", self.window),
            element("FromDateTime", self.item["open"]),
            element("ToDateTime", self.item["cutoff"]),
            element("ClosedDateTime", self.closed),
            element("Party", "", element("PartnerId", host["host"]), element("LegalName", host["hostName"]),
                    role="HOST"),
            element("Party", "", element("PartnerId", self.partner), element("LegalName", data["legalName"]),
                    *registered, role="PARTNER")
        ]

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


def tax_element(category: str, rate: str) -> ET.Element:
    return element("TaxCategory", category, rate=rate)


def clearing_statement(frame: Frame, book: Book, opening: int,
                       found: ET.Element) -> tuple[ET.Element, list[list], list[str]]:
    """The clearing statement in its three forms."""
    unit, own, name = frame.p.currency, book.of(frame.partner), f"CLS-{frame.window}-{frame.partner}"
    root = element("ClearingStatement", "", *frame.start("CLS"), element("PointsCurrency", unit),
                   element("OpeningPosition", opening), version="1.0")
    rows = [(
        "statement row number kind dc sub_source unit units ratio_version exact_points points signed_points "
        "difference price_version "
        "fixing tax_category tax_rate records late carried_over").split()]
    text = frame.text("CLEARING STATEMENT", "CLS", f"Points in {unit}", found) + ([] if own else ["no activity"])
    position, sources = 0, {}
    for number, line in enumerate(own, 1):
        k, signed = line.key, line.points if line.key["side"] == "CRDT" else -line.points
        exact, difference = exact_text(line.exact), exact_text(line.points - line.exact)
        position += signed
        if k["subSource"]:
            total = sources.setdefault((k["subSource"], k["side"]), [0, 0])
            total[0], total[1] = total[0] + line.points, total[1] + line.records
        optional = [element(tag, value) for tag, value in (("SubSource", k["subSource"]), ("RatioVersion", k["ratio"]),
                    ("PriceVersion", k["price"]), ("Fixing", fixing_id(k["fixing"]))) if value]
        counts = [
            element(tag, n) for tag, n in (("LateRecordCount", line.late), ("CarriedOverRecordCount", line.carried))
            if n
        ]
        root.append(
            element("Line", "", *optional, tax_element(k["taxCategory"], k["taxRate"]),
                    element("RecordCount", line.records), element("Units", line.units, unit=k["unit"]),
                    element("ExactPoints", exact), element("Points", line.points, unit=unit),
                    element("RoundingDifference", difference), *counts, number=number, type=k["kind"],
                    creditDebit=k["side"]))
        rows.append([
            name, "LINE", number, k["kind"], k["side"], k["subSource"], k["unit"], line.units, k["ratio"], exact,
            line.points, signed, difference, k["price"],
            fixing_id(k["fixing"]), k["taxCategory"], k["taxRate"], line.records, line.late, line.carried
        ])
        text.append(
            f"{number} {k['kind']} {k['side']} {k['subSource']} {line.units} {k['unit']} {k['ratio']} {exact} "
            f"{line.points} "
            f"{line.records} {k['price']} {fixing_id(k['fixing'])}")
    for (source, side), (points, count) in sorted(sources.items()):
        root.append(element("SubSourceTotal", points, subSource=source, creditDebit=side, records=count))
    root.extend([element("WindowPosition", position), element("ClosingPosition", opening + position), frame.end()])
    for label, value in (("OPENING", opening), ("WINDOW", position), ("CLOSING", opening + position)):
        rows.append([name, "POSITION", "", label] + [""] * 6 + [abs(value), value] + [""] * 8)
    rows.append([name, "CONTROL", len(own), "WINDOW"] + [""] * 6 + [abs(position), position] + [""] * 8)
    text += [
        f"opening position {opening}, this window {position}, closing {opening + position}",
        f"Log {frame.head[0]} {frame.head[1]}"
    ]
    return root, rows, text


def settlement_statement(frame: Frame, result: money.Result, points: str,
                         found: ET.Element) -> tuple[ET.Element, list[list], list[str]]:
    """The settlement statement in its three forms."""
    currency, name = frame.agreement.currency, f"STL-{frame.window}-{frame.partner}"
    def cash(number: int) -> str: return money_text(number, currency)
    root = element("SettlementStatement", "", *frame.start("STL"), element("SettlementCurrency", currency),
                   element("OpeningBalance", cash(result.opening)), version="1.0")
    rows = [(
        "statement row number kind dc quantity unit_price price_currency price_version fixing fixing_rate "
        "exact_amount amount "
        "signed_amount currency difference tax_category tax_rate reference records").split()]
    text = frame.text("SETTLEMENT STATEMENT", "STL", f"Amounts in {currency}",
                      found) + ([] if result.lines else ["no activity"])
    for number, line in enumerate(result.lines, 1):
        window, base, quote, rate = line.fixing or ("", "", "", "")
        exact, amount, difference = exact_text(line.exact), decimal(line.amount,
                                                                    line.scale), exact_text(line.difference)
        root.append(
            element("Line", "", element("Quantity", line.quantity, unit=points if line.references else ""),
                    element("UnitPrice", line.price, currency=line.price_currency, version=line.version),
                    element("Fixing", rate, id=fixing_id(window), base=base, quote=quote) if rate else None,
                    element("ExactAmount", exact), element("Amount", amount, currency=currency),
                    element("RoundingDifference", difference), tax_element(*line.tax),
                    element("CorrectedLine", line.corrected) if line.corrected else None,
                    element("ReasonCode", line.reason) if line.reason else None,
                    element("RecordCount", line.records) if line.records else None,
                    *[element("ClearingLineRef", f"CLS-{frame.window}-{frame.partner}#{r}") for r in line.references],
                    number=number, type=line.kind, creditDebit=line.side))
        rows.append([
            name, "LINE", number, line.kind, line.side, line.quantity, line.price, line.price_currency, line.version,
            fixing_id(window), rate, exact, amount,
            decimal(line.signed, line.scale), currency, difference, *line.tax, line.corrected
            or " ".join(str(r) for r in line.references), line.records
        ])
        text.append(
            f"{number} {line.kind} {line.side} {line.quantity} {line.price} {line.price_currency} "
            f"{fixing_id(window)} {rate} "
            f"{exact} {amount} {line.tax[0]} {difference}")
    for category, rate, base, tax in result.taxes:
        root.append(
            element("Tax", "", element("TaxableAmount", cash(base)), element("TaxAmount", cash(tax)), category=category,
                    rate=rate))
        rows.append([name, "TAX"] + [""] * 9 +
                    [cash(base), cash(tax), cash(-tax), currency, "", category, rate, "", ""])
        text.append(f"tax {category} {rate}% on {cash(base)}: {cash(tax)}")
    for category, rate, base, tax, basis in result.partner_taxes:
        root.append(element("PartnerTax", "", element("TaxableAmount", cash(base)), element("TaxAmount", cash(tax)),
                            category=category, rate=rate, basis=basis))
    sums = {side: sum(line.amount for line in result.lines if line.side == side) for side in ("CRDT", "DBIT")}
    root.extend([element("Totals", lines=len(result.lines), credits=cash(sums["CRDT"]), debits=cash(sums["DBIT"])),
                 element("NetAmount", cash(result.net))])
    for _, kind, end_to_end, amount in result.entries:
        root.append(element("AccountEntry", cash(amount), type=kind, endToEndId=end_to_end))
        rows.append([name, "ENTRY", "", kind] + [""] * 8 +
                    [cash(abs(amount)), cash(amount), currency, "", "", "", end_to_end, ""])
        text.append(f"{kind} {end_to_end} {cash(amount)}")
    values = [("OPENING", result.opening), ("NET", result.net), ("PAYMENTS", result.payments),
              ("RETURNS", result.returns), ("CLOSING", result.closing), ("DUE", result.due),
              ("IN_SETTLEMENT", result.in_settlement)]
    for label, value in values:
        rows.append([name, "BALANCE", "", label] + [""] * 8 + [cash(abs(value)), cash(value), currency] + [""] * 5)
    rows.append([name, "CONTROL", len(result.lines), "NET"] + [""] * 8 +
                [cash(abs(result.net)), cash(result.net), currency] + [""] * 5)
    words = ("opening", "net of this window", "payments", "returns", "closing", "of which due",
             "of which in settlement")
    text += [f"{word} {cash(value)}" for word, (_, value) in zip(words, values)]
    paid = {
        "amount": cash(abs(result.due)), "currency": currency, "valueDate": result.value_date,
        "endToEndId": result.end_to_end
    }
    root.extend([
        element(tag, cash(value))
        for tag, value in (("Payments", result.payments), ("Returns", result.returns),
                           ("ClosingBalance", result.closing), ("DueAmount", result.due), ("InSettlementAmount",
                                                                                           result.in_settlement))
    ])
    root.extend([element("Settlement", action=result.action, **(paid if result.end_to_end else {})), frame.end()])
    text += [
        result.action +
        (f": {paid['amount']} {currency} on {result.value_date}, {result.end_to_end}" if result.end_to_end else ""),
        f"Log {frame.head[0]} {frame.head[1]}"
    ]
    return root, rows, text
