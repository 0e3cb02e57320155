import Foundation
import Primitives
import TestKit
import Testing

@testable import FuzzEntries

/// The corpus of the fuzz targets and every input that once broke something, in each run of the tests.
@Suite("What the fuzzer found is kept", .ownThreads) struct ReplayTests {
    /// The folder of the fuzz targets.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz")

    /// The files of a target in a folder, by name; none where there is no folder.
    private static func inputs(_ kind: String, _ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let place = folder.appending(path: kind).appending(path: target.rawValue)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: place.path) else { return [] }
        return try names.sorted().map { ($0, Array(try Data(contentsOf: place.appending(path: $0)))) }
    }

    private static func check(_ target: FuzzTarget, _ name: String, _ bytes: [UInt8]) {
        do throws(BrokenPromise) {
            try target.run(bytes)
        } catch {
            Issue.record("\(target.rawValue), \(name): \(error); input \(Data(bytes).base64EncodedString())")
        }
    }

    @Test("every input of the corpus and every former crasher keeps the promises", arguments: FuzzTarget.allCases)
    func corpus(_ target: FuzzTarget) throws {
        let corpus = try Self.inputs("Corpus", target)
        #expect(corpus.count > 10)
        for (name, bytes) in try corpus + Self.inputs("Crashers", target) { Self.check(target, name, bytes) }
    }

    @Test("inputs made anew keep the promises", arguments: FuzzTarget.allCases)
    func seeds(_ target: FuzzTarget) throws {
        for seed in try target.seeds() { Self.check(target, seed.name, seed.bytes) }
    }

    /// Without this, promises could hold because nothing is ever read.
    @Test("inputs made anew reach the ends of their decoders")
    func reach() throws {
        var uploads = 0
        for seed in try FuzzTarget.wire.seeds() {
            var driver = ServerDriver()
            try driver.take(seed.bytes[...])
            uploads += driver.completed
        }
        #expect(uploads == 2)
        let bundles = try FuzzTarget.cms.seeds().compactMap { SignatureBundle($0.bytes) }
        var verified: [Int] = []
        for bundle in bundles { verified.append(try SignatureFuzz.judge(bundle)) }
        // Partners' and the host's signing keys, and the ends of TLS; slim signatures of unregistered keys do not.
        #expect(verified.count == 40 && verified.count { $0 > 0 } == 36, "\(verified)")
        for (target, format) in [(FuzzTarget.xml, BatchFormat.xml), (.csv, .csv)] {
            let readings = try target.seeds().map { BatchReading($0.bytes, format, [$0.bytes[...]]) }
            #expect(readings.count { $0.summary != nil && !$0.parsed.isEmpty && $0.refused.isEmpty } > 3)
            #expect(readings.count { !$0.refused.isEmpty } > 0)
        }
        #expect(try FuzzTarget.xml.seeds().count { MessageFuzz.read($0.bytes) != nil } == 6)
        #expect(try FuzzTarget.programme.seeds().count { ProgrammeFuzz.check($0.bytes).0 != nil } == 7)
    }

    @Test("changed inputs keep the promises", arguments: FuzzTarget.allCases)
    func mutations(_ target: FuzzTarget) throws {
        var random = SeededGenerator.printed(for: "changed inputs of \(target.rawValue)")
        let isLong = ProcessInfo.processInfo.environment["COALITION_LONG"] != nil
        let inputs = try Self.inputs("Corpus", target).map(\.bytes) + target.seeds().map(\.bytes)
        for round in 0..<(isLong ? 20_000 : 300) {
            var bytes = random.pick(inputs)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                Mutation.apply(to: &bytes, other: random.pick(inputs), &random)
            }
            Self.check(target, "round \(round)", bytes)
        }
    }

    @Test("no private key is among the inputs", arguments: FuzzTarget.allCases)
    func keys(_ target: FuzzTarget) throws {
        // The text form, and the beginning of PKCS #8: version 0 and an algorithm.
        let marks = [Array("PRIVATE KEY".utf8), [0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48]]
        for (name, bytes) in try Self.inputs("Corpus", target) + Self.inputs("Crashers", target) {
            for mark in marks { #expect(bytes.firstRange(of: mark) == nil, "\(target.rawValue), \(name)") }
        }
    }
}

/// Ways to change an input.
enum Mutation {
    static func apply(to bytes: inout [UInt8], other: [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...32, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where place < bytes.count: bytes[place] = random.pick([0, 1, 0x0A, 0x20, 0x22, 0x7F, 0x80, 0xFF])
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.insert(contentsOf: random.bytes(Int.random(in: 1...8, using: &random)), at: place)
        case 5:
            let start = Int.random(in: 0...other.count, using: &random)
            bytes.insert(contentsOf: other[start...].prefix(64), at: place)
        default: bytes.removeLast(Int.random(in: 0...min(16, bytes.count), using: &random))
        }
    }
}
