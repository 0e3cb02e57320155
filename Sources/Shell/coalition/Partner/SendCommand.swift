import ArgumentParser
import Gateway
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transport
import Validation
import Wire

/// Sends a real-time message.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sign and send a real-time message, and print the signed answer.",
        discussion: """
            The message is an XML file by Specs/xsd/realtime.xsd, or a question by option. The same message id and \
            bytes get the same answer for ever: after a broken connection, send again or ask with --status-of.

            Exit status 0: answered. 1: the record is refused; the reasons stand in the answer.

            EXAMPLES
              coalition send message.xml --cert RAILCO-signing.pem \\
                --key RAILCO-signing.key --gateway gateway.example:7443 \\
                --tls-cert RAILCO-tls.pem --tls-key RAILCO-tls.key --ca ca.pem
              coalition send --status-of RAI-2026-0001 --cert ... --key ... --gateway ...
              coalition send --position --cert ... --key ... --gateway ...
            """)

    @Argument(help: "The message, XML.")
    var file: String?

    @Option(help: ArgumentHelp("Ask what became of an earlier message.", valueName: "message id"))
    var statusOf: MessageID?

    @Option(help: ArgumentHelp("Ask what became of a record, whatever brought it.", valueName: "transaction id"))
    var transaction: String?

    @Flag(help: "Ask for the own position.")
    var position = false

    @Option(help: "The window of the position; the open one by default.")
    var window: WindowID?

    @Option(help: ArgumentHelp("Ask for an answer with this text.", valueName: "text"))
    var echo: String?

    @Option(help: ArgumentHelp("The partner, where no connection says it (--data).", valueName: "partner"))
    var partner: PartnerID?

    @OptionGroup var signer: SignerOptions

    @Option(help: ArgumentHelp("Where to write the answer as it was signed (.p7m).", valueName: "file"))
    var out: String?

    @OptionGroup var place: PlaceOptions

    func validate() throws {
        let wishes = [file != nil, statusOf != nil, transaction != nil, position, echo != nil].filter { $0 }.count
        guard wishes == 1 else {
            throw ValidationError("give a message, or one of --status-of, --transaction, --position, --echo")
        }
    }

    func run() async throws {
        let signer = try signer.signer()
        let answer: [UInt8]
        let content: [UInt8]
        if let house = try place.house() {
            let (message, partner) = try message(partner)
            let cms = try signer.signAttached(message, at: await house.now)
            answer = try await house.answer(cms, from: partner).answer
            content = try CMSSignature(ber: answer, maximumBytes: answer.count).content ?? []
        } else {
            answer = try await place.connection.connected { [self] connection in
                let (message, _) = try message(try? PartnerID(connection.welcome.party.name))
                let cms = try signer.signAttached(message, at: connection.welcome.time)
                return try await connection.send(SignedMessage(cms: cms)).cms
            }
            content = try HostDocuments(authority: place.connection.ca ?? "").content(of: answer)
        }
        if let out { try Files.write(answer, to: out) }
        Console.write(content)
        let text = ReceiptText(content)
        if file != nil, text.status == RecordStatus.refused.rawValue { throw QuietExit(status: .refused) }
    }

    /// The message's bytes and the partner that it is from.
    private func message(_ known: PartnerID?) throws -> ([UInt8], PartnerID) {
        if let file {
            let bytes = try Files.read(file)
            return (bytes, try MessageReader.read(bytes, hash: { SHA256.digest($0) }).partner)
        }
        guard let known else { throw UsageError("whose question it is must be said", action: "give --partner") }
        let operation: MessageWriter.Operation
        if let statusOf {
            operation = .messageStatus(statusOf)
        } else if let transaction {
            operation = .transactionStatus(try TransactionID(transaction))
        } else if let echo {
            operation = .echo(echo)
        } else {
            operation = .position(window)
        }
        let id = MessageID(unchecked: "ASK-\(Hex.encode(try SecureRandom.bytes(8)))")
        let bytes = MessageWriter.message(id, createdAt: HouseClock.machine().wholeSeconds, partner: known, operation)
        return (bytes, known)
    }
}

/// Withdraws a file's number.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Withdraw a file's number before the file arrives or is judged, and print the signed answer.",
        discussion: """
            EXAMPLES
              coalition cancel MARCHE/LIVE/4 --cert MARCHE-signing.pem \\
                --key MARCHE-signing.key --gateway gateway.example:7443 \\
                --tls-cert MARCHE-tls.pem --tls-key MARCHE-tls.key --ca ca.pem
            """)

    @Argument(help: "PARTNER/SERIES/SEQUENCE.")
    var file: BatchArgument

    @OptionGroup var signer: SignerOptions

    @Option(help: ArgumentHelp("Where to write the answer as it was signed (.p7m).", valueName: "file"))
    var out: String?

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let signer = try signer.signer()
        let batch = file.batch
        let request = Array("CANCEL \(batch)\n".utf8)
        let answer: [UInt8]
        let content: [UInt8]
        if let house = try place.house() {
            answer = try await house.cancel(batch, request: try signer.signAttached(request, at: await house.now))
                .answer
            content = try CMSSignature(ber: answer, maximumBytes: answer.count).content ?? []
        } else {
            answer = try await place.connection.connected { connection in
                let party = connection.welcome.party
                guard party.name == batch.partner.text else {
                    throw Refusal(.fil001, value: party.description, detail: "the number is of \(batch.partner)")
                }
                let cms = try signer.signAttached(request, at: connection.welcome.time)
                let number = BatchNumber(series: batch.series, sequence: batch.sequence)
                return try await connection.cancel(CancelRequest(batch: number, cms: cms)).cms
            }
            content = try HostDocuments(authority: place.connection.ca ?? "").content(of: answer)
        }
        if let out { try Files.write(answer, to: out) }
        Console.write(content)
    }
}
