import Gateway
import House
import Journal
import Ledger
import Primitives
import ProgrammeFiles
import ProgrammeModel
import TestKit
import Testing
import Validation

/// What an agreement allows: thresholds, limits, roles, prices, promotions and adjustments. Each code at its boundary.
@Suite struct RecordRuleTests {
    static let start = "2026-03-18T02:10:00+01:00"

    private static func agreement(_ partner: String, _ from: String, _ to: String) -> [String: (String) throws ->
        String]
    {
        [
            "agreements/\(partner).yaml": { text in
                guard text.contains(from) else { throw ScenarioError("no '\(from)' in the agreement of \(partner)") }
                return text.replacing(from, with: to)
            }
        ]
    }

    private func sale(_ id: String, _ units: Int64 = 100, on day: String = "2026-03-17") throws -> RecordContent {
        try BatchFile.record(id, .accrual, "MKP", units, on: day)
    }

    private func redemption(_ id: String, _ points: Int64, on day: String = "2026-03-17") throws -> RecordContent {
        try BatchFile.record(id, .redemption, "SML", points, on: day)
    }

    /// A record that a rule refuses.
    private func wrong(_ id: String) throws -> RecordContent {
        try BatchFile.record(id, .transferOut, "SML", 1001, on: "2026-03-17")
    }

    private func posted(_ house: TestHouse, _ partner: String = "MARCHE") async throws -> Int {
        await house.house.state.ledger.partners[try PartnerID(partner)]?.count ?? 0
    }

    // MARK: FIL-010

    @Test func anAgreementOfWholeFilesRefusesAllForOne() async throws {
        let change = Self.agreement(
            "MARCHE", "policy: PER_RECORD\n      thresholdPercent: 100", "policy: WHOLE_FILE")
        let house = try await TestHouse(at: Self.start, change: change)
        let sent = try await house.send("MARCHE", 1, [sale("A1"), wrong("A2"), sale("A3")])
        #expect(try sent.last.status == "RJCT")
        #expect(try sent.last.codes == ["FIL-010", "TRF-002"])
        #expect(try sent.last.finding("FIL-010")?.value == "1 of 3")
        #expect(try await posted(house) == 0)
        let state = await house.house.state
        #expect(state.ledger.windows.isEmpty)
        #expect(state.ledger.points[.members] == 100_000)

        // A repeat is no refusal, and the refused file's transactions are free.
        let id = try sent.last.id
        let whole = try await house.send("MARCHE", 1, [sale("A1"), sale("A3")]) {
            $0.replacesReceiptID = try MessageID(id)
        }
        #expect(try whole.last.status == "ACCP")
        #expect(try whole.last.sums == ["ACCP MKP": [2, 200, 134]])
        let repeated = try await house.send("MARCHE", 2, [sale("A1"), sale("A4")])
        #expect(try repeated.last.status == "ACCP")
    }

    @Test func refusedRecordsUpToTheThresholdLeaveTheOthers() async throws {
        let house = try await TestHouse(
            at: Self.start, change: Self.agreement("MARCHE", "thresholdPercent: 100", "thresholdPercent: 50"))
        let half = try await house.send("MARCHE", 1, [sale("A1"), wrong("A2")])
        #expect(try half.last.status == "PART")
        #expect(try half.last.codes == ["TRF-002"])
        #expect(try await posted(house) == 1)
        let more = try await house.send("MARCHE", 2, [sale("A3"), wrong("A4"), wrong("A5")])
        #expect(try more.last.status == "RJCT")
        #expect(try more.last.codes == ["FIL-010", "TRF-002", "TRF-002"])
        #expect(try await posted(house) == 1)
    }

    @Test func aThresholdOfZeroTakesNoRefusedRecord() async throws {
        let house = try await TestHouse(
            at: Self.start, change: Self.agreement("MARCHE", "thresholdPercent: 100", "thresholdPercent: 0"))
        #expect(try await house.send("MARCHE", 1, [sale("A1")]).last.status == "ACCP")
        let sent = try await house.send("MARCHE", 2, (2...30).map { try sale("A\($0)") } + [wrong("W")])
        #expect(try sent.last.codes.first == "FIL-010")
        #expect(try await posted(house) == 1)
    }

    @Test func aFileOfNothingButRefusedRecordsIsRefused() async throws {
        let house = try await TestHouse(at: Self.start)
        let sent = try await house.send("MARCHE", 1, [wrong("A1"), wrong("A2")])
        #expect(try sent.last.status == "RJCT")
        #expect(try sent.last.codes == ["TRF-002", "TRF-002"])
        let again = try await house.send("MARCHE", 1, [sale("A1")])
        #expect(try again.last.codes == ["FIL-011"], "it keeps its number")
    }

    // MARK: FIL-002, FIL-003

    @Test(arguments: BatchFormat.allCases)
    func wrongTotalsRefuseTheWholeFileAndListItsRecordsFindings(_ format: BatchFormat) async throws {
        let house = try await TestHouse(at: Self.start)
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        let right = String(
            decoding: try await house.file(batch, [sale("A1", 100), sale("A2", 7), wrong("A3")], format: format),
            as: UTF8.self)
        let sum = format == .xml ? (">107<", ">108<") : ("MKP,107,", "MKP,108,")
        guard right.contains(sum.0) else {
            Issue.record("no control sum in \(right)")
            return
        }
        let sent = try await house.send(Array(right.replacing(sum.0, with: sum.1).utf8), batch, format)
        #expect(try sent.last.status == "RJCT")
        #expect(try sent.last.codes == ["FIL-003", "TRF-002"])
        #expect(try await posted(house) == 0)
    }

    // MARK: LIM

    @Test func aRecordStaysWithinItsTypesLimit() async throws {
        let change = Self.agreement(
            "MARCHE", "    maxCarryWindows: 6", "    maxCarryWindows: 6\n    recordLimits: {REDM: 5000, ACCR: 300}")
        let house = try await TestHouse(at: Self.start, change: change)
        let sent = try await house.send(
            "MARCHE", 1, [sale("A1", 300), sale("A2", 301), redemption("A3", 5000), redemption("A4", 5001)])
        #expect(try sent.last.status == "PART")
        #expect(try sent.last.codes == ["LIM-001", "LIM-001"])
        #expect(try sent.last.findings.map(\.record) == [2, 4])
        #expect(try sent.last.findings.map(\.value) == ["301", "5001"])
        #expect(try await posted(house) == 2)
    }

    @Test func redemptionsOfADayStayWithinTheDailyLimit() async throws {
        let change = Self.agreement(
            "MARCHE", "    maxCarryWindows: 6", "    maxCarryWindows: 6\n    dailyRedemptionLimit: 1000")
        let house = try await TestHouse(at: Self.start, change: change)
        let first = try await house.send(
            "MARCHE", 1, [redemption("A1", 600), redemption("A2", 401), redemption("A3", 300)])
        #expect(try first.last.codes == ["LIM-005"])
        #expect(try first.last.finding("LIM-005")?.record == 2)
        let second = try await house.send(
            "MARCHE", 2, [redemption("A4", 101), redemption("A5", 100), redemption("A6", 1)])
        #expect(try second.last.findings.map(\.record) == [1, 3], "what was refused leaves its room")
        #expect(try second.last.codes == ["LIM-005", "LIM-005"])
        let other = try await house.send(
            "MARCHE", 3, [redemption("A7", 1000, on: "2026-03-16"), redemption("A8", 1, on: "2026-03-16")])
        #expect(try other.last.findings.map(\.record) == [2], "a day has a limit of its own")
        // The limit counts the business day, and survives a restart.
        try house.reopen()
        #expect(try await house.send("MARCHE", 4, [redemption("A9", 1)]).last.codes == ["LIM-005"])
    }

    /// The first of them is judged in full, the others where it has opened their line.
    @Test func redemptionsOfOneFileAddUpToTheDailyLimit() async throws {
        let change = Self.agreement(
            "MARCHE", "    maxCarryWindows: 6", "    maxCarryWindows: 6\n    dailyRedemptionLimit: 1000")
        let house = try await TestHouse(at: Self.start, change: change)
        let sent = try await house.send(
            "MARCHE", 1,
            [redemption("A1", 500), redemption("A2", 300), redemption("A3", 201), redemption("A4", 200)])
        #expect(try sent.last.codes == ["LIM-005"])
        #expect(try sent.last.findings.map(\.record) == [3])
    }

    @Test func withoutALimitThereIsNone() async throws {
        let house = try await TestHouse(at: Self.start)
        let sent = try await house.send(
            "MARCHE", 1, [redemption("A1", 999_999_999_999), redemption("A2", 999_999_999_999)])
        #expect(try sent.last.status == "ACCP")
    }

    // MARK: PRM

    private func bonus(_ id: String, _ promotion: String, on day: String) throws -> RecordContent {
        var record = try BatchFile.record(id, .bonus, "SML", 100, on: day)
        record.promotionID = try PromotionID(promotion)
        return record
    }

    @Test func aPromotionExistsAndRunsOnTheBusinessDate() async throws {
        let house = try await TestHouse(at: "2026-05-01T02:00:00+02:00")
        let sent = try await house.send(
            "RAILCO", 1,
            [
                bonus("A1", "PRM-NONE", on: "2026-04-30"), bonus("A2", "PRM-DUO", on: "2026-04-30"),
                bonus("A3", "PRM-DUO", on: "2026-05-01"), bonus("A4", "PRM-SPRING", on: "2026-05-01"),
            ])
        #expect(try sent.last.codes == ["PRM-001", "PRM-001"])
        #expect(try sent.last.findings.map(\.record) == [1, 3])
        #expect(try sent.last.findings.map(\.value) == ["PRM-NONE", "PRM-DUO"])
        let early = try await TestHouse(at: "2026-04-02T02:00:00+02:00")
        let before = try await early.send(
            "RAILCO", 1, [bonus("A1", "PRM-DUO", on: "2026-03-31"), bonus("A2", "PRM-DUO", on: "2026-04-01")])
        #expect(try before.last.findings.map(\.record) == [1])
    }

    @Test func everyFunderMustHaveSignedThePromotion() async throws {
        let house = try await TestHouse(at: "2026-04-02T02:00:00+02:00")
        // The host widens the promotion, and MARCHE has not signed the new bytes.
        let change: [String: (String) throws -> String] = [
            "promotions/PRM-DUO.yaml": { $0.replacing("validTo: 2026-04-30", with: "validTo: 2026-05-15") }
        ]
        _ = try house.writeProgramme(change: change)
        try house.folder.remove("programme/promotions/PRM-DUO.yaml.MARCHE.p7s")
        let loaded = try await house.load(try ProgrammeDirectory.read(at: house.programmePath))
        #expect(loaded.version == 2)
        let sent = try await house.send(
            "RAILCO", 1, [bonus("A1", "PRM-DUO", on: "2026-04-02"), bonus("A2", "PRM-SPRING", on: "2026-04-02")])
        #expect(try sent.last.codes == ["PRM-002"])
        #expect(try sent.last.finding("PRM-002")?.detail == "not signed by MARCHE")
        #expect(try await posted(house, "RAILCO") == 1)
    }

    @Test(arguments: ["maker", "checker", "MARCHE"])
    func anAgreementThatOneOfItsPartiesHasNotSignedIsNotLoaded(_ missing: String) async throws {
        let house = try await TestHouse(at: Self.start)
        let change = Self.agreement("MARCHE", "  - id: T-MAR-1\n", "  - id: T-MAR-2\n")
        _ = try house.writeProgramme(change: change)
        try house.folder.remove("programme/agreements/MARCHE.yaml.\(missing).p7s")
        let directory = try ProgrammeDirectory.read(at: house.programmePath)
        let refusal = await #expect(throws: Refusal.self) { _ = try await house.load(directory) }
        #expect(Set(refusal?.findings.map(\.code) ?? []) == [.cfg004])
        #expect(await house.house.state.programmes.count == 1)
    }

    // MARK: ADJ-001

    @Test func aPartnerAdjustsOwnPointsDownwardsOnlyAndSaysWhy() async throws {
        let house = try await TestHouse(at: Self.start)
        func adjustment(_ id: String, _ unit: String, _ direction: Direction, _ reason: String?) throws -> RecordContent
        {
            var record = try BatchFile.record(id, .adjustment, unit, 500, on: "2026-03-17")
            (record.direction, record.reason) = (direction, reason)
            return record
        }
        let sent = try await house.send(
            "BANQUE", 1,
            [
                adjustment("A1", "SML", .debit, "GOODWILL"), adjustment("A2", "SML", .credit, "GOODWILL"),
                adjustment("A3", "EUR", .debit, "GOODWILL"), adjustment("A4", "EUR", .credit, "GOODWILL"),
                adjustment("A5", "SML", .debit, nil),
            ])
        #expect(try sent.last.codes == ["ADJ-001", "ADJ-001", "ADJ-001", "ADJ-001"])
        #expect(try sent.last.findings.map(\.record) == [2, 3, 4, 5])
        #expect(try await posted(house, "BANQUE") == 1)
        let line = await house.house.state.ledger.windows[try WindowID("W-2026-03B")]?.lines.values.first
        #expect(line?.key.kind == .adjustmentPoints)
        #expect(line?.key.direction == .debit)
        #expect(line?.points == 500)
    }

    // MARK: AGR

    @Test func anAgreementIsInForceOnTheBusinessDate() async throws {
        let change = Self.agreement(
            "MARCHE", "  - id: T-MAR-1\n    validFrom: 2025-01-01", "  - id: T-MAR-1\n    validFrom: 2026-03-16")
        let house = try await TestHouse(at: Self.start, change: change)
        let sent = try await house.send("MARCHE", 1, [sale("A1", on: "2026-03-16"), sale("A2", on: "2026-03-15")])
        #expect(try sent.last.codes == ["AGR-001"])
        #expect(try sent.last.findings.map(\.record) == [2])
    }

    @Test func aRecordNeedsTheRoleOfItsType() async throws {
        let house = try await TestHouse(at: Self.start)
        let sent = try await house.send(
            "BANQUE", 1, [redemption("A1", 10), BatchFile.record("A2", .accrual, "SML", 10, on: "2026-03-17")])
        #expect(try sent.last.codes.first == "AGR-002")
        #expect(try sent.last.finding("AGR-002")?.detail == "the agreement does not grant BURN")
        #expect(try sent.last.sums == ["ACCP SML": [1, 10, 10], "RJCT SML": [1, 10, 0]])
        let rail = try await house.send(
            "RAILCO", 1, [BatchFile.record("A1", .transferOut, "SML", 1000, on: "2026-03-17")])
        #expect(try rail.last.codes.contains("AGR-002"))
    }

    @Test func aRatioHoldsOnTheBusinessDate() async throws {
        let change = Self.agreement(
            "MARCHE", "ratio: 3 MKP = 2 SML\n    validFrom: 2025-01-01",
            "ratio: 3 MKP = 2 SML\n    validFrom: 2026-03-16")
        let house = try await TestHouse(at: Self.start, change: change)
        let sent = try await house.send("MARCHE", 1, [sale("A1", on: "2026-03-16"), sale("A2", on: "2026-03-15")])
        #expect(try sent.last.codes == ["AGR-003"])
        #expect(try sent.last.findings.map(\.record) == [2])
    }

    @Test func aPriceHoldsOnTheBusinessDate() async throws {
        let change = Self.agreement(
            "MARCHE", "price: 0.00480 EUR\n    validFrom: 2025-01-01", "price: 0.00480 EUR\n    validFrom: 2026-03-16")
        let house = try await TestHouse(at: Self.start, change: change)
        let sent = try await house.send(
            "MARCHE", 1, [redemption("A1", 10, on: "2026-03-16"), redemption("A2", 10, on: "2026-03-15")])
        #expect(try sent.last.codes == ["AGR-004"])
        #expect(try sent.last.findings.map(\.record) == [2])
    }

    @Test(arguments: ["SUSPENDED", "CLOSED"])
    func aPartnerThatDoesNotTakePartIsNotAdmitted(_ status: String) async throws {
        let house = try await TestHouse(
            at: Self.start, change: Self.agreement("MARCHE", "status: ACTIVE", "status: \(status)"))
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        await #expect(throws: Refusal(.fil007, value: "MARCHE", detail: "the partner is \(status)")) {
            _ = try await house.house.admission(batch, digest: .zero, size: 10)
        }
        let other = BatchID(partner: try PartnerID("RAILCO"), series: .live, sequence: 1)
        #expect(try await house.house.admission(other, digest: .zero, size: 10) == .new(gaps: []))
    }

    @Test func aFileWithinTheSizeLimitIsAdmitted() async throws {
        let house = try await TestHouse(at: Self.start)
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        #expect(try await house.house.admission(batch, digest: .zero, size: 4 << 30) == .new(gaps: []))
        let refusal = await #expect(throws: Refusal.self) {
            _ = try await house.house.admission(batch, digest: .zero, size: (4 << 30) + 1)
        }
        #expect(refusal?.code == .syn005)
    }
}
