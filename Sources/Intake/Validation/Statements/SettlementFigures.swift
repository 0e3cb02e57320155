public import Journal
public import Primitives
import XMLKit

/// The figures of an issued settlement statement, as its XML says them. All amounts are in one currency.
public struct SettlementFigures: Hashable, Sendable {
    /// A line.
    public struct Line: Hashable, Sendable {
        /// Its number, counted from 1.
        public let number: Int
        /// Whether it stands on the side CRDT: the host owes.
        public let isCredit: Bool
        /// What it comes to, on its side.
        public let amount: Money
        /// Units times price, times the fixing where there is one; nil where it does not fit into exact numbers.
        let product: Fraction?
        /// Units times price times fixing as stated.
        let exact: Fraction?
        /// The rounded amount less the exact one, as stated.
        let difference: Fraction?
    }

    /// A row of the tax on the host's supplies.
    struct TaxRow: Hashable, Sendable {
        let rate: Fraction
        let base: Money
        let amount: Money
    }

    /// The statement's id, such as `STL-W-2026-03B-MARCHE`.
    public let statement: String
    /// The partner whom it is for.
    public let partner: PartnerID
    /// The settlement currency.
    public let currency: CurrencyCode
    /// The lines in order.
    public let lines: [Line]
    let taxes: [TaxRow]
    let amounts: [StatementField: Money]
    let statedLines: Int

    /// Reads a statement.
    ///
    /// - Throws: `Refusal` with a SYN code when the bytes are no settlement statement.
    public init(_ xml: [UInt8]) throws(Refusal) {
        let root: XMLElement
        do throws(XMLFault) {
            root = try XMLDocument.parse(xml, maximumBytes: 64 << 20)
        } catch {
            throw XMLEnvelope.refusal(error)
        }
        guard root.name == "SettlementStatement",
            root.namespace == "urn:coalition:clearing:settlement-statement:1", let id = root.text("StatementId")
        else { throw Refusal(.syn002, value: root.name, detail: "the document is no settlement statement") }
        statement = id
        let party = root.children("Party").first { $0.attribute("role") == "PARTNER" }?.text("PartnerId")
        guard let party, let name = try? PartnerID(party) else { throw Self.missing("Party") }
        partner = name
        guard let code = CurrencyCode(root.text("SettlementCurrency") ?? ""), code.minorUnits != nil else {
            throw Self.missing("SettlementCurrency")
        }
        currency = code
        func money(_ text: String?, _ name: String) throws(Refusal) -> Money {
            guard let text, let amount = Money(text, currency: code) else { throw Self.missing(name) }
            return amount
        }
        var lines: [Line] = []
        for element in root.children("Line") { lines.append(try Self.line(element, code)) }
        self.lines = lines
        var taxes: [TaxRow] = []
        for element in root.children("Tax") {
            taxes.append(
                TaxRow(
                    rate: element.attribute("rate").flatMap { DecimalNumber($0)?.fraction } ?? .zero,
                    base: try money(element.text("TaxableAmount"), "TaxableAmount"),
                    amount: try money(element.text("TaxAmount"), "TaxAmount")))
        }
        self.taxes = taxes
        let totals = root.child("Totals")
        guard let count = totals?.attribute("lines").flatMap({ Int($0) }) else { throw Self.missing("Totals") }
        statedLines = count
        var amounts: [StatementField: Money] = [
            .credits: try money(totals?.attribute("credits"), "Totals"),
            .debits: try money(totals?.attribute("debits"), "Totals"),
            .tax: taxes.reduce(.zero(code)) { $0 + $1.amount },
        ]
        for (field, name) in Self.elements { amounts[field] = try money(root.text(name), name) }
        self.amounts = amounts
    }

    private static let elements: [(StatementField, String)] = [
        (.opening, "OpeningBalance"), (.net, "NetAmount"), (.payments, "Payments"), (.returns, "Returns"),
        (.closing, "ClosingBalance"), (.due, "DueAmount"), (.inSettlement, "InSettlementAmount"),
    ]

    private static func missing(_ name: String) -> Refusal {
        Refusal(.syn002, at: .whole.field(name), detail: "the statement has no \(name) that can be read")
    }

    private static func line(_ element: XMLElement, _ currency: CurrencyCode) throws(Refusal) -> Line {
        guard let number = element.attribute("number").flatMap({ Int($0) }),
            let side = element.attribute("creditDebit").flatMap({ Direction(rawValue: $0) }),
            element.child("Amount")?.attribute("currency") == currency.description,
            let amount = element.text("Amount").flatMap({ Money($0, currency: currency) })
        else { throw missing("Line") }
        var product: Fraction?
        if let quantity = element.text("Quantity").flatMap({ Int64($0) }),
            let price = element.text("UnitPrice").flatMap({ DecimalNumber($0)?.fraction })
        {
            product = Fraction(Int128(quantity)) * price
            if let rate = element.text("Fixing") {
                product = DecimalNumber(rate).flatMap { rate in product.map { $0 * rate.fraction } }
            }
        }
        return Line(
            number: number, isCredit: side == .credit, amount: amount, product: product,
            exact: fraction(element.text("ExactAmount")), difference: fraction(element.text("RoundingDifference")))
    }

    /// A finite decimal, or a fraction in lowest terms; at most 36 digits.
    private static func fraction(_ text: String?) -> Fraction? {
        guard let text, (1...80).contains(text.utf8.count) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard let above = Int128(parts[0]), let below = Int128(parts[1]), below > 0 else { return nil }
            return Fraction(above, below)
        }
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count <= 2, let digits = Int128(halves.joined()) else { return nil }
        let scale = halves.count == 2 ? halves[1].utf8.count : 0
        guard scale <= 36 else { return nil }
        return Fraction(digits, (0..<scale).reduce(Int128(1)) { power, _ in power * 10 })
    }

    // MARK: Values

    /// An amount of the statement; `LINES` is none.
    public func amount(_ field: StatementField) -> Money { amounts[field] ?? .zero(currency) }

    /// What the statement states for an item, as a text; nil for a line that it does not have.
    public func value(of item: StatementItem) -> String? {
        switch item {
        case .line(let number): lines.first { $0.number == number }?.amount.amountText
        case .field(.lines): "\(statedLines)"
        case .field(let field): amount(field).amountText
        }
    }

    /// A partner's value in the form of the statement's: a number of lines, or an amount with all its fraction digits.
    /// Nil when it is none, or beyond 15 digits.
    public func normal(_ text: String, of item: StatementItem) -> String? {
        if item == .field(.lines) { return Int(text).flatMap { $0 >= 0 ? "\($0)" : nil } }
        guard let amount = Money(text, currency: currency),
            (-Self.largestMinorUnits...Self.largestMinorUnits).contains(amount.minorUnits)
        else { return nil }
        return amount.amountText
    }

    /// More than any statement comes to, and little enough for sums of many.
    private static let largestMinorUnits: Int64 = 999_999_999_999_999

    /// The statement's own totals.
    public var totals: AnswerTotals {
        AnswerTotals(
            currency: currency, lines: statedLines, credits: amount(.credits).amountText,
            debits: amount(.debits).amountText, net: amount(.net).amountText, closing: amount(.closing).amountText)
    }
}
