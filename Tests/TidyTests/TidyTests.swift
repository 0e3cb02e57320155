import Testing

@Suite struct TidyTests {
    @Test("the tree is found")
    func tree() throws {
        let files = try Repository.swiftFiles()
        #expect(files.count > 100)
        #expect(files.contains { $0.path == "Sources/Primitives/Numbers.swift" })
        #expect(files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
        #expect(!files.contains { $0.path.contains(".build") })
        #expect(try Repository.textFiles().contains { $0.path == "Specs/rules.md" })
    }

    @Test("the house's rules hold in every Swift file", arguments: TidyRules.all)
    func rules(rule: TidyRule) throws {
        let violations = try Repository.swiftFiles().flatMap(rule.check)
        #expect(violations.isEmpty, "\(violations.count):\n\(violations.joined(separator: "\n"))")
    }

    @Test("nothing left to do and no machine's path in any text")
    func texts() throws {
        let violations = try Repository.textFiles().flatMap {
            TidyRules.machinePaths.check($0) + TidyRules.debt.check($0)
        }
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test("targets stand on lower floors only, and files import what their targets declare")
    func floors() throws {
        let manifest = PackageManifest(try Repository.text("Package.swift"))
        #expect(manifest.targets.count > 20)
        let violations =
            Floors.violations(manifest) + (try Repository.swiftFiles().flatMap(Floors.imports(manifest).check))
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test("every target of Sources has its own folder on a floor")
    func targets() throws {
        let manifest = PackageManifest(try Repository.text("Package.swift"))
        for file in try Repository.swiftFiles() where file.isIn("Sources") {
            #expect(manifest.target(of: file.path) != nil, "\(file.path) belongs to no target")
        }
    }
}
