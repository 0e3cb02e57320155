import CXlsx
public import Primitives

/// A sheet of a workbook. Rows and columns count from 0.
@safe
public final class Worksheet {
    private let pointer: UnsafeMutablePointer<lxw_worksheet>
    private let workbook: Workbook

    init(_ pointer: UnsafeMutablePointer<lxw_worksheet>, of workbook: Workbook) {
        unsafe self.pointer = unsafe pointer
        self.workbook = workbook
    }

    /// Writes text. It is a string for every spreadsheet, also where it begins like a formula.
    ///
    /// - Throws: `Fault` when the sheet does not take it.
    public func text(_ text: String, row: Int, column: Int, _ style: CellStyle = CellStyle()) throws(Fault) {
        try check(
            unsafe worksheet_write_string(pointer, UInt32(row), UInt16(column), text, workbook.format(style)), row)
    }

    /// Writes a number, given as a decimal, which a spreadsheet keeps to 15 digits.
    ///
    /// - Throws: `Fault` when the text is no number or the sheet does not take it.
    public func number(_ decimal: String, row: Int, column: Int, _ style: CellStyle = CellStyle()) throws(Fault) {
        guard let value = Double(decimal) else { throw Fault("'\(decimal)' is no number of a sheet") }
        try check(
            unsafe worksheet_write_number(pointer, UInt32(row), UInt16(column), value, workbook.format(style)), row)
    }

    /// Writes a day.
    ///
    /// - Throws: `Fault` when the sheet does not take it.
    public func day(_ day: BusinessDate, row: Int, column: Int) throws(Fault) {
        // Days of a spreadsheet count from 30 December 1899.
        try number("\(day.daysSince1970 + 25_569)", row: row, column: column, CellStyle(isDate: true))
    }

    /// Writes a formula with the value that it has, for readers that do not calculate.
    ///
    /// - Throws: `Fault` when the sheet does not take it.
    public func formula(
        _ formula: String, value: String, row: Int, column: Int, _ style: CellStyle = CellStyle()
    ) throws(Fault) {
        let format = unsafe workbook.format(style)
        let (row32, column16) = (UInt32(row), UInt16(column))
        if let number = Double(value) {
            try check(unsafe worksheet_write_formula_num(pointer, row32, column16, formula, format, number), row)
        } else {
            try check(unsafe worksheet_write_formula_str(pointer, row32, column16, formula, format, value), row)
        }
    }

    /// Keeps the first rows in sight.
    public func freeze(rows: Int) { unsafe worksheet_freeze_panes(pointer, UInt32(rows), 0) }

    /// Sets a column's width in characters.
    ///
    /// - Throws: `Fault` when the sheet does not take it.
    public func width(_ characters: Int, column: Int) throws(Fault) {
        try check(
            unsafe worksheet_set_column(pointer, UInt16(column), UInt16(column), Double(characters), nil), column)
    }

    private func check(_ error: lxw_error, _ place: Int) throws(Fault) {
        guard error == LXW_NO_ERROR else {
            throw Fault("a sheet does not take cell \(place): \(unsafe String(cString: lxw_strerror(error)))")
        }
    }
}
