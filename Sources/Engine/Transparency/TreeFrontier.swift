public import Primitives

/// The tree over the leaves from 0 to before `size` in compact form: all that is needed to append and to have the root.
///
/// It holds one hash for each bit that is set in `size`, those of its perfect subtrees from left to right.
public struct TreeFrontier: Hashable, Sendable, Codable {
    private var range: SubtreeRange

    /// The tree without leaves.
    public init() { range = SubtreeRange() }

    /// A tree of which the perfect subtrees' hashes are known, left to right; nil when they are not as many as the size
    /// has, or the size is beyond the largest tree.
    public init?(size: UInt64, hashes: [Digest32]) {
        guard let range = SubtreeRange(begin: 0, end: size, hashes: hashes) else { return nil }
        self.range = range
    }

    /// How many leaves there are.
    public var size: UInt64 { range.end }

    /// The hashes of the perfect subtrees, left to right.
    public var hashes: [Digest32] { range.hashes }

    /// Adds a leaf's hash.
    public mutating func append(_ leaf: Digest32, _ hashing: some TreeHashing) { range.append(leaf, hashing) }

    /// Adds a range that begins at leaf `size`.
    public mutating func append(_ next: SubtreeRange, _ hashing: some TreeHashing) { range.append(next, hashing) }

    /// The root.
    public func root(_ hashing: some TreeHashing) -> Digest32 { Subtrees.joined(range.hashes, hashing) }

    private enum CodingKeys: String, CodingKey {
        case size, hashes
    }

    /// Reads size and hashes; fails when they do not fit each other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let size = try container.decode(UInt64.self, forKey: .size)
        let hashes = try container.decode([Digest32].self, forKey: .hashes)
        guard let frontier = TreeFrontier(size: size, hashes: hashes) else {
            throw DecodingError.dataCorruptedError(
                forKey: .hashes, in: container, debugDescription: "a tree of \(size) leaves has other hashes")
        }
        self = frontier
    }

    /// Writes size and hashes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(size, forKey: .size)
        try container.encode(hashes, forKey: .hashes)
    }
}
