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

/// The CRC-32 of zlib and Ethernet, for small headers and fixed-size entries: it finds every flipped byte in them.
enum CRC32 {
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in bytes { value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8 }
        return ~value
    }

    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
        return value
    }
}
