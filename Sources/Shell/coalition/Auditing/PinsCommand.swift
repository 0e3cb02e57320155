import ArgumentParser
import Evidence
import FileStore
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transparency

/// Writes what a verifier trusts.
struct PinsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pins",
        abstract: "Write the pins file: the coalition's authority and the key of the log.",
        discussion: """
            A verifier trusts nothing but this file. Give it to auditors and partners over another way than the evidence, \
            and let them compare the fingerprints that this command prints.

            EXAMPLES
              coalition audit pins --out pins.pem --data house
            """)

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var out: String

    @OptionGroup var place: DataOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try place.reader()
        guard let genesis = reader.house.genesis else { throw Fault("the log has no first fact") }
        let key = try LogKey(readFrom: reader.directory.keys)
        let authorities = try genesis.authorities.flatMap { try Certificate.all(inFile: Array($0.utf8)) }
        let pins = PinsFile(authorities: authorities, logKeys: [key.verifier])
        try Files.write(Array(pins.text.utf8), to: out)
        var report = Report()
        report.add("pins", out)
        report.add(
            "authorities",
            items: authorities.map { certificate in
                var item = Report()
                item.add("authority", certificate.subject)
                item.add("fingerprint", certificate.fingerprint)
                return item
            })
        report.add("log key", key.verifier.description)
        output.show(report)
    }
}

/// Everything for auditors.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Look at a house as an auditor does.",
        subcommands: [
            PinsCommand.self, SampleCommand.self, ExceptionsCommand.self, DiffCommand.self, KeyAuditCommand.self,
        ])
}
