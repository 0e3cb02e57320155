import Primitives

extension GatewayMessage {
    /// The kind of frame that carries the message.
    public var kind: FrameKind {
        switch self {
        case .helloAck: .helloAck
        case .ping: .gatewayPing
        case .pong: .gatewayPong
        case .goodbye: .goodbye
        case .error: .error
        case .uploadAccept: .uploadAccept
        case .progress: .progress
        case .receipt: .receipt
        case .answer: .answer
        case .document: .document
        case .listing: .listing
        case .actResult: .actResult
        case .done: .done
        }
    }

    /// The message as a frame of the stream.
    public func frame(stream: UInt32, isLast: Bool = false) -> Frame {
        var writer = FieldWriter()
        switch self {
        case .helloAck(let ack): ack.write(to: &writer)
        case .ping(let number), .pong(let number): writer.put(1, number: number)
        case .goodbye(let goodbye):
            writer.put(1, goodbye.code)
            writer.put(2, WireText.clean(goodbye.detail, limit: WireLimits.textBytes))
            writer.put(3, number: goodbye.lastStream)
        case .error(let notice): notice.write(to: &writer)
        case .uploadAccept(let offset): writer.put(1, number: offset)
        case .progress(let durable): writer.put(1, number: durable)
        case .receipt(let receipt): receipt.write(to: &writer)
        case .answer(let answer):
            writer.put(1, bytes: answer.cms)
            writer.put(2, flag: answer.isCopy)
        case .document(let part): part.write(to: &writer)
        case .listing(let listing):
            writer.put(1, bytes: listing.json)
            if let next = listing.next { writer.put(2, next) }
        case .actResult(let result):
            writer.put(1, bytes: result.digest.bytes)
            writer.put(2, result.state.rawValue)
            writer.put(3, WireText.clean(result.detail, limit: WireLimits.detailBytes))
        case .done: break
        }
        return Frame(kind: kind, isLast: isLast, stream: stream, payload: writer.bytes)
    }

    /// Reads a frame that a gateway sent.
    ///
    /// - Throws: `WireError`: NET-001 when the payload is not the kind's, NET-002 when a field is too large.
    public init(_ frame: Frame, limits: WireLimits = WireLimits()) throws(WireError) {
        var reader = FieldReader(frame)
        switch frame.kind {
        case .helloAck: self = .helloAck(try HelloAck(from: &reader))
        case .gatewayPing: self = .ping(try reader.number(1, "number"))
        case .gatewayPong: self = .pong(try reader.number(1, "number"))
        case .goodbye: self = .goodbye(try Goodbye(from: &reader))
        case .error: self = .error(try ErrorNotice(from: &reader))
        case .uploadAccept: self = .uploadAccept(offset: try reader.number(1, "offset"))
        case .progress: self = .progress(durable: try reader.number(1, "durable"))
        case .receipt: self = .receipt(try Receipt(from: &reader))
        case .answer:
            self = .answer(
                SignedAnswer(
                    cms: try reader.bytes(1, "cms", limit: WireLimits.actBytes), isCopy: try reader.flag(2, "copy")))
        case .document: self = .document(try DocumentPart(from: &reader, limits: limits))
        case .listing:
            self = .listing(
                Listing(
                    json: try reader.bytes(1, "listing", limit: WireLimits.listingBytes),
                    next: try reader.optionalText(2, "next")))
        case .actResult: self = .actResult(try ActResult(from: &reader))
        case .done: self = .done
        default: throw .malformed("\(frame.kind) is not sent by gateways")
        }
        try reader.finish()
    }
}

extension HelloAck {
    func write(to writer: inout FieldWriter) {
        writer.put(1, number: version)
        writer.put(2, software)
        writer.put(3, party.role.rawValue)
        writer.put(4, party.name)
        writer.put(5, time.description)
        if let nextCutOff { writer.put(6, nextCutOff.description) }
        writer.put(7, number: clientPayloadBytes)
        writer.put(8, number: chunkBytes)
        writer.put(9, number: fileBytes)
        writer.put(10, number: requestsInFlight)
        writer.put(11, number: heartbeatSeconds)
    }

    init(from reader: inout FieldReader) throws(WireError) {
        version = try reader.number(1, "version")
        software = try reader.text(2, "software")
        party = Party(
            role: try reader.word(3, "role", as: PartyRole.self), name: try reader.text(4, "name", limit: 64))
        time = try reader.instant(5, "time")
        nextCutOff = try reader.optionalInstant(6, "next cut-off")
        clientPayloadBytes = try reader.number(7, "payload limit")
        chunkBytes = try reader.number(8, "chunk limit")
        fileBytes = try reader.number(9, "file limit")
        requestsInFlight = try reader.number(10, "request limit")
        heartbeatSeconds = try reader.number(11, "heartbeat")
    }
}

extension ErrorNotice {
    func write(to writer: inout FieldWriter) {
        writer.put(1, code)
        writer.put(2, WireText.clean(detail, limit: WireLimits.detailBytes))
        writer.put(3, WireText.clean(action, limit: WireLimits.detailBytes))
        writer.put(4, flag: mayRetry)
        writer.put(5, flag: isFatal)
    }

    init(from reader: inout FieldReader) throws(WireError) {
        code = try reader.text(1, "code", limit: 16)
        detail = try reader.text(2, "detail", limit: WireLimits.detailBytes)
        action = try reader.text(3, "action", limit: WireLimits.detailBytes)
        mayRetry = try reader.flag(4, "retry")
        isFatal = try reader.flag(5, "fatal")
    }
}

extension Goodbye {
    init(from reader: inout FieldReader) throws(WireError) {
        code = try reader.text(1, "code", limit: 16)
        detail = try reader.text(2, "detail")
        lastStream = try reader.number(3, "last stream")
    }
}

extension Receipt {
    func write(to writer: inout FieldWriter) {
        writer.put(1, grade.rawValue)
        writer.put(2, id.text)
        writer.put(3, flag: isCopy)
        writer.put(4, bytes: document)
        writer.put(5, bytes: signature)
        writer.put(6, status)
    }

    init(from reader: inout FieldReader) throws(WireError) {
        grade = try reader.word(1, "grade", as: ReceiptGrade.self)
        id = try reader.name(2, "receipt", as: DocumentID.self)
        isCopy = try reader.flag(3, "copy")
        document = try reader.bytes(4, "document", limit: WireLimits.receiptBytes)
        signature = try reader.bytes(5, "signature", limit: WireLimits.signatureBytes)
        status = try reader.text(6, "status", limit: 16)
    }
}

extension DocumentPart {
    func write(to writer: inout FieldWriter) {
        writer.put(1, id.text)
        writer.put(2, number: size)
        writer.put(3, bytes: digest.bytes)
        writer.put(4, number: offset)
        writer.put(5, bytes: bytes)
        if !signature.isEmpty { writer.put(6, bytes: signature) }
    }

    init(from reader: inout FieldReader, limits: WireLimits) throws(WireError) {
        id = try reader.name(1, "document", as: DocumentID.self)
        size = try reader.number(2, "size")
        digest = try reader.digest(3, "digest")
        offset = try reader.number(4, "offset")
        bytes = try reader.bytes(5, "bytes", limit: limits.chunkBytes, allowEmpty: true)
        signature = try reader.optional(6, "signature", limit: WireLimits.signatureBytes).map(Array.init) ?? []
    }
}

extension ActResult {
    init(from reader: inout FieldReader) throws(WireError) {
        digest = try reader.digest(1, "digest")
        state = try reader.word(2, "state", as: ActState.self)
        detail = try reader.text(3, "detail", limit: WireLimits.detailBytes)
    }
}

/// Text that goes out, brought within the rules that a reader of fields applies.
enum WireText {
    /// Control characters become spaces, and what exceeds the limit of bytes is cut at a character's end.
    static func clean(_ text: String, limit: Int) -> String {
        var out = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isControl = (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || scalar.value == 0x7F
            let kept: Unicode.Scalar = isControl ? " " : scalar
            bytes += UTF8.width(kept)
            if bytes > limit { break }
            out.unicodeScalars.append(kept)
        }
        return out
    }
}
