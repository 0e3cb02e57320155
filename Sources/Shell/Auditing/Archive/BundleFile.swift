import Evidence
public import FileStore
import OpenSSLKit
public import Primitives

/// A bundle's archive on disk: where each entry stands, and what its bytes hash to. Nothing of it is kept in memory but
/// this index, so that a bundle of any length can be verified.
public final class BundleFile {
    /// An entry's place.
    public struct Place: Hashable, Sendable {
        /// Where its content begins.
        public var offset: Int64
        /// Its length in bytes.
        public var size: Int64
        /// SHA-256 of its content.
        public var digest: Digest32
    }

    private let file: any OpenFile
    private let size: Int64
    /// Entries in the order of the archive.
    public private(set) var names: [String] = []
    private var places: [String: Place] = [:]

    /// Entries of a bundle, so that a hostile one cannot fill the memory.
    static let maximumEntries = 4_000_000

    /// Opens a bundle and reads it once from beginning to end.
    ///
    /// - Throws: `Fault` when it cannot be read; `BundleDefect` when it is not of the one form.
    public init(_ path: String, files: any FileSystem = PosixFileSystem()) throws {
        do throws(FileError) {
            file = try files.open(path, .read)
            size = try file.size()
        } catch {
            throw error.fault
        }
        try index()
    }

    /// Why an archive is not of the form.
    public struct BundleDefect: Error, Hashable {
        /// The entry, as far as its name can be told.
        public var item: String
        /// What is wrong.
        public var found: String
    }

    private func index() throws {
        var offset: Int64 = 0
        while true {
            let last = names.last ?? "the first entry"
            guard let block = try read(at: offset, exactly: TarHeader.blockBytes) else {
                throw BundleDefect(item: last, found: "the archive ends behind it at byte \(offset)")
            }
            if block.allSatisfy({ $0 == 0 }) {
                try expectEnd(behind: offset, last)
                return
            }
            guard let (name, size) = TarHeader.read(block) else {
                let item = TarHeader.seemingName(block)
                throw BundleDefect(
                    item: item.isEmpty ? last : item, found: "the header at byte \(offset) is not of the one form")
            }
            guard names.count < Self.maximumEntries else { throw BundleDefect(item: name, found: "too many entries") }
            try order(name)
            offset += Int64(TarHeader.blockBytes)
            guard offset + size + Int64(TarHeader.padding(after: size)) <= self.size else {
                throw BundleDefect(item: name, found: "its content is cut short")
            }
            places[name] = Place(offset: offset, size: size, digest: try digest(offset, size))
            names.append(name)
            offset += size
            let padding = TarHeader.padding(after: size)
            guard let zeros = try read(at: offset, exactly: padding), zeros.allSatisfy({ $0 == 0 }) else {
                throw BundleDefect(item: name, found: "what fills its last block is not zeros")
            }
            offset += Int64(padding)
        }
    }

    /// The manifest and its signature come first, the others by their names.
    private func order(_ name: String) throws {
        let expected = [BundleManifest.name, BundleManifest.signatureName]
        if names.count < 2 {
            guard name == expected[names.count] else {
                throw BundleDefect(item: name, found: "it stands in the place of \(expected[names.count])")
            }
            return
        }
        guard names.count == 2 || names[names.count - 1].utf8.lexicographicallyPrecedes(name.utf8),
            !expected.contains(name)
        else { throw BundleDefect(item: name, found: "it does not follow on \(names[names.count - 1])") }
    }

    private func expectEnd(behind offset: Int64, _ last: String) throws {
        guard let second = try read(at: offset + 512, exactly: 512), second.allSatisfy({ $0 == 0 }) else {
            throw BundleDefect(item: last, found: "two blocks of zeros do not end the archive behind it")
        }
        guard size == offset + 1024 else {
            throw BundleDefect(item: last, found: "\(size - offset - 1024) bytes follow on the end of the archive")
        }
        guard names.count >= 2 else { throw BundleDefect(item: last, found: "there is no manifest") }
    }

    private func digest(_ offset: Int64, _ size: Int64) throws -> Digest32 {
        let stream = DigestStream(.sha256)
        var at: Int64 = 0
        while at < size {
            let piece = try part(at: offset + at, count: Int(min(1 << 20, size - at)))
            guard !piece.isEmpty else { throw Fault("\(file.path) cannot be read at byte \(offset + at)") }
            stream.update(piece.span)
            at += Int64(piece.count)
        }
        return stream.finalizeDigest32()
    }

    private func part(at offset: Int64, count: Int) throws(Fault) -> [UInt8] {
        do throws(FileError) { return try file.readOnce(at: offset, count: count) } catch { throw error.fault }
    }

    private func read(at offset: Int64, exactly count: Int) throws(Fault) -> [UInt8]? {
        var out: [UInt8] = []
        while out.count < count {
            let piece = try part(at: offset + Int64(out.count), count: count - out.count)
            guard !piece.isEmpty else { return nil }
            out += piece
        }
        return out
    }

    /// Where an entry stands, or nil.
    public subscript(name: String) -> Place? { places[name] }

    /// Bytes of an entry from an offset on; fewer only at its end.
    ///
    /// - Throws: `Fault` when they cannot be read.
    public func read(_ name: String, at offset: Int64, count: Int) throws(Fault) -> [UInt8] {
        guard let place = places[name], offset < place.size else { return [] }
        let wanted = Int(min(Int64(count), place.size - offset))
        guard let bytes = try read(at: place.offset + offset, exactly: wanted) else {
            throw Fault("\(file.path): \(name) cannot be read")
        }
        return bytes
    }

    /// The whole of a small entry; nil when there is none or it is longer than the limit.
    ///
    /// - Throws: `Fault` when it cannot be read.
    public func small(_ name: String, atMost limit: Int64 = 64 << 20) throws(Fault) -> [UInt8]? {
        guard let place = places[name], place.size <= limit else { return nil }
        return try read(name, at: 0, count: Int(place.size))
    }

    /// The names that begin with a text, in order.
    public func names(under prefix: String) -> [String] { names.filter { $0.hasPrefix(prefix) } }
}
