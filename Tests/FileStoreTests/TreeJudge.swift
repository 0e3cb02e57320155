import FileStore
import Primitives
import Transparency

/// Roots and proofs under the hashes that a test's log uses.
extension Hashing {
    func root(_ frontier: TreeFrontier) -> Digest32 { frontier.root(tree) }

    func root(_ leaves: some Sequence<Digest32>) -> Digest32 {
        var frontier = TreeFrontier()
        for leaf in leaves { frontier.append(leaf, tree) }
        return frontier.root(tree)
    }

    /// Whether a proof shows a fact's leaf in the tree with a root.
    func proves(_ proof: [Digest32], _ leaf: Digest32, fact: UInt64, in size: UInt64, _ root: Digest32) -> Bool {
        InclusionProof.isValid(proof, leaf: leaf, index: fact - 1, size: size, root: root, tree)
    }

    /// Whether a proof shows that a tree is the beginning of another.
    func connects(
        _ proof: [Digest32], _ first: UInt64, _ firstRoot: Digest32, _ second: UInt64, _ secondRoot: Digest32
    ) -> Bool {
        ConsistencyProof.isValid(
            proof, first: first, firstRoot: firstRoot, second: second, secondRoot: secondRoot, tree)
    }
}
