public import Primitives
import ProgrammeModel

/// What a registered certificate is for.
public enum KeyUse: String, Hashable, Sendable, Codable, CaseIterable {
    /// A partner's signatures.
    case sign = "SIGN"
    /// A partner's connections.
    case tls = "TLS"
    /// An officer of the host: acts, approvals and connections.
    case officer = "OFFICER"
    /// An auditor.
    case auditor = "AUDITOR"

    /// The use of an officer's certificate.
    init(_ officer: Officer) { self = officer.roles == [.auditor] ? .auditor : .officer }
}

/// Where a registration stands.
public enum KeyState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its time has not come.
    case pending = "PENDING"
    /// It counts.
    case active = "ACTIVE"
    /// Its time is over: replaced, ended by the agreement, or listed no longer.
    case ended = "ENDED"
    /// Its owner or the officers have suspended it, for ever.
    case suspended = "SUSPENDED"
}

/// How a registration came into the log.
public enum KeyOrigin: Hashable, Sendable, Codable {
    /// By the first fact.
    case firstFact
    /// By a version of the programme.
    case programme(version: Int, fact: UInt64)
    /// By its owner's key change.
    case keyChange(fact: UInt64)
}

/// An end that a fact sets.
public struct KeyEnd: Hashable, Sendable, Codable {
    /// The first instant that no longer counts.
    public var at: Timestamp
    /// The fact that set it.
    public var fact: UInt64
    /// Who did.
    public var by: By

    /// Who ends keys.
    public enum By: String, Hashable, Sendable, Codable {
        /// Its owner, by a key change.
        case owner = "OWNER"
        /// The host's officers, by an act.
        case officers = "OFFICERS"
        /// A version of the programme that lists it no longer.
        case programme = "PROGRAMME"
    }

    /// Makes an end.
    public init(at: Timestamp, fact: UInt64, by: By) {
        self.at = at
        self.fact = fact
        self.by = by
    }
}

/// A fact that changed a partner's keys.
public struct KeyChangePlace: Hashable, Sendable, Codable {
    /// The fact.
    public var fact: UInt64
    /// Whose keys.
    public var partner: PartnerID
}

/// What tells two registrations apart: one certificate may be registered for two uses.
struct KeyName: Hashable {
    let owner: PartnerID
    let use: KeyUse
    let fingerprint: Digest32
}

/// A registration of a certificate. Only `KeyBook` makes one.
public struct KeyEntry: Hashable, Sendable, Codable {
    /// SHA-256 of the certificate.
    public let fingerprint: Digest32
    /// What it is for.
    public let use: KeyUse
    /// The partner, or the host for its officers' keys.
    public internal(set) var owner: PartnerID
    /// The partner's id, or the officer's name.
    public let holder: String
    /// The certificate, PEM; nil where only its fingerprint is registered.
    public let pem: String?
    /// The first instant of its use.
    public internal(set) var activeFrom: Timestamp
    /// How it came.
    public let origin: KeyOrigin
    /// The key that its owner named as its successor; nil for none.
    public internal(set) var replacedBy: Digest32?
    /// The end that its owner set.
    public internal(set) var ownEnd: KeyEnd?
    /// The version of the programme that lists it no longer.
    public internal(set) var dropped: KeyEnd?
    /// The end in the agreement.
    var agreedUntil: Timestamp?
    /// The beginning that its owner set.
    var enrolledFrom: Timestamp?
    /// Whether the programme in force lists it.
    var isListed = false

    init(
        fingerprint: Digest32, use: KeyUse, owner: PartnerID, holder: String, pem: String?, activeFrom: Timestamp,
        origin: KeyOrigin
    ) {
        self.fingerprint = fingerprint
        self.use = use
        self.owner = owner
        self.holder = holder
        self.pem = pem
        self.activeFrom = activeFrom
        self.origin = origin
    }

    /// The first instant that is no longer part of its use, suspensions apart; nil while no end is set.
    public var activeUntil: Timestamp? { [agreedUntil, ownEnd?.at, dropped?.at].compactMap { $0 }.min() }

    var name: KeyName { KeyName(owner: owner, use: use, fingerprint: fingerprint) }
    var isHosts: Bool { use == .officer || use == .auditor }
}
