import Primitives

/// The fields of one record as bytes, before they mean anything. Both formats fill it; the checker reads it.
///
/// One is used again for every record of a file, so that reading allocates nothing for each.
struct RawRecord {
    struct Slot {
        var start: Int32 = 0
        var end: Int32 = 0
        var line: Int32 = 0
        var offset: Int64 = -1
    }

    /// Findings that one record may collect. What is beyond would help nobody, and costs memory.
    static let findingsPerRecord = 20

    /// The values of all fields.
    private(set) var bytes: [UInt8] = []
    private var slots = Array(repeating: Slot(), count: RecordColumn.allCases.count)
    /// Fields that the record has.
    private(set) var present: UInt32 = 0
    /// Fields whose value cannot be judged, because the structure around it is wrong.
    private var broken: UInt32 = 0
    /// What the structure's reader found.
    private(set) var findings: [Finding] = []
    private(set) var followsSchema = true

    /// Whether the format is XML: paths in findings, and blanks around numbers and dates are no part of them.
    let isXML: Bool
    var number = 0
    var line = 0
    var offset: Int64 = 0

    init(isXML: Bool) { self.isXML = isXML }

    /// Begins the next record.
    mutating func begin(number: Int, line: Int, offset: Int64) {
        bytes.removeAll(keepingCapacity: true)
        present = 0
        broken = 0
        if !findings.isEmpty { findings = [] }
        followsSchema = true
        self.number = number
        self.line = line
        self.offset = offset
    }

    /// Sets a field's value.
    mutating func set(_ column: RecordColumn, _ value: ArraySlice<UInt8>, line: Int32, offset: Int64) {
        let start = Int32(bytes.count)
        bytes.append(contentsOf: value)
        slots[column.rawValue] = Slot(start: start, end: Int32(bytes.count), line: line, offset: offset)
        present |= column.bit
    }

    /// Sets a field that is there but cannot be judged.
    mutating func setBroken(_ column: RecordColumn) {
        present |= column.bit
        broken |= column.bit
        slots[column.rawValue] = Slot(start: 0, end: 0, line: Int32(truncatingIfNeeded: line), offset: offset)
    }

    mutating func note(_ finding: Finding) {
        followsSchema = false
        if findings.count < Self.findingsPerRecord { findings.append(finding) }
    }

    func has(_ column: RecordColumn) -> Bool { present & column.bit != 0 }

    /// Whether the value is there to be judged.
    func isReadable(_ column: RecordColumn) -> Bool { present & ~broken & column.bit != 0 }

    /// Where the value lies in `bytes`.
    func range(_ column: RecordColumn) -> Range<Int> {
        let slot = slots[column.rawValue]
        return Int(slot.start)..<Int(slot.end)
    }

    /// Where the value of the field of a number lies in `bytes`.
    func range(number: Int) -> Range<Int> {
        let slot = slots[number]
        return Int(slot.start)..<Int(slot.end)
    }

    /// Where the value of a number or date lies in `bytes`: XML Schema ignores blanks around it.
    func trimmedRange(_ column: RecordColumn) -> Range<Int> {
        var range = range(column)
        guard isXML else { return range }
        while let first = range.first, bytes[first].isXMLBlank { range = first + 1..<range.upperBound }
        while let last = range.last, bytes[last].isXMLBlank { range = range.lowerBound..<last }
        return range
    }

    /// The value as text.
    func text(_ column: RecordColumn) -> String { String(decoding: bytes[range(column)], as: UTF8.self) }

    /// Where a field stands: itself where it is there, else the record.
    func place(_ column: RecordColumn) -> Finding.Place {
        let slot = slots[column.rawValue]
        let name = isXML ? column.xmlPath : column.csvName
        return has(column) && slot.offset >= 0
            ? Finding.Place(record: number, line: Int(slot.line), offset: slot.offset, field: name)
            : Finding.Place(record: number, line: line, offset: offset, field: name)
    }
}

extension UInt8 {
    /// Space, tab, line feed or carriage return.
    var isXMLBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
