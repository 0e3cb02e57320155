import BenchEntries
import Evidence
import Foundation
import Journal
import Ledger
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Transparency

/// The tree over a file's records, whose pairs are joined once, compared with trees that are made leaf by leaf.
@Suite(.ownThreads) struct RecordSealerTests {
    private static func sealer() throws -> RecordSealer {
        RecordSealer(
            key: [UInt8](repeating: 5, count: 32), window: try WindowID("W-2026-03B"), hashing: LeafHasher()
        ) { SealedLine(key: $0, base: nil, quote: nil) }
    }

    private static func entry(_ number: UInt32) -> RecordEntry {
        RecordEntry(record: number, offset: UInt64(number) * 100, length: 90)
    }

    private static let detail = LeafDetail(left: 0, shares: [])

    @Test("its root and its nodes are those of the leaves", arguments: [0, 1, 2, 255, 256, 257, 511, 512, 66_100])
    func nodes(_ count: UInt32) throws {
        let hashing = OpenSSLTreeHashing()
        let (sealer, other) = (try Self.sealer(), try Self.sealer())
        var (frontier, tile, wide) = (TreeFrontier(), SubtreeRange(), SubtreeRange())
        var (tiles, wides): ([UInt8], [UInt8]) = ([], [])
        for number in 1...max(1, count) where number <= count {
            sealer.seal(Self.entry(number), Self.detail)
            let leaf = other.leafHash(Self.entry(number), Self.detail)
            frontier.append(leaf, hashing)
            tile.append(leaf, hashing)
            wide.append(leaf, hashing)
            if number.isMultiple(of: 256) {
                tiles += tile.hashes[0].bytes
                tile = SubtreeRange(at: UInt64(number))
            }
            if number.isMultiple(of: 65_536) {
                wides += wide.hashes[0].bytes
                wide = SubtreeRange(at: UInt64(number))
            }
        }
        #expect(sealer.count == UInt64(count))
        #expect(sealer.root == frontier.root(hashing))
        #expect(sealer.nodes == tiles + wides)
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }

    private static func plain(_ bytes: [UInt8]) -> [UInt8] {
        let digest = PlainSHA256()
        digest.update(bytes[...])
        return digest.finish().bytes
    }

    @Test("a leaf is what the page says that it is", arguments: [1, 3, 255, 256, 257, 70_000] as [UInt32])
    func leaf(_ number: UInt32) throws {
        // Specs/evidence.md: salt, private part and leaf, computed by another SHA-256 and by the program openssl.
        let sealer = try Self.sealer()
        let entry = Self.entry(number)
        let data = sealer.data(entry, Self.detail)
        #expect(data.prefix(4) == Array("CRL1".utf8)[...])
        let folder = try ScratchFolder("salt")
        let key = Self.plain([UInt8](repeating: 5, count: 32) + Array("CRS1".utf8))
        let block = [UInt8](repeating: 0, count: 12) + Self.bigEndian(UInt64(number)).suffix(4)
        let salt = try ExternalProgram.openssl(
            "enc", "-aes-256-ecb", "-nopad", "-K", Hex.encode(key), "-in", try folder.write(block, to: "block")
        ).output
        #expect(salt.count == 16)
        let place = Self.bigEndian(UInt64(number) * 100) + [0, 0, 0, 90]
        let secret =
            Array("CRP1".utf8) + salt + [UInt8](repeating: 0, count: 48) + place + [UInt8](repeating: 0, count: 12)
        #expect(Array(data.suffix(32)) == Self.plain(secret))
        #expect(sealer.leafHash(entry, Self.detail).bytes == Self.plain([0] + data))
    }

    @Test func `ordinary records are sealed as they are when judged one by one`() throws {
        let cost = try SealingCost(records: 3_000)
        let both = try cost.roots()
        #expect(both.ordinary == both.full)
    }
}
