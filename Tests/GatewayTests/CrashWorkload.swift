import FileStore
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Settlement
import TestKit
import Testing
import Validation

/// A house on a disk that fails on command, and the work that is done there: founding, programme, files, acts, closes.
///
/// Whoever gets no answer asks again after the restart, as partners and officers do.
final class CrashWorkload {
    /// Something that a client asked for, and what it must find again.
    enum Answer: Equatable {
        case receipts([IssuedReceipt])
        case act(ActOutcome)
        case none
    }

    /// One request; it can be made again.
    struct Step {
        let name: String
        let run: (CrashWorkload) async throws -> Answer
    }

    static let path = "/house"
    static let start = TestPKI.instant("2026-03-30T12:00:00+02:00")

    private(set) var disk: FaultyDisk
    private var house: Clearinghouse?
    private let programme: ProgrammeDirectory
    /// The bytes of each file: a client sends the same ones again.
    private var files: [BatchID: [UInt8]] = [:]
    /// Answers that somebody has got, by the step's name.
    private(set) var answers: [String: Answer] = [:]
    /// The last fact that stood behind an answer, and its chain hash.
    private(set) var acknowledged: (sequence: UInt64, chain: Digest32)?

    init(disk: FaultyDisk, programme: ProgrammeDirectory) {
        self.disk = disk
        self.programme = programme
    }

    /// Goes on with a house after a restart as if nobody had ever got an answer; files are those that were sent.
    init(continuing other: CrashWorkload) {
        disk = other.disk
        house = other.house
        programme = other.programme
        files = other.files
        other.house = nil
    }

    /// Compares an answer with one that was given before the restart.
    func expect(_ step: String, _ before: Answer, _ name: String) {
        switch (before, answers[step]) {
        case (.receipts(let old), .receipts(let new)):
            // A file that was answered once is answered the same, and perhaps with more.
            #expect(Array(new.prefix(old.count)) == old, "\(name): \(step)")
        case (.act(let old), .act(let new)): #expect(old == new, "\(name): \(step)")
        case (.receipts(let old), nil):
            // RECEIVED was answered; the file is judged by now and its first receipt is the same.
            let sent = answers[step.replacing("received ", with: "").replacing("/LIVE/", with: " ")]
            guard case .receipts(let new) = sent else {
                Issue.record("\(name): \(step) has no answer any more")
                return
            }
            #expect(Array(new.prefix(old.count)) == old, "\(name): \(step)")
        default: #expect(before == answers[step], "\(name): \(step)")
        }
    }

    // MARK: The work

    /// Two windows with files of two partners, reversals, a bonus, a repeat, a refusal, adjustments, fixings and
    /// payments.
    static func steps() throws -> [Step] {
        var out = [
            Step(name: "found") { try await $0.found() }, Step(name: "load") { try await $0.load() },
            file("MARCHE", 1) { [try sale("A1", 100), try sale("A2", 2500), try sale("A1", 100)] },
            file("RAILCO", 1) { [try bonus("B1", 10101), try redemption("D1", 4000)] },
            file("MARCHE", 2) { [try sale("A3", 7), try reversal("R1", "A2", "MKP", 1000)] },
            file("MARCHE", 3, programmeID: "OTHER") { [try sale("A4", 7)] },
            clock("2026-03-31T23:00:00+02:00"),
            file("CARBU", 1) { [try BatchFile.record("C1", .accrual, "FUP", 350, on: "2026-03-31")] },
            adjustment("ADJ-1", "BANQUE", "SML", "1200"), snapshot("early"),
            clock("2026-04-01T00:30:00+02:00"),
            fixing("W-2026-03B", "3.40175"),
            file("RAILCO", 2) { [try reversal("R2", "B1", "SML", 333), try reversal("R3", "D1", "SML", 1000)] },
            settlement("approve", "W-2026-03B"), settlement("send", "W-2026-03B"),
        ]
        out += [
            Step(name: "cleared") { work in
                .receipts(
                    [try await work.open.clearedReceipt(BatchID(partner: marche, series: .live, sequence: 1))]
                        .compactMap(\.self))
            },
            payment("confirm", "RAILCO"), snapshot("late"),
            file("MARCHE", 4) { [try sale("A5", 80, on: "2026-03-31")] },
            file("CARBU", 2) { [try BatchFile.record("C2", .accrual, "FUP", 21, on: "2026-03-31")] },
            clock("2026-04-16T01:00:00+02:00"), fixing("W-2026-04A", "3.39110"),
        ]
        return out
    }

    private static let marche = PartnerID(unchecked: "MARCHE")

    private static func sale(_ id: String, _ units: Int64, on day: String = "2026-03-30") throws -> RecordContent {
        try BatchFile.record(id, .accrual, "MKP", units, on: day)
    }

    private static func redemption(_ id: String, _ points: Int64) throws -> RecordContent {
        try BatchFile.record(id, .redemption, "SML", points, on: "2026-03-30")
    }

    private static func bonus(_ id: String, _ points: Int64) throws -> RecordContent {
        var record = try BatchFile.record(id, .bonus, "SML", points, on: "2026-03-30")
        record.promotionID = try PromotionID("PRM-SPRING")
        return record
    }

    private static func reversal(_ id: String, _ original: String, _ unit: String, _ units: Int64) throws
        -> RecordContent
    {
        var record = try BatchFile.record(id, .reversal, unit, units, on: "2026-03-30")
        record.originalID = try TransactionID(original)
        return record
    }

    private static func file(
        _ partner: String, _ sequence: Int64, programmeID: String = "SMILES",
        _ records: @escaping () throws -> [RecordContent]
    ) -> Step {
        Step(name: "\(partner) \(sequence)") { work in
            let batch = BatchID(partner: try PartnerID(partner), series: .live, sequence: sequence)
            return .receipts(try await work.send(batch, programmeID, records))
        }
    }

    private static func snapshot(_ name: String) -> Step {
        Step(name: "\(name) snapshot") { work in
            try await work.open.saveSnapshot()
            return .none
        }
    }

    private static func clock(_ text: String) -> Step {
        Step(name: "clock \(text)") { work in
            let instant = TestPKI.instant(text)
            // Whether it moved before the power went, only the house can tell.
            if await work.open.state.lastTime < instant { try await work.open.advanceClock(to: instant) }
            return .none
        }
    }

    private static func act(_ document: ActDocument) -> Step {
        Step(name: document.reference) { .act(try await $0.act(document)) }
    }

    private static func fixing(_ window: String, _ rate: String) -> Step {
        var document = ActDocument(act: "fixing", reference: "FX \(window)")
        (document.window, document.base, document.quote) = (window, "EUR", "TND")
        (document.rate, document.source) = (rate, "bank")
        return act(document)
    }

    private static func settlement(_ name: String, _ window: String) -> Step {
        var document = ActDocument(act: name, reference: "\(name) \(window)")
        document.window = window
        return act(document)
    }

    private static func payment(_ name: String, _ partner: String) -> Step {
        var document = ActDocument(act: name, reference: "\(name) \(partner)")
        document.instruction = "STL-W-2026-03B-\(partner)-EUR"
        (document.bankReference, document.bookingDate, document.amount) = ("B1", "2026-04-07", "1.00")
        return act(document)
    }

    private static func adjustment(_ reference: String, _ partner: String, _ unit: String, _ amount: String) -> Step {
        var document = ActDocument(act: "adjustment", reference: reference)
        (document.partner, document.direction, document.unit) = (partner, "CRDT", unit)
        (document.amount, document.reason, document.businessDate) = (amount, "GOODWILL", "2026-03-31")
        return act(document)
    }

    // MARK: Requests

    var open: Clearinghouse {
        guard let house else { preconditionFailure("the house is not open") }
        return house
    }

    private func found() async throws -> Answer {
        if house != nil { return .none }
        do {
            try HouseOpening.found(Self.path, TestHouse.founding(at: Self.start), files: disk)
        } catch DataDirectoryError.exists {
            // The directory was made before the power went, and its first fact as well.
        }
        try await reopen()
        return .none
    }

    private func load() async throws -> Answer {
        _ = try await open.load(programme)
        return .none
    }

    private func send(
        _ batch: BatchID, _ programmeID: String, _ records: () throws -> [RecordContent]
    ) async throws -> [IssuedReceipt] {
        if files[batch] == nil {
            var file = try BatchFile(batch, at: await open.now)
            file.header.programmeID = programmeID
            files[batch] = file.bytes(try records())
        }
        let bytes = try files[batch].need("\(batch)")
        let keys = try TestHouse.partners[batch.partner].need("\(batch.partner)")
        let digest = SHA256.digest(bytes)
        let directory = try DataDirectory.inspect(Self.path, files: disk)
        let upload = UploadName(partner: batch.partner, series: .live, sequence: batch.sequence, digest: digest)
        let incoming = try directory.originals(hashing: HouseOpening.hashing).begin(upload).need("an upload")
        // An upload goes on where it was durable.
        try incoming.append(bytes[Int(incoming.length)...])
        guard try incoming.complete() == .kept(digest) else { throw ScenarioError("the bytes were not kept") }
        let arrived = ArrivedFile(
            batch: batch, digest: digest, signedDigest: digest.bytes, size: Int64(bytes.count), format: .xml,
            uploadBegan: await open.now, signature: try keys.signing.signer().signDetached(bytes, at: Self.start))
        let (receipts, waiting) = try await open.receive(arrived)
        guard let waiting else { return receipts }
        // The receipt RECEIVED is an answer of its own, even when the power goes before the next.
        try await answered("received \(batch)", .receipts(receipts))
        try await open.judge(waiting)
        return try await open.receipts(of: try await open.state.files.find(received: waiting).need("arrival").attempt)
    }

    private func act(_ document: ActDocument) async throws -> ActOutcome {
        let pki = TestPKI.shared
        var document = document
        if let id = document.instruction, document.act == "confirm" {
            document.amount = await open.state.instructions[id]?.instruction.amount.magnitude.amountText
        }
        let bytes = document.bytes
        let proposed = try await open.propose(
            document: bytes, signature: pki.maker.signer().signDetached(bytes, at: Self.start))
        return try await open.countersign(
            digest: proposed.digest, signature: pki.checker.signer().signDetached(bytes, at: Self.start))
    }

    // MARK: Life

    /// Opens the house and finishes what it had received.
    func reopen() async throws {
        house = nil
        let pki = TestPKI.shared
        let signer = try HostSigner(certificate: pki.hostSigning.certificate, key: pki.hostSigning.key)
        house = try HouseOpening.open(
            Self.path, holder: "test", signer: signer, revocationLists: [pki.revocationList], files: disk,
            recentIDs: TestHouse.recentIDs, logger: TestHouse.silence)
        try await open.settle()
    }

    /// Takes the steps that have no answer yet, in order, until one fails.
    func work(_ steps: [Step]) async throws {
        for step in steps where answers[step.name] == nil {
            try await answered(step.name, try await step.run(self))
        }
    }

    private func answered(_ name: String, _ answer: Answer) async throws {
        answers[name] = answer
        guard house != nil else { return }
        let sequence = await open.state.lastSequence
        let log = try DataDirectory.inspect(Self.path, files: disk).openLog(hashing: HouseOpening.hashing)
        acknowledged = (sequence, try log.chainHash(sequence))
    }

    /// Ends the process, or the power, and starts again.
    func crash(_ end: FaultyDiskEnd) async throws {
        house = nil
        disk = disk.restarted(after: end)
        guard answers["found"] != nil || isFounded else { return }
        try await reopen()
    }

    /// Whether the disk has a house with a first fact.
    private var isFounded: Bool {
        guard let directory = try? DataDirectory.inspect(Self.path, files: disk),
            let log = try? directory.openLog(hashing: HouseOpening.hashing)
        else { return false }
        return log.lastSequence > 0
    }

    /// Whether a house is open.
    var isOpen: Bool { house != nil }

    /// The log, looked at beside the house.
    func log() throws -> SegmentLog {
        try DataDirectory.inspect(Self.path, files: disk).openLog(hashing: HouseOpening.hashing)
    }
}
