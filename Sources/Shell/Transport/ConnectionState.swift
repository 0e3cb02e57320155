import Logging
import Primitives
import Synchronization
import Wire

/// What the parts of one server connection share: who it is, and how much of it waits to be stored.
final class ConnectionState: Sendable {
    let number: Int64
    let address: String
    /// What was handed to the gateway and is not yet taken.
    let backlog = Backlog()
    private let identity = Mutex<PeerVerdict?>(nil)
    private let buffered = Atomic<Int>(0)
    private let counters: ListenerCounters
    private let baseLog: Logger

    init(number: Int64, address: String, counters: ListenerCounters, log: Logger) {
        self.number = number
        self.address = address
        self.counters = counters
        var log = log
        log[metadataKey: "connection"] = "\(number)"
        log[metadataKey: "address"] = "\(address)"
        baseLog = log
    }

    /// What the verifier found during the handshake; nil where it was not asked, which nobody may take for consent.
    var verdict: PeerVerdict? {
        get { identity.withLock { $0 } }
        set { identity.withLock { $0 = newValue } }
    }

    /// The client, once its certificate is accepted.
    var peer: Peer? {
        guard case .accepted(let identity)? = verdict else { return nil }
        return Peer(identity: identity, connection: number, address: address)
    }

    /// A logger that names the connection and, once known, the party.
    var log: Logger {
        guard let peer else { return baseLog }
        var log = baseLog
        log[metadataKey: "party"] = "\(peer.party)"
        return log
    }

    /// Bytes of uploads were read from the socket and wait to be stored.
    func chunkRead(_ bytes: Int) {
        buffered.add(bytes, ordering: .relaxed)
        counters.chunkRead(bytes)
    }

    /// Bytes of uploads are stored or dropped.
    func chunkDone(_ bytes: Int) {
        buffered.subtract(bytes, ordering: .relaxed)
        counters.chunkDone(bytes)
    }

    /// The connection is over: what still waited is dropped.
    func close() {
        let rest = buffered.exchange(0, ordering: .relaxed)
        counters.chunkDone(rest)
    }
}

/// What a listener did, for health pages and tests.
public final class ListenerCounters: Sendable {
    private let acceptedCount = Atomic<Int>(0)
    private let turnedAwayCount = Atomic<Int>(0)
    private let verificationCount = Atomic<Int>(0)
    private let buffered = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)

    init() {}

    /// Connections that were accepted.
    public var accepted: Int { acceptedCount.load(ordering: .relaxed) }
    /// Connections that were closed at once because a limit was reached.
    public var turnedAway: Int { turnedAwayCount.load(ordering: .relaxed) }
    /// Client certificates that were judged.
    public var verifications: Int { verificationCount.load(ordering: .relaxed) }
    /// Bytes of uploads that are read and not yet stored, over all connections.
    public var bufferedBytes: Int { buffered.load(ordering: .relaxed) }
    /// The most that `bufferedBytes` ever was.
    public var peakBufferedBytes: Int { peak.load(ordering: .relaxed) }

    func didAccept() { acceptedCount.add(1, ordering: .relaxed) }
    func didTurnAway() { turnedAwayCount.add(1, ordering: .relaxed) }
    func didVerify() { verificationCount.add(1, ordering: .relaxed) }

    func chunkRead(_ bytes: Int) {
        let now = buffered.add(bytes, ordering: .relaxed).newValue
        peak.max(now, ordering: .relaxed)
    }

    func chunkDone(_ bytes: Int) { buffered.subtract(bytes, ordering: .relaxed) }
}
