public import Journal
public import Primitives
public import ProgrammeModel

/// A line of a settlement statement: money for points, a fee, or an adjustment. Rule R5 (Specs/rules.md).
public struct SettlementLine: Hashable, Sendable {
    /// The number on the statement, from 1.
    public var number: Int
    /// What it is about.
    public var kind: LineKind
    /// Which side it stands on.
    public var direction: Direction
    /// Points, the count of a fee, or 1 for a money adjustment.
    public var quantity: Int64
    /// Money for one; of a money adjustment the amount itself.
    public var unitPrice: DecimalNumber
    /// The currency of the unit price.
    public var priceCurrency: CurrencyCode
    /// The version of the price or fee; nil for a money adjustment.
    public var price: VersionID?
    /// The fixing applied; nil when price and settlement are in one currency.
    public var fixing: Fixing?
    /// Quantity times price times fixing, exactly.
    public var exact: Fraction
    /// The exact amount rounded to the currency's minor unit, unsigned.
    public var amount: Money
    /// Tax category and rate.
    public var tax: Tax
    /// The line that a money adjustment corrects.
    public var correctedLine: String?
    /// The reason of a money adjustment.
    public var reason: String?
    /// The numbers of the clearing lines that it sums up.
    public var clearingLines: [Int]
    /// Records behind it; 0 for fees.
    public var records: Int64

    /// The rounded amount less the exact one: a printed memo, never carried.
    public var difference: Fraction { amount.fraction - exact }

    /// The amount with its sign: plus means that the host owes.
    public var signedAmount: Money {
        Money(minorUnits: direction.sign * amount.minorUnits, currency: amount.currency)
    }
}

/// The tax on the lines of one category and rate, rounded once. Rule R7 (Specs/rules.md).
public struct TaxRow: Hashable, Sendable {
    /// Category and rate.
    public var tax: Tax
    /// The signed sum of the rounded lines; for the host's supplies plus is owed by the partner.
    public var base: Money
    /// Base times rate, half up on the magnitude, with the base's sign.
    public var amount: Money
}

/// The tax that a partner states for what it supplies, never set against the host's.
public struct PartnerTaxRow: Hashable, Sendable {
    /// Category and rate.
    public var tax: Tax
    /// Whether the prices include it.
    public var basis: PriceBasis
    /// The base, without the tax; plus is owed by the host.
    public var base: Money
    /// The tax: beside the lines for prices without it, within them for prices that include it. Never part of the net.
    public var amount: Money
}
