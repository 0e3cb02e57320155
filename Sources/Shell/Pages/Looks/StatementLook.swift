import Gateway
import House
import Inquiry
import Journal
import Ledger
import Primitives
import ProgrammeModel
import XMLKit

/// A statement as it was issued: every line leads to what it is made of.
struct StatementLook {
    /// Records of a line on one page.
    static let pageRecords = 100

    let context: PageContext
    let id: String
    private let window: WindowID
    private let partner: PartnerID
    private let xml: XMLElement

    /// Opens a statement.
    ///
    /// - Throws: `Refusal` with NET-005 when there is none that the viewer may see.
    init(_ context: PageContext, _ id: String) throws {
        let rest = id.dropFirst(4)
        guard id.hasPrefix("CLS-") || id.hasPrefix("STL-"), let dash = rest.lastIndex(of: "-"),
            let window = try? WindowID(String(rest[..<dash])),
            let partner = try? PartnerID(String(rest[rest.index(after: dash)...])), context.viewer.sees(partner),
            let kept = try? context.reader.statement(id + ".xml")
        else { throw PageContext.missing(id) }
        self.context = context
        self.id = id
        (self.window, self.partner) = (window, partner)
        xml = try XMLDocument.parse(kept.bytes)
    }

    private var isPoints: Bool { id.hasPrefix("CLS-") }

    func page() -> PageModel {
        var page = PageModel(title: isPoints ? "Clearing statement \(id)" : "Settlement statement \(id)")
        page.sections = [head, lines]
        if !isPoints { page.sections += [taxes, account] }
        var files = PageModel.Section("Documents")
        files.note = "Each has the host's signature beside it; the two verifiers check them offline."
        files.links = ["xml", "csv", "txt"].map { .init("\(id).\($0)", to: PageLinks.document("\(id).\($0)")) }
        page.sections.append(files)
        return page
    }

    private var head: PageModel.Section {
        var section = PageModel.Section("Statement")
        section.add("number", xml.text("StatementSequenceNumber"))
        section.add("window", context.window(window))
        section.add("from", xml.text("FromDateTime").map { context.time($0) })
        section.add("to", xml.text("ToDateTime").map { context.time($0) })
        section.add("partner", "\(partner), \(context.programme.agreement(partner)?.legalName ?? "")")
        if isPoints {
            section.add("opening position", context.amount(xml.text("OpeningPosition")))
            section.add("this window", context.amount(xml.text("WindowPosition")))
            section.add("closing position", context.amount(xml.text("ClosingPosition")))
            section.add("in money", context.statement("STL" + id.dropFirst(3)))
        } else {
            let currency = xml.text("SettlementCurrency") ?? ""
            section.add(
                "net of this window", .number("\(context.format.decimal(xml.text("NetAmount") ?? "")) \(currency)"))
            section.add("action", xml.child("Settlement")?.attribute("action").map { .state($0) })
            section.add("instruction", xml.child("Settlement")?.attribute("endToEndId"))
            section.add("partner's word", context.house.answers.standing(of: id).map { .state($0.verdict.rawValue) })
            section.add("in points", context.statement("CLS" + id.dropFirst(3)))
        }
        return section
    }

    private var lines: PageModel.Section {
        var section = PageModel.Section("Lines")
        var table =
            isPoints
            ? PageModel.Table(
                "Points",
                [
                    .init("line"), .init("kind"), .init("d/c"), .number("records"), .number("units"), .init("ratio"),
                    .number("exact"), .number("points"), .number("difference"), .init("price"), .init("tax"),
                ], ifEmpty: "no activity")
            : PageModel.Table(
                "Money",
                [
                    .init("line"), .init("kind"), .init("d/c"), .number("quantity"), .number("price"), .init("fixing"),
                    .number("exact"), .number("amount"), .number("difference"), .init("tax"),
                ], ifEmpty: "no activity")
        for line in xml.children("Line") { table.add(isPoints ? points(line) : money(line)) }
        guard !table.rows.isEmpty else {
            section.tables = [table]
            return section
        }
        if isPoints {
            table.add(
                [.init("position")] + [PageModel.Cell](repeating: .init(""), count: 6)
                    + [context.amount(xml.text("WindowPosition"))] + [PageModel.Cell](repeating: .init(""), count: 3),
                isTotal: true)
        } else {
            table.add(
                [.init("net")] + [PageModel.Cell](repeating: .init(""), count: 6)
                    + [context.amount(xml.text("NetAmount")), .init(""), .init("tax included")], isTotal: true)
        }
        section.tables = [table]
        return section
    }

    private func name(_ line: XMLElement) -> PageModel.Cell {
        let number = line.attribute("number") ?? ""
        return .init(number, to: PageLinks.line(id, number))
    }

    private func tax(_ line: XMLElement) -> PageModel.Cell {
        let rate = line.child("TaxCategory")?.attribute("rate").map { " \(context.format.decimal($0))%" } ?? ""
        return .init((line.text("TaxCategory") ?? "") + rate)
    }

    private func points(_ line: XMLElement) -> [PageModel.Cell] {
        let units =
            "\(context.format.decimal(line.text("Units") ?? "")) \(line.child("Units")?.attribute("unit") ?? "")"
        return [
            name(line), .init(line.attribute("type") ?? ""), .init(line.attribute("creditDebit") ?? ""),
            context.amount(line.text("RecordCount")), .number(units), .init(line.text("RatioVersion") ?? ""),
            context.amount(line.text("ExactPoints")), context.amount(line.text("Points")),
            context.amount(line.text("RoundingDifference")), .init(line.text("PriceVersion") ?? ""), tax(line),
        ]
    }

    private func money(_ line: XMLElement) -> [PageModel.Cell] {
        let price = line.child("UnitPrice")
        let fixing = line.child("Fixing").map { "\($0.attribute("id") ?? "") \(context.format.decimal($0.text))" }
        return [
            name(line), .init(line.attribute("type") ?? ""), .init(line.attribute("creditDebit") ?? ""),
            context.amount(line.text("Quantity")),
            .number("\(context.format.decimal(price?.text ?? "")) \(price?.attribute("currency") ?? "")"),
            .init(fixing ?? ""), context.amount(line.text("ExactAmount")), context.amount(line.text("Amount")),
            context.amount(line.text("RoundingDifference")), tax(line),
        ]
    }

    private var taxes: PageModel.Section {
        var section = PageModel.Section("Taxes")
        var table = PageModel.Table("Taxes", [.init("whose"), .init("category"), .number("base"), .number("tax")])
        for (element, whose) in [("Tax", "the host's"), ("PartnerTax", "the partner's")] {
            for row in xml.children(element) {
                let rate = row.attribute("rate").map { " \(context.format.decimal($0))%" } ?? ""
                table.add([
                    .init(whose), .init((row.attribute("category") ?? "") + rate),
                    context.amount(row.text("TaxableAmount")), context.amount(row.text("TaxAmount")),
                ])
            }
        }
        section.tables = [table]
        return section
    }

    private var account: PageModel.Section {
        var section = PageModel.Section("Account")
        let currency = xml.text("SettlementCurrency") ?? ""
        var table = PageModel.Table("From opening to closing, in \(currency)", [.init("what"), .number("amount")])
        let rows: [(label: String, element: String)] = [
            ("opening", "OpeningBalance"), ("net of this window", "NetAmount"), ("payments", "Payments"),
            ("returns", "Returns"),
        ]
        for row in rows { table.add([.init(row.label), context.amount(xml.text(row.element))]) }
        table.add([.init("closing"), context.amount(xml.text("ClosingBalance"))], isTotal: true)
        table.add([.init("of it due"), context.amount(xml.text("DueAmount"))])
        table.add([.init("of it in settlement"), context.amount(xml.text("InSettlementAmount"))])
        var events = PageModel.Table(
            "Payments and returns", [.init("instruction"), .init("what"), .number("amount")])
        for event in xml.children("AccountEntry") {
            events.add([
                .init(event.attribute("endToEndId") ?? ""), .state(event.attribute("type") ?? ""),
                context.amount(event.text),
            ])
        }
        section.tables = [table, events]
        return section
    }

    // MARK: One line

    /// A line: how it came about, and the records or lines that it is the sum of.
    ///
    /// - Parameter first: how many records are passed over.
    func page(line number: String, after first: Int) throws -> PageModel {
        guard let line = xml.children("Line").first(where: { $0.attribute("number") == number }) else {
            throw PageContext.missing("\(id)#\(number)")
        }
        var page = PageModel(title: "Line \(number) of \(id)")
        var section = PageModel.Section("How it came about")
        section.add("statement", context.statement(id))
        for (column, cell) in zip(lines.tables[0].columns, isPoints ? points(line) : money(line)).dropFirst() {
            if !cell.text.isEmpty { section.add(column.text, PageModel.Cell(cell.text, to: cell.href)) }
        }
        section.add("late records", line.text("LateRecordCount"))
        section.add("carried over", line.text("CarriedOverRecordCount"))
        section.add("sub-source", line.text("SubSource"))
        section.add("corrects", line.text("CorrectedLine").map(correctedLine))
        section.add("reason", line.text("ReasonCode"))
        page.sections = [section]
        if isPoints {
            page.sections.append(try records(line, number, after: first))
        } else {
            page.sections.append(parts(line))
        }
        return page
    }

    /// A line of a window before the log is named, and leads nowhere.
    private func correctedLine(_ name: String) -> PageModel.Cell {
        let isIssued = context.house.documents["\(name.prefix { $0 != "#" }).xml"] != nil
        return .init(name, to: isIssued ? PageLinks.target(of: name) : nil)
    }

    private func parts(_ line: XMLElement) -> PageModel.Section {
        var section = PageModel.Section("Of these lines in points")
        section.links = line.children("ClearingLineRef").map { .init($0.text, to: PageLinks.target(of: $0.text)) }
        if section.links.isEmpty { section.note = "It is no sum of records: a fee, or a correction in money." }
        return section
    }

    private func records(_ line: XMLElement, _ number: String, after first: Int) throws -> PageModel.Section {
        var section = PageModel.Section("Records")
        var table = PageModel.Table(
            "Records \(context.format.number(first + 1)) on",
            [
                .init("record"), .init("type"), .init("business date"), .number("units"), .number("points"),
                .init("flags"),
            ])
        let key = context.house.clearedLines[window]?.first {
            $0.key.partner == partner && "\($0.value)" == number
        }?.key
        guard let key else { throw Fault("the house has no line \(id)#\(number)") }
        let found = try LineRecords(of: window, context.reader)
            .records(on: key, after: first, limit: Self.pageRecords + 1)
        for (location, entry) in found.prefix(Self.pageRecords) { table.add(row(location, entry)) }
        section.tables = [table]
        let here = PageLinks.line(id, number)
        if first > 0 {
            section.links.append(.init("earlier", to: "\(here)?after=\(max(0, first - Self.pageRecords))"))
        }
        if found.count > Self.pageRecords {
            section.links.append(.init("next", to: "\(here)?after=\(first + Self.pageRecords)"))
        }
        return section
    }

    private func row(_ location: RecordLocation, _ entry: RecordEntry?) -> [PageModel.Cell] {
        guard let entry else {
            return [.init("fact \(location.batch)"), .init("ADJUSTMENT"), .init(""), .init(""), .init(""), .init("")]
        }
        // A co-funded bonus counts here and came from another partner: its record is shown to that partner only.
        let isOwn = context.viewer.partner == nil || (try? RecordSource(location, context.reader).partner) == partner
        let flags = [entry.isLate ? "LATE" : nil, entry.isCarriedOver ? "CARRIED OVER" : nil].compactMap { $0 }
        return [
            isOwn ? .init("\(location)", to: PageLinks.record(location)) : .init("\(location), another partner's"),
            .init(entry.type?.rawValue ?? ""), .init(entry.businessDate.map { context.format.date($0) } ?? ""),
            .number("\(context.format.number(entry.units)) \(entry.unit?.description ?? "")"),
            context.number(entry.points), .state(flags.joined(separator: " ")),
        ]
    }
}
