import Journal
import Ledger
import Primitives
import ProgrammeModel
import Validation

/// Finds ratio, price, tax and fixing for one record and plans its lines.
struct Pricing {
    let content: RecordContent
    let terms: Terms
    let place: Finding.Place
    let converter: RecordConverter

    private var shared: CurrencyCode { converter.programme.currency }
    private var day: BusinessDate { content.businessDate }

    func accrual(_ findings: inout [Finding]) -> Candidate.Effect? {
        guard content.unit != shared else {
            return single(.issuance, .issuance, .debit, points: content.units, nil, &findings)
        }
        guard let ratio = ratio(from: content.unit, to: shared, .accrual, &findings) else { return nil }
        let points = points(ratio, &findings)
        return single(.issuance, .issuance, .debit, points: points, ratio, &findings)
    }

    /// The converted amount; CNV-001 where nothing is left of it.
    private func points(_ ratio: Ratio, _ findings: inout [Finding]) -> Int64 {
        let points = ratio.convert(content.units)
        if points == 0 {
            let detail = "\(content.units) \(content.unit) are \(ratio.exact(content.units)) \(shared)"
            findings.append(Finding(.cnv001, at: place.field("LoyaltyAmount"), detail: detail))
        }
        return points
    }

    func transferIn(_ findings: inout [Finding]) -> Candidate.Effect? {
        guard let ratio = transferRatio(from: content.unit, to: shared, &findings) else { return nil }
        let points = points(ratio, &findings)
        return single(.transferIn, .transferIn, .debit, points: points, ratio, &findings)
    }

    func transferOut(_ findings: inout [Finding]) -> Candidate.Effect? {
        guard let own = converter.agreement.ownCurrency else {
            let detail = "the partner has no points of its own"
            findings.append(Finding(.agr003, at: place.field("LoyaltyAmount"), detail: detail))
            return nil
        }
        guard let ratio = transferRatio(from: shared, to: own, &findings) else { return nil }
        return single(.transferOut, .transferOut, .credit, points: content.units, ratio, &findings)
    }

    func adjustment(_ findings: inout [Finding]) -> Candidate.Effect? {
        guard content.unit == shared, content.direction == .debit, content.reason != nil else {
            findings.append(Finding(.adj001, at: place, value: content.direction?.rawValue ?? ""))
            return nil
        }
        return single(.issuance, .adjustmentPoints, .debit, points: content.units, nil, &findings)
    }

    /// Rule R4: every funder's part at the funder's own price; the host's part is not settled.
    func bonus(_ findings: inout [Finding]) -> Candidate.Effect? {
        let field = place.field("PromotionId")
        guard let id = content.promotionID, let promotion = converter.programme.promotion(id),
            promotion.validity.contains(day)
        else {
            findings.append(Finding(.prm001, at: field, value: content.promotionID?.text ?? ""))
            return nil
        }
        let missing = promotion.missingSignatures(host: converter.programme.host)
        guard missing.isEmpty else {
            let names = missing.map(\.text).joined(separator: ", ")
            findings.append(Finding(.prm002, at: field, value: id.text, detail: "not signed by \(names)"))
            return nil
        }
        let shares = LargestRemainder.split(content.units, weights: promotion.funders)
        var lines: [Candidate.Planned.Line] = []
        var host: Int64 = 0
        for (share, points) in zip(promotion.funders, shares) {
            if share.funder == converter.programme.host {
                host = points
                continue
            }
            guard let key = funderKey(share.funder, &findings) else { continue }
            lines.append(Candidate.Planned.Line(key: key, points: points))
        }
        let trigger = content.triggeringID.map {
            RecordIdentity.of($0, partner: converter.agreement.partner, hash: converter.hash)
        }
        return .post(
            Candidate.Planned(
                points: content.units, lines: lines, hostPoints: host, promotion: id, trigger: trigger))
    }

    private func funderKey(_ funder: PartnerID, _ findings: inout [Finding]) -> LineKey? {
        let field = place.field("PromotionId")
        guard let agreement = converter.programme.agreement(funder), let terms = agreement.terms(on: day) else {
            findings.append(Finding(.agr001, at: field, value: funder.text, detail: "of the funder \(funder)"))
            return nil
        }
        guard let price = agreement.price(.issuance, on: day) else {
            findings.append(Finding(.agr004, at: field, value: funder.text, detail: "of the funder \(funder)"))
            return nil
        }
        return key(.bonusFunding, .debit, agreement: agreement, terms: terms, price: price, ratio: nil)
    }

    /// A record that counts on one line of the submitter.
    func single(
        _ priced: PriceKind, _ kind: LineKind, _ direction: Direction, points: Int64, _ ratio: Ratio?,
        _ findings: inout [Finding]
    ) -> Candidate.Effect? {
        let agreement = converter.agreement
        guard let price = agreement.price(priced, on: day) else {
            let detail = "no \(priced.rawValue) price on \(day)"
            findings.append(Finding(.agr004, at: place.field("BusinessDate"), value: day.description, detail: detail))
            return nil
        }
        let key = key(kind, direction, agreement: agreement, terms: terms, price: price, ratio: ratio)
        let limit = kind == .reimbursement ? terms.dailyRedemptionLimit : nil
        return .post(
            Candidate.Planned(
                points: points, lines: [Candidate.Planned.Line(key: key, points: points)], dailyRedemptionLimit: limit))
    }

    private func key(
        _ kind: LineKind, _ direction: Direction, agreement: Agreement, terms: Terms, price: Price, ratio: Ratio?
    ) -> LineKey {
        LineKey(
            partner: agreement.partner, kind: kind, direction: direction, unit: content.unit, ratio: ratio?.id,
            price: price.id, tax: kind.isHostSupply ? terms.tax.hostSupplies : .outside,
            fixing: price.currency == agreement.settlementCurrency ? nil : converter.window.id,
            subSource: agreement.partner == converter.agreement.partner ? subSource : "")
    }

    /// A partner's own division is no business of the other funders of a bonus.
    private var subSource: String {
        [("brand", content.brand), ("channel", content.channel), ("line", content.businessLine)].compactMap {
            label, value in value.map { "\(label)=\($0)" }
        }.joined(separator: ";")
    }

    private func ratio(
        from: CurrencyCode, to: CurrencyCode, _ purpose: RatioPurpose, _ findings: inout [Finding]
    ) -> Ratio? {
        if let ratio = converter.agreement.ratio(from: from, to: to, purpose: purpose, on: day) { return ratio }
        let detail = "no \(purpose.rawValue) ratio from \(from) to \(to) on \(day)"
        findings.append(Finding(.agr003, at: place.field("BusinessDate"), value: day.description, detail: detail))
        return nil
    }

    private func transferRatio(from: CurrencyCode, to: CurrencyCode, _ findings: inout [Finding]) -> Ratio? {
        guard let ratio = ratio(from: from, to: to, .transfer, &findings) else { return nil }
        let field = place.field("LoyaltyAmount")
        if let minimum = ratio.minimum, content.units < minimum {
            let detail = "the minimum is \(minimum) \(from)"
            findings.append(Finding(.trf001, at: field, value: "\(content.units)", detail: detail))
        }
        if let step = ratio.step, content.units % step != 0 {
            let detail = "not a multiple of \(step) \(from)"
            findings.append(Finding(.trf002, at: field, value: "\(content.units)", detail: detail))
        }
        return ratio
    }
}
