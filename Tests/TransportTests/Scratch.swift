import Foundation
import Synchronization
import Testing

/// A folder of a test's own, and programs that run in it.
struct Scratch: Sendable {
    let folder: URL

    private static let starting = Mutex(())

    /// Makes a folder, runs the body, and removes the folder.
    static func with<Result>(_ body: (Scratch) async throws -> Result) async throws -> Result {
        let scratch = Scratch(
            folder: FileManager.default.temporaryDirectory.appendingPathComponent("transport-\(UUID().uuidString)"))
        try FileManager.default.createDirectory(at: scratch.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch.folder) }
        return try await body(scratch)
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(name))) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    /// What a program left behind.
    struct Outcome: Sendable {
        var status: Int32
        var output: [UInt8]
        var errors: String
    }

    /// Runs a program in the folder until it ends, with `input` as its standard input.
    @discardableResult
    func run(_ arguments: String..., input: [UInt8] = []) async throws -> Outcome {
        try await run(arguments, input: input)
    }

    /// Runs a program in the folder until it ends, with `input` as its standard input.
    @discardableResult
    func run(_ arguments: [String], input: [UInt8] = []) async throws -> Outcome {
        let id = UUID().uuidString
        for name in ["in", "out", "err"] { try write("\(id).\(name)", name == "in" ? input : []) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let input = try FileHandle(forReadingFrom: folder.appendingPathComponent("\(id).in"))
        let output = try FileHandle(forWritingTo: folder.appendingPathComponent("\(id).out"))
        let errors = try FileHandle(forWritingTo: folder.appendingPathComponent("\(id).err"))
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        let ended = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ended.continuation.finish() }
        // One at a time: Foundation reads the list of open files while it starts a program, and trips over changes.
        try Self.starting.withLock { _ in try process.run() }
        for handle in [input, output, errors] { try handle.close() }
        await withTaskCancellationHandler {
            for await _ in ended.stream {}
        } onCancel: {
            ended.continuation.finish()
        }
        if process.isRunning { process.terminate() }
        return Outcome(
            status: process.isRunning ? -1 : process.terminationStatus, output: try read("\(id).out"),
            errors: String(decoding: try read("\(id).err"), as: UTF8.self))
    }

    /// Runs `openssl`, which must succeed.
    func openssl(_ arguments: String...) async throws {
        let outcome = try await run(["openssl"] + arguments)
        try #require(outcome.status == 0, "openssl \(arguments.joined(separator: " ")): \(outcome.errors)")
    }
}

/// Waits until something is so, and fails the test when it never is. The limit is far beyond what any test needs.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<3000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what)
}
