import Synchronization

/// Hands the replies of one stream from the reading loop to who asked, a few at a time: a reader that is slow slows the
/// connection down instead of filling memory. One task puts, one takes.
final class Mailbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var taker: CheckedContinuation<Item?, any Error>?
        var putter: CheckedContinuation<Void, Never>?
        var end: Result<Void, ClientFailure>?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int = 8) { self.capacity = capacity }

    /// Puts an item in, waiting while the mailbox is full; drops it when nobody takes any more.
    func put(_ item: Item) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let taker: CheckedContinuation<Item?, any Error>? = state.withLock { state in
                if state.isClosed || state.end != nil {
                    continuation.resume()
                    return nil
                }
                if let taker = state.taker {
                    state.taker = nil
                    continuation.resume()
                    return taker
                }
                state.items.append(item)
                if state.items.count < capacity {
                    continuation.resume()
                } else {
                    state.putter = continuation
                }
                return nil
            }
            taker?.resume(returning: item)
        }
    }

    /// Nothing more comes: the taker gets what is there, then nil or the failure.
    func finish(_ failure: ClientFailure? = nil) {
        let (taker, putter): (CheckedContinuation<Item?, any Error>?, CheckedContinuation<Void, Never>?) =
            state.withLock { state in
                if state.end == nil { state.end = failure.map { .failure($0) } ?? .success(()) }
                defer { (state.taker, state.putter) = (nil, nil) }
                return (state.taker, state.putter)
            }
        putter?.resume()
        if let failure {
            taker?.resume(throwing: failure)
        } else {
            taker?.resume(returning: nil)
        }
    }

    /// Nobody takes any more.
    func close() {
        let putter = state.withLock { state in
            state.isClosed = true
            state.items = []
            defer { state.putter = nil }
            return state.putter
        }
        putter?.resume()
    }

    /// The next item; nil at the end.
    ///
    /// - Throws: the `ClientFailure` that ended the stream, or `CancellationError`.
    func next() async throws -> Item? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Item?, any Error>) in
                let putter: CheckedContinuation<Void, Never>? = state.withLock { state in
                    if !state.items.isEmpty {
                        continuation.resume(returning: state.items.removeFirst())
                        defer { state.putter = nil }
                        return state.putter
                    }
                    switch state.end {
                    case .success: continuation.resume(returning: nil)
                    case .failure(let failure): continuation.resume(throwing: failure)
                    case nil:
                        if Task.isCancelled {
                            continuation.resume(throwing: CancellationError())
                        } else {
                            precondition(state.taker == nil, "one task takes from a mailbox")
                            state.taker = continuation
                        }
                    }
                    return nil
                }
                putter?.resume()
            }
        } onCancel: {
            let taker = state.withLock { state in
                defer { state.taker = nil }
                return state.taker
            }
            taker?.resume(throwing: CancellationError())
        }
    }
}
