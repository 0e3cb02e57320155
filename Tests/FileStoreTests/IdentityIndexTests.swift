import FileStore
import Foundation
import Journal
import Ledger
import Primitives
import TestKit
import Testing

/// An index of ids finds what was put in and nothing else, whether its slots are in memory, in runs or in merged runs.
@Suite(.ownThreads) struct IdentityIndexTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func directory() throws -> DataDirectory {
        let path = folder.path + "/house"
        return FileManager.default.fileExists(atPath: path)
            ? try DataDirectory.open(path, files: PosixFileSystem(), holder: "test")
            : try DataDirectory.create(path, files: PosixFileSystem(), holder: "test")
    }

    private func identity(_ number: UInt32, _ random: inout SeededGenerator) -> Digest16 {
        // Every seventh has the fingerprint of an earlier one, so that hits have to be confirmed.
        let low = number % 7 == 0 ? UInt64(number % 3) : random.next()
        return Digest16(high: UInt64(number), low: low)
    }

    /// Fills an index with numbers with gaps between them.
    private func fill(
        _ index: inout IdentityIndex, _ count: Int, in store: IdentityRuns, _ random: inout SeededGenerator
    ) throws -> [UInt32: Digest16] {
        var known: [UInt32: Digest16] = [:]
        var number: UInt32 = 0
        for _ in 0..<count {
            number += UInt32.random(in: 1...3, using: &random)
            let identity = identity(number, &random)
            known[number] = identity
            try index.insert(identity, number: number, in: store)
        }
        return known
    }

    private func expectRight(
        _ index: IdentityIndex, _ known: [UInt32: Digest16], in store: IdentityRuns, _ random: inout SeededGenerator
    ) throws {
        let reader = try store.reader(index.runs)
        #expect(index.count == known.count)
        for (number, identity) in known {
            let found = try index.find(identity, reader: reader) { (number) throws(Fault) in known[number] == identity }
            #expect(found == number)
        }
        for _ in 0..<500 {
            let absent = Digest16(high: .max, low: random.next() % 2 == 0 ? random.next() : random.next() % 3)
            #expect(try index.find(absent, reader: reader) { (number) throws(Fault) in known[number] == absent } == nil)
        }
    }

    @Test(arguments: [(4, 3), (4, 4), (4, 1000), (16, 1023), (600, 6000), (2000, 20_000)])
    func whatWasPutInIsFoundAndNothingElse(_ limit: Int, _ count: Int) throws {
        defer { folder.remove() }
        var random = SeededGenerator.printed(for: "identity index \(limit) \(count)")
        let memory = IdentityRuns(recentLimit: limit)
        let directory = try directory()
        let disk = directory.identityRuns(recentLimit: limit)
        for store in [memory, disk] {
            var index = IdentityIndex(space: "MARCHE")
            let known = try fill(&index, count, in: store, &random)
            try expectRight(index, known, in: store, &random)
            // No level has four runs, and they follow on each other.
            for level in Set(index.runs.map(\.level)) { #expect(index.runs.count { $0.level == level } < 4) }
            #expect(zip(index.runs, index.runs.dropFirst()).allSatisfy { $0.last + 1 == $1.first })
            guard store === disk else { continue }
            // Another process finds the same in the files.
            let again = directory.identityRuns(recentLimit: limit)
            try expectRight(index, known, in: again, &random)
            again.discardSuperseded(by: index.runs)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path + "/derived/ids")) ?? []
            #expect(names.count == index.runs.count)
            try expectRight(index, known, in: directory.identityRuns(recentLimit: limit), &random)
            again.discard(space: "MARCHE")
            #expect(index.runs.isEmpty || (try? directory.identityRuns(recentLimit: limit).reader(index.runs)) == nil)
        }
    }

    @Test func aHouseThatIsLookedAtReadsRunsAndWritesNone() throws {
        defer { folder.remove() }
        var random = SeededGenerator.printed(for: "identity index for looking")
        let owner = try directory()
        var index = IdentityIndex(space: "MARCHE")
        let disk = owner.identityRuns(recentLimit: 4)
        var known = try fill(&index, 50, in: disk, &random)
        let looking = try DataDirectory.inspect(owner.path, files: PosixFileSystem()).identityRuns(recentLimit: 4)
        func files() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: owner.path + "/derived/ids").sorted()
        }
        let before = try files()
        for number in UInt32(1000)...1099 {
            known[number] = identity(number, &random)
            try index.insert(known[number] ?? .zero, number: number, in: looking)
        }
        #expect(try files() == before)
        try expectRight(index, known, in: looking, &random)
    }

    @Test func oneFlippedByteInARunIsFoundWhenItIsOpenedOrItsPageIsRead() throws {
        defer { folder.remove() }
        var random = SeededGenerator.printed(for: "flipped bytes of a run")
        let directory = try directory()
        var index = IdentityIndex(space: "MARCHE")
        let known = try fill(&index, 600, in: directory.identityRuns(recentLimit: 600), &random)
        let run = try #require(index.runs.first)
        let path = "\(directory.path)/derived/ids/MARCHE-\(run.first)-\(run.last).run"
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        let (slots, end) = (64..<64 + 2 * 4096, 64 + 3 * 4096)
        #expect(good.count == end)
        func readAll() throws {
            let reader = try directory.identityRuns().reader([run])
            for identity in known.values {
                _ = try reader.find(UInt32(truncatingIfNeeded: identity.low)) { (_) throws(Fault) in false }
            }
        }
        try readAll()
        for place in Array(0..<64) + (0..<300).map({ _ in Int.random(in: 64..<good.count, using: &random) }) {
            var bytes = good
            bytes[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            try bytes.write(to: URL(fileURLWithPath: path))
            #expect(throws: Fault.self, "byte \(place)") { try readAll() }
            guard !slots.contains(place) else { continue }
            #expect(throws: Fault.self, "byte \(place)") { try directory.identityRuns().reader([run]) }
        }
        try good.prefix(good.count - 1).write(to: URL(fileURLWithPath: path))
        #expect(throws: Fault.self) { try directory.identityRuns().reader([run]) }
        try good.write(to: URL(fileURLWithPath: path))
        let reader = try directory.identityRuns().reader([run])
        // Damage that comes while it is open is found by whoever reads the page.
        var bytes = [UInt8](good)
        for page in [64, 64 + 4096] { bytes[page + 8] ^= 1 }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
        #expect(throws: Fault.self) { try reader.find(1) { (_) throws(Fault) in false } }
    }

    @Test func anAbsentIdSeldomReadsAPage() throws {
        defer { folder.remove() }
        var random = SeededGenerator.printed(for: "the filter of a run")
        let directory = try directory()
        var index = IdentityIndex(space: "MARCHE")
        let store = directory.identityRuns(recentLimit: 20_000)
        for number in 1...20_000 as ClosedRange<UInt32> {
            try index.insert(Digest16(high: 0, low: random.next()), number: number, in: store)
        }
        let run = try #require(index.runs.first)
        let reader = try directory.identityRuns().reader([run])
        // Every page is damaged while the run is open: a fault tells that one was read.
        let path = "\(directory.path)/derived/ids/MARCHE-\(run.first)-\(run.last).run"
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for page in stride(from: 64, to: bytes.count, by: 4096) { bytes[page] ^= 1 }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
        let lookups = 20_000
        var reads = 0
        for _ in 0..<lookups {
            let absent = UInt32.random(in: 0 ... .max, using: &random)
            do { #expect(try reader.find(absent) { (_) throws(Fault) in false } == nil) } catch { reads += 1 }
        }
        // Specs/decisions/0006-id-index.md: about 1 %.
        #expect((1...lookups / 50).contains(reads), "\(reads) of \(lookups)")
    }
}
