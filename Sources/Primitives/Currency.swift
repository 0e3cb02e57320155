/// Three capital letters: money by ISO 4217, or points by the programme's own table.
public struct CurrencyCode: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    private let packed: UInt32

    /// Reads three capital letters, or answers nil.
    public init?(_ text: some StringProtocol) { self.init(bytes: text.utf8) }

    /// Reads three bytes that are capital letters, or answers nil.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 3, bytes.allSatisfy(\.isUppercase) else { return nil }
        packed = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Takes three capital letters as one number, the first highest, or answers nil.
    public init?(letters: UInt32) {
        guard letters >> 24 == 0, UInt8(letters >> 16).isUppercase, UInt8(letters >> 8 & 255).isUppercase,
            UInt8(letters & 255).isUppercase
        else { return nil }
        packed = letters
    }

    /// The three letters as one number, the first highest.
    public var letters: UInt32 { packed }

    /// The three letters.
    public var description: String {
        String(decoding: [16, 8, 0].map { UInt8(truncatingIfNeeded: packed >> $0) }, as: UTF8.self)
    }

    /// Appends the three letters.
    public func appendLetters(to out: inout [UInt8]) {
        out.append(UInt8(truncatingIfNeeded: packed >> 16))
        out.append(UInt8(truncatingIfNeeded: packed >> 8))
        out.append(UInt8(truncatingIfNeeded: packed))
    }

    /// Orders by the letters.
    public static func < (a: CurrencyCode, b: CurrencyCode) -> Bool { a.packed < b.packed }

    /// Fraction digits of a current ISO 4217 currency; nil for a code that is none, such as one for points.
    public var minorUnits: Int? { ISO4217.minorUnits[self] }

    /// Reads the three letters.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let code = CurrencyCode(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a currency code")
        }
        self = code
    }

    /// Writes the three letters.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Money in minor units of an ISO 4217 currency, with a sign where its context gives one a meaning.
///
/// Amounts of different currencies never meet: adding them traps, because no input can bring it about.
public struct Money: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Minor units, such as cents.
    public let minorUnits: Int64
    /// An ISO 4217 currency.
    public let currency: CurrencyCode

    /// Makes an amount of so many minor units.
    public init(minorUnits: Int64, currency: CurrencyCode) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// Reads a decimal with at most the currency's fraction digits, or answers nil.
    public init?(_ text: String, currency: CurrencyCode) {
        guard let scale = currency.minorUnits, let number = DecimalNumber(text), number.scale <= scale else {
            return nil
        }
        let amount = Int128(number.unscaled) * Powers.ofTen(scale - number.scale)
        guard let minor = Int64(exactly: amount) else { return nil }
        self.init(minorUnits: minor, currency: currency)
    }

    /// Nothing, in a currency.
    public static func zero(_ currency: CurrencyCode) -> Money { Money(minorUnits: 0, currency: currency) }

    /// The sum. Both must be of one currency.
    public static func + (a: Money, b: Money) -> Money {
        precondition(a.currency == b.currency, "amounts of different currencies do not add")
        return Money(minorUnits: a.minorUnits + b.minorUnits, currency: a.currency)
    }

    /// The difference. Both must be of one currency.
    public static func - (a: Money, b: Money) -> Money { a + -b }

    /// The same amount in the other direction.
    public static prefix func - (a: Money) -> Money { Money(minorUnits: -a.minorUnits, currency: a.currency) }

    /// The amount without its sign.
    public var magnitude: Money { Money(minorUnits: abs(minorUnits), currency: currency) }

    /// The exact value in whole units of the currency.
    public var fraction: Fraction { Fraction(Int128(minorUnits), Powers.ofTen(currency.minorUnits ?? 0)) }

    /// The amount alone, with all fraction digits of its currency: `-12.50`.
    public var amountText: String { DecimalText.render(Int128(minorUnits), scale: currency.minorUnits ?? 0) }

    /// Amount and currency: `-12.50 EUR`.
    public var description: String { "\(amountText) \(currency)" }
}

/// Minor units of the currencies in use, after the ISO 4217 table of 2024-06-25.
enum ISO4217 {
    static let minorUnits: [CurrencyCode: Int] = {
        var out: [CurrencyCode: Int] = [:]
        for entry in table.split(separator: " ") {
            guard let code = CurrencyCode(entry.prefix(3)), let digits = Int(entry.suffix(1)) else {
                preconditionFailure("the ISO 4217 table is misspelt at \(entry)")
            }
            out[code] = digits
        }
        return out
    }()

    private static let table = """
        AED2 AFN2 ALL2 AMD2 AOA2 ARS2 AUD2 AWG2 AZN2 BAM2 BBD2 BDT2 BHD3 BIF0 BMD2 BND2 BOB2 BOV2 BRL2 BSD2 BTN2 BWP2 \
        BYN2 BZD2 CAD2 CDF2 CHE2 CHF2 CHW2 CLF4 CLP0 CNY2 COP2 COU2 CRC2 CUP2 CVE2 CZK2 DJF0 DKK2 DOP2 DZD2 EGP2 ERN2 \
        ETB2 EUR2 FJD2 FKP2 GBP2 GEL2 GHS2 GIP2 GMD2 GNF0 GTQ2 GYD2 HKD2 HNL2 HTG2 HUF2 IDR2 ILS2 INR2 IQD3 IRR2 ISK0 \
        JMD2 JOD3 JPY0 KES2 KGS2 KHR2 KMF0 KPW2 KRW0 KWD3 KYD2 KZT2 LAK2 LBP2 LKR2 LRD2 LSL2 LYD3 MAD2 MDL2 MGA2 MKD2 \
        MMK2 MNT2 MOP2 MRU2 MUR2 MVR2 MWK2 MXN2 MXV2 MYR2 MZN2 NAD2 NGN2 NIO2 NOK2 NPR2 NZD2 OMR3 PAB2 PEN2 PGK2 PHP2 \
        PKR2 PLN2 PYG0 QAR2 RON2 RSD2 RUB2 RWF0 SAR2 SBD2 SCR2 SDG2 SEK2 SGD2 SHP2 SLE2 SOS2 SRD2 SSP2 STN2 SVC2 SYP2 \
        SZL2 THB2 TJS2 TMT2 TND3 TOP2 TRY2 TTD2 TWD2 TZS2 UAH2 UGX0 USD2 USN2 UYI0 UYU2 UYW4 UZS2 VED2 VES2 VND0 VUV0 \
        WST2 XAD2 XAF0 XCD2 XCG2 XOF0 XPF0 YER2 ZAR2 ZMW2 ZWG2
        """
}
