import FileStore
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeFiles
import TestKit
import Testing
import Validation

/// Messages that come together are judged as if one came after the other, and made durable together or not at all.
@Suite struct MessageGroupTests {
    private struct Sent: Sendable {
        let id: String
        let answer: [UInt8]
        let isCopy: Bool
    }

    private static func workload() async throws -> CrashWorkload {
        let house = try await TestHouse()
        let work = CrashWorkload(
            disk: FaultyDisk(), programme: try ProgrammeDirectory.read(at: house.programmePath))
        try await work.work(Array(try CrashWorkload.steps().prefix(2)))
        return work
    }

    private static func message(_ id: String, _ record: RecordContent, from name: String = "MARCHE") throws -> [UInt8] {
        let keys = try TestHouse.partners[PartnerID(name)].need(name)
        let message = MessageWriter.message(
            try MessageID(id), createdAt: CrashWorkload.start, partner: keys.id, .transaction(record))
        return try keys.signing.signer().signAttached(message, at: CrashWorkload.start)
    }

    private static func sale(_ id: String, _ units: Int64 = 100) throws -> RecordContent {
        try BatchFile.record(id, .accrual, "MKP", units, on: "2026-03-30")
    }

    /// Sends messages all at once; a failure comes as nil.
    private static func send(
        _ messages: [(id: String, cms: [UInt8])], to house: Clearinghouse, from name: String = "MARCHE"
    ) async throws -> [Sent?] {
        let partner = try PartnerID(name)
        return await withTaskGroup(of: Sent?.self) { group in
            for (id, cms) in messages {
                group.addTask {
                    guard let answer = try? await house.answer(cms, from: partner) else { return nil }
                    return Sent(id: id, answer: answer.answer, isCopy: answer.isCopy)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func answers(_ log: SegmentLog) throws -> [MessageAnswered] {
        var out: [MessageAnswered] = []
        try log.replay(from: 1) { (envelope) throws(Fault) in
            if case .messageAnswered(let fact) = envelope.fact { out.append(fact) }
        }
        return out
    }

    @Test("each is answered once, and repeats alike")
    func together() async throws {
        let work = try await Self.workload()
        let house = work.open
        // 40 messages for 30 records: ten records are told by two messages. Each message is sent twice.
        var messages: [(id: String, cms: [UInt8])] = []
        for number in 0..<40 {
            let cms = try Self.message("M\(number)", Self.sale("T\(number % 30)"))
            messages += [("M\(number)", cms), ("M\(number)", cms)]
        }
        let sent = try await Self.send(messages, to: house).compactMap(\.self)
        #expect(sent.count == 80)
        for (id, answers) in Dictionary(grouping: sent, by: \.id) {
            #expect(answers.count == 2 && answers[0].answer == answers[1].answer, "\(id)")
            #expect(answers.filter { !$0.isCopy }.count == 1, "\(id)")
        }
        let facts = try Self.answers(work.log())
        #expect(facts.count == 40)
        #expect(facts.filter { $0.status == .accepted }.count == 30)
        #expect(facts.filter { $0.status == .duplicate }.count == 10)
        // The house is what its log says.
        let state = await house.state
        let points = state.ledger.points.all
        try await work.crash(.processEnded)
        #expect(await work.open.state.ledger.points.all == points)
        #expect(await work.open.state.lastSequence == state.lastSequence)
    }

    @Test("messages that come together share flushes")
    func flushes() async throws {
        let messages = try (0..<40).map { ("M\($0)", try Self.message("M\($0)", Self.sale("T\($0)"))) }
        var syncs: [Int] = []
        for isTogether in [false, true] {
            let work = try await Self.workload()
            let before = work.disk.syncEvents.count
            for some in isTogether ? [messages] : messages.map({ [$0] }) {
                #expect(try await Self.send(some, to: work.open).compactMap(\.self).count == some.count)
            }
            syncs.append(work.disk.syncEvents.count - before)
        }
        // Everything else that is synced, runs of ids, is the same for both.
        #expect(syncs[1] + 10 <= syncs[0], "alone and together: \(syncs)")
    }

    @Test("a record that another message of the group brought can be reversed, and no more than once")
    func reversals() async throws {
        let work = try await Self.workload()
        for round in 0..<20 {
            var record = try BatchFile.record("R\(round)", .reversal, "MKP", 100, on: "2026-03-30")
            record.originalID = try TransactionID("S\(round)")
            var again = record
            again.transactionID = try TransactionID("Q\(round)")
            let messages = [
                ("S\(round)", try Self.message("S\(round)", Self.sale("S\(round)"))),
                ("R\(round)", try Self.message("R\(round)", record)),
                ("Q\(round)", try Self.message("Q\(round)", again)),
            ]
            #expect(try await Self.send(messages, to: work.open).compactMap(\.self).count == 3)
        }
        let facts = try Self.answers(work.log())
        // One that came before its original is refused; of two behind it the second is, since nothing is left.
        let reversed = facts.filter { $0.entry?.type == .reversal }
        #expect(!reversed.isEmpty && reversed.count <= 20)
        #expect(Set(reversed.compactMap(\.entry?.original)).count == reversed.count)
    }

    /// Some messages that were answered, on a house of its own.
    private static func begun() async throws -> (work: CrashWorkload, before: HouseState) {
        let work = try await workload()
        let first = try (0..<5).map { ("A\($0)", try message("A\($0)", sale("A\($0)"))) }
        #expect(try await send(first, to: work.open).compactMap(\.self).count == 5)
        return (work, await work.open.state)
    }

    private static func later() throws -> [(id: String, cms: [UInt8])] {
        try (0..<12).map { ("B\($0)", try message("B\($0)", sale("B\($0)", 700))) }
    }

    @Test("what cannot be made durable is told to nobody, whichever write fails")
    func failure() async throws {
        let whole = try await Self.begun().work
        let quiet = whole.disk.events
        #expect(try await Self.send(Self.later(), to: whole.open).compactMap(\.self).count == 12)
        let events = whole.disk.events - quiet
        // The log is written last; before it, runs of ids. How many events there are depends on how messages meet.
        let places = Array(stride(from: 0, to: events - 8, by: 4)) + (events - 8..<events)
        var failed = 0
        for event in places {
            let (_, answered) = try await Self.fail { plan, events in plan.failureAt = events + 1 + event }
            if answered < 12 { failed += 1 }
        }
        #expect(failed > 4)
    }

    @Test("when the log's own sync fails nobody is answered, and the next start answers what it finds as stored")
    func failingSync() async throws {
        let (unanswered, answered) = try await Self.fail { plan, _ in plan.failingSync = ".seg" }
        #expect(answered == 0)
        #expect(unanswered > 0, "what was written and not synced can still be read")
    }

    /// Lets a write fail while messages come, looks at the house then and after the next start, and sends them again.
    ///
    /// - Returns: the facts found at the next start of which nobody was told, and the messages that were answered.
    private static func fail(
        _ set: (inout FaultyDiskPlan, Int) -> Void
    ) async throws -> (unanswered: UInt64, answered: Int) {
        let (work, before) = try await begun()
        var plan = FaultyDiskPlan()
        set(&plan, work.disk.events)
        work.disk.plan(plan)
        let answered = try await send(later(), to: work.open).compactMap(\.self)
        // Whoever asks now is told of what was answered, and of nothing else.
        let told = await work.open.state
        #expect(told.lastSequence == before.lastSequence + UInt64(answered.count), "\(plan)")
        if answered.isEmpty { #expect(told.ledger.points.all == before.ledger.points.all, "\(plan)") }

        // Where only the sync failed, the next start may find more; it is answered as stored, and counts once.
        work.disk.plan(FaultyDiskPlan())
        let found = try work.log().lastSequence
        #expect(found >= told.lastSequence, "\(plan)")
        try await work.crash(.processEnded)
        #expect(await work.open.state.lastSequence == found, "\(plan)")
        if found == told.lastSequence {
            #expect(await work.open.state.ledger.points.all == told.ledger.points.all, "\(plan)")
        }
        #expect(try await send(later(), to: work.open).compactMap(\.self).count == 12)
        let facts = try answers(work.log())
        #expect(facts.count == 17 && facts.allSatisfy { $0.status == .accepted }, "\(plan)")
        return (found - told.lastSequence, answered.count)
    }

    @Test("a house that cannot be folded anew either answers nothing until the next start, and lost nothing")
    func fullDisk() async throws {
        let (work, before) = try await Self.begun()
        let keys = try TestHouse.partners[PartnerID("MARCHE")].need("MARCHE")
        var plan = FaultyDiskPlan()
        plan.capacity = 0
        work.disk.plan(plan)
        #expect(try await Self.send(Self.later(), to: work.open).compactMap(\.self).isEmpty)
        let question = MessageWriter.message(
            try MessageID("ASK"), createdAt: CrashWorkload.start, partner: keys.id, .position(nil))
        let cms = try keys.signing.signer().signAttached(question, at: CrashWorkload.start)
        await #expect(throws: Fault.self) { try await work.open.answer(cms, from: keys.id) }
        await #expect(throws: Fault.self) { try await work.open.advanceCalendar(to: CrashWorkload.start) }

        work.disk.plan(FaultyDiskPlan())
        try await work.crash(.processEnded)
        #expect(await work.open.state.ledger.points.all == before.ledger.points.all)
        #expect(try await Self.send(Self.later(), to: work.open).compactMap(\.self).count == 12)
    }

    @Test("messages wait for a file of their partner that is judged, and files for messages")
    func turns() async throws {
        let house = try await TestHouse(at: "2026-03-30T12:00:00+02:00")
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        let records = try (0..<3000).map { try Self.sale("F\($0)") }
        let bytes = try await house.file(batch, records)
        let file = try await house.arrive(bytes, batch)
        let (_, waiting) = try await house.house.receive(file)
        let received = try waiting.need("the file")
        let messages = try (0..<40).map { ("M\($0)", try Self.message("M\($0)", Self.sale("F\($0)"))) }
        let open = house.house
        async let judged: Void = open.judge(received)
        let sent = try await Self.send(messages, to: open).compactMap(\.self)
        try await judged
        #expect(sent.count == 40)
        // Whoever came first, each record counts once.
        var accepted = 0
        for envelope in try house.facts() {
            switch envelope.fact {
            case .messageAnswered(let fact): accepted += fact.status == .accepted ? 1 : 0
            case .fileDecided(let fact): accepted += Int(fact.posting?.lines.map(\.records).reduce(0, +) ?? 0)
            default: break
            }
        }
        #expect(accepted == 3000)
    }
}
