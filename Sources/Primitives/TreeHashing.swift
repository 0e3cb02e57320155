/// The hashes of a Merkle tree as RFC 6962, section 2.1, has them, over SHA-256.
///
/// It stands on the lowest floor so that a bridge can provide it and the engine use it. Leaves and nodes begin with
/// different bytes, so that no node can be taken for a leaf.
public protocol TreeHashing: Sendable {
    /// The hash of a leaf: SHA-256 of the byte 0 and the leaf's data.
    func leaf(_ data: Span<UInt8>) -> Digest32
    /// The hash of two neighbours' parent: SHA-256 of the byte 1, the left hash and the right one.
    func node(_ left: Digest32, _ right: Digest32) -> Digest32
    /// The root of a tree without leaves: SHA-256 of no bytes.
    func empty() -> Digest32
}
