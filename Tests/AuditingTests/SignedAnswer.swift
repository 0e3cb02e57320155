import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import TestKit
import Validation

/// A partner's answer to its statement of W-2026-03B, with the facts that the host would write of it.
struct SignedAnswer {
    let audited: AuditedHouse
    /// The statement that is answered.
    let xml: [UInt8]
    /// The revocation lists by which the host judged.
    let lists: [Digest32]
    /// Who signs what.
    let lie: LyingSignerTests.Lie

    /// MARCHE has its TLS certificate registered for signing, and answers its statement.
    func facts(at time: Timestamp) throws -> [(Fact, [Attachment])] {
        let partner = try PartnerID("MARCHE")
        let (signing, tls) = (try audited.identity("MARCHE-signing"), try audited.identity("MARCHE-tls"))
        let host = try audited.identity("host-signing").signer()
        let grant = CertificateGrant(
            fingerprint: tls.certificate.fingerprint, usage: .signing, pem: tls.certificate.pem, activeFrom: time)
        let request = Array("ROTATE MARCHE SIGN\nFROM \(time)\n\(tls.certificate.pem)".utf8)
        let requestReply = """
            <KeyChange><PartnerId>MARCHE</PartnerId><Registered>\(grant.fingerprint)</Registered></KeyChange>
            """
        let papers = [
            Attachment(name: "request.cms", bytes: try signing.signer().signAttached(request, at: time)),
            Attachment(name: "proof.p7s", bytes: try tls.signer().signDetached(request, at: time)),
            Attachment(name: "reply.cms", bytes: try host.signAttached(Array(requestReply.utf8), at: time)),
        ]
        let change = KeyChanged(
            partner: partner, change: .rotated(KeyRotation(grant: grant, replaces: nil, replacedUntil: nil)),
            signer: try evidence(signing.certificate, at: time),
            proof: try evidence(tls.certificate, at: time), digest: SHA256.digest(request),
            request: SHA256.digest(papers[0].bytes), replyID: "KEY-1",
            attachments: papers.map { $0.reference(SHA256.digest) })

        let answer = StatementAnswer(
            partner: partner, statement: "STL-W-2026-03B-MARCHE", digest: SHA256.digest(xml), createdAt: time,
            verdict: .agreed, totals: try SettlementFigures(xml).totals, differences: [])
        let reply = """
            <StatementAnswerReply><PartnerId>MARCHE</PartnerId><StatementId>\(answer.statement)</StatementId>\
            <StatementDigest>\(answer.digest)</StatementDigest>\
            <AnswerDigest>\(SHA256.digest(answer.document))</AnswerDigest>\
            <Verdict>AGREED</Verdict></StatementAnswerReply>
            """
        let attachments = [
            Attachment(
                name: "answer.cms", bytes: try lie.answers.signer(audited).signAttached(answer.document, at: time)),
            Attachment(
                name: "reply.cms", bytes: try lie.replies.signer(audited).signAttached(Array(reply.utf8), at: time)),
        ]
        let signer = lie.isMisnamed ? tls : try lie.answers.identity(audited)
        let said = StatementAnswered(
            partner: partner, statement: answer.statement, statementDigest: answer.digest, verdict: .agreed,
            totals: answer.totals, differences: [], signer: try evidence(signer.certificate, at: time),
            digest: SHA256.digest(answer.document), attachments: attachments.map { $0.reference(SHA256.digest) })
        return [(.keyChanged(change), papers), (.statementAnswered(said), attachments)]
    }

    private func evidence(
        _ certificate: Certificate, at time: Timestamp
    ) throws -> SignerEvidence {
        SignerEvidence(
            subject: certificate.subject, serial: certificate.serialHex, fingerprint: certificate.fingerprint,
            algorithm: "", signingTime: time, judgedAt: time,
            revocationLists: lists, warnings: [])
    }
}
