import FileStore
import House
import Journal
import Ledger
import Primitives

/// One record's leaf of a batch whose key was erased: its hash and its path.
private struct ErasedLeafForm: Encodable {
    var batch: UInt64
    var index: UInt64
    var leaf: String
    var path: [String]
}

extension BundleCollector {
    /// The leaves of a batch whose key was erased, as `leaves.bin`: 32 bytes for each record.
    mutating func addLeaves(_ seal: UInt64, _ folder: String) throws {
        guard let batch = try source.erased(sealedBy: seal) else { return }
        if let erasure = house.erasures.batches[batch.seal.received] { erasures.insert(erasure) }
        entries.append(
            try BundleEntry(folder + "leaves.bin") { sink in
                var index: UInt64 = 0
                while index < batch.leaves.count {
                    let piece = try batch.leaves.piece(from: index)
                    try sink(piece[...])
                    index += UInt64(piece.count / 32)
                }
            })
    }

    /// Another partner's batch that counted on a partner's lines and was erased: its receipt and its leaves.
    mutating func collectErased(_ received: UInt64, _ seal: UInt64, sharedWith partner: PartnerID) throws {
        guard case .fileDecided(let fact) = try log.fact(seal - 1).fact, fact.batch.partner != partner,
            let posting = fact.posting, posting.window == scope.window,
            posting.lines.contains(where: { $0.key.partner == partner })
        else { return }
        shown.insert(seal)
        let folder = "shared/\(Self.number(received))/"
        try addSigned(folder + "received.xml", attachment: "receipt.xml", of: received)
        try addLeaves(seal, folder)
    }

    /// The leaf of one record of an erased batch.
    ///
    /// - Returns: whether leaves are kept of the batch, and it has this record.
    mutating func addErasedLeaf(_ name: String, _ seal: UInt64, _ location: RecordLocation) throws -> Bool {
        guard let batch = try source.erased(sealedBy: seal), UInt64(location.record) <= batch.leaves.count,
            scope.shows(batch.seal.partner)
        else { return false }
        if let erasure = house.erasures.batches[batch.seal.received] { erasures.insert(erasure) }
        let index = UInt64(location.record) - 1
        let form = ErasedLeafForm(
            batch: location.batch, index: index, leaf: try batch.leaves.leaf(index).description,
            path: try batch.path(of: location.record).map(\.description))
        add(name, try FactCodec.json(form))
        shown.insert(seal)
        return true
    }

    /// The acts that erased what is missing here, with their documents.
    mutating func collectErasures() throws {
        for sequence in erasures where isCovered(sequence) { try addAct(sequence) }
    }
}
