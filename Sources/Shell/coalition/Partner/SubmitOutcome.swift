import Foundation
import Inquiry
import Journal
import Primitives

/// A receipt as it came back.
struct SubmittedReceipt: Sendable {
    let id: String
    let grade: ReceiptGrade
    let status: String
    let isCopy: Bool
    let document: [UInt8]
    let signature: [UInt8]
}

/// What became of a submitted file.
struct SubmitOutcome {
    let file: SubmittedFile
    let receipts: [SubmittedReceipt]
    /// How many findings are shown on the terminal.
    private static let shownFindings = 20

    /// Whether nothing of the file counts.
    var isRefused: Bool { receipts.last.map { ReceiptText($0.document).status == FileStatus.refused.rawValue } ?? true }

    /// Writes the receipts with their signatures: `FILE.validated.xml` and `.p7s`.
    ///
    /// - Parameter directory: where to; beside the file when nil.
    func keep(in directory: String?) throws(UsageError) {
        if let directory { try Files.makeDirectory(directory) }
        let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
        let stem = directory.map { "\($0)/\(name)" } ?? file.path
        for receipt in receipts {
            let path = "\(stem).\(receipt.grade.rawValue.lowercased()).xml"
            try Files.write(receipt.document, to: path)
            try Files.write(receipt.signature, to: path + ".p7s")
        }
    }

    /// Prints what became of the file; findings go to standard error.
    func show(_ output: OutputOptions) {
        let texts = receipts.map { ReceiptText($0.document) }
        output.show(
            [
                "batch": .of(file.batch), "digest": .of(file.digest), "refused": .bool(isRefused),
                "receipts": .list(
                    zip(receipts, texts).map { receipt, text in
                        [
                            "id": .text(receipt.id), "grade": .text(receipt.grade.rawValue),
                            "copy": .bool(receipt.isCopy),
                            "status": .optional(text.status), "window": .optional(text.window),
                            "findings": .texts(text.findings),
                        ]
                    }),
            ],
            zip(receipts, texts).map { receipt, text in
                var line = "\(receipt.id)  \(receipt.grade.rawValue)"
                if let status = text.status { line += "  \(status)" }
                if let window = text.window { line += "  window \(window)" }
                if !text.sums.isEmpty { line += "  " + text.sums.joined(separator: ", ") }
                return line + (receipt.isCopy ? "  (stored answer)\n" : "\n")
            }.joined())
        let findings = texts.last?.findings ?? []
        for finding in findings.prefix(Self.shownFindings) { Console.note("coalition: \(finding)") }
        let rest = findings.count - Self.shownFindings
        if rest > 0 { Console.note("coalition: \(rest) further findings stand in the receipt") }
    }
}
