public import Primitives

/// Whether a partner's own books say what a settlement statement says.
public enum AnswerVerdict: String, Hashable, Sendable, Codable, CaseIterable {
    /// They do, to the last digit.
    case agreed = "AGREED"
    /// They do not; the answer lists where.
    case differs = "DIFFERS"
}

/// A figure of a settlement statement that stands in no line.
public enum StatementField: String, Hashable, Sendable, Codable, CaseIterable {
    /// The number of lines.
    case lines = "LINES"
    /// The opening balance.
    case opening = "OPENING"
    /// The sum of the lines on the side CRDT.
    case credits = "CREDITS"
    /// The sum of the lines on the side DBIT.
    case debits = "DEBITS"
    /// The sum of the taxes.
    case tax = "TAX"
    /// Credits less debits less taxes.
    case net = "NET"
    /// Payments booked.
    case payments = "PAYMENTS"
    /// Payments that came back.
    case returns = "RETURNS"
    /// The closing balance.
    case closing = "CLOSING"
    /// What is due.
    case due = "DUE"
    /// What is instructed and not booked.
    case inSettlement = "IN_SETTLEMENT"
}

/// What of a statement a difference is about: a line by its number, or a figure by its name.
public enum StatementItem: Hashable, Sendable, CustomStringConvertible {
    /// The line of a number, counted from 1.
    case line(Int)
    /// A figure that stands in no line.
    case field(StatementField)

    /// The number or the name: `3`, `NET`.
    public var description: String {
        switch self {
        case .line(let number): "\(number)"
        case .field(let field): field.rawValue
        }
    }

    /// Reads the number or the name, or answers nil.
    public init?(_ text: String) {
        if let field = StatementField(rawValue: text) {
            self = .field(field)
        } else if let number = Int(text), number >= 1, "\(number)" == text {
            self = .line(number)
        } else {
            return nil
        }
    }
}

extension StatementItem: Codable {
    /// Reads the number or the name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let item = StatementItem(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "neither a line nor a figure")
        }
        self = item
    }

    /// Writes the number or the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Why a partner's value is another one, as far as it knows.
public enum DifferenceReason: String, Hashable, Sendable, Codable, CaseIterable {
    /// The amount is another one, and the partner cannot say why.
    case amount = "AMOUNT"
    /// Other records or points are counted.
    case quantity = "QUANTITY"
    /// Another ratio or price was agreed.
    case price = "PRICE"
    /// Another fixing applies.
    case fixing = "FIXING"
    /// Another tax category or rate applies.
    case tax = "TAX"
    /// A payment or return is missing, or is another one.
    case payment = "PAYMENT"
    /// The statement lacks what the partner's books have.
    case missing = "MISSING"
    /// The statement has what the partner's books do not have.
    case unexpected = "UNEXPECTED"
    /// Something else, told in words.
    case other = "OTHER"
}

/// One place where a partner's books differ from a statement.
public struct StatementDifference: Hashable, Sendable, Codable {
    /// The line or figure.
    public var item: StatementItem
    /// The partner's own value: an amount in the statement's currency, of `LINES` a number.
    public var own: String
    /// Why.
    public var reason: DifferenceReason
    /// The same in words, at most 140 characters; may be empty.
    public var words: String

    /// Makes a difference; the parameters are the properties of the same names.
    public init(item: StatementItem, own: String, reason: DifferenceReason, words: String = "") {
        self.item = item
        self.own = own
        self.reason = reason
        self.words = words
    }
}

/// What a statement comes to by its partner's own books. Amounts are decimals in the statement's currency.
public struct AnswerTotals: Hashable, Sendable, Codable {
    /// The statement's currency.
    public var currency: CurrencyCode
    /// The number of lines.
    public var lines: Int
    /// The sum of the lines on the side CRDT.
    public var credits: String
    /// The sum of the lines on the side DBIT.
    public var debits: String
    /// Credits less debits less taxes, signed: plus means that the host owes.
    public var net: String
    /// The closing balance, signed.
    public var closing: String

    /// Makes totals; the parameters are the properties of the same names.
    public init(currency: CurrencyCode, lines: Int, credits: String, debits: String, net: String, closing: String) {
        self.currency = currency
        self.lines = lines
        self.credits = credits
        self.debits = debits
        self.net = net
        self.closing = closing
    }
}

/// A partner has signed what it thinks of a settlement statement. No figure follows from it. Agreement, Specs/rules.md.
public struct StatementAnswered: Hashable, Sendable, Codable {
    /// Who answers.
    public var partner: PartnerID
    /// The statement, such as `STL-W-2026-03B-MARCHE`.
    public var statement: String
    /// SHA-256 of the statement's XML.
    public var statementDigest: Digest32
    /// Whether the partner agrees.
    public var verdict: AnswerVerdict
    /// What the statement comes to by the partner's own books.
    public var totals: AnswerTotals
    /// Where they differ; empty when it agrees.
    public var differences: [StatementDifference]
    /// Who signed.
    public var signer: SignerEvidence
    /// SHA-256 of the answer without its signature.
    public var digest: Digest32
    /// The answer and the host's reply, both CMS: `answer.cms`, `reply.cms`.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, statement: String, statementDigest: Digest32, verdict: AnswerVerdict, totals: AnswerTotals,
        differences: [StatementDifference], signer: SignerEvidence, digest: Digest32,
        attachments: [AttachmentReference]
    ) {
        self.partner = partner
        self.statement = statement
        self.statementDigest = statementDigest
        self.verdict = verdict
        self.totals = totals
        self.differences = differences
        self.signer = signer
        self.digest = digest
        self.attachments = attachments
    }
}
