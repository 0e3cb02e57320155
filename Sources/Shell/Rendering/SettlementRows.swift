import Primitives
import XMLKit

/// The rows of a settlement statement, as its issued CSV has them.
struct SettlementRows {
    private(set) var table = PaperTable(
        "statement row number kind dc quantity unit_price price_currency price_version fixing fixing_rate exact_amount "
            + "amount signed_amount currency difference tax_category tax_rate reference records")
    let balances: [(name: String, amount: String)]
    let totals: [(name: String, amount: String)]

    private static let elements = [
        ("OPENING", "OpeningBalance"), ("NET", "NetAmount"), ("PAYMENTS", "Payments"), ("RETURNS", "Returns"),
        ("CLOSING", "ClosingBalance"), ("DUE", "DueAmount"), ("IN_SETTLEMENT", "InSettlementAmount"),
    ]

    init(_ root: XMLElement, _ id: String) throws(Refusal) {
        let currency = root.text("SettlementCurrency") ?? ""
        var found: [(name: String, amount: String)] = []
        for (name, element) in Self.elements {
            guard let amount = root.text(element) else {
                throw Refusal(.syn002, at: .whole.field(element), detail: "the statement has no \(element)")
            }
            found.append((name, amount))
        }
        balances = found
        let printed = root.child("Totals")
        totals = ["lines", "credits", "debits"].map { ($0, printed?.attribute($0) ?? "") }
        for line in root.children("Line") { add(line, id, currency) }
        for tax in root.children("Tax") + root.children("PartnerTax") { add(tax: tax, id, currency) }
        for entry in root.children("AccountEntry") {
            table.add([
                "statement": .text(id), "row": .text("ENTRY"), "kind": .text(entry.attribute("type") ?? ""),
                "amount": .number(Self.magnitude(entry.text)), "signed_amount": .number(entry.text),
                "currency": .text(currency), "reference": .text(entry.attribute("endToEndId") ?? ""),
            ])
        }
        for (name, amount) in balances {
            table.add([
                "statement": .text(id), "row": .text("BALANCE"), "kind": .text(name),
                "amount": .number(Self.magnitude(amount)), "signed_amount": .number(amount),
                "currency": .text(currency),
            ])
        }
        let net = root.text("NetAmount") ?? ""
        table.add([
            "statement": .text(id), "row": .text("CONTROL"), "number": .number("\(root.children("Line").count)"),
            "kind": .text("NET"), "amount": .number(Self.magnitude(net)), "signed_amount": .number(net),
            "currency": .text(currency),
        ])
    }

    private mutating func add(_ line: XMLElement, _ id: String, _ currency: String) {
        let (price, fixing, tax) = (line.child("UnitPrice"), line.child("Fixing"), line.child("TaxCategory"))
        let amount = line.text("Amount") ?? ""
        let clearing = line.children("ClearingLineRef").map { String($0.text.split(separator: "#").last ?? "") }
        let isDebit = line.attribute("creditDebit") == "DBIT"
        table.add([
            "statement": .text(id), "row": .text("LINE"), "number": .number(line.attribute("number") ?? ""),
            "kind": .text(line.attribute("type") ?? ""), "dc": .text(line.attribute("creditDebit") ?? ""),
            "quantity": .number(line.text("Quantity") ?? ""), "unit_price": .number(price?.text ?? ""),
            "price_currency": .text(price?.attribute("currency") ?? ""),
            "price_version": .text(price?.attribute("version") ?? ""),
            "fixing": .text(fixing?.attribute("id") ?? ""), "fixing_rate": .number(fixing?.text ?? ""),
            "exact_amount": .number(line.text("ExactAmount") ?? ""), "amount": .number(amount),
            "signed_amount": .number(isDebit ? Self.negated(amount) : amount), "currency": .text(currency),
            "difference": .number(line.text("RoundingDifference") ?? ""), "tax_category": .text(tax?.text ?? ""),
            "tax_rate": .number(tax?.attribute("rate") ?? ""),
            "reference": .text(line.text("CorrectedLine") ?? clearing.joined(separator: " ")),
            "records": .number(line.text("RecordCount") ?? "0"),
        ])
    }

    /// The host's tax is owed by the partner; the partner's own counts for nothing.
    private mutating func add(tax: XMLElement, _ id: String, _ currency: String) {
        let amount = tax.text("TaxAmount") ?? ""
        let basis = tax.attribute("basis")
        let zero = String(amount.filter { $0 != "-" }.map { $0.isNumber ? "0" : $0 })
        table.add([
            "statement": .text(id), "row": .text(basis.map { "PARTNER_TAX_\($0)" } ?? "TAX"),
            "exact_amount": .number(tax.text("TaxableAmount") ?? ""), "amount": .number(amount),
            "signed_amount": .number(basis == nil ? Self.negated(amount) : Self.zero(like: zero)),
            "currency": .text(currency), "tax_category": .text(tax.attribute("category") ?? ""),
            "tax_rate": .number(tax.attribute("rate") ?? ""),
        ])
    }

    /// Zero with the fraction digits of an amount whose digits are all zero, such as `0.00` for `00.00`.
    private static func zero(like zeros: String) -> String {
        let parts = zeros.split(separator: ".")
        return parts.count == 2 ? "0.\(parts[1])" : "0"
    }

    static func magnitude(_ amount: String) -> String { amount.hasPrefix("-") ? String(amount.dropFirst()) : amount }

    /// The amount with the other sign; zero has none.
    static func negated(_ amount: String) -> String {
        if amount.hasPrefix("-") { return String(amount.dropFirst()) }
        return amount.contains { ("1"..."9").contains($0) } ? "-" + amount : amount
    }
}
