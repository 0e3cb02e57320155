import OpenSSLKit
import Primitives
import XMLKit

/// An issued statement as its renderings need it: read back from the XML that was signed, so that all of them have one
/// source.
struct StatementPaper: Sendable {
    /// What it settles: money, or points.
    enum Kind: Sendable, Hashable {
        case settlement
        case clearing
    }

    /// A party of the statement.
    struct Party: Sendable, Hashable {
        let id: String
        let name: String
        let registrations: [(label: String, number: String)]

        static func == (a: Party, b: Party) -> Bool { a.id == b.id && a.name == b.name }
        func hash(into hasher: inout Hasher) { hasher.combine(id) }
    }

    let kind: Kind
    let id: String
    let number: String
    let programme: String
    let window: String
    /// RFC 3339.
    let from: String
    let to: String
    let closedAt: String
    let host: Party
    let partner: Party
    /// The settlement currency, or the shared currency of a clearing statement.
    let unit: String
    /// SHA-256 of the XML.
    let digest: Digest32
    /// Where the log stood, and its checkpoint, as the XML names them.
    let logLines: [String]
    /// The rows of the issued CSV.
    let table: PaperTable
    /// Balances or positions in their order, by the names that the CSV gives them.
    let balances: [(name: String, amount: String)]
    /// Totals that the XML prints, by name.
    let totals: [(name: String, amount: String)]
    /// What is paid; nil for a clearing statement.
    let settlement: Settlement?

    /// What a settlement statement has paid.
    struct Settlement: Sendable, Hashable {
        let action: String
        /// Unsigned; nil where nothing is paid.
        let amount: String?
        let valueDate: BusinessDate?
        let endToEndID: String?
    }

    /// Reads an issued statement.
    ///
    /// - Throws: `Refusal` with SYN-002 when the bytes are no clearing or settlement statement.
    init(_ xml: [UInt8]) throws(Refusal) {
        var limits = XMLLimits()
        limits.textBytes = 1 << 20
        guard let root = try? XMLDocument.parse(xml, maximumBytes: 64 << 20, limits: limits) else {
            throw Refusal(.syn002, detail: "the document is not well-formed XML")
        }
        let space = "urn:coalition:clearing:"
        switch (root.name, root.namespace) {
        case ("SettlementStatement", space + "settlement-statement:1"): kind = .settlement
        case ("ClearingStatement", space + "clearing-statement:1"): kind = .clearing
        default: throw Refusal(.syn002, value: root.name, detail: "the document is no clearing or settlement statement")
        }
        func text(_ name: String) throws(Refusal) -> String {
            guard let text = root.text(name) else {
                throw Refusal(.syn002, at: .whole.field(name), detail: "the statement has no \(name)")
            }
            return text
        }
        id = try text("StatementId")
        number = try text("StatementSequenceNumber")
        programme = try text("ProgrammeId")
        window = try text("WindowId")
        (from, to, closedAt) = (try text("FromDateTime"), try text("ToDateTime"), try text("ClosedDateTime"))
        host = Self.party("HOST", root)
        partner = Self.party("PARTNER", root)
        digest = SHA256.digest(xml)
        logLines = Self.logLines(root)
        let body = kind == .settlement ? try SettlementRows(root, id) : nil
        let points = kind == .clearing ? try ClearingRows(root, id) : nil
        unit = try text(kind == .settlement ? "SettlementCurrency" : "PointsCurrency")
        table = body?.table ?? points?.table ?? PaperTable("statement")
        balances = body?.balances ?? points?.positions ?? []
        totals = body?.totals ?? points?.totals ?? []
        settlement = root.child("Settlement").map { element in
            Settlement(
                action: element.attribute("action") ?? "", amount: element.attribute("amount"),
                valueDate: element.attribute("valueDate").flatMap { BusinessDate($0) },
                endToEndID: element.attribute("endToEndId"))
        }
    }

    /// A balance or position by its name.
    func balance(_ name: String) -> String { balances.first { $0.name == name }?.amount ?? "" }

    private static func party(_ role: String, _ root: XMLElement) -> Party {
        let element = root.children("Party").first { $0.attribute("role") == role }
        return Party(
            id: element?.text("PartnerId") ?? "", name: element?.text("LegalName") ?? "",
            registrations: (element?.children("Registration") ?? []).map { ($0.attribute("type") ?? "", $0.text) })
    }

    private static func logLines(_ root: XMLElement) -> [String] {
        var out: [String] = []
        if let head = root.child("JournalHead") { out.append("Log \(head.attribute("sequence") ?? "") \(head.text)") }
        if let point = root.child("Evidence")?.child("Checkpoint") {
            let parts = ["origin", "size", "root"].compactMap { point.attribute($0) }
            out.append("Checkpoint \(parts.joined(separator: " "))")
        }
        return out
    }
}
