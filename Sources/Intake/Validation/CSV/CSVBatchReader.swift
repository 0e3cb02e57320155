import Primitives
import XMLKit

/// Reads a batch file in CSV: header line, line of column names, records, trailer line.
struct CSVBatchReader {
    private enum Stage {
        case header
        case columnNames
        case records
        case ended
    }

    /// Bytes that are read at a time, so that findings do not depend on how the file was cut into pieces.
    private static let blockBytes = 16 << 10
    static let headerWord = "#HEADER"
    static let trailerWord = "#TRAILER"
    /// The first line of every file but for its values: the version follows the word.
    static let version = "1.0"

    private let lineBytes: Int
    private let fieldBytes: Int
    private let hasLane: Bool
    private var checker: RecordChecker
    private var tally: BatchTally
    private var validator = UTF8Validator()
    private var stage = Stage.header
    private var header: BatchHeader?
    private var declared: BatchTotals?
    private var raw = RawRecord(isXML: false)
    private var line = CSVLine()

    /// Bytes that are not read yet; `consumed` of them are done with.
    private var buffer: [UInt8] = []
    private var consumed = 0
    /// The offset in the file of the buffer's first byte.
    private var bufferOffset: Int64 = 0
    /// Bytes of the buffer that were read without reaching the end of a line.
    private var examined = 0
    private var lineNumber = 1
    private var isFirst = true

    init(limits: Limits, checker: RecordChecker) {
        self.checker = checker
        tally = BatchTally(limits: limits)
        lineBytes = limits.lineBytes
        // An ordinary record is shorter than both; where the limits are tighter, they decide.
        hasLane = checker.readsOrdinary && limits.lineBytes >= 1024 && limits.fieldBytes >= 64
        fieldBytes = limits.fieldBytes
    }

    mutating func feed(_ bytes: ArraySlice<UInt8>, to sink: inout some BatchSink) throws(Refusal) {
        var rest = bytes
        while !rest.isEmpty {
            let room = Self.blockBytes - (buffer.count - examined)
            let piece = rest.prefix(room)
            buffer.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
            if buffer.count - examined == Self.blockBytes { try readBlock(isLast: false, &sink) }
        }
    }

    mutating func finish(bytes: Int64, to sink: inout some BatchSink) throws(Refusal) -> BatchSummary {
        try readBlock(isLast: true, &sink)
        guard let header, let declared else {
            throw Refusal(
                .syn001, at: Finding.Place(line: lineNumber, offset: bytes),
                detail: "the file ends before its \(header == nil ? Self.headerWord : Self.trailerWord) line")
        }
        return tally.summary(header: header, declared: declared, bytes: bytes)
    }

    // MARK: blocks and lines

    /// Reads the lines that the block completes. A byte that is not UTF-8 ends the file behind the lines before it.
    private mutating func readBlock(isLast: Bool, _ sink: inout some BatchSink) throws(Refusal) {
        let violation = validator.check(buffer, from: examined)
        if let violation { buffer.removeSubrange((examined + violation.index)...) }
        if isFirst {
            isFirst = false
            if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { consumed = 3 }
        }
        let end = isLast && violation == nil && !validator.isWithinCharacter
        try readLines(isLast: end, &sink)
        if let violation {
            let offset = bufferOffset + Int64(buffer.count - validator.bytesOfCharacter)
            let place = Finding.Place(line: lineNumber, offset: offset)
            switch violation.violation {
            case .invalid: throw Refusal(.syn004, at: place, detail: "a byte that is not UTF-8")
            case .nul: throw Refusal(.syn001, at: place, detail: "a NUL byte")
            }
        }
        if isLast, validator.isWithinCharacter {
            throw Refusal(
                .syn004,
                at: Finding.Place(
                    line: lineNumber, offset: bufferOffset + Int64(buffer.count - validator.bytesOfCharacter)),
                detail: "the file ends within a character")
        }
        buffer.removeSubrange(..<consumed)
        bufferOffset += Int64(consumed)
        consumed = 0
        examined = buffer.count
    }

    private mutating func readLines(isLast: Bool, _ sink: inout some BatchSink) throws(Refusal) {
        while consumed < buffer.count {
            if stage == .records, hasLane, let next = try readOrdinary(&sink) {
                lineNumber += 1
                consumed = next
                continue
            }
            switch line.read(buffer, from: consumed, isLast: isLast) {
            case .incomplete:
                guard buffer.count - consumed <= lineBytes else { throw tooLong() }
                return
            case .unterminated(let index):
                guard buffer.count - consumed <= lineBytes else { throw tooLong() }
                throw Refusal(.syn001, at: place(index), detail: "a quoted field that does not end")
            case .malformed(let index, let detail):
                guard index - consumed <= lineBytes else { throw tooLong() }
                throw Refusal(.syn001, at: place(index), detail: detail)
            case .complete(let next):
                guard line.end - consumed <= lineBytes else { throw tooLong() }
                try takeLine(&sink)
                lineNumber += line.innerLines + 1
                consumed = next
            }
        }
    }

    private func tooLong() -> Refusal {
        Refusal(.syn003, at: place(consumed), detail: "a line longer than \(lineBytes) bytes")
    }

    private func place(_ index: Int, _ field: String = "") -> Finding.Place {
        Finding.Place(line: lineNumber, offset: bufferOffset + Int64(index), field: field)
    }

    private mutating func takeLine(_ sink: inout some BatchSink) throws(Refusal) {
        guard line.length(line.longest) <= fieldBytes else {
            throw Refusal(
                .syn003, at: place(line.source(line.longest)), detail: "a field longer than \(fieldBytes) bytes")
        }
        switch stage {
        case .header:
            let header = try readHeader()
            self.header = header
            stage = .columnNames
            try sink.header(header)
        case .columnNames:
            try checkColumnNames()
            stage = .records
        case .records:
            if buffer[consumed] == UInt8(ascii: "#") {
                declared = try readTrailer()
                stage = .ended
            } else {
                try readRecord(&sink)
            }
        case .ended:
            throw Refusal(.syn001, at: place(consumed), detail: "a line behind the \(Self.trailerWord) line")
        }
    }

    // MARK: lines by kind

    private func readHeader() throws(Refusal) -> BatchHeader {
        guard line.value(0, in: buffer).elementsEqual(Self.headerWord.utf8) else {
            throw Refusal(
                .syn002, at: place(consumed), value: TextRule.shown(line.value(0, in: buffer)),
                detail: "the first line begins with \(Self.headerWord)")
        }
        guard line.count > 1, line.value(1, in: buffer).elementsEqual(Self.version.utf8) else {
            throw Refusal(
                .syn006, at: place(consumed, "Version"),
                value: line.count > 1 ? TextRule.shown(line.value(1, in: buffer)) : "",
                detail: "version \(Self.version) is supported")
        }
        let fields = HeaderField.csvOrder
        guard line.count == fields.count + 2 else {
            throw Refusal(
                .syn002, at: place(consumed), value: String(line.count),
                detail: "the \(Self.headerWord) line has \(fields.count + 2) fields")
        }
        var builder = HeaderBuilder(format: .csv)
        for (index, field) in fields.enumerated() {
            let value = line.value(index + 2, in: buffer)
            if !value.isEmpty { builder.set(field, value, at: place(line.source(index + 2), field.name)) }
        }
        return try builder.header(expecting: fields, at: place(consumed))
    }

    private func checkColumnNames() throws(Refusal) {
        let columns = RecordColumn.allCases
        for (index, column) in columns.enumerated() {
            let given = index < line.count ? line.value(index, in: buffer) : []
            guard given.elementsEqual(column.csvName.utf8) else {
                throw Refusal(
                    .syn002, at: place(index < line.count ? line.source(index) : consumed, column.csvName),
                    value: TextRule.shown(given), detail: "column \(index + 1) is \(column.csvName)")
            }
        }
        guard line.count == columns.count else {
            throw Refusal(
                .syn002, at: place(line.source(columns.count)),
                value: TextRule.shown(line.value(columns.count, in: buffer)),
                detail: "a column that does not belong here")
        }
    }

    private func readTrailer() throws(Refusal) -> BatchTotals {
        guard line.value(0, in: buffer).elementsEqual(Self.trailerWord.utf8) else {
            throw Refusal(
                .syn001, at: place(consumed), value: TextRule.shown(line.value(0, in: buffer)),
                detail: "only the \(Self.trailerWord) line begins with # here")
        }
        guard line.count >= 2, line.count % 2 == 0 else {
            throw Refusal(
                .syn002, at: place(consumed),
                detail: "the \(Self.trailerWord) line has the number of records, then pairs of unit and sum")
        }
        var builder = HeaderBuilder(format: .csv)
        let count = HeaderField.numberOfTransactions
        builder.set(count, line.value(1, in: buffer), at: place(line.source(1), count.name))
        for index in stride(from: 2, to: line.count, by: 2) {
            builder.setSum(
                line.value(index + 1, in: buffer), unit: line.value(index, in: buffer),
                at: place(line.source(index), HeaderField.controlSum.name))
        }
        return try builder.trailer()
    }

    /// Reads the next line as an ordinary record, where it is one and the sink takes it, and answers where it ends.
    private mutating func readOrdinary(_ sink: inout some BatchSink) throws(Refusal) -> Int? {
        guard tally.hasRoom, let line = OrdinaryLine(buffer.span, from: consumed) else { return nil }
        let place = RecordPlace(
            number: tally.records + 1, line: lineNumber, offset: bufferOffset + Int64(consumed),
            length: line.end - consumed)
        let bytes = buffer
        guard let record = checker.readOrdinary(bytes.span, line.fields, place), try sink.ordinary(record) else {
            return nil
        }
        tally.count(record)
        return line.next
    }

    private mutating func readRecord(_ sink: inout some BatchSink) throws(Refusal) {
        let offset = bufferOffset + Int64(consumed)
        guard line.end > consumed else {
            throw Refusal(.syn001, at: place(consumed), detail: "an empty line")
        }
        raw.begin(number: try tally.begin(line: lineNumber, offset: offset), line: lineNumber, offset: offset)
        let columns = RecordColumn.allCases
        let outcome: RecordOutcome
        if line.count == columns.count {
            for (index, column) in columns.enumerated() where line.length(index) > 0 {
                raw.set(
                    column, line.value(index, in: buffer), line: Int32(truncatingIfNeeded: lineNumber),
                    offset: bufferOffset + Int64(line.source(index)))
            }
            outcome = checker.check(raw, length: line.end - consumed)
        } else {
            let first = line.value(0, in: buffer)
            raw.set(.transactionID, first, line: Int32(truncatingIfNeeded: lineNumber), offset: offset)
            let place = Finding.Place(record: raw.number, line: lineNumber, offset: offset)
            raw.note(
                Finding(
                    .fmt008, at: place, value: String(line.count),
                    detail: "a record has \(columns.count) columns, this one has \(line.count)"))
            outcome = checker.refuse(raw, length: line.end - consumed)
        }
        tally.count(outcome)
        try sink.record(outcome)
    }
}

extension UTF8Validator {
    /// Checks the bytes from an index on.
    fileprivate mutating func check(_ bytes: [UInt8], from start: Int) -> (index: Int, violation: Violation)? {
        check(bytes.span.extracting(start...))
    }
}
