internal import COpenSSL
public import Primitives

/// SHA-256 for the leaves and nodes of hash trees, which are short: OpenSSL's own functions for this one digest, since
/// preparing a context of the general interface (`RecordHasher`) costs as much as the digest of a node.
public struct OpenSSLTreeHashing: TreeHashing {
    /// Makes the hashes of trees.
    public init() {}

    /// SHA-256 of the byte 0 and the data.
    public func leaf(_ data: Span<UInt8>) -> Digest32 { ShortHasher.digest(after: 0, data) }

    /// SHA-256 of the byte 1 and both hashes.
    public func node(_ left: Digest32, _ right: Digest32) -> Digest32 {
        let (a, b) = (left.words, right.words)
        let input: [8 of UInt64] = [
            a.0.bigEndian, a.1.bigEndian, a.2.bigEndian, a.3.bigEndian, b.0.bigEndian, b.1.bigEndian, b.2.bigEndian,
            b.3.bigEndian,
        ]
        // SAFETY: the eight words are read as the 64 bytes that they are, within the call.
        return unsafe input.span.withUnsafeBytes { bytes in
            unsafe ShortHasher.digest(
                after: 1, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count)
        }
    }

    /// SHA-256 of short bytes as they are.
    public static func digest(_ data: Span<UInt8>) -> Digest32 { ShortHasher.digest(data) }

    /// SHA-256 of no bytes.
    public func empty() -> Digest32 { SHA256.digest([]) }
}

/// One call for a whole short digest.
enum ShortHasher {
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
