/// Cuts one line of CSV into its fields, after RFC 4180: separator `,`, quoted fields in `"`, a quote within doubled.
struct CSVLine {
    /// How the attempt to read a line ended.
    enum Outcome {
        /// The line is there; the next begins at this index.
        case complete(next: Int)
        /// The bytes end before the line does.
        case incomplete
        /// The bytes end within the quoted field that begins at this index.
        case unterminated(at: Int)
        /// The line breaks the grammar at this index.
        case malformed(at: Int, String)
    }

    private struct Field {
        var start: Int
        var end: Int
        /// Where the field begins in the file's bytes.
        var source: Int
        var isUnescaped: Bool
    }

    private var fields: [Field] = []
    private var unescaped: [UInt8] = []
    /// Where the line's content ends, without its line end.
    private(set) var end = 0
    /// The place of the longest field.
    private(set) var longest = 0
    private var longestCount = 0
    /// Line feeds within quoted fields.
    private(set) var innerLines = 0

    /// The number of fields.
    var count: Int { fields.count }

    /// Bytes of a field's value.
    func length(_ index: Int) -> Int { fields[index].end - fields[index].start }

    /// The value of a field.
    func value(_ index: Int, in bytes: [UInt8]) -> ArraySlice<UInt8> {
        let field = fields[index]
        return field.isUnescaped ? unescaped[field.start..<field.end] : bytes[field.start..<field.end]
    }

    /// Where a field begins in the bytes, its quote included.
    func source(_ index: Int) -> Int { fields[index].source }

    /// Reads the line that begins at an index. With `isLast` the end of the bytes ends the line.
    mutating func read(_ bytes: [UInt8], from start: Int, isLast: Bool) -> Outcome {
        fields.removeAll(keepingCapacity: true)
        unescaped.removeAll(keepingCapacity: true)
        innerLines = 0
        longest = 0
        longestCount = 0
        var index = start
        let count = bytes.count
        while true {
            let source = index
            if index < count, bytes[index] == UInt8(ascii: "\"") {
                if let problem = readQuoted(bytes, &index, isLast: isLast) { return problem }
            } else {
                while index < count, !Self.isSpecial(bytes[index]) { index += 1 }
                if index < count, bytes[index] == UInt8(ascii: "\"") {
                    return .malformed(at: index, "a quote within a field that does not begin with one")
                }
                add(Field(start: source, end: index, source: source, isUnescaped: false))
            }
            guard index < count else {
                end = index
                return isLast ? .complete(next: index) : .incomplete
            }
            switch bytes[index] {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "\n"):
                end = index
                return .complete(next: index + 1)
            case UInt8(ascii: "\r"):
                guard index + 1 < count else {
                    return isLast ? .malformed(at: index, "a carriage return without a line feed") : .incomplete
                }
                guard bytes[index + 1] == UInt8(ascii: "\n") else {
                    return .malformed(at: index, "a carriage return without a line feed")
                }
                end = index
                return .complete(next: index + 2)
            default: return .malformed(at: index, "text behind a closing quote")
            }
        }
    }

    /// Reads a quoted field; answers what keeps it from being read.
    private mutating func readQuoted(_ bytes: [UInt8], _ index: inout Int, isLast: Bool) -> Outcome? {
        let source = index
        let start = unescaped.count
        index += 1
        while true {
            guard index < bytes.count else {
                return isLast ? .unterminated(at: source) : .incomplete
            }
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") {
                // Whether the quote is doubled shows only with the next byte.
                if index == bytes.count, !isLast { return .incomplete }
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { break }
                index += 1
            } else if byte == UInt8(ascii: "\n") {
                innerLines += 1
            }
            unescaped.append(byte)
        }
        add(Field(start: start, end: unescaped.count, source: source, isUnescaped: true))
        return nil
    }

    private mutating func add(_ field: Field) {
        if field.end - field.start > longestCount {
            longestCount = field.end - field.start
            longest = fields.count
        }
        fields.append(field)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\"")
    }
}
