import ArgumentParser
import Clearing
import Gateway
import House
import Inquiry
import Journal
import Primitives

/// Fixings: the exchange rates of windows.
struct FixingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fixing",
        abstract: "Add the exchange rate of a window, and list what was added.",
        subcommands: [FixingAdd.self, FixingList.self])
}

/// Adds a fixing by a maker and a checker.
struct FixingAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add the rate of a currency pair for a window: 1 of the base is so many of the quote.",
        discussion: """
            The base is the currency of prices, the quote the settlement currency. A window whose lines need a fixing \
            waits for it after its cut-off (FX-001).

            EXAMPLES
              coalition fixing add --data house --window W-2026-03A --base EUR \\
                --quote TND --rate 3.38420 --source "BCT 2026-03-16" --cert maker.pem \\
                --key maker.key --checker-cert checker.pem --checker-key checker.key
            """)

    @Option(help: "The window that it is for.")
    var window: WindowID

    @Option(help: "The currency of prices.")
    var base: CurrencyCode

    @Option(help: "The settlement currency.")
    var quote: CurrencyCode

    @Option(help: "Quote per base, six significant figures.")
    var rate: DecimalNumber

    @Option(help: "Who published the rate, and where.")
    var source: String

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("fixing")
        document.window = window.text
        document.base = base.description
        document.quote = quote.description
        document.rate = rate.description
        document.source = source
        try await options.carryOut(document)
    }
}

/// Lists fixings.
struct FixingList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List every fixing with its source, and those that windows still wait for.",
        discussion: """
            EXAMPLES
              coalition fixing list --data house
            """)

    @OptionGroup var place: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let house = try place.reader().house
        let fixings = house.windows.allFixings
        var table = TextTable(["window", "pair", "rate", "source"], right: [2])
        for fixing in fixings {
            table.add([fixing.window.text, "\(fixing.base)/\(fixing.quote)", fixing.rate.description, fixing.source])
        }
        let missing = house.windows.waiting.flatMap { window in
            house.obstacles(toClosing: window).filter { $0.code == .fx001 }
        }
        output.show(
            [
                "fixings": .list(fixings.map { .encoded($0) }),
                "missing": .list(missing.map { .encoded($0) }),
            ], table.text + missing.map { "missing: \(ErrorReport.line($0))\n" }.joined())
    }
}
