import Primitives
import ProgrammeModel
import Validation

/// The rules once more, as plainly as they can be written: lists that are searched from the start, no sums that are
/// kept. Written from `Specs/rules.md` and the scenario's calculation, not from the engine; tests compare the two.
final class NaiveHouse {
    /// What became of a record.
    struct Verdict: Equatable {
        var status: String
        var points: Int64 = 0
        var codes: Set<String> = []
        var isLate = false
        var isCarriedOver = false
    }

    /// An accepted record.
    final class Kept {
        let partner: PartnerID
        let content: RecordContent
        let ratio: Ratio?
        let window: WindowID
        var points: Int64 = 0
        /// What it counts on.
        var counted: [Count] = []
        /// Units not reversed.
        var left: Int64
        /// For a bonus: what is not reversed of each funder's part, with the price and tax of the part.
        var parts: [(funder: PartnerID, left: Int64, line: Count?)] = []

        init(_ partner: PartnerID, _ content: RecordContent, _ ratio: Ratio?, _ window: WindowID) {
            self.partner = partner
            self.content = content
            self.ratio = ratio
            self.window = window
            left = content.units
        }
    }

    /// Points on a line.
    struct Count {
        var window: WindowID
        var partner: PartnerID
        var kind: String
        var isDebit: Bool
        var price: Price
        var fixing: WindowID?
        var tax: Tax
        var points: Int64
    }

    /// A fee that fell due so many times.
    struct Due {
        var window: WindowID
        var partner: PartnerID
        var fee: Fee
        var tax: Tax
        var count: Int64
    }

    let programme: Programme
    private(set) var records: [Kept] = []
    private(set) var counts: [Count] = []
    private(set) var fees: [Due] = []
    private(set) var adjustments:
        [(window: WindowID, partner: PartnerID, isDebit: Bool, amount: Money, tax: Tax, line: String)] = []
    /// Points that the host funded.
    private(set) var hostFunded: Int64 = 0

    init(_ programme: Programme) { self.programme = programme }

    // MARK: Time

    static func day(_ instant: Timestamp, _ zone: Zone) -> Int {
        // The zones of the random programmes have one offset each.
        let shifted = instant.milliseconds + Int64(zone.offsets[0].seconds) * 1000
        return Int(shifted >= 0 ? shifted / 86_400_000 : (shifted - 86_399_999) / 86_400_000)
    }

    private func window(_ at: Timestamp) -> WindowDefinition? {
        for window in programme.windows where window.open <= at && at < window.cutoff { return window }
        return nil
    }

    private func holds(_ span: DateSpan, _ day: Int) -> Bool {
        Int(span.from.daysSince1970) <= day && day <= Int(span.to.daysSince1970)
    }

    func agreement(_ partner: PartnerID) -> Agreement? {
        for agreement in programme.agreements where agreement.partner == partner { return agreement }
        return nil
    }

    // MARK: A file

    /// Judges a file received at an instant.
    func receive(_ contents: [RecordContent], _ partner: PartnerID, _ at: Timestamp) -> [Verdict] {
        guard let agreement = agreement(partner), let window = window(at) else { return [] }
        let today = Self.day(at, programme.zones.first { $0.name == agreement.zone } ?? programme.zone)
        let accepted = Self.day(at, programme.zone)
        var out: [Verdict] = []
        for content in contents { out.append(judge(content, agreement, window, today, accepted)) }
        charge(out, agreement, window, accepted)
        return out
    }

    private func charge(_ verdicts: [Verdict], _ agreement: Agreement, _ window: WindowDefinition, _ accepted: Int) {
        let good = verdicts.filter { $0.status == "ACCP" }
        let bad = verdicts.filter { $0.status == "RJCT" }
        // A file that holds nothing but refused records is refused: it is not charged.
        guard bad.isEmpty || bad.count < verdicts.count else { return }
        var late = good.filter(\.isLate).count
        if let cap = agreement.terms[0].lateFeeCapPerFile, late > cap { late = cap }
        let dues: [(FeeKind, Int)] = [(.record, good.count), (.late, late), (.file, 1), (.rejected, bad.count)]
        for (kind, count) in dues where count > 0 {
            for fee in agreement.fees where fee.kind == kind && holds(fee.validity, accepted) {
                fees.append(
                    Due(
                        window: window.id, partner: agreement.partner, fee: fee,
                        tax: agreement.terms[0].tax.hostSupplies, count: Int64(count)))
            }
        }
    }

    // MARK: A record

    private func judge(
        _ content: RecordContent, _ agreement: Agreement, _ window: WindowDefinition, _ today: Int, _ accepted: Int
    ) -> Verdict {
        var verdict = Verdict(status: "RJCT")
        for first in records
        where first.partner == agreement.partner && first.content.transactionID == content.transactionID {
            if first.content == content { return Verdict(status: "DUPL", codes: ["DUP-001"]) }
            verdict.codes.insert("DUP-002")
        }
        let day = Int(content.businessDate.daysSince1970)
        guard let terms = agreement.terms.first(where: { holds($0.validity, day) }) else {
            verdict.codes.insert("AGR-001")
            return verdict
        }
        if day > today {
            verdict.codes.insert("DAT-001")
        } else if accepted - day > terms.lateLimitDays {
            verdict.codes.insert("DAT-002")
        } else if accepted - day > terms.graceDays {
            verdict.isLate = true
        } else {
            verdict.isCarriedOver = day < Self.day(window.open, programme.zone)
        }
        let shared = programme.currency
        let own = agreement.ownCurrency
        let (role, units): (Role?, [CurrencyCode?]) =
            switch content.type {
            case .accrual: (.earn, [shared, own])
            case .redemption: (.burn, [shared])
            case .bonus: (.coFund, [shared])
            case .transferIn: (.transferIn, [own])
            case .transferOut: (.transferOut, [shared])
            case .reversal: (nil, [shared, own])
            case .adjustment: (nil, [content.unit])
            }
        if let role, !terms.roles.contains(role) { verdict.codes.insert("AGR-002") }
        if !units.contains(content.unit) { verdict.codes.insert("REF-007") }
        for limit in terms.recordLimits where limit.type == content.type && content.units > limit.value {
            verdict.codes.insert("LIM-001")
        }
        switch content.type {
        case .bonus: bonus(content, agreement, window, day, &verdict)
        case .reversal: reversal(content, agreement, window, accepted, &verdict)
        default: single(content, agreement, terms, window, day, &verdict)
        }
        return verdict
    }

    private func price(_ agreement: Agreement, _ kind: PriceKind, _ day: Int, _ verdict: inout Verdict) -> Price? {
        for price in agreement.prices where price.kind == kind && holds(price.validity, day) { return price }
        verdict.codes.insert("AGR-004")
        return nil
    }

    private func ratio(
        _ agreement: Agreement, _ from: CurrencyCode, _ to: CurrencyCode, _ purpose: RatioPurpose, _ day: Int,
        _ verdict: inout Verdict
    ) -> Ratio? {
        for ratio in agreement.ratios
        where ratio.from == from && ratio.to == to && ratio.purpose == purpose && holds(ratio.validity, day) {
            return ratio
        }
        verdict.codes.insert("AGR-003")
        return nil
    }

    static func convert(_ units: Int64, _ ratio: Ratio?) -> Int64 {
        guard let ratio else { return units }
        let exact = NaiveFraction(Int128(units) * Int128(ratio.toUnits), Int128(ratio.fromUnits))
        return Int64(exact.rounded(digits: 0, ratio.rounding.rawValue))
    }

    private func single(
        _ content: RecordContent, _ agreement: Agreement, _ terms: Terms, _ window: WindowDefinition, _ day: Int,
        _ verdict: inout Verdict
    ) {
        let shared = programme.currency
        var ratio: Ratio?
        var (kind, priced, isDebit): (String, PriceKind, Bool) = ("ISSUANCE", .issuance, true)
        switch content.type {
        case .accrual:
            if content.unit != shared {
                ratio = self.ratio(agreement, content.unit, shared, .accrual, day, &verdict)
            }
        case .redemption: (kind, priced, isDebit) = ("REIMBURSEMENT", .reimbursement, false)
        case .transferIn:
            (kind, priced) = ("TRANSFER_IN", .transferIn)
            ratio = self.ratio(agreement, content.unit, shared, .transfer, day, &verdict)
        case .transferOut:
            (kind, priced, isDebit) = ("TRANSFER_OUT", .transferOut, false)
            if let own = agreement.ownCurrency {
                ratio = self.ratio(agreement, shared, own, .transfer, day, &verdict)
            } else {
                verdict.codes.insert("AGR-003")
            }
        default:
            kind = "ADJUSTMENT_POINTS"
            if content.unit != shared || content.direction != .debit || content.reason == nil {
                verdict.codes.insert("ADJ-001")
            }
        }
        if let ratio, let minimum = ratio.minimum, content.units < minimum { verdict.codes.insert("TRF-001") }
        if let ratio, let step = ratio.step, content.units % step != 0 { verdict.codes.insert("TRF-002") }
        guard let price = price(agreement, priced, day, &verdict), verdict.codes.isEmpty else { return }
        if content.type == .redemption, let limit = terms.dailyRedemptionLimit {
            var before: Int64 = 0
            for other in records
            where other.partner == agreement.partner && other.content.type == .redemption
                && other.content.businessDate == content.businessDate
            {
                before += other.content.units
            }
            if before + content.units > limit {
                verdict.codes.insert("LIM-005")
                return
            }
        }
        let kept = Kept(agreement.partner, content, content.type == .transferOut ? nil : ratio, window.id)
        kept.points = Self.convert(content.units, kept.ratio)
        let isOwnSupply = kind == "REIMBURSEMENT" || kind == "TRANSFER_OUT"
        kept.counted = [
            Count(
                window: window.id, partner: agreement.partner, kind: kind, isDebit: isDebit, price: price,
                fixing: price.currency == agreement.settlementCurrency ? nil : window.id,
                tax: isOwnSupply ? Tax(category: "O", rate: nil) : terms.tax.hostSupplies, points: kept.points)
        ]
        accept(kept, &verdict)
    }

    private func accept(_ kept: Kept, _ verdict: inout Verdict) {
        records.append(kept)
        counts += kept.counted
        verdict.status = "ACCP"
        verdict.points = kept.points
    }

    // MARK: Bonus

    /// Whole points by weights: everybody's whole part, and one more for the largest rests, smaller names first.
    static func share(_ points: Int64, _ weights: [(name: String, weight: Int64)]) -> [Int64] {
        let all = weights.reduce(Int128(0)) { $0 + Int128($1.weight) }
        guard all > 0 else { return weights.map { _ in 0 } }
        var parts: [Int64] = []
        var rests: [(rest: Int128, name: String, index: Int)] = []
        for (index, entry) in weights.enumerated() {
            let product = Int128(points) * Int128(entry.weight)
            parts.append(Int64(product / all))
            rests.append((product % all, entry.name, index))
        }
        var missing = points - parts.reduce(0, +)
        for entry in rests.sorted(by: { ($1.rest, $0.name) < ($0.rest, $1.name) }) where missing > 0 {
            parts[entry.index] += 1
            missing -= 1
        }
        return parts
    }

    private func bonus(
        _ content: RecordContent, _ agreement: Agreement, _ window: WindowDefinition, _ day: Int,
        _ verdict: inout Verdict
    ) {
        guard let promotion = programme.promotions.first(where: { $0.id == content.promotionID }),
            holds(promotion.validity, day)
        else {
            verdict.codes.insert("PRM-001")
            return
        }
        for share in promotion.funders
        where share.funder != programme.host && !promotion.signedBy.contains(share.funder) {
            verdict.codes.insert("PRM-002")
        }
        let parts = Self.share(content.units, promotion.funders.map { ($0.funder.text, $0.weight) })
        let kept = Kept(agreement.partner, content, nil, window.id)
        kept.points = content.units
        for (share, points) in zip(promotion.funders, parts) {
            guard share.funder != programme.host else {
                kept.parts.append((share.funder, points, nil))
                continue
            }
            guard let funder = self.agreement(share.funder),
                let terms = funder.terms.first(where: { holds($0.validity, day) })
            else {
                verdict.codes.insert("AGR-001")
                continue
            }
            guard let price = price(funder, .issuance, day, &verdict) else { continue }
            let line = Count(
                window: window.id, partner: share.funder, kind: "BONUS_FUNDING", isDebit: true, price: price,
                fixing: price.currency == funder.settlementCurrency ? nil : window.id, tax: terms.tax.hostSupplies,
                points: points)
            kept.parts.append((share.funder, points, line))
            kept.counted.append(line)
        }
        guard verdict.codes.isEmpty else { return }
        for part in kept.parts where part.line == nil { hostFunded += part.left }
        accept(kept, &verdict)
    }

    // MARK: Reversal

    private func reversal(
        _ content: RecordContent, _ agreement: Agreement, _ window: WindowDefinition, _ accepted: Int,
        _ verdict: inout Verdict
    ) {
        var found: Kept?
        for record in records
        where record.partner == agreement.partner && record.content.transactionID == content.originalID {
            found = record
        }
        guard let first = found else {
            verdict.codes.insert("RVS-001")
            return
        }
        guard first.content.type != .reversal else {
            verdict.codes.insert("RVS-004")
            return
        }
        let isTransfer = first.content.type == .transferIn || first.content.type == .transferOut
        if first.left == 0 { verdict.codes.insert("RVS-002") }
        if first.left > 0, content.units > first.left { verdict.codes.insert("RVS-003") }
        if content.unit != first.content.unit || content.account?.number != first.content.account?.number
            || (isTransfer && content.units != first.content.units)
        {
            verdict.codes.insert("RVS-004")
        }
        for limit in agreement.terms[0].reversalLimitDays where limit.type == first.content.type {
            if accepted - Int(first.content.businessDate.daysSince1970) > limit.value {
                verdict.codes.insert("RVS-005")
            }
        }
        guard verdict.codes.isEmpty else { return }
        let kept = Kept(agreement.partner, content, nil, window.id)
        kept.left = 0
        if first.content.type == .bonus {
            let parts = Self.share(content.units, first.parts.map { ($0.funder.text, $0.left) })
            for (index, points) in parts.enumerated() {
                first.parts[index].left -= points
                guard var line = first.parts[index].line else {
                    hostFunded -= points
                    continue
                }
                (line.window, line.kind, line.isDebit, line.points) = (
                    window.id, "BONUS_FUNDING_REVERSAL", false, points
                )
                kept.counted.append(line)
            }
            kept.points = content.units
        } else {
            kept.points =
                Self.convert(first.left, first.ratio) - Self.convert(first.left - content.units, first.ratio)
            guard var line = first.counted.first else { return }
            (line.window, line.kind) = (window.id, line.kind + "_REVERSAL")
            (line.isDebit, line.points) = (!line.isDebit, kept.points)
            kept.counted = [line]
        }
        first.left -= content.units
        accept(kept, &verdict)
    }

    // MARK: Money adjustments

    /// Takes an adjustment in money at an instant.
    func adjust(
        _ partner: PartnerID, isDebit: Bool, _ amount: Money, _ tax: Tax, correcting line: String, at: Timestamp
    ) {
        guard let window = window(at) else { return }
        adjustments.append((window.id, partner, isDebit, amount, tax, line))
    }
}
