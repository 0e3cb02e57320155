public import Gateway
import House
public import Logging
import Primitives
public import Transport

/// A running gateway: the socket, the judgement of files, and the calendar.
public struct GatewayService: Sendable {
    /// The house that it serves.
    public let house: Clearinghouse
    /// The socket.
    public let listener: GatewayListener
    /// Answers what clients ask, whatever they are connected by.
    public let sessions: HouseSessions
    private let judgements: AsyncStream<UInt64>
    private let waiting: AsyncStream<UInt64>.Continuation
    private let logger: Logger

    /// Opens the socket of a house. Files that wait from before are judged first when it runs.
    ///
    /// - Throws: `Refusal` with CFG-005 for certificates that do not fit, `Fault` when the port cannot be opened.
    public init(
        house: Clearinghouse, listening: ListenerConfiguration, identity: TLSIdentity, logger: Logger
    ) async throws {
        self.house = house
        self.logger = logger
        (judgements, waiting) = AsyncStream<UInt64>.makeStream()
        sessions = HouseSessions(house: house, waiting: waiting)
        listener = try await GatewayListener.bind(
            listening, identity: identity, verifier: HousePeers(house: house),
            handler: sessions, log: logger)
    }

    /// The verifier of connections to come, for a reload of certificates.
    public func reload(identity: TLSIdentity) throws {
        try listener.reload(identity: identity, verifier: HousePeers(house: house))
    }

    /// Runs until `stop` or cancellation.
    ///
    /// - Throws: `Fault` when a fact cannot be made durable; the gateway must then be started anew.
    public func run() async throws {
        for sequence in await house.state.files.undecided { waiting.yield(sequence) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.serve() }
            group.addTask { try await judge() }
            group.addTask { try await keepCalendar() }
            group.addTask { try await keepSnapshots() }
            defer { group.cancelAll() }
            // The socket's end is the service's end; a fault of the others ends it as well.
            try await group.next()
        }
        if await house.isSnapshotDue { await saveSnapshot() }
    }

    /// Takes no further requests, lets those in flight finish, and ends `run`.
    public func stop() async {
        await listener.drain()
        waiting.finish()
    }

    private func judge() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await sequence in judgements {
                group.addTask { try await house.judge(sequence) }
            }
        }
        // The stream ended: stay until the socket has ended, too.
        try await Task.sleep(for: .seconds(86_400))
    }

    /// Looks every few seconds whether a snapshot is due.
    private func keepSnapshots() async throws {
        while true {
            try await Task.sleep(for: .seconds(5))
            if await house.isSnapshotDue { await saveSnapshot() }
        }
    }

    /// A snapshot that cannot be written costs time at the next start and nothing else.
    private func saveSnapshot() async {
        do throws(Fault) {
            try await house.saveSnapshot()
            logger.info("snapshot saved")
        } catch {
            logger.warning("no snapshot could be written", metadata: ["reason": "\(error)"])
        }
    }

    /// Looks once a second whether a cut-off is due. On a test clock nothing is ever due by itself.
    private func keepCalendar() async throws {
        while true {
            try await house.advanceCalendar(to: house.now)
            try await Task.sleep(for: .seconds(1))
        }
    }
}
