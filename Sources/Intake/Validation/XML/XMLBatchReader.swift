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

    init(limits: Limits, checker: RecordChecker) {
        parser = XMLStreamParser(
            vocabulary: XMLName.vocabulary(BatchSchema.namespace), limits: XMLEnvelope.limits(limits))
        interpreter = Interpreter(limits: limits, checker: checker)
    }

    mutating func feed(_ bytes: Span<UInt8>, to sink: inout some BatchSink) throws(Refusal) {
        try parser.feed(bytes) { (events) throws(Refusal) in try interpreter.take(events, &sink) }
    }

    mutating func finish(bytes: Int64, to sink: inout some BatchSink) throws(Refusal) -> BatchSummary {
        try parser.finish { (events) throws(Refusal) in try interpreter.take(events, &sink) }
        return try interpreter.summary(bytes: bytes)
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
