import Journal
public import Primitives

extension SettlementFigures {
    /// What does not follow from the rest of the statement: lines, taxes, totals, net and balances. Code STM-006; none
    /// for a statement that adds up. Rules R5, R7 and R8 (Specs/rules.md).
    public var contradictions: [Finding] {
        var out: [Finding] = []
        func expect(_ name: String, _ stated: Money, _ computed: Money) {
            guard stated != computed else { return }
            out.append(
                Finding(
                    .stm006, at: .whole.field(name), value: stated.amountText,
                    detail: "it comes to \(computed.amountText)"))
        }
        if lines.map(\.number) != Array(1..<lines.count + 1) || statedLines != lines.count {
            out.append(
                Finding(.stm006, at: .whole.field("LINES"), value: "\(statedLines)", detail: "lines are missing"))
        }
        for line in lines { out += Self.contradictions(line) }
        for row in taxes {
            let exact = row.base.fraction * row.rate * Fraction(1, 100)
            let minor = Int64(exactly: exact.rounded(scale: currency.minorUnits ?? 0)) ?? .max
            expect("TAX", row.amount, Money(minorUnits: minor, currency: currency))
        }
        let zero = Money.zero(currency)
        let credits = lines.filter(\.isCredit).reduce(zero) { $0 + $1.amount }
        let debits = lines.filter { !$0.isCredit }.reduce(zero) { $0 + $1.amount }
        expect("CREDITS", amount(.credits), credits)
        expect("DEBITS", amount(.debits), debits)
        expect("NET", amount(.net), credits - debits - amount(.tax))
        expect(
            "CLOSING", amount(.closing), amount(.opening) + amount(.net) + amount(.payments) + amount(.returns))
        expect("DUE", amount(.due), amount(.closing) - amount(.inSettlement))
        return out
    }

    private static func contradictions(_ line: Line) -> [Finding] {
        func finding(_ value: String, _ detail: String) -> [Finding] {
            [Finding(.stm006, at: .whole.field("line \(line.number)"), value: value, detail: detail)]
        }
        guard let exact = line.exact, let product = line.product, let difference = line.difference else {
            return finding(line.amount.amountText, "quantity, price or exact amount cannot be read")
        }
        guard product == exact else { return finding(exact.description, "quantity and price give \(product)") }
        let rounded = line.amount.fraction
        guard rounded - exact == difference else {
            return finding(difference.description, "the rounding difference is another one")
        }
        // Less than one minor unit, whichever way the agreement rounds.
        let unit = Money(minorUnits: 1, currency: line.amount.currency).fraction
        let isRounded = Int128(difference.numerator.magnitude) * unit.denominator < difference.denominator
        return isRounded ? [] : finding(line.amount.amountText, "the exact amount is \(exact)")
    }
}
