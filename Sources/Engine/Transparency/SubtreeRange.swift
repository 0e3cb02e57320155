public import Primitives

/// A run of neighbouring leaves in compact form: the hashes of the perfect subtrees that cover it, left to right.
///
/// Ranges grow at their end, by leaves or by the range that follows. One that begins at leaf 0 has a root.
public struct SubtreeRange: Hashable, Sendable {
    /// The first leaf.
    public let begin: UInt64
    /// The leaf after the last one.
    public private(set) var end: UInt64
    /// The hashes of `Subtrees.covering(begin, end)`.
    public private(set) var hashes: [Digest32] = []

    /// An empty range before a leaf.
    public init(at begin: UInt64 = 0) {
        precondition(begin <= Subtrees.maximumSize, "a tree has at most 2^62 leaves")
        (self.begin, end) = (begin, begin)
    }

    /// A range of which the covering subtrees' hashes are known; nil when it does not begin before it ends, is beyond
    /// the largest tree, or has not that many subtrees.
    public init?(begin: UInt64, end: UInt64, hashes: [Digest32]) {
        guard begin <= end, end <= Subtrees.maximumSize, hashes.count == Subtrees.count(covering: begin, end) else {
            return nil
        }
        self.begin = begin
        self.end = end
        self.hashes = hashes
    }

    /// Adds the leaf that follows.
    public mutating func append(_ leaf: Digest32, _ hashing: some TreeHashing) { append(leaf, level: 0, hashing) }

    /// Adds the range that follows: it must begin where this one ends.
    public mutating func append(_ next: SubtreeRange, _ hashing: some TreeHashing) {
        precondition(next.begin == end, "a range is joined with its neighbour")
        for (place, hash) in zip(Subtrees.covering(next.begin, next.end), next.hashes) {
            append(hash, level: place.level, hashing)
        }
    }

    /// The root of the tree of size `end`; nil where leaves are missing on the left.
    public func root(_ hashing: some TreeHashing) -> Digest32? {
        begin == 0 ? Subtrees.joined(hashes, hashing) : nil
    }

    private mutating func append(_ hash: Digest32, level: Int, _ hashing: some TreeHashing) {
        precondition(end < Subtrees.maximumSize, "a tree has at most 2^62 leaves")
        var (joined, level, index) = (hash, UInt64(level), end >> UInt64(level))
        end += 1 << level
        // A right child whose left sibling belongs to the range makes a parent with it.
        while index & 1 == 1, (index - 1) << level >= begin, let left = hashes.popLast() {
            joined = hashing.node(left, joined)
            level += 1
            index >>= 1
        }
        hashes.append(joined)
    }
}
