import Clearing
import Evidence
import FileStore
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Statements
import Transparency

extension Clearinghouse {
    /// Facts after which the next checkpoint is due.
    static let checkpointFacts: UInt64 = 10_000
    /// Time after which the next checkpoint is due when anything has happened.
    static let checkpointMilliseconds: Int64 = 86_400_000

    /// Signs how far the log has come, as a fact of its own.
    ///
    /// - Throws: `Fault` when the fact cannot be made durable.
    func signCheckpoint(at time: Timestamp) throws(Fault) {
        let checkpoint = try logKey.checkpoint(try parts.journal.frontier)
        let note = Array(checkpoint.note.utf8)
        let attachments = [
            Attachment(name: "checkpoint.note", bytes: note),
            Attachment(name: "checkpoint.note.p7s", bytes: try parts.signer.sign(note, at: max(time, house.lastTime))),
        ]
        let fact = CheckpointSigned(
            size: checkpoint.size, root: checkpoint.root, key: logKey.verifier.description,
            revocationLists: trust.revocationLists.map(\.digest).sorted(), attachments: references(attachments))
        try commit(.checkpointSigned(fact), attachments, at: time)
    }

    /// Signs a checkpoint when a day or many facts have passed since the last one, or when a crash came between a
    /// window's close and its checkpoint.
    func signCheckpointIfDue(at instant: Timestamp) throws(Fault) {
        guard let last = house.evidence.all.last else {
            if house.lastSequence > 1 { try signCheckpoint(at: instant) }
            return
        }
        let closed = house.windows.closed.last.flatMap { house.evidence.windows[$0] } ?? 0
        let facts = house.lastSequence - last.sequence
        guard facts > 0 else { return }
        let time = instant.milliseconds - last.time.milliseconds
        guard closed > last.size || facts >= Self.checkpointFacts || time >= Self.checkpointMilliseconds else { return }
        try signCheckpoint(at: instant)
    }

    /// How far the log reached just before the next fact.
    func logEvidence() throws(Fault) -> ReceiptEvidence {
        let frontier = try parts.journal.frontier
        return .log(size: frontier.size, root: frontier.root(OpenSSLTreeHashing()))
    }

    /// The proof of a cleared file: a checkpoint after its window's close, and the facts of its receipt, of its records
    /// and of the statements. Nil where the log is older than its seals.
    func clearedEvidence(received: UInt64, window: WindowID) throws(Fault) -> ReceiptEvidence? {
        let book = house.evidence
        guard let records = book.records[received], let close = book.windows[window],
            let checkpoint = book.first(over: close)
        else { return nil }
        let root = try parts.journal.root(of: checkpoint.size)
        let note = String(
            decoding: try parts.journal.attachment("checkpoint.note", of: checkpoint.sequence), as: UTF8.self)
        var facts: [ReceiptEvidence.ProvedFact] = []
        for sequence in [received, records, close] {
            facts.append(
                ReceiptEvidence.ProvedFact(
                    sequence: sequence, fact: String(decoding: try parts.journal.rawFact(sequence), as: UTF8.self),
                    path: try parts.journal.inclusionProof(of: sequence, in: checkpoint.size)))
        }
        let signed = StatementCheckpoint(
            origin: logKey.verifier.name, size: checkpoint.size, root: root, note: note)
        return .cleared(signed, facts)
    }
}
