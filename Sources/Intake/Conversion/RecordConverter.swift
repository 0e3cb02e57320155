import Journal
public import Ledger
public import Primitives
public import ProgrammeModel
public import Validation

/// Judges records by the rules of the programme that need no history, and converts them. Rules R1 to R9
/// (Specs/rules.md).
///
/// One converter serves one file or message: its partner, the programme pinned at receipt, and the instant of receipt.
public struct RecordConverter {
    let programme: Programme
    let agreement: Agreement
    let window: WindowDefinition
    let today: BusinessDate
    let hash: ([UInt8]) -> Digest32
    /// The day of acceptance in the programme's zone.
    public let acceptedDay: BusinessDate

    /// Makes a converter.
    ///
    /// - Parameters:
    ///   - programme: the version pinned at receipt.
    ///   - agreement: the submitter's.
    ///   - window: the window that the receipt fixed.
    ///   - acceptedAt: the time of receipt.
    ///   - hash: SHA-256.
    public init(
        programme: Programme, agreement: Agreement, window: WindowDefinition, acceptedAt: Timestamp,
        hash: @escaping ([UInt8]) -> Digest32
    ) {
        self.programme = programme
        self.agreement = agreement
        self.window = window
        self.hash = hash
        today = programme.zone(of: agreement.partner).date(at: acceptedAt)
        acceptedDay = programme.zone.date(at: acceptedAt)
    }

    /// A candidate for the ledger: posted, reversed, or refused with all findings.
    public func convert(_ record: ParsedRecord) -> Candidate {
        let content = record.content
        let place = Finding.Place(
            record: record.place.number, line: record.place.line, offset: record.place.offset)
        var findings = record.warnings
        var lateness = Lateness()
        let terms = agreement.terms(on: content.businessDate)
        if let terms {
            lateness = self.lateness(content, terms, place, &findings)
            check(content, terms, place, &findings)
        } else {
            let value = content.businessDate.description
            findings.append(Finding(.agr001, at: place.field("BusinessDate"), value: value))
        }
        let isMoney = content.unit.minorUnits != nil
        var candidate = Candidate(
            record: UInt32(record.place.number), offset: UInt64(record.place.offset),
            length: UInt32(record.place.length), line: record.place.line, identity: identity(content.transactionID),
            content: Digest16(high: record.contentDigest.high, low: record.contentDigest.low),
            member: content.account?.number, type: content.type, businessDate: content.businessDate,
            unit: content.unit, units: content.units, isLate: lateness.isLate, isCarriedOver: lateness.isCarriedOver,
            effect: .refuse, findings: findings)
        // Money in other types has its finding already; a partner's adjustment in money gets it from its own rule.
        guard let terms, !isMoney || content.type == .adjustment else { return candidate }
        let effect = self.effect(content, terms, place, &candidate.findings)
        if let effect, !candidate.findings.contains(where: \.refuses) { candidate.effect = effect }
        return candidate
    }

    private func identity(_ id: TransactionID) -> Digest16 {
        RecordIdentity.of(id, partner: agreement.partner, hash: hash)
    }

    // MARK: Dates

    private struct Lateness {
        var isLate = false
        var isCarriedOver = false
    }

    /// Rule R9: the lag in days of the programme's zone decides; a late record is never also carried over.
    private func lateness(
        _ content: RecordContent, _ terms: Terms, _ place: Finding.Place, _ findings: inout [Finding]
    ) -> Lateness {
        var out = Lateness()
        let value = content.businessDate.description
        let lag = acceptedDay.days(since: content.businessDate)
        if content.businessDate > today {
            findings.append(Finding(.dat001, at: place.field("BusinessDate"), value: value, detail: "it is \(today)"))
        } else if lag > terms.lateLimitDays {
            let detail = "\(lag) days late, the limit is \(terms.lateLimitDays)"
            findings.append(Finding(.dat002, at: place.field("BusinessDate"), value: value, detail: detail))
        } else if lag > terms.graceDays {
            out.isLate = true
            let detail = "\(lag) days, \(terms.graceDays) are free of the late fee"
            findings.append(Finding(.dat003, at: place.field("BusinessDate"), value: value, detail: detail))
        } else {
            out.isCarriedOver = content.businessDate < window.firstDay
        }
        return out
    }

    // MARK: Role, unit, limit

    private func check(
        _ content: RecordContent, _ terms: Terms, _ place: Finding.Place, _ findings: inout [Finding]
    ) {
        let role: Role? =
            switch content.type {
            case .accrual: .earn
            case .redemption: .burn
            case .bonus: .coFund
            case .transferIn: .transferIn
            case .transferOut: .transferOut
            case .reversal, .adjustment: nil
            }
        if let role, !terms.roles.contains(role) {
            let field = place.field("LoyaltyTransactionType")
            let detail = "the agreement does not grant \(role.rawValue)"
            findings.append(Finding(.agr002, at: field, value: content.type.rawValue, detail: detail))
        }
        if let allowed = allowedUnits(content.type), !allowed.contains(content.unit) {
            let names = allowed.map(\.description).joined(separator: " or ")
            let detail = names.isEmpty ? "the partner has no points of its own" : "the unit is \(names)"
            let field = place.field("LoyaltyAmount")
            findings.append(Finding(.ref007, at: field, value: content.unit.description, detail: detail))
        }
        if let limit = Terms.limit(content.type, in: terms.recordLimits), content.units > limit {
            let field = place.field("LoyaltyAmount")
            findings.append(Finding(.lim001, at: field, value: "\(content.units)", detail: "the limit is \(limit)"))
        }
    }

    /// The units that a type can be in; nil for adjustments, whose unit has a rule of its own.
    private func allowedUnits(_ type: RecordType) -> [CurrencyCode]? {
        let own = agreement.ownCurrency.map { [$0] } ?? []
        return switch type {
        case .accrual, .reversal: [programme.currency] + own
        case .redemption, .bonus, .transferOut: [programme.currency]
        case .transferIn: own
        case .adjustment: nil
        }
    }

    // MARK: Effect

    private func effect(
        _ content: RecordContent, _ terms: Terms, _ place: Finding.Place, _ findings: inout [Finding]
    ) -> Candidate.Effect? {
        let pricing = Pricing(content: content, terms: terms, place: place, converter: self)
        switch content.type {
        case .accrual: return pricing.accrual(&findings)
        case .redemption:
            return pricing.single(.reimbursement, .reimbursement, .credit, points: content.units, nil, &findings)
        case .transferIn: return pricing.transferIn(&findings)
        case .transferOut: return pricing.transferOut(&findings)
        case .bonus: return pricing.bonus(&findings)
        case .adjustment: return pricing.adjustment(&findings)
        case .reversal:
            guard let original = content.originalID else {
                findings.append(Finding(.fmt001, at: place.field("OriginalTransaction/TransactionId")))
                return nil
            }
            return .reverse(original: identity(original))
        }
    }
}
