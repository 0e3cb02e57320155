import PDFKit
import Primitives

/// Writes a statement as a PDF: A4, `page n of m`, and on every page the statement's id, the digest of its XML and
/// where the log stood.
struct PageRendering {
    private let paper: StatementPaper
    private let convention: Convention
    private var pages: [[Mark]] = [[]]
    private var y = Self.top

    private static let top = 52.0
    private static let bottom = PDFCanvas.height - 78
    private static let (left, right) = (36.0, PDFCanvas.width - 36)
    private static let plain = PDFCanvas.Style(size: 7)
    private static let bold = PDFCanvas.Style(size: 7, isBold: true)

    /// Something on a page, kept until the number of pages is known.
    private enum Mark {
        case text(String, x: Double, y: Double, PDFCanvas.Style, PDFCanvas.Alignment, width: Double?)
        case rule(y: Double)
    }

    static func bytes(_ paper: StatementPaper, _ convention: Convention) throws(Fault) -> [UInt8] {
        var rendering = PageRendering(paper: paper, convention: convention)
        rendering.head()
        rendering.sections()
        return try rendering.draw()
    }

    private init(paper: StatementPaper, convention: Convention) {
        self.paper = paper
        self.convention = convention
    }

    // MARK: Content

    private mutating func head() {
        let title = paper.kind == .settlement ? "SETTLEMENT STATEMENT" : "CLEARING STATEMENT"
        put("\(title) \(paper.id)", x: Self.left, PDFCanvas.Style(size: 13, isBold: true))
        y += 22
        for (label, value) in PaperWords.head(paper, convention) {
            put(label, x: Self.left, Self.bold)
            put(value, x: Self.left + 90, Self.plain, width: Self.right - Self.left - 90)
            nextLine()
        }
        put(PaperWords.signs, x: Self.left, Self.plain)
        nextLine(after: 18)
    }

    private mutating func sections() {
        switch paper.kind {
        case .settlement:
            grid(
                "Lines",
                paper.table.part(
                    ["LINE"],
                    "number kind dc quantity unit_price price_currency fixing_rate exact_amount amount "
                        + "difference tax_category"), [18, 96, 28, 52, 50, 28, 46, 70, 60, 48, 26],
                ["no", "line", "d/c", "quantity", "price", "", "fixing", "exact", "amount", "difference", "tax"])
            grid(
                "Taxes",
                paper.table.part(
                    ["TAX", "PARTNER_TAX"], "row tax_category tax_rate exact_amount amount"), [110, 40, 50, 80, 80],
                ["", "tax", "rate %", "base", "amount"])
            grid(
                "Account", paper.table.part(["ENTRY"], "kind reference signed_amount"), [110, 170, 80],
                ["entry", "instruction", "amount"])
        case .clearing:
            grid(
                "Lines",
                paper.table.part(
                    ["LINE"],
                    "number kind dc sub_source units unit ratio_version exact_points points records "
                        + "price_version"), [18, 96, 28, 48, 56, 26, 62, 62, 52, 36, 38],
                ["no", "line", "d/c", "source", "units", "", "ratio", "exact", "points", "records", "price"])
            grid(
                "Subtotals", paper.table.part(["SUBTOTAL"], "sub_source dc points records"), [110, 40, 80, 60],
                ["source", "d/c", "points", "records"])
        }
        balances()
    }

    private mutating func balances() {
        reserve(Double(paper.balances.count + 4) * 12)
        for (name, amount) in paper.balances {
            put(PaperWords.balance(name), x: Self.left, Self.bold)
            put("\(convention.number(amount)) \(paper.unit)", x: Self.left + 240, Self.plain, .right)
            nextLine()
        }
        nextLine(after: 6)
        guard let settlement = paper.settlement else { return }
        var words = settlement.action
        if let amount = settlement.amount, let date = settlement.valueDate, let id = settlement.endToEndID {
            words += ": \(convention.number(amount)) \(paper.unit), \(convention.day(date)), \(id)"
        }
        put(words, x: Self.left, PDFCanvas.Style(size: 8, isBold: true))
        nextLine()
    }

    /// A table; its headings stand again on every page. Numbers are never shortened, texts are.
    private mutating func grid(_ title: String, _ table: PaperTable, _ widths: [Double], _ headings: [String]) {
        guard !table.rows.isEmpty else {
            if title == "Lines" {
                put("no activity", x: Self.left, Self.plain)
                nextLine(after: 18)
            }
            return
        }
        reserve(48)
        put(title, x: Self.left, PDFCanvas.Style(size: 9, isBold: true))
        nextLine(after: 15)
        let numeric = table.columns.indices.map { column in
            table.rows.contains { if case .number = $0[column] { true } else { false } }
        }
        heading(headings, widths, numeric)
        for row in table.rows {
            if y + 12 > Self.bottom {
                newPage()
                heading(headings, widths, numeric)
            }
            self.row(row.map(written), widths, numeric, Self.plain)
        }
        nextLine(after: 10)
    }

    private mutating func heading(_ headings: [String], _ widths: [Double], _ numeric: [Bool]) {
        row(headings, widths, numeric, Self.bold)
        pages[pages.count - 1].append(.rule(y: y - 2))
    }

    private mutating func row(_ texts: [String], _ widths: [Double], _ numeric: [Bool], _ style: PDFCanvas.Style) {
        var x = Self.left
        for (index, text) in texts.enumerated() {
            if numeric[index] {
                put(text, x: x + widths[index] - 4, style, .right)
            } else {
                put(text, x: x, style, width: widths[index] - 3)
            }
            x += widths[index]
        }
        y += 12
    }

    private func written(_ cell: PaperTable.Cell) -> String {
        if case .number(let number) = cell { convention.number(number) } else { cell.content }
    }

    // MARK: Pages

    private mutating func put(
        _ text: String, x: Double, _ style: PDFCanvas.Style, _ alignment: PDFCanvas.Alignment = .left,
        width: Double? = nil
    ) {
        guard !text.isEmpty else { return }
        pages[pages.count - 1].append(.text(text, x: x, y: y, style, alignment, width: width))
    }

    private mutating func nextLine(after height: Double = 11) {
        y += height
        if y > Self.bottom { newPage() }
    }

    private mutating func reserve(_ height: Double) { if y + height > Self.bottom { newPage() } }

    private mutating func newPage() {
        pages.append([])
        y = Self.top
    }

    private func draw() throws(Fault) -> [UInt8] {
        let canvas = try PDFCanvas(title: paper.id, created: paper.closedAt)
        for (index, marks) in pages.enumerated() {
            for mark in marks {
                switch mark {
                case .text(let text, let x, let y, let style, let alignment, let width):
                    canvas.text(text, x: x, y: y, style, alignment, width: width)
                case .rule(let y): canvas.rule(from: Self.left, to: Self.right, y: y)
                }
            }
            frame(canvas, page: index + 1)
            canvas.endPage()
        }
        return try canvas.finish()
    }

    private func frame(_ canvas: PDFCanvas, page: Int) {
        let small = PDFCanvas.Style(size: 6)
        canvas.text(paper.id, x: Self.left, y: 28, small)
        canvas.text("page \(page) of \(pages.count)", x: Self.right, y: 28, small, .right)
        var y = Self.bottom + 16
        canvas.rule(from: Self.left, to: Self.right, y: y - 4)
        for line in ["SHA-256 of \(paper.id).xml: \(paper.digest)"] + paper.logLines {
            canvas.text(line, x: Self.left, y: y, small)
            y += 9
        }
        canvas.text("\(paper.id)   page \(page) of \(pages.count)", x: Self.right, y: y, small, .right)
    }
}
