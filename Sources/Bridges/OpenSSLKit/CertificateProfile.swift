public import Primitives

/// The kinds of certificates that the coalition uses. `Certs/README.md` has the table.
public enum CertificateProfile: String, Hashable, Sendable, CaseIterable {
    /// The coalition's authority, or an intermediate of it.
    case coalitionCA = "ca"
    /// The gateway's end of TLS.
    case gatewayTLS = "gateway-tls"
    /// A partner's end of TLS.
    case partnerTLS = "partner-tls"
    /// A partner's key for files, messages and agreements.
    case partnerSigning = "partner-signing"
    /// The host's key for receipts, answers and statements.
    case hostSigning = "host-signing"
    /// An officer of the host: connects, and signs acts and programme files.
    case officer = "officer"
    /// An auditor: connects, reads, and may sign what was found.
    case auditor = "auditor"

    /// The key usages.
    public var keyUsages: Set<KeyUsage> {
        switch self {
        case .coalitionCA: [.certificateSigning, .crlSigning]
        case .gatewayTLS, .partnerTLS: [.digitalSignature]
        case .partnerSigning, .hostSigning, .officer, .auditor: [.digitalSignature, .nonRepudiation]
        }
    }

    /// The extended key usages; empty for an authority.
    public var extendedKeyUsages: [OID] {
        switch self {
        case .coalitionCA: []
        case .gatewayTLS: [.serverAuth]
        case .partnerTLS: [.clientAuth]
        case .partnerSigning: [.emailProtection, .partnerSigning]
        case .hostSigning: [.emailProtection, .hostSigning]
        case .officer: [.clientAuth, .emailProtection, .officer]
        case .auditor: [.clientAuth, .emailProtection, .auditor]
        }
    }

    /// The unit that a subject's name shows.
    public var unit: String {
        switch self {
        case .coalitionCA: "Certificate authority"
        case .gatewayTLS: "Gateway TLS"
        case .partnerTLS: "Partner TLS"
        case .partnerSigning: "Partner signing"
        case .hostSigning: "Host signing"
        case .officer: "Officer"
        case .auditor: "Auditor"
        }
    }
}

/// From when to when a certificate holds: the first instant belongs to it, the last does not. Whole seconds.
public struct Validity: Hashable, Sendable {
    /// The first instant.
    public let notBefore: Timestamp
    /// The first instant that no longer belongs to it.
    public let notAfter: Timestamp

    /// Makes a validity.
    ///
    /// - Throws: `CryptoError` of kind malformed when it would end before it begins.
    public init(from notBefore: Timestamp, to notAfter: Timestamp) throws(CryptoError) {
        guard notBefore < notAfter else { throw CryptoError(.malformed, "a validity ends after it begins") }
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}

/// What a certificate is to say.
public struct CertificateOrder: Sendable {
    /// The subject's name.
    public var subject: DistinguishedName
    /// The subject's key.
    public var key: PublicKey
    /// From when to when it holds.
    public var validity: Validity
    /// The key usages.
    public var keyUsages: Set<KeyUsage>
    /// The extended key usages; none writes no such extension.
    public var extendedKeyUsages: [OID]
    /// The names of a TLS server.
    public var alternativeNames: [AlternativeName]
    /// Whether it is for an authority.
    public var isAuthority: Bool
    /// How many authorities may follow an authority in a chain; nil for any number.
    public var pathLength: Int?
    /// The digest of the issuer's signature; others than SHA-256 are for tests.
    package var digest = SigningDigest.sha256

    /// Orders a certificate by a profile.
    public init(
        _ profile: CertificateProfile, subject: DistinguishedName, key: PublicKey, validity: Validity,
        alternativeNames: [AlternativeName] = [], pathLength: Int? = nil
    ) {
        self.subject = subject
        self.key = key
        self.validity = validity
        keyUsages = profile.keyUsages
        extendedKeyUsages = profile.extendedKeyUsages
        self.alternativeNames = alternativeNames
        isAuthority = profile == .coalitionCA
        self.pathLength = pathLength
    }
}
