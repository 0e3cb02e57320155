public import Primitives

/// Proofs that a tree only grew: that an earlier one is the beginning of a later one.
public enum ConsistencyProof {
    /// The proof between two sizes of the tree (RFC 6962, 2.1.2); empty from size 0 and between equal sizes.
    ///
    /// - Parameters:
    ///   - first: The earlier size; at most `second`.
    ///   - second: The later size.
    ///   - subtree: Answers the hash of a perfect subtree within the later tree.
    /// - Throws: What the closure throws.
    public static func make<E: Error>(
        from first: UInt64, to second: UInt64, _ hashing: some TreeHashing,
        _ subtree: (SubtreePlace) throws(E) -> Digest32
    ) throws(E) -> [Digest32] {
        precondition(first <= second && second <= Subtrees.maximumSize, "a tree only grows")
        guard first > 0, first < second else { return [] }
        var (begin, end) = (UInt64(0), second)
        var proof: [Digest32] = []
        while end != first {
            let middle = begin + Subtrees.split(end - begin)
            if first <= middle {
                proof.append(try Subtrees.hash(middle, end, hashing, subtree))
                end = middle
            } else {
                proof.append(try Subtrees.hash(begin, middle, hashing, subtree))
                begin = middle
            }
        }
        // The verifier has the earlier root: it is not repeated where that is a node of the later tree.
        if begin > 0 { proof.append(try Subtrees.hash(begin, end, hashing, subtree)) }
        return proof.reversed()
    }

    /// Whether a proof shows that the tree with the first root is the beginning of the one with the second root
    /// (RFC 9162, 2.1.4.2).
    ///
    /// Equal sizes need equal roots and no hashes; size 0 needs the empty tree's root and no hashes.
    public static func isValid(
        _ proof: [Digest32], first: UInt64, firstRoot: Digest32, second: UInt64, secondRoot: Digest32,
        _ hashing: some TreeHashing
    ) -> Bool {
        guard first <= second else { return false }
        if first == 0, firstRoot != hashing.empty() { return false }
        if first == second { return proof.isEmpty && firstRoot == secondRoot }
        if first == 0 { return proof.isEmpty }
        guard !proof.isEmpty else { return false }
        let path = first & (first - 1) == 0 ? [firstRoot] + proof : proof
        var (place, last) = (first - 1, second - 1)
        while place & 1 == 1 { (place, last) = (place >> 1, last >> 1) }
        var (early, late) = (path[0], path[0])
        for hash in path.dropFirst() {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                early = hashing.node(hash, early)
                late = hashing.node(hash, late)
                while place & 1 == 0, place != 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                late = hashing.node(late, hash)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && early == firstRoot && late == secondRoot
    }
}
