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
        let (a, b) = (left.words, right.words)
        // The 65 bytes stand one byte behind the hashes' own words; the padding of FIPS 180-4 follows them.
        var input: [16 of UInt64] = [
            1 << 56 | a.0 >> 8, a.0 << 56 | a.1 >> 8, a.1 << 56 | a.2 >> 8, a.2 << 56 | a.3 >> 8,
            a.3 << 56 | b.0 >> 8, b.0 << 56 | b.1 >> 8, b.1 << 56 | b.2 >> 8, b.2 << 56 | b.3 >> 8,
            b.3 << 56 | 0x80 << 48, 0, 0, 0, 0, 0, 0, 65 * 8,
        ]
        for word in input.indices { input[word] = input[word].bigEndian }
        return Self.digest(padded: input.span)
    }

    /// The root of the tree over hashes that are a power of two in number, 2 or more.
    public func root(overPowerOfTwo hashes: [Digest32]) -> Digest32 {
        precondition(hashes.count > 1 && hashes.count & (hashes.count - 1) == 0, "a power of two, 2 or more")
        var level: [Digest32] = []
        level.reserveCapacity(hashes.count / 2)
        for index in stride(from: 0, to: hashes.count, by: 2) { level.append(node(hashes[index], hashes[index + 1])) }
        var count = level.count
        while count > 1 {
            count /= 2
            for index in 0..<count { level[index] = node(level[2 * index], level[2 * index + 1]) }
        }
        return level[0]
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
