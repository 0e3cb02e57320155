import Evidence
import FileStore
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel
import TestKit
import Testing
import Validation

/// A member is forgotten within the retention: two officers close what it stands in, and the house goes on.
@Suite(.serialized) struct ForgettingTests {
    /// Another member than that of `BatchFile`.
    private static let other = "9250123456789021"

    private static func act(
        _ files: [String], messages: [String] = [], reason: String = "MEMBER-REQUEST", _ reference: String = "F-1"
    ) -> ActDocument {
        var document = ActDocument(act: "forget", reference: reference)
        document.files = files.isEmpty ? nil : files
        document.messages = messages.isEmpty ? nil : messages
        document.reason = reason
        return document
    }

    private static func sale(_ id: String, _ units: Int64 = 100, member: String = BatchFile.member) throws
        -> RecordContent
    { try BatchFile.record(id, .accrual, "MKP", units, on: "2026-03-17", member: member) }

    private static func reversal(
        _ id: String, of original: String, _ units: Int64, member: String = BatchFile.member
    ) throws -> RecordContent {
        var record = try BatchFile.record(id, .reversal, "MKP", units, on: "2026-03-17", member: member)
        record.originalID = try TransactionID(original)
        return record
    }

    private static func refusal(_ house: TestHouse, _ document: ActDocument) async throws -> ReasonCode? {
        do {
            try await house.act(document)
            return nil
        } catch let refusal as Refusal { return refusal.code }
    }

    private static func code(_ house: TestHouse, _ name: String, _ reader: PartnerID?) async throws -> ReasonCode? {
        do {
            _ = try await house.house.document(name, for: reader)
            return nil
        } catch let refusal as Refusal { return refusal.code }
    }

    /// Sends a record as a message.
    private static func send(_ house: TestHouse, _ id: String, _ record: RecordContent) async throws {
        let partner = try house.partner("MARCHE")
        let now = await house.house.now
        let message = MessageWriter.message(
            try MessageID(id), createdAt: now, partner: partner.id, .transaction(record))
        _ = try await house.house.answer(partner.signing.signer().signAttached(message, at: now), from: partner.id)
    }

    private static func search(_ house: TestHouse, _ number: String) async throws -> MemberSearch.Result {
        try await MemberSearch(
            digits: number, log: house.log(), originals: house.inspected.originals(hashing: HouseOpening.hashing),
            house: house.house.state
        ).need("a search").run()
    }

    private static func open() async throws -> TestHouse { try await TestHouse(at: "2026-03-18T02:10:00+01:00") }

    // MARK: The act

    @Test func anActThatNamesNothingOrTooMuchIsRefused() async throws {
        let house = try await Self.open()
        _ = try await house.send("MARCHE", 1, [Self.sale("A1")])
        _ = try await house.send(
            "RAILCO", 1, [BatchFile.record("B1", .accrual, "RLM", 40, on: "2026-03-17")])
        #expect(try await Self.refusal(house, Self.act([])) == .act003)
        #expect(try await Self.refusal(house, Self.act(["MARCHE/1"])) == .act003)
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1", "MARCHE/LIVE/1"])) == .act003)
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1", "RAILCO/LIVE/1"])) == .act003)
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/2"])) == .act004)
        #expect(try await Self.refusal(house, Self.act([], messages: ["MARCHE/NONE"])) == .act004)
        let many = (1...Int64(Limits.namesPerForgetting) + 1).map { "MARCHE/LIVE/\($0)" }
        #expect(try await Self.refusal(house, Self.act(many)) == .act003)
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1"], reason: "")) == .act003)
        // What would remember the member for ever.
        for text in [BatchFile.member, "of \(BatchFile.member)."] {
            #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1"], reason: text)) == .act003)
            #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1"], text)) == .act003)
        }
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1"])) == nil)
        let again = Self.act(["MARCHE/LIVE/1"], "F-2")
        await #expect(throws: Refusal(.act005, value: "MARCHE/LIVE/1", detail: "the file is closed or erased")) {
            try await house.act(again)
        }
    }

    @Test func aFileIsClosedOnceItIsJudged() async throws {
        let house = try await Self.open()
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        let file = try await house.arrive(try await house.file(batch, [Self.sale("A1")]), batch)
        let waiting = try await house.house.receive(file).waiting.need("a file that waits")
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1"])) == .act004)
        try await house.house.judge(waiting)
        // Its window is open, and closes as it would have.
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1"])) == nil)
        try await house.advance(to: "2026-04-01T00:30:00+02:00")
        let state = await house.house.state
        #expect(state.closings[try WindowID("W-2026-03B")] != nil)
        let statement = try house.documents()["CLS-W-2026-03B-MARCHE.txt"].need("a statement")
        #expect(String(decoding: statement, as: UTF8.self).contains(" 67 "))
    }

    // MARK: Readers

    @Test func documentsAreClosedForEveryReaderAndReceiptsAreNot() async throws {
        var limits = Limits()
        limits.findingsPerReceipt = 1
        let house = try await TestHouse(at: "2026-03-18T02:10:00+01:00", limits: limits)
        let marche = try PartnerID("MARCHE")
        var records = [try Self.sale("A1")]
        for id in ["A2", "A3", "A4"] {
            records.append(try BatchFile.record(id, .accrual, "MKP", 100, on: "2026-03-28"))
        }
        let sent = try await house.send("MARCHE", 1, records)
        let open = try await house.send("MARCHE", 2, [Self.sale("A5")])
        let id = try sent.last.id
        let names = ["results.csv", "refused.xml", "findings.csv"].map { "\(id).\($0)" }
        for name in names { #expect(try await Self.code(house, name, marche) == nil, "\(name)") }
        let derived = try house.inspected.derivedDocuments(hashing: HouseOpening.hashing)
        #expect(try !derived.digests().isEmpty)
        try await house.act(Self.act(["MARCHE/LIVE/1"]))
        #expect(try derived.digests().isEmpty)
        for reader in [marche, nil] {
            for name in names { #expect(try await Self.code(house, name, reader) == .prv003, "\(name)") }
        }
        #expect(try await Self.code(house, id, marche) == nil)
        #expect(try await Self.code(house, "\(open.last.id).results.csv", marche) == nil)
        // The house itself has it still, and the same bytes get their first answer.
        #expect(try house.inspected.originals(hashing: HouseOpening.hashing).contains(sent.digest))
        let bytes = try house.inspected.originals(hashing: HouseOpening.hashing).original(sent.digest)
        let again = try await house.send(try bytes.read(at: 0, count: Int(bytes.size)), sent.batch)
        #expect(again.receipts == sent.receipts)
        #expect(try await Self.code(house, names[0], marche) == .prv003)
        // The act is under a checkpoint at once.
        let state = await house.house.state
        let fact = try state.forgotten.batches.values.first.need("the fact")
        #expect(state.evidence.first(over: fact) != nil)
    }

    @Test func whatIsClosedStaysClosedAfterAStartFromLogAndSnapshot() async throws {
        let house = try await Self.open()
        let sent = try await house.send("MARCHE", 1, [Self.sale("A1")])
        try await Self.send(house, "M-1", Self.sale("A2"))
        try await house.act(Self.act(["MARCHE/LIVE/1"], messages: ["MARCHE/M-1"]))
        let state = await house.house.state
        let name = "\(try sent.last.id).results.csv"
        func compare() async throws {
            #expect(await house.house.state == state)
            #expect(try await Self.code(house, name, nil) == .prv003)
            #expect(state.forgotten.batches.count == 2)
        }
        try await compare()
        // What a crash left behind of a closed file goes with the next start.
        let derived = try house.inspected.derivedDocuments(hashing: HouseOpening.hashing)
        let stale = try derived.beginDocument("stale").need("a document")
        try stale.append(Array("stale".utf8)[...])
        _ = try stale.complete()
        try house.reopen()
        #expect(try derived.digests().isEmpty)
        try await compare()
        try await house.house.saveSnapshot()
        try house.reopen()
        try await compare()
        // An earlier fold knows nothing of it.
        let fact = try state.forgotten.batches.values.first.need("the fact")
        let directory = try house.inspected
        let log = try house.log()
        let history = History(
            facts: log, records: directory.records(hashing: HouseOpening.hashing),
            identities: directory.identityRuns(recentLimit: TestHouse.recentIDs))
        #expect(try HouseFold(directory, log: log, history: history, upTo: fact - 1).house.forgotten.batches.isEmpty)
    }

    /// A crash leaves everything open, or the next start closes all of it: original, message and derived documents.
    @Test func aCrashLeavesEverythingOpenOrTheNextStartClosesAll() async throws {
        let template = try await TestHouse()
        let programme = try ProgrammeDirectory.read(at: template.programmePath)
        let steps = Array(try CrashWorkload.steps().prefix(3))
        let document = Self.act(["MARCHE/LIVE/1"], messages: ["MARCHE/M-1"]).bytes
        let pki = TestPKI.shared

        func prepared() async throws -> CrashWorkload {
            let work = CrashWorkload(disk: FaultyDisk(), programme: programme)
            try await work.work(steps)
            let message = MessageWriter.message(
                try MessageID("M-1"), createdAt: CrashWorkload.start, partner: try PartnerID("MARCHE"),
                .transaction(try BatchFile.record("M1", .accrual, "MKP", 9, on: "2026-03-30")))
            let keys = try TestHouse.partners[try PartnerID("MARCHE")].need("MARCHE")
            _ = try await work.open.answer(
                keys.signing.signer().signAttached(message, at: CrashWorkload.start), from: keys.id)
            // A derived document that was asked for lies beside the log.
            guard case .receipts(let receipts)? = work.answers["MARCHE 1"] else {
                throw ScenarioError("the file has no receipts")
            }
            for receipt in receipts {
                _ = try? await work.open.document("\(receipt.id).results.csv", for: keys.id)
            }
            #expect(try !Self.derived(work).isEmpty)
            let signature = try pki.maker.signer().signDetached(document, at: CrashWorkload.start)
            _ = try await work.open.propose(document: document, signature: signature)
            return work
        }
        func forget(_ work: CrashWorkload) async throws {
            let signature = try pki.checker.signer().signDetached(document, at: CrashWorkload.start)
            _ = try await work.open.countersign(digest: SHA256.digest(document), signature: signature)
        }

        let whole = try await prepared()
        let first = whole.disk.events
        try await forget(whole)
        let events = whole.disk.events - first
        #expect(events > 5)
        var random = SeededGenerator.printed(for: "crashes of a forgetting")
        var (undone, done) = (0, 0)
        // Every event in the long form; the short one reaches every part, the last event included.
        let cases = min(events, TestLength.cases(8, long: 1000))
        for number in 0..<cases {
            let event = (number + 1) * events / cases
            let work = try await prepared()
            var plan = FaultyDiskPlan()
            plan.powerLossAt = first + event
            work.disk.plan(plan)
            try? await forget(work)
            let end = random.pick([FaultyDiskEnd.everythingLost, .torn(seed: random.next()), .processEnded])
            try await work.crash(end)
            let name = "event \(event) of \(events), \(end), COALITION_TEST_SEED=\(random.seed)"
            if try await Self.isForgotten(work, name) {
                done += 1
            } else {
                undone += 1
                try await forget(work)
            }
            #expect(try await Self.isForgotten(work, name), "\(name)")
        }
        #expect(undone > 0)
        #expect(done > 0)
    }

    private static func derived(_ work: CrashWorkload) throws -> [Digest32] {
        try DataDirectory.inspect(CrashWorkload.path, files: work.disk)
            .derivedDocuments(hashing: HouseOpening.hashing).digests()
    }

    /// Whether all that the act names is closed, and nothing derived from it is there; else all of it is open.
    private static func isForgotten(_ work: CrashWorkload, _ name: String) async throws -> Bool {
        let state = await work.open.state
        let marche = try PartnerID("MARCHE")
        let batch = BatchID(partner: marche, series: .live, sequence: 1)
        let attempt = try (state.files.history(batch)?.holder).need("the file")
        let message = try state.messages.sequences(of: marche).first.need("the message")
        let isForgotten = state.withheld(attempt) != nil
        #expect((state.withheld(batch: message) != nil) == isForgotten, "\(name)")
        if isForgotten { #expect(try derived(work).isEmpty, "\(name)") }
        // The original is kept either way, and readers get what is made of it only while it is open.
        let directory = try DataDirectory.inspect(CrashWorkload.path, files: work.disk)
        #expect(try directory.originals(hashing: HouseOpening.hashing).contains(attempt.digest), "\(name)")
        let receipt = try await work.open.receipts(of: attempt).last.need("a receipt")
        var code: ReasonCode?
        do { _ = try await work.open.document("\(receipt.id).results.csv", for: marche) } catch let refusal as Refusal {
            code = refusal.code
        }
        #expect(code == (isForgotten ? .prv003 : nil), "\(name)")
        return isForgotten
    }

    // MARK: The house goes on

    @Test func aRecordOfAClosedFileIsReversedAndRepeatedAsBefore() async throws {
        let house = try await Self.open()
        _ = try await house.send("MARCHE", 1, [Self.sale("A1"), Self.sale("A2")])
        try await house.act(Self.act(["MARCHE/LIVE/1"]))
        let next = try await house.send(
            "MARCHE", 2,
            [
                Self.reversal("R1", of: "A1", 40), Self.reversal("R2", of: "A1", 60),
                Self.reversal("R3", of: "A1", 1), Self.sale("A1"),
            ])
        #expect(try next.last.sums["ACCP MKP"]?.prefix(2) == [2, 100])
        #expect(try next.last.codes.contains("RVS-002"))
        #expect(try next.last.sums["DUPL MKP"]?.first == 1)
        // The key of its references is kept: another member's reversal is told from the member's own.
        let wrong = try await house.send("MARCHE", 3, [Self.reversal("R4", of: "A2", 10, member: Self.other)])
        #expect(try wrong.last.codes == ["RVS-004"])
    }

    @Test func aClosedFileIsErasedWhenItsRetentionHasPassed() async throws {
        let house = try await TestHouse(change: [
            "programme.yaml": {
                $0.replacing("openingPoints: 100000\n", with: "openingPoints: 100000\nretentionYears: 1\n")
                    .replacing("to: 2026-12-31\n", with: "to: 2026-04-30\n")
            }
        ])
        let records = try (1...300).map { try BatchFile.record("E\($0)", .accrual, "MKP", 9, on: "2026-03-01") }
        let sent = try await house.send("MARCHE", 1, records)
        let state = await house.house.state
        let received = try state.files.history(sent.batch)?.holder?.received.need("received") ?? 0
        let seal = try state.evidence.records[received].need("a seal")
        try await house.act(Self.act(["MARCHE/LIVE/1"]))
        func source() async throws -> EvidenceSource {
            let directory = try house.inspected
            return EvidenceSource(
                log: try house.log(), records: directory.records(hashing: HouseOpening.hashing),
                originals: directory.originals(hashing: HouseOpening.hashing), keys: directory.keys,
                house: await house.house.state)
        }
        let closed = try await source()
        #expect(try closed.batch(sealedBy: seal) == nil)
        var leaves: [UInt8] = []
        try closed.leaves(sealedBy: seal).need("leaves").forEachPiece { leaves += $0 }
        #expect(leaves.count == 300 * 32)
        let proof = try closed.leaves(sealedBy: seal).need("leaves").proof(of: 299)
        var erasure = ActDocument(act: "erase", reference: "E-1")
        (erasure.file, erasure.reason) = ("MARCHE/LIVE/1", "RETENTION")
        try await house.advance(to: "2026-03-20T12:00:00+01:00")
        #expect(try await Self.refusal(house, erasure) == .prv001)
        try await house.advance(to: "2027-10-01T12:00:00+02:00")
        #expect(try await Self.refusal(house, erasure) == nil)
        let erased = try await source()
        #expect(try !erased.originals.contains(sent.digest))
        #expect(try erased.keys.key(of: received) == nil)
        var kept: [UInt8] = []
        try erased.leaves(sealedBy: seal).need("leaves").forEachPiece { kept += $0 }
        #expect(kept == leaves)
        let after = try erased.leaves(sealedBy: seal).need("leaves").proof(of: 299)
        #expect(after.leaf == proof.leaf && after.path == proof.path)
        #expect(try await Self.code(house, "\(sent.last.id).results.csv", nil) == .prv002)
        #expect(try await Self.refusal(house, Self.act(["MARCHE/LIVE/1"], "F-2")) == .act005)
    }

    // MARK: Finding a member

    @Test func aMemberIsFoundWhereverItStands() async throws {
        let house = try await Self.open()
        let marche = try PartnerID("MARCHE")
        _ = try await house.send("MARCHE", 1, [Self.sale("A1"), Self.sale("A2"), Self.sale("X1", member: Self.other)])
        _ = try await house.send("MARCHE", 2, [Self.sale("X2", member: Self.other)])
        // A record that is refused by a rule, one whose number is wrong, and a file that is none.
        _ = try await house.send("MARCHE", 3, [BatchFile.record("A3", .accrual, "MKP", 1, on: "2026-03-28")])
        func changed(_ sequence: Int64, _ old: String, _ new: String) async throws {
            let batch = BatchID(partner: marche, series: .live, sequence: sequence)
            let text = String(
                decoding: try await house.file(batch, [Self.sale("A\(sequence)")]), as: UTF8.self)
            _ = try await house.send(Array(text.replacing(old, with: new).utf8), batch)
        }
        try await changed(4, "unit=\"MKP\">100<", "unit=\"MKP\">none<")
        try await changed(5, "<LoyaltyTransactionBatch", "<Nothing")
        // Only a part of a longer number, and another one.
        try await changed(6, BatchFile.member, "1\(BatchFile.member)")
        _ = try await house.send("MARCHE", 7, [Self.sale("A7")], series: .test)
        let batch = BatchID(partner: marche, series: .live, sequence: 8)
        _ = try await house.send(
            try await house.file(batch, [Self.sale("A8")]), batch, signer: house.partner("RAILCO").signing)
        _ = try await house.send("MARCHE", 9, [Self.sale("A9")], format: .csv)
        try await Self.send(house, "M-1", Self.sale("M1"))
        try await Self.send(house, "M-2", Self.sale("M2", member: Self.other))
        try await Self.send(house, "M-3", Self.sale("M3", 0))

        let found = try await Self.search(house, BatchFile.member)
        let files = Dictionary(uniqueKeysWithValues: found.files.map { ($0.batch.description, $0.records) })
        #expect(
            files == [
                "MARCHE/LIVE/1": 2, "MARCHE/LIVE/3": 1, "MARCHE/LIVE/4": 0, "MARCHE/LIVE/5": 0, "MARCHE/LIVE/8": 0,
                "MARCHE/TEST/7": 1, "MARCHE/LIVE/9": 1,
            ])
        #expect(found.messages.map(\.id.text) == ["M-1", "M-3"])
        #expect(try await Self.search(house, Self.other).files.map(\.batch.sequence) == [1, 2])
        #expect(try await Self.search(house, "4000123412341234").files.isEmpty)
        // All of it can be closed by one act, that which was refused at the door as well.
        try await house.act(
            Self.act(found.files.map(\.batch.description), messages: found.messages.map { "MARCHE/\($0.id)" }))
        let after = try await Self.search(house, BatchFile.member)
        #expect(after.files.count == 7 && after.files.allSatisfy { $0.withheld != nil })
        #expect(after.messages.count == 2 && after.messages.allSatisfy { $0.withheld != nil })
        #expect(try await Self.search(house, Self.other).files.map { $0.withheld != nil } == [true, false])
    }
}
