internal import COpenSSL

/// A private Ed25519 key (RFC 8032), which signs checkpoints and notes.
@safe
public final class Ed25519PrivateKey: @unchecked Sendable {
    // SAFETY: the EVP_PKEY is complete after the initialiser and only read afterwards.
    private let handle: OpaquePointer

    /// The key of a seed of 32 bytes, which is the private key's raw form.
    ///
    /// - Throws: `CryptoError` when the seed has another length.
    public init(seed: [UInt8]) throws(CryptoError) {
        ErrorQueue.clear()
        guard seed.count == 32 else { throw CryptoError(.malformed, "an Ed25519 seed has 32 bytes") }
        let made = unsafe seed.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, $0.baseAddress, $0.count)
        }
        guard let made = unsafe made else { throw ErrorQueue.error(.failed, "making an Ed25519 key") }
        unsafe handle = made
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Makes a new key from OpenSSL's private random numbers.
    ///
    /// - Throws: `CryptoError` when there are none.
    public static func generate() throws(CryptoError) -> Ed25519PrivateKey {
        ErrorQueue.clear()
        var seed = [UInt8](repeating: 0, count: 32)
        let filled = unsafe seed.withUnsafeMutableBufferPointer { unsafe RAND_priv_bytes($0.baseAddress, 32) }
        guard filled == 1 else { throw ErrorQueue.error(.failed, "making an Ed25519 key") }
        return try Ed25519PrivateKey(seed: seed)
    }

    /// The 32 bytes from which `init(seed:)` makes the key again. Whoever keeps them keeps the key.
    public var seed: [UInt8] {
        unsafe RawKey.bytes { out, count in unsafe EVP_PKEY_get_raw_private_key(handle, out, count) }
    }

    /// The public half.
    public var publicKey: Ed25519PublicKey {
        unsafe Ed25519PublicKey(
            checked: RawKey.bytes { out, count in unsafe EVP_PKEY_get_raw_public_key(handle, out, count) })
    }

    /// The signature of a message: 64 bytes, always the same for the same message.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        ErrorQueue.clear()
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory for a signature") }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        let begun = unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, handle, nil)
        let done = unsafe signature.withUnsafeMutableBufferPointer { out in
            unsafe message.withUnsafeBufferPointer { input in
                unsafe EVP_DigestSign(context, out.baseAddress, &length, input.baseAddress, input.count)
            }
        }
        precondition(begun == 1 && done == 1 && length == 64, "an Ed25519 key signs any message")
        return signature
    }
}

/// A public Ed25519 key (RFC 8032).
public struct Ed25519PublicKey: Hashable, Sendable {
    /// Its 32 bytes.
    public let bytes: [UInt8]

    /// Takes 32 bytes. Whether they are a point of the curve shows when a signature is checked.
    ///
    /// - Throws: `CryptoError` when there are more or fewer.
    public init(bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count == 32 else { throw CryptoError(.malformed, "an Ed25519 key has 32 bytes") }
        self.bytes = bytes
    }

    init(checked bytes: [UInt8]) { self.bytes = bytes }

    /// Whether a signature is this key's over a message. False for anything that is no signature.
    public func isValid(signature: [UInt8], over message: [UInt8]) -> Bool {
        ErrorQueue.clear()
        defer { ErrorQueue.clear() }
        guard signature.count == 64, let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        let made = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, $0.baseAddress, $0.count)
        }
        guard let key = unsafe made else { return false }
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key, nil) == 1 else { return false }
        return unsafe signature.withUnsafeBufferPointer { given in
            unsafe message.withUnsafeBufferPointer { input in
                unsafe EVP_DigestVerify(context, given.baseAddress, given.count, input.baseAddress, input.count)
            }
        } == 1
    }
}

/// Raw forms of keys.
private enum RawKey {
    /// The 32 bytes that a call writes.
    @unsafe static func bytes(_ fill: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>) -> Int32) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        var count = out.count
        let done = unsafe out.withUnsafeMutableBufferPointer { unsafe fill($0.baseAddress, &count) }
        precondition(done == 1 && count == 32, "an Ed25519 key has raw forms of 32 bytes")
        return out
    }
}
