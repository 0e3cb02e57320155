import Primitives
import XMLKit

/// The rows of a clearing statement, as its issued CSV has them.
struct ClearingRows {
    private(set) var table = PaperTable(
        "statement row number kind dc sub_source unit units ratio_version exact_points points signed_points difference "
            + "price_version fixing tax_category tax_rate records late carried_over")
    let positions: [(name: String, amount: String)]
    let totals: [(name: String, amount: String)]

    init(_ root: XMLElement, _ id: String) throws(Refusal) {
        var found: [(name: String, amount: String)] = []
        for (name, element) in [
            ("OPENING", "OpeningPosition"), ("WINDOW", "WindowPosition"), ("CLOSING", "ClosingPosition"),
        ] {
            guard let points = root.text(element) else {
                throw Refusal(.syn002, at: .whole.field(element), detail: "the statement has no \(element)")
            }
            found.append((name, points))
        }
        positions = found
        totals = [("lines", "\(root.children("Line").count)")]
        for line in root.children("Line") { add(line, id) }
        for row in root.children("SubSourceTotal") {
            let isDebit = row.attribute("creditDebit") == "DBIT"
            table.add([
                "statement": .text(id), "row": .text("SUBTOTAL"), "dc": .text(row.attribute("creditDebit") ?? ""),
                "sub_source": .text(row.attribute("subSource") ?? ""), "points": .number(row.text),
                "signed_points": .number(isDebit ? SettlementRows.negated(row.text) : row.text),
                "records": .number(row.attribute("records") ?? ""),
            ])
        }
        for (name, points) in positions { add(position: name, "POSITION", points, id) }
        add(position: "WINDOW", "CONTROL", found[1].amount, id, count: root.children("Line").count)
    }

    private mutating func add(position name: String, _ row: String, _ points: String, _ id: String, count: Int? = nil) {
        table.add([
            "statement": .text(id), "row": .text(row), "number": count.map { .number("\($0)") } ?? .empty,
            "kind": .text(name), "points": .number(SettlementRows.magnitude(points)), "signed_points": .number(points),
        ])
    }

    private mutating func add(_ line: XMLElement, _ id: String) {
        let (units, tax) = (line.child("Units"), line.child("TaxCategory"))
        let points = line.text("Points") ?? ""
        let isDebit = line.attribute("creditDebit") == "DBIT"
        table.add([
            "statement": .text(id), "row": .text("LINE"), "number": .number(line.attribute("number") ?? ""),
            "kind": .text(line.attribute("type") ?? ""), "dc": .text(line.attribute("creditDebit") ?? ""),
            "sub_source": .text(line.text("SubSource") ?? ""), "unit": .text(units?.attribute("unit") ?? ""),
            "units": .number(units?.text ?? ""), "ratio_version": .text(line.text("RatioVersion") ?? ""),
            "exact_points": .number(line.text("ExactPoints") ?? ""), "points": .number(points),
            "signed_points": .number(isDebit ? SettlementRows.negated(points) : points),
            "difference": .number(line.text("RoundingDifference") ?? ""),
            "price_version": .text(line.text("PriceVersion") ?? ""), "fixing": .text(line.text("Fixing") ?? ""),
            "tax_category": .text(tax?.text ?? ""), "tax_rate": .number(tax?.attribute("rate") ?? ""),
            "records": .number(line.text("RecordCount") ?? ""),
            "late": .number(line.text("LateRecordCount") ?? "0"),
            "carried_over": .number(line.text("CarriedOverRecordCount") ?? "0"),
        ])
    }
}
