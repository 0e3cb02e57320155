public import Journal
public import Primitives
import ProgrammeModel
import Transparency

/// SHA-256 for leaves, the hashes of their trees, and the cipher that makes salts.
public protocol LeafHashing: TreeHashing {
    /// SHA-256 of short bytes.
    func digest(_ data: Span<UInt8>) -> Digest32
    /// SHA-256 of a message that is padded to whole blocks.
    func digest(_ message: borrowing HashMessage) -> Digest32
    /// Digests of leaves that hold the digest of their private part at a place, all in one call: the first so many
    /// leaves, and secrets of the same numbers.
    func digests(
        _ count: Int, leaves: borrowing HashMessages, secrets: borrowing HashMessages, at place: Int
    ) -> [Digest32]
    /// The root of the tree over hashes that are a power of two in number, 2 or more: all in one call, because a call
    /// for each pair costs as much as half a block of SHA-256.
    func root(overPowerOfTwo hashes: [Digest32]) -> Digest32
    /// AES-256 of numbers, each as a block of 16 bytes with its most significant byte first.
    func encrypt(_ numbers: Range<UInt32>, key: Digest32) -> [Digest16]
}

/// Makes the tree over a file's records while they are judged. Specs/evidence.md.
///
/// Each record is sealed once, in order. Nothing is kept of a leaf but its part in the tree, so that a file of any
/// length needs little memory; what could not be made again from the entries later is collected as rows of
/// `SharesTable`.
public final class RecordSealer {
    private let window: WindowID
    private let pair: (LineKey) -> SealedLine
    private let hashing: any LeafHashing
    /// All that changes, in one value: the runtime watches each access to a property of an object.
    private var state: Sealing

    /// Begins a tree.
    ///
    /// - Parameters:
    ///   - key: the batch's 32 bytes of which salts are made.
    ///   - window: the window of its records.
    ///   - pair: adds the pair of its fixing to a line.
    public init(
        key: [UInt8], window: WindowID, hashing: any LeafHashing, pair: @escaping (LineKey) -> SealedLine
    ) {
        self.window = window
        self.pair = pair
        self.hashing = hashing
        state = Sealing(leaves: LeafMaker(key: key, hashing: hashing))
    }

    /// The rows of records whose detail does not follow from their entry.
    public var shares: SharesTable { state.shares }

    /// The hashes of all whole runs of 256 leaves, then those of 65 536, 32 bytes each: with them a record's proof
    /// reads few of its neighbours.
    public var nodes: [UInt8] { state.nodes }

    /// The number of records sealed.
    public var count: UInt64 { state.count }

    /// The root over all records so far.
    public var root: Digest32 { state.root(hashing) }

    /// The salt of a line by its index in the batch.
    public func lineSalt(_ index: Int) -> Digest16 { state.leaves.lineSalt(index, hashing) }

    /// The digest of a line by its index in the batch.
    public func lineDigest(_ line: SealedLine, index: Int) -> Digest32 {
        state.leaves.lineDigest(line, index: index, hashing)
    }

    /// Takes note of the lines and sets that are new since the last call, in the order of their indexes.
    public func note(_ batch: History.BatchLines) {
        while state.lines.count < batch.keys.count {
            let index = state.lines.count
            state.lines.append(state.leaves.lineDigest(pair(batch.keys[index]), index: index, hashing))
        }
        while state.sets.count < batch.sets.count {
            let set = batch.sets[state.sets.count]
            var data: [UInt8] = []
            RecordLeaf.setData(
                window: window, promotion: set.promotion, lines: set.lines.map { state.lines[$0] }, into: &data)
            state.sets.append(hashing.digest(data.span))
        }
    }

    /// Whether a set's digest is known.
    public func knows(set: Int32) -> Bool { set < 0 || Int(set) < state.sets.count }

    /// Seals the next record; its set must be known.
    public func seal(_ entry: RecordEntry, _ detail: LeafDetail) { state.seal(entry, detail, hashing) }

    /// Seals the next records, each of which has its points on its one line; their sets must be known.
    func sealOrdinary(_ entries: [RecordEntry]) { state.sealOrdinary(entries, hashing) }

    /// The hash of a record's leaf; its set must be known.
    public func leafHash(_ entry: RecordEntry, _ detail: LeafDetail) -> Digest32 {
        state.leafHash(entry, detail, hashing)
    }

    /// The data of a record's leaf.
    public func data(_ entry: RecordEntry, _ detail: LeafDetail) -> [UInt8] { state.data(entry, detail, hashing) }

    /// The salt of a record.
    public func salt(_ record: UInt32) -> Digest16 { state.leaves.salt(record, hashing) }
}

/// A tree that is being made.
private struct Sealing {
    var leaves: LeafMaker
    var lines: [Digest32] = []
    var sets: [Digest32] = []
    private(set) var shares = SharesTable()
    /// All whole runs of 256 leaves, joined.
    private var whole = SubtreeRange()
    /// The hashes of the leaves after them.
    private var tail: [Digest32] = []
    private var tiles: [UInt8] = []
    private var wide = WideNodes()
    private static let tile = 256

    init(leaves: LeafMaker) { self.leaves = leaves }

    var nodes: [UInt8] { tiles + wide.bytes }

    var count: UInt64 { whole.end + UInt64(tail.count) }

    func root(_ hashing: some TreeHashing) -> Digest32 {
        var all = whole
        for leaf in tail { all.append(leaf, hashing) }
        guard let root = all.root(hashing) else { preconditionFailure("the tree begins with its first leaf") }
        return root
    }

    mutating func seal(_ entry: RecordEntry, _ detail: LeafDetail, _ hashing: some LeafHashing) {
        append(leafHash(entry, detail, hashing), hashing)
        shares.add(entry, detail)
    }

    mutating func sealOrdinary(_ entries: [RecordEntry], _ hashing: some LeafHashing) {
        for leaf in leaves.hashes(ordinary: entries, sets: sets, hashing) { append(leaf, hashing) }
    }

    private mutating func append(_ leaf: Digest32, _ hashing: some LeafHashing) {
        tail.append(leaf)
        if tail.count == Self.tile { endTile(hashing) }
    }

    private mutating func endTile(_ hashing: some LeafHashing) {
        let root = hashing.root(overPowerOfTwo: tail)
        guard let tile = SubtreeRange(begin: whole.end, end: count, hashes: [root]) else {
            preconditionFailure("a tile is one subtree")
        }
        root.append(to: &tiles)
        whole.append(tile, hashing)
        wide.append(tile, hashing)
        tail.removeAll(keepingCapacity: true)
    }

    mutating func leafHash(_ entry: RecordEntry, _ detail: LeafDetail, _ hashing: some LeafHashing) -> Digest32 {
        leaves.hash(entry, detail, lines: entry.lineSet < 0 ? .zero : sets[Int(entry.lineSet)], hashing)
    }

    mutating func data(_ entry: RecordEntry, _ detail: LeafDetail, _ hashing: some LeafHashing) -> [UInt8] {
        leaves.data(entry, detail, lines: entry.lineSet < 0 ? .zero : sets[Int(entry.lineSet)], hashing)
    }
}

/// The hashes of whole runs of 65 536 leaves.
private struct WideNodes {
    private(set) var bytes: [UInt8] = []
    private var range = SubtreeRange()

    mutating func append(_ tile: SubtreeRange, _ hashing: some TreeHashing) {
        range.append(tile, hashing)
        guard range.end - range.begin == 65_536 else { return }
        range.hashes[0].append(to: &bytes)
        range = SubtreeRange(at: range.end)
    }
}

/// Makes leaves under one key, without allocating for each.
private struct LeafMaker {
    private let key: [UInt8]
    private var salts: RecordSalts
    private var leaf = HashMessage()
    private var secret = HashMessage()
    // Those of ordinary records in a row.
    private var ordinary = HashMessages(capacity: 0)
    private var secrets = HashMessages(capacity: 0)

    init(key: [UInt8], hashing: some LeafHashing) {
        self.key = key
        salts = RecordSalts(key: key, hashing: hashing)
    }

    func lineSalt(_ index: Int, _ hashing: some LeafHashing) -> Digest16 {
        var data: [UInt8] = []
        RecordLeaf.lineSaltData(key: key, index: index, into: &data)
        return Digest16(hashing.digest(data.span))
    }

    func lineDigest(_ line: SealedLine, index: Int, _ hashing: some LeafHashing) -> Digest32 {
        var data: [UInt8] = []
        RecordLeaf.lineData(line, salt: lineSalt(index, hashing), into: &data)
        return hashing.digest(data.span)
    }

    mutating func salt(_ record: UInt32, _ hashing: some LeafHashing) -> Digest16 { salts.salt(record, hashing) }

    mutating func hash(
        _ entry: RecordEntry, _ detail: LeafDetail, lines: Digest32, _ hashing: some LeafHashing
    ) -> Digest32 {
        RecordLeaf.writePrivate(entry, salt: salts.salt(entry.record, hashing), into: &secret)
        RecordLeaf.write(entry, detail, lines: lines, privately: hashing.digest(secret), into: &leaf)
        return hashing.digest(leaf)
    }

    /// The leaves of records that follow on one another, each with its points on its one line: hashed in one call.
    mutating func hashes(
        ordinary entries: [RecordEntry], sets: [Digest32], _ hashing: some LeafHashing
    ) -> [Digest32] {
        let count = UInt32(entries.count)
        let last = entries[entries.count - 1].record
        precondition(last - entries[0].record == count - 1, "records follow on one another")
        if ordinary.capacity < entries.count {
            ordinary = HashMessages(capacity: entries.count)
            secrets = HashMessages(capacity: entries.count)
        }
        let salts = salts.salts(entries[0].record..<entries[0].record + count, hashing)
        RecordLeaf.writeOrdinary(entries, salts: salts, sets: sets, into: &ordinary, &secrets)
        return hashing.digests(
            entries.count, leaves: ordinary, secrets: secrets, at: RecordLeaf.ordinaryPrivate)
    }

    mutating func data(
        _ entry: RecordEntry, _ detail: LeafDetail, lines: Digest32, _ hashing: some LeafHashing
    ) -> [UInt8] {
        _ = hash(entry, detail, lines: lines, hashing)
        return Array(leaf.content.dropFirst())
    }
}

/// The salts of records under one key, made for a run of neighbours at a time. Specs/evidence.md.
private struct RecordSalts {
    /// A message has one record, and most files have many: the first run is short.
    private static let runs: (first: UInt32, next: UInt32) = (8, 256)

    private let cipherKey: Digest32
    private var first: UInt32 = 0
    private var salts: [Digest16] = []

    init(key: [UInt8], hashing: some LeafHashing) {
        var data: [UInt8] = []
        RecordLeaf.saltKeyData(key: key, into: &data)
        cipherKey = hashing.digest(data.span)
    }

    mutating func salt(_ record: UInt32, _ hashing: some LeafHashing) -> Digest16 {
        if record < first || record - first >= UInt32(salts.count) { fill(record, hashing) }
        return salts[Int(record - first)]
    }

    /// Those of records that follow on one another.
    func salts(_ records: Range<UInt32>, _ hashing: some LeafHashing) -> [Digest16] {
        hashing.encrypt(records, key: cipherKey)
    }

    private mutating func fill(_ record: UInt32, _ hashing: some LeafHashing) {
        // A file has far fewer records than numbers: Specs/limits.md.
        let run = salts.isEmpty ? Self.runs.first : Self.runs.next
        first = record / run * run
        salts = hashing.encrypt(first..<first + run, key: cipherKey)
    }
}

/// The details of leaves that do not follow from their entries: the shares of bonuses and what reversals leave.
///
/// A row is 24 bytes, integers most significant byte first: record 4, place of the line in its set 4, points 8, left
/// 8. A record without lines that leaves something has one row with the place 4294967295.
public struct SharesTable: Hashable, Sendable {
    /// Bytes of a row.
    public static let rowBytes = 24
    private static let noLine = UInt32.max

    /// All rows in order of records.
    public private(set) var bytes: [UInt8] = []

    /// No rows.
    public init() {}

    /// Takes rows that were kept; nil when they are cut short or out of order.
    public init?(bytes: [UInt8]) {
        guard bytes.count % Self.rowBytes == 0 else { return nil }
        self.bytes = bytes
        for row in 1..<max(1, rows) where record(row - 1) > record(row) { return nil }
    }

    private var rows: Int { bytes.count / Self.rowBytes }

    private func word(_ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func record(_ row: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(row * Self.rowBytes, 4)) }

    mutating func add(_ entry: RecordEntry, _ detail: LeafDetail) {
        guard !Self.isPlain(entry, detail) else { return }
        if detail.shares.isEmpty { append(entry.record, Self.noLine, 0, detail.left) }
        for (place, points) in detail.shares.enumerated() {
            append(entry.record, UInt32(place), points, detail.left)
        }
    }

    private mutating func append(_ record: UInt32, _ place: UInt32, _ points: Int64, _ left: Int64) {
        for (value, count) in [
            (UInt64(record), 4), (UInt64(place), 4), (UInt64(bitPattern: points), 8), (UInt64(bitPattern: left), 8),
        ] {
            for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            }
        }
    }

    /// What a record's leaf says when there are no rows for it: its points on its one line.
    public static func plain(_ entry: RecordEntry) -> LeafDetail {
        LeafDetail(left: 0, shares: entry.lineSet < 0 ? [] : [entry.points])
    }

    /// The same as a comparison with `plain`, for every record that is sealed.
    private static func isPlain(_ entry: RecordEntry, _ detail: LeafDetail) -> Bool {
        guard detail.left == 0 else { return false }
        if entry.lineSet < 0 { return detail.shares.isEmpty }
        return detail.shares.count == 1 && detail.shares[0] == entry.points
    }

    /// The detail of a record.
    public func detail(of entry: RecordEntry) -> LeafDetail {
        var (low, high) = (0, rows)
        while low < high {
            let middle = (low + high) / 2
            if record(middle) < entry.record { low = middle + 1 } else { high = middle }
        }
        guard low < rows, record(low) == entry.record else { return Self.plain(entry) }
        var detail = LeafDetail(left: 0, shares: [])
        while low < rows, record(low) == entry.record {
            let start = low * Self.rowBytes
            detail.left = Int64(bitPattern: word(start + 16, 8))
            if UInt32(truncatingIfNeeded: word(start + 4, 4)) != Self.noLine {
                detail.shares.append(Int64(bitPattern: word(start + 8, 8)))
            }
            low += 1
        }
        return detail
    }
}
