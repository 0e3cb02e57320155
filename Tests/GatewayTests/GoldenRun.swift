import Clearing
import FileStore
import Foundation
import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Settlement
import TestKit
import Validation

/// The golden scenario played on a data directory from signed files, once per format and process, with everything
/// that it left behind.
struct GoldenRun: Sendable {
    /// A file and what was answered to it.
    struct Answered: Sendable {
        let batch: BatchID
        let ids: [String]
        /// At the first time.
        let receipts: [IssuedReceipt]
        /// The last receipt, asked for when all windows were closed, and asked for again.
        var cleared: IssuedReceipt?
        var clearedAgain: IssuedReceipt?
        /// When the same bytes came again after the house was closed and opened.
        var again: [IssuedReceipt] = []
    }

    /// Figures by the facts of the log; the statements are empty.
    var figures = GoldenFigures()
    /// Issued documents and their signatures, by name.
    var documents: [String: [UInt8]] = [:]
    /// Files in the order of receipt.
    var files: [Answered] = []
    /// The windows that waited when their cut-off had passed and their fixing was missing.
    var waited: [String] = []
    /// Whether the state was the same after the house was closed and opened.
    var isEqualAfterReopening = false
    /// Facts before the resends and after them.
    var factsBeforeResends: UInt64 = 0
    var factsAfterResends: UInt64 = 0
    /// The content of the record whose clearing reference the repeat T18 names.
    var repeated: String?
    /// The facts that Foundation's encoder writes otherwise than the log does.
    var otherwiseWritten: [String] = []
    /// The kinds of facts in the log.
    var kinds: Set<String> = []

    private static let xml = Task { try await GoldenPlay(.xml).play() }
    private static let csv = Task { try await GoldenPlay(.csv).play() }

    /// The run with files of a format.
    static func of(_ format: BatchFormat) async throws -> GoldenRun {
        try await (format == .xml ? xml : csv).value
    }
}

/// Plays the golden scenario.
private final class GoldenPlay {
    let golden: GoldenScenario
    let format: BatchFormat
    let house: TestHouse
    var run = GoldenRun()
    private var sequences: [PartnerID: Int64] = [:]
    private var sent: [ArrivedFile] = []

    init(_ format: BatchFormat) async throws {
        self.format = format
        golden = try GoldenScenario.load()
        house = try await TestHouse()
    }

    func play() async throws -> GoldenRun {
        var events: [(at: Timestamp, order: Int, run: () async throws -> Void)] = []
        for window in golden.windows { events += try self.events(of: window) }
        let files = Dictionary(grouping: golden.records.filter { $0.unit != "EUR" }) { [$0.received, $0.partner] }
        for (key, rows) in files.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let at = try Timestamp(key[0]).need(key[0])
            events.append((at, 2, { try await self.send(key[1], rows.map(Self.content)) }))
        }
        for row in golden.records where row.unit == "EUR" {
            let at = try Timestamp(row.received).need(row.received)
            events.append((at, 2, { try await self.adjust(row) }))
        }
        let repeated = try golden.records.first { $0.id == "T01" }.need("T01")
        let later = try Timestamp("2026-03-18T02:20:00+01:00").need("T18")
        events.append((later, 3, { try await self.send("MARCHE", [Self.content(repeated)]) }))
        for payment in golden.payments {
            let date = try BusinessDate(payment[2]).need(payment[2])
            let at = Timestamp(date: date, secondOfDay: 12 * 3600, offsetSeconds: 7200)
            events.append((at, 4, { try await self.pay(payment) }))
        }
        for (number, event) in events.sorted(by: { ($0.at, $0.order) < ($1.at, $1.order) }).enumerated() {
            try await house.advance(to: event.at)
            try await event.run()
            // Half of the way the house is begun anew from snapshots, which must make no difference.
            guard format == .csv else { continue }
            if number % 3 == 0 { try await house.house.saveSnapshot() }
            if number % 5 == 0 { try house.reopen() }
        }
        try await house.advance(to: "2026-05-01T04:00:00+02:00")
        try await lookBack()
        return run
    }

    /// The fixing an hour after the cut-off, for which the window waits; approval and sending an hour later.
    private func events(
        of window: GoldenScenario.WindowRow
    ) throws -> [(at: Timestamp, order: Int, run: () async throws -> Void)] {
        let at = try Timestamp(window.cutoff).need(window.cutoff).adding(milliseconds: 3_600_000)
        let later = at.adding(milliseconds: 3_600_000)
        var fixing = ActDocument(act: "fixing", reference: window.fixing)
        (fixing.window, fixing.base, fixing.quote) = (window.id, "EUR", "TND")
        (fixing.rate, fixing.source) = (window.eurTnd, "Banque de l'hôte")
        var approve = ActDocument(act: "approve", reference: "A-\(window.id)")
        approve.window = window.id
        var send = ActDocument(act: "send", reference: "S-\(window.id)")
        send.window = window.id
        let waiting: () async throws -> Void = {
            // The last window has no line in dinars: it needs no fixing and is closed at its cut-off.
            let waiting = await self.house.house.state.windows.waiting.map(\.text)
            self.run.waited += waiting
            if !waiting.isEmpty { try await self.house.act(fixing) }
        }
        return [
            (at, 0, waiting), (later, 1, { try await self.house.act(approve) }),
            (later, 1, { try await self.house.act(send) }),
        ]
    }

    private func send(_ name: String, _ contents: [RecordContent]) async throws {
        let partner = try PartnerID(name)
        var contents = contents
        if name == "RAILCO", contents.first?.transactionID.text == "T09" {
            // T19 comes in the same file and is refused alone.
            var refused = contents[0]
            (refused.transactionID, refused.units) = (try TransactionID("T19"), 1250)
            contents.append(refused)
        }
        sequences[partner, default: 0] += 1
        let batch = BatchID(partner: partner, series: .live, sequence: sequences[partner] ?? 0)
        let bytes = try BatchFile(batch, at: await house.house.now, format: format).bytes(contents)
        let arrived = try await house.arrive(bytes, batch, format)
        sent.append(arrived)
        let outcome = try await house.receive(arrived)
        run.files.append(
            GoldenRun.Answered(
                batch: batch, ids: contents.map(\.transactionID.text), receipts: outcome.receipts))
    }

    private func adjust(_ row: GoldenScenario.RecordRow) async throws {
        var document = ActDocument(act: "adjustment", reference: row.id)
        (document.partner, document.direction, document.unit) = (row.partner, row.dc, row.unit)
        (document.amount, document.reason, document.businessDate) = (row.units, row.reason, row.businessDate)
        (document.taxCategory, document.correctedLine) = (row.tax, row.corrects)
        if row.tax != "O" { document.taxRate = golden.partners[row.partner]?.taxRate }
        try await house.act(document)
    }

    private func pay(_ payment: [String]) async throws {
        let state = try await house.house.state.instructions.all.last {
            $0.instruction.window.text == payment[0] && $0.instruction.partner.text == payment[1]
        }.need("instruction \(payment)")
        let isConfirmed = payment[3] == "CONFIRMED"
        var document = ActDocument(
            act: isConfirmed ? "confirm" : "return", reference: "\(payment.joined(separator: " "))")
        document.instruction = state.instruction.endToEndID
        document.bankReference = "B-\(payment[2])"
        document.bookingDate = payment[2]
        if isConfirmed {
            document.amount = state.instruction.amount.magnitude.amountText
        } else {
            document.reason = "AC04"
        }
        try await house.act(document)
    }

    /// Closes and opens the house, sends everything again, and gathers what is on the disk.
    private func lookBack() async throws {
        for (index, file) in run.files.enumerated() {
            run.files[index].cleared = try await house.house.clearedReceipt(file.batch)
        }
        let before = await HouseFigures(house.house.state)
        try house.reopen()
        run.isEqualAfterReopening = await HouseFigures(house.house.state) == before
        run.factsBeforeResends = before.lastSequence
        for (index, file) in sent.enumerated() {
            var again = file
            // The clock has moved on, and a repeat may carry a signature of its own.
            again.signature = try house.partner(file.batch.partner.text).signing.signer().signDetached(
                digest: file.digest, at: await house.house.now)
            run.files[index].again = try await house.receive(again).receipts
            run.files[index].clearedAgain = try await house.house.clearedReceipt(file.batch)
        }
        run.factsAfterResends = await house.house.state.lastSequence
        let store = try house.inspected.records(hashing: HouseOpening.hashing)
        let ids = Dictionary(uniqueKeysWithValues: run.files.map { ($0.batch, $0.ids) })
        let oracle = JSONEncoder()
        oracle.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for envelope in try house.facts() {
            try run.figures.add(envelope.fact, ids: { ids[$0] ?? [] }, store: store)
            run.kinds.insert(envelope.fact.kind)
            if try FactCodec.json(envelope.fact) != oracle.encode(envelope.fact).map(\.self) {
                run.otherwiseWritten.append("\(envelope.sequence) \(envelope.fact.kind)")
            }
            if case .fileDecided(let decided) = envelope.fact, ids[decided.batch] == ["T01"], decided.posting == nil {
                let entry = try store.entry(at: RecordLocation(batch: decided.received, record: 1))
                let first = try store.entry(at: entry.original.need("the first result"))
                run.repeated = "\(entry.status.rawValue) of \(first.points) points"
            }
        }
        run.documents = try house.documents()
    }

    private static func content(_ row: GoldenScenario.RecordRow) throws -> RecordContent {
        let type = try RecordType(rawValue: row.type).need(row.type)
        var content = try BatchFile.record(
            row.id, type, row.unit, Int64(row.units).need(row.units), on: row.businessDate)
        if type == .adjustment { content.direction = row.dc.flatMap(Direction.init) }
        content.reason = row.reason
        content.originalID = try row.of.map { try TransactionID($0) }
        if type == .bonus {
            content.promotionID = try PromotionID(row.promotion.need("promotion of \(row.id)"))
        }
        return content
    }
}
