import Conversion
import FileStore
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Validation

/// Judges records again from the original bytes, as the house stood before their fact, and compares the results.
struct Rejudgement {
    /// The house before the fact.
    let house: HouseState
    let history: History
    let records: FileRecordStore
    let originals: OriginalStore
    let keys: BatchKeys

    /// What is known of members: a file without its secret was erased.
    private var members: KeptMemberReferences {
        KeptMemberReferences(keys: keys) { [files = house.files] in files.find(received: $0) != nil }
    }

    /// Judges a file's records again.
    ///
    /// - Returns: false when it cannot be done because the original or the secret of its member references is gone.
    /// - Throws: `Fault` that names the first record whose result differs.
    func compare(_ fact: FileDecided, _ sequence: UInt64) throws -> Bool {
        guard let (batch, attempt) = house.files.find(received: fact.received), let format = attempt.format,
            let windowID = attempt.window, let programme = house.programme(version: attempt.programmeVersion),
            let agreement = programme.agreement(batch.partner), let window = programme.window(windowID)
        else { throw Fault("fact \(sequence): what \(fact.batch) was judged by is not in the log") }
        guard try keys.key(of: fact.received) != nil, try originals.contains(attempt.digest) else { return false }
        let converter = RecordConverter(
            programme: programme, agreement: agreement, window: window, acceptedAt: attempt.at,
            hash: { SHA256.digest($0) })
        let count = fact.entries?.count ?? 0
        var decision = try BatchDecision(
            context: BatchContext(
                partner: batch.partner, batch: fact.received, window: windowID, acceptedDay: converter.acceptedDay,
                agreement: agreement),
            history: history, members: members,
            pending: StoredResults(records: records, batch: fact.received))
        defer { decision.discardIdentities() }
        var number: Int64 = 0
        try RecordScan.forEach(try originals.original(attempt.digest), format: format) { outcome in
            guard number < count else { return false }
            number += 1
            _ = try Self.decide(outcome, &decision, converter, house.ledger)
            return true
        }
        guard number == count, decision.sums == fact.sums else {
            throw Fault("fact \(sequence): the records of \(fact.batch) judged anew do not have its sums")
        }
        guard let posting = fact.posting else { return true }
        guard decision.posting(isFile: true) == posting else {
            throw Fault("fact \(sequence): \(fact.batch) judged anew posts something else")
        }
        return true
    }

    /// Judges a message's record again.
    ///
    /// - Throws: `Fault` when its result differs.
    func compare(_ fact: MessageAnswered, _ envelope: FactEnvelope, request: [UInt8]) throws -> Bool {
        guard let content = try CMSSignature(ber: request, maximumBytes: request.count).content,
            case .transaction(let outcome) = try MessageReader.read(content, hash: { SHA256.digest($0) }).operation,
            let programme = house.programme(version: fact.programmeVersion),
            let agreement = programme.agreement(fact.partner), let window = programme.window(at: envelope.time)
        else { throw Fault("fact \(envelope.sequence): the message cannot be read as it was") }
        let converter = RecordConverter(
            programme: programme, agreement: agreement, window: window, acceptedAt: envelope.time,
            hash: { SHA256.digest($0) })
        var decision = try BatchDecision(
            context: BatchContext(
                partner: fact.partner, batch: envelope.sequence, window: window.id,
                acceptedDay: converter.acceptedDay, agreement: agreement),
            history: history, members: members, pending: OneResult())
        let decided = try Self.decide(outcome, &decision, converter, house.ledger)
        let posting = decided.entry.status == .duplicate ? nil : decision.posting(isFile: false)
        let entry = decided.entry.status == .accepted ? decided.entry : nil
        guard decided.entry.status == fact.status, entry == fact.entry, posting == fact.posting else {
            throw Fault("fact \(envelope.sequence): the message \(fact.messageID) judged anew has another result")
        }
        return true
    }

    private static func decide(
        _ outcome: RecordOutcome, _ decision: inout BatchDecision, _ converter: RecordConverter, _ books: LedgerState
    ) throws -> BatchDecision.Decided {
        switch outcome {
        case .parsed(let record): return try decision.decide(converter.convert(record), books: books)
        case .refused(let refused):
            return try decision.refuse(RecordEntry(refused), findings: refused.findings)
        }
    }
}

/// Stands in for the entries of a file while it is judged again: each new entry must be the stored one.
private final class StoredResults: PendingEntries {
    private let records: FileRecordStore
    private let batch: UInt64

    init(records: FileRecordStore, batch: UInt64) {
        self.records = records
        self.batch = batch
    }

    func append(_ entry: RecordEntry) throws(Fault) {
        let location = RecordLocation(batch: batch, record: entry.record)
        guard try records.entry(at: location) == entry else {
            throw Fault("the record \(location) judged anew from the original bytes has another result")
        }
    }

    func entry(_ record: UInt32) throws(Fault) -> RecordEntry {
        try records.entry(at: RecordLocation(batch: batch, record: record))
    }

    func seal() throws(Fault) -> EntriesReference { throw Fault("nothing is stored while records are checked") }

    func discard() {}
}

/// The one entry of a message.
private final class OneResult: PendingEntries {
    private var kept: RecordEntry?

    func append(_ entry: RecordEntry) throws(Fault) { kept = entry }

    func entry(_ record: UInt32) throws(Fault) -> RecordEntry {
        guard let kept, kept.record == record else { throw Fault("a message has one record") }
        return kept
    }

    func seal() throws(Fault) -> EntriesReference { throw Fault("nothing is stored while records are checked") }

    func discard() { kept = nil }
}
