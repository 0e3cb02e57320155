#!/usr/bin/env python3
"""Writes one batch of synthetic sales in both formats of Specs/formats.md, with little memory.

    make_batch.py RECORDS XML CSV --partner MARCHE --unit MKP --programme SMILES --sequence 9 --date 2026-05-01 [--seed 1]

The same records stand in both files in the same order: nine of ten are accruals, one is a redemption of points of the
coalition. XML is laid out as the program itself writes it.
"""
import argparse
import random

COLUMNS = ("TransactionId,LoyaltyTransactionType,TransactionDateTime,BusinessDate,AccountIdType,LoyaltyAccountId,"
           "EntryMode,Unit,LoyaltyAmount,CreditDebit,SaleCurrency,SaleAmount,EarnBasis,EarnQuantity,"
           "OriginalTransactionId,TriggeringTransactionId,PromotionId,ReasonCode,Narrative,ProductCode,"
           "CounterAccountId,ApprovalCode,StoreId,TerminalId,Brand,Channel,BusinessLine")
TRANSACTION = """  <Transaction>
    <TransactionId>{id}</TransactionId>
    <LoyaltyTransactionType>{type}</LoyaltyTransactionType>
    <TransactionDateTime>{instant}</TransactionDateTime>
    <BusinessDate>{day}</BusinessDate>
    <LoyaltyAccount>
      <LoyaltyAccountId type="CARD">{card}</LoyaltyAccountId>
    </LoyaltyAccount>
    <LoyaltyAmount unit="{unit}">{units}</LoyaltyAmount>
    <SaleAmount currency="EUR">{sale}</SaleAmount>
    <PointOfInteraction>
      <StoreId>{store}</StoreId>
      <TerminalId>{till}</TerminalId>
    </PointOfInteraction>
  </Transaction>
"""


def luhn(digits):
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def records(options):
    """The records, the same at every call."""
    pick = random.Random(options.seed)
    cards = [luhn(f"9250{pick.randrange(10 ** 11):011d}") for _ in range(200_000)]
    for number in range(1, options.records + 1):
        cents = 50 + pick.randrange(25_000)
        redeems = pick.randrange(10) == 0
        second = pick.randrange(86_400)
        yield {"id": f"{options.partner}-{options.sequence}-T{number:09d}", "type": "REDM" if redeems else "ACCR",
               "instant": f"{options.date}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z",
               "day": options.date, "card": cards[pick.randrange(len(cards))],
               "unit": "SML" if redeems else options.unit, "units": cents // 10, "sale": f"{cents // 100}.{cents % 100:02d}",
               "store": f"S{pick.randrange(2000):05d}", "till": f"T{number % 10_000:04d}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=int)
    parser.add_argument("xml")
    parser.add_argument("csv")
    for name in ("partner", "unit", "programme", "date"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--sequence", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sums = {}
    for record in records(options):
        sums[record["unit"]] = sums.get(record["unit"], 0) + record["units"]
    name = f"{options.partner}-BENCH-{options.sequence}"
    created = f"{options.date}T23:00:00Z"
    with open(options.xml, "w", buffering=1 << 20) as xml, open(options.csv, "w", buffering=1 << 20) as csv:
        xml.write('<?xml version="1.0" encoding="UTF-8"?>\n'
                  '<LoyaltyTransactionBatch xmlns="urn:coalition:clearing:batch:1" version="1.0">\n  <GroupHeader>\n')
        fields = (("MessageId", name + "-X"), ("CreationDateTime", created), ("InitiatingParty", options.partner),
                  ("Recipient", "HOST"), ("ProgrammeId", options.programme), ("Series", "LIVE"),
                  ("SequenceNumber", options.sequence), ("NumberOfTransactions", options.records))
        xml.writelines(f"    <{element}>{value}</{element}>\n" for element, value in fields)
        xml.writelines(f'    <ControlSum unit="{unit}">{total}</ControlSum>\n' for unit, total in sums.items())
        xml.write("  </GroupHeader>\n")
        csv.write(f"#HEADER,1.0,{name}-C,{created},{options.partner},HOST,{options.programme},LIVE,{options.sequence},,\n")
        csv.write(COLUMNS + "\n")
        for record in records(options):
            xml.write(TRANSACTION.format_map(record))
            csv.write("{id},{type},{instant},{day},CARD,{card},,{unit},{units},,EUR,{sale},,,,,,,,,,,{store},{till},,,\n"
                      .format_map(record))
        xml.write("</LoyaltyTransactionBatch>\n")
        csv.write(f"#TRAILER,{options.records}" + "".join(f",{unit},{total}" for unit, total in sums.items()) + "\n")


if __name__ == "__main__":
    main()
