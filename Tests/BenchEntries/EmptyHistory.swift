import FileStore
import Journal
import Ledger
import Primitives

/// A log without facts.
struct NoFacts: FactSource {
    func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope { throw Fault("there are no facts") }
}

/// References that cost nothing: the key of a batch is not what is measured.
struct NoMembers: MemberReferences {
    func reference(_ member: MemberNumber, batch: UInt64) throws(Fault) -> Digest16 { .zero }
}

/// A store that has no entries and keeps none that are added.
final class NoRecords: RecordStore {
    func begin(batch: UInt64) throws(Fault) -> any PendingEntries { CountedEntries(records: 0) }
    func entry(at location: RecordLocation) throws(Fault) -> RecordEntry { throw Fault("there are no records") }
    func forEach(
        batch: UInt64, reference: EntriesReference, _ body: (RecordEntry) throws(Fault) -> Void
    ) throws(Fault) {}
}

/// Encodes entries as the store does. Their memory is there before the clock runs, as that of the store is.
final class CountedEntries: PendingEntries {
    private var buffer: [UInt8] = []
    private var kept: [RecordEntry]
    private var count = 0

    init(records: Int) {
        kept = [RecordEntry](repeating: RecordEntry(record: 0, offset: 0, length: 0), count: records)
    }

    func append(_ entry: RecordEntry) throws(Fault) { add(entry) }

    func append(contentsOf entries: [RecordEntry]) throws(Fault) {
        for entry in entries { add(entry) }
    }

    private func add(_ entry: RecordEntry) {
        RecordEntryCodec.append(entry, to: &buffer)
        if buffer.count > 1 << 18 { buffer.removeAll(keepingCapacity: true) }
        kept[count] = entry
        count += 1
    }

    func entry(_ record: UInt32) throws(Fault) -> RecordEntry { kept[Int(record) - 1] }
    func seal() throws(Fault) -> EntriesReference { EntriesReference(count: Int64(count), digest: .zero) }
    func discard() {}
}
