import ArgumentParser
import Foundation
import Gateway
import Journal
import OpenSSLKit
import Primitives
import Validation

/// Submits batch files.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit a signed batch file, or every file of a drop folder, and wait for its receipts.",
        discussion: """
            Partner, series and number are those of the file's header. The signature is FILE.p7s unless --cert and \
            --key make one. A broken upload is taken up where it broke; a file that the gateway has already gets its \
            stored receipts again. Receipts are verified with --ca (at a gateway) and written beside the file, or to \
            --receipts.

            With --watch a folder is looked at until the program is ended (--once: one look). Each XML or CSV file is \
            submitted once it has stopped growing, then moved to DIR/sent or DIR/refused with its receipts.

            Exit status 0: accepted, or partly. 1: refused; the reasons stand on standard error and in the receipt.

            EXAMPLES
              coalition submit batch.xml --cert MARCHE-signing.pem \\
                --key MARCHE-signing.key --gateway gateway.example:7443 \\
                --tls-cert MARCHE-tls.pem --tls-key MARCHE-tls.key --ca ca.pem
              coalition submit --watch outbox --cert ... --key ... --gateway ...
              coalition submit batch.xml --data house
            """)

    @Argument(help: "The batch file, XML or CSV.")
    var file: String?

    @Option(help: ArgumentHelp("A drop folder to submit from, instead of one file.", valueName: "dir"))
    var watch: String?

    @Flag(help: "With --watch: submit what is there and end.")
    var once = false

    @Option(help: ArgumentHelp("The signature; FILE.p7s by default.", valueName: "file"))
    var signature: String?

    @Option(help: ArgumentHelp("The partner's signing certificate, to sign now.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("Its key.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("A file whose first line is that key's password.", valueName: "file"))
    var keyPasswordFile: String?

    @Option(help: "The series, when it is not to be read from the file: LIVE or TEST.")
    var series: Series?

    @Option(help: "The number in the series, when it is not to be read from the file.")
    var sequence: Int64?

    @Option(name: .customLong("wait"), help: "The last receipt to wait for: received, validated or cleared.")
    var grade = ReceiptGrade.validated

    @Option(help: ArgumentHelp("Where receipts are written; beside the file by default.", valueName: "dir"))
    var receipts: String?

    @Option(help: "How often a broken connection is made again.")
    var retries = 5

    @OptionGroup var place: PlaceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (file == nil) != (watch == nil) else { throw ValidationError("give a file, or --watch") }
        guard (cert == nil) == (key == nil) else { throw ValidationError("--cert and --key come together") }
        if watch != nil, signature != nil || sequence != nil || series != nil {
            throw ValidationError("--signature, --series and --sequence belong to one file")
        }
        if watch != nil, cert == nil { throw ValidationError("--watch needs --cert and --key") }
        if retries < 0 { throw ValidationError("--retries is 0 or more") }
        if let sequence, sequence < 1 { throw ValidationError("--sequence is 1 or more") }
    }

    func run() async throws {
        if let watch {
            return try await DropFolder(path: watch, output: output).run(once: once) { path, folder in
                try await submit(path, receipts: folder)
            }
        }
        let outcome = try await submit(file ?? "", receipts: receipts)
        outcome.show(output)
        if outcome.isRefused { throw QuietExit(status: .refused) }
    }

    private func submit(_ path: String, receipts: String?) async throws -> SubmitOutcome {
        let file = try SubmittedFile(path, series: series, sequence: sequence) { digest in
            if let cert, let key {
                let signer = try SigningFiles.signer(cert, key, passwordFile: keyPasswordFile)
                return try signer.signDetached(digest: digest, at: HouseClock.machine().wholeSeconds)
            }
            let path = signature ?? path + ".p7s"
            guard Files.exists(path) else {
                throw UsageError("\(path) is not there", action: "sign the file, or give --cert and --key")
            }
            return try Files.read(path)
        }
        let found: [SubmittedReceipt]
        if let house = try place.house() {
            found = try await LocalIntake(house: house).submit(file, until: grade)
        } else {
            let upload = RemoteUpload(connection: place.connection, retries: retries)
            found = try await upload.submit(file, until: grade)
        }
        let outcome = SubmitOutcome(file: file, receipts: found)
        try outcome.keep(in: receipts)
        return outcome
    }
}

/// A batch file on its way: its declaration and its signature.
struct SubmittedFile: Sendable {
    let path: String
    let batch: BatchID
    let messageID: MessageID
    let format: BatchFormat
    let size: Int64
    let digest: Digest32
    let signature: [UInt8]

    /// Reads a file's header and digest.
    ///
    /// - Parameter sign: gives the signature for a digest.
    /// - Throws: `Refusal` with a SYN code when the header cannot be read; `UsageError` when the file cannot.
    init(_ path: String, series: Series?, sequence: Int64?, sign: (Digest32) throws -> [UInt8]) throws {
        let reader = BatchReader(hash: { SHA256.digest($0) })
        let stream = DigestStream(.sha256)
        var sink = HeaderSink()
        try Files.forEachPiece(path) { piece in
            stream.update(piece)
            if sink.header == nil { try reader.feed(piece, to: &sink) }
        }
        if sink.header == nil { _ = try reader.finish(to: &sink) }
        guard let header = sink.header else { throw Refusal(.syn002, value: path, detail: "the file has no header") }
        self.path = path
        batch = BatchID(
            partner: header.initiatingParty, series: series ?? header.series,
            sequence: sequence ?? header.sequenceNumber)
        messageID = header.messageID
        format = header.format
        size = stream.byteCount
        digest = stream.finalizeDigest32()
        signature = try sign(digest)
    }
}

/// Keeps a file's header and forgets its records.
private struct HeaderSink: BatchSink {
    var header: BatchHeader?

    mutating func header(_ header: BatchHeader) throws(Refusal) { self.header = header }
    mutating func record(_ outcome: RecordOutcome) throws(Refusal) {}
}
