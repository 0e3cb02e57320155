import FileStore
import Journal
import Primitives
import TestKit
import Testing

@Suite("The segment log")
struct SegmentLogTests {
    private let hashing = Hashing.quick

    private func options(_ segmentBytes: Int64, readOnly: Bool = false) -> SegmentLog.Options {
        var options = SegmentLog.Options()
        (options.segmentBytes, options.isReadOnly) = (segmentBytes, readOnly)
        return options
    }

    private func filled(_ disk: FaultyDisk, segmentBytes: Int64 = 4000) throws -> SegmentLog {
        try disk.createDirectory("log")
        try disk.syncDirectory("")
        let log = try SegmentLog.open("log", files: disk, hashing: hashing, options: options(segmentBytes))
        for entries in try Samples.workload(hashing: hashing) { try log.append(entries) }
        return log
    }

    @Test("segments roll at their size, and an append is never divided between two")
    func rolling() throws {
        let disk = FaultyDisk()
        let log = try filled(disk)
        let segments = try disk.list("log").filter { $0.hasSuffix(".seg") }
        #expect(segments == ["00000001.seg", "00000002.seg", "00000003.seg", "00000004.seg", "00000005.seg"])
        #expect(try log.verifyAll().segments == 5)
    }

    @Test("an append costs one sync, and one more of the folder when it begins a segment")
    func syncs() throws {
        let disk = FaultyDisk()
        try disk.createDirectory("log")
        let log = try SegmentLog.open("log", files: disk, hashing: hashing, options: options(1 << 20))
        let before = disk.syncEvents.count
        try log.append([Samples.tick(1)])
        #expect(disk.syncEvents.count == before + 2)
        try log.append([Samples.tick(2), Samples.tick(3), Samples.tick(4)])
        #expect(disk.syncEvents.count == before + 3)
    }

    @Test("the places of finished segments are found again without their index files")
    func lostIndexes() throws {
        let disk = FaultyDisk()
        let log = try filled(disk)
        for name in try disk.list("log") where name.hasSuffix(".idx") { try disk.remove("log/\(name)") }
        let workload = try Samples.workload(hashing: hashing)
        let again = try SegmentLog.open("log", files: disk, hashing: hashing, options: options(4000))
        #expect(again.head == log.head)
        #expect(try Acknowledged(entries: workload.flatMap(\.self)).complaint(about: again, workload: workload) == nil)
        #expect(try disk.list("log").filter { $0.hasSuffix(".idx") }.count == 4)
    }

    @Test("a log that is open for reading only changes nothing and takes no facts")
    func readOnly() throws {
        let disk = FaultyDisk()
        _ = try filled(disk)
        let last = "log/00000005.seg"
        let bytes = try disk.bytes(last)
        try disk.replace(last, with: Array(bytes.dropLast(3)))
        try disk.remove("log/HEAD")
        let events = disk.events
        let log = try SegmentLog.open("log", files: disk, hashing: hashing, options: options(4000, readOnly: true))
        #expect(log.recovery.tornEnd?.segment == last)
        #expect(throws: Fault.self) { try log.append([Samples.tick(log.lastSequence + 1)]) }
        #expect(disk.events == events)
        #expect(try disk.bytes(last) == Array(bytes.dropLast(3)))
    }

    @Test("after a full disk the log takes no more facts, and a later start goes on behind the last whole append")
    func noSpace() throws {
        let workload = try Samples.workload(hashing: hashing)
        for capacity in stride(from: Int64(200), to: 30_000, by: 700) {
            var plan = FaultyDiskPlan()
            plan.capacity = capacity
            let disk = FaultyDisk(plan)
            try disk.createDirectory("log")
            try disk.syncDirectory("")
            guard let log = try? SegmentLog.open("log", files: disk, hashing: hashing, options: options(8000)) else {
                continue
            }
            var kept = Acknowledged()
            var failed = false
            for entries in workload {
                do {
                    try log.append(entries)
                    #expect(!failed, "an append after a failed one must be refused")
                    kept.entries += entries
                } catch {
                    if failed { #expect(error.description.contains("takes no more facts")) }
                    failed = true
                }
            }
            disk.plan(FaultyDiskPlan())
            for end in [FaultyDiskEnd.processEnded, .everythingLost] where failed {
                let next = disk.restarted(after: end)
                let again = try SegmentLog.open("log", files: next, hashing: hashing, options: options(8000))
                #expect(try kept.complaint(about: again, workload: workload) == nil, "capacity \(capacity)")
                try again.append([Samples.tick(again.lastSequence + 1)])
            }
        }
    }

    @Test("what a failed sync left readable is not relied on: it is written again before the log goes on")
    func failedSync() throws {
        let disk = FaultyDisk()
        try disk.createDirectory("log")
        try disk.syncDirectory("")
        let workload = try Samples.workload(hashing: hashing)
        var log = try SegmentLog.open("log", files: disk, hashing: hashing)
        try log.append(workload[0])
        var plan = FaultyDiskPlan()
        plan.failureAt = disk.events + 2
        disk.plan(plan)
        #expect(throws: Fault.self) { try log.append(workload[1]) }
        #expect(throws: Fault.self) { try log.append(workload[1]) }
        let restarted = disk.restarted(after: .processEnded)
        log = try SegmentLog.open("log", files: restarted, hashing: hashing)
        #expect(log.lastSequence == 2, "the system still shows the bytes whose sync failed")
        try log.append(workload[2])
        let afterPowerLoss = restarted.restarted(after: .everythingLost)
        log = try SegmentLog.open("log", files: afterPowerLoss, hashing: hashing)
        let kept = Acknowledged(entries: workload.prefix(3).flatMap(\.self))
        #expect(try kept.complaint(about: log, workload: workload) == nil)
    }

    @Test("the system's own disk keeps a log of several segments")
    func posix() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let files = PosixFileSystem()
        let workload = try Samples.workload(hashing: .plain)
        var log = try SegmentLog.open(folder.path, files: files, hashing: .plain, options: options(6000))
        for entries in workload {
            try log.append(entries)
            log = try SegmentLog.open(folder.path, files: files, hashing: .plain, options: options(6000))
        }
        #expect(log.recovery.tornEnd == nil)
        #expect(log.recovery.hadHint)
        #expect(try Acknowledged(entries: workload.flatMap(\.self)).complaint(about: log, workload: workload) == nil)
    }

    @Test("a copy of the extent, taken while the log goes on, is the log at that point")
    func extent() throws {
        let disk = FaultyDisk()
        let log = try filled(disk)
        let extent = try log.extent()
        try log.append([Samples.tick(log.lastSequence + 1)])
        try disk.createDirectory("copy")
        for segment in extent.segments {
            try disk.replace(
                "copy/\(segment.name)", with: Array(try disk.bytes("log/\(segment.name)").prefix(Int(segment.bytes))))
        }
        let copy = try SegmentLog.open("copy", files: disk, hashing: hashing, options: options(4000))
        let workload = try Samples.workload(hashing: hashing)
        #expect(copy.recovery.tornEnd == nil)
        #expect(copy.head == extent.head)
        #expect(copy.lastSequence == extent.facts)
        #expect(try Acknowledged(entries: workload.flatMap(\.self)).complaint(about: copy, workload: workload) == nil)
        try disk.createDirectory("empty")
        #expect(try SegmentLog.open("empty", files: disk, hashing: hashing).extent().segments.isEmpty)
    }
}
