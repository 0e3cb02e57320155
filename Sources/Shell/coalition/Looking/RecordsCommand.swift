import ArgumentParser
import FileStore
import Gateway
import House
import Inquiry
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Validation

/// Lists records with their results.
struct RecordsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records",
        abstract: "List the records of a file or of a window with their results; member numbers are masked.",
        discussion: """
            The transaction id and member come from the file as it was received, all else from what was decided. With \
            --json each line is one record (JSON lines).

            EXAMPLES
              coalition records MARCHE/LIVE/3 --data house
              coalition records W-2026-03B --partner RAILCO --status ACCP --data house
            """)

    @Argument(help: "PARTNER/SERIES/SEQUENCE, a receipt's id, or a window.")
    var name: String

    @OptionGroup var place: DataOptions

    @Option(help: "Only this partner's.")
    var partner: PartnerID?

    @Option(help: "Only with this result: ACCP, RJCT or DUPL.")
    var status: RecordStatus?

    @Option(help: "Only of this type, such as ACCR.")
    var type: RecordType?

    @Option(help: "At most so many records.")
    var limit = 10_000

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is 0 or more") }
    }

    func run() throws {
        let reader = try place.reader()
        var rows = RecordRows(reader: reader, limit: limit, json: output.json) { entry in
            (status.map { entry.status == $0 } ?? true) && (type.map { entry.type == $0 } ?? true)
        }
        if let window = try? WindowID(name), name.hasPrefix("W-") {
            guard try reader.programme().window(window) != nil else { throw Refusal(.win002, value: name) }
            rows.begin()
            try rows.list(window, partner)
        } else {
            guard let batch = BatchArgument(argument: name)?.batch ?? reader.house.files.find(receipt: name)?.batch,
                let history = reader.house.files.history(batch)
            else { throw Refusal(.net005, value: name, detail: "no such file, receipt or window is known") }
            rows.begin()
            for attempt in history.attempts { try rows.list(attempt, batch) }
        }
        rows.finish()
    }
}

/// Prints records as they are read, so that a large file needs little memory.
private struct RecordRows {
    let reader: HouseReader
    let limit: Int
    let json: Bool
    let isWanted: (RecordEntry) -> Bool
    private var count = 0

    init(reader: HouseReader, limit: Int, json: Bool, isWanted: @escaping (RecordEntry) -> Bool) {
        self.reader = reader
        self.limit = limit
        self.json = json
        self.isWanted = isWanted
    }

    /// The columns' names, once it is known that there is something to list.
    func begin() {
        guard !json else { return }
        Console.write(
            Self.line([
                "reference", "partner", "transaction", "type", "status", "date", "units", "points", "member", "remarks",
            ]))
    }

    mutating func list(_ window: WindowID, _ partner: PartnerID?) throws {
        let partners = try reader.programme().agreements.map(\.partner).filter { partner == nil || partner == $0 }
        for partner in partners {
            for (batch, history) in reader.house.files.files(of: partner, series: .live) {
                for attempt in history.attempts where attempt.window == window { try list(attempt, batch) }
            }
            for sequence in reader.house.messages.sequences(of: partner) {
                guard case .messageAnswered(let fact) = try reader.fact(sequence).fact,
                    fact.posting?.window == window, let entry = fact.entry
                else { continue }
                let location = RecordLocation(batch: sequence, record: 1)
                add(entry, partner, location, try reader.text(of: location))
            }
        }
    }

    mutating func list(_ attempt: FileAttempt, _ batch: BatchID) throws {
        guard let received = attempt.received, let entries = attempt.entries, let format = attempt.format else {
            return
        }
        if let withheld = reader.house.withheld(attempt) {
            Console.note("coalition: \(batch): transaction ids and members are withheld: \(withheld.words)")
            try reader.records.forEach(batch: received, reference: entries) { (entry) throws(Fault) in
                add(entry, batch.partner, RecordLocation(batch: received, record: entry.record), nil)
            }
            return
        }
        try RecordScan.forEach(try reader.originals.original(attempt.digest), format: format) { outcome in
            let location = RecordLocation(batch: received, record: UInt32(outcome.place.number))
            let entry = try reader.records.entry(at: location)
            add(entry, batch.partner, location, RecordText(outcome))
            return count < limit
        }
    }

    private mutating func add(
        _ entry: RecordEntry, _ partner: PartnerID, _ location: RecordLocation, _ text: RecordText?
    ) {
        guard count < limit, isWanted(entry) else { return }
        count += 1
        var remarks: [String] = []
        if entry.isLate { remarks.append("LATE") }
        if entry.isCarriedOver { remarks.append("CARRIED_OVER") }
        if let original = entry.original { remarks.append("of \(original)") }
        let unit = entry.unit?.description ?? ""
        if json {
            let row: JSONValue = [
                "reference": .of(location), "partner": .of(partner), "transactionId": .text(text?.transactionID ?? ""),
                "type": .optional(entry.type?.rawValue), "status": .text(entry.status.rawValue),
                "businessDate": .optional(entry.businessDate), "units": .number(entry.units), "unit": .text(unit),
                "points": .number(entry.points), "member": .text(text?.member ?? ""), "late": .bool(entry.isLate),
                "carriedOver": .bool(entry.isCarriedOver), "original": .optional(entry.original),
            ]
            return Console.write(row.line)
        }
        Console.write(
            Self.line([
                location.description, partner.text, text?.transactionID ?? "", entry.type?.rawValue ?? "",
                entry.status.rawValue, entry.businessDate?.description ?? "", "\(entry.units) \(unit)",
                "\(entry.points)", text?.member ?? "", remarks.joined(separator: " "),
            ]))
    }

    /// Columns of fixed width, since the rows are printed before the last one is known.
    private static func line(_ cells: [String]) -> String {
        let widths = [16, 11, 20, 4, 6, 10, 16, 10, 19, 0]
        var line = ""
        for (cell, width) in zip(cells, widths) {
            line += cell + String(repeating: " ", count: max(width - cell.count, 0)) + "  "
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    func finish() {
        if count == limit { Console.note("coalition: the list ends after \(limit) records; see --limit") }
    }
}
