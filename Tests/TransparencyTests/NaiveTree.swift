import Primitives
import TestKit

/// The tree as RFC 6962 defines it, by recursion over lists of leaves: slow, and without the product's shortcuts.
struct NaiveTree: TreeHashing {
    let digest: @Sendable ([UInt8]) -> Digest32

    /// With SHA-256 in plain Swift.
    static let plain = NaiveTree { bytes in
        let running = PlainSHA256()
        running.update(bytes[...])
        return running.finish()
    }

    /// With a mixture that is quick to compute, for many trees.
    static let quick = NaiveTree { bytes in
        var words: [UInt64] = [0x1234_5678, 0x9ABC_DEF0, 0x0F0F_0F0F, 0xF0F0_F0F0]
        for (place, byte) in bytes.enumerated() {
            words[place & 3] = (words[place & 3] ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15
            words[(place + 1) & 3] ^= words[place & 3] >> 29 &+ UInt64(place)
        }
        for place in 0..<8 {
            words[place & 3] = (words[place & 3] ^ words[(place + 1) & 3] >> 31) &* 0xBF58_476D_1CE4_E5B9
        }
        return Digest32(words: words[0], words[1], words[2], words[3])
    }

    func leaf(_ data: Span<UInt8>) -> Digest32 { digest([0] + data.indices.map { data[$0] }) }
    func leaf(_ data: [UInt8]) -> Digest32 { leaf(data.span) }
    func node(_ left: Digest32, _ right: Digest32) -> Digest32 { digest([1] + left.bytes + right.bytes) }
    func empty() -> Digest32 { digest([]) }

    private func split(_ count: Int) -> Int {
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }

    /// MTH.
    func root(_ leaves: ArraySlice<Digest32>) -> Digest32 {
        guard let first = leaves.first else { return empty() }
        guard leaves.count > 1 else { return first }
        let half = split(leaves.count)
        return node(root(leaves.prefix(half)), root(leaves.dropFirst(half)))
    }

    /// PATH.
    func path(_ index: Int, _ leaves: ArraySlice<Digest32>) -> [Digest32] {
        guard leaves.count > 1 else { return [] }
        let half = split(leaves.count)
        let (left, right) = (leaves.prefix(half), leaves.dropFirst(half))
        return index < half ? path(index, left) + [root(right)] : path(index - half, right) + [root(left)]
    }

    /// PROOF.
    func proof(_ size: Int, _ leaves: ArraySlice<Digest32>) -> [Digest32] { subproof(size, leaves, true) }

    private func subproof(_ size: Int, _ leaves: ArraySlice<Digest32>, _ isKnown: Bool) -> [Digest32] {
        if size == leaves.count { return isKnown ? [] : [root(leaves)] }
        let half = split(leaves.count)
        let (left, right) = (leaves.prefix(half), leaves.dropFirst(half))
        return size <= half
            ? subproof(size, left, isKnown) + [root(right)] : subproof(size - half, right, false) + [root(left)]
    }

    /// The hash of a perfect subtree, from the leaves.
    func subtree(_ begin: UInt64, _ end: UInt64, _ leaves: [Digest32]) -> Digest32 {
        root(leaves[Int(begin)..<Int(end)])
    }
}
