import FileStore
import Journal
import Ledger
import Primitives

/// The forms in which sealed records stand in bundles. Specs/evidence.md, Entries.
struct LinesForm: Encodable {
    var lines: [LineForm]
    var sets: [SetForm]
    var shares: [String: [Int64]]
    var window: String

    struct SetForm: Encodable {
        var lines: [Int]
        var promotion: String
    }

    /// A line, masked unless it has salt and key.
    struct LineForm: Encodable {
        var digest: String
        var salt: String?
        var key: [String: String]?
    }
}

extension SealedBatch {
    /// A line as a reader may see it: with salt and key, or masked.
    ///
    /// - Parameter reader: whose lines are shown; nil for all.
    func form(of line: SealedLine, index: Int, for reader: PartnerID?) -> LinesForm.LineForm {
        var out = LinesForm.LineForm(digest: sealer.lineDigest(line, index: index).description)
        guard reader == nil || reader == line.key.partner else { return out }
        out.salt = sealer.lineSalt(index).description
        out.key = Dictionary(uniqueKeysWithValues: zip(SealedLine.names, line.parts))
        return out
    }
}

/// One record's leaf with everything that it is made of.
struct WholeLeafForm: Encodable {
    var batch: UInt64
    var data: String
    var index: UInt64
    var lines: [LinesForm.LineForm]
    var path: [String]
    var `private`: PrivateForm
    var promotion: String
    var window: String

    struct PrivateForm: Encodable {
        var content: String
        var identity: String
        var length: UInt32
        var member: String
        var offset: UInt64
        var original: String
        var salt: String
    }
}

/// One record's leaf as it is shown to a partner on whose account it counts.
struct MaskedLeafForm: Encodable {
    var data: String
    var index: UInt64
    var path: [String]
    var set: Int
}

/// The rows of `records.bin`.
enum RecordRow {
    static let bytes = 134

    static func append(_ entry: RecordEntry, _ detail: LeafDetail, salt: Digest16, to out: inout [UInt8]) {
        RecordLeaf.head(entry, left: detail.left, into: &out)
        put(UInt64(UInt32(bitPattern: entry.lineSet)), 4, &out)
        for digest in [salt, entry.identity, entry.content, entry.member] {
            put(digest.high, 8, &out)
            put(digest.low, 8, &out)
        }
        put(entry.offset, 8, &out)
        put(UInt64(entry.length), 4, &out)
        put(entry.original?.batch ?? 0, 8, &out)
        put(UInt64(entry.original?.record ?? 0), 4, &out)
    }

    private static func put(_ value: UInt64, _ count: Int, _ out: inout [UInt8]) {
        for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
            out.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
