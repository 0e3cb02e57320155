/// A table of plain text with aligned columns.
struct TextTable {
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>

    init(_ head: [String] = [], right: Set<Int> = []) {
        rightAligned = right
        if !head.isEmpty { rows.append(head) }
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The rows with columns two spaces apart, a line break behind each.
    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += rightAligned.contains(column) ? padding + cell : cell + padding
                if column < row.count - 1 { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
