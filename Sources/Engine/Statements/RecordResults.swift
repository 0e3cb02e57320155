public import Journal
public import Primitives

/// What became of one record, for its sender.
public struct RecordResult: Hashable, Sendable {
    /// Its entry.
    public var entry: RecordEntry
    /// Its clearing reference.
    public var location: RecordLocation
    /// The sender's own name for it; empty when it could not be read.
    public var transactionID: String
    /// The keys of the lines that it counts on; none for a record that was not accepted.
    public var keys: [LineKey]
    /// The window; nil for a record that was not accepted.
    public var window: WindowID?

    /// Joins what is known of a record.
    public init(
        entry: RecordEntry, location: RecordLocation, transactionID: String, keys: [LineKey], window: WindowID?
    ) {
        self.entry = entry
        self.location = location
        self.transactionID = transactionID
        self.keys = keys
        self.window = window
    }
}

/// The result file of a batch file as CSV: every record with what became of it and by which versions. It has no
/// member's number. Its last line is the number of records and their points (Specs/formats.md).
public enum ResultsFile {
    /// The header row.
    public static let header = table([]).bytes

    /// The rows of some records, without the header.
    public static func rows(_ results: [RecordResult]) -> [UInt8] {
        Array(table(results).bytes.dropFirst(header.count))
    }

    /// The last line.
    public static func trailer(records: Int64, points: Int64) -> [UInt8] {
        Array("#TRAILER,\(records),\(points)\n".utf8)
    }

    private static func table(_ results: [RecordResult]) -> CSVTable {
        var table = CSVTable([
            "record", "transactionId", "type", "status", "businessDate", "units", "unit", "points", "ratio", "prices",
            "window", "late", "carriedOver", "reference", "original",
        ])
        for result in results {
            let entry = result.entry
            let prices = result.keys.map { $0.price.text }.joined(separator: " ")
            table.add([
                .number("\(entry.record)"), .text(result.transactionID), .text(entry.type?.rawValue ?? ""),
                .text(entry.status.rawValue), .text(entry.businessDate?.description ?? ""), .number("\(entry.units)"),
                .text(entry.unit?.description ?? ""), .number("\(entry.points)"),
                .text(result.keys.first?.ratio?.text ?? ""), .text(prices), .text(result.window?.text ?? ""),
                .text(entry.isLate ? "true" : ""), .text(entry.isCarriedOver ? "true" : ""),
                .text(result.location.description), .text(entry.original?.description ?? ""),
            ])
        }
        return table
    }
}
