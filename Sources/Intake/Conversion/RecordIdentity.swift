public import Journal
public import Primitives

/// The digest by which the ledger knows a record: of partner and transaction id, so that ids of partners never meet.
public enum RecordIdentity {
    /// The identity of a partner's transaction.
    ///
    /// The input is versioned and its parts carry their lengths, so that no two pairs have the same input.
    public static func of(_ transaction: TransactionID, partner: PartnerID, hash: ([UInt8]) -> Digest32) -> Digest16 {
        var input = Array("coalition-record-1".utf8)
        for part in [partner.text, transaction.text] {
            input.append(UInt8(part.utf8.count))
            input.append(contentsOf: part.utf8)
        }
        return Digest16(hash(input))
    }
}
