public import Primitives
public import ProgrammeModel

/// What makes two records count on one line of the clearing statement. Rule R5 (Specs/rules.md).
public struct LineKey: Hashable, Sendable, Codable {
    /// Whose account with the host the line is on: the submitter, or a funder of another's bonus.
    public var partner: PartnerID
    /// What the line is about.
    public var kind: LineKind
    /// Which side it stands on.
    public var direction: Direction
    /// The unit of the records: own points or the shared currency.
    public var unit: CurrencyCode
    /// The ratio's version; nil where nothing was converted.
    public var ratio: VersionID?
    /// The price's version.
    public var price: VersionID
    /// Tax category and rate.
    public var tax: Tax
    /// The window whose fixing applies; nil when price and settlement are in one currency.
    public var fixing: WindowID?
    /// Brand, channel or business line, for subtotals; empty for none.
    public var subSource: String

    /// Makes a key; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, kind: LineKind, direction: Direction, unit: CurrencyCode, ratio: VersionID?,
        price: VersionID, tax: Tax, fixing: WindowID?, subSource: String
    ) {
        self.partner = partner
        self.kind = kind
        self.direction = direction
        self.unit = unit
        self.ratio = ratio
        self.price = price
        self.tax = tax
        self.fixing = fixing
        self.subSource = subSource
    }
}

/// What the records of one key add up to.
public struct LineTotal: Hashable, Sendable, Codable {
    /// The key.
    public var key: LineKey
    /// Records; a record that several funders share counts on each of their lines.
    public var records: Int64
    /// Units as submitted; on a funder's line the points of its share.
    public var units: Int64
    /// Points of the shared currency.
    public var points: Int64
    /// Records that came late with a fee.
    public var late: Int64
    /// Records of an earlier window that were on time.
    public var carriedOver: Int64

    /// Makes an empty total.
    public init(key: LineKey) {
        self.key = key
        (records, units, points, late, carriedOver) = (0, 0, 0, 0, 0)
    }

    /// Adds another total of the same key. Sums that would not fit trap.
    public mutating func add(_ other: LineTotal) {
        records += other.records
        units += other.units
        points += other.points
        late += other.late
        carriedOver += other.carriedOver
    }
}

/// How often a fee is due. Rule R12 (Specs/rules.md).
public struct FeeCount: Hashable, Sendable, Codable {
    /// Who pays.
    public var partner: PartnerID
    /// What for.
    public var kind: FeeKind
    /// The fee's version.
    public var fee: VersionID
    /// Tax category and rate.
    public var tax: Tax
    /// How often.
    public var count: Int64

    /// Makes a count; the parameters are the properties of the same names.
    public init(partner: PartnerID, kind: FeeKind, fee: VersionID, tax: Tax, count: Int64) {
        self.partner = partner
        self.kind = kind
        self.fee = fee
        self.tax = tax
        self.count = count
    }
}

/// The clearing lines that a record counts on: one, or one for each funder of a bonus.
public struct LineSet: Hashable, Sendable, Codable {
    /// Indexes into the batch's lines.
    public var lines: [Int]
    /// The promotion of a bonus, whose weights share it.
    public var promotion: PromotionID?

    /// Makes a set.
    public init(lines: [Int], promotion: PromotionID? = nil) {
        self.lines = lines
        self.promotion = promotion
    }
}
