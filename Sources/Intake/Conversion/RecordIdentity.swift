public import Journal
public import Primitives

/// The digest by which the ledger knows a record: of partner and transaction id, so that ids of partners never meet.
public enum RecordIdentity {
    /// The identity of a partner's transaction.
    ///
    /// The input is versioned and its parts carry their lengths, so that no two pairs have the same input.
    public static func of(_ transaction: TransactionID, partner: PartnerID, hash: ([UInt8]) -> Digest32) -> Digest16 {
        var input = prefix(of: partner)
        input.append(UInt8(transaction.text.utf8.count))
        input.append(contentsOf: transaction.text.utf8)
        return Digest16(hash(input))
    }

    /// What is hashed before the length of a transaction id and the id.
    public static func prefix(of partner: PartnerID) -> [UInt8] {
        Array("coalition-record-1".utf8) + [UInt8(partner.text.utf8.count)] + Array(partner.text.utf8)
    }
}
