/// Cuts a line of CSV whose fields are those of an ordinary record, none of them quoted.
struct OrdinaryLine {
    let fields: OrdinaryFields
    /// Where the line's content ends.
    let end: Int
    /// Where the next line begins.
    let next: Int

    /// For each column its number among the fields of an ordinary record, or -1.
    private static let numbers: [27 of Int8] = [
        0, 1, 2, 3, 4, 5, -1, 6, 7, -1, 8, 9, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 10, 11, -1, -1, -1,
    ]

    /// Cuts the line that begins at an index; nil where it is another kind of line, or not all there.
    init?(_ bytes: Span<UInt8>, from start: Int) {
        let numbers = Self.numbers
        var fields = OrdinaryFields()
        var index = start
        let count = bytes.count
        for column in 0..<27 {
            let begin = index
            // Everything below a comma, a quote among it, and a comma are looked at closely.
            while index < count, bytes[index] > 0x2C || bytes[index] == 0x20 { index += 1 }
            while index < count, !Self.ends(bytes[index]) { index += 1 }
            guard index < count else { return nil }
            if index > begin {
                guard numbers[column] >= 0 else { return nil }
                fields.set(Int(numbers[column]), begin, index)
            }
            if column < 26 {
                guard bytes[index] == 0x2C else { return nil }
                index += 1
            }
        }
        self.fields = fields
        end = index
        if bytes[index] == 0x0A {
            next = index + 1
        } else {
            guard bytes[index] == 0x0D, index + 1 < count, bytes[index + 1] == 0x0A else { return nil }
            next = index + 2
        }
        guard end > start else { return nil }
    }

    /// Comma, line feed, carriage return, quote.
    @inline(__always)
    private static func ends(_ byte: UInt8) -> Bool { byte == 0x2C || byte == 0x0A || byte == 0x0D || byte == 0x22 }
}
