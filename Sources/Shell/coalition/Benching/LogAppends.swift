import Foundation
import Primitives

/// Counts the appends to the log of a data directory from its segment files (Specs/data-directory.md).
///
/// Each append is one write and one `fdatasync`, so that their number is how often the log waited for the disk.
struct LogAppends {
    private let folder: String
    private static let segmentHeaderBytes: UInt64 = 64
    private static let groupHeaderBytes = 40
    private static let groupMagic = Array("COALGRP1".utf8)

    init(dataDirectory: String) { folder = dataDirectory + "/log" }

    /// How many appends there were since the log began.
    ///
    /// - Throws: `Fault` when a segment cannot be read or does not consist of groups.
    func count() throws -> Int {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try names.filter { $0.hasSuffix(".seg") }.reduce(0) { try $0 + groups(in: folder + "/" + $1) }
    }

    private func groups(in path: String) throws -> Int {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw Fault("\(path) cannot be read") }
        defer { try? handle.close() }
        let size = try handle.seekToEnd()
        var (place, count) = (Self.segmentHeaderBytes, 0)
        while place < size {
            try handle.seek(toOffset: place)
            let header = [UInt8](try handle.read(upToCount: Self.groupHeaderBytes) ?? Data())
            guard header.count == Self.groupHeaderBytes, header.starts(with: Self.groupMagic) else {
                throw Fault("\(path) at byte \(place): no group of the log")
            }
            let length = header[16..<24].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length > Self.groupHeaderBytes, length <= size - place else {
                throw Fault("\(path) at byte \(place): a group of \(length) bytes")
            }
            place += length
            count += 1
        }
        return count
    }
}
