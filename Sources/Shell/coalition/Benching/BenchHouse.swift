import Demonstration
import Foundation
import Logging
import OpenSSLKit
import Primitives
import Transport

/// A house as the demonstration leaves it, with a gateway that serves it as a process of its own.
final class BenchHouse {
    /// A partner of the demonstration, and the unit in which its members earn.
    struct Sender: Hashable, Sendable {
        /// The partner.
        var partner: PartnerID
        /// Its own points, or those of the coalition.
        var unit: CurrencyCode
    }

    /// What the gateway used of the machine.
    struct Usage {
        /// CPU seconds, user and system, of itself and its children.
        var cpuSeconds: Double
        /// The most memory that it had, MiB.
        var peakMiB: Double
    }

    /// Who sends, beginning with who sends files.
    let senders: [Sender]
    /// The house's folder: `pki`, `data`, `sent`.
    private let folder: URL
    private let process: Process
    private let port: Int

    private init(_ folder: URL, _ process: Process, port: Int) throws {
        self.folder = folder
        self.process = process
        self.port = port
        senders = try [("MARCHE", "MKP"), ("RAILCO", "RLM"), ("CARBU", "FUP"), ("BANQUE", "SML")].map { name, code in
            guard let unit = CurrencyCode(code) else { throw Fault("\(code) is no unit") }
            return Sender(partner: try PartnerID(name), unit: unit)
        }
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
                return try BenchHouse(demo, process, port: port)
            }
            guard process.isRunning else { break }
        }
        process.terminate()
        throw Fault("the gateway did not start; \(log.path) says why")
    }

    /// Where its keys are.
    private func key(_ name: String) -> String { folder.appending(path: "pki/\(name)").path }

    /// How to connect as a partner.
    func client(_ partner: PartnerID) throws -> ClientConfiguration {
        let identity = try TLSIdentity(
            chainFile: key("\(partner)-tls.pem"), keyFile: key("\(partner)-tls.key"), rootsFile: key("ca.pem"))
        return ClientConfiguration(
            endpoint: Endpoint(host: "localhost", port: port), identity: identity, software: "coalition-bench/1.0")
    }

    /// Signs as a partner.
    ///
    /// - Parameter includesCertificate: Messages are cheaper to check without.
    func signer(_ partner: PartnerID, includesCertificate: Bool) throws -> CMSSigner {
        try CMSSigner(
            certificate: try Files.certificate(key("\(partner)-signing.pem")),
            key: try Files.key(key("\(partner)-signing.key")), includesCertificate: includesCertificate)
    }

    /// How many files a partner has sent in the demonstration.
    func filesSent(by partner: PartnerID) throws -> Int64 {
        let sent = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "sent/\(partner)").path)
        return Int64(sent.filter { $0.hasSuffix(".p7s") }.count)
    }

    /// How often the log was flushed since it began.
    func flushes() throws -> Int {
        try LogAppends(dataDirectory: folder.appending(path: "data").path).count()
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

    /// What the gateway has used when half a second has passed in which it did next to nothing; after a minute at most.
    func usageWhenQuiet() async throws -> Usage {
        var last = try usage()
        for _ in 0..<120 {
            try await Task.sleep(for: .milliseconds(500))
            let now = try usage()
            if now.cpuSeconds - last.cpuSeconds < 0.02 { return now }
            last = now
        }
        return last
    }

    /// Ends the gateway.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
