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
        // The flags' byte and the unit's three letters, zero for no unit.
        cursor.put(flags(entry) << 24 | (entry.unit?.letters ?? 0), &out)
        cursor.put(UInt64(bitPattern: entry.units), &out)
        cursor.put(UInt64(bitPattern: entry.points), &out)
        cursor.put(UInt32(bitPattern: entry.businessDate?.daysSince1970 ?? 0), &out)
        cursor.put(UInt64(bitPattern: left), &out)
    }

    private static func flags(_ entry: RecordEntry) -> UInt32 {
        var flags: UInt32 = 0
        if entry.isLate { flags |= 1 }
        if entry.isCarriedOver { flags |= 2 }
        if entry.businessDate != nil { flags |= 4 }
        if entry.original != nil { flags |= 8 }
        return flags
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

    /// Bytes before the digest of what is private in the leaf of an ordinary record, as it is hashed.
    public static let ordinaryPrivate = 1 + headBytes + 1 + 8 + 32

    /// Writes the leaves of ordinary records, which leave nothing and whose points are on their one line, with zeros
    /// for the digest of what is private; and what is private. They are the messages of `write` and of `writePrivate`.
    ///
    /// - Parameters:
    ///   - salts: one for each entry.
    ///   - sets: digests of sets of lines, by their indexes.
    ///   - leaves: as many messages as there are entries, or more.
    ///   - secrets: the same.
    public static func writeOrdinary(
        _ entries: [RecordEntry], salts: [Digest16], sets: [Digest32], into leaves: inout HashMessages,
        _ secrets: inout HashMessages
    ) {
        leaves.fill(count: ordinaryPrivate + 32) { stride, out in
            for index in entries.indices {
                putOrdinary(entries[index], sets[Int(entries[index].lineSet)], &out, at: index * stride)
            }
        }
        secrets.fill(count: privateBytes) { stride, out in
            for index in entries.indices { putPrivate(entries[index], salts[index], &out, at: index * stride) }
        }
    }

    /// The message of `write`, word by word.
    @inline(__always)
    private static func putOrdinary(
        _ entry: RecordEntry, _ lines: Digest32, _ out: inout MutableSpan<UInt64>, at start: Int
    ) {
        let record = UInt64(entry.record)
        let kind = UInt64(entry.type?.code ?? 0) << 48 | UInt64(entry.status.code) << 40 | UInt64(flags(entry)) << 32
        let unit = UInt64(entry.unit?.letters ?? 0)
        let (units, points) = (UInt64(bitPattern: entry.units), UInt64(bitPattern: entry.points))
        let date = UInt64(UInt32(bitPattern: entry.businessDate?.daysSince1970 ?? 0))
        let set = lines.words
        out[start] = (UInt64(leaf) << 24 | record >> 8).bigEndian
        out[start + 1] = (record << 56 | kind | unit << 8 | units >> 56).bigEndian
        out[start + 2] = (units << 8 | points >> 56).bigEndian
        out[start + 3] = (points << 8 | date >> 24).bigEndian
        out[start + 4] = (date << 40).bigEndian
        // Nothing is left, and there is one line.
        out[start + 5] = (1 << 32 | points >> 32).bigEndian
        out[start + 6] = (points << 32 | set.0 >> 32).bigEndian
        out[start + 7] = (set.0 << 32 | set.1 >> 32).bigEndian
        out[start + 8] = (set.1 << 32 | set.2 >> 32).bigEndian
        out[start + 9] = (set.2 << 32 | set.3 >> 32).bigEndian
        out[start + 10] = (set.3 << 32).bigEndian
        out[start + 14] = UInt64(0x80 << 24).bigEndian
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
        message.messages.fill(count: privateBytes) { _, out in putPrivate(entry, salt, &out, at: 0) }
    }

    @inline(__always)
    private static func putPrivate(
        _ entry: RecordEntry, _ salt: Digest16, _ out: inout MutableSpan<UInt64>, at start: Int
    ) {
        let (identity, content, member) = (entry.identity, entry.content, entry.member)
        // The four letters move all that follows by half a word.
        out[start] = (UInt64(`private`) << 32 | salt.high >> 32).bigEndian
        out[start + 1] = (salt.high << 32 | salt.low >> 32).bigEndian
        out[start + 2] = (salt.low << 32 | identity.high >> 32).bigEndian
        out[start + 3] = (identity.high << 32 | identity.low >> 32).bigEndian
        out[start + 4] = (identity.low << 32 | content.high >> 32).bigEndian
        out[start + 5] = (content.high << 32 | content.low >> 32).bigEndian
        out[start + 6] = (content.low << 32 | member.high >> 32).bigEndian
        out[start + 7] = (member.high << 32 | member.low >> 32).bigEndian
        out[start + 8] = (member.low << 32 | entry.offset >> 32).bigEndian
        out[start + 9] = (entry.offset << 32 | UInt64(entry.length)).bigEndian
        out[start + 10] = (entry.original?.batch ?? 0).bigEndian
        out[start + 11] = (UInt64(entry.original?.record ?? 0) << 32 | 0x80 << 24).bigEndian
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
