import Foundation

/// A text file of the repository.
struct SourceFile: Sendable {
    /// The path from the repository's top folder.
    let path: String
    /// The lines as they stand.
    let lines: [String]
    /// The lines of a Swift file with comments and the contents of texts blank; of other files the lines themselves.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = Self.lines(text)
        code = path.hasSuffix(".swift") ? Self.lines(SwiftScanner.code(text)) : lines
    }

    private static func lines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// Whether it lies in a folder.
    func isIn(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }

    /// A violation on a line, counted from 0.
    func violation(_ line: Int, _ message: String) -> String { "\(path):\(line + 1): \(message)" }
}

/// The repository that this test stands in.
enum Repository {
    static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A file's text.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    }

    /// Whether there is a file or folder at a path.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path)
    }

    /// Every file is read once for all rules.
    private static let cache = Result { try readTextFiles() }

    /// All Swift files of the package, in order of paths.
    static func swiftFiles() throws -> [SourceFile] { try cache.get().filter { $0.path.hasSuffix(".swift") } }

    /// All text files that people read or run, in order of paths.
    static func textFiles() throws -> [SourceFile] { try cache.get() }

    private static func readTextFiles() throws -> [SourceFile] {
        let endings: Set<String> = ["swift", "md", "py", "sh", "cnf", "yaml", "xsd", "json", "h", "modulemap"]
        var files = try files(in: ["Sources", "Tests", "Specs", "Certs"], endings: endings)
        for path in ["Package.swift", "README.md", ".ci/run", ".ci/deep"] where exists(path) {
            files.append(SourceFile(path: path, text: try text(path)))
        }
        return files
    }

    private static func files(in folders: [String], endings: Set<String>) throws -> [SourceFile] {
        var paths: [String] = []
        for name in folders {
            let walk = FileManager.default.enumerator(
                at: folder.appendingPathComponent(name), includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
            for case let file as URL in walk ?? FileManager.DirectoryEnumerator() {
                guard endings.contains(file.pathExtension) else { continue }
                let parts = file.standardizedFileURL.pathComponents.dropFirst(
                    folder.standardizedFileURL.pathComponents.count)
                paths.append(parts.joined(separator: "/"))
            }
        }
        return try paths.sorted().map { SourceFile(path: $0, text: try text($0)) }
    }
}
