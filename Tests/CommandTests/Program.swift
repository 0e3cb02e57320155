import Foundation
import TestKit
import Testing

/// The real program as a user at a shell meets it: found beside the running tests, started as a process, with a time
/// limit.
enum Program {
    /// How the program ends. Specs/operations.md.
    enum Status: Int32 {
        case done = 0
        case refused = 1
        case usage = 2
        case verificationFailed = 3
        case unavailable = 4
        case fault = 70
    }

    /// The built program lies in the folder of the test bundle that is running.
    static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "coalition").path
    }()

    /// More than any command needs on a busy machine; who needs longer hangs.
    static let limitSeconds = 120

    /// Runs the program to its end. One that hangs is killed, and ends with status 124.
    static func run(_ arguments: [String], in folder: ScratchFolder) throws -> ExternalProgram.Outcome {
        try ExternalProgram.run("timeout", ["-k", "5", "\(limitSeconds)", path] + arguments, in: folder)
    }
}

/// A folder in which command lines are run, and what every one of them must keep to.
struct Workplace: Sendable {
    let folder: ScratchFolder
    /// Member numbers that no output may show.
    var members: Set<String> = []

    /// Runs a command line; words are separated by blanks, arguments with blanks come behind.
    @discardableResult
    func run(
        _ line: String, _ more: [String] = [], at location: SourceLocation = #_sourceLocation
    ) throws -> ExternalProgram.Outcome {
        let arguments = line.split(separator: " ").map(String.init) + more
        let outcome = try Program.run(arguments, in: folder)
        inspect(outcome, line, at: location)
        return outcome
    }

    /// Nothing that the program writes looks like a crash, a library's error dump, or a member's number.
    func inspect(_ outcome: ExternalProgram.Outcome, _ line: String, at location: SourceLocation) {
        for text in [outcome.text, outcome.errors] {
            for sign in ["Fatal error", "Backtrace", "Error Domain", "Optional(", "Error(", "\0"] {
                #expect(!text.contains(sign), "\(line): '\(sign)' in \(text)", sourceLocation: location)
            }
            for member in members where text.contains(member) {
                Issue.record("\(line): a member's number in clear: \(text)", sourceLocation: location)
            }
        }
    }

    /// Runs a command line that must succeed without a word on standard error, other than those named.
    @discardableResult
    func done(
        _ line: String, _ more: [String] = [], notes: Bool = false, at location: SourceLocation = #_sourceLocation
    ) throws -> ExternalProgram.Outcome {
        let outcome = try run(line, more, at: location)
        #expect(outcome.status == Program.Status.done.rawValue, "\(line): \(outcome)", sourceLocation: location)
        if !notes { #expect(outcome.errors == "", "\(line)", sourceLocation: location) }
        return outcome
    }

    /// Runs a command line that must fail: the exit status, the code on standard error, nothing on standard output.
    @discardableResult
    func fails(
        _ status: Program.Status, _ code: String, _ line: String, _ more: [String] = [],
        at location: SourceLocation = #_sourceLocation
    ) throws -> ExternalProgram.Outcome {
        let outcome = try run(line, more, at: location)
        #expect(outcome.status == status.rawValue, "\(line): \(outcome)", sourceLocation: location)
        #expect(outcome.text == "", "\(line)", sourceLocation: location)
        let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("coalition: \(code): ") }
        #expect(!lines.isEmpty, "\(line): no '\(code)' in: \(outcome.errors)", sourceLocation: location)
        return outcome
    }

    /// Runs a command line with `--json` that must succeed, and reads what it prints; its keys are those of the page.
    @discardableResult
    func json(
        _ line: String, _ more: [String] = [], status: Program.Status = .done, notes: Bool = false,
        at location: SourceLocation = #_sourceLocation
    ) throws -> JSON {
        let outcome = try run(line, more + ["--json"], at: location)
        #expect(outcome.status == status.rawValue, "\(line): \(outcome)", sourceLocation: location)
        if !notes { #expect(outcome.errors == "", "\(line)", sourceLocation: location) }
        let page = try CommandPage.shared()
        let problems = page.problems(of: outcome.text, printedBy: line)
        #expect(problems == [], "\(line)", sourceLocation: location)
        return try JSON(outcome.text)
    }

    /// Takes evidence out of a data directory; both verifiers must call it good. Answers the names of its entries.
    @discardableResult
    func proves(
        _ window: String, partner: String? = nil, data: String, at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let name = "proof-\(window)-\(partner ?? "all")"
        try done("audit pins --out \(name).pem --data \(data)", at: location)
        let scope = partner.map { " --partner \($0)" } ?? ""
        try done("evidence --window \(window)\(scope) --out \(name).tar --data \(data)", at: location)
        let first = try run("verify \(name).tar --trust \(name).pem", at: location)
        #expect(first.status == 0, "\(first)", sourceLocation: location)
        let verifier = GoldenScenario.specs.appending(path: "verify/verify_evidence.py").path
        let second = try ExternalProgram.run(
            "python3", [verifier, "\(name).tar", "--trust", "\(name).pem"], in: folder)
        #expect(second.status == 0, "\(second)", sourceLocation: location)
        return try ExternalProgram.run("tar", ["-tf", "\(name).tar"], in: folder).text
    }

    /// Writes a file and answers its name.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try folder.write(text, to: name)
        return name
    }

    func text(_ name: String) throws -> String { String(decoding: try folder.read(name), as: UTF8.self) }

    /// Changes one byte in the middle of a file, and answers the name of the copy.
    func flipped(_ name: String, to copy: String, at place: Int? = nil) throws -> String {
        var bytes = try folder.read(name)
        bytes[place ?? bytes.count / 2] ^= 0x01
        try folder.write(bytes, to: copy)
        return copy
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.path(name)) }

    /// The permissions of a file, such as 0o600.
    func permissions(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}
