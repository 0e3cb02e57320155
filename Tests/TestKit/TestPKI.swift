public import OpenSSLKit
public import Primitives

/// A whole public key infrastructure made in code, valid from 2020 to 2060, so that no test ever expires.
///
/// Keys are new in every run. `shared` is made once per process and serves every test that does not need an authority
/// of its own.
public struct TestPKI: Sendable {
    /// A certificate with its private key.
    public struct Identity: Sendable {
        /// The certificate.
        public let certificate: Certificate
        /// The private key.
        public let key: PrivateKey

        /// Pairs a certificate with its key.
        public init(certificate: Certificate, key: PrivateKey) {
            self.certificate = certificate
            self.key = key
        }

        /// A signer with this identity.
        public func signer(includesCertificate: Bool = true, chain: [Certificate] = []) throws -> CMSSigner {
            try CMSSigner(certificate: certificate, key: key, includesCertificate: includesCertificate, chain: chain)
        }
    }

    /// The keys of one partner.
    public struct Partner: Sendable {
        /// The partner.
        public let id: PartnerID
        /// Its end of TLS.
        public let tls: Identity
        /// Its signing key.
        public let signing: Identity
    }

    /// One infrastructure for all tests of a process.
    public static let shared: TestPKI = {
        do {
            return try TestPKI()
        } catch {
            preconditionFailure("the test PKI cannot be made: \(error)")
        }
    }()

    /// 2020-01-01 to 2060-01-01.
    public static let validity = span("2020-01-01T00:00:00Z", "2060-01-01T00:00:00Z")
    /// An instant within the validity and within the golden scenario.
    public static let noon = instant("2026-03-10T12:00:00Z")

    /// The root authority.
    public let authority: CertificateAuthority
    /// The root's key, for tests that issue by other means.
    public let authorityKey: PrivateKey
    /// The host's TLS identity, for `localhost`, `gateway.example` and 127.0.0.1.
    public let gatewayTLS: Identity
    /// The host's signing identity.
    public let hostSigning: Identity
    /// Two officers of the host.
    public let maker: Identity
    /// The second officer.
    public let checker: Identity
    /// An auditor.
    public let auditor: Identity
    /// An empty revocation list of the root that holds for the whole validity.
    public let revocationList: RevocationList

    /// Makes a new infrastructure.
    public init(name: String = "Coalition test root") throws {
        authorityKey = try PrivateKey.generate(.p256)
        authority = try CertificateAuthority.root(
            subject: try DistinguishedName(commonName: name, organization: "Coalition"), key: authorityKey,
            validity: Self.validity)
        revocationList = try authority.revocationList(
            revoking: [], number: 1, thisUpdate: Self.validity.notBefore, nextUpdate: Self.validity.notAfter)
        gatewayTLS = try Self.issue(
            authority, .gatewayTLS, "gateway.example",
            names: [.dns("gateway.example"), .dns("localhost"), .init("127.0.0.1")])
        hostSigning = try Self.issue(authority, .hostSigning, "HOST")
        maker = try Self.issue(authority, .officer, "Maker")
        checker = try Self.issue(authority, .officer, "Checker")
        auditor = try Self.issue(authority, .auditor, "Auditor")
    }

    /// Issues a certificate with a new key.
    public func issue(
        _ profile: CertificateProfile, _ name: String, key: PrivateKey.Generation = .p256, validity: Validity = validity
    ) throws -> Identity {
        try Self.issue(authority, profile, name, key: key, validity: validity)
    }

    /// Issues a certificate after its order was changed, for tests of what is refused.
    package func issue(
        _ profile: CertificateProfile, _ name: String, key: PrivateKey? = nil, validity: Validity = validity,
        change: (inout CertificateOrder) throws -> Void
    ) throws -> Identity {
        let key = try key ?? PrivateKey.generate(.p256)
        var order = CertificateOrder(
            profile, subject: try DistinguishedName(commonName: name, unit: profile.unit, organization: "Coalition"),
            key: key.publicKey, validity: validity)
        try change(&order)
        return Identity(certificate: try authority.issue(order), key: key)
    }

    /// Issues the keys of a partner.
    public func partner(_ id: String) throws -> Partner {
        Partner(
            id: try PartnerID(id), tls: try issue(.partnerTLS, id), signing: try issue(.partnerSigning, id))
    }

    /// A trust store of the root with a revocation list that revokes some certificates, from 2020 on, and holds to
    /// 2060.
    public func trust(
        revoking revoked: [Certificate] = [], intermediates: [Certificate] = [],
        moreLists: [RevocationList] = [], graceSeconds: Int64 = 0
    ) throws -> TrustStore {
        try trust(
            lists: [try list(revoking: revoked)] + moreLists, intermediates: intermediates, graceSeconds: graceSeconds)
    }

    /// A trust store of the root with the lists given and no others.
    public func trust(
        lists: [RevocationList], intermediates: [Certificate] = [], graceSeconds: Int64 = 0
    ) throws -> TrustStore {
        try TrustStore(
            roots: [authority.certificate], intermediates: intermediates, revocationLists: lists,
            revocation: .required(graceSeconds: graceSeconds))
    }

    /// A revocation list of the root for the whole validity.
    public func list(revoking revoked: [Certificate]) throws -> RevocationList {
        guard !revoked.isEmpty else { return revocationList }
        let since = Self.instant("2020-06-01T00:00:00Z")
        return try authority.revocationList(
            after: revocationList, adding: revoked.map { .init(serialHex: $0.serialHex, since: since) },
            thisUpdate: Self.validity.notBefore, nextUpdate: Self.validity.notAfter)
    }

    /// Reads an instant that is written in a test.
    public static func instant(_ text: String) -> Timestamp {
        guard let instant = Timestamp(text) else { preconditionFailure("not an instant: \(text)") }
        return instant
    }

    /// A validity that is written in a test.
    public static func span(_ from: String, _ to: String) -> Validity {
        do {
            return try Validity(from: instant(from), to: instant(to))
        } catch {
            preconditionFailure("not a validity: \(error)")
        }
    }

    private static func issue(
        _ authority: CertificateAuthority, _ profile: CertificateProfile, _ name: String,
        names: [AlternativeName] = [], key: PrivateKey.Generation = .p256, validity: Validity = validity
    ) throws -> Identity {
        let key = try PrivateKey.generate(key)
        let subject = try DistinguishedName(commonName: name, unit: profile.unit, organization: "Coalition")
        let order = CertificateOrder(
            profile, subject: subject, key: key.publicKey, validity: validity, alternativeNames: names)
        return Identity(certificate: try authority.issue(order), key: key)
    }
}
