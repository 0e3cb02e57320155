import Clearing
import Evidence
import FileStore
import Gateway
import House
import Inquiry
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Statements
import Verification

/// Walks through the log from the first fact and compares everything that a fact states with what it can be made from.
struct HouseWalk {
    private let directory: DataDirectory
    private let log: SegmentLog
    private let records: FileRecordStore
    private let history: History
    private let originals: OriginalStore
    private let judgesRecords: Bool
    private var house = HouseState()
    private var snapshot: (house: HouseState, sequence: UInt64)?
    private let snapshotReport: String
    private var trust: TrustStore?
    private var cache = ChainVerdictCache()
    private var verified: Set<Digest32> = []
    /// Facts of files whose originals are not there, and not erased by a fact so far.
    private var missing: [UInt64: Digest32] = [:]
    private var erased: (files: Int, batches: Int, left: Int) = (0, 0, 0)
    private var closed = 0
    private var seals: SealCheck
    private var senders: SenderSignatures
    private let papers: PaperCheck

    private var files = 0
    private var messages = 0
    private var judged: Int64 = 0
    private var unjudged: [BatchID] = []
    private var documents = 0
    private var signatures = 0

    init(directory: DataDirectory, log: SegmentLog, judgesRecords: Bool) throws {
        self.directory = directory
        self.log = log
        self.judgesRecords = judgesRecords
        records = directory.records(hashing: HouseOpening.hashing)
        history = History(facts: log, records: records, identities: directory.identityRuns())
        originals = directory.originals(hashing: HouseOpening.hashing)
        senders = SenderSignatures(log: log, originals: originals)
        seals = SealCheck(directory: directory, log: log, records: records)
        papers = PaperCheck(log: log, history: history)
        switch directory.snapshots(hashing: HouseOpening.hashing).load(HouseState.self, layout: HouseState.layout) {
        case .none: snapshotReport = "none"
        case .unusable(let reason): snapshotReport = "passed over: \(reason)"
        case .value(let value, let mark):
            if let misfit = try HouseFold.misfit(value, mark, log) {
                snapshotReport = "passed over: \(misfit)"
            } else {
                snapshot = (value, mark.sequence)
                snapshotReport = "of fact \(mark.sequence), equal to what the log gives"
            }
        }
    }

    /// Compares a fact with the house before it, and folds it in.
    ///
    /// - Throws: `Fault` that names what is not as it should be.
    mutating func take(_ envelope: FactEnvelope) throws {
        switch envelope.fact {
        case .genesis(let fact):
            let roots = try fact.authorities.flatMap { try Certificate.all(inFile: Array($0.utf8)) }
            trust = try TrustStore(
                roots: roots.filter(\.isSelfIssued), intermediates: roots.filter { !$0.isSelfIssued },
                revocationLists: [], revocation: .notChecked)
        case .fileReceived(let fact):
            if try originals.contains(fact.digest) {
                try verifyOriginal(fact.digest)
            } else {
                missing[envelope.sequence] = fact.digest
            }
            try verifySignature("receipt.xml", envelope)
        case .fileDecided(let fact): try take(fact, envelope)
        case .fileRefused, .fileCleared: try verifySignature("receipt.xml", envelope)
        case .fileCancelled: try verifyAnswer("cancelled.cms", envelope)
        case .keyChanged: try verifyAnswer("reply.cms", envelope)
        case .messageAnswered(let fact): try take(fact, envelope)
        case .windowClosed(let fact): try compare(fact, envelope)
        case .sealed(let seal): try seals.compare(seal, envelope, house)
        case .checkpointSigned(let fact):
            try seals.compare(fact, envelope.sequence)
            try verifySignature("checkpoint.note", envelope)
        case .statementAnswered: try verifyAnswer("reply.cms", envelope)
        case .actCarriedOut(let fact):
            if case .erasure(let erasure) = fact.act { try take(erasure, envelope.sequence) }
            if case .forgetting(let forgetting) = fact.act { closed += forgetting.received.count }
        case .programmeLoaded, .windowCutOff, .clockAdvanced, .documentConfirmed, .accessNoted: break
        }
        for list in Self.revocationLists(envelope.fact) { try verifyOriginal(list) }
        if let verifier {
            try senders.judge(envelope, house, verifier)
            try papers.compare(envelope, house, verifier, root: seals.root)
        }
        try house.apply(envelope, history: history)
        if envelope.fact.changesKeys { try senders.follow(house) }
        try seals.count(envelope)
        if let taken = snapshot, taken.sequence == envelope.sequence {
            guard taken.house == house else {
                throw Fault("the snapshot of fact \(envelope.sequence) is not what the log gives: remove it")
            }
            snapshot = nil
        }
        let sum = house.ledger.points.all.reduce(Int64(0)) { $0 + $1.balance }
        guard sum == 0 else {
            throw Fault("after fact \(envelope.sequence) the points accounts add up to \(sum) and not to zero (INV-01)")
        }
    }

    /// What holds when all facts are folded in: an original is there unless a fact erased it, the key of checkpoints is
    /// kept, and outstanding points are the members' account.
    ///
    /// - Throws: `Fault` when one of them does not.
    func finish() throws(Fault) {
        if let (sequence, digest) = missing.min(by: { $0.key < $1.key }) {
            throw Fault("the original \(digest) of fact \(sequence) is missing, and no fact erased it")
        }
        try seals.compareKey()
        var outstanding = house.clearedOutstanding
        for totals in house.ledger.windows.values {
            outstanding += totals.hostFunded
            for partner in Set(totals.lines.keys.map(\.partner)) { outstanding -= totals.position(of: partner) }
        }
        let members = house.ledger.points[.members]
        guard outstanding == members else {
            throw Fault("points outstanding roll forward to \(outstanding), and MEMBERS holds \(members)")
        }
    }

    /// Adds what was gone through.
    func add(to report: inout Report) {
        report.add("files", "\(files) judged files and \(messages) messages, originals with their digests")
        if judgesRecords {
            report.add("records", "\(judged) judged anew from the original bytes, each with its result")
            if !unjudged.isEmpty {
                let names = unjudged.map(\.description).joined(separator: ", ")
                report.add(
                    "not judged anew", "\(names): their originals, or the secrets of their member references, are gone")
            }
        }
        report.add(
            "windows", "\(house.windows.closed.count) closes computed anew, \(documents) documents byte for byte")
        report.add(
            "evidence",
            "\(seals.checkpoints) checkpoints are the roots of the log, \(seals.seals) seals fit what they seal"
                + (seals.unsalted > 0 ? " (\(seals.unsalted) without the keys of their leaves)" : ""))
        if erased.files > 0 {
            report.add(
                "erased",
                "\(erased.files) originals by officers' acts, leaves of \(erased.batches) batches give the sealed roots"
                    + (erased.left > 0 ? "; \(erased.left) are still there until a gateway opens the directory" : ""))
        }
        if closed > 0 { report.add("closed", "\(closed) files and messages to readers, by officers' acts") }
        report.add(
            "signatures",
            "\(signatures) of the host, \(senders.count) of partners and officers, each good at its own time")
        report.add("points", "all accounts add up to zero after each fact; MEMBERS is what is outstanding")
        report.add("snapshot", snapshotReport)
        if house.clearedOutstanding < 0 { report.add("warning", "points outstanding are below zero") }
    }

    // MARK: Files and messages

    private mutating func take(_ fact: FileDecided, _ envelope: FactEnvelope) throws {
        files += 1
        try verifySignature("receipt.xml", envelope)
        if let file = fact.findingsFile { try verifyOriginal(file.digest) }
        let stated = fact.sums.reduce(Int64(0)) { $0 + $1.records }
        if let entries = fact.entries {
            guard stated == entries.count else {
                throw Fault(
                    "fact \(envelope.sequence): \(fact.batch) has \(entries.count) entries and sums over \(stated)")
            }
            try records.forEach(batch: fact.received, reference: entries) { (_) throws(Fault) in }
        }
        guard judgesRecords else { return }
        let anew = rejudgement
        if try anew.compare(fact, envelope.sequence) { judged += stated } else { unjudged.append(fact.batch) }
    }

    private mutating func take(_ fact: MessageAnswered, _ envelope: FactEnvelope) throws {
        messages += 1
        try verifyAnswer("answer.cms", envelope)
        guard judgesRecords else { return }
        let anew = rejudgement
        let request = try log.attachment("message.cms", of: envelope.sequence)
        if try anew.compare(fact, envelope, request: request) { judged += 1 }
    }

    /// What was erased may be missing; the leaves of its records may not, and must be those that were sealed.
    private mutating func take(_ erasure: Erasure, _ sequence: UInt64) throws {
        for received in erasure.received {
            missing[received] = nil
            guard let seal = house.evidence.records[received] else { continue }
            guard let batch = try ErasedBatch(sealedBy: seal, log: log, records: records),
                try batch.root() == batch.seal.root
            else { throw Fault("fact \(sequence): the kept leaves of batch \(received) do not give the sealed root") }
            erased.batches += 1
        }
        erased.files += erasure.originals.count
        for digest in erasure.originals where try originals.contains(digest) { erased.left += 1 }
    }

    private var rejudgement: Rejudgement {
        Rejudgement(house: house, history: history, records: records, originals: originals, keys: directory.keys)
    }

    private mutating func verifyOriginal(_ digest: Digest32) throws(Fault) {
        guard verified.insert(digest).inserted else { return }
        try originals.verify(digest)
    }

    /// The revocation lists by which a fact's signatures were judged; they are kept among the originals.
    private static func revocationLists(_ fact: Fact) -> [Digest32] {
        switch fact {
        case .fileReceived(let fact): fact.signer.revocationLists
        case .fileCancelled(let fact): fact.signer.revocationLists
        case .messageAnswered(let fact): fact.signer.revocationLists
        case .statementAnswered(let fact): fact.signer.revocationLists
        case .keyChanged(let fact): fact.signer.revocationLists + (fact.proof?.revocationLists ?? [])
        case .checkpointSigned(let fact): fact.revocationLists
        default: []
        }
    }

    // MARK: Windows

    private mutating func compare(_ fact: WindowClosed, _ envelope: FactEnvelope) throws {
        var checkpoint: StatementCheckpoint?
        if let note = fact.checkpoint {
            try seals.compare(statement: note, envelope.sequence)
            checkpoint = try StatementCheckpoint(note: note)
        }
        let position = LogPosition(
            sequence: envelope.sequence - 1, head: try log.chainHash(envelope.sequence - 1), checkpoint: checkpoint)
        let close = try house.close(fact.window, at: envelope.time, position: position)
        guard close.fact.accounts == fact.accounts else {
            throw Fault("fact \(envelope.sequence): the accounts of \(fact.window) are not what the log gives")
        }
        guard close.fact.pointsBalances == fact.pointsBalances else {
            throw Fault("fact \(envelope.sequence): the points balances of \(fact.window) are not what the log gives")
        }
        let issued = fact.attachments.map(\.name).filter { !$0.hasSuffix(".p7s") }
        guard close.documents.map(\.name) == issued else {
            throw Fault("fact \(envelope.sequence): the documents of \(fact.window) are not those that the log gives")
        }
        for document in close.documents {
            guard try log.attachment(document.name, of: envelope.sequence) == document.bytes else {
                throw Fault("fact \(envelope.sequence): \(document.name) as issued is not what the log gives")
            }
            documents += 1
            try verifySignature(document.name, envelope)
        }
    }

    // MARK: Signatures of the host

    private mutating func verifySignature(_ name: String, _ envelope: FactEnvelope) throws {
        let document = try log.attachment(name, of: envelope.sequence)
        let signature = try log.attachment(name + ".p7s", of: envelope.sequence)
        guard let verifier else { throw Fault("the log does not begin with its first fact") }
        let verdict = verifier.judge(
            signature, content: document, signers: .anyone([], purposes: [.hostSigning]), at: envelope.time,
            cache: &cache)
        try expect(verdict, name, envelope)
    }

    private mutating func verifyAnswer(_ name: String, _ envelope: FactEnvelope) throws {
        let answer = try log.attachment(name, of: envelope.sequence)
        guard let verifier else { throw Fault("the log does not begin with its first fact") }
        let verdict = verifier.judge(
            message: answer, signers: .anyone([], purposes: [.hostSigning]), at: envelope.time, cache: &cache)
        try expect(verdict, name, envelope)
    }

    private var verifier: SignatureVerifier? { trust.map { SignatureVerifier(trust: $0) } }

    private mutating func expect(
        _ verdict: SignatureVerdict, _ name: String, _ envelope: FactEnvelope
    ) throws(Fault) {
        signatures += 1
        guard case .refused(let finding) = verdict else { return }
        throw Fault("fact \(envelope.sequence): the signature of \(name): \(finding.code) \(finding.detail)")
    }
}
