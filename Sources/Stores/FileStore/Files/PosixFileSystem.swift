import Glibc
import Synchronization

/// The files of this machine.
///
/// All calls to the C library that the stores make stand in this file. Pointers never leave the call that they are
/// made for: paths are passed as Swift strings, bytes as the storage of an array that lives through the call.
public struct PosixFileSystem: FileSystem {
    /// Stands for the machine's files.
    public init() {}

    /// Opens a file; see `FileSystem`.
    public func open(_ path: String, _ access: FileAccess) throws(FileError) -> any OpenFile {
        let flags =
            switch access {
            case .read: O_RDONLY
            case .write: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            }
        return PosixFile(path: path, descriptor: try Self.open(path, flags | O_CLOEXEC | O_NOFOLLOW))
    }

    /// What stands at a path; see `FileSystem`.
    public func kind(_ path: String) throws(FileError) -> FileKind? {
        var status = stat()
        // SAFETY: `status` outlives the call, which fills it.
        guard unsafe lstat(path, &status) == 0 else {
            let error = FileError.last("look at", path)
            if error.cause == .missing { return nil }
            throw error
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// The names in a directory; see `FileSystem`.
    public func list(_ directory: String) throws(FileError) -> [String] {
        // SAFETY: the stream is used by this call only and closed before it returns.
        guard let stream = unsafe opendir(directory) else { throw FileError.last("list", directory) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            // SAFETY: the entry is valid until the next call, and its name ends with a zero byte.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw FileError.last("list", directory) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Creates a directory; see `FileSystem`.
    public func createDirectory(_ path: String) throws(FileError) {
        guard unsafe mkdir(path, 0o700) == 0 else { throw FileError.last("create directory", path) }
    }

    /// Gives a file another name; see `FileSystem`.
    public func rename(_ from: String, to: String) throws(FileError) {
        guard unsafe Glibc.rename(from, to) == 0 else { throw FileError.last("rename to \(to)", from) }
    }

    /// Removes a file's name; see `FileSystem`.
    public func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else { throw FileError.last("remove", path) }
    }

    /// Makes the names in a directory durable; see `FileSystem`.
    public func syncDirectory(_ path: String) throws(FileError) {
        let descriptor = try Self.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError.last("sync directory", path) }
    }

    /// Bytes that may still be written; see `FileSystem`.
    public func freeBytes(_ path: String) throws(FileError) -> Int64 {
        var status = statvfs()
        // SAFETY: `status` outlives the call, which fills it.
        guard unsafe statvfs(path, &status) == 0 else { throw FileError.last("ask the free space of", path) }
        let (bytes, isTooMuch) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isTooMuch ? .max : Int64(clamping: bytes)
    }

    /// Takes an exclusive lock; see `FileSystem`.
    public func lock(_ path: String, holder: String) throws(FileError) -> (any FileLock)? {
        let file = PosixFile(path: path, descriptor: try Self.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW))
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw FileError.last("lock", path)
        }
        try file.truncate(to: 0)
        try file.write(Array(holder.utf8)[...], at: 0)
        return PosixLock(file: file)
    }

    private static func open(_ path: String, _ flags: Int32) throws(FileError) -> Int32 {
        while true {
            let descriptor = unsafe Glibc.open(path, flags, 0o600)
            if descriptor >= 0 { return descriptor }
            guard errno == EINTR else { throw FileError.last("open", path) }
        }
    }
}

/// A file of this machine.
private final class PosixFile: OpenFile {
    let path: String
    let descriptor: Int32

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func size() throws(FileError) -> Int64 {
        var status = stat()
        // SAFETY: `status` outlives the call, which fills it.
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError.last("ask the size of", path) }
        return Int64(status.st_size)
    }

    func readOnce(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var failure: FileError?
        // SAFETY: the system writes at most `count` bytes, the capacity; exactly those are declared initialised.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let result = unsafe pread(descriptor, buffer.baseAddress, count, off_t(offset))
            filled = max(result, 0)
            if result < 0 { failure = FileError.last("read", path) }
        }
        if let failure { throw failure }
        return bytes
    }

    func writeOnce(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(FileError) -> Int {
        // SAFETY: the slice's storage lives through the call, which only reads its `count` bytes.
        let result = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        }
        guard result >= 0 else { throw FileError.last("write", path) }
        guard result > 0 || bytes.isEmpty else {
            throw FileError(.other, operation: "write", path: path, reason: "it takes no bytes")
        }
        return result
    }

    func truncate(to size: Int64) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError.last("set the length of", path) }
    }

    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError.last("sync", path) }
    }
}

/// A lock of this machine; it ends when its file is closed.
private final class PosixLock: FileLock {
    private let file: PosixFile

    init(file: PosixFile) { self.file = file }

    /// A process that this one is just starting has a copy of the descriptor until it runs its own program: closing
    /// ours would leave the lock with the copy, for that time. Given up in words it is gone at once.
    deinit { _ = flock(file.descriptor, LOCK_UN) }
}

extension FileError {
    /// The failure that the system has just reported.
    fileprivate static func last(_ operation: String, _ path: String) -> FileError {
        let code = errno
        let cause: Cause =
            switch code {
            case ENOSPC, EDQUOT: .noSpace
            case EINTR: .interrupted
            case ENOENT, ENOTDIR: .missing
            case EEXIST: .exists
            default: .other
            }
        // SAFETY: the text is static or the thread's own, and is copied at once.
        let reason = unsafe String(cString: strerror(code))
        return FileError(cause, operation: operation, path: path, reason: reason)
    }
}
