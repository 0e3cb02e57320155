import Foundation
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Transparency

@Suite("The tree of RFC 6962", .ownThreads)
struct TreeTests {
    /// The leaves that the tests of certificate transparency use.
    static let data: [[UInt8]] = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ].map { Hex.decode($0) ?? [] }

    private let hashing = OpenSSLTreeHashing()

    private func leaves(_ count: Int) -> [Digest32] { Self.data.prefix(count).map { hashing.leaf($0.span) } }

    private func frontier(_ leaves: some Collection<Digest32>, _ hashing: some TreeHashing) -> TreeFrontier {
        var frontier = TreeFrontier()
        for leaf in leaves { frontier.append(leaf, hashing) }
        return frontier
    }

    @Test("the roots of the reference leaves are the known ones, from no leaf to eight")
    func knownRoots() {
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        for (size, root) in roots.enumerated() {
            #expect(frontier(leaves(size), hashing).root(hashing).description == root, "\(size)")
        }
    }

    @Test("the paths of the reference leaves are the known ones")
    func knownPaths() {
        let all = leaves(8)
        let naive = NaiveTree.plain
        func path(_ index: UInt64, _ size: UInt64) -> [String] {
            InclusionProof.make(of: index, in: size, hashing) { naive.subtree($0.begin, $0.end, all) }.map(
                \.description)
        }
        #expect(path(0, 1) == [])
        #expect(
            path(0, 8) == [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ])
        #expect(
            path(5, 8) == [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ])
        #expect(path(2, 3) == ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"])
        #expect(
            path(1, 5) == [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ])
        let six = ConsistencyProof.make(from: 6, to: 8, hashing) { naive.subtree($0.begin, $0.end, all) }
        #expect(
            six.map(\.description) == [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ])
    }

    @Test("another program computes the same roots from the data alone")
    func python() throws {
        var random = SeededGenerator.printed(for: "another program computes the same roots from the data alone")
        let folder = try ScratchFolder("tree")
        let data = (0..<70).map { _ in random.bytes(Int.random(in: 0...200, using: &random)) }
        try folder.write(data.map { Hex.encode($0) + "\n" }.joined(), to: "leaves")
        try folder.write(
            """
            import hashlib
            def root(leaves):
                if not leaves: return hashlib.sha256(b'').digest()
                if len(leaves) == 1: return hashlib.sha256(b'\\x00' + leaves[0]).digest()
                half = 1 << (len(leaves) - 1).bit_length() - 1
                return hashlib.sha256(b'\\x01' + root(leaves[:half]) + root(leaves[half:])).digest()
            data = [bytes.fromhex(line.strip()) for line in open('leaves')]
            for size in range(len(data) + 1): print(root(data[:size]).hex())
            """, to: "roots.py")
        let judged = try ExternalProgram.succeed("python3", ["roots.py"], in: folder).text.split(separator: "\n")
        #expect(judged.count == 71)
        var frontier = TreeFrontier()
        for (size, root) in judged.enumerated() {
            #expect(frontier.root(hashing).description == root, "\(size)")
            guard size < data.count else { break }
            let item = data[size]
            frontier.append(hashing.leaf(item.span), hashing)
        }
    }

    @Test("OpenSSL's hashes of leaves and nodes are those of SHA-256 in plain Swift")
    func hashes() {
        var random = SeededGenerator.printed(for: "OpenSSL's hashes of leaves and nodes")
        let plain = NaiveTree.plain
        for count in [0, 1, 54, 55, 62, 63, 64, 116, 119, 1000] {
            let bytes = random.bytes(count)
            let leaf = hashing.leaf(bytes.span)
            #expect(leaf == plain.leaf(bytes), "\(count)")
            let (left, right) = (plain.leaf(bytes), plain.leaf(random.bytes(9)))
            #expect(hashing.node(left, right) == plain.node(left, right))
        }
        #expect(hashing.empty() == plain.empty())
    }

    @Test("frontiers, ranges and proofs of random trees are those of the definition")
    func randomTrees() throws {
        var random = SeededGenerator.printed(for: "frontiers, ranges and proofs of random trees")
        let tree = NaiveTree.quick
        for _ in 0..<TestLength.cases(150, long: 3000) {
            let size = Int.random(in: 1...Int.random(in: 1...300, using: &random), using: &random)
            let leaves = (0..<size).map { _ in tree.leaf(random.bytes(8)) }
            let whole = frontier(leaves, tree)
            #expect(whole.size == UInt64(size))
            #expect(whole.root(tree) == tree.root(leaves[...]))
            #expect(whole.hashes.count == size.nonzeroBitCount)
            #expect(TreeFrontier(size: whole.size, hashes: whole.hashes) == whole)
            let index = Int.random(in: 0..<size, using: &random)
            let path = InclusionProof.make(of: UInt64(index), in: UInt64(size), tree) {
                tree.subtree($0.begin, $0.end, leaves)
            }
            #expect(path == tree.path(index, leaves[...]), "\(index) of \(size)")
            let first = Int.random(in: 1...size, using: &random)
            let proof = ConsistencyProof.make(from: UInt64(first), to: UInt64(size), tree) {
                tree.subtree($0.begin, $0.end, leaves)
            }
            #expect(proof == tree.proof(first, leaves[...]), "\(first) to \(size)")
        }
    }

    @Test("who has a part of the leaves and the subtrees beside it has the root, and those of the sizes within")
    func parts() throws {
        var random = SeededGenerator.printed(for: "who has a part of the leaves and the subtrees beside it")
        let tree = NaiveTree.quick
        for _ in 0..<TestLength.cases(150, long: 3000) {
            let size = Int.random(in: 0...200, using: &random)
            let leaves = (0..<size).map { _ in tree.leaf(random.bytes(8)) }
            let begin = Int.random(in: 0...size, using: &random)
            let end = Int.random(in: begin...size, using: &random)
            func cover(_ from: Int, _ to: Int) throws -> SubtreeRange {
                let places = Subtrees.covering(UInt64(from), UInt64(to))
                #expect(places.count <= 16)
                let hashes = places.map { tree.subtree($0.begin, $0.end, leaves) }
                return try #require(SubtreeRange(begin: UInt64(from), end: UInt64(to), hashes: hashes))
            }
            var range = try cover(0, begin)
            for leaf in begin..<end {
                #expect(range.root(tree) == tree.root(leaves[..<leaf]))
                range.append(leaves[leaf], tree)
            }
            #expect(range.root(tree) == tree.root(leaves[..<end]))
            let right = try cover(end, size)
            if end > 0, end < size { #expect(right.root(tree) == nil) }
            range.append(right, tree)
            #expect(range.root(tree) == tree.root(leaves[...]))
            // Ranges that do not begin at the left edge grow as those that are made whole.
            var middle = SubtreeRange(at: UInt64(begin))
            for leaf in begin..<end { middle.append(leaves[leaf], tree) }
            #expect(middle == (try cover(begin, end)))
        }
    }

    @Test("ranges and frontiers with too few or too many hashes are refused")
    func refused() throws {
        let hash = Digest32.zero
        #expect(SubtreeRange(begin: 3, end: 2, hashes: []) == nil)
        #expect(SubtreeRange(begin: 0, end: 3, hashes: [hash]) == nil)
        #expect(SubtreeRange(begin: 1, end: 3, hashes: [hash, hash]) != nil)
        #expect(SubtreeRange(begin: 0, end: .max, hashes: []) == nil)
        #expect(TreeFrontier(size: 5, hashes: [hash, hash, hash]) == nil)
        let frontier = try #require(TreeFrontier(size: 5, hashes: [hash, hash]))
        let bytes = try JSONEncoder().encode(frontier)
        #expect(try JSONDecoder().decode(TreeFrontier.self, from: bytes) == frontier)
        let wrong = String(decoding: bytes, as: UTF8.self).replacing("\"size\":5", with: "\"size\":7")
        #expect(wrong != String(decoding: bytes, as: UTF8.self))
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(TreeFrontier.self, from: Data(wrong.utf8)) }
    }
}
