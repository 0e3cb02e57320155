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

    // "CRL1" and "CRP1".
    private static let leaf: UInt32 = 0x4352_4C31
    private static let `private`: UInt32 = 0x4352_5031
    private static let lines = Array("CLS1".utf8)
    private static let line = Array("CLN1".utf8)
    private static let recordSalt = Array("CRS1".utf8)
    private static let lineSalt = Array("CRT1".utf8)
    private static let privateBytes = 92

    /// Appends the 42 bytes that say what the record is and what became of it.
    public static func head(_ entry: RecordEntry, left: Int64, into out: inout [UInt8]) {
        var words: [6 of UInt64] = .init(repeating: 0)
        var cursor = WordCursor()
        var span = words.mutableSpan
        put(entry, left, &cursor, &span)
        cursor.flush(&span)
        for place in 0..<headBytes {
            let word = UInt64(bigEndian: words[place / 8])
            out.append(UInt8(truncatingIfNeeded: word >> UInt64(56 - place % 8 * 8)))
        }
    }

    @inline(__always)
    private static func put(
        _ entry: RecordEntry, _ left: Int64, _ cursor: inout WordCursor, _ out: inout MutableSpan<UInt64>
    ) {
        cursor.put(leaf, &out)
        cursor.put(entry.record, &out)
        cursor.put(entry.type?.code ?? 0, &out)
        cursor.put(entry.status.code, &out)
        var flags: UInt32 = 0
        if entry.isLate { flags |= 1 }
        if entry.isCarriedOver { flags |= 2 }
        if entry.businessDate != nil { flags |= 4 }
        if entry.original != nil { flags |= 8 }
        // The flags' byte and the unit's three letters, zero for no unit.
        cursor.put(flags << 24 | (entry.unit?.letters ?? 0), &out)
        cursor.put(UInt64(bitPattern: entry.units), &out)
        cursor.put(UInt64(bitPattern: entry.points), &out)
        cursor.put(UInt32(bitPattern: entry.businessDate?.daysSince1970 ?? 0), &out)
        cursor.put(UInt64(bitPattern: left), &out)
    }

    /// Writes a leaf as it is hashed in its tree: a byte 0, then its data.
    ///
    /// - Parameters:
    ///   - lines: the digest of the record's set of lines; zero for none.
    ///   - privately: the digest of what is private.
    public static func write(
        _ entry: RecordEntry, _ detail: LeafDetail, lines: Digest32, privately: Digest32,
        into message: inout HashMessage
    ) {
        message.fill(count: 1 + headBytes + 1 + detail.shares.count * 8 + 64) { cursor, out in
            cursor.put(UInt8(0), &out)
            put(entry, detail.left, &cursor, &out)
            cursor.put(UInt8(detail.shares.count), &out)
            for share in detail.shares { cursor.put(UInt64(bitPattern: share), &out) }
            put(lines, &cursor, &out)
            put(privately, &cursor, &out)
        }
    }

    /// The same for a record that leaves nothing and whose points are on its one line.
    public static func writeOrdinary(
        _ entry: RecordEntry, lines: Digest32, privately: Digest32, into message: inout HashMessage
    ) {
        message.fill(count: 1 + headBytes + 1 + 8 + 64) { cursor, out in
            cursor.put(UInt8(0), &out)
            put(entry, 0, &cursor, &out)
            cursor.put(UInt8(1), &out)
            cursor.put(UInt64(bitPattern: entry.points), &out)
            put(lines, &cursor, &out)
            put(privately, &cursor, &out)
        }
    }

    @inline(__always)
    private static func put(_ digest: Digest32, _ cursor: inout WordCursor, _ out: inout MutableSpan<UInt64>) {
        let words = digest.words
        cursor.put(words.0, &out)
        cursor.put(words.1, &out)
        cursor.put(words.2, &out)
        cursor.put(words.3, &out)
    }

    /// Writes what is hashed to the digest of a record's private part.
    public static func writePrivate(_ entry: RecordEntry, salt: Digest16, into message: inout HashMessage) {
        message.fill(count: privateBytes) { cursor, out in
            cursor.put(`private`, &out)
            cursor.put(salt, &out)
            cursor.put(entry.identity, &out)
            cursor.put(entry.content, &out)
            cursor.put(entry.member, &out)
            cursor.put(entry.offset, &out)
            cursor.put(entry.length, &out)
            cursor.put(entry.original?.batch ?? 0, &out)
            cursor.put(entry.original?.record ?? 0, &out)
        }
    }

    /// What is hashed to the key of AES-256 under which records' numbers become their salts.
    public static func saltKeyData(key: [UInt8], into out: inout [UInt8]) {
        out.append(contentsOf: key)
        out.append(contentsOf: recordSalt)
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
