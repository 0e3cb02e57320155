public import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import Wire

/// The gateway's TLS socket: accepts clients, speaks `coalition/1` with them, and calls a `RequestHandler`.
///
/// `bind` opens the port, `serve` runs until `drain` or until its task is cancelled. Certificates, authorities and
/// verifier can be replaced meanwhile: connections that are open stay, new ones are judged by the new ones.
public final class GatewayListener: Sendable {
    private let core: Core
    private let channel: NIOAsyncChannel<Accepted?, Never>
    /// The port that it listens on.
    public let port: Int

    private init(_ core: Core, _ channel: NIOAsyncChannel<Accepted?, Never>, port: Int) {
        self.core = core
        self.channel = channel
        self.port = port
    }

    /// Opens the port.
    ///
    /// - Throws: `Refusal` with CFG-005 when certificate and key do not belong together; `ListeningFailure` when the
    ///   address cannot be listened on.
    public static func bind(
        _ configuration: ListenerConfiguration, identity: TLSIdentity, verifier: any PeerVerifier,
        handler: any RequestHandler, log: Logger
    ) async throws -> GatewayListener {
        let gate = try TLSGate(
            identity: identity, verifier: verifier, protocols: [TLSPolicy.protocolName],
            closing: configuration.deadlines.closing)
        let core = Core(configuration, gate, handler, log)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
        let channel: NIOAsyncChannel<Accepted?, Never>
        do {
            channel = try await bootstrap.bind(host: configuration.host, port: configuration.port) { child in
                core.accept(child)
            }
        } catch {
            throw ListeningFailure(address: "\(configuration.host):\(configuration.port)", reason: "\(error)")
        }
        let port = channel.channel.localAddress?.port ?? configuration.port
        log.info("listening", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
        return GatewayListener(core, channel, port: port)
    }

    /// What was accepted, judged and buffered so far.
    public var counters: ListenerCounters { core.counters }
    /// How many connections are open.
    public var connections: Int { core.registry.count }
    /// How many connections are open whose client is not yet authenticated.
    public var connectionsInHandshake: Int { core.registry.countInHandshake }

    /// Serves clients until `drain` or cancellation, and returns when every connection is closed.
    public func serve() async throws {
        let core = core
        try await withThrowingDiscardingTaskGroup { group in
            try await channel.executeThenClose { inbound in
                for try await accepted in inbound {
                    guard let accepted else { continue }
                    group.addTask { await core.serve(accepted) }
                }
            }
        }
    }

    /// Replaces certificate, key, authorities and verifier for connections to come.
    ///
    /// - Throws: `Refusal` with CFG-005 when certificate and key do not belong together; the old ones then stay.
    public func reload(identity: TLSIdentity, verifier: any PeerVerifier) throws {
        try core.gate.replace(identity: identity, verifier: verifier)
        core.log.info("certificates reloaded")
    }

    /// Shuts down: accepts nobody, takes no further requests, and lets those in flight finish within the drain
    /// deadline.
    ///
    /// Returns when every connection is closed, if need be by force. `serve` returns then, too.
    public func drain() async {
        core.log.info("draining", metadata: ["connections": "\(connections)"])
        let emptied = core.registry.drain()
        channel.channel.close(promise: nil)
        for connection in core.registry.channels {
            connection.triggerUserOutboundEvent(ServerHandler.Drain(), promise: nil)
        }
        let deadline = core.configuration.deadlines.drain
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in emptied {} }
            group.addTask { try? await Task.sleep(for: deadline) }
            await group.next()
            group.cancelAll()
        }
        let rest = core.registry.channels
        if !rest.isEmpty { core.log.warning("drain deadline passed", metadata: ["connections": "\(rest.count)"]) }
        for connection in rest { connection.close(promise: nil) }
        for connection in rest { try? await connection.closeFuture.get() }
    }
}

/// A connection that was accepted.
struct Accepted: Sendable {
    let state: ConnectionState
    let channel: NIOAsyncChannel<ServerSession.Delivery, ServerSession.Event>
}

/// What the parts of a listener share.
final class Core: Sendable {
    let configuration: ListenerConfiguration
    let gate: TLSGate
    let handler: any RequestHandler
    let registry: ConnectionRegistry
    let counters = ListenerCounters()
    let log: Logger

    init(_ configuration: ListenerConfiguration, _ gate: TLSGate, _ handler: any RequestHandler, _ log: Logger) {
        self.configuration = configuration
        self.gate = gate
        self.handler = handler
        self.log = log
        registry = ConnectionRegistry(configuration)
    }

    /// Sets up a connection's pipeline, or turns the client away when a limit is reached.
    func accept(_ channel: any Channel) -> EventLoopFuture<Accepted?> {
        counters.didAccept()
        let number: Int64
        switch registry.enter(channel) {
        case .success(let given): number = given
        case .failure(let error):
            counters.didTurnAway()
            log.warning("turned away", metadata: ["code": "\(error.code)", "reason": "\(error.detail)"])
            return channel.close().map { nil }
        }
        channel.closeFuture.whenComplete { [registry] _ in registry.leave(number) }
        let address = channel.remoteAddress.map { "\($0.ipAddress ?? "local"):\($0.port ?? 0)" } ?? "unknown"
        let state = ConnectionState(number: number, address: address, counters: counters, log: log)
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(try tls(state))
            try pipeline.addHandler(ServerHandler(configuration, state, registry, now: channel.eventLoop.monotonic))
            let wrapped = try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: NIOAsyncChannel<ServerSession.Delivery, ServerSession.Event>.Configuration(
                    backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4)))
            return Accepted(state: state, channel: wrapped)
        }
    }

    private func tls(_ state: ConnectionState) throws -> NIOSSLServerHandler {
        try gate.handler { [counters] verdict in
            counters.didVerify()
            state.verdict = verdict
            guard case .refused(let finding) = verdict else { return }
            state.log.notice(
                "certificate refused", metadata: ["code": "\(finding.code)", "detail": "\(finding.detail)"])
        }
    }

    /// Serves one connection until it is closed.
    func serve(_ accepted: Accepted) async {
        do {
            try await accepted.channel.executeThenClose { inbound, outbound in
                await ServerConnection(accepted.state, configuration, handler, outbound).run(inbound)
            }
        } catch {
            accepted.state.log.debug("closed with an error", metadata: ["error": "\(error)"])
        }
        accepted.state.close()
        accepted.state.log.debug("closed")
    }
}
