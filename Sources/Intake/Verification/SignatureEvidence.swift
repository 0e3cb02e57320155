public import OpenSSLKit
public import Primitives

/// What was found when a signature was judged, kept beside what it signed so that the judgement can be followed later.
public struct SignatureEvidence: Hashable, Sendable, Codable {
    /// The name in the signer's certificate.
    public let signer: String
    /// The issuer of the signer's certificate.
    public let issuer: String
    /// The serial number of the signer's certificate, in hexadecimal digits.
    public let serialHex: String
    /// SHA-256 of the signer's certificate.
    public let fingerprint: Digest32
    /// For whom the certificate is registered; nil where no register was consulted.
    public let owner: PartnerID?
    /// The usage that it is registered for; nil where no register was consulted.
    public let usage: RegisteredUsage?
    /// The signer's key, such as `P-256`.
    public let key: String
    /// The digest algorithm, such as `SHA-256`.
    public let digestAlgorithm: String
    /// The signature algorithm, such as `ECDSA`.
    public let signatureAlgorithm: String
    /// The digest of the signed bytes, in hexadecimal digits.
    public let contentDigest: String
    /// SHA-256 of the signature's own bytes.
    public let signatureDigest: Digest32
    /// When the signer says that it signed; recorded and never judged.
    public let signingTime: Timestamp?
    /// For which instant the signature was judged: its receipt.
    public let judgedAt: Timestamp
    /// The chain from the signer's certificate to the trust anchor.
    public let chain: [ChainLink]
    /// The revocation lists that were consulted; none where revocation was not to be checked.
    public let revocationLists: [RevocationReference]
    /// Whether a list was out of date and taken only because of the grace.
    public let revocationIsStale: Bool
    /// When the validity of the signer's certificate ends.
    public let certificateNotAfter: Timestamp
    /// Warnings: SIG-009 when the certificate ends soon.
    public let warnings: [Finding]
}

/// A signature that was judged and found good. Only `SignatureVerifier` makes one, so code that holds one need not
/// ask again.
public struct VerifiedSignature: Hashable, Sendable {
    /// What was found.
    public let evidence: SignatureEvidence
    /// The signed bytes where they came within the signature, nil where it was detached.
    public let content: [UInt8]?

    init(evidence: SignatureEvidence, content: [UInt8]?) {
        self.evidence = evidence
        self.content = content
    }
}

/// The outcome of judging a signature.
public enum SignatureVerdict: Hashable, Sendable {
    /// It is good.
    case verified(VerifiedSignature)
    /// It is refused for the first reason in the policy's order of precedence.
    case refused(Finding)
}
