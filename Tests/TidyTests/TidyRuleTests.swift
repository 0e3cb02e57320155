import Testing

/// Each rule finds a sample that breaks it, says where, and leaves alone what only looks like it.
@Suite struct TidyRuleTests {
    private func file(_ text: String, at path: String = "Sources/Engine/Ledger/Sample.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    private func rule(_ name: String) throws -> TidyRule {
        try #require((TidyRules.all + [TidyRules.machinePaths]).first { $0.name == name }, "\(name)")
    }

    @Test("a file of 501 lines is too long, one of 500 is not")
    func fileLength() {
        let lines = [String](repeating: "let a = 1", count: 500).joined(separator: "\n") + "\n"
        #expect(TidyRules.fileLength.check(file(lines)).isEmpty)
        #expect(
            TidyRules.fileLength.check(file(lines + "let b = 2\n")).first?.hasPrefix(
                "Sources/Engine/Ledger/Sample.swift:501: ") == true)
    }

    @Test("a line of 121 characters is too long, one of 120 is not")
    func lineLength() {
        let line = String(repeating: "é", count: 120)
        #expect(TidyRules.lineLength.check(file(line)).isEmpty)
        #expect(
            TidyRules.lineLength.check(file("\n\(line)é")) == ["Sources/Engine/Ledger/Sample.swift:2: 121 characters"])
    }

    @Test("text of several lines may be longer, a comment may not")
    func longText() {
        let long = String(repeating: "a", count: 130)
        #expect(TidyRules.lineLength.check(file("let a = \"\"\"\n  \(long)\n  \"\"\"")).isEmpty)
        #expect(TidyRules.lineLength.check(file("  /// \(long)")).count == 1)
        #expect(TidyRules.lineLength.check(file("let a = \"\(long)\"")).count == 1)
    }

    @Test("a function of 71 lines is too long, one of 70 is not, and a closure in a signature ends none")
    func functionLength() {
        func sample(_ lines: Int) -> String {
            let body = [String](repeating: "    work { }", count: lines - 2).joined(separator: "\n")
            return "struct S {\nfunc long(_ a: () -> Void = { }) {\n\(body)\n}\n}\n"
        }
        #expect(TidyRules.functionLength.check(file(sample(70))).isEmpty)
        #expect(
            TidyRules.functionLength.check(file(sample(71))) == [
                "Sources/Engine/Ledger/Sample.swift:2: long has 71 lines"
            ])
        let requirements =
            "protocol P {\nfunc a()\nfunc b() -> Int\n}\n"
            + [String](repeating: "let x = 1", count: 90).joined(separator: "\n")
        #expect(TidyRules.functionLength.check(file(requirements)).isEmpty)
    }

    @Test("marks of debt are found in comments, not within words")
    func debt() {
        let mark = "TO" + "DO"
        #expect(TidyRules.debt.check(file("// \(mark): later")).count == 1)
        #expect(TidyRules.debt.check(file("let \(mark)S = 1; let BIC = \"BNPAFRPP" + "XX" + "X\"")).isEmpty)
    }

    @Test("a path of somebody's machine is found in any text, a relative one is not")
    func machinePaths() {
        let folder = "/ho" + "me/me/x"
        #expect(TidyRules.machinePaths.check(file("see \(folder)", at: "Specs/rules.md")).count == 1)
        #expect(TidyRules.machinePaths.check(file(folder, at: "Specs/rules.md")).count == 1)
        #expect(TidyRules.machinePaths.check(file("https://example.org\(folder)", at: "Specs/rules.md")).isEmpty)
    }

    @Test(
        "banned calls are found in code",
        arguments: [
            ("no try!", "let a = try! b()"), ("no as!", "let a = b as! C"), ("no print(", "print(a)"),
            ("no debugPrint(", "debugPrint(a)"), ("no Date()", "let a = Date()"),
            ("no DispatchQueue", "DispatchQueue.main.async { }"), ("no fatalError", "fatalError(a)"),
            ("no Task.detached", "Task.detached { }"), ("no localizedDescription", "let a = e.localizedDescription"),
            ("no @_exported", "@_exported import Foundation"), ("no Double", "let a: Double = b"),
            ("no Float", "let a = Float(b)"), ("no clock's now", "let a = Date.now"),
            ("no clock's now", "wait(until: .now)"), ("no clock's now", "let a = ContinuousClock().now"),
            ("no print(", "let a = \"\\(print(b))\""),
        ])
    func calls(name: String, code: String) throws {
        let found = try rule(name).check(file("\n" + code))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("Sources/Engine/Ledger/Sample.swift:2: ") == true)
    }

    @Test(
        "what only looks like a banned call is left alone",
        arguments: [
            ("no try!", "// try! b()"), ("no as!", "\"as!\""), ("no print(", "blueprint(a)"),
            ("no print(", "a.print(b)"),
            ("no Date()", "BusinessDate()"), ("no Double", "let isDoubled = true"), ("no clock's now", "self.now"),
            ("no clock's now", "eventLoop.now"), ("no print(", "/* a /* print(b) */ print(c) */"),
            ("no fatalError", "\"\"\"\n  fatalError()\n  \"\"\""), ("no print(", "#\"print(\"a\")\"#"),
            ("no as!", "alias != b"),
        ])
    func lookalikes(name: String, code: String) throws { #expect(try rule(name).check(file(code)) == []) }

    @Test("bans hold where they say and nowhere else")
    func scopes() throws {
        #expect(try rule("no Date()").check(file("Date()", at: "Sources/Shell/Gateway/HouseClock.swift")).isEmpty)
        #expect(try rule("no print(").check(file("print(a)", at: "Sources/Shell/coalition/Main.swift")).isEmpty)
        let clock = "let a = ContinuousClock()"
        #expect(try rule("no clock's now").check(file(clock, at: "Sources/Shell/coalition/Bar.swift")).isEmpty)
        #expect(try rule("no clock's now").check(file(clock, at: "Sources/Shell/Gateway/Bar.swift")).count == 1)
        #expect(try rule("no Double").check(file("Double(a)", at: "Sources/Shell/Transport/A.swift")).isEmpty)
        #expect(try rule("no try!").check(file("try! a()", at: "Tests/A/B.swift")).isEmpty)
    }

    @Test(
        "forced unwrapping is found",
        arguments: ["let a = b!", "a!.b()", "f(a)!", "a[0]!", "var a: B!", "\"x\".first!", "a! as B", "x(a!, b)"])
    func unwrapping(code: String) { #expect(TidyRules.forcedUnwrapping.check(file(code)).count == 1, "\(code)") }

    @Test(
        "what only looks like forced unwrapping is left alone",
        arguments: [
            "a != b", "!a", "if !a { }", "a!=b", "f(!a)", "try! a()", "a as! B", "// a!", "\"a!\"", "#if !os(Linux)",
        ])
    func noUnwrapping(code: String) { #expect(TidyRules.forcedUnwrapping.check(file(code)).isEmpty, "\(code)") }

    @Test("a claim that the compiler cannot check needs its proof beside it")
    func safety() {
        let claim = "final class A: @unchecked Sendable {\n    let b = 1\n}\n"
        #expect(TidyRules.safety.check(file(claim)).count == 1)
        #expect(TidyRules.safety.check(file("// SAFETY: never changes.\n" + claim)).isEmpty)
        #expect(TidyRules.safety.check(file("// SAFETY: never changes.\n@safe\n" + claim)).isEmpty)
        #expect(
            TidyRules.safety.check(file("final class A: @unchecked Sendable {\n    // SAFETY: constant.\n}")).isEmpty)
        #expect(TidyRules.safety.check(file("// SAFETY: of another.\nlet a = 1\n" + claim)).count == 1)
        #expect(TidyRules.safety.check(file("nonisolated(unsafe) var a = 1")).count == 1)
    }

    @Test("unsafe code outside the bridges and the file layer is found")
    func unsafeCode() {
        #expect(TidyRules.unsafeCode.check(file("let a = unsafe b()")).count == 1)
        #expect(TidyRules.unsafeCode.check(file("let a: UnsafePointer<UInt8>? = nil")).count == 1)
        #expect(TidyRules.unsafeCode.check(file("a.withUnsafeBytes { }")).count == 1)
        #expect(TidyRules.unsafeCode.check(file("// unsafe\nlet isUnsafe = true")).isEmpty)
        #expect(TidyRules.unsafeCode.check(file("unsafe a()", at: "Sources/Bridges/XMLKit/A.swift")).isEmpty)
        #expect(TidyRules.unsafeCode.check(file("unsafe a()", at: "Sources/Stores/FileStore/Files/A.swift")).isEmpty)
    }

    @Test("the old test library is found")
    func oldTests() {
        #expect(TidyRules.oldTests.check(file("import XCTest", at: "Tests/A/B.swift")).count == 1)
        #expect(TidyRules.oldTests.check(file("// XCTest", at: "Tests/A/B.swift")).isEmpty)
    }

    // MARK: Floors

    private static let manifest = PackageManifest(
        """
        .target(name: "Primitives", path: "Sources/Primitives"),
        .systemLibrary(name: "CThing", path: "Sources/Bridges/CThing", pkgConfig: "thing"),
        .target(name: "Ledger", dependencies: ["Primitives"], path: "Sources/Engine/Ledger"),
        .target(
            name: "Transport",
            dependencies: ["Ledger", .product(name: "NIOCore", package: "swift-nio")], path: "Sources/Shell/Transport"),
        .target(name: "Wrong", dependencies: ["CThing", "TestKit"], path: "Sources/Engine/Wrong"),
        .target(name: "TestKit", dependencies: ["Primitives"], path: "Tests/TestKit"),
        .testTarget(name: "LedgerTests", dependencies: ["Ledger"]),
        """)

    @Test("the manifest is read: names, folders, dependencies, products")
    func manifest() {
        let transport = Self.manifest.targets.first { $0.name == "Transport" }
        #expect(transport?.dependencies == ["Ledger", "NIOCore"])
        #expect(transport?.path == "Sources/Shell/Transport")
        #expect(Self.manifest.targets.first { $0.name == "LedgerTests" }?.path == "Tests/LedgerTests")
    }

    @Test("a target on an upper floor, or for tests, may not be depended on")
    func floors() {
        #expect(
            Floors.violations(Self.manifest) == [
                "Package.swift: Wrong (Engine) depends on CThing (Bridges)",
                "Package.swift: Wrong depends on TestKit, which is for tests",
            ])
    }

    @Test(
        "an import that the target does not declare is found",
        arguments: [
            "import Foundation", "public import NIOCore", "import struct Glibc.stat", "@preconcurrency import Dispatch",
            "internal import CThing", "import Transport",
        ])
    func imports(code: String) { #expect(Floors.imports(Self.manifest).check(file(code)).count == 1, "\(code)") }

    @Test("an import that the target declares, or its floor allows, is left alone")
    func allowedImports() {
        let rule = Floors.imports(Self.manifest)
        #expect(rule.check(file("public import Primitives\n// import Foundation\nlet important = 1")).isEmpty)
        #expect(rule.check(file("import NIOCore\nimport Foundation", at: "Sources/Shell/Transport/A.swift")).isEmpty)
        #expect(rule.check(file("import Foundation", at: "Tests/A/B.swift")).isEmpty)
    }
}
