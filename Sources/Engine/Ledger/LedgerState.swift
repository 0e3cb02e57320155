public import Journal
public import Primitives
public import ProgrammeModel

/// The points books: every partner's records, the totals of open windows and the points ledger. A fold of the log.
public struct LedgerState: Hashable, Sendable, Codable {
    /// What is remembered of each partner's records.
    public private(set) var partners: [PartnerID: PartnerLedger] = [:]
    /// Totals by window, of windows that are not closed.
    public private(set) var windows: [WindowID: WindowTotals] = [:]
    /// The points ledger.
    public private(set) var points = PointsLedger()
    /// Versions by id, of all programmes loaded.
    public private(set) var catalogue = Catalogue()
    /// The facts that judged files which posted something, by the facts of their receipt.
    private var decisions: [UInt64: UInt64] = [:]

    /// Empty books.
    public init() {}

    /// The runs of all partners' indexes of ids.
    public var identityRuns: [IdentityRun] { partners.values.flatMap(\.identityRuns) }

    /// The location of a partner's accepted record under an identity, or nil.
    ///
    /// - Throws: `Fault` when entries cannot be read.
    public func find(
        _ identity: Digest16, of partner: PartnerID, in history: History
    ) throws(Fault) -> RecordLocation? {
        guard let ledger = partners[partner] else { return nil }
        let reader = try history.identities.reader(ledger.identityRuns)
        return try ledger.find(identity, reader: reader) { (location) throws(Fault) in
            try entry(at: location, in: history)
        }
    }

    /// The lines of a batch, or nil when it posted nothing.
    ///
    /// - Throws: `Fault` when the fact that posted them cannot be read.
    public func lines(ofBatch batch: UInt64, in history: History) throws(Fault) -> History.BatchLines? {
        try history.lines(postedBy: decisions[batch] ?? batch)
    }

    /// The entry at a location, of a message or of a file.
    ///
    /// - Throws: `Fault` when there is none or it cannot be read.
    public func entry(at location: RecordLocation, in history: History) throws(Fault) -> RecordEntry {
        if decisions[location.batch] == nil, let entry = try history.messageEntry(location) { return entry }
        return try history.fileEntry(location)
    }

    /// Takes the versions of a programme, and the points outstanding from before the log with the first one.
    public mutating func load(_ programme: Programme, isFirst: Bool) {
        catalogue.add(programme)
        if isFirst { points.open(members: programme.openingPoints) }
    }

    /// Posts totals. The window must not be closed.
    ///
    /// - Parameters:
    ///   - batch: the batch's number.
    ///   - sequence: the fact that posts it; for a file not the one that gave it its number.
    public mutating func post(_ posting: Posting, batch: UInt64, by sequence: UInt64) {
        if batch != sequence { decisions[batch] = sequence }
        windows[posting.window, default: WindowTotals()].add(posting)
        points.post(posting)
        guard let day = posting.latestBusinessDate else { return }
        for partner in Set(posting.lines.map(\.key.partner)) {
            partners[partner, default: PartnerLedger(partner)].note(businessDate: day)
        }
    }

    /// Adds a money adjustment to a window.
    public mutating func adjust(_ adjustment: HostAdjustment, window: WindowID, sequence: UInt64) {
        windows[window, default: WindowTotals()].add(adjustment, sequence: sequence)
    }

    /// Remembers the entries of a partner's batch in order.
    ///
    /// - Parameters:
    ///   - forEach: calls its closure with every entry of the batch.
    ///   - history: holds the entries of earlier batches, for reversals.
    /// - Throws: `Fault` when entries cannot be read.
    public mutating func remember(
        partner: PartnerID, batch: UInt64, history: History,
        forEach: ((RecordEntry) throws(Fault) -> Void) throws(Fault) -> Void
    ) throws(Fault) {
        // The ledger is moved out while it changes, so that it is changed in place and not copied.
        var ledger = partners.removeValue(forKey: partner) ?? PartnerLedger(partner)
        defer { partners[partner] = ledger }
        ledger.begin(batch: batch)
        try forEach { (entry: RecordEntry) throws(Fault) -> Void in
            try ledger.remember(entry, batch: batch, identities: history.identities)
            guard entry.type == .reversal, entry.status == .accepted, let original = entry.original else { return }
            let reversal = Reversal(catalogue: catalogue)
            let state = try reversal.state(
                of: original, entry: try self.entry(at: original, in: history),
                lines: try lines(ofBatch: original.batch, in: history), remainder: ledger.remainder(of: original))
            ledger.setRemainder(reversal.result(of: entry.units, state: state).after, of: original)
        }
    }

    /// Moves the partners' positions of a closing window to HOST_CLEARED and forgets its totals.
    public mutating func close(_ window: WindowID) {
        if let totals = windows.removeValue(forKey: window) { points.clear(totals) }
    }
}

/// Ratios, prices, fees and promotions of all programmes loaded, by their ids: an id never changes its content.
public struct Catalogue: Hashable, Sendable, Codable {
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
