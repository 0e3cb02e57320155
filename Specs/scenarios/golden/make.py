#!/usr/bin/env python3
"""Writes README.md from expected.json: python3 Specs/scenarios/golden/make.py [--check]

Nothing is computed here: every figure of the page stands in expected.json.  With --check the page is only compared.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
DATA = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
OPEN_END = "9999-12-31"

STORY = """\
# The golden scenario

Four windows in the life of a small coalition. Members collect *smiles* (SML), the shared points, at four partners; each
partner settles with the host, never with another partner. Every implementation must reproduce each figure below to the
last digit. `expected.json` holds the same figures for programs; `programme/` holds the configuration as the host and the
partners sign it (without certificates, which are made when the scenario is played).

This page is written by `make.py` from `expected.json`.

## How to read it

- **DBIT**: the partner owes the host. **CRDT**: the host owes the partner. *Net*, *opening*, *closing* and *due* count
  plus when the host owes.
- Points are rounded once for each record, money once for each line of a statement, tax once for each category; always
  half up on the magnitude. The *difference* of a line is what its rounding added.
- CARBU settles in Tunisian dinars with three decimals. Prices are in euros; the window's fixing converts each line.
- What is due below the minimum (EUR 5.00, TND 15.000) is carried forward.

## What makes it interesting

| record | what it shows |
|---|---|
| T02 | 1562.5 smiles are rounded half up to 1563 |
| T04 | half of T01 comes back at T01's ratio and by what remains of it: 34, neither 31 nor 33 |
| T06, T23, T28 | RAILCO reports a bonus that MARCHE and the host help to pay; reversals follow the funders' remaining shares |
| T08 | a redemption is reversed after a price change, at the old price of 0.00500 |
| T09, T22 | a transfer into smiles, and back in full |
| T12 | twelve days late: accepted with the late fee |
| T14 | a reversal uses the fixing of its original's window |
| T17, T31 | adjustments in money that the host raised, taxed like the lines that they correct |
| T18, T19 | a repeat changes nothing; a transfer that is no multiple of the step is refused |
| T20 | five seconds after the cut-off: it counts in the next window, without a fee |
| T33, T34 | one unit of 640 comes back, then three: 2 and 8 smiles, by what remains |
"""


def table(head, rows, right=()):
    out = ["| " + " | ".join(head) + " |", "|" + "|".join("--:" if i in right else "---" for i in range(len(head))) + "|"]
    return out + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]


def days(item):
    return f"from {item['validFrom']}" + ("" if item["validTo"] == OPEN_END else f" to {item['validTo']}")


def columns(rows, right=()):
    """Aligned text; the columns in `right` are set to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def programme():
    out = ["", "## The programme", ""]
    out += table(["partner", "business", "own points", "settles in", "zone", "tax on what the host supplies"],
                 [(n, p["kind"], p["own"] or "-", p["currency"], p["zone"],
                   "outside the scope (O)" if p["tax"] == "O" else f"{p['tax']} {p['taxRate']}%")
                  for n, p in DATA["partners"].items()])
    out += ["", "Ratios:", ""]
    out += table(["version", "for", "ratio", "days", "minimum", "step"],
                 [(r["id"], r["purpose"], f"{r['from_']} {r['a']} = {r['to']} {r['b']}", days(r), r["minimum"] or "-",
                   r["step"] or "-") for r in DATA["ratios"]])
    out += ["", "Prices of one smile in EUR, without tax:", ""]
    out += table(["version", "partner", "for", "price", "days"],
                 [(p["id"], p["partner"], p["kind"], p["price"], days(p)) for p in DATA["prices"]])
    a = DATA["agreement"]
    out += ["", f"Fees of every partner: {a['recordFee']} {a['feeCurrency']} for each accepted record it submitted, "
            f"{a['lateFee']} {a['feeCurrency']} more for a late one. A record is on time up to {a['graceDays']} days after "
            f"its business date and late up to {a['lateLimitDays']}.", "", "Promotions and the weights of their funders:", ""]
    out += table(["promotion", "days", "funders"],
                 [(n, days(p), ", ".join(f"{k} {v}" for k, v in p["weights"].items()))
                  for n, p in DATA["promotions"].items()])
    out += ["", "Windows (half-open: the cut-off belongs to the next window):", ""]
    out += table(["window", "opens", "cut-off", "money moves", "fixing", "1 EUR in TND"],
                 [(w["id"], w["open"], w["cutoff"], w["valueDate"], w["fixing"], w["eurTnd"]) for w in DATA["windows"]])
    members = DATA["openingPoints"]["MEMBERS"]
    return out + ["", f"Members held {members} smiles before the first window."]


def remark(r):
    parts = [r["flag"].replace("_", " ").lower()] if r["flag"] else []
    if r.get("of"): parts.append(f"reverses {r['of']}")
    if r.get("promotion"): parts.append(r["promotion"])
    if r.get("shares"): parts.append(", ".join(f"{k} {v}" for k, v in r["shares"].items()))
    if r.get("ownCredited"): parts.append(f"the member gets {r['ownCredited']}")
    if r.get("reason"): parts.append(r["reason"].replace("_", " ").lower())
    if r.get("corrects"): parts.append(f"corrects {r['corrects']}")
    return "; ".join(parts) or "-"


def records():
    out = ["", "## The records", "", "*Exact* is the conversion before rounding; *ratio* and *price* name the versions used."]
    for w in DATA["windows"]:
        out += ["", f"### Received in {w['id']}", ""]
        rows = [(r["id"], r["partner"], r["type"], r["businessDate"], r["received"], f"{r['units']} {r['unit']}",
                 r.get("ratio") or "-", r.get("exact", "-"), r["points"], r["dc"], r.get("price") or "-", remark(r))
                for r in DATA["records"] if r["window"] == w["id"]]
        out += table(["id", "partner", "type", "business date", "received", "amount", "ratio", "exact", "smiles", "side",
                      "price", "remark"], rows, right=(5, 7, 8))
    out += ["", "Not posted:", ""]
    return out + table(["id", "partner", "what arrives", "what happens"], DATA["notPosted"])


def statement(s):
    out = ["", f"**{s['partner']}**, {s['currency']}", "", "```"]
    if s["lines"]:
        rows = [["line", "side", "quantity", "price", "fixing", "exact", "amount", "difference", "tax"]]
        for line in s["lines"]:
            tax = line["tax"] + (f" {line['taxRate']}%" if line["taxRate"] else "")
            if line["correctedLine"]: tax += f"  corrects {line['correctedLine']}"
            rows.append([line["kind"], line["dc"], str(line["quantity"]), line["unitPrice"],
                         "-" if line["fixing"] == "none" else line["fixing"], line["exact"], line["amount"],
                         line["difference"], tax])
        out += columns(rows, right=(2, 3, 5, 6, 7)) + [""]
    else:
        out += ["no activity", ""]
    rows = [[f"tax {t['category']} {t['rate']}% on {t['base']}", t["tax"]] for t in s["taxes"]]
    rows += [["opening", s["opening"]], ["net", s["net"]], ["payments", s["payments"]], ["returns", s["returns"]],
             ["closing", s["closing"]], ["of which in settlement", s["inSettlement"]], ["due now", s["due"]]]
    out += columns(rows, right=(1,))
    action = {"NONE": "nothing to pay", "CARRIED_FORWARD": "below the minimum: carried forward",
              "HOST_PAYS_PARTNER": "the host pays the partner", "PARTNER_PAYS_HOST": "the partner pays the host"}
    return out + [f"-> {action[s['action']]}", "```"]


def statements():
    out = ["", "## The statements"]
    for w in DATA["windows"]:
        out += ["", f"### {w['id']}"]
        for s in DATA["statements"]:
            if s["window"] == w["id"]: out += statement(s)
        nets = ", ".join(f"{c} {n}" for c, n in w["partnerNets"].items())
        out += ["", f"Sum of the partners' nets: {nets}; the host's is the opposite."]
    return out


def settlement():
    out = ["", "## Who pays whom", ""]
    out += table(["window", "partner", "direction", "amount", "value date", "end-to-end id"],
                 [(i["window"], i["partner"], i["direction"].replace("_", " ").lower(), f"{i['amount']} {i['currency']}",
                   i["valueDate"], i["endToEndId"]) for i in DATA["instructions"]], right=(3,))
    out += ["", "What the bank reports:", ""]
    out += table(["settlement of", "partner", "booked", "effect"], DATA["payments"])
    before, after = DATA["pointsBeforeCloses"], DATA["pointsLedger"]
    out += ["", "## The points ledger", "", "Every column sums to zero.", ""]
    return out + table(["account", "before the closes", "after the closes"],
                       [(a, before.get(a, 0), after.get(a, 0)) for a in sorted(set(before) | set(after))], right=(1, 2))


page = STORY + "\n".join(programme() + records() + statements() + settlement()) + "\n"
target = HERE / "README.md"
if "--check" in sys.argv:
    if target.read_text(encoding="utf-8") != page:
        sys.exit("README.md is not what make.py writes from expected.json")
else:
    target.write_text(page, encoding="utf-8")
