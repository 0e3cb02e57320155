import Clearing
import Gateway
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import TestKit
import Testing
import Validation

/// Business dates at every boundary: the partner's today, grace, late limit, carried-over windows. Rules R9 and R13.
@Suite struct DateRuleTests {
    private func sale(_ id: String, on day: String, unit: String = "MKP") throws -> RecordContent {
        try BatchFile.record(id, .accrual, unit, 80, on: day)
    }

    private func line(_ house: TestHouse, _ window: String) async throws -> [LineTotal] {
        await house.house.state.ledger.windows[try WindowID(window)].map { Array($0.lines.values) } ?? []
    }

    @Test func aLagUpToTheGraceIsOnTimeAndBeyondItLateUpToTheLimit() async throws {
        // 30 April: the lag counts whole days of the programme's zone.
        let house = try await TestHouse(at: "2026-04-30T12:00:00+02:00")
        let days = ["2026-04-30", "2026-04-27", "2026-04-26", "2026-03-31", "2026-03-30"]
        let sent = try await house.send("MARCHE", 1, days.enumerated().map { try sale("A\($0)", on: $1) })
        #expect(try sent.last.codes == ["DAT-003", "DAT-003", "DAT-002"])
        #expect(try sent.last.findings.map(\.record) == [3, 4, 5])
        #expect(try sent.last.finding("DAT-003")?.detail == "4 days, 3 are free of the late fee")
        #expect(try sent.last.finding("DAT-002")?.detail == "31 days late, the limit is 30")
        #expect(try sent.last.sums["ACCP MKP"]?[0] == 4)
        let lines = try await line(house, "W-2026-04B")
        #expect(lines.reduce(0) { $0 + $1.late } == 2)
        #expect(lines.reduce(0) { $0 + $1.carriedOver } == 0, "a late record carries only LATE")
        let fees = await house.house.state.ledger.windows[try WindowID("W-2026-04B")]?.fees ?? [:]
        #expect(Dictionary(uniqueKeysWithValues: fees.map { ($0.key.kind, $0.value) }) == [.record: 4, .late: 2])
    }

    @Test func theLagCountsFromTheDayOfReceiptInTheProgrammesZone() async throws {
        let house = try await TestHouse(at: "2026-04-10T23:59:59.999+02:00")
        let before = try await house.send("MARCHE", 1, [sale("A1", on: "2026-04-07")])
        #expect(try before.last.codes == [])
        try await house.advance(to: "2026-04-11T00:00:00+02:00")
        let after = try await house.send("MARCHE", 2, [sale("A2", on: "2026-04-07")])
        #expect(try after.last.codes == ["DAT-003"])
    }

    @Test func aRecordOfAnEarlierWindowThatIsOnTimeIsCarriedOverWithoutAFee() async throws {
        let house = try await TestHouse(at: "2026-04-18T12:00:00+02:00")
        let sent = try await house.send(
            "MARCHE", 1, [sale("A1", on: "2026-04-16"), sale("A2", on: "2026-04-15"), sale("A3", on: "2026-04-14")])
        #expect(try sent.last.codes == ["DAT-003"])
        #expect(try sent.last.window == "W-2026-04B")
        let lines = try await line(house, "W-2026-04B")
        #expect(lines.reduce(0) { $0 + $1.carriedOver } == 1)
        #expect(lines.reduce(0) { $0 + $1.late } == 1)
    }

    @Test func todayIsTheDayInThePartnersZone() async throws {
        // In Paris it is 00:30 on the 11th, in Tunis 23:30 on the 10th.
        let house = try await TestHouse(at: "2026-04-11T00:30:00+02:00")
        let paris = try await house.send("MARCHE", 1, [sale("A1", on: "2026-04-11"), sale("A2", on: "2026-04-12")])
        #expect(try paris.last.codes == ["DAT-001"])
        #expect(try paris.last.findings.map(\.record) == [2])
        let tunis = try await house.send(
            "CARBU", 1, [sale("A1", on: "2026-04-10", unit: "FUP"), sale("A2", on: "2026-04-11", unit: "FUP")])
        #expect(try tunis.last.codes == ["DAT-001"])
        #expect(try tunis.last.findings.map(\.record) == [2])
        #expect(try tunis.last.finding("DAT-001")?.detail == "it is 2026-04-10")
        try await house.advance(to: "2026-04-11T01:00:00+02:00")
        let later = try await house.send("CARBU", 2, [sale("A2", on: "2026-04-11", unit: "FUP")])
        #expect(try later.last.codes == [])
    }

    @Test func aShopInReunionIsNotInTheFuture() async throws {
        let change: [String: (String) throws -> String] = [
            "agreements/MARCHE.yaml": { $0.replacing("zone: Europe/Paris", with: "zone: Indian/Reunion") }
        ]
        // 23:00 on 31 March in Paris is 01:00 on 1 April in Réunion: tomorrow for the programme, and the old window.
        let house = try await TestHouse(at: "2026-03-31T23:00:00+02:00", change: change)
        let sent = try await house.send("MARCHE", 1, [sale("A1", on: "2026-04-01"), sale("A2", on: "2026-04-02")])
        #expect(try sent.last.codes == ["DAT-001"])
        #expect(try sent.last.findings.map(\.record) == [2])
        #expect(try sent.last.window == "W-2026-03B")
        let lines = try await line(house, "W-2026-03B")
        #expect(lines.reduce(0) { $0 + $1.carriedOver + $1.late } == 0)
        #expect(lines.count == 1)
    }

    @Test func theLagCountsInTheProgrammesZoneAlsoForAPartnerFarAway() async throws {
        let change: [String: (String) throws -> String] = [
            "agreements/MARCHE.yaml": { $0.replacing("zone: Europe/Paris", with: "zone: Indian/Reunion") }
        ]
        // In Réunion it is the 12th already, but the lag of the 8th is 3 days in Paris.
        let house = try await TestHouse(at: "2026-04-11T23:00:00+02:00", change: change)
        let sent = try await house.send("MARCHE", 1, [sale("A1", on: "2026-04-08"), sale("A2", on: "2026-04-07")])
        #expect(try sent.last.codes == ["DAT-003"])
        #expect(try sent.last.findings.map(\.record) == [2])
    }

    @Test func aReversalsLagIsThatOfItsOwnBusinessDate() async throws {
        let house = try await TestHouse(at: "2026-03-17T12:00:00+01:00")
        _ = try await house.send("MARCHE", 1, [sale("A1", on: "2026-03-17")])
        try await house.advance(to: "2026-04-25T12:00:00+02:00")
        func reversal(_ id: String, on day: String) throws -> RecordContent {
            var record = try BatchFile.record(id, .reversal, "MKP", 10, on: day)
            record.originalID = try TransactionID("A1")
            return record
        }
        let sent = try await house.send(
            "MARCHE", 2,
            [reversal("R1", on: "2026-04-22"), reversal("R2", on: "2026-04-21"), reversal("R3", on: "2026-03-25")])
        #expect(try sent.last.codes == ["DAT-003", "DAT-002"])
        #expect(try sent.last.findings.map(\.record) == [2, 3])
    }

    @Test func ratioAndPriceAreThoseOfTheBusinessDate() async throws {
        let house = try await TestHouse(at: "2026-03-26T02:00:00+01:00")
        let sent = try await house.send("MARCHE", 1, [sale("A1", on: "2026-03-24"), sale("A2", on: "2026-03-25")])
        #expect(try sent.last.sums == ["ACCP MKP": [2, 160, 53 + 50]])
        let keys = try await line(house, "W-2026-03B").map(\.key)
        #expect(Set(keys.map(\.price.text)) == ["P-MAR-ISS-1", "P-MAR-ISS-2"])
        #expect(Set(keys.compactMap { $0.ratio?.text }) == ["R-MKP-SML-1", "R-MKP-SML-2"])
    }

    @Test func anInstantOutsideTheCalendarIsRefused() async throws {
        let house = try await TestHouse(at: "2026-12-31T23:59:59.999+01:00")
        let inside = try await house.send("MARCHE", 1, [sale("A1", on: "2026-12-31")])
        #expect(try inside.last.window == "W-2026-12B")
        try await house.advance(to: "2027-01-01T00:00:00+01:00")
        // The calendar's end is not the file's doing: nothing is kept of it, so that it can come again.
        let refusal = await #expect(throws: Refusal.self) {
            _ = try await house.send("MARCHE", 2, [sale("A2", on: "2026-12-31")])
        }
        #expect(refusal?.code == .win002)
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 2)
        #expect(await house.house.state.files.history(batch) == nil)
    }
}
