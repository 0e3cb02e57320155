public import Journal
public import Primitives

/// A sorted run of slots that an index has handed to its store: records of a range of numbers.
public struct IdentityRun: Hashable, Sendable, Codable {
    /// Whose run it is: a partner's id, or a batch while it is judged.
    public let space: String
    /// The first number of the range.
    public let first: UInt32
    /// The last number of the range.
    public let last: UInt32
    /// Slots in it; numbers of refused records have none.
    public let count: Int
    /// How often runs were merged into it.
    public let level: Int

    /// Names a run.
    public init(space: String, first: UInt32, last: UInt32, count: Int, level: Int) {
        self.space = space
        self.first = first
        self.last = last
        self.count = count
        self.level = level
    }
}

/// Keeps runs outside the books. What it keeps follows from the log: a run that is lost is made again by folding.
public protocol IdentityRunStore: AnyObject {
    /// How many slots an index keeps in memory before they become a run.
    var recentLimit: Int { get }
    /// Keeps a run of slots in rising order. One of the same name is replaced.
    ///
    /// - Throws: `Fault` when it cannot be written.
    func write(_ run: IdentityRun, _ slots: [UInt64]) throws(Fault)
    /// Joins runs to one in rising order of slots. The runs stay until they are discarded.
    ///
    /// - Throws: `Fault` when one cannot be read or the result cannot be written.
    func merge(_ runs: [IdentityRun], into run: IdentityRun) throws(Fault)
    /// A reader of these runs together.
    ///
    /// - Throws: `Fault` when one of them is missing or damaged.
    func reader(_ runs: [IdentityRun]) throws(Fault) -> any IdentityRunReader
    /// Throws all runs of a space away.
    func discard(space: String)
}

/// Looks into runs for a fingerprint.
public protocol IdentityRunReader {
    /// The first number under a fingerprint, of the newest run that has one, that the closure confirms; or nil.
    ///
    /// - Throws: `Fault` when a run cannot be read; what the closure throws.
    func find(_ fingerprint: UInt32, confirm: (UInt32) throws(Fault) -> Bool) throws(Fault) -> UInt32?
}

/// Finds the number of a record by its identity, whatever the number of records: the newest ones in a table in memory,
/// all others in sorted runs of a store. Specs/decisions/0006-id-index.md.
///
/// Four runs of a level are merged into one of the next, so that a lookup meets few of them. Where runs begin and end
/// follows from the order of the records alone.
public struct IdentityIndex: Hashable, Sendable, Codable {
    private let space: String
    private var recent = IdentityTable()
    /// Runs, oldest first.
    public private(set) var runs: [IdentityRun] = []
    private static let runsPerLevel = 4

    /// An empty index, whose runs are named after a space.
    public init(space: String) { self.space = space }

    /// How many numbers it holds.
    public var count: Int { runs.reduce(recent.count) { $0 + $1.count } }

    /// The number under this identity that the closure confirms, or nil.
    ///
    /// - Parameter reader: reads the runs of this index as it stands.
    /// - Throws: `Fault` when a run cannot be read; what the closure throws.
    public func find(
        _ identity: Digest16, reader: any IdentityRunReader, confirm: (UInt32) throws(Fault) -> Bool
    ) throws(Fault) -> UInt32? {
        if let number = try recent.find(identity, confirm: confirm) { return number }
        return runs.isEmpty ? nil : try reader.find(IdentityTable.fingerprint(identity), confirm: confirm)
    }

    /// Adds a number, larger than all before it, under an identity.
    ///
    /// - Returns: whether the runs have changed.
    /// - Throws: `Fault` when a run cannot be written.
    @discardableResult
    public mutating func insert(
        _ identity: Digest16, number: UInt32, in store: any IdentityRunStore
    ) throws(Fault) -> Bool {
        recent.insert(identity, number: number)
        guard recent.count >= store.recentLimit else { return false }
        let slots = recent.sortedSlots()
        recent = IdentityTable()
        let first = (runs.last?.last ?? 0) + 1
        let run = IdentityRun(space: space, first: first, last: number, count: slots.count, level: 0)
        try store.write(run, slots)
        runs.append(run)
        try mergeRuns(in: store)
        return true
    }

    private mutating func mergeRuns(in store: any IdentityRunStore) throws(Fault) {
        while let level = runs.last?.level {
            let tail = Array(runs.suffix(Self.runsPerLevel))
            guard tail.count == Self.runsPerLevel, tail.allSatisfy({ $0.level == level }) else { return }
            let merged = IdentityRun(
                space: space, first: tail[0].first, last: tail[tail.count - 1].last,
                count: tail.reduce(0) { $0 + $1.count }, level: level + 1)
            try store.merge(tail, into: merged)
            runs.removeLast(tail.count)
            runs.append(merged)
        }
    }
}
