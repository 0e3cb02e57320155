import PDFKit
import Primitives
import TestKit
import Testing
import XLSXKit

/// The bridges to cairo, pango and libxlsxwriter, read back by other programs.
@Suite struct BridgeTests {
    @Test func textOfAPageIsFoundByAnotherProgram() throws {
        let canvas = try PDFCanvas(title: "Título", created: "2026-03-16T00:00:00+01:00")
        let style = PDFCanvas.Style(size: 10)
        canvas.text("Crédit à régler: 1 234,56 €", x: 40, y: 40, style)
        canvas.text("right", x: PDFCanvas.width - 40, y: 60, style, .right)
        canvas.endPage()
        canvas.text("second page", x: 40, y: 40, style)
        canvas.endPage()
        let folder = try ScratchFolder("pdf")
        try folder.write(try canvas.finish(), to: "page.pdf")
        let text = try ExternalProgram.succeed("pdftotext", ["page.pdf", "-"], in: folder).text
        #expect(text.contains("Crédit à régler: 1 234,56 €"))
        #expect(text.contains("second page"))
        #expect(text.split(separator: "\u{0C}").count >= 2)
    }

    @Test func whatIsTooLongForItsRoomIsShortenedAndNumbersAreNot() throws {
        let canvas = try PDFCanvas(title: "t", created: "2026-03-16T00:00:00+01:00")
        let style = PDFCanvas.Style(size: 10)
        let long = String(repeating: "word ", count: 40)
        #expect(canvas.text(long, x: 0, y: 0, style, width: 50) <= 50)
        #expect(canvas.width(of: long, style) > 500)
    }

    @Test func textThatLooksLikeAFormulaStaysText() throws {
        let book = try Workbook(title: "t", createdAt: 1_700_000_000)
        let sheet = try book.sheet("One")
        try sheet.text("=1+1", row: 0, column: 0)
        try sheet.number("-12.57", row: 1, column: 0, CellStyle(fractionDigits: 2))
        try sheet.day(try #require(BusinessDate("2026-04-07")), row: 2, column: 0)
        try sheet.formula("=A2*2", value: "-25.14", row: 3, column: 0)
        #expect(throws: Fault.self) { try sheet.number("1/3", row: 4, column: 0) }
        #expect(throws: Fault.self) { try sheet.number("1", row: 2_000_000, column: 0) }
        let folder = try ScratchFolder("xlsx")
        try folder.write(try book.finish(), to: "book.xlsx")
        let script = """
            import openpyxl
            sheet = openpyxl.load_workbook("book.xlsx")["One"]
            print(sheet["A1"].value, sheet["A1"].data_type, sheet["A2"].value, sheet["A3"].value.date(), sheet["A4"].value)
            print(openpyxl.load_workbook("book.xlsx", data_only=True)["One"]["A4"].value)
            """
        let text = try ExternalProgram.succeed("python3", ["-c", script], in: folder).text
        #expect(text == "=1+1 s -12.57 2026-04-07 =A2*2\n-25.14\n")
        #expect(throws: Fault.self) { try book.finish() }
    }
}
