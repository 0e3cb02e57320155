import ArgumentParser
import Clearing
import Gateway
import House
import Inquiry
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement

/// Where every account stands.
struct PositionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "positions",
        abstract: "Show the partners' positions in points and money, and the points ledger.",
        discussion: """
            Plus: the host owes. Points of windows that are not closed move with every record; money moves when a \
            window closes or a bank books.

            EXAMPLES
              coalition positions --data house
            """)

    @OptionGroup var place: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try place.reader()
        let programme = try reader.programme()
        let house = reader.house
        let open = house.windows.waiting + [house.openWindow].compactMap { $0 }
        var table = TextTable(
            ["partner"] + open.map(\.text) + ["cleared", "money", "due", "in settlement"],
            right: Set(1..<(open.count + 5)))
        var rows: [JSONValue] = []
        for agreement in programme.agreements {
            let partner = agreement.partner
            let points = open.map { house.ledger.windows[$0]?.position(of: partner) ?? 0 }
            let cleared = house.clearedPositions[partner] ?? 0
            let account = house.accounts.standing(
                of: partner, currency: agreement.settlementCurrency, waiting: house.windows.waiting)
            let instructed = account.inSettlement.values.reduce(Money.zero(agreement.settlementCurrency), +)
            table.add(
                [partner.text] + points.map { "\($0)" }
                    + ["\(cleared)", account.closing.description, account.carried.amountText, instructed.amountText])
            rows.append([
                "partner": .of(partner), "clearedPoints": .number(cleared),
                "openPoints": .object(
                    Dictionary(uniqueKeysWithValues: zip(open.map(\.text), points.map { JSONValue.number($0) }))),
                "closing": .text(account.closing.amountText), "currency": .of(agreement.settlementCurrency),
                "due": .text(account.carried.amountText), "inSettlement": .text(instructed.amountText),
            ])
        }
        let ledger = house.ledger.points.all
        var accounts = TextTable(["account", "points"], right: [1])
        for balance in ledger { accounts.add([balance.account.description, "\(balance.balance)"]) }
        accounts.add(["sum", "\(ledger.reduce(0) { $0 + $1.balance })"])
        output.show(
            [
                "partners": .list(rows),
                "pointsLedger": .object(
                    Dictionary(
                        uniqueKeysWithValues: ledger.map { ($0.account.description, JSONValue.number($0.balance)) })),
            ],
            table.text + "\nPoints ledger (\(programme.currency))\n" + accounts.text)
    }
}
