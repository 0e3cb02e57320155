public import FileStore
public import House
import Journal
public import Ledger
public import Primitives

/// Makes the house of a data directory from its newest snapshot and the facts after it.
public struct HouseFold: Sendable {
    /// The house after the last fact asked for.
    public private(set) var house = HouseState()
    /// The last fact that the snapshot had folded in; 0 when everything was folded anew.
    public private(set) var snapshot: UInt64 = 0
    /// Why there was a snapshot that could not be used; nil when there was none or it was used.
    public private(set) var remark: String?
    /// Records of files that were folded in after the snapshot.
    public private(set) var records: Int64 = 0

    /// Folds a log.
    ///
    /// The snapshot is taken only where it ends with the very fact that the log has there, by its chain hash.
    ///
    /// - Parameters:
    ///   - last: the last fact to fold in; nil for all.
    /// - Throws: `Fault` when the log is damaged after the snapshot, or as a whole when there is none.
    public init(
        _ directory: DataDirectory, log: SegmentLog, history: History, upTo last: UInt64? = nil
    ) throws(Fault) {
        let last = last ?? log.lastSequence
        switch directory.snapshots(hashing: HouseOpening.hashing).load(HouseState.self, layout: HouseState.layout) {
        case .none: break
        case .unusable(let reason): remark = reason
        case .value(let value, let mark):
            remark = try Self.misfit(value, mark, log)
            if remark == nil {
                do throws(Fault) {
                    _ = try history.identities.reader(value.ledger.identityRuns)
                } catch {
                    remark = "its ids: \(error)"
                }
            }
            if remark == nil, mark.sequence <= last { (house, snapshot) = (value, mark.sequence) }
        }
        var (house, records) = (house, Int64(0))
        self.house = HouseState()  // So that the tables of the snapshot are changed in place and not copied.
        try log.replay(from: snapshot + 1) { (envelope) throws(Fault) in
            guard envelope.sequence <= last else { return }
            try house.apply(envelope, history: history)
            if case .fileDecided(let fact) = envelope.fact { records += fact.entries?.count ?? 0 }
        }
        (self.house, self.records) = (house, records)
    }

    /// Why a snapshot is not one of this log, or nil when it is.
    ///
    /// - Throws: `Fault` when the fact that it ends with is damaged.
    public static func misfit(
        _ value: HouseState, _ mark: SnapshotMark, _ log: SegmentLog
    ) throws(Fault) -> String? {
        guard mark.sequence <= log.lastSequence else {
            return "it is of fact \(mark.sequence), and the log ends with fact \(log.lastSequence)"
        }
        let head = try log.chainHash(mark.sequence)
        return mark.sequence == value.lastSequence && mark.head == head ? nil : "it is of another log"
    }
}

/// How much is folded in since the last snapshot, and whether the next one is due.
struct SnapshotPace: Sendable {
    /// Facts and records of files since the last snapshot.
    private(set) var facts: UInt64
    private(set) var records: Int64

    init(since fold: HouseFold) {
        facts = fold.house.lastSequence - fold.snapshot
        records = fold.records
    }

    /// Whether folding what came since would take a noticeable part of a start: 20 000 facts, or a million records.
    var isDue: Bool { facts >= 20_000 || records >= 1_000_000 }

    mutating func count(_ fact: Fact) {
        facts += 1
        if case .fileDecided(let fact) = fact { records += fact.entries?.count ?? 0 }
    }

    mutating func reset() { (facts, records) = (0, 0) }
}

extension Clearinghouse {
    /// Whether so much has happened since the last snapshot that a new one is worth its while.
    public var isSnapshotDue: Bool { pace.isDue }

    /// Writes a snapshot of the house as it stands now. Facts go on meanwhile.
    ///
    /// - Throws: `Fault` when it cannot be written; the last one then stays.
    public nonisolated func saveSnapshot() async throws(Fault) {
        let (state, mark, store) = await takeSnapshot()
        try await Self.write(state, mark, store)
        parts.identities.discardSuperseded(by: state.ledger.identityRuns)
    }

    private func takeSnapshot() -> (HouseState, SnapshotMark, SnapshotStore) {
        pace.reset()
        let mark = SnapshotMark(
            layout: HouseState.layout, sequence: house.lastSequence, head: parts.journal.head)
        return (house, mark, parts.directory.snapshots(hashing: HouseOpening.hashing))
    }

    @concurrent
    private static func write(
        _ state: HouseState, _ mark: SnapshotMark, _ store: SnapshotStore
    ) async throws(Fault) {
        try store.save(state, mark)
    }
}
