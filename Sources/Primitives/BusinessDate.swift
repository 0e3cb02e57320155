/// A calendar day, of whatever zone its context states: the day of a member's transaction, of a price's validity.
///
/// Days run from 0001-01-01 to 9999-12-31 of the proleptic Gregorian calendar.
public struct BusinessDate: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Days since 1970-01-01, negative before.
    public let daysSince1970: Int32

    /// The last day there is: the end of a validity that has none.
    public static let distantFuture = BusinessDate(daysSince1970: 2_932_896)

    /// Makes the day that lies so many days after 1970-01-01.
    public init(daysSince1970: Int32) { self.daysSince1970 = daysSince1970 }

    /// Makes a day from its parts, or answers nil where there is no such day, such as 30 February.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        guard day >= 1, day <= Self.length(ofMonth: month, year: year) else { return nil }
        // Counts from 1 March of year 0, so that a leap day is a year's last.
        let y = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        self.init(daysSince1970: Int32(365 * y + y / 4 - y / 100 + y / 400 + dayOfYear - 719_468))
    }

    /// Reads `YYYY-MM-DD` and nothing else, or answers nil.
    public init?(_ text: String) {
        self.init(iso: Array(text.utf8)[...])
    }

    /// Reads the ten bytes of `YYYY-MM-DD`, or answers nil.
    public init?(iso bytes: ArraySlice<UInt8>) {
        guard bytes.count == 10 else { return nil }
        let start = bytes.startIndex
        var parts: [3 of Int] = [0, 0, 0]
        var part = 0
        for index in 0..<10 {
            let byte = bytes[start + index]
            if index == 4 || index == 7 {
                guard byte == 0x2D else { return nil }
                part += 1
            } else {
                guard byte.isDigit else { return nil }
                parts[part] = parts[part] * 10 + Int(byte - 0x30)
            }
        }
        self.init(year: parts[0], month: parts[1], day: parts[2])
    }

    /// Year, month and day.
    public var parts: (year: Int, month: Int, day: Int) {
        let z = Int(daysSince1970) + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// The day of the week, 1 for Monday to 7 for Sunday (ISO 8601).
    public var weekday: Int { ((Int(daysSince1970) + 3) % 7 + 7) % 7 + 1 }

    /// The day so many days later, or earlier where the number is negative.
    public func adding(days: Int) -> BusinessDate { BusinessDate(daysSince1970: daysSince1970 + Int32(days)) }

    /// The same day so many years later, or the 28th of February where that year has no 29th.
    public func adding(years: Int) -> BusinessDate {
        let (year, month, day) = parts
        let last = min(day, Self.length(ofMonth: month, year: year + years))
        guard let date = BusinessDate(year: year + years, month: month, day: last) else { return .distantFuture }
        return date
    }

    /// The number of days from another day to this one; negative when the other is later.
    public func days(since other: BusinessDate) -> Int { Int(daysSince1970) - Int(other.daysSince1970) }

    /// Days in a month.
    public static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// `YYYY-MM-DD`.
    public var description: String {
        let (year, month, day) = parts
        return "\(Padding.zeros(year, 4))-\(Padding.zeros(month, 2))-\(Padding.zeros(day, 2))"
    }

    /// Orders by time.
    public static func < (a: BusinessDate, b: BusinessDate) -> Bool { a.daysSince1970 < b.daysSince1970 }

    /// Reads the ISO 8601 form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let date = BusinessDate(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a date YYYY-MM-DD")
        }
        self = date
    }

    /// Writes the ISO 8601 form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A validity of days, both ends included.
public struct DateSpan: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The first day.
    public let from: BusinessDate
    /// The last day; `BusinessDate.distantFuture` where there is no end.
    public let to: BusinessDate

    /// Makes a span, or answers nil when it would end before it begins.
    public init?(from: BusinessDate, to: BusinessDate) {
        guard from <= to else { return nil }
        self.from = from
        self.to = to
    }

    /// Whether the day lies in the span.
    public func contains(_ date: BusinessDate) -> Bool { from <= date && date <= to }

    /// Whether the spans share a day.
    public func overlaps(_ other: DateSpan) -> Bool { from <= other.to && other.from <= to }

    /// Both days.
    public var description: String { to == .distantFuture ? "from \(from)" : "\(from) to \(to)" }
}

/// Numbers with leading zeros.
public enum Padding {
    /// The number in at least so many digits. The number must not be negative.
    public static func zeros(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return digits.utf8.count >= width ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
