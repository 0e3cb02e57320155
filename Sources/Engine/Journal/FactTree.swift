public import Primitives
public import Transparency

/// The hash tree over all facts of a log (RFC 6962): what proves to others that a fact stands in it.
///
/// A leaf is the hash of a fact's bytes, the same that goes into the hash chain. Facts are counted from 1 and leaves
/// from 0: the leaf of fact `sequence` has the index `sequence - 1`. A tree of size n is over the facts 1 to n.
public protocol FactTree {
    /// The hashes of leaves and nodes.
    var treeHashing: any TreeHashing { get }

    /// The tree over all durable facts in compact form.
    ///
    /// - Throws: `Fault` when it cannot be read or made.
    var frontier: TreeFrontier { get throws(Fault) }

    /// The leaf of a fact.
    ///
    /// - Throws: `Fault` when there is no such fact, or the tree cannot be read.
    func leaf(_ sequence: UInt64) throws(Fault) -> Digest32

    /// Calls the closure with the leaves of the facts from one number to another, both included, in pieces in order.
    ///
    /// - Throws: `Fault` when the log does not reach so far, or the tree cannot be read.
    func leaves(
        from first: UInt64, to last: UInt64, _ body: (ArraySlice<Digest32>) throws(Fault) -> Void
    ) throws(Fault)

    /// The hash of the perfect subtree over the leaves from `index << level` to before `(index + 1) << level`.
    ///
    /// - Throws: `Fault` when the log does not reach so far, or the tree cannot be read.
    func subtree(level: Int, index: UInt64) throws(Fault) -> Digest32
}

extension FactTree {
    /// The root of the tree over the facts 1 to `size`.
    ///
    /// - Throws: `Fault` when the log does not reach so far, or the tree cannot be read.
    public func root(of size: UInt64) throws(Fault) -> Digest32 {
        try root(of: size, treeHashing)
    }

    private func root(of size: UInt64, _ hashing: some TreeHashing) throws(Fault) -> Digest32 {
        try reach(size)
        var hashes: [Digest32] = []
        for place in Subtrees.covering(0, size) { hashes.append(try subtree(place)) }
        guard let frontier = TreeFrontier(size: size, hashes: hashes) else {
            preconditionFailure("the subtrees that cover a tree are its frontier")
        }
        return frontier.root(hashing)
    }

    /// The proof that a fact stands in the tree over the facts 1 to `size`.
    ///
    /// - Throws: `Fault` when that tree has no such fact, the log does not reach so far, or the tree cannot be read.
    public func inclusionProof(of sequence: UInt64, in size: UInt64) throws(Fault) -> [Digest32] {
        try reach(size)
        guard sequence >= 1, sequence <= size else { throw Fault("fact \(sequence) is not among the first \(size)") }
        return try InclusionProof.make(of: sequence - 1, in: size, treeHashing) { (place) throws(Fault) in
            try subtree(place)
        }
    }

    /// The proof that the tree over the facts 1 to `first` is the beginning of that over the facts 1 to `second`.
    ///
    /// - Throws: `Fault` when `first` is more than `second`, the log does not reach so far, or the tree cannot be read.
    public func consistencyProof(from first: UInt64, to second: UInt64) throws(Fault) -> [Digest32] {
        try reach(second)
        guard first <= second else { throw Fault("a tree of \(first) facts is not the beginning of one of \(second)") }
        return try ConsistencyProof.make(from: first, to: second, treeHashing) { (place) throws(Fault) in
            try subtree(place)
        }
    }

    private func subtree(_ place: SubtreePlace) throws(Fault) -> Digest32 {
        try subtree(level: place.level, index: place.index)
    }

    private func reach(_ size: UInt64) throws(Fault) {
        let last = try frontier.size
        guard size <= last else { throw Fault("the log has \(last) facts and not \(size)") }
    }
}
