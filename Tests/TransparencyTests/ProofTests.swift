import Primitives
import TestKit
import Testing
import Transparency

@Suite("Proofs of inclusion and of consistency")
struct ProofTests {
    private let tree = NaiveTree.quick

    private func leaves(_ count: Int, _ random: inout SeededGenerator) -> [Digest32] {
        (0..<count).map { _ in tree.leaf(random.bytes(8)) }
    }

    /// The proof with a hash changed, left out, doubled, added at either end, or two of them exchanged.
    private func mutants(_ proof: [Digest32]) -> [[Digest32]] {
        var out = [proof + [tree.empty()], [tree.empty()] + proof, proof + proof.suffix(1) + proof.suffix(1)]
        for place in proof.indices {
            var (changed, shorter, longer) = (proof, proof, proof)
            let words = proof[place].words
            changed[place] = Digest32(words: words.0, words.1, words.2, words.3 ^ 1)
            shorter.remove(at: place)
            longer.insert(proof[place], at: place)
            out += [changed, shorter, longer]
            if place > 0 {
                var swapped = proof
                swapped.swapAt(place - 1, place)
                out.append(swapped)
            }
        }
        return out.filter { $0 != proof }
    }

    @Test("a leaf's proof holds for its place, size and root, and for nothing else")
    func inclusion() {
        var random = SeededGenerator.printed(for: "a leaf's proof holds for its place, size and root")
        let all = leaves(40, &random)
        let limit = TestLength.cases(18, long: 40)
        for size in 1...limit {
            let root = tree.root(all[..<size])
            for index in 0..<size {
                let proof = tree.path(index, all[..<size])
                func holds(
                    _ proof: [Digest32], leaf: Digest32? = nil, at place: Int? = nil, of count: Int? = nil,
                    root other: Digest32? = nil
                ) -> Bool {
                    InclusionProof.isValid(
                        proof, leaf: leaf ?? all[index], index: UInt64(place ?? index), size: UInt64(count ?? size),
                        root: other ?? root, tree)
                }
                #expect(holds(proof))
                for wrong in mutants(proof) { #expect(!holds(wrong), "\(index) of \(size)") }
                for place in 0...size + 1 where place != index { #expect(!holds(proof, at: place)) }
                #expect(!holds(proof, leaf: all[(index + 1) % 40]))
                #expect(!holds(proof, root: all[39]))
                #expect(!holds(proof, of: 0))
                for other in 1...limit where other != size {
                    // A size with a path of the same shape is told apart by its root alone.
                    #expect(!holds(proof, of: other, root: tree.root(all[..<other])))
                }
            }
        }
    }

    @Test("a proof of consistency holds for its sizes and roots, and for nothing else")
    func consistency() {
        var random = SeededGenerator.printed(for: "a proof of consistency holds for its sizes and roots")
        let all = leaves(40, &random)
        let limit = TestLength.cases(18, long: 40)
        let roots = (0...limit).map { tree.root(all[..<$0]) }
        for second in 1...limit {
            for first in 1...second {
                let proof = tree.proof(first, all[..<second])
                func holds(_ proof: [Digest32], _ a: Int, _ rootA: Digest32, _ b: Int, _ rootB: Digest32) -> Bool {
                    ConsistencyProof.isValid(
                        proof, first: UInt64(a), firstRoot: rootA, second: UInt64(b), secondRoot: rootB, tree)
                }
                #expect(holds(proof, first, roots[first], second, roots[second]))
                for wrong in mutants(proof) { #expect(!holds(wrong, first, roots[first], second, roots[second])) }
                for size in 0...limit {
                    // The empty tree is the beginning of all others and needs no hashes.
                    if size != first, size > 0 || !proof.isEmpty {
                        #expect(!holds(proof, size, roots[size], second, roots[second]))
                    }
                    if size != second { #expect(!holds(proof, first, roots[first], size, roots[size])) }
                }
                #expect(!holds(proof, first, all[0], second, all[1]))
                #expect(!holds(proof, first, all[39], second, roots[second]))
                if first < second { #expect(!holds(proof, second, roots[second], first, roots[first])) }
            }
        }
    }

    @Test("equal sizes need equal roots and no hashes, and size zero the empty tree's root and no hashes")
    func ends() {
        var random = SeededGenerator.printed(for: "equal sizes need equal roots and no hashes")
        let all = leaves(3, &random)
        let (root, empty) = (tree.root(all[...]), tree.empty())
        func holds(_ proof: [Digest32], _ first: UInt64, _ a: Digest32, _ second: UInt64, _ b: Digest32) -> Bool {
            ConsistencyProof.isValid(proof, first: first, firstRoot: a, second: second, secondRoot: b, tree)
        }
        #expect(holds([], 3, root, 3, root))
        #expect(!holds([], 3, root, 3, all[0]))
        #expect(!holds([root], 3, root, 3, root))
        #expect(holds([], 0, empty, 3, root))
        #expect(!holds([root], 0, empty, 3, root))
        #expect(!holds([], 0, root, 3, root))
        #expect(holds([], 0, empty, 0, empty))
        #expect(!holds([], 0, root, 0, root))
        #expect(!holds([], 4, root, 3, root))
        #expect(!holds([], 2, tree.root(all[..<2]), 3, root))
        #expect(!holds([root], .max, root, .max, root))
        #expect(InclusionProof.root(leaf: all[0], index: 0, size: 0, proof: [], tree) == nil)
        #expect(InclusionProof.root(leaf: all[0], index: 0, size: .max, proof: all, tree) == nil)
    }

    @Test("proofs are made for trees of fifty million leaves with few subtrees")
    func large() {
        // All leaves are alike, so that a subtree's hash follows from its level.
        var levels = [tree.leaf([7])]
        for level in 0..<40 { levels.append(tree.node(levels[level], levels[level])) }
        let size: UInt64 = 50_000_003
        let root = Subtrees.covering(0, size).reversed().reduce(Digest32?.none) { right, place in
            right.map { tree.node(levels[place.level], $0) } ?? levels[place.level]
        }
        var asked = 0
        for index in [0, 1, 25_000_000, size - 4, size - 1] {
            let proof = InclusionProof.make(of: index, in: size, tree) { place in
                asked += 1
                #expect(place.end <= size)
                return levels[place.level]
            }
            #expect(
                InclusionProof.isValid(proof, leaf: levels[0], index: index, size: size, root: root ?? .zero, tree))
        }
        #expect(asked < 5 * 40)
    }
}
