import Primitives

/// The layout of segment files. All integers are least significant byte first.
///
/// A segment is a header and then groups, one for each append. A group is a header, its entries, the list of its
/// natural zero units, and a commit record. `Specs/data-directory.md` has the tables.
///
/// | part | bytes |
/// | --- | --- |
/// | segment header | `COALSEG1`, version 4, number 4, first sequence 8, previous chain hash 32, zeros 4, CRC-32 4 |
/// | group header | `COALGRP1`, version 4, entries 4, length of the group 8, first sequence 8, zero units 4, CRC-32 4 |
/// | entry | `ENTR`, attachments 4, sequence 8, time 8, length of the fact 8, previous chain hash 32 |
/// | | the fact's bytes; for each attachment length 8 and bytes; the entry's chain hash 32 |
/// | zero units | five bytes each, high bit set; the list's CRC-32 likewise, unless the list is empty |
/// | commit | `COMMIT!` and a line feed, SHA-256 of the group before this record, `END` and a line feed |
///
/// Every part of a group begins and ends with a byte that is not zero. So a unit of the disk that holds a part of a
/// group and is all zero either lies within the entries, and then its group lists it, or it was lost.
enum SegmentFormat {
    static let version: UInt32 = 1
    static let segmentMagic = Array("COALSEG1".utf8)
    static let groupMagic = Array("COALGRP1".utf8)
    static let entryMagic = Array("ENTR".utf8)
    static let commitMagic = Array("COMMIT!\n".utf8)
    static let endMagic = Array("END\n".utf8)

    static let segmentHeaderBytes = 64
    static let groupHeaderBytes = 40
    static let entryHeaderBytes = 64
    static let commitBytes = 44
    /// What a disk writes or loses as a whole. Larger pages are several of them.
    static let unitBytes: Int64 = 512
    /// Bytes of a number whose every byte has the high bit set.
    static let dense32Bytes = 5

    /// Bytes of the list of zero units.
    static func zeroListBytes(_ count: Int) -> Int { count == 0 ? 0 : (count + 1) * dense32Bytes }

    /// A file's name within the log's folder.
    static func fileName(_ number: UInt32) -> String { Padding.zeros(Int(number), 8) + ".seg" }

    /// The number of a segment file; nil for other names.
    static func number(_ fileName: String) -> UInt32? {
        guard fileName.utf8.count == 12, fileName.hasSuffix(".seg"), let number = UInt32(fileName.prefix(8)) else {
            return nil
        }
        return number > 0 && self.fileName(number) == fileName ? number : nil
    }
}

/// The first bytes of a segment.
struct SegmentHeader: Hashable {
    var number: UInt32
    var firstSequence: UInt64
    var previous: Digest32

    var bytes: [UInt8] {
        var out = SegmentFormat.segmentMagic
        out.appendLE(SegmentFormat.version)
        out.appendLE(number)
        out.appendLE(firstSequence)
        out += previous.bytes
        out.appendLE(UInt32(0))
        out.appendLE(CRC32.checksum(out[...]))
        return out
    }

    init(number: UInt32, firstSequence: UInt64, previous: Digest32) {
        self.number = number
        self.firstSequence = firstSequence
        self.previous = previous
    }

    /// Reads 64 bytes; nil when they are not a header of the known version.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard FieldReader.isChecked(bytes), bytes.starts(with: SegmentFormat.segmentMagic) else { return nil }
        var reader = FieldReader(bytes.dropFirst(8))
        guard reader.u32() == SegmentFormat.version else { return nil }
        self.init(number: reader.u32(), firstSequence: reader.u64(), previous: reader.digest())
        guard reader.u32() == 0 else { return nil }
    }
}

/// The first bytes of a group.
struct GroupHeader: Hashable {
    var entries: UInt32
    var length: Int64
    var firstSequence: UInt64
    var zeroUnits: UInt32

    var bytes: [UInt8] {
        var out = SegmentFormat.groupMagic
        out.appendLE(SegmentFormat.version)
        out.appendLE(entries)
        out.appendLE(length)
        out.appendLE(firstSequence)
        out.appendLE(zeroUnits)
        out.appendLE(CRC32.checksum(out[...]))
        return out
    }

    init(entries: UInt32, length: Int64, firstSequence: UInt64, zeroUnits: UInt32) {
        self.entries = entries
        self.length = length
        self.firstSequence = firstSequence
        self.zeroUnits = zeroUnits
    }

    /// Reads 40 bytes; nil when they are not a header of the known version with possible lengths.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard FieldReader.isChecked(bytes), bytes.starts(with: SegmentFormat.groupMagic) else { return nil }
        var reader = FieldReader(bytes.dropFirst(8))
        guard reader.u32() == SegmentFormat.version else { return nil }
        self.init(entries: reader.u32(), length: reader.i64(), firstSequence: reader.u64(), zeroUnits: reader.u32())
        guard entries > 0, length > 0, length < 1 << 48, bodyEnd > Int64(SegmentFormat.groupHeaderBytes) else {
            return nil
        }
    }

    /// Where the entries end and the list of zero units begins, counted from the group's first byte.
    var bodyEnd: Int64 { length - Int64(SegmentFormat.commitBytes + SegmentFormat.zeroListBytes(Int(zeroUnits))) }
}

/// The first bytes of an entry.
struct EntryHeader: Hashable {
    var attachments: UInt32
    var sequence: UInt64
    var time: Timestamp
    var factBytes: Int64
    var previous: Digest32

    var bytes: [UInt8] {
        var out = SegmentFormat.entryMagic
        out.appendLE(attachments)
        out.appendLE(sequence)
        out.appendLE(time.milliseconds)
        out.appendLE(factBytes)
        out += previous.bytes
        return out
    }

    init(attachments: UInt32, sequence: UInt64, time: Timestamp, factBytes: Int64, previous: Digest32) {
        self.attachments = attachments
        self.sequence = sequence
        self.time = time
        self.factBytes = factBytes
        self.previous = previous
    }

    /// Reads 64 bytes; nil when they are not a header.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == SegmentFormat.entryHeaderBytes, bytes.starts(with: SegmentFormat.entryMagic) else {
            return nil
        }
        var reader = FieldReader(bytes.dropFirst(4))
        self.init(
            attachments: reader.u32(), sequence: reader.u64(), time: Timestamp(milliseconds: reader.i64()),
            factBytes: reader.i64(), previous: reader.digest())
        guard factBytes > 0 else { return nil }
    }
}

/// The units of a group that are zero because its content is, so that any other zero unit is known to be lost.
struct ZeroUnits: Hashable {
    /// Indexes of units, counted from the one in which the group begins.
    var indexes: [UInt32]

    /// Finds the units that lie whole within the entries of a group and are all zero.
    ///
    /// - Parameters:
    ///   - group: Header and entries of the group.
    ///   - offset: Where the group begins in its segment.
    init(in group: ArraySlice<UInt8>, at offset: Int64) {
        indexes = []
        var position = Self.firstWholeUnit(offset)
        while position + SegmentFormat.unitBytes <= offset + Int64(group.count) {
            let start = group.startIndex + Int(position - offset)
            if group[start..<start + Int(SegmentFormat.unitBytes)].allSatisfy({ $0 == 0 }) {
                indexes.append(Self.index(of: position, from: offset))
            }
            position += SegmentFormat.unitBytes
        }
    }

    /// Reads a list with its check sum; nil when it is damaged.
    init?(list: ArraySlice<UInt8>) {
        indexes = []
        guard !list.isEmpty else { return }
        var numbers: [UInt32] = []
        for start in stride(from: list.startIndex, to: list.endIndex, by: SegmentFormat.dense32Bytes) {
            guard let number = Self.number(list[start..<start + SegmentFormat.dense32Bytes]) else { return nil }
            numbers.append(number)
        }
        guard let check = numbers.popLast(), check == Self.check(numbers) else { return nil }
        indexes = numbers
    }

    /// The list with its check sum; no bytes for an empty list.
    var bytes: [UInt8] {
        indexes.isEmpty ? [] : (indexes + [Self.check(indexes)]).flatMap { Self.dense($0) }
    }

    static func firstWholeUnit(_ offset: Int64) -> Int64 {
        (offset + SegmentFormat.unitBytes - 1) / SegmentFormat.unitBytes * SegmentFormat.unitBytes
    }

    static func index(of position: Int64, from offset: Int64) -> UInt32 {
        UInt32(position / SegmentFormat.unitBytes - offset / SegmentFormat.unitBytes)
    }

    private static func check(_ numbers: [UInt32]) -> UInt32 { CRC32.checksum(numbers.flatMap { dense($0) }[...]) }

    // No byte of a dense number is zero, so that a unit that holds a part of the list is never zero by nature.
    private static func dense(_ number: UInt32) -> [UInt8] {
        (0..<5).map { UInt8(truncatingIfNeeded: number >> UInt32(7 * $0)) | 0x80 }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt64 = 0
        for (place, byte) in bytes.enumerated() {
            guard byte & 0x80 != 0 else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
        }
        return UInt32(exactly: value)
    }
}

extension FieldReader {
    /// Whether the last four bytes are the CRC-32 of those before them.
    static func isChecked(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count > 4 && CRC32.checksum(bytes.dropLast(4)) == last32(bytes)
    }
}
