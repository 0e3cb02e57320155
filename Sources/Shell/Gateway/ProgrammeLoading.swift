import Evidence
public import House
public import Journal
import Ledger
import OpenSSLKit
public import Primitives
public import ProgrammeFiles
public import ProgrammeModel
public import Verification

/// What loading a programme would do.
public struct ProgrammeLoad: Sendable {
    /// The version's number; nil when it was refused.
    public var version: Int?
    /// Warnings, or the reasons of a refusal.
    public var findings: [Finding]
}

extension Clearinghouse {
    /// Loads a programme's directory whose files are signed by those whom they bind.
    ///
    /// - Returns: the new version, or the number of the present one when nothing has changed.
    /// - Throws: `Refusal` with every finding: CFG codes, CFG-002 for dates with accepted records, CFG-004 for each
    ///   signature that is missing; `Fault` when the fact cannot be made durable.
    public func load(_ directory: ProgrammeDirectory) async throws -> ProgrammeLoad {
        // A file that waits is judged by the present version: its dates must count before they are changed.
        while !house.files.undecided.isEmpty { try await settle() }
        let now = now
        try advanceCalendar(to: now)
        let draft = ProgrammeCheck.check(directory, sha256: { SHA256.digest($0) })
        guard let unsigned = draft.programme else { throw Refusal(draft.findings.filter(\.refuses)) }
        let keys = house.keys(with: unsigned, loadedBy: nextSequence, at: now)
        let register = try HouseKeyRegister.build(keys)
        var approvals = ProgrammeApprovals(
            officers: house.officers, programme: unsigned, register: register,
            verifier: SignatureVerifier(trust: trust, policy: SignaturePolicy(limits: parts.limits)), now: now)
        let signed = approvals.collect(directory, cache: &verdicts)
        var findings = approvals.findings
        let (programme, checked) = ProgrammeCheck.check(
            directory, promotionSigners: approvals.promotionSigners, sha256: { SHA256.digest($0) })
        findings += checked + conflicts(unsigned)
        if let old = house.programme, let programme {
            let house = house
            findings += EffectiveChange.violations(
                old: old, new: programme,
                lastAcceptedBusinessDate: { house.ledger.partners[$0]?.latestBusinessDate },
                lastAcceptanceDay: { _ in old.zone.date(at: house.lastTime) }, openedUpTo: house.lastTime)
        }
        guard let programme, !findings.contains(where: \.refuses) else {
            throw Refusal(findings.filter(\.refuses))
        }
        if programme == house.programme { return ProgrammeLoad(version: house.programmes.count, findings: findings) }
        let version = house.programmes.count + 1
        let fact = ProgrammeLoaded(version: version, programme: programme, files: signed.map(\.record))
        let seal = try ProgrammeSealing.seal(fact)
        try commit(
            [(.programmeLoaded(fact), signed.flatMap(\.attachments)), (.sealed(.programme(seal)), [])], at: now)
        return ProgrammeLoad(version: version, findings: findings)
    }
}

/// What the signed files of a loaded programme give when they are read and their signatures judged again.
public struct ProgrammeAnew {
    /// The programme; nil when a finding refuses it.
    public let programme: Programme?
    /// The files with those who signed them.
    public let files: [SignedFile]
    /// What is found, missing signatures among it.
    public let findings: [Finding]

    /// Reads the files as they were read when they were loaded.
    ///
    /// - Parameters:
    ///   - house: the house before the programme was loaded.
    ///   - sequence: the fact that loaded it.
    ///   - time: when.
    /// - Throws: `Fault` when a registered certificate cannot be read.
    public init(
        _ directory: ProgrammeDirectory, house: HouseState, verifier: SignatureVerifier, sequence: UInt64,
        at time: Timestamp
    ) throws(Fault) {
        let draft = ProgrammeCheck.check(directory, sha256: { SHA256.digest($0) })
        guard let unsigned = draft.programme else {
            (programme, files, findings) = (nil, [], draft.findings)
            return
        }
        let register = try HouseKeyRegister.build(house.keys(with: unsigned, loadedBy: sequence, at: time))
        var approvals = ProgrammeApprovals(
            officers: house.officers, programme: unsigned, register: register, verifier: verifier, now: time)
        var cache = ChainVerdictCache()
        let signed = approvals.collect(directory, cache: &cache)
        let (programme, checked) = ProgrammeCheck.check(
            directory, promotionSigners: approvals.promotionSigners, sha256: { SHA256.digest($0) })
        self.programme = programme
        files = signed.map(\.record)
        findings = approvals.findings + checked
    }
}

extension HouseState {
    /// The keys as they were with another version's agreements. Its officers do not count before it is in force.
    func keys(with draft: Programme, loadedBy sequence: UInt64, at now: Timestamp) -> KeyBook {
        let present = Programme(
            id: draft.id, host: draft.host, hostName: draft.hostName, currency: draft.currency, zone: draft.zone,
            zones: draft.zones, windows: draft.windows, officers: programme?.officers ?? [],
            agreements: draft.agreements, promotions: draft.promotions, openingPoints: draft.openingPoints)
        var book = keys
        book.load(present, version: programmes.count + 1, fact: sequence, at: now)
        return book
    }
}

extension Clearinghouse {
    /// Certificates of a version that a key change has registered for another party or use.
    private func conflicts(_ draft: Programme) -> [Finding] {
        draft.agreements.flatMap { agreement in
            agreement.certificates.compactMap { grant in
                let enrolled = house.keys.entries(of: grant.fingerprint).first { entry in
                    guard case .keyChange = entry.origin else { return false }
                    return entry.owner != agreement.partner || entry.use.rawValue != grant.usage.rawValue
                }
                guard let enrolled else { return nil }
                return Finding(
                    .cfg005, at: .whole.field("agreements/\(agreement.partner).yaml"),
                    value: grant.fingerprint.description,
                    detail: "the certificate is that of \(enrolled.owner) for \(enrolled.use.rawValue), by a key change"
                )
            }
        }
    }
}

/// Finds out who signed each file of a programme, and who has not. Ruling on consent: Specs/rules.md.
struct ProgrammeApprovals {
    let officers: [Officer]
    let programme: Programme
    let register: KeyRegister
    let verifier: SignatureVerifier
    let now: Timestamp
    private(set) var findings: [Finding] = []
    private(set) var promotionSigners: [PromotionID: [PartnerID]] = [:]

    init(
        officers: [Officer], programme: Programme, register: KeyRegister, verifier: SignatureVerifier, now: Timestamp
    ) {
        self.officers = officers
        self.programme = programme
        self.register = register
        self.verifier = verifier
        self.now = now
    }

    /// A file with its signatures, as record and as bytes.
    struct Signed {
        var record: SignedFile
        var attachments: [Attachment]
    }

    mutating func collect(_ directory: ProgrammeDirectory, cache: inout ChainVerdictCache) -> [Signed] {
        directory.files.map { collect($0, cache: &cache) }
    }

    private mutating func collect(_ file: SourceFile, cache: inout ChainVerdictCache) -> Signed {
        let body = Attachment(name: file.path, bytes: file.bytes)
        var attachments = [body]
        var records: [ApprovalRecord] = []
        for signature in file.signatures {
            let expected = ExpectedSigner(owner: nil, usages: [.officer, .sign])
            let verdict = verifier.judge(
                signature.bytes, content: file.bytes, signers: .register(register, expected), at: now, cache: &cache)
            switch verdict {
            case .refused(let finding):
                let detail = "\(finding.code): \(finding.detail)"
                findings.append(
                    Finding(.cfg004, at: .whole.field(file.path), value: signature.name, detail: detail))
            case .verified(let verified):
                let attachment = Attachment(name: folder(of: file.path) + signature.name, bytes: signature.bytes)
                let reference = attachment.reference(SHA256.digest)
                records += parts(verified.evidence, reference)
                attachments.append(attachment)
            }
        }
        require(file, records)
        return Signed(
            record: SignedFile(file: body.reference(SHA256.digest), approvals: records), attachments: attachments)
    }

    private func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// One signature can stand for an officer or for a partner.
    private func parts(_ evidence: SignatureEvidence, _ reference: AttachmentReference) -> [ApprovalRecord] {
        if let officer = officers.first(where: { $0.fingerprint == evidence.fingerprint }) {
            let part = officer.roles.contains(.maker) ? "maker" : "checker"
            return [
                ApprovalRecord(
                    signer: officer.name, part: part, fingerprint: evidence.fingerprint, signature: reference)
            ]
        }
        guard let owner = evidence.owner else { return [] }
        return [
            ApprovalRecord(
                signer: owner.text, part: "partner", fingerprint: evidence.fingerprint, signature: reference)
        ]
    }

    private mutating func require(_ file: SourceFile, _ records: [ApprovalRecord]) {
        let signers = Set(records.map(\.signer))
        let makers = officers.filter { $0.roles.contains(.maker) && signers.contains($0.name) }
        let checkers = officers.filter { $0.roles.contains(.checker) && signers.contains($0.name) }
        let isChecked = makers.contains { maker in checkers.contains { $0.name != maker.name } }
        if makers.isEmpty { miss(file, "a maker of the host") }
        if !isChecked { miss(file, "a checker of the host other than its maker") }
        switch file.kind {
        case .programme: break
        case .agreement:
            if !signers.contains(file.name) { miss(file, "the partner \(file.name)") }
        case .promotion:
            guard let id = try? PromotionID(file.name) else { return }
            promotionSigners[id] = records.filter { $0.part == "partner" }.compactMap { try? PartnerID($0.signer) }
        }
    }

    private mutating func miss(_ file: SourceFile, _ who: String) {
        findings.append(Finding(.cfg004, at: .whole.field(file.path), detail: "the signature of \(who) is missing"))
    }
}
