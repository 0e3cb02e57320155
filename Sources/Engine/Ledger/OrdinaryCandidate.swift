public import Journal
public import Primitives

/// A record as it comes to the ledger that posts points of its submitter on one line, about which nothing was found so
/// far: what differs between records of one plan.
///
/// It says as much as the `Candidate` that `candidate(by:)` makes of it, in a value without parts of its own.
public struct OrdinaryCandidate: Hashable, Sendable {
    /// The number in the file, from 1.
    public let record: UInt32
    /// The offset of its first byte in the original.
    public let offset: UInt64
    /// Its length in bytes.
    public let length: UInt32
    /// Its line in the original, for findings; 0 where it is not known.
    public let line: Int
    /// The digest of partner and transaction id.
    public let identity: Digest16
    /// The digest of the business content.
    public let content: Digest16
    /// The member.
    public let member: MemberNumber
    /// Units as submitted.
    public let units: Int64
    /// Points of the shared currency.
    public let points: Int64
    /// The number of its plan in its batch.
    public let plan: Int32

    /// Makes a candidate; the parameters are the properties of the same names.
    public init(
        record: UInt32, offset: UInt64, length: UInt32, line: Int, identity: Digest16, content: Digest16,
        member: MemberNumber, units: Int64, points: Int64, plan: Int32
    ) {
        self.record = record
        self.offset = offset
        self.length = length
        self.line = line
        self.identity = identity
        self.content = content
        self.member = member
        self.units = units
        self.points = points
        self.plan = plan
    }

    /// The same as a candidate like any other.
    public func candidate(by plan: OrdinaryPlan) -> Candidate {
        Candidate(
            record: record, offset: offset, length: length, line: line, identity: identity, content: content,
            member: member, type: plan.type, businessDate: plan.businessDate, unit: plan.unit, units: units,
            isLate: plan.isLate, isCarriedOver: plan.isCarriedOver,
            effect: .post(
                Candidate.Planned(
                    points: points, lines: [Candidate.Planned.Line(key: plan.key, points: points)],
                    dailyRedemptionLimit: plan.dailyRedemptionLimit)),
            findings: [])
    }
}

/// What ordinary records of one type, unit and business date have in common.
public struct OrdinaryPlan: Hashable, Sendable {
    /// The line on which they count.
    public let key: LineKey
    /// An accrual or a redemption.
    public let type: RecordType
    /// The day of the member's transaction.
    public let businessDate: BusinessDate
    /// The unit of the amount.
    public let unit: CurrencyCode
    /// Whether they came late with a fee.
    public let isLate: Bool
    /// Whether they belong to an earlier window and were on time.
    public let isCarriedOver: Bool
    /// The most points that the partner may redeem on the business date; nil for no limit.
    public let dailyRedemptionLimit: Int64?

    /// Makes a plan; the parameters are the properties of the same names.
    public init(
        key: LineKey, type: RecordType, businessDate: BusinessDate, unit: CurrencyCode, isLate: Bool,
        isCarriedOver: Bool, dailyRedemptionLimit: Int64?
    ) {
        self.key = key
        self.type = type
        self.businessDate = businessDate
        self.unit = unit
        self.isLate = isLate
        self.isCarriedOver = isCarriedOver
        self.dailyRedemptionLimit = dailyRedemptionLimit
    }
}
