import BankMessages
import Primitives

/// The forms in which an issued statement can be had beside those that are issued.
public enum RenderingFormat: String, Sendable, Hashable, CaseIterable {
    /// A4 pages.
    case pdf
    /// A4 pages with decimal commas and French days.
    case pdfFrench = "pdf-fr"
    /// A workbook with a sheet that computes the totals anew.
    case xlsx
    /// Semicolons, decimal commas, French days.
    case csvFrench = "csv-fr"
    /// The issued CSV: commas and decimal points.
    case csv
    /// ISO 20022 camt.053.001.08, for the partner's books; settlement statements only.
    case camt053

    /// What is put behind a statement's id to name the file.
    public var suffix: String {
        switch self {
        case .pdf: ".pdf"
        case .pdfFrench: ".fr.pdf"
        case .xlsx: ".xlsx"
        case .csvFrench: ".fr.csv"
        case .csv: ".csv"
        case .camt053: ".camt053.xml"
        }
    }

    /// The media type of RFC 6838.
    public var mediaType: String {
        switch self {
        case .pdf, .pdfFrench: "application/pdf"
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .csvFrench, .csv: "text/csv; charset=utf-8"
        case .camt053: "application/xml"
        }
    }
}

/// Makes renderings of issued statements. Specs/documents.md.
///
/// All of them are made from the signed XML, when they are asked for; none is kept or signed. Who doubts one compares
/// its figures with the XML, whose digest it names.
public enum StatementRendering {
    /// Renders an issued clearing or settlement statement.
    ///
    /// - Parameters:
    ///   - xml: the statement's XML as it was issued.
    ///   - format: the form that is wanted.
    /// - Returns: the file's bytes. The same XML gives the same bytes with one version of the libraries.
    /// - Throws: `Refusal` with SYN-002 when the bytes are no such statement, BNK-001 when money is asked for of a
    ///   statement of points; `Fault` when a library fails.
    public static func render(_ xml: [UInt8], as format: RenderingFormat) throws -> [UInt8] {
        let paper = try StatementPaper(xml)
        switch format {
        case .pdf: return try PageRendering.bytes(paper, .international)
        case .pdfFrench: return try PageRendering.bytes(paper, .french)
        case .xlsx: return try SpreadsheetRendering.bytes(paper)
        case .csv: return CSVRendering.bytes(paper, .international)
        case .csvFrench: return CSVRendering.bytes(paper, .french)
        case .camt053: return try AccountStatement(paper).message()
        }
    }
}
