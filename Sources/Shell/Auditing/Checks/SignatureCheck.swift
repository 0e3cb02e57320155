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
    private let verifier: SignatureVerifier
    private var cache = ChainVerdictCache()
    private let certificates: [Certificate]
    private let genesis: Genesis
    private let host: Certificate
    private let keyChanges: ShownKeyChanges
    /// What does not hold, by the stage that tells it.
    private(set) var findings: [VerificationFinding] = []
    private(set) var count: Int64 = 0

    init(_ bundle: Bundle, _ programmes: Programmes, _ report: inout EvidenceReport) throws {
        self.bundle = bundle
        self.programmes = programmes
        guard case .genesis(let genesis)? = try bundle.fact(1)?.fact else {
            throw BundleFile.BundleDefect(item: Bundle.name(ofFact: 1), found: "the first fact is missing")
        }
        self.genesis = genesis
        host = try Certificate(pem: genesis.hostCertificate)
        keyChanges = try ShownKeyChanges(bundle)
        var certificates: [Certificate] = []
        for name in bundle.file.names(under: "trust/certificates/") {
            guard let bytes = try bundle.file.small(name) else { continue }
            certificates += (try? Certificate.all(inFile: bytes)) ?? []
        }
        self.certificates = certificates
        var lists: [RevocationList] = []
        for name in bundle.file.names(under: "trust/revocation/") {
            guard let bytes = try bundle.file.small(name) else { continue }
            lists += (try? RevocationList.all(inFile: bytes)) ?? []
        }
        if lists.isEmpty { report.remarks.append("the bundle has no revocation list: revocation was not checked") }
        let authorities = bundle.pins.authorities
        // How long a list past its update may be used is the house's own rule; which lists it used is in the facts.
        verifier = SignatureVerifier(
            trust: try TrustStore(
                roots: authorities.filter(\.isSelfIssued), intermediates: authorities.filter { !$0.isSelfIssued },
                revocationLists: lists,
                revocation: lists.isEmpty ? .notChecked : .required(graceSeconds: 366 * 86_400)))
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
            try checkEnclosed(messages + "cancel.cms", .partner(fact.batch.partner), at: envelope)
            try checkEnclosed(messages + "cancelled.cms", nil, at: envelope)
        case .messageAnswered(let fact):
            let sealed = bundle.file[folder + "answer.cms"] != nil
            let place = sealed ? folder : "messages/\(Bundle.number(envelope.sequence))/"
            compare(fact.attachments, "message.cms", place + "message.cms")
            compare(fact.attachments, "answer.cms", place + "answer.cms")
            try checkMessage(place + "message.cms", fact.partner, envelope.sequence, at: envelope)
            try checkEnclosed(place + "answer.cms", nil, at: envelope)
        case .sealed(.records(let seal)):
            // A sealed message whose own fact is another's to see is known by its seal.
            guard let id = seal.messageID, try bundle.fact(seal.received) == nil, bundle.shows(seal.partner) else {
                return
            }
            _ = id
            let place = "batches/\(Bundle.number(seal.received))/"
            try checkMessage(place + "message.cms", seal.partner, seal.received, at: envelope)
            try checkEnclosed(place + "answer.cms", nil, at: envelope)
        case .statementAnswered(let fact):
            let place = "answers/\(Bundle.number(envelope.sequence))/"
            compare(fact.attachments, "answer.cms", place + "answer.cms")
            compare(fact.attachments, "reply.cms", place + "reply.cms")
            try checkEnclosed(place + "answer.cms", .partner(fact.partner), at: envelope)
            try checkEnclosed(place + "reply.cms", nil, at: envelope)
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
        _ name: String, _ partner: PartnerID, _ answered: UInt64, at envelope: FactEnvelope
    ) throws {
        guard bundle.file[name] != nil || !bundle.erased.contains(answered) else { return }
        try checkEnclosed(name, .partner(partner), at: envelope)
    }

    private mutating func checkEnclosed(_ name: String, _ owner: ExpectedSigner?, at envelope: FactEnvelope) throws {
        guard let bytes = try bundle.file.small(name) else { return fail(.completeness, name, "it is missing") }
        let version = programmes.inForce(before: envelope.sequence)?.seal.version ?? 0
        guard let owner else {
            let signers = SignerSource.anyone([host], purposes: [.hostSigning])
            return noteHost(verifier.judge(message: bytes, signers: signers, at: envelope.time, cache: &cache), name)
        }
        let signers = SignerSource.register(register(version, before: envelope.sequence), owner)
        note(verifier.judge(message: bytes, signers: signers, at: envelope.time, cache: &cache), name)
    }

    /// A key change: signed by a key of its partner, or a suspension by the key itself; a rotation by the new key too.
    private mutating func check(_ fact: KeyChanged, _ envelope: FactEnvelope) throws {
        let folder = "keys/\(Bundle.number(envelope.sequence))/"
        for reference in fact.attachments { compare(fact.attachments, reference.name, folder + reference.name) }
        try checkEnclosed(folder + "reply.cms", nil, at: envelope)
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
        let verdict = verifier.judge(message: request, signers: signers, at: envelope.time, cache: &cache)
        note(verdict, folder + "request.cms", fingerprint: fact.signer.fingerprint)
        guard case .rotated(let rotation) = fact.change else { return }
        let content = (try? CMSSignature(ber: request, maximumBytes: request.count))?.content ?? []
        guard let proof = try bundle.file.small(folder + "proof.p7s") else {
            return fail(.signature, folder + "proof.p7s", "it is missing")
        }
        let certificate = try Certificate(pem: rotation.grant.pem)
        let proved = verifier.judge(
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
        let verdict = verifier.judge(
            signature, content: bytes, signers: .anyone([host], purposes: [.hostSigning]), at: instant, cache: &cache)
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
        let verdict = verifier.judge(
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
                var verdict = verifier.judge(
                    signature, content: bytes, signers: .register(known, expected), at: version.time, cache: &cache)
                if case .refused(let finding) = verdict, finding.code == .sig003, bundle.partner != nil {
                    // Another partner's key: its agreement is not shown, the authority vouches for it.
                    verdict = verifier.judge(
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
                    .signature, item, "it is of the certificate \(verified.evidence.fingerprint)",
                    expected: fingerprint.description)
            }
        case .refused(let finding):
            let stage: VerificationStage =
                switch finding.code {
                case .sig001, .sig002, .sig008: .signature
                case .sig006: .trust
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
