import Primitives

/// The places of a finished segment's entries, kept beside it so that a start need not read the segment.
///
/// It is made from the segment whenever it is missing or damaged, and nothing waits until it is durable.
struct SegmentIndex: Hashable {
    var header: SegmentHeader
    /// Bytes of the segment.
    var size: Int64
    /// The segment's last entry.
    var last: LogPosition
    /// The offsets of its entries.
    var places: [Int64]

    private static let magic = Array("COALIDX1".utf8)

    static func fileName(_ number: UInt32) -> String { Padding.zeros(Int(number), 8) + ".idx" }

    /// Its bytes, with their digest as the last 32.
    func bytes(_ hashing: Hashing) -> [UInt8] {
        var out = Self.magic + header.bytes
        out.appendLE(size)
        out.appendLE(last.sequence)
        out += last.head.bytes
        out.appendLE(last.time.milliseconds)
        out.appendLE(UInt64(places.count))
        for place in places { out.appendLE(place) }
        return out + hashing.digest(out[...]).bytes
    }

    init(header: SegmentHeader, size: Int64, last: LogPosition, places: [Int64]) {
        self.header = header
        self.size = size
        self.last = last
        self.places = places
    }

    /// Reads the bytes; nil when they are damaged.
    init?(_ bytes: [UInt8], _ hashing: Hashing) {
        let fixed = Self.magic.count + SegmentFormat.segmentHeaderBytes + 64
        guard bytes.count >= fixed + 32, bytes.starts(with: Self.magic),
            hashing.digest(bytes.dropLast(32)).bytes[...] == bytes.suffix(32)
        else { return nil }
        var reader = FieldReader(bytes[...])
        _ = reader.take(Self.magic.count)
        guard let header = SegmentHeader(reader.take(SegmentFormat.segmentHeaderBytes)) else { return nil }
        size = reader.i64()
        last = LogPosition(
            sequence: reader.u64(), head: reader.digest(), time: Timestamp(milliseconds: reader.i64()))
        let count = reader.u64()
        guard count == UInt64((bytes.count - fixed - 32) / 8), bytes.count == fixed + 32 + Int(count) * 8 else {
            return nil
        }
        self.header = header
        places = (0..<count).map { _ in reader.i64() }
    }
}

/// The last entry that was acknowledged, noted beside the log after each append without waiting for the disk.
///
/// After a crash it may be missing, damaged or old; then it says nothing or less. What it says was durable, so a log
/// that ends before it has lost facts. A backup leaves it out.
struct HeadHint: Hashable {
    var sequence: UInt64
    var head: Digest32

    static let fileName = "HEAD"
    static let byteCount = 52
    private static let magic = Array("COALHEAD".utf8)

    var bytes: [UInt8] {
        var out = Self.magic
        out.appendLE(sequence)
        out += head.bytes
        out.appendLE(CRC32.checksum(out[...]))
        return out
    }

    init(sequence: UInt64, head: Digest32) {
        self.sequence = sequence
        self.head = head
    }

    /// Reads the bytes; nil when they are damaged.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, FieldReader.isChecked(bytes[...]), bytes.starts(with: Self.magic) else {
            return nil
        }
        var reader = FieldReader(bytes.dropFirst(8))
        self.init(sequence: reader.u64(), head: reader.digest())
    }
}
