/// The targets of `Package.swift`, read from its text.
struct PackageManifest: Sendable {
    struct Target: Sendable, Hashable {
        var name: String
        var path: String
        /// Names of targets and of products of other packages.
        var dependencies: [String]
        var isTest: Bool
    }

    let targets: [Target]

    init(_ text: String) {
        let kinds = [".target(", ".executableTarget(", ".systemLibrary(", ".testTarget("]
        var targets: [Target] = []
        for kind in kinds {
            for range in text.ranges(of: kind) {
                let body = Self.balanced(text[range.upperBound...])
                guard let name = Self.quoted(body, after: "name:").first else { continue }
                let folder = kind == ".testTarget(" ? "Tests" : "Sources"
                targets.append(
                    Target(
                        name: name, path: Self.quoted(body, after: "path:").first ?? "\(folder)/\(name)",
                        dependencies: Self.dependencies(body), isTest: kind == ".testTarget("))
            }
        }
        self.targets = targets.map { target in
            var target = target
            if target.path.hasPrefix("Tests/") { target.isTest = true }
            return target
        }
    }

    /// The target that a file belongs to.
    func target(of path: String) -> Target? { targets.first { path.hasPrefix($0.path + "/") } }

    private static func balanced(_ text: Substring) -> Substring {
        var depth = 1
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }

    private static func quoted(_ text: Substring, after label: String) -> [String] {
        guard let range = text.firstRange(of: label) else { return [] }
        return quoted(text[range.upperBound...])
    }

    private static func quoted(_ text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map {
            String($0.element)
        }
    }

    private static func dependencies(_ body: Substring) -> [String] {
        guard let start = body.firstRange(of: "dependencies: [") else { return [] }
        var depth = 1
        var end = start.upperBound
        while end < body.endIndex, depth > 0 {
            if body[end] == "[" { depth += 1 }
            if body[end] == "]" { depth -= 1 }
            end = body.index(after: end)
        }
        // A product states its package as well, which is no module.
        var names: [String] = []
        var isPackage = false
        for part in quotedWithLabels(body[start.upperBound..<end]) {
            isPackage = part.label.hasSuffix("package: ")
            if !isPackage { names.append(part.text) }
        }
        return names
    }

    private static func quotedWithLabels(_ text: Substring) -> [(label: String, text: String)] {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        return stride(from: 1, to: parts.count, by: 2).map { (parts[$0 - 1], parts[$0]) }
    }
}

/// The floors of Sources, and what may be imported where. `Specs/architecture.md` shows them.
enum Floors {
    /// The floors on which a floor's targets may stand, beside their own.
    static let below: [String: [String]] = [
        "Primitives": [], "Bridges": ["Primitives"], "Engine": ["Primitives"],
        "Intake": ["Primitives", "Bridges", "Engine"], "Stores": ["Primitives", "Bridges", "Engine"],
        "Shell": ["Primitives", "Bridges", "Engine", "Intake", "Stores"],
    ]

    /// Modules of the toolchain that a target's files may import.
    static func systemModules(of path: String) -> Set<String> {
        // Signals reach a process through Dispatch only.
        if path.hasPrefix("Sources/Shell/coalition/") { return ["Foundation", "Dispatch", "Synchronization", "Glibc"] }
        if path.hasPrefix("Sources/Shell/") {
            return ["Foundation", "FoundationEssentials", "Synchronization", "Glibc"]
        }
        if path.hasPrefix("Sources/Stores/FileStore/Files/") { return ["Synchronization", "Glibc"] }
        if path.hasPrefix("Sources/Stores/") { return ["Synchronization", "FoundationEssentials"] }
        if path.hasPrefix("Sources/Intake/ProgrammeFiles/") { return ["Synchronization", "Foundation"] }
        if path.hasPrefix("Sources/Bridges/") { return ["Synchronization", "Glibc"] }
        if path.hasPrefix("Sources/Intake/") { return ["Synchronization"] }
        return []
    }

    static func floor(of path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        return parts.count >= 2 && parts[0] == "Sources" ? parts[1] : nil
    }

    /// The module that a line imports.
    static func imported(by line: String) -> String? {
        let words = line.split(separator: " ").map(String.init)
        guard let index = words.firstIndex(of: "import"), index + 1 < words.count else { return nil }
        let modifiers: Set<String> = [
            "public", "internal", "private", "package", "fileprivate", "@testable", "@preconcurrency",
        ]
        guard words[..<index].allSatisfy(modifiers.contains) else { return nil }
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
        let name = kinds.contains(words[index + 1]) ? words.dropFirst(index + 2).first : words[index + 1]
        return name?.split(separator: ".").first.map(String.init)
    }

    /// Whether each target depends on its own floor and those below only.
    static func violations(_ manifest: PackageManifest) -> [String] {
        let paths = Dictionary(manifest.targets.map { ($0.name, $0.path) }) { first, _ in first }
        return manifest.targets.filter { !$0.isTest }.flatMap { target -> [String] in
            guard let floor = floor(of: target.path), let allowed = below[floor] else {
                return ["Package.swift: \(target.name) is on no floor: \(target.path)"]
            }
            return target.dependencies.compactMap { name in
                guard let path = paths[name] else { return nil }
                guard let other = self.floor(of: path) else {
                    return "Package.swift: \(target.name) depends on \(name), which is for tests"
                }
                if other == floor || allowed.contains(other) { return nil }
                return "Package.swift: \(target.name) (\(floor)) depends on \(name) (\(other))"
            }
        }
    }

    /// A rule on the imports of a package's files.
    static func imports(_ manifest: PackageManifest) -> TidyRule {
        TidyRule("a file imports what its target declares, and its floor allows") { file, line in
            guard file.isIn("Sources"), let module = imported(by: line) else { return nil }
            guard let target = manifest.target(of: file.path) else { return "the file belongs to no target" }
            if target.dependencies.contains(module) || systemModules(of: file.path).contains(module) { return nil }
            return "import \(module): \(target.name) may not (Package.swift, Specs/architecture.md)"
        }
    }
}
