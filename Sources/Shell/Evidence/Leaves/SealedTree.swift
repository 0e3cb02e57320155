import Journal
import OpenSSLKit
import Primitives
import Transparency

/// The tree over the records of a batch, with the hashes that are kept of it: paths need 256 leaves and not all.
struct SealedTree {
    let count: UInt64
    /// The fact of the seal, for messages.
    let sequence: UInt64
    /// `nodes.bin` of the seal.
    let nodes: [UInt8]
    private let hashing = OpenSSLTreeHashing()

    init(_ seal: RecordsSeal, sequence: UInt64, nodes: [UInt8]) {
        count = UInt64(seal.count)
        self.sequence = sequence
        self.nodes = nodes
    }

    /// The inclusion path of a leaf.
    ///
    /// - Parameter leaf: answers a leaf by its place.
    /// - Throws: `Fault` when there is no such leaf; what the closure throws.
    func path(of index: UInt64, _ leaf: (UInt64) throws(Fault) -> Digest32) throws(Fault) -> [Digest32] {
        guard index < count else { throw Fault("fact \(sequence) seals \(count) records") }
        return try InclusionProof.make(of: index, in: count, hashing) { (place) throws(Fault) in
            try subtree(place, leaf)
        }
    }

    private func subtree(
        _ place: SubtreePlace, _ leaf: (UInt64) throws(Fault) -> Digest32
    ) throws(Fault) -> Digest32 {
        // The levels that are kept, the highest first, and how many nodes stand before theirs.
        let tiles = Int(count) >> 8
        for (level, before) in [(16, tiles), (8, 0)] where place.level >= level {
            var range = SubtreeRange(at: 0)
            for index in place.begin >> UInt64(level)..<place.end >> UInt64(level) {
                range.append(try node(before + Int(index)), hashing)
            }
            return range.hashes[0]
        }
        var range = SubtreeRange(at: place.begin)
        for index in place.begin..<place.end { range.append(try leaf(index), hashing) }
        return range.hashes[0]
    }

    private func node(_ index: Int) throws(Fault) -> Digest32 {
        let start = index * 32
        guard start + 32 <= nodes.count, let node = Digest32(bytes: Array(nodes[start..<start + 32])) else {
            throw Fault("fact \(sequence): nodes.bin is too short")
        }
        return node
    }
}
