import FileStore
import Foundation
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

/// Durable means that it survives the loss of everything that was not synced. A workload is interrupted at its
/// events; after the restart no answer that was given is lost, nothing counts twice, and the end is that of a
/// workload without crashes.
@Suite struct CrashTests {
    /// How many interruptions are tried; all of them in the long form.
    static let cases = TestLength.cases(40, long: 1000)

    /// What a workload comes to, without what may differ: numbers of facts, and documents' hash of the log.
    struct End: Equatable {
        var points: [PointsBalance]
        var positions: [PartnerID: Int64]
        var records: [PartnerID: Int]
        var accounts: [PartnerID: PartnerAccount]
        var instructions: [String]
        var windows: [WindowFigures]
        var statements: [String: [String]]

        struct WindowFigures: Equatable {
            var lines: [LineKey: LineTotal]
            var fees: [WindowTotals.FeeKey: Int64]
        }

        init(_ work: CrashWorkload) async throws {
            let state = await work.open.state
            points = state.ledger.points.all
            positions = state.clearedPositions
            records = state.ledger.partners.mapValues(\.count)
            accounts = state.accounts.accounts
            instructions = state.instructions.all.map { "\($0.instruction) \($0.status) \($0.booked)" }
            windows = try ["W-2026-03B", "W-2026-04A", "W-2026-04B"].map {
                let totals = state.ledger.windows[try WindowID($0)]
                return WindowFigures(lines: totals?.lines ?? [:], fees: totals?.fees ?? [:])
            }
            statements = [:]
            let log = try work.log()
            for sequence in state.closings.values {
                guard case .windowClosed(let fact) = try FactCodec.decode(try log.rawFact(sequence)[...]).fact else {
                    throw ScenarioError("fact \(sequence) closes no window")
                }
                for reference in fact.attachments where !reference.name.hasSuffix(".p7s") {
                    statements[reference.name] = DocumentFigures.lines(
                        of: try log.attachment(reference.name, of: sequence))
                }
            }
        }
    }

    private static func programme() async throws -> ProgrammeDirectory {
        let house = try await TestHouse()
        return try ProgrammeDirectory.read(at: house.programmePath)
    }

    @Test func noAnswerIsLostAndNothingCountsTwiceWhereverThePowerGoes() async throws {
        var random = SeededGenerator.printed(for: "crashes of the house")
        let programme = try await Self.programme()
        let steps = try CrashWorkload.steps()
        let whole = CrashWorkload(disk: FaultyDisk(), programme: programme)
        try await whole.work(steps)
        let right = try await End(whole)
        #expect(right.statements.count == 3 * 27)
        #expect(right.records.values.reduce(0, +) == 11)
        let events = whole.disk.events
        var deaths = 0
        for number in 0..<Self.cases {
            // Evenly over the workload, so that a short form reaches every part of it.
            let width = max(events / Self.cases, 1)
            let event =
                Self.cases >= events ? number % events + 1 : number * width + Int.random(in: 1...width, using: &random)
            let end = random.pick([
                FaultyDiskEnd.everythingLost, .everythingLost, .torn(seed: random.next()), .processEnded,
            ])
            let name = "event \(event) of \(events), \(end), COALITION_TEST_SEED=\(random.seed)"
            var plan = FaultyDiskPlan()
            plan.powerLossAt = event
            let isHurt = try await Self.interrupt(plan, end, steps, programme, right, name)
            if isHurt { deaths += 1 }
        }
        print("\(deaths) of \(Self.cases) workloads of \(events) events were interrupted")
        #expect(deaths > Self.cases / 2)
    }

    /// A write or sync that fails, or a full disk, is an error to whoever asked, and harms nobody after a restart.
    @Test func aDiskThatFailsHarmsNothingThatWasAnswered() async throws {
        var random = SeededGenerator.printed(for: "failing disk of the house")
        let programme = try await Self.programme()
        let steps = try CrashWorkload.steps()
        let whole = CrashWorkload(disk: FaultyDisk(), programme: programme)
        try await whole.work(steps)
        let right = try await End(whole)
        let events = whole.disk.events
        let cases = max(Self.cases / 2, 1)
        var told = 0
        for number in 0..<cases {
            var plan = FaultyDiskPlan()
            let width = max(events / cases, 1)
            plan.failureAt =
                cases >= events ? number % events + 1 : number * width + Int.random(in: 1...width, using: &random)
            plan.failure = random.pick([.noSpace, .other])
            let end = random.pick([FaultyDiskEnd.everythingLost, .processEnded])
            let name = "failure at \(plan.failureAt ?? 0) of \(events), \(end), COALITION_TEST_SEED=\(random.seed)"
            if try await Self.interrupt(plan, end, steps, programme, right, name) { told += 1 }
        }
        // Not every failure is told: what only speeds up the next start may be missing.
        #expect(told > cases / 2)
    }

    /// Interrupts a workload, restarts, and lets it come to its end. Answers whether it was interrupted at all.
    private static func interrupt(
        _ plan: FaultyDiskPlan, _ end: FaultyDiskEnd, _ steps: [CrashWorkload.Step], _ programme: ProgrammeDirectory,
        _ right: End, _ name: String
    ) async throws -> Bool {
        var failed = false
        let work = CrashWorkload(disk: FaultyDisk(plan), programme: programme)
        do {
            try await work.work(steps)
        } catch {
            failed = true
            // Nobody is told that something failed while the disk is well.
            #expect(work.disk.isDead || plan.failureAt != nil, "\(name): \(error)")
            // Whoever asks once more is answered, or told again; what is durable decides, not what is in memory.
            if plan.failureAt != nil, work.isOpen { try? await work.work(steps) }
        }
        let acknowledged = work.acknowledged
        try await work.crash(end)
        if let acknowledged {
            let log = try work.log()
            #expect(log.lastSequence >= acknowledged.sequence, "\(name): a fact behind an answer is lost")
            #expect(try log.chainHash(acknowledged.sequence) == acknowledged.chain, "\(name): a fact has changed")
            _ = try log.verifyAll()
        }
        if work.isOpen { #expect(await work.open.state.files.undecided.isEmpty, "\(name)") }
        // Everybody asks again for everything.
        let before = work.answers
        let again = CrashWorkload(continuing: work)
        try await again.work(steps)
        for (step, answer) in before { again.expect(step, answer, name) }
        #expect(try await End(again) == right, "\(name)")
        let points = await again.open.state.ledger.points.all.reduce(0) { $0 + $1.balance }
        #expect(points == 0, "\(name)")
        return failed
    }
}
