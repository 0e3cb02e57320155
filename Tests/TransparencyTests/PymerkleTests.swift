import OpenSSLKit
import Primitives
import TestKit
import Testing
import Transparency

/// Comparison with a library that others wrote. It is skipped where the library is not installed: the recursive
/// definition in `TreeTests`, by `hashlib` alone, judges everywhere.
@Suite("The tree beside pymerkle's")
struct PymerkleTests {
    private static let isInstalled = (try? ExternalProgram.run("python3", ["-c", "import pymerkle"]).status) == 0

    @Test(
        "roots and inclusion proofs are those of pymerkle",
        .enabled(if: isInstalled, "the Python module pymerkle is not installed (pip install pymerkle)"))
    func comparison() throws {
        var random = SeededGenerator.printed(for: "roots and inclusion proofs are those of pymerkle")
        let folder = try ScratchFolder("pymerkle")
        let data = (0..<33).map { _ in random.bytes(Int.random(in: 0...150, using: &random)) }
        try folder.write(data.map { Hex.encode($0) + "\n" }.joined(), to: "leaves")
        // Its proofs begin with the leaf itself, and count leaves from 1.
        try folder.write(
            """
            from pymerkle import InmemoryTree
            tree = InmemoryTree(algorithm='sha256')
            for line in open('leaves'): tree.append_entry(bytes.fromhex(line.strip()))
            for size in range(1, tree.get_size() + 1):
                for index in range(1, size + 1):
                    path = tree.prove_inclusion(index, size).serialize()['path']
                    print(size, index, tree.get_root(size).hex(), *path[1:])
            """, to: "proofs.py")
        let lines = try ExternalProgram.succeed("python3", ["proofs.py"], in: folder).text.split(separator: "\n")
        #expect(lines.count == 33 * 34 / 2)
        let hashing = OpenSSLTreeHashing()
        let leaves = data.map { hashing.leaf($0.span) }
        for line in lines {
            let parts = line.split(separator: " ")
            let (size, index) = (try #require(UInt64(parts[0])), try #require(UInt64(parts[1])))
            var frontier = TreeFrontier()
            for leaf in leaves.prefix(Int(size)) { frontier.append(leaf, hashing) }
            #expect(frontier.root(hashing).description == parts[2])
            let path = parts.dropFirst(3).compactMap { Digest32(hex: String($0)) }
            let root = frontier.root(hashing)
            let proven = InclusionProof.root(
                leaf: leaves[Int(index) - 1], index: index - 1, size: size, proof: path, hashing)
            #expect(proven == root, "\(index) of \(size)")
            let made = InclusionProof.make(of: index - 1, in: size, hashing) { place in
                NaiveTree.plain.subtree(place.begin, place.end, leaves)
            }
            #expect(made == path, "\(index) of \(size)")
        }
    }
}
