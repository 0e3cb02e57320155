public import Journal
public import Primitives

/// The bytes of a record's entry: 112, integers least significant byte first.
///
/// | offset | bytes | field |
/// | --- | --- | --- |
/// | 0 | 4 | record |
/// | 4 | 8 | offset in the original |
/// | 12 | 4 | length in the original |
/// | 16 | 1 | type: 0 for nil, else 1 and up in the order of `RecordType.allCases` |
/// | 17 | 1 | status: 1 and up in the order of `RecordStatus.allCases` |
/// | 18 | 1 | flags: 1 late, 2 carried over, 4 has a business date, 8 has an original |
/// | 19 | 1 | zero |
/// | 20 | 48 | identity, content, member: 16 bytes each, as in their digests |
/// | 68 | 4 | unit: three letters and a zero byte; zero for nil |
/// | 72 | 8 | units |
/// | 80 | 8 | points |
/// | 88 | 4 | business date, days since 1970 |
/// | 92 | 4 | line set |
/// | 96 | 8 | original: batch |
/// | 104 | 4 | original: record |
/// | 108 | 4 | CRC-32 of the bytes before it |
public enum RecordEntryCodec {
    /// Bytes of an entry.
    public static let size = 112
    private static let types = RecordType.allCases
    private static let statuses = RecordStatus.allCases

    /// Appends an entry's bytes.
    ///
    /// Its fields are put together in 14 words: from the identity to the unit they stand half a word behind.
    public static func append(_ entry: RecordEntry, to out: inout [UInt8]) {
        var flags: UInt64 = 0
        if entry.isLate { flags |= 1 }
        if entry.isCarriedOver { flags |= 2 }
        if entry.businessDate != nil { flags |= 4 }
        if entry.original != nil { flags |= 8 }
        let head = UInt64(entry.type?.code ?? 0) | UInt64(entry.status.code) << 8 | flags << 16
        let digests: [6 of UInt64] = [
            entry.identity.high.byteSwapped, entry.identity.low.byteSwapped, entry.content.high.byteSwapped,
            entry.content.low.byteSwapped, entry.member.high.byteSwapped, entry.member.low.byteSwapped,
        ]
        // The first letter is the lowest byte, and a zero byte follows the third.
        let unit = UInt64((entry.unit?.letters ?? 0).byteSwapped >> 8)
        let date = UInt32(bitPattern: entry.businessDate?.daysSince1970 ?? 0)
        var words: [14 of UInt64] = [
            UInt64(entry.record) | entry.offset << 32, entry.offset >> 32 | UInt64(entry.length) << 32,
            head | digests[0] << 32, digests[0] >> 32 | digests[1] << 32, digests[1] >> 32 | digests[2] << 32,
            digests[2] >> 32 | digests[3] << 32, digests[3] >> 32 | digests[4] << 32,
            digests[4] >> 32 | digests[5] << 32, digests[5] >> 32 | unit << 32, UInt64(bitPattern: entry.units),
            UInt64(bitPattern: entry.points), UInt64(date) | UInt64(UInt32(bitPattern: entry.lineSet)) << 32,
            entry.original?.batch ?? 0, UInt64(entry.original?.record ?? 0),
        ]
        for index in words.indices { words[index] = words[index].littleEndian }
        out.append(wordsInMemory: words.span, checked: true)
    }

    /// Reads an entry of exactly `size` bytes.
    ///
    /// - Parameter isVouchedFor: whether a digest over the bytes was found right, so that their check sum need not be.
    /// - Throws: `Fault` when the check sum or a field is wrong.
    public static func decode(_ bytes: ArraySlice<UInt8>, isVouchedFor: Bool = false) throws(Fault) -> RecordEntry {
        precondition(bytes.count == size, "an entry has \(size) bytes")
        return try decode(bytes.span, isVouchedFor: isVouchedFor)
    }

    static func decode(_ bytes: Span<UInt8>, isVouchedFor: Bool) throws(Fault) -> RecordEntry {
        func word(_ index: Int) -> UInt64 { LittleEndian.word(bytes, at: index * 8) }
        guard isVouchedFor || CRC32.checksum(bytes.extracting(droppingLast: 4)) == UInt32(word(13) >> 32) else {
            throw Fault("the entry's check sum is wrong")
        }
        let head = word(2)
        let (type, status, flags) = (head & 255, head >> 8 & 255, head >> 16 & 255)
        guard head >> 24 & 255 == 0, flags < 16, Int(type) <= types.count else {
            throw Fault("the entry has a type or flag that is not known")
        }
        guard (1...statuses.count).contains(Int(status)) else {
            throw Fault("the entry has a status that is not known")
        }
        var entry = RecordEntry(
            record: UInt32(truncatingIfNeeded: word(0)), offset: word(0) >> 32 | word(1) << 32,
            length: UInt32(word(1) >> 32))
        entry.type = type == 0 ? nil : types[Int(type) - 1]
        entry.status = statuses[Int(status) - 1]
        entry.isLate = flags & 1 != 0
        entry.isCarriedOver = flags & 2 != 0
        func half(_ index: Int) -> UInt64 { (word(index) >> 32 | word(index + 1) << 32).byteSwapped }
        entry.identity = Digest16(high: half(2), low: half(3))
        entry.content = Digest16(high: half(4), low: half(5))
        entry.member = Digest16(high: half(6), low: half(7))
        entry.unit = try unit(UInt32(word(8) >> 32))
        entry.units = Int64(bitPattern: word(9))
        entry.points = Int64(bitPattern: word(10))
        if flags & 4 != 0 {
            entry.businessDate = BusinessDate(daysSince1970: Int32(truncatingIfNeeded: word(11)))
        }
        entry.lineSet = Int32(truncatingIfNeeded: word(11) >> 32)
        if flags & 8 != 0 {
            entry.original = RecordLocation(batch: word(12), record: UInt32(truncatingIfNeeded: word(13)))
        }
        return entry
    }

    private static func unit(_ bytes: UInt32) throws(Fault) -> CurrencyCode? {
        if bytes == 0 { return nil }
        guard bytes >> 24 == 0, let unit = CurrencyCode(letters: bytes.byteSwapped >> 8) else {
            throw Fault("the entry has a unit of no three letters")
        }
        return unit
    }
}
