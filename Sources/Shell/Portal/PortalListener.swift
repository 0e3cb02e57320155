import HummingbirdCore
import HummingbirdHTTP2
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
public import Primitives
public import Serving
public import Transport
import Wire

/// The HTTPS API on a port of its own: HTTP/1.1 and 2 over mutual TLS, with the socket's checks of who connects.
///
/// `bind` opens the port, `serve` runs until `drain` or until its task is cancelled. `Specs/api.md` says what it does.
public final class PortalListener: Sendable {
    private let gate: TLSGate
    private let registry: ConnectionRegistry
    private let channel: NIOAsyncChannel<Accepted?, Never>
    private let limits: PortalLimits
    private let log: Logger
    /// The port that it listens on.
    public let port: Int

    private init(_ parts: Parts, _ channel: NIOAsyncChannel<Accepted?, Never>, port: Int) {
        (gate, registry, limits, log) = (parts.gate, parts.registry, parts.limits, parts.log)
        self.channel = channel
        self.port = port
    }

    /// Opens the port.
    ///
    /// - Throws: `Refusal` with CFG-005 when certificate and key do not belong together; `ListeningFailure` when the
    ///   address cannot be listened on.
    public static func bind(
        host: String, port: Int, identity: TLSIdentity, sessions: HouseSessions, limits: PortalLimits = PortalLimits(),
        log: Logger
    ) async throws -> PortalListener {
        let gate = try TLSGate(
            identity: identity, verifier: HousePeers(house: sessions.house), protocols: ["h2", "http/1.1"],
            closing: .seconds(5))
        var counted = ListenerConfiguration(host: host, port: port)
        counted.connections = limits.connections
        counted.connectionsPerParty = limits.connectionsPerParty
        counted.connectionsInHandshake = limits.connectionsInHandshake
        let parts = Parts(
            gate: gate, registry: ConnectionRegistry(counted), limits: limits, log: log,
            desk: Desk(sessions: sessions, turnstile: Turnstile(limits)))
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        do {
            let channel = try await bootstrap.bind(host: host, port: port) { parts.accept($0) }
            let bound = channel.channel.localAddress?.port ?? port
            log.info("listening for HTTPS", metadata: ["host": "\(host)", "port": "\(bound)"])
            return PortalListener(parts, channel, port: bound)
        } catch {
            throw ListeningFailure(address: "\(host):\(port)", reason: "\(error)")
        }
    }

    /// How many connections are open.
    public var connections: Int { registry.count }

    /// Serves clients until `drain` or cancellation, and returns when every connection is closed.
    public func serve() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await channel.executeThenClose { inbound in
                for try await accepted in inbound {
                    guard let accepted else { continue }
                    group.addTask { await accepted.serve() }
                }
            }
        }
    }

    /// Replaces certificate, key, authorities and verifier for connections to come.
    ///
    /// - Throws: `Refusal` with CFG-005 when certificate and key do not belong together; the old ones then stay.
    public func reload(identity: TLSIdentity, sessions: HouseSessions) throws(Refusal) {
        try gate.replace(identity: identity, verifier: HousePeers(house: sessions.house))
    }

    /// Shuts down: accepts nobody, and lets requests in flight finish within the drain deadline.
    public func drain() async {
        let emptied = registry.drain()
        channel.channel.close(promise: nil)
        for connection in registry.channels {
            connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let seconds = limits.drainSeconds
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in emptied {} }
            group.addTask { try? await Task.sleep(for: .seconds(seconds)) }
            await group.next()
            group.cancelAll()
        }
        let rest = registry.channels
        for connection in rest { connection.close(promise: nil) }
        for connection in rest { try? await connection.closeFuture.get() }
    }
}

/// A connection whose handshake may not be over.
private struct Accepted: Sendable {
    /// How its requests are read, as both ends agreed.
    enum Spoken: Sendable {
        case http1(HTTP1Channel.Value, HTTP1Channel)
        case http2(HTTP2Channel.Value, HTTP2Channel)
    }

    let spoken: EventLoopFuture<Spoken>
    let log: Logger

    func serve() async {
        guard let spoken = try? await spoken.get() else { return }
        switch spoken {
        case .http1(let value, let channel): await channel.handle(value: value, logger: log)
        case .http2(let value, let channel): await channel.handle(value: value, logger: log)
        }
    }
}

/// What makes connections.
private struct Parts: Sendable {
    let gate: TLSGate
    let registry: ConnectionRegistry
    let limits: PortalLimits
    let log: Logger
    let desk: Desk

    /// Sets up a connection's pipeline, or turns the client away when a limit is reached.
    func accept(_ channel: any Channel) -> EventLoopFuture<Accepted?> {
        let number: Int64
        switch registry.enter(channel) {
        case .success(let given): number = given
        case .failure(let error):
            log.warning("turned away", metadata: ["code": "\(error.code)", "reason": "\(error.detail)"])
            return channel.close().map { nil }
        }
        channel.closeFuture.whenComplete { [registry] _ in registry.leave(number) }
        let address = channel.remoteAddress.map { "\($0.ipAddress ?? "local"):\($0.port ?? 0)" } ?? "unknown"
        let connection = PortalConnection(number: number, address: address, desk: desk, limits: limits, log: log)
        return channel.eventLoop.makeCompletedFuture {
            let deadline = channel.eventLoop.scheduleTask(in: .seconds(limits.handshakeSeconds)) {
                channel.close(promise: nil)
            }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(try gate.handler { connection.judged($0) })
            let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Accepted.Spoken> { result in
                deadline.cancel()
                return agreed(result, channel, connection)
            }
            try pipeline.addHandler(negotiation)
            return Accepted(spoken: negotiation.protocolNegotiationResult, log: log)
        }
    }

    /// Counts the connection among its party's, and speaks as both ends agreed.
    private func agreed(
        _ result: ALPNResult, _ channel: any Channel, _ connection: PortalConnection
    ) -> EventLoopFuture<Accepted.Spoken> {
        if let party = connection.party, let error = registry.authenticate(connection.number, as: party) {
            connection.refuse(Refusal(error.code, detail: error.detail))
        }
        let stream = HTTP1Channel.Configuration(
            idleTimeout: .seconds(limits.idleSeconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerFieldBytes, maxHeaderListSize: limits.headerListBytes,
                maxHeaderFieldCount: limits.headerFields))
        let responder: HTTPChannelHandler.Responder = { request, writer, channel in
            try await connection.respond(request, writer, channel)
        }
        switch result {
        case .negotiated("h2"):
            let http2 = HTTP2Channel(
                responder: responder,
                configuration: .init(idleTimeout: .seconds(limits.idleSeconds), streamConfiguration: stream))
            return http2.setup(channel: channel, logger: log).map { .http2($0, http2) }
        case .negotiated, .fallback:
            let http1 = HTTP1Channel(responder: responder, configuration: stream)
            return http1.setup(channel: channel, logger: log).map { .http1($0, http1) }
        }
    }
}
