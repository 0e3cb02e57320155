public import Primitives

/// What the stores need of a file system. Each operation is one call to the system: loops over short writes and
/// interruptions stand above this port, so that tests can provoke them.
///
/// Nothing survives a loss of power but what was synced: a file's bytes by `OpenFile.sync`, its name, and its new or
/// lost place after a rename or removal, by `syncDirectory` of the directories concerned.
public protocol FileSystem: Sendable {
    /// Opens a file, or creates it.
    func open(_ path: String, _ access: FileAccess) throws(FileError) -> any OpenFile
    /// What stands at a path; nil for nothing.
    func kind(_ path: String) throws(FileError) -> FileKind?
    /// The names in a directory, in the order of their bytes.
    func list(_ directory: String) throws(FileError) -> [String]
    /// Creates a directory that only its owner may enter.
    func createDirectory(_ path: String) throws(FileError)
    /// Gives a file another name at once and whole; what has that name is replaced.
    func rename(_ from: String, to: String) throws(FileError)
    /// Removes a file's name.
    func remove(_ path: String) throws(FileError)
    /// Makes the names in a directory durable.
    func syncDirectory(_ path: String) throws(FileError)
    /// Bytes that may still be written on the file system of a path.
    func freeBytes(_ path: String) throws(FileError) -> Int64
    /// Takes an exclusive lock on a file, which is created if need be and notes its holder. Nil when it is taken.
    ///
    /// The lock ends with the object that is returned, and with the process.
    func lock(_ path: String, holder: String) throws(FileError) -> (any FileLock)?
}

/// How a file is opened. All files can be read; created ones can be read and written by their owner only.
public enum FileAccess: Hashable, Sendable {
    /// An existing file, for reading.
    case read
    /// An existing file, for reading and writing.
    case write
    /// A new file: it must not exist.
    case create
}

/// What stands at a path.
public enum FileKind: Hashable, Sendable {
    case file
    case directory
    /// Anything else.
    case other
}

/// An exclusive lock, held as long as the object lives.
public protocol FileLock: AnyObject, Sendable {}

/// An open file. It closes with the object.
public protocol OpenFile: AnyObject, Sendable {
    /// Where it was opened; for messages.
    var path: String { get }
    /// Its length in bytes.
    func size() throws(FileError) -> Int64
    /// Reads at most so many bytes at an offset; fewer than asked for need not mean the end, none do.
    func readOnce(at offset: Int64, count: Int) throws(FileError) -> [UInt8]
    /// Writes bytes at an offset and answers how many of them it took, at least one.
    func writeOnce(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(FileError) -> Int
    /// Sets the length.
    func truncate(to size: Int64) throws(FileError)
    /// Makes bytes and length durable. After a failure nobody knows what is durable: it must not be tried again.
    func sync() throws(FileError)
}

/// A failed operation on a file.
public struct FileError: Error, Hashable, CustomStringConvertible {
    /// Why it failed, as far as the stores act on it.
    public enum Cause: Hashable, Sendable {
        /// The device or a quota is full.
        case noSpace
        /// A signal came in between; nothing was done.
        case interrupted
        /// Nothing has that name.
        case missing
        /// Something has that name already.
        case exists
        /// Anything else.
        case other
    }

    /// Why it failed.
    public let cause: Cause
    /// What was tried, the path, and the system's reason.
    public let description: String

    /// Describes a failure.
    public init(_ cause: Cause, operation: String, path: String, reason: String) {
        self.cause = cause
        description = "\(operation) \(path): \(reason)"
    }

    /// The failure where nobody can do anything about it.
    public var fault: Fault { Fault(description) }
}

extension OpenFile {
    /// Writes all bytes at an offset, however many calls it takes.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            do throws(FileError) {
                let taken = try writeOnce(rest, at: offset + Int64(rest.startIndex - bytes.startIndex))
                rest = rest.dropFirst(taken)
            } catch {
                guard error.cause == .interrupted else { throw error }
            }
        }
    }

    /// Reads so many bytes at an offset; fewer only at the file's end.
    func read(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var out: [UInt8] = []
        while out.count < count {
            do throws(FileError) {
                let piece = try readOnce(at: offset + Int64(out.count), count: count - out.count)
                if piece.isEmpty { break }
                if out.isEmpty { out = piece } else { out += piece }
            } catch {
                guard error.cause == .interrupted else { throw error }
            }
        }
        return out
    }

    /// Calls the closure with the bytes of a range, piece by piece.
    func forEachPiece(
        from start: Int64, to end: Int64, pieceBytes: Int = 1 << 18, _ body: (ArraySlice<UInt8>) -> Void
    ) throws(FileError) {
        var offset = start
        while offset < end {
            let piece = try read(at: offset, count: Int(min(Int64(pieceBytes), end - offset)))
            guard !piece.isEmpty else {
                throw FileError(.other, operation: "read", path: path, reason: "it ends at byte \(offset)")
            }
            body(piece[...])
            offset += Int64(piece.count)
        }
    }
}

/// Does something with files; a failure becomes a fault.
func orFault<T>(_ body: @autoclosure () throws(FileError) -> T) throws(Fault) -> T {
    do throws(FileError) { return try body() } catch { throw error.fault }
}
