public import Primitives

/// What a ratio is for.
public enum RatioPurpose: String, Hashable, Sendable, Codable, CaseIterable {
    /// Accruals.
    case accrual = "ACCRUAL"
    /// Transfers in and out.
    case transfer = "TRANSFER"
}

/// A conversion ratio in one direction: so many units of one currency are so many of another. Never inverted. Rule R1.
public struct Ratio: Hashable, Sendable, Codable {
    /// The version's name, for ever bound to this content.
    public let id: VersionID
    /// What it is for.
    public let purpose: RatioPurpose
    /// The currency converted.
    public let from: CurrencyCode
    /// The currency that results.
    public let to: CurrencyCode
    /// Units of `from`, 1 to 1 000 000.
    public let fromUnits: Int64
    /// Units of `to`, 1 to 1 000 000.
    public let toUnits: Int64
    /// The business dates for which it holds.
    public let validity: DateSpan
    /// The least units of a transfer; nil for none.
    public let minimum: Int64?
    /// Units of a transfer are a multiple of this; nil for any.
    public let step: Int64?
    /// How a record's result is rounded to whole points.
    public let rounding: Rounding

    /// Makes a ratio; the parameters are the properties of the same names.
    public init(
        id: VersionID, purpose: RatioPurpose, from: CurrencyCode, to: CurrencyCode, fromUnits: Int64, toUnits: Int64,
        validity: DateSpan, minimum: Int64? = nil, step: Int64? = nil, rounding: Rounding = .halfUp
    ) {
        precondition((1...1_000_000).contains(fromUnits) && (1...1_000_000).contains(toUnits), "units are 1 to 1000000")
        self.id = id
        self.purpose = purpose
        self.from = from
        self.to = to
        self.fromUnits = fromUnits
        self.toUnits = toUnits
        self.validity = validity
        self.minimum = minimum
        self.step = step
        self.rounding = rounding
    }

    /// The exact result for so many units.
    public func exact(_ units: Int64) -> Fraction { Fraction(Int128(units) * Int128(toUnits), Int128(fromUnits)) }

    /// The result for so many units, rounded to whole points: the one place where points are rounded. Rule R1.
    public func convert(_ units: Int64) -> Int64 {
        let (product, isWide) = units.multipliedReportingOverflow(by: toUnits)
        if !isWide { return rounding.divide(product, by: fromUnits) }
        return Int64(rounding.divide(Int128(units) * Int128(toUnits), by: Int128(fromUnits)))
    }
}

/// What a price is paid for.
public enum PriceKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// Points issued: the partner pays.
    case issuance = "ISSUANCE"
    /// Points redeemed: the host pays.
    case reimbursement = "REIMBURSEMENT"
    /// Points transferred in: the partner pays.
    case transferIn = "TRANSFER_IN"
    /// Points transferred out: the host pays.
    case transferOut = "TRANSFER_OUT"
}

/// Whether a price of the partner's supply includes the partner's tax.
public enum PriceBasis: String, Hashable, Sendable, Codable, CaseIterable {
    /// Tax comes on top.
    case net = "NET"
    /// Tax is included.
    case gross = "GROSS"
}

/// The price of one point of the shared currency, for a span of business dates.
public struct Price: Hashable, Sendable, Codable {
    /// The version's name, for ever bound to this content.
    public let id: VersionID
    /// What it is paid for.
    public let kind: PriceKind
    /// Money for one point, 1 to 8 fraction digits.
    public let price: DecimalNumber
    /// The price's currency: the base of any fixing.
    public let currency: CurrencyCode
    /// The business dates for which it holds.
    public let validity: DateSpan
    /// Whether the partner's tax is included; only for what the partner supplies.
    public let basis: PriceBasis

    /// Makes a price; the parameters are the properties of the same names.
    public init(
        id: VersionID, kind: PriceKind, price: DecimalNumber, currency: CurrencyCode, validity: DateSpan,
        basis: PriceBasis = .net
    ) {
        self.id = id
        self.kind = kind
        self.price = price
        self.currency = currency
        self.validity = validity
        self.basis = basis
    }
}

/// What a fee is charged for. Rule R12.
public enum FeeKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// Each accepted record that the partner submitted.
    case record = "RECORD"
    /// Each late record.
    case late = "LATE"
    /// Each accepted file.
    case file = "FILE"
    /// Each refused record.
    case rejected = "REJECTED"
    /// What is missing to a monthly minimum of fees.
    case minimumMonthly = "MINIMUM_MONTHLY"

    /// The kind of the settlement line.
    public var lineKind: LineKind {
        switch self {
        case .record: .feeRecord
        case .late: .feeLate
        case .file: .feeFile
        case .rejected: .feeRejected
        case .minimumMonthly: .feeMinimumMonthly
        }
    }
}

/// A fee for a span of days of acceptance.
public struct Fee: Hashable, Sendable, Codable {
    /// The version's name, which is its line's price version.
    public let id: VersionID
    /// What it is charged for.
    public let kind: FeeKind
    /// Money for one.
    public let amount: DecimalNumber
    /// The fee's currency.
    public let currency: CurrencyCode
    /// The days of acceptance, in the programme's zone, for which it holds.
    public let validity: DateSpan

    /// Makes a fee; the parameters are the properties of the same names.
    public init(id: VersionID, kind: FeeKind, amount: DecimalNumber, currency: CurrencyCode, validity: DateSpan) {
        self.id = id
        self.kind = kind
        self.amount = amount
        self.currency = currency
        self.validity = validity
    }
}
