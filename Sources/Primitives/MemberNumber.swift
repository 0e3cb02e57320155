/// A card or account number: 12 to 19 digits with a Luhn check digit.
///
/// Its description is masked: first four and last four digits. `digits` is for the member reference and the partner's
/// own echo only.
public struct MemberNumber: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// All digits. Never print them.
    public let digits: String

    /// Reads a number, or answers nil when its length, a character or the check digit is wrong.
    public init?(_ text: String) {
        guard Self.hasValidCheckDigit(text.utf8.span) else { return nil }
        digits = text
    }

    /// The same for a span: every record of a file passes here.
    private static func hasValidCheckDigit(_ bytes: Span<UInt8>) -> Bool {
        guard (12...19).contains(bytes.count) else { return false }
        var sum = 0
        // The last digit stands as it is, every second one before it is doubled.
        var double = bytes.count % 2 == 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte.isDigit else { return false }
            let digit = Int(byte - 0x30)
            sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
            double.toggle()
        }
        return sum % 10 == 0
    }

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
