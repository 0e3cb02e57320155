import FileStore
import Journal
import Primitives
import TestKit
import Testing

@Suite("Damage of the log", .ownThreads)
struct LogDamageTests {
    private let hashing = Hashing.quick
    private let directory = "log"

    private var options: SegmentLog.Options {
        var options = SegmentLog.Options()
        options.segmentBytes = 2600
        return options
    }

    /// A small log of two segments, and the disk that holds it.
    private func disk() throws -> FaultyDisk {
        let disk = FaultyDisk()
        try disk.createDirectory(directory)
        let log = try SegmentLog.open(directory, files: disk, hashing: hashing, options: options)
        try log.append([Samples.tick(1)])
        try log.append([Samples.tick(2), try Samples.message(3, request: [9, 0, 9], answer: [], hashing: hashing)])
        try log.append([try Samples.message(4, request: [0, 0], answer: [7], hashing: hashing), Samples.tick(5)])
        try log.append([Samples.tick(6)])
        #expect(try disk.list(directory).filter { $0.hasSuffix(".seg") }.count == 2)
        return disk
    }

    private func open(_ disk: FaultyDisk) throws -> SegmentLog {
        try SegmentLog.open(directory, files: disk, hashing: hashing, options: options)
    }

    /// Opens and verifies, without leaving a trace; what is thrown names what is damaged.
    private func verify(_ disk: FaultyDisk) throws {
        var options = options
        options.isReadOnly = true
        let log = try SegmentLog.open(directory, files: disk, hashing: hashing, options: options)
        if let torn = log.recovery.tornEnd { throw Fault("taken for torn: \(torn)") }
        _ = try log.verifyAll()
    }

    @Test(
        "every flipped byte of every segment is found and named",
        arguments: zip([0x01, 0xFF] as [UInt8], [true, false]))
    func everyByte(mask: UInt8, withHint: Bool) throws {
        let disk = try disk()
        if !withHint { try disk.remove("\(directory)/HEAD") }
        for name in ["00000001.seg", "00000002.seg"] {
            let path = "\(directory)/\(name)"
            for offset in 0..<Int64(try disk.bytes(path).count) {
                try disk.flip(path, at: offset, mask: mask)
                let fault = #expect(throws: Fault.self, "\(name) byte \(offset)") { try verify(disk) }
                let text = fault?.description ?? ""
                #expect(text.contains(path) && text.contains("fact ") && !text.contains("torn"), "\(offset): \(text)")
                try disk.flip(path, at: offset, mask: mask)
            }
        }
        try verify(disk)
    }

    @Test("every byte set to zero is found and named")
    func everyZero() throws {
        let disk = try disk()
        let path = "\(directory)/00000002.seg"
        let bytes = try disk.bytes(path)
        for (offset, byte) in bytes.enumerated() where byte != 0 {
            try disk.flip(path, at: Int64(offset), mask: byte)
            let fault = #expect(throws: Fault.self, "byte \(offset)") { try verify(disk) }
            #expect(fault?.description.contains("torn") == false)
            try disk.flip(path, at: Int64(offset), mask: byte)
        }
    }

    @Test("a flipped byte of a hint or an index only costs time")
    func hints() throws {
        let disk = try disk()
        for name in ["HEAD", "00000001.idx"] {
            for offset in 0..<Int64(try disk.bytes("\(directory)/\(name)").count) {
                try disk.flip("\(directory)/\(name)", at: offset, mask: 0x10)
                try verify(disk)
                try disk.flip("\(directory)/\(name)", at: offset, mask: 0x10)
            }
            try disk.flip("\(directory)/\(name)", at: 20, mask: 0x10)
        }
        let log = try open(disk)
        #expect(!log.recovery.hadHint)
        #expect(log.lastSequence == 6)
        try log.append([Samples.tick(7)])
        #expect(try open(disk).recovery.hadHint)
        #expect(try disk.bytes("\(directory)/00000001.idx") == original("00000001.idx"), "it was made anew")
    }

    private func original(_ name: String) throws -> [UInt8] { try disk().bytes("\(directory)/\(name)") }

    @Test("the fact that is damaged is named by its number")
    func naming() throws {
        let disk = try disk()
        let path = "\(directory)/00000001.seg"
        let bytes = try disk.bytes(path)
        try disk.remove("\(directory)/00000001.idx")
        for sequence in 1...3 {
            let key = Array("\"seq\":\(sequence),".utf8)
            let place = try #require(bytes.indices.first { bytes[$0...].starts(with: key) })
            try disk.flip(path, at: Int64(place), mask: 1)
            let fault = #expect(throws: Fault.self) { try verify(disk) }
            #expect(fault?.description.contains("\(path) at byte ") == true)
            #expect(fault?.description.contains(", fact \(sequence): ") == true, "\(fault?.description ?? "")")
            try disk.flip(path, at: Int64(place), mask: 1)
            try verify(disk)
        }
    }

    @Test("a missing, swapped, cut or lengthened segment is found and named")
    func segments() throws {
        let first = "\(directory)/00000001.seg"
        let second = "\(directory)/00000002.seg"
        let (a, b) = (try original("00000001.seg"), try original("00000002.seg"))
        var complaints: [String] = []
        for withIndex in [true, false] {
            for change in 0..<6 {
                let disk = try disk()
                if !withIndex { try disk.remove("\(directory)/00000001.idx") }
                switch change {
                case 0: try disk.remove(first)
                case 1:
                    try disk.replace(first, with: b)
                    try disk.replace(second, with: a)
                case 2: try disk.replace(first, with: Array(a.dropLast()))
                case 3: try disk.replace(first, with: a + [0])
                case 4: try disk.replace(second, with: b + [1, 2, 3, 4] + [UInt8](repeating: 5, count: 60))
                default: try disk.replace(second, with: b + b.dropFirst(64))
                }
                let fault = #expect(throws: Fault.self, "change \(change)") { try verify(disk) }
                complaints.append(fault?.description ?? "")
                #expect(fault?.description.contains(change < 4 ? first : second) == true, "\(fault?.description ?? "")")
            }
        }
        #expect(Set(complaints).count >= 6)
    }

    @Test("a lost unit of the disk in the middle of the last segment is damage, since later facts follow it")
    func lostUnitInside() throws {
        let disk = FaultyDisk()
        try disk.createDirectory(directory)
        let log = try SegmentLog.open(directory, files: disk, hashing: hashing)
        for sequence in 1...40 as ClosedRange<UInt64> { try log.append([Samples.tick(sequence)]) }
        try disk.remove("\(directory)/HEAD")
        let path = "\(directory)/00000001.seg"
        let bytes = try disk.bytes(path)
        for unit in 0..<bytes.count / 512 - 1 {
            var damaged = bytes
            damaged.replaceSubrange(unit * 512..<(unit + 1) * 512, with: [UInt8](repeating: 0, count: 512))
            try disk.replace(path, with: damaged)
            let fault = #expect(throws: Fault.self, "unit \(unit)") {
                try SegmentLog.open(directory, files: disk, hashing: hashing)
            }
            #expect(fault?.description.contains(path) == true)
            #expect(try disk.bytes(path) == damaged, "nothing was taken away")
        }
    }

    @Test("a flipped byte in a group whose content has zero units is damage, not a torn end")
    func naturalZeroUnits() throws {
        let disk = FaultyDisk()
        try disk.createDirectory(directory)
        let log = try SegmentLog.open(directory, files: disk, hashing: hashing)
        let zeros = [UInt8](repeating: 0, count: 5000)
        try log.append([try Samples.message(1, request: zeros, answer: [1] + zeros, hashing: hashing)])
        try verify(disk)
        try disk.remove("\(directory)/HEAD")
        let path = "\(directory)/00000001.seg"
        for offset in stride(from: Int64(0), to: Int64(try disk.bytes(path).count), by: 13) {
            try disk.flip(path, at: offset, mask: 0x40)
            let fault = #expect(throws: Fault.self, "byte \(offset)") { try verify(disk) }
            #expect(fault?.description.contains("torn") == false, "byte \(offset): \(fault?.description ?? "")")
            try disk.flip(path, at: offset, mask: 0x40)
        }
    }

    @Test("a byte that flips on the way from the disk is noticed when a fact or an attachment is read")
    func readFlips() throws {
        let disk = FaultyDisk()
        try disk.createDirectory(directory)
        let log = try SegmentLog.open(directory, files: disk, hashing: hashing)
        try log.append([try Samples.message(1, request: Samples.bytes(900, seed: 1), answer: [1, 2], hashing: hashing)])
        let path = "\(directory)/00000001.seg"
        let bytes = try disk.bytes(path)
        let fact = try log.rawFact(1)
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: fact) })
        func read(_ offset: Int, _ body: () throws -> Void) throws {
            var plan = FaultyDiskPlan()
            plan.readFlip = FaultyDiskPlan.ReadFlip(suffix: ".seg", offset: Int64(offset), mask: 4)
            disk.plan(plan)
            #expect(throws: Fault.self, "byte \(offset)") { try body() }
            disk.plan(FaultyDiskPlan())
            try body()
        }
        for offset in stride(from: start, to: start + fact.count, by: 7) {
            try read(offset) { _ = try log.rawFact(1) }
            try read(offset) { try log.replay(from: 1) { (_) throws(Fault) in } }
            try read(offset) { _ = try log.attachment("answer.cms", of: 1) }
        }
        for offset in stride(from: start + fact.count + 8, to: start + fact.count + 908, by: 11) {
            try read(offset) { _ = try log.attachment("request.cms", of: 1) }
            try read(offset) { _ = try log.verifyAll() }
        }
    }
}
