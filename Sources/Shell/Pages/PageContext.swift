import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel

/// What a page is made from: the house at one moment, who looks, and how numbers are written.
struct PageContext {
    typealias Cell = PageModel.Cell

    let reader: HouseReader
    let viewer: PageReader
    let format: PageFormat
    let lists: [RevocationList]
    let programme: Programme
    let now: Timestamp

    var house: HouseState { reader.house }

    /// The agreements whose partners the viewer may see.
    var agreements: [Agreement] { programme.agreements.filter { viewer.sees($0.partner) } }

    /// What is said of everything that is not there, and of everything that is another's.
    static func missing(_ name: String) -> Refusal { Refusal(.net005, value: name, detail: "there is no such page") }

    func time(_ instant: Timestamp?) -> String { instant.map { format.time($0, programme.zone) } ?? "" }

    /// An instant of a document, in RFC 3339, in the programme's zone.
    func time(_ text: String?) -> String { text.map { Timestamp($0).map { time($0) } ?? $0 } ?? "" }

    /// Days whose files were due; a late one with the instant at which it came.
    func days(_ missing: [WindowAttendance.MissingDay]) -> String {
        missing.map { missing in
            format.date(missing.day) + (missing.late.map { " (late: \(time($0)))" } ?? "")
        }.joined(separator: ", ")
    }

    func number(_ value: some BinaryInteger) -> Cell { .number(format.number(value)) }

    func amount(_ text: String?) -> Cell { .number(format.decimal(text ?? "")) }

    func statement(_ id: String) -> Cell { Cell(id, to: PageLinks.statement(id)) }

    func window(_ id: WindowID) -> Cell { Cell(id.text, to: PageLinks.window(id)) }

    func file(_ batch: BatchID) -> Cell { Cell(batch.description, to: PageLinks.file(batch)) }
}

/// Where pages and documents are.
enum PageLinks {
    static func window(_ id: WindowID) -> String { "\(DeskPages.base)/windows/\(id)" }
    static func statement(_ id: String) -> String { "\(DeskPages.base)/statements/\(id)" }
    static func line(_ statement: String, _ number: some CustomStringConvertible) -> String {
        "\(DeskPages.base)/statements/\(statement)/lines/\(number)"
    }
    static func file(_ batch: BatchID) -> String {
        "\(DeskPages.base)/files/\(batch.partner)/\(batch.series.rawValue)/\(batch.sequence)"
    }
    static func record(_ location: RecordLocation) -> String { "\(DeskPages.base)/records/\(location)" }
    static func document(_ id: String) -> String { "/v1/documents/\(id)" }

    /// Where a text leads that names a record, a line, a statement or a receipt; nil for other texts.
    static func target(of text: String) -> String? {
        let word = text.prefix { $0 != " " && $0 != ":" && $0 != "," }
        if let location = RecordLocation(String(word)) { return record(location) }
        if word.hasPrefix("RCP-") { return document(String(word)) }
        guard word.hasPrefix("CLS-") || word.hasPrefix("STL-") else { return nil }
        let parts = word.split(separator: "#", omittingEmptySubsequences: false)
        if parts.count == 2, Int(parts[1]) != nil { return line(String(parts[0]), parts[1]) }
        return parts.count == 1 && word.filter({ $0 == "-" }).count >= 4 ? statement(String(word)) : nil
    }
}
