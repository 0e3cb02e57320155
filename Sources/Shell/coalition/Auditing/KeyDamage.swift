import Clearing
import Gateway
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement

/// What the touched records of a closed window count for in money, and what the window would have come to without them.
struct KeyDamage {
    /// The part of a settlement line that is touched.
    struct Line {
        let statement: String
        let number: Int
        let line: SettlementLine
        /// Points, counts of a fee, or 1 for a money adjustment.
        let quantity: Int64
        let records: Int64
        /// Quantity times price times fixing.
        let exact: Fraction
        let amount: Money
    }

    /// A partner's net with and without what is touched.
    struct Net {
        let partner: PartnerID
        let with: Money
        let without: Money
    }

    let window: WindowID
    let lines: [Line]
    let nets: [Net]

    /// Computes a window anew, without what is touched.
    ///
    /// - Throws: `Refusal` with ACT-004 for a window that is not closed, FX-001 for one that cannot be priced; `Fault`
    ///   when the log is damaged or does not add up to the books.
    init(_ window: WindowID, _ trace: KeyTrace, _ reader: HouseReader) throws {
        guard let closed = reader.house.closings[window] else {
            throw Refusal(.act004, value: window.text, detail: "the window is not closed")
        }
        let house = try reader.house(after: closed - 1)
        let all = trace.totals(of: window) { _ in true }
        guard all == house.ledger.windows[window] ?? WindowTotals() else {
            throw Fault("the facts of \(window) do not add up to its books: run 'coalition check'")
        }
        let rest = trace.totals(of: window) { !trace.isTouched($0) }
        let with = try house.settlements(of: window, by: all)
        let without = try house.settlements(of: window, by: rest)
        self.window = window
        nets = zip(with, without).map { Net(partner: $0.partner, with: $0.net, without: $1.net) }
        guard let programme = house.programme, let definition = programme.window(window) else {
            throw Refusal(.win002, value: window.text)
        }
        let cleared = house.cleared(definition, programme)
        let touched = trace.totals(of: window, where: trace.isTouched)
        var lines: [Line] = []
        for (clearing, settlement) in zip(cleared.partners, with) {
            let part = Part(clearing: clearing, touched: touched, trace: trace)
            let rounding = house.rounding(of: clearing.partner, window: window)
            var adjustments = clearing.adjustments[...]
            for line in settlement.lines {
                let adjustment = line.kind == .adjustmentMoney ? adjustments.popFirst() : nil
                guard let (quantity, records) = part.quantity(line, adjustment) else { continue }
                lines.append(Self.line(line, quantity, records, "STL-\(window)-\(clearing.partner)", rounding))
            }
        }
        self.lines = lines
    }

    private static func line(
        _ line: SettlementLine, _ quantity: Int64, _ records: Int64, _ statement: String, _ rounding: Rounding
    ) -> Line {
        var exact = Fraction(Int128(quantity)) * line.unitPrice.fraction
        if let fixing = line.fixing { exact = exact * fixing.rate.fraction }
        let currency = line.amount.currency
        guard let minor = Int64(exactly: exact.rounded(scale: currency.minorUnits ?? 0, rounding)) else {
            preconditionFailure("a part of a line is not more than the line")
        }
        return Line(
            statement: statement, number: line.number, line: line, quantity: quantity, records: records, exact: exact,
            amount: Money(minorUnits: minor, currency: currency))
    }

    /// The touched part of a partner's window.
    private struct Part {
        let clearing: PartnerClearing
        let touched: WindowTotals
        let trace: KeyTrace

        /// The touched quantity and records of a settlement line; nil when nothing of it is touched.
        func quantity(
            _ line: SettlementLine, _ adjustment: WindowTotals.MoneyAdjustment?
        ) -> (quantity: Int64, records: Int64)? {
            if let adjustment { return trace.isTouched(adjustment.sequence) ? (1, 1) : nil }
            if line.clearingLines.isEmpty {
                let count = touched.fees.reduce(Int64(0)) { sum, fee in
                    let key = fee.key
                    let isOfLine =
                        key.partner == clearing.partner && key.kind.lineKind == line.kind && key.fee == line.price
                        && key.tax == line.tax
                    return isOfLine ? sum + fee.value : sum
                }
                return count == 0 ? nil : (count, 0)
            }
            let totals = clearing.lines.filter { line.clearingLines.contains($0.number) }
                .compactMap { touched.lines[$0.total.key] }
            guard !totals.isEmpty else { return nil }
            return (totals.reduce(0) { $0 + $1.points }, totals.reduce(0) { $0 + $1.records })
        }
    }
}
