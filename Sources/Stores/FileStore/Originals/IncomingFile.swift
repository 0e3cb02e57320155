public import Primitives
import Synchronization

/// Why bytes were not stored.
public enum StorageFailure: Error, Hashable, CustomStringConvertible {
    /// There is no room: STO-001.
    case refused(Refusal)
    /// The disk failed.
    case fault(Fault)

    init(_ error: FileError) {
        self =
            error.cause == .noSpace
            ? .refused(Refusal(.sto001, detail: error.description)) : .fault(error.fault)
    }

    /// The refusal or fault in words.
    public var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .fault(let fault): fault.description
        }
    }
}

/// An upload that arrives in pieces.
///
/// Its progress becomes durable every `checkpointBytes`, by `checkpoint` and by `complete`; a later start takes it up
/// there. How far that is stands in a small file beside it, written after each sync of the bytes and never before, so
/// that it may say too little and never too much. One task at a time uses it.
public final class IncomingFile: Sendable {
    static let partSuffix = ".part"
    static let markSuffix = ".mark"
    private static let markMagic = Array("COALMARK".utf8)

    /// What became of a complete upload.
    public enum Outcome: Hashable, Sendable {
        /// It is durable under its digest.
        case kept(Digest32)
        /// It does not have the digest that was declared, but this one, and was thrown away.
        case differs(Digest32)
    }

    private struct State {
        var length: Int64
        var durable: Int64
        var digest: any RunningDigest
        var isOver = false
    }

    private let store: OriginalStore
    private let name: String
    private let expected: Digest32?
    private let file: any OpenFile
    private let mark: any OpenFile
    private let state: Mutex<State>

    init(store: OriginalStore, name: String, expected: Digest32?, resumes: Bool) throws(Fault) {
        self.store = store
        self.name = name
        self.expected = expected
        let path = "\(store.incoming)/\(name)"
        if !resumes { try orFault(try store.removeParts(name)) }
        file = try orFault(try store.files.openOrCreate(path + Self.partSuffix))
        mark = try orFault(try store.files.openOrCreate(path + Self.markSuffix))
        let marked = try Self.readMark(mark)
        let durable = min(marked, try orFault(try file.size()))
        if marked > durable {
            // The mark outlived the bytes that it was made for, and must not vouch for those that come now.
            try orFault(try Self.write(durable, to: mark))
            try orFault(try mark.sync())
        }
        try orFault(try file.truncate(to: durable))
        let digest = store.hashing.begin()
        try orFault(try file.forEachPiece(from: 0, to: durable) { digest.update($0) })
        state = Mutex(State(length: durable, durable: durable, digest: digest))
        try orFault(try store.files.syncDirectory(store.incoming))
    }

    deinit { store.release(name) }

    /// How many bytes are there: where the sender goes on.
    public var length: Int64 { state.withLock { $0.length } }

    /// How many of them survive a loss of power.
    public var durableLength: Int64 { state.withLock { $0.durable } }

    /// Adds bytes at the end.
    ///
    /// - Throws: `StorageFailure`; the upload must then be begun again, and goes on at its durable length.
    public func append(_ bytes: ArraySlice<UInt8>) throws(StorageFailure) {
        try change { (state) throws(FileError) in
            try file.write(bytes, at: state.length)
            state.digest.update(bytes)
            state.length += Int64(bytes.count)
            if state.length - state.durable >= store.options.checkpointBytes { try sync(&state) }
        }
    }

    /// Makes durable what is there, such as when the connection broke.
    ///
    /// - Throws: `StorageFailure`; the upload must then be begun again, and goes on at its durable length.
    public func checkpoint() throws(StorageFailure) {
        try change { (state) throws(FileError) in try sync(&state) }
    }

    /// Ends the upload: compares the digest and keeps the bytes durably under it.
    ///
    /// - Throws: `StorageFailure` when they could not be made durable, or when the original is there already and its
    ///   bytes are damaged.
    public func complete() throws(StorageFailure) -> Outcome {
        let found = try change { (state) throws(FileError) -> Digest32 in
            try sync(&state)
            state.isOver = true
            return state.digest.finish()
        }
        guard found == expected ?? found else {
            try io(try store.removeParts(name))
            return .differs(found)
        }
        try io(try place(under: found))
        if try io(try store.files.kind(file.path)) != nil {
            // The very bytes are kept already: from an earlier upload, or by a run that ended before it said so.
            do throws(Fault) { try store.verify(found) } catch { throw .fault(error) }
        }
        try io(try store.removeParts(name))
        return .kept(found)
    }

    /// Moves the bytes to their digest, unless an original is there, and makes its name durable.
    private func place(under digest: Digest32) throws(FileError) {
        let folder = store.folder(digest)
        do throws(FileError) {
            try store.files.createDirectory(folder)
        } catch {
            // It is there, or another file of the same first digits has just made it.
            guard error.cause == .exists else { throw error }
        }
        try store.files.syncDirectory(store.originals)
        if try store.files.kind(store.path(digest)) == nil {
            try store.files.rename(file.path, to: store.path(digest))
        }
        try store.files.syncDirectory(folder)
    }

    private func io<T>(_ body: @autoclosure () throws(FileError) -> T) throws(StorageFailure) -> T {
        do throws(FileError) { return try body() } catch { throw StorageFailure(error) }
    }

    private func change<T: Sendable>(
        _ body: (inout State) throws(FileError) -> T
    ) throws(StorageFailure) -> T {
        try state.withLock { (state) throws(StorageFailure) -> T in
            guard !state.isOver else { throw .fault(Fault("\(file.path): the upload is over or failed before")) }
            do throws(FileError) {
                return try body(&state)
            } catch {
                state.isOver = true
                throw StorageFailure(error)
            }
        }
    }

    private func sync(_ state: inout State) throws(FileError) {
        try file.sync()
        state.durable = state.length
        try Self.write(state.length, to: mark)
    }

    private static func write(_ length: Int64, to mark: any OpenFile) throws(FileError) {
        var bytes = markMagic
        bytes.appendLE(length)
        bytes.appendLE(CRC32.checksum(bytes[...]))
        try mark.write(bytes[...], at: 0)
    }

    private static func readMark(_ file: any OpenFile) throws(Fault) -> Int64 {
        let bytes = try orFault(try file.read(at: 0, count: 20))
        guard bytes.count == 20, FieldReader.isChecked(bytes[...]), bytes.starts(with: markMagic) else { return 0 }
        var reader = FieldReader(bytes.dropFirst(8))
        return max(reader.i64(), 0)
    }
}
