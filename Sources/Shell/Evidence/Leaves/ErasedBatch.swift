public import FileStore
public import Journal
import OpenSSLKit
public import Primitives
import Transparency

/// A sealed batch of which only the leaves are kept: what they were made of can no longer be shown, and each still has
/// its path.
public struct ErasedBatch {
    /// The seal.
    public let seal: RecordsSeal
    /// The fact that is the seal.
    public let sequence: UInt64
    /// The leaves.
    public let leaves: KeptLeaves
    private let tree: SealedTree

    /// Takes a batch by the fact of its seal.
    ///
    /// - Returns: nil when no leaves are kept of it.
    /// - Throws: `Fault` when the log or the store does not hold what the seal refers to.
    public init?(sealedBy sequence: UInt64, log: SegmentLog, records: FileRecordStore) throws(Fault) {
        guard case .sealed(.records(let seal)) = try log.fact(sequence).fact else {
            throw Fault("fact \(sequence) seals no records")
        }
        guard let leaves = try records.leaves(of: seal.received) else { return nil }
        guard leaves.count == UInt64(seal.count) else {
            throw Fault("\(leaves.count) leaves of batch \(seal.received) are kept, and \(seal.count) are sealed")
        }
        self.seal = seal
        self.sequence = sequence
        self.leaves = leaves
        let hasNodes = seal.attachments.contains { $0.name == "nodes.bin" }
        tree = SealedTree(
            seal, sequence: sequence, nodes: hasNodes ? try log.attachment("nodes.bin", of: sequence) : [])
    }

    /// The root over the leaves that are kept.
    ///
    /// - Throws: `Fault` when they cannot be read.
    public func root() throws(Fault) -> Digest32 {
        let hashing = OpenSSLTreeHashing()
        var frontier = TreeFrontier()
        while frontier.size < leaves.count {
            let bytes = try leaves.piece(from: frontier.size)
            for start in stride(from: 0, to: bytes.count, by: 32) {
                guard let leaf = Digest32(bytes: Array(bytes[start..<start + 32])) else { break }
                frontier.append(leaf, hashing)
            }
        }
        return frontier.root(hashing)
    }

    /// The inclusion path of a record.
    ///
    /// - Throws: `Fault` when there is no such record, or the leaves cannot be read.
    public func path(of number: UInt32) throws(Fault) -> [Digest32] {
        guard number >= 1 else { throw Fault("there is no record 0") }
        return try tree.path(of: UInt64(number) - 1) { (index) throws(Fault) in try leaves.leaf(index) }
    }
}
