import Primitives
import Testing
import Wire

@Suite struct ServerSessionTests {
    private static let ack = HelloAck(
        software: "test", party: Party(role: .partner, name: "MARCHE"), time: Timestamp(milliseconds: 0),
        nextCutOff: nil,
        limits: WireLimits(), heartbeatSeconds: 30)
    private let hello = ClientMessage.hello(Hello(software: "t")).frame(stream: 0)

    private func opened(_ limits: WireLimits = WireLimits()) -> ServerSession {
        var session = ServerSession(limits: limits)
        _ = session.on(.frame(hello))
        _ = session.on(.welcome(Self.ack))
        return session
    }

    private func upload(size: Int64, _ stream: UInt32 = 1) -> Frame {
        let begin = UploadBegin(
            batch: BatchNumber(series: .live, sequence: 1), size: size, digest: .zero, format: .xml, signature: [1])
        return ClientMessage.request(.upload(begin)).frame(stream: stream)
    }

    private func chunk(_ offset: Int64, _ count: Int, _ stream: UInt32 = 1) -> Frame {
        ClientMessage.chunk(UploadChunk(offset: offset, bytes: Array(repeating: 7, count: count))).frame(stream: stream)
    }

    private let end = ClientMessage.uploadEnd(UploadEnd(until: .received)).frame(stream: 1)
    private let message = Request.message(SignedMessage(cms: [1]))

    /// The notice of a fatal error, when the actions are exactly that and the end.
    private func fatal(_ actions: [ServerSession.Action]) -> ErrorNotice? {
        guard actions.count == 2, actions[1] == .close, case .send(let frame) = actions[0], frame.stream == 0,
            case .error(let notice)? = try? GatewayMessage(frame), notice.isFatal
        else { return nil }
        return notice
    }

    private func sent(_ actions: [ServerSession.Action]) -> [GatewayMessage] {
        actions.compactMap { if case .send(let frame) = $0 { try? GatewayMessage(frame) } else { nil } }
    }

    @Test("HELLO is judged first, and answered before anything else")
    func greeting() {
        var session = ServerSession()
        #expect(session.payloadLimit == WireLimits().helloPayloadBytes)
        #expect(session.on(.frame(hello)) == [.deliver(.greet(Hello(software: "t")))])
        #expect(!session.standing.isOpen)
        #expect(session.on(.welcome(Self.ack)) == [.send(GatewayMessage.helloAck(Self.ack).frame(stream: 0))])
        #expect(session.standing.isOpen)
        #expect(session.payloadLimit == WireLimits().clientPayloadBytes)
    }

    @Test("anything before HELLO, or before its answer, ends the connection")
    func beforeHello() {
        for frame in [ClientMessage.ping(1).frame(stream: 0), ClientMessage.request(message).frame(stream: 1)] {
            var session = ServerSession()
            #expect(fatal(session.on(.frame(frame)))?.code == "NET-001")
            #expect(session.standing.isClosed)
            #expect(session.on(.frame(hello)) == [])
            var greeting = ServerSession()
            _ = greeting.on(.frame(hello))
            #expect(fatal(greeting.on(.frame(frame)))?.code == "NET-001")
        }
    }

    @Test("another version is refused, and a second HELLO")
    func versions() {
        var session = ServerSession()
        let actions = session.on(.frame(ClientMessage.hello(Hello(version: 2, software: "t")).frame(stream: 0)))
        #expect(fatal(actions)?.code == "NET-001")
        var open = opened()
        #expect(fatal(open.on(.frame(hello)))?.code == "NET-001")
    }

    @Test("a refused client is told why")
    func refused() {
        var session = ServerSession()
        _ = session.on(.frame(hello))
        let notice = ErrorNotice(.net004, detail: "unknown certificate")
        #expect(fatal(session.on(.refuse(notice)))?.code == "NET-004")
        #expect(session.on(.welcome(Self.ack)) == [])
    }

    @Test("an upload runs from its declaration to the receipt")
    func upload() {
        var session = opened()
        guard case .deliver(.request(1, .upload)) = session.on(.frame(upload(size: 10))).first else {
            Issue.record("the upload is not handed on")
            return
        }
        #expect(session.standing.hungryUploads == 0)
        let accept = GatewayMessage.uploadAccept(offset: 4)
        #expect(session.on(.reply(stream: 1, accept, isLast: false)) == [.send(accept.frame(stream: 1))])
        #expect(session.standing.hungryUploads == 1)
        #expect(session.on(.frame(chunk(4, 3))).count == 1)
        #expect(session.on(.frame(chunk(7, 3))).count == 1)
        #expect(session.standing.hungryUploads == 0)
        #expect(session.on(.frame(end)) == [.deliver(.uploadEnd(stream: 1, UploadEnd(until: .received)))])
        #expect(session.standing.requests == 1)
        #expect(session.on(.reply(stream: 1, .done, isLast: true)).count == 1)
        #expect(session.standing.requests == 0)
    }

    @Test("chunks out of place, too early, too long, or an early end break the protocol")
    func badUploads() {
        let cases: [(String, [Frame])] = [
            ("gap", [chunk(1, 3)]), ("overlap", [chunk(0, 3), chunk(2, 3)]), ("beyond the end", [chunk(0, 11)]),
            ("early end", [chunk(0, 9), end]), ("chunk after the end", [chunk(0, 10), end, chunk(10, 1)]),
            ("second end", [chunk(0, 10), end, end]), ("second declaration", [upload(size: 10)]),
        ]
        for (name, frames) in cases {
            var session = opened()
            _ = session.on(.frame(upload(size: 10)))
            _ = session.on(.reply(stream: 1, .uploadAccept(offset: 0), isLast: false))
            for frame in frames.dropLast() { #expect(fatal(session.on(.frame(frame))) == nil, "\(name)") }
            guard let last = frames.last else { continue }
            #expect(fatal(session.on(.frame(last)))?.code == "NET-001", "\(name)")
        }
        var early = opened()
        _ = early.on(.frame(upload(size: 10)))
        #expect(fatal(early.on(.frame(chunk(0, 1))))?.code == "NET-001")
        var notAnUpload = opened()
        _ = notAnUpload.on(.frame(ClientMessage.request(message).frame(stream: 1)))
        #expect(fatal(notAnUpload.on(.frame(chunk(0, 1))))?.code == "NET-001")
    }

    @Test("a chunk above the limit is NET-002")
    func chunkLimit() {
        var limits = WireLimits()
        limits.chunkBytes = 5
        var session = opened(limits)
        _ = session.on(.frame(upload(size: 10)))
        _ = session.on(.reply(stream: 1, .uploadAccept(offset: 0), isLast: false))
        #expect(fatal(session.on(.frame(chunk(0, 6))))?.code == "NET-002")
    }

    @Test("streams are odd and ascend")
    func streamNumbers() {
        for stream in [UInt32(0), 2, 4] {
            var session = opened()
            #expect(fatal(session.on(.frame(ClientMessage.request(message).frame(stream: stream))))?.code == "NET-001")
        }
        var session = opened()
        #expect(session.on(.frame(ClientMessage.request(message).frame(stream: 5))).count == 1)
        _ = session.on(.reply(stream: 5, .done, isLast: true))
        #expect(session.on(.frame(ClientMessage.request(message).frame(stream: 7))).count == 1)
        #expect(fatal(session.on(.frame(ClientMessage.request(message).frame(stream: 5))))?.code == "NET-001")
        var never = opened()
        #expect(fatal(never.on(.frame(ClientMessage.abandon.frame(stream: 9))))?.code == "NET-001")
    }

    @Test("one request too many is refused, and the connection goes on")
    func inFlight() {
        var limits = WireLimits()
        limits.requestsInFlight = 2
        var session = opened(limits)
        _ = session.on(.frame(ClientMessage.request(message).frame(stream: 1)))
        _ = session.on(.frame(ClientMessage.request(message).frame(stream: 3)))
        let third = session.on(.frame(ClientMessage.request(message).frame(stream: 5)))
        guard third.count == 1, case .error(let notice)? = sent(third).first else {
            Issue.record("\(third)")
            return
        }
        #expect(notice.code == "NET-002" && notice.mayRetry && !notice.isFatal)
        _ = session.on(.reply(stream: 1, .done, isLast: true))
        #expect(
            session.on(.frame(ClientMessage.request(message).frame(stream: 7))).first
                == .deliver(.request(stream: 7, message)))
    }

    @Test("one upload too many is refused, a message still passes")
    func uploadsInFlight() {
        var limits = WireLimits()
        limits.uploadsInFlight = 1
        var session = opened(limits)
        _ = session.on(.frame(upload(size: 5, 1)))
        guard case .error(let notice)? = sent(session.on(.frame(upload(size: 5, 3)))).first else {
            Issue.record("the second upload is taken")
            return
        }
        #expect(notice.code == "NET-002")
        #expect(session.on(.frame(ClientMessage.request(message).frame(stream: 5))).count == 1)
    }

    @Test("bytes for an upload that ended from here are dropped, up to a limit")
    func strayBytes() {
        var limits = WireLimits()
        limits.strayBytes = 100
        var session = opened(limits)
        _ = session.on(.frame(upload(size: 1000)))
        _ = session.on(.reply(stream: 1, .uploadAccept(offset: 0), isLast: false))
        _ = session.on(.reply(stream: 1, .error(ErrorNotice(.sto001, detail: "full")), isLast: true))
        #expect(session.on(.frame(chunk(0, 50))) == [])
        #expect(session.on(.frame(end)) == [])
        #expect(session.on(.frame(ClientMessage.abandon.frame(stream: 1))) == [])
        #expect(fatal(session.on(.frame(chunk(50, 50))))?.code == "NET-002")
    }

    @Test("an abandoned request is ended, and later replies go nowhere")
    func abandon() {
        var session = opened()
        _ = session.on(.frame(ClientMessage.request(message).frame(stream: 1)))
        #expect(
            session.on(.frame(ClientMessage.abandon.frame(stream: 1))) == [
                .deliver(.abandon(stream: 1)), .send(GatewayMessage.done.frame(stream: 1, isLast: true)),
            ])
        #expect(session.on(.reply(stream: 1, .done, isLast: true)) == [])
        #expect(session.standing.requests == 0)
    }

    @Test("PING is answered; a PONG must answer the gateway's own PING")
    func pings() {
        var session = opened()
        let ping = ClientMessage.ping(42).frame(stream: 0)
        #expect(session.on(.frame(ping)) == [.send(GatewayMessage.pong(42).frame(stream: 0))])
        #expect(session.on(.heartbeat(9)) == [.send(GatewayMessage.ping(9).frame(stream: 0))])
        #expect(session.standing.awaitsPong)
        #expect(session.on(.heartbeat(10)) == [])
        #expect(session.on(.frame(ClientMessage.pong(9).frame(stream: 0))) == [])
        #expect(!session.standing.awaitsPong)
        #expect(fatal(session.on(.frame(ClientMessage.pong(9).frame(stream: 0))))?.code == "NET-001")
        var other = opened()
        #expect(fatal(other.on(.frame(ClientMessage.ping(1).frame(stream: 1))))?.code == "NET-001")
    }

    @Test("a drain says goodbye, lets requests finish, refuses new ones, then closes")
    func drain() {
        var session = opened()
        _ = session.on(.frame(ClientMessage.request(message).frame(stream: 1)))
        let farewell = session.on(.drain(.net003, "shutting down"))
        #expect(sent(farewell) == [.goodbye(Goodbye(.net003, detail: "shutting down", lastStream: 1))])
        #expect(session.on(.drain(.net003, "again")) == [])
        guard case .error(let notice)? = sent(session.on(.frame(ClientMessage.request(message).frame(stream: 3)))).first
        else {
            Issue.record("a request after GOODBYE is taken")
            return
        }
        #expect(notice.code == "NET-003" && notice.mayRetry)
        let answer = GatewayMessage.answer(SignedAnswer(cms: [2], isCopy: false))
        #expect(
            session.on(.reply(stream: 1, answer, isLast: true)) == [
                .send(answer.frame(stream: 1, isLast: true)), .close,
            ])
        #expect(session.standing.isClosed)
    }

    @Test("a drain ends at once what only waits, and closes an idle connection")
    func drainWaiting() {
        var session = opened()
        let wait = Request.wait(ReceiptWait(batch: BatchNumber(series: .live, sequence: 1), grade: .cleared))
        _ = session.on(.frame(ClientMessage.request(wait).frame(stream: 1)))
        let actions = session.on(.drain(.net003, "x"))
        #expect(actions.contains(.deliver(.abandon(stream: 1))))
        #expect(actions.last == .close)
        var idle = opened()
        #expect(idle.on(.drain(.net003, "x")).last == .close)
        var greeting = ServerSession()
        #expect(fatal(greeting.on(.drain(.net003, "x")))?.code == "NET-003")
    }

    @Test("a drain waits for the receipt of a complete upload, not for the later ones")
    func drainUploaded() {
        var session = opened()
        _ = session.on(.frame(upload(size: 2)))
        _ = session.on(.reply(stream: 1, .uploadAccept(offset: 2), isLast: false))
        _ = session.on(.frame(ClientMessage.uploadEnd(UploadEnd(until: .cleared)).frame(stream: 1)))
        #expect(session.on(.drain(.net003, "x")).last != .close)
        let receipt = GatewayMessage.receipt(
            Receipt(
                grade: .received, id: DocumentID(unchecked: "R1"), isCopy: false, document: [1], signature: [1],
                status: "ACCP"))
        let actions = session.on(.reply(stream: 1, receipt, isLast: false))
        #expect(sent(actions) == [receipt, .done])
        #expect(actions.last == .close)
    }

    @Test("a violation found elsewhere ends the connection with its code")
    func violation() {
        var session = opened()
        #expect(fatal(session.on(.violation(.excessive("too slow"))))?.code == "NET-002")
        #expect(session.on(.violation(.excessive("again"))) == [])
    }

    @Test("random frames never break the machine, and end it or are taken", arguments: 0..<100 as Range<UInt64>)
    func randomFrames(seed: UInt64) {
        var messages = RandomMessages(seed: seed)
        var session = opened()
        var next: UInt32 = 1
        for _ in 0..<200 where !session.standing.isClosed {
            var frame = messages.frame(from: .client)
            if messages.flip() {
                frame.stream = messages.flip() ? next : UInt32.random(in: 0...next, using: &messages.random)
            }
            if frame.stream >= next, frame.stream < 1000 { next = frame.stream + 2 }
            for action in session.on(.frame(frame)) {
                guard case .deliver(.request(let stream, let request)) = action else { continue }
                if case .upload(let begin) = request, messages.flip() {
                    let offset = Int64.random(in: 0...begin.size, using: &messages.random)
                    _ = session.on(.reply(stream: stream, .uploadAccept(offset: offset), isLast: false))
                } else if messages.flip() {
                    _ = session.on(.reply(stream: stream, .done, isLast: true))
                }
            }
            #expect(session.standing.requests <= WireLimits().requestsInFlight)
        }
    }
}
