public import Primitives

/// The client's end of a connection as a machine: requests and the gateway's frames in, frames and replies out.
///
/// It keeps to the protocol by itself and holds the gateway to it. It does no I/O and knows no clock.
public struct ClientSession: Sendable {
    private enum State: Sendable {
        case idle
        case greeting
        case open(ClientStreams)
        case leaving(ClientStreams)
        case closed
    }

    private var state = State.idle
    private let limits: WireLimits

    /// Starts a session; `start` makes its first frame.
    public init(limits: WireLimits = WireLimits()) { self.limits = limits }

    /// What is to be done after a frame of the gateway.
    public enum Action: Hashable, Sendable {
        /// Send a frame.
        case send(Frame)
        /// The gateway answered HELLO: requests may follow.
        case welcome(HelloAck)
        /// A reply on a stream; the last one ends it.
        case reply(stream: UInt32, GatewayMessage, isLast: Bool)
        /// The gateway answered a PING.
        case pong(Int64)
        /// The gateway takes no further requests.
        case goodbye(Goodbye)
        /// The gateway refused the connection.
        case refused(ErrorNotice)
        /// The gateway broke the protocol.
        case violation(WireError)
        /// Close the connection.
        case close
    }

    /// Whether requests may be opened.
    public var isOpen: Bool { if case .open = state { true } else { false } }

    /// The first frame: HELLO.
    public mutating func start(_ hello: Hello) -> Frame {
        guard case .idle = state else { preconditionFailure("a session starts once") }
        state = .greeting
        return ClientMessage.hello(hello).frame(stream: 0)
    }

    /// Opens a stream for a request.
    ///
    /// - Throws: `WireError`: NET-001 before HELLO_ACK, NET-003 after GOODBYE or the end, NET-002 when too many
    ///   requests are in flight or the request is larger than the gateway allows.
    public mutating func open(_ request: Request) throws(WireError) -> (stream: UInt32, frame: Frame) {
        switch state {
        case .open(var streams):
            let opened: Result<(stream: UInt32, frame: Frame), WireError> = streams.open(request)
            state = .open(streams)
            return try opened.get()
        case .leaving:
            throw WireError(code: .net003, detail: "the gateway takes no further requests on this connection")
        case .closed:
            throw WireError(code: .net003, detail: "the connection is closed")
        case .idle, .greeting:
            throw .malformed("no request may be sent before HELLO_ACK")
        }
    }

    /// The next chunk of an accepted upload, or nil when the stream is over meanwhile.
    public mutating func chunk(_ stream: UInt32, _ bytes: [UInt8]) -> Frame? {
        withStreams { $0.chunk(stream, bytes) }
    }

    /// The end of an upload whose bytes are all sent, or nil when the stream is over meanwhile.
    public mutating func endUpload(_ stream: UInt32, until: ReceiptGrade) -> Frame? {
        withStreams { $0.end(stream, until: until) }
    }

    /// Gives up a request, or nil when its stream is over already. The gateway still ends the stream with a last frame.
    public mutating func abandon(_ stream: UInt32) -> Frame? {
        withStreams { $0.isOpen(stream) ? ClientMessage.abandon.frame(stream: stream) : nil }
    }

    /// A PING, or nil when the session is not open.
    public mutating func ping(_ number: Int64) -> Frame? {
        withStreams { _ in ClientMessage.ping(number).frame(stream: 0) }
    }

    /// Takes a frame of the gateway and says what to do.
    public mutating func receive(_ frame: Frame) -> [Action] {
        do throws(WireError) {
            let message = try GatewayMessage(frame, limits: limits)
            switch state {
            case .idle:
                state = .closed
                throw .malformed("\(frame.kind) before HELLO")
            case .greeting:
                state = .closed
                return try greeted(frame, message)
            case .open(var streams):
                state = .closed
                let actions = try streams.receive(frame, message)
                state = streams.isOver ? .closed : streams.isLeaving ? .leaving(streams) : .open(streams)
                return actions
            case .leaving(var streams):
                state = .closed
                let actions = try streams.receive(frame, message)
                state = streams.isOver ? .closed : .leaving(streams)
                return actions
            case .closed:
                return []
            }
        } catch {
            state = .closed
            return [.violation(error), .close]
        }
    }

    private mutating func greeted(_ frame: Frame, _ message: GatewayMessage) throws(WireError) -> [Action] {
        guard frame.stream == 0 else { throw .malformed("\(frame.kind) on stream \(frame.stream) before HELLO_ACK") }
        switch message {
        case .helloAck(let ack):
            guard ack.version == Hello.currentVersion else {
                throw .malformed("the gateway speaks version \(ack.version)")
            }
            guard ack.chunkBytes > 0, ack.requestsInFlight > 0, ack.clientPayloadBytes > 0 else {
                throw .malformed("the gateway allows nothing")
            }
            state = .open(ClientStreams(ack))
            return [.welcome(ack)]
        case .error(let notice):
            return [.refused(notice), .close]
        default:
            throw .malformed("\(frame.kind) before HELLO_ACK")
        }
    }

    private mutating func withStreams(_ body: (inout ClientStreams) -> Frame?) -> Frame? {
        switch state {
        case .open(var streams):
            let frame = body(&streams)
            state = .open(streams)
            return frame
        case .leaving(var streams):
            let frame = body(&streams)
            state = .leaving(streams)
            return frame
        case .idle, .greeting, .closed:
            return nil
        }
    }
}
