/// Finds bytes, eight at a time.
package enum Scan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The index of the first byte of a value from a place on, or the count.
    package static func first(of byte: UInt8, in bytes: Span<UInt8>, from start: Int) -> Int {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            let raw = UnsafeRawBufferPointer(buffer)
            let pattern = ones &* UInt64(byte)
            var index = start
            while index + 8 <= raw.count {
                let word = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let match = zeros(word ^ pattern)
                if match != 0 { return index + match.trailingZeroBitCount / 8 }
                index += 8
            }
            while index < raw.count, unsafe raw[index] != byte { index += 1 }
            return index
        }
    }

    /// The index of the first byte of one of three values from a place on, or the count.
    static func first(
        of a: UInt8, _ b: UInt8, _ c: UInt8, in bytes: Span<UInt8>, from start: Int
    ) -> Int {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            let raw = UnsafeRawBufferPointer(buffer)
            let (first, second, third) = (ones &* UInt64(a), ones &* UInt64(b), ones &* UInt64(c))
            var index = start
            while index + 8 <= raw.count {
                let word = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let match = zeros(word ^ first) | zeros(word ^ second) | zeros(word ^ third)
                if match != 0 { return index + match.trailingZeroBitCount / 8 }
                index += 8
            }
            while index < raw.count {
                let byte = unsafe raw[index]
                if byte == a || byte == b || byte == c { break }
                index += 1
            }
            return index
        }
    }

    /// The high bit of each byte that is zero. Bits above the lowest one set may be wrong; that one never is.
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }
}
