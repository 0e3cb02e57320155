internal import COpenSSL
public import Primitives

/// SHA-256 for the leaves and nodes of hash trees, which are short: OpenSSL's own functions for this one digest, since
/// preparing a context of the general interface costs as much as the digest of a node.
public struct OpenSSLTreeHashing: TreeHashing {
    /// Makes the hashes of trees.
    public init() {}

    /// SHA-256 of the byte 0 and the data.
    public func leaf(_ data: Span<UInt8>) -> Digest32 { ShortHasher.digest(after: 0, data) }

    /// SHA-256 of the byte 1 and both hashes.
    public func node(_ left: Digest32, _ right: Digest32) -> Digest32 {
        var hashes: [2 of Digest32] = [left, right]
        var span = hashes.mutableSpan
        return Self.root(over: &span)
    }

    /// The root of the tree over hashes that are a power of two in number, 2 or more.
    public func root(overPowerOfTwo hashes: [Digest32]) -> Digest32 {
        precondition(hashes.count > 1 && hashes.count & (hashes.count - 1) == 0, "a power of two, 2 or more")
        var hashes = hashes
        var span = hashes.mutableSpan
        return Self.root(over: &span)
    }

    /// Joins hashes in place until the first of them is the root.
    private static func root(over hashes: inout MutableSpan<Digest32>) -> Digest32 {
        // SAFETY: a digest is four words in memory; the call reads and writes so many of them.
        unsafe hashes.withUnsafeMutableBufferPointer { hashes in
            unsafe coalition_sha256_tree(ShortHasher.words(hashes), hashes.count)
        }
        return hashes[0]
    }

    /// SHA-256 of messages that are padded to whole blocks, each of which holds the digest of a message of its own at
    /// some byte, where it has zeros in memory.
    ///
    /// - Parameters:
    ///   - count: how many of the messages.
    ///   - outerStride: words of each message with its padding, at most 32.
    ///   - innerStride: words of each message that is held, with its padding.
    ///   - place: the byte of the outer message at which the inner one's digest stands.
    public static func digests(
        _ count: Int, padded outer: Span<UInt64>, stride outerStride: Int, holding inner: Span<UInt64>,
        stride innerStride: Int, at place: Int
    ) -> [Digest32] {
        precondition(outer.count >= count * outerStride && inner.count >= count * innerStride, "all are there")
        precondition(outerStride % 8 == 0 && innerStride % 8 == 0, "a padded message has whole blocks")
        precondition(outerStride <= 32 && place >= 0 && place + 32 <= outerStride * 8, "a digest is in its message")
        var out = [Digest32](repeating: .zero, count: count)
        // SAFETY: the call reads so many messages of both kinds and writes the four words of so many digests.
        unsafe out.withUnsafeMutableBufferPointer { digests in
            unsafe outer.withUnsafeBytes { outer in
                unsafe inner.withUnsafeBytes { inner in
                    unsafe coalition_sha256_nested(
                        outer.baseAddress?.assumingMemoryBound(to: UInt8.self), outerStride * 8,
                        inner.baseAddress?.assumingMemoryBound(to: UInt8.self), innerStride * 8, place, count,
                        ShortHasher.words(digests))
                }
            }
        }
        return out
    }

    /// SHA-256 of a message whose bytes in memory are padded to whole blocks, as FIPS 180-4 (5.1.1) says.
    public static func digest(padded words: Span<UInt64>) -> Digest32 {
        precondition(words.count % 8 == 0, "a padded message has whole blocks")
        // SAFETY: the span's storage lives through the call, which only reads its bytes.
        return unsafe words.withUnsafeBytes { bytes in
            unsafe ShortHasher.digest(blocks: bytes)
        }
    }

    /// SHA-256 of short bytes as they are.
    public static func digest(_ data: Span<UInt8>) -> Digest32 { ShortHasher.digest(data) }

    /// SHA-256 of no bytes.
    public func empty() -> Digest32 { SHA256.digest([]) }
}

/// One call for a whole short digest.
enum ShortHasher {
    @unsafe static func digest(blocks: UnsafeRawBufferPointer) -> Digest32 {
        var out: [8 of UInt32] = [0, 0, 0, 0, 0, 0, 0, 0]
        var span = out.mutableSpan
        // SAFETY: the eight words are written by the call, which reads whole blocks only.
        unsafe span.withUnsafeMutableBufferPointer { words in
            unsafe coalition_sha256_blocks(
                blocks.baseAddress?.assumingMemoryBound(to: UInt8.self), blocks.count / 64, words.baseAddress)
        }
        func word(_ index: Int) -> UInt64 { UInt64(out[index]) << 32 | UInt64(out[index + 1]) }
        return Digest32(words: word(0), word(2), word(4), word(6))
    }

    /// Digests as what they are in memory: four words each.
    @unsafe static func words(_ digests: UnsafeMutableBufferPointer<Digest32>) -> UnsafeMutablePointer<UInt64>? {
        precondition(MemoryLayout<Digest32>.stride == 32, "a digest is four words")
        return unsafe UnsafeMutableRawPointer(digests.baseAddress)?.assumingMemoryBound(to: UInt64.self)
    }

    static func digest(_ bytes: Span<UInt8>) -> Digest32 {
        var out: [4 of UInt64] = [0, 0, 0, 0]
        var span = out.mutableSpan
        // SAFETY: the span's storage lives through the call, which only reads its bytes; the four words are the 32
        // bytes that the call writes.
        unsafe span.withUnsafeMutableBytes { buffer in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe coalition_sha256(
                    input.baseAddress, input.count, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
        }
        return Digest32(
            words: UInt64(bigEndian: out[0]), UInt64(bigEndian: out[1]), UInt64(bigEndian: out[2]),
            UInt64(bigEndian: out[3]))
    }

    static func digest(after first: UInt8, _ bytes: Span<UInt8>) -> Digest32 {
        // SAFETY: the span's storage lives through the call, which only reads its bytes.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe digest(after: first, buffer.baseAddress, count: buffer.count)
        }
    }

    @unsafe static func digest(after first: UInt8, _ bytes: UnsafePointer<UInt8>?, count: Int) -> Digest32 {
        var out: [4 of UInt64] = [0, 0, 0, 0]
        var span = out.mutableSpan
        // SAFETY: the four words are the 32 bytes that the call writes.
        unsafe span.withUnsafeMutableBytes { buffer in
            unsafe coalition_sha256_after(
                first, bytes, count, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        return Digest32(
            words: UInt64(bigEndian: out[0]), UInt64(bigEndian: out[1]), UInt64(bigEndian: out[2]),
            UInt64(bigEndian: out[3]))
    }
}
