import Evidence
import OpenSSLKit
import Primitives
import Verification

/// Who signed, before it is asked what: the signer of every CMS is one of the bundle's certificates, a pinned
/// authority issued it, and what the host issues is of a certificate for hostSigning. Whether the signer was entitled
/// to sign is for `SignatureCheck`. Rule: Checks and verdicts (Specs/evidence.md).
struct SignerCheck {
    /// The certificates of `trust/certificates`: where signers are looked for, and nowhere else.
    let certificates: [Certificate]
    /// What does not hold, by the stage that tells it: `trust`, or `signature` where no signer can be told.
    private(set) var findings: [VerificationFinding] = []
    private let bundle: Bundle
    /// Without revocation and at no time of a signature: here it counts who issued a certificate.
    private let trust: TrustStore
    private var isVouchedFor: [Digest32: String?] = [:]

    /// Reads the bundle's certificates.
    ///
    /// - Throws: `CryptoError` when the pins hold no authority.
    init(_ bundle: Bundle) throws {
        self.bundle = bundle
        trust = try TrustStore(authorities: bundle.pins.authorities, revocationLists: [], revocation: .notChecked)
        var certificates: [Certificate] = []
        for name in bundle.file.names(under: "trust/certificates/") {
            let found = try bundle.file.small(name).map { (try? Certificate.all(inFile: $0)) ?? [] } ?? []
            if found.map({ "trust/certificates/\($0.fingerprint).pem" }) != [name] {
                findings.append(VerificationFinding(.trust, name, "it is not the certificate that it is named by"))
            }
            certificates += found
        }
        self.certificates = certificates
    }

    /// Goes through every signature of the bundle, also those that no fact names.
    mutating func check() throws {
        try checkAuthorities()
        for name in bundle.file.names where name.hasSuffix(".p7s") || name.hasSuffix(".cms") {
            // What was refused at the door may be signed by anybody.
            if name.hasSuffix("/signature.p7s"), bundle.file[Self.receipt(beside: name)] == nil { continue }
            try check(name)
        }
    }

    /// What the host issues, by the name of its signature.
    static func isIssued(_ name: String) -> Bool {
        if name.hasPrefix("statements/") || name.hasPrefix("history/") || name == "checkpoint.note.p7s" { return true }
        if name.hasSuffix("/reply.cms") || name.hasSuffix("/cancelled.cms") { return true }
        if name.hasSuffix("/answer.cms") { return name.hasPrefix("batches/") || name.hasPrefix("messages/") }
        return name.hasSuffix(".xml.p7s") && (name.hasPrefix("batches/") || name.hasPrefix("shared/"))
    }

    private static func receipt(beside signature: String) -> String {
        String(signature.dropLast("signature.p7s".utf8.count)) + "received.xml"
    }

    /// The authorities that the bundle shows are pinned ones.
    private mutating func checkAuthorities() throws {
        let name = "trust/authorities.pem"
        guard let bytes = try bundle.file.small(name), let shown = try? Certificate.all(inFile: bytes) else {
            return fail(.trust, name, "it is missing or cannot be read")
        }
        for one in shown where !bundle.pins.authorities.contains(one) {
            fail(.trust, name, "the authority \(one.fingerprint) is not pinned")
        }
    }

    private mutating func check(_ name: String) throws {
        guard let bytes = try bundle.file.small(name, atMost: 1 << 20) else { return }
        let signature: CMSSignature
        do throws(CMSDefect) {
            signature = try CMSSignature(ber: bytes, maximumBytes: 1 << 20)
        } catch {
            return fail(.signature, name, "\(error)")
        }
        guard let signer = certificates.last(where: { signature.names($0) }) else {
            return fail(.signature, name, "its signer's certificate is not in trust/certificates")
        }
        if let objection = objection(to: signer) {
            fail(.trust, name, "certificate \(signer.fingerprint): \(objection)")
        }
        if Self.isIssued(name), let objection = CertificatePurpose.hostSigning.objection(to: signer) {
            fail(.trust, name, "certificate \(signer.fingerprint): \(objection)")
        }
    }

    /// What stands between a certificate and the pinned authorities; nil when one of them issued it.
    private mutating func objection(to signer: Certificate) -> String? {
        if let known = isVouchedFor[signer.fingerprint] { return known }
        let verdict = trust.judge(
            signer, purposes: CertificatePurpose.allCases, extra: certificates, at: signer.notBefore)
        let objection = verdict.problems.first { $0.kind == .unknownIssuer || $0.kind == .invalidChain }?.detail
        isVouchedFor[signer.fingerprint] = .some(objection)
        return objection
    }

    private mutating func fail(_ stage: VerificationStage, _ item: String, _ found: String) {
        guard findings.count < 1000 else { return }
        findings.append(VerificationFinding(stage, item, found))
    }
}

extension TrustStore {
    /// A store of pinned authorities: those that issued themselves are roots, all others stand between.
    convenience init(
        authorities: [Certificate], revocationLists: [RevocationList], revocation: RevocationRule
    ) throws(CryptoError) {
        try self.init(
            roots: authorities.filter(\.isSelfIssued), intermediates: authorities.filter { !$0.isSelfIssued },
            revocationLists: revocationLists, revocation: revocation)
    }
}
