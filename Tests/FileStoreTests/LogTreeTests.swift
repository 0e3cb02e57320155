import FileStore
import Journal
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Transparency

@Suite("The files of the log's tree", .ownThreads)
struct LogTreeTests {
    private let hashing = Hashing.quick

    private func options(_ segmentBytes: Int64 = 4000, readOnly: Bool = false) -> SegmentLog.Options {
        var options = SegmentLog.Options()
        (options.segmentBytes, options.isReadOnly, options.treeFolder) = (segmentBytes, readOnly, "tree")
        return options
    }

    private func open(_ disk: FaultyDisk, _ options: SegmentLog.Options? = nil) throws -> SegmentLog {
        try SegmentLog.open("log", files: disk, hashing: hashing, options: options ?? self.options())
    }

    /// A log of so many facts in appends of a hundred.
    private func filled(_ count: UInt64, on disk: FaultyDisk, segmentBytes: Int64 = 4000) throws -> SegmentLog {
        try disk.createDirectory("log")
        try disk.syncDirectory("")
        let log = try open(disk, options(segmentBytes))
        try extend(log, to: count)
        return log
    }

    private func extend(_ log: SegmentLog, to count: UInt64) throws {
        while log.lastSequence < count {
            let next = log.lastSequence + 1
            try log.append((next...min(next + 99, count)).map { Samples.tick($0) })
        }
    }

    private func leaves(_ count: UInt64) throws -> [Digest32] {
        try (0..<count).map { index in
            let bytes = try FactCodec.encode(Samples.tick(index + 1).envelope)
            return hashing.tree.leaf(bytes.span)
        }
    }

    private func root(_ leaves: some Sequence<Digest32>) -> Digest32 { hashing.root(leaves) }

    @Test(
        "at the borders of tiles the tree is that over all leaves, also after a start", arguments: [255, 256, 257, 600])
    func borders(count: UInt64) throws {
        let disk = FaultyDisk()
        let log = try filled(count, on: disk)
        let all = try leaves(count)
        let again = try open(disk, options(readOnly: true))
        for log in [log, again, try open(disk)] {
            #expect(hashing.root(try log.frontier) == root(all))
            for size in [1, 2, 254, 255, 256, 257, 511, 512, 513, count] as [UInt64] where size <= count {
                let expected = root(all.prefix(Int(size)))
                #expect(try log.root(of: size) == expected)
                for fact in [1, 2, 128, 255, 256, 257, size] as [UInt64] where fact <= size {
                    let proof = try log.inclusionProof(of: fact, in: size)
                    #expect(hashing.proves(proof, all[Int(fact) - 1], fact: fact, in: size, expected))
                    let growth = try log.consistencyProof(from: fact, to: size)
                    #expect(hashing.connects(growth, fact, root(all.prefix(Int(fact))), size, expected))
                }
            }
            var read: [Digest32] = []
            try log.leaves(from: 1, to: count) { (piece) throws(Fault) in read += piece }
            #expect(read == all)
            #expect(try log.verifyAll().facts == count)
        }
    }

    @Test("the second level of tiles begins after 65,536 facts")
    func secondLevel() throws {
        let disk = FaultyDisk()
        let log = try filled(65_535, on: disk, segmentBytes: 4 << 20)
        var frontier = try log.frontier
        for count in 65_536...65_537 as ClosedRange<UInt64> {
            try extend(log, to: count)
            frontier.append(try log.leaf(count), hashing.tree)
            #expect(try log.frontier == frontier)
            #expect(try log.root(of: count) == hashing.root(frontier))
        }
        #expect(try disk.list("tree") == ["level0", "level1", "mark"])
        let again = try open(disk)
        #expect(try again.frontier == frontier)
        let proof = try again.inclusionProof(of: 40_000, in: 65_537)
        #expect(proof.count == 17)
        let leaf = try again.leaf(40_000)
        #expect(hashing.proves(proof, leaf, fact: 40_000, in: 65_537, hashing.root(frontier)))
        #expect(try again.verifyAll().facts == 65_537)
    }

    @Test("another program computes the same roots from the facts' bytes")
    func python() throws {
        let folder = try ScratchFolder("tree")
        let real = Hashing(
            digest: { SHA256.digest($0) }, begin: { PlainSHA256() }, tree: OpenSSLTreeHashing())
        var options = SegmentLog.Options()
        (options.segmentBytes, options.treeFolder) = (4000, folder.path("tree"))
        let files = PosixFileSystem()
        try files.createDirectory(folder.path("log"))
        let log = try SegmentLog.open(folder.path("log"), files: files, hashing: real, options: options)
        try extend(log, to: 300)
        var lines = ""
        for sequence in 1...300 as ClosedRange<UInt64> { lines += Hex.encode(try log.rawFact(sequence)) + "\n" }
        try folder.write(lines, to: "facts")
        try folder.write(
            """
            import hashlib
            def root(data):
                if len(data) == 1: return hashlib.sha256(b'\\x00' + data[0]).digest()
                half = 1 << (len(data) - 1).bit_length() - 1
                return hashlib.sha256(b'\\x01' + root(data[:half]) + root(data[half:])).digest()
            data = [bytes.fromhex(line.strip()) for line in open('facts')]
            for size in (1, 2, 3, 100, 255, 256, 257, 300): print(size, root(data[:size]).hex())
            tiles = open('tree/level0', 'rb').read()
            print(all(tiles[32 * n:32 * n + 32] == hashlib.sha256(b'\\x00' + data[n]).digest() for n in range(256)))
            """, to: "roots.py")
        let judged = try ExternalProgram.succeed("python3", ["roots.py"], in: folder).text.split(separator: "\n")
        #expect(judged.count == 9)
        #expect(judged.last == "True")
        for line in judged.dropLast() {
            let parts = line.split(separator: " ")
            let size = try #require(UInt64(parts[0]))
            #expect(try log.root(of: size).description == parts[1], "\(size)")
        }
    }

    @Test("an append is not slower by a sync of the tree; a finished segment is")
    func syncs() throws {
        let disk = FaultyDisk()
        let log = try filled(100, on: disk, segmentBytes: 1 << 20)
        let before = disk.syncEvents.count
        for count in 2...10 as ClosedRange<UInt64> { try extend(log, to: count * 100) }
        #expect(disk.syncEvents.count == before + 9)
    }

    @Test("a start reads no finished segment for the tree when the mark reaches that far")
    func mark() throws {
        let disk = FaultyDisk()
        let log = try filled(700, on: disk, segmentBytes: 20_000)
        let frontier = try log.frontier
        // A damaged fact in the first segment would be met by whoever reads it.
        let bytes = try disk.bytes("log/00000001.seg")
        let key = Array("\"seq\":5,".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: key) })
        try disk.flip("log/00000001.seg", at: Int64(place), mask: 1)
        #expect(try open(disk).frontier == frontier)
        try disk.remove("tree/mark")
        #expect(throws: Fault.self) { try open(disk) }
        try disk.flip("log/00000001.seg", at: Int64(place), mask: 1)
        #expect(try open(disk).frontier == frontier)
        #expect(try disk.kind("tree/mark") != nil, "it was set again")
    }

    @Test("without its files, or with those of another log, the tree is made again")
    func rebuilt() throws {
        let disk = FaultyDisk()
        let frontier = try filled(700, on: disk).frontier
        let names = try disk.list("tree")
        #expect(names == ["level0", "level1", "mark"])
        for name in names {
            let bytes = try disk.bytes("tree/\(name)")
            try disk.remove("tree/\(name)")
            #expect(try open(disk).frontier == frontier, "without \(name)")
            if bytes.count > 32 {
                try disk.replace("tree/\(name)", with: Array(bytes.prefix(32)))
                #expect(try open(disk).frontier == frontier, "\(name) cut short")
            }
        }
        // A longer log of other facts, and one of the same length.
        for count in [700, 800] as [UInt64] {
            let other = FaultyDisk()
            try other.createDirectory("log")
            let log = try open(other)
            try log.append([try Samples.message(1, request: [1], answer: [2], hashing: hashing)])
            try extend(log, to: count)
            for name in names { try disk.replace("tree/\(name)", with: try other.bytes("tree/\(name)")) }
            let again = try open(disk)
            #expect(try again.frontier == frontier)
            #expect(try again.verifyAll().facts == 700)
        }
    }

    @Test("a flipped byte of what the mark vouches for is found, and its file is named")
    func damage() throws {
        let disk = FaultyDisk()
        _ = try filled(600, on: disk)
        let marked = 500
        let step = TestLength.isLong ? 1 : 5
        var named: Set<String> = []
        for name in ["level0", "level1", "mark"] {
            let count = min(try disk.bytes("tree/\(name)").count, name == "level0" ? marked * 32 : .max)
            for offset in stride(from: 0, to: count, by: name == "level0" ? step * 32 + 5 : step) {
                try disk.flip("tree/\(name)", at: Int64(offset), mask: 4)
                let fault = #expect(throws: Fault.self, "\(name) byte \(offset)") {
                    try open(disk, options(readOnly: true)).verifyAll()
                }
                let text = fault?.description ?? ""
                if text.contains("tree/\(name)") { named.insert(name) }
                #expect(text.contains("tree/"), "\(name) byte \(offset): \(text)")
                try disk.flip("tree/\(name)", at: Int64(offset), mask: 4)
            }
        }
        #expect(named == ["level0", "level1", "mark"])
        #expect(try open(disk, options(readOnly: true)).verifyAll().facts == 600)
        // The process that writes finds it, too.
        try disk.flip("tree/level0", at: 40, mask: 4)
        let fault = #expect(throws: Fault.self) { try open(disk).verifyAll() }
        #expect(fault?.description.contains("tree/level0 at byte 32: hash 1") == true, "\(fault?.description ?? "")")
    }

    @Test("who only reads writes nothing, and has the whole tree whether the files are there or not")
    func readOnly() throws {
        let disk = FaultyDisk()
        let frontier = try filled(600, on: disk).frontier
        for isThere in [true, false] {
            if !isThere { for name in try disk.list("tree") { try disk.remove("tree/\(name)") } }
            let events = disk.events
            let log = try open(disk, options(readOnly: true))
            #expect(try log.frontier == frontier)
            #expect(try log.root(of: 257) == root(try leaves(257)))
            #expect(try log.inclusionProof(of: 300, in: 600).count == 10)
            #expect(try log.verifyAll().facts == 600)
            #expect(disk.events == events)
        }
    }

    @Test("when the tree cannot be written, facts are taken all the same, and proofs go on")
    func unwritable() throws {
        let disk = FaultyDisk()
        let log = try filled(10, on: disk, segmentBytes: 1 << 20)
        // A file stands where the folder should be.
        try disk.replace("tree", with: [1])
        try extend(log, to: 700)
        let all = try leaves(700)
        #expect(hashing.root(try log.frontier) == root(all))
        #expect(try log.root(of: 512) == root(all.prefix(512)))
        #expect(try log.verifyAll().facts == 700)
        #expect(try open(disk).frontier == log.frontier)
    }

    @Test("wherever the power goes while tiles are written, the next start has the right tree and no false damage")
    func powerLoss() throws {
        let clean = FaultyDisk()
        _ = try filled(700, on: clean, segmentBytes: 8000)
        // The first start's files are gone in a part of the runs, so that the whole tree is made again, too.
        for (run, event) in stride(from: 3, to: clean.events, by: TestLength.isLong ? 1 : 4).enumerated() {
            let disk = FaultyDisk()
            var plan = FaultyDiskPlan()
            (plan.powerLossAt, plan.pageBytes) = (event, 512)
            disk.plan(plan)
            _ = try? filled(700, on: disk, segmentBytes: 8000)
            var found = disk.restarted(after: .torn(seed: UInt64(event)))
            guard try found.kind("log") != nil else { continue }
            let place = "power lost at event \(event)"
            if try !found.list("log").isEmpty, run % 3 == 0 {
                if try found.kind("tree/level0") != nil { try found.remove("tree/level0") }
                plan.powerLossAt = 2 + run / 3
                found.plan(plan)
                _ = try? extend(try open(found, options(8000)), to: 700)
                found = found.restarted(after: .torn(seed: UInt64(run)))
            }
            let isWhole = try open(found, options(8000, readOnly: true)).recovery.tornEnd == nil
            let isComplete = try found.kind("tree/level0") != nil
            if isWhole, isComplete { _ = try open(found, options(8000, readOnly: true)).verifyAll() }
            let log = try open(found, options(8000))
            let all = try leaves(log.lastSequence)
            #expect(hashing.root(try log.frontier) == root(all), "\(place)")
            #expect(try log.verifyAll().facts == log.lastSequence, "\(place)")
            try extend(log, to: 1000)
            #expect(try open(found, options(8000)).verifyAll().facts == 1000, "\(place)")
        }
    }

    /// A durable copy of a disk's log and tree.
    private func copy(_ disk: FaultyDisk) throws -> FaultyDisk {
        let copy = FaultyDisk()
        for folder in ["log", "tree"] {
            try copy.createDirectory(folder)
            for name in try disk.list(folder) {
                try copy.replace("\(folder)/\(name)", with: try disk.bytes("\(folder)/\(name)"))
            }
            try copy.syncDirectory(folder)
        }
        try copy.syncDirectory("")
        return copy
    }

    @Test("what is written anew is never taken for what the old mark named, wherever the power goes")
    func powerLossWhileRebuilding() throws {
        let whole = FaultyDisk()
        let frontier = try filled(513, on: whole, segmentBytes: 8000).frontier
        // A tree that is made anew has its mark at its end: one hash behind two tiles, which alone has a check there.
        try whole.remove("tree/mark")
        #expect(try open(whole, options(8000)).frontier == frontier)
        try whole.replace("tree/level0", with: Array(try whole.bytes("tree/level0").prefix(32)))
        let clean = try copy(whole)
        let before = clean.events
        #expect(try open(clean, options(8000)).frontier == frontier)
        let syncs = clean.syncEvents.filter { $0 > before }
        #expect(syncs.count > 5)
        for event in syncs {
            for seed in 0..<(TestLength.isLong ? 60 : 8) as Range<UInt64> {
                let disk = try copy(whole)
                var plan = FaultyDiskPlan()
                (plan.powerLossAt, plan.pageBytes) = (event, 512)
                disk.plan(plan)
                _ = try? open(disk, options(8000))
                let log = try open(disk.restarted(after: .torn(seed: seed)), options(8000))
                #expect(try log.frontier == frontier, "event \(event), seed \(seed)")
                #expect(throws: Never.self, "event \(event), seed \(seed)") { try log.verifyAll() }
            }
        }
    }

    @Test(
        "a wrong hash among the last ones that the mark vouches for is recognised by a start, which makes the tree anew"
    )
    func wrongEnd() throws {
        let disk = FaultyDisk()
        let frontier = try filled(600, on: disk, segmentBytes: 8000).frontier
        for (name, offset) in [("level0", 256 * 32), ("level0", 512 * 32 + 100), ("level1", 3)] {
            #expect(try offset < disk.bytes("tree/\(name)").count)
            try disk.flip("tree/\(name)", at: Int64(offset), mask: 0x80)
            let log = try open(disk, options(8000))
            #expect(try log.frontier == frontier)
            #expect(try log.verifyAll().facts == 600)
        }
    }

    @Test("garbage behind the mark, such as a loss of power leaves, is written over and never believed")
    func garbage() throws {
        let disk = FaultyDisk()
        let log = try filled(600, on: disk)
        let frontier = try log.frontier
        for name in ["level0", "level1"] {
            let bytes = try disk.bytes("tree/\(name)")
            try disk.replace("tree/\(name)", with: bytes + [UInt8](repeating: 0xAA, count: 32 * 300 + 7))
        }
        let again = try open(disk)
        #expect(try again.frontier == frontier)
        try extend(again, to: 1300)
        #expect(try again.verifyAll().facts == 1300)
        #expect(try again.root(of: 1300) == root(try leaves(1300)))
        #expect(try open(disk, options(readOnly: true)).verifyAll().facts == 1300)
    }
}
