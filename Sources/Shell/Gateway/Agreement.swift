import FileStore
import House
import Journal
import OpenSSLKit
import Primitives
import Validation
import Verification

extension Clearinghouse {
    /// Takes a partner's answer to a settlement statement. No figure changes by it, and no settlement waits for it.
    ///
    /// The same answer gets its stored reply again. A later one takes an earlier one's place; both stay facts.
    ///
    /// - Parameters:
    ///   - content: the answer without its signature.
    ///   - cms: the answer within its signature.
    ///   - verified: who signed.
    ///   - partner: who is connected.
    /// - Returns: the reply enclosed in the host's signature, and whether it is a stored one.
    /// - Throws: `Refusal` with SYN, FIL or STM codes; `Fault` when the fact cannot be made durable.
    func agree(
        _ content: [UInt8], _ cms: [UInt8], _ verified: VerifiedSignature, from partner: PartnerID
    ) async throws -> (answer: [UInt8], isCopy: Bool) {
        let answer = try StatementAnswerReader.read(content, limits: parts.limits)
        guard answer.partner == partner else {
            throw Refusal(.fil001, at: .whole.field("PartnerId"), value: answer.partner.text)
        }
        let digest = SHA256.digest(content)
        if let stored = try storedReply(digest) { return (stored, true) }
        await enter(partner)
        defer { leave(partner) }
        // Another connection may have sent the same answer while this one waited for its turn.
        if let stored = try storedReply(digest) { return (stored, true) }
        let now = now
        try advanceCalendar(to: now)
        try AnswerJudgement(try figures(of: answer), answer).check()
        let reply = try parts.signer.enclose(
            StatementReply.document(id: "AGR-\(Padding.zeros(Int(nextSequence), 8))", answer, digest, at: now), at: now)
        let attachments = [
            Attachment(name: "answer.cms", bytes: cms), Attachment(name: "reply.cms", bytes: reply),
        ]
        let fact = StatementAnswered(
            partner: partner, statement: answer.statement, statementDigest: answer.digest, verdict: answer.verdict,
            totals: answer.totals, differences: answer.differences, signer: SignerEvidence(verified.evidence),
            digest: digest, attachments: references(attachments))
        try commit(.statementAnswered(fact), attachments, at: now)
        return (reply, false)
    }

    private func storedReply(_ digest: Digest32) throws(Fault) -> [UInt8]? {
        guard let sequence = house.answers.find(digest) else { return nil }
        return try parts.journal.attachment("reply.cms", of: sequence)
    }

    /// The figures of the statement that is answered, as it was issued.
    ///
    /// - Throws: `Refusal` with STM-001 or STM-002; `Fault` when the statement cannot be read.
    private func figures(of answer: StatementAnswer) throws -> SettlementFigures {
        guard let record = house.documents[answer.statement + ".xml"], record.kind == .statement,
            record.partner == answer.partner
        else { throw Refusal(.stm001, at: .whole.field("StatementId"), value: answer.statement) }
        guard record.digest == answer.digest else {
            throw Refusal(.stm002, at: .whole.field("StatementDigest"), value: answer.digest.description)
        }
        let bytes = try parts.journal.attachment(record.attachment, of: record.sequence)
        do throws(Refusal) {
            return try SettlementFigures(bytes)
        } catch {
            throw Fault("the statement \(record.name) cannot be read: \(error)")
        }
    }
}

/// Judges an answer by the figures of its statement.
struct AnswerJudgement {
    let figures: SettlementFigures
    let answer: StatementAnswer

    init(_ figures: SettlementFigures, _ answer: StatementAnswer) {
        self.figures = figures
        self.answer = answer
    }

    /// - Throws: `Refusal` with everything that STM-003 to STM-005 find.
    func check() throws(Refusal) {
        let findings = totals + differences
        guard findings.isEmpty else { throw Refusal(findings) }
    }

    private var totals: [Finding] {
        let (own, stated) = (answer.totals, figures.totals)
        guard own.currency == stated.currency else {
            return [
                Finding(
                    .stm003, at: .whole.field("Totals/@currency"), value: own.currency.description,
                    detail: "the statement is in \(stated.currency)")
            ]
        }
        let rows: [(field: StatementField, own: String, stated: String)] = [
            (.lines, "\(own.lines)", "\(stated.lines)"), (.credits, own.credits, stated.credits),
            (.debits, own.debits, stated.debits), (.net, own.net, stated.net), (.closing, own.closing, stated.closing),
        ]
        return rows.compactMap { row in
            let value = figures.normal(row.own, of: .field(row.field))
            // Who differs may have any totals, as long as they are amounts of the currency.
            guard answer.verdict == .agreed ? value != row.stated : value == nil else { return nil }
            return Finding(
                .stm003, at: .whole.field("Totals/@\(row.field.rawValue.lowercased())"), value: row.own,
                detail: value == nil ? "no amount of \(figures.currency)" : "the statement says \(row.stated)")
        }
    }

    private var differences: [Finding] {
        var out: [Finding] = []
        var named: Set<StatementItem> = []
        for (index, difference) in answer.differences.enumerated() {
            let place = Finding.Place(record: index + 1, field: "Difference/\(difference.item)")
            guard let stated = figures.value(of: difference.item) else {
                let detail = "the statement has \(figures.lines.count) lines"
                out.append(Finding(.stm004, at: place, value: difference.item.description, detail: detail))
                continue
            }
            if !named.insert(difference.item).inserted {
                out.append(Finding(.stm004, at: place, value: difference.item.description, detail: "named twice"))
            }
            let own = figures.normal(difference.own, of: difference.item)
            guard own == nil || own == stated else { continue }
            out.append(
                Finding(
                    .stm005, at: place, value: difference.own,
                    detail: own == nil ? "no value of this kind" : "the statement says the same"))
        }
        return out
    }
}

/// The host's reply to an answer; `Specs/xsd/statement-answer.xsd` is its form.
enum StatementReply {
    static func document(id: String, _ answer: StatementAnswer, _ digest: Digest32, at time: Timestamp) -> [UInt8] {
        var writer = XMLWriter()
        writer.open(
            "StatementAnswerReply",
            ["xmlns": StatementAnswerSchema.namespace, "version": StatementAnswerSchema.version])
        writer.element("ReplyId", id)
        writer.element("IssuedDateTime", time.description)
        writer.element("PartnerId", answer.partner.text)
        writer.element("StatementId", answer.statement)
        writer.element("StatementDigest", answer.digest.description)
        writer.element("AnswerDigest", digest.description)
        writer.element("Verdict", answer.verdict.rawValue)
        writer.element("DifferenceCount", "\(answer.differences.count)")
        writer.close()
        return writer.bytes
    }
}
