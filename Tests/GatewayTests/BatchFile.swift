import Journal
import Primitives
import TestKit
import Validation

/// Makes batch files of the golden programme.
struct BatchFile {
    /// A member number with a right check digit.
    static let member = "9250123456789013"

    var header: BatchHeader

    /// A file of a partner whose header is right.
    init(_ batch: BatchID, at now: Timestamp, format: BatchFormat = .xml, messageID: String? = nil) throws {
        let id = messageID ?? "\(batch.partner)-\(batch.series.rawValue)-\(batch.sequence)"
        header = BatchHeader(
            format: format, messageID: try MessageID(id), createdAt: now, initiatingParty: batch.partner,
            recipient: try PartnerID("HOST"), programmeID: "SMILES", series: batch.series,
            sequenceNumber: batch.sequence)
    }

    /// The file with some records.
    func bytes(_ records: [RecordContent]) -> [UInt8] { BatchWriter.file(header: header, records: records) }

    /// A record of its day, at a second that follows from its id, so that two records do not look like one sale.
    static func record(
        _ id: String, _ type: RecordType, _ unit: String, _ units: Int64, on day: String, member: String = member
    ) throws -> RecordContent {
        let date = try BusinessDate(day).need(day)
        let second = id.utf8.reduce(7) { ($0 * 31 + Int($1)) % 80_000 }
        return RecordContent(
            transactionID: try TransactionID(id), type: type,
            occurredAt: Timestamp(date: date, secondOfDay: second, offsetSeconds: 0), businessDate: date,
            account: MemberAccount(kind: .card, number: try MemberNumber(member).need("member")),
            unit: try CurrencyCode(unit).need(unit), units: units)
    }
}
