import Primitives

/// A table of a statement: the one that its issued CSV has, with the same columns and rows. Every rendering takes its
/// figures from here.
struct PaperTable: Sendable, Hashable {
    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    /// A column.
    struct Column: Sendable, Hashable {
        /// The name in the CSV, such as `unit_price`.
        let name: String
        /// The heading for people.
        let heading: String
    }

    /// A cell.
    enum Cell: Sendable, Hashable {
        case text(String)
        /// A decimal as the XML has it; an exact amount may be a fraction in lowest terms.
        case number(String)
        case empty

        /// The content as the XML has it.
        var content: String {
            switch self {
            case .text(let text), .number(let text): text
            case .empty: ""
            }
        }
    }

    init(_ names: String) {
        columns = names.split(separator: " ").map { name in
            Column(name: String(name), heading: name.split(separator: "_").joined(separator: " "))
        }
    }

    /// Adds a row of cells by column; those that are not named stay empty.
    mutating func add(_ cells: KeyValuePairs<String, Cell>) {
        var row = [Cell](repeating: .empty, count: columns.count)
        for (name, cell) in cells { row[index(of: name)] = cell }
        rows.append(row)
    }

    /// The place of a column.
    func index(of name: String) -> Int {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            preconditionFailure("the table has no column \(name)")
        }
        return index
    }

    /// The rows of some kinds (`LINE`, `TAX`, …) with some columns only, in the order of the columns named.
    func part(_ kinds: [String], _ names: String) -> PaperTable {
        var out = PaperTable(names)
        let kind = index(of: "row")
        let places = out.columns.map { index(of: $0.name) }
        out.rows = rows.filter { row in kinds.contains { row[kind].content.hasPrefix($0) } }
            .map { row in places.map { row[$0] } }
        return out
    }
}
