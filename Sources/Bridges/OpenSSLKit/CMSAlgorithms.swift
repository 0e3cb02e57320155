/// The algorithms of a signature, judged by their AlgorithmIdentifiers byte for byte.
///
/// Parameters are compared too: an encoding that is not one of the few allowed is refused, so that they hold no bytes
/// without meaning.
struct CMSAlgorithms {
    /// The digest, nil where it is not allowed.
    let digest: DigestAlgorithm?
    let digestName: String
    let signatureName: String
    /// What makes one of the two unfit, nil where nothing does.
    let weakness: String?

    init(digest digestIdentifier: [UInt8], signature signatureIdentifier: [UInt8]) {
        digest = Self.digest(digestIdentifier)
        digestName = digest?.rawValue ?? Self.name(digestIdentifier)
        let scheme = digest.flatMap { digest in
            Self.schemes(digest).first { scheme in scheme.identifiers.contains(signatureIdentifier) }?.name
                ?? (Self.isPSS(signatureIdentifier, digest: digest) ? "RSASSA-PSS" : nil)
        }
        signatureName = scheme ?? Self.name(signatureIdentifier)
        if digest == nil {
            weakness = "the digest algorithm \(digestName)"
        } else if let digest, Self.isCombinedRSA(signatureIdentifier, digest: digest) {
            weakness = "the name \(signatureName) for its algorithm, which must be named rsaEncryption"
        } else if scheme == nil {
            weakness = "the signature algorithm \(signatureName) with the digest \(digestName), or its parameters"
        } else {
            weakness = nil
        }
    }

    /// The allowed digest that an AlgorithmIdentifier names, its parameters absent or NULL (RFC 5754, section 2).
    static func digest(_ identifier: [UInt8]) -> DigestAlgorithm? { digests[identifier] }

    private static let digests: [[UInt8]: DigestAlgorithm] = {
        var table: [[UInt8]: DigestAlgorithm] = [:]
        for algorithm in DigestAlgorithm.allCases {
            table[DER.sequence(DER.oid(algorithm.signing.id))] = algorithm
            table[DER.sequence(DER.oid(algorithm.signing.id), DER.null)] = algorithm
        }
        return table
    }()

    private struct Scheme {
        let name: String
        let identifiers: [[UInt8]]
    }

    private static let schemesByDigest: [DigestAlgorithm: [Scheme]] = {
        var table: [DigestAlgorithm: [Scheme]] = [:]
        for digest in DigestAlgorithm.allCases {
            // Only by the key's own name, as RFC 3370 has it and openssl and Python's cryptography write it. A second
            // name for the same algorithm, such as sha256WithRSAEncryption, is one byte away and not signed, so that
            // the change would pass.
            let rsa = DER.oid(.rsaEncryption)
            table[digest] = [
                Scheme(
                    name: "RSASSA-PKCS1-v1_5", identifiers: [DER.sequence(rsa, DER.null), DER.sequence(rsa)]),
                Scheme(name: "ECDSA", identifiers: [DER.sequence(DER.oid(digest.signing.withECDSA))]),
            ]
        }
        return table
    }()

    private static func schemes(_ digest: DigestAlgorithm) -> [Scheme] { schemesByDigest[digest] ?? [] }

    /// Whether an AlgorithmIdentifier names RSA together with the digest.
    private static func isCombinedRSA(_ identifier: [UInt8], digest: DigestAlgorithm) -> Bool {
        let name = DER.oid(digest.signing.withRSA)
        return [DER.sequence(name, DER.null), DER.sequence(name)].contains(identifier)
    }

    /// Whether an AlgorithmIdentifier is RSASSA-PSS with the digest for the hash and for its mask (RFC 4056). The
    /// length of the salt is left to the check of the signature.
    private static func isPSS(_ identifier: [UInt8], digest: DigestAlgorithm) -> Bool {
        guard let parts = try? BERElement(whole: identifier).children(), parts.count == 2, parts[1].tag == 0x30,
            (try? parts[0].oid()) == .rsaPSS, let fields = try? parts[1].children(), (3...4).contains(fields.count),
            let hash = inner(fields[0], 0xA0), Self.digest(hash.raw) == digest,
            let mask = inner(fields[1], 0xA1), mask.tag == 0x30, let maskParts = try? mask.children(),
            maskParts.count == 2, (try? maskParts[0].oid()) == .mgf1, Self.digest(maskParts[1].raw) == digest,
            let salt = inner(fields[2], 0xA2), salt.tag == 0x02
        else { return false }
        return fields.count == 3 || inner(fields[3], 0xA3)?.raw == DER.integer(1)
    }

    private static func inner(_ element: BERElement, _ tag: UInt8) -> BERElement? {
        guard element.tag == tag, let parts = try? element.children(), parts.count == 1 else { return nil }
        return parts[0]
    }

    private static let weakNames: [String: String] = [
        "1.3.14.3.2.26": "SHA-1", "1.2.840.113549.2.5": "MD5", "2.16.840.1.101.3.4.2.4": "SHA-224",
        "1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.5": "RSA with SHA-1", "1.2.840.113549.1.1.10": "RSASSA-PSS",
        "1.2.840.10045.4.1": "ECDSA with SHA-1", "1.2.840.10040.4.3": "DSA with SHA-1", "1.3.101.112": "Ed25519",
        "1.2.840.113549.1.1.11": "RSA with SHA-256", "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
    ]

    private static func name(_ identifier: [UInt8]) -> String {
        guard let parts = try? BERElement(whole: identifier).children(), let id = try? parts.first?.oid() else {
            return "that cannot be read"
        }
        return weakNames[id.description] ?? id.description
    }
}

extension DigestAlgorithm {
    /// The digest as one to sign with.
    var signing: SigningDigest {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}
