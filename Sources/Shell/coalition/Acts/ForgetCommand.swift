import ArgumentParser
import Gateway
import Journal
import Primitives

/// Closes files and messages in which a forgotten member stands.
struct ForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract:
            "Close files and messages of a partner to readers, because a member in them is forgotten, by a maker and a "
            + "checker.",
        discussion: """
            The originals stay in the house until their retention has passed, and nobody is shown what is read from \
            them any more (PRV-003). 'member find' tells which files and messages have a member in them, and writes \
            the document. It never names the member: the log keeps it for ever.

            EXAMPLES
              coalition forget MARCHE/LIVE/3 MARCHE/LIVE/9 --message MARCHE/MSG-7 \\
                --reason MEMBER-REQUEST --data house --cert maker.pem --key maker.key \\
                --checker-cert checker.pem --checker-key checker.key
              coalition forget --document drafts/forget-MARCHE.json --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "Files, each PARTNER/SERIES/SEQUENCE; all of one partner.")
    var files: [BatchArgument] = []

    @Option(help: ArgumentHelp("A message of the partner; may be given again.", valueName: "PARTNER/MESSAGE-ID"))
    var message: [String] = []

    @Option(help: "Why, as a code such as MEMBER-REQUEST.")
    var reason: String?

    @Option(help: ArgumentHelp("A document that 'member find' wrote, in place of all these.", valueName: "file"))
    var document: String?

    @OptionGroup var options: ActOptions

    func validate() throws {
        let isNamed = !files.isEmpty || !message.isEmpty
        guard document == nil ? isNamed && reason != nil : !isNamed && reason == nil && options.reference == nil else {
            throw ValidationError("give files or --message with --reason, or --document")
        }
    }

    func run() async throws {
        if let document {
            let draft = try ActDocument(try Files.read(document))
            guard draft.act == "forget" else { throw UsageError("\(document) is no document of the act forget") }
            return try await options.carryOut(draft)
        }
        var act = try options.document("forget")
        act.files = files.isEmpty ? nil : files.map(\.batch.description)
        act.messages = message.isEmpty ? nil : message
        act.reason = reason
        try await options.carryOut(act)
    }
}
