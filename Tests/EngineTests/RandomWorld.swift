import Journal
import Primitives
import ProgrammeModel
import TestKit
import Validation

/// A random programme within the limits of what can be agreed, and random records for it. All follows from the seed.
struct RandomWorld {
    var random: SeededGenerator
    let programme: Programme
    /// The first day of the first window.
    let start: BusinessDate
    private var number = 0

    static let euro = code("EUR")
    static let shared = code("PTS")
    private static let names = ["ALPHA", "BRAVO", "CARGO", "DELTA"]
    private static let ownUnits = ["ALP", "BRV", "CRG", "DLT"]

    static func code(_ text: String) -> CurrencyCode {
        guard let code = CurrencyCode(text) else { preconditionFailure("\(text) is no code") }
        return code
    }

    /// What a world is made for.
    enum Purpose {
        /// Many records in a few weeks.
        case records
        /// Months of payments, with some records.
        case payments
        /// Reversals that no limit of an agreement refuses.
        case reversals
    }

    init(seed: UInt64, for purpose: Purpose = .records) throws {
        var random = SeededGenerator(seed: seed)
        let start = try BusinessDate("2026-01-05").need("start")
        let windows = try Self.windows(start, purpose, &random)
        let count = Int.random(in: 1...4, using: &random)
        let far = windows.last.map { Int($0.cutoff.milliseconds / 86_400_000) - Int(start.daysSince1970) } ?? 0
        var agreements: [Agreement] = []
        for index in 0..<count {
            agreements.append(
                try AgreementMaker(
                    start: start, days: far, name: Self.names[index], isGenerous: purpose == .reversals, &random
                ).make(
                    own: Int.random(in: 0..<4, using: &random) == 0 ? nil : Self.code(Self.ownUnits[index]), &random))
        }
        self.start = start
        let zones = [-5, 1, 4, 13].map { Self.zone(hours: $0) }
        programme = Programme(
            id: "RANDOM", host: try PartnerID("HOST"), hostName: "Host", currency: Self.shared,
            zone: Self.zone(hours: 1), zones: zones, windows: windows, agreements: agreements,
            promotions: try Self.promotions(agreements.map(\.partner), start, far, &random),
            openingPoints: Int64.random(in: 0...1_000_000, using: &random))
        self.random = random
    }

    static func zone(hours: Int) -> Zone {
        Zone(name: "Test/\(hours)", offsets: [Zone.Offset(from: Timestamp(milliseconds: 0), seconds: hours * 3600)])
    }

    private static func windows(
        _ start: BusinessDate, _ purpose: Purpose, _ random: inout SeededGenerator
    ) throws -> [WindowDefinition] {
        var out: [WindowDefinition] = []
        // Whole days for half of the programmes, else cut-offs at any hour.
        let hour = Bool.random(using: &random) ? 0 : Int.random(in: 1...23, using: &random)
        var day = start
        let counts = purpose == .payments ? 6...12 : 2...5
        for index in 1...Int.random(in: counts, using: &random) {
            let next = day.adding(days: Int.random(in: purpose == .payments ? 10...31 : 1...12, using: &random))
            let open = Timestamp(date: day, secondOfDay: hour * 3600, offsetSeconds: 3600)
            let cutoff = Timestamp(date: next, secondOfDay: hour * 3600, offsetSeconds: 3600)
            let settles = Int.random(in: 0..<5, using: &random) > 0
            out.append(
                WindowDefinition(
                    id: try WindowID("W-\(index)"), open: open, cutoff: cutoff, firstDay: day,
                    valueDates: settles
                        ? ["EUR", "TND", "JPY", "USD"].map { .init(currency: code($0), date: next.adding(days: 3)) }
                        : []))
            day = next
        }
        return out
    }

    private static func promotions(
        _ partners: [PartnerID], _ start: BusinessDate, _ days: Int, _ random: inout SeededGenerator
    ) throws -> [Promotion] {
        let host = try PartnerID("HOST")
        return try (1...3).map { index in
            var funders = partners.shuffled(using: &random).prefix(Int.random(in: 1...partners.count, using: &random))
                .map { Promotion.Share(funder: $0, weight: Int64.random(in: 1...50, using: &random)) }
            if Bool.random(using: &random) {
                funders.insert(.init(funder: host, weight: Int64.random(in: 1...50, using: &random)), at: 0)
            }
            let from = start.adding(days: Int.random(in: -5...days, using: &random))
            let isSigned = Int.random(in: 0..<6, using: &random) > 0
            let signed = funders.map(\.funder).filter { $0 != host }
            return Promotion(
                id: try PromotionID("PRM-\(index)"), name: "Promotion", funders: funders,
                days: from, Int.random(in: 0...20, using: &random),
                signedBy: isSigned ? signed : Array(signed.dropLast()))
        }
    }

    // MARK: Records

    /// A file of some records that refer to what is known.
    mutating func file(of partner: PartnerID, at: Timestamp, known: [NaiveHouse.Kept]) throws -> [RecordContent] {
        var out: [RecordContent] = []
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let own = known.filter { $0.partner == partner }
            if !own.isEmpty, Int.random(in: 0..<14, using: &random) == 0 {
                var repeated = random.pick(own).content
                if Int.random(in: 0..<3, using: &random) == 0 { repeated.units += 1 }
                out.append(repeated)
            } else if let last = out.last, Int.random(in: 0..<20, using: &random) == 0 {
                out.append(last)
            } else {
                out.append(try record(of: partner, at: at, own: own, before: out))
            }
        }
        return out
    }

    private mutating func record(
        of partner: PartnerID, at: Timestamp, own: [NaiveHouse.Kept], before: [RecordContent]
    ) throws -> RecordContent {
        number += 1
        guard let agreement = programme.agreement(partner) else { throw ScenarioError("no agreement of \(partner)") }
        let types: [RecordType] = [
            .accrual, .accrual, .accrual, .accrual, .redemption, .redemption, .reversal, .reversal, .reversal, .bonus,
            .transferIn, .transferOut, .adjustment,
        ]
        let type = random.pick(types)
        // Mostly on time, sometimes late, too late or tomorrow.
        let lag = random.pick([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 7, 11, -1])
        let today = programme.zone(of: partner).date(at: at)
        let units = [Self.shared] + (agreement.ownCurrency.map { [$0, $0] } ?? [])
        var record = RecordContent(
            transactionID: try TransactionID("T\(number)"), type: type, occurredAt: at,
            businessDate: today.adding(days: -lag),
            account: MemberAccount(kind: .card, number: try MemberNumber("9250123456789013").need("member")),
            unit: Self.shared, units: Int64.random(in: 1...random.pick([10, 200, 5000, 1_000_000]), using: &random))
        switch type {
        case .accrual: record.unit = random.pick(units)
        case .transferIn: record.unit = agreement.ownCurrency ?? Self.shared
        case .bonus: record.promotionID = try PromotionID("PRM-\(Int.random(in: 1...4, using: &random))")
        case .adjustment:
            record.direction = Int.random(in: 0..<4, using: &random) > 0 ? .debit : .credit
            record.reason = "GOODWILL"
        case .reversal: try reverse(&record, own, before)
        case .redemption, .transferOut: break
        }
        if type == .transferIn || type == .transferOut, Int.random(in: 0..<4, using: &random) > 0 {
            record.units = (record.units / 10 + 1) * 10
        }
        // Now and then a unit that is not allowed.
        if Int.random(in: 0..<50, using: &random) == 0 { record.unit = Self.code("XYZ") }
        return record
    }

    private mutating func reverse(
        _ record: inout RecordContent, _ own: [NaiveHouse.Kept], _ before: [RecordContent]
    ) throws {
        record.originalID = try TransactionID("UNKNOWN")
        let reversible = own.filter { $0.left > 0 }
        var (original, left): (RecordContent?, Int64) = (nil, 0)
        if !reversible.isEmpty, Int.random(in: 0..<8, using: &random) > 0 {
            let kept = random.pick(reversible)
            (original, left) = (kept.content, kept.left)
        } else if let last = before.last {
            (original, left) = (last, last.units)
        } else if let any = own.last {
            (original, left) = (any.content, any.content.units)
        }
        guard let original else { return }
        record.originalID = original.transactionID
        record.unit = original.unit
        let choice = Int.random(in: 0..<10, using: &random)
        let isTransfer = original.type == .transferIn || original.type == .transferOut
        switch choice {
        case 0: record.units = left + 1
        case 1: record.units = max(original.units - 1, 1)
        case 2, 3, 4: record.units = max(left, 1)
        default: record.units = isTransfer ? original.units : Int64.random(in: 1...max(left, 1), using: &random)
        }
        if Int.random(in: 0..<20, using: &random) == 0 {
            record.account = MemberAccount(kind: .card, number: try MemberNumber("4111111111111111").need("member"))
        }
    }

    // MARK: Fixings and adjustments

    /// The fixings of a window for every settlement currency other than the euro.
    mutating func fixings(_ window: WindowID) -> [Fixing] {
        Set(programme.agreements.map(\.settlementCurrency)).filter { $0 != Self.euro }.sorted().map { quote in
            let digits = Int64.random(in: 100_000...999_999, using: &random)
            guard let rate = DecimalNumber(unscaled: digits, scale: Int.random(in: 3...5, using: &random)) else {
                preconditionFailure("a rate has at most 12 fraction digits")
            }
            return Fixing(window: window, base: Self.euro, quote: quote, rate: rate, source: "test")
        }
    }

    /// An adjustment in money of a partner.
    mutating func adjustment() -> HostAdjustment {
        let agreement = random.pick(programme.agreements)
        let amount = Money(
            minorUnits: Int64.random(in: 1...5000, using: &random), currency: agreement.settlementCurrency)
        let taxes = [Tax.outside, agreement.terms[0].tax.hostSupplies, Tax(category: "S", rate: DecimalNumber("5.5"))]
        return HostAdjustment(
            partner: agreement.partner, direction: random.pick([.debit, .credit]), reason: "GOODWILL", narrative: "",
            businessDate: start,
            amount: .money(amount, tax: random.pick(taxes), correctedLine: "STL-W-0-\(agreement.partner)#1"))
    }
}

extension Promotion {
    fileprivate init(
        id: PromotionID, name: String, funders: [Share], days from: BusinessDate, _ count: Int, signedBy: [PartnerID]
    ) {
        guard let span = DateSpan(from: from, to: from.adding(days: count)) else {
            preconditionFailure("a promotion ends after it begins")
        }
        self.init(id: id, name: name, validity: span, funders: funders, signedBy: signedBy)
    }
}
