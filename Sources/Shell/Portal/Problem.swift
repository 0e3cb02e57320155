import HTTPTypes
import Primitives

/// Refusals and faults as `application/problem+json` of RFC 9457, with our reason code.
enum Problem {
    static let type = "application/problem+json"

    /// What a client reads.
    struct Document: Encodable {
        /// The catalogue's page has what the code means.
        var type: String
        /// The rule that was not kept.
        var title: String
        var status: Int
        /// What was found in this case.
        var detail: String
        /// The reason code of `Specs/reason-codes.md`.
        var code: String
        /// What to do.
        var action: String
        /// Everything that was found, where that is more than one thing.
        var findings: [Found]?
        /// The receipts that say the same, signed.
        var receipts: [String]?
    }

    /// One thing found.
    struct Found: Encodable {
        var code: String
        var record: Int?
        var field: String
        var value: String
        var detail: String
        var action: String
    }

    /// The answer to a refusal.
    ///
    /// - Parameters:
    ///   - as: a status that says more than the code's own.
    ///   - receipts: ids of receipts that say the same.
    static func answer(
        _ refusal: Refusal, as finer: HTTPResponse.Status? = nil, receipts: [String]? = nil
    ) -> Answer {
        let code = refusal.code
        let status = finer ?? status(of: code)
        // What is another's and what is not there have one answer, to the byte, whatever was asked for.
        let isHidden = code == .net005
        let findings = refusal.findings.map { finding in
            Found(
                code: finding.code.code, record: finding.place.record > 0 ? finding.place.record : nil,
                field: finding.place.field, value: finding.value, detail: finding.detail,
                action: finding.code.entry.action)
        }
        let document = Document(
            type: "urn:coalition:problem:\(code)", title: code.entry.rule, status: status.code,
            detail: isHidden ? "there is nothing of this name for you" : refusal.explanation, code: code.code,
            action: code.entry.action, findings: isHidden ? nil : findings, receipts: receipts)
        return .json(document, status, type)
    }

    /// The answer to a fault of ours, which says nothing of the machine.
    static var fault: Answer { answer(Refusal(.net006, detail: "the gateway could not carry this out")) }

    /// The status of a reason code: one table for the whole API (`Specs/api.md`).
    static func status(of code: ReasonCode) -> HTTPResponse.Status {
        switch code.code {
        case "API-001", "NET-001": .badRequest
        case "API-003", "NET-004", "ACT-001", "ACT-002": .forbidden
        case "NET-005": .notFound
        case "ACT-004", "ACT-005", "FIL-004", "FIL-013", "WIN-002", "CLK-001": .conflict
        case "PRV-001", "PRV-002", "PRV-003": .gone
        case "SYN-005": .contentTooLarge
        case "NET-002": .tooManyRequests
        case "NET-006": .internalServerError
        case "NET-003", "SIG-011": .serviceUnavailable
        case "STO-001": .init(code: 507, reasonPhrase: "Insufficient Storage")
        default: .unprocessableContent
        }
    }
}
