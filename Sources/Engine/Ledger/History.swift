public import Journal
public import Primitives

/// Reads back what the books do not keep of earlier batches: entries of records and the lines that they count on.
///
/// Files' entries come from the record store, messages' entries and all lines from the facts that posted them. So the
/// books grow with the days and partners of a house and not with its records. Lines read last are kept at hand, because
/// reversals come in the order of the days that they reverse.
public final class History {
    private let facts: any FactSource
    private let records: any RecordStore
    /// The runs of indexes of transaction ids.
    public let identities: any IdentityRunStore
    private var lines: [UInt64: BatchLines] = [:]
    /// Batches whose lines are kept at hand.
    private static let kept = 64

    /// The lines of a batch, by which its entries are explained and reversed.
    public struct BatchLines: Hashable, Sendable {
        /// Keys by the indexes that line sets name.
        public var keys: [LineKey]
        /// Line sets by the indexes that entries name.
        public var sets: [LineSet]

        /// The lines of a posting.
        public init(_ posting: Posting) {
            keys = posting.lines.map(\.key)
            sets = posting.lineSets
        }
    }

    /// Reads from a log, a record store and a store of runs.
    public init(facts: any FactSource, records: any RecordStore, identities: any IdentityRunStore) {
        self.facts = facts
        self.records = records
        self.identities = identities
    }

    /// Calls the closure with each entry of a file in order.
    ///
    /// - Throws: `Fault` when the entries are missing or do not have the digest that their fact states.
    public func forEach(
        batch: UInt64, reference: EntriesReference, _ body: (RecordEntry) throws(Fault) -> Void
    ) throws(Fault) {
        try records.forEach(batch: batch, reference: reference, body)
    }

    /// A fact of the log.
    ///
    /// - Throws: `Fault` when there is none, or it is not as it was written.
    public func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope { try facts.fact(sequence) }

    /// The entry of a file's record.
    func fileEntry(_ location: RecordLocation) throws(Fault) -> RecordEntry { try records.entry(at: location) }

    /// The entry of a message's record, or nil when the fact answered none.
    func messageEntry(_ location: RecordLocation) throws(Fault) -> RecordEntry? {
        guard case .messageAnswered(let fact) = try facts.fact(location.batch).fact else { return nil }
        return fact.entry
    }

    /// The lines that a fact posted, or nil when it posted none.
    func lines(postedBy sequence: UInt64) throws(Fault) -> BatchLines? {
        if let known = lines[sequence] { return known }
        let posting: Posting? =
            switch try facts.fact(sequence).fact {
            case .fileDecided(let fact): fact.posting
            case .messageAnswered(let fact): fact.posting
            case .actCarriedOut(let fact): if case .adjustment(_, let posting) = fact.act { posting } else { nil }
            default: nil
            }
        guard let posting else { return nil }
        if lines.count >= Self.kept { lines.removeAll(keepingCapacity: true) }
        let read = BatchLines(posting)
        lines[sequence] = read
        return read
    }
}
