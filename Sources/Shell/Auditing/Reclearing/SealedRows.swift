import Evidence
import FileStore
import Foundation
import Journal
import Ledger
import OpenSSLKit
import Primitives
import Transparency

/// The lines of a sealed batch as a bundle shows them. Specs/evidence.md, Entries.
struct LinesReading: Decodable {
    var lines: [Line]
    var sets: [LineSetReading]
    var shares: [String: [Int64]]
    var window: String

    struct LineSetReading: Decodable {
        var lines: [Int]
        var promotion: String
    }

    /// A line; masked without salt and key.
    struct Line: Decodable {
        var digest: String
        var salt: String?
        var key: [String: String]?

        /// The parts of the key in the order in which they are hashed; nil for a masked line.
        var parts: [String]? {
            guard let key else { return nil }
            return SealedLine.names.map { key[$0] ?? "" }
        }
    }

    /// Reads the lines of a folder; nil when they cannot be read or refer to each other wrongly.
    init?(_ bytes: [UInt8]) {
        guard let read = try? JSONDecoder().decode(LinesReading.self, from: Data(bytes)),
            read.sets.allSatisfy({ $0.lines.allSatisfy(read.lines.indices.contains) })
        else { return nil }
        self = read
    }

    /// Why a line's digest is not that of its salt and key, or nil when it is or the line is masked.
    static func defect(_ line: Line) -> String? {
        guard let parts = line.parts, let salt = line.salt else { return nil }
        guard let digest = Digest32(hex: line.digest), let half = Digest16(hexadecimal: salt),
            lineDigest(parts, salt: half) == digest
        else { return "its digest is not that of its salt and key" }
        return nil
    }

    static func lineDigest(_ parts: [String], salt: Digest16) -> Digest32 {
        var data = Array("CLN1".utf8)
        data += salt.bigEndianBytes
        for part in parts { data += counted(part) }
        return SHA256.digest(data)
    }

    static func counted(_ text: String) -> [UInt8] {
        let length = text.utf8.count
        return [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)] + Array(text.utf8)
    }

    /// The digest of a set, as leaves have it.
    static func setDigest(window: String, promotion: String, lines: [String]) -> Digest32? {
        var data = Array("CLS1".utf8) + counted(window) + counted(promotion)
        data += [UInt8(truncatingIfNeeded: lines.count >> 8), UInt8(truncatingIfNeeded: lines.count)]
        for line in lines {
            guard let digest = Digest32(hex: line) else { return nil }
            data += digest.bytes
        }
        return SHA256.digest(data)
    }

    /// The digests of all sets; nil when one cannot be made.
    var setDigests: [Digest32]? {
        var out: [Digest32] = []
        for set in sets {
            guard
                let digest = Self.setDigest(
                    window: window, promotion: set.promotion, lines: set.lines.map { lines[$0].digest })
            else { return nil }
            out.append(digest)
        }
        return out
    }
}

extension Digest16 {
    /// Reads 32 hexadecimal digits, or answers nil.
    init?(hexadecimal text: String) {
        guard let bytes = Hex.decode(text), bytes.count == 16 else { return nil }
        func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(0), low: word(8))
    }

    var bigEndianBytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    }
}

/// A row of `records.bin`.
struct SealedRow {
    static let bytes = 134

    var entry: RecordEntry
    var left: Int64
    var salt: Digest16

    /// Reads a row; nil when it is none.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.bytes else { return nil }
        var reader = BigEndianReader(bytes)
        guard let (entry, left) = Self.head(&reader) else { return nil }
        self.entry = entry
        self.left = left
        self.entry.lineSet = Int32(truncatingIfNeeded: reader.integer(4))
        salt = reader.half()
        self.entry.identity = reader.half()
        self.entry.content = reader.half()
        self.entry.member = reader.half()
        self.entry.offset = reader.integer(8)
        self.entry.length = UInt32(truncatingIfNeeded: reader.integer(4))
        let original = RecordLocation(batch: reader.integer(8), record: UInt32(truncatingIfNeeded: reader.integer(4)))
        if hasOriginal(bytes) { self.entry.original = original }
    }

    private func hasOriginal(_ bytes: ArraySlice<UInt8>) -> Bool { bytes[bytes.startIndex + 10] & 8 != 0 }

    /// Reads the 42 bytes that say what a record is.
    static func head(_ reader: inout BigEndianReader) -> (RecordEntry, Int64)? {
        guard reader.take(4).elementsEqual("CRL1".utf8) else { return nil }
        var entry = RecordEntry(record: UInt32(truncatingIfNeeded: reader.integer(4)), offset: 0, length: 0)
        let (type, status, flags) = (reader.integer(1), reader.integer(1), reader.integer(1))
        guard let known = RecordStatus.allCases.first(where: { UInt64($0.code) == status }), flags < 16 else {
            return nil
        }
        entry.type = RecordType.allCases.first { UInt64($0.code) == type }
        guard type == 0 || entry.type != nil else { return nil }
        entry.status = known
        entry.isLate = flags & 1 != 0
        entry.isCarriedOver = flags & 2 != 0
        let unit = reader.take(3)
        entry.unit = CurrencyCode(bytes: unit)
        guard entry.unit != nil || unit.allSatisfy({ $0 == 0 }) else { return nil }
        entry.units = Int64(bitPattern: reader.integer(8))
        entry.points = Int64(bitPattern: reader.integer(8))
        let day = Int32(bitPattern: UInt32(truncatingIfNeeded: reader.integer(4)))
        if flags & 4 != 0 { entry.businessDate = BusinessDate(daysSince1970: day) }
        return (entry, Int64(bitPattern: reader.integer(8)))
    }
}

/// Reads integers, the most significant byte first, from bytes that are long enough.
struct BigEndianReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var count: Int { rest.count }

    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func integer(_ count: Int) -> UInt64 { take(count).reduce(0) { $0 << 8 | UInt64($1) } }

    mutating func half() -> Digest16 { Digest16(high: integer(8), low: integer(8)) }
}

/// The sealed results of a batch: its rows in order, and their leaves.
struct SealedRows {
    let bundle: Bundle
    let folder: String
    let lines: LinesReading
    let sets: [Digest32]
    let count: Int64

    /// Opens the results of a folder; nil when there are none.
    ///
    /// - Throws: `BundleDefect` when they are not of the form.
    init?(_ bundle: Bundle, _ folder: String) throws {
        guard let place = bundle.file[folder + "records.bin"] else { return nil }
        guard place.size % Int64(SealedRow.bytes) == 0 else {
            throw BundleFile.BundleDefect(item: folder + "records.bin", found: "it is not made of whole rows")
        }
        guard let bytes = try bundle.file.small(folder + "lines.json", atMost: 512 << 20),
            let lines = LinesReading(bytes), let sets = lines.setDigests
        else { throw BundleFile.BundleDefect(item: folder + "lines.json", found: "it cannot be read") }
        self.bundle = bundle
        self.folder = folder
        self.lines = lines
        self.sets = sets
        count = place.size / Int64(SealedRow.bytes)
    }

    /// Calls the closure with each row in order.
    func forEach(_ body: (SealedRow) throws -> Void) throws {
        var offset: Int64 = 0
        var number: UInt32 = 0
        while true {
            let piece = try bundle.file.read(folder + "records.bin", at: offset, count: SealedRow.bytes * 4096)
            guard !piece.isEmpty else { return }
            offset += Int64(piece.count)
            for start in stride(from: 0, to: piece.count, by: SealedRow.bytes) {
                number += 1
                guard let row = SealedRow(piece[start..<min(start + SealedRow.bytes, piece.count)]),
                    row.entry.record == number, Int(row.entry.lineSet) < sets.count
                else {
                    throw BundleFile.BundleDefect(item: folder + "records.bin", found: "row \(number) cannot be read")
                }
                try body(row)
            }
        }
    }

    /// A row by its record's number, or nil.
    func row(_ record: UInt32) throws -> SealedRow? {
        guard record >= 1, Int64(record) <= count else { return nil }
        let bytes = try bundle.file.read(
            folder + "records.bin", at: Int64(record - 1) * Int64(SealedRow.bytes), count: SealedRow.bytes)
        return SealedRow(bytes[...])
    }

    /// The points on each line of a record.
    func shares(_ row: SealedRow) -> [Int64] {
        guard row.entry.lineSet >= 0 else { return [] }
        let set = lines.sets[Int(row.entry.lineSet)]
        if set.lines.count == 1, set.promotion.isEmpty { return [row.entry.points] }
        return lines.shares["\(row.entry.record)"] ?? []
    }

    /// The hash of a row's leaf.
    func leaf(_ row: SealedRow, _ messages: inout LeafMessages) -> Digest32 {
        RecordLeaf.writePrivate(row.entry, salt: row.salt, into: &messages.secret)
        RecordLeaf.write(
            row.entry, LeafDetail(left: row.left, shares: shares(row)),
            lines: row.entry.lineSet < 0 ? .zero : sets[Int(row.entry.lineSet)],
            privately: OpenSSLTreeHashing.digest(padded: messages.secret.words.span), into: &messages.leaf)
        return OpenSSLTreeHashing.digest(padded: messages.leaf.words.span)
    }
}

/// What leaves are hashed from, filled for one row after the other.
struct LeafMessages {
    var secret = HashMessage()
    var leaf = HashMessage()
}
