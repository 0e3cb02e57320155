#!/usr/bin/env python3
"""Makes batch files in XML and CSV, as Specs/formats.md describes them.

An example to start from, and the source of the files that test_client.sh sends. Records are dictionaries whose keys are the
column names of CSV; what a record does not have is left out.
"""
import argparse
import csv
import decimal
import io
import sys
from xml.sax.saxutils import escape, quoteattr

COLUMNS = ("TransactionId LoyaltyTransactionType TransactionDateTime BusinessDate AccountIdType LoyaltyAccountId EntryMode Unit "
           "LoyaltyAmount CreditDebit SaleCurrency SaleAmount EarnBasis EarnQuantity OriginalTransactionId "
           "TriggeringTransactionId PromotionId ReasonCode Narrative ProductCode CounterAccountId ApprovalCode StoreId "
           "TerminalId Brand Channel BusinessLine").split()


def control_sums(records):
    """The sum of the amounts for each unit, in the order of their first use."""
    sums = {}
    for record in records:
        sums[record["Unit"]] = sums.get(record["Unit"], 0) + decimal.Decimal(record["LoyaltyAmount"])
    return [(unit, format(total, "f")) for unit, total in sums.items()]


def header_values(header):
    """The header's fields in the order of CSV; Recipient, Series and the two receipts may be left out."""
    filled = {"Recipient": "HOST", "Series": "LIVE", "ReplacesReceiptId": "", "CorrectsReceiptId": "", **header}
    names = ("MessageId CreationDateTime InitiatingParty Recipient ProgrammeId Series SequenceNumber "
             "ReplacesReceiptId CorrectsReceiptId").split()
    return [(name, str(filled[name])) for name in names]


def csv_batch(header, records):
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["#HEADER", "1.0"] + [value for _, value in header_values(header)])
    rows.writerow(COLUMNS)
    for record in records:
        rows.writerow([record.get(column, "") for column in COLUMNS])
    rows.writerow(["#TRAILER", len(records)] + [value for pair in control_sums(records) for value in pair])
    return text.getvalue().encode()


def xml_batch(header, records):
    def element(name, value, attributes=""):
        return f"<{name}{attributes}>{escape(str(value))}</{name}>"

    def part(record, name, column=None, **attributes):
        value = record.get(column or name)
        if value is None:
            return ""
        named = ((key, record.get(source)) for key, source in attributes.items())
        return element(name, value, "".join(f" {key}={quoteattr(str(text))}" for key, text in named if text is not None))

    def group(name, *parts):
        return f"<{name}>{''.join(parts)}</{name}>" if any(parts) else ""

    def transaction(record):
        return group(
            "Transaction", *(part(record, name) for name in COLUMNS[:4]),
            group("LoyaltyAccount", part(record, "LoyaltyAccountId", type="AccountIdType")), part(record, "EntryMode"),
            part(record, "LoyaltyAmount", unit="Unit"), part(record, "CreditDebit"),
            part(record, "SaleAmount", currency="SaleCurrency"), part(record, "EarnBasis", quantity="EarnQuantity"),
            group("OriginalTransaction", part(record, "TransactionId", "OriginalTransactionId")),
            group("TriggeringTransaction", part(record, "TransactionId", "TriggeringTransactionId")),
            *(part(record, name) for name in COLUMNS[16:22]),
            group("PointOfInteraction", *(part(record, name) for name in COLUMNS[22:24])),
            group("SubSource", *(part(record, name) for name in COLUMNS[24:])))

    before, after = header_values(header)[:7], header_values(header)[7:]
    head = "".join([element(name, value) for name, value in before] + [element("NumberOfTransactions", len(records))]
                   + [element("ControlSum", total, f' unit="{unit}"') for unit, total in control_sums(records)]
                   + [element(name, value) for name, value in after if value])
    lines = ['<?xml version="1.0" encoding="UTF-8"?>',
             '<LoyaltyTransactionBatch xmlns="urn:coalition:clearing:batch:1" version="1.0">', f"<GroupHeader>{head}</GroupHeader>"]
    return "\n".join(lines + [transaction(record) for record in records] + ["</LoyaltyTransactionBatch>", ""]).encode()


def luhn(digits):
    """The digits with their check digit behind them."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def main():
    parser = argparse.ArgumentParser(description="Writes a batch file of accruals to standard output.")
    parser.add_argument("format", choices=("XML", "CSV"))
    for name in ("partner", "programme", "unit", "created", "date"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--series", default="LIVE")
    parser.add_argument("--sequence", type=int, required=True)
    parser.add_argument("--records", type=int, default=1)
    parser.add_argument("--units", type=int, default=80)
    parser.add_argument("--wrong-check-digit", type=int, default=0, help="so many of the records get a wrong account number")
    parser.add_argument("--replaces", default="", help="the receipt of the refused file that this one replaces")
    parser.add_argument("--label", default="", help="put into the ids, to have other ones")
    options = parser.parse_args()
    name = f"{options.partner}-{options.series}-{options.sequence}{options.label}"
    header = {"MessageId": name, "CreationDateTime": options.created, "InitiatingParty": options.partner,
              "ProgrammeId": options.programme, "Series": options.series, "SequenceNumber": options.sequence,
              "ReplacesReceiptId": options.replaces}
    records = []
    for index in range(options.records):
        account = luhn(f"925{index % 1000000:012d}")
        if index < options.wrong_check_digit:
            account = account[:-1] + str((int(account[-1]) + 1) % 10)
        records.append({"TransactionId": f"{name}-{index + 1}", "LoyaltyTransactionType": "ACCR",
                        "TransactionDateTime": f"{options.date}T10:{index // 60 % 60:02d}:{index % 60:02d}Z",
                        "BusinessDate": options.date, "AccountIdType": "CARD", "LoyaltyAccountId": account,
                        "Unit": options.unit, "LoyaltyAmount": str(options.units)})
    sys.stdout.buffer.write((xml_batch if options.format == "XML" else csv_batch)(header, records))


if __name__ == "__main__":
    main()
