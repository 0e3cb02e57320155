import Primitives
import Testing
import Wire

/// A client's and a gateway's session joined by bytes: whatever the one does, the other accepts.
@Suite struct SessionPairTests {
    private struct Pair {
        var client = ClientSession()
        var server = ServerSession()
        var fromClient = FrameDecoder(of: .client, payloadLimit: WireLimits().helloPayloadBytes)
        var fromGateway = FrameDecoder(of: .gateway, payloadLimit: WireLimits().gatewayPayloadBytes)
        var deliveries: [ServerSession.Delivery] = []
        var replies: [(UInt32, GatewayMessage)] = []

        mutating func toGateway(_ frame: Frame) throws {
            fromClient.append(FrameEncoder.encode(frame))
            while let frame = try fromClient.next() { try act(server.on(.frame(frame))) }
        }

        mutating func act(_ actions: [ServerSession.Action]) throws {
            fromClient.payloadLimit = server.payloadLimit
            for action in actions {
                switch action {
                case .deliver(let delivery): deliveries.append(delivery)
                case .send(let frame): try toClient(frame)
                case .close: Issue.record("the gateway closes")
                }
            }
        }

        mutating func toClient(_ frame: Frame) throws {
            fromGateway.append(FrameEncoder.encode(frame))
            while let frame = try fromGateway.next() {
                for action in client.receive(frame) {
                    switch action {
                    case .send(let frame): try toGateway(frame)
                    case .reply(let stream, let message, _): replies.append((stream, message))
                    case .violation(let error): throw error
                    default: break
                    }
                }
            }
        }
    }

    @Test("both ends agree on every random conversation", arguments: 0..<50 as Range<UInt64>)
    func conversations(seed: UInt64) throws {
        var messages = RandomMessages(seed: seed)
        var pair = Pair()
        try pair.toGateway(pair.client.start(Hello(software: "pair")))
        #expect(pair.deliveries == [.greet(Hello(software: "pair"))])
        var ack = messages.helloAck()
        ack.requestsInFlight = 32
        ack.clientPayloadBytes = Int64(WireLimits().clientPayloadBytes)
        ack.fileBytes = WireLimits().fileBytes
        try pair.act(pair.server.on(.welcome(ack)))
        pair.deliveries = []
        for _ in 0..<300 {
            if messages.flip(), let (_, frame) = try? pair.client.open(smallRequest(&messages)) {
                try pair.toGateway(frame)
            } else if messages.flip() {
                try pair.act(pair.server.on(.heartbeat(messages.number())))
            }
            guard !pair.deliveries.isEmpty, messages.flip() else { continue }
            let index = Int.random(in: 0..<pair.deliveries.count, using: &messages.random)
            try answer(pair.deliveries.remove(at: index), &pair, &messages)
        }
        while let delivery = pair.deliveries.popLast() { try answer(delivery, &pair, &messages) }
        #expect(pair.server.standing.requests == 0)
        #expect(!pair.replies.isEmpty)
    }

    private func smallRequest(_ messages: inout RandomMessages) -> Request {
        var request = messages.request()
        if case .upload(var begin) = request {
            begin.size = Int64.random(in: 1...5, using: &messages.random)
            request = .upload(begin)
        }
        return request
    }

    private func answer(_ delivery: ServerSession.Delivery, _ pair: inout Pair, _ messages: inout RandomMessages) throws
    {
        guard case .request(let stream, let request) = delivery else {
            if case .uploadEnd(let stream, _) = delivery {
                try pair.act(pair.server.on(.reply(stream: stream, .receipt(messages.receipt()), isLast: true)))
            }
            return
        }
        if messages.flip(), let frame = pair.client.abandon(stream) {
            try pair.toGateway(frame)
            return
        }
        switch request {
        case .upload(let begin):
            let offset = Int64.random(in: 0...begin.size, using: &messages.random)
            try pair.act(pair.server.on(.reply(stream: stream, .uploadAccept(offset: offset), isLast: false)))
            for _ in offset..<begin.size {
                if let frame = pair.client.chunk(stream, [1]) { try pair.toGateway(frame) }
            }
            if let frame = pair.client.endUpload(stream, until: .received) { try pair.toGateway(frame) }
        case .fetch(let fetch):
            let part = DocumentPart(id: fetch.id, size: fetch.offset, digest: .zero, offset: fetch.offset, bytes: [])
            try pair.act(pair.server.on(.reply(stream: stream, .document(part), isLast: true)))
        case .wait:
            try pair.act(pair.server.on(.reply(stream: stream, .receipt(messages.receipt()), isLast: true)))
        case .cancel, .message:
            let answer = GatewayMessage.answer(SignedAnswer(cms: [1], isCopy: true))
            try pair.act(pair.server.on(.reply(stream: stream, answer, isLast: true)))
        default:
            let notice = GatewayMessage.error(ErrorNotice(.net005, detail: "nothing there"))
            try pair.act(pair.server.on(.reply(stream: stream, notice, isLast: true)))
        }
    }
}
