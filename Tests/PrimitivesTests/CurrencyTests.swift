import Foundation
import Primitives
import TestKit
import Testing

@Suite struct CurrencyTests {
    @Test("a code is three capital letters and nothing else", arguments: ["EUR", "SML", "AAA", "ZZZ"])
    func codes(text: String) throws {
        let code = try #require(CurrencyCode(text))
        #expect(code.description == text)
        #expect(CurrencyCode(bytes: Array(text.utf8)) == code)
    }

    @Test("what is no code is not read", arguments: ["", "EU", "EURO", "eur", "EU1", "E R", "ÉUR", "EU\u{0}", "ＥＵＲ"])
    func badCodes(text: String) { #expect(CurrencyCode(text) == nil) }

    @Test("codes are in the order of their letters")
    func order() throws {
        let codes = try ["ZAR", "AZZ", "EUR", "AAB"].map { try #require(CurrencyCode($0)) }
        #expect(codes.sorted().map(\.description) == ["AAB", "AZZ", "EUR", "ZAR"])
    }

    /// The list of the maintenance agency by number of fraction digits, without funds and metals that have none.
    private static let digits: [(Int, String)] = [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"), (4, "CLF UYW"),
        (
            2,
            """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF \
            CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL \
            HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU \
            MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR \
            SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED \
            VES WST XAD XCD XCG YER ZAR ZMW ZWG
            """
        ),
    ]

    @Test("every code of ISO 4217 has its fraction digits, and no other code has any")
    func table() throws {
        var expected: [String: Int] = [:]
        for (count, codes) in Self.digits {
            for code in codes.split(separator: " ") { expected[String(code)] = count }
        }
        #expect(expected.count == 165)
        let letters = (UInt8(ascii: "A")...UInt8(ascii: "Z")).map { String(UnicodeScalar($0)) }
        var found: [String: Int] = [:]
        for first in letters {
            for second in letters {
                for third in letters {
                    let text = first + second + third
                    if let digits = CurrencyCode(text)?.minorUnits { found[text] = digits }
                }
            }
        }
        #expect(found == expected)
    }

    @Test(
        "money is read with at most its currency's fraction digits",
        arguments: [
            ("12.50", "EUR", 1250), ("-0.01", "EUR", -1), ("7", "EUR", 700), ("7.5", "EUR", 750),
            ("132.271", "TND", 132_271), ("100", "JPY", 100), ("92233720368547758.07", "EUR", nil),
            ("9999999999999999.99", "EUR", 999_999_999_999_999_999),
            ("1.234", "EUR", nil), ("1.0", "JPY", nil), ("1", "SML", nil), ("", "EUR", nil), ("1,5", "EUR", nil),
            ("999999999999999999", "TND", nil), ("1e3", "EUR", nil), ("+1", "EUR", nil),
        ] as [(String, String, Int64?)])
    func money(text: String, currency: String, minorUnits: Int64?) throws {
        let code = try #require(CurrencyCode(currency))
        #expect(Money(text, currency: code)?.minorUnits == minorUnits)
    }

    @Test("money prints with all fraction digits of its currency")
    func prints() throws {
        let (euro, dinar, yen) = (
            try #require(CurrencyCode("EUR")), try #require(CurrencyCode("TND")), try #require(CurrencyCode("JPY"))
        )
        #expect(Money(minorUnits: -5, currency: euro).description == "-0.05 EUR")
        #expect(Money(minorUnits: 132_271, currency: dinar).amountText == "132.271")
        #expect(Money(minorUnits: 7, currency: yen).amountText == "7")
        #expect(Money.zero(euro).amountText == "0.00")
        #expect(Money(minorUnits: 1250, currency: euro).fraction == Fraction(25, 2))
    }

    @Test("what is printed is read as the same money")
    func roundTrip() throws {
        var random = SeededGenerator.printed(for: "CurrencyTests.roundTrip")
        for code in try ["EUR", "TND", "JPY", "CLF"].map({ try #require(CurrencyCode($0)) }) {
            for _ in 0..<1000 {
                let minor = Int64.random(in: -99_999_999_999_999...99_999_999_999_999, using: &random)
                let money = Money(minorUnits: minor, currency: code)
                #expect(Money(money.amountText, currency: code) == money)
            }
        }
    }

    @Test("money adds within its currency")
    func arithmetic() throws {
        let euro = try #require(CurrencyCode("EUR"))
        let (a, b) = (Money(minorUnits: 1250, currency: euro), Money(minorUnits: 1327, currency: euro))
        #expect((a + b).minorUnits == 2577)
        #expect((a - b).minorUnits == -77)
        #expect((a - b).magnitude.minorUnits == 77)
        #expect(-a == Money(minorUnits: -1250, currency: euro))
    }

    @Test("adding money of two currencies is a bug and traps")
    func currenciesNeverMeet() async {
        await #expect(processExitsWith: .failure) {
            guard let euro = CurrencyCode("EUR"), let dinar = CurrencyCode("TND") else { return }
            _ = Money(minorUnits: 1, currency: euro) + Money(minorUnits: 1, currency: dinar)
        }
    }
}
