import Primitives

/// Writes a statement's table as CSV: RFC 4180 quotes, a header row, and the control row last.
enum CSVRendering {
    /// The international form is byte for byte the issued one. The French form has a semicolon, a decimal comma, CR LF
    /// and the mark by which spreadsheets know UTF-8, and two columns more: what is paid, and when.
    static func bytes(_ paper: StatementPaper, _ convention: Convention) -> [UInt8] {
        let table = paper.table
        var rows = [table.columns.map(\.name)]
        rows += table.rows.map { row in row.map { cell($0, convention) } }
        guard convention == .french else { return Array((lines(rows, ",", ending: "\n")).utf8) }
        if paper.kind == .settlement { extend(&rows, paper) }
        return [0xEF, 0xBB, 0xBF] + Array(lines(rows, ";", ending: "\r\n").utf8)
    }

    /// The row that says what is paid stands before the control row.
    private static func extend(_ rows: inout [[String]], _ paper: StatementPaper) {
        rows[0] += ["value_date", "window_end"]
        let end = BusinessDate(String(paper.to.prefix(10))).map(Convention.french.day) ?? ""
        for index in rows.indices.dropFirst() { rows[index] += ["", end] }
        guard let settlement = paper.settlement, let amount = settlement.amount, let date = settlement.valueDate else {
            return
        }
        var row = [String](repeating: "", count: rows[0].count)
        func set(_ name: String, _ cell: PaperTable.Cell) {
            row[paper.table.index(of: name)] = Self.cell(cell, .french)
        }
        let isPaidByHost = settlement.action == "HOST_PAYS_PARTNER"
        set("statement", .text(paper.id))
        set("row", .text("PAYMENT"))
        set("kind", .text(settlement.action))
        set("amount", .number(amount))
        set("signed_amount", .number(isPaidByHost ? amount : SettlementRows.negated(amount)))
        set("currency", .text(paper.unit))
        set("reference", .text(settlement.endToEndID ?? ""))
        (row[row.count - 2], row[row.count - 1]) = (Convention.french.day(date), end)
        rows.insert(row, at: rows.count - 1)
    }

    private static func lines(_ rows: [[String]], _ separator: String, ending: String) -> String {
        rows.map { $0.map { quoted($0, separator) }.joined(separator: separator) + ending }.joined()
    }

    private static func cell(_ cell: PaperTable.Cell, _ convention: Convention) -> String {
        switch cell {
        case .empty: return ""
        case .number(let number):
            // A spreadsheet would read a fraction as a day.
            let isFraction = convention == .french && number.contains("/")
            return isFraction ? "'" + number : convention.number(number)
        case .text(let text):
            // A spreadsheet would run text that begins like a formula.
            let isDangerous = ["=", "+", "-", "@", "\t", "\r"].contains { text.hasPrefix($0) }
            return isDangerous ? "'" + text : text
        }
    }

    private static func quoted(_ text: String, _ separator: String) -> String {
        let special = Array(separator.utf8) + [0x22, 0x0A, 0x0D]
        guard text.utf8.contains(where: { special.contains($0) }) else { return text }
        let doubled = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(doubled)\""
    }
}
