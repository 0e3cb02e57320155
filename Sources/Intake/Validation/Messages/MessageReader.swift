public import Primitives
import XMLKit

/// Reads one real-time message. The rules of its fields are those of batch files.
public enum MessageReader {
    /// Reads a message.
    ///
    /// - Parameters:
    ///   - bytes: the XML document that was signed.
    ///   - limits: the gateway's.
    ///   - hash: SHA-256.
    /// - Throws: `Refusal` with a SYN code when the message as a whole is refused.
    public static func read(
        _ bytes: [UInt8], limits: Limits = Limits(), hash: @escaping ContentHash
    ) throws(Refusal) -> MessageRequest {
        guard bytes.count <= limits.messageBytes else {
            throw Refusal(
                .syn005, at: Finding.Place(offset: Int64(limits.messageBytes)),
                detail: "a message has at most \(limits.messageBytes) bytes")
        }
        let parser = XMLStreamParser(
            vocabulary: XMLName.vocabulary(RealtimeSchema.namespace), limits: XMLEnvelope.limits(limits))
        var interpreter = MessageInterpreter(checker: RecordChecker(hash: hash, findsTwins: false))
        try parser.feed(bytes.span) { (events) throws(Refusal) in try interpreter.take(events) }
        try parser.finish { (events) throws(Refusal) in try interpreter.take(events) }
        return try interpreter.request()
    }
}

/// The machine of a message's envelope.
private struct MessageInterpreter {
    private enum Stage {
        case prolog
        case root
        case header
        case headerField(XMLName)
        case operation
        case record
        case query(XMLName)
        case queryField(XMLName, XMLName)
        case ended
        case epilog
    }

    private static let headerOrder: [XMLName] = [.messageID, .creationDateTime, .partnerID, .possibleDuplicate]

    private var stage = Stage.prolog
    private var lastField = -1
    private var fieldPlace = Finding.Place.whole
    private var findings: [Finding] = []
    private var messageID: MessageID?
    private var createdAt: Timestamp?
    private var partner: PartnerID?
    private var possibleDuplicate = false
    private var operation: MessageRequest.Operation?
    private var assembler = RecordAssembler()
    private var checker: RecordChecker

    init(checker: RecordChecker) { self.checker = checker }

    mutating func take(_ events: XMLEvents) throws(Refusal) {
        for event in events.events {
            switch event.kind {
            case .start: try start(event, events)
            case .end: try end(event, events)
            case .schemaError: break
            }
        }
        if let fault = events.fault { throw XMLEnvelope.refusal(fault) }
    }

    func request() throws(Refusal) -> MessageRequest {
        guard let messageID, let createdAt, let partner, let operation else {
            throw Refusal(.syn002, detail: "the message is not complete")
        }
        return MessageRequest(
            messageID: messageID, createdAt: createdAt, partner: partner, possibleDuplicate: possibleDuplicate,
            operation: operation)
    }

    // MARK: start tags

    private mutating func start(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        switch stage {
        case .record: try assembler.start(event, events)
        case .prolog:
            try XMLEnvelope.checkRoot(
                event, events, name: .loyaltyRequest, namespaceStem: RealtimeSchema.namespaceStem,
                version: RealtimeSchema.version)
            stage = .root
        case .root:
            try XMLEnvelope.checkBlank(event, events)
            guard event.name == XMLName.messageHeader.number else {
                throw XMLEnvelope.unexpected(event, events, "MessageHeader comes first")
            }
            try XMLEnvelope.checkNoAttributes(event, events)
            stage = .header
        case .header: try startHeaderField(event, events)
        case .operation: try startOperation(event, events)
        case .query(let query): try startQueryField(event, events, query)
        case .headerField, .queryField:
            throw XMLEnvelope.unexpected(event, events, "a field of the envelope holds text only")
        case .ended, .epilog: throw XMLEnvelope.unexpected(event, events, "a message asks for one thing")
        }
    }

    private mutating func startHeaderField(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        try XMLEnvelope.checkBlank(event, events)
        guard let name = XMLName.named(event.name), let index = Self.headerOrder.firstIndex(of: name) else {
            throw XMLEnvelope.unexpected(event, events, "an element that does not belong in the header")
        }
        guard index > lastField else {
            throw XMLEnvelope.unexpected(event, events, "the header's elements have one order")
        }
        for skipped in Self.headerOrder[(lastField + 1)..<index] where skipped != .possibleDuplicate {
            throw Refusal(
                .syn002, at: XMLEnvelope.place(event, events, skipped.rawValue),
                detail: "\(skipped.rawValue) is missing")
        }
        try XMLEnvelope.checkNoAttributes(event, events)
        lastField = index
        fieldPlace = Finding.Place(line: Int(event.line), offset: event.offset, field: name.rawValue)
        stage = .headerField(name)
    }

    private mutating func startOperation(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        try XMLEnvelope.checkBlank(event, events)
        switch XMLName.named(event.name) {
        case .transaction:
            assembler.begin(event, events, number: 1)
            stage = .record
        case .statusQuery: stage = .query(.statusQuery)
        case .positionQuery: stage = .query(.positionQuery)
        case .echo: stage = .query(.echo)
        default: throw XMLEnvelope.unexpected(event, events, "Transaction or a query follows the header")
        }
        if case .query = stage { try XMLEnvelope.checkNoAttributes(event, events) }
    }

    private mutating func startQueryField(
        _ event: XMLEvent, _ events: XMLEvents, _ query: XMLName
    ) throws(Refusal) {
        try XMLEnvelope.checkBlank(event, events)
        guard let name = XMLName.named(event.name), operation == nil else {
            throw XMLEnvelope.unexpected(event, events, "an element that does not belong here")
        }
        switch (query, name) {
        case (.statusQuery, .originalMessageID), (.statusQuery, .transactionID), (.positionQuery, .windowID),
            (.echo, .text):
            try XMLEnvelope.checkNoAttributes(event, events)
            fieldPlace = Finding.Place(line: Int(event.line), offset: event.offset, field: name.rawValue)
            stage = .queryField(query, name)
        default: throw XMLEnvelope.unexpected(event, events, "an element that does not belong here")
        }
    }

    // MARK: end tags

    private mutating func end(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        switch stage {
        case .record:
            guard try assembler.end(event, events) else { return }
            let raw = assembler.raw
            operation = .transaction(checker.check(raw, length: Int(event.offset - raw.offset)))
            stage = .ended
        case .headerField(let name):
            setHeader(name, events.text(of: event))
            stage = .header
        case .header:
            try XMLEnvelope.checkBlank(event, events)
            try endHeader(event, events)
        case .queryField(let query, let name):
            try setQuery(name, events.text(of: event))
            stage = .query(query)
        case .query(let query):
            try XMLEnvelope.checkBlank(event, events)
            try endQuery(query, event, events)
            stage = .ended
        case .ended:
            try XMLEnvelope.checkBlank(event, events)
            stage = .epilog
        case .root, .operation:
            throw Refusal(
                .syn002, at: XMLEnvelope.place(event, events, XMLName.loyaltyRequest.rawValue),
                detail: "the message is not complete")
        case .prolog, .epilog: break
        }
    }

    private mutating func setHeader(_ name: XMLName, _ value: ArraySlice<UInt8>) {
        let bytes = Array(value)
        let text = String(decoding: value, as: UTF8.self)
        let isValid: Bool
        switch name {
        case .messageID:
            isValid = FieldParser.isID(bytes.span)
            if isValid { messageID = MessageID(unchecked: text) }
        case .creationDateTime:
            createdAt = FieldParser.instant(Array(value.trimmedXMLBlanks).span)
            isValid = createdAt != nil
        case .partnerID:
            isValid = FieldParser.isPartner(bytes.span)
            if isValid { partner = PartnerID(unchecked: text) }
        default:
            isValid = text == "true" || text == "false"
            possibleDuplicate = text == "true"
        }
        guard !isValid else { return }
        findings.append(
            Finding(
                .syn002, at: fieldPlace, value: TextRule.shown(value),
                detail: "\(name.rawValue) has a value that its type does not allow"))
    }

    private mutating func endHeader(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        for missing in Self.headerOrder.dropFirst(lastField + 1) where missing != .possibleDuplicate {
            findings.append(
                Finding(
                    .syn002, at: XMLEnvelope.place(event, events, missing.rawValue),
                    detail: "\(missing.rawValue) is missing"))
        }
        guard findings.isEmpty else { throw Refusal(findings) }
        stage = .operation
    }

    private mutating func setQuery(_ name: XMLName, _ value: ArraySlice<UInt8>) throws(Refusal) {
        let bytes = Array(value)
        let text = String(decoding: value, as: UTF8.self)
        switch name {
        case .originalMessageID where FieldParser.isID(bytes.span):
            operation = .messageStatus(MessageID(unchecked: text))
        case .transactionID where FieldParser.isID(bytes.span):
            operation = .transactionStatus(TransactionID(unchecked: text))
        case .windowID where WindowID.accepts(text): operation = .position(WindowID(unchecked: text))
        case .text where TextRule.judge(bytes.span, maximum: 140) == .fine: operation = .echo(text)
        default:
            throw Refusal(
                .syn002, at: fieldPlace, value: TextRule.shown(value),
                detail: "\(name.rawValue) has a value that its type does not allow")
        }
    }

    private mutating func endQuery(_ query: XMLName, _ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        guard operation == nil else { return }
        switch query {
        case .positionQuery: operation = .position(nil)
        case .echo: operation = .echo("")
        default:
            throw Refusal(
                .syn002, at: XMLEnvelope.place(event, events, query.rawValue),
                detail: "OriginalMessageId or TransactionId is missing")
        }
    }
}
