import FileStore
import Foundation
import Journal
import Primitives
import TestKit
import Testing

@Suite("The data directory")
struct DataDirectoryTests {
    private let hashing = Hashing.quick

    @Test("a directory that was created can be opened, and its log goes on")
    func createAndOpen() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/data"
        let files = PosixFileSystem()
        #expect(throws: DataDirectoryError.missing(path: path)) {
            try DataDirectory.open(path, files: files, holder: "me")
        }
        var directory: DataDirectory? = try DataDirectory.create(path, files: files, holder: "me")
        try directory?.openLog(hashing: .plain).append([Samples.tick(1)])
        directory = nil
        #expect(throws: DataDirectoryError.exists(path: path)) {
            try DataDirectory.create(path, files: files, holder: "me")
        }
        let again = try DataDirectory.open(path, files: files, holder: "me")
        #expect(try again.openLog(hashing: .plain).lastSequence == 1)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o700, "nobody but the owner may look in")
    }

    @Test("only one process has it open, and the refusal says who")
    func lock() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/data"
        let files = PosixFileSystem()
        let directory = try DataDirectory.create(path, files: files, holder: "process 4711")
        let refusal = #expect(throws: DataDirectoryError.self) {
            try DataDirectory.open(path, files: files, holder: "me")
        }
        #expect(refusal == .taken(path: path, holder: "process 4711"))
        #expect(refusal?.description.contains("process 4711") == true)
        let code = """
            import fcntl
            try:
                fcntl.flock(open('\(path)/lock'), fcntl.LOCK_EX | fcntl.LOCK_NB); print('free')
            except BlockingIOError:
                print('taken')
            """
        #expect(try Program.python(code) == "taken")
        let looking = try DataDirectory.inspect(path, files: files)
        #expect(!looking.isExclusive)
        #expect(throws: Fault.self) { try looking.openLog(hashing: hashing).append([Samples.tick(1)]) }
        #expect(directory.isExclusive)
        withExtendedLifetime(directory) {}
    }

    @Test("the lock ends with the directory's object")
    func unlock() throws {
        let disk = FaultyDisk()
        var directory: DataDirectory? = try DataDirectory.create("data", files: disk, holder: "a")
        #expect(directory != nil)
        #expect(throws: DataDirectoryError.taken(path: "data", holder: "a")) {
            try DataDirectory.open("data", files: disk, holder: "b")
        }
        directory = nil
        _ = try DataDirectory.open("data", files: disk, holder: "b")
    }

    @Test("a folder with other things in it, another format and a missing folder are refused")
    func refusals() throws {
        let disk = FaultyDisk()
        try disk.createDirectory("data")
        try disk.replace("data/holiday.jpg", with: [1])
        #expect(throws: DataDirectoryError.exists(path: "data")) {
            try DataDirectory.create("data", files: disk, holder: "a")
        }
        #expect(throws: DataDirectoryError.missing(path: "data")) {
            try DataDirectory.open("data", files: disk, holder: "a")
        }
        try disk.remove("data/holiday.jpg")
        _ = try DataDirectory.create("data", files: disk, holder: "a")
        try disk.replace("data/format", with: Array("coalition-data 3\n".utf8))
        #expect(throws: DataDirectoryError.otherFormat(path: "data", found: "coalition-data 3")) {
            try DataDirectory.open("data", files: disk, holder: "a")
        }
        try disk.replace("data/format", with: Array("coalition-data 2\n".utf8))
        try disk.remove("data/keys")
        let error = #expect(throws: DataDirectoryError.self) {
            try DataDirectory.open("data", files: disk, holder: "a")
        }
        #expect(error?.description.contains("data/keys") == true)
    }

    @Test("wherever the power goes during creation, the directory is there whole or can be created")
    func crash() throws {
        let clean = FaultyDisk()
        _ = try DataDirectory.create("data", files: clean, holder: "a")
        for event in 1...clean.events + 1 {
            for end in [FaultyDiskEnd.processEnded, .everythingLost] + (0..<10).map({ .torn(seed: $0) }) {
                var plan = FaultyDiskPlan()
                plan.powerLossAt = event
                let disk = FaultyDisk(plan)
                let isCreated = (try? DataDirectory.create("data", files: disk, holder: "a")) != nil
                let found = disk.restarted(after: end)
                let place: Comment = "event \(event), \(end)"
                if try found.kind("data/format") == nil {
                    #expect(!isCreated, place)
                    #expect(throws: DataDirectoryError.missing(path: "data")) {
                        try DataDirectory.open("data", files: found, holder: "b")
                    }
                    _ = try DataDirectory.create("data", files: found, holder: "b")
                }
                let last = found.restarted(after: .processEnded)
                _ = try DataDirectory.open("data", files: last, holder: "c")
            }
        }
    }

    @Test("a batch's secret is durable before it is handed out, and stays the same")
    func keys() throws {
        let fresh = Samples.bytes(32, seed: 1)
        for event in 1...8 {
            for seed in 0..<10 as Range<UInt64> {
                let disk = FaultyDisk()
                let directory = try DataDirectory.create("data", files: disk, holder: "a")
                var plan = FaultyDiskPlan()
                plan.powerLossAt = disk.events + event
                disk.plan(plan)
                let key = try? directory.keys.key(of: 9, orKeep: fresh)
                let found = try DataDirectory.open("data", files: disk.restarted(after: .torn(seed: seed)), holder: "b")
                let kept = try found.keys.key(of: 9)
                #expect(kept == nil || kept == fresh)
                if key != nil { #expect(kept == fresh, "event \(event), seed \(seed)") }
                let other = Samples.bytes(32, seed: 2)
                #expect(try found.keys.key(of: 9, orKeep: other) == kept ?? other)
            }
        }
    }

    @Test("every flipped byte of a secret is found")
    func damagedKey() throws {
        let disk = FaultyDisk()
        let directory = try DataDirectory.create("data", files: disk, holder: "a")
        _ = try directory.keys.key(of: 9, orKeep: Samples.bytes(32, seed: 1))
        let path = "data/keys/0000000009.key"
        for offset in 0..<Int64(try disk.bytes(path).count) {
            try disk.flip(path, at: offset, mask: 8)
            let fault = #expect(throws: Fault.self) { try directory.keys.key(of: 9) }
            #expect(fault?.description.contains(path) == true)
            #expect(throws: Fault.self) { try directory.keys.key(of: 9, orKeep: Samples.bytes(32, seed: 2)) }
            try disk.flip(path, at: offset, mask: 8)
        }
    }

    @Test("acts that wait are written whole, listed in order, replaced and removed")
    func pendingActs() throws {
        let disk = FaultyDisk()
        let acts = try DataDirectory.create("data", files: disk, holder: "a").pendingActs
        try acts.write("b.act", [1, 2])
        try acts.write("a.p7s", [3])
        try acts.write("b.act", [4, 5, 6])
        #expect(try acts.names() == ["a.p7s", "b.act"])
        #expect(try acts.read("b.act") == [4, 5, 6])
        #expect(try acts.read("c.act") == nil)
        try acts.remove("a.p7s")
        try acts.remove("a.p7s")
        #expect(try acts.names() == ["b.act"])
        for name in ["../format", "a/b", "", ".x", "y.tmp"] {
            #expect(throws: Fault.self) { try acts.write(name, [1]) }
            #expect(throws: Fault.self) { try acts.read(name) }
        }
        for event in 1...6 {
            for end in [FaultyDiskEnd.processEnded, .everythingLost] + (0..<10).map({ .torn(seed: $0) }) {
                let copy = disk.restarted(after: .processEnded)
                let acts = PendingActs("data/pending", files: copy)
                var plan = FaultyDiskPlan()
                plan.powerLossAt = event
                copy.plan(plan)
                let isWritten = (try? acts.write("b.act", [9, 9])) != nil
                let found = PendingActs("data/pending", files: copy.restarted(after: end))
                let bytes = try found.read("b.act")
                #expect(bytes == [9, 9] || (bytes == [4, 5, 6] && !isWritten), "event \(event), \(end)")
                #expect(try found.names() == ["b.act"])
            }
        }
    }
}
