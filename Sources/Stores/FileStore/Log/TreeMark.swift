import Primitives

/// How far the files of the log's tree are durable: written after they were synced, so that it never says too much.
///
/// It names the fact that it ends with by the log's hash chain, so that the tree of another log, or of one that was put
/// back, is recognised, and the tree's root there, so that a damaged end is.
struct TreeMark: Hashable {
    var count: UInt64
    /// The chain hash of the last fact.
    var head: Digest32
    var root: Digest32

    static let fileName = "mark"
    private static let byteCount = 88
    private static let magic = Array("COALTREE".utf8)
    private static let version: UInt32 = 1

    var bytes: [UInt8] {
        var out = Self.magic
        out.appendLE(Self.version)
        out.appendLE(count)
        out += head.bytes
        out += root.bytes
        out.appendLE(CRC32.checksum(out[...]))
        return out
    }

    init(count: UInt64, head: Digest32, root: Digest32) {
        self.count = count
        self.head = head
        self.root = root
    }

    /// Reads the bytes; nil when they are damaged or of another version.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, FieldReader.isChecked(bytes[...]), bytes.starts(with: Self.magic) else {
            return nil
        }
        var reader = FieldReader(bytes.dropFirst(8))
        guard reader.u32() == Self.version else { return nil }
        self.init(count: reader.u64(), head: reader.digest(), root: reader.digest())
    }
}
