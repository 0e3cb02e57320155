import FoundationEssentials
public import Primitives
import Synchronization

/// Where in the log a snapshot was taken, and in which form.
public struct SnapshotMark: Hashable, Sendable {
    /// The version of the value's form: a snapshot of another form is not read.
    public var layout: UInt32
    /// The last fact that is folded in.
    public var sequence: UInt64
    /// The chain hash of that fact.
    public var head: Digest32

    /// Marks a place.
    public init(layout: UInt32, sequence: UInt64, head: Digest32) {
        self.layout = layout
        self.sequence = sequence
        self.head = head
    }
}

/// Keeps the newest snapshot of a value that is folded from the log, so that a start need not fold everything again.
///
/// A snapshot is a convenience and never the truth: one that is missing, damaged, of another form or of another log is
/// passed over, and the log is folded from its first fact. `Specs/data-directory.md` has the bytes.
public struct SnapshotStore: Sendable {
    private static let magic = Array("COALSNP1".utf8)
    private static let name = "snapshot"
    /// Magic, version, layout, sequence, chain hash, length of the form, number of tables.
    private static let headerBytes = 8 + 4 + 4 + 8 + 32 + 8 + 8
    private static let pieceBytes = 1 << 20

    private let folder: String
    private let files: any FileSystem
    private let hashing: Hashing

    init(_ folder: String, files: any FileSystem, hashing: Hashing) {
        self.folder = folder
        self.files = files
        self.hashing = hashing
    }

    private var path: String { "\(folder)/\(Self.name)" }

    /// Puts a snapshot in the place of the last one. A crash leaves the one or the other.
    ///
    /// - Throws: `Fault` when it cannot be written; the last one then stays.
    public func save(_ value: some Encodable, _ mark: SnapshotMark) throws(Fault) {
        let tables = TableKeeper()
        let encoder = JSONEncoder()
        encoder.userInfo[WordTable.key] = tables
        let form: [UInt8]
        do {
            form = [UInt8](try encoder.encode(value))
        } catch {
            throw Fault("a snapshot cannot be written as JSON: \(error)")
        }
        do throws(FileError) {
            try write(form, tables.all, mark)
        } catch {
            throw error.fault
        }
    }

    private func write(_ form: [UInt8], _ tables: [[UInt64]], _ mark: SnapshotMark) throws(FileError) {
        let temporary = path + ".tmp"
        if try files.kind(temporary) != nil { try files.remove(temporary) }
        var out = Output(file: try files.open(temporary, .create), digest: hashing.begin())
        var header = Self.magic
        header.appendLE(UInt32(1))
        header.appendLE(mark.layout)
        header.appendLE(mark.sequence)
        header += mark.head.bytes
        header.appendLE(Int64(form.count))
        header.appendLE(UInt64(tables.count))
        try out.write(header[...])
        try out.write(form[...])
        for table in tables {
            var piece: [UInt8] = []
            piece.appendLE(UInt64(table.count))
            for word in table {
                piece.appendLE(word)
                if piece.count >= Self.pieceBytes {
                    try out.write(piece[...])
                    piece.removeAll(keepingCapacity: true)
                }
            }
            try out.write(piece[...])
        }
        try out.file.write(out.digest.finish().bytes[...], at: out.offset)
        try out.file.sync()
        try files.rename(temporary, to: path)
        try files.syncDirectory(folder)
    }

    /// A file that is written and hashed from its beginning.
    private struct Output {
        let file: any OpenFile
        let digest: any RunningDigest
        var offset: Int64 = 0

        mutating func write(_ bytes: ArraySlice<UInt8>) throws(FileError) {
            try file.write(bytes, at: offset)
            digest.update(bytes)
            offset += Int64(bytes.count)
        }
    }

    /// What there is of a snapshot.
    public enum Found<Value> {
        /// There is none.
        case none
        /// There is one that cannot be used, and why.
        case unusable(String)
        /// A value, and where in the log it was taken.
        case value(Value, SnapshotMark)
    }

    /// Reads the snapshot.
    ///
    /// - Parameter layout: the version of the form that the program reads.
    public func load<Value: Decodable>(_ type: Value.Type, layout: UInt32) -> Found<Value> {
        let content: (form: [UInt8], tables: [[UInt64]], mark: SnapshotMark)?
        do {
            content = try read(layout: layout)
        } catch {
            return .unusable("\(error)")
        }
        guard let content else { return .none }
        let decoder = JSONDecoder()
        decoder.userInfo[WordTable.key] = TableKeeper(content.tables)
        do {
            return .value(try decoder.decode(type, from: Data(content.form)), content.mark)
        } catch {
            return .unusable("its form cannot be read: \(error)")
        }
    }

    private func read(layout: UInt32) throws -> (form: [UInt8], tables: [[UInt64]], mark: SnapshotMark)? {
        guard try files.kind(path) == .file else { return nil }
        let file = try files.open(path, .read)
        try verify(file)
        let header = try file.read(at: 0, count: Self.headerBytes)
        guard header.count == Self.headerBytes else { throw Fault("it is cut short") }
        guard header.starts(with: Self.magic) else { throw Fault("it does not begin as one") }
        var fields = FieldReader(header[8...])
        let version = fields.u32()
        let mark = SnapshotMark(layout: fields.u32(), sequence: fields.u64(), head: fields.digest())
        guard version == 1, mark.layout == layout else { throw Fault("it is of another version of the program") }
        let formBytes = Int(fields.i64())
        let tableCount = Int(fields.u64())
        var offset = Int64(Self.headerBytes)
        let form = try file.read(at: offset, count: formBytes)
        offset += Int64(formBytes)
        var tables: [[UInt64]] = []
        for _ in 0..<tableCount {
            var length = FieldReader(try file.read(at: offset, count: 8)[...])
            let count = Int(length.u64())
            offset += 8
            tables.append(try Self.words(file, at: offset, count: count))
            offset += Int64(count) * 8
        }
        return (form, tables, mark)
    }

    private static func words(_ file: any OpenFile, at start: Int64, count: Int) throws(FileError) -> [UInt64] {
        var words: [UInt64] = []
        words.reserveCapacity(count)
        while words.count < count {
            let size = min((count - words.count) * 8, pieceBytes)
            let bytes = try file.read(at: start + Int64(words.count) * 8, count: size)
            for place in stride(from: 0, to: size, by: 8) {
                var word: UInt64 = 0
                for index in (0..<8).reversed() { word = word << 8 | UInt64(bytes[place + index]) }
                words.append(word)
            }
        }
        return words
    }

    /// Compares the file with the digest at its end: what is read afterwards can be taken as it stands.
    private func verify(_ file: any OpenFile) throws {
        let size = try file.size() - 32
        guard size >= Int64(Self.headerBytes) else { throw Fault("it is cut short") }
        let digest = hashing.begin()
        var offset: Int64 = 0
        while offset < size {
            let piece = try file.read(at: offset, count: Int(min(Int64(Self.pieceBytes), size - offset)))
            digest.update(piece[...])
            offset += Int64(piece.count)
        }
        guard try file.read(at: size, count: 32) == digest.finish().bytes else {
            throw Fault("it does not have its digest")
        }
    }
}

/// The tables of a snapshot while it is coded or decoded.
private final class TableKeeper: WordTableKeeper {
    private let kept: Mutex<[[UInt64]?]>

    init(_ tables: [[UInt64]] = []) { kept = Mutex(tables) }

    /// The tables that were not taken.
    var all: [[UInt64]] { kept.withLock { $0.compactMap(\.self) } }

    func add(_ words: [UInt64]) -> Int {
        kept.withLock {
            $0.append(words)
            return $0.count - 1
        }
    }

    func take(_ index: Int) -> [UInt64]? {
        kept.withLock { kept in
            guard kept.indices.contains(index) else { return nil }
            defer { kept[index] = nil }
            return kept[index]
        }
    }
}
