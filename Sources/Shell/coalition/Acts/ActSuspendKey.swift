import ArgumentParser
import Gateway
import Primitives

/// Suspends a partner's key by an act of maker and checker.
struct ActSuspendKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend-key",
        abstract: "Suspend a partner's key for ever, as an act of maker and checker.",
        discussion: """
            From the checker's signature on, no signature by the key is accepted and no connection with it admitted. \
            A partner suspends its own keys with 'coalition keys suspend'.

            EXAMPLES
              coalition act suspend-key 5c83... --partner MARCHE --reason STOLEN \\
                --data house --cert maker.pem --key maker.key
            """)

    @Argument(help: "The fingerprint of the key's certificate.")
    var fingerprint: Digest32

    @Option(help: "Whose key it is.")
    var partner: PartnerID

    @Option(help: "Why, as a code or in words.")
    var reason: String

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("suspend-key")
        document.partner = partner.text
        document.fingerprint = fingerprint.description
        document.reason = reason
        try await options.carryOut(document)
    }
}
