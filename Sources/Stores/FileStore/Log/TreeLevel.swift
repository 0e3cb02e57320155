import Primitives
import Transparency

/// One level of the log's tree: a hash for every 256 hashes of the level below, or for every fact.
///
/// Whole tiles of 256 hashes are in the level's file, the rest is in memory. Where nothing may be written, or writing
/// has failed, everything from `base` on stays in memory.
struct TreeLevel {
    /// Hashes of a tile.
    static let width: UInt64 = 256
    /// Levels of the binary tree between two kept ones.
    static let binaryLevels = 8

    /// The file, once there is one.
    var file: (any OpenFile)?
    /// Whether the file was opened for writing.
    var isWritable = false
    /// How many hashes are read from the file: whole tiles.
    private(set) var base: UInt64 = 0
    /// The hashes after those.
    private(set) var kept: [Digest32] = []
    /// The last tile in compact form; fewer than 256 hashes.
    private(set) var partial = SubtreeRange()

    /// How many hashes there are.
    var count: UInt64 { base + UInt64(kept.count) }

    /// Adds a hash.
    ///
    /// - Returns: The hash over its tile, when that is whole now.
    mutating func append(_ hash: Digest32, _ hashing: some TreeHashing) -> Digest32? {
        kept.append(hash)
        partial.append(hash, hashing)
        guard partial.end == Self.width, let whole = partial.hashes.first else { return nil }
        partial = SubtreeRange()
        return whole
    }

    /// Forgets the hashes in memory, which are whole tiles, since the file has them.
    mutating func release() {
        base += UInt64(kept.count)
        kept.removeAll(keepingCapacity: true)
    }

    /// A level without a file.
    init() {}

    /// A level whose file has so many hashes that can be relied on.
    ///
    /// - Throws: `Fault` when it has fewer.
    init(_ file: any OpenFile, count: UInt64, _ hashing: some TreeHashing) throws(Fault) {
        self.file = file
        base = count / Self.width * Self.width
        for hash in try Self.read(file, from: base, count: Int(count - base)) { _ = append(hash, hashing) }
    }

    /// Hashes of a file.
    ///
    /// - Throws: `Fault` when it ends before.
    static func read(_ file: any OpenFile, from index: UInt64, count: Int) throws(Fault) -> [Digest32] {
        guard count > 0 else { return [] }
        let bytes = try orFault(try file.read(at: Int64(index) * 32, count: count * 32))
        guard bytes.count == count * 32 else {
            throw Fault("\(file.path): it ends before hash \(index + UInt64(count))")
        }
        var reader = FieldReader(bytes[...])
        return (0..<count).map { _ in reader.digestFast() }
    }

    /// The bytes of hashes.
    static func bytes(_ hashes: [Digest32]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(hashes.count * 32)
        for hash in hashes {
            let words = hash.words
            // The words have their first byte first, and the integers of files their last one.
            for word in [words.0, words.1, words.2, words.3] { out.appendLE(word.byteSwapped) }
        }
        return out
    }
}

extension FieldReader {
    /// The next 32 bytes as a digest, without a generic collection.
    fileprivate mutating func digestFast() -> Digest32 {
        Digest32(words: u64().byteSwapped, u64().byteSwapped, u64().byteSwapped, u64().byteSwapped)
    }
}
