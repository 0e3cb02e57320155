"""What the statements of a window must say, and whether they do.

The XML is made anew from what was recomputed and compared element by element.  CSV and text say what the XML says:
their rows and lines are those of the tables below, compared as cells and words, since their layout is not specified.
"""
import csv
import io
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from typing import Optional

from archive import Problem
from programme import Programme, instant
from rules import Book, Result, exact_text, money_text, price_text

# Element, cells of its row in the CSV behind the statement's id, words of its line in the text; "" for none of both.
# Places: Element, @attribute, Element@attribute, . the element itself, /Element of the statement; '=0' is a default.
# Before a place: + by the line's side, CRDT plus; - the opposite; | without a sign; ~ zero; # number of elements.
CLEARING = (
    ("Line", "LINE,{@number},{@type},{@creditDebit},{SubSource},{Units@unit},{Units},{RatioVersion},{ExactPoints},"
     "{Points},{+Points},{RoundingDifference},{PriceVersion},{Fixing},{TaxCategory},{TaxCategory@rate},{RecordCount},"
     "{LateRecordCount=0},{CarriedOverRecordCount=0}",
     "{@number} {@type} {@creditDebit} {SubSource} {Units} {Units@unit} {RatioVersion} {ExactPoints} {Points} "
     "{RecordCount} {PriceVersion} {Fixing}"),
    ("SubSourceTotal", "SUBTOTAL,,,{@creditDebit},{@subSource},,,,,{.},{+.},,,,,,{@records},,",
     "{@subSource} {@creditDebit}: {.} in {@records} records"),
    (".", "POSITION,,OPENING,,,,,,,{|OpeningPosition},{OpeningPosition},,,,,,,,", ""),
    (".", "POSITION,,WINDOW,,,,,,,{|WindowPosition},{WindowPosition},,,,,,,,", ""),
    (".", "POSITION,,CLOSING,,,,,,,{|ClosingPosition},{ClosingPosition},,,,,,,,", ""),
    (".", "CONTROL,{#Line},WINDOW,,,,,,,{|WindowPosition},{WindowPosition},,,,,,,,",
     "opening position {OpeningPosition}, this window {WindowPosition}, closing {ClosingPosition}"))
SETTLEMENT = (
    ("Line", "LINE,{@number},{@type},{@creditDebit},{Quantity},{UnitPrice},{UnitPrice@currency},{UnitPrice@version},"
     "{Fixing@id},{Fixing},{ExactAmount},{Amount},{+Amount},{Amount@currency},{RoundingDifference},{TaxCategory},"
     "{TaxCategory@rate},{reference},{RecordCount=0}",
     "{@number} {@type} {@creditDebit} {Quantity} {UnitPrice} {UnitPrice@currency} {Fixing@id} {Fixing} {ExactAmount} "
     "{Amount} {TaxCategory} {RoundingDifference}"),
    ("Tax", "TAX,,,,,,,,,,{TaxableAmount},{TaxAmount},{-TaxAmount},{/SettlementCurrency},,{@category},{@rate},,",
     "tax {@category} {@rate}% on {TaxableAmount}: {TaxAmount}"),
    ("PartnerTax[@basis='GROSS']", "PARTNER_TAX_GROSS,,,,,,,,,,{TaxableAmount},{TaxAmount},{~TaxAmount},"
     "{/SettlementCurrency},,{@category},{@rate},,",
     "partner's tax {@category} {@rate}% within its supplies, base {TaxableAmount}: {TaxAmount}"),
    ("PartnerTax[@basis='NET']", "PARTNER_TAX_NET,,,,,,,,,,{TaxableAmount},{TaxAmount},{~TaxAmount},"
     "{/SettlementCurrency},,{@category},{@rate},,",
     "partner's tax {@category} {@rate}% beside its supplies, base {TaxableAmount}: {TaxAmount}"),
    ("AccountEntry", "ENTRY,,{@type},,,,,,,,,{|.},{.},{/SettlementCurrency},,,,{@endToEndId},",
     "{@type} {@endToEndId} {.}"),
    *((tag, "BALANCE,,%s,,,,,,,,,{|.},{.},{/SettlementCurrency},,,,," % row, words + " {.}") for tag, row, words in (
        ("OpeningBalance", "OPENING", "opening"), ("NetAmount", "NET", "net of this window"),
        ("Payments", "PAYMENTS", "payments"), ("Returns", "RETURNS", "returns"),
        ("ClosingBalance", "CLOSING", "closing"), ("DueAmount", "DUE", "of which due"),
        ("InSettlementAmount", "IN_SETTLEMENT", "of which in settlement"))),
    ("NetAmount", "CONTROL,{/Totals@lines},NET,,,,,,,,,{|.},{.},{/SettlementCurrency},,,,,", ""),
    ("Settlement[@endToEndId]", "", "{@action}: {@amount} {@currency} on {@valueDate}, {@endToEndId}"),
    ("Settlement[@action='NONE']", "", "NONE"), ("Settlement[@action='CARRIED_FORWARD']", "", "CARRIED_FORWARD"))
CLEARING_HEAD = ("statement,row,number,kind,dc,sub_source,unit,units,ratio_version,exact_points,points,signed_points,"
                 "difference,price_version,fixing,tax_category,tax_rate,records,late,carried_over")
SETTLEMENT_HEAD = ("statement,row,number,kind,dc,quantity,unit_price,price_currency,price_version,fixing,fixing_rate,"
                   "exact_amount,amount,signed_amount,currency,difference,tax_category,tax_rate,reference,records")
TEXT_HEAD = ("{what} STATEMENT {StatementId} number {StatementSequenceNumber}",
             "{ProgrammeId}, window {WindowId}: {FromDateTime} to {ToDateTime}",
             "between {Party[@role='HOST']/LegalName} ({Party[@role='HOST']/PartnerId}) and "
             "{Party[@role='PARTNER']/LegalName} ({Party[@role='PARTNER']/PartnerId})",
             "{unit}. Plus: the host owes. DBIT: the partner owes. CRDT: the host owes.")


def element(name: str, text: object = "", /, *children: Optional[ET.Element], **attributes: object) -> ET.Element:
    made = ET.Element(name, {k: str(v) for k, v in attributes.items() if v not in ("", None)})
    made.text = str(text)
    made.extend(child for child in children if child is not None)
    return made


def optional(**texts: object) -> list[ET.Element]:
    return [element(name, value) for name, value in texts.items() if value]


PLACE = re.compile(r"([-+|~#]?)([^@=]*(?:\[@[^]]*\][^@=]*)?)@?(\w*)=?(\w*)")  # sign, path, attribute, default


def cell(root: ET.Element, one: ET.Element, place: str) -> str:
    """The text of a place of the tables above."""
    if place == "reference":
        own = [ref.text.rpartition("#")[2] for ref in one.findall("ClearingLineRef")]
        return one.findtext("CorrectedLine") or " ".join(own)
    sign, path, attribute, default = PLACE.fullmatch(place).groups()
    if sign == "#":
        return str(len(one.findall(path)))
    found = root.find(path[1:]) if path.startswith("/") else one.find(path or ".")
    text = ((found.get(attribute) if attribute else found.text) if found is not None else None) or default
    if sign == "~":
        return re.sub(r"^-?\d+|[1-9]", "0", text)
    opposite = sign == "-" or (sign == "+" and one.get("creditDebit") == "DBIT")
    bare = text.removeprefix("-")
    return bare if sign == "|" or (opposite and (bare != text or not bare.strip("0."))) else "-" * opposite + text


def forms(root: ET.Element) -> tuple[list[list[str]], list[str]]:
    """The rows and lines of CSV and text that say what a statement's XML says."""
    clearing = root.tag == "ClearingStatement"
    what, unit = ("CLEARING", "Points in {PointsCurrency}") if clearing else \
        ("SETTLEMENT", "Amounts in {SettlementCurrency}")

    def filled(one: ET.Element, template: str) -> str:
        return re.sub(r"\{([^}]+)\}", lambda match: cell(root, one, match[1]), template)
    rows = [(CLEARING_HEAD if clearing else SETTLEMENT_HEAD).split(",")]
    text = [filled(root, line.replace("{what}", what).replace("{unit}", unit)) for line in TEXT_HEAD]
    text += ["no activity"] if root.find("Line") is None else []
    for path, row, line in CLEARING if clearing else SETTLEMENT:
        for one in root.findall(path):
            rows += [[root.findtext("StatementId")] + [filled(one, part) for part in row.split(",")]] if row else []
            text += [filled(one, line)] if line else []
    return rows, text + [filled(root, "Log {JournalHead@sequence} {JournalHead}")]


def compare(name: str, wanted: ET.Element, found: ET.Element, place: str) -> list[Problem]:
    """Element by element: name, attributes, text, children in order; instants as instants.  Evidence is for others."""
    problems = []
    if wanted.attrib != found.attrib:
        problems.append(Problem(f"{name}: {place}", found.attrib, wanted.attrib))
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


def compare_forms(name: str, made: ET.Element, found: ET.Element, table: bytes, text: bytes) -> list[Problem]:
    """A statement's XML against the one made anew; CSV and text against the XML.

    Of the text its words, up to and with the line 'Log'; what follows is not of figures.
    """
    rows, wanted = forms(found)
    lines = [" ".join(line.split()) for line in text.decode().split("\n")]
    lines = [line for line in lines if line and not line.startswith("no line ")]
    end = next((i + 1 for i, line in enumerate(lines) if line.startswith("Log ")), len(lines))
    return compare(name + ".xml", made, found, "") \
        + compare_lists(name + ".csv", "row", rows, list(csv.reader(io.StringIO(table.decode())))) \
        + compare_lists(name + ".txt", "line", [" ".join(line.split()) for line in wanted], lines[:end])


class Frame:
    """What both statements of a partner begin and end with; the journal's head is judged by the stage 'log'."""

    def __init__(self, p: Programme, window: str, partner: str, number: int, closed: str, head: tuple) -> None:
        self.p, self.window, self.partner, self.agreement = p, window, partner, p.agreements[partner]
        self.number, self.closed, self.head = number, closed, head

    def statement(self, prefix: str, name: str, *parts: Optional[ET.Element]) -> ET.Element:
        """The statement with these parts between its head and its end."""
        host, data, window = self.p.calendar, self.agreement.data, self.p.window(self.window)
        registered = [element("Registration", r["number"], type=r["label"]) for r in data["registrations"]]
        return element(
            name, "", *optional(
                StatementId=f"{prefix}-{self.window}-{self.partner}", StatementSequenceNumber=self.number,
                ProgrammeId=host["id"], WindowId=self.window, FromDateTime=window["open"], ToDateTime=window["cutoff"],
                ClosedDateTime=self.closed),
            element("Party", "", *optional(PartnerId=host["host"], LegalName=host["hostName"]), role="HOST"),
            element("Party", "", *optional(PartnerId=self.partner, LegalName=data["legalName"]), *registered,
                    role="PARTNER"),
            *parts, element("JournalHead", self.head[1], algorithm="SHA-256", sequence=self.head[0]), version="1.0")


def fixing_id(window: str) -> str:
    return f"FX-{window[2:]}" if window else ""


def clearing_statement(frame: Frame, book: Book, opening: int) -> ET.Element:
    """The clearing statement as it must be, in points."""
    unit, own, parts, position, sources = frame.p.currency, book.of(frame.partner), [], 0, {}
    for number, line in enumerate(own, 1):
        k = line.key
        position += line.points if k["side"] == "CRDT" else -line.points
        if k["subSource"]:
            total = sources.setdefault((k["subSource"], k["side"]), [0, 0])
            total[:] = total[0] + line.points, total[1] + line.records
        parts.append(element(
            "Line", "", *optional(SubSource=k["subSource"], RatioVersion=k["ratio"], PriceVersion=k["price"],
                                  Fixing=fixing_id(k["fixing"])),
            element("TaxCategory", k["taxCategory"], rate=k["taxRate"]), element("RecordCount", line.records),
            element("Units", line.units, unit=k["unit"]), element("ExactPoints", exact_text(line.exact)),
            element("Points", line.points, unit=unit),
            element("RoundingDifference", exact_text(line.points - line.exact)),
            *optional(LateRecordCount=line.late, CarriedOverRecordCount=line.carried),
            number=number, type=k["kind"], creditDebit=k["side"]))
    parts += [element("SubSourceTotal", points, subSource=source, creditDebit=side, records=count)
              for (source, side), (points, count) in sorted(sources.items())]
    return frame.statement(
        "CLS", "ClearingStatement", element("PointsCurrency", unit), element("OpeningPosition", opening), *parts,
        element("WindowPosition", position), element("ClosingPosition", opening + position))


def settlement_statement(frame: Frame, result: Result, points: str) -> ET.Element:
    """The settlement statement as it must be, in money."""
    currency, lines = frame.agreement.currency, []
    cash = {name: money_text(value, currency) for name, value in result.figures.items()}

    def tax(name: str, category: str, rate: str, base: int, amount: int, basis: str = "") -> ET.Element:
        return element(name, "", element("TaxableAmount", money_text(base, currency)),
                       element("TaxAmount", money_text(amount, currency)), category=category, rate=rate, basis=basis)
    for number, line in enumerate(result.lines, 1):
        window, base, quote, rate = line.fixing or ("", "", "", "")
        amount = money_text(line.amount, currency)
        lines.append(element(
            "Line", "", element("Quantity", line.quantity, unit=points if line.references else ""),
            element("UnitPrice", price_text(line.price), currency=line.price["currency"], version=line.price["id"]),
            element("Fixing", rate, id=fixing_id(window), base=base, quote=quote) if rate else None,
            element("ExactAmount", exact_text(line.exact)), element("Amount", amount, currency=currency),
            element("RoundingDifference", exact_text(Fraction(amount) - line.exact)),
            element("TaxCategory", line.tax[0], rate=line.tax[1]),
            *optional(CorrectedLine=line.corrected, ReasonCode=line.reason, RecordCount=line.records),
            *(element("ClearingLineRef", f"CLS-{frame.window}-{frame.partner}#{r}") for r in line.references),
            number=number, type=line.kind, creditDebit=line.side))
    sums = {side: money_text(sum(line.amount for line in result.lines if line.side == side), currency)
            for side in ("CRDT", "DBIT")}
    paid = {"amount": cash["due"].removeprefix("-"), "currency": currency, "valueDate": result.value_date,
            "endToEndId": result.end_to_end} if result.end_to_end else {}
    return frame.statement(
        "STL", "SettlementStatement", element("SettlementCurrency", currency),
        element("OpeningBalance", cash["opening"]), *lines, *(tax("Tax", *row) for row in result.taxes),
        *(tax("PartnerTax", *row) for row in result.partner_taxes),
        element("Totals", lines=len(lines), credits=sums["CRDT"], debits=sums["DBIT"]),
        element("NetAmount", cash["net"]),
        *(element("AccountEntry", money_text(amount, currency), type=kind, endToEndId=end_to_end)
          for _, kind, end_to_end, amount in result.entries),
        element("Payments", cash["payments"]), element("Returns", cash["returns"]),
        element("ClosingBalance", cash["closing"]), element("DueAmount", cash["due"]),
        element("InSettlementAmount", cash["inSettlement"]), element("Settlement", action=result.action, **paid))
