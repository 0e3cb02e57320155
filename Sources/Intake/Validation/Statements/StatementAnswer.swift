public import Journal
public import Primitives

/// What a partner says to a settlement statement, as the document that it signs. Specs/formats.md has its form.
public struct StatementAnswer: Hashable, Sendable {
    /// Who answers.
    public var partner: PartnerID
    /// The statement, such as `STL-W-2026-03B-MARCHE`.
    public var statement: String
    /// SHA-256 of the statement's XML.
    public var digest: Digest32
    /// When the answer was made; with another instant it is another answer.
    public var createdAt: Timestamp
    /// Whether the partner agrees.
    public var verdict: AnswerVerdict
    /// What the statement comes to by the partner's own books.
    public var totals: AnswerTotals
    /// Where they differ: at least one place when the verdict is DIFFERS, else none.
    public var differences: [StatementDifference]

    /// Makes an answer; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, statement: String, digest: Digest32, createdAt: Timestamp, verdict: AnswerVerdict,
        totals: AnswerTotals, differences: [StatementDifference] = []
    ) {
        self.partner = partner
        self.statement = statement
        self.digest = digest
        self.createdAt = createdAt
        self.verdict = verdict
        self.totals = totals
        self.differences = differences
    }

    /// The document that is signed.
    public var document: [UInt8] {
        var writer = XMLWriter()
        writer.open(
            "StatementAnswer",
            ["xmlns": StatementAnswerSchema.namespace, "version": StatementAnswerSchema.version])
        writer.element("PartnerId", partner.text)
        writer.element("StatementId", statement)
        writer.element("StatementDigest", digest.description)
        writer.element("CreationDateTime", createdAt.description)
        writer.element("Verdict", verdict.rawValue)
        writer.empty(
            "Totals",
            [
                "currency": totals.currency.description, "lines": "\(totals.lines)", "credits": totals.credits,
                "debits": totals.debits, "net": totals.net, "closing": totals.closing,
            ])
        for difference in differences {
            writer.element(
                "Difference", difference.words,
                [
                    "item": difference.item.description, "own": difference.own, "reason": difference.reason.rawValue,
                ])
        }
        writer.close()
        return writer.bytes
    }
}
