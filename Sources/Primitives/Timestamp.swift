/// An instant, in milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// Makes the instant that lies so many milliseconds after 1970 began.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Makes the instant at which a wall clock shows a day and a time of day in a zone that is so far ahead of UTC.
    public init(date: BusinessDate, secondOfDay: Int, offsetSeconds: Int) {
        milliseconds = (Int64(date.daysSince1970) * 86_400 + Int64(secondOfDay) - Int64(offsetSeconds)) * 1000
    }

    /// Reads RFC 3339 with `Z` or a numeric offset and at most 9 fraction digits (cut to 3), or answers nil.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, let date = BusinessDate(iso: bytes[0..<10]), bytes[10] == UInt8(ascii: "T") else {
            return nil
        }
        guard let seconds = Self.clock(bytes[11..<19]) else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            var scale: Int64 = 100
            var count = 0
            index += 1
            while index < bytes.count, bytes[index].isDigit {
                fraction += Int64(bytes[index] - 0x30) * scale
                scale /= 10
                index += 1
                count += 1
            }
            guard (1...9).contains(count) else { return nil }
        }
        guard index < bytes.count, let offset = Self.offset(bytes[index...]) else { return nil }
        milliseconds = (Int64(date.daysSince1970) * 86_400 + Int64(seconds - offset)) * 1000 + fraction
    }

    private static func clock(_ bytes: ArraySlice<UInt8>) -> Int? {
        let b = Array(bytes)
        guard b[2] == UInt8(ascii: ":"), b[5] == UInt8(ascii: ":") else { return nil }
        guard let hour = two(b[0], b[1]), let minute = two(b[3], b[4]), let second = two(b[6], b[7]) else { return nil }
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
        let b = Array(bytes)
        if b == [UInt8(ascii: "Z")] { return 0 }
        guard b.count == 6, b[3] == UInt8(ascii: ":"), let hour = two(b[1], b[2]), let minute = two(b[4], b[5]) else {
            return nil
        }
        guard hour <= 14, minute < 60 else { return nil }
        let seconds = hour * 3600 + minute * 60
        switch b[0] {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return -seconds
        default: return nil
        }
    }

    private static func two(_ tens: UInt8, _ ones: UInt8) -> Int? {
        tens.isDigit && ones.isDigit ? Int(tens - 0x30) * 10 + Int(ones - 0x30) : nil
    }

    /// The day and the millisecond within it that a clock shows in a zone that is so far ahead of UTC.
    public func local(offsetSeconds: Int) -> (date: BusinessDate, millisecondOfDay: Int) {
        let shifted = milliseconds + Int64(offsetSeconds) * 1000
        let day = shifted >= 0 ? shifted / 86_400_000 : (shifted - 86_399_999) / 86_400_000
        return (BusinessDate(daysSince1970: Int32(day)), Int(shifted - day * 86_400_000))
    }

    /// RFC 3339 with a numeric offset, or `Z` for offset 0; milliseconds only where there are any.
    public func formatted(offsetSeconds: Int) -> String {
        let (date, ms) = local(offsetSeconds: offsetSeconds)
        let second = ms / 1000
        var out = "\(date)T\(Padding.zeros(second / 3600, 2)):\(Padding.zeros(second / 60 % 60, 2)):"
        out += Padding.zeros(second % 60, 2)
        if ms % 1000 != 0 { out += "." + Padding.zeros(ms % 1000, 3) }
        if offsetSeconds == 0 { return out + "Z" }
        let minutes = abs(offsetSeconds) / 60
        let sign = offsetSeconds < 0 ? "-" : "+"
        return out + "\(sign)\(Padding.zeros(minutes / 60, 2)):\(Padding.zeros(minutes % 60, 2))"
    }

    /// The instant so many milliseconds later.
    public func adding(milliseconds more: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds + more) }

    /// RFC 3339 in UTC.
    public var description: String { formatted(offsetSeconds: 0) }

    /// Orders by time.
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// Reads RFC 3339.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let instant = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 instant")
        }
        self = instant
    }

    /// Writes RFC 3339 in UTC.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
