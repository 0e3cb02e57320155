import Primitives
import Wire

/// A gateway that answers what a session delivers, with a model of its own of what the session may deliver.
///
/// What it answers follows from the numbers in the requests, so that every course can be reached.
struct ServerDriver {
    private var limits: WireLimits
    private var session: ServerSession
    private var decoder: FrameDecoder
    private var outgoing = FrameDecoder(of: .gateway, payloadLimit: WireLimits().gatewayPayloadBytes)
    private var isClosed = false
    private var isGreeted = false
    private var open: Set<UInt32> = []
    private var highest: UInt32 = 0
    /// Uploads that came to their end.
    private(set) var completed = 0
    private var uploads: [UInt32: (size: Int64, next: Int64)] = [:]

    init() {
        var limits = WireLimits()
        // Small, so that an input can reach them.
        (limits.requestsInFlight, limits.uploadsInFlight, limits.strayBytes) = (6, 2, 256)
        self.limits = limits
        session = ServerSession(limits: limits)
        decoder = FrameDecoder(of: .client, payloadLimit: session.payloadLimit)
    }

    mutating func take(_ bytes: ArraySlice<UInt8>) throws(BrokenPromise) {
        guard !isClosed else { return }
        decoder.append(bytes)
        while !isClosed {
            let next: Frame?
            do throws(WireError) {
                next = try decoder.next()
            } catch {
                try act(session.on(.violation(error)))
                try hold(isClosed, "a violation closes the connection")
                return
            }
            guard let frame = next else { return }
            try act(session.on(.frame(frame)))
            try follow(frame)
        }
    }

    /// What the gateway does by itself, at a client's word here.
    private mutating func follow(_ frame: Frame) throws(BrokenPromise) {
        guard frame.kind == .clientPing, let word = frame.payload.last else { return }
        if word == 7 { try act(session.on(.drain(.net003, "going down"))) }
        if word == 9 { try act(session.on(.heartbeat(9))) }
    }

    private mutating func act(_ actions: [ServerSession.Action]) throws(BrokenPromise) {
        var deliveries: [ServerSession.Delivery] = []
        for action in actions {
            try hold(!isClosed, "nothing follows the close")
            switch action {
            case .send(let frame): try send(frame)
            case .deliver(.abandon(let stream)): try forget(stream)
            case .deliver(let delivery): deliveries.append(delivery)
            case .close: isClosed = true
            }
        }
        decoder.payloadLimit = session.payloadLimit
        let standing = session.standing
        try hold(standing.isClosed == isClosed, "the session is closed when it says so")
        try hold(standing.requests <= limits.requestsInFlight, "requests in flight are limited")
        try hold(standing.hungryUploads <= limits.uploadsInFlight, "uploads in flight are limited")
        for delivery in deliveries { try answer(delivery) }
    }

    private mutating func send(_ frame: Frame) throws(BrokenPromise) {
        outgoing.append(FrameEncoder.encode(frame))
        try hold((try? outgoing.next()) == frame, "what the gateway sends is a frame: \(frame.kind)")
        try hold((try? GatewayMessage(frame)) != nil, "what the gateway sends is a message: \(frame.kind)")
        if frame.isLast {
            open.remove(frame.stream)
            uploads[frame.stream] = nil
        }
    }

    private mutating func answer(_ delivery: ServerSession.Delivery) throws(BrokenPromise) {
        switch delivery {
        case .greet(let hello):
            try hold(!isGreeted, "a client is greeted once")
            isGreeted = true
            if hello.software.hasPrefix("refuse") {
                try act(session.on(.refuse(ErrorNotice(.net005, detail: "not registered"))))
            } else {
                try act(session.on(.welcome(WireSeeds.ack)))
            }
        case .request(let stream, let request): try answer(stream, request)
        case .chunk(let stream, let chunk):
            guard let (size, next) = uploads[stream] else {
                throw BrokenPromise(description: "bytes come for accepted uploads only")
            }
            let end = chunk.offset + Int64(chunk.bytes.count)
            try hold(chunk.offset == next && end <= size && !chunk.bytes.isEmpty, "chunks come without gap")
            uploads[stream] = (size, end)
            try reply(stream, .progress(durable: end), isLast: false)
        case .uploadEnd(let stream, _):
            guard let (size, next) = uploads[stream] else {
                throw BrokenPromise(description: "an upload ends that was accepted")
            }
            try hold(size == next, "an upload ends with its last byte")
            completed += 1
            try reply(stream, .receipt(WireSeeds.receipt), isLast: stream % 4 == 1)
        case .abandon: preconditionFailure("taken before")
        }
    }

    private mutating func answer(_ stream: UInt32, _ request: Request) throws(BrokenPromise) {
        try hold(stream > highest && stream % 2 == 1, "streams are odd and ascend")
        highest = stream
        open.insert(stream)
        switch request {
        case .upload(let begin):
            try hold((1...limits.fileBytes).contains(begin.size), "a file's size is within the limits")
            if begin.batch.sequence % 4 == 3 { return }
            let offset = begin.batch.sequence % 2 == 0 ? 0 : begin.size / 2
            uploads[stream] = (begin.size, offset)
            try reply(stream, .uploadAccept(offset: offset), isLast: false)
        case .wait where stream % 4 == 3: return
        case .fetch(let fetch) where fetch.offset < 8:
            let part = DocumentPart(id: fetch.id, size: 8, digest: .zero, offset: fetch.offset, bytes: [1])
            try reply(stream, .document(part), isLast: false)
        case .message, .cancel: try reply(stream, .answer(SignedAnswer(cms: [0x30], isCopy: false)), isLast: true)
        default:
            if stream % 8 == 7 { return }
            try reply(stream, .error(ErrorNotice(.net005, detail: "\(request.kind)\u{7}")), isLast: true)
        }
    }

    private mutating func forget(_ stream: UInt32) throws(BrokenPromise) {
        try hold(open.contains(stream), "what is abandoned was open")
        open.remove(stream)
        uploads[stream] = nil
        // An answer that was under way meanwhile: the session has to drop it.
        let actions = session.on(.reply(stream: stream, .done, isLast: true))
        try hold(actions.isEmpty, "nothing is sent on a stream that is over: \(actions)")
    }

    private mutating func reply(_ stream: UInt32, _ message: GatewayMessage, isLast: Bool) throws(BrokenPromise) {
        guard !isClosed else { return }
        try act(session.on(.reply(stream: stream, message, isLast: isLast)))
    }
}
