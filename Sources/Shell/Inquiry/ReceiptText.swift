import Foundation

/// What a receipt of the gateway says, for a line on the terminal. Only the signed document counts.
package struct ReceiptText {
    package let status: String?
    package let window: String?
    package let sums: [String]
    package let findings: [String]

    /// Looks at a receipt's XML, which is of our own making: one element on a line or behind another, no comments.
    package init(_ document: [UInt8]) {
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
