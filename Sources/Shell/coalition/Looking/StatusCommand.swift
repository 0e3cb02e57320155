import ArgumentParser
import Clearing
import Gateway
import House
import Inquiry
import Journal
import Primitives
import Transport
import Wire

/// What became of a file or message.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell what became of a file, by its number, message id or receipt, or of a message, by its id.",
        discussion: """
            EXAMPLES
              coalition status MARCHE/LIVE/3 --data house
              coalition status MARCHE/MAR-2026-0317 --data house
              coalition status RCP-00000042 --data house
              coalition status LIVE/3 --gateway gateway.example:7443 \\
                --tls-cert tls.pem --tls-key tls.key --ca ca.pem
            """)

    @Argument(help: "PARTNER/SERIES/SEQUENCE, PARTNER/MESSAGE-ID or a receipt's id; at a gateway SERIES/SEQUENCE.")
    var name: String

    @OptionGroup var place: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let data = place.data else {
            let name = name
            let answer = try await place.connection.connected { connection in
                try await connection.query(Query(kind: QueryKind(unchecked: "status"), arguments: name))
            }
            return output.show(try Report(answer: answer))
        }
        let reader = try HouseReader(data)
        if let batch = BatchArgument(argument: name)?.batch ?? reader.house.files.find(receipt: name)?.batch {
            return output.show(try Self.report(batch, reader.house))
        }
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let partner = try? PartnerID(parts[0]), let id = try? MessageID(parts[1]) else {
            throw UsageError("'\(name)' names no file, message or receipt")
        }
        if let batch = reader.house.files.batch(messageID: id, of: partner) {
            return output.show(try Self.report(batch, reader.house))
        }
        guard let message = try reader.house.messages.find(id, of: partner, in: reader.history) else {
            throw Refusal(.net005, value: name, detail: "no such file or message is known")
        }
        output.show(try Self.report(message.sequence, reader))
    }

    private static func report(_ batch: BatchID, _ house: HouseState) throws -> Report {
        guard let history = house.files.history(batch) else {
            throw Refusal(.net005, value: batch.description, detail: "no file has arrived under this number")
        }
        var report = Report()
        report.add("file", batch)
        if let sequence = history.cancelled { report.add("cancelled by fact", sequence) }
        report.add("arrivals", items: history.attempts.map { Self.report($0, house) })
        return report
    }

    private static func report(_ attempt: FileAttempt, _ house: HouseState) -> Report {
        var item = Report()
        item.add("at", attempt.at)
        item.add("status", attempt.status?.rawValue ?? "RECEIVED, not judged yet")
        item.add("digest", attempt.digest)
        item.add("bytes", attempt.size)
        item.add("message id", attempt.messageID)
        item.add("window", attempt.window.map { "\($0) (\(house.windows.passed($0)?.rawValue ?? "OPEN"))" })
        item.add("records", attempt.entries?.count)
        item.add("signed by", attempt.signer?.subject)
        item.add("receipts", attempt.receiptIDs.joined(separator: " "))
        return item
    }

    private static func report(_ sequence: UInt64, _ reader: HouseReader) throws -> Report {
        let envelope = try reader.fact(sequence)
        guard case .messageAnswered(let fact) = envelope.fact else {
            throw Fault("fact \(sequence) is no message")
        }
        var report = Report()
        report.add("message", "\(fact.partner)/\(fact.messageID)")
        report.add("at", envelope.time)
        report.add("status", fact.status.rawValue)
        if fact.entry != nil { report.add("clearing reference", RecordLocation(batch: sequence, record: 1)) }
        report.add("points", fact.entry?.points)
        report.add("window", fact.posting?.window)
        report.add("signed by", fact.signer.subject)
        for finding in fact.findings { report.add("finding", ErrorReport.line(finding)) }
        return report
    }
}
