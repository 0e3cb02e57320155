import FileStore
import House
import Journal
import Ledger
import Primitives

/// One record's leaf of a batch that is erased or closed: its hash and its path.
private struct WithheldLeafForm: Encodable {
    var batch: UInt64
    var index: UInt64
    var leaf: String
    var path: [String]
}

extension BundleCollector {
    /// Whether a file or message is withheld; the act that erased or closed it is then among the papers.
    mutating func isWithheld(_ batch: UInt64) -> Bool {
        guard let withheld = house.withheld(batch: batch) else { return false }
        withholdings.insert(withheld.sequence)
        return true
    }

    /// The leaves of a batch that is erased or closed, as `leaves.bin`: 32 bytes for each record.
    mutating func addLeaves(_ seal: UInt64, _ folder: String) throws {
        guard let batch = try source.leaves(sealedBy: seal) else { return }
        _ = isWithheld(batch.seal.received)
        entries.append(try BundleEntry(folder + "leaves.bin") { sink in try batch.forEachPiece(sink) })
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

    /// The leaf of one record of a batch that is erased or closed.
    ///
    /// - Returns: whether leaves are kept of the batch or can be made, and it has this record.
    mutating func addWithheldLeaf(_ name: String, _ seal: UInt64, _ location: RecordLocation) throws -> Bool {
        guard let batch = try source.leaves(sealedBy: seal), Int64(location.record) <= batch.seal.count,
            scope.shows(batch.seal.partner)
        else { return false }
        _ = isWithheld(batch.seal.received)
        let proof = try batch.proof(of: location.record)
        let form = WithheldLeafForm(
            batch: location.batch, index: UInt64(location.record) - 1, leaf: proof.leaf.description,
            path: proof.path.map(\.description))
        add(name, try FactCodec.json(form))
        shown.insert(seal)
        return true
    }

    /// The acts that erased or closed what is missing here, with their documents.
    mutating func collectWithholdings() throws {
        for sequence in withholdings where isCovered(sequence) { try addAct(sequence) }
    }
}
