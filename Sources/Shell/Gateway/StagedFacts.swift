import Journal
import Primitives
import Synchronization

/// The facts of a log with those behind them that are folded in and not durable yet.
final class StagedFacts: FactSource, Sendable {
    private let log: any FactSource & Sendable
    private let entries = Mutex<[JournalEntry]>([])

    init(over log: any FactSource & Sendable) { self.log = log }

    /// Whether all facts are durable.
    var isEmpty: Bool { entries.withLock { $0.isEmpty } }

    func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope {
        let known = entries.withLock { entries -> FactEnvelope? in
            guard let first = entries.first?.envelope.sequence, sequence >= first else { return nil }
            let index = Int(sequence - first)
            return index < entries.count ? entries[index].envelope : nil
        }
        if let known { return known }
        return try log.fact(sequence)
    }

    /// Adds the next fact.
    func add(_ entry: JournalEntry) { entries.withLock { $0.append(entry) } }

    /// All of them, to be made durable; there are none any more.
    func take() -> [JournalEntry] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }
}
