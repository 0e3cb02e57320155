public import Primitives

/// 16 bytes of a digest: enough to tell records apart, short enough to keep for ever.
public struct Digest16: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The first 8 bytes, most significant first.
    public let high: UInt64
    /// The last 8 bytes.
    public let low: UInt64

    /// Stands for what is not known.
    public static let zero = Digest16(high: 0, low: 0)

    /// Makes a digest of two words.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Takes the first half of a SHA-256 digest.
    public init(_ digest: Digest32) { (high, low) = digest.prefix }

    /// 32 hexadecimal digits.
    public var description: String {
        Hex.encode(
            [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } })
    }

    /// Orders by the bytes.
    public static func < (a: Digest16, b: Digest16) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// Reads the hexadecimal form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bytes = Hex.decode(try container.decode(String.self)), bytes.count == 16 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 16 bytes in hexadecimal")
        }
        let words = stride(from: 0, to: 16, by: 8).map { bytes[$0..<$0 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        self.init(high: words[0], low: words[1])
    }

    /// Writes the hexadecimal form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Where a record's entry stands: the fact that brought its batch, and its number in it.
public struct RecordLocation: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The sequence number of the fact that received the file, or that answered the message.
    public let batch: UInt64
    /// The number in the file, from 1.
    public let record: UInt32

    /// Makes a location.
    public init(batch: UInt64, record: UInt32) {
        self.batch = batch
        self.record = record
    }

    /// The clearing reference that receipts and statements show: growing with the log, never used twice.
    public var description: String { "CLR-\(Padding.zeros(Int(batch), 8))-\(record)" }

    /// Reads a clearing reference, or answers nil.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "CLR", let batch = UInt64(parts[1]), let record = UInt32(parts[2]) else {
            return nil
        }
        self.init(batch: batch, record: record)
    }

    /// Orders by place in the log.
    public static func < (a: RecordLocation, b: RecordLocation) -> Bool { (a.batch, a.record) < (b.batch, b.record) }
}

/// What is kept of every record besides the original bytes: small, of fixed size, without a member's number.
public struct RecordEntry: Hashable, Sendable, Codable {
    /// The number in the file, from 1.
    public var record: UInt32
    /// The offset of the record's first byte in the original.
    public var offset: UInt64
    /// The record's length in bytes.
    public var length: UInt32
    /// What the record is; nil when a refused record did not say.
    public var type: RecordType?
    /// What became of it.
    public var status: RecordStatus
    /// Whether it came late with a fee.
    public var isLate: Bool
    /// Whether it belongs to an earlier window and was on time.
    public var isCarriedOver: Bool
    /// The digest of partner and transaction id; zero when a refused record had none.
    public var identity: Digest16
    /// The digest of the business content.
    public var content: Digest16
    /// The member's number under the batch's key; zero for none.
    public var member: Digest16
    /// The unit of the amount; nil when it could not be read.
    public var unit: CurrencyCode?
    /// Units as submitted.
    public var units: Int64
    /// Points of the shared currency.
    public var points: Int64
    /// The day of the member's transaction; nil when it could not be read.
    public var businessDate: BusinessDate?
    /// An index into the batch's line sets; -1 when the record counts on no line.
    public var lineSet: Int32
    /// The record that this one reverses or repeats.
    public var original: RecordLocation?

    /// Makes an entry of a record that has not been judged: refused, on no line.
    public init(record: UInt32, offset: UInt64, length: UInt32) {
        self.record = record
        self.offset = offset
        self.length = length
        type = nil
        status = .refused
        isLate = false
        isCarriedOver = false
        identity = .zero
        content = .zero
        member = .zero
        unit = nil
        units = 0
        points = 0
        businessDate = nil
        lineSet = -1
        original = nil
    }
}
