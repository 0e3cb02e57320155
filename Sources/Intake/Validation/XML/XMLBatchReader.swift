import Primitives
import XMLKit

/// Reads a batch file in XML: the envelope itself, records through the assembler.
struct XMLBatchReader {
    private enum Stage {
        case prolog
        case root
        case header
        case headerField(HeaderField)
        case records
        case record
        case epilog
    }

    private let parser: XMLStreamParser
    private var interpreter: Interpreter
    private let hasLane: Bool
    /// Bytes that neither the parser nor the lane has read yet; those before `start` are done with.
    private var pending: [UInt8] = []
    private var start = 0
    /// Records that go to the parser before the lane is tried again, and how often in a row it was of no use.
    private var rests = 0
    private var misses = 0

    init(limits: Limits, checker: RecordChecker) {
        // An ordinary record is within these; where the limits are tighter, they decide.
        hasLane =
            checker.readsOrdinary && limits.elementDepth >= 8 && limits.tagBytes >= 256 && limits.fieldBytes >= 64
        parser = XMLStreamParser(
            vocabulary: XMLName.vocabulary(BatchSchema.namespace), limits: XMLEnvelope.limits(limits))
        interpreter = Interpreter(limits: limits, checker: checker)
    }

    mutating func feed(_ bytes: ArraySlice<UInt8>, to sink: inout some BatchSink) throws(Refusal) {
        guard hasLane else {
            return try parser.feed(bytes.span) { (events) throws(Refusal) in try interpreter.take(events, &sink) }
        }
        pending.append(contentsOf: bytes)
        defer {
            pending.removeSubrange(..<start)
            start = 0
        }
        while try advance(&sink) {}
    }

    mutating func finish(bytes: Int64, to sink: inout some BatchSink) throws(Refusal) -> BatchSummary {
        while try advance(&sink) {}
        try parse(start..<pending.count, &sink)
        try parser.finish { (events) throws(Refusal) in try interpreter.take(events, &sink) }
        return try interpreter.summary(bytes: bytes)
    }

    private mutating func parse(_ range: Range<Int>, _ sink: inout some BatchSink) throws(Refusal) {
        let bytes = pending
        try parser.feed(bytes.span.extracting(range)) { (events) throws(Refusal) in
            try interpreter.take(events, &sink)
        }
        start = range.upperBound
    }

    // MARK: ordinary records

    /// Reads on, and answers whether there is more to read.
    private mutating func advance(_ sink: inout some BatchSink) throws(Refusal) -> Bool {
        if try readOrdinary(&sink) { return true }
        return try readByParser(&sink)
    }

    /// Reads ordinary records where they stand, past the parser, and answers whether there were any.
    private mutating func readOrdinary(_ sink: inout some BatchSink) throws(Refusal) -> Bool {
        guard rests == 0, interpreter.expectsRecord, parser.isBehindTag else { return false }
        let begin = start
        var fields = OrdinaryFields()
        let bytes = pending
        while interpreter.hasRoom {
            let found = OrdinaryElement.template.find(in: bytes.span, from: start) { number, range in
                fields.set(number, range.lowerBound, range.upperBound)
            }
            guard case .element(let first, let end, let linesBefore, let lines) = found,
                end - start <= OrdinaryElement.bytes
            else { break }
            let place = interpreter.place(
                line: parser.line + linesBefore, offset: parser.offset + Int64(first - start), length: end - first)
            guard try interpreter.read(bytes.span, fields, place, &sink) else { break }
            parser.passOver(bytes: end - start, lines: lines)
            start = end
            fields = OrdinaryFields()
        }
        if start > begin { misses = 0 }
        return start > begin
    }

    /// Gives the parser the bytes up to the end of the next record, or of the header, and answers whether there is more
    /// to read.
    private mutating func readByParser(_ sink: inout some BatchSink) throws(Refusal) -> Bool {
        let mayBeOrdinary = rests == 0 && interpreter.expectsRecord && parser.isBehindTag
        // A record that is not all there may still be an ordinary one.
        if mayBeOrdinary, pending.count - start < OrdinaryElement.bytes, isIncomplete { return false }
        guard let end = Self.endOfElement(pending.span, from: start) else {
            // The last bytes may be the beginning of an end tag.
            let end = max(start, pending.count - Self.endTag.count)
            if mayBeOrdinary { rests = 1 }
            try parse(start..<end, &sink)
            return false
        }
        try parse(start..<end, &sink)
        try parser.flush { (events) throws(Refusal) in try interpreter.take(events, &sink) }
        if rests > 0 {
            rests -= 1
        } else if mayBeOrdinary {
            misses += 1
            if misses > 8 { rests = 64 }
        }
        return true
    }

    private var isIncomplete: Bool {
        OrdinaryElement.template.find(in: pending.span, from: start) { _, _ in } == .incomplete
    }

    private static let endTag = Array("</Transaction>".utf8)
    private static let endOfHeader = Array("</GroupHeader>".utf8)

    /// The index behind the next end tag of a record or the header, or nil.
    private static func endOfElement(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while true {
            index = Scan.first(of: 0x3C, in: bytes, from: index)
            guard index + endTag.count <= bytes.count else { return nil }
            let tag = bytes.extracting(index..<index + endTag.count)
            if tag[1] == 0x2F, tag.isEqual(to: endTag) || tag.isEqual(to: endOfHeader) { return index + endTag.count }
            index += 1
        }
    }

    /// The envelope's machine.
    private struct Interpreter {
        private var stage = Stage.prolog
        private var builder = HeaderBuilder(format: .xml)
        private var lastField: HeaderField?
        private var unit: ArraySlice<UInt8>?
        private var fieldPlace = Finding.Place.whole
        private var rootTag: [UInt8] = []
        private var header: BatchHeader?
        private var assembler = RecordAssembler()
        private var checker: RecordChecker
        private var tally: BatchTally
        /// Whether elements without a prefix are those of the schema.
        private var isDefaultNamespace = false

        /// Whether a record may begin next.
        var expectsRecord: Bool { if case .records = stage { isDefaultNamespace } else { false } }

        /// Whether another record is within the limit.
        var hasRoom: Bool { tally.hasRoom }

        /// The place of the next record.
        func place(line: Int, offset: Int64, length: Int) -> RecordPlace {
            RecordPlace(number: tally.records + 1, line: line, offset: offset, length: length)
        }

        /// Reads a record as an ordinary one, and answers whether it is one and the sink took it.
        mutating func read(
            _ bytes: Span<UInt8>, _ fields: OrdinaryFields, _ place: RecordPlace, _ sink: inout some BatchSink
        ) throws(Refusal) -> Bool {
            guard let record = checker.readOrdinary(bytes, fields, place), try sink.ordinary(record) else {
                return false
            }
            tally.count(record)
            return true
        }

        init(limits: Limits, checker: RecordChecker) {
            self.checker = checker
            tally = BatchTally(limits: limits)
        }

        mutating func take(_ events: XMLEvents, _ sink: inout some BatchSink) throws(Refusal) {
            for event in events.events {
                switch event.kind {
                case .start: try start(event, events)
                case .end: try end(event, events, &sink)
                case .schemaError: break
                }
            }
            if let fault = events.fault { throw XMLEnvelope.refusal(fault) }
        }

        mutating func summary(bytes: Int64) throws(Refusal) -> BatchSummary {
            guard let header, let declared = header.declared else {
                throw Refusal(.syn002, detail: "the file has no header")
            }
            return tally.summary(header: header, declared: declared, bytes: bytes)
        }

        private mutating func start(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
            switch stage {
            case .record: try assembler.start(event, events)
            case .records:
                try XMLEnvelope.checkBlank(event, events)
                guard event.name == XMLName.transaction.number else {
                    throw XMLEnvelope.unexpected(event, events, "only Transaction follows the header")
                }
                let place = XMLEnvelope.place(event, events)
                assembler.begin(event, events, number: try tally.begin(line: place.line, offset: place.offset))
                stage = .record
            case .prolog:
                try XMLEnvelope.checkRoot(
                    event, events, name: .loyaltyTransactionBatch, namespaceStem: BatchSchema.namespaceStem,
                    version: BatchSchema.version)
                isDefaultNamespace = events.label(of: event)?.prefix.isEmpty == true
                rootTag = (events.label(of: event)?.source ?? []) + [UInt8(ascii: ">")]
                stage = .root
            case .root:
                try XMLEnvelope.checkBlank(event, events)
                guard event.name == XMLName.groupHeader.number else {
                    throw XMLEnvelope.unexpected(event, events, "GroupHeader comes first")
                }
                try XMLEnvelope.checkNoAttributes(event, events)
                stage = .header
            case .header: try startField(event, events)
            case .headerField:
                throw XMLEnvelope.unexpected(event, events, "a field of the header holds text only")
            case .epilog: throw XMLEnvelope.unexpected(event, events, "nothing follows the root")
            }
        }

        private mutating func startField(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
            try XMLEnvelope.checkBlank(event, events)
            guard let name = XMLName.named(event.name),
                let field = HeaderField.allCases.first(where: { $0.name == name.rawValue })
            else { throw XMLEnvelope.unexpected(event, events, "an element that does not belong in the header") }
            if let lastField, field.rawValue < lastField.rawValue || (field == lastField && field != .controlSum) {
                throw XMLEnvelope.unexpected(event, events, "the header's elements have one order")
            }
            unit = nil
            for attribute in events.attributes(of: event) {
                if field == .controlSum, attribute.name == XMLName.unit.number {
                    unit = ArraySlice(Array(events.value(of: attribute)))
                } else {
                    try XMLEnvelope.check(attribute, events, at: event)
                }
            }
            lastField = field
            fieldPlace = Finding.Place(line: Int(event.line), offset: event.offset, field: field.name)
            stage = .headerField(field)
        }

        private mutating func end(
            _ event: XMLEvent, _ events: XMLEvents, _ sink: inout some BatchSink
        ) throws(Refusal) {
            switch stage {
            case .record:
                guard try assembler.end(event, events) else { return }
                let raw = assembler.raw
                let outcome = checker.check(raw, length: Int(event.offset - raw.offset))
                tally.count(outcome)
                stage = .records
                try sink.record(outcome)
            case .headerField(let field):
                let text = events.text(of: event)
                if field == .controlSum {
                    builder.setSum(text, unit: unit ?? [], at: fieldPlace)
                } else {
                    builder.set(field, text, at: fieldPlace)
                }
                stage = .header
            case .header:
                try XMLEnvelope.checkBlank(event, events)
                var header = try builder.header(
                    expecting: HeaderField.allCases, at: XMLEnvelope.place(event, events))
                header.rootTag = rootTag
                try tally.checkDeclared(header)
                self.header = header
                stage = .records
                try sink.header(header)
            case .root:
                try XMLEnvelope.checkBlank(event, events)
                throw Refusal(
                    .syn002, at: XMLEnvelope.place(event, events, XMLName.groupHeader.rawValue),
                    detail: "GroupHeader is missing")
            case .records:
                try XMLEnvelope.checkBlank(event, events)
                stage = .epilog
            case .prolog, .epilog: break
            }
        }
    }
}
