public import OpenSSLKit
public import Primitives

/// The other end of a TLS connection, found good.
public struct VerifiedPeer: Hashable, Sendable {
    /// SHA-256 of its certificate.
    public let fingerprint: Digest32
    /// The name in its certificate.
    public let subject: String
    /// Its registrations that are active, with their owners and usages; never empty where a register was consulted.
    public let registrations: [RegisteredKey]
    /// When its certificate's validity ends.
    public let certificateNotAfter: Timestamp
    /// The chain to the trust anchor.
    public let chain: [ChainLink]
    /// Whether a revocation list was out of date and taken only because of the grace.
    public let revocationIsStale: Bool

    init(certificate: Certificate, registrations: [RegisteredKey], verdict: ChainVerdict) {
        fingerprint = certificate.fingerprint
        subject = certificate.subject
        self.registrations = registrations
        certificateNotAfter = certificate.notAfter
        chain = verdict.chain
        revocationIsStale = verdict.isStale
    }
}

/// The outcome of judging the other end of a TLS connection.
public enum PeerVerdict: Hashable, Sendable {
    /// It may connect.
    case accepted(VerifiedPeer)
    /// It may not, with NET-004 and the reason.
    case refused(Finding)
}

/// Judges the certificates that the other end of a TLS connection shows: chain, purpose, revocation, strength, time,
/// registration.
///
/// TLS libraries' own checks let in revoked, SHA-1-signed and short-keyed certificates; this replaces them.
public struct PeerPolicy: Sendable {
    /// The most certificates of a handshake that are looked at.
    public static let certificateLimit = 8
    /// The largest certificate of a handshake, in bytes.
    public static let certificateBytes = 16 << 10

    private let trust: TrustStore
    private let purpose: CertificatePurpose
    private let register: KeyRegister?
    private let usages: [RegisteredUsage]

    /// Judges clients of the gateway.
    ///
    /// - Parameters:
    ///   - trust: Who is believed.
    ///   - register: Who may connect; nil accepts whomever the trust store vouches for.
    ///   - usages: The usages of which a registration must have one.
    public init(trust: TrustStore, register: KeyRegister?, usages: [RegisteredUsage] = [.tls, .officer, .auditor]) {
        self.trust = trust
        purpose = .tlsClient
        self.register = register
        self.usages = usages
    }

    /// Judges the gateway, from a client's side. The name that the client asked for is checked by TLS.
    public init(gatewayTrustedBy trust: TrustStore) {
        self.trust = trust
        purpose = .tlsServer
        register = nil
        usages = []
    }

    /// Judges a connection.
    ///
    /// - Parameters:
    ///   - chain: The certificates that were shown, in DER, the peer's own first.
    ///   - instant: The gateway's time.
    ///   - cache: Verdicts from before.
    public func judge(
        chain: [[UInt8]], at instant: Timestamp, cache: inout ChainVerdictCache
    ) -> PeerVerdict {
        guard let own = chain.first else { return refuse("no certificate was shown") }
        guard chain.count <= Self.certificateLimit, chain.allSatisfy({ $0.count <= Self.certificateBytes }) else {
            return refuse("more or larger certificates were shown than are looked at")
        }
        guard let certificate = known(own) ?? (try? Certificate(der: own)) else {
            return refuse("the certificate shown does not decode")
        }
        let registrations = (register?.keys(fingerprint: certificate.fingerprint) ?? [])
            .filter { usages.contains($0.usage) && $0.isActive(at: instant) }
        if register != nil && registrations.isEmpty {
            return refuse("SIG-003: the certificate is not registered for connections", certificate)
        }
        let extra = chain.dropFirst().filter { !trust.holds(SHA256.digest($0)) }.compactMap {
            try? Certificate(der: $0)
        }
        let verdict =
            extra.isEmpty
            ? cache.verdict(on: certificate, purposes: [purpose], trust: trust, at: instant)
            : trust.judge(certificate, purposes: [purpose], extra: extra, at: instant)
        if let finding = SignaturePolicy.first(SignaturePolicy.findings(verdict, certificate: certificate)) {
            return refuse("\(finding.code): \(finding.detail)", certificate)
        }
        return .accepted(VerifiedPeer(certificate: certificate, registrations: registrations, verdict: verdict))
    }

    /// The registered certificate of these bytes, which is decoded already.
    private func known(_ der: [UInt8]) -> Certificate? {
        register?.keys(fingerprint: SHA256.digest(der)).lazy.compactMap { $0.certificate }.first
    }

    private func refuse(_ detail: String, _ certificate: Certificate? = nil) -> PeerVerdict {
        .refused(Finding(.net004, value: certificate?.subject ?? "", detail: detail))
    }
}
