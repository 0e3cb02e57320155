import Foundation

/// Runs other programs, such as `openssl`, `python3` and `xmllint`, as independent judges.
public enum ExternalProgram {
    /// What a program left behind.
    public struct Outcome: Sendable {
        /// The exit code.
        public let status: Int32
        /// What it wrote to standard output.
        public let output: [UInt8]
        /// What it wrote to standard error.
        public let errors: String

        /// Joins what a program left behind.
        public init(status: Int32, output: [UInt8], errors: String) {
            self.status = status
            self.output = output
            self.errors = errors
        }

        /// Standard output as text.
        public var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// A program that failed where it should not have.
    public struct Failure: Error, CustomStringConvertible {
        /// The command line, the exit code and what was written to standard error.
        public let description: String
    }

    /// Runs a program that is found on the search path and waits for its end.
    public static func run(_ name: String, _ arguments: [String], in folder: ScratchFolder? = nil) throws -> Outcome {
        let files = try ScratchFolder("run")
        let (out, err) = (try files.write("", to: "out"), try files.write("", to: "err"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder.path) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: err))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try files.read("out"),
            errors: String(decoding: try files.read("err"), as: UTF8.self))
    }

    /// Runs a program that must succeed.
    @discardableResult
    public static func succeed(
        _ name: String, _ arguments: [String], in folder: ScratchFolder? = nil
    ) throws -> Outcome {
        let outcome = try run(name, arguments, in: folder)
        guard outcome.status == 0 else {
            let line = ([name] + arguments).joined(separator: " ")
            throw Failure(description: "'\(line)' ended with \(outcome.status): \(outcome.errors)\(outcome.text)")
        }
        return outcome
    }

    /// Runs `openssl`, which must succeed.
    @discardableResult
    public static func openssl(_ arguments: String..., in folder: ScratchFolder? = nil) throws -> Outcome {
        try succeed("openssl", arguments, in: folder)
    }
}
