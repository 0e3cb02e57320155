import NIOCore
import Synchronization

/// How far the reader of a connection is behind with what the event loop handed to it.
///
/// Deadlines need it: as long as this end is behind it may not read, and then the other end's silence means nothing.
/// Whether a read is outstanding on the channel is no substitute, since the TLS handler completes reads of its own.
final class Backlog: Sendable {
    private let undone = Atomic<Int>(0)
    private let lastDone = Atomic<UInt64>(0)

    /// Something was handed over.
    func handedOver() { undone.add(1, ordering: .relaxed) }

    /// Something is done with.
    func done(at now: NIODeadline) {
        lastDone.store(now.uptimeNanoseconds, ordering: .relaxed)
        undone.subtract(1, ordering: .releasing)
    }

    /// Until when the reader was behind: until now, while anything is left.
    func behind(until now: NIODeadline) -> NIODeadline {
        undone.load(ordering: .acquiring) > 0 ? now : .uptimeNanoseconds(lastDone.load(ordering: .relaxed))
    }
}
