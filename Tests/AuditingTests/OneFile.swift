import FileStore
import Primitives

/// A file system with one file, which is in memory.
final class OneFile: FileSystem, OpenFile, Sendable {
    let bytes: [UInt8]
    let path = "bundle"

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func open(_ path: String, _ access: FileAccess) throws(FileError) -> any OpenFile { self }
    func size() throws(FileError) -> Int64 { Int64(bytes.count) }
    func readOnce(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        Array(bytes[min(Int(offset), bytes.count)..<min(Int(offset) + count, bytes.count)])
    }

    private static let no = FileError(.other, operation: "use", path: "bundle", reason: "it is only read")
    func kind(_ path: String) throws(FileError) -> FileKind? { .file }
    func list(_ directory: String) throws(FileError) -> [String] { throw Self.no }
    func createDirectory(_ path: String) throws(FileError) { throw Self.no }
    func rename(_ from: String, to: String) throws(FileError) { throw Self.no }
    func remove(_ path: String) throws(FileError) { throw Self.no }
    func syncDirectory(_ path: String) throws(FileError) { throw Self.no }
    func freeBytes(_ path: String) throws(FileError) -> Int64 { throw Self.no }
    func lock(_ path: String, holder: String) throws(FileError) -> (any FileLock)? { throw Self.no }
    func writeOnce(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(FileError) -> Int { throw Self.no }
    func truncate(to size: Int64) throws(FileError) { throw Self.no }
    func sync() throws(FileError) { throw Self.no }
}
