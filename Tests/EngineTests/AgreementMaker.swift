import Primitives
import ProgrammeModel
import TestKit

/// Makes a random agreement: versions that change in the middle of windows, gaps, any rounding, any tax.
struct AgreementMaker {
    private let start: BusinessDate
    private let days: Int
    private let name: String
    private let isGenerous: Bool
    private var random: SeededGenerator

    /// - Parameters:
    ///   - days: how long the windows run.
    ///   - isGenerous: whether every role is granted and no limit is set.
    init(start: BusinessDate, days: Int, name: String, isGenerous: Bool, _ random: inout SeededGenerator) {
        self.isGenerous = isGenerous
        self.start = start
        self.days = days
        self.name = name
        self.random = SeededGenerator(seed: random.next())
    }

    func make(own: CurrencyCode?, _ random: inout SeededGenerator) throws -> Agreement {
        var copy = self
        return try copy.build(own)
    }

    private mutating func build(_ own: CurrencyCode?) throws -> Agreement {
        let settlement = RandomWorld.code(random.pick(["EUR", "EUR", "TND", "JPY", "USD"]))
        return Agreement(
            partner: try PartnerID(name), legalName: name, country: "FR", ownCurrency: own,
            settlementCurrency: settlement, zone: "Test/\(random.pick([-5, 1, 1, 4, 13]))",
            terms: [try terms(settlement)], ratios: try own.map { try ratios($0) } ?? [],
            prices: try PriceKind.allCases.flatMap { try prices($0, settlement) },
            fees: try FeeKind.allCases.flatMap { try fees($0) })
    }

    private mutating func terms(_ settlement: CurrencyCode) throws -> Terms {
        let terms = try limitedTerms(settlement)
        guard isGenerous else { return terms }
        return Terms(
            id: terms.id, validity: try DateSpan(from: start.adding(days: -100), to: .distantFuture).need("terms"),
            roles: Role.allCases, graceDays: 60, lateLimitDays: 60, minimumSettlement: terms.minimumSettlement,
            maxCarryWindows: terms.maxCarryWindows, rounding: terms.rounding, tax: terms.tax)
    }

    private mutating func limitedTerms(_ settlement: CurrencyCode) throws -> Terms {
        let roles = chance(4) ? Role.allCases.filter { _ in !chance(4) } : Role.allCases
        let host = random.pick([
            Tax(category: "S", rate: DecimalNumber("20")), Tax(category: "S", rate: DecimalNumber("5.5")),
            Tax(category: "Z", rate: DecimalNumber("0")), Tax.outside,
        ])
        let own = chance(3) ? Tax(category: "S", rate: DecimalNumber("19.6")) : nil
        let grace = Int.random(in: 0...4, using: &random)
        return Terms(
            id: try VersionID("T-\(name)"),
            validity: try DateSpan(
                from: start.adding(days: chance(4) ? -2 : -100), to: .distantFuture
            ).need("terms"),
            roles: roles, graceDays: grace, lateLimitDays: grace + Int.random(in: 0...6, using: &random),
            reversalLimitDays: chance(2) ? [.init(type: .accrual, value: 9), .init(type: .redemption, value: 4)] : [],
            minimumSettlement: Money(
                minorUnits: Int64.random(in: 0...random.pick([1, 500, 100_000]), using: &random), currency: settlement),
            maxCarryWindows: Int.random(in: 0...3, using: &random),
            recordLimits: chance(3)
                ? [.init(type: .redemption, value: 3000), .init(type: .accrual, value: 100_000)] : [],
            dailyRedemptionLimit: chance(2) ? random.pick([40, 300, 4000]) : nil,
            lateFeeCapPerFile: chance(2) ? Int.random(in: 0...1, using: &random) : nil,
            rounding: random.pick(Rounding.allCases), tax: TaxProfile(hostSupplies: host, partnerSupplies: own))
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    /// Up to three spans of days, now and then with a gap between them.
    private mutating func spans() throws -> [DateSpan] {
        var out: [DateSpan] = []
        var from = start.adding(days: -200)
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let to = max(from, start.adding(days: Int.random(in: -3...days, using: &random)))
            guard to > from else { continue }
            out.append(try DateSpan(from: from, to: to).need("span"))
            from = to.adding(days: chance(8) ? 2 : 1)
        }
        out.append(try DateSpan(from: from, to: .distantFuture).need("span"))
        return out
    }

    private mutating func ratios(_ own: CurrencyCode) throws -> [Ratio] {
        let shared = RandomWorld.shared
        let kinds: [(String, RatioPurpose, CurrencyCode, CurrencyCode)] = [
            ("R", .accrual, own, shared), ("XI", .transfer, own, shared), ("XO", .transfer, shared, own),
        ]
        var out: [Ratio] = []
        for (label, purpose, from, to) in kinds {
            for (index, span) in try spans().enumerated() {
                let isLimited = purpose == .transfer && !chance(3)
                let (a, b) = chance(6) ? (999_983, 65_537) : (units(), units())
                out.append(
                    Ratio(
                        id: try VersionID("\(label)-\(name)-\(index)"), purpose: purpose, from: from, to: to,
                        fromUnits: a, toUnits: b, validity: span, minimum: isLimited ? 20 : nil,
                        step: isLimited ? 10 : nil, rounding: random.pick(Rounding.allCases)))
            }
        }
        return out
    }

    private mutating func units() -> Int64 { Int64.random(in: 1...12, using: &random) }

    private mutating func prices(_ kind: PriceKind, _ settlement: CurrencyCode) throws -> [Price] {
        try spans().enumerated().map { index, span in
            let scale = random.pick([2, 5, 8])
            let price = DecimalNumber(unscaled: Int64.random(in: 1...99_999, using: &random), scale: scale)
            return Price(
                id: try VersionID("P-\(name)-\(kind.rawValue)-\(index)"), kind: kind, price: try price.need("price"),
                currency: chance(4) ? settlement : RandomWorld.euro, validity: span,
                basis: kind == .reimbursement || kind == .transferOut ? random.pick(PriceBasis.allCases) : .net)
        }
    }

    private mutating func fees(_ kind: FeeKind) throws -> [Fee] {
        guard !chance(3) else { return [] }
        return try spans().enumerated().map { index, span in
            let amount = DecimalNumber(unscaled: Int64.random(in: 1...999, using: &random), scale: 3)
            return Fee(
                id: try VersionID("F-\(name)-\(kind.rawValue.prefix(8))-\(index)"), kind: kind,
                amount: try amount.need("fee"), currency: RandomWorld.euro, validity: span)
        }
    }
}
