import OpenSSLKit
import Primitives

/// A certificate that may be the signer's, with what the register says about it.
struct SignerCandidate {
    let certificate: Certificate
    let registration: RegisteredKey?
    let purposes: [CertificatePurpose]
    /// What the register has against it.
    let findings: [Finding]
}

/// A candidate with the verdict on its chain.
struct ExaminedSigner {
    let certificate: Certificate
    let registration: RegisteredKey?
    let verdict: ChainVerdict
}

/// Everything about a signature except whether the content is the signed one.
struct Examination {
    let signer: ExaminedSigner?
    let refusal: Finding?
}

extension SignatureVerifier {
    /// The most certificates of a register that a signature's name for its signer may fit, such as renewed ones with
    /// one key.
    static let candidateLimit = 8

    /// Finds the signer and everything against it. Where the signer's name fits several certificates, the first
    /// without a refusal counts, else the one whose refusal comes last in the order of precedence.
    func examine(
        _ unverified: UnverifiedSignature, signers: SignerSource, at instant: Timestamp, cache: inout ChainVerdictCache
    ) -> Examination {
        let candidates: [SignerCandidate]
        switch signers {
        case .register(let register, let expected):
            candidates = Self.candidates(unverified.signature, register, expected, at: instant)
        case .anyone(let given, let purposes):
            candidates = Self.candidates(unverified.signature, given, purposes)
        }
        var best: Examination?
        for candidate in candidates.prefix(Self.candidateLimit) {
            let examined = examine(unverified.signature, candidate, at: instant, cache: &cache)
            guard let refusal = examined.refusal else { return examined }
            if let other = best?.refusal, SignaturePolicy.first([other, refusal]) == refusal { continue }
            best = examined
        }
        if let best { return best }
        return Examination(signer: nil, refusal: Self.unknownSigner(unverified.signature, signers))
    }

    private static func unknownSigner(_ signature: CMSSignature, _ signers: SignerSource) -> Finding {
        let name =
            switch signature.signer {
            case .issuerAndSerial(_, let serial): "serial number \(Hex.encode(serial))"
            case .keyIdentifier(let identifier): "key identifier \(Hex.encode(identifier))"
            }
        switch signers {
        case .register: return Finding(.sig003, value: name, detail: "the signer's certificate is not registered")
        case .anyone:
            return Finding(
                .sig003, value: name, detail: "the signer's certificate is not in the signature and was not given")
        }
    }

    private static func candidates(
        _ signature: CMSSignature, _ register: KeyRegister, _ expected: ExpectedSigner, at instant: Timestamp
    ) -> [SignerCandidate] {
        var found: [(Certificate, RegisteredKey)] = []
        for key in register.keys(namedBy: signature) {
            if let certificate = key.certificate { found.append((certificate, key)) }
        }
        // Certificates of which only the fingerprint is registered come with the signature.
        for der in signature.embeddedCertificates {
            for key in register.keys(fingerprint: SHA256.digest(der)) where key.certificate == nil {
                guard let certificate = try? Certificate(der: der), signature.names(certificate) else { continue }
                found.append((certificate, key))
            }
        }
        return found.map { certificate, key in
            SignerCandidate(
                certificate: certificate, registration: key, purposes: [key.usage.signingPurpose].compactMap { $0 },
                findings: objections(to: key, certificate, expected, at: instant))
        }
    }

    private static func objections(
        to key: RegisteredKey, _ certificate: Certificate, _ expected: ExpectedSigner, at instant: Timestamp
    ) -> [Finding] {
        func finding(_ detail: String) -> [Finding] { [Finding(.sig003, value: certificate.subject, detail: detail)] }
        if let owner = expected.owner, key.owner != owner {
            return finding("the signer's certificate is registered for another partner than \(owner)")
        }
        guard expected.usages.contains(key.usage) else {
            return finding("the signer's certificate is registered for \(key.usage.rawValue), not for this use")
        }
        return key.objection(at: instant).map(finding) ?? []
    }

    private static func candidates(
        _ signature: CMSSignature, _ given: [Certificate], _ purposes: [CertificatePurpose]
    ) -> [SignerCandidate] {
        let embedded = signature.embeddedCertificates.compactMap { try? Certificate(der: $0) }
        var seen: Set<Digest32> = []
        return (given + embedded).filter { signature.names($0) && seen.insert($0.fingerprint).inserted }.map {
            SignerCandidate(certificate: $0, registration: nil, purposes: purposes, findings: [])
        }
    }

    private func examine(
        _ signature: CMSSignature, _ candidate: SignerCandidate, at instant: Timestamp, cache: inout ChainVerdictCache
    ) -> Examination {
        let certificate = candidate.certificate
        var findings = candidate.findings
        let extra = extraCertificates(signature, certificate, &findings)
        let verdict =
            extra.isEmpty
            ? cache.verdict(on: certificate, purposes: candidate.purposes, trust: trust, at: instant)
            : trust.judge(certificate, purposes: candidate.purposes, extra: extra, at: instant)
        for other in extra where !verdict.chain.contains(where: { $0.fingerprint == other.fingerprint }) {
            findings.append(
                Finding(
                    .sig008, value: other.subject,
                    detail: "the signature carries a certificate that is not of the signer's chain"))
        }
        findings += SignaturePolicy.findings(verdict, certificate: certificate)
        if let weakness = signature.weakness {
            findings.append(Finding(.sig007, value: weakness, detail: "the signature uses \(weakness)"))
        }
        if findings.isEmpty && !signature.isSignatureValid(for: certificate) {
            findings.append(
                Finding(
                    .sig002, value: certificate.subject, detail: "the signature is not of this certificate's key"))
        }
        let signer = ExaminedSigner(certificate: certificate, registration: candidate.registration, verdict: verdict)
        return Examination(signer: signer, refusal: SignaturePolicy.first(findings))
    }

    /// The certificates that came along and that are neither the signer's nor of the trust store. Adds a finding for
    /// one that claims to be the signer's and is not, byte for byte.
    private func extraCertificates(
        _ signature: CMSSignature, _ certificate: Certificate, _ findings: inout [Finding]
    ) -> [Certificate] {
        var extra: [Certificate] = []
        for der in signature.embeddedCertificates where der != certificate.der {
            if trust.holds(SHA256.digest(der)) { continue }
            guard let other = try? Certificate(der: der) else {
                findings.append(
                    Finding(.sig008, detail: "the signature carries a certificate that does not decode"))
                continue
            }
            if signature.names(other) {
                findings.append(
                    Finding(
                        .sig003, value: other.subject,
                        detail: "the certificate in the signature is not the registered one byte for byte"))
            } else {
                extra.append(other)
            }
        }
        return extra
    }
}
