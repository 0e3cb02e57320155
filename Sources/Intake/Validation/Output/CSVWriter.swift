import Primitives

/// Writes the lines of a batch file in CSV. Lines end in LF; a field is quoted only where it must be.
struct CSVWriter {
    private var bytes: [UInt8] = []

    /// Makes a writer that has written nothing.
    init() {}

    /// Begins a file with its first two lines.
    init(header: BatchHeader, offsetSeconds: Int) {
        let values = HeaderField.csvOrder.map { field -> String in
            switch field {
            case .messageID: header.messageID.text
            case .createdAt: header.createdAt.formatted(offsetSeconds: offsetSeconds)
            case .initiatingParty: header.initiatingParty.text
            case .recipient: header.recipient.text
            case .programmeID: header.programmeID
            case .series: header.series.rawValue
            case .sequenceNumber: String(header.sequenceNumber)
            case .replacesReceiptID: header.replacesReceiptID?.text ?? ""
            case .correctsReceiptID: header.correctsReceiptID?.text ?? ""
            case .numberOfTransactions, .controlSum: ""
            }
        }
        line([CSVBatchReader.headerWord, CSVBatchReader.version] + values)
        line(RecordColumn.allCases.map(\.csvName))
    }

    /// Writes a record.
    mutating func append(_ content: RecordContent, offsetSeconds: Int) {
        line(RecordColumn.allCases.map { value($0, content, offsetSeconds) ?? "" })
    }

    /// Writes the trailer.
    mutating func finish(_ totals: BatchTotals) {
        var fields = [CSVBatchReader.trailerWord, String(totals.records)]
        for (unit, sum) in totals.sums.sorted(by: { $0.key < $1.key }) {
            fields += [unit.description, BatchTotals.text(sum, unit)]
        }
        line(fields)
    }

    /// Answers the bytes written since the last call and forgets them.
    mutating func drain() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private mutating func line(_ fields: [String]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let isPlain = !field.utf8.contains {
                $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
            }
            if isPlain {
                bytes.append(contentsOf: field.utf8)
                continue
            }
            bytes.append(UInt8(ascii: "\""))
            for byte in field.utf8 {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(0x0A)
    }

    private func value(_ column: RecordColumn, _ content: RecordContent, _ offsetSeconds: Int) -> String? {
        switch column {
        case .transactionID: content.transactionID.text
        case .type: content.type.rawValue
        case .transactionDateTime: content.occurredAt.formatted(offsetSeconds: offsetSeconds)
        case .businessDate: content.businessDate.description
        case .accountKind: content.account?.kind.rawValue
        case .account: content.account?.number.digits
        case .entryMode: content.entryMode?.rawValue
        case .unit: content.unit.description
        case .amount: BatchTotals.text(Int128(content.units), content.unit)
        case .creditDebit: content.direction?.rawValue
        case .saleCurrency: content.sale?.currency.description
        case .saleAmount: content.sale?.amountText
        case .earnBasis: content.earnBasis?.kind.rawValue
        case .earnQuantity: content.earnBasis?.quantity.map(String.init)
        case .originalID: content.originalID?.text
        case .triggeringID: content.triggeringID?.text
        case .promotionID: content.promotionID?.text
        case .reason: content.reason
        case .narrative: content.narrative
        case .productCode: content.productCode
        case .counterAccount: content.counterAccount
        case .approvalCode: content.approvalCode
        case .store: content.store
        case .terminal: content.terminal
        case .brand: content.brand
        case .channel: content.channel
        case .businessLine: content.businessLine
        }
    }
}
