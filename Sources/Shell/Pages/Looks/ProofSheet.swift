import Primitives
import XMLKit

/// Adds up the host's summary of a window, as it was issued, and says of each sum whether it holds.
struct ProofSheet {
    let context: PageContext
    let summary: XMLElement
    let name: String

    private static let uses: [(attribute: String, heading: String)] = [
        ("issued", "issued"), ("redeemed", "redeemed"), ("transferredIn", "transferred in"),
        ("transferredOut", "transferred out"), ("reversedFromMembers", "reversed from members"),
        ("reversedToMembers", "reversed to members"), ("movement", "movement"),
    ]

    /// Points outstanding, by partner and use.
    var points: PageModel.Section {
        var section = PageModel.Section("Proof sheet: points")
        var table = PageModel.Table(
            "Points by partner", [.init("partner")] + Self.uses.map { .number($0.heading) })
        var sums = [Int64](repeating: 0, count: Self.uses.count)
        var isTied = true
        for row in summary.children("PartnerPoints") {
            let values = Self.uses.map { Int64(row.attribute($0.attribute) ?? "") ?? 0 }
            for index in sums.indices { sums[index] += values[index] }
            let movement = values[0] - values[1] + values[2] - values[3] - values[4] + values[5]
            if movement != values[6] { isTied = false }
            table.add([.init(row.attribute("partner") ?? "")] + values.map { context.number($0) })
        }
        table.add([.init("all")] + sums.map { context.number($0) }, isTotal: true)
        let opening = Int64(summary.text("OpeningOutstanding") ?? "") ?? 0
        let host = Int64(summary.text("HostFunded") ?? "") ?? 0
        let closing = Int64(summary.text("ClosingOutstanding") ?? "") ?? 0
        section.add("outstanding before", context.number(opening))
        section.add("movement of all partners", context.number(sums[6]))
        section.add("funded by the host", context.number(host))
        section.add("outstanding after", context.number(closing))
        section.add("holds", Self.holds(isTied && opening + sums[6] + host == closing))
        section.tables = [table]
        section.links = [.init("the summary as issued (XML)", to: PageLinks.document(name + ".xml"))]
        return section
    }

    private static let balances = ["opening", "net", "payments", "returns", "closing", "due", "inSettlement"]

    /// Accounts and nets by currency.
    var money: [PageModel.Table] {
        var accounts = PageModel.Table(
            "Accounts",
            [
                .init("partner"), .init("currency"), .number("opening"), .number("net"), .number("payments"),
                .number("returns"), .number("closing"), .number("due"), .number("in settlement"), .init("holds"),
            ])
        var nets: [String: Int128] = [:]
        for account in summary.children("Account") {
            let texts = Self.balances.map { account.attribute($0) ?? "" }
            // All amounts of an account have the decimal places of its currency: they are added as whole minor units.
            let values = texts.map { Self.minor($0) }
            let currency = account.attribute("currency") ?? ""
            nets[currency, default: 0] += values[1]
            let holds = values[0] + values[1] + values[2] + values[3] == values[4] && values[5] + values[6] == values[4]
            accounts.add(
                [.init(account.attribute("partner") ?? ""), .init(currency)] + texts.map { context.amount($0) }
                    + [Self.holds(holds)])
        }
        var sums = PageModel.Table(
            "Nets by currency", [.init("currency"), .number("the host's net"), .init("all nets are zero")])
        for net in summary.children("HostNet") {
            let currency = net.attribute("currency") ?? ""
            sums.add([
                .init(currency), context.amount(net.text),
                Self.holds(nets[currency, default: 0] + Self.minor(net.text) == 0),
            ])
        }
        return [accounts, sums]
    }

    static func minor(_ text: String) -> Int128 { Int128(text.filter { $0 != "." }) ?? 0 }

    private static func holds(_ holds: Bool) -> PageModel.Cell { .state(holds ? "yes" : "NO") }
}
