import ArgumentParser
import Demonstration
import Foundation
import Logging

/// Plays the golden scenario through a real gateway, for newcomers.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Plays two months of a small coalition: keys, TLS gateway, files, messages, statements.",
        discussion: """
            Everything is left in the folder: keys, the signed programme, what was sent, receipts, statements and the \
            data directory. The signatures of all statements are checked with the system's openssl.

            EXAMPLE
              coalition demo my-demo
              openssl cms -verify -binary -inform DER -CAfile my-demo/pki/ca.pem -content \\
                my-demo/statements/MARCHE/STL-W-2026-03B-MARCHE.txt \\
                -in my-demo/statements/MARCHE/STL-W-2026-03B-MARCHE.txt.p7s
            """)

    @Argument(help: "The folder to leave everything in; it must not exist, or be empty.")
    var folder = "coalition-demo"

    @Flag(help: "Tell what the gateway logs, too.")
    var verbose = false

    func run() async throws {
        if Files.exists(folder), try !Files.isDirectory(folder) || !Files.names(in: folder).isEmpty {
            throw UsageError("\(folder) is there already", action: "name another folder, or remove it")
        }
        var logger = Logger(label: "coalition", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = verbose ? .info : .error
        let story = Story(folder: URL(filePath: folder), logger: logger) { Console.write($0.isEmpty ? "\n" : $0) }
        let outcome = try await story.play()
        guard outcome.refused.isEmpty else { throw ExitCode(3) }
    }
}
