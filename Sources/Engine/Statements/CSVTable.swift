/// A table of a document that we issue: comma separated, RFC 4180 quotes, line feeds, a header row.
struct CSVTable {
    private var rows: [String] = []
    private let columns: Int

    init(_ header: [String]) {
        columns = header.count
        add(header.map(Cell.text))
    }

    /// A cell: text is guarded against being taken for a formula, numbers are written as they are.
    enum Cell {
        case text(String)
        case number(String)
        case empty
    }

    mutating func add(_ cells: [Cell]) {
        precondition(cells.count <= columns, "a row has no more cells than there are columns")
        let padded = cells + [Cell](repeating: .empty, count: columns - cells.count)
        rows.append(padded.map(Self.render).joined(separator: ","))
    }

    var bytes: [UInt8] { Array((rows.joined(separator: "\n") + "\n").utf8) }

    private static func render(_ cell: Cell) -> String {
        switch cell {
        case .empty: return ""
        case .number(let number): return number
        case .text(let text):
            // A spreadsheet would run text that begins like a formula.
            let dangerous = ["=", "+", "-", "@", "\t", "\r"].contains { text.hasPrefix($0) }
            let guarded = dangerous ? "'" + text : text
            let needsQuotes = guarded.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
            guard needsQuotes else { return guarded }
            let doubled = guarded.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            return "\"\(doubled)\""
        }
    }
}
