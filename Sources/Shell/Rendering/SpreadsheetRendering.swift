import Primitives
import XLSXKit

/// Writes a statement as a workbook: its head, a sheet for each section, and a sheet that computes the totals anew.
struct SpreadsheetRendering {
    private let paper: StatementPaper
    private let workbook: Workbook

    static func bytes(_ paper: StatementPaper) throws(Fault) -> [UInt8] {
        let seconds = (Timestamp(paper.closedAt)?.milliseconds ?? 0) / 1000
        let rendering = SpreadsheetRendering(
            paper: paper, workbook: try Workbook(title: paper.id, createdAt: Int(seconds)))
        try rendering.head()
        let sections = rendering.sections
        for section in sections { try rendering.sheet(section.name, section.table) }
        try rendering.control(Dictionary(uniqueKeysWithValues: sections.map { ($0.name, $0.table) }))
        return try rendering.workbook.finish()
    }

    /// The sheets that hold rows of the statement's table.
    private var sections: [(name: String, table: PaperTable)] {
        switch paper.kind {
        case .settlement:
            [
                (
                    "Lines",
                    paper.table.part(
                        ["LINE"],
                        "number kind dc quantity unit_price price_currency price_version fixing fixing_rate "
                            + "exact_amount amount signed_amount currency difference tax_category tax_rate reference "
                            + "records")
                ),
                (
                    "Taxes",
                    paper.table.part(
                        ["TAX", "PARTNER_TAX"],
                        "row tax_category tax_rate exact_amount amount signed_amount currency")
                ),
                ("Account", paper.table.part(["ENTRY"], "kind reference amount signed_amount currency")),
            ]
        case .clearing:
            [
                (
                    "Lines",
                    paper.table.part(
                        ["LINE"],
                        "number kind dc sub_source unit units ratio_version exact_points points signed_points "
                            + "difference price_version fixing tax_category tax_rate records late carried_over")
                ),
                ("Subtotals", paper.table.part(["SUBTOTAL"], "sub_source dc points signed_points records")),
            ]
        }
    }

    // MARK: Head

    private func head() throws(Fault) {
        let sheet = try workbook.sheet("Statement")
        try sheet.width(26, column: 0)
        try sheet.width(70, column: 1)
        var row = 0
        func put(_ label: String, _ value: String) throws(Fault) {
            try sheet.text(label, row: row, column: 0, CellStyle(isBold: true))
            try sheet.text(value, row: row, column: 1)
            row += 1
        }
        func put(_ label: String, day: BusinessDate?) throws(Fault) {
            guard let day else { return }
            try sheet.text(label, row: row, column: 0, CellStyle(isBold: true))
            try sheet.day(day, row: row, column: 1)
            row += 1
        }
        try put(paper.kind == .settlement ? "Settlement statement" : "Clearing statement", paper.id)
        sheet.freeze(rows: 1)
        for (label, value) in PaperWords.head(paper, .international) { try put(label, value) }
        try put("First day", day: BusinessDate(String(paper.from.prefix(10))))
        try put("Day of the cut-off", day: BusinessDate(String(paper.to.prefix(10))))
        for (name, amount) in paper.balances {
            try sheet.text(PaperWords.balance(name), row: row, column: 0, CellStyle(isBold: true))
            try sheet.number(amount, row: row, column: 1, Self.style(amount))
            row += 1
        }
        if let settlement = paper.settlement {
            try put("Action", settlement.action)
            try put("Value date", day: settlement.valueDate)
            if let id = settlement.endToEndID { try put("End-to-end id", id) }
        }
        try put("SHA-256 of the XML", paper.digest.description)
        for line in paper.logLines { try put("Evidence", line) }
    }

    // MARK: Sections

    private func sheet(_ name: String, _ table: PaperTable) throws(Fault) {
        let sheet = try workbook.sheet(name)
        sheet.freeze(rows: 1)
        for (column, item) in table.columns.enumerated() {
            try sheet.text(item.heading, row: 0, column: column, CellStyle(isBold: true))
            let longest = table.rows.map { $0[column].content.count }.max() ?? 0
            try sheet.width(min(max(longest, item.heading.count) + 2, 60), column: column)
        }
        for (index, row) in table.rows.enumerated() {
            for (column, cell) in row.enumerated() { try put(cell, sheet, row: index + 1, column: column) }
        }
    }

    /// A number that a spreadsheet cannot hold exactly, or a fraction, is text.
    private func put(_ cell: PaperTable.Cell, _ sheet: Worksheet, row: Int, column: Int) throws(Fault) {
        switch cell {
        case .number(let number) where Self.isExact(number):
            try sheet.number(number, row: row, column: column, Self.style(number))
        case .number(let text), .text(let text):
            if !text.isEmpty { try sheet.text(text, row: row, column: column) }
        case .empty: break
        }
    }

    private static func isExact(_ number: String) -> Bool {
        !number.isEmpty && number.utf8.count(where: \.isDigit) <= 15 && !number.contains("/")
    }

    private static func style(_ number: String) -> CellStyle {
        let parts = number.split(separator: ".")
        return CellStyle(fractionDigits: parts.count == 2 ? parts[1].utf8.count : 0)
    }

    // MARK: Control

    /// A total, as printed and as a formula over the sheets.
    private struct Total {
        let name: String
        let printed: String
        let formula: String
    }

    private func control(_ tables: [String: PaperTable]) throws(Fault) {
        let sheet = try workbook.sheet("Control")
        sheet.freeze(rows: 1)
        for (column, heading) in ["total", "printed", "computed", "difference", "result"].enumerated() {
            try sheet.text(heading, row: 0, column: column, CellStyle(isBold: true))
            try sheet.width(column == 0 ? 36 : 18, column: column)
        }
        let totals = paper.kind == .settlement ? settlementTotals(tables) : clearingTotals(tables)
        for (index, total) in totals.enumerated() {
            let (row, place) = (index + 1, index + 2)
            let style = Self.style(total.printed)
            try sheet.text(total.name, row: row, column: 0)
            try sheet.number(total.printed, row: row, column: 1, style)
            let digits = style.fractionDigits ?? 0
            try sheet.formula("=ROUND(\(total.formula),\(digits))", value: total.printed, row: row, column: 2, style)
            try sheet.formula("=ROUND(B\(place)-C\(place),\(digits))", value: "0", row: row, column: 3, style)
            try sheet.formula("=IF(D\(place)=0,\"EQUAL\",\"DIFFERENT\")", value: "EQUAL", row: row, column: 4)
        }
        let last = totals.count + 1
        try sheet.text("all totals", row: last, column: 0, CellStyle(isBold: true))
        try sheet.formula(
            "=IF(COUNTIF(E2:E\(last),\"EQUAL\")=\(totals.count),\"EQUAL\",\"DIFFERENT\")", value: "EQUAL", row: last,
            column: 4, CellStyle(isBold: true))
    }

    /// The cells of a column below its heading; at least one, for sheets without rows.
    private func cells(_ sheet: String, _ column: String, _ tables: [String: PaperTable]) -> String {
        guard let table = tables[sheet],
            let letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".dropFirst(table.index(of: column)).first
        else { preconditionFailure("there is no sheet \(sheet)") }
        return "\(sheet)!$\(letter)$2:$\(letter)$\(max(table.rows.count, 1) + 1)"
    }

    private func settlementTotals(_ tables: [String: PaperTable]) -> [Total] {
        func cells(_ sheet: String, _ column: String) -> String { self.cells(sheet, column, tables) }
        let sides = [("credits", "CRDT"), ("debits", "DBIT")].map { name, side in
            Total(
                name: name, printed: total(name),
                formula: "SUMIFS(\(cells("Lines", "amount")),\(cells("Lines", "dc")),\"\(side)\")")
        }
        func entries(_ kinds: [String]) -> String {
            kinds.map { "SUMIFS(\(cells("Account", "signed_amount")),\(cells("Account", "kind")),\"\($0)\")" }
                .joined(separator: "+")
        }
        let net = "SUM(\(cells("Lines", "signed_amount")))+SUM(\(cells("Taxes", "signed_amount")))"
        return [Total(name: "lines", printed: total("lines"), formula: "COUNT(\(cells("Lines", "number")))")] + sides
            + [
                Total(name: "net of this window", printed: paper.balance("NET"), formula: net),
                Total(
                    name: "payments", printed: paper.balance("PAYMENTS"), formula: entries(["PAYMENT", "WRITE_OFF"])),
                Total(name: "returns", printed: paper.balance("RETURNS"), formula: entries(["RETURN"])),
                Total(
                    name: "closing", printed: paper.balance("CLOSING"),
                    formula: "\(paper.balance("OPENING"))+C5+C6+C7"),
                Total(
                    name: "closing: due and in settlement", printed: paper.balance("CLOSING"),
                    formula: "\(paper.balance("DUE"))+\(paper.balance("IN_SETTLEMENT"))"),
            ]
    }

    private func clearingTotals(_ tables: [String: PaperTable]) -> [Total] {
        let points = cells("Lines", "signed_points", tables)
        return [
            Total(
                name: "lines", printed: total("lines"), formula: "COUNT(\(cells("Lines", "number", tables)))"),
            Total(name: "position of this window", printed: paper.balance("WINDOW"), formula: "SUM(\(points))"),
            Total(name: "closing", printed: paper.balance("CLOSING"), formula: "\(paper.balance("OPENING"))+C3"),
        ]
    }

    private func total(_ name: String) -> String { paper.totals.first { $0.name == name }?.amount ?? "" }
}
