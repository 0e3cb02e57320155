import Evidence
import FileStore
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel

/// The facts that the books look back to: what was computed anew stands in the place of what the log says.
final class RecomputedFacts: FactSource {
    private let bundle: Bundle
    private var overlay: [UInt64: FactEnvelope] = [:]

    init(_ bundle: Bundle) { self.bundle = bundle }

    func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope {
        if let known = overlay[sequence] { return known }
        do {
            if let shown = try bundle.fact(sequence) { return withoutMember(shown) }
        } catch {
            throw Fault("fact \(sequence): \(error)")
        }
        throw Fault("fact \(sequence) is not in the bundle")
    }

    /// A message's fact without its member's keyed reference, which cannot be compared with a number.
    private func withoutMember(_ envelope: FactEnvelope) -> FactEnvelope {
        guard case .messageAnswered(var fact) = envelope.fact else { return envelope }
        fact.entry?.member = .zero
        return FactEnvelope(sequence: envelope.sequence, time: envelope.time, fact: .messageAnswered(fact))
    }

    /// What a file posts by the recomputation, under the number of the fact that is to stand for it.
    func put(file posting: Posting?, batch: BatchID, received: UInt64, at sequence: UInt64) {
        let fact = FileDecided(
            batch: batch, received: received, status: .accepted, messageID: nil, replaces: nil, sums: [],
            posting: posting, entries: nil, findings: [], findingsFile: nil, receiptID: "", attachments: [])
        overlay[sequence] = FactEnvelope(
            sequence: sequence, time: Timestamp(milliseconds: 0), fact: .fileDecided(fact))
    }
}

/// The entries that the books look back to: rows of the bundle, and single leaves of earlier windows.
final class BundleRecords: RecordStore {
    private let bundle: Bundle
    /// Entries of earlier windows.
    private var priors: [RecordLocation: RecordEntry] = [:]
    private var rows: [UInt64: SealedRows] = [:]
    /// For each batch, what the recomputation calls the set that a row names.
    private var sets: [UInt64: [Int32]] = [:]

    init(_ bundle: Bundle) { self.bundle = bundle }

    func begin(batch: UInt64) throws(Fault) -> any PendingEntries { throw Fault("nothing is stored in a bundle") }

    func put(_ entry: RecordEntry, at location: RecordLocation) { priors[location] = entry }

    func open(_ rows: SealedRows, batch: UInt64) {
        self.rows[batch] = rows
        sets[batch] = [Int32](repeating: -1, count: rows.sets.count)
    }

    /// Notes which set of the recomputation a row's set is; false when it was another before.
    func match(_ set: Int32, with computed: Int32, batch: UInt64) -> Bool {
        guard set >= 0 else { return computed < 0 }
        let known = sets[batch]?[Int(set)] ?? -1
        sets[batch]?[Int(set)] = computed
        return known < 0 || known == computed
    }

    func entry(at location: RecordLocation) throws(Fault) -> RecordEntry {
        if let prior = priors[location] { return prior }
        do {
            guard let row = try rows[location.batch]?.row(location.record) else {
                throw Fault("the record \(location) is not in the bundle")
            }
            return adapted(row.entry, location.batch)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault("the record \(location): \(error)")
        }
    }

    /// A row as the recomputation has it: its own number of the set, and no member, whose reference is keyed.
    func adapted(_ entry: RecordEntry, _ batch: UInt64) -> RecordEntry {
        var out = entry
        if out.lineSet >= 0 { out.lineSet = sets[batch]?[Int(out.lineSet)] ?? -1 }
        out.member = .zero
        return out
    }

    func forEach(
        batch: UInt64, reference: EntriesReference, _ body: (RecordEntry) throws(Fault) -> Void
    ) throws(Fault) {
        guard let rows = rows[batch] else { throw Fault("the records of \(batch) are not in the bundle") }
        do {
            try rows.forEach { row in try body(adapted(row.entry, batch)) }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault("the records of \(batch): \(error)")
        }
    }
}

/// Takes the entries of a batch that is judged anew; earlier ones are read from the bundle, with which they were
/// compared.
final class ReplayedEntries: PendingEntries {
    private let records: BundleRecords
    private let batch: UInt64
    private var recent: [UInt32: RecordEntry] = [:]

    init(_ records: BundleRecords, batch: UInt64) {
        self.records = records
        self.batch = batch
    }

    func append(_ entry: RecordEntry) throws(Fault) {
        // The last one is asked for before its row is compared.
        recent = [entry.record: entry]
    }

    func entry(_ record: UInt32) throws(Fault) -> RecordEntry {
        if let known = recent[record] { return known }
        return try records.entry(at: RecordLocation(batch: batch, record: record))
    }

    func seal() throws(Fault) -> EntriesReference { throw Fault("nothing is stored in a bundle") }

    func discard() {}
}

/// Stands in for keyed references, which cannot be made without their keys.
struct NoMembers: MemberReferences {
    func reference(_ member: MemberNumber, batch: UInt64) throws(Fault) -> Digest16 { .zero }
}
