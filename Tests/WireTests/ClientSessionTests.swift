import Primitives
import Testing
import Wire

@Suite struct ClientSessionTests {
    private static let ack = HelloAck(
        software: "test", party: Party(role: .partner, name: "MARCHE"), time: Timestamp(milliseconds: 0),
        nextCutOff: nil,
        limits: WireLimits(), heartbeatSeconds: 30)
    private let message = Request.message(SignedMessage(cms: [1]))

    private func opened(_ ack: HelloAck = ack) -> ClientSession {
        var session = ClientSession()
        _ = session.start(Hello(software: "t"))
        _ = session.receive(GatewayMessage.helloAck(ack).frame(stream: 0))
        return session
    }

    private func violates(_ actions: [ClientSession.Action]) -> Bool {
        guard actions.count == 2, case .violation(let error) = actions[0] else { return false }
        return error.code == .net001 && actions[1] == .close
    }

    private func upload(_ size: Int64) -> Request {
        .upload(
            UploadBegin(
                batch: BatchNumber(series: .test, sequence: 4), size: size, digest: .zero, format: .csv, signature: [1])
        )
    }

    @Test("requests come after HELLO_ACK, on odd streams")
    func opening() throws {
        var session = ClientSession()
        #expect(session.start(Hello(software: "t")).kind == .hello)
        #expect(throws: WireError.self) { try session.open(message) }
        #expect(session.receive(GatewayMessage.helloAck(Self.ack).frame(stream: 0)) == [.welcome(Self.ack)])
        #expect(try session.open(message).stream == 1)
        #expect(try session.open(message).stream == 3)
    }

    @Test("a refusal at the greeting is told")
    func refused() {
        var session = ClientSession()
        _ = session.start(Hello(software: "t"))
        let notice = ErrorNotice(.net004, detail: "unknown", isFatal: true)
        #expect(session.receive(GatewayMessage.error(notice).frame(stream: 0)) == [.refused(notice), .close])
        #expect(!session.isOpen)
    }

    @Test("the gateway's limits hold: requests in flight, file size, payload")
    func limits() throws {
        var ack = Self.ack
        ack.requestsInFlight = 1
        ack.fileBytes = 10
        ack.clientPayloadBytes = 200
        var session = opened(ack)
        #expect(throws: WireError.self) { try session.open(upload(11)) }
        #expect(throws: WireError.self) {
            try session.open(.message(SignedMessage(cms: Array(repeating: 0, count: 300))))
        }
        _ = try session.open(message)
        let error = #expect(throws: WireError.self) { try session.open(message) }
        #expect(error?.code == .net002)
        _ = session.receive(GatewayMessage.answer(SignedAnswer(cms: [1], isCopy: false)).frame(stream: 1, isLast: true))
        #expect(throws: Never.self) { try session.open(message) }
    }

    @Test("an upload sends from the place that the gateway names")
    func uploading() throws {
        var session = opened()
        let stream = try session.open(upload(10)).stream
        #expect(session.chunk(stream, [1]) == nil)
        _ = session.receive(GatewayMessage.uploadAccept(offset: 8).frame(stream: stream))
        #expect(
            session.chunk(stream, [1, 2])
                == ClientMessage.chunk(UploadChunk(offset: 8, bytes: [1, 2])).frame(stream: 1))
        #expect(session.endUpload(stream, until: .validated)?.kind == .uploadEnd)
        #expect(session.endUpload(stream, until: .validated) == nil)
    }

    @Test("replies that answer something else break the protocol")
    func wrongReplies() throws {
        let answer = GatewayMessage.answer(SignedAnswer(cms: [1], isCopy: false))
        var session = opened()
        #expect(violates(session.receive(answer.frame(stream: 1))))
        session = opened()
        _ = try session.open(message)
        #expect(violates(session.receive(GatewayMessage.progress(durable: 1).frame(stream: 1))))
        session = opened()
        _ = try session.open(message)
        #expect(violates(session.receive(GatewayMessage.done.frame(stream: 1))), "DONE must end its stream")
        session = opened()
        #expect(violates(session.receive(GatewayMessage.helloAck(Self.ack).frame(stream: 0))))
        session = opened()
        _ = try session.open(upload(10))
        #expect(violates(session.receive(GatewayMessage.uploadAccept(offset: 11).frame(stream: 1))))
    }

    @Test("a document arrives whole: without gaps, of one size, the last frame with the last byte")
    func documents() throws {
        let id = DocumentID(unchecked: "D1")
        func part(_ offset: Int64, _ count: Int, size: Int64 = 10, id: DocumentID = id) -> GatewayMessage {
            .document(
                DocumentPart(
                    id: id, size: size, digest: .zero, offset: offset, bytes: Array(repeating: 1, count: count)))
        }
        func session() throws -> ClientSession {
            var session = opened()
            _ = try session.open(.fetch(FetchRequest(id: id, offset: 2)))
            return session
        }
        var good = try session()
        #expect(!violates(good.receive(part(2, 5).frame(stream: 1))))
        #expect(!violates(good.receive(part(7, 3).frame(stream: 1, isLast: true))))
        let bad: [(GatewayMessage, Bool)] = [
            (part(0, 5), false), (part(2, 9), true), (part(2, 5), true), (part(2, 8), false),
            (part(2, 5, id: DocumentID(unchecked: "D2")), false),
        ]
        for (message, isLast) in bad {
            var session = try session()
            #expect(violates(session.receive(message.frame(stream: 1, isLast: isLast))))
        }
        var changing = try session()
        _ = changing.receive(part(2, 5).frame(stream: 1))
        #expect(violates(changing.receive(part(7, 4, size: 11).frame(stream: 1, isLast: true))))
    }

    @Test("after GOODBYE no request is opened, and those in flight are still answered")
    func goodbye() throws {
        var session = opened()
        _ = try session.open(message)
        let goodbye = Goodbye(.net003, detail: "x", lastStream: 1)
        #expect(session.receive(GatewayMessage.goodbye(goodbye).frame(stream: 0)) == [.goodbye(goodbye)])
        let error = #expect(throws: WireError.self) { try session.open(message) }
        #expect(error?.code == .net003)
        let answer = GatewayMessage.answer(SignedAnswer(cms: [1], isCopy: false))
        #expect(
            session.receive(answer.frame(stream: 1, isLast: true)) == [.reply(stream: 1, answer, isLast: true)])
    }

    @Test("the gateway's PING is answered")
    func pings() {
        var session = opened()
        #expect(
            session.receive(GatewayMessage.ping(5).frame(stream: 0)) == [.send(ClientMessage.pong(5).frame(stream: 0))])
    }

    @Test("random frames never break the machine", arguments: 0..<100 as Range<UInt64>)
    func randomFrames(seed: UInt64) {
        var messages = RandomMessages(seed: seed)
        var session = opened()
        for _ in 0..<100 {
            if messages.flip() { _ = try? session.open(messages.request()) }
            var frame = messages.frame(from: .gateway)
            if messages.flip() { frame.stream = UInt32.random(in: 0...9, using: &messages.random) }
            _ = session.receive(frame)
        }
    }
}
