import Journal
public import Primitives

/// Which originals have been erased, and the keys of which batches. A fold of the log.
public struct ErasureBook: Hashable, Sendable, Codable {
    /// The facts that erased originals, by their digests. What was received anew since is not among them.
    public private(set) var originals: [Digest32: UInt64] = [:]
    /// The facts that erased the keys of batches, by the facts that received them.
    public private(set) var batches: [UInt64: UInt64] = [:]

    /// None.
    public init() {}

    mutating func take(_ erasure: Erasure, _ sequence: UInt64) {
        for digest in erasure.originals { originals[digest] = sequence }
        for received in erasure.received { batches[received] = sequence }
    }

    /// Bytes came that had been erased: they are an original again.
    mutating func received(_ digest: Digest32) { originals[digest] = nil }
}
