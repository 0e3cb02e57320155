public import Journal
public import Primitives
public import ProgrammeModel

/// The points books: every partner's records, the totals of open windows and the points ledger. A fold of the log.
public struct LedgerState: Sendable {
    /// What is remembered of each partner's records.
    public private(set) var partners: [PartnerID: PartnerLedger] = [:]
    /// Totals by window, of windows that are not closed.
    public private(set) var windows: [WindowID: WindowTotals] = [:]
    /// The points ledger.
    public private(set) var points = PointsLedger()
    /// Versions by id, of all programmes loaded.
    public private(set) var catalogue = Catalogue()
    private var batches: [UInt64: BatchLines] = [:]
    private var messageEntries: [UInt64: RecordEntry] = [:]

    /// The lines of a batch, by which its entries are explained and reversed.
    public struct BatchLines: Hashable, Sendable {
        /// Keys by the indexes that line sets name.
        public var keys: [LineKey]
        /// Line sets by the indexes that entries name.
        public var sets: [LineSet]
    }

    /// Empty books.
    public init() {}

    /// The lines of a batch, or nil when it posted nothing.
    public func lines(ofBatch batch: UInt64) -> BatchLines? { batches[batch] }

    /// The entry at a location, of a message or of a file.
    ///
    /// - Throws: `Fault` when there is none or it cannot be read.
    public func entry(at location: RecordLocation, records: any RecordStore) throws(Fault) -> RecordEntry {
        try stored(in: records).entry(location)
    }

    func stored(in records: any RecordStore) -> StoredEntries {
        StoredEntries(messages: messageEntries, records: records)
    }

    /// Takes the versions of a programme, and the points outstanding from before the log with the first one.
    public mutating func load(_ programme: Programme, isFirst: Bool) {
        catalogue.add(programme)
        if isFirst { points.open(members: programme.openingPoints) }
    }

    /// Posts totals. The window must not be closed.
    ///
    /// - Parameter batch: the batch's number, under which its lines are kept.
    public mutating func post(_ posting: Posting, batch: UInt64) {
        batches[batch] = BatchLines(keys: posting.lines.map(\.key), sets: posting.lineSets)
        windows[posting.window, default: WindowTotals()].add(posting)
        points.post(posting)
        guard let day = posting.latestBusinessDate else { return }
        for line in posting.lines { partners[line.key.partner, default: PartnerLedger()].note(businessDate: day) }
    }

    /// Adds a money adjustment to a window.
    public mutating func adjust(_ adjustment: HostAdjustment, window: WindowID, sequence: UInt64) {
        windows[window, default: WindowTotals()].add(adjustment, sequence: sequence)
    }

    /// Remembers the entries of a partner's batch in order.
    ///
    /// - Parameters:
    ///   - forEach: calls its closure with every entry of the batch.
    ///   - records: holds the entries of earlier batches, for reversals.
    /// - Throws: `Fault` when entries cannot be read.
    public mutating func remember(
        partner: PartnerID, batch: UInt64, records: any RecordStore,
        forEach: ((RecordEntry) throws(Fault) -> Void) throws(Fault) -> Void
    ) throws(Fault) {
        // The ledger is moved out while it changes, so that it is changed in place and not copied.
        var ledger = partners.removeValue(forKey: partner) ?? PartnerLedger()
        defer { partners[partner] = ledger }
        ledger.begin(batch: batch)
        let stored = stored(in: records)
        try forEach { (entry: RecordEntry) throws(Fault) -> Void in
            ledger.remember(entry, batch: batch)
            guard entry.type == .reversal, entry.status == .accepted, let original = entry.original else { return }
            let reversal = Reversal(ledger: ledger, catalogue: catalogue)
            let state = try reversal.state(
                of: original, entry: try stored.entry(original), lines: batches[original.batch])
            ledger.setRemainder(reversal.result(of: entry.units, state: state).after, of: original)
        }
    }

    /// Remembers the one entry of a message.
    ///
    /// - Throws: `Fault` when an entry that it reverses cannot be read.
    public mutating func remember(
        partner: PartnerID, message batch: UInt64, entry: RecordEntry, records: any RecordStore
    ) throws(Fault) {
        messageEntries[batch] = entry
        try remember(partner: partner, batch: batch, records: records) { (body) throws(Fault) -> Void in
            try body(entry)
        }
    }

    /// Moves the partners' positions of a closing window to HOST_CLEARED and forgets its totals.
    public mutating func close(_ window: WindowID) {
        if let totals = windows.removeValue(forKey: window) { points.clear(totals) }
    }
}

/// Reads entries wherever they are kept: messages' in the books, files' in the record store.
///
/// It is made for one use and not kept: a copy of the books that outlives their next change would have them copied.
struct StoredEntries {
    let messages: [UInt64: RecordEntry]
    let records: any RecordStore

    func entry(_ location: RecordLocation) throws(Fault) -> RecordEntry {
        if let entry = messages[location.batch] { return entry }
        return try records.entry(at: location)
    }
}

/// Ratios, prices, fees and promotions of all programmes loaded, by their ids: an id never changes its content.
public struct Catalogue: Hashable, Sendable {
    /// Ratios by id.
    public private(set) var ratios: [VersionID: Ratio] = [:]
    /// Prices by id.
    public private(set) var prices: [VersionID: Price] = [:]
    /// Fees by id.
    public private(set) var fees: [VersionID: Fee] = [:]
    /// Promotions by id.
    public private(set) var promotions: [PromotionID: Promotion] = [:]

    /// An empty catalogue.
    public init() {}

    /// Adds a programme's versions.
    public mutating func add(_ programme: Programme) {
        for agreement in programme.agreements {
            for ratio in agreement.ratios { ratios[ratio.id] = ratio }
            for price in agreement.prices { prices[price.id] = price }
            for fee in agreement.fees { fees[fee.id] = fee }
        }
        for promotion in programme.promotions { promotions[promotion.id] = promotion }
    }
}
