import ArgumentParser
import FileStore
import Gateway
import House
import Inquiry
import Journal
import Primitives

/// Lists what did not go the plain way.
struct ExceptionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exceptions",
        abstract: "List late, refused, corrected, returned and missing items with counts and totals.",
        discussion: """
            Without a period, everything since the first fact. A window has what it took while it was open, the files \
            and messages that count in it, and its settlement; days are those of the programme's zone, by the log's time. \
            Where an instruction stands, and which numbers are missing, is told as of now. Sums are without signs.

            EXAMPLES
              coalition audit exceptions --window W-2026-03B --data house
              coalition audit exceptions --from 2026-03-01 --to 2026-03-31 --data house --json
            """)

    @Option(help: "One window.")
    var window: WindowID?

    @Option(help: ArgumentHelp("The first day.", valueName: "date"))
    var from: BusinessDate?

    @Option(help: ArgumentHelp("The last day.", valueName: "date"))
    var to: BusinessDate?

    @OptionGroup var place: DataOptions

    @Option(help: "How many of each kind are listed; all are counted.")
    var limit = 20

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is 0 or more") }
        if (from == nil) != (to == nil) { throw ValidationError("--from and --to go together") }
        if window != nil, from != nil { throw ValidationError("give --window, or --from and --to") }
        if let from, let to, to < from { throw ValidationError("--to is before --from") }
    }

    func run() throws {
        let reader = try place.reader()
        let period = try period(reader)
        var book = ExceptionBook(reader, limit: limit)
        for sequence in period.facts where sequence <= reader.log.lastSequence {
            let envelope = try reader.fact(sequence)
            if period.contains(envelope) { try book.take(envelope) }
        }
        var report = Report()
        report.add("period", period.name)
        report.add("facts", "\(period.facts.lowerBound) to \(period.facts.upperBound)")
        let house = HouseExceptions(reader: reader, period: period, limit: limit)
        report.add("exceptions", items: book.reports + (try house.reports()))
        output.show(report)
    }

    private func period(_ reader: HouseReader) throws -> AuditPeriod {
        if let window { return try AuditPeriod(reader, window: window) }
        guard let from, let to else { return AuditPeriod(reader) }
        return try AuditPeriod(reader, from: from, to: to)
    }
}
