public import Primitives

/// The hash chain over the log. The hash of an entry stands beside its fact, never in it.
///
/// A leaf is RFC 6962's: SHA-256 of a zero byte and the fact's bytes. The chain hash of an entry is SHA-256 of the
/// domain `coalition-log-1`, the chain hash of the entry before it and the entry's leaf. The first entry follows on
/// `Digest32.zero`. Attachments need no place in it, because facts carry their digests.
public enum HashChain {
    /// What sets these hashes apart from all others.
    public static let domain = Array("coalition-log-1".utf8)

    /// The leaf of a fact's bytes.
    public static func leaf(_ fact: ArraySlice<UInt8>, _ digest: (ArraySlice<UInt8>) -> Digest32) -> Digest32 {
        var input: [UInt8] = [0]
        input.reserveCapacity(fact.count + 1)
        input.append(contentsOf: fact)
        return digest(input[...])
    }

    /// The chain hash of the entry with a leaf, behind the entry with a chain hash.
    public static func next(
        after previous: Digest32, leaf: Digest32, _ digest: (ArraySlice<UInt8>) -> Digest32
    ) -> Digest32 {
        digest((domain + previous.bytes + leaf.bytes)[...])
    }
}
