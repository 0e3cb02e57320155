import Primitives

/// The words around a statement's figures.
enum PaperWords {
    /// What stands at the head of a statement, as label and value.
    static func head(_ paper: StatementPaper, _ convention: Convention) -> [(String, String)] {
        var out = [
            ("Number", paper.number), ("Programme", paper.programme), ("Window", paper.window),
            ("From", convention.instant(paper.from)), ("To", convention.instant(paper.to)),
            ("Closed", convention.instant(paper.closedAt)), ("Host", "\(paper.host.name) (\(paper.host.id))"),
            ("Partner", "\(paper.partner.name) (\(paper.partner.id))"),
        ]
        out += paper.partner.registrations.map { ($0.label, $0.number) }
        out.append((paper.kind == .settlement ? "Amounts in" : "Points in", paper.unit))
        return out
    }

    /// A balance or position for people.
    static func balance(_ name: String) -> String {
        switch name {
        case "OPENING": "opening"
        case "NET": "net of this window"
        case "PAYMENTS": "payments"
        case "RETURNS": "returns"
        case "CLOSING": "closing"
        case "DUE": "of which due"
        case "IN_SETTLEMENT": "of which in settlement"
        case "WINDOW": "position of this window"
        default: name
        }
    }

    /// What the signs mean.
    static let signs = "Plus: the host owes. DBIT: the partner owes. CRDT: the host owes."
}
