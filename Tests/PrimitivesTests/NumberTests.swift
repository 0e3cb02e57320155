import Foundation
import Primitives
import TestKit
import Testing

@Suite struct DecimalNumberTests {
    @Test(
        "decimals keep the digits as written",
        arguments: [
            ("0", 0, 0), ("0.00550", 550, 5), ("-3.10", -310, 2), ("999999999999999999", 999_999_999_999_999_999, 0),
            ("0.123456789012", 123_456_789_012, 12), ("12.5", 125, 1), ("-0.001", -1, 3), ("100", 100, 0),
        ] as [(String, Int64, Int)])
    func reads(text: String, unscaled: Int64, scale: Int) throws {
        let number = try #require(DecimalNumber(text))
        #expect(number.unscaled == unscaled)
        #expect(number.scale == scale)
        #expect(number.description == text)
    }

    @Test(
        "what is no plain decimal is not read",
        arguments: [
            "", "-", ".", "1.", ".5", "-.5", "+1", "1e3", "1,5", "1.2.3", "1 ", " 1", "--1", "1-", "0x10", "NaN",
            "1234567890123456789", "0.1234567890123", "١", "1_000", "1'000", "\u{2212}1",
        ])
    func rejects(text: String) { #expect(DecimalNumber(text) == nil) }

    @Test("equality is of value and digits, the exact value is of value alone")
    func equality() throws {
        let (short, long) = (try #require(DecimalNumber("0.5")), try #require(DecimalNumber("0.50")))
        #expect(short != long)
        #expect(short.fraction == long.fraction)
        #expect(DecimalNumber(unscaled: 1, scale: 13) == nil)
        #expect(DecimalNumber(unscaled: 1, scale: -1) == nil)
    }

    @Test("decimals are written to JSON as text and read again")
    func json() throws {
        let prices = try ["0.00550", "-1.20", "7"].map { try #require(DecimalNumber($0)) }
        let data = try JSONEncoder().encode(prices)
        #expect(String(decoding: data, as: UTF8.self) == #"["0.00550","-1.20","7"]"#)
        #expect(try JSONDecoder().decode([DecimalNumber].self, from: data) == prices)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([DecimalNumber].self, from: Data("[1]".utf8)) }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([DecimalNumber].self, from: Data(#"["1e3"]"#.utf8))
        }
    }
}

@Suite struct FractionTests {
    @Test("fractions are in lowest terms with a positive denominator")
    func lowestTerms() {
        #expect(Fraction(6, 4).numerator == 3 && Fraction(6, 4).denominator == 2)
        #expect(Fraction(3, -6).numerator == -1 && Fraction(3, -6).denominator == 2)
        #expect(Fraction(0, 7) == .zero && Fraction(0, 7).denominator == 1)
        #expect(Fraction(-4, -2) == Fraction(2))
    }

    @Test("sums, differences and products agree with cross-multiplication")
    func arithmetic() {
        var random = SeededGenerator.printed(for: "FractionTests.arithmetic")
        for _ in 0..<5000 {
            let numbers = (0..<4).map { _ in Int64.random(in: -1_000_000...1_000_000, using: &random) }
            let (a, b, c, d) = (
                numbers[0], numbers[1] == 0 ? 1 : numbers[1], numbers[2], numbers[3] == 0 ? 1 : numbers[3]
            )
            let (x, y) = (Fraction(Int128(a), Int128(b)), Fraction(Int128(c), Int128(d)))
            let (wideA, wideB, wideC, wideD) = (Int128(a), Int128(b), Int128(c), Int128(d))
            #expect(same(x + y, wideA * wideD + wideC * wideB, wideB * wideD))
            #expect(same(x - y, wideA * wideD - wideC * wideB, wideB * wideD))
            #expect(same(x * y, wideA * wideC, wideB * wideD))
            #expect((x + y) - y == x)
        }
    }

    /// Whether two fractions are one number, by cross-multiplication.
    private func same(_ x: Fraction, _ numerator: Int128, _ denominator: Int128) -> Bool {
        x.numerator * denominator == numerator * x.denominator
    }

    @Test(
        "fractions print as a finite decimal where there is one, else as numerator and denominator",
        arguments: [
            (Fraction(3, 2), "1.5"), (Fraction(200, 3), "200/3"), (Fraction(-1, 8), "-0.125"), (Fraction(7), "7"),
            (Fraction(-4936, 7), "-4936/7"), (Fraction(1, 1_000_000), "0.000001"), (Fraction(0), "0"),
            (Fraction(501_758_125, 100_000_000), "5.01758125"), (Fraction(1, 6), "1/6"), (Fraction(1, 20), "0.05"),
            (Fraction(-1, 5), "-0.2"), (Fraction(1, 1024), "0.0009765625"),
        ])
    func prints(fraction: Fraction, text: String) { #expect(fraction.description == text) }

    @Test("the prices of the worked example come out exact")
    func worked() throws {
        let price = try #require(DecimalNumber("0.00590")).fraction
        let fixing = try #require(DecimalNumber("3.40175")).fraction
        let exact = Fraction(250) * price * fixing
        #expect(exact.description == "5.01758125")
        #expect(exact.rounded(scale: 3) == 5018)
        #expect((Fraction(5018, 1000) - exact).description == "0.00041875")
    }
}

@Suite struct RoundingTests {
    /// Rounds by counting: the neighbours below and above, and the distance to both. No quotient with remainder.
    private func naive(_ numerator: Int64, _ denominator: Int64, _ mode: Rounding) -> Int64 {
        var below = numerator / denominator
        while below * denominator > numerator { below -= 1 }
        while (below + 1) * denominator <= numerator { below += 1 }
        let above = below + 1
        let (toBelow, toAbove) = (numerator - below * denominator, above * denominator - numerator)
        if toBelow == 0 { return below }
        switch mode {
        case .down: return numerator > 0 ? below : above
        case .halfUp, .halfEven:
            if toBelow < toAbove { return below }
            if toAbove < toBelow { return above }
            if mode == .halfEven { return below % 2 == 0 ? below : above }
            return numerator > 0 ? above : below
        }
    }

    @Test("small fractions of both signs, every one of them", arguments: Rounding.allCases)
    func exhaustive(mode: Rounding) {
        for denominator in Int64(1)...12 {
            for numerator in Int64(-60)...60 {
                let expected = naive(numerator, denominator, mode)
                let found = mode.divide(Int128(numerator), by: Int128(denominator))
                #expect(found == Int128(expected), "\(mode) \(numerator)/\(denominator)")
            }
        }
    }

    @Test("large fractions agree with the naive way", arguments: Rounding.allCases)
    func random(mode: Rounding) {
        var random = SeededGenerator.printed(for: "RoundingTests.random \(mode)")
        for _ in 0..<20_000 {
            let denominator = Int64.random(in: 1...1_000_000, using: &random)
            // Halves are rare by chance, so every third one is made.
            let numerator =
                Int.random(in: 0..<3, using: &random) == 0 && denominator % 2 == 0
                ? denominator * Int64.random(in: -1_000_000...1_000_000, using: &random) + denominator / 2
                : Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
            let found = mode.divide(Int128(numerator), by: Int128(denominator))
            #expect(found == Int128(naive(numerator, denominator, mode)), "\(mode) \(numerator)/\(denominator)")
        }
    }

    @Test(
        "halves go where the mode says",
        arguments: [
            (Rounding.halfUp, 5, 2, 3), (.halfUp, -5, 2, -3), (.halfUp, 3, 2, 2), (.halfEven, 5, 2, 2),
            (.halfEven, 3, 2, 2), (.halfEven, -5, 2, -2), (.halfEven, 7, 2, 4), (.down, 5, 2, 2), (.down, -5, 2, -2),
            (.halfUp, 3125, 2, 1563), (.halfUp, 15, 1000, 0),
        ] as [(Rounding, Int64, Int64, Int64)])
    func halves(mode: Rounding, numerator: Int64, denominator: Int64, expected: Int64) {
        // As test arguments, numbers of 128 bits crash the test runner.
        #expect(mode.divide(Int128(numerator), by: Int128(denominator)) == Int128(expected))
    }

    @Test("money is rounded to its minor unit")
    func scaled() {
        #expect(Fraction(15, 1000).rounded(scale: 2) == 2)
        #expect(Fraction(29_058, 10_000).rounded(scale: 2) == 291)
        #expect(Fraction(-3, 200).rounded(scale: 2) == -2)
        #expect(Fraction(5, 2).rounded(scale: 0, .halfEven) == 2)
        #expect(Fraction(199, 100).rounded(scale: 0, .down) == 1)
    }

    @Test("the modes are written as agreements write them")
    func names() { #expect(Rounding.allCases.map(\.rawValue) == ["HALF_UP", "HALF_EVEN", "DOWN"]) }
}
