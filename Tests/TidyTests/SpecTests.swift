import Foundation
import Primitives
import Testing

/// The pages of `Specs/` and the code say the same.
@Suite struct SpecTests {
    private func page(_ name: String) throws -> SpecTables { SpecTables(try Repository.text("Specs/\(name)")) }

    @Test("the table of reason codes is the catalogue, field by field, in both directions")
    func reasonCodes() throws {
        let columns = ["code", "severity", "ISO 20022", "ISO 8583", "rule", "what to do"]
        let tables = try page("reason-codes.md").tables.filter { $0.header == columns }
        let written = tables.flatMap(\.rows)
        let catalogue = ReasonCode.allCases.map { code in
            let entry = code.entry
            return [entry.code, entry.severity.rawValue, entry.iso, entry.response, entry.rule, entry.action]
        }
        #expect(written.count == catalogue.count)
        for (row, entry) in zip(written, catalogue) { #expect(row == entry) }
    }

    @Test("every severity is explained, and no code that is in the catalogue counts as later or withdrawn")
    func severities() throws {
        let page = try page("reason-codes.md")
        let explained = page.withColumn("severity").first { $0.header.first == "severity" }
        #expect(Set(explained?.column("severity") ?? []) == Set(Severity.allCases.map { "`\($0.rawValue)`" }))
        let others = page.tables.filter { $0.header.first == "code" && $0.header.count < 6 }
        #expect(others.count == 2)
        for code in others.flatMap({ $0.column("code") ?? [] }) { #expect(ReasonCode(code) == nil, "\(code)") }
    }

    @Test("every code has its constant, and every constant its code")
    func constants() throws {
        let text = try Repository.text("Sources/Primitives/ReasonCodes.swift")
        let constants = text.matches(of: /static let ([a-z]+[0-9]{3}) = ReasonCode\(known: "([A-Z]+-[0-9]{3})"\)/)
        #expect(Set(constants.map { String($0.2) }) == Set(ReasonCode.allCases.map(\.code)))
        for constant in constants {
            #expect(constant.1 == constant.2.lowercased().replacing("-", with: ""))
        }
    }

    @Test("the limits of files and messages are those of the code, in both directions")
    func limits() throws {
        let table = try #require(try page("limits.md").withColumn("default").first)
        let written = Dictionary(zip(table.column("name") ?? [], table.column("default") ?? [])) { first, _ in first }
        let found = Mirror(reflecting: Limits()).children.map { ($0.label ?? "", "\($0.value)") }
        #expect(written == Dictionary(found) { first, _ in first })
        for code in (table.column("code beyond it") ?? []) where code != "none" {
            #expect(ReasonCode(code) != nil, "\(code)")
        }
    }

    @Test("the limits of the HTTPS API are those of the code, in both directions")
    func portalLimits() throws {
        let table = try #require(try page("limits.md").withColumn("standard").first)
        let written = Dictionary(zip(table.column("name") ?? [], table.column("standard") ?? [])) { first, _ in first }
        let found = Mirror(reflecting: PortalLimits()).children.map { ($0.label ?? "", "\($0.value)") }
        #expect(written == Dictionary(found) { first, _ in first })
    }

    @Test("the limits that the formats fix are those of the code")
    func fixedLimits() throws {
        let table = try #require(try page("limits.md").withColumn("value").first)
        func number(_ row: String) throws -> Int {
            try #require(table.cell(row, "value").flatMap { Int($0) }, "\(row)")
        }
        #expect(try number("unitsPerRecord") == Int(Limits.unitsPerRecord))
        let text = String(repeating: "A", count: try number("transactionID"))
        #expect(TransactionID.accepts(text) && !TransactionID.accepts(text + "A"))
        let partner = String(repeating: "A", count: try number("partnerID"))
        #expect(PartnerID.accepts(partner) && !PartnerID.accepts(partner + "A"))
        let window = "W-" + String(repeating: "A", count: try number("windowID") - 2)
        #expect(WindowID.accepts(window) && !WindowID.accepts(window + "A"))
        let version = String(repeating: "A", count: try number("versionID"))
        #expect(VersionID.accepts(version) && !VersionID.accepts(version + "A"))
        let digits = String(repeating: "0", count: try number("memberDigits"))
        #expect(MemberNumber(digits) != nil && MemberNumber(digits + "0") == nil)
        let decimal = String(repeating: "9", count: try number("decimalDigits"))
        #expect(DecimalNumber(decimal) != nil && DecimalNumber(decimal + "9") == nil)
        #expect(Finding(.sig001, value: String(repeating: "a", count: 99)).value.count == (try number("findingValue")))
        #expect(try number("recordsPerPartner") == Int(UInt32.max))
    }

    @Test("the script that writes the table of reason codes finds it up to date")
    func script() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", Repository.folder.appendingPathComponent("Specs/reason-codes.py").path, "--check",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    // MARK: References

    @Test("every page of Specs that a file names exists")
    func references() throws {
        var missing: [String] = []
        for file in try Repository.textFiles() {
            for (number, line) in file.lines.enumerated() where line.contains("Specs/") {
                for match in line.matches(of: /Specs\/[A-Za-z0-9_\/\-]+(?:\.(?:md|xsd|py|json|sh|yaml))?/) {
                    let path = match.output.last == "/" ? String(match.output.dropLast()) : String(match.output)
                    // A number to be filled in stands for any decision.
                    if path.contains("NNNN") || Repository.exists(path) { continue }
                    missing.append(file.violation(number, "\(path) does not exist"))
                }
            }
        }
        #expect(missing.isEmpty, "\(missing.joined(separator: "\n"))")
    }

    @Test("every link of a page of Specs leads to a file")
    func links() throws {
        var missing: [String] = []
        for file in try Repository.textFiles() where file.isIn("Specs") && file.path.hasSuffix(".md") {
            let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
            for (number, line) in file.lines.enumerated() where line.contains("](") {
                for match in line.matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
                    var parts = folder.split(separator: "/").map(String.init)
                    for part in match.1.split(separator: "/") {
                        if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
                    }
                    if Repository.exists(parts.joined(separator: "/")) { continue }
                    missing.append(file.violation(number, "\(match.1) does not exist"))
                }
            }
        }
        #expect(missing.isEmpty, "\(missing.joined(separator: "\n"))")
    }

    @Test("every rule and invariant that the code names stands in rules.md")
    func rules() throws {
        let rules = try Repository.text("Specs/rules.md")
        let headings = Set(rules.matches(of: /(?m)^#+ (R[0-9]+)\b/).map { String($0.1) })
        #expect(headings.count == 13)
        let invariants = Set(rules.matches(of: /(?m)^\| (INV-[0-9]{2}) \|/).map { String($0.1) })
        #expect(invariants.count == 15)
        for file in try Repository.swiftFiles() {
            for (number, line) in file.lines.enumerated() where line.contains("ule") || line.contains("INV-") {
                for match in line.matches(of: /\b[Rr]ules? (R[0-9]+)(?:(?: to | and |, )(R[0-9]+))?/) {
                    for name in [match.1, match.2].compactMap({ $0 }) {
                        #expect(headings.contains(String(name)), "\(file.violation(number, String(name)))")
                    }
                }
                for match in line.matches(of: /INV-[0-9]{2}/) {
                    #expect(
                        invariants.contains(String(match.output)), "\(file.violation(number, String(match.output)))")
                }
            }
        }
    }

    @Test("decisions are numbered without gaps and have the parts of the template")
    func decisions() throws {
        let folder = Repository.folder.appendingPathComponent("Specs/decisions")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter {
            $0.hasSuffix(".md")
        }
        let numbered = names.filter { $0 != "template.md" }
        #expect(numbered.count >= 9)
        for (index, name) in numbered.enumerated() {
            #expect(Int(name.prefix(4)) == index + 1, "\(name)")
            let text = try Repository.text("Specs/decisions/\(name)")
            #expect(text.hasPrefix("# \(name.prefix(4)) "), "\(name)")
            for part in ["## Context", "## Decision", "## Alternatives", "## Consequences"] {
                #expect(text.contains("\n\(part)\n"), "\(name) lacks \(part)")
            }
        }
    }

    @Test("the guide of style stays short")
    func style() throws { #expect(try Repository.text("Specs/style.md").split(separator: "\n").count <= 200) }

    @Test("tables are read as they are written")
    func tables() {
        let page = SpecTables(
            "a\n| x | y |\n|---|---|\n| 1 | a b |\n| 2 |  |\n\n| z |\n|---|\n| 3 |\ntext | no | table\n")
        #expect(page.tables.map(\.header) == [["x", "y"], ["z"]])
        #expect(page.tables.first?.column("y") == ["a b", ""])
        #expect(page.tables.first?.cell("1", "y") == "a b")
        #expect(page.withColumn("z").count == 1)
    }
}
