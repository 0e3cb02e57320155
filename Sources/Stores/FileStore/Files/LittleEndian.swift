import Primitives

/// Writing integers into bytes, least significant byte first.
extension Array where Element == UInt8 {
    /// Appends an integer's bytes.
    mutating func appendLE(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = value
        for _ in 0..<(type(of: value).bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Appends words as they are in memory; with `checked` the last four bytes become the CRC-32 of those before them.
    mutating func append(wordsInMemory words: Span<UInt64>, checked: Bool) {
        let start = count
        // SAFETY: the span's storage lives through the call, which only reads its bytes.
        unsafe words.withUnsafeBytes { unsafe append(contentsOf: $0) }
        guard checked else { return }
        let sum = CRC32.checksum(span.extracting(start..<count - 4))
        for place in 0..<4 { self[count - 4 + place] = UInt8(truncatingIfNeeded: sum >> UInt32(place * 8)) }
    }

    /// Appends a signed integer's two's complement.
    mutating func appendLE(_ value: Int64) { appendLE(UInt64(bitPattern: value)) }

    /// Appends a signed integer's two's complement.
    mutating func appendLE(_ value: Int32) { appendLE(UInt32(bitPattern: value)) }
}

/// Reads fields one after the other from bytes whose length was checked beforehand.
struct FieldReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    mutating func u8() -> UInt8 {
        defer { index += 1 }
        return bytes[index]
    }

    mutating func u32() -> UInt32 { UInt32(truncatingIfNeeded: word(4)) }
    mutating func u64() -> UInt64 { word(8) }
    mutating func i32() -> Int32 { Int32(bitPattern: u32()) }
    mutating func i64() -> Int64 { Int64(bitPattern: u64()) }

    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { index += count }
        return bytes[index..<index + count]
    }

    mutating func digest() -> Digest32 {
        guard let digest = Digest32(bytes: take(32)) else { preconditionFailure("32 bytes are a digest") }
        return digest
    }

    private mutating func word(_ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<count { value |= UInt64(bytes[index + place]) << UInt64(8 * place) }
        index += count
        return value
    }
}

/// Words of a file, least significant byte first.
enum LittleEndian {
    /// The word at a place.
    @inline(__always)
    static func word(_ bytes: Span<UInt8>, at place: Int) -> UInt64 {
        let raw = unsafe bytes.bytes
        precondition(place >= 0 && place + 8 <= raw.byteCount, "a word lies within its bytes")
        // SAFETY: the word lies within the bytes, and any bytes are an integer.
        return unsafe raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
    }

    /// All whole words of some bytes.
    static func words(_ bytes: Span<UInt8>) -> [UInt64] {
        let raw = unsafe bytes.bytes
        var words: [UInt64] = []
        words.reserveCapacity(raw.byteCount / 8)
        for index in 0..<raw.byteCount / 8 {
            // SAFETY: the word lies within the bytes, and any bytes are an integer.
            words.append(unsafe raw.unsafeLoadUnaligned(fromByteOffset: index * 8, as: UInt64.self).littleEndian)
        }
        return words
    }
}

/// The CRC-32 of zlib and Ethernet, for small headers and fixed-size entries: it finds every flipped byte in them.
enum CRC32 {
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 { checksum(bytes.span) }

    /// Sixteen bytes at a time, each by a table of its own ("slicing by 16", after Kounavis and Berry 2005): the
    /// lookups of one step wait for nothing but the step before.
    static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
        // SAFETY: the tables have 16 times 256 entries and live for ever; a lookup is by one of 16 and by a byte.
        unsafe tables.withUnsafeBufferPointer { unsafe checksum(bytes, $0) }
    }

    @unsafe private static func checksum(_ bytes: Span<UInt8>, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        let raw = unsafe bytes.bytes
        @inline(__always) func entry(_ table: Int, _ value: UInt64) -> UInt32 {
            unsafe tables[table << 8 | Int(value & 255)]
        }
        // What four bytes leave that have so many others behind them.
        @inline(__always) func four(_ behind: Int, _ value: UInt64) -> UInt32 {
            entry(behind + 3, value) ^ entry(behind + 2, value >> 8) ^ entry(behind + 1, value >> 16)
                ^ entry(behind, value >> 24)
        }
        var value: UInt32 = 0xFFFF_FFFF
        var place = 0
        while place + 16 <= raw.byteCount {
            // SAFETY: sixteen bytes stand from the place on, and any bytes are an integer.
            let low = unsafe raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
            let high = unsafe raw.unsafeLoadUnaligned(fromByteOffset: place + 8, as: UInt64.self).littleEndian
            value =
                four(4, high) ^ four(0, high >> 32) ^ four(8, low >> 32) ^ four(12, low ^ UInt64(value))
            place += 16
        }
        while place + 4 <= raw.byteCount {
            // SAFETY: four bytes stand from the place on, and any bytes are an integer.
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian
            value = four(0, UInt64(word ^ value))
            place += 4
        }
        while place < raw.byteCount {
            value = entry(0, UInt64(UInt32(bytes[place]) ^ value)) ^ value >> 8
            place += 1
        }
        return ~value
    }

    /// Table k has the remainder of each byte with k bytes of zeros behind it.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { index in
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
            return value
        }
        for place in 256..<16 * 256 {
            let shorter = tables[place - 256]
            tables.append(tables[Int(shorter & 255)] ^ shorter >> 8)
        }
        return tables
    }()
}

extension FieldReader {
    /// The last four bytes as an integer.
    static func last32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var reader = FieldReader(bytes.suffix(4))
        return reader.u32()
    }
}
