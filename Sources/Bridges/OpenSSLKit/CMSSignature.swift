internal import COpenSSL
public import Primitives

/// One signature in CMS, as it was read: what it claims, nothing of it checked yet.
///
/// Structure is read by a reader of our own that takes DER and BER and knows every byte's meaning, so that no byte
/// can change without the signature being refused; certificates inside are not decoded, which would cost more than
/// the check of the signature. The signature itself is checked by OpenSSL: `isSignatureValid(for:)`.
public struct CMSSignature: Sendable {
    /// How the signer names its certificate.
    public enum SignerIdentifier: Hashable, Sendable {
        /// By the issuer's name and the serial number, both as encoded.
        case issuerAndSerial(issuer: [UInt8], serial: [UInt8])
        /// By the subject key identifier.
        case keyIdentifier([UInt8])
    }

    /// How the signer names its certificate.
    public let signer: SignerIdentifier
    /// The digest that the content must have been hashed with; nil where the signature names one that is not allowed.
    public let requiredDigest: DigestAlgorithm?
    /// The name of the digest algorithm, also of one that is not allowed.
    public let digestAlgorithmName: String
    /// The name of the signature algorithm, also of one that is not allowed.
    public let signatureAlgorithmName: String
    /// What makes digest or signature algorithm unfit for the signature policy, nil where nothing does.
    public let weakness: String?
    /// The certificates that came along, in their order, not decoded.
    public let embeddedCertificates: [[UInt8]]
    /// The signed bytes where they are attached, nil where the signature is detached.
    public let content: [UInt8]?
    /// The digest of the content that the signer states in the signed attributes.
    public let messageDigest: [UInt8]
    /// When the signer says that it signed; recorded, never judged.
    public let signingTime: Timestamp?

    /// The same signature without certificates and content, in definite lengths, for OpenSSL.
    let bare: [UInt8]

    /// Whether the content travels beside the signature.
    public var isDetached: Bool { content == nil }

    /// Reads a signature in DER or BER.
    ///
    /// - Parameters:
    ///   - bytes: The signature's bytes, without anything after them.
    ///   - maximumBytes: The caller's limit on their number.
    /// - Throws: `CMSDefect` when the form is not that of the signature policy.
    public init(ber bytes: [UInt8], maximumBytes: Int) throws(CMSDefect) {
        guard bytes.count <= maximumBytes else {
            throw CMSDefect(.tooLarge, "the signature has \(bytes.count) bytes; at most \(maximumBytes) are taken")
        }
        guard !PEM.looksLikePEM(bytes) else {
            throw CMSDefect(.malformed, "the signature is PEM text; send the DER bytes (openssl cms -outform DER)")
        }
        let parts = try CMSParts(bytes)
        let info = try CMSSignerInfo(parts)
        let attributes = try CMSAttributes(info.signedAttributes)
        (signer, embeddedCertificates, content) = (info.signer, parts.certificates, parts.content)
        (messageDigest, signingTime) = (attributes.messageDigest, attributes.signingTime)
        let algorithms = CMSAlgorithms(digest: info.digestAlgorithm, signature: info.signatureAlgorithm)
        (requiredDigest, weakness) = (algorithms.digest, algorithms.weakness)
        (digestAlgorithmName, signatureAlgorithmName) = (algorithms.digestName, algorithms.signatureName)
        bare = try parts.withoutCertificatesAndContent()
    }

    /// Whether the signature is the certificate's key's over the signed attributes. Says nothing about the content:
    /// compare its digest with `messageDigest`; and nothing about the certificate: see `TrustStore`.
    public func isSignatureValid(for certificate: Certificate) -> Bool {
        ErrorQueue.clear()
        defer { ErrorQueue.clear() }
        guard weakness == nil else { return false }
        let decoded = unsafe bare.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe d2i_CMS_ContentInfo(nil, &cursor, buffer.count)
        }
        guard let message = unsafe decoded else { return false }
        defer { unsafe CMS_ContentInfo_free(message) }
        guard let signers = unsafe CMS_get0_SignerInfos(message), unsafe OPENSSL_sk_num(signers) == 1,
            let signer = unsafe OPENSSL_sk_value(signers, 0)
        else { return false }
        unsafe CMS_SignerInfo_set1_signer_cert(OpaquePointer(signer), certificate.handle)
        return unsafe CMS_SignerInfo_verify(OpaquePointer(signer)) == 1
    }

    /// Whether the signature is whole: the key's over the attributes, and the attributes' over content of this digest.
    public func verify(contentDigest: [UInt8], with certificate: Certificate) -> Bool {
        guard let algorithm = requiredDigest, contentDigest.count == algorithm.byteCount else { return false }
        return contentDigest == messageDigest && isSignatureValid(for: certificate)
    }

    /// Whether the signer names this certificate, compared byte for byte.
    public func names(_ certificate: Certificate) -> Bool {
        switch signer {
        case .issuerAndSerial(let issuer, let serial): issuer == certificate.issuerDER && serial == certificate.serial
        case .keyIdentifier(let identifier): identifier == certificate.subjectKeyIdentifier
        }
    }
}
