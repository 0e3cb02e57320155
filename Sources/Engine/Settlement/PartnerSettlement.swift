public import Clearing
import Journal
public import Ledger
public import Primitives
public import ProgrammeModel

/// A partner's cleared window in money: lines, taxes and the net. Rules R5 to R7 (Specs/rules.md).
public struct PartnerSettlement: Sendable {
    /// The partner.
    public let partner: PartnerID
    /// The settlement currency.
    public let currency: CurrencyCode
    /// The lines in the order of statements.
    public let lines: [SettlementLine]
    /// The tax on the host's supplies.
    public let taxes: [TaxRow]
    /// The tax that the partner states for its own supplies.
    public let partnerTaxes: [PartnerTaxRow]

    /// Credits less debits less taxes; the partner's own taxes are never set against them. Plus: the host owes. INV-04.
    public var net: Money {
        let lineSum = lines.reduce(Money.zero(currency)) { $0 + $1.signedAmount }
        let taxSum = taxes.reduce(Money.zero(currency)) { $0 + $1.amount }
        return lineSum - taxSum
    }

    /// Looks up fixings, prices and fees.
    public struct Terms {
        let catalogue: Catalogue
        let windows: WindowBook
        let currency: CurrencyCode
        let rounding: Rounding
        let home: WindowID

        func fixing(_ window: WindowID?, base: CurrencyCode) throws(Refusal) -> Fixing? {
            guard base != currency else { return nil }
            let id = window ?? home
            guard let fixing = windows.fixing(id, base: base, quote: currency) else {
                throw Refusal(.fx001, value: "\(id) \(base)/\(currency)", detail: "the fixing is missing")
            }
            return fixing
        }

        func amount(_ exact: Fraction) -> Money {
            let minor = exact.rounded(scale: currency.minorUnits ?? 0, rounding)
            guard let fits = Int64(exactly: minor) else { preconditionFailure("an amount exceeds 64 bits") }
            return Money(minorUnits: fits, currency: currency)
        }
    }

    /// Prices a partner's clearing.
    ///
    /// - Throws: `Refusal` with FX-001 for the first fixing that is missing; the window then waits.
    public init(
        _ clearing: PartnerClearing, agreement: Agreement, window: WindowDefinition, lastDay: BusinessDate,
        catalogue: Catalogue, windows: WindowBook
    ) throws(Refusal) {
        partner = clearing.partner
        currency = agreement.settlementCurrency
        let rounding = (agreement.terms(on: lastDay) ?? agreement.terms.last)?.rounding ?? .halfUp
        let terms = Terms(
            catalogue: catalogue, windows: windows, currency: currency, rounding: rounding, home: window.id)
        var lines = try Self.pointLines(clearing, terms)
        for item in clearing.adjustments { lines.append(contentsOf: Self.adjustmentLine(item, currency)) }
        for fee in clearing.fees { lines.append(try Self.feeLine(fee, terms)) }
        for index in lines.indices { lines[index].number = index + 1 }
        self.lines = lines
        taxes = Self.taxes(lines, currency)
        partnerTaxes = Self.partnerTaxes(lines, agreement, lastDay, catalogue, currency)
    }

    private struct Key: Hashable {
        var kind: LineKind
        var direction: Direction
        var price: VersionID
        var tax: Tax
        var fixing: WindowID?
    }

    /// Sums whole clearing lines of one key; their order gives the order of the sums.
    private static func pointLines(_ clearing: PartnerClearing, _ terms: Terms) throws(Refusal) -> [SettlementLine] {
        var order: [Key] = []
        var groups: [Key: [ClearingLine]] = [:]
        for line in clearing.lines {
            let key = line.total.key
            let group = Key(
                kind: key.kind, direction: key.direction, price: key.price, tax: key.tax, fixing: key.fixing)
            if groups[group] == nil { order.append(group) }
            groups[group, default: []].append(line)
        }
        var out: [SettlementLine] = []
        for key in order {
            let members = groups[key] ?? []
            guard let price = terms.catalogue.prices[key.price] else {
                preconditionFailure("the price \(key.price) of a posted line is in no programme")
            }
            let points = members.reduce(0) { $0 + $1.total.points }
            let fixing = try terms.fixing(key.fixing, base: price.currency)
            var exact = Fraction(Int128(points)) * price.price.fraction
            if let fixing { exact = exact * fixing.rate.fraction }
            out.append(
                SettlementLine(
                    number: 0, kind: key.kind, direction: key.direction, quantity: points, unitPrice: price.price,
                    priceCurrency: price.currency, price: price.id, fixing: fixing, exact: exact,
                    amount: terms.amount(exact), tax: key.tax, correctedLine: nil, reason: nil,
                    clearingLines: members.map(\.number), records: members.reduce(0) { $0 + $1.total.records }))
        }
        return out
    }

    private static func adjustmentLine(
        _ item: WindowTotals.MoneyAdjustment, _ currency: CurrencyCode
    ) -> [SettlementLine] {
        guard case .money(let money, let tax, let corrected) = item.adjustment.amount,
            let price = DecimalNumber(unscaled: money.minorUnits, scale: currency.minorUnits ?? 0)
        else { return [] }
        return [
            SettlementLine(
                number: 0, kind: .adjustmentMoney, direction: item.adjustment.direction, quantity: 1, unitPrice: price,
                priceCurrency: currency, price: nil, fixing: nil, exact: money.fraction, amount: money, tax: tax,
                correctedLine: corrected, reason: item.adjustment.reason, clearingLines: [], records: 1)
        ]
    }

    private static func feeLine(_ count: FeeCount, _ terms: Terms) throws(Refusal) -> SettlementLine {
        guard let fee = terms.catalogue.fees[count.fee] else {
            preconditionFailure("the fee \(count.fee) of a posted record is in no programme")
        }
        let fixing = try terms.fixing(nil, base: fee.currency)
        var exact = Fraction(Int128(count.count)) * fee.amount.fraction
        if let fixing { exact = exact * fixing.rate.fraction }
        return SettlementLine(
            number: 0, kind: count.kind.lineKind, direction: .debit, quantity: count.count, unitPrice: fee.amount,
            priceCurrency: fee.currency, price: fee.id, fixing: fixing, exact: exact, amount: terms.amount(exact),
            tax: count.tax, correctedLine: nil, reason: nil, clearingLines: [], records: 0)
    }

    /// One row for each taxed category among the lines, also when its tax is zero.
    private static func taxes(_ lines: [SettlementLine], _ currency: CurrencyCode) -> [TaxRow] {
        let taxed = Dictionary(grouping: lines.filter { $0.tax.rate != nil }, by: \.tax)
        return taxed.keys.sorted().map { tax in
            let base = (taxed[tax] ?? []).reduce(Money.zero(currency)) { $0 - $1.signedAmount }
            return TaxRow(tax: tax, base: base, amount: Self.tax(on: base.fraction, tax, currency))
        }
    }

    private static func tax(on base: Fraction, _ tax: Tax, _ currency: CurrencyCode) -> Money {
        let exact = base * (tax.rate ?? zeroRate).fraction * Fraction(1, 100)
        return Money(minorUnits: Int64(exact.rounded(scale: currency.minorUnits ?? 0)), currency: currency)
    }

    private static func partnerTaxes(
        _ lines: [SettlementLine], _ agreement: Agreement, _ day: BusinessDate, _ catalogue: Catalogue,
        _ currency: CurrencyCode
    ) -> [PartnerTaxRow] {
        guard let tax = (agreement.terms(on: day) ?? agreement.terms.last)?.tax.partnerSupplies, let rate = tax.rate
        else {
            return []
        }
        return PriceBasis.allCases.compactMap { basis in
            let supplied = lines.filter { line in
                (line.kind.base == .reimbursement || line.kind.base == .transferOut)
                    && line.price.flatMap { catalogue.prices[$0] }?.basis == basis
            }
            guard !supplied.isEmpty else { return nil }
            let sum = supplied.reduce(Money.zero(currency)) { $0 + $1.signedAmount }
            if basis == .net {
                return PartnerTaxRow(
                    tax: tax, basis: basis, base: sum, amount: Self.tax(on: sum.fraction, tax, currency))
            }
            let whole = Fraction(100) + rate.fraction
            let share = rate.fraction * Fraction(whole.denominator, whole.numerator)
            let included = (sum.fraction * share).rounded(scale: currency.minorUnits ?? 0)
            let amount = Money(minorUnits: Int64(included), currency: currency)
            return PartnerTaxRow(tax: tax, basis: basis, base: sum - amount, amount: amount)
        }
    }

    private static var zeroRate: DecimalNumber {
        guard let zero = DecimalNumber(unscaled: 0, scale: 0) else { preconditionFailure("zero is a number") }
        return zero
    }
}
