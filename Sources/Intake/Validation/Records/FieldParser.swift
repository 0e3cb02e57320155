import Primitives

/// Reads the values of fields from their bytes. Each rule is that of the type of the same name in `Specs/xsd`.
enum FieldParser {
    /// A decimal number without a sign: digits, and fraction digits behind a point.
    struct Decimal: Equatable {
        var unscaled: Int64
        var scale: Int

        /// The number in units of ten to the minus `digits`, or nil when it has more fraction digits.
        func scaled(to digits: Int) -> Int64? {
            guard scale <= digits else { return nil }
            var value = unscaled
            for _ in scale..<digits { value *= 10 }
            return value
        }
    }

    /// Reads `YYYY-MM-DD`, a real day.
    static func day(_ text: Span<UInt8>) -> BusinessDate? {
        guard text.count == 10, text[4] == 0x2D, text[7] == 0x2D else { return nil }
        guard let century = two(text, 0), let year = two(text, 2), let month = two(text, 5), let day = two(text, 8)
        else { return nil }
        return BusinessDate(year: century * 100 + year, month: month, day: day)
    }

    /// Reads RFC 3339 with `Z` or an offset of at most 14 hours, and at most 9 fraction digits, cut to 3.
    static func instant(_ text: Span<UInt8>) -> Timestamp? {
        guard text.count >= 20, text[10] == 0x54, text[13] == 0x3A, text[16] == 0x3A else { return nil }
        guard let date = day(text.extracting(0..<10)) else { return nil }
        guard let hour = two(text, 11), let minute = two(text, 14), let second = two(text, 17) else { return nil }
        guard hour < 24, minute < 60, second < 60 else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if text[index] == 0x2E {
            var weight: Int64 = 100
            index += 1
            while index < text.count, text[index].isDigit {
                fraction += Int64(text[index] - 0x30) * weight
                weight /= 10
                index += 1
            }
            guard (1...9).contains(index - 20) else { return nil }
        }
        guard index < text.count, let offset = offset(text.extracting(index...)) else { return nil }
        let whole = Timestamp(
            date: date, secondOfDay: hour * 3600 + minute * 60 + second, offsetSeconds: offset)
        return whole.adding(milliseconds: fraction)
    }

    private static func offset(_ text: Span<UInt8>) -> Int? {
        if text.count == 1, text[0] == 0x5A { return 0 }
        guard text.count == 6, text[3] == 0x3A, let hour = two(text, 1), let minute = two(text, 4) else { return nil }
        guard minute < 60, hour < 14 || (hour == 14 && minute == 0) else { return nil }
        switch text[0] {
        case 0x2B: return hour * 3600 + minute * 60
        case 0x2D: return -(hour * 3600 + minute * 60)
        default: return nil
        }
    }

    /// Two digits, or nil.
    static func two(_ text: Span<UInt8>, _ index: Int) -> Int? {
        let (tens, ones) = (text[index], text[index + 1])
        return tens.isDigit && ones.isDigit ? Int(tens - 0x30) * 10 + Int(ones - 0x30) : nil
    }

    /// Reads at most 12 digits with at most 4 fraction digits.
    static func decimal(_ text: Span<UInt8>) -> Decimal? {
        guard let (digits, scale) = digitsAndScale(text, digits: 12) else { return nil }
        return Decimal(unscaled: Int64(digits), scale: scale)
    }

    /// Reads a control sum: at most 18 digits with at most 4 fraction digits, in units of ten to the minus
    /// `minorUnits`.
    ///
    /// Nil when it is no such number or has more fraction digits than the unit.
    static func sum(_ text: Span<UInt8>, minorUnits: Int) -> Int128? {
        guard var (value, scale) = digitsAndScale(text, digits: 18), scale <= minorUnits else { return nil }
        while scale < minorUnits { (value, scale) = (value * 10, scale + 1) }
        return value
    }

    private static func digitsAndScale(_ text: Span<UInt8>, digits: Int) -> (Int128, Int)? {
        var value: UInt64 = 0
        var index = 0
        while index < text.count, text[index].isDigit {
            guard index < digits else { return nil }
            value = value * 10 + UInt64(text[index] - 0x30)
            index += 1
        }
        guard index > 0 else { return nil }
        guard index < text.count else { return (Int128(value), 0) }
        let scale = text.count - index - 1
        guard text[index] == 0x2E, (1...4).contains(scale) else { return nil }
        var wide = Int128(value)
        for digit in index + 1..<text.count {
            guard text[digit].isDigit else { return nil }
            wide = wide * 10 + Int128(text[digit] - 0x30)
        }
        return (wide, scale)
    }

    /// Reads a whole number without a leading zero, of at most so many digits, above zero.
    static func positive(_ text: Span<UInt8>, digits: Int) -> Int64? {
        guard text.count > 0, text[0] != 0x30 else { return nil }
        return whole(text, digits: digits)
    }

    /// Reads a whole number of at most so many digits.
    static func whole(_ text: Span<UInt8>, digits: Int) -> Int64? {
        guard (1...digits).contains(text.count) else { return nil }
        var value: Int64 = 0
        for index in text.indices {
            guard text[index].isDigit else { return nil }
            value = value * 10 + Int64(text[index] - 0x30)
        }
        return value
    }

    /// Whether the text is a transaction or message id.
    static func isID(_ text: Span<UInt8>) -> Bool {
        let count = text.count
        guard (1...35).contains(count) else { return false }
        var previous: UInt8 = 0x20
        for index in text.indices {
            let byte = text[index]
            guard byte.isAlphanumeric || isIDPunctuation(byte) else { return false }
            if byte == 0x2F, previous == 0x2F { return false }
            previous = byte
        }
        return text[0] != 0x20 && text[0] != 0x2F && previous != 0x20 && previous != 0x2F
    }

    private static func isIDPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x27...0x29, 0x2B...0x2F, 0x3A, 0x3F: true
        default: false
        }
    }

    /// Whether the text is a code: 1 to 35 of `A-Z 0-9 - _ .`.
    static func isCode(_ text: Span<UInt8>) -> Bool {
        guard (1...35).contains(text.count) else { return false }
        for index in text.indices {
            let byte = text[index]
            guard byte.isUppercase || byte.isDigit || byte == 0x2D || byte == 0x5F || byte == 0x2E else { return false }
        }
        return true
    }

    /// Whether the text is a partner id.
    static func isPartner(_ text: Span<UInt8>) -> Bool {
        guard (3...11).contains(text.count), text[0].isUppercase else { return false }
        for index in text.indices where !(text[index].isUppercase || text[index].isDigit) { return false }
        return true
    }

    /// Whether the text is an approval code: 1 to 12 capital letters and digits.
    static func isApproval(_ text: Span<UInt8>) -> Bool {
        guard (1...12).contains(text.count) else { return false }
        for index in text.indices where !(text[index].isUppercase || text[index].isDigit) { return false }
        return true
    }

    /// Whether the text is 12 to 19 digits.
    static func isAccountNumber(_ text: Span<UInt8>) -> Bool {
        guard (12...19).contains(text.count) else { return false }
        for index in text.indices where !text[index].isDigit { return false }
        return true
    }

    /// The case whose text the bytes are, or nil.
    static func word<Word: RawRepresentable<String> & CaseIterable>(_ text: Span<UInt8>, _: Word.Type) -> Word? {
        Word.allCases.first { text.isEqual(to: $0.rawValue.utf8) }
    }

    /// The type of a record, or nil.
    static func recordType(_ text: Span<UInt8>) -> RecordType? {
        guard text.count == 4 else { return nil }
        switch (text[0], text[1], text[2], text[3]) {
        case (0x41, 0x43, 0x43, 0x52): return .accrual
        case (0x52, 0x45, 0x44, 0x4D): return .redemption
        default: return word(text, RecordType.self)
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes are those of a collection.
    func isEqual(to other: some Collection<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        for byte in other {
            if self[index] != byte { return false }
            index += 1
        }
        return true
    }
}
