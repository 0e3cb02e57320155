/// Finds the first byte that breaks UTF-8 (RFC 3629), or a NUL, in bytes that come in pieces.
package struct UTF8Validator: Sendable {
    /// What was found.
    package enum Violation: Hashable, Sendable {
        /// A byte sequence that is not UTF-8.
        case invalid
        /// The byte zero, which neither XML nor CSV may hold.
        case nul
    }

    /// Continuation bytes that are still due.
    private var due = 0
    /// Bytes of the present character that were seen.
    private var seen = 0
    /// The least and greatest value of the next continuation byte.
    private var least: UInt8 = 0x80
    private var greatest: UInt8 = 0xBF

    package init() {}

    /// Whether the bytes so far end within a character.
    package var isWithinCharacter: Bool { due > 0 }

    /// Bytes from the beginning of the character that is at fault to the byte that `check` named.
    package var bytesOfCharacter: Int { seen }

    /// Checks the next piece and answers the index of the first byte that does not fit, or nil.
    package mutating func check(_ bytes: Span<UInt8>) -> (index: Int, violation: Violation)? {
        let count = bytes.count
        var index = 0
        while index < count {
            if due == 0 {
                index = Self.skipPlain(bytes, from: index)
                if index == count { break }
            }
            let byte = bytes[index]
            if due > 0 {
                guard byte >= least, byte <= greatest else { return (index, .invalid) }
                due -= 1
                seen = due == 0 ? 0 : seen + 1
                (least, greatest) = (0x80, 0xBF)
            } else if byte >= 0x80 {
                guard begin(byte) else { return (index, .invalid) }
                seen = 1
            } else if byte == 0 {
                return (index, .nul)
            }
            index += 1
        }
        return nil
    }

    /// Takes the first byte of a character of several bytes.
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: due = 1
        case 0xE0: (due, least) = (2, 0xA0)
        case 0xE1...0xEC, 0xEE, 0xEF: due = 2
        case 0xED: (due, greatest) = (2, 0x9F)
        case 0xF0: (due, least) = (3, 0x90)
        case 0xF1...0xF3: due = 3
        case 0xF4: (due, greatest) = (3, 0x8F)
        default: return false
        }
        return true
    }

    /// The index of the first byte from a place on that is zero or not ASCII, eight at a time; at most seven too early.
    private static func skipPlain(_ bytes: Span<UInt8>, from start: Int) -> Int {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            let raw = UnsafeRawBufferPointer(buffer)
            let high: UInt64 = 0x8080_8080_8080_8080
            let ones: UInt64 = 0x0101_0101_0101_0101
            var index = start
            while index + 8 <= raw.count {
                let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                // A high bit in the byte itself, or one that appears when 1 is taken from a zero byte.
                if (word | ((word &- ones) & ~word)) & high != 0 { break }
                index += 8
            }
            while index < raw.count, unsafe raw[index] < 0x80, unsafe raw[index] != 0 { index += 1 }
            return index
        }
    }
}
