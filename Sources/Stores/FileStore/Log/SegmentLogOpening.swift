public import Primitives

/// What had to be repaired when a log was opened.
public struct LogRecovery: Hashable, Sendable {
    /// An append that had not returned when power or process ended, and was taken away whole.
    public struct TornEnd: Hashable, Sendable {
        /// The segment file.
        public var segment: String
        /// Where its remains began.
        public var offset: Int64
        /// How many bytes there were of it.
        public var bytes: Int64
        /// The number that its first fact would have had.
        public var sequence: UInt64
        /// How it was recognised.
        public var reason: String
    }

    /// The torn end; nil when the log ended with a whole append.
    public var tornEnd: TornEnd?
    /// Whether the hint beside the log was there and readable.
    public var hadHint = false

    /// Makes the report of a log that needed nothing.
    public init() {}
}

extension SegmentLog {
    /// Opens the log in a folder, which must exist; an empty folder is an empty log.
    ///
    /// The last segment is read and checked in full, the others by their length and the hashes that link them: `replay`
    /// checks their facts, `verifyAll` everything. A torn end is taken away and reported. Then the last append is
    /// written once more over itself and synced: after a failed sync the system may show bytes that the disk lacks.
    ///
    /// - Throws: `Fault` that names segment, offset and fact when anything else is not as it was written.
    public static func open(
        _ directory: String, files: any FileSystem, hashing: Hashing, options: Options = Options()
    ) throws(Fault) -> SegmentLog {
        var opening = LogOpening(directory: directory, files: files, hashing: hashing, options: options)
        try opening.read()
        let tree = LogTree(options.treeFolder, files: files, hashing: hashing.tree, isReadOnly: options.isReadOnly)
        let log = SegmentLog(
            files: files, directory: directory, hashing: hashing, options: options, recovery: opening.recovery,
            tree: tree, writer: opening.writer, published: opening.published)
        // Who only reads, or keeps no files of the tree, makes what is missing of it when it is asked for.
        if tree.isWritten { try log.completeTree(opening.recent) }
        return log
    }

    /// The numbers of the segments in a folder: 1 and up.
    ///
    /// - Throws: `Fault` when one is missing.
    static func segmentNumbers(_ files: any FileSystem, _ directory: String) throws(Fault) -> [UInt32] {
        let numbers = try orFault(try files.list(directory)).compactMap { SegmentFormat.number($0) }
        for (index, number) in numbers.enumerated() where number != UInt32(index) + 1 {
            throw Fault("\(directory)/\(SegmentFormat.fileName(UInt32(index) + 1)): the segment is missing")
        }
        return numbers
    }
}

extension SegmentReader {
    /// Checks a segment's header.
    ///
    /// - Returns: Where its first group begins.
    /// - Throws: `Fault` when it is not the segment that must follow.
    mutating func segmentHeader(_ number: UInt32, after position: LogPosition) throws(Fault) -> Int64 {
        let expected = SegmentHeader(
            number: number, firstSequence: position.sequence + 1, previous: position.head)
        guard size >= Int64(SegmentFormat.segmentHeaderBytes) else {
            throw damage(0, position.sequence + 1, "the segment's header is cut short")
        }
        guard let header = SegmentHeader(try bytes(at: 0, count: SegmentFormat.segmentHeaderBytes)) else {
            throw damage(0, position.sequence + 1, "the segment's header is not one")
        }
        guard header == expected else {
            throw damage(0, position.sequence + 1, "the segment does not follow on the one before it")
        }
        return Int64(SegmentFormat.segmentHeaderBytes)
    }
}

/// The work of opening a log.
struct LogOpening {
    let directory: String
    let files: any FileSystem
    let hashing: Hashing
    let options: SegmentLog.Options
    var recovery = LogRecovery()
    var writer = SegmentLog.Writer()
    var published = SegmentLog.Published()
    /// The leaves of the last segment, so that it is not read twice.
    var recent = RecentLeaves()

    init(directory: String, files: any FileSystem, hashing: Hashing, options: SegmentLog.Options) {
        self.directory = directory
        self.files = files
        self.hashing = hashing
        self.options = options
    }

    mutating func read() throws(Fault) {
        // Read before the log: one that another process writes meanwhile then has what the hint names.
        let hint = try orFault(try files.readWhole(path(HeadHint.fileName))).flatMap { HeadHint($0) }
        let numbers = try SegmentLog.segmentNumbers(files, directory)
        for number in numbers.dropLast() { try readFinished(number) }
        var lastGroup: Range<Int64>?
        if let last = numbers.last { lastGroup = try readLast(last) }
        published.head = writer.position.head
        if let hint { try compare(hint) }
        if !options.isReadOnly { try repair(lastGroup) }
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    private mutating func readFinished(_ number: UInt32) throws(Fault) {
        let file = try orFault(try files.open(path(SegmentFormat.fileName(number)), .read))
        var reader = try SegmentReader(file)
        let start = try reader.segmentHeader(number, after: writer.position)
        let stored = try orFault(try files.readWhole(path(SegmentIndex.fileName(number))))
        // An index of another length of the segment says nothing: reading the segment tells which of the two is wrong.
        if let index = stored.flatMap({ SegmentIndex($0, hashing) }), index.size == reader.size,
            index.header
                == SegmentHeader(
                    number: number, firstSequence: writer.position.sequence + 1, previous: writer.position.head),
            index.last.sequence == writer.position.sequence + UInt64(index.places.count)
        {
            publish(index.places, number, file)
            writer.position = index.last
        } else {
            try scanFinished(number, &reader, from: start)
        }
        writer.count = number
    }

    private mutating func scanFinished(
        _ number: UInt32, _ reader: inout SegmentReader, from start: Int64
    ) throws(Fault) {
        let header = SegmentHeader(
            number: number, firstSequence: writer.position.sequence + 1, previous: writer.position.head)
        var (offset, places) = (start, [Int64]())
        scanning: while true {
            switch try reader.scan(at: offset, &writer.position, deep: false, hashing) {
            case .end: break scanning
            case .whole(let group, let found, _):
                offset += group.length
                places += found
            case .torn(let reason):
                let next = writer.position.sequence + 1
                throw reader.damage(offset, next, "the group is not whole (\(reason)), but a later segment exists")
            }
        }
        publish(places, number, reader.file)
        if !options.isReadOnly {
            // Only saves time at the next start: when it cannot be kept, the segment is read again then.
            let index = SegmentIndex(header: header, size: offset, last: writer.position, places: places)
            try? SegmentLog.keep(index, files, directory, hashing)
        }
    }

    private mutating func publish(_ places: [Int64], _ number: UInt32, _ file: any OpenFile) {
        published.places += places.map { SegmentLog.pack(number, $0) }
        published.segments[number] = file
    }

    /// Reads the last segment, which alone may have a torn end.
    ///
    /// - Returns: The range of the last append.
    private mutating func readLast(_ number: UInt32) throws(Fault) -> Range<Int64>? {
        let access: FileAccess = options.isReadOnly ? .read : .write
        let file = try orFault(try files.open(path(SegmentFormat.fileName(number)), access))
        var reader = try SegmentReader(file)
        let headerBytes = Int64(SegmentFormat.segmentHeaderBytes)
        if reader.size < headerBytes {
            noteTorn(reader, 0, "the segment's header is cut short")
            return nil
        }
        let isHeader = SegmentHeader(try reader.bytes(at: 0, count: Int(headerBytes))) != nil
        if !isHeader, try reader.hasLostHeader(at: 0, bytes: Int(headerBytes)) {
            try reader.refuseLaterGroup(after: 0, writer.position.sequence)
            noteTorn(reader, 0, "the segment's header is lost")
            return nil
        }
        let header = SegmentHeader(
            number: number, firstSequence: writer.position.sequence + 1, previous: writer.position.head)
        var offset = try reader.segmentHeader(number, after: writer.position)
        recent.first = header.firstSequence
        var lastGroup: Range<Int64>?
        var all: [Int64] = []
        scanning: while true {
            switch try reader.scan(at: offset, &writer.position, deep: false, hashing) {
            case .end: break scanning
            case .whole(let group, let places, let leaves):
                lastGroup = (lastGroup == nil ? 0 : offset)..<offset + group.length
                offset += group.length
                all += places
                if !options.isReadOnly { recent.hashes += leaves }
            case .torn(let reason):
                noteTorn(reader, offset, reason)
                break scanning
            }
        }
        publish(all, number, file)
        writer.count = number
        writer.segment = SegmentLog.OpenSegment(header: header, file: file, size: offset, places: all)
        return lastGroup
    }

    private mutating func noteTorn(_ reader: SegmentReader, _ offset: Int64, _ reason: String) {
        recovery.tornEnd = LogRecovery.TornEnd(
            segment: reader.file.path, offset: offset, bytes: reader.size - offset,
            sequence: writer.position.sequence + 1, reason: reason)
    }

    private mutating func compare(_ hint: HeadHint) throws(Fault) {
        guard hint.sequence > 0 else { return }
        recovery.hadHint = true
        let last = writer.position.sequence
        guard hint.sequence <= last else {
            let place = recovery.tornEnd.map { "\($0.segment) at byte \($0.offset)" } ?? directory
            throw Fault("\(place): facts \(last + 1) to \(hint.sequence) were acknowledged and are not there")
        }
        let (segment, offset) = SegmentLog.unpack(published.places[Int(hint.sequence) - 1])
        guard let file = published.segments[segment] else { return }
        var reader = try SegmentReader(file)
        let entry = try reader.found(
            at: offset, end: reader.size, sequence: hint.sequence, hashing, deep: false
        ).entry
        guard entry.chain == hint.head else {
            throw reader.damage(offset, hint.sequence, "it is not the fact that was acknowledged")
        }
    }

    private mutating func repair(_ lastGroup: Range<Int64>?) throws(Fault) {
        if let torn = recovery.tornEnd, torn.offset == 0 {
            try orFault(try files.remove(torn.segment))
        } else if let segment = writer.segment {
            if recovery.tornEnd != nil { try orFault(try segment.file.truncate(to: segment.size)) }
            if let lastGroup { try rewrite(lastGroup, segment.file) }
            try orFault(try segment.file.sync())
        }
        try orFault(try files.syncDirectory(directory))
        writer.hint = try orFault(try files.openOrCreate(path(HeadHint.fileName)))
    }

    private func rewrite(_ range: Range<Int64>, _ file: any OpenFile) throws(Fault) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(1 << 20, range.upperBound - offset))
            let piece = try orFault(try file.read(at: offset, count: count))
            guard piece.count == count else { throw Fault("\(file.path) at byte \(offset): it became shorter") }
            try orFault(try file.write(piece[...], at: offset))
            offset += Int64(count)
        }
    }
}
