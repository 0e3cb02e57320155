public import Primitives
import Synchronization

/// The bytes that partners sent, until they are erased: uploads under way in one folder, finished originals by their
/// digest in another.
///
/// An original is never written over. It stands under its digest only after all its bytes were durable and had that
/// digest. Several tasks may use a store at once.
public final class OriginalStore: Sendable {
    /// How the store deals with the disk.
    public struct Options: Hashable, Sendable {
        /// Bytes that stay free for the log when uploads are admitted.
        public var reserveBytes: Int64 = 256 << 20
        /// Bytes after which an upload's progress is made durable.
        public var checkpointBytes: Int64 = 64 << 20

        /// The defaults.
        public init() {}
    }

    let incoming: String
    let originals: String
    let files: any FileSystem
    let hashing: Hashing
    let options: Options
    private let active = Mutex<Set<String>>([])

    /// Takes the store in two folders of one file system, which must exist.
    public init(
        incoming: String, originals: String, files: any FileSystem, hashing: Hashing, options: Options = Options()
    ) {
        self.incoming = incoming
        self.originals = originals
        self.files = files
        self.hashing = hashing
        self.options = options
    }

    /// Whether so many more bytes may be taken; else the finding STO-001.
    ///
    /// - Throws: `Fault` when the disk cannot be asked.
    public func room(for bytes: Int64) throws(Fault) -> Finding? {
        let free = try orFault(try files.freeBytes(incoming))
        let (needed, isTooMuch) = bytes.addingReportingOverflow(options.reserveBytes)
        guard isTooMuch || free < needed else { return nil }
        return Finding(.sto001, detail: "\(bytes) bytes are to be stored, and \(free) are free")
    }

    /// Begins an upload, or takes it up where its progress was last durable. Nil while another task holds it.
    ///
    /// - Throws: `Fault` when its file cannot be read or written.
    public func begin(_ upload: UploadName) throws(Fault) -> IncomingFile? {
        let name = upload.fileName
        guard take(name) else { return nil }
        do throws(Fault) {
            return try IncomingFile(store: self, name: name, expected: upload.digest, resumes: true)
        } catch {
            release(name)
            throw error
        }
    }

    /// Begins an original of our own making, such as a long list of findings, whose digest is not known yet. What an
    /// earlier attempt left under the name is thrown away. Nil while another task holds the name.
    ///
    /// - Parameter name: Letters, digits, dots and dashes.
    /// - Throws: `Fault` when its file cannot be written.
    public func beginDocument(_ name: String) throws(Fault) -> IncomingFile? {
        let name = "document-" + (try FileName.checked(name))
        guard take(name) else { return nil }
        do throws(Fault) {
            return try IncomingFile(store: self, name: name, expected: nil, resumes: false)
        } catch {
            release(name)
            throw error
        }
    }

    /// The uploads that were begun and are not finished, in order of their names.
    ///
    /// - Throws: `Fault` when the folder cannot be read.
    public func uploads() throws(Fault) -> [UploadName] {
        try orFault(try files.list(incoming)).compactMap { name in
            name.hasSuffix(IncomingFile.partSuffix) ? UploadName(fileName: name.dropLast(5)) : nil
        }
    }

    /// Throws an unfinished upload away. False while a task holds it.
    ///
    /// - Throws: `Fault` when it cannot be removed.
    public func discard(_ upload: UploadName) throws(Fault) -> Bool {
        guard take(upload.fileName) else { return false }
        defer { release(upload.fileName) }
        try orFault(try removeParts(upload.fileName))
        return true
    }

    /// Whether an original is kept.
    ///
    /// - Throws: `Fault` when the folder cannot be read.
    public func contains(_ digest: Digest32) throws(Fault) -> Bool {
        try orFault(try files.kind(path(digest))) == .file
    }

    /// An original, for reading. Its bytes are not compared with the digest: `verify` does that.
    ///
    /// - Throws: `Fault` when it is not kept or cannot be read.
    public func original(_ digest: Digest32) throws(Fault) -> Original {
        let file = try orFault(try files.open(path(digest), .read))
        return Original(digest: digest, size: try orFault(try file.size()), file: file)
    }

    /// Compares the bytes of an original with its digest.
    ///
    /// - Throws: `Fault` that names the original when they differ.
    public func verify(_ digest: Digest32) throws(Fault) {
        let original = try original(digest)
        let running = hashing.begin()
        try orFault(try original.file.forEachPiece(from: 0, to: original.size) { running.update($0) })
        let found = running.finish()
        guard found == digest else { throw Fault("\(path(digest)): its bytes have the digest \(found)") }
    }

    /// Removes an original durably; it may be missing.
    ///
    /// - Throws: `Fault` when it cannot be removed.
    public func remove(_ digest: Digest32) throws(Fault) {
        guard try contains(digest) else { return }
        try orFault(try files.remove(path(digest)))
        try orFault(try files.syncDirectory(folder(digest)))
    }

    /// The digests of all originals, in order.
    ///
    /// - Throws: `Fault` when a folder cannot be read.
    public func digests() throws(Fault) -> [Digest32] {
        var out: [Digest32] = []
        for folder in try orFault(try files.list(originals)) {
            out += try orFault(try files.list("\(originals)/\(folder)")).compactMap { Digest32(hex: $0) }
        }
        return out
    }

    func folder(_ digest: Digest32) -> String { "\(originals)/\(digest.description.prefix(2))" }
    func path(_ digest: Digest32) -> String { "\(folder(digest))/\(digest)" }

    func release(_ name: String) { active.withLock { _ = $0.remove(name) } }
    private func take(_ name: String) -> Bool { active.withLock { $0.insert(name).inserted } }

    func removeParts(_ name: String) throws(FileError) {
        for suffix in [IncomingFile.markSuffix, IncomingFile.partSuffix] {
            let path = "\(incoming)/\(name)\(suffix)"
            if try files.kind(path) != nil { try files.remove(path) }
        }
    }
}

/// What an upload is called until it is finished: whose it is, and the digest that it is to have.
public struct UploadName: Hashable, Sendable {
    /// The submitter.
    public var partner: PartnerID
    /// What counts, or the dry run.
    public var series: Series
    /// The partner's counter.
    public var sequence: Int64
    /// The digest that was declared.
    public var digest: Digest32

    /// Makes a name; the parameters are the properties of the same names.
    public init(partner: PartnerID, series: Series, sequence: Int64, digest: Digest32) {
        self.partner = partner
        self.series = series
        self.sequence = sequence
        self.digest = digest
    }

    var fileName: String { "\(partner)-\(series.rawValue)-\(sequence)-\(digest)" }

    init?(fileName: Substring) {
        let parts = fileName.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, PartnerID.accepts(String(parts[0])), let series = Series(rawValue: String(parts[1])),
            let sequence = Int64(parts[2]), let digest = Digest32(hex: String(parts[3]))
        else { return nil }
        self.init(partner: PartnerID(unchecked: String(parts[0])), series: series, sequence: sequence, digest: digest)
        guard self.fileName == fileName else { return nil }
    }
}

/// Kept bytes, for reading in any order by any task.
public struct Original: Sendable {
    /// Their digest.
    public let digest: Digest32
    /// Their number.
    public let size: Int64
    let file: any OpenFile

    /// The bytes of a range; fewer only at the end.
    ///
    /// - Throws: `Fault` when they cannot be read.
    public func read(at offset: Int64, count: Int) throws(Fault) -> [UInt8] {
        guard offset >= 0, offset < size else { return [] }
        return try orFault(try file.read(at: offset, count: Int(min(Int64(count), size - offset))))
    }
}
