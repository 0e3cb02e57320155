internal import COpenSSL
public import Primitives

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// The code of a message under a key of any length.
    public static func code(key: [UInt8], message: [UInt8]) -> Digest32 {
        HMACHasher(key: key).code(message.span)
    }
}

/// HMAC-SHA-256 under one key for many messages: the key's two blocks are hashed once.
public struct HMACHasher: Sendable {
    private var inner: [8 of UInt32] = .init(repeating: 0)
    private var outer: [8 of UInt32] = .init(repeating: 0)

    /// Makes a hasher for a key of any length.
    public init(key: [UInt8]) {
        var block = key.count > 64 ? SHA256.digest(key).bytes : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        Self.state(block.map { $0 ^ 0x36 }, &inner)
        Self.state(block.map { $0 ^ 0x5C }, &outer)
    }

    private static func state(_ block: [UInt8], _ out: inout [8 of UInt32]) {
        precondition(block.count == 64, "a block of SHA-256 has 64 bytes")
        var span = out.mutableSpan
        // SAFETY: the call reads 64 bytes and writes eight words.
        unsafe span.withUnsafeMutableBufferPointer { words in
            unsafe block.withUnsafeBufferPointer { bytes in
                unsafe coalition_sha256_state(bytes.baseAddress, words.baseAddress)
            }
        }
    }

    /// The code of a message.
    public func code(_ message: Span<UInt8>) -> Digest32 {
        var out: [4 of UInt64] = .init(repeating: 0)
        var span = out.mutableSpan
        // SAFETY: the call reads eight words of each state and the message, and writes 32 bytes.
        unsafe span.withUnsafeMutableBytes { buffer in
            unsafe inner.span.withUnsafeBufferPointer { inner in
                unsafe outer.span.withUnsafeBufferPointer { outer in
                    unsafe message.withUnsafeBufferPointer { bytes in
                        unsafe coalition_hmac_sha256(
                            inner.baseAddress, outer.baseAddress, bytes.baseAddress, bytes.count,
                            buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
                    }
                }
            }
        }
        return Digest32(
            words: UInt64(bigEndian: out[0]), UInt64(bigEndian: out[1]), UInt64(bigEndian: out[2]),
            UInt64(bigEndian: out[3]))
    }
}

/// Random bytes fit for keys, serial numbers and salts.
public enum SecureRandom {
    /// So many bytes from OpenSSL's generator, which the system's seeds.
    ///
    /// - Throws: `CryptoError` when the generator has no entropy.
    public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        ErrorQueue.clear()
        var out = [UInt8](repeating: 0, count: count)
        let done = unsafe out.withUnsafeMutableBufferPointer { buffer in
            unsafe RAND_bytes(buffer.baseAddress, Int32(buffer.count))
        }
        guard done == 1 else { throw ErrorQueue.error(.failed, "the random generator") }
        return out
    }
}
