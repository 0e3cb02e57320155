import FileStore
import Journal
import Primitives
import TestKit
import Testing
import Transparency

@Suite("The log after a crash", .ownThreads)
struct LogCrashTests {
    private let hashing = Hashing.quick
    private let directory = "log"

    private var options: SegmentLog.Options {
        var options = SegmentLog.Options()
        options.segmentBytes = 8000
        options.treeFolder = "tree"
        return options
    }

    private func newDisk() throws -> FaultyDisk {
        let disk = FaultyDisk()
        try disk.createDirectory(directory)
        try disk.syncDirectory("")
        return disk
    }

    /// Appends the workload until the disk gives out.
    private func run(_ disk: FaultyDisk, _ workload: [[JournalEntry]]) -> Acknowledged {
        var kept = Acknowledged()
        guard let log = try? SegmentLog.open(directory, files: disk, hashing: hashing, options: options) else {
            return kept
        }
        for entries in workload {
            guard (try? log.append(entries)) != nil else { return kept }
            kept.entries += entries
        }
        return kept
    }

    private func open(_ disk: FaultyDisk) throws -> SegmentLog {
        try SegmentLog.open(directory, files: disk, hashing: hashing, options: options)
    }

    private func ends(_ event: Int) -> [FaultyDiskEnd] {
        [.processEnded, .everythingLost] + (0..<Samples.seedsPerEvent).map { .torn(seed: UInt64(event) * 1000 + $0) }
    }

    /// Goes through a crash at every event of a run and calls the closure with the disk that the next start finds.
    private func sweep(
        _ workload: [[JournalEntry]], pageBytes: Int = 4096,
        _ body: (FaultyDisk, Acknowledged, FaultyDiskEnd, String) throws -> Void
    ) throws -> Int {
        let clean = try newDisk()
        let before = clean.events
        _ = run(clean, workload)
        for event in before + 1...clean.events + 1 {
            for end in ends(event) {
                let disk = try newDisk()
                var plan = FaultyDiskPlan()
                (plan.powerLossAt, plan.pageBytes) = (event, pageBytes)
                disk.plan(plan)
                let kept = run(disk, workload)
                let found = disk.restarted(after: end)
                do {
                    try body(found, kept, end, "power lost at event \(event), \(end), pages of \(pageBytes)")
                } catch {
                    Issue.record("power lost at event \(event), \(end), pages of \(pageBytes): \(error)")
                }
            }
        }
        return clean.events - before
    }

    @Test("everything acknowledged is there and nothing by halves, wherever the power goes", arguments: [4096, 512])
    func crashAnywhere(pageBytes: Int) throws {
        let workload = try Samples.workload(hashing: hashing)
        var torn: Set<String> = []
        let events = try sweep(workload, pageBytes: pageBytes) { disk, kept, _, place in
            let log = try open(disk)
            if let complaint = try kept.complaint(about: log, workload: workload) {
                Issue.record("\(place): \(complaint)")
            }
            if let end = log.recovery.tornEnd { torn.insert(end.reason) }
            // The log goes on, and what it now takes survives as well.
            let rest = workload.drop { $0[0].envelope.sequence <= log.lastSequence }
            for entries in rest { try log.append(entries) }
            try expectTree(of: log, workload, place)
            let again = try open(disk.restarted(after: .everythingLost))
            try expectTree(of: again, workload, place)
            let all = Acknowledged(entries: workload.flatMap(\.self))
            if let complaint = try all.complaint(about: again, workload: workload) {
                Issue.record("\(place), then the rest: \(complaint)")
            }
        }
        #expect(events > 30)
        // The sweep is worth its name only if it met every kind of torn end.
        let expected = ["it is cut short", "its header is lost", "the segment's header is cut short"]
        #expect(torn.isSuperset(of: pageBytes == 512 ? expected + ["a part of it is lost"] : expected), "\(torn)")
    }

    /// The tree is that over the leaves of all facts.
    private func expectTree(of log: SegmentLog, _ workload: [[JournalEntry]], _ place: String) throws {
        var frontier = TreeFrontier()
        for entry in workload.flatMap(\.self).prefix(Int(log.lastSequence)) {
            let bytes = try FactCodec.encode(entry.envelope)
            frontier.append(hashing.tree.leaf(bytes.span), hashing.tree)
        }
        #expect(try log.frontier == frontier, "\(place)")
        #expect(try log.root(of: log.lastSequence) == hashing.root(frontier), "\(place)")
    }

    @Test("a second crash, while the first one is repaired, loses nothing either")
    func crashDuringRecovery() throws {
        let workload = try Samples.workload(hashing: hashing)
        var seconds = 0
        _ = try sweep(workload) { disk, kept, end, place in
            guard case .torn(let seed) = end, seed % 3 == 0 else { return }
            for event in 1...6 {
                let copy = disk.restarted(after: .processEnded)
                var plan = FaultyDiskPlan()
                plan.powerLossAt = event
                copy.plan(plan)
                guard (try? open(copy)) == nil else { continue }
                seconds += 1
                let log = try open(copy.restarted(after: .torn(seed: seed + UInt64(event))))
                if let complaint = try kept.complaint(about: log, workload: workload) {
                    Issue.record("\(place), second crash at \(event): \(complaint)")
                }
            }
        }
        #expect(seconds > 100)
    }

    @Test("interruptions and short reads and writes change nothing", arguments: 1...20)
    func interruptions(seed: UInt64) throws {
        let workload = try Samples.workload(hashing: hashing)
        let disk = try newDisk()
        var plan = FaultyDiskPlan()
        (plan.interruptionIn, plan.shortIn, plan.seed) = (3, 2, seed)
        disk.plan(plan)
        let kept = run(disk, workload)
        #expect(kept.entries.count == workload.flatMap(\.self).count)
        let next = disk.restarted(after: .everythingLost, plan)
        #expect(try kept.complaint(about: try open(next), workload: workload) == nil, "seed \(seed)")
    }

    @Test("the remains of a torn append are gone before the log goes on, even behind a shorter append")
    func remains() throws {
        let workload = try Samples.workload(hashing: hashing)
        var torn = 0
        for seed in 0..<40 as Range<UInt64> {
            let disk = try newDisk()
            let log = try SegmentLog.open(directory, files: disk, hashing: hashing)
            for entries in workload.prefix(2) { try log.append(entries) }
            var plan = FaultyDiskPlan()
            plan.powerLossAt = disk.events + 2
            disk.plan(plan)
            #expect(throws: Fault.self) { try log.append(workload[2]) }
            let found = disk.restarted(after: .torn(seed: seed))
            let again = try open(found)
            guard again.recovery.tornEnd != nil else { continue }
            torn += 1
            try again.append([Samples.tick(3)])
            let last = try open(found.restarted(after: .everythingLost))
            #expect(last.lastSequence == 3, "seed \(seed)")
            #expect(last.recovery.tornEnd == nil, "seed \(seed)")
        }
        #expect(torn > 5)
    }

    @Test("a log shorter than what was acknowledged is damage, not a torn end, as long as the hint is there")
    func hint() throws {
        let workload = try Samples.workload(hashing: hashing)
        let disk = try newDisk()
        _ = run(disk, workload)
        let segments = try disk.list(directory).filter { $0.hasSuffix(".seg") }
        let last = "\(directory)/\(segments.last ?? "")"
        let bytes = try disk.bytes(last)
        try disk.replace(last, with: Array(bytes.dropLast()))
        let fault = #expect(throws: Fault.self) { try open(disk) }
        #expect(fault?.description.contains("acknowledged") == true, "\(fault?.description ?? "")")
        #expect(fault?.description.contains(last) == true)
        #expect(try disk.bytes(last).count == bytes.count - 1, "nothing was taken away")
        try disk.remove("\(directory)/HEAD")
        let log = try open(disk)
        #expect(log.recovery.tornEnd?.reason == "it is cut short")
        #expect(log.recovery.tornEnd?.sequence == log.lastSequence + 1)
    }
}
