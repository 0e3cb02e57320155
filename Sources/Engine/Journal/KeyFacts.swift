public import Primitives
public import ProgrammeModel

/// A partner changed its own keys by a signed request. Rules on signatures: Specs/rules.md.
public struct KeyChanged: Hashable, Sendable, Codable {
    /// Whose keys.
    public var partner: PartnerID
    /// What was changed.
    public var change: Change
    /// Who signed the request.
    public var signer: SignerEvidence
    /// The signature by the new key over the same bytes; nil for a suspension.
    public var proof: SignerEvidence?
    /// SHA-256 of the signed document.
    public var digest: Digest32
    /// SHA-256 of the request with its signature.
    public var request: Digest32
    /// SHA-256 of the certificate of the connection that brought it; nil where none did.
    public var connection: Digest32?
    /// The reply's id.
    public var replyID: String
    /// The request, the proof of possession and the reply.
    public var attachments: [AttachmentReference]

    /// What a partner can do with its keys.
    public enum Change: Hashable, Sendable, Codable {
        /// A new key is registered, and an old one may get an end.
        case rotated(KeyRotation)
        /// A key is never to be used again.
        case suspended(Digest32)
    }

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, change: Change, signer: SignerEvidence, proof: SignerEvidence?, digest: Digest32,
        request: Digest32, connection: Digest32? = nil, replyID: String, attachments: [AttachmentReference]
    ) {
        self.partner = partner
        self.change = change
        self.signer = signer
        self.proof = proof
        self.digest = digest
        self.request = request
        self.connection = connection
        self.replyID = replyID
        self.attachments = attachments
    }
}

/// A new key of a partner, and what becomes of the one that it replaces.
public struct KeyRotation: Hashable, Sendable, Codable {
    /// The new certificate.
    public var grant: CertificateGrant
    /// The key that it replaces; nil for a further key.
    public var replaces: Digest32?
    /// When the replaced key ends; nil without one.
    public var replacedUntil: Timestamp?

    /// The longest that a replaced key goes on beside its successor, in days.
    public static let overlapDays: Int64 = 90
    /// The most keys of one use that a partner may have at once, those to come included.
    public static let keysPerUse = 8

    /// Makes a rotation.
    public init(grant: CertificateGrant, replaces: Digest32?, replacedUntil: Timestamp?) {
        self.grant = grant
        self.replaces = replaces
        self.replacedUntil = replacedUntil
    }
}

/// Officers suspend a partner's key: it is never to be used again.
public struct KeySuspension: Hashable, Sendable, Codable {
    /// Whose key.
    public var partner: PartnerID
    /// SHA-256 of its certificate.
    public var fingerprint: Digest32
    /// Why.
    public var reason: String

    /// Makes a suspension.
    public init(partner: PartnerID, fingerprint: Digest32, reason: String) {
        self.partner = partner
        self.fingerprint = fingerprint
        self.reason = reason
    }
}

extension Fact {
    /// Whether it changes whose certificates count.
    public var changesKeys: Bool {
        switch self {
        case .genesis, .programmeLoaded, .keyChanged: true
        case .actCarriedOut(let fact): if case .suspendKey = fact.act { true } else { false }
        default: false
        }
    }
}
