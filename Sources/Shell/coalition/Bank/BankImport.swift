import ArgumentParser
import BankFiles
import BankMessages
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Settlement

/// Takes in what a bank reports.
struct BankImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Match a bank's camt.053 or camt.054 with the instructions, and confirm or return them, all or none.",
        discussion: """
            Each entry is for one instruction, by its end-to-end id, currency and direction; several may add up for \
            one. Every entry of the file must match, or none is taken. The acts are signed by a maker as one set, and \
            nothing happens before a checker has countersigned the last of them: give --checker-cert, or let the \
            checker run this command on the same file with --countersign. Entries that were taken before are left out.

            EXAMPLES
              coalition bank import camt054.xml --data house --cert maker.pem --key maker.key
              coalition bank import camt054.xml --countersign --data house \\
                --cert checker.pem --key checker.key
              coalition bank import camt053.xml --dry-run --data house
            """)

    @Argument(help: ArgumentHelp("The bank's file.", valueName: "file"))
    var file: String

    @Flag(help: "Countersign the acts that another officer made of the same file.")
    var countersign = false

    @Flag(help: "Tell what the file comes to, and do nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("The signer's certificate, PEM.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("Its private key, PEM.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("A checker's certificate, to countersign at once.", valueName: "file"))
    var checkerCert: String?

    @Option(help: ArgumentHelp("Its key.", valueName: "file"))
    var checkerKey: String?

    @Option(help: ArgumentHelp("The data directory, when no gateway runs on it.", valueName: "dir"))
    var data: String

    @Option(
        help: ArgumentHelp("The configuration with the host's keys; DIR/gateway.yaml by default.", valueName: "file"))
    var config: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (cert == nil) == (key == nil), (checkerCert == nil) == (checkerKey == nil) else {
            throw ValidationError("a certificate and its key come together")
        }
        guard dryRun != (cert != nil) else { throw ValidationError("give --cert and --key, or --dry-run") }
        guard checkerCert == nil || !countersign && !dryRun else {
            throw ValidationError("--checker-cert belongs to neither --countersign nor --dry-run")
        }
    }

    func run() async throws {
        let bytes = try Files.read(file)
        let report = try BankFileReader(bytes)
        let reader = try HouseReader(data)
        let matching = try BankMatching(
            report.movements, book: reader.house.instructions, banking: try reader.programme().banking)
        if matching.matches.isEmpty {
            throw Refusal(.act005, value: report.messageID, detail: "every entry of the file was taken before")
        }
        let documents = BankSet.documents(matching, file: SHA256.digest(bytes))
        var fact: UInt64?
        if let cert, let key {
            let signer = try SigningFiles.signer(cert, key)
            let house = try HouseAccess.open(data, config: config)
            if !countersign { try await propose(documents, signer, house) }
            if countersign {
                fact = try await countersign(documents, signer, house)
            } else if let checkerCert, let checkerKey {
                fact = try await countersign(documents, try SigningFiles.signer(checkerCert, checkerKey), house)
            }
        }
        show(matching, report.messageID, fact)
    }

    private func propose(_ documents: [ActDocument], _ signer: CMSSigner, _ house: Clearinghouse) async throws {
        let now = await house.now
        for document in documents {
            _ = try await house.propose(
                document: document.bytes, signature: try signer.signDetached(document.bytes, at: now))
        }
    }

    /// Answers the fact of the last act.
    private func countersign(
        _ documents: [ActDocument], _ signer: CMSSigner, _ house: Clearinghouse
    ) async throws -> UInt64? {
        let now = await house.now
        var fact: UInt64?
        for document in documents {
            let outcome = try await house.countersign(
                digest: SHA256.digest(document.bytes), signature: try signer.signDetached(document.bytes, at: now))
            fact = outcome.fact
        }
        return fact
    }

    private func show(_ matching: BankMatching, _ messageID: String, _ fact: UInt64?) {
        let state = dryRun ? "nothing was done" : fact.map { "done: fact \($0)" } ?? "waits for another officer"
        var table = TextTable(["act", "instruction", "amount", "date", "bank"], right: [2])
        for match in matching.matches {
            let entry = match.entry
            table.add([
                entry.isReturn ? "return" : "confirm", entry.endToEndID, entry.amount.description,
                entry.bookingDate.description, entry.reference,
            ])
        }
        for entry in matching.known {
            table.add([
                "known", entry.endToEndID, entry.amount.description, entry.bookingDate.description, entry.reference,
            ])
        }
        output.show(
            [
                "message": .text(messageID), "matched": .integer(Int64(matching.matches.count)),
                "known": .integer(Int64(matching.known.count)), "state": .text(state),
            ], "\(messageID): \(state)\n" + table.text)
    }
}

/// The acts of a bank's file, as one set.
enum BankSet {
    /// The same file gives the same documents, so that maker and checker make them apart from each other.
    static func documents(_ matching: BankMatching, file: Digest32) -> [ActDocument] {
        let name = "BANK-" + file.description.prefix(32)
        return matching.matches.enumerated().map { index, match in
            let entry = match.entry
            var act = ActDocument(act: entry.isReturn ? "return" : "confirm", reference: "\(name)-\(index + 1)")
            act.set = "\(name)/\(matching.matches.count)"
            act.instruction = entry.endToEndID
            act.bankReference = entry.reference
            act.bookingDate = entry.bookingDate.description
            if case .returned(_, _, _, let reason) = match.step {
                act.reason = reason
            } else {
                act.amount = entry.amount.amountText
            }
            return act
        }
    }
}
