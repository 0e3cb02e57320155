import ArgumentParser
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transparency

/// Draws records at random that nobody chose, and follows each from the file to the bank.
struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Draw a reproducible random sample of a window's records and follow each to the bank.",
        discussion: """
            The numbers follow from the root of a signed checkpoint that is made after the window's close, by a rule that \
            everybody can repeat (Specs/evidence.md, The auditor's sample). Each record is followed: its place in the \
            file, the signature under the file, the ratio, what was posted, the lines of the statements, the payment; \
            every step with the fact or document that it stands in.

            EXAMPLES
              coalition audit sample --window W-2026-03B --size 5 --data house
              coalition audit sample --window W-2026-03B --size 25 --seed 131 --data house --json
            """)

    @Option(help: "A closed window.")
    var window: WindowID

    @Option(help: ArgumentHelp("How many records are drawn.", valueName: "n"))
    var size: Int

    @Option(
        help: ArgumentHelp(
            "The size of the checkpoint that draws; the first one over the window's close by default.",
            valueName: "size"))
    var seed: UInt64?

    @OptionGroup var place: DataOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...SampleDraw.maximumSize).contains(size) else {
            throw ValidationError("--size is from 1 to \(SampleDraw.maximumSize)")
        }
    }

    func run() throws {
        let reader = try place.reader()
        let close = try reader.closing(of: window)
        let checkpoint = try seeding(reader, close.sequence)
        let root = try reader.log.root(of: checkpoint.size)
        let population = try WindowPopulation(of: window, reader)
        let draw = SampleDraw(root: root, window: window) { SHA256.digest($0) }
        let numbers = draw.numbers(below: population.count, size: size)
        var report = Report()
        report.add("window", "\(window), closed by fact \(close.sequence)")
        report.add("population", population.count)
        report.add("drawn", numbers.count)
        report.add("seed", checkpoint.size)
        report.add("root", root)
        report.add("checkpoint", "fact \(checkpoint.sequence), signed at \(checkpoint.time)")
        var trace = try SampleTrace(reader, window, close)
        var items: [Report] = []
        for (number, location) in zip(numbers, try population.locations(of: numbers)) {
            items.append(try trace.report(number, location))
        }
        report.add("records", items: items)
        output.show(report)
    }

    /// The checkpoint that draws: one that could not be known while records were still accepted.
    private func seeding(_ reader: HouseReader, _ closed: UInt64) throws -> EvidenceBook.Entry {
        let book = reader.house.evidence
        guard let seed else {
            guard let first = book.first(over: closed) else {
                throw Refusal(.act004, value: window.text, detail: "no checkpoint covers the window's close yet")
            }
            return first
        }
        guard let chosen = book.all.first(where: { $0.size == seed }) else {
            throw Refusal(.net005, value: "\(seed)", detail: "the log has no checkpoint of this size")
        }
        guard chosen.size >= closed else {
            let detail = "the checkpoint was made before the window's close, fact \(closed)"
            throw Refusal(.act004, value: "\(seed)", detail: detail)
        }
        return chosen
    }
}
