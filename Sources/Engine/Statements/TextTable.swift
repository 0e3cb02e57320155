/// A table of plain text with aligned columns.
struct TextTable {
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>

    init(rightAligned: Set<Int>) { self.rightAligned = rightAligned }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The rows, each indented; columns are two spaces apart.
    func lines(indent: String = "  ") -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = indent
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += rightAligned.contains(column) ? padding + cell : cell + padding
                if column < row.count - 1 { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
