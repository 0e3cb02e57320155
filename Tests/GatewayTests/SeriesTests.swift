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

/// Numbers of a series, gaps, empty files, the dry run and the cut-off.
@Suite struct SeriesTests {
    let house: TestHouse
    let marche: PartnerID

    init() async throws {
        house = try await TestHouse(at: "2026-03-18T02:10:00+01:00")
        marche = try PartnerID("MARCHE")
    }

    private func sale(_ id: String, _ units: Int64 = 100) throws -> RecordContent {
        try BatchFile.record(id, .accrual, "MKP", units, on: "2026-03-17")
    }

    @Test func missingNumbersAreListedOnEveryReceiptUntilTheyAreFilled() async throws {
        let first = try await house.send("MARCHE", 3, [sale("A3")])
        for receipt in try first.receipts.map({ try ReceiptReading($0) }) { #expect(receipt.gaps == ["1-2"]) }
        #expect(try ReceiptReading(first.receipts[0]).codes == ["FIL-006"])
        #expect(try ReceiptReading(first.receipts[0]).finding("FIL-006")?.value == "1 to 2")
        #expect(try first.last.status == "ACCP", "a gap is a warning")

        let later = try await house.send("MARCHE", 7, [sale("A7")])
        #expect(try later.last.gaps == ["1-2", "4-6"])
        #expect(try ReceiptReading(later.receipts[0]).codes == ["FIL-006", "FIL-006"])

        #expect(try await house.send("MARCHE", 2, [sale("A2")]).last.gaps == ["1-1"])
        #expect(try await house.send("MARCHE", 5, [sale("A5")]).last.gaps == ["1-1", "4-4"])
        #expect(try await house.send("MARCHE", 8, [sale("A8")]).last.gaps == ["1-1", "4-4", "6-6"])
        for number in [1, 4, 6] { _ = try await house.send("MARCHE", Int64(number), [sale("A\(number)")]) }
        let full = try await house.send("MARCHE", 9, [sale("A9")])
        #expect(try full.last.gaps == [])
        #expect(try ReceiptReading(full.receipts[0]).codes == [])
        // A receipt that was issued stays as it is.
        #expect(await house.house.state.files.gaps(below: later.batch).isEmpty)
    }

    @Test func aRefusalAtTheSignatureLeavesTheGapAndARefusedFileFillsIt() async throws {
        let one = BatchID(partner: marche, series: .live, sequence: 1)
        let bytes = try await house.file(one, [sale("A1")])
        _ = try await house.send(bytes, one, signature: [])
        #expect(try await house.send("MARCHE", 2, [sale("A2")]).last.gaps == ["1-1"])
        _ = try await house.send("MARCHE", 1, [sale("A1")]) { $0.programmeID = "OTHER" }
        #expect(try await house.send("MARCHE", 3, [sale("A3")]).last.gaps == [])
    }

    @Test(arguments: BatchFormat.allCases)
    func anEmptyFileTakesItsNumberAndPostsNothing(_ format: BatchFormat) async throws {
        let sent = try await house.send("MARCHE", 1, [], format: format)
        #expect(try sent.last.status == "ACCP")
        #expect(try sent.last.sums == [:])
        #expect(try sent.last.codes == [])
        let next = try await house.send("MARCHE", 2, [sale("A1")])
        #expect(try next.last.gaps == [])
        let window = await house.house.state.ledger.windows[try WindowID("W-2026-03B")]
        #expect(window?.lines.values.map(\.records) == [1])
        #expect(window?.fees.values.map { $0 } == [1])
    }

    // MARK: Dry run

    @Test func theDryRunIsAnsweredInFullAndPostsNothing() async throws {
        let dry = try await house.send("MARCHE", 1, [sale("A1"), sale("A2", 7)], series: .test)
        let receipts = try dry.receipts.map { try ReceiptReading($0) }
        #expect(receipts.map(\.isDryRun) == [true, true])
        #expect(receipts.map(\.window) == ["W-2026-03B", "W-2026-03B"])
        #expect(receipts[1].status == "ACCP")
        #expect(receipts[1].sums == ["ACCP MKP": [2, 107, 72]])
        let state = await house.house.state
        #expect(state.ledger.windows.isEmpty)
        #expect(state.ledger.partners[marche]?.count ?? 0 == 0)
        #expect(state.ledger.points[.members] == 100_000)

        let live = try await house.send("MARCHE", 1, [sale("A1"), sale("A2", 7)]) {
            $0.messageID = try MessageID("L-1")
        }
        #expect(try live.last.isDryRun == false)
        #expect(try live.last.gaps == [], "the dry run has numbers of its own")
        #expect(try live.last.sums == ["ACCP MKP": [2, 107, 72]], "the dry run consumed no transaction id")
        let again = try await house.send("MARCHE", 2, [sale("A1")], series: .test) {
            $0.messageID = try MessageID("D-2")
        }
        #expect(try again.last.sums == ["DUPL MKP": [1, 100, 0]], "the dry run sees what is posted")
        #expect(try again.last.gaps == [])
        #expect(await house.house.state.ledger.partners[marche]?.count == 2)
    }

    @Test func aDryRunThatIsRefusedNamesItsFindings() async throws {
        let wrong = try BatchFile.record("A1", .transferOut, "SML", 700, on: "2026-03-17")
        let dry = try await house.send("MARCHE", 1, [wrong], series: .test)
        #expect(try dry.last.status == "RJCT")
        #expect(try dry.last.codes == ["TRF-001", "TRF-002"])
    }

    @Test func aDryRunThatWaitsDoesNotKeepAWindowOpen() async throws {
        let batch = BatchID(partner: marche, series: .test, sequence: 1)
        try await house.advance(to: "2026-03-31T23:59:00+02:00")
        let file = try await house.arrive(try await house.file(batch, [sale("A1")]), batch)
        _ = try await house.house.receive(file)
        try await house.house.advanceCalendar(to: try Timestamp("2026-04-01T00:00:00+02:00").need("instant"))
        #expect(await house.house.state.windows.passed(try WindowID("W-2026-03B")) == .closed)
        try await house.house.settle()
        #expect(await house.house.state.files.undecided.isEmpty)
    }

    @Test func aFileThatWaitsKeepsItsWindowOpen() async throws {
        let batch = BatchID(partner: marche, series: .live, sequence: 1)
        try await house.advance(to: "2026-03-31T23:59:00+02:00")
        let file = try await house.arrive(
            try await house.file(batch, [try BatchFile.record("A1", .accrual, "MKP", 100, on: "2026-03-31")]), batch)
        let waiting = try await house.house.receive(file).waiting
        try await house.house.advanceCalendar(to: try Timestamp("2026-04-01T00:00:00+02:00").need("instant"))
        let window = try WindowID("W-2026-03B")
        #expect(await house.house.state.windows.passed(window) == .cutOff)
        #expect(await house.house.state.obstacles(toClosing: window).map(\.code) == [.act004])
        try await house.house.judge(try waiting.need("a file to judge"))
        #expect(await house.house.state.windows.passed(window) == .closed)
        let cleared = try await house.house.clearedReceipt(batch).need("the last receipt")
        #expect(try ReceiptReading(cleared).window == "W-2026-03B")
        #expect(try ReceiptReading(cleared).statementLines == ["CLS-W-2026-03B-MARCHE#1"])
    }

    // MARK: Cut-off

    @Test func anUploadThatACutOffOvertookCountsInTheNextWindow() async throws {
        try await house.advance(to: "2026-04-01T00:00:00+02:00")
        let began = try Timestamp("2026-03-31T23:59:59.999+02:00").need("instant")
        let record = try BatchFile.record("A1", .accrual, "MKP", 100, on: "2026-03-31")
        let sent = try await house.send("MARCHE", 1, [record], began: began)
        let receipts = try sent.receipts.map { try ReceiptReading($0) }
        #expect(receipts.map(\.window) == ["W-2026-04A", "W-2026-04A"])
        #expect(receipts[0].codes == ["WIN-001"])
        #expect(receipts[1].status == "ACCP")
    }

    @Test func windowsAreHalfOpen() async throws {
        let record = try BatchFile.record("A1", .accrual, "MKP", 100, on: "2026-03-31")
        try await house.advance(to: "2026-03-31T23:59:59.999+02:00")
        let before = try await house.send("MARCHE", 1, [record])
        #expect(try before.last.window == "W-2026-03B")
        try await house.advance(to: "2026-04-01T00:00:00+02:00")
        let other = try BatchFile.record("A2", .accrual, "MKP", 100, on: "2026-03-31")
        let after = try await house.send("MARCHE", 2, [other])
        #expect(try after.last.window == "W-2026-04A")
        #expect(try ReceiptReading(after.receipts[0]).codes == [], "an upload that began at the cut-off is in time")
        let line = await house.house.state.ledger.windows[try WindowID("W-2026-04A")]?.lines.values.first
        #expect(line?.carriedOver == 1)
        #expect(line?.late == 0)
    }

    @Test func everyCutOffIsWrittenBeforeAnyFactAtOrAfterItAlsoAfterDowntime() async throws {
        try house.reopen()
        try await house.advance(to: "2026-05-20T12:00:00+02:00")
        var open: [String] = []
        var last = Timestamp(milliseconds: .min)
        for envelope in try house.facts() {
            #expect(envelope.time >= last)
            last = envelope.time
            if case .windowCutOff(let fact) = envelope.fact {
                #expect(try envelope.time == max(fact.due, Timestamp("2026-03-18T02:10:00+01:00").need("founding")))
                open.append(fact.window.text)
            }
        }
        #expect(open == ["W-2026-03A", "W-2026-03B", "W-2026-04A", "W-2026-04B", "W-2026-05A"])
        #expect(await house.house.state.windows.closed.map(\.text) == open)
    }
}
