import FileStore
import Primitives
import TestKit
import Testing

@Suite("Originals")
struct OriginalStoreTests {
    private let hashing = Hashing.quick

    private func disk() throws -> FaultyDisk {
        let disk = FaultyDisk()
        try disk.createDirectory("incoming")
        try disk.createDirectory("originals")
        try disk.syncDirectory("")
        return disk
    }

    private func store(_ files: any FileSystem, root: String = "", hashing: Hashing? = nil) -> OriginalStore {
        var options = OriginalStore.Options()
        (options.reserveBytes, options.checkpointBytes) = (1000, 3000)
        return OriginalStore(
            incoming: root + "incoming", originals: root + "originals", files: files, hashing: hashing ?? self.hashing,
            options: options)
    }

    private func name(_ bytes: [UInt8], sequence: Int64 = 7) throws -> UploadName {
        UploadName(
            partner: try PartnerID("RAIL"), series: .live, sequence: sequence, digest: hashing.digest(bytes[...]))
    }

    private func pieces(_ bytes: ArraySlice<UInt8>, of count: Int) -> [ArraySlice<UInt8>] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: count).map {
            bytes[$0..<min($0 + count, bytes.endIndex)]
        }
    }

    @Test("an upload in pieces is kept under its digest, readable from any place")
    func whole() throws {
        let disk = try disk()
        let store = store(disk)
        let bytes = Samples.bytes(10_000, seed: 1)
        let upload = try name(bytes)
        let file = try #require(try store.begin(upload))
        #expect(try store.begin(upload) == nil, "another task holds it")
        #expect(try store.discard(upload) == false)
        for piece in pieces(bytes[...], of: 777) { try file.append(piece) }
        #expect(file.length == 10_000)
        #expect(file.durableLength >= 7000)
        #expect(try store.uploads() == [upload])
        #expect(try store.contains(upload.digest) == false)
        #expect(try file.complete() == .kept(upload.digest))
        #expect(try store.contains(upload.digest))
        #expect(try store.digests() == [upload.digest])
        #expect(try store.uploads().isEmpty)
        #expect(try disk.list("incoming").isEmpty)
        let original = try store.original(upload.digest)
        #expect(original.size == 10_000)
        #expect(try original.read(at: 9_990, count: 100) == Array(bytes[9_990...]))
        #expect(try original.read(at: 0, count: 10_000) == bytes)
        #expect(try original.read(at: 10_000, count: 1).isEmpty)
        try store.verify(upload.digest)
        #expect(throws: StorageFailure.self) { try file.append([1]) }
        #expect(throws: StorageFailure.self) { try file.complete() }
    }

    @Test("bytes that do not have the declared digest are thrown away, and the upload starts over")
    func differs() throws {
        let disk = try disk()
        let store = store(disk)
        let bytes = Samples.bytes(5000, seed: 2)
        let upload = try name(bytes)
        let file = try #require(try store.begin(upload))
        try file.append(bytes.dropLast())
        #expect(try file.complete() == .differs(hashing.digest(bytes.dropLast())))
        #expect(try store.digests().isEmpty)
        #expect(try disk.list("incoming").isEmpty)
    }

    @Test("a broken connection goes on where it stopped, a crash where the progress was durable")
    func resume() throws {
        let disk = try disk()
        let bytes = Samples.bytes(9000, seed: 3)
        let upload = try name(bytes)
        var file = try store(disk).begin(upload)
        try file?.append(bytes[..<4000])
        try file?.append(bytes[4000..<4500])
        try file?.checkpoint()
        file = nil
        file = try store(disk).begin(upload)
        #expect(file?.length == 4500)
        try file?.append(bytes[4500..<5000])
        file = nil
        let found = disk.restarted(after: .processEnded)
        let again = try #require(try store(found).begin(upload))
        #expect(again.length == 4500)
        try again.append(bytes[4500...])
        #expect(try again.complete() == .kept(upload.digest))
        try store(found).verify(upload.digest)
    }

    @Test("the same bytes under another number are kept once, and a damaged original is never taken for them")
    func twice() throws {
        let disk = try disk()
        let store = store(disk)
        let bytes = Samples.bytes(4000, seed: 4)
        for sequence in 1...2 as ClosedRange<Int64> {
            let file = try #require(try store.begin(try name(bytes, sequence: sequence)))
            try file.append(bytes[...])
            #expect(try file.complete() == .kept(hashing.digest(bytes[...])))
        }
        let digest = try #require(try store.digests().first)
        #expect(try store.digests().count == 1)
        let path = "originals/\(digest.description.prefix(2))/\(digest)"
        try disk.flip(path, at: 99, mask: 2)
        let fault = #expect(throws: Fault.self) { try store.verify(digest) }
        #expect(fault?.description.contains(path) == true)
        let file = try #require(try store.begin(try name(bytes, sequence: 3)))
        try file.append(bytes[...])
        #expect(throws: StorageFailure.self) { try file.complete() }
        #expect(try disk.bytes(path) != bytes, "an original is never written over")
    }

    @Test("without room an upload is refused with STO-001, before it begins and while it arrives")
    func noRoom() throws {
        let disk = try disk()
        var plan = FaultyDiskPlan()
        plan.capacity = 6000
        disk.plan(plan)
        let store = store(disk)
        #expect(try store.room(for: 5000) == nil)
        #expect(try store.room(for: 5001)?.code == .sto001)
        #expect(try store.room(for: .max)?.code == .sto001)
        let bytes = Samples.bytes(9000, seed: 5)
        let upload = try name(bytes)
        let file = try #require(try store.begin(upload))
        try file.append(bytes[..<3000])
        let failure = #expect(throws: StorageFailure.self) { try file.append(bytes[3000...]) }
        guard case .refused(let refusal) = failure else {
            Issue.record("not a refusal: \(String(describing: failure))")
            return
        }
        #expect(refusal.code == .sto001)
        #expect(throws: StorageFailure.self) { try file.append([1]) }
    }

    @Test("wherever the power goes, kept originals are whole and uploads can be finished")
    func crash() throws {
        let bytes = Samples.bytes(9000, seed: 6)
        let upload = try name(bytes)
        func run(_ disk: FaultyDisk) -> Bool {
            guard let file = try? store(disk).begin(upload) else { return false }
            for piece in pieces(bytes[Int(file.length)...], of: 1300) {
                guard (try? file.append(piece)) != nil else { return false }
            }
            return (try? file.complete()) == .kept(upload.digest)
        }
        let clean = try disk()
        let before = clean.events
        #expect(run(clean))
        var resumed = 0
        for event in before + 1...clean.events + 1 {
            for end in [FaultyDiskEnd.processEnded, .everythingLost] + (0..<20).map({ .torn(seed: $0) }) {
                let disk = try disk()
                var plan = FaultyDiskPlan()
                plan.powerLossAt = event
                disk.plan(plan)
                let isKept = run(disk)
                let found = disk.restarted(after: end)
                let place: Comment = "event \(event), \(end)"
                for digest in try store(found).digests() { try store(found).verify(digest) }
                if isKept { #expect(try store(found).contains(upload.digest), place) }
                if let file = try store(found).begin(upload), file.length > 0 { resumed += 1 }
                #expect(run(found), place)
                let last = found.restarted(after: .everythingLost)
                #expect(try store(last).original(upload.digest).read(at: 0, count: 9001) == bytes, place)
            }
        }
        #expect(resumed > 50)
    }

    @Test("a mark that outlived its upload does not vouch for the bytes of the next")
    func staleMark() throws {
        let bytes = Samples.bytes(5000, seed: 8)
        let upload = try name(bytes)
        for seed in 0..<20 as Range<UInt64> {
            let disk = try disk()
            try #require(try store(disk).begin(upload)).append(bytes[...])
            try disk.remove("incoming/\(try #require(try disk.list("incoming").first { $0.hasSuffix(".part") }))")
            let file = try #require(try store(disk).begin(upload))
            #expect(file.length == 0)
            try file.append(bytes[..<2000])
            #expect(try store(disk.restarted(after: .torn(seed: seed))).begin(upload)?.length == 0, "seed \(seed)")
        }
    }

    @Test("a document of our own is kept under the digest that it turns out to have")
    func document() throws {
        let disk = try disk()
        let store = store(disk)
        let abandoned = try #require(try store.beginDocument("findings-17"))
        try abandoned.append([1, 2, 3])
        #expect(try store.beginDocument("findings-17") == nil)
        let file = try #require(try store.beginDocument("findings-18"))
        try file.append([4, 5])
        #expect(try file.complete() == .kept(hashing.digest([4, 5])))
        #expect(try store.uploads().isEmpty)
        for name in ["", "../x", "a/b", ".hidden", "x.tmp", String(repeating: "a", count: 151)] {
            #expect(throws: Fault.self) { try store.beginDocument(name) }
        }
    }

    @Test("the system's own disk keeps originals")
    func posix() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let files = PosixFileSystem()
        for name in ["incoming", "originals"] { try files.createDirectory("\(folder.path)/\(name)") }
        let store = store(files, root: folder.path + "/", hashing: .plain)
        let bytes = Samples.bytes(20_000, seed: 9)
        let digest = Hashing.plain.digest(bytes[...])
        let upload = UploadName(partner: try PartnerID("MKT"), series: .test, sequence: 1, digest: digest)
        var file = try store.begin(upload)
        try file?.append(bytes[..<7000])
        file = nil
        #expect(try store.uploads() == [upload])
        file = try store.begin(upload)
        #expect(file?.length == 7000)
        try file?.append(bytes[7000...])
        #expect(try file?.complete() == .kept(digest))
        let path = "\(folder.path)/originals/\(digest.description.prefix(2))/\(digest)"
        #expect(
            try Program.python("import hashlib; print(hashlib.sha256(open('\(path)','rb').read()).hexdigest())")
                == digest.description)
        #expect(try store.room(for: 1) == nil)
        #expect(try store.room(for: .max / 2)?.code == .sto001)
    }
}
