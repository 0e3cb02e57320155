/// Named deadlines of one connection. `Specs/wire.md` lists them; a test compares the two.
public struct ConnectionDeadlines: Hashable, Sendable {
    /// From the connection to the end of the TLS handshake.
    public var handshake: Duration = .seconds(10)
    /// From the handshake to the gateway's answer to HELLO.
    public var hello: Duration = .seconds(10)
    /// From a frame's first byte to its last.
    public var frame: Duration = .seconds(30)
    /// Between two chunks of an upload that waits for bytes.
    public var uploadStall: Duration = .seconds(60)
    /// Without anything from the client, after which the gateway sends a PING.
    public var heartbeat: Duration = .seconds(30)
    /// Without anything from the client, not even a PONG, after which it is taken for dead.
    public var silence: Duration = .seconds(90)
    /// Without a request in flight and without a PING from the client.
    public var idle: Duration = .seconds(900)
    /// During which the client takes nothing of what the gateway has for it.
    public var writeStall: Duration = .seconds(60)
    /// For requests in flight once the gateway shuts down.
    public var drain: Duration = .seconds(30)
    /// For the client to close after the gateway's last frame.
    public var closing: Duration = .seconds(3)

    /// The defaults.
    public init() {}
}

/// Keeps the deadlines of one connection: what happened in, what is due out. Time is a parameter: any monotonic
/// clock's.
///
/// While the gateway itself is behind with what it has read, the client owes nothing.
public struct DeadlineKeeper: Sendable {
    /// What is due.
    public enum Due: Hashable, Sendable {
        /// Send a PING.
        case heartbeat
        /// Close without a word: there is nobody to talk to.
        case abort(Reason)
        /// Say why, and close.
        case close(Reason)
        /// Say goodbye: the connection serves nobody.
        case goodbye(Reason)
    }

    /// Which deadline passed.
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        /// No TLS handshake in time.
        case handshake
        /// No HELLO in time.
        case hello
        /// A frame that does not end.
        case frame
        /// An upload without bytes.
        case uploadStall
        /// No sign of life.
        case silence
        /// No request.
        case idle
        /// The client does not read.
        case writeStall
    }

    private enum Phase: Sendable {
        case handshake
        case hello
        case open
    }

    private let deadlines: ConnectionDeadlines
    private var phase = Phase.handshake
    private var phaseBegan: Duration
    private var lastReceived: Duration
    private var lastActive: Duration
    private var lastPing: Duration?
    private var frameBegan: Duration?
    private var uploadFed: Duration?
    private var writeBlocked: Duration?
    private var excusedUntil: Duration
    private var isBusy = false

    /// Starts with an accepted connection whose handshake is yet to come.
    public init(_ deadlines: ConnectionDeadlines, at now: Duration) {
        self.deadlines = deadlines
        phaseBegan = now
        lastReceived = now
        lastActive = now
        excusedUntil = now
    }

    /// The TLS handshake is done.
    public mutating func handshakeCompleted(at now: Duration) {
        phase = .hello
        phaseBegan = now
    }

    /// Bytes arrived; `hasPartialFrame` says whether a frame is incomplete after them, `completed` how many ended.
    public mutating func received(completed: Int, hasPartialFrame: Bool, at now: Duration) {
        lastReceived = now
        lastPing = nil
        if !hasPartialFrame {
            frameBegan = nil
        } else if frameBegan == nil || completed > 0 {
            frameBegan = now
        }
    }

    /// The client did something that shows that it needs the connection: a request, a chunk, a PING of its own.
    public mutating func active(at now: Duration) { lastActive = now }

    /// The client sent bytes of an upload.
    public mutating func fed(at now: Duration) {
        lastActive = now
        if uploadFed != nil { uploadFed = now }
    }

    /// The session stands so.
    public mutating func update(_ standing: ServerSession.Standing, at now: Duration) {
        if standing.isOpen, phase != .open {
            phase = .open
            lastActive = now
        }
        if isBusy, standing.requests == 0 { lastActive = now }
        isBusy = standing.requests > 0
        if standing.hungryUploads == 0 {
            uploadFed = nil
        } else if uploadFed == nil {
            uploadFed = now
        }
    }

    /// The gateway was behind with what it had read, and may not have read on, until now: what the client owes counts
    /// from here at the earliest.
    public mutating func behind(until now: Duration) { excusedUntil = max(excusedUntil, now) }

    /// The client takes no more of what is sent.
    public mutating func writeBlocked(at now: Duration) {
        if writeBlocked == nil { writeBlocked = now }
    }

    /// The client took what was sent: a sign of life too.
    public mutating func writeFlows(at now: Duration) {
        writeBlocked = nil
        lastReceived = max(lastReceived, now)
    }

    /// The next instant at which something is due, unless something happens before; nil while nothing can be.
    public var next: Duration? { candidates.map(\.at).min() }

    /// What is due now. A heartbeat that is due is taken as sent.
    public mutating func due(at now: Duration) -> Due? {
        guard let first = candidates.filter({ $0.at <= now }).min(by: { $0.at < $1.at }) else { return nil }
        if first.due == .heartbeat { lastPing = now }
        return first.due
    }

    private var candidates: [(at: Duration, due: Due)] {
        var out: [(at: Duration, due: Due)] = []
        if let writeBlocked { out.append((writeBlocked + deadlines.writeStall, .abort(.writeStall))) }
        func owed(since instant: Duration, _ deadline: Duration, _ due: Due) {
            out.append((max(instant, excusedUntil) + deadline, due))
        }
        switch phase {
        case .handshake:
            out.append((phaseBegan + deadlines.handshake, .abort(.handshake)))
        case .hello:
            owed(since: phaseBegan, deadlines.hello, .close(.hello))
        case .open:
            owed(since: lastReceived, deadlines.silence, .abort(.silence))
            if lastPing == nil { out.append((lastReceived + deadlines.heartbeat, .heartbeat)) }
            if !isBusy { owed(since: lastActive, deadlines.idle, .goodbye(.idle)) }
            if let frameBegan { owed(since: frameBegan, deadlines.frame, .close(.frame)) }
            if let uploadFed { owed(since: uploadFed, deadlines.uploadStall, .close(.uploadStall)) }
        }
        return out
    }
}
