import Foundation
import Gateway
import Inquiry
import OpenSSLKit
import Primitives
import Synchronization
import Transport
import Validation
import Wire

/// Signed messages, ready to be sent, each a sale of its own. Connections are dealt to the partners in turn.
struct MessageLoad {
    /// What became of one load.
    struct Result {
        /// From the first message sent to the last answer received, seconds.
        var seconds: Double
        /// From sending to the answer of each message, in rising order, seconds.
        var latencies: [Double]
        /// CPU seconds of the gateway until it was quiet again.
        var gatewayCPU: Double
        /// CPU seconds of this process while it sent.
        var clientCPU: Double
        /// The most memory that the gateway ever had, MiB.
        var peakMiB: Double
        /// How often the log was flushed meanwhile.
        var flushes: Int

        /// The latency below which a share of all messages was answered, seconds; the share in thousandths.
        func latency(_ thousandths: Int) -> Double {
            latencies[max(0, (latencies.count * thousandths + 999) / 1000 - 1)]
        }
    }

    private let house: BenchHouse
    private let connections: Int
    /// Every so-manieth belongs to one connection.
    private let messages: [SignedMessage]

    /// Makes and signs the messages of a round.
    ///
    /// - Parameter connections: over how many they will be sent; a connection's partner signs what goes over it.
    init(_ house: BenchHouse, count: Int, round: Int, connections: Int) throws {
        self.house = house
        self.connections = connections
        let signers = try house.senders.map { try house.signer($0.partner, includesCertificate: false) }
        guard let now = Timestamp("2026-05-01T12:00:00Z"), let day = BusinessDate(year: 2026, month: 5, day: 1),
            let member = MemberNumber("9250123456789013")
        else { throw Fault("the bench's records cannot be made") }
        messages = try (0..<count).map { number in
            let index = number % connections % signers.count
            let sender = house.senders[index]
            var content = RecordContent(
                transactionID: try TransactionID("BENCH-\(round)-\(number + 1)"), type: .accrual, occurredAt: now,
                businessDate: day, account: MemberAccount(kind: .card, number: member), unit: sender.unit,
                units: Int64(100 + number % 900))
            content.store = "S\(number % 400)"
            let message = MessageWriter.message(
                MessageID(unchecked: "BENCH-\(round)-\(number + 1)"), createdAt: now, partner: sender.partner,
                .transaction(content))
            return SignedMessage(cms: try signers[index].signAttached(message, at: now))
        }
    }

    /// Sends all messages and waits for their answers.
    ///
    /// - Throws: `ClientFailure` when the gateway refuses one; `Fault` when an answer is not an acceptance.
    func run(inFlight: Int) async throws -> Result {
        let gate = StartingGate(connections)
        let (before, flushed) = (try await house.usageWhenQuiet(), try house.flushes())
        let clients = try house.senders.map { try house.client($0.partner) }
        let (messages, connections) = (messages, connections)
        let answered = try await withThrowingTaskGroup(of: [Answered].self) { group in
            for number in 0..<connections {
                let client = clients[number % clients.count]
                group.addTask {
                    try await GatewayConnection.withConnection(client, log: HouseAccess.quietLogger) { connection in
                        await gate.wait()
                        return try await Self.send(
                            messages, from: number, by: connections, inFlight: inFlight, over: connection)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let (seconds, clientCPU) = gate.passed
        let after = try await house.usageWhenQuiet()
        for answer in answered { try answer.requireAccepted() }
        return Result(
            seconds: seconds, latencies: answered.map(\.latency).sorted(),
            gatewayCPU: after.cpuSeconds - before.cpuSeconds, clientCPU: clientCPU, peakMiB: after.peakMiB,
            flushes: try house.flushes() - flushed)
    }

    /// Sends every so-manieth message over a connection.
    private static func send(
        _ messages: [SignedMessage], from first: Int, by step: Int, inFlight: Int, over connection: GatewayConnection
    ) async throws -> [Answered] {
        let clock = ContinuousClock()
        return try await withThrowingTaskGroup(of: [Answered].self) { group in
            for worker in 0..<inFlight {
                group.addTask {
                    var out: [Answered] = []
                    for index in stride(from: first + worker * step, to: messages.count, by: step * inFlight) {
                        let begin = clock.now
                        let answer = try await connection.send(messages[index])
                        out.append(Answered(latency: (clock.now - begin) / .seconds(1), answer: answer))
                    }
                    return out
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// An answer, and how long it took, seconds.
    private struct Answered: Sendable {
        let latency: Double
        let answer: SignedAnswer

        /// A message that is refused, or answered from before, costs less than one that posts.
        func requireAccepted() throws {
            let content = try CMSSignature(ber: answer.cms, maximumBytes: answer.cms.count).content ?? []
            guard !answer.isCopy, ReceiptText(content).status == RecordStatus.accepted.rawValue else {
                throw Fault("a message was not accepted: \(String(decoding: content.prefix(600), as: UTF8.self))")
            }
        }
    }
}

/// Lets all connections begin at once, when the last one stands, or when one could not be made.
private final class StartingGate: Sendable {
    private struct State {
        var missing: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var begin: ContinuousClock.Instant?
        var ticks: clock_t = 0
    }

    private let clock = ContinuousClock()
    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(missing: count)) }

    /// Seconds since all began, and the CPU seconds that this process used in them.
    var passed: (seconds: Double, cpuSeconds: Double) {
        state.withLock { state in
            let now = clock.now
            let ticks = Foundation.clock() - state.ticks
            return ((now - (state.begin ?? now)) / .seconds(1), Double(ticks) / Double(CLOCKS_PER_SEC))
        }
    }

    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    state.missing -= 1
                    if state.begin == nil { state.waiting.append(continuation) }
                    return state.begin != nil
                }
                if isOpen { continuation.resume() } else if Task.isCancelled { open() } else { openWhenAllStand() }
            }
        } onCancel: {
            open()
        }
    }

    private func openWhenAllStand() {
        if state.withLock({ $0.missing == 0 }) { open() }
    }

    private func open() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            if state.begin == nil { (state.begin, state.ticks) = (clock.now, Foundation.clock()) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
