internal import COpenSSL
import Primitives

/// Reads the fields of a decoded certificate. It borrows the object and must not outlive it.
@safe
struct CertificateReader {
    enum NameField { case issuer, subject }

    private let x509: OpaquePointer

    @unsafe init(_ x509: OpaquePointer) { unsafe self.x509 = x509 }

    /// Decodes DER and checks that its encoding is the one and only; the caller owns the result.
    @unsafe static func decode(_ der: [UInt8]) -> OpaquePointer? {
        guard let decoded = unsafe decodeAny(der) else { return nil }
        let encoded = unsafe CBytes.encode { out in unsafe i2d_X509(decoded, out) }
        // Reading the purposes once fills OpenSSL's cache of extensions, so that no later reader writes to the object.
        guard encoded == der, unsafe X509_check_purpose(decoded, -1, 0) >= 0 else {
            unsafe X509_free(decoded)
            return nil
        }
        return unsafe decoded
    }

    @unsafe private static func decodeAny(_ der: [UInt8]) -> OpaquePointer? {
        unsafe der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe d2i_X509(nil, &cursor, buffer.count)
        }
    }

    func name(_ field: NameField) throws(CryptoError) -> (der: [UInt8], text: String) {
        let name = unsafe field == .issuer ? X509_get_issuer_name(x509) : X509_get_subject_name(x509)
        let text = try unsafe MemoryBIO.text { bio in
            unsafe X509_NAME_print_ex(bio, name, 0, coalition_name_flags) >= 0
        }
        return unsafe (CBytes.encode { out in unsafe i2d_X509_NAME(name, out) }, text)
    }

    func serial() throws(CryptoError) -> [UInt8] {
        let number = unsafe X509_get0_serialNumber(x509)
        return try unsafe BERElement(whole: CBytes.encode { out in unsafe i2d_ASN1_INTEGER(number, out) }).contentBytes
    }

    func validity() throws(CryptoError) -> (Timestamp, Timestamp) {
        guard let from = unsafe CBytes.time(X509_get0_notBefore(x509)),
            let to = unsafe CBytes.time(X509_get0_notAfter(x509))
        else { throw CryptoError(.malformed, "the certificate's validity is not written as RFC 5280 says") }
        return (from, to)
    }

    func key() throws(CryptoError) -> KeyKind {
        guard let key = unsafe X509_get0_pubkey(x509) else {
            throw ErrorQueue.error(.malformed, "the certificate's public key does not decode")
        }
        return unsafe KeyHandle.kind(key)
    }

    /// The name of the signature's algorithm, and what makes it too weak.
    func signature() -> (name: String, weakness: String?) {
        let name = unsafe CBytes.shortName(X509_get_signature_nid(x509))
        var (digest, key, bits, flags): (Int32, Int32, Int32, UInt32) = (0, 0, 0, 0)
        guard unsafe X509_get_signature_info(x509, &digest, &key, &bits, &flags) == 1 else {
            return (name, "a certificate signed with \(name)")
        }
        let strong = SignatureStrength.isAllowed(digest: digest, key: key)
        return (name, strong ? nil : "a certificate signed with \(name)")
    }

    func keyUsages() -> Set<KeyUsage>? {
        let bits = unsafe X509_get_key_usage(x509)
        guard bits != UInt32.max else { return nil }
        let flags: [(Int32, KeyUsage)] = [
            (KU_DIGITAL_SIGNATURE, .digitalSignature), (KU_NON_REPUDIATION, .nonRepudiation),
            (KU_KEY_ENCIPHERMENT, .keyEncipherment), (KU_DATA_ENCIPHERMENT, .dataEncipherment),
            (KU_KEY_AGREEMENT, .keyAgreement), (KU_KEY_CERT_SIGN, .certificateSigning), (KU_CRL_SIGN, .crlSigning),
        ]
        return Set(flags.filter { bits & UInt32($0.0) != 0 }.map { $0.1 })
    }

    func isAuthority() -> Bool { unsafe X509_check_ca(x509) != 0 }

    func extendedKeyUsages() throws(CryptoError) -> [OID]? {
        var found: Int32 = -1
        guard let raw = unsafe X509_get_ext_d2i(x509, NID_ext_key_usage, &found, nil) else {
            guard found == -1 else {
                throw ErrorQueue.error(.malformed, "the certificate's extended key usage does not decode")
            }
            return nil
        }
        let stack = OpaquePointer(raw)
        defer { unsafe EXTENDED_KEY_USAGE_free(stack) }
        var out: [OID] = []
        let count = unsafe OPENSSL_sk_num(stack)
        for index in 0..<count {
            let object = unsafe OpaquePointer(OPENSSL_sk_value(stack, index))
            let length = unsafe OBJ_length(object)
            let content = unsafe [UInt8](UnsafeBufferPointer(start: OBJ_get0_data(object), count: length))
            if let id = OID(content: content) { out.append(id) }
        }
        return out
    }

    func subjectKeyIdentifier() -> [UInt8]? {
        guard let value = unsafe X509_get0_subject_key_id(x509) else { return nil }
        return unsafe CBytes.string(value)
    }
}

/// Which signature algorithms on certificates and revocation lists the signature policy allows, by OpenSSL's numbers.
enum SignatureStrength {
    static func isAllowed(digest: Int32, key: Int32) -> Bool {
        [NID_sha256, NID_sha384, NID_sha512].contains(digest)
            && [NID_rsaEncryption, NID_rsassaPss, NID_X9_62_id_ecPublicKey].contains(key)
    }
}
