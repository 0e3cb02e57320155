import Conversion
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
import Transparency
import Validation

/// Originals are erased after their retention, by two officers, and everything that was sealed can still be proved.
@Suite(.serialized) struct ErasureTests {
    /// The golden programme with the shortest retention.
    private static var change: [String: (String) throws -> String] {
        [
            "programme.yaml": {
                // With few windows the years pass quickly.
                $0.replacing("openingPoints: 100000\n", with: "openingPoints: 100000\nretentionYears: 1\n")
                    .replacing("to: 2026-12-31\n", with: "to: 2026-04-30\n")
            }
        ]
    }

    private static func erasure(_ file: String, _ reference: String = "E-1") -> ActDocument {
        var document = ActDocument(act: "erase", reference: reference)
        (document.file, document.reason) = (file, "RETENTION")
        return document
    }

    private static func source(_ house: TestHouse) async throws -> EvidenceSource {
        let directory = try house.inspected
        return EvidenceSource(
            log: try house.log(), records: directory.records(hashing: HouseOpening.hashing),
            originals: directory.originals(hashing: HouseOpening.hashing), keys: directory.keys,
            house: await house.house.state)
    }

    /// The documents that were made on demand and are kept.
    private static func made(_ house: TestHouse) throws -> [Digest32] {
        try house.inspected.derivedDocuments(hashing: HouseOpening.hashing).digests()
    }

    private static func records(_ count: Int) throws -> [RecordContent] {
        try (1...count).map { try BatchFile.record("E\($0)", .accrual, "MKP", Int64($0), on: "2026-03-01") }
    }

    /// A house with a file of MARCHE whose window was closed a year and a half ago.
    private static func old(_ count: Int = 3) async throws -> (TestHouse, TestHouse.Sent) {
        let house = try await TestHouse(change: change)
        let sent = try await house.send("MARCHE", 1, try records(count))
        try await house.advance(to: "2027-10-01T12:00:00+02:00")
        return (house, sent)
    }

    @Test func nothingIsErasedBeforeItsRetentionHasPassed() async throws {
        let house = try await TestHouse(change: Self.change)
        let sent = try await house.send("MARCHE", 1, try Self.records(1))
        func refusal(_ file: String) async -> ReasonCode? {
            do {
                try await house.act(Self.erasure(file))
                return nil
            } catch { return (error as? Refusal)?.code }
        }
        #expect(await refusal("MARCHE/LIVE/1") == .act004)
        #expect(await refusal("MARCHE/LIVE/2") == .act004)
        #expect(await refusal("MARCHE/1") == .act003)
        try await house.advance(to: "2026-03-16T12:00:00+01:00")
        let state = await house.house.state
        let closed = try state.closingTimes[WindowID("W-2026-03A")].need("a close")
        #expect(state.programme?.zone.date(at: closed).description == "2026-03-16")
        #expect(await refusal("MARCHE/LIVE/1") == .prv001)
        try await house.advance(to: "2027-03-16T23:59:00+01:00")
        #expect(await refusal("MARCHE/LIVE/1") == .prv001)
        #expect(try house.inspected.originals(hashing: HouseOpening.hashing).contains(sent.digest))
        try await house.advance(to: "2027-03-17T00:00:00+01:00")
        #expect(await refusal("MARCHE/LIVE/1") == nil)
        var again = Self.erasure("MARCHE/LIVE/1", "E-2")
        again.reason = "AGAIN"
        await #expect(throws: Refusal(.act005, value: "MARCHE/LIVE/1", detail: "the file is erased")) {
            try await house.act(again)
        }
    }

    @Test func originalAndKeyGoAndEveryRecordKeepsItsProof() async throws {
        let (house, sent) = try await Self.old(600)
        let state = await house.house.state
        let received = try state.files.history(sent.batch)?.holder?.received.need("received") ?? 0
        let seal = try state.evidence.records[received].need("a seal")
        let before = try await Self.source(house)
        let batch = try before.batch(sealedBy: seal).need("the sealed batch")
        var leaves: [Digest32] = []
        try batch.forEach { (entry, detail) throws(Fault) in leaves.append(batch.sealer.leafHash(entry, detail)) }
        let name =
            "RCP-\(Padding.zeros(Int(state.files.find(received: received)?.attempt.decided ?? 0), 8)).results.csv"
        _ = try await house.house.document(name, for: sent.batch.partner)
        #expect(try !Self.made(house).isEmpty)

        try await house.act(Self.erasure("MARCHE/LIVE/1"))
        let after = try await Self.source(house)
        #expect(try !after.originals.contains(sent.digest))
        #expect(try after.keys.key(of: received) == nil)
        #expect(try after.batch(sealedBy: seal) == nil)
        #expect(try Self.made(house).isEmpty)
        let kept = try after.erased(sealedBy: seal).need("the leaves")
        #expect(try kept.root() == kept.seal.root)
        let hashing = OpenSSLTreeHashing()
        for number in [1, 2, 255, 256, 257, 512, 599, 600] as [UInt32] {
            let leaf = leaves[Int(number) - 1]
            #expect(try kept.leaves.leaf(UInt64(number) - 1) == leaf)
            #expect(
                InclusionProof.isValid(
                    try kept.path(of: number), leaf: leaf, index: UInt64(number) - 1, size: 600, root: kept.seal.root,
                    hashing), "record \(number)")
        }
        // The erasure is under a checkpoint at once.
        let erasure = try await house.house.state.erasures.batches[received].need("the fact")
        #expect(await house.house.state.evidence.first(over: erasure) != nil)
        await #expect(throws: Refusal.self) { try await house.house.document(name, for: sent.batch.partner) }
        do {
            _ = try await house.house.document(name, for: sent.batch.partner)
        } catch { #expect((error as? Refusal)?.code == .prv002) }
        // Everything else is as it was, also for the next start.
        try house.reopen()
        #expect(await house.house.state.ledger == state.ledger)
    }

    @Test func bytesThatWereErasedAreAnsweredAndNotKeptAgain() async throws {
        let house = try await TestHouse(change: Self.change)
        let bytes = try await house.file(
            BatchID(partner: PartnerID("MARCHE"), series: .live, sequence: 1), try Self.records(2))
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        let sent = try await house.send(bytes, batch)
        try await house.advance(to: "2027-10-01T12:00:00+02:00")
        try await house.act(Self.erasure("MARCHE/LIVE/1"))
        let file = try await house.arrive(bytes, batch)
        let originals = try house.inspected.originals(hashing: HouseOpening.hashing)
        #expect(try originals.contains(sent.digest))
        #expect(try await house.house.receive(file).receipts == sent.receipts)
        #expect(try !originals.contains(sent.digest))
        // What was left behind otherwise goes with the next start.
        _ = try await house.arrive(bytes, batch)
        try house.reopen()
        #expect(try !originals.contains(sent.digest))
    }

    @Test func theReversalOfAnErasedRecordIsNotTakenForAnotherMembers() async throws {
        let house = try await TestHouse(change: Self.change)
        // The secret that messages share must not stand in for the one that is gone.
        _ = try await house.send("MARCHE", 1, try Self.records(2))
        try await house.advance(to: "2027-10-01T12:00:00+02:00")
        let state = await house.house.state
        let location = try state.ledger.find(
            RecordIdentity.of(try TransactionID("E1"), partner: try PartnerID("MARCHE")) { SHA256.digest($0) },
            of: try PartnerID("MARCHE"),
            in: History(
                facts: try house.log(), records: try house.inspected.records(hashing: HouseOpening.hashing),
                identities: try house.inspected.identityRuns())
        ).need("the record")
        let keys = try house.inspected.keys
        _ = try keys.key(of: 0, orKeep: [UInt8](repeating: 7, count: 32))
        let member = try MemberNumber(BatchFile.member).need("member")
        let references = KeptMemberReferences(keys: keys) { $0 == location.batch }
        #expect(try references.reference(member, batch: location.batch) != .zero)
        try await house.act(Self.erasure("MARCHE/LIVE/1"))
        #expect(try references.reference(member, batch: location.batch) == .zero)
        #expect(try references.reference(member, batch: location.batch + 1) != .zero)
    }

    /// A crash leaves everything, or what the next start brings to its end.
    @Test func aCrashLeavesEverythingOrTheNextStartCompletesTheErasure() async throws {
        let template = try await TestHouse(change: Self.change)
        let programme = try ProgrammeDirectory.read(at: template.programmePath)
        let steps = Array(try CrashWorkload.steps().prefix(3))
        let document = Self.erasure("MARCHE/LIVE/1").bytes
        let pki = TestPKI.shared

        func prepared() async throws -> CrashWorkload {
            let work = CrashWorkload(disk: FaultyDisk(), programme: programme)
            try await work.work(steps)
            try await work.open.advanceClock(to: TestPKI.instant("2027-10-01T12:00:00+02:00"))
            let signature = try pki.maker.signer().signDetached(document, at: CrashWorkload.start)
            _ = try await work.open.propose(document: document, signature: signature)
            return work
        }
        func erase(_ work: CrashWorkload) async throws {
            let signature = try pki.checker.signer().signDetached(document, at: CrashWorkload.start)
            _ = try await work.open.countersign(digest: SHA256.digest(document), signature: signature)
        }

        let whole = try await prepared()
        let first = whole.disk.events
        try await erase(whole)
        let events = whole.disk.events - first
        #expect(events > 10)
        var random = SeededGenerator.printed(for: "crashes of an erasure")
        var (undone, done) = (0, 0)
        let cases = min(events, TestLength.cases(6, long: 1000))
        for number in 0..<cases {
            // Evenly over the erasure, its last event included, so that a short form reaches every part of it.
            let event = (number + 1) * events / cases
            let work = try await prepared()
            var plan = FaultyDiskPlan()
            plan.powerLossAt = first + event
            work.disk.plan(plan)
            try? await erase(work)
            let end = random.pick([FaultyDiskEnd.everythingLost, .torn(seed: random.next()), .processEnded])
            try await work.crash(end)
            let name = "event \(event) of \(events), \(end), COALITION_TEST_SEED=\(random.seed)"
            if try await Self.isErased(work, name) { done += 1 } else { undone += 1 }
            try await erase(work)
            #expect(try await Self.isErased(work, name), "\(name)")
        }
        #expect(undone > 0)
        #expect(done > 0)
    }

    /// Whether the file is erased as a fact says; then nothing of it is there but the leaves, else all of it.
    private static func isErased(_ work: CrashWorkload, _ name: String) async throws -> Bool {
        let state = await work.open.state
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        let attempt = try state.files.history(batch)?.holder.need("the file")
        let received = try attempt?.received.need("received") ?? 0
        let directory = try DataDirectory.inspect(CrashWorkload.path, files: work.disk)
        let originals = directory.originals(hashing: HouseOpening.hashing)
        let isErased = state.erasures.batches[received] != nil
        let digest = attempt?.digest ?? .zero
        #expect(try originals.contains(digest) != isErased, "\(name)")
        #expect(try (directory.keys.key(of: received) == nil) == isErased, "\(name)")
        let records = directory.records(hashing: HouseOpening.hashing)
        if isErased {
            let seal = try state.evidence.records[received].need("a seal")
            let kept = try ErasedBatch(sealedBy: seal, log: try work.log(), records: records).need("leaves")
            #expect(try kept.root() == kept.seal.root, "\(name)")
        }
        return isErased
    }
}
