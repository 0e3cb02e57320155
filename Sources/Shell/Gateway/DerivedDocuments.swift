import FileStore
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import Statements
import Validation

/// What a document about a file's records is made from.
private struct FileResults: Sendable {
    let attempt: FileAttempt
    let received: UInt64
    let decidedAt: Timestamp
    let nextNumber: Int64
    let lines: History.BatchLines?
    let original: Original
    let records: FileRecordStore
    let store: OriginalStore
    let limits: Limits

    /// What a name asks for.
    enum Kind {
        case results
        case refused
    }
}

extension Clearinghouse {
    /// A document that is made from the log when it is asked for, and signed then: `RCP-00000042.results.csv`, every
    /// record with what became of it, and `RCP-00000042.refused.xml` (or `.csv`, as the file was), the refused records
    /// as a file that is ready to be corrected.
    ///
    /// - Throws: `Refusal` with NET-005 when there is nothing to correct in this way; `Fault` from the stores.
    nonisolated func derived(_ name: String, _ reader: PartnerID?) async throws -> StoredDocument? {
        guard let (kind, source) = try await source(name, reader) else { return nil }
        let digest = try await Self.make(name, kind, source)
        return StoredDocument(
            name: name, file: try source.store.original(digest), digest: digest, signature: try await sign(digest))
    }

    func sign(_ digest: Digest32) throws(Fault) -> [UInt8] { try parts.signer.sign(digest: digest, at: now) }

    private func source(_ name: String, _ reader: PartnerID?) throws -> (FileResults.Kind, FileResults)? {
        guard let (sequence, attempt) = judged(name, reader), let received = attempt.received,
            let format = attempt.format, attempt.entries != nil
        else { return nil }
        let kind: FileResults.Kind
        switch name.drop(while: { $0 != "." }) {
        case ".results.csv": kind = .results
        case ".refused." + (format == .xml ? "xml" : "csv"): kind = .refused
        default: return nil
        }
        if let withheld = house.withheld(attempt) { throw withheld.refusal(of: name) }
        let batch = house.files.find(received: received)?.batch
        let numbers = batch.map { house.files.files(of: $0.partner, series: $0.series).map(\.0.sequence) } ?? []
        let source = FileResults(
            attempt: attempt, received: received, decidedAt: try history.fact(sequence).time,
            nextNumber: (numbers.max() ?? 0) + 1, lines: try house.ledger.lines(ofBatch: received, in: history),
            original: try parts.originals.original(attempt.digest), records: parts.records,
            store: try derivedStore(), limits: parts.limits)
        return (kind, source)
    }

    /// The one store of derived documents: it knows which of them are being made.
    func derivedStore() throws(Fault) -> OriginalStore {
        if let known = derivedDocuments { return known }
        let store = try parts.directory.derivedDocuments(hashing: HouseOpening.hashing)
        derivedDocuments = store
        return store
    }

    @concurrent
    private static func make(_ name: String, _ kind: FileResults.Kind, _ source: FileResults) async throws -> Digest32 {
        guard let document = try source.store.beginDocument(name) else {
            throw Refusal(.net002, value: name, detail: "the document is being made for someone else")
        }
        switch kind {
        case .results: try source.writeResults(to: document)
        case .refused: try source.writeRefused(String(name.prefix { $0 != "." }), to: document)
        }
        switch try document.complete() {
        case .kept(let digest), .differs(let digest): return digest
        }
    }
}

extension FileResults {
    /// Reads original and entries side by side.
    private func forEach(_ body: (RecordEntry, RecordOutcome) throws -> Void) throws {
        guard let format = attempt.format, let count = attempt.entries?.count else { return }
        var number: Int64 = 0
        try RecordScan.forEach(original, format: format) { outcome in
            guard number < count else { return false }
            number += 1
            let location = RecordLocation(batch: received, record: UInt32(number))
            try body(try records.entry(at: location), outcome)
            return true
        }
    }

    fileprivate func writeResults(to document: IncomingFile) throws {
        try document.append(ResultsFile.header[...])
        var pending: [RecordResult] = []
        var (count, points) = (Int64(0), Int64(0))
        try forEach { entry, outcome in
            let isPosted = entry.status == .accepted && attempt.status != .refused
            let set = lines.flatMap { $0.sets.indices.contains(Int(entry.lineSet)) ? $0.sets[Int(entry.lineSet)] : nil }
            let keys = set.map { set in set.lines.compactMap { lines?.keys[$0] } } ?? []
            let transactionID =
                switch outcome {
                case .parsed(let record): record.content.transactionID.text
                case .refused(let record): record.transactionID
                }
            pending.append(
                RecordResult(
                    entry: entry, location: RecordLocation(batch: received, record: entry.record),
                    transactionID: transactionID, keys: keys, window: isPosted ? attempt.window : nil))
            count += 1
            points += isPosted ? entry.points : 0
            guard pending.count == 512 else { return }
            try document.append(ResultsFile.rows(pending)[...])
            pending.removeAll(keepingCapacity: true)
        }
        try document.append(ResultsFile.rows(pending)[...])
        try document.append(ResultsFile.trailer(records: count, points: points)[...])
    }

    fileprivate func writeRefused(_ receipt: String, to document: IncomingFile) throws {
        guard attempt.status != .refused else {
            let detail = "the file was refused as a whole: send it again under its number, naming \(receipt)"
            throw Refusal(.net005, value: receipt, detail: detail)
        }
        var entries: [RefusedRecordsFile.Entry] = []
        try forEach { entry, outcome in
            guard entry.status == .refused else { return }
            guard entries.count < limits.findingsPerFile else {
                throw Refusal(
                    .net005, value: receipt, detail: "more than \(limits.findingsPerFile) records are refused")
            }
            let amount = entry.unit.flatMap { entry.units > 0 ? UnitAmount(unit: $0, units: entry.units) : nil }
            entries.append(
                RefusedRecordsFile.Entry(offset: Int64(entry.offset), length: Int(entry.length), amount: amount))
        }
        guard let header = try header(), !entries.isEmpty else {
            throw Refusal(.net005, value: receipt, detail: "no record was refused")
        }
        let file = RefusedRecordsFile(
            correcting: header, receipt: MessageID(unchecked: receipt), sequenceNumber: nextNumber,
            createdAt: decidedAt, entries: entries)
        try file.write(
            entries, reading: { try original.read(at: $0, count: $1) }, to: { try document.append($0[...]) })
    }

    /// The header of the original.
    private func header() throws -> BatchHeader? {
        guard let format = attempt.format else { return nil }
        let reader = BatchReader(format: format, limits: limits, hash: { SHA256.digest($0) })
        var sink = HeaderSink()
        var offset: Int64 = 0
        while sink.header == nil, offset < original.size {
            let piece = try original.read(at: offset, count: 64 << 10)
            offset += Int64(piece.count)
            try reader.feed(piece, to: &sink)
        }
        // The reader keeps what it has not checked yet to itself until the end.
        if sink.header == nil { _ = try reader.finish(to: &sink) }
        return sink.header
    }
}

/// Takes the header and nothing else.
private struct HeaderSink: BatchSink {
    private(set) var header: BatchHeader?

    mutating func header(_ header: BatchHeader) throws(Refusal) { self.header = header }
    mutating func record(_ outcome: RecordOutcome) throws(Refusal) {}
}
