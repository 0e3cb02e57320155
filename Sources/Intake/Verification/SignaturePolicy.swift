public import OpenSSLKit
public import Primitives

/// The numbers of the signature policy. Its rules are code: one signer, signed attributes and no unsigned ones, plain
/// data, RSA of 2048 bits or more or ECDSA on P-256 or P-384, SHA-256 or more. See `Specs/wire.md`.
public struct SignaturePolicy: Hashable, Sendable {
    /// The largest detached signature, in bytes.
    public var signatureBytes = 64 << 10
    /// The largest message with its signature, in bytes.
    public var messageBytes = 64 << 10
    /// The most certificates that may travel in a signature.
    public var certificatesPerSignature = 8
    /// How many days before its end a certificate is warned about (SIG-009).
    public var warningDays: Int64 = 30

    /// The defaults.
    public init() {}

    /// The defaults with the limits of the intake.
    public init(limits: Limits) {
        signatureBytes = limits.signatureBytes
        messageBytes = limits.messageBytes
    }

    /// The order in which refusals count when several apply.
    static let precedence: [ReasonCode] = [
        .sig001, .sig008, .sig003, .sig006, .sig005, .sig011, .sig004, .sig007, .sig002,
    ]

    /// The finding that counts.
    static func first(_ findings: [Finding]) -> Finding? {
        findings.min { rank($0) < rank($1) }
    }

    private static func rank(_ finding: Finding) -> Int { precedence.firstIndex(of: finding.code) ?? precedence.count }

    /// The code for a problem of a chain. What concerns an authority of the chain and not the certificate itself
    /// makes the chain invalid: another certificate from it would be refused likewise.
    static func code(for problem: ChainProblem) -> ReasonCode {
        switch problem.kind {
        case .unknownIssuer, .invalidChain, .wrongPurpose: .sig006
        case .revoked: problem.depth == 0 ? .sig005 : .sig006
        case .revocationUnknown: .sig011
        case .expired, .notYetValid: problem.depth == 0 ? .sig004 : .sig006
        case .weak: .sig007
        }
    }

    /// The findings for a verdict on a chain.
    static func findings(_ verdict: ChainVerdict, certificate: Certificate) -> [Finding] {
        verdict.problems.map { problem in
            let detail =
                switch problem.kind {
                case .expired where problem.depth == 0: "valid until \(certificate.notAfter)"
                case .notYetValid where problem.depth == 0: "valid from \(certificate.notBefore)"
                default:
                    problem.depth == 0 ? problem.detail : "\(problem.detail), at level \(problem.depth) of the chain"
                }
            return Finding(code(for: problem), value: certificate.subject, detail: detail)
        }
    }
}

/// How a signature and what it signs travel.
public enum SignatureForm: Hashable, Sendable {
    /// The signature stands beside a file.
    case detached
    /// The signature encloses a message.
    case attached
}

/// A signature of the right form that is not judged yet.
public struct UnverifiedSignature: Sendable {
    /// What the signature claims.
    public let signature: CMSSignature
    /// How it travels.
    public let form: SignatureForm
    /// SHA-256 of the signature's own bytes.
    public let digest: Digest32

    /// The digest that the content is to be hashed with as it arrives; nil where the signature will be refused
    /// whatever the content is, because its algorithm is not allowed.
    public var requiredDigest: DigestAlgorithm? { signature.requiredDigest }

    /// Reads a signature.
    ///
    /// - Throws: `Refusal` with SIG-001 when there is none, SIG-008 when its form is not the policy's.
    public init(_ bytes: [UInt8], form: SignatureForm, policy: SignaturePolicy) throws(Refusal) {
        guard let first = bytes.first else { throw Refusal(.sig001, detail: "there is no signature") }
        if form == .attached && first != 0x30 && !PEM.looksLikePEM(bytes) {
            throw Refusal(.sig001, detail: "the message is not enclosed in a CMS signature")
        }
        let limit = form == .detached ? policy.signatureBytes : policy.messageBytes
        let signature: CMSSignature
        do throws(CMSDefect) {
            signature = try CMSSignature(ber: bytes, maximumBytes: limit)
        } catch {
            throw Refusal(.sig008, detail: error.description)
        }
        switch form {
        case .detached where !signature.isDetached:
            throw Refusal(.sig008, detail: "the signature encloses the content; a file's signature is detached")
        case .attached where signature.isDetached:
            throw Refusal(.sig008, detail: "the signature encloses no content; a message travels within its signature")
        default: break
        }
        guard signature.embeddedCertificates.count <= policy.certificatesPerSignature else {
            throw Refusal(.sig008, detail: "the signature carries \(signature.embeddedCertificates.count) certificates")
        }
        self.signature = signature
        self.form = form
        digest = SHA256.digest(bytes)
    }
}
