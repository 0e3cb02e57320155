import ArgumentParser
import Inquiry
import Journal
import Primitives

/// Follows one record or one statement line from the input to the money.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain one record or one statement line: input, ratio, rounding, price, window, receipt.",
        discussion: """
            A record is named by its clearing reference (CLR-00000046-3) or by PARTNER:TRANSACTION-ID. A line is named \
            STATEMENT#NUMBER: CLS-W-2026-03B-MARCHE#2 or STL-W-2026-03B-MARCHE#1. Figures of lines are computed anew \
            from the log and must equal what was issued. Member numbers are masked.

            EXAMPLES
              coalition explain CLR-00000046-3 --data house
              coalition explain MARCHE:T01 --data house
              coalition explain STL-W-2026-03B-MARCHE#1 --data house --limit 100
            """)

    @Argument(help: "A clearing reference, PARTNER:TRANSACTION-ID, or STATEMENT#NUMBER.")
    var name: String

    @OptionGroup var place: DataOptions

    @Option(help: "How many records of a line are listed.")
    var limit = 20

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is 0 or more") }
    }

    func run() throws {
        let reader = try place.reader()
        if let location = RecordLocation(name) {
            return output.show(try RecordExplanation(reader: reader, location: location).report())
        }
        let parts = name.split(separator: "#", maxSplits: 1).map(String.init)
        if parts.count == 2, let number = Int(parts[1]) {
            return output.show(try LineExplanation(reader: reader, limit: limit).report(parts[0], number))
        }
        let halves = name.split(separator: ":", maxSplits: 1).map(String.init)
        guard halves.count == 2, let partner = try? PartnerID(halves[0]), let id = try? TransactionID(halves[1]) else {
            throw UsageError("'\(name)' names no record and no line")
        }
        guard let location = try reader.location(of: id, partner: partner) else {
            throw Refusal(.net005, value: name, detail: "no accepted record has this transaction id")
        }
        output.show(try RecordExplanation(reader: reader, location: location).report())
    }
}
