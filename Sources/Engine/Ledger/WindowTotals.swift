public import Journal
public import Primitives
public import ProgrammeModel

/// What the records of a window add up to: all that its statements are made of.
public struct WindowTotals: Hashable, Sendable, Codable {
    /// Totals by line.
    public private(set) var lines: [LineKey: LineTotal] = [:]
    /// Fees by payer, kind, version and tax; the count is the value.
    public private(set) var fees: [FeeKey: Int64] = [:]
    /// Money adjustments in the order of the log; each is a statement line of its own.
    public private(set) var adjustments: [MoneyAdjustment] = []
    /// Points that the host funded itself, less what was reversed of them.
    public private(set) var hostFunded: Int64 = 0

    /// What makes fees count on one line.
    public struct FeeKey: Hashable, Sendable, Codable {
        /// Who pays.
        public var partner: PartnerID
        /// What for.
        public var kind: FeeKind
        /// The fee's version.
        public var fee: VersionID
        /// Tax category and rate.
        public var tax: Tax
    }

    /// A money adjustment and the fact that raised it.
    public struct MoneyAdjustment: Hashable, Sendable, Codable {
        /// The adjustment; its amount is money.
        public var adjustment: HostAdjustment
        /// The fact's sequence number.
        public var sequence: UInt64
    }

    /// Nothing yet.
    public init() {}

    /// Adds what a batch posts.
    public mutating func add(_ posting: Posting) {
        for total in posting.lines { lines[total.key, default: LineTotal(key: total.key)].add(total) }
        for fee in posting.fees {
            let key = FeeKey(partner: fee.partner, kind: fee.kind, fee: fee.fee, tax: fee.tax)
            fees[key, default: 0] += fee.count
        }
        hostFunded += posting.hostFunded
    }

    /// Adds a money adjustment of an act.
    public mutating func add(_ adjustment: HostAdjustment, sequence: UInt64) {
        adjustments.append(MoneyAdjustment(adjustment: adjustment, sequence: sequence))
    }

    /// The larger of a partner's points and units in the window, whatever their direction.
    public func gross(of partner: PartnerID) -> Int64 {
        var (points, units): (Int64, Int64) = (0, 0)
        for total in lines.values where total.key.partner == partner {
            points += total.points
            units += total.units
        }
        return max(points, units)
    }

    /// The points position of a partner in the window: plus means that the host owes.
    public func position(of partner: PartnerID) -> Int64 {
        lines.values.reduce(0) { $1.key.partner == partner ? $0 + $1.key.direction.sign * $1.points : $0 }
    }
}

/// Bookkeeping by double entry, in points: every posting moves points from one account to another, so that all
/// balances add up to zero.
public struct PointsLedger: Hashable, Sendable, Codable {
    private var balances: [PointsAccount: Int64] = [:]

    /// An empty ledger.
    public init() {}

    /// A balance; 0 for an account that was never used.
    public subscript(account: PointsAccount) -> Int64 { balances[account] ?? 0 }

    /// All balances in order of accounts.
    public var all: [PointsBalance] {
        balances.sorted { $0.key < $1.key }.map { PointsBalance(account: $0.key, balance: $0.value) }
    }

    private mutating func move(_ points: Int64, from: PointsAccount, to: PointsAccount) {
        balances[from, default: 0] -= points
        balances[to, default: 0] += points
    }

    /// Opens with the points outstanding from before the log.
    mutating func open(members: Int64) { move(members, from: .hostCleared, to: .members) }

    /// Posts each line between its partner and MEMBERS, and the host's part from HOST_MARKETING.
    mutating func post(_ posting: Posting) {
        for line in posting.lines {
            move(line.key.direction.sign * line.points, from: .members, to: .partner(line.key.partner))
        }
        if posting.hostFunded != 0 { move(posting.hostFunded, from: .hostMarketing, to: .members) }
    }

    /// Posts the partners' positions of a window to HOST_CLEARED.
    public mutating func clear(_ totals: WindowTotals) {
        for total in totals.lines.values {
            move(total.key.direction.sign * total.points, from: .partner(total.key.partner), to: .hostCleared)
        }
    }
}
