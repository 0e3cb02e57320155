import Primitives

/// Remembers the currency codes of a file with their minor units: a file has few, and each record names one or two.
struct CurrencyCache {
    struct Entry {
        let letters: UInt32
        let code: CurrencyCode
        /// Fraction digits of money; nil for points.
        let minorUnits: Int?
    }

    private static let capacity = 16
    private var entries: [Entry] = []

    /// The code that the bytes spell, or nil when they are not three capital letters.
    mutating func entry(_ text: Span<UInt8>) -> Entry? {
        guard text.count == 3 else { return nil }
        let letters = UInt32(text[0]) << 16 | UInt32(text[1]) << 8 | UInt32(text[2])
        for entry in entries where entry.letters == letters { return entry }
        guard let code = CurrencyCode(bytes: [text[0], text[1], text[2]]) else { return nil }
        let entry = Entry(letters: letters, code: code, minorUnits: code.minorUnits)
        if entries.count < Self.capacity { entries.append(entry) }
        return entry
    }
}
