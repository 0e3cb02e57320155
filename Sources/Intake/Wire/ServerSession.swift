public import Primitives

/// The gateway's end of a connection as a machine: frames and the gateway's replies in, frames and requests out.
///
/// It enforces the order of frames (`Specs/wire.md`, "Order"): HELLO first, streams odd and ascending, chunks without
/// gap. What breaks the protocol ends the connection with NET-001 or NET-002. It does no I/O and knows no clock.
public struct ServerSession: Sendable {
    private enum State: Sendable {
        case awaitingHello
        case greeting
        case open(Streams)
        case draining(Streams)
        case closed
    }

    private var state = State.awaitingHello
    private let limits: WireLimits

    /// Starts a session that waits for HELLO.
    public init(limits: WireLimits = WireLimits()) { self.limits = limits }

    /// What happens to the session.
    public enum Event: Sendable {
        /// A frame arrived.
        case frame(Frame)
        /// What arrived is no frame, or a deadline or a limit of the connection is exceeded.
        case violation(WireError)
        /// The gateway takes the client's greeting.
        case welcome(HelloAck)
        /// The gateway refuses the client.
        case refuse(ErrorNotice)
        /// The gateway replies on a stream.
        case reply(stream: UInt32, GatewayMessage, isLast: Bool)
        /// It is time for a sign of life; the number comes back in the client's PONG.
        case heartbeat(Int64)
        /// No further requests: those in flight are answered, then the connection closes.
        case drain(ReasonCode, String)
    }

    /// What the gateway has to do for the client.
    public enum Delivery: Hashable, Sendable {
        /// Judge the greeting: answer with `welcome` or `refuse`.
        case greet(Hello)
        /// Carry out a request; the last reply ends the stream.
        case request(stream: UInt32, Request)
        /// Store bytes of an accepted upload.
        case chunk(stream: UInt32, UploadChunk)
        /// The upload is complete.
        case uploadEnd(stream: UInt32, UploadEnd)
        /// Nobody waits for this stream any more.
        case abandon(stream: UInt32)
    }

    /// What is to be done after an event.
    public enum Action: Hashable, Sendable {
        /// Send a frame.
        case send(Frame)
        /// Hand something to the gateway.
        case deliver(Delivery)
        /// Close the connection once everything is sent.
        case close
    }

    /// What deadlines need to know.
    public struct Standing: Hashable, Sendable {
        /// HELLO is answered.
        public var isOpen = false
        /// Requests in flight.
        public var requests = 0
        /// Uploads that wait for the client's bytes.
        public var hungryUploads = 0
        /// A PING is not yet answered.
        public var awaitsPong = false
        /// Nothing more is accepted or sent.
        public var isClosed = false

        /// Describes a standing; the default is that of a session before HELLO.
        public init(
            isOpen: Bool = false, requests: Int = 0, hungryUploads: Int = 0, awaitsPong: Bool = false,
            isClosed: Bool = false
        ) {
            self.isOpen = isOpen
            self.requests = requests
            self.hungryUploads = hungryUploads
            self.awaitsPong = awaitsPong
            self.isClosed = isClosed
        }
    }

    /// What deadlines need to know about the present state.
    public var standing: Standing {
        switch state {
        case .awaitingHello, .greeting: Standing()
        case .open(let streams), .draining(let streams): streams.standing
        case .closed: Standing(isClosed: true)
        }
    }

    /// The payload limit that a `FrameDecoder` of the client's frames has to apply now.
    public var payloadLimit: Int {
        switch state {
        case .open, .draining: limits.clientPayloadBytes
        case .awaitingHello, .greeting, .closed: limits.helloPayloadBytes
        }
    }

    /// Takes an event and says what to do.
    public mutating func on(_ event: Event) -> [Action] {
        switch event {
        case .frame(let frame): onFrame(frame)
        case .violation(let error): fail(ErrorNotice(error.code, detail: error.detail, isFatal: true))
        case .welcome(let ack): onWelcome(ack)
        case .refuse(let notice): fail(notice)
        case .reply(let stream, let message, let isLast): onReply(stream, message, isLast: isLast)
        case .heartbeat(let number): onHeartbeat(number)
        case .drain(let code, let detail): onDrain(code, detail)
        }
    }

    private mutating func onFrame(_ frame: Frame) -> [Action] {
        do throws(WireError) {
            switch state {
            case .awaitingHello:
                state = .closed
                guard frame.kind == .hello, frame.stream == 0 else {
                    throw .malformed(
                        "the first frame is \(frame.kind) on stream \(frame.stream); HELLO on 0 is expected")
                }
                guard case .hello(let hello) = try ClientMessage(frame, limits: limits) else { return [] }
                guard hello.version == Hello.currentVersion else {
                    throw .malformed("version \(hello.version) is not spoken here; \(Hello.currentVersion) is")
                }
                state = .greeting
                return [.deliver(.greet(hello))]
            case .greeting:
                throw .malformed("\(frame.kind) before HELLO_ACK")
            case .open(var streams):
                state = .closed  // So that the streams are changed in place, and nothing follows an error.
                let actions = try streams.receive(frame, limits: limits, draining: false)
                state = .open(streams)
                return actions
            case .draining(var streams):
                state = .closed
                let actions = try streams.receive(frame, limits: limits, draining: true)
                return settle(streams, actions)
            case .closed:
                return []
            }
        } catch {
            state = .closed
            return Self.farewell(ErrorNotice(error.code, detail: error.detail, isFatal: true))
        }
    }

    private mutating func onWelcome(_ ack: HelloAck) -> [Action] {
        switch state {
        case .greeting:
            state = .open(Streams())
            return [.send(GatewayMessage.helloAck(ack).frame(stream: 0))]
        case .closed:
            return []
        case .awaitingHello, .open, .draining:
            preconditionFailure("a greeting is answered once")
        }
    }

    private mutating func onReply(_ stream: UInt32, _ message: GatewayMessage, isLast: Bool) -> [Action] {
        switch state {
        case .open(var streams):
            let actions = streams.reply(stream, message, isLast: isLast)
            state = .open(streams)
            return actions
        case .draining(var streams):
            var actions = streams.reply(stream, message, isLast: isLast)
            actions += streams.releaseWaiting()
            return settle(streams, actions)
        case .awaitingHello, .greeting:
            preconditionFailure("there is nothing to reply to before HELLO_ACK")
        case .closed:
            return []
        }
    }

    private mutating func onHeartbeat(_ number: Int64) -> [Action] {
        switch state {
        case .open(var streams):
            let actions = streams.ping(number)
            state = .open(streams)
            return actions
        case .draining(var streams):
            let actions = streams.ping(number)
            state = .draining(streams)
            return actions
        case .awaitingHello, .greeting, .closed:
            return []
        }
    }

    private mutating func onDrain(_ code: ReasonCode, _ detail: String) -> [Action] {
        switch state {
        case .awaitingHello, .greeting:
            state = .closed
            return Self.farewell(ErrorNotice(code, detail: detail, mayRetry: true, isFatal: true))
        case .open(var streams):
            let goodbye = Goodbye(code, detail: detail, lastStream: streams.highest)
            let actions = [.send(GatewayMessage.goodbye(goodbye).frame(stream: 0))] + streams.releaseWaiting()
            return settle(streams, actions)
        case .draining, .closed:
            return []
        }
    }

    /// Goes on draining, or closes when nothing is left in flight.
    private mutating func settle(_ streams: Streams, _ actions: [Action]) -> [Action] {
        if streams.isIdle {
            state = .closed
            return actions + [.close]
        }
        state = .draining(streams)
        return actions
    }

    private mutating func fail(_ notice: ErrorNotice) -> [Action] {
        switch state {
        case .closed:
            return []
        case .awaitingHello, .greeting, .open, .draining:
            state = .closed
            return Self.farewell(notice)
        }
    }

    private static func farewell(_ notice: ErrorNotice) -> [Action] {
        var fatal = notice
        fatal.isFatal = true
        return [.send(GatewayMessage.error(fatal).frame(stream: 0)), .close]
    }
}
