public import Primitives

/// SHA-256, given to the stores from outside so that they link no cryptographic library.
public struct Hashing: Sendable {
    /// The digest of bytes that are at hand.
    public let digest: @Sendable (ArraySlice<UInt8>) -> Digest32
    /// Begins a digest of bytes that arrive in pieces.
    public let begin: @Sendable () -> any RunningDigest

    /// The hashes of the log's tree; its leaves go into the hash chain, too.
    public let tree: any TreeHashing

    /// Takes the ways of computing SHA-256. Trees are hashed with the first one where no faster way is given.
    public init(
        digest: @escaping @Sendable (ArraySlice<UInt8>) -> Digest32,
        begin: @escaping @Sendable () -> any RunningDigest, tree: (any TreeHashing)? = nil
    ) {
        self.digest = digest
        self.begin = begin
        self.tree = tree ?? DigestTreeHashing(digest: digest)
    }
}

/// The hashes of a tree by a digest of bytes at hand.
private struct DigestTreeHashing: TreeHashing {
    let digest: @Sendable (ArraySlice<UInt8>) -> Digest32

    func leaf(_ data: Span<UInt8>) -> Digest32 {
        var input: [UInt8] = [0]
        input.reserveCapacity(data.count + 1)
        for index in data.indices { input.append(data[index]) }
        return digest(input[...])
    }

    func node(_ left: Digest32, _ right: Digest32) -> Digest32 { digest(([1] + left.bytes + right.bytes)[...]) }

    func empty() -> Digest32 { digest([]) }
}

/// A SHA-256 computation that is under way.
public protocol RunningDigest: AnyObject {
    /// Adds bytes.
    func update(_ bytes: ArraySlice<UInt8>)
    /// The digest of everything added. Nothing can be added afterwards.
    func finish() -> Digest32
}
