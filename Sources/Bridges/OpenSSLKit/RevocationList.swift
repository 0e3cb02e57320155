internal import COpenSSL
public import Primitives

/// A certificate revocation list: its bytes, and what they say, read once. Its signature is checked when a chain is
/// judged.
@safe
public final class RevocationList: @unchecked Sendable {
    // SAFETY: decoded in full in the initialiser, only read afterwards, counted by OpenSSL with atomic references,
    // freed here.
    let handle: OpaquePointer
    /// The DER bytes.
    public let der: [UInt8]
    /// SHA-256 of the DER bytes.
    public let digest: Digest32
    /// The issuer's name as RFC 2253 writes it.
    public let issuer: String
    /// When the list was made.
    public let thisUpdate: Timestamp
    /// When the next list is due; from then on this one is out of date.
    public let nextUpdate: Timestamp
    /// What it revokes, in the list's order.
    public let entries: [Entry]
    /// The list's number, nil where it has none.
    public let number: Int64?
    /// What makes the signature too weak, nil where nothing does.
    public let weakness: String?

    let issuerDER: [UInt8]
    let authorityKeyIdentifier: [UInt8]?

    /// One revoked certificate.
    public struct Entry: Hashable, Sendable {
        /// The serial number's bytes in hexadecimal digits, as `Certificate.serialHex`.
        public let serialHex: String
        /// Since when it is revoked.
        public let since: Timestamp

        /// Names a certificate and since when it is revoked.
        public init(serialHex: String, since: Timestamp) {
            self.serialHex = serialHex
            self.since = since
        }
    }

    /// Decodes DER bytes.
    ///
    /// - Throws: `CryptoError` when the bytes are not a revocation list, or the list does not say when the next one
    ///   is due.
    public init(der: [UInt8]) throws(CryptoError) {
        ErrorQueue.clear()
        let decoded = unsafe der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe d2i_X509_CRL(nil, &cursor, buffer.count)
        }
        guard let decoded = unsafe decoded else {
            throw ErrorQueue.error(.malformed, "the bytes are no revocation list in DER")
        }
        do throws(CryptoError) {
            guard unsafe CBytes.encode({ out in unsafe i2d_X509_CRL(decoded, out) }) == der else {
                throw CryptoError(.malformed, "the revocation list is not in DER")
            }
            let name = unsafe X509_CRL_get_issuer(decoded)
            issuerDER = unsafe CBytes.encode { out in unsafe i2d_X509_NAME(name, out) }
            issuer = try unsafe MemoryBIO.text { bio in
                unsafe X509_NAME_print_ex(bio, name, 0, coalition_name_flags) >= 0
            }
            guard let from = unsafe CBytes.time(X509_CRL_get0_lastUpdate(decoded)),
                let to = unsafe CBytes.time(X509_CRL_get0_nextUpdate(decoded))
            else { throw CryptoError(.malformed, "the revocation list does not say from when to when it holds") }
            (thisUpdate, nextUpdate) = (from, to)
            entries = try unsafe Self.entries(decoded)
            number = unsafe Self.number(decoded)
            authorityKeyIdentifier = unsafe Self.authorityKeyIdentifier(decoded)
            weakness = unsafe Self.weakness(decoded)
        } catch {
            unsafe X509_CRL_free(decoded)
            throw error
        }
        digest = SHA256.digest(der)
        self.der = der
        unsafe handle = decoded
    }

    deinit { unsafe X509_CRL_free(handle) }

    /// Decodes every revocation list of a file's bytes, which may be PEM text or the DER of one.
    ///
    /// - Throws: `CryptoError` when a list does not decode.
    public static func all(inFile bytes: [UInt8]) throws(CryptoError) -> [RevocationList] {
        guard PEM.looksLikePEM(bytes) else { return [try RevocationList(der: bytes)] }
        var out: [RevocationList] = []
        for block in try PEM.decode(String(decoding: bytes, as: UTF8.self)) where block.label == "X509 CRL" {
            out.append(try RevocationList(der: block.bytes))
        }
        return out
    }

    /// The list as PEM text.
    public var pem: String { PEM.encode(der, label: "X509 CRL") }

    @unsafe private static func entries(_ list: OpaquePointer) throws(CryptoError) -> [Entry] {
        guard let stack = unsafe X509_CRL_get_REVOKED(list) else { return [] }
        var out: [Entry] = []
        let count = unsafe OPENSSL_sk_num(stack)
        for index in 0..<count {
            let entry = unsafe OpaquePointer(OPENSSL_sk_value(stack, index))
            let serial = unsafe X509_REVOKED_get0_serialNumber(entry)
            let encoded = unsafe CBytes.encode { out in unsafe i2d_ASN1_INTEGER(serial, out) }
            guard let since = unsafe CBytes.time(X509_REVOKED_get0_revocationDate(entry)) else {
                throw CryptoError(.malformed, "the revocation list has an entry without a date")
            }
            out.append(Entry(serialHex: Hex.encode(try BERElement(whole: encoded).contentBytes), since: since))
        }
        return out
    }

    @unsafe private static func number(_ list: OpaquePointer) -> Int64? {
        guard let raw = unsafe X509_CRL_get_ext_d2i(list, NID_crl_number, nil, nil) else { return nil }
        let value = unsafe raw.assumingMemoryBound(to: ASN1_INTEGER.self)
        defer { unsafe ASN1_INTEGER_free(value) }
        var number: Int64 = 0
        return unsafe ASN1_INTEGER_get_int64(&number, value) == 1 ? number : nil
    }

    @unsafe private static func authorityKeyIdentifier(_ list: OpaquePointer) -> [UInt8]? {
        guard let raw = unsafe X509_CRL_get_ext_d2i(list, NID_authority_key_identifier, nil, nil) else { return nil }
        let value = unsafe raw.assumingMemoryBound(to: AUTHORITY_KEYID.self)
        defer { unsafe AUTHORITY_KEYID_free(value) }
        guard let name = unsafe value.pointee.keyid else { return nil }
        return unsafe CBytes.string(name)
    }

    @unsafe private static func weakness(_ list: OpaquePointer) -> String? {
        let algorithm = unsafe X509_CRL_get_signature_nid(list)
        var (digest, key): (Int32, Int32) = (0, 0)
        let known = unsafe OBJ_find_sigid_algs(algorithm, &digest, &key)
        if known == 1, SignatureStrength.isAllowed(digest: digest, key: key) { return nil }
        return "a revocation list signed with \(CBytes.shortName(algorithm))"
    }
}
