public import FileStore
import OpenSSLKit
public import Primitives
public import Validation

/// Reads the records of originals again, as the intake read them.
public enum RecordScan {
    /// Calls the closure with each record of an original in order, until it answers false.
    ///
    /// A file that is refused as a whole is read as far as it can be.
    ///
    /// - Throws: `Fault` when the original cannot be read; what the closure throws.
    public static func forEach(
        _ original: Original, format: BatchFormat, _ body: (RecordOutcome) throws -> Bool
    ) throws {
        let reader = BatchReader(format: format, hash: { SHA256.digest($0) })
        var sink = ScanSink()
        var offset: Int64 = 0
        do {
            while offset < original.size {
                let piece = try original.read(at: offset, count: 256 << 10)
                offset += Int64(piece.count)
                try reader.feed(piece, to: &sink)
                for record in sink.drain() where try !body(record) { return }
            }
            _ = try reader.finish(to: &sink)
        } catch is Refusal {
            // The file's receipt has the reason; what stands before it is shown.
        }
        for record in sink.drain() where try !body(record) { return }
    }
}

/// Collects the records of one piece.
private struct ScanSink: BatchSink {
    private var records: [RecordOutcome] = []

    mutating func header(_ header: BatchHeader) throws(Refusal) {}
    mutating func record(_ outcome: RecordOutcome) throws(Refusal) { records.append(outcome) }

    mutating func drain() -> [RecordOutcome] {
        defer { records.removeAll(keepingCapacity: true) }
        return records
    }
}
