import Evidence
import FileStore
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Transparency

/// Compares seals and checkpoints of the log with what they are about.
struct SealCheck {
    let directory: DataDirectory
    let log: SegmentLog
    let records: FileRecordStore
    /// The tree over all facts before the one that is looked at.
    private var frontier = TreeFrontier()
    private var key: VerifierKey?
    /// Checkpoints and seals that were compared.
    private(set) var checkpoints = 0
    private(set) var seals = 0
    /// Seals whose leaves cannot be made again.
    private(set) var unsalted = 0

    init(directory: DataDirectory, log: SegmentLog, records: FileRecordStore) {
        self.directory = directory
        self.log = log
        self.records = records
    }

    /// Adds a fact to the tree, after everything else was compared.
    mutating func count(_ envelope: FactEnvelope) throws(Fault) {
        let leaf = HashChain.leaf(try log.rawFact(envelope.sequence)[...]) { SHA256.digest($0) }
        frontier.append(leaf, OpenSSLTreeHashing())
    }

    /// Where the log stood before the fact that is looked at.
    var root: Digest32 { frontier.root(OpenSSLTreeHashing()) }

    // MARK: Checkpoints

    /// Compares the key that is kept with the one that signed the log's checkpoints: the log goes on under it.
    ///
    /// - Throws: `Fault` that names the key's file.
    func compareKey() throws(Fault) {
        guard let key else { return }
        let path = "\(directory.path)/keys/checkpoint.key"
        guard try directory.keys.key(named: BatchKeys.checkpoint) != nil else {
            throw Fault("\(path): the key of checkpoints is missing")
        }
        guard try LogKey(readFrom: directory.keys).verifier == key else {
            throw Fault("\(path): it is not the key that signed the log's checkpoints")
        }
    }

    /// Compares a checkpoint with the tree, and its note with its key.
    mutating func compare(_ fact: CheckpointSigned, _ sequence: UInt64) throws {
        let note = try log.attachment("checkpoint.note", of: sequence)
        guard fact.size == frontier.size, fact.root == root else {
            throw Fault("fact \(sequence): the checkpoint is not the root of the log's \(frontier.size) facts")
        }
        let verifier = try VerifierKey(parsing: fact.key) { SHA256.digest($0) }
        guard verifier == key ?? verifier, verifier.name == LogKey.origin(of: verifier.publicKey) else {
            throw Fault("fact \(sequence): the checkpoint's key is not that of the log")
        }
        key = verifier
        try compare(note, size: fact.size, root: fact.root, sequence)
        checkpoints += 1
    }

    /// Compares the note that statements carry.
    mutating func compare(statement note: String, _ sequence: UInt64) throws {
        try compare(Array(note.utf8), size: frontier.size, root: root, sequence)
    }

    private func compare(_ bytes: [UInt8], size: UInt64, root: Digest32, _ sequence: UInt64) throws {
        let note = try SignedNote(parsing: bytes)
        let checkpoint = try Checkpoint(parsing: note.text)
        guard checkpoint.size == size, checkpoint.root == root else {
            throw Fault("fact \(sequence): the checkpoint's note does not say what the log gives")
        }
        guard let key else { return }
        let signers = try note.signers(among: [key]) { signature, message, publicKey in
            (try? Ed25519PublicKey(bytes: publicKey))?.isValid(signature: signature, over: message) ?? false
        }
        guard signers == [key], checkpoint.origin == key.name else {
            throw Fault("fact \(sequence): the checkpoint's note is not signed by the log's key")
        }
    }

    // MARK: Seals

    /// Compares a seal with the fact before it.
    ///
    /// - Parameter house: the house with that fact folded in.
    mutating func compare(_ seal: Seal, _ envelope: FactEnvelope, _ house: HouseState) throws {
        let sequence = envelope.sequence
        let sealed = try log.fact(sequence - 1).fact
        seals += 1
        switch (seal, sealed) {
        case (.records(let seal), .fileDecided(let fact)):
            guard seal.batch == fact.batch, seal.received == fact.received, seal.status == fact.status,
                seal.count == fact.entries?.count ?? 0
            else { throw Fault("fact \(sequence): the seal is not that of \(fact.batch)") }
            try compareTree(seal, sequence, house)
        case (.records(let seal), .messageAnswered(let fact)):
            guard seal.messageID == fact.messageID, seal.received == sequence - 1, seal.digest == fact.digest else {
                throw Fault("fact \(sequence): the seal is not that of message \(fact.messageID)")
            }
            try compareTree(seal, sequence, house)
        case (.programme(let seal), .programmeLoaded(let fact)):
            guard seal == (try ProgrammeSealing.seal(fact)) else {
                throw Fault("fact \(sequence): the seal is not that of programme version \(fact.version)")
            }
        case (.window(let seal), .windowClosed(let fact)):
            let documents = fact.attachments.filter { !$0.name.hasSuffix(".p7s") }
            guard seal == WindowSeal(window: fact.window, closed: sequence - 1, documents: documents) else {
                throw Fault("fact \(sequence): the seal is not that of the close of \(fact.window)")
            }
        default: throw Fault("fact \(sequence): the seal does not stand behind the fact that it seals")
        }
    }

    private mutating func compareTree(_ seal: RecordsSeal, _ sequence: UInt64, _ house: HouseState) throws(Fault) {
        guard
            let batch = try SealedBatch(
                sealedBy: sequence, log: log, records: records, keys: directory.keys, house: house)
        else {
            unsalted += 1
            return
        }
        let sealer = batch.sealer
        try batch.forEach { (entry, detail) throws(Fault) in sealer.seal(entry, detail) }
        guard sealer.root == seal.root, Int64(sealer.count) == seal.count else {
            throw Fault("fact \(sequence): the records of \(seal.received) do not give the sealed root")
        }
        for attachment in sealer.attachments {
            guard try log.attachment(attachment.name, of: sequence) == attachment.bytes else {
                throw Fault("fact \(sequence): \(attachment.name) is not what the records give")
            }
        }
    }
}
