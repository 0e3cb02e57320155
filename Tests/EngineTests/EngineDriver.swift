import Clearing
import Conversion
import FileStore
import Foundation
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Statements
import TestKit
import Validation

/// Drives the engine as the gateway does, in memory: due cut-offs first, then the fact; closes as soon as they can be.
final class EngineDriver {
    private(set) var house = HouseState()
    let journal: MemoryJournalStore
    let records: MemoryRecordStore
    let history: History
    private let hashing: Hashing
    private(set) var closes: [WindowID: WindowClose] = [:]
    /// Whether documents are rendered at all, which takes most of a run.
    var keepsDocuments = false
    /// The documents of each close, as they were issued.
    private(set) var documents: [WindowID: [IssuedDocument]] = [:]
    /// Where the log stood before each close.
    private(set) var positions: [WindowID: LogPosition] = [:]
    /// Called after every fact.
    var afterFact: (HouseState) -> Void = { _ in }
    private(set) var decided: [String: BatchDecision.Decided] = [:]
    private var transactions: [BatchID: [String]] = [:]
    private var sequences: [PartnerID: Int64] = [:]
    private var acts: UInt64 = 0
    /// Records that the fast way for ordinary records has posted.
    private(set) var postedByLane = 0

    func hash(_ bytes: [UInt8]) -> Digest32 { hashing.digest(bytes[...]) }

    /// A member's reference: a digest under the batch's number.
    struct Members: MemberReferences {
        let hashing: Hashing
        func reference(_ member: MemberNumber, batch: UInt64) throws(Fault) -> Digest16 {
            Digest16(hashing.digest(Array("\(batch):\(member.digits)".utf8)[...]))
        }
    }

    init(_ programme: Programme, at: Timestamp, hashing: Hashing = .plain) throws {
        self.hashing = hashing
        journal = MemoryJournalStore(hashing: hashing)
        records = MemoryRecordStore(hashing: hashing)
        history = History(facts: journal, records: records, identities: IdentityRuns(recentLimit: 4))
        try append(
            .genesis(Genesis(clock: .test, authorities: [], officers: [], hostCertificate: "")), at: at)
        try append(.programmeLoaded(ProgrammeLoaded(version: 1, programme: programme, files: [])), at: at)
    }

    var programme: Programme {
        get throws { try house.programme.need("a programme") }
    }

    /// The transaction ids of a file's records in order.
    func ids(_ batch: BatchID) -> [String] { transactions[batch] ?? [] }

    /// Writes due cut-offs and possible closes up to an instant.
    func advance(to instant: Timestamp) throws {
        for window in house.windows.dueCutOffs(try programme, at: instant) {
            try append(.windowCutOff(WindowCutOff(window: window.id, due: window.cutoff)), at: window.cutoff)
            try closeWaiting(at: window.cutoff)
        }
        try closeWaiting(at: max(instant, house.lastTime))
    }

    private func closeWaiting(at time: Timestamp) throws {
        while let window = house.windows.waiting.first, house.obstacles(toClosing: window).isEmpty {
            let position = LogPosition(sequence: house.lastSequence, head: journal.head)
            let close = try house.close(window, at: time, position: position)
            closes[window] = close
            if keepsDocuments { documents[window] = close.documents }
            positions[window] = position
            try append(.windowClosed(close.fact), at: time)
        }
    }

    func append(_ fact: Fact, _ attachments: [Attachment] = [], at time: Timestamp) throws {
        let envelope = FactEnvelope(
            sequence: house.lastSequence + 1, time: max(time, house.lastTime), fact: fact)
        try journal.append([JournalEntry(envelope, attachments: attachments)])
        try house.apply(envelope, history: history)
        afterFact(house)
    }

    /// Receives and judges a file of some records.
    @discardableResult
    func receive(_ contents: [RecordContent], partner: PartnerID, at time: Timestamp) throws -> [BatchDecision.Decided]
    {
        try advance(to: time)
        let window = try programme.window(at: time).need("a window at \(time)")
        let agreement = try programme.agreement(partner).need("\(partner)")
        sequences[partner, default: 0] += 1
        let batch = BatchID(partner: partner, series: .live, sequence: sequences[partner] ?? 0)
        transactions[batch] = contents.map(\.transactionID.text)
        let digest = hash(Array("\(batch)".utf8))
        let signer = SignerEvidence(
            subject: "", serial: "", fingerprint: .zero, algorithm: "", signingTime: nil, judgedAt: time,
            revocationLists: [], warnings: [])
        try append(
            .fileReceived(
                FileReceived(
                    batch: batch, digest: digest, size: 1, format: .xml, uploadBegan: time, window: window.id,
                    programmeVersion: 1, signer: signer, gaps: house.files.gaps(below: batch), receiptID: "R\(batch)",
                    attachments: [])), at: time)
        let received = house.lastSequence
        let converter = RecordConverter(
            programme: try programme, agreement: agreement, window: window, acceptedAt: time, hash: hash)
        let pending = try records.begin(batch: received)
        let context = BatchContext(
            partner: partner, batch: received, window: window.id, acceptedDay: converter.acceptedDay,
            agreement: agreement)
        var decision = try BatchDecision(
            context: context, history: history, members: Members(hashing: hashing), pending: pending)
        var out: [BatchDecision.Decided] = []
        for (index, content) in contents.enumerated() {
            let record = ParsedRecord(
                place: RecordPlace(number: index + 1, line: 0, offset: 0, length: 0), content: content, warnings: [],
                contentDigest: ContentDigest(hash(Array("\(content)".utf8))))
            let result = try decision.decide(converter.convert(record), books: house.ledger)
            decided[content.transactionID.text] = result
            out.append(result)
        }
        let entries = try pending.seal()
        decision.discardIdentities()
        try compareWithLane(contents, converter, context, entries, decision)
        // As the gateway has it: a file of nothing but refused records is refused and posts nothing.
        let refused = out.filter { $0.entry.status == .refused }.count
        let status: FileStatus = refused == 0 ? .accepted : refused == out.count ? .refused : .partlyAccepted
        try append(
            .fileDecided(
                FileDecided(
                    batch: batch, received: received, status: status, messageID: nil, replaces: nil,
                    sums: decision.sums, posting: status == .refused ? nil : decision.posting(isFile: true),
                    entries: entries, findings: [], receiptID: "V\(batch)", attachments: [])), at: time)
        try advance(to: time)
        return out
    }

    /// Carries an officer's act out.
    func act(_ act: ActCarriedOut.Act, at time: Timestamp) throws {
        try advance(to: time)
        acts += 1
        let attachments = ["act", "maker", "checker"].map { Attachment(name: $0, bytes: Array("\(acts)".utf8)) }
        let references = attachments.map { $0.reference(hashing.digest) }
        let evidence = ActEvidence(
            document: references[0],
            maker: ApprovalRecord(signer: "x", part: "maker", fingerprint: .zero, signature: references[1]),
            checker: ApprovalRecord(signer: "y", part: "checker", fingerprint: .zero, signature: references[2]))
        try append(.actCarriedOut(ActCarriedOut(act: act, evidence: evidence)), attachments, at: time)
        try advance(to: time)
    }

    /// Judges the same records with those that are ordinary on their fast way: entries, sums and posting must be equal.
    private func compareWithLane(
        _ contents: [RecordContent], _ converter: RecordConverter, _ context: BatchContext,
        _ entries: EntriesReference, _ expected: BatchDecision
    ) throws {
        let pending = try MemoryRecordStore(hashing: hashing).begin(batch: context.batch)
        var decision = try BatchDecision(
            context: context, history: history, members: Members(hashing: hashing), pending: pending)
        var ordinary = OrdinaryConverter(converter)
        var run: [OrdinaryCandidate] = []
        for (index, content) in contents.enumerated() {
            let place = RecordPlace(number: index + 1, line: 0, offset: 0, length: 0)
            let digest = ContentDigest(hash(Array("\(content)".utf8)))
            if let record = ordinaryRecord(content, place, digest, context.partner),
                let candidate = ordinary.convert(record)
            {
                run.append(candidate)
                continue
            }
            try post(&run, ordinary.plans, &decision)
            let record = ParsedRecord(place: place, content: content, warnings: [], contentDigest: digest)
            _ = try decision.decide(converter.convert(record), books: house.ledger)
        }
        try post(&run, ordinary.plans, &decision)
        decision.discardIdentities()
        guard try pending.seal() == entries, decision.sums == expected.sums,
            decision.posting(isFile: true) == expected.posting(isFile: true)
        else { throw ScenarioError("the fast way for ordinary records has another result in batch \(context.batch)") }
    }

    private func post(
        _ run: inout [OrdinaryCandidate], _ plans: [OrdinaryPlan], _ decision: inout BatchDecision
    ) throws {
        var index = 0
        while index < run.count {
            let posted = try decision.post(run[index...], plans: plans, books: house.ledger)
            postedByLane += posted
            index += posted
            guard index < run.count else { break }
            _ = try decision.decide(run[index].candidate(by: plans[Int(run[index].plan)]), books: house.ledger)
            index += 1
        }
        run = []
    }

    private func ordinaryRecord(
        _ content: RecordContent, _ place: RecordPlace, _ digest: ContentDigest, _ partner: PartnerID
    ) -> OrdinaryRecord? {
        guard content.type == .accrual || content.type == .redemption, content.unit.minorUnits == nil,
            let member = content.account?.number, content.brand == nil, content.channel == nil,
            content.businessLine == nil
        else { return nil }
        let id = Array(content.transactionID.text.utf8)
        return OrdinaryRecord(
            place: place, type: content.type, member: member, businessDate: content.businessDate, unit: content.unit,
            units: content.units, contentDigest: digest,
            identity: hash(RecordIdentity.prefix(of: partner) + [UInt8(id.count)] + id))
    }
}
