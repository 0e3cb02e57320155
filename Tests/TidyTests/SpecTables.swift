/// The tables of a page of `Specs/`, as rows of cells.
struct SpecTables {
    struct Table: Hashable {
        let header: [String]
        let rows: [[String]]

        /// The cells of a column, in the order of rows; nil where there is no such column.
        func column(_ name: String) -> [String]? {
            guard let index = header.firstIndex(of: name) else { return nil }
            return rows.map { index < $0.count ? $0[index] : "" }
        }

        /// The cell of the row that begins with some text.
        func cell(_ row: String, _ column: String) -> String? {
            guard let index = header.firstIndex(of: column) else { return nil }
            return rows.first { $0.first == row }.map { $0[index] }
        }
    }

    let tables: [Table]

    init(_ text: String) {
        var tables: [Table] = []
        var block: [[String]] = []
        func end() {
            // A header, the line of dashes, and rows.
            if block.count >= 2, let header = block.first {
                tables.append(Table(header: header, rows: Array(block.dropFirst(2))))
            }
            block = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|"), line.hasSuffix("|") else {
                end()
                continue
            }
            let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
            block.append(cells.map { $0.trimming(" ") })
        }
        end()
        self.tables = tables
    }

    /// The tables with a column of a name.
    func withColumn(_ name: String) -> [Table] { tables.filter { $0.header.contains(name) } }
}

extension Substring {
    /// The text without some character at either end.
    func trimming(_ character: Character) -> String {
        var text = self
        while text.first == character { text.removeFirst() }
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
