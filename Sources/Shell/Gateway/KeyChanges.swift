import FileStore
import House
import Journal
import OpenSSLKit
public import Primitives
import ProgrammeModel
import Verification

extension Clearinghouse {
    /// Changes a partner's own keys by its signed request: a rotation with a new certificate, or a suspension.
    ///
    /// The same request gets its stored reply again, byte for byte, also when its key has been suspended by it.
    ///
    /// - Parameters:
    ///   - request: a CMS that encloses a `KeyChangeDocument`.
    ///   - proof: of a rotation, the new key's detached CMS over the same document.
    ///   - partner: who is connected.
    ///   - connection: the fingerprint of the connection's certificate.
    /// - Returns: the reply enclosed in the host's signature, and whether it is a stored one.
    /// - Throws: `Refusal` with SIG codes for the request's signature, KEY codes for what it asks, FIL-007 when the
    ///   partner is not active; `Fault` when the fact cannot be made durable.
    public func changeKeys(
        request: [UInt8], proof: [UInt8]?, from partner: PartnerID, over connection: Digest32? = nil
    ) async throws -> (answer: [UInt8], isCopy: Bool) {
        let requestDigest = SHA256.digest(request)
        if let stored = try storedReply(requestDigest, partner) { return (stored, true) }
        await enter(partner)
        defer { leave(partner) }
        if let stored = try storedReply(requestDigest, partner) { return (stored, true) }
        let now = now
        try advanceCalendar(to: now)
        let verified = try verify(keyChange: request, from: partner, at: now)
        let content = verified.content ?? []
        let document = try KeyChangeDocument(content)
        guard document.partner == partner else {
            throw Refusal(.key001, value: document.partner.text, detail: "the request is of another partner")
        }
        let digest = SHA256.digest(content)
        if let stored = try storedReply(digest, partner) { return (stored, true) }
        let change: KeyChanged.Change
        var proved: SignatureEvidence?
        switch document {
        case .suspend(_, let fingerprint):
            change = .suspended(try suspension(of: fingerprint, partner))
        case .rotate(let rotation):
            try requireActive(partner)
            let certificate = try newCertificate(rotation)
            proved = try verify(proof: proof, over: content, certificate, rotation.use, at: now)
            change = .rotated(try granted(rotation, certificate, at: now))
        }
        let replyID = "KEY-\(Padding.zeros(Int(nextSequence), 8))"
        let reply = try parts.signer.enclose(
            KeyChangeAnswer.document(id: replyID, partner, change, at: now), at: now)
        var attachments = [Attachment(name: "request.cms", bytes: request)]
        if let proof, proved != nil { attachments.append(Attachment(name: "proof.p7s", bytes: proof)) }
        attachments.append(Attachment(name: "reply.cms", bytes: reply))
        let fact = KeyChanged(
            partner: partner, change: change, signer: SignerEvidence(verified.evidence),
            proof: proved.map { SignerEvidence($0) }, digest: digest, request: requestDigest, connection: connection,
            replyID: replyID, attachments: references(attachments))
        try commit(.keyChanged(fact), attachments, at: now)
        return (reply, false)
    }

    private func storedReply(_ digest: Digest32, _ partner: PartnerID) throws(Fault) -> [UInt8]? {
        guard let sequence = house.keys.answer(to: digest),
            case .keyChanged(let fact) = try parts.journal.fact(sequence).fact, fact.partner == partner
        else { return nil }
        return try parts.journal.attachment("reply.cms", of: sequence)
    }

    // MARK: Signatures

    /// The request is of a signing key of the partner that is active; a suspension also of the very key that it names.
    private func verify(
        keyChange request: [UInt8], from partner: PartnerID, at now: Timestamp
    ) throws(Refusal) -> VerifiedSignature {
        let verifier = SignatureVerifier(trust: trust, policy: SignaturePolicy(limits: parts.limits))
        let signers = SignerSource.register(register, .partner(partner))
        switch verifier.judge(message: request, signers: signers, at: now, cache: &verdicts) {
        case .verified(let verified): return verified
        case .refused(let finding):
            if let own = signedByItself(request, verifier, partner, at: now) { return own }
            throw Refusal([finding])
        }
    }

    private func signedByItself(
        _ request: [UInt8], _ verifier: SignatureVerifier, _ partner: PartnerID, at now: Timestamp
    ) -> VerifiedSignature? {
        guard let content = (try? verifier.open(request, form: .attached))?.signature.content,
            case .suspend(_, let fingerprint)? = try? KeyChangeDocument(content),
            let entry = house.keys.entries(of: fingerprint).first(where: { $0.owner == partner }),
            let certificate = entry.pem.flatMap({ try? Certificate(pem: $0) })
        else { return nil }
        let purpose: CertificatePurpose = entry.use == .tls ? .tlsClient : .partnerSigning
        let verdict = verifier.judge(
            message: request, signers: .anyone([certificate], purposes: [purpose]), at: now, cache: &verdicts)
        guard case .verified(let verified) = verdict, verified.evidence.fingerprint == fingerprint else { return nil }
        return verified
    }

    /// The new key has signed the same bytes, and its certificate is good for its use.
    private func verify(
        proof: [UInt8]?, over content: [UInt8], _ certificate: Certificate, _ use: CertificateUsage, at now: Timestamp
    ) throws(Refusal) -> SignatureEvidence {
        guard let proof else { throw Refusal(.key004, detail: "there is no signature by the new key") }
        let verifier = SignatureVerifier(trust: trust, policy: SignaturePolicy(limits: parts.limits))
        let purpose: CertificatePurpose = use == .tls ? .tlsClient : .partnerSigning
        let verdict = verifier.judge(
            proof, content: content, signers: .anyone([certificate], purposes: [purpose]), at: now, cache: &verdicts)
        switch verdict {
        case .verified(let verified):
            guard verified.evidence.fingerprint == certificate.fingerprint else {
                throw Refusal(.key004, value: verified.evidence.signer, detail: "it is the signature of another key")
            }
            return verified.evidence
        case .refused(let finding):
            switch finding.code {
            case .sig011: throw Refusal([finding])
            case .sig004, .sig005, .sig006, .sig007:
                throw Refusal(.key002, value: finding.value, detail: "\(finding.code): \(finding.detail)")
            default: throw Refusal(.key004, value: finding.value, detail: "\(finding.code): \(finding.detail)")
            }
        }
    }

    // MARK: What is asked

    /// The certificate of a rotation names its partner, and neither it nor its key is taken or suspended.
    private func newCertificate(_ rotation: KeyChangeDocument.Rotation) throws(Refusal) -> Certificate {
        let certificate: Certificate
        do {
            certificate = try Certificate(pem: rotation.pem)
        } catch {
            throw Refusal(.key002, detail: "the certificate cannot be read: \(error)")
        }
        guard certificate.commonName == rotation.partner.text else {
            throw Refusal(
                .key002, value: certificate.subject, detail: "its common name is not the partner's id")
        }
        let name = certificate.fingerprint.description
        if house.keys.suspensions[certificate.fingerprint] != nil {
            throw Refusal(.key003, value: name, detail: "the key is suspended")
        }
        if let known = house.keys.entries(of: certificate.fingerprint).first {
            throw Refusal(.key003, value: name, detail: "it is registered for \(known.owner), \(known.use.rawValue)")
        }
        for other in register.keys where other.certificate?.publicKeyDigest == certificate.publicKeyDigest {
            let isSuspended = house.keys.suspensions[other.fingerprint] != nil
            guard isSuspended || other.owner != rotation.partner, other.certificate != nil else { continue }
            throw Refusal(
                .key003, value: name,
                detail: "its key is that of \(other.fingerprint)\(isSuspended ? ", suspended" : "")")
        }
        return certificate
    }

    private func granted(
        _ rotation: KeyChangeDocument.Rotation, _ certificate: Certificate, at now: Timestamp
    ) throws(Refusal) -> KeyRotation {
        let from = max(rotation.from, now)
        guard from < certificate.notAfter else {
            throw Refusal(.key002, value: from.description, detail: "valid until \(certificate.notAfter)")
        }
        let use: KeyUse = rotation.use == .tls ? .tls : .sign
        guard house.keys.count(of: rotation.partner, use: use, at: now) < KeyRotation.keysPerUse else {
            throw Refusal(.key007, value: use.rawValue)
        }
        var until: Timestamp?
        if let replaced = rotation.replaces {
            let known = house.keys.entries(of: replaced).first { $0.owner == rotation.partner && $0.use == use }
            guard let known, [.active, .pending].contains(house.keys.state(of: known, at: now)) else {
                throw Refusal(
                    .key006, value: replaced.description, detail: "the replaced key is none for \(use.rawValue)")
            }
            let latest = from.adding(milliseconds: KeyRotation.overlapDays * 86_400_000)
            let asked = rotation.oldUntil ?? latest
            guard asked >= rotation.from, asked <= latest else {
                throw Refusal(.key005, value: asked.description, detail: "from \(from) to \(latest)")
            }
            until = max(asked, from)
        }
        let grant = CertificateGrant(
            fingerprint: certificate.fingerprint, usage: rotation.use, pem: certificate.pem, activeFrom: from)
        return KeyRotation(grant: grant, replaces: rotation.replaces, replacedUntil: until)
    }

    private func suspension(of fingerprint: Digest32, _ partner: PartnerID) throws(Refusal) -> Digest32 {
        if let obstacle = house.keys.obstacle(toSuspending: fingerprint, of: partner) {
            throw Refusal(.key006, value: fingerprint.description, detail: obstacle)
        }
        return fingerprint
    }
}
