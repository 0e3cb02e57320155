public import Primitives

/// Keeps the entries of batches. Entries are read far more seldom than written: for reversals, repeats and
/// explanations.
public protocol RecordStore: AnyObject {
    /// Begins the entries of a batch. What an earlier, unfinished attempt left of it is thrown away.
    ///
    /// - Throws: `Fault` when the store cannot be written.
    func begin(batch: UInt64) throws(Fault) -> any PendingEntries

    /// The entry at a location.
    ///
    /// - Throws: `Fault` when there is none, or its bytes cannot be read.
    func entry(at location: RecordLocation) throws(Fault) -> RecordEntry

    /// Calls the closure with each entry of a batch in order.
    ///
    /// - Throws: `Fault` when the entries are missing or do not have the digest that their fact states.
    func forEach(
        batch: UInt64, reference: EntriesReference, _ body: (RecordEntry) throws(Fault) -> Void
    ) throws(Fault)
}

/// The entries of a batch while it is judged.
public protocol PendingEntries: AnyObject {
    /// Adds the next entry; its record number is one more than the last one's.
    func append(_ entry: RecordEntry) throws(Fault)
    /// Adds entries whose record numbers follow on one another and on the last one's.
    func append(contentsOf entries: [RecordEntry]) throws(Fault)
    /// Reads an entry added before, by its record number.
    func entry(_ record: UInt32) throws(Fault) -> RecordEntry
    /// Makes the entries durable and gives their reference. Nothing can be added afterwards.
    func seal() throws(Fault) -> EntriesReference
    /// Throws the entries away.
    func discard()
}

extension PendingEntries {
    /// Adds entries one by one.
    public func append(contentsOf entries: [RecordEntry]) throws(Fault) {
        for entry in entries { try append(entry) }
    }
}
