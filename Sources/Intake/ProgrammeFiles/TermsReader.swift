import Primitives
import ProgrammeModel

/// Reads versions of the terms of an agreement.
struct TermsReader {
    let settlement: CurrencyCode?

    /// Settings that are decided and belong to a later version.
    private static let later = [
        "netDebitCap", "guarantee", "floorLimit", "holdAbove", "holdExpiryDays", "memberDailyLimit",
        "memberWindowLimit", "partnerMonthlyLimit", "calendar",
    ]

    func terms(_ map: MapReader) -> Terms? {
        let id = map.versionID()
        let validity = map.validity()
        let roles = roles(map.required("roles"))
        let grace = map.optional("graceDays")?.int(0...365) ?? 3
        let lateField = map.optional("lateLimitDays")
        let late = lateField?.int(0...3650) ?? 30
        let reversal = limits(map.optional("reversalLimitDays"), 0...3650, reversible: true)
        let dispute = map.optional("disputeLimitDays")?.int(0...3650) ?? 60
        let minimum = minimum(map.required("minimumSettlement"))
        let carry = map.optional("maxCarryWindows")?.int(0...1000) ?? 6
        let rejection = map.optional("rejection").map(rejection) ?? .perRecord(thresholdPercent: 100)
        let records = limits(map.optional("recordLimits"), 1...Limits.unitsPerRecord, reversible: false)
        let daily = map.optional("dailyRedemptionLimit")?.integer(1...Limits.unitsPerRecord)
        let cap = map.optional("lateFeeCapPerFile")?.int(0...1_000_000_000)
        let rounding = map.optional("rounding")?.choice(Rounding.self) ?? .halfUp
        let tax = profile(map.required("tax"))
        _ = map.optional("funding")?.choice(Funding.self, later: ["AT_REDEMPTION"])
        _ = map.optional("billing")?.choice(Billing.self, later: ["PREPAID"])
        map.later(Self.later)
        if late < grace {
            (lateField ?? map.optional("graceDays"))?.refuse("lateLimitDays is at least graceDays", value: "\(late)")
        }
        guard let id, let validity, let roles, let minimum, let rejection, let tax else { return nil }
        return Terms(
            id: id, validity: validity, roles: roles, graceDays: grace, lateLimitDays: late,
            reversalLimitDays: reversal, disputeLimitDays: dispute, minimumSettlement: minimum,
            maxCarryWindows: carry, rejection: rejection, recordLimits: records, dailyRedemptionLimit: daily,
            lateFeeCapPerFile: cap, rounding: rounding, tax: tax)
    }

    private enum Funding: String, CaseIterable { case atIssuance = "AT_ISSUANCE" }
    private enum Billing: String, CaseIterable { case postpaid = "POSTPAID" }

    private func roles(_ field: Field?) -> [Role]? {
        guard let field, let items = field.items() else { return nil }
        var roles: [Role] = []
        for item in items {
            guard let role = item.choice(Role.self) else { continue }
            if roles.contains(role) { item.refuse("the role stands twice") } else { roles.append(role) }
        }
        return roles
    }

    /// A mapping from record types to numbers.
    private func limits(_ field: Field?, _ range: ClosedRange<Int64>, reversible: Bool) -> [Terms.TypeLimit] {
        guard let map = field?.map() else { return [] }
        var out: [Terms.TypeLimit] = []
        for entry in map.all() {
            let (key, field) = entry.value
            guard let type = RecordType(rawValue: key) else {
                let code: ReasonCode = ["ENRL", "EXPR"].contains(key) ? .cfg007 : .cfg005
                map.log.add(
                    code, entry.spot, value: key,
                    detail: code == .cfg007
                        ? "'\(key)' is not carried out by this version"
                        : "expected a record type: \(RecordType.allCases.map(\.rawValue).joined(separator: ", "))")
                continue
            }
            if reversible, type == .reversal {
                field.refuse("a reversal is not reversed", value: key)
            }
            if let value = field.integer(range) { out.append(Terms.TypeLimit(type: type, value: value)) }
        }
        map.finish()
        return out
    }

    private func minimum(_ field: Field?) -> Money? {
        guard let field, let money = field.money() else { return nil }
        if let settlement, money.currency != settlement {
            field.refuse("the minimum is in the settlement currency \(settlement)")
        }
        return money
    }

    private enum Policy: String, CaseIterable {
        case wholeFile = "WHOLE_FILE"
        case perRecord = "PER_RECORD"
    }

    private func rejection(_ field: Field) -> RejectionPolicy? {
        guard let map = field.map() else { return nil }
        let policy = map.required("policy")?.choice(Policy.self)
        let threshold = map.optional("thresholdPercent")
        let percent = threshold?.int(0...100)
        map.finish()
        switch policy {
        case .wholeFile:
            threshold?.refuse("a threshold belongs to PER_RECORD")
            return .wholeFile
        case .perRecord: return .perRecord(thresholdPercent: percent ?? 100)
        case nil: return nil
        }
    }

    private func profile(_ field: Field?) -> TaxProfile? {
        guard let map = field?.map() else { return nil }
        let host = map.required("hostSupplies").flatMap(tax)
        let partner = map.optional("partnerSupplies")
        let partnerTax = partner.flatMap(tax)
        map.finish()
        guard let host, partner == nil || partnerTax != nil else { return nil }
        return TaxProfile(hostSupplies: host, partnerSupplies: partnerTax)
    }

    /// The categories of UNCL 5305 that EN 16931 uses.
    private enum Category: String, CaseIterable {
        case standard = "S"
        case zero = "Z"
        case exempt = "E"
        case reverseCharge = "AE"
        case withinUnion = "K"
        case export = "G"
        case outside = "O"
        case canaryIslands = "L"
        case ceutaMelilla = "M"
    }

    private func tax(_ field: Field) -> Tax? {
        guard let map = field.map() else { return nil }
        let category = map.required("category")?.choice(Category.self)
        let rateField = category == .outside ? map.optional("rate") : map.required("rate")
        let rate = rateField?.percent()
        map.finish()
        guard let category else { return nil }
        switch category {
        case .outside:
            rateField?.refuse("category O lies outside the scope of tax and has no rate")
            return .outside
        case .zero, .exempt, .reverseCharge, .withinUnion, .export:
            if let rate, rate.unscaled != 0 { rateField?.refuse("category \(category.rawValue) has the rate 0") }
        case .standard:
            if let rate, rate.unscaled == 0 { rateField?.refuse("category S has a rate above 0; 0 is category Z") }
        case .canaryIslands, .ceutaMelilla: break
        }
        return rate.map { Tax(category: category.rawValue, rate: $0) }
    }
}
