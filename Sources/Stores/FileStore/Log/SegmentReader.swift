import Journal
import Primitives

/// Reads a segment through a window, so that small neighbouring fields cost one call to the system.
struct SegmentReader {
    let file: any OpenFile
    let size: Int64
    private var window: [UInt8] = []
    private var windowStart: Int64 = 0
    private static let windowBytes = 1 << 16

    init(_ file: any OpenFile) throws(Fault) {
        self.file = file
        size = try orFault(try file.size())
    }

    /// So many bytes at an offset.
    ///
    /// - Throws: `Fault` when the file ends before.
    mutating func bytes(at offset: Int64, count: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard offset >= 0, count >= 0, Int64(count) <= size - offset else {
            throw Fault("\(file.path) at byte \(offset): it ends at byte \(size)")
        }
        if offset < windowStart || offset + Int64(count) > windowStart + Int64(window.count) {
            let wanted = min(Int64(max(count, Self.windowBytes)), size - offset)
            window = try orFault(try file.read(at: offset, count: Int(wanted)))
            windowStart = offset
            guard window.count >= count else { throw Fault("\(file.path) at byte \(offset): it became shorter") }
        }
        let start = Int(offset - windowStart)
        return window[start..<start + count]
    }

    /// The digest of a range.
    func digest(from start: Int64, to end: Int64, _ hashing: Hashing) throws(Fault) -> Digest32 {
        let running = hashing.begin()
        try orFault(try file.forEachPiece(from: start, to: end) { running.update($0) })
        return running.finish()
    }

    /// Whether the units of the disk that a range touches have a part in it that is all zero.
    ///
    /// - Parameter isNatural: Whether the unit with an index, counted from the range's first one, is zero by content.
    mutating func hasLostUnit(
        from start: Int64, to end: Int64, isNatural: (UInt32) -> Bool = { _ in false }
    ) throws(Fault) -> Bool {
        var position = start
        while position < end {
            let unitEnd = min(ZeroUnits.firstWholeUnit(position + 1), end)
            let piece = try bytes(at: position, count: Int(unitEnd - position))
            if piece.allSatisfy({ $0 == 0 }), !isNatural(ZeroUnits.index(of: position, from: start)) { return true }
            position = unitEnd
        }
        return false
    }
}

/// Where the log has been read to: the last entry's number, chain hash and time.
struct LogPosition: Hashable {
    var sequence: UInt64 = 0
    var head = Digest32.zero
    var time = Timestamp(milliseconds: .min)
}

/// An entry as it was found in a segment.
struct FoundEntry {
    let offset: Int64
    let header: EntryHeader
    let fact: [UInt8]
    let leaf: Digest32
    let chain: Digest32
}

extension SegmentReader {
    /// Walks through the entries of a group and checks their order and the hash chain.
    ///
    /// - Parameters:
    ///   - position: The entry before the group's first; afterwards its last.
    ///   - deep: Whether facts are decoded and attachments compared with the digests in them.
    /// - Throws: `Fault` that names the first entry that is not as it was written.
    mutating func walk(
        _ group: GroupHeader, at offset: Int64, _ position: inout LogPosition, deep: Bool, _ hashing: Hashing,
        _ body: (FoundEntry) throws(Fault) -> Void
    ) throws(Fault) {
        var place = offset + Int64(SegmentFormat.groupHeaderBytes)
        for _ in 0..<group.entries {
            let next = position.sequence + 1
            let end = offset + group.bodyEnd
            let (entry, after) = try found(at: place, end: end, sequence: next, hashing, deep: deep)
            guard entry.header.sequence == next, entry.header.time >= position.time else {
                throw damage(place, next, "its number or time does not follow on fact \(position.sequence)")
            }
            guard entry.header.previous == position.head else {
                throw damage(place, next, "it does not follow on the hash of fact \(position.sequence)")
            }
            position = LogPosition(sequence: next, head: entry.chain, time: entry.header.time)
            try body(entry)
            place = after
        }
        guard place == offset + group.bodyEnd else {
            throw damage(place, position.sequence, "its group is longer than its entries")
        }
    }

    /// Reads the entry at an offset and checks it against its own chain hash.
    ///
    /// - Returns: The entry, and where it ends.
    mutating func found(
        at place: Int64, end: Int64, sequence: UInt64, _ hashing: Hashing, deep: Bool
    ) throws(Fault) -> (entry: FoundEntry, after: Int64) {
        let fixed = Int64(SegmentFormat.entryHeaderBytes)
        guard end - place >= fixed,
            let header = EntryHeader(try bytes(at: place, count: SegmentFormat.entryHeaderBytes)),
            header.factBytes <= end - place - fixed
        else { throw damage(place, sequence, "its header is not one") }
        let fact = Array(try bytes(at: place + fixed, count: Int(header.factBytes)))
        let references = deep ? try decoded(fact, header, place, sequence).fact.attachments : nil
        var offset = place + fixed + header.factBytes
        if let references, references.count != Int(header.attachments) {
            throw damage(place, sequence, "it has other attachments than its fact names")
        }
        for index in 0..<Int(header.attachments) {
            let length = try attachmentLength(at: offset, end: end, place, sequence)
            if let reference = references?[index] {
                try check(reference, at: offset + 8, length: length, place, sequence, hashing)
            }
            offset += 8 + length
        }
        guard end - offset >= 32 else { throw damage(place, sequence, "it is longer than its group") }
        let leaf = hashing.tree.leaf(fact.span)
        let chain = HashChain.next(after: header.previous, leaf: leaf, hashing.digest)
        guard try bytes(at: offset, count: 32).elementsEqual(chain.bytes) else {
            throw damage(place, sequence, "its bytes do not have its chain hash")
        }
        return (FoundEntry(offset: place, header: header, fact: fact, leaf: leaf, chain: chain), offset + 32)
    }

    /// The length of the attachment whose length field stands at an offset.
    mutating func attachmentLength(
        at offset: Int64, end: Int64, _ place: Int64, _ sequence: UInt64
    ) throws(Fault) -> Int64 {
        guard end - offset >= 8 else { throw damage(place, sequence, "an attachment is longer than its group") }
        var reader = FieldReader(try bytes(at: offset, count: 8))
        let length = reader.i64()
        guard length >= 0, length <= end - offset - 8 else {
            throw damage(place, sequence, "an attachment is longer than its group")
        }
        return length
    }

    /// A fault that names segment, offset and fact.
    func damage(_ offset: Int64, _ sequence: UInt64, _ what: String) -> Fault {
        Fault("\(file.path) at byte \(offset), fact \(sequence): \(what)")
    }

    private func decoded(
        _ fact: [UInt8], _ header: EntryHeader, _ place: Int64, _ sequence: UInt64
    ) throws(Fault) -> FactEnvelope {
        let envelope: FactEnvelope
        do throws(Fault) { envelope = try FactCodec.decode(fact[...]) } catch {
            throw damage(place, sequence, error.description)
        }
        guard envelope.sequence == header.sequence, envelope.time == header.time else {
            throw damage(place, sequence, "number or time differ between fact and header")
        }
        return envelope
    }

    private func check(
        _ reference: AttachmentReference, at offset: Int64, length: Int64, _ place: Int64, _ sequence: UInt64,
        _ hashing: Hashing
    ) throws(Fault) {
        guard length == Int64(reference.length),
            try digest(from: offset, to: offset + length, hashing) == reference.digest
        else { throw damage(place, sequence, "attachment '\(reference.name)' does not have its digest") }
    }
}
