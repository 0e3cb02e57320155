import Demonstration
import Foundation
import Logging
import OpenSSLKit
import Primitives
import Transport

/// A house as the demonstration leaves it, with a gateway that serves it as a process of its own.
final class BenchHouse {
    /// Who sends.
    static let partner = "MARCHE"
    /// What the gateway used of the machine.
    struct Usage {
        /// CPU seconds, user and system.
        var cpuSeconds: Double
        /// The most memory that it had, MiB.
        var peakMiB: Double
    }

    private let folder: URL
    private let process: Process
    private let port: Int

    private init(_ folder: URL, _ process: Process, port: Int) {
        self.folder = folder
        self.process = process
        self.port = port
    }

    /// Plays the demonstration in a folder and starts a gateway on its house.
    ///
    /// - Throws: `Fault` when the gateway does not start.
    static func make(in folder: URL) async throws -> BenchHouse {
        var logger = Logger(label: "coalition", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .error
        let demo = folder.appending(path: "house")
        let outcome = try await Story(folder: demo, logger: logger) { _ in }.play()
        guard outcome.refused.isEmpty else { throw Fault("the demonstration's documents are not confirmed") }
        let (process, portFile) = (Process(), folder.appending(path: "port"))
        let pki = demo.appending(path: "pki")
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "serve", "--data", demo.appending(path: "data").path, "--port", "0", "--port-file", portFile.path,
            "--host-cert", pki.appending(path: "host-signing.pem").path,
            "--host-key", pki.appending(path: "host-signing.key").path,
            "--tls-cert", pki.appending(path: "gateway-tls.pem").path,
            "--tls-key", pki.appending(path: "gateway-tls.key").path,
            "--crl", pki.appending(path: "ca.crl.pem").path,
        ]
        let log = folder.appending(path: "serve.log")
        try Files.write([], to: log.path)
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        for _ in 0..<600 {
            try await Task.sleep(for: .milliseconds(50))
            if let text = try? String(contentsOf: portFile, encoding: .utf8),
                let port = Int(text.filter { $0 != "\n" })
            {
                return BenchHouse(demo, process, port: port)
            }
            guard process.isRunning else { break }
        }
        process.terminate()
        throw Fault("the gateway did not start; \(log.path) says why")
    }

    /// Where its keys are.
    func key(_ name: String) -> String { folder.appending(path: "pki/\(name)").path }

    /// How to connect as the partner.
    func client() throws -> ClientConfiguration {
        let identity = try TLSIdentity(
            chainFile: key("\(Self.partner)-tls.pem"), keyFile: key("\(Self.partner)-tls.key"),
            rootsFile: key("ca.pem"))
        return ClientConfiguration(
            endpoint: Endpoint(host: "localhost", port: port), identity: identity, software: "coalition-bench/1.0")
    }

    /// Signs as the partner, without the certificate: messages are cheaper to check so.
    func signer() throws -> CMSSigner {
        try CMSSigner(
            certificate: try Files.certificate(key("\(Self.partner)-signing.pem")),
            key: try Files.key(key("\(Self.partner)-signing.key")), includesCertificate: false)
    }

    /// What the gateway used so far.
    ///
    /// - Throws: `Fault` when the system does not say.
    func usage() throws -> Usage {
        func read(_ name: String) throws -> String {
            String(decoding: try Files.read("/proc/\(process.processIdentifier)/\(name)"), as: UTF8.self)
        }
        // Behind the name in parentheses, fields 12 to 15 are ticks of itself and of its children, user and system.
        let fields = try read("stat").split(separator: ")").last?.split(separator: " ") ?? []
        let peak = try read("status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ")
        guard fields.count > 14, let peak, peak.count > 1, let kilobytes = Double(peak[1]) else {
            throw Fault("the system does not say what the gateway used")
        }
        let ticks = fields[11...14].compactMap { Double($0) }.reduce(0, +)
        return Usage(cpuSeconds: ticks / Double(sysconf(Int32(_SC_CLK_TCK))), peakMiB: kilobytes / 1024)
    }

    /// Ends the gateway.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
