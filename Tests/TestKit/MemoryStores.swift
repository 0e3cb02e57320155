public import FileStore
public import Journal
public import Primitives
import Synchronization
public import Transparency

/// A log in memory, for tests of the engine. It keeps facts as bytes, so that what is replayed was encoded and decoded.
public final class MemoryJournalStore: JournalStore, Sendable {
    private struct Kept {
        let bytes: [UInt8]
        let attachments: [Attachment]
        let references: [AttachmentReference]
    }

    private struct State {
        var entries: [Kept] = []
        var head = Digest32.zero
        var lastTime = Timestamp(milliseconds: .min)
        var failNext = false
        var isPoisoned = false
    }

    private let state = Mutex(State())
    private let hashing: Hashing

    /// Makes an empty log.
    public init(hashing: Hashing = .plain) { self.hashing = hashing }

    /// The sequence number of the last fact.
    public var lastSequence: UInt64 { state.withLock { UInt64($0.entries.count) } }

    /// The head of the hash chain.
    public var head: Digest32 { state.withLock { $0.head } }

    /// Makes the next append fail as a full disk would; the log takes nothing afterwards.
    public func failNextAppend() { state.withLock { $0.failNext = true } }

    /// Appends facts, all or none.
    public func append(_ entries: [JournalEntry]) throws(Fault) {
        let hashing = hashing
        try state.withLock { (state) throws(Fault) in
            guard !state.isPoisoned else { throw Fault("the log takes no more facts after a failed write") }
            var (head, time) = (state.head, state.lastTime)
            var added: [Kept] = []
            for entry in entries {
                let next = UInt64(state.entries.count + added.count) + 1
                try JournalRules.check(entry, next: next, notBefore: time, hashing: hashing)
                let bytes = try FactCodec.encode(entry.envelope)
                head = HashChain.next(
                    after: head, leaf: HashChain.leaf(bytes[...], hashing.digest), hashing.digest)
                time = entry.envelope.time
                let references = entry.envelope.fact.attachments
                added.append(Kept(bytes: bytes, attachments: entry.attachments, references: references))
            }
            if state.failNext {
                state.isPoisoned = true
                throw Fault("no space left on device")
            }
            state.entries += added
            (state.head, state.lastTime) = (head, time)
        }
    }

    /// Calls the closure with every fact in order.
    public func replay(from sequence: UInt64, _ body: (FactEnvelope) throws(Fault) -> Void) throws(Fault) {
        let entries = state.withLock { $0.entries }
        for entry in entries.dropFirst(Int(max(sequence, 1) - 1)) { try body(FactCodec.decode(entry.bytes[...])) }
    }

    /// The fact at a place.
    public func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope {
        try FactCodec.decode(try rawFact(sequence)[...])
    }

    /// The bytes of a fact.
    public func rawFact(_ sequence: UInt64) throws(Fault) -> [UInt8] { try kept(sequence).bytes }

    /// The bytes of an attachment.
    public func attachment(_ name: String, of sequence: UInt64) throws(Fault) -> [UInt8] {
        let kept = try kept(sequence)
        guard let index = kept.references.firstIndex(where: { $0.name == name }) else {
            throw Fault("fact \(sequence) has no attachment '\(name)'")
        }
        return kept.attachments[index].bytes
    }

    private func kept(_ sequence: UInt64) throws(Fault) -> Kept {
        let entries = state.withLock { $0.entries }
        guard sequence >= 1, sequence <= UInt64(entries.count) else { throw Fault("the log has no fact \(sequence)") }
        return entries[Int(sequence) - 1]
    }
}

extension MemoryJournalStore: FactTree {
    /// The hashes of leaves and nodes.
    public var treeHashing: any TreeHashing { hashing.tree }

    /// The tree over all facts, computed anew.
    public var frontier: TreeFrontier {
        var frontier = TreeFrontier()
        for leaf in allLeaves { frontier.append(leaf, hashing.tree) }
        return frontier
    }

    /// The leaf of a fact.
    public func leaf(_ sequence: UInt64) throws(Fault) -> Digest32 {
        let bytes = try rawFact(sequence)
        return hashing.tree.leaf(bytes.span)
    }

    /// The leaves of facts, all at once.
    public func leaves(
        from first: UInt64, to last: UInt64, _ body: (ArraySlice<Digest32>) throws(Fault) -> Void
    ) throws(Fault) {
        let leaves = allLeaves
        guard first >= 1, first <= last, last <= UInt64(leaves.count) else {
            throw Fault("the log has no facts \(first) to \(last)")
        }
        try body(leaves[Int(first) - 1..<Int(last)])
    }

    /// The hash of a perfect subtree, computed anew.
    public func subtree(level: Int, index: UInt64) throws(Fault) -> Digest32 {
        let leaves = allLeaves
        guard (0..<63).contains(level), index < UInt64(leaves.count) >> UInt64(level) else {
            throw Fault("the tree has no subtree \(index) of level \(level)")
        }
        let begin = Int(index) << level
        var range = SubtreeRange()
        for leaf in leaves[begin..<begin + 1 << level] { range.append(leaf, hashing.tree) }
        return range.hashes[0]
    }

    private var allLeaves: [Digest32] {
        state.withLock { $0.entries }.map { entry in
            let bytes = entry.bytes
            return hashing.tree.leaf(bytes.span)
        }
    }
}

/// Entries of batches in memory, for tests of the engine. They are kept as bytes, as on a disk.
public final class MemoryRecordStore: RecordStore, Sendable {
    private let sealed = Mutex<[UInt64: [UInt8]]>([:])
    private let hashing: Hashing

    /// Makes an empty store.
    public init(hashing: Hashing = .plain) { self.hashing = hashing }

    /// Begins the entries of a batch.
    public func begin(batch: UInt64) throws(Fault) -> any PendingEntries {
        MemoryPendingEntries(store: self, batch: batch)
    }

    /// The entry at a location.
    public func entry(at location: RecordLocation) throws(Fault) -> RecordEntry {
        try Self.entry(location.record, in: bytes(location.batch))
    }

    /// Calls the closure with each entry of a batch in order.
    public func forEach(
        batch: UInt64, reference: EntriesReference, _ body: (RecordEntry) throws(Fault) -> Void
    ) throws(Fault) {
        let bytes = try bytes(batch)
        guard self.reference(bytes) == reference else {
            throw Fault("the entries of batch \(batch) are not those stated")
        }
        for record in 0..<reference.count { try body(Self.entry(UInt32(record) + 1, in: bytes)) }
    }

    fileprivate func keep(_ bytes: [UInt8], batch: UInt64) -> EntriesReference {
        sealed.withLock { $0[batch] = bytes }
        return reference(bytes)
    }

    fileprivate static func entry(_ record: UInt32, in bytes: [UInt8]) throws(Fault) -> RecordEntry {
        let size = RecordEntryCodec.size
        guard record >= 1, Int(record) * size <= bytes.count else { throw Fault("there is no entry \(record)") }
        return try RecordEntryCodec.decode(bytes[(Int(record) - 1) * size..<Int(record) * size])
    }

    private func bytes(_ batch: UInt64) throws(Fault) -> [UInt8] {
        guard let bytes = sealed.withLock({ $0[batch] }) else { throw Fault("there are no entries of batch \(batch)") }
        return bytes
    }

    private func reference(_ bytes: [UInt8]) -> EntriesReference {
        EntriesReference(count: Int64(bytes.count / RecordEntryCodec.size), digest: hashing.digest(bytes[...]))
    }
}

/// The entries of a batch in memory while it is judged.
final class MemoryPendingEntries: PendingEntries {
    private let store: MemoryRecordStore
    private let batch: UInt64
    private var bytes: [UInt8] = []
    private var isOpen = true

    init(store: MemoryRecordStore, batch: UInt64) {
        self.store = store
        self.batch = batch
    }

    func append(_ entry: RecordEntry) throws(Fault) {
        guard isOpen else { throw Fault("the entries of batch \(batch) are sealed") }
        guard Int(entry.record) == bytes.count / RecordEntryCodec.size + 1 else {
            throw Fault("entry \(entry.record) does not follow on \(bytes.count / RecordEntryCodec.size)")
        }
        RecordEntryCodec.append(entry, to: &bytes)
    }

    func entry(_ record: UInt32) throws(Fault) -> RecordEntry { try MemoryRecordStore.entry(record, in: bytes) }

    func seal() throws(Fault) -> EntriesReference {
        guard isOpen else { throw Fault("the entries of batch \(batch) are sealed") }
        isOpen = false
        return store.keep(bytes, batch: batch)
    }

    func discard() {
        isOpen = false
        bytes = []
    }
}
