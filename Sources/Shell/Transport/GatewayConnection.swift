public import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import Synchronization
public import Wire

/// Where a gateway is.
public struct Endpoint: Hashable, Sendable {
    /// A name or an address.
    public var host: String
    /// The port.
    public var port: Int
    /// The name that the gateway's certificate must carry, if it does not carry the address connected to; `host` by
    /// default.
    public var serverName: String

    /// Names an endpoint.
    public init(host: String, port: Int = ListenerConfiguration.defaultPort, serverName: String? = nil) {
        self.host = host
        self.port = port
        self.serverName = serverName ?? host
    }
}

/// How a client connects.
public struct ClientConfiguration: Sendable {
    /// Where to.
    public var endpoint: Endpoint
    /// The client's certificate and key, and the coalition's authorities.
    public var identity: TLSIdentity
    /// Name and version of the client's software, for the gateway's log.
    public var software: String
    /// What the gateway may send.
    public var limits = WireLimits()
    /// How long making the connection may take.
    public var connectTimeout: Duration = .seconds(10)
    /// Without anything from the gateway, after which it is taken for gone.
    public var silence: Duration = .seconds(90)

    /// Connects with the default limits.
    public init(endpoint: Endpoint, identity: TLSIdentity, software: String) {
        self.endpoint = endpoint
        self.identity = identity
        self.software = software
    }
}

/// A client's connection to a gateway, for as long as `withConnection` runs. Requests may be made side by side.
public actor GatewayConnection {
    typealias Reply = (message: GatewayMessage, isLast: Bool)

    private var session: ClientSession
    private let greeting = Mailbox<HelloAck>()
    private nonisolated let acknowledged = Mutex<HelloAck?>(nil)
    private var mailboxes: [UInt32: Mailbox<Reply>] = [:]
    private var pongs: [Int64: Mailbox<Int64>] = [:]
    private var lastPing: Int64 = 0
    private var failure: ClientFailure?
    private let outbound: NIOAsyncChannelOutboundWriter<Frame>
    private let channel: any Channel
    private let backlog: Backlog
    private let log: Logger

    private init(
        _ limits: WireLimits, _ channel: any Channel, _ backlog: Backlog,
        _ outbound: NIOAsyncChannelOutboundWriter<Frame>, _ log: Logger
    ) {
        self.backlog = backlog
        session = ClientSession(limits: limits)
        self.channel = channel
        self.outbound = outbound
        self.log = log
    }

    /// What the gateway said of itself, and whom it takes the client for.
    public nonisolated var welcome: HelloAck {
        guard let ack = acknowledged.withLock({ $0 }) else {
            preconditionFailure("a connection is handed out after its greeting")
        }
        return ack
    }

    /// Connects, greets, runs the body, and closes.
    ///
    /// - Throws: `ClientFailure` when the gateway cannot be reached or refuses; what the body throws.
    public static func withConnection<Result: Sendable>(
        _ configuration: ClientConfiguration, log: Logger,
        _ body: @escaping @Sendable (GatewayConnection) async throws -> Result
    ) async throws -> Result {
        let backlog = Backlog()
        let channel = try await connect(configuration, backlog)
        return try await channel.executeThenClose { inbound, outbound in
            let connection = GatewayConnection(configuration.limits, channel.channel, backlog, outbound, log)
            // Before anything is read: a gateway may turn a client away without having heard its greeting.
            await connection.begin(configuration.software)
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask {
                    await connection.read(inbound)
                    return nil
                }
                group.addTask {
                    try await connection.awaitWelcome()
                    return try await body(connection)
                }
                defer { group.cancelAll() }
                while let finished = try await group.next() {
                    if let result = finished { return result }
                }
                throw CancellationError()
            }
        }
    }

    private static func connect(_ configuration: ClientConfiguration, _ backlog: Backlog) async throws(ClientFailure)
        -> NIOAsyncChannel<Frame, Frame>
    {
        let endpoint = configuration.endpoint
        do {
            let context = try TLSPolicy.client(configuration.identity)
            let isAddress = (try? SocketAddress(ipAddress: endpoint.serverName, port: 0)) != nil
            let name = isAddress ? nil : endpoint.serverName
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(configuration.connectTimeout))
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
                .connect(host: endpoint.host, port: endpoint.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        let silence = configuration.silence
                        try pipeline.addHandler(
                            ClientHandler(limits: configuration.limits, silence: silence, backlog: backlog))
                        return try NIOAsyncChannel(
                            wrappingChannelSynchronously: channel,
                            configuration: NIOAsyncChannel<Frame, Frame>.Configuration(
                                backPressureStrategy: .init(lowWatermark: 2, highWatermark: 8)))
                    }
                }
        } catch {
            throw .unavailable("cannot connect to \(endpoint.host):\(endpoint.port): \(TLSFailure.words(error))")
        }
    }

    private func begin(_ software: String) {
        channel.writeAndFlush(session.start(Hello(software: software)), promise: nil)
    }

    private func awaitWelcome() async throws {
        guard let ack = try await greeting.next() else { throw failure ?? .unavailable("the connection is closed") }
        acknowledged.withLock { $0 = ack }
    }
}

// The reading loop.
extension GatewayConnection {
    private func read(_ inbound: NIOAsyncChannelInboundStream<Frame>) async {
        do {
            for try await frame in inbound {
                for action in session.receive(frame) { await perform(action) }
                backlog.done(at: NIODeadline.now())
            }
            end(.unavailable("the gateway closed the connection"))
        } catch let failure as ClientFailure {
            end(failure)
        } catch {
            end(.unavailable("the connection broke: \(TLSFailure.words(error))"))
        }
    }

    private func perform(_ action: ClientSession.Action) async {
        switch action {
        case .send(let frame): try? await outbound.write(frame)
        case .reply(let stream, let message, let isLast):
            guard let mailbox = mailboxes[stream] else { return }
            if isLast { mailboxes[stream] = nil }
            await mailbox.put((message, isLast))
            if isLast { mailbox.finish() }
        case .pong(let number): await pongs.removeValue(forKey: number)?.put(number)
        case .goodbye(let goodbye):
            log.info("goodbye", metadata: ["code": "\(goodbye.code)", "detail": "\(goodbye.detail)"])
            failure = .goodbye(code: goodbye.code, detail: goodbye.detail)
        case .refused(let notice): end(.connectionRefused(notice))
        case .violation(let error): end(.protocolBroken(error))
        case .close: outbound.finish()
        case .welcome(let ack): await greeting.put(ack)
        }
    }

    /// Ends everything in flight. What the gateway said itself is told to those who come later.
    private func end(_ reason: ClientFailure) {
        switch failure {
        case .connectionRefused, .goodbye: break
        case .refused, .unavailable, .protocolBroken, nil: failure = reason
        }
        for mailbox in mailboxes.values { mailbox.finish(reason) }
        for pong in pongs.values { pong.finish(reason) }
        greeting.finish(failure)
        mailboxes = [:]
        pongs = [:]
    }
}

// What requests are made of.
extension GatewayConnection {
    /// Sends a request, and gives its stream and the mailbox of its replies.
    ///
    /// Streams open in the order of their numbers (`Specs/wire.md`), so the number is drawn and the frame handed to the
    /// channel without a suspension in between: two requests made side by side cannot overtake each other. The limit of
    /// requests in flight bounds what waits in the channel; a write that fails ends the connection, and so the mailbox.
    func open(_ request: Request) throws(ClientFailure) -> (stream: UInt32, replies: Mailbox<Reply>) {
        if let failure { throw failure }
        let opened: (stream: UInt32, frame: Frame)
        do throws(WireError) {
            opened = try session.open(request)
        } catch {
            throw .refused(ErrorNotice(error.code, detail: error.detail, mayRetry: error.code == .net002))
        }
        let mailbox = Mailbox<Reply>()
        mailboxes[opened.stream] = mailbox
        channel.writeAndFlush(opened.frame, promise: nil)
        return (opened.stream, mailbox)
    }

    /// Sends a chunk; false when the stream is over meanwhile.
    func sendChunk(_ bytes: [UInt8], _ stream: UInt32) async throws -> Bool {
        guard let frame = session.chunk(stream, bytes) else { return false }
        try await write(frame)
        return true
    }

    /// Ends an upload; false when the stream is over meanwhile.
    func sendEnd(until grade: ReceiptGrade, _ stream: UInt32) async throws {
        guard let frame = session.endUpload(stream, until: grade) else { return }
        try await write(frame)
    }

    /// Gives a request up, if it is still in flight. Not asynchronous, so that a cancelled task can do it.
    func abandon(_ stream: UInt32, _ replies: Mailbox<Reply>) {
        replies.close()
        mailboxes[stream] = nil
        guard let frame = session.abandon(stream) else { return }
        channel.writeAndFlush(frame, promise: nil)
    }

    /// Asks for a sign of life and waits for it.
    public func ping() async throws {
        lastPing += 1
        let number = lastPing
        guard let frame = session.ping(number) else { throw failure ?? .unavailable("the connection is closed") }
        let answer = Mailbox<Int64>()
        pongs[number] = answer
        defer { pongs[number] = nil }
        try await write(frame)
        _ = try await answer.next()
    }

    private func write(_ frame: Frame) async throws {
        do {
            try await outbound.write(frame)
        } catch {
            throw failure ?? ClientFailure.unavailable("the connection is gone: \(error)")
        }
    }
}
