/// What a certificate is asked to be good for. Each purpose demands the key usage digitalSignature and one extended
/// key usage.
public enum CertificatePurpose: String, Hashable, Sendable, Codable, CaseIterable {
    /// The gateway's end of a TLS connection.
    case tlsServer = "TLS_SERVER"
    /// The other end of a TLS connection to the gateway.
    case tlsClient = "TLS_CLIENT"
    /// Signatures of a partner on files, messages and agreements.
    case partnerSigning = "PARTNER_SIGNING"
    /// Signatures of the host on receipts, answers and statements.
    case hostSigning = "HOST_SIGNING"
    /// Signatures of an officer of the host on acts and programme files.
    case officerSigning = "OFFICER_SIGNING"
    /// Signatures of an auditor.
    case auditorSigning = "AUDITOR_SIGNING"
    /// Signatures on any document, by a partner, the host or others: what a judgement without a register asks for.
    case documentSigning = "DOCUMENT_SIGNING"

    /// The extended key usage that the certificate must have.
    public var extendedKeyUsage: OID {
        switch self {
        case .tlsServer: .serverAuth
        case .tlsClient: .clientAuth
        case .partnerSigning: .partnerSigning
        case .hostSigning: .hostSigning
        case .officerSigning: .officer
        case .auditorSigning: .auditor
        case .documentSigning: .emailProtection
        }
    }

    /// What in a certificate speaks against the purpose, nil where nothing does.
    ///
    /// A certificate that does not name its usages is refused: `anyExtendedKeyUsage` and silence are not consent.
    public func objection(to certificate: Certificate) -> String? {
        if certificate.isAuthority { return "the certificate is an authority's" }
        guard let usages = certificate.keyUsages, usages.contains(.digitalSignature) else {
            return "the certificate has not the key usage digitalSignature"
        }
        guard let extended = certificate.extendedKeyUsages, extended.contains(extendedKeyUsage) else {
            return "the certificate has not the extended key usage \(extendedKeyUsage) for \(rawValue)"
        }
        return nil
    }
}
