public import Journal
public import Primitives
import ProgrammeModel

/// What the ledger remembers of one partner's records: which ids are taken, what is left of reversed records, and what
/// was redeemed on each day. A fold of the partner's entries.
public struct PartnerLedger: Hashable, Sendable, Codable {
    private var identities: IdentityIndex
    private var batches = BatchStarts()
    private var nextOrdinal: UInt32 = 1
    private var remainders: [RecordLocation: Remainder] = [:]
    private var bonuses: [RecordLocation: [RecordLocation]] = [:]
    private var redeemed: [BusinessDate: Int64] = [:]
    /// The latest business date among accepted records; nil before the first. Code CFG-002.
    public private(set) var latestBusinessDate: BusinessDate?

    /// Where batches begin in the partner's count of records: for each its number, and the ordinal of its first record.
    private struct BatchStarts: Hashable, Sendable, Codable {
        private var table = WordTable()

        mutating func append(_ batch: UInt64, ordinal: UInt32) { table.words += [batch, UInt64(ordinal)] }

        func location(ordinal: UInt32) -> RecordLocation {
            var low = 0
            var high = table.words.count / 2
            while high - low > 1 {
                let middle = (low + high) / 2
                if table.words[2 * middle + 1] <= UInt64(ordinal) { low = middle } else { high = middle }
            }
            let first = UInt32(truncatingIfNeeded: table.words[2 * low + 1])
            return RecordLocation(batch: table.words[2 * low], record: ordinal - first + 1)
        }
    }

    /// What is left to reverse of a record.
    public struct Remainder: Hashable, Sendable, Codable {
        /// Units not yet reversed.
        public var units: Int64
        /// For a bonus, the funders' parts not yet reversed, in the order of the promotion.
        public var shares: [Int64]
    }

    /// A partner without records.
    public init(_ partner: PartnerID) { identities = IdentityIndex(space: partner.text) }

    /// How many records hold an id.
    public var count: Int { identities.count }

    /// The runs of its index of ids.
    public var identityRuns: [IdentityRun] { identities.runs }

    /// The accepted record under an identity, or nil.
    ///
    /// - Parameter reader: reads the runs of its index, as they stand.
    /// - Throws: `Fault` when a run or a stored entry cannot be read.
    public func find(
        _ identity: Digest16, reader: any IdentityRunReader, entry: (RecordLocation) throws(Fault) -> RecordEntry
    ) throws(Fault) -> RecordLocation? {
        let number = try identities.find(identity, reader: reader) { (number: UInt32) throws(Fault) -> Bool in
            try entry(batches.location(ordinal: number)).identity == identity
        }
        return number.map(batches.location(ordinal:))
    }

    /// What is left of a record that was reversed before; nil when it never was.
    public func remainder(of location: RecordLocation) -> Remainder? { remainders[location] }

    /// The bonuses that named a record as their trigger.
    public func bonuses(triggeredBy location: RecordLocation) -> [RecordLocation] { bonuses[location] ?? [] }

    /// Points redeemed on a business date.
    public func redeemed(on day: BusinessDate) -> Int64 { redeemed[day] ?? 0 }

    /// Begins a batch: the entries that follow are its entries in order.
    mutating func begin(batch: UInt64) {
        batches.append(batch, ordinal: nextOrdinal)
    }

    /// Remembers the next entry of the batch that began last.
    ///
    /// - Throws: `Fault` when a run of ids cannot be written.
    mutating func remember(_ entry: RecordEntry, batch: UInt64, identities store: any IdentityRunStore) throws(Fault) {
        let ordinal = nextOrdinal
        nextOrdinal += 1
        guard entry.status == .accepted else { return }
        try identities.insert(entry.identity, number: ordinal, in: store)
        if let day = entry.businessDate {
            latestBusinessDate = max(latestBusinessDate ?? day, day)
            if entry.type == .redemption { redeemed[day, default: 0] += entry.points }
        }
        if entry.type == .bonus, let trigger = entry.original {
            bonuses[trigger, default: []].append(RecordLocation(batch: batch, record: entry.record))
        }
    }

    /// Sets what is left of a record.
    mutating func setRemainder(_ remainder: Remainder, of location: RecordLocation) {
        remainders[location] = remainder
    }

    /// Takes note of a date on which this partner's prices were used, also by another partner's record.
    mutating func note(businessDate: BusinessDate) {
        latestBusinessDate = max(latestBusinessDate ?? businessDate, businessDate)
    }
}
