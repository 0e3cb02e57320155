import Foundation
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

/// What a receipt of the gateway says, for a line on the terminal. Only the signed document counts.
struct ReceiptText {
    let status: String?
    let window: String?
    let sums: [String]
    let findings: [String]

    /// Looks at a receipt's XML, which is of our own making: one element on a line or behind another, no comments.
    init(_ document: [UInt8]) {
        let elements = String(decoding: document, as: UTF8.self).split(separator: "<").map(String.init)
        func text(_ name: String) -> String? {
            elements.first { $0.hasPrefix(name + ">") }.map { Self.plain($0.drop { $0 != ">" }.dropFirst()) }
        }
        status = text("FileStatus") ?? text("Status")
        window = text("WindowId")
        sums = elements.filter { $0.hasPrefix("StatusSum ") }.map { element in
            let unit = Self.attribute("unit", element).map { " of \($0)" } ?? ""
            return "\(Self.attribute("records", element) ?? "0") \(Self.attribute("status", element) ?? "")\(unit)"
        }
        var findings: [String] = []
        var hasDetail = false
        for element in elements {
            if element.hasPrefix("Finding ") {
                var line = "\(Self.attribute("code", element) ?? "")"
                if let record = Self.attribute("record", element) { line += " record \(record)" }
                if let number = Self.attribute("line", element) { line += " line \(number)" }
                findings.append(line + ":")
                hasDetail = false
            }
            for name in ["Field>", "Value>", "Detail>", "Rule>", "Action>"] where element.hasPrefix(name) {
                guard let last = findings.indices.last else { continue }
                let text = Self.plain(element.drop { $0 != ">" }.dropFirst())
                switch name {
                case "Value>": findings[last] += " (\(text))"
                case "Detail>":
                    findings[last] += " \(text)"
                    hasDetail = true
                case "Rule>": findings[last] += hasDetail ? "" : " \(text)"
                case "Action>": findings[last] += " — \(text)"
                default: findings[last] += " \(text)"
                }
            }
        }
        self.findings = findings
    }

    private static func attribute(_ name: String, _ element: String) -> String? {
        guard let range = element.range(of: " \(name)=\"") else { return nil }
        return plain(element[range.upperBound...].prefix { $0 != "\"" })
    }

    private static func plain(_ text: some StringProtocol) -> String {
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        return entities.reduce(String(text).trimmingCharacters(in: .whitespacesAndNewlines)) {
            $0.replacingOccurrences(of: $1.0, with: $1.1)
        }
    }
}
