import Primitives

/// A perfect subtree's place in the log's tree: the leaves from `index << level` to before `(index + 1) << level`.
public struct SubtreePlace: Hashable, Sendable {
    /// The subtree has `1 << level` leaves; 0 is a leaf.
    public let level: Int
    /// Its number among the subtrees of its level, from 0.
    public let index: UInt64

    /// Names a place. The level is from 0 to 62.
    public init(level: Int, index: UInt64) {
        precondition(level >= 0 && level < 63, "a tree has fewer than 2^63 leaves")
        self.level = level
        self.index = index
    }

    /// Its first leaf.
    public var begin: UInt64 { index << UInt64(level) }

    /// The leaf after its last one.
    public var end: UInt64 { (index + 1) << UInt64(level) }
}

/// How ranges of leaves fall into perfect subtrees.
///
/// Whoever holds all leaf hashes of `[a, b)`, the hashes of `covering(0, a)` and those of `covering(b, n)` has the
/// roots of the tree at size `n` and at every size from `a` to `b`: see `SubtreeRange`.
public enum Subtrees {
    /// The most leaves that a tree may have.
    public static let maximumSize: UInt64 = 1 << 62

    /// The fewest perfect subtrees that cover the leaves `[begin, end)`, left to right: at most twice as many as `end`
    /// has bits. None for an empty range.
    public static func covering(_ begin: UInt64, _ end: UInt64) -> [SubtreePlace] {
        precondition(begin <= end && end <= maximumSize, "a range of leaves begins before it ends")
        var out: [SubtreePlace] = []
        var position = begin
        while position < end {
            let fitting = 63 - (end - position).leadingZeroBitCount
            let level = position == 0 ? fitting : min(position.trailingZeroBitCount, fitting)
            out.append(SubtreePlace(level: level, index: position >> UInt64(level)))
            position += 1 << UInt64(level)
        }
        return out
    }

    /// How many subtrees cover a range.
    static func count(covering begin: UInt64, _ end: UInt64) -> Int { covering(begin, end).count }

    /// The largest power of two that is smaller than a count of at least two: where RFC 6962 divides a tree.
    static func split(_ count: UInt64) -> UInt64 {
        precondition(count >= 2, "one leaf is not divided")
        return 1 << UInt64(63 - (count - 1).leadingZeroBitCount)
    }

    /// The hash over the leaves `[begin, end)`, where that is a node of some tree of size `end`.
    static func hash<E: Error>(
        _ begin: UInt64, _ end: UInt64, _ hashing: some TreeHashing, _ subtree: (SubtreePlace) throws(E) -> Digest32
    ) throws(E) -> Digest32 {
        var hashes: [Digest32] = []
        for place in covering(begin, end) { hashes.append(try subtree(place)) }
        return joined(hashes, hashing)
    }

    /// The root over neighbouring perfect subtrees, each smaller than the one on its left.
    static func joined(_ hashes: [Digest32], _ hashing: some TreeHashing) -> Digest32 {
        guard var root = hashes.last else { return hashing.empty() }
        for hash in hashes.dropLast().reversed() { root = hashing.node(hash, root) }
        return root
    }
}
