public import Journal
public import Primitives
import Synchronization

/// The entries of batches in one file each: `records/0000000017.entries` for the batch of fact 17.
///
/// A file is a header of 32 bytes (`COALREC1`, version 4, entry size 4, batch 8, zeros 4, CRC-32 4) and the entries of
/// `RecordEntryCodec`. While it is written its name ends with `.part`; sealing makes it durable under its own name.
/// Several tasks may use a store at once, each its own pending entries.
public final class FileRecordStore: RecordStore, Sendable {
    static let version: UInt32 = 1
    static let headerBytes = 32
    private static let magic = Array("COALREC1".utf8)
    /// Files that are kept open for reading.
    private static let openFilesMax = 64

    let files: any FileSystem
    let directory: String
    private let hashing: Hashing
    private let open = Mutex<[UInt64: any OpenFile]>([:])

    /// Takes the store in a folder, which must exist.
    public init(_ directory: String, files: any FileSystem, hashing: Hashing) {
        self.directory = directory
        self.files = files
        self.hashing = hashing
    }

    /// Begins the entries of a batch. What an earlier, unfinished attempt left of it is thrown away.
    ///
    /// Entries that were sealed before stay until these are sealed.
    ///
    /// - Throws: `Fault` when the folder cannot be written.
    public func begin(batch: UInt64) throws(Fault) -> any PendingEntries {
        let part = path(batch) + ".part"
        if try orFault(try files.kind(part)) != nil { try orFault(try files.remove(part)) }
        let file = try orFault(try files.open(part, .create))
        let place = FilePendingEntries.Place(
            files: files, directory: directory, part: part, path: path(batch), batch: batch)
        return FilePendingEntries(file, place, header: Self.header(batch), hashing) { [weak self] in
            self?.open.withLock { $0[batch] = nil }
        }
    }

    /// The entry at a location.
    ///
    /// - Throws: `Fault` when there is none, or its bytes are damaged.
    public func entry(at location: RecordLocation) throws(Fault) -> RecordEntry {
        let file = try file(location.batch)
        guard location.record >= 1 else { throw Fault("\(file.path): there is no record 0") }
        let size = RecordEntryCodec.size
        let offset = Int64(Self.headerBytes) + Int64(location.record - 1) * Int64(size)
        let bytes = try orFault(try file.read(at: offset, count: size))
        guard bytes.count == size else { throw Fault("\(file.path): there is no record \(location.record)") }
        return try Self.decode(bytes[...], location.record, file.path, offset)
    }

    /// Calls the closure with each entry of a batch in order, once their digest has been found right.
    ///
    /// - Throws: `Fault` when the entries are missing or do not have the digest that their fact states.
    public func forEach(
        batch: UInt64, reference: EntriesReference, _ body: (RecordEntry) throws(Fault) -> Void
    ) throws(Fault) {
        let file = try file(batch)
        let start = Int64(Self.headerBytes)
        let end = try orFault(try file.size())
        let size = Int64(RecordEntryCodec.size)
        guard end - start == reference.count * size else {
            throw Fault(
                "\(file.path): it has \(end - start) bytes of entries, and \(reference.count) entries are stated")
        }
        let running = hashing.begin()
        try orFault(try file.forEachPiece(from: start, to: end) { running.update($0) })
        guard running.finish() == reference.digest else {
            throw Fault("\(file.path): the entries do not have the digest that is stated")
        }
        let perPiece: Int64 = 2048
        var record: Int64 = 0
        while record < reference.count {
            let count = min(perPiece, reference.count - record)
            let bytes = try orFault(try file.read(at: start + record * size, count: Int(count * size)))
            guard bytes.count == Int(count * size) else { throw Fault("\(file.path): it became shorter") }
            for index in 0..<Int(count) {
                let place = index * Int(size)
                let entry: RecordEntry
                do throws(Fault) {
                    entry = try RecordEntryCodec.decode(
                        bytes.span.extracting(place..<place + Int(size)), isVouchedFor: true)
                } catch {
                    throw Fault("\(file.path), record \(record + Int64(index) + 1): \(error)")
                }
                try body(entry)
            }
            record += count
        }
    }

    /// The batches that have sealed entries, in order.
    ///
    /// - Throws: `Fault` when the folder cannot be read.
    public func batches() throws(Fault) -> [UInt64] {
        try orFault(try files.list(directory)).compactMap { name in
            name.hasSuffix(".entries") ? UInt64(name.dropLast(8)) : nil
        }.sorted()
    }

    static func decode(
        _ bytes: ArraySlice<UInt8>, _ record: UInt32, _ path: String, _ offset: Int64
    ) throws(Fault) -> RecordEntry {
        let entry: RecordEntry
        do throws(Fault) { entry = try RecordEntryCodec.decode(bytes) } catch {
            throw Fault("\(path) at byte \(offset), record \(record): \(error)")
        }
        guard entry.record == record else {
            throw Fault("\(path) at byte \(offset): record \(entry.record) stands in the place of \(record)")
        }
        return entry
    }

    private func path(_ batch: UInt64) -> String { "\(directory)/\(Padding.zeros(Int(batch), 10)).entries" }

    private static func header(_ batch: UInt64) -> [UInt8] {
        var out = magic
        out.appendLE(version)
        out.appendLE(UInt32(RecordEntryCodec.size))
        out.appendLE(batch)
        out.appendLE(UInt32(0))
        out.appendLE(CRC32.checksum(out[...]))
        return out
    }

    private func file(_ batch: UInt64) throws(Fault) -> any OpenFile {
        if let file = open.withLock({ $0[batch] }) { return file }
        guard try orFault(try files.kind(path(batch))) == .file else {
            throw Fault("\(path(batch)): there are no entries of batch \(batch)")
        }
        let file = try orFault(try files.open(path(batch), .read))
        guard try orFault(try file.read(at: 0, count: Self.headerBytes)) == Self.header(batch) else {
            throw Fault("\(file.path) at byte 0: the header is not that of the entries of batch \(batch)")
        }
        open.withLock { open in
            if open.count >= Self.openFilesMax { open.removeAll() }
            open[batch] = file
        }
        return file
    }
}

/// The entries of a batch while it is judged: written in large pieces, readable at once.
final class FilePendingEntries: PendingEntries {
    /// Where the entries are written, and where they will stand.
    struct Place {
        let files: any FileSystem
        let directory: String
        let part: String
        let path: String
        let batch: UInt64
    }

    private enum State { case open, sealed, failed, discarded }

    private static let pieceBytes = 1 << 18

    private let file: any OpenFile
    private let place: Place
    private let digest: any RunningDigest
    private let didSeal: () -> Void
    private var state = State.open
    /// Bytes that are not written yet, and where they belong.
    private var buffer: [UInt8]
    private var flushed: Int64 = 0
    private var count: Int64 = 0

    init(
        _ file: any OpenFile, _ place: Place, header: [UInt8], _ hashing: Hashing, didSeal: @escaping () -> Void
    ) {
        self.file = file
        self.place = place
        self.didSeal = didSeal
        digest = hashing.begin()
        buffer = header
        buffer.reserveCapacity(Self.pieceBytes + RecordEntryCodec.size)
    }

    func append(_ entry: RecordEntry) throws(Fault) {
        try checkOpen()
        try add(entry)
        if buffer.count >= Self.pieceBytes { try flush() }
    }

    func append(contentsOf entries: [RecordEntry]) throws(Fault) {
        try checkOpen()
        for entry in entries {
            try add(entry)
            if buffer.count >= Self.pieceBytes { try flush() }
        }
    }

    private func add(_ entry: RecordEntry) throws(Fault) {
        guard Int64(entry.record) == count + 1 else {
            throw Fault("\(place.part): record \(entry.record) does not follow on \(count)")
        }
        RecordEntryCodec.append(entry, to: &buffer)
        count += 1
    }

    func entry(_ record: UInt32) throws(Fault) -> RecordEntry {
        guard record >= 1, Int64(record) <= count, state != .discarded else {
            throw Fault("\(place.part): there is no record \(record)")
        }
        let size = RecordEntryCodec.size
        let offset = Int64(FileRecordStore.headerBytes) + Int64(record - 1) * Int64(size)
        if offset >= flushed {
            let start = Int(offset - flushed)
            return try FileRecordStore.decode(buffer[start..<start + size], record, place.part, offset)
        }
        let bytes = try orFault(try file.read(at: offset, count: size))
        guard bytes.count == size else { throw Fault("\(place.part): record \(record) cannot be read again") }
        return try FileRecordStore.decode(bytes[...], record, place.part, offset)
    }

    func seal() throws(Fault) -> EntriesReference {
        try checkOpen()
        try flush()
        state = .failed
        try orFault(try file.sync())
        try orFault(try place.files.rename(place.part, to: place.path))
        try orFault(try place.files.syncDirectory(place.directory))
        state = .sealed
        didSeal()
        return EntriesReference(count: count, digest: digest.finish())
    }

    func discard() {
        guard state == .open || state == .failed else { return }
        state = .discarded
        // A part that cannot be removed now is thrown away by the next attempt at the batch.
        try? place.files.remove(place.part)
    }

    private func checkOpen() throws(Fault) {
        switch state {
        case .open: return
        case .sealed: throw Fault("\(place.path): the entries are sealed")
        case .failed: throw Fault("\(place.part): an earlier write failed")
        case .discarded: throw Fault("\(place.part): the entries were thrown away")
        }
    }

    /// Writes the buffer. Entries are whole in it, so no entry is ever half in the file and half in the buffer.
    private func flush() throws(Fault) {
        state = .failed
        try orFault(try file.write(buffer[...], at: flushed))
        let entries = flushed == 0 ? buffer.dropFirst(FileRecordStore.headerBytes) : buffer[...]
        digest.update(entries)
        flushed += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
        state = .open
    }
}
