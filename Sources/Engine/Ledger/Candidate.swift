public import Journal
public import Primitives

/// A record as it comes to the ledger: read, checked by all rules that need no history, and converted.
public struct Candidate: Hashable, Sendable {
    /// The number in the file, from 1.
    public var record: UInt32
    /// The offset of its first byte in the original.
    public var offset: UInt64
    /// Its length in bytes.
    public var length: UInt32
    /// Its line in the original, for findings; 0 where it is not known.
    public var line: Int
    /// The digest of partner and transaction id.
    public var identity: Digest16
    /// The digest of the business content.
    public var content: Digest16
    /// The member; nil where the type needs none.
    public var member: MemberNumber?
    /// What it is.
    public var type: RecordType
    /// The day of the member's transaction.
    public var businessDate: BusinessDate
    /// The unit of the amount; nil for money, which no partner may post.
    public var unit: CurrencyCode?
    /// Units as submitted.
    public var units: Int64
    /// Whether it came late with a fee.
    public var isLate: Bool
    /// Whether it belongs to an earlier window and was on time.
    public var isCarriedOver: Bool
    /// What it does when the ledger's own checks pass.
    public var effect: Effect
    /// Warnings, or for `.refuse` also the reasons of the refusal.
    public var findings: [Finding]

    /// What a record does.
    public enum Effect: Hashable, Sendable {
        /// It posts points on lines.
        case post(Planned)
        /// It takes back another record, named by the digest of partner and transaction id.
        case reverse(original: Digest16)
        /// A rule without history refused it; it may still be a repeat.
        case refuse
    }

    /// The points and lines of a record that is not a reversal.
    public struct Planned: Hashable, Sendable {
        /// Points of the shared currency.
        public var points: Int64
        /// The lines with their points: one, or one for each funder other than the host.
        public var lines: [Line]
        /// Points that the host funds.
        public var hostPoints: Int64
        /// The promotion whose weights shared the points.
        public var promotion: PromotionID?
        /// The record that triggered a bonus.
        public var trigger: Digest16?
        /// The most points that the partner may redeem on the business date; nil for no limit.
        public var dailyRedemptionLimit: Int64?

        /// A line and its part of the points.
        public struct Line: Hashable, Sendable {
            /// The line's key.
            public var key: LineKey
            /// Its part.
            public var points: Int64

            /// Makes a part.
            public init(key: LineKey, points: Int64) {
                self.key = key
                self.points = points
            }
        }

        /// Makes a plan; the parameters are the properties of the same names.
        public init(
            points: Int64, lines: [Line], hostPoints: Int64 = 0, promotion: PromotionID? = nil,
            trigger: Digest16? = nil, dailyRedemptionLimit: Int64? = nil
        ) {
            self.points = points
            self.lines = lines
            self.hostPoints = hostPoints
            self.promotion = promotion
            self.trigger = trigger
            self.dailyRedemptionLimit = dailyRedemptionLimit
        }
    }

    /// Makes a candidate; the parameters are the properties of the same names.
    public init(
        record: UInt32, offset: UInt64, length: UInt32, line: Int, identity: Digest16, content: Digest16,
        member: MemberNumber?, type: RecordType, businessDate: BusinessDate, unit: CurrencyCode?, units: Int64,
        isLate: Bool, isCarriedOver: Bool, effect: Effect, findings: [Finding]
    ) {
        self.record = record
        self.offset = offset
        self.length = length
        self.line = line
        self.identity = identity
        self.content = content
        self.member = member
        self.type = type
        self.businessDate = businessDate
        self.unit = unit
        self.units = units
        self.isLate = isLate
        self.isCarriedOver = isCarriedOver
        self.effect = effect
        self.findings = findings
    }

    /// Where its findings point to.
    public var place: Finding.Place { Finding.Place(record: Int(record), line: line, offset: Int64(offset)) }
}
