import Inquiry
import OpenSSLKit
import Primitives
import Verification

/// What an issued document says that it is: its root element and its id, for the reader of a verification.
struct DocumentTitle {
    let kind: String
    let id: String

    /// Looks at verified bytes; what is no XML of ours has no title.
    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
        let tags = text.split(separator: "<").dropFirst().filter { !$0.hasPrefix("?") && !$0.hasPrefix("/") }
        kind = tags.first.map { String($0.prefix { $0.isLetter }) } ?? ""
        let wanted = ["ReceiptId>", "StatementId>", "SummaryId>", "MessageId>"]
        let found = tags.first { tag in wanted.contains { tag.hasPrefix($0) } }
        id = found.map { String($0.drop { $0 != ">" }.dropFirst()) } ?? ""
    }
}

/// The verdict on a good signature, for people and for programs.
struct VerificationReport {
    let evidence: SignatureEvidence
    let document: DocumentTitle?
    /// What it proves beyond its own signature.
    var proved: [String] = []

    func json(_ file: String) -> JSONValue {
        [
            "file": .text(file), "verdict": "GOOD",
            "document": document.map { $0.kind.isEmpty ? .null : ["kind": .text($0.kind), "id": .text($0.id)] }
                ?? .null,
            "evidence": .encoded(evidence), "proved": .list(proved.map { .text($0) }),
        ]
    }

    func text(_ file: String) -> String {
        var lines = ["\(file): good"]
        if let document, !document.kind.isEmpty { lines.append("  document    \(document.kind) \(document.id)") }
        lines += [
            "  signer      \(evidence.signer)",
            "  certificate serial \(evidence.serialHex), SHA-256 \(evidence.fingerprint)",
            "  algorithms  \(evidence.signatureAlgorithm) \(evidence.key), \(evidence.digestAlgorithm)",
            "  content     \(evidence.contentDigest)",
            "  signed at   \(evidence.signingTime?.description ?? "not stated") (the signer's own statement)",
            "  chain       " + evidence.chain.map(\.subject).joined(separator: " < "),
        ]
        if evidence.revocationLists.isEmpty {
            lines.append("  revocation  not judged (no --crl)")
        } else {
            lines += evidence.revocationLists.map {
                "  revocation  not revoked, by the list of \($0.thisUpdate), next due \($0.nextUpdate)"
            }
        }
        lines.append("  judged for  \(evidence.judgedAt)")
        lines += proved.map { "  proved      \($0)" }
        lines += evidence.warnings.map { "  warning     \(ErrorReport.line($0))" }
        return lines.joined(separator: "\n")
    }
}
