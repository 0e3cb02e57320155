public import OpenSSLKit
public import Primitives

/// Whom a signature must come from.
public struct ExpectedSigner: Hashable, Sendable {
    /// The owner that the register must name; nil for any.
    public var owner: PartnerID?
    /// The usages of which the registration must have one.
    public var usages: [RegisteredUsage]

    /// Expects an owner's key of one of the usages.
    public init(owner: PartnerID?, usages: [RegisteredUsage]) {
        self.owner = owner
        self.usages = usages
    }

    /// Expects a partner's signing key.
    public static func partner(_ partner: PartnerID) -> ExpectedSigner {
        ExpectedSigner(owner: partner, usages: [.sign])
    }
}

/// Where signers' certificates come from.
public enum SignerSource: Sendable {
    /// From the register: only who is registered may sign.
    case register(KeyRegister, ExpectedSigner)
    /// From a list, or else from the signature itself; whoever the trust store vouches for may sign. For looking at
    /// any document.
    case anyone([Certificate], purposes: [CertificatePurpose])
}

/// Judges signatures by the signature policy: the only way to a `VerifiedSignature`.
///
/// The verdict is a function of its inputs: the bytes, the register, the trust store and the instant of receipt.
/// Refusals follow the order SIG-001, 008, 003, 006, 005, 004, 007, 002.
public struct SignatureVerifier: Sendable {
    /// The policy's numbers.
    public let policy: SignaturePolicy
    /// Who is believed.
    public let trust: TrustStore

    /// Makes a verifier.
    public init(trust: TrustStore, policy: SignaturePolicy = SignaturePolicy()) {
        self.trust = trust
        self.policy = policy
    }

    /// Reads a signature; see `UnverifiedSignature.init`.
    ///
    /// - Throws: `Refusal` with SIG-001 or SIG-008.
    public func open(_ bytes: [UInt8], form: SignatureForm) throws(Refusal) -> UnverifiedSignature {
        try UnverifiedSignature(bytes, form: form, policy: policy)
    }

    /// What refuses a detached signature whatever the content is, nil where only the content is still to be compared.
    /// Lets an upload be refused before its bytes are sent.
    public func refusalBeforeContent(
        _ unverified: UnverifiedSignature, signers: SignerSource, at instant: Timestamp, cache: inout ChainVerdictCache
    ) -> Finding? {
        examine(unverified, signers: signers, at: instant, cache: &cache).refusal
    }

    /// Judges a detached signature.
    ///
    /// - Parameters:
    ///   - unverified: The signature.
    ///   - contentDigest: The digest of the content by `UnverifiedSignature.requiredDigest`; nil only where that is
    ///     nil.
    ///   - signers: Who may have signed.
    ///   - instant: When the content's last byte was received.
    ///   - cache: Verdicts from before.
    public func judge(
        _ unverified: UnverifiedSignature, contentDigest: [UInt8]?, signers: SignerSource, at instant: Timestamp,
        cache: inout ChainVerdictCache
    ) -> SignatureVerdict {
        let examined = examine(unverified, signers: signers, at: instant, cache: &cache)
        if let refusal = examined.refusal { return .refused(refusal) }
        guard let signer = examined.signer else {
            return .refused(Finding(.sig003, detail: "the signer is not known"))
        }
        guard let contentDigest, contentDigest == unverified.signature.messageDigest else {
            return .refused(
                Finding(
                    .sig002, value: contentDigest.map { Hex.encode($0) } ?? "",
                    detail:
                        "the content's digest is not the signed one, \(Hex.encode(unverified.signature.messageDigest))")
            )
        }
        let evidence = evidence(unverified, signer, at: instant)
        return .verified(VerifiedSignature(evidence: evidence, content: unverified.signature.content))
    }

    /// Judges a detached signature over content that is in memory.
    public func judge(
        _ bytes: [UInt8], content: [UInt8], signers: SignerSource, at instant: Timestamp, cache: inout ChainVerdictCache
    ) -> SignatureVerdict {
        do throws(Refusal) {
            let unverified = try open(bytes, form: .detached)
            let digest = Self.digest(content, unverified)
            return judge(unverified, contentDigest: digest, signers: signers, at: instant, cache: &cache)
        } catch {
            return .refused(error.findings[0])
        }
    }

    /// Judges a message that travels within its signature.
    public func judge(
        message bytes: [UInt8], signers: SignerSource, at instant: Timestamp, cache: inout ChainVerdictCache
    ) -> SignatureVerdict {
        do throws(Refusal) {
            let unverified = try open(bytes, form: .attached)
            let digest = Self.digest(unverified.signature.content ?? [], unverified)
            return judge(unverified, contentDigest: digest, signers: signers, at: instant, cache: &cache)
        } catch {
            return .refused(error.findings[0])
        }
    }

    private static func digest(_ content: [UInt8], _ unverified: UnverifiedSignature) -> [UInt8]? {
        guard let algorithm = unverified.requiredDigest else { return nil }
        let stream = DigestStream(algorithm)
        stream.update(content)
        return stream.finalize()
    }

    private func evidence(
        _ unverified: UnverifiedSignature, _ signer: ExaminedSigner, at instant: Timestamp
    ) -> SignatureEvidence {
        let certificate = signer.certificate
        let signature = unverified.signature
        var warnings: [Finding] = []
        if certificate.notAfter < instant.adding(milliseconds: policy.warningDays * 86_400_000) {
            warnings.append(
                Finding(.sig009, value: certificate.subject, detail: "valid until \(certificate.notAfter)"))
        }
        return SignatureEvidence(
            signer: certificate.subject, issuer: certificate.issuer, serialHex: certificate.serialHex,
            fingerprint: certificate.fingerprint, owner: signer.registration?.owner, usage: signer.registration?.usage,
            key: certificate.key.description, digestAlgorithm: signature.digestAlgorithmName,
            signatureAlgorithm: signature.signatureAlgorithmName, contentDigest: Hex.encode(signature.messageDigest),
            signatureDigest: unverified.digest, signingTime: signature.signingTime, judgedAt: instant,
            chain: signer.verdict.chain, revocationLists: signer.verdict.revocationLists,
            revocationIsStale: signer.verdict.isStale, certificateNotAfter: certificate.notAfter, warnings: warnings)
    }
}
