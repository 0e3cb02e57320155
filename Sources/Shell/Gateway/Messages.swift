import Conversion
import Evidence
import FileStore
import House
public import Journal
import Ledger
import OpenSSLKit
public import Primitives
import ProgrammeModel
import Validation
import Verification

extension Clearinghouse {
    /// Judges a real-time message, or takes an answer to a statement, and answers it; what follows from it is durable
    /// before the answer leaves.
    ///
    /// The same message gets its stored answer again, byte for byte. Questions are answered afresh and leave no fact.
    /// Signature and content are read beside the writer; messages that arrive while others are made durable are judged
    /// together behind them, and made durable together.
    ///
    /// - Parameters:
    ///   - cms: the message enclosed in its signature.
    ///   - partner: who is connected.
    ///   - connection: the fingerprint of the connection's certificate.
    /// - Returns: the answer enclosed in the host's signature, and whether it is a stored one.
    /// - Throws: `Refusal` with SIG, SYN or FIL codes for a message that cannot be answered as one; `Fault` when the
    ///   answer cannot be made durable.
    @concurrent
    public nonisolated func answer(
        _ cms: [UInt8], from partner: PartnerID, over connection: Digest32? = nil
    ) async throws -> (answer: [UInt8], isCopy: Bool) {
        let (verified, generation) = try verifyBeside(cms, from: partner)
        let content = verified.content ?? []
        let request: MessageRequest
        do throws(Refusal) {
            request = try MessageReader.read(content, limits: parts.limits, hash: { SHA256.digest($0) })
        } catch {
            // Answers to statements travel as messages and tell themselves apart by their root.
            guard StatementAnswerReader.recognizes(content, limits: parts.limits) else { throw error }
            return try await agree(content, cms, verified, from: partner)
        }
        guard request.partner == partner else {
            throw Refusal(.fil001, at: .whole.field("PartnerId"), value: request.partner.text)
        }
        guard case .transaction(let outcome) = request.operation else {
            return (try await answer(question: request, cms), false)
        }
        return try await answer(
            QueuedMessage(
                request: request, outcome: outcome, digest: SHA256.digest(content), cms: cms, verified: verified,
                generation: generation, connection: connection))
    }

    /// Verifies a message with what is believed now, which may have changed when it is judged.
    private nonisolated func verifyBeside(
        _ message: [UInt8], from partner: PartnerID
    ) throws(Refusal) -> (VerifiedSignature, generation: Int) {
        var believed = beliefs.now
        let misses = believed.verdicts.misses
        let verdict = believed.judge(message, from: partner, limits: parts.limits)
        if believed.verdicts.misses != misses { beliefs.keep(believed) }
        switch verdict {
        case .verified(let verified): return (verified, believed.generation)
        case .refused(let finding): throw Refusal([finding])
        }
    }

    func verify(message: [UInt8], from partner: PartnerID) throws(Refusal) -> VerifiedSignature {
        try verifyBeside(message, from: partner).0
    }

    private func answer(question request: MessageRequest, _ cms: [UInt8]) throws -> [UInt8] {
        try requireWhole()
        let response = try MessageQuestions(house: house, partner: request.partner, history: history)
            .response(to: request)
        // Named by the question and the instant: a question asked again is answered anew, under another name.
        let name = SHA256.digest(cms + Array(now.description.utf8)).description.prefix(16)
        return try enclose(response, to: request, id: "QRY-\(name)")
    }

    /// The fact that answered this very message before, or nil.
    ///
    /// - Throws: `Refusal` with FIL-004 when another message had its id.
    func answered(_ id: MessageID, _ digest: Digest32, _ partner: PartnerID) throws -> UInt64? {
        guard let known = try house.messages.find(id, of: partner, in: history) else { return nil }
        guard known.digest == digest else {
            throw Refusal(.fil004, at: .whole.field("MessageId"), value: id.text, detail: "it had other content")
        }
        return known.sequence
    }

    /// Judges a message and stages the fact that answers it.
    ///
    /// - Parameter now: the instant to which the calendar was advanced.
    func stage(_ message: QueuedMessage, at now: Timestamp) throws -> [UInt8] {
        let (request, digest, cms) = (message.request, message.digest, message.cms)
        try requireActive(request.partner)
        guard let programme = house.programme, let agreement = programme.agreement(request.partner),
            let window = programme.window(at: now)
        else { throw Refusal(.win002, value: now.description, detail: "the calendar has no window for now") }
        let sequence = nextSequence
        let converter = RecordConverter(
            programme: programme, agreement: agreement, window: window, acceptedAt: now, hash: { SHA256.digest($0) })
        let pending = SingleEntry()
        let secrets = MemberSecrets(
            try secretOfMessages(), keys: parts.directory.keys, batch: sequence, isErased: isErased)
        var decision = try BatchDecision(
            context: BatchContext(
                partner: request.partner, batch: sequence, window: window.id, acceptedDay: converter.acceptedDay,
                agreement: agreement),
            history: history, members: secrets, pending: pending,
            sealer: secrets.sealer(window: window.id, programme, house.ledger.catalogue))
        let decided: BatchDecision.Decided
        var transactionID = ""
        switch message.outcome {
        case .parsed(let record):
            transactionID = record.content.transactionID.text
            decided = try decision.decide(converter.convert(record), books: house.ledger)
        case .refused(let refused):
            transactionID = refused.transactionID
            decided = try decision.refuse(RecordEntry(refused), findings: refused.findings)
        }
        // A refused message costs its fee and posts nothing else. Rule R12.
        let posting = decided.entry.status == .duplicate ? nil : decision.posting(isFile: false)
        let response = MessageResponse.transaction(
            transactionID: transactionID, decided.entry, decided.findings,
            location: RecordLocation(batch: sequence, record: 1),
            window: window.id, posting: posting, catalogue: house.ledger.catalogue)
        let answer = try enclose(response, to: request, id: "ANS-\(Padding.zeros(Int(sequence), 8))")
        let attachments = [
            Attachment(name: "message.cms", bytes: cms), Attachment(name: "answer.cms", bytes: answer),
        ]
        let fact = MessageAnswered(
            partner: request.partner, messageID: request.messageID, digest: digest, status: decided.entry.status,
            findings: decided.findings, signer: SignerEvidence(message.verified.evidence),
            connection: message.connection, programmeVersion: house.programmes.count,
            entry: decided.entry.status == .accepted ? decided.entry : nil, posting: posting,
            detail: decided.entry.status == .accepted ? decision.lastDetail : nil, attachments: references(attachments))
        var facts: [(fact: Fact, attachments: [Attachment])] = [(.messageAnswered(fact), attachments)]
        // What counts on another partner's account is to be shown to that partner, and the fact itself is not.
        if let sealer = decision.sealer, posting?.lines.contains(where: { $0.key.partner != request.partner }) == true {
            let sealed = sealer.attachments
            let seal = RecordsSeal(
                received: sequence, partner: request.partner, batch: nil, messageID: request.messageID, digest: digest,
                window: window.id, status: .accepted, count: 1, root: sealer.root, attachments: references(sealed))
            facts.append((.sealed(.records(seal)), sealed))
        }
        try stage(facts, at: now)
        return answer
    }

    /// The secret that messages share: read or made for the first of them, and never changed.
    private func secretOfMessages() throws(Fault) -> MessagesSecret {
        if let messagesSecret { return messagesSecret }
        let secret = try MessagesSecret(parts.directory.keys)
        messagesSecret = secret
        return secret
    }

    private func enclose(_ body: MessageResponse, to request: MessageRequest, id: String) throws(Fault) -> [UInt8] {
        let document = body.document(id: id, created: now, original: request.messageID)
        return try parts.signer.enclose(document, at: now)
    }

    // MARK: Withdrawal

    /// Withdraws a file's number by a signed request: before the file arrives, or before it is judged.
    ///
    /// - Parameters:
    ///   - request: a CMS that encloses the line `CANCEL PARTNER/SERIES/SEQUENCE`.
    ///   - connection: the fingerprint of the connection's certificate.
    /// - Returns: the receipt of the withdrawal enclosed in the host's signature, and whether it is a stored one.
    /// - Throws: `Refusal` with SIG codes, FIL-012 when the request names another file, FIL-004 when the file is
    ///   judged;
    ///   `Fault` when the fact cannot be made durable.
    public func cancel(
        _ batch: BatchID, request: [UInt8], over connection: Digest32? = nil
    ) async throws -> (answer: [UInt8], isCopy: Bool) {
        let verified = try verify(message: request, from: batch.partner)
        let text = String(decoding: verified.content ?? [], as: UTF8.self)
        guard text.split(whereSeparator: \.isNewline).first.map(String.init) == "CANCEL \(batch)" else {
            throw Refusal(.fil012, value: String(text.prefix(64)), detail: "the request reads CANCEL \(batch)")
        }
        await enter(batch.partner)
        defer { leave(batch.partner) }
        let history = house.files.history(batch)
        if let sequence = history?.cancelled {
            return (try parts.journal.attachment("cancelled.cms", of: sequence), true)
        }
        if let holder = history?.holder, let status = holder.status, status != .refused {
            throw Refusal(.fil004, value: batch.description, detail: "the file is judged: \(status.rawValue)")
        }
        let now = now
        try advanceCalendar(to: now)
        let receiptID = Self.receiptID(nextSequence)
        let arrived = history?.holder.map { $0.status == nil } ?? false
        let document = CancellationAnswer.document(id: receiptID, batch: batch, hadArrived: arrived, at: now)
        let answer = try parts.signer.enclose(document, at: now)
        let attachments = [
            Attachment(name: "cancel.cms", bytes: request), Attachment(name: "cancelled.cms", bytes: answer),
        ]
        let fact = FileCancelled(
            batch: batch, hadArrived: arrived, signer: SignerEvidence(verified.evidence),
            connection: connection, digest: SHA256.digest(request), receiptID: receiptID,
            attachments: references(attachments))
        try commit(.fileCancelled(fact), attachments, at: now)
        try advanceCalendar(to: self.now)
        return (answer, false)
    }
}

/// The one entry of a message while it is judged.
private final class SingleEntry: PendingEntries {
    private var kept: RecordEntry?

    func append(_ entry: RecordEntry) throws(Fault) { kept = entry }

    func entry(_ record: UInt32) throws(Fault) -> RecordEntry {
        guard let kept, kept.record == record else { throw Fault("a message has one record") }
        return kept
    }

    func seal() throws(Fault) -> EntriesReference { throw Fault("a message's entry stands in its fact") }

    func discard() { kept = nil }
}
