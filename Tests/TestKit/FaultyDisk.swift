public import FileStore
import Synchronization

/// A disk in memory that keeps apart what was synced and what was not, and that fails when it is told to.
///
/// A file's bytes become durable by its own sync, a name by a sync of its directory, as POSIX promises and no more.
/// Every operation that changes something is an event with a number, counted from 1; `FaultyDiskPlan` says at which
/// event what happens. After a loss of power every operation fails; `restarted` gives the disk as the next start
/// finds it.
public final class FaultyDisk: FileSystem {
    private let state: Mutex<FaultyDiskState>

    /// An empty disk with a root directory.
    public convenience init(_ plan: FaultyDiskPlan = FaultyDiskPlan()) { self.init(FaultyDiskState(plan)) }

    private init(_ state: sending FaultyDiskState) { self.state = Mutex(state) }

    /// How many events there were.
    public var events: Int { state.withLock { $0.events } }

    /// Which of them were syncs of a file or directory.
    public var syncEvents: [Int] { state.withLock { $0.syncEvents } }

    /// Whether the power is gone.
    public var isDead: Bool { state.withLock { $0.isDead } }

    /// Changes what happens from now on.
    public func plan(_ plan: FaultyDiskPlan) { state.withLock { $0.plan = plan } }

    /// The disk as it is found after the process, or the power, ended. This one is dead afterwards.
    public func restarted(after end: FaultyDiskEnd, _ plan: FaultyDiskPlan = FaultyDiskPlan()) -> FaultyDisk {
        let next = state.withLock { state in
            let next = state.restarted(after: end, plan)
            state.isDead = true
            return next
        }
        return FaultyDisk(next)
    }

    /// Opens a file.
    public func open(_ path: String, _ access: FileAccess) throws(FileError) -> any OpenFile {
        let inode = try state.withLock { (state) throws(FileError) in try state.open(path, access) }
        return FaultyFile(disk: self, path: path, inode: inode)
    }

    /// What stands at a path.
    public func kind(_ path: String) throws(FileError) -> FileKind? {
        try state.withLock { (state) throws(FileError) in
            try state.alive("look at", path)
            return state.find(path).map { state.inodes[$0]?.isDirectory == true ? .directory : .file }
        }
    }

    /// The names in a directory.
    public func list(_ directory: String) throws(FileError) -> [String] {
        try state.withLock { (state) throws(FileError) in
            try state.alive("list", directory)
            guard let inode = state.find(directory), let entry = state.inodes[inode], entry.isDirectory else {
                throw FileError(.missing, operation: "list", path: directory, reason: "no such directory")
            }
            return entry.names.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    /// Creates a directory.
    public func createDirectory(_ path: String) throws(FileError) {
        try state.withLock { (state) throws(FileError) in
            try state.event("create directory", path)
            try state.add(path, FaultyDiskState.Inode(isDirectory: true))
        }
    }

    /// Gives a file another name.
    public func rename(_ from: String, to: String) throws(FileError) {
        try state.withLock { (state) throws(FileError) in
            try state.event("rename to \(to)", from)
            try state.rename(from, to)
        }
    }

    /// Removes a name.
    public func remove(_ path: String) throws(FileError) {
        try state.withLock { (state) throws(FileError) in
            try state.event("remove", path)
            try state.remove(path)
        }
    }

    /// Makes the names in a directory durable.
    public func syncDirectory(_ path: String) throws(FileError) {
        try state.withLock { (state) throws(FileError) in
            try state.event("sync directory", path, isSync: true)
            guard let inode = state.find(path), state.inodes[inode]?.isDirectory == true else {
                throw FileError(.missing, operation: "sync directory", path: path, reason: "no such directory")
            }
            state.syncNames(inode)
        }
    }

    /// What the plan's capacity leaves.
    public func freeBytes(_ path: String) throws(FileError) -> Int64 {
        try state.withLock { (state) throws(FileError) in
            try state.alive("ask the free space of", path)
            return state.free
        }
    }

    /// Takes a lock.
    public func lock(_ path: String, holder: String) throws(FileError) -> (any FileLock)? {
        try state.withLock { (state) throws(FileError) -> (any FileLock)? in
            guard state.locks.insert(path).inserted else { return nil }
            if state.find(path) == nil { try state.add(path, FaultyDiskState.Inode(isDirectory: false)) }
            if let inode = state.find(path) { state.inodes[inode]?.write(Array(holder.utf8), at: 0) }
            return FaultyLock(disk: self, path: path)
        }
    }

    fileprivate func release(_ path: String) { state.withLock { _ = $0.locks.remove(path) } }

    fileprivate func withState<T: Sendable>(
        _ body: (inout FaultyDiskState) throws(FileError) -> T
    ) throws(FileError) -> T {
        try state.withLock { (state) throws(FileError) in try body(&state) }
    }
}

/// How a run on a disk ended.
public enum FaultyDiskEnd: Hashable, Sendable {
    /// The process ended; the system went on and still has what was not synced.
    case processEnded
    /// The power went: everything that was not synced is lost.
    case everythingLost
    /// The power went while the disk was writing: pages and names that were not synced survived or not, as the seed has
    /// it. Lost pages beyond the old end of a file read as zeros.
    case torn(seed: UInt64)
}

/// What happens to a disk.
public struct FaultyDiskPlan: Hashable, Sendable {
    /// The event at which the power goes, before it is carried out.
    public var powerLossAt: Int?
    /// The event that fails. A sync that fails loses what it should have written, although it can still be read.
    public var failureAt: Int?
    /// Syncs of files whose path ends so fail, each in the same way.
    public var failingSync: String?
    /// Why it fails.
    public var failure: FileError.Cause = .other
    /// One write or read in so many is interrupted before it did anything; 0 for none.
    public var interruptionIn: UInt64 = 0
    /// One write or read in so many is short; 0 for none.
    public var shortIn: UInt64 = 0
    /// Bytes that fit on the disk.
    public var capacity: Int64 = .max
    /// Bytes that survive a loss of power together.
    public var pageBytes = 4096
    /// A byte of files whose path ends so is read with bits flipped.
    public var readFlip: ReadFlip?
    /// The seed of all chances.
    public var seed: UInt64 = 1

    /// A flipped byte on the way from the disk.
    public struct ReadFlip: Hashable, Sendable {
        /// The end of the path.
        public var suffix: String
        /// The byte.
        public var offset: Int64
        /// The bits.
        public var mask: UInt8

        /// Makes a flip.
        public init(suffix: String, offset: Int64, mask: UInt8) {
            self.suffix = suffix
            self.offset = offset
            self.mask = mask
        }
    }

    /// Nothing happens.
    public init() {}
}

/// A file of a faulty disk.
private final class FaultyFile: OpenFile {
    let disk: FaultyDisk
    let path: String
    let inode: Int

    init(disk: FaultyDisk, path: String, inode: Int) {
        self.disk = disk
        self.path = path
        self.inode = inode
    }

    func size() throws(FileError) -> Int64 {
        try disk.withState { (state) throws(FileError) in
            try state.alive("ask the size of", path)
            return Int64(state.inodes[inode]?.bytes.count ?? 0)
        }
    }

    func readOnce(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        try disk.withState { (state) throws(FileError) in try state.read(inode, path, at: offset, count: count) }
    }

    func writeOnce(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(FileError) -> Int {
        try disk.withState { (state) throws(FileError) in try state.write(inode, path, bytes, at: offset) }
    }

    func truncate(to size: Int64) throws(FileError) {
        try disk.withState { (state) throws(FileError) in
            try state.event("set the length of", path)
            state.inodes[inode]?.truncate(to: Int(size))
        }
    }

    func sync() throws(FileError) {
        try disk.withState { (state) throws(FileError) in
            do throws(FileError) {
                try state.event("sync", path, isSync: true)
            } catch {
                if !state.isDead { state.inodes[inode]?.forgetPending() }
                throw error
            }
            state.inodes[inode]?.sync()
        }
    }
}

/// A lock of a faulty disk.
private final class FaultyLock: FileLock {
    private let disk: FaultyDisk
    private let path: String

    init(disk: FaultyDisk, path: String) {
        self.disk = disk
        self.path = path
    }

    deinit { disk.release(path) }
}
