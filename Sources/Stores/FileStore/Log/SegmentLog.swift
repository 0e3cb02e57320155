public import Journal
public import Primitives
import Synchronization

/// The log of facts in segment files of one folder: the only commit point.
///
/// An append is one write and one `fdatasync`; its entries are durable together or, after a crash, not there together.
/// After a write or sync that failed the log takes no more facts, because nobody knows what the disk kept: only a new
/// start can tell. Reading goes on. Several tasks may use a log at once; appends wait for one another.
///
/// `Specs/data-directory.md` has the bytes, `SegmentReader.scan` the rule by which a torn append is told from damage.
public final class SegmentLog: JournalStore, Sendable {
    /// How a log is opened.
    public struct Options: Hashable, Sendable {
        /// The size at which a new segment begins.
        public var segmentBytes: Int64 = 256 << 20
        /// Whether nothing may be written: a torn end is reported and left as it is, and appends are refused.
        public var isReadOnly = false
        /// The folder where the hashes of the log's tree are kept; nil keeps them in memory, for tests and short logs.
        public var treeFolder: String?

        /// The defaults.
        public init() {}
    }

    let files: any FileSystem
    let directory: String
    let hashing: Hashing
    let options: Options

    /// What had to be repaired when the log was opened.
    public let recovery: LogRecovery

    /// The hashes of the tree over all facts.
    let tree: LogTree

    /// What readers see: only what is durable.
    struct Published {
        var places: [UInt64] = []
        var head = Digest32.zero
        var segments: [UInt32: any OpenFile] = [:]
    }

    /// What the next append needs.
    struct Writer {
        var position = LogPosition()
        /// The segment that is written to; nil when the next append begins one.
        var segment: OpenSegment?
        /// Segments that exist.
        var count: UInt32 = 0
        var hint: (any OpenFile)?
        var failure: Fault?
    }

    /// The segment that is written to.
    struct OpenSegment {
        var header: SegmentHeader
        var file: any OpenFile
        var size: Int64
        var places: [Int64]
    }

    private let writer: Mutex<Writer>
    private let published: Mutex<Published>

    init(
        files: any FileSystem, directory: String, hashing: Hashing, options: Options, recovery: LogRecovery,
        tree: LogTree, writer: sending Writer, published: sending Published
    ) {
        self.files = files
        self.directory = directory
        self.hashing = hashing
        self.options = options
        self.recovery = recovery
        self.tree = tree
        self.writer = Mutex(writer)
        self.published = Mutex(published)
    }

    /// The sequence number of the last durable fact; 0 for an empty log.
    public var lastSequence: UInt64 { published.withLock { UInt64($0.places.count) } }

    /// The head of the hash chain; zero for an empty log.
    public var head: Digest32 { published.withLock { $0.head } }

    /// Appends facts with their attachments: one write, one sync, all or none of them after a crash.
    ///
    /// - Throws: `Fault` when an entry is not the next one or brings other attachments than its fact names; nothing was
    ///   written then. `Fault` also when they could not be made durable; the log then takes no more facts.
    public func append(_ entries: [JournalEntry]) throws(Fault) {
        guard !entries.isEmpty else { return }
        try writer.withLock { (writer) throws(Fault) in
            if let failure = writer.failure {
                throw Fault("the log takes no more facts since: \(failure)")
            }
            guard !options.isReadOnly else { throw Fault("\(directory): the log is open for reading only") }
            let draft = try GroupDraft(entries, after: writer.position, hashing)
            do throws(FileError) {
                try write(draft, &writer)
            } catch {
                writer.failure = error.fault
                throw error.fault
            }
            if let hint = writer.hint {
                // The hint speeds nothing up and orders nothing: when it cannot be written it stays as it was.
                _ = try? hint.write(HeadHint(sequence: draft.last.sequence, head: draft.last.head).bytes[...], at: 0)
            }
        }
    }

    private func write(_ draft: GroupDraft, _ writer: inout Writer) throws(FileError) {
        if let segment = writer.segment, segment.size + draft.minimumBytes > options.segmentBytes,
            !segment.places.isEmpty
        {
            finish(segment, writer.position)
            writer.segment = nil
        }
        let isNew = writer.segment == nil
        var segment = if let current = writer.segment { current } else { try beginSegment(writer) }
        let offset = isNew ? Int64(SegmentFormat.segmentHeaderBytes) : segment.size
        let group = draft.bytes(at: offset, hashing)
        try segment.file.write(((isNew ? segment.header.bytes : []) + group.bytes)[...], at: segment.size)
        try segment.file.sync()
        if isNew { try files.syncDirectory(directory) }
        segment.size = offset + Int64(group.bytes.count)
        segment.places += group.places
        writer.count = segment.header.number
        writer.segment = segment
        writer.position = draft.last
        // Before readers see the facts, so that the tree reaches as far as the log for all of them.
        tree.append(draft.leaves, after: draft.last.sequence - UInt64(draft.leaves.count))
        published.withLock { published in
            published.places += group.places.map { Self.pack(segment.header.number, $0) }
            published.head = draft.last.head
            published.segments[segment.header.number] = segment.file
        }
    }

    private func beginSegment(_ writer: Writer) throws(FileError) -> OpenSegment {
        let header = SegmentHeader(
            number: writer.count + 1, firstSequence: writer.position.sequence + 1, previous: writer.position.head)
        let file = try files.open("\(directory)/\(SegmentFormat.fileName(header.number))", .create)
        return OpenSegment(header: header, file: file, size: 0, places: [])
    }

    /// Makes the tree durable as far as a finished segment, and notes the segment's places. Both are made anew at the
    /// next start if this fails.
    private func finish(_ segment: OpenSegment, _ last: LogPosition) {
        tree.keep(head: last.head)
        let index = SegmentIndex(header: segment.header, size: segment.size, last: last, places: segment.places)
        try? Self.keep(index, files, directory, hashing)
    }

    static func keep(
        _ index: SegmentIndex, _ files: any FileSystem, _ directory: String, _ hashing: Hashing
    ) throws(FileError) {
        let file = try files.openOrCreate("\(directory)/\(SegmentIndex.fileName(index.header.number))")
        let bytes = index.bytes(hashing)
        try file.write(bytes[...], at: 0)
        try file.truncate(to: Int64(bytes.count))
    }

    /// What of the log is durable now, for a copy of it while appends go on: of each file so many first bytes.
    ///
    /// Entries of batches, originals and keys that these facts name are durable too, and never change.
    ///
    /// - Throws: `Fault` when a segment's length cannot be asked.
    public func extent() throws(Fault) -> LogExtent {
        try writer.withLock { (writer) throws(Fault) in
            var extent = LogExtent(facts: writer.position.sequence, head: writer.position.head, segments: [])
            for number in 1..<writer.count + 1 {
                let name = SegmentFormat.fileName(number)
                if let segment = writer.segment, segment.header.number == number {
                    extent.segments.append(LogExtent.Segment(name: name, bytes: segment.size))
                } else {
                    let file = try orFault(try files.open("\(directory)/\(name)", .read))
                    extent.segments.append(LogExtent.Segment(name: name, bytes: try orFault(try file.size())))
                }
            }
            return extent
        }
    }

    /// Segment number and offset in one word, so that the places of ten million facts fit in 80 MB.
    static func pack(_ segment: UInt32, _ offset: Int64) -> UInt64 { UInt64(segment) << 40 | UInt64(offset) }
    static func unpack(_ place: UInt64) -> (segment: UInt32, offset: Int64) {
        (UInt32(place >> 40), Int64(place & 0xFF_FFFF_FFFF))
    }

    /// The file and offset of an entry.
    ///
    /// - Throws: `Fault` when the log does not reach so far, or the file cannot be opened.
    func place(of sequence: UInt64) throws(Fault) -> (file: any OpenFile, segment: UInt32, offset: Int64) {
        let (place, known) = published.withLock { published -> (UInt64?, (any OpenFile)?) in
            guard sequence >= 1, sequence <= UInt64(published.places.count) else { return (nil, nil) }
            let place = published.places[Int(sequence) - 1]
            return (place, published.segments[Self.unpack(place).segment])
        }
        guard let place else { throw Fault("\(directory): the log has no fact \(sequence)") }
        let (segment, offset) = Self.unpack(place)
        if let known { return (known, segment, offset) }
        let file = try orFault(try files.open("\(directory)/\(SegmentFormat.fileName(segment))", .read))
        published.withLock { $0.segments[segment] = file }
        return (file, segment, offset)
    }
}

/// How far a log reaches, in facts and in bytes.
public struct LogExtent: Hashable, Sendable {
    /// A segment file within the log's folder.
    public struct Segment: Hashable, Sendable {
        /// The file's name.
        public var name: String
        /// How many of its first bytes belong to the extent.
        public var bytes: Int64
    }

    /// Facts.
    public var facts: UInt64
    /// The chain hash of the last one.
    public var head: Digest32
    /// Segments in order; the log's other files are left out of a copy.
    public var segments: [Segment]
}

/// A group before it is known where it will stand.
struct GroupDraft {
    /// The group's last entry.
    let last: LogPosition
    /// The leaves of its facts.
    let leaves: [Digest32]
    private let firstSequence: UInt64
    private let entries: [[UInt8]]

    /// Checks entries and makes their bytes.
    init(_ added: [JournalEntry], after position: LogPosition, _ hashing: Hashing) throws(Fault) {
        var (last, entries, leaves) = (position, [[UInt8]](), [Digest32]())
        for entry in added {
            let envelope = entry.envelope
            try JournalRules.check(entry, next: last.sequence + 1, notBefore: last.time, hashing: hashing)
            let fact = try FactCodec.encode(envelope)
            let header = EntryHeader(
                attachments: UInt32(entry.attachments.count), sequence: envelope.sequence, time: envelope.time,
                factBytes: Int64(fact.count), previous: last.head)
            let leaf = hashing.tree.leaf(fact.span)
            let chain = HashChain.next(after: last.head, leaf: leaf, hashing.digest)
            var bytes = header.bytes + fact
            for attachment in entry.attachments {
                bytes.appendLE(Int64(attachment.bytes.count))
                bytes += attachment.bytes
            }
            entries.append(bytes + chain.bytes)
            leaves.append(leaf)
            last = LogPosition(sequence: envelope.sequence, head: chain, time: envelope.time)
        }
        self.last = last
        self.leaves = leaves
        self.entries = entries
        firstSequence = position.sequence + 1
    }

    /// Bytes of the group when it lists no zero units.
    var minimumBytes: Int64 {
        Int64(SegmentFormat.groupHeaderBytes + SegmentFormat.commitBytes + entries.reduce(0) { $0 + $1.count })
    }

    /// The group's bytes at an offset of its segment, and the places of its entries.
    func bytes(at offset: Int64, _ hashing: Hashing) -> (bytes: [UInt8], places: [Int64]) {
        var header = GroupHeader(
            entries: UInt32(entries.count), length: minimumBytes, firstSequence: firstSequence, zeroUnits: 0)
        var out = header.bytes
        out.reserveCapacity(Int(minimumBytes))
        var places: [Int64] = []
        for entry in entries {
            places.append(offset + Int64(out.count))
            out += entry
        }
        let zeros = ZeroUnits(in: out[...], at: offset)
        if !zeros.indexes.isEmpty {
            header.zeroUnits = UInt32(zeros.indexes.count)
            header.length += Int64(zeros.bytes.count)
            out.replaceSubrange(0..<SegmentFormat.groupHeaderBytes, with: header.bytes)
            out += zeros.bytes
        }
        let digest = hashing.digest(out[...])
        out += SegmentFormat.commitMagic + digest.bytes + SegmentFormat.endMagic
        return (out, places)
    }
}
