import Conversion
import FileStore
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Validation
import Verification

/// Reads the records of originals again, as the intake read them.
enum RecordScan {
    /// Calls the closure with each record of an original in order, until it answers false.
    ///
    /// A file that is refused as a whole is read as far as it can be.
    ///
    /// - Throws: `Fault` when the original cannot be read; what the closure throws.
    static func forEach(
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

/// What a partner wrote in one record, with the member's number masked.
struct RecordText {
    let transactionID: String
    let member: String
    let place: RecordPlace
    let content: RecordContent?

    init(_ outcome: RecordOutcome) {
        place = outcome.place
        switch outcome {
        case .parsed(let record):
            transactionID = record.content.transactionID.text
            member = record.content.account?.number.description ?? ""
            content = record.content
        case .refused(let record):
            transactionID = record.transactionID
            member = ""
            content = nil
        }
    }
}

extension HouseReader {
    /// What the partner wrote in the record at a location; nil when it cannot be read as one.
    ///
    /// - Throws: `Fault` when what was kept cannot be read.
    func text(of location: RecordLocation) throws -> RecordText? {
        if let (_, attempt) = house.files.find(received: location.batch) {
            guard let format = attempt.format else { return nil }
            var found: RecordText?
            try RecordScan.forEach(try originals.original(attempt.digest), format: format) { outcome in
                guard outcome.place.number == Int(location.record) else { return true }
                found = RecordText(outcome)
                return false
            }
            return found
        }
        guard case .messageAnswered(let fact) = try fact(location.batch).fact,
            let name = fact.attachments.first?.name,
            let cms = try? CMSSignature(
                ber: try log.attachment(name, of: location.batch), maximumBytes: Limits().messageBytes),
            let request = try? MessageReader.read(cms.content ?? [], hash: { SHA256.digest($0) }),
            case .transaction(let outcome) = request.operation
        else { return nil }
        return RecordText(outcome)
    }

    /// The location of a partner's accepted record, or nil.
    ///
    /// - Throws: `Fault` when entries cannot be read.
    func location(of transaction: TransactionID, partner: PartnerID) throws(Fault) -> RecordLocation? {
        let identity = RecordIdentity.of(transaction, partner: partner) { SHA256.digest($0) }
        return try house.ledger.find(identity, of: partner, in: history)
    }
}
