import FileStore
import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Verification

/// Judges the stored signatures of partners and officers again: each by the keys as they were just before its fact, at
/// the time that the fact states. Today plays no part, so that evidence outlives its certificates.
///
/// Revocation is not judged again: which lists were used, and that the key was good by them, is in the fact.
struct SenderSignatures {
    let log: SegmentLog
    let originals: OriginalStore
    private var register = KeyRegister([])
    private var cache = ChainVerdictCache()
    /// How many were judged.
    private(set) var count = 0

    init(log: SegmentLog, originals: OriginalStore) {
        self.log = log
        self.originals = originals
    }

    /// Takes the keys after a fact that changed them.
    ///
    /// - Throws: `Fault` when a certificate cannot be read.
    mutating func follow(_ house: HouseState) throws(Fault) { register = try HouseKeyRegister.build(house.keys) }

    /// Judges the signatures of a fact.
    ///
    /// - Parameter house: the house before the fact.
    /// - Throws: `Fault` that names the signature that is not good.
    mutating func judge(_ envelope: FactEnvelope, _ house: HouseState, _ verifier: SignatureVerifier) throws {
        switch envelope.fact {
        case .fileReceived(let fact): try judge(fact, envelope, verifier)
        case .messageAnswered(let fact):
            try judge("message.cms", .partner(fact.partner), fact.signer, envelope, verifier)
        case .fileCancelled(let fact):
            try judge("cancel.cms", .partner(fact.batch.partner), fact.signer, envelope, verifier)
        case .keyChanged(let fact): try judge(fact, envelope, house, verifier)
        case .actCarriedOut(let fact):
            let document = try log.attachment(fact.evidence.document.name, of: envelope.sequence)
            for approval in [fact.evidence.maker, fact.evidence.checker] {
                let signature = try log.attachment(approval.signature.name, of: envelope.sequence)
                let signers = SignerSource.register(register, ExpectedSigner(owner: nil, usages: [.officer]))
                let verdict = verifier.judge(
                    signature, content: document, signers: signers, at: envelope.time, cache: &cache)
                try expect(verdict, approval.signature.name, approval.fingerprint, envelope)
            }
        default: return
        }
    }

    private mutating func judge(_ fact: FileReceived, _ envelope: FactEnvelope, _ verifier: SignatureVerifier) throws {
        let signature = try log.attachment("signature.p7s", of: envelope.sequence)
        let verdict: SignatureVerdict
        do throws(Refusal) {
            let unverified = try verifier.open(signature, form: .detached)
            verdict = verifier.judge(
                unverified, contentDigest: try digest(of: fact, unverified.requiredDigest),
                signers: .register(register, .partner(fact.batch.partner)), at: fact.signer.judgedAt, cache: &cache)
        } catch {
            verdict = .refused(error.findings[0])
        }
        try expect(verdict, "signature.p7s", fact.signer.fingerprint, envelope)
    }

    /// The original's digest by the signature's algorithm.
    private func digest(of fact: FileReceived, _ algorithm: DigestAlgorithm?) throws(Refusal) -> [UInt8]? {
        guard let algorithm, algorithm != .sha256 else { return fact.digest.bytes }
        let stream = DigestStream(algorithm)
        do throws(Fault) {
            let original = try originals.original(fact.digest)
            var offset: Int64 = 0
            while offset < original.size {
                let piece = try original.read(at: offset, count: Int(min(1 << 20, original.size - offset)))
                stream.update(piece)
                offset += Int64(piece.count)
            }
        } catch {
            throw Refusal(.sig002, detail: "\(error)")
        }
        return stream.finalize()
    }

    private mutating func judge(
        _ fact: KeyChanged, _ envelope: FactEnvelope, _ house: HouseState, _ verifier: SignatureVerifier
    ) throws {
        if case .suspended(let fingerprint) = fact.change, fact.signer.fingerprint == fingerprint {
            // A key may suspend itself, also one that signs nothing else.
            let entry = house.keys.entries(of: fingerprint).first { $0.owner == fact.partner }
            let certificate = try entry?.pem.map { try Certificate(pem: $0) }
            try judge(
                "request.cms", .anyone([certificate].compactMap { $0 }, purposes: [.tlsClient, .partnerSigning]),
                fact.signer, envelope, verifier)
        } else {
            try judge("request.cms", .partner(fact.partner), fact.signer, envelope, verifier)
        }
        guard case .rotated(let rotation) = fact.change, let proof = fact.proof else { return }
        let request = try log.attachment("request.cms", of: envelope.sequence)
        let content = try CMSSignature(ber: request, maximumBytes: request.count).content ?? []
        let certificate = try Certificate(pem: rotation.grant.pem)
        let verdict = verifier.judge(
            try log.attachment("proof.p7s", of: envelope.sequence), content: content,
            signers: .anyone([certificate], purposes: [.tlsClient, .partnerSigning]), at: proof.judgedAt, cache: &cache)
        try expect(verdict, "proof.p7s", rotation.grant.fingerprint, envelope)
    }

    private mutating func judge(
        _ name: String, _ owner: ExpectedSigner, _ signer: SignerEvidence, _ envelope: FactEnvelope,
        _ verifier: SignatureVerifier
    ) throws {
        try judge(name, .register(register, owner), signer, envelope, verifier)
    }

    private mutating func judge(
        _ name: String, _ signers: SignerSource, _ signer: SignerEvidence, _ envelope: FactEnvelope,
        _ verifier: SignatureVerifier
    ) throws {
        let message = try log.attachment(name, of: envelope.sequence)
        let verdict = verifier.judge(message: message, signers: signers, at: signer.judgedAt, cache: &cache)
        try expect(verdict, name, signer.fingerprint, envelope)
    }

    private mutating func expect(
        _ verdict: SignatureVerdict, _ name: String, _ fingerprint: Digest32, _ envelope: FactEnvelope
    ) throws(Fault) {
        count += 1
        switch verdict {
        case .refused(let finding):
            throw Fault("fact \(envelope.sequence): the signature \(name): \(finding.code) \(finding.detail)")
        case .verified(let verified):
            guard verified.evidence.fingerprint == fingerprint else {
                throw Fault("fact \(envelope.sequence): the signature \(name) is of another key than the fact names")
            }
        }
    }
}
