import Primitives

/// The client's streams of an open session.
struct ClientStreams: Sendable {
    private enum Stream: Sendable {
        case request(FrameKind)
        case fetch(DocumentID?, next: Int64?, DocumentPart?)
        case uploadOffered(size: Int64)
        case uploading(size: Int64, next: Int64)
        case uploaded
    }

    private let ack: HelloAck
    private var streams: [UInt32: Stream] = [:]
    private var nextStream: UInt32 = 1
    private(set) var isLeaving = false
    private(set) var isOver = false

    init(_ ack: HelloAck) { self.ack = ack }

    func isOpen(_ stream: UInt32) -> Bool { streams[stream] != nil }

    mutating func open(_ request: Request) -> Result<(stream: UInt32, frame: Frame), WireError> {
        guard streams.count < Int(clamping: ack.requestsInFlight) else {
            return .failure(.excessive("\(ack.requestsInFlight) requests are in flight; wait for an answer"))
        }
        guard nextStream < .max - 1 else { return .failure(.excessive("this connection's stream numbers are used up")) }
        let stream = nextStream
        let frame = ClientMessage.request(request).frame(stream: stream)
        guard frame.payload.count <= Int(clamping: ack.clientPayloadBytes) else {
            return .failure(.excessive("the gateway takes frames of up to \(ack.clientPayloadBytes) bytes"))
        }
        switch request {
        case .upload(let begin):
            guard begin.size <= ack.fileBytes else {
                return .failure(.excessive("the gateway takes files of up to \(ack.fileBytes) bytes"))
            }
            streams[stream] = .uploadOffered(size: begin.size)
        case .fetch(let fetch):
            streams[stream] = .fetch(fetch.id, next: fetch.offset, nil)
        case .query:
            streams[stream] = .fetch(nil, next: nil, nil)
        default:
            streams[stream] = .request(request.kind)
        }
        nextStream += 2
        return .success((stream, frame))
    }

    mutating func chunk(_ stream: UInt32, _ bytes: [UInt8]) -> Frame? {
        guard case .uploading(let size, let next)? = streams[stream] else { return nil }
        precondition(
            !bytes.isEmpty && Int64(bytes.count) <= min(ack.chunkBytes, size - next), "a chunk keeps to the limits")
        streams[stream] = .uploading(size: size, next: next + Int64(bytes.count))
        return ClientMessage.chunk(UploadChunk(offset: next, bytes: bytes)).frame(stream: stream)
    }

    mutating func end(_ stream: UInt32, until: ReceiptGrade) -> Frame? {
        guard case .uploading(let size, let next)? = streams[stream] else { return nil }
        precondition(next == size, "an upload ends with its last byte")
        streams[stream] = .uploaded
        return ClientMessage.uploadEnd(UploadEnd(until: until)).frame(stream: stream)
    }

    mutating func receive(_ frame: Frame, _ message: GatewayMessage) throws(WireError) -> [ClientSession.Action] {
        if frame.stream == 0 { return try receiveOnConnection(frame, message) }
        guard let current = streams[frame.stream] else {
            throw .malformed("\(frame.kind) on stream \(frame.stream), which is not in flight")
        }
        streams[frame.stream] = try Self.step(current, frame, message)
        if frame.isLast { streams[frame.stream] = nil }
        return [.reply(stream: frame.stream, message, isLast: frame.isLast)]
    }

    private mutating func receiveOnConnection(_ frame: Frame, _ message: GatewayMessage) throws(WireError)
        -> [ClientSession.Action]
    {
        switch message {
        case .ping(let number):
            return [.send(ClientMessage.pong(number).frame(stream: 0))]
        case .pong(let number):
            return [.pong(number)]
        case .goodbye(let goodbye):
            isLeaving = true
            return [.goodbye(goodbye)]
        case .error(let notice):
            isOver = true
            return [.refused(notice), .close]
        default:
            throw .malformed("\(frame.kind) on stream 0")
        }
    }

    /// The stream's state after a reply that it allows.
    private static func step(_ state: Stream, _ frame: Frame, _ message: GatewayMessage) throws(WireError) -> Stream {
        switch (state, message) {
        case (_, .error), (_, .done):
            guard frame.isLast else { throw .malformed("\(frame.kind) that does not end its stream") }
            return state
        case (.uploadOffered(let size), .uploadAccept(let offset)):
            guard offset <= size, !frame.isLast else { throw .malformed("an upload accepted beyond its end") }
            return .uploading(size: size, next: offset)
        case (.uploading(let size, _), .progress(let durable)):
            guard durable <= size else { throw .malformed("progress beyond the file's end") }
            return state
        case (.uploaded, .progress), (.uploaded, .receipt), (.uploadOffered, .receipt), (.uploading, .receipt):
            return state
        case (.fetch(let id, let next, let first), .document(let part)):
            return try stepDocument(id, next, first, part, isLast: frame.isLast)
        case (.request(.wait), .receipt), (.request(.cancel), .answer), (.request(.message), .answer),
            (.request(.list), .listing), (.request(.act), .actResult), (.request(.countersign), .actResult),
            (.request(.keyChange), .answer):
            return state
        default:
            throw .malformed("\(frame.kind) does not answer the request of stream \(frame.stream)")
        }
    }

    private static func stepDocument(
        _ id: DocumentID?, _ next: Int64?, _ first: DocumentPart?, _ part: DocumentPart, isLast: Bool
    ) throws(WireError) -> Stream {
        guard part.id == id ?? part.id, part.offset == next ?? 0 else {
            throw .malformed("DOCUMENT at offset \(part.offset) of another document or place than asked for")
        }
        if let first, first.size != part.size || first.digest != part.digest {
            throw .malformed("DOCUMENT changes its size or digest")
        }
        let (end, overflow) = part.offset.addingReportingOverflow(Int64(part.bytes.count))
        guard !overflow, end <= part.size, isLast == (end == part.size) else {
            throw .malformed("DOCUMENT ends at \(end) of \(part.size) bytes\(isLast ? " with its last frame" : "")")
        }
        var remembered = part
        remembered.bytes = []
        remembered.signature = []
        return .fetch(part.id, next: end, first ?? remembered)
    }
}
