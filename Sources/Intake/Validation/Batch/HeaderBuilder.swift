import Primitives

/// The fields of a batch file's header, in the order of XML.
enum HeaderField: Int, CaseIterable {
    case messageID
    case createdAt
    case initiatingParty
    case recipient
    case programmeID
    case series
    case sequenceNumber
    case numberOfTransactions
    case controlSum
    case replacesReceiptID
    case correctsReceiptID

    /// The element's or column's name.
    var name: String { Self.names[rawValue] }
    private static let names = [
        "MessageId", "CreationDateTime", "InitiatingParty", "Recipient", "ProgrammeId", "Series", "SequenceNumber",
        "NumberOfTransactions", "ControlSum", "ReplacesReceiptId", "CorrectsReceiptId",
    ]

    /// The place of a field in a CSV file's header line, behind the version.
    static let csvOrder: [HeaderField] = [
        .messageID, .createdAt, .initiatingParty, .recipient, .programmeID, .series, .sequenceNumber,
        .replacesReceiptID,
        .correctsReceiptID,
    ]

    var isOptional: Bool { self == .replacesReceiptID || self == .correctsReceiptID || self == .controlSum }
}

/// Judges the fields of a header or trailer; both formats share it. Every finding is SYN-002 and refuses the file.
struct HeaderBuilder {
    private let format: BatchFormat
    private var seen: Set<HeaderField> = []
    private var messageID: MessageID?
    private var createdAt: Timestamp?
    private var initiatingParty: PartnerID?
    private var recipient: PartnerID?
    private var programmeID: String?
    private var series: Series?
    private var sequenceNumber: Int64?
    private var replaces: MessageID?
    private var corrects: MessageID?
    private var totals = BatchTotals()
    private(set) var findings: [Finding] = []

    init(format: BatchFormat) { self.format = format }

    /// Takes a field's value.
    mutating func set(_ field: HeaderField, _ value: ArraySlice<UInt8>, at place: Finding.Place) {
        seen.insert(field)
        let text = String(decoding: value, as: UTF8.self)
        let bytes = Array(value)
        let number = format == .xml ? Array(value.trimmedXMLBlanks) : bytes
        let isValid: Bool
        switch field {
        case .messageID:
            messageID = id(bytes)
            isValid = messageID != nil
        case .createdAt:
            createdAt = FieldParser.instant(number.span)
            isValid = createdAt != nil
        case .initiatingParty:
            initiatingParty = FieldParser.isPartner(bytes.span) ? PartnerID(unchecked: text) : nil
            isValid = initiatingParty != nil
        case .recipient:
            recipient = FieldParser.isPartner(bytes.span) ? PartnerID(unchecked: text) : nil
            isValid = recipient != nil
        case .programmeID:
            programmeID = FieldParser.isCode(bytes.span) ? text : nil
            isValid = programmeID != nil
        case .series:
            series = Series(rawValue: text)
            isValid = series != nil
        case .sequenceNumber:
            sequenceNumber = FieldParser.positive(number.span, digits: 12)
            isValid = sequenceNumber != nil
        case .numberOfTransactions:
            let count = FieldParser.whole(number.span, digits: 9)
            totals.records = Int(count ?? 0)
            isValid = count != nil
        case .controlSum: preconditionFailure("a control sum is given with its unit")
        case .replacesReceiptID:
            replaces = id(bytes)
            isValid = replaces != nil
        case .correctsReceiptID:
            corrects = id(bytes)
            isValid = corrects != nil
        }
        if !isValid {
            note(field.name, value, at: place, detail: "\(field.name) has a value that its type does not allow")
        }
    }

    /// Takes a control sum.
    mutating func setSum(_ sum: ArraySlice<UInt8>, unit: ArraySlice<UInt8>, at place: Finding.Place) {
        let name = HeaderField.controlSum.name
        guard let code = CurrencyCode(bytes: unit) else {
            return note(name, unit, at: place, detail: "the unit of a control sum is three capital letters")
        }
        let number = format == .xml ? Array(sum.trimmedXMLBlanks) : Array(sum)
        guard FieldParser.sum(number.span, minorUnits: 4) != nil else {
            return note(name, sum, at: place, detail: "a control sum has at most 18 digits and 4 fraction digits")
        }
        guard let value = FieldParser.sum(number.span, minorUnits: code.minorUnits ?? 0) else {
            return note(name, sum, at: place, detail: "\(code) has at most \(code.minorUnits ?? 0) fraction digits")
        }
        guard totals.sums[code] == nil else {
            return note(name, unit, at: place, detail: "a unit has one control sum")
        }
        totals.sums[code] = value
    }

    mutating func note(_ name: String, _ value: ArraySlice<UInt8>, at place: Finding.Place, detail: String) {
        findings.append(Finding(.syn002, at: place.field(name), value: TextRule.shown(value), detail: detail))
    }

    /// The header, once all its fields were given.
    ///
    /// - Throws: `Refusal` with every finding.
    mutating func header(expecting fields: [HeaderField], at place: Finding.Place) throws(Refusal) -> BatchHeader {
        for field in fields where !field.isOptional && !seen.contains(field) {
            note(field.name, [], at: place, detail: "\(field.name) is missing")
        }
        guard findings.isEmpty, let messageID, let createdAt, let initiatingParty, let recipient, let programmeID,
            let series, let sequenceNumber
        else {
            throw findings.isEmpty
                ? Refusal(.syn002, at: place, detail: "the header is not complete") : Refusal(findings)
        }
        var header = BatchHeader(
            format: format, messageID: messageID, createdAt: createdAt, initiatingParty: initiatingParty,
            recipient: recipient, programmeID: programmeID, series: series, sequenceNumber: sequenceNumber)
        header.replacesReceiptID = replaces
        header.correctsReceiptID = corrects
        if seen.contains(.numberOfTransactions) { header.declared = totals }
        return header
    }

    /// The totals of a trailer, once all its fields were given.
    ///
    /// - Throws: `Refusal` with every finding.
    func trailer() throws(Refusal) -> BatchTotals {
        guard findings.isEmpty else { throw Refusal(findings) }
        return totals
    }

    private func id(_ bytes: [UInt8]) -> MessageID? {
        FieldParser.isID(bytes.span) ? MessageID(unchecked: String(decoding: bytes, as: UTF8.self)) : nil
    }
}

extension ArraySlice<UInt8> {
    /// The bytes without the blanks at either end.
    var trimmedXMLBlanks: ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first.isXMLBlank { slice = slice.dropFirst() }
        while let last = slice.last, last.isXMLBlank { slice = slice.dropLast() }
        return slice
    }
}
