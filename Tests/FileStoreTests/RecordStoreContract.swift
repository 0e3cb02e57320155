import FileStore
import Journal
import Primitives
import TestKit
import Testing

/// An adapter of the record store under test, and how to open it again.
struct RecordStoreUnderTest {
    let backend: LogBackend
    let files: any FileSystem
    let directory: String
    private let folder: TemporaryFolder?
    private let memory = MemoryRecordStore(hashing: .plain)

    init(_ backend: LogBackend) throws {
        self.backend = backend
        switch backend {
        case .memory, .faulty:
            folder = nil
            var plan = FaultyDiskPlan()
            (plan.interruptionIn, plan.shortIn) = (5, 3)
            files = FaultyDisk(plan)
            directory = "records"
            try files.createDirectory(directory)
        case .posix:
            let folder = try TemporaryFolder()
            files = PosixFileSystem()
            directory = folder.path
            self.folder = folder
        }
    }

    func open() -> any RecordStore {
        backend == .memory ? memory : FileRecordStore(directory, files: files, hashing: .plain)
    }

    func remove() { folder?.remove() }
}

@Suite("Every adapter of the record store")
struct RecordStoreContract {
    @Test(
        "entries with any values come back as they were added, while pending, sealed and after a new start",
        arguments: LogBackend.allCases)
    func roundTrip(_ backend: LogBackend) throws {
        let subject = try RecordStoreUnderTest(backend)
        defer { subject.remove() }
        var random = RandomEntries(seed: 7)
        // More than the pending entries buffer, so that flushed and buffered ones are read back.
        let entries = (1...3000).map { random.next(UInt32($0)) }
        let store = subject.open()
        let pending = try store.begin(batch: 17)
        for (index, entry) in entries.enumerated() {
            try pending.append(entry)
            if index % 97 == 0 {
                #expect(try pending.entry(UInt32(index / 2) + 1) == entries[index / 2])
                #expect(try pending.entry(UInt32(index) + 1) == entry)
            }
        }
        #expect(throws: Fault.self) { try pending.entry(3001) }
        #expect(throws: Fault.self) { try pending.entry(0) }
        #expect(throws: Fault.self) { try pending.append(entries[0]) }
        let reference = try pending.seal()
        #expect(reference.count == 3000)
        #expect(throws: Fault.self) { try pending.append(random.next(3001)) }
        var expected: [UInt8] = []
        for entry in entries { RecordEntryCodec.append(entry, to: &expected) }
        #expect(reference.digest == Hashing.plain.digest(expected[...]))
        for store in [store, subject.open()] {
            var found: [RecordEntry] = []
            try store.forEach(batch: 17, reference: reference) { (entry) throws(Fault) in found.append(entry) }
            #expect(found == entries)
            #expect(try store.entry(at: RecordLocation(batch: 17, record: 3000)) == entries[2999])
            #expect(throws: Fault.self) { try store.entry(at: RecordLocation(batch: 17, record: 3001)) }
            #expect(throws: Fault.self) { try store.entry(at: RecordLocation(batch: 17, record: 0)) }
            #expect(throws: Fault.self) { try store.entry(at: RecordLocation(batch: 18, record: 1)) }
        }
    }

    @Test("entries that do not have the stated number or digest are not handed out", arguments: LogBackend.allCases)
    func otherReference(_ backend: LogBackend) throws {
        let subject = try RecordStoreUnderTest(backend)
        defer { subject.remove() }
        var random = RandomEntries(seed: 8)
        let store = subject.open()
        let pending = try store.begin(batch: 1)
        for record in 1...5 as ClosedRange<UInt32> { try pending.append(random.next(record)) }
        let reference = try pending.seal()
        for wrong in [
            EntriesReference(count: 4, digest: reference.digest), EntriesReference(count: 6, digest: reference.digest),
            EntriesReference(count: 5, digest: .zero),
        ] {
            #expect(throws: Fault.self) {
                try store.forEach(batch: 1, reference: wrong) { (_) throws(Fault) in Issue.record("handed out") }
            }
        }
        #expect(throws: Fault.self) { try store.forEach(batch: 2, reference: reference) { (_) throws(Fault) in } }
    }

    @Test("a batch can be judged again: what an earlier attempt left is gone", arguments: LogBackend.allCases)
    func again(_ backend: LogBackend) throws {
        let subject = try RecordStoreUnderTest(backend)
        defer { subject.remove() }
        var random = RandomEntries(seed: 9)
        let store = subject.open()
        let abandoned = try store.begin(batch: 4)
        try abandoned.append(random.next(1))
        try abandoned.append(random.next(2))
        let discarded = try store.begin(batch: 4)
        try discarded.append(random.next(1))
        discarded.discard()
        #expect(throws: Fault.self) { try discarded.seal() }
        let first = try store.begin(batch: 4)
        try first.append(random.next(1))
        _ = try first.seal()
        _ = try store.entry(at: RecordLocation(batch: 4, record: 1))
        let entry = random.next(1)
        let second = try store.begin(batch: 4)
        try second.append(entry)
        let reference = try second.seal()
        #expect(reference.count == 1)
        #expect(try store.entry(at: RecordLocation(batch: 4, record: 1)) == entry)
    }

    @Test("a batch may have no entries", arguments: LogBackend.allCases)
    func empty(_ backend: LogBackend) throws {
        let subject = try RecordStoreUnderTest(backend)
        defer { subject.remove() }
        let reference = try subject.open().begin(batch: 3).seal()
        #expect(reference == EntriesReference(count: 0, digest: Hashing.plain.digest([])))
        try subject.open().forEach(batch: 3, reference: reference) { (_) throws(Fault) in Issue.record("an entry") }
    }
}

@Suite("The record store's files")
struct FileRecordStoreTests {
    private let hashing = Hashing.quick

    @Test("every flipped byte of an entry file is found and named")
    func everyByte() throws {
        let disk = FaultyDisk()
        try disk.createDirectory("records")
        var random = RandomEntries(seed: 3)
        let pending = try FileRecordStore("records", files: disk, hashing: hashing).begin(batch: 17)
        for record in 1...4 as ClosedRange<UInt32> { try pending.append(random.next(record)) }
        let reference = try pending.seal()
        let path = "records/0000000017.entries"
        for offset in 0..<Int64(try disk.bytes(path).count) {
            try disk.flip(path, at: offset, mask: 0x20)
            let store = FileRecordStore("records", files: disk, hashing: hashing)
            let fault = #expect(throws: Fault.self, "byte \(offset)") {
                try store.forEach(batch: 17, reference: reference) { (_) throws(Fault) in }
            }
            #expect(fault?.description.contains(path) == true)
            let record = max(offset - 32, 0) / 112 + 1
            let single = #expect(throws: Fault.self, "byte \(offset)") {
                try store.entry(at: RecordLocation(batch: 17, record: UInt32(record)))
            }
            if offset >= 32 { #expect(single?.description.contains("record \(record)") == true) }
            try disk.flip(path, at: offset, mask: 0x20)
        }
    }

    @Test("sealed entries survive a loss of power at any later event; unsealed ones are whole or not there")
    func crash() throws {
        var random = RandomEntries(seed: 4)
        let entries = (1...60).map { random.next(UInt32($0)) }
        func run(_ disk: FaultyDisk) -> EntriesReference? {
            let store = FileRecordStore("records", files: disk, hashing: hashing)
            guard let pending = try? store.begin(batch: 2) else { return nil }
            for entry in entries { guard (try? pending.append(entry)) != nil else { return nil } }
            return try? pending.seal()
        }
        func disk() throws -> FaultyDisk {
            let disk = FaultyDisk()
            try disk.createDirectory("records")
            try disk.syncDirectory("")
            return disk
        }
        let clean = try disk()
        let before = clean.events
        let whole = try #require(run(clean))
        for event in before + 1...clean.events + 1 {
            for end in [FaultyDiskEnd.processEnded, .everythingLost] + (0..<20).map({ .torn(seed: $0) }) {
                let disk = try disk()
                var plan = FaultyDiskPlan()
                plan.powerLossAt = event
                disk.plan(plan)
                let reference = run(disk)
                let found = disk.restarted(after: end)
                let store = FileRecordStore("records", files: found, hashing: hashing)
                let batches = try store.batches()
                if reference != nil || batches == [2] {
                    var read: [RecordEntry] = []
                    try store.forEach(batch: 2, reference: whole) { (entry) throws(Fault) in read.append(entry) }
                    #expect(read == entries, "event \(event), \(end)")
                }
                #expect(run(found) == whole, "event \(event), \(end): the batch is judged again")
            }
        }
        #expect(clean.events - before == 5)
    }

    @Test("a failed write makes the pending entries refuse everything but being thrown away")
    func noSpace() throws {
        var plan = FaultyDiskPlan()
        plan.capacity = 1000
        let disk = FaultyDisk(plan)
        try disk.createDirectory("records")
        let store = FileRecordStore("records", files: disk, hashing: hashing)
        let pending = try store.begin(batch: 2)
        var random = RandomEntries(seed: 5)
        for record in 1...20 as ClosedRange<UInt32> { try pending.append(random.next(record)) }
        #expect(throws: Fault.self) { try pending.seal() }
        #expect(throws: Fault.self) { try pending.seal() }
        #expect(throws: Fault.self) { try pending.append(random.next(21)) }
        pending.discard()
        #expect(try disk.list("records").isEmpty)
    }

    @Test("the bytes of an entry are those of the documented layout")
    func layout() throws {
        var entry = RecordEntry(record: 1, offset: 2, length: 3)
        (entry.type, entry.status, entry.isLate) = (.redemption, .duplicate, true)
        entry.identity = Digest16(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        (entry.unit, entry.units, entry.points) = (CurrencyCode("EUR"), -1, 256)
        (entry.businessDate, entry.lineSet) = (BusinessDate(daysSince1970: 20_000), -1)
        entry.original = RecordLocation(batch: 5, record: 6)
        var bytes: [UInt8] = []
        RecordEntryCodec.append(entry, to: &bytes)
        var expected: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3, 3, 13, 0]
        expected += (1...16).map { UInt8($0) } + [UInt8](repeating: 0, count: 32)
        expected += [0x45, 0x55, 0x52, 0] + [UInt8](repeating: 255, count: 8) + [0, 1, 0, 0, 0, 0, 0, 0]
        expected += [0x20, 0x4E, 0, 0, 255, 255, 255, 255, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0]
        #expect(Array(bytes.dropLast(4)) == expected)
        let text = expected.map { String($0) }.joined(separator: ",")
        let check = try Program.python("import zlib; print(zlib.crc32(bytes([\(text)])))")
        let found = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(check == String(found))
    }
}

/// Entries whose every field takes any value.
struct RandomEntries {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func word() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 31
    }

    private mutating func chance() -> Bool { word() >> 20 & 1 == 0 }

    mutating func next(_ record: UInt32) -> RecordEntry {
        var entry = RecordEntry(record: record, offset: word(), length: UInt32(truncatingIfNeeded: word()))
        entry.type = chance() ? nil : RecordType.allCases[Int(word() % UInt64(RecordType.allCases.count))]
        entry.status = RecordStatus.allCases[Int(word() % UInt64(RecordStatus.allCases.count))]
        (entry.isLate, entry.isCarriedOver) = (chance(), chance())
        entry.identity = Digest16(high: word(), low: word())
        entry.content = chance() ? .zero : Digest16(high: word(), low: word())
        entry.member = Digest16(high: word(), low: word())
        let letters = (0..<3).map { _ in UInt8(65 + word() % 26) }
        entry.unit = chance() ? nil : CurrencyCode(bytes: letters)
        (entry.units, entry.points) = (Int64(bitPattern: word()), Int64(bitPattern: word()))
        entry.businessDate = chance() ? nil : BusinessDate(daysSince1970: Int32(truncatingIfNeeded: word()))
        entry.lineSet = Int32(truncatingIfNeeded: word())
        entry.original = chance() ? nil : RecordLocation(batch: word(), record: UInt32(truncatingIfNeeded: word()))
        return entry
    }
}
