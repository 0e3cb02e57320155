import Primitives

extension ClientMessage {
    /// The kind of frame that carries the message.
    public var kind: FrameKind {
        switch self {
        case .hello: .hello
        case .ping: .clientPing
        case .pong: .clientPong
        case .request(let request): request.kind
        case .chunk: .uploadChunk
        case .uploadEnd: .uploadEnd
        case .abandon: .abandon
        }
    }

    /// The message as a frame of the stream.
    public func frame(stream: UInt32) -> Frame {
        var writer = FieldWriter()
        switch self {
        case .hello(let hello):
            writer.put(1, number: hello.version)
            writer.put(2, hello.software)
        case .ping(let number), .pong(let number):
            writer.put(1, number: number)
        case .request(let request):
            request.write(to: &writer)
        case .chunk(let chunk):
            writer.put(1, number: chunk.offset)
            writer.put(2, bytes: chunk.bytes)
        case .uploadEnd(let end):
            writer.put(1, end.until.rawValue)
        case .abandon:
            break
        }
        return Frame(kind: kind, stream: stream, payload: writer.bytes)
    }

    /// Reads a frame that a client sent.
    ///
    /// - Throws: `WireError`: NET-001 when the payload is not the kind's, NET-002 when a field is too large.
    public init(_ frame: Frame, limits: WireLimits = WireLimits()) throws(WireError) {
        var reader = FieldReader(frame)
        switch frame.kind {
        case .hello:
            self = .hello(Hello(version: try reader.number(1, "version"), software: try reader.text(2, "software")))
        case .clientPing:
            self = .ping(try reader.number(1, "number"))
        case .clientPong:
            self = .pong(try reader.number(1, "number"))
        case .uploadChunk:
            self = .chunk(
                UploadChunk(
                    offset: try reader.number(1, "offset"),
                    bytes: try reader.bytes(2, "bytes", limit: limits.chunkBytes)))
        case .uploadEnd:
            self = .uploadEnd(UploadEnd(until: try reader.word(1, "until", as: ReceiptGrade.self)))
        case .abandon:
            self = .abandon
        default:
            self = .request(try Request(frame.kind, from: &reader, limits: limits))
        }
        try reader.finish()
    }
}

extension Request {
    /// The kind of frame that opens the request's stream.
    public var kind: FrameKind {
        switch self {
        case .upload: .uploadBegin
        case .cancel: .cancel
        case .message: .message
        case .wait: .wait
        case .list: .list
        case .fetch: .fetch
        case .confirm: .confirm
        case .act: .act
        case .countersign: .countersign
        case .query: .query
        case .keyChange: .keyChange
        }
    }

    func write(to writer: inout FieldWriter) {
        switch self {
        case .upload(let begin):
            begin.batch.write(to: &writer)
            if let messageID = begin.messageID { writer.put(3, messageID.text) }
            writer.put(4, number: begin.size)
            writer.put(5, bytes: begin.digest.bytes)
            writer.put(6, begin.format.rawValue)
            writer.put(7, bytes: begin.signature)
        case .cancel(let cancel):
            cancel.batch.write(to: &writer)
            writer.put(3, bytes: cancel.cms)
        case .message(let message):
            writer.put(1, bytes: message.cms)
        case .wait(let wait):
            wait.batch.write(to: &writer)
            writer.put(3, wait.grade.rawValue)
        case .list(let list):
            writer.put(1, list.kind.rawValue)
            if let since = list.since { writer.put(2, since.description) }
            if let cursor = list.cursor { writer.put(3, cursor) }
        case .fetch(let fetch):
            writer.put(1, fetch.id.text)
            writer.put(2, number: fetch.offset)
        case .confirm(let confirm):
            writer.put(1, confirm.id.text)
            writer.put(2, bytes: confirm.digest.bytes)
        case .act(let act):
            writer.put(1, bytes: act.document)
            writer.put(2, bytes: act.signature)
        case .countersign(let countersignature):
            writer.put(1, bytes: countersignature.digest.bytes)
            writer.put(2, bytes: countersignature.signature)
        case .query(let query):
            writer.put(1, query.kind.text)
            writer.put(2, query.arguments)
        case .keyChange(let change):
            writer.put(1, bytes: change.cms)
            if let proof = change.proof { writer.put(2, bytes: proof) }
        }
    }

    init(_ kind: FrameKind, from reader: inout FieldReader, limits: WireLimits) throws(WireError) {
        switch kind {
        case .uploadBegin:
            self = .upload(try UploadBegin(from: &reader, limits: limits))
        case .cancel:
            self = .cancel(
                CancelRequest(
                    batch: try BatchNumber(from: &reader),
                    cms: try reader.bytes(3, "cms", limit: WireLimits.signatureBytes)))
        case .message:
            self = .message(SignedMessage(cms: try reader.bytes(1, "cms", limit: WireLimits.signatureBytes)))
        case .wait:
            self = .wait(
                ReceiptWait(
                    batch: try BatchNumber(from: &reader), grade: try reader.word(3, "grade", as: ReceiptGrade.self)))
        case .list:
            self = .list(
                ListRequest(
                    kind: try reader.word(1, "what", as: ListKind.self), since: try reader.optionalInstant(2, "since"),
                    cursor: try reader.optionalText(3, "cursor")))
        case .fetch:
            self = .fetch(
                FetchRequest(
                    id: try reader.name(1, "document", as: DocumentID.self), offset: try reader.number(2, "offset")))
        case .confirm:
            self = .confirm(
                FetchConfirm(
                    id: try reader.name(1, "document", as: DocumentID.self), digest: try reader.digest(2, "digest")))
        case .act:
            self = .act(
                OfficerAct(
                    document: try reader.bytes(1, "document", limit: WireLimits.actBytes),
                    signature: try reader.bytes(2, "signature", limit: WireLimits.signatureBytes)))
        case .countersign:
            self = .countersign(
                Countersignature(
                    digest: try reader.digest(1, "digest"),
                    signature: try reader.bytes(2, "signature", limit: WireLimits.signatureBytes)))
        case .query:
            self = .query(
                Query(
                    kind: try reader.name(1, "query", as: QueryKind.self),
                    arguments: try reader.text(2, "arguments", limit: WireLimits.argumentBytes)))
        case .keyChange:
            self = .keyChange(
                KeyChangeRequest(
                    cms: try reader.bytes(1, "cms", limit: WireLimits.signatureBytes),
                    proof: try reader.optionalBytes(2, "proof", limit: WireLimits.signatureBytes)))
        default:
            throw .malformed("\(kind) is not sent by clients")
        }
    }
}

extension UploadBegin {
    init(from reader: inout FieldReader, limits: WireLimits) throws(WireError) {
        batch = try BatchNumber(from: &reader)
        messageID = nil
        if let value = try reader.optionalText(3, "message id") {
            guard MessageID.accepts(value) else { throw .malformed("message id must be \(MessageID.rule)") }
            messageID = MessageID(unchecked: value)
        }
        size = try reader.number(4, "size")
        guard size > 0 else { throw .malformed("a batch file has at least one byte") }
        guard size <= limits.fileBytes else {
            throw .excessive("a file of \(size) bytes; at most \(limits.fileBytes) are allowed")
        }
        digest = try reader.digest(5, "digest")
        format = try reader.word(6, "format", as: BatchFormat.self)
        signature = try reader.bytes(7, "signature", limit: WireLimits.signatureBytes)
    }
}
