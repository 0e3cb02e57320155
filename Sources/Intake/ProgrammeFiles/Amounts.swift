import Primitives
import ProgrammeModel

/// Amounts and ratios as people write them: `0.00550 EUR`, `3 MKP = 2 SML`.
extension Field {
    /// A decimal with its ISO 4217 currency, such as `0.015 EUR`, not negative, with at most so many fraction digits.
    func amount(fractionDigits: ClosedRange<Int>) -> (number: DecimalNumber, currency: CurrencyCode)? {
        guard let text = raw("an amount such as 0.015 EUR") else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = DecimalNumber(String(parts[0])), let currency = CurrencyCode(parts[1])
        else {
            refuse("expected an amount such as 0.015 EUR: a number, one space, a currency")
            return nil
        }
        guard currency.minorUnits != nil else {
            refuse("\(currency) is not a currency of ISO 4217")
            return nil
        }
        guard number.unscaled >= 0, fractionDigits.contains(number.scale), number.isBelow(limit: 10_000_000_000) else {
            refuse(
                "expected an amount from 0 to below 10000000000 with \(fractionDigits.lowerBound) to"
                    + " \(fractionDigits.upperBound) fraction digits")
            return nil
        }
        return (number, currency)
    }

    /// An amount in whole minor units of its currency, such as `5.00 EUR`.
    func money() -> Money? {
        guard let (number, currency) = amount(fractionDigits: 0...4) else { return nil }
        guard let money = Money(number.description, currency: currency) else {
            refuse("\(currency) has \(currency.minorUnits ?? 0) fraction digits")
            return nil
        }
        return money
    }

    /// A ratio such as `3 MKP = 2 SML`.
    func ratio() -> (fromUnits: Int64, from: CurrencyCode, toUnits: Int64, to: CurrencyCode)? {
        guard let text = raw("a ratio such as 3 MKP = 2 SML") else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[2] == "=", let fromUnits = Self.units(parts[0]),
            let from = CurrencyCode(parts[1]),
            let toUnits = Self.units(parts[3]), let to = CurrencyCode(parts[4])
        else {
            refuse("expected a ratio such as 3 MKP = 2 SML, with whole units from 1 to 1000000")
            return nil
        }
        guard from != to else {
            refuse("a ratio changes one currency into another")
            return nil
        }
        return (fromUnits, from, toUnits, to)
    }

    private static func units(_ text: Substring) -> Int64? {
        guard text.utf8.allSatisfy(\.isDigit), text.utf8.first != 0x30, let units = Int64(text) else { return nil }
        return units <= 1_000_000 ? units : nil
    }

    /// A percentage from 0 to 100 with at most 4 fraction digits.
    func percent() -> DecimalNumber? {
        guard let text = raw("a percentage") else { return nil }
        guard let number = DecimalNumber(text), number.unscaled >= 0, number.scale <= 4, number.isBelow(limit: 101),
            number.isBelow(limit: 100) || number.fraction == Fraction(100)
        else {
            refuse("expected a percentage from 0 to 100 with at most 4 fraction digits")
            return nil
        }
        return number
    }
}

extension DecimalNumber {
    /// Whether the value lies below a whole number.
    func isBelow(limit: Int64) -> Bool {
        fraction.numerator < Int128(limit) * fraction.denominator
    }
}

/// The money that agreements and the programme agree on, for checks while an agreement is read.
struct Currencies {
    /// The shared currency.
    var shared: CurrencyCode?
    /// The currency of all prices: the base of the fixings.
    var prices: CurrencyCode?
}
