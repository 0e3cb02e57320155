import Clearing
import FileStore
package import Gateway
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
import Statements

/// Follows one line of an issued statement down to its records.
package struct LineExplanation {
    package let reader: HouseReader
    /// How many records are listed.
    package let limit: Int

    package init(reader: HouseReader, limit: Int) {
        self.reader = reader
        self.limit = limit
    }

    /// Explains a line.
    ///
    /// - Throws: `Refusal` with NET-005 when there is no such line; `VerificationFailure` when the statement that was
    ///   issued is not what the log gives.
    package func report(_ statement: String, _ number: Int) throws -> Report {
        let (kind, window, partner) = try parse(statement)
        let (sequence, _, close) = try reader.closing(of: window)
        guard let pair = close.statements.first(where: { $0.clearing.agreement.partner == partner }) else {
            throw Refusal(.net005, value: statement, detail: "there is no such statement")
        }
        try compare(statement, close, sequence)
        var report = Report()
        report.add("line", "\(statement)#\(number)")
        report.add("window", "\(window), closed by fact \(sequence)")
        if kind == "CLS" {
            guard let line = pair.clearing.clearing.lines.first(where: { $0.number == number }) else {
                throw missing(statement, number, pair.clearing.clearing.lines.count)
            }
            try add(line, try LineRecords(of: window, reader), &report)
        } else {
            guard let line = pair.settlement.settlement.lines.first(where: { $0.number == number }) else {
                throw missing(statement, number, pair.settlement.settlement.lines.count)
            }
            try add(line, pair.clearing, window, &report)
        }
        return report
    }

    private func missing(_ statement: String, _ number: Int, _ count: Int) -> Refusal {
        Refusal(.net005, value: "\(statement)#\(number)", detail: "the statement has \(count) lines")
    }

    private func parse(_ statement: String) throws -> (kind: String, window: WindowID, partner: PartnerID) {
        let kind = String(statement.prefix(3))
        let rest = statement.dropFirst(4)
        guard kind == "CLS" || kind == "STL", let dash = rest.lastIndex(of: "-"),
            let window = try? WindowID(String(rest[..<dash])),
            let partner = try? PartnerID(String(rest[rest.index(after: dash)...]))
        else {
            throw Refusal(
                .net005, value: statement, detail: "a statement is named CLS-WINDOW-PARTNER or STL-WINDOW-PARTNER")
        }
        return (kind, window, partner)
    }

    /// What is explained must be what was issued.
    private func compare(_ statement: String, _ close: WindowClose, _ sequence: UInt64) throws {
        let name = statement + ".xml"
        let issued = try reader.log.attachment(name, of: sequence)
        guard close.documents.first(where: { $0.name == name })?.bytes == issued else {
            throw VerificationFailure(damage: "\(name) as issued is not what the log gives; see 'coalition check'")
        }
    }

    // MARK: Points

    private func add(_ line: ClearingLine, _ records: LineRecords, _ report: inout Report) throws {
        let key = line.total.key
        report.add("kind", "\(key.kind.rawValue) \(key.direction.rawValue)")
        report.add("units", "\(line.total.units) \(key.unit)")
        if let ratio = key.ratio.flatMap({ reader.house.ledger.catalogue.ratios[$0] }) {
            report.add("ratio", "\(ratio.id): \(ratio.fromUnits) \(ratio.from) = \(ratio.toUnits) \(ratio.to)")
        }
        report.add("exact points", line.exact)
        report.add("points", "\(line.total.points), the sum of whole records (difference \(line.difference))")
        if let price = reader.house.ledger.catalogue.prices[key.price] {
            report.add("price", "\(price.id): \(price.price) \(price.currency)")
        }
        report.add("tax", key.tax.rate.map { "\(key.tax.category) \($0)%" } ?? key.tax.category)
        report.add("fixing", key.fixing?.fixingName)
        if !key.subSource.isEmpty { report.add("sub-source", key.subSource) }
        report.add("late records", line.total.late)
        report.add("carried over", line.total.carriedOver)
        let found = try records.records(on: key, limit: limit + 1)
        report.add("records", items: found.prefix(limit).map { item($0, $1) })
        if line.total.records > Int64(min(limit, found.count)) {
            report.add("in all", "\(line.total.records) records; see --limit")
        }
    }

    private func item(_ location: RecordLocation, _ entry: RecordEntry?) -> Report {
        var item = Report()
        guard let entry else {
            item.add("act", "fact \(location.batch), an adjustment of the host")
            return item
        }
        let unit = entry.unit?.description ?? ""
        item.add("record", "\(location)  \(entry.type?.rawValue ?? "")  \(entry.units) \(unit)  \(entry.points) points")
        return item
    }

    // MARK: Money

    private func add(
        _ line: SettlementLine, _ clearing: ClearingStatement, _ window: WindowID, _ report: inout Report
    ) throws {
        report.add("kind", "\(line.kind.rawValue) \(line.direction.rawValue)")
        report.add("quantity", line.quantity)
        report.add("unit price", "\(line.unitPrice) \(line.priceCurrency)" + (line.price.map { " (\($0))" } ?? ""))
        if let fixing = line.fixing {
            let name = fixing.window.fixingName
            report.add("fixing", "\(name): \(fixing.rate) \(fixing.quote) for 1 \(fixing.base), \(fixing.source)")
        }
        report.add("exact amount", "\(line.exact) \(line.amount.currency)")
        report.add("amount", "\(line.amount), rounded once (difference \(line.difference))")
        report.add("tax", line.tax.rate.map { "\(line.tax.category) \($0)%" } ?? line.tax.category)
        report.add("corrects", line.correctedLine)
        report.add("reason", line.reason)
        let lines = clearing.clearing.lines.filter { line.clearingLines.contains($0.number) }
        guard !lines.isEmpty else { return }
        let records = try LineRecords(of: window, reader)
        report.add(
            "sum of clearing lines",
            items: try lines.map { part in
                var item = Report()
                item.add("line", "\(clearing.id)#\(part.number)")
                try add(part, records, &item)
                return item
            })
    }
}
