import ArgumentParser
import Gateway
import Journal
import Primitives

/// Erases what was received under a file's number.
struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract:
            "Erase a file's original and the key of its records after the retention period, by a maker and a checker.",
        discussion: """
            The original's bytes and the key from which member references and salts derive are removed for ever. The \
            leaves of its records are kept first, so that proofs still verify; receipts, entries and statements stay. \
            Refused (PRV-001) until retentionYears of the programme have passed since the window's close. Copies and \
            backups are the host's to erase.

            EXAMPLES
              coalition erase MARCHE/LIVE/3 --reason RETENTION --data house \\
                --cert maker.pem --key maker.key \\
                --checker-cert checker.pem --checker-key checker.key
            """)

    @Argument(help: "PARTNER/SERIES/SEQUENCE.")
    var file: BatchArgument

    @Option(help: "Why, as a code such as RETENTION.")
    var reason: String

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("erase")
        document.file = file.batch.description
        document.reason = reason
        try await options.carryOut(document)
    }
}
