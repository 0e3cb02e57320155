import Primitives
import Wire

/// A client that asks for one thing of each kind and takes whatever a gateway answers.
struct ClientDriver {
    private var session = ClientSession()
    private var decoder = FrameDecoder(of: .gateway, payloadLimit: 64 << 10)
    private var outgoing = FrameDecoder(of: .client, payloadLimit: WireLimits().clientPayloadBytes)
    private var isClosed = false
    private var uploadSize: Int64 = 0
    private var chunkBytes: Int64 = 1

    init() { _ = session.start(Hello(software: "fuzz")) }

    mutating func take(_ bytes: ArraySlice<UInt8>) throws(BrokenPromise) {
        guard !isClosed else { return }
        decoder.append(bytes)
        while !isClosed {
            guard let frame = try? decoder.next() else { return }
            for action in session.receive(frame) {
                try hold(!isClosed, "nothing follows the close")
                try act(action)
            }
        }
        try hold(!session.isOpen, "a closed session takes no requests")
    }

    private mutating func act(_ action: ClientSession.Action) throws(BrokenPromise) {
        switch action {
        case .send(let frame): try send(frame)
        case .welcome(let ack):
            chunkBytes = ack.chunkBytes
            for request in WireSeeds.requests {
                guard let (stream, frame) = try? session.open(request) else { continue }
                try hold(stream % 2 == 1 && frame.stream == stream, "streams are odd")
                try hold(Int64(frame.payload.count) <= ack.clientPayloadBytes, "a request is within the limit")
                if case .upload(let begin) = request { uploadSize = begin.size }
                try send(frame)
            }
        case .reply(let stream, .uploadAccept(let offset), let isLast):
            try hold(!isLast && (0...uploadSize).contains(offset), "an upload is accepted within the file")
            var next = offset
            while next < uploadSize {
                let count = min(chunkBytes, uploadSize - next, 4)
                guard let frame = session.chunk(stream, [UInt8](repeating: 1, count: Int(count))) else { break }
                try send(frame)
                next += count
            }
            if let frame = session.endUpload(stream, until: .received) { try send(frame) }
        case .goodbye:
            try hold((try? session.open(WireSeeds.requests[0])) == nil, "no request follows GOODBYE")
        case .close: isClosed = true
        case .reply, .pong, .refused, .violation: break
        }
    }

    private mutating func send(_ frame: Frame) throws(BrokenPromise) {
        outgoing.append(FrameEncoder.encode(frame))
        try hold((try? outgoing.next()) == frame, "what the client sends is a frame: \(frame.kind)")
        try hold((try? ClientMessage(frame)) != nil, "what the client sends is a message: \(frame.kind)")
    }
}
