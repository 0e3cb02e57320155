import Foundation
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
import Statements
import TestKit
import Testing
import Validation

/// The golden scenario through the engine alone: every figure of `Specs/scenarios/golden/expected.json`.
@Suite struct GoldenEngineTests {
    let golden: GoldenScenario
    let driver: EngineDriver

    init() throws {
        golden = try GoldenScenario.load()
        driver = try EngineDriver(
            golden.programme(), at: Timestamp("2026-03-01T00:00:00+01:00").need("start"))
        try Self.play(golden, on: driver)
    }

    /// The content of a record as the figures state it.
    static func content(_ row: GoldenScenario.RecordRow) throws -> RecordContent {
        let number = try MemberNumber(validMember).need("member")
        var content = RecordContent(
            transactionID: try TransactionID(row.id), type: try RecordType(rawValue: row.type).need(row.type),
            occurredAt: try Timestamp("\(row.businessDate)T12:00:00Z").need(row.businessDate),
            businessDate: try BusinessDate(row.businessDate).need(row.businessDate),
            account: MemberAccount(kind: .card, number: number), unit: try CurrencyCode(row.unit).need(row.unit),
            units: try Int64(row.units).need(row.units))
        content.direction = row.type == "ADJT" ? row.dc.flatMap(Direction.init) : nil
        content.reason = row.reason
        content.originalID = try row.of.map { try TransactionID($0) }
        if row.type == "BONU" {
            content.promotionID = try PromotionID(row.shares?["HOST"] != nil ? "PRM-SPRING" : "PRM-DUO")
        }
        return content
    }

    static let validMember = "9250123456789013"

    static func play(_ golden: GoldenScenario, on driver: EngineDriver) throws {
        var events: [(Timestamp, Int, () throws -> Void)] = []
        for window in golden.windows {
            let cutoff = try Timestamp(window.cutoff).need("cutoff")
            let fixing = Fixing(
                window: try WindowID(window.id), base: try CurrencyCode("EUR").need("EUR"),
                quote: try CurrencyCode("TND").need("TND"), rate: try DecimalNumber(window.eurTnd).need("rate"),
                source: "Banque de l'hôte")
            // After the cut-off: the window waits for it, and closes with it.
            let at = cutoff.adding(milliseconds: 3_600_000)
            events.append((at, 0, { try driver.act(.fixing(fixing), at: at) }))
            for step in [
                SettlementStep.approved(window: fixing.window), SettlementStep.sent(window: fixing.window),
            ] {
                let later = at.adding(milliseconds: 3_600_000)
                events.append((later, 1, { try driver.act(.settlement(step), at: later) }))
            }
        }
        for row in golden.records {
            let at = try Timestamp(row.received).need(row.received)
            events.append((at, 2, { try receive(row, at: at, golden, driver) }))
        }
        for payment in golden.payments {
            let date = try BusinessDate(payment[2]).need(payment[2])
            let at = Timestamp(date: date, secondOfDay: 12 * 3600, offsetSeconds: 7200)
            events.append((at, 3, { try pay(payment, date, at: at, driver) }))
        }
        let ordered = events.enumerated().sorted {
            ($0.element.0, $0.element.1, $0.offset) < ($1.element.0, $1.element.1, $1.offset)
        }
        for (_, event) in ordered { try event.2() }
        try driver.advance(to: Timestamp("2026-05-01T04:00:00+02:00").need("end"))
    }

    private static func receive(
        _ row: GoldenScenario.RecordRow, at: Timestamp, _ golden: GoldenScenario, _ driver: EngineDriver
    ) throws {
        let partner = try PartnerID(row.partner)
        guard row.unit == "EUR" else {
            try driver.receive([content(row)], partner: partner, at: at)
            return
        }
        let eur = try CurrencyCode("EUR").need("EUR")
        let tax = row.tax == "S" ? Tax(category: "S", rate: DecimalNumber("20")) : .outside
        let adjustment = HostAdjustment(
            partner: partner, direction: try row.dc.flatMap(Direction.init).need("dc"), reason: row.reason ?? "",
            narrative: "", businessDate: try BusinessDate(row.businessDate).need("date"),
            amount: .money(
                try Money(row.units, currency: eur).need(row.units), tax: tax, correctedLine: row.corrects ?? ""))
        try driver.act(.adjustment(adjustment, posting: nil), at: at)
    }

    private static func pay(_ payment: [String], _ date: BusinessDate, at: Timestamp, _ driver: EngineDriver) throws {
        let state = try driver.house.instructions.all.last {
            $0.instruction.window.text == payment[0] && $0.instruction.partner.text == payment[1]
        }.need("instruction \(payment)")
        let id = state.instruction.endToEndID
        let step: SettlementStep =
            payment[3] == "CONFIRMED"
            ? .confirmed(
                instruction: id, amount: state.instruction.amount.magnitude, bankReference: "B", bookingDate: date)
            : .returned(instruction: id, bankReference: "B", bookingDate: date, reason: "AC04")
        #expect(driver.house.instructions.obstacle(to: step, isClosing: false) == nil)
        try driver.act(.settlement(step), at: at)
    }

    @Test func everyFigureIsRightToTheDigit() throws {
        var figures = GoldenFigures()
        try driver.journal.replay(from: 1) { (envelope) throws(Fault) in
            do {
                try figures.add(envelope.fact, ids: driver.ids, store: driver.records)
            } catch {
                throw Fault("\(error)")
            }
        }
        for window in golden.windows {
            let close = try driver.closes[WindowID(window.id)].need(window.id)
            figures.statements += close.statements.map { GoldenScenario.StatementRow($0.settlement) }
        }
        #expect(golden.statements.count == 16)
        #expect(golden.differences(from: figures) == [])
        #expect(driver.house.clearedOutstanding == golden.pointsLedger["MEMBERS"])
        #expect(driver.house.ledger.points.all.reduce(0) { $0 + $1.balance } == 0)
    }

    @Test func aRepeatGetsTheFirstResultAndCountsNothing() throws {
        let row = try golden.records.first { $0.id == "T01" }.need("T01")
        let driver = try EngineDriver(
            golden.programme(), at: Timestamp("2026-03-16T00:00:00+01:00").need("start"))
        let partner = try PartnerID("MARCHE")
        let first = try Timestamp(row.received).need("received")
        try driver.receive([Self.content(row)], partner: partner, at: first)
        let books = driver.house.ledger.points
        let again = try driver.receive(
            [Self.content(row)], partner: partner, at: first.adding(milliseconds: 600_000))
        #expect(again[0].entry.status == .duplicate)
        #expect(again[0].findings.map(\.code) == [.dup001])
        #expect(again[0].entry.original != nil)
        #expect(driver.house.ledger.points == books)
        let window = try driver.house.ledger.windows[WindowID("W-2026-03B")].need("window")
        #expect(window.fees.values.reduce(0, +) == 1)
    }

    @Test func aTransferOffTheStepIsRefused() throws {
        let driver = try EngineDriver(
            golden.programme(), at: Timestamp("2026-03-16T00:00:00+01:00").need("start"))
        var content = try Self.content(golden.records.first { $0.id == "T09" }.need("T09"))
        content.units = 1250
        let result = try driver.receive(
            [content], partner: PartnerID("RAILCO"), at: Timestamp("2026-03-22T01:00:00+01:00").need("time"))
        #expect(result[0].entry.status == .refused)
        #expect(result[0].findings.map(\.code) == [.trf002])
        #expect(result[0].findings.first?.detail == "not a multiple of 500 RLM")
        #expect(driver.house.ledger.windows[try WindowID("W-2026-03B")] == nil)
    }

    @Test func replayingTheLogGivesTheSameBooks() throws {
        var again = HouseState()
        try driver.journal.replay(from: 1) { (envelope) throws(Fault) in
            try again.apply(envelope, history: driver.history)
        }
        #expect(HouseFigures(again) == HouseFigures(driver.house))
    }
}
