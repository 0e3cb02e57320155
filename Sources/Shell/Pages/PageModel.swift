/// A page before it is written as HTML: what it says, and nothing of how it looks.
///
/// A template looks for a name that is nil where it stands in what is around it: so what may be nil has a name that no
/// part around it has. And it sees stored properties only.
struct PageModel: Sendable {
    var title: String
    var alerts: [Alert] = []
    var sections: [Section] = []

    /// Something that wants attention.
    struct Alert: Sendable {
        /// `bad` for what stops a close or loses money, `warn` for what will, if nobody acts.
        var kind: String
        var text: String
        var href: String?
    }

    /// A part of a page under a heading. Its parts come in this order.
    struct Section: Sendable {
        var heading: String
        var note: String?
        var facts: [Fact] = []
        var chart: Chart?
        var tables: [Table] = []
        var links: [Cell] = []
        /// A report of several levels.
        var trees: [Tree] = []

        init(_ heading: String) { self.heading = heading }

        mutating func add(_ label: String, _ cell: Cell?) {
            if let cell { facts.append(Fact(label: label, cell: cell)) }
        }

        mutating func add(_ label: String, _ text: String?) { add(label, text.map { Cell($0) }) }
    }

    /// A label and its value.
    struct Fact: Sendable {
        var label: String
        var cell: Cell
    }

    /// A text, perhaps with a link, and how it is set.
    struct Cell: Sendable {
        var text: String
        var href: String?
        /// The class by which it is set: `n` for numbers, `s` for states.
        var style: String?

        init(_ text: String, to href: String? = nil, style: String? = nil) {
            self.text = text
            self.href = href
            self.style = style
        }

        /// A number, set to the right.
        static func number(_ text: String, to href: String? = nil) -> Cell { Cell(text, to: href, style: "n") }

        /// A state, such as CONFIRMED.
        static func state(_ text: String) -> Cell { Cell(text, style: "s") }
    }

    /// A table with a heading for each column; the first cell of a row names it.
    struct Table: Sendable {
        var caption: String
        var columns: [Cell]
        var rows: [Row] = []
        /// What is said when there are no rows.
        var ifEmpty: String

        init(_ caption: String, _ columns: [Cell], ifEmpty: String = "none") {
            self.caption = caption
            self.columns = columns
            self.ifEmpty = ifEmpty
        }

        mutating func add(_ cells: [Cell], isTotal: Bool = false) { rows.append(Row(cells, isTotal: isTotal)) }
    }

    /// A row: its name and the other cells.
    struct Row: Sendable {
        var head: Cell
        var cells: [Cell]
        var rowStyle: String?

        init(_ all: [Cell], isTotal: Bool) {
            head = all.first ?? Cell("")
            cells = Array(all.dropFirst())
            rowStyle = isTotal ? "total" : nil
        }
    }

    /// Bars from a line in the middle: to the right what the host owes, to the left what it is owed.
    struct Chart: Sendable {
        var title: String
        var height: Int
        var bars: [Bar]

        struct Bar: Sendable {
            var label: String
            var text: String
            var labelY: Int
            var y: Int
            var x: Int
            var width: Int
            var style: String
        }

        /// Bars for signed values.
        init(_ title: String, _ values: [(label: String, value: Int64, text: String)]) {
            self.title = title
            height = values.count * 28 + 8
            let largest = max(1, values.map { $0.value.magnitude }.max() ?? 1)
            bars = values.enumerated().map { index, bar in
                let width = Int(bar.value.magnitude * 200 / largest)
                return Bar(
                    label: bar.label, text: bar.text, labelY: index * 28 + 21, y: index * 28 + 8,
                    x: bar.value < 0 ? 320 - width : 320, width: max(width, 1), style: bar.value < 0 ? "owed" : "owes")
            }
        }
    }

    /// Facts about one thing, with things below it.
    struct Tree: Sendable {
        var facts: [Fact] = []
        var lists: [List] = []

        struct List: Sendable {
            var label: String
            var items: [Tree]
        }
    }
}
