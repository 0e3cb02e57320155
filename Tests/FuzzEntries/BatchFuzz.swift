import OpenSSLKit
import Primitives
import Validation

/// Bytes as a batch file or, in XML, as a real-time message.
enum BatchFuzz {
    static func run(_ bytes: [UInt8], _ format: BatchFormat) throws(BrokenPromise) {
        let whole = BatchReading(bytes, format, [bytes[...]])
        try hold(whole == BatchReading(bytes, format, Cuts.pieces(bytes)), "cuts do not change what is found")
        if bytes.count <= 1024 {
            let single = BatchReading(bytes, format, bytes.indices.map { bytes[$0...$0] })
            try hold(whole == single, "byte by byte the same is found")
        }
        if let first = bytes.first, first == UInt8(ascii: format == .xml ? "<" : "#") {
            try hold(whole == BatchReading(bytes, nil, [bytes[...]]), "the first byte tells the format")
        }
        try checkRecords(whole, bytes)
        try checkSummary(whole, bytes)
        try checkWriting(whole)
        try checkRefused(whole, bytes)
        if format == .xml {
            try SchemaFuzz.compare(whole, bytes)
            try MessageFuzz.run(bytes)
        }
    }

    private static func checkRecords(_ reading: BatchReading, _ bytes: [UInt8]) throws(BrokenPromise) {
        var end: Int64 = 0
        for (index, outcome) in reading.outcomes.enumerated() {
            let place: RecordPlace
            switch outcome {
            case .parsed(let record):
                place = record.place
                try hold(!record.warnings.contains(where: \.refuses), "a record with a refusal is refused")
                try hold(record.warnings.count <= 20, "findings of a record are bounded")
            case .refused(let record):
                place = record.place
                try hold(record.findings.contains(where: \.refuses), "a refused record says why")
                try hold(record.findings.count <= 20, "findings of a record are bounded")
            }
            try hold(place.number == index + 1, "records are counted from 1")
            try hold(place.offset >= end && place.length > 0, "records do not overlap")
            end = place.offset + Int64(place.length)
            try hold(end <= Int64(bytes.count), "a record lies within the file")
        }
    }

    private static func checkSummary(_ reading: BatchReading, _ bytes: [UInt8]) throws(BrokenPromise) {
        guard let summary = reading.summary else {
            guard let refusal = reading.refusal else {
                throw BrokenPromise(description: "a file is read or refused")
            }
            try hold(refusal.findings.contains(where: \.refuses), "a refusal refuses")
            return
        }
        try hold(summary.header == reading.header, "the header is told once")
        try hold(summary.bytes == Int64(bytes.count), "every byte is read")
        try hold(summary.found.records == reading.outcomes.count, "every record is told")
        try hold(summary.refused == reading.refused.count, "refused records are counted")
    }

    /// What was read comes back from either format.
    private static func checkWriting(_ reading: BatchReading) throws(BrokenPromise) {
        guard reading.summary != nil, var header = reading.header, reading.refused.isEmpty else { return }
        let contents = reading.parsed.map(\.content)
        for format in BatchFormat.allCases {
            header.format = format
            let file = BatchWriter.file(header: header, records: contents)
            let again = BatchReading(file, nil, [file[...]])
            guard let summary = again.summary else {
                throw BrokenPromise(
                    description: "what is written is read: \(format) \(String(describing: again.refusal))")
            }
            try hold(summary.findings.isEmpty, "what is written adds up: \(summary.findings)")
            try hold(again.parsed.map(\.content) == contents, "records come back in \(format)")
            try hold(again.parsed.map(\.contentDigest) == reading.parsed.map(\.contentDigest), "digests come back")
            var expected = header
            expected.declared = again.header?.declared
            expected.rootTag = again.header?.rootTag ?? []
            try hold(again.header == expected, "the header comes back in \(format)")
        }
    }

    /// The file of the refused records is a file with as many records.
    private static func checkRefused(_ reading: BatchReading, _ bytes: [UInt8]) throws(BrokenPromise) {
        guard reading.summary != nil, let header = reading.header, !reading.refused.isEmpty else { return }
        let entries = reading.refused.map { RefusedRecordsFile.Entry($0) }
        let file = RefusedRecordsFile(
            correcting: header, receipt: MessageID(unchecked: "RCP-1"), sequenceNumber: 9,
            createdAt: Timestamp(milliseconds: 0), entries: entries)
        var written: [UInt8] = []
        file.write(entries) { offset, length in
            Array(bytes[Int(offset)..<(Int(offset) + length)])
        } to: {
            written += $0
        }
        let again = BatchReading(written, nil, [written[...]])
        let found = "\(again.outcomes.count) of \(entries.count), \(again.refusal.debugDescription)"
        try hold(
            again.refusal == nil && again.outcomes.count == entries.count, "refused records make a file: \(found)")
    }
}

/// What a reader finds in a file that comes in pieces.
struct BatchReading: Equatable {
    var header: BatchHeader?
    var outcomes: [RecordOutcome] = []
    var summary: BatchSummary?
    var refusal: Refusal?

    init(_ bytes: [UInt8], _ format: BatchFormat?, _ pieces: [ArraySlice<UInt8>]) {
        var limits = Limits()
        // Small, so that an input can reach it.
        limits.recordsPerFile = 40
        let reader = BatchReader(format: format, limits: limits) { SHA256.digest($0) }
        var sink = Sink()
        do throws(Refusal) {
            for piece in pieces { try reader.feed(piece, to: &sink) }
            summary = try reader.finish(to: &sink)
        } catch {
            refusal = error
        }
        (header, outcomes) = (sink.header, sink.outcomes)
    }

    var parsed: [ParsedRecord] { outcomes.compactMap { if case .parsed(let record) = $0 { record } else { nil } } }
    var refused: [RefusedRecord] { outcomes.compactMap { if case .refused(let record) = $0 { record } else { nil } } }

    private struct Sink: BatchSink {
        var header: BatchHeader?
        var outcomes: [RecordOutcome] = []
        mutating func header(_ header: BatchHeader) throws(Refusal) { self.header = header }
        mutating func record(_ outcome: RecordOutcome) throws(Refusal) { outcomes.append(outcome) }
    }
}
