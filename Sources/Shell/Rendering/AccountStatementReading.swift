import BankMessages
import Primitives

extension AccountStatement {
    /// The account of a settlement statement: its lines, the host's tax, and payments and returns.
    ///
    /// - Throws: `Refusal` with BNK-001 for a clearing statement, which has no money; SYN-002 when an amount cannot be
    ///   read.
    init(_ paper: StatementPaper) throws(Refusal) {
        guard paper.kind == .settlement, let currency = CurrencyCode(paper.unit), currency.minorUnits != nil else {
            throw Refusal(.bnk001, value: paper.id, detail: "points never stand in messages of banks")
        }
        func money(_ text: String) throws(Refusal) -> Money {
            guard let money = Money(text, currency: currency) else { throw Refusal(.syn002, value: text) }
            return money
        }
        var entries: [Entry] = []
        let table = paper.table
        for (index, row) in table.rows.enumerated() {
            func cell(_ name: String) -> String { row[table.index(of: name)].content }
            let kind: String
            switch cell("row") {
            case "LINE": kind = cell("kind")
            case "TAX": kind = "TAX"
            // What came back unbooked, and what is sent again, moves nothing but what is due.
            case "ENTRY" where ["PAYMENT", "RETURN", "WRITE_OFF"].contains(cell("kind")): kind = cell("kind")
            default: continue
            }
            let isPayment = cell("row") == "ENTRY"
            let words =
                switch cell("row") {
                case "LINE": "\(cell("quantity")) x \(cell("unit_price")) \(cell("price_currency"))"
                case "TAX": "\(cell("tax_category")) \(cell("tax_rate"))% on \(cell("exact_amount"))"
                default: cell("reference")
                }
            entries.append(
                Entry(
                    amount: try money(cell("signed_amount")), kind: kind,
                    reference: cell("row") == "LINE" ? "\(cell("number"))" : "R\(index + 1)",
                    isReversal: kind.hasSuffix("_REVERSAL") || kind == "RETURN",
                    endToEndID: isPayment ? cell("reference") : nil, information: words))
        }
        self.init(
            id: paper.id, sequence: paper.number, from: paper.from, to: paper.to, createdAt: paper.closedAt,
            window: paper.window, keeper: paper.host.name, owner: paper.partner.name, partner: paper.partner.id,
            opening: try money(paper.balance("OPENING")), closing: try money(paper.balance("CLOSING")),
            entries: entries)
    }
}
