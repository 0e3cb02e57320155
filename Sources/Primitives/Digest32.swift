/// A SHA-256 digest: 32 bytes.
public struct Digest32: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64

    /// The digest whose bytes are all zero: the predecessor of a log's first entry.
    public static let zero = Digest32(a: 0, b: 0, c: 0, d: 0)

    private init(a: UInt64, b: UInt64, c: UInt64, d: UInt64) {
        self.a = a
        self.b = b
        self.c = c
        self.d = d
    }

    /// Makes a digest from its bytes as four words, each with its most significant byte first: the fast way, without
    /// a generic collection, for hashing record by record.
    public init(words a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        self.init(a: a, b: b, c: c, d: d)
    }

    /// Takes 32 bytes, or answers nil when there are more or fewer.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: [4 of UInt64] = [0, 0, 0, 0]
        var index = 0
        for byte in bytes {
            words[index >> 3] = words[index >> 3] << 8 | UInt64(byte)
            index += 1
        }
        self.init(a: words[0], b: words[1], c: words[2], d: words[3])
    }

    /// Takes 32 bytes, or answers nil when there are more or fewer. The same as for any collection, and much faster.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ start: Int) -> UInt64 {
            var out: UInt64 = 0
            for index in start..<start + 8 { out = out << 8 | UInt64(bytes[index]) }
            return out
        }
        self.init(a: word(0), b: word(8), c: word(16), d: word(24))
    }

    /// Reads 64 hexadecimal digits, of either case, or answers nil.
    public init?(hex: String) {
        guard hex.utf8.count == 64, let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(32)
        for word in [a, b, c, d] {
            for shift in stride(from: 56, through: 0, by: -8) {
                out.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return out
    }

    /// Appends the 32 bytes.
    public func append(to out: inout [UInt8]) {
        Self.append(a, to: &out)
        Self.append(b, to: &out)
        Self.append(c, to: &out)
        Self.append(d, to: &out)
    }

    private static func append(_ word: UInt64, to out: inout [UInt8]) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 8
            out.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    /// The bytes as four words, each with its most significant byte first: the fast way back to `init(words:)`.
    public var words: (UInt64, UInt64, UInt64, UInt64) { (a, b, c, d) }

    /// The first 16 bytes as two words, for compact indexes.
    public var prefix: (UInt64, UInt64) { (a, b) }

    /// 64 lower-case hexadecimal digits.
    public var description: String { Hex.encode(bytes) }

    /// Orders by the bytes.
    public static func < (x: Digest32, y: Digest32) -> Bool { (x.a, x.b, x.c, x.d) < (y.a, y.b, y.c, y.d) }

    /// Reads the hexadecimal form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = Digest32(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a SHA-256 digest")
        }
        self = digest
    }

    /// Writes the hexadecimal form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Hexadecimal text, lower case.
public enum Hex {
    /// Two digits for each byte.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes, or nil for an odd count or a character that is no hexadecimal digit.
    public static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case 0x30...0x39: value = character - 0x30
            case 0x41...0x46: value = character - 0x41 + 10
            case 0x61...0x66: value = character - 0x61 + 10
            default: return nil
            }
            if let first = high {
                out.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? out : nil
    }
}
