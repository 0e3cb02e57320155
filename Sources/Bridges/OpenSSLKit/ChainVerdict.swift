public import Primitives

/// What a trust store says about a certificate at an instant.
public struct ChainVerdict: Hashable, Sendable {
    /// The certificates from the one judged to the trust anchor, as far as they were found.
    public let chain: [ChainLink]
    /// Everything that speaks against the certificate, in the order of `ChainProblem.Kind`; empty where nothing does.
    public let problems: [ChainProblem]
    /// The revocation lists that covered the chain.
    public let revocationLists: [RevocationReference]
    /// Whether a list was past its next update and was taken only because of the grace; the operator must be alarmed.
    public let isStale: Bool
    /// The instants for which the verdict holds with the same trust store: nothing begins or ends in between.
    public let holds: Range<Timestamp>

    /// Whether the certificate is accepted.
    public var isAccepted: Bool { problems.isEmpty }
}

/// One certificate of a chain.
public struct ChainLink: Hashable, Sendable, Codable {
    /// The subject's name.
    public let subject: String
    /// SHA-256 of the certificate.
    public let fingerprint: Digest32
    /// When the certificate's validity ends.
    public let notAfter: Timestamp
}

/// One revocation list that a judgement relied on.
public struct RevocationReference: Hashable, Sendable, Codable {
    /// The issuer's name.
    public let issuer: String
    /// SHA-256 of the list.
    public let digest: Digest32
    /// When the list was made.
    public let thisUpdate: Timestamp
    /// When the next list is due.
    public let nextUpdate: Timestamp
}

/// One thing that speaks against a certificate.
public struct ChainProblem: Hashable, Sendable, Codable {
    /// What is wrong.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
        /// No trust anchor issued it, directly or through known intermediates.
        case unknownIssuer = "UNKNOWN_ISSUER"
        /// The chain breaks a rule of RFC 5280, such as a signature that does not match or an authority that may not
        /// issue.
        case invalidChain = "INVALID_CHAIN"
        /// The certificate is not meant for what it was used for.
        case wrongPurpose = "WRONG_PURPOSE"
        /// Revoked.
        case revoked = "REVOKED"
        /// There is no revocation list, or none that is valid and up to date.
        case revocationUnknown = "REVOCATION_UNKNOWN"
        /// Its validity has ended.
        case expired = "EXPIRED"
        /// Its validity has not begun.
        case notYetValid = "NOT_YET_VALID"
        /// A key or an algorithm of the chain is weaker than the signature policy allows.
        case weak = "WEAK"

        /// Orders as declared.
        public static func < (a: Kind, b: Kind) -> Bool { a.rank < b.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// What is wrong.
    public let kind: Kind
    /// Which certificate it concerns: 0 for the one judged, 1 for its issuer and so on.
    public let depth: Int
    /// What was found, in words.
    public let detail: String
}
