import Journal
public import Primitives

/// What a copy of a data directory holds.
public struct BackupContents: Hashable, Sendable {
    /// Facts of the log.
    public var facts: UInt64 = 0
    /// The chain hash of the last one.
    public var head = Digest32.zero
    /// Segment files of the log.
    public var segments = 0
    /// Files of entries, one for each batch.
    public var records = 0
    /// Originals.
    public var originals = 0
    /// Secrets of batches.
    public var keys = 0
    /// Files of acts that wait for their checker.
    public var pending = 0
    /// Files beside them, such as the gateway's configuration.
    public var others: [String] = []
    /// Bytes of all these.
    public var bytes: Int64 = 0
}

/// Copies of a data directory: backups and restored ones are the same thing made in opposite directions.
///
/// The source is only read, and a gateway may go on writing to it. The log's durable part is taken first, because it
/// never names what is not durable yet; entries, originals and secrets never change once they are, so that later copies
/// of them fit it. What belongs to later facts is left out, and so are uploads under way, `HEAD`, indexes and the lock.
/// The file `format` comes last: a copy that did not come to its end is no data directory. Specs/data-directory.md.
public enum Backup {
    /// Copies a data directory; every file and folder of the copy is durable when this returns.
    ///
    /// - Parameters:
    ///   - source: Opened with `DataDirectory.inspect`, or held.
    ///   - log: The source's log.
    ///   - path: Where the copy is made; nothing may be there, and its parent must exist.
    ///   - others: Names of files beside the stores' own that are copied where they exist.
    /// - Throws: `DataDirectoryError.exists` when something is at the path, `.fault` when the disk fails.
    public static func copy(
        _ source: DataDirectory, log: SegmentLog, to path: String, others: [String] = []
    ) throws(DataDirectoryError) -> BackupContents {
        guard try attempt({ () throws(FileError) in try source.files.kind(path) }) == nil else {
            throw .exists(path: path)
        }
        let extent: LogExtent
        do throws(Fault) { extent = try log.extent() } catch { throw .fault(error) }
        return try attempt { () throws(FileError) in
            var work = BackupCopy(files: source.files, source: source.path, target: path, extent: extent)
            try work.makeFolders()
            try work.copyLog()
            try work.copyStores()
            try work.finish(others)
            return work.contents
        }
    }

    /// Compares every byte of a copy that has a digest or a checksum of its own with it: the log, originals, secrets.
    /// Entries are compared when the log is folded.
    ///
    /// - Returns: The number of facts and the chain hash of the last one.
    /// - Throws: `Fault` that names the first thing that is not as it was written, or not there.
    public static func verify(_ copy: DataDirectory, hashing: Hashing) throws(Fault) -> LogVerification {
        let log = try copy.openLog(hashing: hashing)
        let found = try log.verifyAll()
        let originals = copy.originals(hashing: hashing)
        var kept: Set<Digest32> = []
        for digest in try originals.digests() {
            try originals.verify(digest)
            kept.insert(digest)
        }
        var missing: [UInt64: Digest32] = [:]
        try log.replay(from: 1) { (envelope) throws(Fault) in
            switch envelope.fact {
            case .fileReceived(let fact): if !kept.contains(fact.digest) { missing[envelope.sequence] = fact.digest }
            case .actCarriedOut(let fact):
                guard case .erasure(let erasure) = fact.act else { return }
                for received in erasure.received { missing[received] = nil }
            default: return
            }
        }
        if let (sequence, digest) = missing.min(by: { $0.key < $1.key }) {
            throw Fault("\(copy.path): the original \(digest) of fact \(sequence) is missing")
        }
        for name in try orFault(try copy.files.list(copy.path + "/keys")) {
            if let batch = BackupCopy.number(name, suffix: ".key") { _ = try copy.keys.key(of: batch) }
        }
        return found
    }

    private static func attempt<T>(_ body: () throws(FileError) -> T) throws(DataDirectoryError) -> T {
        do throws(FileError) { return try body() } catch { throw .fault(error.fault) }
    }
}

/// The work of copying.
struct BackupCopy {
    let files: any FileSystem
    let source: String
    let target: String
    let extent: LogExtent
    var contents = BackupContents()

    init(files: any FileSystem, source: String, target: String, extent: LogExtent) {
        self.files = files
        self.source = source
        self.target = target
        self.extent = extent
        (contents.facts, contents.head) = (extent.facts, extent.head)
    }

    /// The number in a name such as `0000000017.key`; nil for other names.
    static func number(_ name: String, suffix: String) -> UInt64? {
        guard name.hasSuffix(suffix) else { return nil }
        return UInt64(name.dropLast(suffix.count))
    }

    func makeFolders() throws(FileError) {
        try files.createDirectory(target)
        for folder in DataDirectory.folders { try files.createDirectory("\(target)/\(folder)") }
    }

    mutating func copyLog() throws(FileError) {
        for segment in extent.segments where segment.bytes > 0 {
            guard try copy("log/\(segment.name)", bytes: segment.bytes) else {
                throw FileError(
                    .missing, operation: "copy", path: "\(source)/log/\(segment.name)", reason: "it is gone")
            }
            contents.segments += 1
        }
        try files.syncDirectory(target + "/log")
    }

    mutating func copyStores() throws(FileError) {
        contents.records = try copyFolder("records") { [extent] in extent.knows($0, suffix: ".entries") }
        _ = try copyFolder("records") { [extent] in extent.knows($0, suffix: ".leaves") }
        for folder in try files.list(source + "/originals") {
            try files.createDirectory("\(target)/originals/\(folder)")
            contents.originals += try copyFolder("originals/\(folder)") { Digest32(hex: $0) != nil }
        }
        try files.syncDirectory(target + "/originals")
        contents.keys = try copyFolder("keys") { [extent] name in
            extent.knows(name, suffix: ".key") || name == BatchKeys.checkpointFile
        }
        contents.pending = try copyFolder("pending") { !$0.hasSuffix(".tmp") }
    }

    mutating func finish(_ others: [String]) throws(FileError) {
        for name in others where try files.kind("\(source)/\(name)") == .file {
            if try copy(name) { contents.others.append(name) }
        }
        try files.syncDirectory(target)
        try files.writeAtomically(Array("\(DataDirectory.format)\n".utf8), to: "format", in: target)
        try files.syncDirectory(DataDirectory.parent(target))
    }

    /// Copies those files of a folder that are wanted, and makes their names durable.
    ///
    /// - Returns: How many there were.
    private mutating func copyFolder(
        _ folder: String, where isWanted: (String) -> Bool
    ) throws(FileError) -> Int {
        var count = 0
        for name in try files.list("\(source)/\(folder)") where isWanted(name) {
            if try copy("\(folder)/\(name)") { count += 1 }
        }
        try files.syncDirectory("\(target)/\(folder)")
        return count
    }

    /// Copies a file, or so many of its first bytes, and makes them durable.
    ///
    /// - Returns: False when the file is gone meanwhile, as an act is that was carried out.
    private mutating func copy(_ name: String, bytes: Int64? = nil) throws(FileError) -> Bool {
        let original: any OpenFile
        do throws(FileError) {
            original = try files.open("\(source)/\(name)", .read)
        } catch {
            guard error.cause == .missing else { throw error }
            return false
        }
        let end = if let bytes { bytes } else { try original.size() }
        let copy = try files.open("\(target)/\(name)", .create)
        var offset: Int64 = 0
        while offset < end {
            let piece = try original.read(at: offset, count: Int(min(1 << 20, end - offset)))
            guard !piece.isEmpty else {
                throw FileError(.other, operation: "read", path: original.path, reason: "it ends at byte \(offset)")
            }
            try copy.write(piece[...], at: offset)
            offset += Int64(piece.count)
        }
        try copy.sync()
        contents.bytes += end
        return true
    }
}

extension LogExtent {
    /// Whether a file belongs to a batch that the facts know.
    fileprivate func knows(_ name: String, suffix: String) -> Bool {
        BackupCopy.number(name, suffix: suffix).map { $0 <= facts } ?? false
    }
}
