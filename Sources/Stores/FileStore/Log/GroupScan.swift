import Primitives

/// What stands in a segment where a group may begin.
enum GroupScan {
    /// Nothing: the segment ends here.
    case end
    /// A group as it was written, with the places and the leaves of its entries.
    case whole(GroupHeader, places: [Int64], leaves: [Digest32])
    /// The rest of an append that power or process did not live to complete.
    case torn(String)
}

extension SegmentReader {
    /// Judges what stands at an offset.
    ///
    /// A group whose append never returned can be cut short, or lack units of the disk, which then read as zeros; what
    /// is there of it is as it was written. So a group is **torn** when the segment ends before it does, or when a
    /// unit of it is zero that is not so by content, and nothing follows it. Everything else is damage: above all a
    /// complete group with a wrong digest. What this rule cannot tell from a torn group is the last group of the log
    /// when it was cut or lost a whole unit *after* it had become durable; the hint beside the log (`HeadHint`), and
    /// beyond it the receipts that left the house, are there for that.
    ///
    /// - Parameters:
    ///   - position: The last entry before the offset; after a whole group, its last.
    ///   - deep: Whether facts and attachments are compared too.
    /// - Throws: `Fault` that names the first thing damaged.
    mutating func scan(
        at offset: Int64, _ position: inout LogPosition, deep: Bool, _ hashing: Hashing
    ) throws(Fault) -> GroupScan {
        let rest = size - offset
        guard rest > 0 else { return .end }
        let next = position.sequence + 1
        guard rest >= Int64(SegmentFormat.groupHeaderBytes) else { return .torn("its header is cut short") }
        guard let group = GroupHeader(try bytes(at: offset, count: SegmentFormat.groupHeaderBytes)) else {
            guard try hasLostHeader(at: offset, bytes: SegmentFormat.groupHeaderBytes) else {
                throw damage(offset, next, "the header of its group is not one")
            }
            try refuseLaterGroup(after: offset, position.sequence)
            return .torn("its header is lost")
        }
        guard group.firstSequence == next else {
            throw damage(offset, next, "a group that begins with fact \(group.firstSequence) stands in its place")
        }
        guard group.length <= rest else { return .torn("it is cut short") }
        guard try isCommitted(group, at: offset, hashing) else {
            if group.length == rest, try isTorn(group, at: offset) { return .torn("a part of it is lost") }
            var start = position
            try walk(group, at: offset, &start, deep: true, hashing) { (_) throws(Fault) in }
            throw damage(offset, next, "the commit record of its group, facts to \(start.sequence), is wrong")
        }
        var (places, leaves) = ([Int64](), [Digest32]())
        try walk(group, at: offset, &position, deep: deep, hashing) { (entry) throws(Fault) in
            places.append(entry.offset)
            leaves.append(entry.leaf)
        }
        return .whole(group, places: places, leaves: leaves)
    }

    /// Whether a unit that a header touches is zero from the header's first byte on.
    mutating func hasLostHeader(at offset: Int64, bytes: Int) throws(Fault) -> Bool {
        try hasLostUnit(from: offset, to: min(size, ZeroUnits.firstWholeUnit(offset + Int64(bytes))))
    }

    private mutating func isCommitted(
        _ group: GroupHeader, at offset: Int64, _ hashing: Hashing
    ) throws(Fault) -> Bool {
        let commit = offset + group.length - Int64(SegmentFormat.commitBytes)
        let record = Array(try bytes(at: commit, count: SegmentFormat.commitBytes))
        guard record.starts(with: SegmentFormat.commitMagic), record.suffix(4) == SegmentFormat.endMagic[...] else {
            return false
        }
        return try digest(from: offset, to: commit, hashing).bytes[...] == record[8..<40]
    }

    private mutating func isTorn(_ group: GroupHeader, at offset: Int64) throws(Fault) -> Bool {
        let (list, end) = (offset + group.bodyEnd, offset + group.length)
        if try hasLostUnit(from: list, to: end) { return true }
        let count = Int(end - list) - SegmentFormat.commitBytes
        guard let natural = ZeroUnits(list: try bytes(at: list, count: count)) else { return false }
        let indexes = Set(natural.indexes)
        return try hasLostUnit(from: offset, to: end) { indexes.contains($0) }
    }

    /// Looks for a header of a group of later facts behind an offset: then what stands at the offset was durable.
    mutating func refuseLaterGroup(after offset: Int64, _ sequence: UInt64) throws(Fault) {
        let bytesOfHeader = Int64(SegmentFormat.groupHeaderBytes)
        var place = offset + 1
        while place + bytesOfHeader <= size {
            let count = Int(min(1 << 16, size - place))
            let window = Array(try bytes(at: place, count: count))
            for index in 0...(count - Int(bytesOfHeader)) where window[index] == SegmentFormat.groupMagic[0] {
                let header = GroupHeader(window[index..<index + Int(bytesOfHeader)])
                if let header, header.firstSequence > sequence + 1 {
                    let later = place + Int64(index)
                    throw damage(offset, sequence + 1, "its group is lost, but a later one stands at byte \(later)")
                }
            }
            place += Int64(count) - bytesOfHeader + 1
        }
    }
}
