internal import COpenSSL
import Primitives

/// A private key that signs. It never leaves the process except as PEM that the caller asked for.
@safe
public final class PrivateKey: @unchecked Sendable {
    // SAFETY: the EVP_PKEY is complete after the initialiser and only read afterwards; OpenSSL locks what it caches
    // inside.
    let handle: OpaquePointer
    /// The key's kind and size.
    public let kind: KeyKind

    /// The kinds of keys that can be made.
    public enum Generation: Hashable, Sendable {
        /// ECDSA on P-256: the default for everything, 30,000 signatures a second.
        case p256
        /// ECDSA on P-384.
        case p384
        /// RSA; the signature policy wants 2048 bits or more, and 3072 bits sign only 500 times a second.
        case rsa(bits: Int)
    }

    private init(owning handle: OpaquePointer) {
        unsafe self.handle = handle
        unsafe kind = KeyHandle.kind(handle)
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Makes a new key.
    ///
    /// - Throws: `CryptoError` when OpenSSL cannot make it, such as for RSA with 100 bits.
    public static func generate(_ generation: Generation) throws(CryptoError) -> PrivateKey {
        switch generation {
        case .p256: try unsafe generate(type: "EC") { unsafe EVP_PKEY_CTX_set_group_name($0, "P-256") }
        case .p384: try unsafe generate(type: "EC") { unsafe EVP_PKEY_CTX_set_group_name($0, "P-384") }
        case .rsa(let bits):
            try unsafe generate(type: "RSA") { unsafe EVP_PKEY_CTX_set_rsa_keygen_bits($0, Int32(bits)) }
        }
    }

    /// Makes a key on any curve that OpenSSL knows, for tests of the curves that are refused.
    package static func generate(curve: String) throws(CryptoError) -> PrivateKey {
        try unsafe generate(type: "EC") { unsafe EVP_PKEY_CTX_set_group_name($0, curve) }
    }

    private static func generate(
        type: String, _ configure: (OpaquePointer) -> Int32
    ) throws(CryptoError) -> PrivateKey {
        ErrorQueue.clear()
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw ErrorQueue.error(.failed, "making a key")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe configure(context) == 1,
            unsafe EVP_PKEY_generate(context, &made) == 1, let key = unsafe made
        else { throw ErrorQueue.error(.failed, "making a key") }
        return unsafe PrivateKey(owning: key)
    }

    /// Reads a PEM text in any of the usual forms (PKCS#8, SEC 1, PKCS#1), encrypted ones with their password.
    ///
    /// - Throws: `CryptoError` when the text has no private key or the password is wrong.
    public convenience init(pem: String, password: String = "") throws(CryptoError) {
        ErrorQueue.clear()
        let secret = password.utf8CString
        let key = unsafe MemoryBIO.reading(Array(pem.utf8)) { bio in
            unsafe secret.withUnsafeBufferPointer { buffer in
                // With a password given as text, OpenSSL never asks on the terminal.
                unsafe PEM_read_bio_PrivateKey(bio, nil, nil, UnsafeMutableRawPointer(mutating: buffer.baseAddress))
            }
        }
        guard let key = unsafe key else {
            throw ErrorQueue.error(.malformed, "the text is no private key in PEM, or its password is wrong")
        }
        unsafe self.init(owning: key)
    }

    /// The key as PKCS#8 in PEM, not encrypted. Whoever writes it to a file makes the file readable for its owner only.
    public var pem: String {
        guard let info = unsafe EVP_PKEY2PKCS8(handle) else { preconditionFailure("a private key has a PKCS#8 form") }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        return unsafe PEM.encode(
            CBytes.encode { out in unsafe i2d_PKCS8_PRIV_KEY_INFO(info, out) }, label: "PRIVATE KEY")
    }

    /// The public half.
    public var publicKey: PublicKey { unsafe PublicKey(der: CBytes.encode { out in unsafe i2d_PUBKEY(handle, out) }) }

    /// Whether a certificate is for this key.
    public func matches(_ certificate: Certificate) -> Bool {
        ErrorQueue.clear()
        defer { ErrorQueue.clear() }
        return unsafe X509_check_private_key(certificate.handle, handle) == 1
    }

    /// Signs a message: ECDSA, or RSA with PKCS#1 v1.5 padding.
    func sign(_ message: [UInt8], digest: SigningDigest) throws(CryptoError) -> [UInt8] {
        ErrorQueue.clear()
        guard let context = unsafe EVP_MD_CTX_new() else { throw CryptoError(.failed, "out of memory") }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit_ex(context, nil, digest.fetched.name, nil, nil, handle, nil) == 1 else {
            throw ErrorQueue.error(.failed, "signing")
        }
        var length = 0
        let sized = unsafe message.withUnsafeBufferPointer {
            unsafe EVP_DigestSign(context, nil, &length, $0.baseAddress, $0.count)
        }
        guard sized == 1 else { throw ErrorQueue.error(.failed, "signing") }
        var signature = [UInt8](repeating: 0, count: length)
        let signed = unsafe signature.withUnsafeMutableBufferPointer { out in
            unsafe message.withUnsafeBufferPointer { input in
                unsafe EVP_DigestSign(context, out.baseAddress, &length, input.baseAddress, input.count)
            }
        }
        guard signed == 1 else { throw ErrorQueue.error(.failed, "signing") }
        return Array(signature.prefix(length))
    }

    /// The AlgorithmIdentifier of what `sign` makes with a digest.
    func algorithmIdentifier(_ digest: SigningDigest) -> [UInt8] {
        switch kind {
        case .rsa: DER.sequence(DER.oid(digest.withRSA), DER.null)
        default: DER.sequence(DER.oid(digest.withECDSA))
        }
    }
}

/// A public key as a certificate carries it.
public struct PublicKey: Hashable, Sendable {
    /// The SubjectPublicKeyInfo in DER.
    public let der: [UInt8]

    init(der: [UInt8]) { self.der = der }

    /// A name for the key: the first 20 bytes of the SHA-256 of its bit string (RFC 7093, method 1).
    func identifier() throws(CryptoError) -> [UInt8] {
        let parts = try BERElement(whole: der).children()
        guard let bits = parts.last, bits.tag == 0x03 else { throw CryptoError(.malformed, "not a public key") }
        return Array(SHA256.digest(bits.contentBytes.dropFirst()).bytes.prefix(20))
    }
}

/// The digests that certificates can be signed with. SHA-1 is there for tests of its refusal.
package enum SigningDigest: Hashable, Sendable, CaseIterable {
    case sha1, sha256, sha384, sha512

    var fetched: FetchedDigest {
        switch self {
        case .sha1: .sha1
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }

    var id: OID {
        switch self {
        case .sha1: .sha1
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }

    var withRSA: OID {
        switch self {
        case .sha1: .sha1WithRSA
        case .sha256: .sha256WithRSA
        case .sha384: .sha384WithRSA
        case .sha512: .sha512WithRSA
        }
    }

    var withECDSA: OID {
        switch self {
        case .sha1: .ecdsaWithSHA1
        case .sha256: .ecdsaWithSHA256
        case .sha384: .ecdsaWithSHA384
        case .sha512: .ecdsaWithSHA512
        }
    }
}

/// What can be asked of a key object.
enum KeyHandle {
    @unsafe static func kind(_ key: OpaquePointer) -> KeyKind {
        let id = unsafe EVP_PKEY_get_base_id(key)
        if id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS { return .rsa(bits: unsafe Int(EVP_PKEY_get_bits(key))) }
        guard id == EVP_PKEY_EC else { return .other(CBytes.shortName(id)) }
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        let named = unsafe name.withUnsafeMutableBufferPointer { buffer in
            unsafe EVP_PKEY_get_group_name(key, buffer.baseAddress, buffer.count, &length)
        }
        guard named == 1 else { return .ec(curve: "without a name") }
        return .ec(curve: String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
