import Conversion
import FileStore
package import Gateway
import House
package import Journal
import Ledger
import OpenSSLKit
package import Primitives
import ProgrammeModel
package import Validation

/// What a partner wrote in one record, with the member's number masked.
package struct RecordText {
    package let transactionID: String
    package let member: String
    package let place: RecordPlace
    package let content: RecordContent?

    package init(_ outcome: RecordOutcome) {
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
    /// What the partner wrote in the record at a location; nil when it cannot be read as one, or is withheld.
    ///
    /// - Throws: `Fault` when what was kept cannot be read.
    package func text(of location: RecordLocation) throws -> RecordText? {
        guard house.withheld(batch: location.batch) == nil else { return nil }
        if let (_, attempt) = house.files.find(received: location.batch) {
            guard let format = attempt.format, house.withheld(attempt) == nil else { return nil }
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
    package func location(of transaction: TransactionID, partner: PartnerID) throws(Fault) -> RecordLocation? {
        let identity = RecordIdentity.of(transaction, partner: partner) { SHA256.digest($0) }
        return try house.ledger.find(identity, of: partner, in: history)
    }
}
