import FileStore
import House
import Journal
import OpenSSLKit
public import Primitives
import ProgrammeModel
import Verification

/// What became of an officer's act.
public struct ActOutcome: Hashable, Sendable {
    /// SHA-256 of the document, by which its checker names it.
    public var digest: Digest32
    /// The fact that carried it out; nil while it waits for its checker.
    public var fact: UInt64?
}

/// An act that waits for its checker.
public struct PendingAct: Hashable, Sendable {
    /// SHA-256 of the document.
    public var digest: Digest32
    /// The signed document.
    public var document: [UInt8]
    /// Who made it.
    public var maker: String
}

extension Clearinghouse {
    /// Takes an act from its maker: it is checked, and kept until another officer countersigns it. Nothing happens yet.
    ///
    /// - Throws: `Refusal` with ACT-001 when the signer may not make acts, SIG codes for the signature, ACT-003 or the
    ///   codes of its effect when it could not be carried out now; `Fault` when it cannot be kept.
    public func propose(document: [UInt8], signature: [UInt8]) throws -> ActOutcome {
        let now = now
        try advanceCalendar(to: now)
        let digest = SHA256.digest(document)
        if let done = house.acts[digest] { return ActOutcome(digest: digest, fact: done) }
        _ = try officer(signature, over: document, role: .maker, at: now)
        let content = try ActDocument(document)
        _ = try ActSet(of: content)
        _ = try judgement(at: now).act(content)
        try parts.directory.pendingActs.write("\(digest).json", document)
        try parts.directory.pendingActs.write("\(digest).maker.p7s", signature)
        return ActOutcome(digest: digest, fact: nil)
    }

    /// Carries an act out that another officer made.
    ///
    /// - Throws: `Refusal` with ACT-004 when no such act waits, ACT-002 when maker and checker are one, ACT-005
    ///   when it is
    ///   done, and as `propose`; `Fault` when a fact cannot be made durable.
    public func countersign(digest: Digest32, signature: [UInt8]) async throws -> ActOutcome {
        if let done = house.acts[digest] { return ActOutcome(digest: digest, fact: done) }
        guard let document = try parts.directory.pendingActs.read("\(digest).json"),
            let first = try parts.directory.pendingActs.read("\(digest).maker.p7s")
        else { throw Refusal(.act004, value: digest.description, detail: "no such act waits") }
        let content = try ActDocument(document)
        // An adjustment counts among the partner's facts, which come one after the other.
        let partner = content.act == "adjustment" ? content.partner.flatMap { try? PartnerID($0) } : nil
        if let partner { await enter(partner) }
        defer { if let partner { leave(partner) } }
        let now = now
        try advanceCalendar(to: now)
        let maker = try officer(first, over: document, role: .maker, at: now)
        let checker = try officer(signature, over: document, role: .checker, at: now)
        guard maker.officer.fingerprint != checker.officer.fingerprint, maker.officer.name != checker.officer.name
        else {
            throw Refusal(.act002, value: maker.officer.name)
        }
        if let set = try ActSet(of: content) {
            return ActOutcome(digest: digest, fact: try countersign(digest, signature, of: set, at: now))
        }
        let act = try judgement(at: now).act(content)
        if case .erasure(let erasure) = act { try keepLeaves(for: erasure) }
        if let done = house.acts[digest] { return ActOutcome(digest: digest, fact: done) }
        let (fact, attachments) = carriedOut(act, document, (maker, first), (checker, signature))
        let sequence = try commit(fact, attachments, at: now)
        if act.withholds {
            if case .erasure = act { try Self.remove(house.erasures, parts, derived: derivedDocuments) }
            if case .forgetting = act { try Self.removeDerived(parts, derivedDocuments) }
            // So that evidence can prove at once why an original is not in it.
            try signCheckpoint(at: now)
        }
        try parts.directory.pendingActs.remove("\(digest).json")
        try parts.directory.pendingActs.remove("\(digest).maker.p7s")
        try advanceCalendar(to: self.now)
        return ActOutcome(digest: digest, fact: sequence)
    }

    /// The fact of an act with its document and signatures.
    func carriedOut(
        _ act: ActCarriedOut.Act, _ document: [UInt8], _ maker: (officer: SigningOfficer, signature: [UInt8]),
        _ checker: (officer: SigningOfficer, signature: [UInt8])
    ) -> (fact: Fact, attachments: [Attachment]) {
        let attachments = [
            Attachment(name: "act.json", bytes: document),
            Attachment(name: "act.json.maker.p7s", bytes: maker.signature),
            Attachment(name: "act.json.checker.p7s", bytes: checker.signature),
        ]
        let references = references(attachments)
        let evidence = ActEvidence(
            document: references[0], maker: maker.officer.record("maker", references[1]),
            checker: checker.officer.record("checker", references[2]))
        return (.actCarriedOut(ActCarriedOut(act: act, evidence: evidence)), attachments)
    }

    /// Acts that wait for a checker, in order of digests.
    ///
    /// - Throws: `Fault` when the folder cannot be read.
    public func pendingActs() throws(Fault) -> [PendingAct] {
        var out: [PendingAct] = []
        for name in try parts.directory.pendingActs.names() where name.hasSuffix(".json") {
            guard let digest = Digest32(hex: String(name.dropLast(5))),
                let document = try parts.directory.pendingActs.read(name),
                let signature = try parts.directory.pendingActs.read("\(digest).maker.p7s")
            else { continue }
            let maker = try? officer(signature, over: document, role: .maker, at: now)
            out.append(PendingAct(digest: digest, document: document, maker: maker?.officer.name ?? "unknown"))
        }
        return out
    }

    private func judgement(at now: Timestamp) throws(Refusal) -> ActJudgement {
        guard let programme = house.programme else { throw Refusal(.act004, detail: "no programme is loaded") }
        return ActJudgement(house: house, programme: programme, now: now, history: history)
    }

    /// An officer who signed, and what was found.
    struct SigningOfficer {
        let officer: Officer
        let fingerprint: Digest32

        func record(_ part: String, _ signature: AttachmentReference) -> ApprovalRecord {
            ApprovalRecord(signer: officer.name, part: part, fingerprint: fingerprint, signature: signature)
        }
    }

    /// The officer whose signature stands under some bytes.
    ///
    /// - Throws: `Refusal` with a SIG code, or ACT-001 when the officer does not have the role.
    func officer(
        _ signature: [UInt8], over document: [UInt8], role: OfficerRole, at now: Timestamp
    ) throws(Refusal) -> SigningOfficer {
        let verifier = SignatureVerifier(trust: trust, policy: SignaturePolicy(limits: parts.limits))
        let expected = ExpectedSigner(owner: nil, usages: [.officer])
        switch verifier.judge(
            signature, content: document, signers: .register(register, expected), at: now, cache: &verdicts)
        {
        case .refused(let finding): throw Refusal([finding])
        case .verified(let verified):
            let fingerprint = verified.evidence.fingerprint
            guard let officer = house.officers.first(where: { $0.fingerprint == fingerprint }),
                officer.roles.contains(role)
            else { throw Refusal(.act001, value: verified.evidence.signer, detail: "not a \(role.rawValue)") }
            return SigningOfficer(officer: officer, fingerprint: fingerprint)
        }
    }
}
