import XMLKit

/// The names of elements and attributes in batch files and messages. Its number is a name's place in the vocabulary.
enum XMLName: String, CaseIterable {
    case loyaltyTransactionBatch = "LoyaltyTransactionBatch"
    case groupHeader = "GroupHeader"
    case transaction = "Transaction"
    case messageID = "MessageId"
    case creationDateTime = "CreationDateTime"
    case initiatingParty = "InitiatingParty"
    case recipient = "Recipient"
    case programmeID = "ProgrammeId"
    case series = "Series"
    case sequenceNumber = "SequenceNumber"
    case numberOfTransactions = "NumberOfTransactions"
    case controlSum = "ControlSum"
    case replacesReceiptID = "ReplacesReceiptId"
    case correctsReceiptID = "CorrectsReceiptId"
    case transactionID = "TransactionId"
    case loyaltyTransactionType = "LoyaltyTransactionType"
    case transactionDateTime = "TransactionDateTime"
    case businessDate = "BusinessDate"
    case loyaltyAccount = "LoyaltyAccount"
    case loyaltyAccountID = "LoyaltyAccountId"
    case entryMode = "EntryMode"
    case loyaltyAmount = "LoyaltyAmount"
    case creditDebit = "CreditDebit"
    case saleAmount = "SaleAmount"
    case earnBasis = "EarnBasis"
    case originalTransaction = "OriginalTransaction"
    case triggeringTransaction = "TriggeringTransaction"
    case promotionID = "PromotionId"
    case reasonCode = "ReasonCode"
    case narrative = "Narrative"
    case productCode = "ProductCode"
    case counterAccountID = "CounterAccountId"
    case approvalCode = "ApprovalCode"
    case pointOfInteraction = "PointOfInteraction"
    case storeID = "StoreId"
    case terminalID = "TerminalId"
    case subSource = "SubSource"
    case brand = "Brand"
    case channel = "Channel"
    case businessLine = "BusinessLine"
    case loyaltyRequest = "LoyaltyRequest"
    case messageHeader = "MessageHeader"
    case partnerID = "PartnerId"
    case possibleDuplicate = "PossibleDuplicate"
    case statusQuery = "StatusQuery"
    case originalMessageID = "OriginalMessageId"
    case positionQuery = "PositionQuery"
    case windowID = "WindowId"
    case echo = "Echo"
    case text = "Text"
    case version = "version"
    case unit = "unit"
    case type = "type"
    case currency = "currency"
    case quantity = "quantity"

    private static let all = allCases
    private static let numbers: [XMLName: Int16] = {
        var out: [XMLName: Int16] = [:]
        for (number, name) in all.enumerated() { out[name] = Int16(number) }
        return out
    }()

    /// The name of a number, or nil for an unknown one.
    static func named(_ number: Int16) -> XMLName? { number < 0 ? nil : all[Int(number)] }

    /// The name's number.
    var number: Int16 { Self.numbers[self] ?? -1 }

    /// The vocabulary of documents of a namespace.
    static func vocabulary(_ namespace: String) -> XMLVocabulary {
        XMLVocabulary(
            namespace: namespace, names: all.map(\.rawValue), placed: [Int(XMLName.transaction.number)])
    }
}

extension XMLEvents {
    /// The name of an event's element, for messages.
    func shownName(_ event: XMLEvent) -> String {
        XMLName.named(event.name)?.rawValue ?? label(of: event)?.name ?? "?"
    }

    /// The name of an attribute, for messages.
    func shownName(_ attribute: XMLAttribute) -> String {
        XMLName.named(attribute.name)?.rawValue ?? attribute.unknownName
    }
}
