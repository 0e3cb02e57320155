import Clearing
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Statements
import TestKit
import Testing
import Validation

/// Rule R13: wherever the cut-off falls in a workload, every record counts in exactly one window, and nothing is lost.
@Suite struct CutOffPositionTests {
    private static let partner = "ALPHA"

    /// Records, one a file and an hour: accruals, a redemption, a bonus, partial reversals of what came before.
    private static func workload(_ first: Timestamp) throws -> [RecordContent] {
        let rows: [(String, RecordType, Int64, String?)] = [
            ("A1", .accrual, 100, nil), ("A2", .accrual, 7, nil), ("R1", .reversal, 33, "A1"), ("B1", .bonus, 101, nil),
            ("D1", .redemption, 50, nil), ("R2", .reversal, 33, "A1"), ("R3", .reversal, 50, "B1"),
            ("A3", .accrual, 1, nil), ("R4", .reversal, 34, "A1"), ("R5", .reversal, 51, "B1"),
            ("R6", .reversal, 50, "D1"), ("A4", .accrual, 12, nil),
        ]
        return try rows.enumerated().map { index, row in
            var content = RecordContent(
                transactionID: try TransactionID(row.0), type: row.1,
                occurredAt: first.adding(milliseconds: Int64(index) * 3_600_000),
                businessDate: try BusinessDate("2026-03-10").need("day"), account: nil,
                unit: row.1 == .accrual || row.3 == "A1" ? RandomWorld.code("ALP") : RandomWorld.shared, units: row.2)
            content.originalID = try row.3.map { try TransactionID($0) }
            if row.1 == .bonus { content.promotionID = try PromotionID("PRM-1") }
            return content
        }
    }

    /// A programme of two windows with the cut-off at an instant.
    private static func programme(_ first: Timestamp, cutoff: Timestamp) throws -> Programme {
        let always = try DateSpan(from: BusinessDate("2025-01-01").need("from"), to: .distantFuture).need("span")
        func agreement(_ name: String, _ own: String?, _ currency: String) throws -> Agreement {
            let settlement = RandomWorld.code(currency)
            let ownCode = own.map { RandomWorld.code($0) }
            return Agreement(
                partner: try PartnerID(name), legalName: name, country: "FR", ownCurrency: ownCode,
                settlementCurrency: settlement, zone: "Test/1",
                terms: [
                    Terms(
                        id: try VersionID("T-\(name)"), validity: always, roles: Role.allCases,
                        minimumSettlement: Money(minorUnits: 1, currency: settlement),
                        tax: TaxProfile(hostSupplies: Tax(category: "S", rate: DecimalNumber("20"))))
                ],
                ratios: try ownCode.map {
                    [
                        Ratio(
                            id: try VersionID("R-\(name)"), purpose: .accrual, from: $0, to: RandomWorld.shared,
                            fromUnits: 3, toUnits: 2, validity: always)
                    ]
                } ?? [],
                prices: try [PriceKind.issuance, .reimbursement].map {
                    Price(
                        id: try VersionID("P-\(name)-\($0.rawValue)"), kind: $0,
                        price: try DecimalNumber("0.00550").need("price"),
                        currency: RandomWorld.euro, validity: always)
                },
                fees: [
                    Fee(
                        id: try VersionID("F-\(name)"), kind: .record, amount: try DecimalNumber("0.015").need("fee"),
                        currency: RandomWorld.euro, validity: always)
                ])
        }
        let end = first.adding(milliseconds: 20 * 86_400_000)
        let before = first.adding(milliseconds: -86_400_000)
        let zone = RandomWorld.zone(hours: 1)
        let windows = try [("W-1", before, cutoff), ("W-2", cutoff, end)].map { id, open, close in
            WindowDefinition(
                id: try WindowID(id), open: open, cutoff: close, firstDay: zone.date(at: open),
                valueDates: [.init(currency: RandomWorld.euro, date: zone.date(at: close))])
        }
        let funders = try ["ALPHA", "BRAVO"].map { Promotion.Share(funder: try PartnerID($0), weight: 1) }
        return Programme(
            id: "CUTS", host: try PartnerID("HOST"), hostName: "Host", currency: RandomWorld.shared, zone: zone,
            zones: [zone], windows: windows,
            agreements: [try agreement("ALPHA", "ALP", "EUR"), try agreement("BRAVO", nil, "TND")],
            promotions: [
                Promotion(
                    id: try PromotionID("PRM-1"), name: "Duo", validity: always, funders: funders,
                    signedBy: funders.map(\.funder))
            ])
    }

    @Test func theCutOffAtEveryPositionOfAWorkload() throws {
        let first = try Timestamp("2026-03-10T06:00:00+01:00").need("first")
        let work = try Self.workload(first)
        let partner = try PartnerID(Self.partner)
        var positions: Set<Int> = []
        // Before the first record, at each record's very instant, a millisecond after it, and after the last one.
        let cuts =
            [first.adding(milliseconds: -1)] + work.flatMap { [$0.occurredAt, $0.occurredAt.adding(milliseconds: 1)] }
        for cutoff in cuts {
            let driver = try EngineDriver(
                Self.programme(first, cutoff: cutoff), at: first.adding(milliseconds: -3_600_000), hashing: .quick)
            let naive = NaiveHouse(try driver.programme)
            let accounts = NaiveAccounts(naive)
            var points: [Int64] = []
            for content in work {
                let found = try driver.receive([content], partner: partner, at: content.occurredAt)
                #expect(found[0].entry.status == .accepted, "\(found[0].findings)")
                #expect(found[0].entry.points == naive.receive([content], partner, content.occurredAt)[0].points)
                points.append(found[0].entry.points)
            }
            // Points do not depend on where the cut-off falls.
            #expect(points == [67, 5, 22, 101, 50, 22, 50, 1, 23, 51, 50, 8])
            try driver.advance(to: first.adding(milliseconds: 21 * 86_400_000))
            for window in ["W-1", "W-2"] {
                for quote in ["TND"] {
                    let fixing = Fixing(
                        window: try WindowID(window), base: RandomWorld.euro, quote: RandomWorld.code(quote),
                        rate: try DecimalNumber("3.38420").need("rate"), source: "test")
                    if driver.house.windows.passed(fixing.window) != .closed {
                        try driver.act(.fixing(fixing), at: driver.house.lastTime)
                    }
                    accounts.add(fixing)
                }
            }
            for (place, window) in try driver.programme.windows.enumerated() {
                let rows = try driver.closes[window.id].need("\(window.id)").statements.map {
                    GoldenScenario.StatementRow($0.settlement)
                }
                let expected = accounts.close(place)
                for (row, right) in zip(rows, expected) {
                    #expect(Set(row.lines) == Set(right.lines), "\(cutoff)")
                    #expect(row.net == right.net, "\(cutoff)")
                    #expect(row.closing == right.closing, "\(cutoff)")
                }
            }
            let counted = driver.closes.values.flatMap(\.statements).filter {
                $0.clearing.agreement.partner == partner
            }.flatMap { $0.clearing.clearing.lines }.reduce(0) { $0 + $1.total.records }
            #expect(counted == Int64(work.count), "INV-03: each record is on one line of one window")
            let inFirst = work.filter { $0.occurredAt < cutoff }.count
            let cleared = try driver.closes[WindowID("W-1")].need("W-1").statements[0].clearing.clearing.lines
            #expect(cleared.reduce(0) { $0 + $1.total.records } == Int64(inFirst))
            positions.insert(inFirst)
        }
        #expect(positions == Set(0...work.count))
    }
}
