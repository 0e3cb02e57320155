import FileStore
public import Journal
import Ledger
public import Primitives

/// A sealed batch of which readers get the leaves alone, whether the house still has what they are made of or not.
public enum WithheldBatch {
    /// Only its leaves are kept.
    case erased(ErasedBatch)
    /// Everything is kept, and the leaves are made anew.
    case closed(SealedBatch)

    /// The seal.
    public var seal: RecordsSeal {
        switch self {
        case .erased(let batch): batch.seal
        case .closed(let batch): batch.seal
        }
    }

    /// Calls the closure with pieces of the leaves in order, 32 bytes for each.
    ///
    /// - Throws: `Fault` when they cannot be read or made; what the closure throws.
    public func forEachPiece(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
        switch self {
        case .erased(let batch):
            var index: UInt64 = 0
            while index < batch.leaves.count {
                let piece = try batch.leaves.piece(from: index)
                try body(piece[...])
                index += UInt64(piece.count / 32)
            }
        case .closed(let batch):
            var piece: [UInt8] = []
            try batch.forEach { (entry, detail) throws(Fault) in
                batch.sealer.leafHash(entry, detail).append(to: &piece)
                guard piece.count >= 1 << 18 else { return }
                do { try body(piece[...]) } catch { throw Fault("leaves of batch \(seal.received): \(error)") }
                piece.removeAll(keepingCapacity: true)
            }
            try body(piece[...])
        }
    }

    /// The leaf of a record, and its path to the sealed root.
    ///
    /// - Throws: `Fault` when there is no such record, or it cannot be read.
    public func proof(of record: UInt32) throws(Fault) -> (leaf: Digest32, path: [Digest32]) {
        switch self {
        case .erased(let batch): return (try batch.leaves.leaf(UInt64(record) - 1), try batch.path(of: record))
        case .closed(let batch):
            let (entry, detail) = try batch.record(record)
            return (batch.sealer.leafHash(entry, detail), try batch.path(of: record))
        }
    }
}
