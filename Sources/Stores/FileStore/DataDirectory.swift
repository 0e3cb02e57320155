public import Primitives

/// Why a data directory was not opened.
public enum DataDirectoryError: Error, Hashable, CustomStringConvertible {
    /// Another process has it open.
    case taken(path: String, holder: String)
    /// It exists already and cannot be created.
    case exists(path: String)
    /// There is no data directory at the path.
    case missing(path: String)
    /// It was made by another version of the program.
    case otherFormat(path: String, found: String)
    /// The disk failed, or a part of the directory is gone.
    case fault(Fault)

    /// What stands in the way, and where.
    public var description: String {
        switch self {
        case .taken(let path, let holder):
            "\(path) is in use by another process\(holder.isEmpty ? "" : " (\(holder))"): only one may have it open"
        case .exists(let path): "\(path) exists already and is not empty"
        case .missing(let path): "\(path) is not a data directory: it has no file 'format'"
        case .otherFormat(let path, let found):
            "\(path) has the format '\(found)', and this program reads '\(DataDirectory.format)'"
        case .fault(let fault): fault.description
        }
    }
}

/// Everything that a clearing house keeps, in one folder.
///
/// | name | what |
/// | --- | --- |
/// | `format` | the version of this layout |
/// | `lock` | held by the one process that has it open |
/// | `log/` | segments of the log: `SegmentLog` |
/// | `records/` | entries of batches: `FileRecordStore` |
/// | `incoming/`, `originals/` | uploads and kept bytes: `OriginalStore` |
/// | `keys/` | secrets of batches: `BatchKeys` |
/// | `pending/` | acts that wait for their checker: `PendingActs` |
/// | `derived/` | what can be made from the log again |
public final class DataDirectory: Sendable {
    /// The layout's name and version. Logs of version 1 have no seals and no checkpoints: nothing in them can be proved
    /// to others, so that they are not read.
    public static let format = "coalition-data 2"
    static let folders = ["derived", "incoming", "keys", "log", "originals", "pending", "records"]

    /// Where it is.
    public let path: String
    /// The file system that it is on.
    public let files: any FileSystem
    private let lock: (any FileLock)?

    private init(path: String, files: any FileSystem, lock: (any FileLock)?) {
        self.path = path
        self.files = files
        self.lock = lock
    }

    /// The runs of indexes of transaction ids. A house that is only looked at keeps new ones in memory.
    ///
    /// - Parameter recentLimit: how many ids of a partner stay in memory before they become a run.
    public func identityRuns(recentLimit: Int = 1 << 18) -> IdentityRuns {
        let runs = IdentityRuns(
            path + "/derived/ids", files: files, isReadOnly: !isExclusive, recentLimit: recentLimit)
        if isExclusive { runs.discardLeftovers() }
        return runs
    }

    /// The newest snapshot of what is folded from the log.
    public func snapshots(hashing: Hashing) -> SnapshotStore {
        SnapshotStore(path + "/derived", files: files, hashing: hashing)
    }

    /// Creates a data directory durably and takes its lock. The folder must not exist, or be empty, or be what an
    /// interrupted creation left.
    ///
    /// - Parameters:
    ///   - path: Its parent must exist.
    ///   - files: The file system.
    ///   - holder: Who takes the lock, for the message to others.
    /// - Throws: `DataDirectoryError`.
    public static func create(
        _ path: String, files: any FileSystem, holder: String
    ) throws(DataDirectoryError) -> DataDirectory {
        if try io(try files.kind(path)) == nil {
            try io(try files.createDirectory(path))
        } else {
            guard try io(try files.kind(path)) == .directory, try io(try isUnfinished(path, files)) else {
                throw .exists(path: path)
            }
        }
        let lock = try take(path, files, holder)
        for folder in folders where try io(try files.kind("\(path)/\(folder)")) == nil {
            try io(try files.createDirectory("\(path)/\(folder)"))
        }
        try io(try files.syncDirectory(path))
        try io(try files.writeAtomically(Array("\(format)\n".utf8), to: "format", in: path))
        try io(try files.syncDirectory(parent(path)))
        return DataDirectory(path: path, files: files, lock: lock)
    }

    /// Opens a data directory and takes its lock.
    ///
    /// - Throws: `DataDirectoryError`.
    public static func open(
        _ path: String, files: any FileSystem, holder: String
    ) throws(DataDirectoryError) -> DataDirectory {
        try checkFormat(path, files)
        let lock = try take(path, files, holder)
        for folder in folders where try io(try files.kind("\(path)/\(folder)")) != .directory {
            throw .fault(Fault("\(path)/\(folder): the folder is missing"))
        }
        for folder in [path, path + "/keys", path + "/pending"] {
            for name in try io(try files.list(folder)) where name.hasSuffix(".tmp") {
                try io(try files.remove("\(folder)/\(name)"))
            }
        }
        return DataDirectory(path: path, files: files, lock: lock)
    }

    /// Opens a data directory for looking only: without its lock, while another process may write to it.
    ///
    /// - Throws: `DataDirectoryError`.
    public static func inspect(
        _ path: String, files: any FileSystem
    ) throws(DataDirectoryError) -> DataDirectory {
        try checkFormat(path, files)
        return DataDirectory(path: path, files: files, lock: nil)
    }

    /// Whether this process holds the lock, and may write.
    public var isExclusive: Bool { lock != nil }

    /// Opens the log; for reading only without the lock.
    ///
    /// - Throws: `Fault` when the log is damaged; see `SegmentLog.open`.
    public func openLog(
        hashing: Hashing, options: SegmentLog.Options = SegmentLog.Options()
    ) throws(Fault) -> SegmentLog {
        var options = options
        if !isExclusive { options.isReadOnly = true }
        if options.treeFolder == nil { options.treeFolder = path + "/derived/tree" }
        return try SegmentLog.open(path + "/log", files: files, hashing: hashing, options: options)
    }

    /// The entries of batches.
    public func records(hashing: Hashing) -> FileRecordStore {
        FileRecordStore(path + "/records", files: files, hashing: hashing)
    }

    /// Uploads and originals.
    public func originals(hashing: Hashing, options: OriginalStore.Options = OriginalStore.Options()) -> OriginalStore {
        OriginalStore(
            incoming: path + "/incoming", originals: path + "/originals", files: files, hashing: hashing,
            options: options)
    }

    /// Documents made from the log on demand, which may be thrown away.
    ///
    /// - Throws: `Fault` when their folder cannot be made.
    public func derivedDocuments(hashing: Hashing) throws(Fault) -> OriginalStore {
        let folder = path + "/derived/documents"
        for name in [folder, folder + "/incoming"] where try orFault(try files.kind(name)) == nil {
            try orFault(try files.createDirectory(name))
        }
        return OriginalStore(incoming: folder + "/incoming", originals: folder, files: files, hashing: hashing)
    }

    /// The secrets of batches.
    public var keys: BatchKeys { BatchKeys(path + "/keys", files: files) }

    /// Acts that wait for their checker.
    public var pendingActs: PendingActs { PendingActs(path + "/pending", files: files) }

    private static func take(
        _ path: String, _ files: any FileSystem, _ holder: String
    ) throws(DataDirectoryError) -> any FileLock {
        if let lock = try io(try files.lock(path + "/lock", holder: holder)) { return lock }
        let note = try io(try files.readWhole(path + "/lock")) ?? []
        throw .taken(path: path, holder: String(decoding: note.prefix(100), as: UTF8.self))
    }

    private static func checkFormat(_ path: String, _ files: any FileSystem) throws(DataDirectoryError) {
        guard let bytes = try io(try files.readWhole(path + "/format")) else { throw .missing(path: path) }
        guard bytes == Array("\(format)\n".utf8) else {
            let found = String(decoding: bytes.prefix(60).prefix { $0 != 10 }, as: UTF8.self)
            throw .otherFormat(path: path, found: found)
        }
    }

    private static func io<T>(_ body: @autoclosure () throws(FileError) -> T) throws(DataDirectoryError) -> T {
        do throws(FileError) { return try body() } catch { throw .fault(error.fault) }
    }

    /// Whether a folder holds nothing but empty folders of ours: what a creation leaves that did not come to its end.
    private static func isUnfinished(_ path: String, _ files: any FileSystem) throws(FileError) -> Bool {
        for name in try files.list(path) where name != "lock" && name != "format.tmp" {
            guard folders.contains(name), try files.list("\(path)/\(name)").isEmpty else { return false }
        }
        return true
    }

    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
