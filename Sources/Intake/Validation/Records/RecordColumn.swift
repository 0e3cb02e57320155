/// The fields of a record, in the order of the columns of a CSV file.
///
/// The place of a case is also its number in the digest of a record's content: new fields go to the end.
public enum RecordColumn: Int, CaseIterable, Sendable {
    case transactionID
    case type
    case transactionDateTime
    case businessDate
    case accountKind
    case account
    case entryMode
    case unit
    case amount
    case creditDebit
    case saleCurrency
    case saleAmount
    case earnBasis
    case earnQuantity
    case originalID
    case triggeringID
    case promotionID
    case reason
    case narrative
    case productCode
    case counterAccount
    case approvalCode
    case store
    case terminal
    case brand
    case channel
    case businessLine

    /// The name of the column in CSV files.
    public var csvName: String { Self.names[rawValue].csv }
    /// The path below `Transaction` in XML files.
    public var xmlPath: String { Self.names[rawValue].xml }

    private static let names: [(csv: String, xml: String)] = [
        ("TransactionId", "TransactionId"),
        ("LoyaltyTransactionType", "LoyaltyTransactionType"),
        ("TransactionDateTime", "TransactionDateTime"),
        ("BusinessDate", "BusinessDate"),
        ("AccountIdType", "LoyaltyAccount/LoyaltyAccountId/@type"),
        ("LoyaltyAccountId", "LoyaltyAccount/LoyaltyAccountId"),
        ("EntryMode", "EntryMode"),
        ("Unit", "LoyaltyAmount/@unit"),
        ("LoyaltyAmount", "LoyaltyAmount"),
        ("CreditDebit", "CreditDebit"),
        ("SaleCurrency", "SaleAmount/@currency"),
        ("SaleAmount", "SaleAmount"),
        ("EarnBasis", "EarnBasis"),
        ("EarnQuantity", "EarnBasis/@quantity"),
        ("OriginalTransactionId", "OriginalTransaction/TransactionId"),
        ("TriggeringTransactionId", "TriggeringTransaction/TransactionId"),
        ("PromotionId", "PromotionId"),
        ("ReasonCode", "ReasonCode"),
        ("Narrative", "Narrative"),
        ("ProductCode", "ProductCode"),
        ("CounterAccountId", "CounterAccountId"),
        ("ApprovalCode", "ApprovalCode"),
        ("StoreId", "PointOfInteraction/StoreId"),
        ("TerminalId", "PointOfInteraction/TerminalId"),
        ("Brand", "SubSource/Brand"),
        ("Channel", "SubSource/Channel"),
        ("BusinessLine", "SubSource/BusinessLine"),
    ]

    /// This field in a set of fields.
    var bit: UInt32 { 1 << UInt32(rawValue) }
}
