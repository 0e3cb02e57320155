import FileStore
import Foundation
import Journal
import Primitives
import TestKit
import Testing

@Suite("Backups")
struct BackupTests {
    private let hashing = Hashing.quick

    /// A directory with a log of several appends, an original, entries, secrets and a waiting act.
    private func fill(_ directory: DataDirectory) throws -> SegmentLog {
        var options = SegmentLog.Options()
        options.segmentBytes = 8192
        let log = try directory.openLog(hashing: hashing, options: options)
        for group in try Samples.workload(hashing: hashing) { try log.append(group) }
        let upload = try #require(try directory.originals(hashing: hashing).beginDocument("list"))
        try upload.append(Samples.bytes(3000, seed: 5)[...])
        _ = try upload.complete()
        for batch in [3, log.lastSequence + 1] {
            let entries = try directory.records(hashing: hashing).begin(batch: batch)
            try entries.append(RecordEntry(record: 1, offset: 0, length: 10))
            _ = try entries.seal()
            _ = try directory.keys.key(of: batch, orKeep: Samples.bytes(32, seed: batch))
        }
        try directory.pendingActs.write("act.json", [1, 2, 3])
        try directory.files.replace(directory.path + "/gateway.yaml", with: Array("port: 1\n".utf8))
        try directory.files.replace(directory.path + "/incoming/x.part", with: [1])
        return log
    }

    @Test("a copy has everything that the log names, and nothing of later facts, uploads, HEAD or the lock")
    func contents() throws {
        let disk = FaultyDisk()
        let source = try DataDirectory.create("data", files: disk, holder: "a")
        let log = try fill(source)
        let contents = try Backup.copy(source, log: log, to: "copy", others: ["gateway.yaml", "missing.yaml"])
        #expect(contents.facts == log.lastSequence)
        #expect(contents.head == log.head)
        #expect(contents.segments > 1)
        let counts: [Int] = [contents.records, contents.originals, contents.keys, contents.pending]
        #expect(counts == [Int](repeating: 1, count: 4))
        #expect(contents.others == ["gateway.yaml"])
        #expect(try disk.list("copy/log").allSatisfy { $0.hasSuffix(".seg") })
        #expect(try disk.list("copy/incoming").isEmpty)
        #expect(try disk.kind("copy/lock") == nil)
        let copy = try DataDirectory.inspect("copy", files: disk)
        #expect(try Backup.verify(copy, hashing: hashing).head == log.head)
        #expect(try copy.keys.key(of: 3) == Samples.bytes(32, seed: 3))
        #expect(try copy.pendingActs.read("act.json") == [1, 2, 3])
        for segment in try disk.list("copy/log") {
            #expect(try disk.bytes("copy/log/\(segment)") == disk.bytes("data/log/\(segment)"))
        }
    }

    @Test("appends go on while a copy is made, and the copy ends where it began")
    func concurrent() throws {
        let disk = FaultyDisk()
        let source = try DataDirectory.create("data", files: disk, holder: "a")
        let log = try fill(source)
        let looking = try DataDirectory.inspect("data", files: disk)
        let seen = try looking.openLog(hashing: hashing)
        let facts = log.lastSequence
        try log.append([Samples.tick(facts + 1), Samples.tick(facts + 2)])
        let contents = try Backup.copy(looking, log: seen, to: "copy")
        #expect(contents.facts == facts)
        let copy = try DataDirectory.open("copy", files: disk, holder: "b")
        let copied = try copy.openLog(hashing: hashing)
        #expect(copied.lastSequence == facts)
        #expect(copied.recovery.tornEnd == nil)
        try copied.append([Samples.tick(facts + 1)])
    }

    @Test("nothing that exists is written over")
    func exists() throws {
        let disk = FaultyDisk()
        let source = try DataDirectory.create("data", files: disk, holder: "a")
        let log = try fill(source)
        try disk.createDirectory("copy")
        #expect(throws: DataDirectoryError.exists(path: "copy")) {
            try Backup.copy(source, log: log, to: "copy")
        }
        #expect(try disk.list("copy").isEmpty)
    }

    @Test("wherever the power goes, a copy is whole and durable or it is no data directory")
    func crash() throws {
        let clean = FaultyDisk()
        let source = try DataDirectory.create("data", files: clean, holder: "a")
        let log = try fill(source)
        let before = clean.events
        _ = try Backup.copy(source, log: log, to: "copy", others: ["gateway.yaml"])
        let total = clean.events - before
        var unfinished = 0
        for event in 1...total + 1 {
            for end in [FaultyDiskEnd.processEnded, .everythingLost, .torn(seed: UInt64(event))] {
                let disk = FaultyDisk()
                let directory = try DataDirectory.create("data", files: disk, holder: "a")
                let log = try fill(directory)
                var plan = FaultyDiskPlan()
                plan.powerLossAt = disk.events + event
                disk.plan(plan)
                let isMade = (try? Backup.copy(directory, log: log, to: "copy", others: ["gateway.yaml"])) != nil
                let found = disk.restarted(after: end)
                guard try found.kind("copy") != nil, try found.kind("copy/format") != nil else {
                    #expect(!isMade, "event \(event), \(end)")
                    unfinished += 1
                    continue
                }
                let copy = try DataDirectory.open("copy", files: found, holder: "b")
                #expect(try Backup.verify(copy, hashing: hashing).head == log.head, "event \(event), \(end)")
                #expect(try copy.keys.key(of: 3) == Samples.bytes(32, seed: 3))
                #expect(try found.bytes("copy/gateway.yaml") == Array("port: 1\n".utf8))
                #expect(try found.bytes("copy/records/0000000003.entries").count == 32 + 112)
            }
        }
        #expect(unfinished > total, "most events come before the end")
    }

    @Test("verification finds a flipped byte in the log, an original and a secret")
    func damage() throws {
        let disk = FaultyDisk()
        let source = try DataDirectory.create("data", files: disk, holder: "a")
        _ = try Backup.copy(source, log: try fill(source), to: "copy")
        let copy = try DataDirectory.inspect("copy", files: disk)
        let folder = try #require(try disk.list("copy/originals").first)
        let original = try #require(try disk.list("copy/originals/\(folder)").first)
        let places = ["copy/log/00000001.seg", "copy/originals/\(folder)/\(original)", "copy/keys/0000000003.key"]
        for path in places {
            try disk.flip(path, at: 20, mask: 4)
            let fault = #expect(throws: Fault.self) { try Backup.verify(copy, hashing: hashing) }
            #expect(fault?.description.contains(path) == true)
            try disk.flip(path, at: 20, mask: 4)
        }
        _ = try Backup.verify(copy, hashing: hashing)
    }
}
