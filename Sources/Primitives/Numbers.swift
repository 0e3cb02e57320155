/// A decimal number as written: an integer and the number of its fraction digits. `0.00550` is 550 with 5 digits.
///
/// The written digits are kept, so that a price prints as its agreement states it. Equality is of value and digits.
public struct DecimalNumber: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The digits without the point.
    public let unscaled: Int64
    /// Fraction digits, 0 to 12.
    public let scale: Int

    /// Makes the number from its digits, or answers nil when the scale is not 0 to 12.
    public init?(unscaled: Int64, scale: Int) {
        guard (0...12).contains(scale) else { return nil }
        self.unscaled = unscaled
        self.scale = scale
    }

    /// Reads digits with at most one point and an optional minus, at most 18 digits, 12 of them behind the point.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        let negative = bytes.first == UInt8(ascii: "-")
        if negative { bytes = bytes.dropFirst() }
        var value: Int64 = 0
        var digits = 0
        var fraction: Int?
        for byte in bytes {
            if byte == UInt8(ascii: "."), fraction == nil, digits > 0 {
                fraction = 0
            } else if byte.isDigit, digits < 18 {
                value = value * 10 + Int64(byte - 0x30)
                digits += 1
                fraction = fraction.map { $0 + 1 }
            } else {
                return nil
            }
        }
        guard digits > 0, fraction != 0, (fraction ?? 0) <= 12 else { return nil }
        unscaled = negative ? -value : value
        scale = fraction ?? 0
    }

    /// The exact value.
    public var fraction: Fraction { Fraction(Int128(unscaled), Powers.ofTen(scale)) }

    /// The number as written.
    public var description: String { DecimalText.render(Int128(unscaled), scale: scale) }

    /// Reads the written form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let number = DecimalNumber(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a decimal number")
        }
        self = number
    }

    /// Writes the written form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// An exact fraction in lowest terms with a positive denominator.
///
/// The products of the domain fit with room to spare: points below 10^18, prices below 10^10 at 8 digits, fixings at 6.
/// A product that does not fit traps; it never wraps.
public struct Fraction: Hashable, Sendable, CustomStringConvertible {
    /// The number above the line, with the sign.
    public let numerator: Int128
    /// The number below the line, positive.
    public let denominator: Int128

    /// Zero.
    public static let zero = Fraction(0)

    /// Makes the fraction in lowest terms. The denominator must not be zero.
    public init(_ numerator: Int128, _ denominator: Int128 = 1) {
        precondition(denominator != 0, "a fraction's denominator is zero")
        let divisor = Self.gcd(numerator.magnitude, denominator.magnitude)
        let sign: Int128 = denominator < 0 ? -1 : 1
        self.numerator = sign * numerator / Int128(divisor)
        self.denominator = sign * denominator / Int128(divisor)
    }

    private static func gcd(_ a: UInt128, _ b: UInt128) -> UInt128 {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return max(x, 1)
    }

    /// The sum.
    public static func + (a: Fraction, b: Fraction) -> Fraction {
        Fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
    }

    /// The difference.
    public static func - (a: Fraction, b: Fraction) -> Fraction { a + Fraction(-b.numerator, b.denominator) }

    /// The product.
    public static func * (a: Fraction, b: Fraction) -> Fraction {
        // Cross-reduced first, so that intermediate products stay small.
        let first = Fraction(a.numerator, b.denominator)
        let second = Fraction(b.numerator, a.denominator)
        return Fraction(first.numerator * second.numerator, first.denominator * second.denominator)
    }

    /// The value as a finite decimal, else as `numerator/denominator`. Rule R5 (Specs/rules.md).
    public var description: String {
        var rest = denominator
        var scale = 0
        var twos = 0
        var fives = 0
        while rest % 2 == 0 { (rest, twos) = (rest / 2, twos + 1) }
        while rest % 5 == 0 { (rest, fives) = (rest / 5, fives + 1) }
        guard rest == 1 else { return "\(numerator)/\(denominator)" }
        scale = max(twos, fives)
        return DecimalText.render(numerator * (Powers.ofTen(scale) / denominator), scale: scale)
    }

    /// The integer nearest to the value times ten to the scale, by the rounding mode.
    public func rounded(scale: Int, _ mode: Rounding = .halfUp) -> Int128 {
        mode.divide(numerator * Powers.ofTen(scale), by: denominator)
    }
}

/// How a fraction becomes an integer. Rule R1 and R5 (Specs/rules.md).
public enum Rounding: String, Hashable, Sendable, Codable, CaseIterable {
    /// To the nearest, a half away from zero: half up on the magnitude.
    case halfUp = "HALF_UP"
    /// To the nearest, a half to the even neighbour.
    case halfEven = "HALF_EVEN"
    /// Towards zero.
    case down = "DOWN"

    /// Divides and rounds. The divisor must be positive.
    @inlinable
    public func divide<Number: FixedWidthInteger & SignedInteger>(
        _ numerator: Number, by denominator: Number
    ) -> Number {
        precondition(denominator > 0, "the divisor must be positive")
        let magnitude = numerator.magnitude
        let divisor = denominator.magnitude
        var (quotient, rest) = magnitude.quotientAndRemainder(dividingBy: divisor)
        // The rest is below the divisor, which is half the largest magnitude at most.
        let twice = rest * 2
        switch self {
        case .halfUp: if twice >= divisor { quotient += 1 }
        case .halfEven: if twice > divisor || (twice == divisor && quotient % 2 == 1) { quotient += 1 }
        case .down: rest = 0
        }
        return numerator < 0 ? -Number(quotient) : Number(quotient)
    }
}

/// Powers of ten.
enum Powers {
    static func ofTen(_ exponent: Int) -> Int128 {
        var out: Int128 = 1
        for _ in 0..<exponent { out *= 10 }
        return out
    }
}

/// Decimal text of scaled integers.
enum DecimalText {
    static func render(_ unscaled: Int128, scale: Int) -> String {
        let sign = unscaled < 0 ? "-" : ""
        var digits = String(unscaled.magnitude)
        guard scale > 0 else { return sign + digits }
        if digits.utf8.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits }
        let point = digits.index(digits.endIndex, offsetBy: -scale)
        return "\(sign)\(digits[..<point]).\(digits[point...])"
    }
}
