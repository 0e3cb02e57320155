import Primitives

/// Writes ASN.1 values in the distinguished encoding rules: definite lengths, sorted sets, the shortest form of
/// everything.
///
/// OpenSSL's own output leaves some sets as they were added, which strict readers refuse; what the gateway signs is
/// written here.
enum DER {
    static let null: [UInt8] = [0x05, 0x00]

    /// A value of a tag below 31.
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [tag]
        out.reserveCapacity(content.count + 6)
        appendLength(content.count, to: &out)
        out += content
        return out
    }

    static func appendLength(_ count: Int, to out: inout [UInt8]) {
        guard count >= 0x80 else {
            out.append(UInt8(count))
            return
        }
        var bytes: [UInt8] = []
        var rest = count
        while rest > 0 {
            bytes.append(UInt8(rest & 0xFF))
            rest >>= 8
        }
        out.append(0x80 | UInt8(bytes.count))
        out += bytes.reversed()
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { value(0x30, parts.flatMap { $0 }) }

    static func sequence(of parts: [[UInt8]]) -> [UInt8] { value(0x30, parts.flatMap { $0 }) }

    /// A set, its elements in ascending order of their encodings (X.690, 11.6).
    static func set(of parts: [[UInt8]], tag: UInt8 = 0x31) -> [UInt8] {
        value(tag, parts.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 })
    }

    /// An explicitly tagged value, or with several parts an implicitly tagged constructed one: `[number]`.
    static func tagged(_ number: UInt8, _ parts: [UInt8]...) -> [UInt8] { value(0xA0 | number, parts.flatMap { $0 }) }

    static func oid(_ id: OID) -> [UInt8] { value(0x06, id.content) }

    static func octets(_ bytes: [UInt8]) -> [UInt8] { value(0x04, bytes) }

    static func bits(_ bytes: [UInt8], unused: UInt8 = 0) -> [UInt8] { value(0x03, [unused] + bytes) }

    static func boolean(_ flag: Bool) -> [UInt8] { value(0x01, [flag ? 0xFF : 0x00]) }

    static func integer(_ number: Int) -> [UInt8] {
        precondition(number >= 0, "only numbers of versions and lengths are written so")
        var bytes: [UInt8] = []
        var rest = number
        repeat {
            bytes.insert(UInt8(rest & 0xFF), at: 0)
            rest >>= 8
        } while rest > 0
        return integer(magnitude: bytes)
    }

    /// A non-negative integer from its bytes, the most significant first.
    static func integer(magnitude: [UInt8]) -> [UInt8] {
        var bytes = Array(magnitude.drop { $0 == 0 })
        if bytes.isEmpty || bytes[0] >= 0x80 { bytes.insert(0, at: 0) }
        return value(0x02, bytes)
    }

    static func utf8(_ text: String) -> [UInt8] { value(0x0C, Array(text.utf8)) }

    static func printable(_ text: String) -> [UInt8] { value(0x13, Array(text.utf8)) }

    /// A bit string of named bits, written without its trailing zero bits as DER demands. Bit 0 is the leftmost.
    static func namedBits(_ set: Set<Int>) -> [UInt8] {
        guard let last = set.max() else { return bits([]) }
        var bytes = [UInt8](repeating: 0, count: last / 8 + 1)
        for bit in set { bytes[bit / 8] |= 0x80 >> UInt8(bit % 8) }
        return bits(bytes, unused: UInt8(7 - last % 8))
    }

    /// A time as certificates and CMS write it: UTCTime for the years 1950 to 2049, else GeneralizedTime (RFC 5280,
    /// 4.1.2.5). Milliseconds are cut off.
    static func time(_ instant: Timestamp) -> [UInt8] {
        let (date, millisecond) = instant.local(offsetSeconds: 0)
        let (year, month, day) = date.parts
        let second = millisecond / 1000
        var text = Padding.zeros(month, 2) + Padding.zeros(day, 2)
        text +=
            Padding.zeros(second / 3600, 2) + Padding.zeros(second / 60 % 60, 2) + Padding.zeros(second % 60, 2) + "Z"
        if (1950...2049).contains(year) { return value(0x17, Array((Padding.zeros(year % 100, 2) + text).utf8)) }
        return value(0x18, Array((Padding.zeros(year, 4) + text).utf8))
    }
}

/// Reads the two ASN.1 time types in the only forms that certificates and CMS allow: with seconds, in UTC, without
/// fractions.
enum ASN1Time {
    /// Reads a value by its tag and content, or answers nil.
    static func read(tag: UInt8, content: [UInt8]) -> Timestamp? {
        guard content.last == UInt8(ascii: "Z"), content.dropLast().allSatisfy({ $0.isDigit }) else { return nil }
        let digits = content.dropLast().map { Int($0 - 0x30) }
        func two(_ index: Int) -> Int { digits[index] * 10 + digits[index + 1] }
        let year: Int
        let rest: Int
        switch (tag, digits.count) {
        case (0x17, 12): (year, rest) = (two(0) >= 50 ? 1900 + two(0) : 2000 + two(0), 2)
        case (0x18, 14): (year, rest) = (two(0) * 100 + two(2), 4)
        default: return nil
        }
        let (hour, minute, second) = (two(rest + 4), two(rest + 6), two(rest + 8))
        guard let date = BusinessDate(year: year, month: two(rest), day: two(rest + 2)) else { return nil }
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return Timestamp(date: date, secondOfDay: hour * 3600 + minute * 60 + second, offsetSeconds: 0)
    }
}
