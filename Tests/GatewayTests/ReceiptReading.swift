import Gateway
import Primitives
import TestKit
import XMLKit

/// A receipt as its reader sees it.
struct ReceiptReading {
    let id: String
    let grade: String
    let status: String?
    let window: String?
    let isDryRun: Bool
    let replaces: String?
    /// Missing numbers, such as `3-5`.
    let gaps: [String]
    /// Sums by status and unit, such as `ACCP MKP`: records, units, points.
    let sums: [String: [Int64]]
    let findings: [Finding]
    let furtherFindings: Int
    /// Lines of clearing statements, such as `CLS-W-2026-03B-MARCHE#1`.
    let statementLines: [String]

    /// A finding as it stands on a receipt.
    struct Finding: Hashable {
        let code: String
        let record: Int?
        let field: String
        let value: String
        let detail: String
    }

    /// The codes of the findings, in their order.
    var codes: [String] { findings.map(\.code) }

    init(_ receipt: IssuedReceipt) throws {
        let root = try XMLDocument.parse(receipt.document, maximumBytes: 16 << 20)
        id = try root.text("ReceiptId").need("ReceiptId")
        grade = try root.text("Grade").need("Grade")
        status = root.text("FileStatus")
        window = root.text("WindowId")
        isDryRun = root.text("DryRun") == "true"
        replaces = root.text("ReplacesReceiptId")
        gaps = root.children("MissingSequence").map {
            "\($0.attribute("from") ?? "")-\($0.attribute("to") ?? "")"
        }
        var sums: [String: [Int64]] = [:]
        for sum in root.children("StatusSum") {
            let key = [sum.attribute("status"), sum.attribute("unit")].compactMap(\.self).joined(separator: " ")
            sums[key] = ["records", "units", "points"].map { sum.attribute($0).flatMap { Int64($0) } ?? -1 }
        }
        self.sums = sums
        findings = root.children("Finding").map {
            Finding(
                code: $0.attribute("code") ?? "", record: $0.attribute("record").flatMap { Int($0) },
                field: $0.text("Field") ?? "", value: $0.text("Value") ?? "", detail: $0.text("Detail") ?? "")
        }
        statementLines = root.children("StatementLine").map(\.text)
        furtherFindings = root.text("FurtherFindings").flatMap { Int($0) } ?? 0
    }

    /// The finding of a code, or nil.
    func finding(_ code: String) -> Finding? { findings.first { $0.code == code } }
}
