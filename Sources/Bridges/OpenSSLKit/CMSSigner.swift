public import Primitives

/// Signs documents: CMS SignedData in DER with SHA-256, signed attributes and the signing time.
///
/// The structure is written by a writer of our own, since OpenSSL leaves sets unsorted, takes the time from the
/// machine's clock and wants the whole content; keys and signatures are OpenSSL's. It may be used from several tasks
/// at once.
public struct CMSSigner: Sendable {
    /// The certificate that signatures are checked with.
    public let certificate: Certificate
    /// Whether the certificate travels in the signature, so that a reader needs only the authority's.
    public let includesCertificate: Bool
    private let key: PrivateKey
    private let chain: [Certificate]

    /// Makes a signer.
    ///
    /// - Parameters:
    ///   - certificate: The signer's certificate.
    ///   - key: Its private key.
    ///   - includesCertificate: Whether signatures carry the certificate; documents do, so that plain `openssl cms
    ///     -verify` works
    ///     with the authority's alone. Real-time messages are cheaper to check without.
    ///   - chain: Intermediates that travel with the certificate.
    /// - Throws: `CryptoError` of kind mismatch when the key is not the certificate's.
    public init(
        certificate: Certificate, key: PrivateKey, includesCertificate: Bool = true, chain: [Certificate] = []
    ) throws(CryptoError) {
        guard key.matches(certificate) else {
            throw CryptoError(.mismatch, "the private key is not that of the certificate '\(certificate.subject)'")
        }
        self.certificate = certificate
        self.key = key
        self.includesCertificate = includesCertificate
        self.chain = chain
    }

    /// Signs content that travels beside the signature.
    ///
    /// - Throws: `CryptoError` when the key cannot sign.
    public func signDetached(_ content: [UInt8], at instant: Timestamp) throws(CryptoError) -> [UInt8] {
        try sign(digest: SHA256.digest(content), attached: nil, at: instant)
    }

    /// Signs content by its SHA-256, which may have been computed while the content was written or read.
    ///
    /// - Throws: `CryptoError` when the key cannot sign.
    public func signDetached(digest: Digest32, at instant: Timestamp) throws(CryptoError) -> [UInt8] {
        try sign(digest: digest, attached: nil, at: instant)
    }

    /// Signs content that travels within the signature.
    ///
    /// - Throws: `CryptoError` when the key cannot sign.
    public func signAttached(_ content: [UInt8], at instant: Timestamp) throws(CryptoError) -> [UInt8] {
        try sign(digest: SHA256.digest(content), attached: content, at: instant)
    }

    private func sign(digest: Digest32, attached: [UInt8]?, at instant: Timestamp) throws(CryptoError) -> [UInt8] {
        let attributes = [
            DER.sequence(DER.oid(.contentType), DER.set(of: [DER.oid(.data)])),
            DER.sequence(DER.oid(.messageDigest), DER.set(of: [DER.octets(digest.bytes)])),
            DER.sequence(DER.oid(.signingTime), DER.set(of: [DER.time(instant)])),
        ]
        // What is signed is the set with its own tag; what is stored carries the field's tag (RFC 5652, 5.4).
        let signature = try key.sign(DER.set(of: attributes), digest: .sha256)
        let digestAlgorithm = DER.sequence(DER.oid(.sha256))
        // For RSA the plain key algorithm is what most readers expect (RFC 3370, 3.2).
        let signatureAlgorithm =
            switch key.kind {
            case .rsa: DER.sequence(DER.oid(.rsaEncryption), DER.null)
            default: key.algorithmIdentifier(.sha256)
            }
        let signerInfo = DER.sequence(
            DER.integer(1), DER.sequence(certificate.issuerDER, DER.value(0x02, certificate.serial)), digestAlgorithm,
            DER.set(of: attributes, tag: 0xA0), signatureAlgorithm, DER.octets(signature))
        let content = DER.sequence(DER.oid(.data), attached.map { DER.tagged(0, DER.octets($0)) } ?? [])
        let travelling = includesCertificate ? ([certificate] + chain).map { $0.der } : []
        let certificates = travelling.isEmpty ? [] : DER.set(of: travelling, tag: 0xA0)
        let signedData = DER.sequence(
            DER.integer(1), DER.value(0x31, digestAlgorithm), content, certificates, DER.value(0x31, signerInfo))
        return DER.sequence(DER.oid(.signedData), DER.tagged(0, signedData))
    }
}
