import Clearing
import FileStore
import House
public import Journal
import OpenSSLKit
public import Primitives
import ProgrammeModel
public import Verification

/// A document that the house issued, with its signature.
public struct StoredDocument: Sendable {
    /// The document's name.
    public let name: String
    /// SHA-256 of its bytes.
    public let digest: Digest32
    /// Their number.
    public let size: Int64
    /// The host's detached signature.
    public let signature: [UInt8]
    private let content: Content

    private enum Content: Sendable {
        case memory([UInt8])
        case file(Original)
    }

    init(name: String, bytes: [UInt8], signature: [UInt8]) {
        (self.name, self.signature) = (name, signature)
        (digest, size, content) = (SHA256.digest(bytes), Int64(bytes.count), .memory(bytes))
    }

    init(name: String, file: Original, digest: Digest32, signature: [UInt8]) {
        (self.name, self.signature) = (name, signature)
        (self.digest, size, content) = (digest, file.size, .file(file))
    }

    /// Reads bytes from an offset on; both within the size.
    ///
    /// - Throws: `Fault` when they cannot be read.
    public func read(at offset: Int64, count: Int) throws(Fault) -> [UInt8] {
        switch content {
        case .memory(let bytes): Array(bytes[Int(offset)..<Int(offset) + count])
        case .file(let file): try file.read(at: offset, count: count)
        }
    }
}

extension Clearinghouse {
    /// A document by its name: a receipt (`RCP-00000042`), what belongs to it (`RCP-00000042.findings.csv`,
    /// `.results.csv`, `.refused.xml` or `.refused.csv`), a statement (`STL-W-2026-03B-MARCHE.xml`, `CLS-…`, `HST-…`),
    /// or a bundle of evidence (`EVD-W-2026-03B-MARCHE.tar`).
    ///
    /// - Parameter reader: the partner who asks and sees its own documents only; nil for the host's officers.
    /// - Throws: `Refusal` with NET-005 when there is none that the reader may see; `Fault` when it cannot be read.
    public nonisolated func document(_ name: String, for reader: PartnerID?) async throws -> StoredDocument {
        if let kept = try await kept(name, reader) { return kept }
        if let derived = try await derived(name, reader) { return derived }
        if let evidence = try await evidence(name, reader) { return evidence }
        throw Refusal(.net005, value: name, detail: "there is no such document for you")
    }

    /// A document whose bytes and signature are those of the first time.
    private func kept(_ name: String, _ reader: PartnerID?) throws -> StoredDocument? {
        if let record = house.documents[name], reader == nil || record.partner == reader {
            return StoredDocument(
                name: name, bytes: try parts.journal.attachment(record.attachment, of: record.sequence),
                signature: try parts.journal.attachment(record.attachment + ".p7s", of: record.sequence))
        }
        guard name.hasSuffix(".findings.csv"), let (sequence, attempt) = judged(name, reader),
            let file = attempt.findingsFile
        else { return nil }
        // An erased file's findings stay; those of a closed one are closed with it.
        if let withheld = house.withheld(attempt), case .closed = withheld { throw withheld.refusal(of: name) }
        return StoredDocument(
            name: name, file: try parts.originals.original(file.digest), digest: file.digest,
            signature: try parts.journal.attachment("findings.csv.p7s", of: sequence))
    }

    /// The arrival that the receipt VALIDATED of a name (`RCP-00000042.` and a suffix) judged, and the receipt's fact.
    func judged(_ name: String, _ reader: PartnerID?) -> (sequence: UInt64, attempt: FileAttempt)? {
        let id = String(name.prefix { $0 != "." })
        guard let receipt = house.documents[id], reader == nil || receipt.partner == reader,
            let batch = house.files.find(receipt: id)?.batch,
            let attempt = house.files.history(batch)?.attempts.last(where: { $0.decided == receipt.sequence })
        else { return nil }
        return (receipt.sequence, attempt)
    }

    /// Takes note that a reader has a document safely.
    ///
    /// - Parameters:
    ///   - reader: the partner who read it; nil for an officer.
    ///   - name: who read it, as the fact names them.
    /// - Throws: `Refusal` with NET-005 when there is no such document for the reader, or it has another digest;
    ///   `Fault`
    ///   when the fact cannot be made durable.
    public func confirm(_ document: String, digest: Digest32, for reader: PartnerID?, named name: String) throws {
        guard let record = house.documents[document], reader == nil || record.partner == reader else {
            throw Refusal(.net005, value: document, detail: "there is no such document for you")
        }
        guard record.digest == digest else {
            throw Refusal(.net005, value: document, detail: "the document has another digest")
        }
        guard !house.documents.isConfirmed(document, by: name) else { return }
        let now = now
        try advanceCalendar(to: now)
        try commit(
            .documentConfirmed(DocumentConfirmed(document: document, reader: name, digest: digest)), at: now)
    }

    /// Waits for a file's receipt of a grade, or for the one that says that there never will be one.
    ///
    /// - Throws: `Refusal` with NET-005 for a number under which nothing has arrived, FIL-013 for a withdrawn one;
    ///   `CancellationError` when the task is cancelled; `Fault` when the store fails.
    public nonisolated func receipt(_ batch: BatchID, grade: ReceiptGrade) async throws -> IssuedReceipt {
        let rings = bell.listen()
        if let receipt = try await receiptNow(batch, grade: grade) { return receipt }
        for await _ in rings {
            if let receipt = try await receiptNow(batch, grade: grade) { return receipt }
        }
        throw CancellationError()
    }

    private func receiptNow(_ batch: BatchID, grade: ReceiptGrade) throws -> IssuedReceipt? {
        guard let history = house.files.history(batch) else {
            throw Refusal(.net005, value: batch.description, detail: "nothing was received under this number")
        }
        if history.cancelled != nil { throw Refusal(.fil013, value: batch.description) }
        guard let attempt = history.holder ?? history.attempts.last else {
            throw Refusal(.net005, value: batch.description, detail: "nothing was received under this number")
        }
        let receipts = try receipts(of: attempt)
        if grade == .cleared, attempt.status != nil {
            if attempt.status == .refused || batch.series == .test { return receipts.last }
            return try clearedReceipt(batch)
        }
        return receipts.first { ($0.grade ?? .received) >= grade } ?? (attempt.status == .refused ? receipts.last : nil)
    }

    /// Judges the certificate chain that a client of the socket shows, whoever it is registered for.
    ///
    /// - Parameter chain: DER, the client's own first.
    public func judgePeer(_ chain: [[UInt8]]) -> PeerVerdict {
        PeerPolicy(trust: trust, register: nil).judge(chain: chain, at: now, cache: &verdicts)
    }

    /// The registrations of a certificate for connections, active now.
    public nonisolated func registrations(_ fingerprint: Digest32) -> [RegisteredKey] {
        let believed = beliefs.now
        let now = believed.time
        return believed.register.keys(fingerprint: fingerprint).filter {
            [.tls, .officer, .auditor].contains($0.usage) && $0.isActive(at: now)
        }
    }
}
