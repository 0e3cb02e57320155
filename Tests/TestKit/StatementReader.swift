import Foundation

/// Reads issued statements with Python, which shares nothing with the product, and recalculates what they print.
package enum StatementReader {
    /// What was read.
    package struct Reading: Decodable {
        /// Settlement statements from their XML.
        package let xml: [GoldenScenario.StatementRow]
        /// Settlement statements from their CSV, which does not state the action.
        package let csv: [GoldenScenario.StatementRow]
        /// What does not add up.
        package let problems: [String]
        /// How many documents were recalculated.
        package let documents: Int
    }

    /// Reads all statements of a folder.
    package static func read(_ folder: ScratchFolder) throws -> Reading {
        let tool = try ScratchFolder("reader")
        let script = try tool.write(Self.script, to: "read.py")
        let outcome = try ExternalProgram.succeed("python3", [script, folder.path])
        return try JSONDecoder().decode(Reading.self, from: Data(outcome.output))
    }

    private static let script = #"""
        import csv, glob, json, os, sys
        import xml.etree.ElementTree as ET
        from fractions import Fraction as F

        folder = sys.argv[1]
        problems, documents = [], 0

        def check(holds, what):
            if not holds: problems.append(what)

        def load(path):
            root = ET.parse(path).getroot()
            for e in root.iter(): e.tag = e.tag.split("}")[1]
            return root

        def exact(text):
            return F(text)

        def rounded(x, scale):
            q = abs(x) * 10 ** scale
            n = (2 * q.numerator + q.denominator) // (2 * q.denominator)
            return F(n, 10 ** scale) * (1 if x >= 0 else -1)

        def line_row(e):
            fixing, tax, kind = e.find("Fixing"), e.find("TaxCategory"), e.get("type")
            price = e.find("UnitPrice").get("version")
            row = dict(kind=kind, dc=e.get("creditDebit"), quantity=int(e.findtext("Quantity")),
                       unitPrice=e.findtext("UnitPrice"), price=None if kind.startswith("FEE_") else price,
                       fixing=fixing.get("id") if fixing is not None else "none", exact=e.findtext("ExactAmount"),
                       amount=e.findtext("Amount"), difference=e.findtext("RoundingDifference"), tax=tax.text,
                       taxRate=tax.get("rate"), correctedLine=e.findtext("CorrectedLine"))
            return row

        def settlement(path):
            root = load(path)
            name = root.findtext("StatementId")
            window, partner = root.findtext("WindowId"), root.find("Party[@role='PARTNER']").findtext("PartnerId")
            currency = root.findtext("SettlementCurrency")
            scale = {"EUR": 2, "TND": 3}[currency]
            lines = root.findall("Line")
            clearing = load(os.path.join(folder, "CLS-%s-%s.xml" % (window, partner)))
            points = {e.get("number"): int(e.findtext("Points")) for e in clearing.findall("Line")}
            used, net = [], F(0)
            for number, e in enumerate(lines, 1):
                check(e.get("number") == str(number), name + ": numbers of lines")
                refs = [r.text.split("#") for r in e.findall("ClearingLineRef")]
                check(all(r[0] == clearing.findtext("StatementId") for r in refs), name + ": references")
                used += [r[1] for r in refs]
                quantity = int(e.findtext("Quantity"))
                if refs: check(quantity == sum(points[r[1]] for r in refs), name + ": quantity of line %d" % number)
                rate = exact(e.findtext("Fixing")) if e.find("Fixing") is not None else F(1)
                value = quantity * exact(e.findtext("UnitPrice")) * rate
                check(value == exact(e.findtext("ExactAmount")), name + ": exact amount of line %d" % number)
                amount = exact(e.findtext("Amount"))
                check(rounded(value, scale) == amount, name + ": amount of line %d" % number)
                check(amount - value == exact(e.findtext("RoundingDifference")), name + ": difference %d" % number)
                net += amount if e.get("creditDebit") == "CRDT" else -amount
            check(sorted(used) == sorted(points), name + ": every clearing line counts on one settlement line")
            for t in root.findall("Tax"):
                base, tax = exact(t.findtext("TaxableAmount")), exact(t.findtext("TaxAmount"))
                taxed = [e for e in lines if e.findtext("TaxCategory") == t.get("category")
                         and e.find("TaxCategory").get("rate") == t.get("rate")]
                own = sum((exact(e.findtext("Amount")) * (1 if e.get("creditDebit") == "DBIT" else -1) for e in taxed), F(0))
                check(base == own, name + ": base of the tax")
                check(tax == rounded(base * exact(t.get("rate")) / 100, scale), name + ": tax")
                net -= tax
            value = {k: exact(root.findtext(k)) for k in ("OpeningBalance", "NetAmount", "Payments", "Returns",
                     "ClosingBalance", "DueAmount", "InSettlementAmount")}
            check(net == value["NetAmount"], name + ": net")
            check(value["ClosingBalance"] == value["OpeningBalance"] + net + value["Payments"] + value["Returns"],
                  name + ": closing")
            check(value["ClosingBalance"] == value["DueAmount"] + value["InSettlementAmount"], name + ": due")
            entries = root.findall("AccountEntry")
            booked = sum((exact(e.text) for e in entries if e.get("type") in ("PAYMENT", "WRITE_OFF")), F(0))
            check(booked == value["Payments"], name + ": payments")
            check(sum((exact(e.text) for e in entries if e.get("type") == "RETURN"), F(0)) == value["Returns"],
                  name + ": returns")
            return dict(window=window, partner=partner, currency=currency, opening=root.findtext("OpeningBalance"),
                        lines=[line_row(e) for e in lines],
                        taxes=[dict(category=t.get("category"), rate=t.get("rate"), base=t.findtext("TaxableAmount"),
                                    tax=t.findtext("TaxAmount")) for t in root.findall("Tax")],
                        net=root.findtext("NetAmount"), payments=root.findtext("Payments"),
                        returns=root.findtext("Returns"), closing=root.findtext("ClosingBalance"),
                        due=root.findtext("DueAmount"), inSettlement=root.findtext("InSettlementAmount"),
                        action=root.find("Settlement").get("action"))

        def clearing(path):
            root = load(path)
            name, position = root.findtext("StatementId"), 0
            for e in root.findall("Line"):
                points = int(e.findtext("Points"))
                position += points if e.get("creditDebit") == "CRDT" else -points
                check(points - exact(e.findtext("ExactPoints")) == exact(e.findtext("RoundingDifference")),
                      name + ": difference")
            check(position == int(root.findtext("WindowPosition")), name + ": position")
            check(int(root.findtext("ClosingPosition")) == int(root.findtext("OpeningPosition")) + position,
                  name + ": closing position")
            rows = list(csv.DictReader(open(path[:-4] + ".csv", newline="", encoding="utf-8")))
            check(rows[-1]["row"] == "CONTROL" and int(rows[-1]["signed_points"]) == position, name + ": control of CSV")
            signed = [int(r["signed_points"]) for r in rows if r["row"] == "LINE"]
            check(sum(signed) == position and len(signed) == int(rows[-1]["number"]), name + ": lines of CSV")

        def settlement_csv(path):
            rows = list(csv.DictReader(open(path, newline="", encoding="utf-8")))
            name = rows[0]["statement"]
            last = rows[-1]
            lines = [r for r in rows if r["row"] == "LINE"]
            taxes = [r for r in rows if r["row"] == "TAX"]
            counted = sum((F(r["signed_amount"]) for r in lines + taxes), F(0))
            check(last["row"] == "CONTROL" and F(last["signed_amount"]) == counted, name + ": control of CSV")
            check(int(last["number"]) == len(lines), name + ": lines of CSV")
            balance = {r["kind"]: r["signed_amount"] for r in rows if r["row"] == "BALANCE"}
            window, partner = name[4:].rsplit("-", 1)
            def row(r):
                fee, money = r["kind"].startswith("FEE_"), r["kind"] == "ADJUSTMENT_MONEY"
                return dict(kind=r["kind"], dc=r["dc"], quantity=int(r["quantity"]), unitPrice=r["unit_price"],
                            price=None if fee or money else r["price_version"], fixing=r["fixing"] or "none",
                            exact=r["exact_amount"], amount=r["amount"], difference=r["difference"],
                            tax=r["tax_category"], taxRate=r["tax_rate"] or None,
                            correctedLine=r["reference"] if money else None)
            return dict(window=window, partner=partner, currency=last["currency"], opening=balance["OPENING"],
                        lines=[row(r) for r in lines],
                        taxes=[dict(category=r["tax_category"], rate=r["tax_rate"], base=r["exact_amount"],
                                    tax=r["amount"]) for r in taxes],
                        net=balance["NET"], payments=balance["PAYMENTS"], returns=balance["RETURNS"],
                        closing=balance["CLOSING"], due=balance["DUE"], inSettlement=balance["IN_SETTLEMENT"], action="")

        def summary(path):
            root = load(path)
            name = root.findtext("SummaryId")
            moved = sum(int(e.get("movement")) for e in root.findall("PartnerPoints"))
            check(int(root.findtext("ClosingOutstanding"))
                  == int(root.findtext("OpeningOutstanding")) + moved + int(root.findtext("HostFunded")),
                  name + ": outstanding")
            for e in root.findall("PartnerPoints"):
                at = load(os.path.join(folder, "CLS-%s-%s.xml" % (root.findtext("WindowId"), e.get("partner"))))
                check(int(e.get("movement")) == -int(at.findtext("WindowPosition")), name + ": tie-out " + e.get("partner"))
            for e in root.findall("HostNet"):
                nets = [F(a.get("net")) for a in root.findall("Account") if a.get("currency") == e.get("currency")]
                check(F(e.text) == -sum(nets), name + ": the host's net")

        xml = [settlement(p) for p in sorted(glob.glob(folder + "/STL-*.xml"))]
        tables = [settlement_csv(p) for p in sorted(glob.glob(folder + "/STL-*.csv"))]
        for p in sorted(glob.glob(folder + "/CLS-*.xml")): clearing(p); documents += 1
        for p in sorted(glob.glob(folder + "/HST-*.xml")): summary(p); documents += 1
        documents += len(xml) + len(tables)
        json.dump(dict(xml=xml, csv=tables, problems=problems, documents=documents), sys.stdout)
        """#
}
