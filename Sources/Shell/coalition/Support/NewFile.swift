import Foundation
import Primitives

/// A file that is written piece by piece and stands under its name only when it is whole.
final class NewFile {
    private let path: String
    private let handle: FileHandle
    /// Bytes written.
    private(set) var count: Int64 = 0

    private var part: String { path + ".part" }

    /// Begins a file that must not exist yet.
    ///
    /// - Throws: `UsageError` when it exists or cannot be made.
    init(_ path: String) throws(UsageError) {
        self.path = path
        guard !Files.exists(path) else { throw UsageError("\(path) exists already", action: "name another file") }
        guard FileManager.default.createFile(atPath: path + ".part", contents: nil),
            let handle = FileHandle(forWritingAtPath: path + ".part")
        else { throw UsageError("the file \(path) cannot be written", action: "check the path and its permissions") }
        self.handle = handle
    }

    /// Adds bytes.
    ///
    /// - Throws: `UsageError` when they cannot be written.
    func write(_ bytes: ArraySlice<UInt8>) throws(UsageError) {
        count += Int64(bytes.count)
        do {
            try handle.write(contentsOf: Data(bytes))
        } catch {
            throw UsageError("the file \(path) cannot be written", action: "check the room on its disk")
        }
    }

    /// Gives the file its name.
    ///
    /// - Throws: `UsageError` when that fails.
    func finish() throws(UsageError) {
        do {
            try handle.synchronize()
            try handle.close()
            try FileManager.default.moveItem(atPath: part, toPath: path)
        } catch {
            throw UsageError("the file \(path) cannot be written", action: "check the path and its permissions")
        }
    }

    /// Throws away what was written.
    func discard() {
        try? handle.close()
        try? FileManager.default.removeItem(atPath: part)
    }
}
