public import Primitives

/// A certificate authority: a certificate with its key that issues certificates and revocation lists.
///
/// Random bytes come from a source that is passed in, so that a test can issue the same certificate twice. Everything
/// issued is decoded again by OpenSSL before it is handed out.
public struct CertificateAuthority: Sendable {
    /// Gives so many random bytes, for serial numbers.
    public typealias RandomSource = @Sendable (Int) throws(CryptoError) -> [UInt8]

    /// The authority's certificate.
    public let certificate: Certificate
    private let key: PrivateKey
    private let random: RandomSource

    /// Takes an authority that exists.
    ///
    /// - Throws: `CryptoError` of kind mismatch when the key is not the certificate's, or the certificate is no
    ///   authority's.
    public init(
        certificate: Certificate, key: PrivateKey, random: @escaping RandomSource = SecureRandom.bytes
    ) throws(CryptoError) {
        guard key.matches(certificate) else {
            throw CryptoError(.mismatch, "the private key is not that of the certificate '\(certificate.subject)'")
        }
        guard certificate.isAuthority else {
            throw CryptoError(.mismatch, "'\(certificate.subject)' is not the certificate of an authority")
        }
        self.certificate = certificate
        self.key = key
        self.random = random
    }

    /// Makes a root authority that signs its own certificate.
    ///
    /// - Throws: `CryptoError` when OpenSSL cannot sign with the key.
    public static func root(
        subject: DistinguishedName, key: PrivateKey, validity: Validity,
        random: @escaping RandomSource = SecureRandom.bytes
    ) throws(CryptoError) -> CertificateAuthority {
        let order = CertificateOrder(.coalitionCA, subject: subject, key: key.publicKey, validity: validity)
        return try root(order, key: key, random: random)
    }

    /// Makes a root authority from an order in full, for tests of roots that are refused.
    package static func root(
        _ order: CertificateOrder, key: PrivateKey, random: @escaping RandomSource = SecureRandom.bytes
    ) throws(CryptoError) -> CertificateAuthority {
        let certificate = try IssuedCertificate(
            order, issuer: order.subject.der, issuerKey: try key.publicKey.identifier(), signer: key,
            serial: try serial(random)
        ).signed()
        return try CertificateAuthority(certificate: certificate, key: key, random: random)
    }

    /// Issues a certificate.
    ///
    /// - Throws: `CryptoError` when the random source or the key fails, or the order cannot be written as a
    ///   certificate.
    public func issue(_ order: CertificateOrder) throws(CryptoError) -> Certificate {
        try IssuedCertificate(
            order, issuer: certificate.subjectDER, issuerKey: try ownKeyIdentifier(), signer: key,
            serial: try Self.serial(random)
        ).signed()
    }

    /// Makes a revocation list.
    ///
    /// - Parameters:
    ///   - entries: Everything that is revoked, old entries included.
    ///   - number: The list's number, larger than the last one's.
    ///   - thisUpdate: When the list is made.
    ///   - nextUpdate: When the next list is due; verifiers refuse this one from then on.
    /// - Throws: `CryptoError` when an entry's serial number is no hexadecimal text, or the key fails.
    public func revocationList(
        revoking entries: [RevocationList.Entry], number: Int, thisUpdate: Timestamp, nextUpdate: Timestamp
    ) throws(CryptoError) -> RevocationList {
        try revocationList(
            revoking: entries, number: number, thisUpdate: thisUpdate, nextUpdate: nextUpdate, digest: .sha256)
    }

    /// Makes the list that follows another one: its entries and more, its number plus one.
    ///
    /// - Throws: As `revocationList(revoking:number:thisUpdate:nextUpdate:)`.
    public func revocationList(
        after previous: RevocationList?, adding entries: [RevocationList.Entry], thisUpdate: Timestamp,
        nextUpdate: Timestamp
    ) throws(CryptoError) -> RevocationList {
        let old = previous?.entries ?? []
        let known = Set(old.map { $0.serialHex })
        return try revocationList(
            revoking: old + entries.filter { !known.contains($0.serialHex) }, number: Int(previous?.number ?? 0) + 1,
            thisUpdate: thisUpdate, nextUpdate: nextUpdate)
    }

    /// Makes a list signed with any digest, for tests of lists that are refused.
    package func revocationList(
        revoking entries: [RevocationList.Entry], number: Int, thisUpdate: Timestamp, nextUpdate: Timestamp,
        digest: SigningDigest
    ) throws(CryptoError) -> RevocationList {
        var rows: [[UInt8]] = []
        for entry in entries {
            guard let serial = Hex.decode(entry.serialHex), !serial.isEmpty else {
                throw CryptoError(.malformed, "'\(entry.serialHex)' is no serial number")
            }
            rows.append(DER.sequence(DER.value(0x02, serial), DER.time(entry.since)))
        }
        let extensions = DER.sequence(
            DER.sequence(
                DER.oid(.authorityKeyIdentifier),
                DER.octets(DER.sequence(DER.value(0x80, try ownKeyIdentifier())))),
            DER.sequence(DER.oid(.crlNumber), DER.octets(DER.integer(number))))
        let algorithm = key.algorithmIdentifier(digest)
        let body = DER.sequence(
            DER.integer(1), algorithm, certificate.subjectDER, DER.time(thisUpdate), DER.time(nextUpdate),
            rows.isEmpty ? [] : DER.sequence(of: rows), DER.tagged(0, extensions))
        let signature = try key.sign(body, digest: digest)
        return try RevocationList(der: DER.sequence(body, algorithm, DER.bits(signature)))
    }

    private func ownKeyIdentifier() throws(CryptoError) -> [UInt8] {
        guard let identifier = certificate.subjectKeyIdentifier else { return try key.publicKey.identifier() }
        return identifier
    }

    /// Sixteen random bytes as a positive number without a leading zero byte.
    private static func serial(_ random: RandomSource) throws(CryptoError) -> [UInt8] {
        var bytes = try random(16)
        guard bytes.count == 16 else { throw CryptoError(.failed, "the random source gave too few bytes") }
        bytes[0] = bytes[0] & 0x7F | 0x40
        return bytes
    }
}

/// A certificate that is being written (RFC 5280, section 4.1).
struct IssuedCertificate {
    private let order: CertificateOrder
    private let issuer: [UInt8]
    private let issuerKey: [UInt8]
    private let signer: PrivateKey
    private let serial: [UInt8]

    init(_ order: CertificateOrder, issuer: [UInt8], issuerKey: [UInt8], signer: PrivateKey, serial: [UInt8]) {
        self.order = order
        self.issuer = issuer
        self.issuerKey = issuerKey
        self.signer = signer
        self.serial = serial
    }

    func signed() throws(CryptoError) -> Certificate {
        let algorithm = signer.algorithmIdentifier(order.digest)
        let validity = DER.sequence(DER.time(order.validity.notBefore), DER.time(order.validity.notAfter))
        let body = DER.sequence(
            DER.tagged(0, DER.integer(2)), DER.value(0x02, serial), algorithm, issuer, validity, order.subject.der,
            order.key.der, DER.tagged(3, DER.sequence(of: try extensions())))
        let signature = try signer.sign(body, digest: order.digest)
        return try Certificate(der: DER.sequence(body, algorithm, DER.bits(signature)))
    }

    private func extensions() throws(CryptoError) -> [[UInt8]] {
        let identifier = try order.key.identifier()
        var out: [[UInt8]] = []
        func add(_ type: OID, critical: Bool, _ value: [UInt8]) {
            out.append(DER.sequence(DER.oid(type), critical ? DER.boolean(true) : [], DER.octets(value)))
        }
        if order.isAuthority {
            let length = order.pathLength.map { DER.integer($0) } ?? []
            add(.basicConstraints, critical: true, DER.sequence(DER.boolean(true), length))
        } else {
            add(.basicConstraints, critical: true, DER.sequence())
        }
        if !order.keyUsages.isEmpty {
            add(.keyUsage, critical: true, DER.namedBits(Set(order.keyUsages.map { $0.rawValue })))
        }
        if !order.extendedKeyUsages.isEmpty {
            add(.extendedKeyUsage, critical: false, DER.sequence(of: order.extendedKeyUsages.map { DER.oid($0) }))
        }
        if !order.alternativeNames.isEmpty {
            add(.subjectAltName, critical: false, DER.sequence(of: order.alternativeNames.map { $0.der }))
        }
        add(.subjectKeyIdentifier, critical: false, DER.octets(identifier))
        add(.authorityKeyIdentifier, critical: false, DER.sequence(DER.value(0x80, issuerKey)))
        return out
    }
}
