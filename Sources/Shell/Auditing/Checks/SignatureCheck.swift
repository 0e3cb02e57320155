import Evidence
import Foundation
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Verification
import XMLKit

/// Every CMS signature of a bundle: over which bytes, by whom, and whether that key was good at the time.
struct SignatureCheck {
    let bundle: Bundle
    let programmes: Programmes
    private let lists: [Digest32: RevocationList]
    /// By the lists that a judgement names; nil is for all of them.
    private var verifiers: [[Digest32]?: SignatureVerifier] = [:]
    private var cache = ChainVerdictCache()
    private let certificates: [Certificate]
    private let genesis: Genesis
    private let host: Certificate
    private let keyChanges: ShownKeyChanges
    /// What does not hold, by the stage that tells it.
    private(set) var findings: [VerificationFinding] = []
    private(set) var count: Int64 = 0

    init(_ bundle: Bundle, _ programmes: Programmes, certificates: [Certificate]) throws {
        self.bundle = bundle
        self.programmes = programmes
        self.certificates = certificates
        guard case .genesis(let genesis)? = try bundle.fact(1)?.fact else {
            throw BundleFile.BundleDefect(item: Bundle.name(ofFact: 1), found: "the first fact is missing")
        }
        self.genesis = genesis
        host = try Certificate(pem: genesis.hostCertificate)
        keyChanges = try ShownKeyChanges(bundle)
        var lists: [Digest32: RevocationList] = [:]
        for name in bundle.file.names(under: "trust/revocation/") {
            guard let bytes = try bundle.file.small(name) else { continue }
            for list in (try? RevocationList.all(inFile: bytes)) ?? [] {
                lists[list.digest] = list
                guard name != "trust/revocation/\(list.digest).crl" else { continue }
                findings.append(VerificationFinding(.key, name, "it is not the list that it is named by"))
            }
        }
        self.lists = lists
        verifiers[nil] = try Self.verifier(bundle, Array(lists.values))
    }

    /// How long a list past its update may be used is the house's own rule; which lists it used is in the facts.
    private static func verifier(_ bundle: Bundle, _ lists: [RevocationList]) throws -> SignatureVerifier {
        SignatureVerifier(
            trust: try TrustStore(
                authorities: bundle.pins.authorities, revocationLists: lists,
                revocation: .required(graceSeconds: 366 * 86_400)))
    }

    /// What judges by the lists that a fact names, as the house did, or by those of the time where none names any.
    private mutating func verifier(_ named: [Digest32]? = nil, for item: String = "") throws -> SignatureVerifier {
        for digest in named ?? [] where lists[digest] == nil {
            fail(.key, item, "the revocation list \(digest) by which it was judged is not in the bundle")
        }
        if let known = verifiers[named] { return known }
        let made = try Self.verifier(bundle, (named ?? []).compactMap { lists[$0] })
        verifiers[named] = made
        return made
    }

    // MARK: Everything

    mutating func check() throws {
        try checkHost(document: "checkpoint.note", at: nil)
        for name in bundle.file.names(under: "statements/") + bundle.file.names(under: "history/")
        where !name.hasSuffix(".p7s") {
            try checkHost(document: name, at: nil)
        }
        try bundle.forEachFact { envelope in try check(envelope) }
        for version in programmes.all { try check(version) }
        try checkDocuments()
        for name in bundle.file.names(under: "shared/") where name.hasSuffix("/received.xml") {
            try checkHost(document: name, at: nil)
        }
    }

    /// The statements of the window are those that its seal names.
    private mutating func checkDocuments() throws {
        try bundle.forEachFact { envelope in
            guard case .sealed(.window(let seal)) = envelope.fact else { return }
            let folder = seal.window == bundle.window ? "statements/" : "history/"
            for document in seal.documents { compare(seal.documents, document.name, folder + document.name) }
        }
    }

    private mutating func check(_ envelope: FactEnvelope) throws {
        let folder = "batches/\(Bundle.number(envelope.sequence))/"
        switch envelope.fact {
        case .fileReceived(let fact):
            guard bundle.file[folder + "received.xml"] != nil else { return }
            try checkFile(fact, envelope.sequence, folder)
            compare(fact.attachments, "signature.p7s", folder + "signature.p7s")
            compare(fact.attachments, "receipt.xml", folder + "received.xml")
            try checkReceipts(folder, receivedAt: envelope.time)
        case .fileRefused(let fact):
            compare(fact.attachments, "receipt.xml", folder + "validated.xml")
            try checkReceipts(folder, receivedAt: envelope.time)
        case .fileCancelled(let fact):
            let messages = "messages/\(Bundle.number(envelope.sequence))/"
            compare(fact.attachments, "cancel.cms", messages + "cancel.cms")
            try checkPartner(messages + "cancel.cms", fact.batch.partner, fact.signer, at: envelope)
            try checkReply(messages + "cancelled.cms", at: envelope)
        case .messageAnswered(let fact):
            let sealed = bundle.file[folder + "answer.cms"] != nil
            let place = sealed ? folder : "messages/\(Bundle.number(envelope.sequence))/"
            compare(fact.attachments, "message.cms", place + "message.cms")
            compare(fact.attachments, "answer.cms", place + "answer.cms")
            try checkMessage(place + "message.cms", fact.partner, fact.signer, envelope.sequence, at: envelope)
            try checkReply(place + "answer.cms", at: envelope)
        case .sealed(.records(let seal)):
            // A sealed message whose own fact is another's to see is known by its seal.
            guard let id = seal.messageID, try bundle.fact(seal.received) == nil, bundle.shows(seal.partner) else {
                return
            }
            _ = id
            let place = "batches/\(Bundle.number(seal.received))/"
            try checkMessage(place + "message.cms", seal.partner, nil, seal.received, at: envelope)
            try checkReply(place + "answer.cms", at: envelope)
        case .statementAnswered(let fact):
            let place = "answers/\(Bundle.number(envelope.sequence))/"
            compare(fact.attachments, "answer.cms", place + "answer.cms")
            compare(fact.attachments, "reply.cms", place + "reply.cms")
            try checkPartner(place + "answer.cms", fact.partner, fact.signer, at: envelope)
            try checkReply(place + "reply.cms", at: envelope)
        case .keyChanged(let fact): try check(fact, envelope)
        case .actCarriedOut(let fact): try check(fact, envelope)
        default: return
        }
    }

    // MARK: Files and messages

    private mutating func checkFile(_ fact: FileReceived, _ sequence: UInt64, _ folder: String) throws {
        let name = folder + "signature.p7s"
        guard let signature = try bundle.file.small(name, atMost: 1 << 20) else {
            if bundle.isWhole { fail(.completeness, name, "it is missing") }
            return
        }
        let place = bundle.file[folder + "original"]
        guard place != nil || bundle.erased.contains(sequence) else { return }
        if let place, place.digest != fact.digest {
            return fail(
                .signature, folder + "original", "its digest is \(place.digest)", expected: fact.digest.description)
        }
        let verifier = try verifier(fact.signer.revocationLists, for: name)
        let verdict: SignatureVerdict
        do throws(Refusal) {
            let unverified = try verifier.open(signature, form: .detached)
            let digest: [UInt8]
            if let algorithm = unverified.requiredDigest, algorithm != .sha256 {
                // Of an erased original nobody can make another digest than the one that the fact states.
                guard place != nil else { return }
                digest = try digestOrRefusal(of: folder + "original", algorithm)
            } else {
                digest = fact.digest.bytes
            }
            verdict = verifier.judge(
                unverified, contentDigest: digest,
                signers: .register(register(fact.programmeVersion, before: sequence), .partner(fact.batch.partner)),
                at: fact.signer.judgedAt, cache: &cache)
        } catch {
            verdict = .refused(error.findings[0])
        }
        note(verdict, name, fingerprint: fact.signer.fingerprint)
    }

    private func digestOrRefusal(of name: String, _ algorithm: DigestAlgorithm) throws(Refusal) -> [UInt8] {
        let stream = DigestStream(algorithm)
        var offset: Int64 = 0
        while true {
            let piece: [UInt8]
            do throws(Fault) { piece = try bundle.file.read(name, at: offset, count: 1 << 20) } catch {
                throw Refusal(.sig002, detail: "\(error)")
            }
            guard !piece.isEmpty else { return stream.finalize() }
            stream.update(piece)
            offset += Int64(piece.count)
        }
    }

    /// A partner's message, whose signature is over bytes that nobody sees of a closed one.
    private mutating func checkMessage(
        _ name: String, _ partner: PartnerID, _ signer: SignerEvidence?, _ answered: UInt64, at envelope: FactEnvelope
    ) throws {
        guard bundle.file[name] != nil || !bundle.erased.contains(answered) else { return }
        try checkPartner(name, partner, signer, at: envelope)
    }

    /// What a partner sent within its signature, judged as its fact says; by its seal alone where that is not shown.
    private mutating func checkPartner(
        _ name: String, _ partner: PartnerID, _ signer: SignerEvidence?, at envelope: FactEnvelope
    ) throws {
        guard let bytes = try bundle.file.small(name) else { return fail(.completeness, name, "it is missing") }
        let version = programmes.inForce(before: envelope.sequence)?.seal.version ?? 0
        let signers = SignerSource.register(register(version, before: envelope.sequence), .partner(partner))
        let verifier = try verifier(signer?.revocationLists, for: name)
        note(
            verifier.judge(message: bytes, signers: signers, at: signer?.judgedAt ?? envelope.time, cache: &cache),
            name, fingerprint: signer?.fingerprint)
    }

    /// What the host answered.
    private mutating func checkReply(_ name: String, at envelope: FactEnvelope) throws {
        guard let bytes = try bundle.file.small(name) else { return fail(.completeness, name, "it is missing") }
        let signers = SignerSource.anyone([host] + certificates, purposes: [.hostSigning])
        noteHost(try verifier().judge(message: bytes, signers: signers, at: envelope.time, cache: &cache), name)
    }

    /// A key change: signed by a key of its partner, or a suspension by the key itself; a rotation by the new key too.
    private mutating func check(_ fact: KeyChanged, _ envelope: FactEnvelope) throws {
        let folder = "keys/\(Bundle.number(envelope.sequence))/"
        for reference in fact.attachments { compare(fact.attachments, reference.name, folder + reference.name) }
        try checkReply(folder + "reply.cms", at: envelope)
        guard let request = try bundle.file.small(folder + "request.cms") else {
            return fail(.signature, folder + "request.cms", "it is missing")
        }
        let version = programmes.inForce(before: envelope.sequence)?.seal.version ?? 0
        var signers = SignerSource.register(
            register(version, before: envelope.sequence), .partner(fact.partner))
        if case .suspended(let fingerprint) = fact.change, fingerprint == fact.signer.fingerprint {
            let own = certificates.filter { $0.fingerprint == fingerprint }
            signers = .anyone(own, purposes: [.partnerSigning, .tlsClient])
        }
        let verdict = try verifier(fact.signer.revocationLists, for: folder + "request.cms").judge(
            message: request, signers: signers, at: fact.signer.judgedAt, cache: &cache)
        note(verdict, folder + "request.cms", fingerprint: fact.signer.fingerprint)
        guard case .rotated(let rotation) = fact.change else { return }
        let content = (try? CMSSignature(ber: request, maximumBytes: request.count))?.content ?? []
        guard let proof = try bundle.file.small(folder + "proof.p7s") else {
            return fail(.signature, folder + "proof.p7s", "it is missing")
        }
        let certificate = try Certificate(pem: rotation.grant.pem)
        let proved = try verifier().judge(
            proof, content: content, signers: .anyone([certificate], purposes: [.partnerSigning, .tlsClient]),
            at: envelope.time, cache: &cache)
        note(proved, folder + "proof.p7s", fingerprint: rotation.grant.fingerprint)
    }

    private func register(_ version: Int, before sequence: UInt64) -> KeyRegister {
        var keys: [RegisteredKey] = []
        let programme = programmes.versions[version]?.programme
        for agreement in programme?.agreements ?? [] {
            for grant in agreement.certificates where grant.usage == .signing {
                guard let certificate = try? Certificate(pem: grant.pem) else { continue }
                keys.append(
                    RegisteredKey(
                        certificate: certificate, owner: agreement.partner, usage: .sign,
                        activeFrom: grant.activeFrom, activeUntil: grant.activeTo))
            }
        }
        keys = keyChanges.applied(to: keys, before: sequence)
        for officer in officers(upTo: version) {
            keys.append(
                RegisteredKey(
                    fingerprint: officer.fingerprint, owner: programme?.host ?? PartnerID(unchecked: "HOST"),
                    usage: .officer, activeFrom: Timestamp(milliseconds: 0)))
        }
        return KeyRegister(keys)
    }

    private func officers(upTo version: Int) -> [Officer] {
        genesis.officers
            + programmes.all.filter { $0.seal.version <= version }.flatMap(\.programme.officers)
    }

    // MARK: The host

    private mutating func checkReceipts(_ folder: String, receivedAt: Timestamp) throws {
        for receipt in ["received.xml", "validated.xml", "cleared.xml"] where bundle.file[folder + receipt] != nil {
            try checkHost(document: folder + receipt, at: receipt == "received.xml" ? receivedAt : nil)
        }
    }

    /// A document that the host signed; judged at the given time, or at the time that its signature states.
    private mutating func checkHost(document name: String, at time: Timestamp?) throws {
        guard let bytes = try bundle.file.small(name) else { return fail(.completeness, name, "it is missing") }
        guard let signature = try bundle.file.small(name + ".p7s", atMost: 1 << 20) else {
            return fail(.completeness, name + ".p7s", "it is missing")
        }
        let stated = (try? CMSSignature(ber: signature, maximumBytes: signature.count))?.signingTime
        let instant = time ?? stated ?? Timestamp(milliseconds: 0)
        let verdict = try verifier().judge(
            signature, content: bytes, signers: .anyone([host] + certificates, purposes: [.hostSigning]), at: instant,
            cache: &cache)
        noteHost(verdict, name + ".p7s")
    }

    /// What the host issues is signed by the certificate of the log's first fact, not by any for its use.
    private mutating func noteHost(_ verdict: SignatureVerdict, _ item: String) {
        guard case .verified(let verified) = verdict, verified.evidence.fingerprint != host.fingerprint else {
            return note(verdict, item)
        }
        count += 1
        fail(
            .key, item, "it is of the certificate \(verified.evidence.fingerprint)",
            expected: host.fingerprint.description)
    }

    // MARK: Acts and programmes

    private mutating func check(_ fact: ActCarriedOut, _ envelope: FactEnvelope) throws {
        let folder = "acts/\(Bundle.number(envelope.sequence))/"
        guard let document = try bundle.file.small(folder + "act.json") else {
            if bundle.isWhole, bundle.partner == nil { fail(.completeness, folder + "act.json", "it is missing") }
            return
        }
        for name in ["act.json", "act.json.maker.p7s", "act.json.checker.p7s"] {
            compare(fact.evidence.attachments, name, folder + name)
        }
        let version = programmes.inForce(before: envelope.sequence)?.seal.version ?? 0
        var signers: [Officer] = []
        for (part, role) in [("maker", OfficerRole.maker), ("checker", .checker)] {
            let name = folder + "act.json.\(part).p7s"
            guard let officer = try checkOfficer(name, over: document, version, at: envelope) else { continue }
            signers.append(officer)
            if !officer.roles.contains(role) { fail(.key, name, "\(officer.name) is no \(role.rawValue)") }
        }
        if signers.count == 2,
            signers[0].fingerprint == signers[1].fingerprint || signers[0].name == signers[1].name
        {
            fail(.key, folder + "act.json", "maker and checker are one: \(signers[0].name)")
        }
    }

    private mutating func checkOfficer(
        _ name: String, over document: [UInt8], _ version: Int, at envelope: FactEnvelope
    ) throws -> Officer? {
        guard let signature = try bundle.file.small(name, atMost: 1 << 20) else {
            fail(.completeness, name, "it is missing")
            return nil
        }
        let expected = ExpectedSigner(owner: nil, usages: [.officer])
        let verdict = try verifier().judge(
            signature, content: document, signers: .register(register(version, before: envelope.sequence), expected),
            at: envelope.time, cache: &cache)
        note(verdict, name)
        guard case .verified(let verified) = verdict else { return nil }
        return officers(upTo: version).first { $0.fingerprint == verified.evidence.fingerprint }
    }

    /// The signatures under a version's files: makers and checkers of the host, partners, funders.
    private mutating func check(_ version: Programmes.Version) throws {
        let folder = "programme/\(Padding.zeros(version.seal.version, 4))/"
        for file in version.seal.files {
            guard let bytes = try bundle.file.small(folder + file.name) else { continue }
            if SHA256.digest(bytes) != file.digest {
                fail(.signature, folder + file.name, "it is not the file that the log names")
            }
            var officers: [Officer] = []
            var owners: Set<String> = []
            for name in bundle.file.names(under: folder + file.name + ".") where name.hasSuffix(".p7s") {
                guard let signature = try bundle.file.small(name, atMost: 1 << 20) else { continue }
                let known = register(version.seal.version, before: version.sequence)
                let expected = ExpectedSigner(owner: nil, usages: [.officer, .sign])
                var verdict = try verifier().judge(
                    signature, content: bytes, signers: .register(known, expected), at: version.time, cache: &cache)
                if case .refused(let finding) = verdict, finding.code == .sig003, bundle.partner != nil {
                    // Another partner's key: its agreement is not shown, the authority vouches for it.
                    verdict = try verifier().judge(
                        signature, content: bytes, signers: .anyone(certificates, purposes: [.partnerSigning]),
                        at: version.time, cache: &cache)
                }
                note(verdict, name)
                guard case .verified(let verified) = verdict else { continue }
                let print = verified.evidence.fingerprint
                if let officer = self.officers(upTo: version.seal.version).first(where: { $0.fingerprint == print }) {
                    officers.append(officer)
                }
                if let owner = verified.evidence.owner { owners.insert(owner.text) }
            }
            let makers = officers.filter { $0.roles.contains(.maker) }
            let isChecked = makers.contains { maker in
                officers.contains { $0.roles.contains(.checker) && $0.name != maker.name }
            }
            if !isChecked { fail(.key, folder + file.name, "no maker and other checker of the host have signed it") }
            if file.name.hasPrefix("agreements/"), !owners.contains(String(file.name.dropFirst(11).dropLast(5))) {
                fail(.key, folder + file.name, "its partner has not signed it")
            }
        }
    }

    // MARK: Results

    private mutating func compare(_ attachments: [AttachmentReference], _ name: String, _ entry: String) {
        guard let reference = attachments.first(where: { $0.name == name }), let place = bundle.file[entry] else {
            return
        }
        guard place.digest == reference.digest else {
            return fail(.signature, entry, "its digest is \(place.digest)", expected: reference.digest.description)
        }
    }

    private mutating func note(_ verdict: SignatureVerdict, _ item: String, fingerprint: Digest32? = nil) {
        count += 1
        switch verdict {
        case .verified(let verified):
            if let fingerprint, verified.evidence.fingerprint != fingerprint {
                fail(
                    .key, item, "it is of the certificate \(verified.evidence.fingerprint)",
                    expected: fingerprint.description)
            }
        case .refused(let finding):
            let stage: VerificationStage =
                switch finding.code {
                case .sig001, .sig002, .sig008: .signature
                default: .key
                }
            let detail = finding.detail.isEmpty ? finding.code.entry.rule : finding.detail
            fail(stage, item, "\(finding.code.code) \(detail)")
        }
    }

    private mutating func fail(_ stage: VerificationStage, _ item: String, _ found: String, expected: String = "") {
        guard findings.count < 1000 else { return }
        findings.append(VerificationFinding(stage, item, found, expected: expected))
    }
}
