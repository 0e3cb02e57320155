public import Journal
public import Primitives
public import Transparency

/// Leaves that opening the log has come across: those of its last segment.
struct RecentLeaves {
    /// The fact of the first one.
    var first: UInt64 = 1
    var hashes: [Digest32] = []
}

extension SegmentLog: FactTree {
    /// The hashes of leaves and nodes.
    public var treeHashing: any TreeHashing { hashing.tree }

    /// The tree over all durable facts; see `FactTree`.
    public var frontier: TreeFrontier {
        get throws(Fault) {
            try completeTree()
            return tree.frontier
        }
    }

    /// The leaf of a fact; see `FactTree`.
    public func leaf(_ sequence: UInt64) throws(Fault) -> Digest32 {
        var found: Digest32?
        try leaves(from: sequence, to: sequence) { (piece) throws(Fault) in found = piece.first }
        guard let found else { throw Fault("\(directory): the log has no fact \(sequence)") }
        return found
    }

    /// The leaves of facts, 8192 at a time; see `FactTree`.
    public func leaves(
        from first: UInt64, to last: UInt64, _ body: (ArraySlice<Digest32>) throws(Fault) -> Void
    ) throws(Fault) {
        try completeTree()
        guard first >= 1, first <= last, last <= tree.count else {
            throw Fault("\(directory): the log has no facts \(first) to \(last)")
        }
        var index = first - 1
        while index < last {
            let piece = try tree.hashes(level: 0, from: index, atMost: Int(min(8192, last - index)))
            try body(piece[...])
            index += UInt64(piece.count)
        }
    }

    /// The hash of a perfect subtree; see `FactTree`.
    public func subtree(level: Int, index: UInt64) throws(Fault) -> Digest32 {
        try completeTree()
        guard (0..<63).contains(level) else { throw Fault("\(directory): the tree has no level \(level)") }
        return try tree.subtree(SubtreePlace(level: level, index: index))
    }

    /// Adds what the tree lacks of the log's facts, and makes the tree anew when it is not this log's.
    ///
    /// - Parameter recent: Leaves that are known already.
    /// - Throws: `Fault` when a fact is not as it was written.
    func completeTree(_ recent: RecentLeaves = RecentLeaves()) throws(Fault) {
        let last = lastSequence
        if tree.isUnexamined { try examineTree(last) }
        guard tree.count < last else { return }
        let known = tree.count
        while tree.count < last {
            let next = tree.count + 1
            if next >= recent.first, next < recent.first + UInt64(recent.hashes.count) {
                tree.append(recent.hashes.dropFirst(Int(next - recent.first)), after: next - 1)
            } else {
                let end = recent.hashes.isEmpty ? last : min(last, recent.first - 1)
                tree.append(try readLeaves(next, min(end, next + 4095)), after: next - 1)
            }
        }
        // A later start then reads earlier segments no more for the tree.
        if !options.isReadOnly, known + 1 < recent.first { tree.keep(head: try chainHash(tree.count)) }
    }

    /// Forgets what the files hold unless they end with a fact of this log.
    private func examineTree(_ last: UInt64) throws(Fault) {
        guard let mark = tree.mark, mark.count <= last, try chainHash(mark.count) == mark.head else {
            return tree.reset()
        }
        tree.confirm()
    }

    private func readLeaves(_ first: UInt64, _ last: UInt64) throws(Fault) -> [Digest32] {
        var leaves: [Digest32] = []
        var (segment, reader) = (UInt32(0), SegmentReader?.none)
        for sequence in first...last {
            let place = try place(of: sequence)
            var current = if let reader, segment == place.segment { reader } else { try SegmentReader(place.file) }
            let entry = try current.found(
                at: place.offset, end: current.size, sequence: sequence, hashing, deep: false
            ).entry
            guard entry.header.sequence == sequence else {
                throw current.damage(place.offset, sequence, "fact \(entry.header.sequence) stands in its place")
            }
            leaves.append(entry.leaf)
            (segment, reader) = (place.segment, current)
        }
        return leaves
    }
}
