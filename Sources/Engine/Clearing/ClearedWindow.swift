public import Journal
public import Ledger
public import Primitives
public import ProgrammeModel

/// A line of a clearing statement: points by type, unit, ratio, price, tax, fixing and sub-source. Rule R5.
public struct ClearingLine: Hashable, Sendable {
    /// The number on the statement, from 1.
    public let number: Int
    /// What its records have in common, and what they add up to.
    public let total: LineTotal
    /// The exact points before rounding by record.
    public let exact: Fraction

    /// Posted points less exact points.
    public var difference: Fraction { Fraction(Int128(total.points)) - exact }
}

/// A partner's part of a cleared window, in points.
public struct PartnerClearing: Hashable, Sendable {
    /// The partner.
    public let partner: PartnerID
    /// The lines in the order of statements.
    public let lines: [ClearingLine]
    /// Fees that fell due.
    public let fees: [FeeCount]
    /// Money adjustments in the order of the log.
    public let adjustments: [WindowTotals.MoneyAdjustment]

    /// The points position of the window: plus means that the host owes.
    public var position: Int64 { lines.reduce(0) { $0 + $1.total.key.direction.sign * $1.total.points } }
}

/// A window's totals, dealt to the partners in the order of statements.
public struct ClearedWindow: Sendable {
    /// The window.
    public let window: WindowDefinition
    /// Every partner of the programme, those without activity included.
    public let partners: [PartnerClearing]

    /// Deals a window's totals.
    public init(window: WindowDefinition, programme: Programme, totals: WindowTotals, catalogue: Catalogue) {
        self.window = window
        let lines = Dictionary(grouping: totals.lines.values, by: \.key.partner)
        let fees = Dictionary(grouping: totals.fees.keys, by: \.partner)
        let adjustments = Dictionary(grouping: totals.adjustments, by: \.adjustment.partner)
        partners = programme.agreements.map { agreement in
            let own = (lines[agreement.partner] ?? []).sorted { Self.precedes($0.key, $1.key, catalogue) }
            let due = (fees[agreement.partner] ?? []).map { key in
                FeeCount(
                    partner: key.partner, kind: key.kind, fee: key.fee, tax: key.tax, count: totals.fees[key] ?? 0)
            }
            return PartnerClearing(
                partner: agreement.partner,
                lines: own.enumerated().map { index, total in
                    ClearingLine(number: index + 1, total: total, exact: Self.exact(total, catalogue))
                },
                fees: (due + Self.monthly(agreement, window, programme)).sorted {
                    ($0.kind.lineKind, $0.fee, $0.tax) < ($1.kind.lineKind, $1.fee, $1.tax)
                },
                adjustments: adjustments[agreement.partner] ?? [])
        }
    }

    private static func exact(_ total: LineTotal, _ catalogue: Catalogue) -> Fraction {
        // A transfer out's ratio is for the member's side; its points are the units themselves.
        guard total.key.kind.base != .transferOut, let ratio = total.key.ratio.flatMap({ catalogue.ratios[$0] }) else {
            return Fraction(Int128(total.points))
        }
        return ratio.exact(total.units)
    }

    /// The order of lines: kind, the price's first day, fixing, then what tells the rest apart.
    private static func precedes(_ a: LineKey, _ b: LineKey, _ catalogue: Catalogue) -> Bool {
        if a.kind != b.kind { return a.kind < b.kind }
        let (fromA, fromB) = (catalogue.prices[a.price]?.validity.from, catalogue.prices[b.price]?.validity.from)
        if let fromA, let fromB, fromA != fromB { return fromA < fromB }
        if a.fixing != b.fixing { return (a.fixing?.text ?? "") < (b.fixing?.text ?? "") }
        if a.price != b.price { return a.price < b.price }
        if a.direction != b.direction { return a.direction == .debit }
        if a.tax != b.tax { return a.tax < b.tax }
        if a.unit != b.unit { return a.unit < b.unit }
        if a.ratio != b.ratio { return (a.ratio?.text ?? "") < (b.ratio?.text ?? "") }
        return a.subSource < b.subSource
    }

    /// A monthly minimum falls due once for each month whose last day lies in the window.
    private static func monthly(
        _ agreement: Agreement, _ window: WindowDefinition, _ programme: Programme
    ) -> [FeeCount] {
        // The day of the cut-off is the next window's first day.
        let end = programme.zone.date(at: window.cutoff)
        var counts: [FeeCount] = []
        var day = window.firstDay
        while day < end {
            if day.adding(days: 1).parts.day == 1, let fee = agreement.fee(.minimumMonthly, on: day),
                let terms = agreement.terms(on: day)
            {
                let tax = terms.tax.hostSupplies
                // Months of one version are one line, as all that has one key. Rule R5.
                if let known = counts.firstIndex(where: { $0.fee == fee.id && $0.tax == tax }) {
                    counts[known].count += 1
                } else {
                    counts.append(
                        FeeCount(partner: agreement.partner, kind: .minimumMonthly, fee: fee.id, tax: tax, count: 1))
                }
            }
            day = day.adding(days: 1)
        }
        return counts
    }
}
