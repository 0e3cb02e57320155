"""The neutral daily files, and our batch files made from them.

PARTNER-YYYY-MM-DD.csv has the columns of COLUMNS, one record a line; totals.json has for each PARTNER/TYPE/UNIT the
number of records and the sum of units, counted independently.
"""
import csv
import datetime
import json
import pathlib

import coalition_year as house
import make_batch

COLUMNS = "transaction_id type date_time business_date card unit units sale_amount sale_currency store".split()


class Neutral:
    def __init__(self, folder, days=None):
        self.folder = pathlib.Path(folder)
        named = sorted({path.stem.split("-", 1)[1] for path in self.folder.glob("*-????-??-??.csv")})
        if not named:
            raise SystemExit(f"real_input: {folder} has no PARTNER-YYYY-MM-DD.csv; README.md says how to make them")
        first, last = datetime.date.fromisoformat(named[0]), datetime.date.fromisoformat(named[-1])
        self.days = [first + index * house.DAY for index in range((last - first).days + 1)]
        self.is_whole = days is None or days >= len(self.days)
        self.days = self.days[:days]

    def records(self, partner, day):
        """The records of a partner's business day; none where there is no file."""
        path = self.folder / f"{partner}-{day}.csv"
        if not path.exists():
            return []
        with open(path, newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != COLUMNS:
                raise SystemExit(f"real_input: {path} has other columns than {' '.join(COLUMNS)}")
            return list(reader)

    @property
    def totals(self):
        """Records and units by (partner, type, unit), as the neutral files' maker counted them."""
        return {tuple(key.split("/")): (value["records"], value["units"])
                for key, value in json.loads((self.folder / "totals.json").read_text()).items()}


def batch(partner, sequence, day, created, records, form):
    """The bytes of a daily file in our format; a day without records is an explicit empty file."""
    header = {"MessageId": f"{partner}-{day:%Y%m%d}", "CreationDateTime": f"{created:%Y-%m-%dT%H:%M:%SZ}",
              "InitiatingParty": partner, "ProgrammeId": house.PROGRAMME, "SequenceNumber": sequence}
    rows = []
    for record in records:
        row = {"TransactionId": record["transaction_id"], "LoyaltyTransactionType": record["type"],
               "TransactionDateTime": record["date_time"], "BusinessDate": record["business_date"],
               "AccountIdType": "CARD", "LoyaltyAccountId": record["card"], "Unit": record["unit"],
               "LoyaltyAmount": record["units"], "StoreId": record["store"], "Brand": record["store"]}
        if record["sale_amount"]:
            row |= {"SaleCurrency": record["sale_currency"], "SaleAmount": record["sale_amount"], "EarnBasis": "AMOUNT"}
        rows.append(row)
    return (make_batch.xml_batch if form == "XML" else make_batch.csv_batch)(header, rows)
