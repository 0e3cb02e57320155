import ArgumentParser
import Gateway
import House
import Inquiry
import Journal
import Primitives
import Transport
import Wire

/// Receipts.
struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt",
        abstract: "Fetch a file's signed receipts.",
        subcommands: [ReceiptGet.self])
}

/// Fetches a receipt.
struct ReceiptGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print a receipt by its id, or a file's by its number, or write it with its signature.",
        discussion: """
            By number the last receipt is given, or that of --grade. CLEARED is issued at the first request after the \
            window's close; with --data that needs the directory's lock.

            What belongs to a receipt is named by it: RCP-00000042.findings.csv has all findings, where the receipt \
            lists the first only; RCP-00000042.results.csv every record with what became of it; \
            RCP-00000042.refused.xml (or .csv, as the file was) the refused records, ready to be corrected and sent.

            EXAMPLES
              coalition receipt get RCP-00000042 --data house
              coalition receipt get RCP-00000042.refused.xml --out . --data house
              coalition receipt get MARCHE/LIVE/3 --grade cleared --out . --data house
            """)

    @Argument(help: "A receipt's id, the name of what belongs to it, or PARTNER/SERIES/SEQUENCE.")
    var name: String

    @Option(help: "Received, validated or cleared.")
    var grade: ReceiptGrade?

    @Option(help: ArgumentHelp("A file or directory to write to, the signature (.p7s) beside it.", valueName: "path"))
    var out: String?

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        if name.hasPrefix("RCP-"), name.contains(".") { return try await attached().deliver(out) }
        if name.hasPrefix("RCP-") {
            if let data = place.data { return try HouseReader(data).receipt(name).deliver(out) }
            return try await RemoteDocument(connection: place.connection, id: name).fetch(as: name + ".xml", out)
        }
        guard let batch = BatchArgument(argument: name)?.batch else {
            throw UsageError("'\(name)' is neither a receipt's id nor PARTNER/SERIES/SEQUENCE")
        }
        if let data = place.data { return try await local(batch, data).deliver(out) }
        let grade = grade ?? .validated
        let receipt = try await place.connection.connected { connection in
            try await connection.wait(
                ReceiptWait(batch: BatchNumber(series: batch.series, sequence: batch.sequence), grade: grade))
        }
        try KeptDocument(name: receipt.id.text + ".xml", bytes: receipt.document, signature: receipt.signature)
            .deliver(out)
    }

    /// What belongs to a receipt, and is made when it is asked for.
    private func attached() async throws -> KeptDocument {
        guard let data = place.data else {
            let (bytes, signature) = try await RemoteDocument(connection: place.connection, id: name).get()
            return KeptDocument(name: name, bytes: bytes, signature: signature)
        }
        let house = try HouseAccess.open(data, config: place.config)
        let document = try await house.document(name, for: nil)
        return KeptDocument(
            name: name, bytes: try document.read(at: 0, count: Int(document.size)), signature: document.signature)
    }

    private func local(_ batch: BatchID, _ data: String) async throws -> KeptDocument {
        let reader = try HouseReader(data)
        guard let history = reader.house.files.history(batch), let attempt = history.holder ?? history.attempts.last
        else {
            throw Refusal(.net005, value: batch.description, detail: "no file has arrived under this number")
        }
        if grade == .cleared, attempt.cleared == nil {
            let house = try HouseAccess.open(data, config: place.config)
            guard let receipt = try await house.clearedReceipt(batch) else {
                throw Refusal(.net005, value: batch.description, detail: "the file is not cleared")
            }
            return KeptDocument(name: receipt.id + ".xml", bytes: receipt.document, signature: receipt.signature)
        }
        let wanted = ReceiptGrade.allCases.firstIndex { $0 == grade }
        let ids = attempt.receiptIDs
        guard let id = wanted.map({ ids.indices.contains($0) ? ids[$0] : nil }) ?? ids.last else {
            throw Refusal(.net005, value: batch.description, detail: "the file has no receipt of this grade")
        }
        return try reader.receipt(id)
    }
}
