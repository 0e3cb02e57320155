public import OpenSSLKit
public import Primitives

/// What a registered certificate may be used for.
public enum RegisteredUsage: String, Hashable, Sendable, Codable, CaseIterable {
    /// A partner's signatures on files, messages and agreements.
    case sign = "SIGN"
    /// A partner's end of TLS.
    case tls = "TLS"
    /// The host's signatures on documents.
    case hostSign = "HOST_SIGN"
    /// An officer of the host: connections and signatures on acts.
    case officer = "OFFICER"
    /// An auditor: connections and signatures.
    case auditor = "AUDITOR"

    /// The purpose that a certificate of this usage must be issued for when it signs.
    public var signingPurpose: CertificatePurpose? {
        switch self {
        case .sign: .partnerSigning
        case .hostSign: .hostSigning
        case .officer: .officerSigning
        case .auditor: .auditorSigning
        case .tls: nil
        }
    }
}

/// A certificate that an agreement or the programme registers for someone.
public struct RegisteredKey: Hashable, Sendable {
    /// SHA-256 of the certificate.
    public let fingerprint: Digest32
    /// The certificate; nil where only its fingerprint is registered, so that it must travel with each signature.
    public let certificate: Certificate?
    /// Whom the register answers for: a partner, or the host for its own keys and its officers'.
    public let owner: PartnerID
    /// What it may be used for.
    public let usage: RegisteredUsage
    /// The first instant of its use.
    public let activeFrom: Timestamp
    /// When its use ends or ended (withdrawn, replaced); nil while no end is set. The instant is no longer part of it.
    public let activeUntil: Timestamp?
    /// Since when it is suspended, for ever; nil when it is not.
    public let suspendedSince: Timestamp?

    /// Registers a certificate.
    public init(
        certificate: Certificate, owner: PartnerID, usage: RegisteredUsage, activeFrom: Timestamp,
        activeUntil: Timestamp? = nil, suspendedSince: Timestamp? = nil
    ) {
        self.suspendedSince = suspendedSince
        fingerprint = certificate.fingerprint
        self.certificate = certificate
        self.owner = owner
        self.usage = usage
        self.activeFrom = activeFrom
        self.activeUntil = activeUntil
    }

    /// Registers a certificate of which only the fingerprint is known.
    public init(
        fingerprint: Digest32, owner: PartnerID, usage: RegisteredUsage, activeFrom: Timestamp,
        activeUntil: Timestamp? = nil, suspendedSince: Timestamp? = nil
    ) {
        self.suspendedSince = suspendedSince
        self.fingerprint = fingerprint
        certificate = nil
        self.owner = owner
        self.usage = usage
        self.activeFrom = activeFrom
        self.activeUntil = activeUntil
    }

    /// Whether it may be used at an instant.
    public func isActive(at instant: Timestamp) -> Bool { objection(at: instant) == nil }

    /// Why it may not be used at an instant, or nil when it may.
    func objection(at instant: Timestamp) -> String? {
        if instant < activeFrom { return "the registration begins at \(activeFrom)" }
        if let suspendedSince, suspendedSince <= instant { return "the key is suspended since \(suspendedSince)" }
        if let activeUntil, activeUntil <= instant { return "the registration ended at \(activeUntil)" }
        return nil
    }
}

/// Who owns which certificate: a value that is built from the log's registrations and found in by the names that
/// signatures use.
public struct KeyRegister: Sendable {
    private struct Serial: Hashable {
        let issuer: [UInt8]
        let serial: [UInt8]
    }

    /// Every registration, in the order given.
    public let keys: [RegisteredKey]
    private var byFingerprint: [Digest32: [RegisteredKey]] = [:]
    private var bySerial: [Serial: [RegisteredKey]] = [:]
    private var byKeyIdentifier: [[UInt8]: [RegisteredKey]] = [:]

    /// Builds a register. A certificate may be registered more than once, for several usages or periods.
    public init(_ keys: [RegisteredKey]) {
        self.keys = keys
        for key in keys {
            byFingerprint[key.fingerprint, default: []].append(key)
            guard let certificate = key.certificate else { continue }
            let serial = Serial(issuer: certificate.issuerDER, serial: certificate.serial)
            bySerial[serial, default: []].append(key)
            if let identifier = certificate.subjectKeyIdentifier {
                byKeyIdentifier[identifier, default: []].append(key)
            }
        }
    }

    /// The registrations of a certificate.
    public func keys(fingerprint: Digest32) -> [RegisteredKey] { byFingerprint[fingerprint] ?? [] }

    /// The registrations whose certificate a signature names.
    public func keys(namedBy signature: CMSSignature) -> [RegisteredKey] {
        switch signature.signer {
        case .issuerAndSerial(let issuer, let serial): bySerial[Serial(issuer: issuer, serial: serial)] ?? []
        case .keyIdentifier(let identifier): byKeyIdentifier[identifier] ?? []
        }
    }
}
