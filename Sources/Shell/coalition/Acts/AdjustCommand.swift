import ArgumentParser
import Gateway
import Primitives
import ProgrammeModel

/// Raises an adjustment of the host.
struct AdjustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adjust",
        abstract: "Correct a partner's account, in points or in money, by a maker and a checker.",
        discussion: """
            DBIT: the partner owes. CRDT: the host owes. Money is in the partner's settlement currency, excludes tax, \
            names the settlement line that it corrects and takes that line's tax (S:20), or O outside the scope of \
            tax. A line of a window before the log is taken as named.

            EXAMPLES
              coalition adjust --data house --partner BANQUE --direction DBIT \\
                --points 1200 --reason GOODWILL --date 2026-03-23 --cert maker.pem \\
                --key maker.key
              coalition adjust --data house --partner BANQUE --direction CRDT \\
                --money "37.41 EUR" --reason DISPUTE_UPHELD --tax S:20 \\
                --corrects STL-W-2026-02B-BANQUE#1 --date 2026-03-24 --cert maker.pem \\
                --key maker.key
            """)

    @Option(help: "Whose account.")
    var partner: PartnerID

    @Option(help: "Which side: DBIT or CRDT.")
    var direction: Direction

    @Option(help: "Points of the shared currency.")
    var points: Int64?

    @Option(
        help: ArgumentHelp(
            "The shared currency of the points; the programme's, when --data is given.", valueName: "currency"))
    var currency: CurrencyCode?

    @Option(help: ArgumentHelp("Money, such as \"37.41 EUR\".", valueName: "amount"))
    var money: String?

    @Option(help: "Why, as a code such as GOODWILL.")
    var reason: String

    @Option(help: "Why, in words.")
    var narrative: String?

    @Option(help: ArgumentHelp("The business date.", valueName: "day"))
    var date: BusinessDate

    @Option(help: ArgumentHelp("The tax of money: CATEGORY:RATE, or O.", valueName: "tax"))
    var tax: String?

    @Option(help: ArgumentHelp("The settlement line that money corrects: STATEMENT#NUMBER.", valueName: "line"))
    var corrects: String?

    @OptionGroup var options: ActOptions

    func validate() throws {
        guard (points == nil) != (money == nil) else { throw ValidationError("give --points or --money") }
        if money != nil, tax == nil || corrects == nil {
            throw ValidationError("--money needs --tax and --corrects")
        }
        if points != nil, tax != nil || corrects != nil {
            throw ValidationError("--tax and --corrects belong to --money")
        }
    }

    func run() async throws {
        var document = try options.document("adjustment")
        document.partner = partner.text
        document.direction = direction.rawValue
        document.reason = reason
        document.narrative = narrative
        document.businessDate = date.description
        if let points {
            document.amount = "\(points)"
            document.unit = try sharedCurrency()
        } else if let money {
            let parts = money.split(separator: " ").map(String.init)
            guard parts.count == 2, let unit = CurrencyCode(parts[1]) else {
                throw UsageError("'\(money)' is no amount of money", action: "write it as \"37.41 EUR\"")
            }
            document.amount = parts[0]
            document.unit = unit.description
            let halves = (tax ?? "").split(separator: ":").map(String.init)
            document.taxCategory = halves.first
            document.taxRate = halves.count > 1 ? halves[1] : nil
            document.correctedLine = corrects
        }
        try await options.carryOut(document)
    }

    private func sharedCurrency() throws -> String {
        if let currency { return currency.description }
        guard let data = options.place.data else { throw UsageError("--points at a gateway needs --currency") }
        return try HouseReader(data).programme().currency.description
    }
}
