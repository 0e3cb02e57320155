import Primitives

/// Writes a record's content as bytes whose digest tells whether two records say the same.
///
/// Version 1: the byte 1; then for each field that the record has, in the order of `RecordColumn`: its number, the
/// length of its value in two bytes, the value. Numbers, instants (milliseconds since 1970) and days (since 1970) are
/// 8 bytes, the highest first; texts are their UTF-8. The place in the file and the format take no part.
/// `Specs/formats.md` has it.
struct ContentEncoder {
    private var bytes: [UInt8] = []

    /// The bytes of a record's content. The raw record is the one that the content was read from.
    mutating func encode(_ content: RecordContent, _ raw: RawRecord) -> [UInt8] {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(1)
        var rest = raw.present
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            switch number {
            case RecordColumn.transactionDateTime.rawValue: put(number, content.occurredAt.milliseconds)
            case RecordColumn.businessDate.rawValue: put(number, Int64(content.businessDate.daysSince1970))
            case RecordColumn.amount.rawValue: put(number, content.units)
            case RecordColumn.saleAmount.rawValue: put(number, content.sale?.minorUnits ?? 0)
            case RecordColumn.earnQuantity.rawValue: put(number, Int64(content.earnBasis?.quantity ?? 0))
            default: put(number, raw, raw.range(number: number))
            }
        }
        return bytes
    }

    private mutating func put(_ number: Int, _ raw: RawRecord, _ range: Range<Int>) {
        putHead(number, range.count)
        bytes.append(contentsOf: raw.bytes[range])
    }

    private mutating func put(_ number: Int, _ value: Int64) {
        putHead(number, 8)
        let bits = UInt64(bitPattern: value)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }

    /// A field's number and the length of its value.
    private mutating func putHead(_ number: Int, _ count: Int) {
        bytes.append(UInt8(number + 1))
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: count))
    }
}
