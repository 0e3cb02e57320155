import Primitives
import ProgrammeModel

/// What the files of a programme say about each other: references, names used twice, contradictions.
struct CrossChecks {
    let host: HostDraft?
    let agreements: [AgreementDraft]
    let promotions: [PromotionDraft]
    let partnerFiles: Set<String>
    let log: FindingLog

    func run() {
        checkPartners()
        checkVersionIDs()
        checkCertificates()
        checkSettlementCurrencies()
        checkInstructionIDs()
        for agreement in agreements {
            checkRoles(agreement)
            checkCycles(agreement)
            checkMargins(agreement)
        }
        for promotion in promotions { checkFunders(promotion) }
    }

    private func checkPartners() {
        var owners: [CurrencyCode: AgreementDraft] = [:]
        for agreement in agreements {
            if agreement.partner == host?.host?.value {
                log.add(
                    .cfg005, agreement.partnerSpot, value: agreement.partner.text,
                    detail: "the host's own id is no partner's id")
            }
            guard let own = agreement.ownCurrency else { continue }
            if own.value == host?.currencies.shared {
                log.add(
                    .cfg005, own.spot, value: own.value.description,
                    detail: "the shared currency is no partner's own; leave ownCurrency out")
            } else if let owner = owners[own.value] {
                log.add(
                    .cfg005, own.spot, value: own.value.description,
                    detail: "the currency is already that of \(owner.partner) (\(owner.file))")
            } else {
                owners[own.value] = agreement
            }
        }
    }

    /// Names of versions are unique over the whole programme, so that a statement line names one content.
    private func checkVersionIDs() {
        var seen: [VersionID: Spot] = [:]
        func check(_ items: [(VersionID, Spot)]) {
            for (id, spot) in items {
                if let first = seen[id] {
                    log.add(
                        .cfg005, spot, value: id.text,
                        detail: "the version's name is already used in \(first.file) on line \(first.line)")
                } else {
                    seen[id] = spot
                }
            }
        }
        for agreement in agreements {
            check(agreement.terms.items.map { ($0.value.id, $0.spot) })
            check(agreement.ratios.items.map { ($0.value.id, $0.spot) })
            check(agreement.prices.items.map { ($0.value.id, $0.spot) })
            check(agreement.fees.items.map { ($0.value.id, $0.spot) })
        }
    }

    /// A certificate speaks for one party only.
    private func checkCertificates() {
        var owners: [Digest32: (name: String, spot: Spot)] = [:]
        for officer in host?.officers ?? [] {
            owners[officer.value.fingerprint] = ("officer \(officer.value.name)", officer.spot)
        }
        for agreement in agreements {
            var own: Set<String> = []
            for item in agreement.certificates.items {
                let grant = item.value
                let name = grant.fingerprint.description
                if let owner = owners[grant.fingerprint], owner.spot.file != agreement.file {
                    log.add(
                        .cfg005, item.spot, value: name,
                        detail: "the certificate is already that of \(owner.name) (\(owner.spot.file))")
                } else if !own.insert("\(grant.usage.rawValue) \(name)").inserted {
                    log.add(
                        .cfg005, item.spot, value: name,
                        detail: "the certificate stands twice for \(grant.usage.rawValue)")
                } else {
                    owners[grant.fingerprint] = (agreement.partner.text, item.spot)
                }
            }
        }
    }

    /// Every settlement currency has a value date rule or listed value dates.
    private func checkSettlementCurrencies() {
        guard let calendar = host?.calendar else { return }
        var covered = Set(calendar.settlement?.calendars.map(\.value.currency) ?? [])
        if case .list(let windows) = calendar.windows {
            covered.formUnion(windows.flatMap { $0.valueDates ?? [] }.map(\.currency))
        }
        for agreement in agreements {
            guard let currency = agreement.settlementCurrency, !covered.contains(currency.value) else { continue }
            log.add(
                .cfg006, currency.spot, value: currency.value.description,
                detail: "the calendar of programme.yaml has no settlement days for the currency")
        }
    }

    /// A bank takes end-to-end ids of 35 characters: `STL-` window `-` partner `-` currency, and `-R99` for a resend.
    private func checkInstructionIDs() {
        guard let calendar = host?.calendar, case .list(let windows) = calendar.windows,
            let window = windows.map(\.id.text).max(by: { $0.utf8.count < $1.utf8.count }),
            let partner = agreements.map(\.partner.text).max(by: { $0.utf8.count < $1.utf8.count })
        else { return }
        let longest = "STL-\(window)-\(partner)-EUR-R99"
        guard longest.utf8.count > 35 else { return }
        log.add(
            .cfg005, calendar.spot, value: window,
            detail: "instructions would be named up to \(longest), and a bank takes 35 characters")
    }

    /// A role needs a price, and a transfer a ratio, in the days of the terms that grant it.
    private func checkRoles(_ agreement: AgreementDraft) {
        guard agreement.prices.isComplete, agreement.ratios.isComplete else { return }
        for terms in agreement.terms.items {
            for role in terms.value.roles {
                let kind = role.priceKind
                let span = terms.value.validity
                if !agreement.prices.values.contains(where: { $0.kind == kind && $0.validity.overlaps(span) }) {
                    log.add(
                        .cfg006, terms.spot, value: role.rawValue,
                        detail:
                            "\(terms.value.id) grants \(role.rawValue), and no price \(kind.rawValue) holds on its days"
                    )
                }
                guard let own = agreement.ownCurrency?.value, let shared = host?.currencies.shared else {
                    if role.isTransfer, agreement.ownCurrency == nil {
                        log.add(
                            .cfg006, terms.spot, value: role.rawValue,
                            detail: "\(terms.value.id) grants \(role.rawValue), and the partner has no own currency")
                    }
                    continue
                }
                guard role.isTransfer else { continue }
                let (from, to) = role == .transferIn ? (own, shared) : (shared, own)
                let exists = agreement.ratios.values.contains {
                    $0.purpose == .transfer && $0.from == from && $0.to == to && $0.validity.overlaps(span)
                }
                if !exists {
                    log.add(
                        .cfg006, terms.spot, value: role.rawValue,
                        detail: "\(terms.value.id) grants \(role.rawValue), and no ratio \(from) to \(to) for TRANSFER"
                            + " holds on its days")
                }
            }
        }
    }

    /// CFG-003, a warning: own points changed into the shared currency and back must not multiply.
    ///
    /// Every ratio joins an own currency and the shared one, so that each cycle consists of such pairs.
    private func checkCycles(_ agreement: AgreementDraft) {
        guard let shared = host?.currencies.shared else { return }
        for into in agreement.ratios.items where into.value.to == shared {
            for out in agreement.ratios.items
            where out.value.from == shared && out.value.to == into.value.from
                && out.value.validity.overlaps(into.value.validity)
            {
                let (a, b) = (into.value, out.value)
                let gained = Int128(a.toUnits) * Int128(b.toUnits)
                let spent = Int128(a.fromUnits) * Int128(b.fromUnits)
                guard gained >= spent else { continue }
                let product = Fraction(gained, spent)
                log.add(
                    .cfg003, out.spot, value: b.id.text,
                    detail: "\(a.id) (line \(into.spot.line)) and \(b.id) make \(product) \(a.from) of 1 \(a.from)",
                    severity: .warning)
            }
        }
    }

    /// CFG-003, a warning: what the host pays for a point should not exceed what it was paid for one.
    private func checkMargins(_ agreement: AgreementDraft) {
        for paid in agreement.prices.items where paid.value.kind == .reimbursement {
            for issued in agreement.prices.items
            where issued.value.kind == .issuance && issued.value.validity.overlaps(paid.value.validity)
                && issued.value.currency == paid.value.currency
            {
                let (a, b) = (paid.value.price.fraction, issued.value.price.fraction)
                guard a.numerator * b.denominator > b.numerator * a.denominator else { continue }
                log.add(
                    .cfg003, paid.spot, value: paid.value.id.text,
                    detail: "\(paid.value.id) pays \(paid.value.price) for a point, and \(issued.value.id)"
                        + " (line \(issued.spot.line)) takes \(issued.value.price)",
                    severity: .warning)
            }
        }
    }

    /// Funders exist, may fund, and have a price for what they fund.
    private func checkFunders(_ promotion: PromotionDraft) {
        for share in promotion.funders {
            let funder = share.value.funder
            if funder == host?.host?.value { continue }
            guard let agreement = agreements.first(where: { $0.partner == funder }) else {
                if !partnerFiles.contains(funder.text), host?.host != nil {
                    log.add(.cfg006, share.spot, value: funder.text, detail: "no such partner, and not the host")
                }
                continue
            }
            let mayFund = agreement.terms.values.contains {
                $0.roles.contains(.coFund) && $0.validity.overlaps(promotion.validity)
            }
            if agreement.terms.isComplete, !mayFund {
                log.add(
                    .cfg006, share.spot, value: funder.text,
                    detail: "no terms of \(funder) grant CO_FUND on the promotion's days")
            }
        }
    }
}

extension Role {
    /// The price at which what the role allows is cleared. Rule R5 (Specs/rules.md).
    var priceKind: PriceKind {
        switch self {
        case .earn, .coFund: .issuance
        case .burn: .reimbursement
        case .transferIn: .transferIn
        case .transferOut: .transferOut
        }
    }

    var isTransfer: Bool { self == .transferIn || self == .transferOut }
}
