import Primitives
import Synchronization
import Wire

/// Counts the requests of each party, and remembers idempotency keys: what the API keeps in memory, all of it bounded.
final class Turnstile: Sendable {
    private struct Minute {
        var number: Int64
        var count: Int
    }

    private struct State {
        var minutes: [Party: Minute] = [:]
        var keys: [String: Digest32] = [:]
        var order: [String] = []
        var oldest = 0
    }

    private let state = Mutex(State())
    private let limits: PortalLimits

    init(_ limits: PortalLimits) { self.limits = limits }

    /// Takes a request in, or says in how many seconds the next one may come.
    ///
    /// - Parameter seconds: of a clock that only moves forwards.
    func enter(_ party: Party, at seconds: Int64) -> Int64? {
        state.withLock { state in
            let number = seconds / 60
            state.minutes = state.minutes.filter { $0.value.number == number }
            let count = state.minutes[party]?.count ?? 0
            guard count < limits.requestsPerMinute else { return 60 - seconds % 60 }
            state.minutes[party] = Minute(number: number, count: count + 1)
            return nil
        }
    }

    /// Whether a key may stand for a request: it is new, or stood for the same request before.
    ///
    /// - Parameter request: SHA-256 of everything that makes the request what it is.
    func accepts(key: String, of party: Party, for request: Digest32) -> Bool {
        let name = "\(party)/\(key)"
        return state.withLock { state in
            if let earlier = state.keys[name] { return earlier == request }
            state.keys[name] = request
            if state.order.count < limits.idempotencyKeys {
                state.order.append(name)
            } else {
                state.keys[state.order[state.oldest]] = nil
                state.order[state.oldest] = name
                state.oldest = (state.oldest + 1) % limits.idempotencyKeys
            }
            return true
        }
    }
}
