internal import COpenSSL
public import Primitives

/// An X.509 certificate: its bytes, and what they say, read once.
///
/// Decoding costs 100 to 200 microseconds, so a certificate is decoded when it is registered and then shared. A
/// certificate says nothing about trust; `TrustStore.judge` does.
@safe
public final class Certificate: @unchecked Sendable {
    // SAFETY: the X509 object is decoded in full in the initialiser (extensions and public key included), only read
    // afterwards, counted by OpenSSL with atomic references, and freed here. All other fields are immutable values.
    let handle: OpaquePointer
    /// The DER bytes.
    public let der: [UInt8]
    /// SHA-256 of the DER bytes: the name by which the register knows a certificate.
    public let fingerprint: Digest32
    /// The subject's name, most specific part first, as RFC 2253 writes it.
    public let subject: String
    /// The issuer's name, likewise.
    public let issuer: String
    /// The serial number's bytes in hexadecimal digits.
    public let serialHex: String
    /// The first instant of validity.
    public let notBefore: Timestamp
    /// The instant at which validity ends; it is no longer part of it.
    public let notAfter: Timestamp
    /// The public key's kind and size.
    public let key: KeyKind
    /// The algorithm of the issuer's signature, by OpenSSL's short name, such as `ecdsa-with-SHA256`.
    public let signatureAlgorithm: String
    /// The key usages, nil where the certificate has no such extension.
    public let keyUsages: Set<KeyUsage>?
    /// The extended key usages in their order, nil where the certificate has no such extension.
    public let extendedKeyUsages: [OID]?
    /// Whether it is an authority's certificate.
    public let isAuthority: Bool
    /// The subject key identifier, nil where there is none.
    public let subjectKeyIdentifier: [UInt8]?
    /// What makes key or signature too weak for the signature policy, nil where nothing does.
    public let weakness: String?

    /// The issuer's name as encoded, for comparisons byte for byte.
    public let issuerDER: [UInt8]
    /// The subject's name as encoded.
    public let subjectDER: [UInt8]
    /// The serial number as encoded, without tag and length.
    public let serial: [UInt8]

    /// Decodes DER bytes.
    ///
    /// - Throws: `CryptoError` of kind malformed when the bytes are not exactly one certificate in DER.
    public init(der: [UInt8]) throws(CryptoError) {
        ErrorQueue.clear()
        guard let decoded = unsafe CertificateReader.decode(der) else {
            throw ErrorQueue.error(.malformed, "the bytes are not a certificate in DER")
        }
        let reader = unsafe CertificateReader(decoded)
        // From here on the object is freed with this instance, or just below when a field cannot be read.
        do throws(CryptoError) {
            (issuerDER, subjectDER) = try (reader.name(.issuer).der, reader.name(.subject).der)
            (issuer, subject) = try (reader.name(.issuer).text, reader.name(.subject).text)
            serial = try reader.serial()
            (notBefore, notAfter) = try reader.validity()
            key = try reader.key()
            let signature = reader.signature()
            signatureAlgorithm = signature.name
            weakness = key.weakness ?? signature.weakness
            (keyUsages, isAuthority) = (reader.keyUsages(), reader.isAuthority())
            extendedKeyUsages = try reader.extendedKeyUsages()
            subjectKeyIdentifier = reader.subjectKeyIdentifier()
        } catch {
            unsafe X509_free(decoded)
            throw error
        }
        serialHex = Hex.encode(serial)
        fingerprint = SHA256.digest(der)
        self.der = der
        unsafe handle = decoded
    }

    /// Decodes the first certificate of a PEM text.
    ///
    /// - Throws: `CryptoError` when the text has no certificate or the certificate does not decode.
    public convenience init(pem: String) throws(CryptoError) {
        guard let block = try PEM.decode(pem).first(where: { $0.label == "CERTIFICATE" }) else {
            throw CryptoError(.malformed, "the text has no certificate in PEM")
        }
        try self.init(der: block.bytes)
    }

    deinit { unsafe X509_free(handle) }

    /// Decodes every certificate of a file's bytes, which may be PEM text or the DER of one.
    ///
    /// - Throws: `CryptoError` when a certificate does not decode.
    public static func all(inFile bytes: [UInt8]) throws(CryptoError) -> [Certificate] {
        guard PEM.looksLikePEM(bytes) else { return [try Certificate(der: bytes)] }
        var out: [Certificate] = []
        for block in try PEM.decode(String(decoding: bytes, as: UTF8.self)) where block.label == "CERTIFICATE" {
            out.append(try Certificate(der: block.bytes))
        }
        return out
    }

    /// The certificate as PEM text.
    public var pem: String { PEM.encode(der, label: "CERTIFICATE") }

    /// Whether issuer and subject are the same name.
    public var isSelfIssued: Bool { issuerDER == subjectDER }
}

extension Certificate: Hashable, CustomStringConvertible {
    /// Two certificates are equal when their bytes are.
    public static func == (a: Certificate, b: Certificate) -> Bool { a.fingerprint == b.fingerprint }

    /// Hashes the fingerprint.
    public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

    /// Subject, serial number and issuer.
    public var description: String { "\(subject), serial \(serialHex), issued by \(issuer)" }
}

/// What a key is.
public enum KeyKind: Hashable, Sendable, CustomStringConvertible {
    /// RSA with a modulus of so many bits.
    case rsa(bits: Int)
    /// An elliptic curve, by OpenSSL's name: `prime256v1` is P-256, `secp384r1` is P-384.
    case ec(curve: String)
    /// Any other kind, by OpenSSL's name.
    case other(String)

    /// What makes the key too weak or unfit for the signature policy, nil where nothing does.
    public var weakness: String? {
        switch self {
        case .rsa(let bits): bits >= 2048 ? nil : "an RSA key of \(bits) bits"
        case .ec("prime256v1"), .ec("secp384r1"): nil
        case .ec(let curve): "a key on the curve \(curve)"
        case .other(let name): "a key of the kind \(name)"
        }
    }

    /// The usual name, such as `P-256` or `RSA-3072`.
    public var description: String {
        switch self {
        case .rsa(let bits): "RSA-\(bits)"
        case .ec("prime256v1"): "P-256"
        case .ec("secp384r1"): "P-384"
        case .ec(let curve): curve
        case .other(let name): name
        }
    }
}

/// A key usage of a certificate; the raw value is the bit's number in the extension (RFC 5280, 4.2.1.3).
public enum KeyUsage: Int, Hashable, Sendable, CaseIterable {
    /// Signatures other than on certificates and revocation lists.
    case digitalSignature = 0
    /// Signatures that the signer shall not deny.
    case nonRepudiation = 1
    /// Encryption of keys.
    case keyEncipherment = 2
    /// Encryption of data.
    case dataEncipherment = 3
    /// Agreement on keys.
    case keyAgreement = 4
    /// Signatures on certificates.
    case certificateSigning = 5
    /// Signatures on revocation lists.
    case crlSigning = 6
}
