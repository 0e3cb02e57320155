internal import COpenSSL
public import Primitives

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// The code of a message under a key of any length.
    public static func code(key: [UInt8], message: [UInt8]) -> Digest32 {
        HMACHasher(key: key).code(message.span)
    }
}

/// HMAC-SHA-256 under one key for many messages, without allocating for each.
///
/// It belongs to one task at a time.
public final class HMACHasher {
    private var inner = DigestContext()
    private let innerPad: [UInt8]
    private let outerPad: [UInt8]

    /// Makes a hasher for a key of any length.
    public init(key: [UInt8]) {
        var block = key.count > 64 ? SHA256.digest(key).bytes : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        innerPad = block.map { $0 ^ 0x36 }
        outerPad = block.map { $0 ^ 0x5C }
    }

    /// The code of a message.
    public func code(_ message: Span<UInt8>) -> Digest32 {
        let (innerPad, outerPad) = (innerPad, outerPad)
        inner.begin(.sha256)
        inner.update(innerPad.span)
        inner.update(message)
        let digest = inner.finish(count: 32)
        inner.begin(.sha256)
        inner.update(outerPad.span)
        inner.update(digest.span)
        return inner.finishDigest32()
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
