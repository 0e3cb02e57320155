import Journal
public import Ledger
import Primitives
import ProgrammeModel
public import Validation

/// Converts ordinary records. What the programme says of one holds for all of its type, unit and business date but for
/// the number of points, so that it is asked once for each such kind, with the first record as the sample.
///
/// A record about which there is anything to find is left to `RecordConverter`.
public struct OrdinaryConverter {
    private let converter: RecordConverter
    private var rules: [Rule] = []
    private var last = 0
    /// What the candidates' plans are, by their numbers; grows as kinds are met.
    public private(set) var plans: [OrdinaryPlan] = []

    private struct Rule {
        let type: RecordType
        let unit: CurrencyCode
        let day: BusinessDate
        /// The number of its plan; nil where such records go the full way.
        let plan: Int32?
        let limit: Int64
        let ratio: Ratio?

        func isFor(_ record: OrdinaryRecord) -> Bool {
            type == record.type && day == record.businessDate && unit == record.unit
        }
    }

    /// Kinds that are kept. A file of more, which has hundreds of business dates, goes the full way beyond.
    private static let kinds = 256

    /// Makes a converter beside that of all records.
    public init(_ converter: RecordConverter) { self.converter = converter }

    /// A candidate for the ledger, or nil for a record that goes the full way.
    public mutating func convert(_ record: OrdinaryRecord) -> OrdinaryCandidate? {
        if !rules.indices.contains(last) || !rules[last].isFor(record) {
            guard let index = rules.firstIndex(where: { $0.isFor(record) }) ?? learn(record) else { return nil }
            last = index
        }
        guard let plan = rules[last].plan, record.units <= rules[last].limit else { return nil }
        let points = rules[last].ratio?.convert(record.units) ?? record.units
        guard points > 0 else { return nil }
        let (high, low) = (record.contentDigest.high, record.contentDigest.low)
        return OrdinaryCandidate(
            record: UInt32(record.place.number), offset: UInt64(record.place.offset),
            length: UInt32(record.place.length), line: record.place.line, identity: Digest16(record.identity),
            content: Digest16(high: high, low: low), member: record.member, units: record.units, points: points,
            plan: plan)
    }

    /// Asks the full way about a kind, and answers the index of its rule; nil where the sample does not tell.
    private mutating func learn(_ record: OrdinaryRecord) -> Int? {
        guard rules.count < Self.kinds else { return nil }
        let content = RecordContent(
            transactionID: TransactionID(unchecked: "-"), type: record.type, occurredAt: Timestamp(milliseconds: 0),
            businessDate: record.businessDate, account: MemberAccount(kind: .card, number: record.member),
            unit: record.unit, units: record.units)
        let candidate = converter.convert(
            ParsedRecord(
                place: record.place, content: content, warnings: [], contentDigest: record.contentDigest))
        // A number of points can be too large or come to nothing where others do not.
        guard !candidate.findings.contains(where: { $0.code == .lim001 || $0.code == .cnv001 }) else { return nil }
        var plan: Int32?
        var ratio: Ratio?
        if candidate.findings.isEmpty, case .post(let planned) = candidate.effect, planned.lines.count == 1,
            planned.hostPoints == 0, planned.promotion == nil, planned.trigger == nil
        {
            let key = planned.lines[0].key
            ratio = key.ratio.flatMap { id in converter.agreement.ratios.first { $0.id == id } }
            precondition((ratio == nil) == (key.ratio == nil), "a line's ratio is one of the agreement")
            plan = Int32(plans.count)
            plans.append(
                OrdinaryPlan(
                    key: key, type: record.type, businessDate: record.businessDate, unit: record.unit,
                    isLate: candidate.isLate, isCarriedOver: candidate.isCarriedOver,
                    dailyRedemptionLimit: planned.dailyRedemptionLimit))
        }
        let terms = converter.agreement.terms(on: record.businessDate)
        let limit = terms.flatMap { Terms.limit(record.type, in: $0.recordLimits) } ?? .max
        rules.append(
            Rule(
                type: record.type, unit: record.unit, day: record.businessDate, plan: plan, limit: limit, ratio: ratio))
        return rules.count - 1
    }
}
