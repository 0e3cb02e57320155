public import Primitives

/// Proofs that a leaf stands at its place in a tree: the hashes from the leaf's sibling up to the root's child.
public enum InclusionProof {
    /// The proof of a leaf (RFC 6962, 2.1.1).
    ///
    /// - Parameters:
    ///   - index: The leaf, from 0; below `size`.
    ///   - size: The tree's number of leaves.
    ///   - subtree: Answers the hash of a perfect subtree within the tree.
    /// - Throws: What the closure throws.
    public static func make<E: Error>(
        of index: UInt64, in size: UInt64, _ hashing: some TreeHashing,
        _ subtree: (SubtreePlace) throws(E) -> Digest32
    ) throws(E) -> [Digest32] {
        precondition(index < size && size <= Subtrees.maximumSize, "a tree has the leaf that is proved")
        var (begin, end) = (UInt64(0), size)
        var proof: [Digest32] = []
        while end - begin > 1 {
            let middle = begin + Subtrees.split(end - begin)
            if index < middle {
                proof.append(try Subtrees.hash(middle, end, hashing, subtree))
                end = middle
            } else {
                proof.append(try Subtrees.hash(begin, middle, hashing, subtree))
                begin = middle
            }
        }
        return proof.reversed()
    }

    /// The root that a proof leads to (RFC 9162, 2.1.3.2); nil when the tree has no such leaf, or the proof is shorter
    /// or longer than its place demands.
    public static func root(
        leaf: Digest32, index: UInt64, size: UInt64, proof: [Digest32], _ hashing: some TreeHashing
    ) -> Digest32? {
        guard index < size else { return nil }
        var (place, last, root) = (index, size - 1, leaf)
        for hash in proof {
            guard last > 0 else { return nil }
            if place & 1 == 1 || place == last {
                root = hashing.node(hash, root)
                // At the right edge, levels without a sibling are passed over.
                while place & 1 == 0, place != 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                root = hashing.node(root, hash)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 ? root : nil
    }

    /// Whether a proof shows that a leaf stands at a place of the tree with a root.
    public static func isValid(
        _ proof: [Digest32], leaf: Digest32, index: UInt64, size: UInt64, root: Digest32, _ hashing: some TreeHashing
    ) -> Bool {
        self.root(leaf: leaf, index: index, size: size, proof: proof, hashing) == root
    }
}
