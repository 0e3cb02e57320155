public import Journal
public import Primitives

extension SegmentLog {
    /// Calls the closure with every fact in order, from a sequence number on. Each one's place in the hash chain is
    /// checked before it is handed out; attachments are not read.
    ///
    /// - Throws: `Fault` that names segment, offset and number of the first entry that is not as it was written.
    public func replay(from sequence: UInt64, _ body: (FactEnvelope) throws(Fault) -> Void) throws(Fault) {
        let last = lastSequence
        var next = max(sequence, 1)
        guard next <= last else { return }
        var previous = next == 1 ? Digest32.zero : try entry(next - 1).chain
        var place = try place(of: next)
        var (segment, reader) = (place.segment, try SegmentReader(place.file))
        while next <= last {
            place = try self.place(of: next)
            if segment != place.segment { (segment, reader) = (place.segment, try SegmentReader(place.file)) }
            let entry = try reader.found(
                at: place.offset, end: reader.size, sequence: next, hashing, deep: false
            ).entry
            guard entry.header.sequence == next, entry.header.previous == previous else {
                throw reader.damage(place.offset, next, "it does not follow on the hash of fact \(next - 1)")
            }
            try body(try decoded(entry, reader))
            previous = entry.chain
            next += 1
        }
    }

    /// The bytes of the fact at a place, as they were written: the leaf of the log.
    ///
    /// - Throws: `Fault` when the place does not exist or the bytes do not have their chain hash.
    public func rawFact(_ sequence: UInt64) throws(Fault) -> [UInt8] { try entry(sequence).fact }

    /// The fact at a place.
    ///
    /// - Throws: `Fault` when the place does not exist or the entry is damaged.
    public func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope {
        try FactCodec.decode(try entry(sequence).fact[...])
    }

    /// The chain hash of the entry at a place.
    ///
    /// - Throws: `Fault` when the place does not exist or the entry is damaged.
    public func chainHash(_ sequence: UInt64) throws(Fault) -> Digest32 { try entry(sequence).chain }

    /// The bytes of an attachment of the fact at a place.
    ///
    /// - Throws: `Fault` when the place or the name does not exist or the bytes do not have their digest.
    public func attachment(_ name: String, of sequence: UInt64) throws(Fault) -> [UInt8] {
        let place = try place(of: sequence)
        var reader = try SegmentReader(place.file)
        let entry = try reader.found(
            at: place.offset, end: reader.size, sequence: sequence, hashing, deep: false
        ).entry
        let references = try decoded(entry, reader).fact.attachments
        guard let index = references.firstIndex(where: { $0.name == name }) else {
            throw Fault("fact \(sequence) has no attachment '\(name)'")
        }
        var offset = place.offset + Int64(SegmentFormat.entryHeaderBytes) + entry.header.factBytes
        for _ in 0..<index {
            offset += 8 + (try reader.attachmentLength(at: offset, end: reader.size, place.offset, sequence))
        }
        let length = try reader.attachmentLength(at: offset, end: reader.size, place.offset, sequence)
        guard length == Int64(references[index].length) else {
            throw reader.damage(place.offset, sequence, "attachment '\(name)' does not have its length")
        }
        let bytes = Array(try reader.bytes(at: offset + 8, count: Int(length)))
        guard hashing.digest(bytes[...]) == references[index].digest else {
            throw reader.damage(place.offset, sequence, "attachment '\(name)' does not have its digest")
        }
        return bytes
    }

    func entry(_ sequence: UInt64) throws(Fault) -> FoundEntry {
        let place = try place(of: sequence)
        var reader = try SegmentReader(place.file)
        let entry = try reader.found(
            at: place.offset, end: reader.size, sequence: sequence, hashing, deep: false
        ).entry
        guard entry.header.sequence == sequence else {
            throw reader.damage(place.offset, sequence, "fact \(entry.header.sequence) stands in its place")
        }
        return entry
    }

    private func decoded(_ entry: FoundEntry, _ reader: SegmentReader) throws(Fault) -> FactEnvelope {
        do throws(Fault) { return try FactCodec.decode(entry.fact[...]) } catch {
            throw reader.damage(entry.offset, entry.header.sequence, error.description)
        }
    }
}

/// What `SegmentLog.verifyAll` went through.
public struct LogVerification: Hashable, Sendable {
    /// Facts, all decoded and compared with the hash chain.
    public var facts: UInt64 = 0
    /// Segment files.
    public var segments = 0
    /// Their bytes.
    public var bytes: Int64 = 0
    /// The chain hash of the last fact.
    public var head = Digest32.zero
}

extension SegmentLog {
    /// Reads every byte of the log and compares it with every check there is: headers, commit records, hash chain,
    /// facts, attachments, and the tree as far as it is kept. Appends may go on meanwhile; what they add is not read.
    ///
    /// - Throws: `Fault` that names the first thing that is not as it was written.
    public func verifyAll() throws(Fault) -> LogVerification {
        let last = lastSequence
        var found = LogVerification()
        var position = LogPosition()
        var comparison = TreeComparison(tree, upTo: last)
        for number in try Self.segmentNumbers(files, directory) where position.sequence < last {
            let path = "\(directory)/\(SegmentFormat.fileName(number))"
            var reader = try SegmentReader(try orFault(try files.open(path, .read)))
            var offset = try reader.segmentHeader(number, after: position)
            while position.sequence < last {
                guard
                    case .whole(let group, let places, let leaves) = try reader.scan(
                        at: offset, &position, deep: true, hashing)
                else { break }
                try compare(places, number, endingWith: position.sequence)
                offset += group.length
                for leaf in leaves { try comparison.add(leaf) }
            }
            found.segments += 1
            found.bytes += offset
            guard offset == reader.size || position.sequence == last else {
                throw reader.damage(offset, position.sequence + 1, "its group is cut short or lacks a part")
            }
        }
        guard position.sequence == last else {
            throw Fault("\(directory): facts \(position.sequence + 1) to \(last) are missing")
        }
        try comparison.finish()
        (found.facts, found.head) = (last, position.head)
        return found
    }

    /// Compares where facts stand with where the segment's index says that they stand.
    private func compare(_ places: [Int64], _ number: UInt32, endingWith last: UInt64) throws(Fault) {
        for (index, offset) in places.enumerated() {
            let sequence = last - UInt64(places.count - 1 - index)
            guard sequence <= lastSequence else { return }
            let known = try place(of: sequence)
            guard known.segment == number, known.offset == offset else {
                throw Fault(
                    "\(directory)/\(SegmentIndex.fileName(number)): it says that fact \(sequence) stands elsewhere: "
                        + "remove it, it is made again")
            }
        }
    }
}
