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
public struct RecordEntryCodec {
    /// Bytes of an entry.
    public static let size = 112

    private var lastUnit: (code: CurrencyCode, bytes: [UInt8])?

    /// Makes a codec; it remembers the last unit, because records of a file mostly share one.
    public init() {}

    /// Appends an entry's bytes.
    public mutating func append(_ entry: RecordEntry, to out: inout [UInt8]) {
        let start = out.count
        out.appendLE(entry.record)
        out.appendLE(entry.offset)
        out.appendLE(entry.length)
        out.append(entry.type?.code ?? 0)
        out.append(entry.status.code)
        var flags: UInt8 = 0
        if entry.isLate { flags |= 1 }
        if entry.isCarriedOver { flags |= 2 }
        if entry.businessDate != nil { flags |= 4 }
        if entry.original != nil { flags |= 8 }
        out.append(flags)
        out.append(0)
        for digest in [entry.identity, entry.content, entry.member] {
            out.appendLE(digest.high.byteSwapped)
            out.appendLE(digest.low.byteSwapped)
        }
        out.append(contentsOf: entry.unit.map { bytes(of: $0) } ?? [0, 0, 0])
        out.append(0)
        out.appendLE(entry.units)
        out.appendLE(entry.points)
        out.appendLE(entry.businessDate?.daysSince1970 ?? 0)
        out.appendLE(entry.lineSet)
        out.appendLE(entry.original?.batch ?? 0)
        out.appendLE(entry.original?.record ?? 0)
        out.appendLE(CRC32.checksum(out[start...]))
    }

    /// Reads an entry of exactly `size` bytes.
    ///
    /// - Throws: `Fault` when the check sum or a field is wrong.
    public mutating func decode(_ bytes: ArraySlice<UInt8>) throws(Fault) -> RecordEntry {
        precondition(bytes.count == Self.size, "an entry has \(Self.size) bytes")
        var reader = FieldReader(bytes)
        var entry = RecordEntry(record: reader.u32(), offset: reader.u64(), length: reader.u32())
        guard CRC32.checksum(bytes.dropLast(4)) == FieldReader.last32(bytes) else {
            throw Fault("the entry's check sum is wrong")
        }
        let type = reader.u8()
        let status = reader.u8()
        let flags = reader.u8()
        guard reader.u8() == 0, flags < 16, Int(type) <= RecordType.allCases.count else {
            throw Fault("the entry has a type or flag that is not known")
        }
        guard (1...RecordStatus.allCases.count).contains(Int(status)) else {
            throw Fault("the entry has a status that is not known")
        }
        entry.type = type == 0 ? nil : RecordType.allCases[Int(type) - 1]
        entry.status = RecordStatus.allCases[Int(status) - 1]
        entry.isLate = flags & 1 != 0
        entry.isCarriedOver = flags & 2 != 0
        entry.identity = Self.digest(&reader)
        entry.content = Self.digest(&reader)
        entry.member = Self.digest(&reader)
        entry.unit = try unit(reader.take(4))
        entry.units = reader.i64()
        entry.points = reader.i64()
        let date = reader.i32()
        if flags & 4 != 0 { entry.businessDate = BusinessDate(daysSince1970: date) }
        entry.lineSet = reader.i32()
        let original = RecordLocation(batch: reader.u64(), record: reader.u32())
        if flags & 8 != 0 { entry.original = original }
        return entry
    }

    private mutating func bytes(of unit: CurrencyCode) -> [UInt8] {
        if let lastUnit, lastUnit.code == unit { return lastUnit.bytes }
        let bytes = Array(unit.description.utf8)
        lastUnit = (unit, bytes)
        return bytes
    }

    private mutating func unit(_ bytes: ArraySlice<UInt8>) throws(Fault) -> CurrencyCode? {
        let letters = bytes.dropLast()
        if letters.allSatisfy({ $0 == 0 }) { return nil }
        if let lastUnit, letters.elementsEqual(lastUnit.bytes) { return lastUnit.code }
        guard let unit = CurrencyCode(bytes: letters) else { throw Fault("the entry has a unit of no three letters") }
        lastUnit = (unit, Array(letters))
        return unit
    }

    private static func digest(_ reader: inout FieldReader) -> Digest16 {
        Digest16(high: reader.u64().byteSwapped, low: reader.u64().byteSwapped)
    }
}

extension FieldReader {
    /// The last four bytes as an integer.
    static func last32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var reader = FieldReader(bytes.suffix(4))
        return reader.u32()
    }
}
