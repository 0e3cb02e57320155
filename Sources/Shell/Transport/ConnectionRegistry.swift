package import NIOCore
import Primitives
import Synchronization
package import Wire

/// Counts connections, of the socket or of the HTTPS API, against their limits and knows those that are open.
package final class ConnectionRegistry: Sendable {
    private struct Entry {
        var channel: any Channel
        var party: Party?
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var parties: [Party: Int] = [:]
        var inHandshake = 0
        var lastNumber: Int64 = 0
        var isDraining = false
        var emptied: AsyncStream<Void>.Continuation?
    }

    private let state = Mutex(State())
    private let configuration: ListenerConfiguration

    package init(_ configuration: ListenerConfiguration) { self.configuration = configuration }

    /// Takes a new connection in, or says why not.
    package func enter(_ channel: any Channel) -> Result<Int64, WireError> {
        state.withLock { state in
            if state.isDraining { return .failure(WireError(code: .net003, detail: "shutting down")) }
            guard state.entries.count < configuration.connections else {
                return .failure(.excessive("\(configuration.connections) connections are open"))
            }
            guard state.inHandshake < configuration.connectionsInHandshake else {
                return .failure(
                    .excessive("\(configuration.connectionsInHandshake) connections are in their handshake"))
            }
            state.lastNumber += 1
            state.inHandshake += 1
            state.entries[state.lastNumber] = Entry(channel: channel, party: nil)
            return .success(state.lastNumber)
        }
    }

    /// Counts an authenticated connection among its party's, or says why not.
    package func authenticate(_ number: Int64, as party: Party) -> WireError? {
        state.withLock { state in
            let count = state.parties[party, default: 0]
            guard count < configuration.connectionsPerParty else {
                return .excessive(
                    "\(party) has \(count) connections; at most \(configuration.connectionsPerParty) are allowed")
            }
            guard state.entries[number] != nil, state.entries[number]?.party == nil else { return nil }
            state.entries[number]?.party = party
            state.parties[party] = count + 1
            state.inHandshake -= 1
            return nil
        }
    }

    /// Forgets a connection that is closed.
    package func leave(_ number: Int64) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: number) else { return }
            if let party = entry.party {
                let rest = state.parties[party, default: 1] - 1
                state.parties[party] = rest == 0 ? nil : rest
            } else {
                state.inHandshake -= 1
            }
            if state.entries.isEmpty { state.emptied?.finish() }
        }
    }

    /// The open connections.
    package var channels: [any Channel] { state.withLock { $0.entries.values.map(\.channel) } }

    /// How many connections are open.
    package var count: Int { state.withLock { $0.entries.count } }

    /// How many connections are open whose client is not authenticated.
    package var countInHandshake: Int { state.withLock { $0.inHandshake } }

    /// Takes no further connections, and gives a stream that ends when the last one is gone.
    package func drain() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        state.withLock { state in
            state.isDraining = true
            state.emptied?.finish()
            state.emptied = continuation
            if state.entries.isEmpty { continuation.finish() }
        }
        return stream
    }
}
