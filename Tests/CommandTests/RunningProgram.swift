import Foundation
import Glibc
import TestKit
import Testing

/// A program that runs beside the test: a gateway, a client that is to be killed, a folder that is watched.
final class RunningProgram: Sendable {
    private let process: Process
    private let folder: ScratchFolder
    private let label: String
    private let place: Workplace
    private let line: String

    /// Starts the program, or another one.
    init(_ line: String, _ executable: String = Program.path, more: [String] = [], in place: Workplace) throws {
        folder = place.folder
        self.place = place
        self.line = line
        label = UUID().uuidString
        process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = line.split(separator: " ").map(String.init) + more
        process.currentDirectoryURL = URL(filePath: place.folder.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(
            forWritingTo: URL(filePath: try place.folder.write("", to: "\(label).out")))
        process.standardError = try FileHandle(
            forWritingTo: URL(filePath: try place.folder.write("", to: "\(label).err")))
        try process.run()
    }

    deinit {
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    /// What it has written so far.
    var output: String { String(decoding: (try? folder.read("\(label).out")) ?? [], as: UTF8.self) }
    var errors: String { String(decoding: (try? folder.read("\(label).err")) ?? [], as: UTF8.self) }

    /// Whether it has ended by itself.
    var hasEnded: Bool { !process.isRunning }

    /// Sends it a signal.
    func signal(_ number: Int32) { Glibc.kill(process.processIdentifier, number) }

    /// Sends it a signal that it obeys, and answers its exit status; nil when the signal itself ended it.
    func end(_ number: Int32) -> Int32? {
        signal(number)
        process.waitUntilExit()
        let outcome = ExternalProgram.Outcome(
            status: process.terminationStatus, output: Array(output.utf8), errors: errors)
        place.inspect(outcome, line, at: #_sourceLocation)
        return process.terminationReason == .exit ? process.terminationStatus : nil
    }

    /// Ends it at once, whatever it does. The threads that tests run on block SIGTERM, and what they start inherits
    /// that: only a program that asks for the signal sees it.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits until something is so.
    ///
    /// - Throws: when the program ends before, or after a time that nothing takes.
    func wait(for what: String, until isSo: () throws -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Program.limitSeconds)
        while try !isSo() {
            try #require(process.isRunning || (try isSo()), "it ended before \(what): \(errors)")
            try #require(clock.now < end, "waited too long for \(what): \(errors)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A gateway on a free port of this machine.
struct RunningGateway {
    let program: RunningProgram
    let port: Int

    init(in place: Workplace, _ options: String = "--data demo/data") async throws {
        let name = "port-\(UUID().uuidString)"
        let program = try RunningProgram("serve --port 0 --port-file \(name) \(options)", in: place)
        try await program.wait(for: "the port") { place.exists(name) }
        self.program = program
        port = try #require(Int(try place.text(name).trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// Options of a client's connection.
    func client(_ name: String, pki: String = "demo/pki", port other: Int? = nil) -> String {
        "--gateway 127.0.0.1:\(other ?? port) --tls-cert \(pki)/\(name).pem --tls-key \(pki)/\(name).key"
            + " --ca \(pki)/ca.pem"
    }

    /// Drains it, which must end with status 0.
    func stop(at location: SourceLocation = #_sourceLocation) {
        let status = program.end(SIGTERM)
        #expect(status == 0, "\(program.errors)", sourceLocation: location)
    }
}
