public import Primitives

/// SHA-256, given to the stores from outside so that they link no cryptographic library.
public struct Hashing: Sendable {
    /// The digest of bytes that are at hand.
    public let digest: @Sendable (ArraySlice<UInt8>) -> Digest32
    /// Begins a digest of bytes that arrive in pieces.
    public let begin: @Sendable () -> any RunningDigest

    /// Takes both ways of computing SHA-256.
    public init(
        digest: @escaping @Sendable (ArraySlice<UInt8>) -> Digest32,
        begin: @escaping @Sendable () -> any RunningDigest
    ) {
        self.digest = digest
        self.begin = begin
    }
}

/// A SHA-256 computation that is under way.
public protocol RunningDigest: AnyObject {
    /// Adds bytes.
    func update(_ bytes: ArraySlice<UInt8>)
    /// The digest of everything added. Nothing can be added afterwards.
    func finish() -> Digest32
}
