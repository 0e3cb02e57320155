public import Primitives
import ProgrammeModel

/// What a record's leaf says beyond its entry: of a reversal what it leaves, and the points on each line.
public struct LeafDetail: Hashable, Sendable, Codable {
    /// Units left of the original after a reversal; 0 for other records.
    public var left: Int64
    /// The points on each line of the record's set, in order.
    public var shares: [Int64]

    /// Makes a detail.
    public init(left: Int64, shares: [Int64]) {
        self.left = left
        self.shares = shares
    }
}

/// The bytes that the leaves of a file's tree are hashed over. Specs/evidence.md has the layout.
///
/// Everything is at a fixed place or has its length before it, so that different records have different bytes.
public enum RecordLeaf {
    /// The version of leaves that are made now.
    public static let version = 1
    /// Bytes before the number of lines.
    public static let headBytes = 42

    private static let leaf = Array("CRL1".utf8)
    private static let lines = Array("CLS1".utf8)
    private static let line = Array("CLN1".utf8)
    private static let `private` = Array("CRP1".utf8)
    private static let recordSalt = Array("CRS1".utf8)
    private static let lineSalt = Array("CRT1".utf8)

    /// The 42 bytes that say what the record is and what became of it.
    public static func head(_ entry: RecordEntry, left: Int64, into out: inout [UInt8]) {
        out.append(contentsOf: leaf)
        out.appendBE(entry.record)
        out.append(entry.type?.code ?? 0)
        out.append(entry.status.code)
        var flags: UInt8 = 0
        if entry.isLate { flags |= 1 }
        if entry.isCarriedOver { flags |= 2 }
        if entry.businessDate != nil { flags |= 4 }
        if entry.original != nil { flags |= 8 }
        out.append(flags)
        if let unit = entry.unit { unit.appendLetters(to: &out) } else { out.append(contentsOf: [0, 0, 0]) }
        out.appendBE(UInt64(bitPattern: entry.units))
        out.appendBE(UInt64(bitPattern: entry.points))
        out.appendBE(UInt32(bitPattern: entry.businessDate?.daysSince1970 ?? 0))
        out.appendBE(UInt64(bitPattern: left))
    }

    /// The whole data of a leaf.
    ///
    /// - Parameters:
    ///   - lines: the digest of the record's set of lines; zero for none.
    ///   - privately: the digest of what is private.
    public static func data(
        _ entry: RecordEntry, _ detail: LeafDetail, lines: Digest32, privately: Digest32, into out: inout [UInt8]
    ) {
        head(entry, left: detail.left, into: &out)
        out.append(UInt8(detail.shares.count))
        for share in detail.shares { out.appendBE(UInt64(bitPattern: share)) }
        out.append(lines)
        out.append(privately)
    }

    /// What is hashed to the digest of a record's private part.
    public static func privateData(_ entry: RecordEntry, salt: Digest16, into out: inout [UInt8]) {
        out.append(contentsOf: `private`)
        out.append(salt)
        out.append(entry.identity)
        out.append(entry.content)
        out.append(entry.member)
        out.appendBE(entry.offset)
        out.appendBE(entry.length)
        out.appendBE(entry.original?.batch ?? 0)
        out.appendBE(entry.original?.record ?? 0)
    }

    /// What is hashed to a record's salt; the first half of the digest is the salt.
    public static func saltData(key: [UInt8], record: UInt32, into out: inout [UInt8]) {
        out.append(contentsOf: key)
        out.append(contentsOf: recordSalt)
        out.appendBE(record)
    }

    /// What is hashed to a line's salt, by the line's index in its batch.
    public static func lineSaltData(key: [UInt8], index: Int, into out: inout [UInt8]) {
        out.append(contentsOf: key)
        out.append(contentsOf: lineSalt)
        out.appendBE(UInt32(index))
    }

    /// What is hashed to the digest of a line.
    public static func lineData(_ line: SealedLine, salt: Digest16, into out: inout [UInt8]) {
        out.append(contentsOf: self.line)
        out.append(salt)
        for part in line.parts { out.append(counted: part) }
    }

    /// What is hashed to the digest of a set of lines.
    public static func setData(
        window: WindowID, promotion: PromotionID?, lines digests: [Digest32], into out: inout [UInt8]
    ) {
        out.append(contentsOf: lines)
        out.append(counted: window.text)
        out.append(counted: promotion?.text ?? "")
        out.appendBE(UInt16(digests.count))
        for digest in digests { out.append(digest) }
    }
}

/// A line as it is sealed into leaves: its key in words, with the pair of its fixing.
public struct SealedLine: Hashable, Sendable {
    /// The line's key.
    public var key: LineKey
    /// The price's currency; nil without a fixing.
    public var base: CurrencyCode?
    /// The settlement currency; nil without a fixing.
    public var quote: CurrencyCode?

    /// Joins a key and its pair.
    public init(key: LineKey, base: CurrencyCode?, quote: CurrencyCode?) {
        self.key = key
        self.base = key.fixing == nil ? nil : base
        self.quote = key.fixing == nil ? nil : quote
    }

    /// The parts in the order in which they are hashed and written; absent ones are empty.
    public var parts: [String] {
        [
            key.partner.text, key.kind.rawValue, key.direction.rawValue, key.unit.description, key.ratio?.text ?? "",
            key.price.text, key.tax.category, key.tax.rate?.description ?? "", key.fixing?.text ?? "",
            base?.description ?? "", quote?.description ?? "", key.subSource,
        ]
    }

    /// The names of the parts.
    public static let names = [
        "partner", "kind", "side", "unit", "ratio", "price", "taxCategory", "taxRate", "fixing", "base", "quote",
        "subSource",
    ]
}

extension [UInt8] {
    mutating func appendBE(_ value: some FixedWidthInteger) {
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func append(_ digest: Digest16) {
        appendBE(digest.high)
        appendBE(digest.low)
    }

    mutating func append(_ digest: Digest32) { digest.append(to: &self) }

    /// A text after its length in two bytes. Texts that are sealed are all short.
    mutating func append(counted text: String) {
        let length = text.utf8.count
        precondition(length <= Int(UInt16.max), "a sealed text has at most 65535 bytes")
        appendBE(UInt16(length))
        append(contentsOf: text.utf8)
    }
}
