public import Primitives

/// What a batch file says about itself before its first record.
public struct BatchHeader: Hashable, Sendable {
    /// The file's format.
    public var format: BatchFormat
    /// The partner's own name for the file.
    public var messageID: MessageID
    /// When the partner made the file, by its clock.
    public var createdAt: Timestamp
    /// The partner that sends the file and answers for it.
    public var initiatingParty: PartnerID
    /// The host.
    public var recipient: PartnerID
    /// The programme: 1 to 35 of `A-Z 0-9 - _ .`.
    public var programmeID: String
    /// What counts, or the dry run.
    public var series: Series
    /// The number of the file in its partner's series, from 1.
    public var sequenceNumber: Int64
    /// The receipt of the refused file that this file replaces under the same number.
    public var replacesReceiptID: MessageID?
    /// The receipt whose refused records this file brings again, corrected. Information only.
    public var correctsReceiptID: MessageID?
    /// Number of records and control sums. In CSV they stand in the trailer and are nil here.
    public var declared: BatchTotals?
    /// The root's start tag as written, with its namespace declarations; empty in CSV.
    public var rootTag: [UInt8] = []

    /// Makes a header of what every file has; the rest is set one by one.
    public init(
        format: BatchFormat, messageID: MessageID, createdAt: Timestamp, initiatingParty: PartnerID,
        recipient: PartnerID, programmeID: String, series: Series, sequenceNumber: Int64
    ) {
        self.format = format
        self.messageID = messageID
        self.createdAt = createdAt
        self.initiatingParty = initiatingParty
        self.recipient = recipient
        self.programmeID = programmeID
        self.series = series
        self.sequenceNumber = sequenceNumber
    }
}

/// How many records there are and what their amounts add up to, whatever their type and side.
public struct BatchTotals: Hashable, Sendable {
    /// The number of records.
    public var records: Int
    /// The sum for each unit, in its smallest quantity.
    public var sums: [CurrencyCode: Int128]

    /// Makes totals; without arguments those of an empty file.
    public init(records: Int = 0, sums: [CurrencyCode: Int128] = [:]) {
        self.records = records
        self.sums = sums
    }

    /// Counts one record of an amount. No file can hold so many that a sum does not fit.
    public mutating func add(_ amount: UnitAmount) {
        records += 1
        sums[amount.unit, default: 0] += Int128(amount.units)
    }

    /// An amount of a unit as files write it: money with its fraction digits.
    static func text(_ sum: Int128, _ unit: CurrencyCode) -> String {
        guard let digits = unit.minorUnits, digits > 0 else { return String(sum) }
        var text = String(sum)
        if text.utf8.count <= digits { text = String(repeating: "0", count: digits + 1 - text.utf8.count) + text }
        return "\(text.dropLast(digits)).\(text.suffix(digits))"
    }
}

/// What a batch file was, told when its last byte has been read.
public struct BatchSummary: Hashable, Sendable {
    /// The header.
    public let header: BatchHeader
    /// What header or trailer declare.
    public let declared: BatchTotals
    /// What was found. The sums are of those records whose unit and amount could be read.
    public let found: BatchTotals
    /// Whether unit and amount of every record could be read; only then are control sums judged.
    public let allAmountsReadable: Bool
    /// Records that are refused by the checks of this stage.
    public let refused: Int
    /// Bytes of the file.
    public let bytes: Int64
    /// FIL-002 and FIL-003, which refuse the whole file; empty when the totals agree.
    public let findings: [Finding]
}

/// Takes what a reader finds in a batch file, in the order of the file.
public protocol BatchSink {
    /// Takes the header, before any record.
    ///
    /// - Throws: `Refusal` to stop: the reader passes it on and reads no further.
    mutating func header(_ header: BatchHeader) throws(Refusal)

    /// Takes the next record.
    ///
    /// - Throws: `Refusal` to stop: the reader passes it on and reads no further.
    mutating func record(_ outcome: RecordOutcome) throws(Refusal)

    /// Takes the next record, if it wants ordinary records as such. Only readers with an `OrdinaryLane` ask.
    ///
    /// - Returns: whether it was taken; else it comes again as an outcome.
    /// - Throws: `Refusal` to stop: the reader passes it on and reads no further.
    mutating func ordinary(_ record: OrdinaryRecord) throws(Refusal) -> Bool
}

extension BatchSink {
    /// Takes no record as an ordinary one.
    public mutating func ordinary(_ record: OrdinaryRecord) throws(Refusal) -> Bool { false }
}
