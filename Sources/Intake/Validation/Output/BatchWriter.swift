import Primitives

/// Writes a batch file of either format from typed values: what `BatchReader` reads back as equal content.
///
/// `drain()` may be called at any time, so that a file of any size is written with little memory.
public struct BatchWriter {
    private enum Output {
        case xml(XMLWriter)
        case csv(CSVWriter)
    }

    private var output: Output
    private let totals: BatchTotals
    private let offsetSeconds: Int
    private var written = BatchTotals()

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - header: its header; the format is the header's, the totals are not read from it.
    ///   - totals: the number of records and their sums, which XML states before the records.
    ///   - offsetSeconds: the offset from UTC in which instants are written.
    public init(header: BatchHeader, totals: BatchTotals, offsetSeconds: Int = 0) {
        self.totals = totals
        self.offsetSeconds = offsetSeconds
        switch header.format {
        case .xml:
            var writer = XMLWriter()
            Self.begin(&writer, header, totals, offsetSeconds)
            output = .xml(writer)
        case .csv: output = .csv(CSVWriter(header: header, offsetSeconds: offsetSeconds))
        }
    }

    /// Writes a record.
    public mutating func append(_ content: RecordContent) {
        written.add(UnitAmount(unit: content.unit, units: content.units))
        switch output {
        case .xml(var writer):
            output = .xml(XMLWriter(declaration: false))
            Self.write(content, to: &writer, offsetSeconds)
            output = .xml(writer)
        case .csv(var writer):
            output = .csv(CSVWriter())
            writer.append(content, offsetSeconds: offsetSeconds)
            output = .csv(writer)
        }
    }

    /// Ends the file. The records written must add up to the totals that were given.
    public mutating func finish() {
        precondition(
            written.records == totals.records
                && written.sums.filter { $0.value != 0 } == totals.sums.filter { $0.value != 0 },
            "the records do not add up to the totals of the file")
        switch output {
        case .xml(var writer):
            writer.close()
            output = .xml(writer)
        case .csv(var writer):
            writer.finish(totals)
            output = .csv(writer)
        }
    }

    /// Answers the bytes written since the last call and forgets them.
    public mutating func drain() -> [UInt8] {
        switch output {
        case .xml(var writer):
            let bytes = writer.drain()
            output = .xml(writer)
            return bytes
        case .csv(var writer):
            let bytes = writer.drain()
            output = .csv(writer)
            return bytes
        }
    }

    /// Writes a whole file at once.
    public static func file(header: BatchHeader, records: [RecordContent], offsetSeconds: Int = 0) -> [UInt8] {
        var totals = BatchTotals()
        for record in records { totals.add(UnitAmount(unit: record.unit, units: record.units)) }
        var writer = BatchWriter(header: header, totals: totals, offsetSeconds: offsetSeconds)
        for record in records { writer.append(record) }
        writer.finish()
        return writer.drain()
    }

    // MARK: XML

    private static func begin(
        _ writer: inout XMLWriter, _ header: BatchHeader, _ totals: BatchTotals, _ offsetSeconds: Int
    ) {
        writer.open(
            XMLName.loyaltyTransactionBatch.rawValue, ["xmlns": BatchSchema.namespace, "version": BatchSchema.version])
        writer.open("GroupHeader")
        writer.element("MessageId", header.messageID.text)
        writer.element("CreationDateTime", header.createdAt.formatted(offsetSeconds: offsetSeconds))
        writer.element("InitiatingParty", header.initiatingParty.text)
        writer.element("Recipient", header.recipient.text)
        writer.element("ProgrammeId", header.programmeID)
        writer.element("Series", header.series.rawValue)
        writer.element("SequenceNumber", String(header.sequenceNumber))
        writer.element("NumberOfTransactions", String(totals.records))
        for (unit, sum) in totals.sums.sorted(by: { $0.key < $1.key }) {
            writer.element("ControlSum", BatchTotals.text(sum, unit), ["unit": unit.description])
        }
        writer.element("ReplacesReceiptId", ifPresent: header.replacesReceiptID?.text)
        writer.element("CorrectsReceiptId", ifPresent: header.correctsReceiptID?.text)
        writer.close()
    }

    /// Writes a record as an element, for batch files and messages.
    static func write(_ content: RecordContent, to writer: inout XMLWriter, _ offsetSeconds: Int) {
        writer.open("Transaction")
        writer.element("TransactionId", content.transactionID.text)
        writer.element("LoyaltyTransactionType", content.type.rawValue)
        writer.element("TransactionDateTime", content.occurredAt.formatted(offsetSeconds: offsetSeconds))
        writer.element("BusinessDate", content.businessDate.description)
        if let account = content.account {
            writer.open("LoyaltyAccount")
            writer.element("LoyaltyAccountId", account.number.digits, ["type": account.kind.rawValue])
            writer.close()
        }
        writer.element("EntryMode", ifPresent: content.entryMode?.rawValue)
        let amount = BatchTotals.text(Int128(content.units), content.unit)
        writer.element("LoyaltyAmount", amount, ["unit": content.unit.description])
        writer.element("CreditDebit", ifPresent: content.direction?.rawValue)
        if let sale = content.sale {
            writer.element("SaleAmount", sale.amountText, ["currency": sale.currency.description])
        }
        if let basis = content.earnBasis {
            if let quantity = basis.quantity {
                writer.element("EarnBasis", basis.kind.rawValue, ["quantity": String(quantity)])
            } else {
                writer.element("EarnBasis", basis.kind.rawValue)
            }
        }
        for (name, id) in [
            ("OriginalTransaction", content.originalID), ("TriggeringTransaction", content.triggeringID),
        ] {
            guard let id else { continue }
            writer.open(name)
            writer.element("TransactionId", id.text)
            writer.close()
        }
        writer.element("PromotionId", ifPresent: content.promotionID?.text)
        writer.element("ReasonCode", ifPresent: content.reason)
        writer.element("Narrative", ifPresent: content.narrative)
        writer.element("ProductCode", ifPresent: content.productCode)
        writer.element("CounterAccountId", ifPresent: content.counterAccount)
        writer.element("ApprovalCode", ifPresent: content.approvalCode)
        if let store = content.store {
            writer.open("PointOfInteraction")
            writer.element("StoreId", store)
            writer.element("TerminalId", ifPresent: content.terminal)
            writer.close()
        }
        if content.brand != nil || content.channel != nil || content.businessLine != nil {
            writer.open("SubSource")
            writer.element("Brand", ifPresent: content.brand)
            writer.element("Channel", ifPresent: content.channel)
            writer.element("BusinessLine", ifPresent: content.businessLine)
            writer.close()
        }
        writer.close()
    }
}
