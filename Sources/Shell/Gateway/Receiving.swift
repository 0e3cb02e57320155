import Clearing
import FileStore
public import House
public import Journal
import OpenSSLKit
public import Primitives
import ProgrammeModel
import Statements
import Verification

/// A file whose last byte has arrived: kept under its digest, not yet judged in any way.
public struct ArrivedFile: Hashable, Sendable {
    /// The identity that its upload declared.
    public var batch: BatchID
    /// SHA-256 of its bytes.
    public var digest: Digest32
    /// The digest by the signature's algorithm; nil when the signature names none that is allowed.
    public var signedDigest: [UInt8]?
    /// Its size in bytes.
    public var size: Int64
    /// The syntax that its upload declared.
    public var format: BatchFormat
    /// When its upload began.
    public var uploadBegan: Timestamp
    /// The detached signature that came with it.
    public var signature: [UInt8]
    /// The fingerprint of the certificate of the connection that brought it; nil where none did.
    public var connection: Digest32?

    /// Makes an arrival; the parameters are the properties of the same names.
    public init(
        batch: BatchID, digest: Digest32, signedDigest: [UInt8]?, size: Int64, format: BatchFormat,
        uploadBegan: Timestamp, signature: [UInt8], connection: Digest32? = nil
    ) {
        self.batch = batch
        self.digest = digest
        self.signedDigest = signedDigest
        self.size = size
        self.format = format
        self.uploadBegan = uploadBegan
        self.signature = signature
        self.connection = connection
    }
}

/// A receipt as it was issued: its bytes and signature are those of the first time.
public struct IssuedReceipt: Hashable, Sendable {
    /// The receipt's id.
    public var id: String
    /// How far the file had come; nil for a withdrawal.
    public var grade: ReceiptGrade?
    /// What became of the file; nil while it is not judged.
    public var status: FileStatus?
    /// The document.
    public var document: [UInt8]
    /// The host's detached signature.
    public var signature: [UInt8]
}

extension Clearinghouse {
    /// What is to be done with bytes that someone is about to send.
    ///
    /// - Throws: `Refusal` with FIL-007 when the partner is not active or has no agreement, SYN-005 when the file
    ///   is too
    ///   large, WIN-002 outside the calendar.
    public func admission(
        _ batch: BatchID, digest: Digest32, size: Int64, signature: [UInt8] = []
    ) throws -> Admission {
        try requireActive(batch.partner)
        guard (0...parts.limits.fileBytes).contains(size) else {
            throw Refusal(.syn005, value: "\(size)", detail: "a file has at most \(parts.limits.fileBytes) bytes")
        }
        return house.files.admission(batch, digest: digest, signature: SHA256.digest(signature))
    }

    func requireActive(_ partner: PartnerID) throws(Refusal) {
        guard let agreement = house.programme?.agreement(partner) else {
            throw Refusal(.fil007, value: partner.text, detail: "there is no agreement")
        }
        guard agreement.status == .active else {
            throw Refusal(.fil007, value: partner.text, detail: "the partner is \(agreement.status.rawValue)")
        }
    }

    /// Takes a file that has arrived: verifies its signature, fixes its window and issues the receipt RECEIVED, or
    /// refuses it with a receipt of its own. The same bytes under the same number get their first receipts again.
    ///
    /// - Returns: the receipts issued so far, oldest first, and the fact of receipt when the file waits for judgement.
    /// - Throws: `Fault` when a fact cannot be made durable.
    public func receive(_ file: ArrivedFile) throws -> (receipts: [IssuedReceipt], waiting: UInt64?) {
        let now = now
        try advanceCalendar(to: now)
        let admission = house.files.admission(
            file.batch, digest: file.digest, signature: SHA256.digest(file.signature))
        if case .copy(let attempt) = admission {
            // Bytes that were erased are answered from the log, and not kept again.
            if house.erasures.originals[file.digest] != nil { try parts.originals.remove(file.digest) }
            return (try receipts(of: attempt), attempt.decided == nil ? attempt.received : nil)
        }
        let evidence: SignatureEvidence
        switch verify(file, at: now) {
        case .refused(let finding) where finding.code == .sig011:
            // Not the file's doing: nothing is kept, so that it can come again.
            throw Refusal([finding])
        case .refused(let finding): return ([try refuse(file, [finding], at: now)], nil)
        case .verified(let signature): evidence = signature.evidence
        }
        var gaps: [SequenceGap] = []
        switch admission {
        case .refused(let finding): return ([try refuse(file, [finding], at: now)], nil)
        case .new(let missing), .replacement(_, let missing): gaps = missing
        case .copy: preconditionFailure("a copy was answered above")
        }
        guard let programme = house.programme, let window = programme.window(at: now) else {
            // Not the file's doing: nothing is kept, so that it can come again.
            throw Refusal(.win002, value: now.description, detail: "the calendar has no window for now")
        }
        let sequence = nextSequence
        let signer = SignerEvidence(evidence)
        let receiptID = Self.receiptID(sequence)
        var receipt = Receipt(id: receiptID, grade: .received, issued: now, batch: file.batch)
        receipt.digest = file.digest
        receipt.size = file.size
        receipt.window = window.id
        receipt.nextCutOff = window.cutoff
        receipt.programmeVersion = house.programmes.count
        receipt.signer = signer
        receipt.gaps = gaps
        receipt.findings = arrivalFindings(file, window: window, gaps: gaps, evidence)
        receipt.evidence = try logEvidence()
        let attachments =
            [Attachment(name: "signature.p7s", bytes: file.signature)] + (try sign(receipt, at: now))
        let fact = FileReceived(
            batch: file.batch, digest: file.digest, size: file.size, format: file.format,
            uploadBegan: file.uploadBegan, window: window.id, programmeVersion: house.programmes.count, signer: signer,
            connection: file.connection, gaps: gaps, receiptID: receiptID, attachments: references(attachments))
        try commit(.fileReceived(fact), attachments, at: now)
        return ([issued(receipt, attachments)], sequence)
    }

    private func verify(_ file: ArrivedFile, at now: Timestamp) -> SignatureVerdict {
        let verifier = SignatureVerifier(trust: trust, policy: SignaturePolicy(limits: parts.limits))
        do throws(Refusal) {
            let unverified = try verifier.open(file.signature, form: .detached)
            return verifier.judge(
                unverified, contentDigest: file.signedDigest,
                signers: .register(register, .partner(file.batch.partner)),
                at: now, cache: &verdicts)
        } catch {
            return .refused(error.findings[0])
        }
    }

    /// FIL-006 for gaps, WIN-001 for an upload that a cut-off overtook, SIG-009 for a key that ends soon.
    func arrivalFindings(
        _ file: ArrivedFile, window: WindowDefinition, gaps: [SequenceGap], _ evidence: SignatureEvidence
    ) -> [Finding] {
        var findings = evidence.warnings
        for gap in gaps {
            let value = gap.from == gap.to ? "\(gap.from)" : "\(gap.from) to \(gap.to)"
            findings.append(Finding(.fil006, value: value, detail: "missing in series \(file.batch.series.rawValue)"))
        }
        if file.uploadBegan < window.open {
            let detail = "the upload began at \(file.uploadBegan), before the cut-off at \(window.open)"
            findings.append(Finding(.win001, value: window.id.text, detail: detail))
        }
        return findings
    }

    /// Refuses a file before its receipt: the number stays free, the answer stands for these bytes for ever.
    private func refuse(_ file: ArrivedFile, _ findings: [Finding], at now: Timestamp) throws -> IssuedReceipt {
        let receiptID = Self.receiptID(nextSequence)
        var receipt = Receipt(id: receiptID, grade: .validated, issued: now, batch: file.batch)
        receipt.digest = file.digest
        receipt.size = file.size
        receipt.status = .refused
        receipt.nextCutOff = house.programme.flatMap { house.windows.nextCutOff($0, after: now) }?.cutoff
        receipt.findings = findings
        let attachments =
            [Attachment(name: "signature.p7s", bytes: file.signature)] + (try sign(receipt, at: now))
        let fact = FileRefused(
            batch: file.batch, digest: file.digest, size: file.size, findings: findings, receiptID: receiptID,
            attachments: references(attachments))
        try commit(.fileRefused(fact), attachments, at: now)
        return issued(receipt, attachments)
    }

    // MARK: Receipts

    static func receiptID(_ sequence: UInt64) -> String { "RCP-\(Padding.zeros(Int(sequence), 8))" }

    func sign(_ receipt: Receipt, at time: Timestamp) throws(Fault) -> [Attachment] {
        let bytes = receipt.bytes
        return [
            Attachment(name: "receipt.xml", bytes: bytes),
            Attachment(name: "receipt.xml.p7s", bytes: try parts.signer.sign(bytes, at: time)),
        ]
    }

    func issued(_ receipt: Receipt, _ attachments: [Attachment]) -> IssuedReceipt {
        func bytes(_ name: String) -> [UInt8] { attachments.first { $0.name == name }?.bytes ?? [] }
        return IssuedReceipt(
            id: receipt.id, grade: receipt.grade, status: receipt.status, document: bytes("receipt.xml"),
            signature: bytes("receipt.xml.p7s"))
    }

    /// The receipts of an arrival as they were issued, oldest first.
    ///
    /// - Throws: `Fault` when the log cannot be read.
    public func receipts(of attempt: FileAttempt) throws(Fault) -> [IssuedReceipt] {
        var facts: [(UInt64, ReceiptGrade)] = []
        if let received = attempt.received { facts.append((received, .received)) }
        if let decided = attempt.decided { facts.append((decided, .validated)) }
        if let cleared = attempt.cleared { facts.append((cleared, .cleared)) }
        var out: [IssuedReceipt] = []
        for (index, (sequence, grade)) in facts.enumerated() {
            out.append(
                IssuedReceipt(
                    id: attempt.receiptIDs[index], grade: grade, status: grade == .received ? nil : attempt.status,
                    document: try parts.journal.attachment("receipt.xml", of: sequence),
                    signature: try parts.journal.attachment("receipt.xml.p7s", of: sequence)))
        }
        return out
    }

    /// The last receipt of a file whose window is closed, made at the first request and kept; nil while it is open, or
    /// when nothing of the file was accepted.
    ///
    /// - Throws: `Fault` when a fact cannot be made durable.
    public func clearedReceipt(_ batch: BatchID) throws(Fault) -> IssuedReceipt? {
        guard let attempt = house.files.history(batch)?.holder, let received = attempt.received,
            let window = attempt.window, house.windows.passed(window) == .closed,
            attempt.status == .accepted || attempt.status == .partlyAccepted, batch.series == .live
        else { return nil }
        if attempt.cleared != nil { return try receipts(of: attempt).last }
        let now = now
        let receiptID = Self.receiptID(nextSequence)
        var receipt = Receipt(id: receiptID, grade: .cleared, issued: now, batch: batch)
        receipt.digest = attempt.digest
        receipt.size = attempt.size
        receipt.messageID = attempt.messageID
        receipt.status = attempt.status
        receipt.window = window
        receipt.statementLines = statementLines(attempt, of: batch.partner, window: window)
        receipt.evidence = try clearedEvidence(received: received, window: window)
        let attachments = try sign(receipt, at: now)
        let fact = FileCleared(
            batch: batch, received: received, window: window, receiptID: receiptID, attachments: references(attachments)
        )
        try commit(.fileCleared(fact), attachments, at: now)
        return issued(receipt, attachments)
    }

    /// The lines of the submitter's own clearing statement on which a file's records count. Where a bonus stands on the
    /// statements of its other funders is theirs to know.
    private func statementLines(_ attempt: FileAttempt, of partner: PartnerID, window: WindowID) -> [String] {
        guard let lines = house.clearedLines[window] else { return [] }
        return attempt.lines.filter { $0.partner == partner }.compactMap { key in
            lines[key].map { "CLS-\(window)-\(key.partner)#\($0)" }
        }.sorted()
    }
}

extension SignerEvidence {
    /// What of a judged signature is kept in a fact.
    init(_ evidence: SignatureEvidence) {
        self.init(
            subject: evidence.signer, serial: evidence.serialHex, fingerprint: evidence.fingerprint,
            algorithm: "\(evidence.signatureAlgorithm) \(evidence.key) \(evidence.digestAlgorithm)",
            signingTime: evidence.signingTime, judgedAt: evidence.judgedAt,
            revocationLists: evidence.revocationLists.map(\.digest), warnings: evidence.warnings)
    }
}
