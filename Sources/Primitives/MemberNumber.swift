/// A card or account number: 12 to 19 digits with a Luhn check digit.
///
/// Its description is masked: first four and last four digits. `digits` is for the member reference and the partner's
/// own echo only.
public struct MemberNumber: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    // 19 digits fit into 64 bits. So a number needs no memory of its own, and millions of them cost little.
    private let value: UInt64
    /// How many digits it has, leading zeros among them: 12 to 19.
    public let count: Int

    /// Reads a number, or answers nil when its length, a character or the check digit is wrong.
    public init?(_ text: String) { self.init(bytes: text.utf8.span) }

    /// Reads the bytes of a number, or answers nil when its length, a character or the check digit is wrong.
    public init?(bytes: Span<UInt8>) {
        guard (12...19).contains(bytes.count) else { return nil }
        var sum: UInt64 = 0
        var value: UInt64 = 0
        // The last digit stands as it is, every second one before it is doubled.
        var double = bytes.count % 2 == 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte.isDigit else { return nil }
            let digit = UInt64(byte - 0x30)
            value = value * 10 + digit
            sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
            double.toggle()
        }
        guard sum % 10 == 0 else { return nil }
        self.value = value
        count = bytes.count
    }

    /// All digits. Never print them.
    public var digits: String { String(decoding: digitBytes, as: UTF8.self) }

    /// All digits as bytes of ASCII. Never print them.
    public var digitBytes: [UInt8] {
        var out: [UInt8] = Array(repeating: 0x30, count: count)
        var rest = value
        var index = count
        while rest > 0 {
            index -= 1
            out[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return out
    }

    /// A number that is equal for equal numbers only, for tables in memory. Never print it.
    public var packed: (UInt64, UInt64) { (value, UInt64(count)) }

    /// Whether the bytes are 12 to 19 digits that end in their Luhn check digit (ISO/IEC 7812-1).
    public static func hasValidCheckDigit(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard (12...19).contains(bytes.count) else { return false }
        var sum = 0
        var double = false
        for byte in bytes.reversed() {
            guard byte.isDigit else { return false }
            var digit = Int(byte - 0x30)
            if double {
                digit *= 2
                if digit > 9 { digit -= 9 }
            }
            sum += digit
            double.toggle()
        }
        return sum % 10 == 0
    }

    /// First four and last four digits, the rest as asterisks; text shorter than nine is masked whole.
    public static func masked(_ text: String) -> String {
        let count = text.count
        guard count > 8 else { return String(repeating: "*", count: count) }
        return text.prefix(4) + String(repeating: "*", count: count - 8) + text.suffix(4)
    }

    /// The masked number.
    public var description: String { Self.masked(digits) }
    /// The masked number.
    public var debugDescription: String { description }
}
