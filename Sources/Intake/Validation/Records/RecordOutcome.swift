public import Primitives

/// What became of one record by the checks that need nothing but the file.
public enum RecordOutcome: Hashable, Sendable {
    /// All fields could be read and follow the rules.
    case parsed(ParsedRecord)
    /// At least one finding refuses it.
    case refused(RefusedRecord)
}

/// A record whose fields follow the rules.
public struct ParsedRecord: Hashable, Sendable {
    /// Where it stands in the file.
    public let place: RecordPlace
    /// What it says.
    public let content: RecordContent
    /// What was remarked on.
    public let warnings: [Finding]
    /// A digest of what it says, equal for equal content in XML and CSV.
    public let contentDigest: ContentDigest

    /// Joins what a reader found.
    public init(place: RecordPlace, content: RecordContent, warnings: [Finding], contentDigest: ContentDigest) {
        self.place = place
        self.content = content
        self.warnings = warnings
        self.contentDigest = contentDigest
    }
}

/// A record that is refused.
public struct RefusedRecord: Hashable, Sendable {
    /// Where it stands in the file.
    public let place: RecordPlace
    /// The transaction id as written, cut to 64 characters; empty where there is none.
    public let transactionID: String
    /// All findings, in the catalogue's order; at least one refuses.
    public let findings: [Finding]
    /// The amount, where unit and amount could be read.
    public let amount: UnitAmount?
    /// Whether it follows the schema, and only a rule beyond the schema is broken. CSV has no schema: whether it would.
    public let followsSchema: Bool
}

extension RecordOutcome {
    /// Where the record stands in the file.
    public var place: RecordPlace {
        switch self {
        case .parsed(let record): record.place
        case .refused(let record): record.place
        }
    }
}

/// Where a record stands in a file or message.
public struct RecordPlace: Hashable, Sendable {
    /// The number of the record, counted from 1.
    public let number: Int
    /// The line on which it begins, counted from 1.
    public let line: Int
    /// The offset of its first byte.
    public let offset: Int64
    /// Its length in bytes: from `<Transaction` to `</Transaction>`, or a CSV line without its end.
    public let length: Int

    /// Makes a place.
    public init(number: Int, line: Int, offset: Int64, length: Int) {
        self.number = number
        self.line = line
        self.offset = offset
        self.length = length
    }
}

/// An amount of points or money, in the unit's smallest quantity.
public struct UnitAmount: Hashable, Sendable {
    /// Points or money.
    public let unit: CurrencyCode
    /// Points, or minor units where the unit is a currency of money.
    public let units: Int64

    /// Joins unit and amount.
    public init(unit: CurrencyCode, units: Int64) {
        self.unit = unit
        self.units = units
    }
}

/// The first 16 bytes of a SHA-256 digest over a record's content, as `Specs/formats.md` encodes it.
public struct ContentDigest: Hashable, Sendable {
    /// The first eight bytes, the first of them highest.
    public let high: UInt64
    /// The next eight bytes.
    public let low: UInt64

    /// Takes the beginning of a digest.
    public init(_ digest: Digest32) { (high, low) = digest.prefix }

    /// Joins the two halves, such as from a store.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// SHA-256, given by the caller so that this stage needs no cryptography of its own.
public typealias ContentHash = @Sendable (_ bytes: [UInt8]) -> Digest32
