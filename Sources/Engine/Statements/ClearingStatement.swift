public import Clearing
import Journal
import Primitives
public import ProgrammeModel

/// A partner's clearing statement: the window in points. One source, several renderings.
public struct ClearingStatement: Sendable {
    /// What all statements of the close share.
    public let frame: StatementFrame
    /// The agreement that it is under.
    public let agreement: Agreement
    /// The number of the statement, that of the settlement statement of the same close.
    public let number: Int
    /// The lines.
    public let clearing: PartnerClearing
    /// The position of all windows before this one; plus means that the host owes.
    public let openingPosition: Int64
    /// What proves that nothing is missing.
    public let evidence: StatementEvidence

    /// `CLS-W-2026-03B-MARCHE`.
    public var id: String { "CLS-\(frame.window)-\(agreement.partner)" }

    /// Makes a statement; the parameters are the properties of the same names.
    public init(
        frame: StatementFrame, agreement: Agreement, number: Int, clearing: PartnerClearing, openingPosition: Int64,
        evidence: StatementEvidence
    ) {
        self.frame = frame
        self.agreement = agreement
        self.number = number
        self.clearing = clearing
        self.openingPosition = openingPosition
        self.evidence = evidence
    }

    /// XML, CSV and plain text.
    public var documents: [IssuedDocument] {
        [
            IssuedDocument(name: id + ".xml", partner: agreement.partner, bytes: xml.document()),
            IssuedDocument(name: id + ".csv", partner: agreement.partner, bytes: csv),
            IssuedDocument(name: id + ".txt", partner: agreement.partner, bytes: Array(text.utf8)),
        ]
    }

    private var closingPosition: Int64 { openingPosition + clearing.position }

    /// Points by sub-source and direction, for sub-sources that are named.
    var subtotals: [(subSource: String, direction: Direction, records: Int64, points: Int64)] {
        let named = Dictionary(grouping: clearing.lines.filter { !$0.total.key.subSource.isEmpty }) {
            "\($0.total.key.subSource)\u{0}\($0.total.key.direction.rawValue)"
        }
        return named.sorted { $0.key < $1.key }.compactMap { _, lines in
            guard let key = lines.first?.total.key else { return nil }
            return (
                key.subSource, key.direction, lines.reduce(0) { $0 + $1.total.records },
                lines.reduce(0) { $0 + $1.total.points }
            )
        }
    }

    var xml: XMLElement {
        let registrations = agreement.registrations.map { ($0.label, $0.number) }
        var children = [
            XMLElement("StatementId", text: id), XMLElement("StatementSequenceNumber", text: "\(number)"),
        ]
        children += frame.elements
        children += frame.parties(agreement.partner, agreement.legalName, registrations: registrations)
        children.append(XMLElement("PointsCurrency", text: frame.pointsCurrency.description))
        children.append(XMLElement("OpeningPosition", text: "\(openingPosition)"))
        children += clearing.lines.map(line)
        children += subtotals.map {
            XMLElement(
                "SubSourceTotal",
                [
                    ("subSource", $0.subSource), ("creditDebit", $0.direction.rawValue),
                    ("records", "\($0.records)"),
                ], text: "\($0.points)")
        }
        children += [
            XMLElement("WindowPosition", text: "\(clearing.position)"),
            XMLElement("ClosingPosition", text: "\(closingPosition)"), frame.journalHead,
        ]
        children += evidence.elements(frame.position.checkpoint)
        let root = [("xmlns", "urn:coalition:clearing:clearing-statement:1"), ("version", "1.0")]
        return XMLElement("ClearingStatement", root, children)
    }

    private func line(_ line: ClearingLine) -> XMLElement {
        let key = line.total.key
        var children: [XMLElement] = []
        if !key.subSource.isEmpty { children.append(XMLElement("SubSource", text: key.subSource)) }
        if let ratio = key.ratio { children.append(XMLElement("RatioVersion", text: ratio.text)) }
        children.append(XMLElement("PriceVersion", text: key.price.text))
        if let fixing = key.fixing { children.append(XMLElement("Fixing", text: fixing.fixingName)) }
        children += [
            XMLElement("TaxCategory", key.tax.rate.map { [("rate", $0.description)] } ?? [], text: key.tax.category),
            XMLElement("RecordCount", text: "\(line.total.records)"),
            XMLElement("Units", [("unit", key.unit.description)], text: "\(line.total.units)"),
            XMLElement("ExactPoints", text: line.exact.description),
            XMLElement("Points", [("unit", frame.pointsCurrency.description)], text: "\(line.total.points)"),
            XMLElement("RoundingDifference", text: line.difference.description),
        ]
        if line.total.late > 0 { children.append(XMLElement("LateRecordCount", text: "\(line.total.late)")) }
        if line.total.carriedOver > 0 {
            children.append(XMLElement("CarriedOverRecordCount", text: "\(line.total.carriedOver)"))
        }
        let head = [
            ("number", "\(line.number)"), ("type", key.kind.rawValue), ("creditDebit", key.direction.rawValue),
        ]
        return XMLElement("Line", head, children)
    }

    var csv: [UInt8] {
        var table = CSVTable([
            "statement", "row", "number", "kind", "dc", "sub_source", "unit", "units", "ratio_version", "exact_points",
            "points", "signed_points", "difference", "price_version", "fixing", "tax_category", "tax_rate", "records",
            "late", "carried_over",
        ])
        for line in clearing.lines {
            let key = line.total.key
            table.add([
                .text(id), .text("LINE"), .number("\(line.number)"), .text(key.kind.rawValue),
                .text(key.direction.rawValue), .text(key.subSource), .text(key.unit.description),
                .number("\(line.total.units)"), .text(key.ratio?.text ?? ""), .number(line.exact.description),
                .number("\(line.total.points)"), .number("\(key.direction.sign * line.total.points)"),
                .number(line.difference.description), .text(key.price.text), .text(key.fixing?.fixingName ?? ""),
                .text(key.tax.category), .number(key.tax.rate?.description ?? ""), .number("\(line.total.records)"),
                .number("\(line.total.late)"), .number("\(line.total.carriedOver)"),
            ])
        }
        for row in subtotals {
            var cells: [CSVTable.Cell] = [.text(id), .text("SUBTOTAL"), .empty, .empty, .text(row.direction.rawValue)]
            cells += [.text(row.subSource), .empty, .empty, .empty, .empty, .number("\(row.points)")]
            cells += [.number("\(row.direction.sign * row.points)"), .empty, .empty, .empty, .empty, .empty]
            cells.append(.number("\(row.records)"))
            table.add(cells)
        }
        let positions = [("OPENING", openingPosition), ("WINDOW", clearing.position), ("CLOSING", closingPosition)]
        for (name, points) in positions {
            var cells: [CSVTable.Cell] = [.text(id), .text("POSITION"), .empty, .text(name)]
            cells += [CSVTable.Cell](repeating: .empty, count: 6)
            cells += [.number("\(abs(points))"), .number("\(points)")]
            table.add(cells)
        }
        var control: [CSVTable.Cell] = [
            .text(id), .text("CONTROL"), .number("\(clearing.lines.count)"), .text("WINDOW"),
        ]
        control += [CSVTable.Cell](repeating: .empty, count: 6)
        control += [.number("\(abs(clearing.position))"), .number("\(clearing.position)")]
        table.add(control)
        return table.bytes
    }

    var text: String {
        var out = [
            "CLEARING STATEMENT \(id)   number \(number)",
            "\(frame.programme), window \(frame.window): \(frame.from) to \(frame.to)",
            "between \(frame.host.name) (\(frame.host.id)) and \(agreement.legalName) (\(agreement.partner))",
            "Points in \(frame.pointsCurrency). Plus: the host owes. DBIT: the partner owes. CRDT: the host owes.", "",
        ]
        var lines = TextTable(rightAligned: [0, 4, 6, 7, 8])
        lines.add([
            "no", "line", "d/c", "sub-source", "units", "ratio", "exact", "points", "records", "price", "fixing",
        ])
        for line in clearing.lines {
            let key = line.total.key
            lines.add([
                "\(line.number)", key.kind.rawValue, key.direction.rawValue, key.subSource,
                "\(line.total.units) \(key.unit)", key.ratio?.text ?? "", line.exact.description,
                "\(line.total.points)", "\(line.total.records)", key.price.text, key.fixing?.fixingName ?? "",
            ])
        }
        out += clearing.lines.isEmpty ? ["  no activity"] : lines.lines()
        out.append("")
        out += subtotals.map { "  \($0.subSource) \($0.direction.rawValue): \($0.points) in \($0.records) records" }
        out.append(
            "  opening position \(openingPosition), this window \(clearing.position), closing \(closingPosition)")
        out += frame.logLines
        return out.joined(separator: "\n") + "\n"
    }
}
