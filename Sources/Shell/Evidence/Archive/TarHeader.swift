import Primitives

/// The header of an entry in the one form of tar that bundles have. Specs/evidence.md, The bundle.
///
/// The form leaves no choice: every byte follows from the name and the size, so that a changed one is seen.
public enum TarHeader {
    /// Bytes of a header, and of the units that content is padded to.
    public static let blockBytes = 512
    /// The most bytes of a name.
    public static let nameBytes = 100
    /// The largest content: eleven octal digits.
    public static let maximumSize: Int64 = 0o77_777_777_777

    /// The 512 bytes of a header.
    public static func bytes(name: String, size: Int64) -> [UInt8] {
        precondition(accepts(name) && (0...maximumSize).contains(size), "an entry has a name and size of the form")
        var out = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: String, at offset: Int) {
            out.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(size, digits: 11), at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put("0000000", at: 329)
        put("0000000", at: 337)
        let sum = out.reduce(Int64(0)) { $0 + Int64($1) }
        put(octal(sum, digits: 6), at: 148)
        out[154] = 0
        return out
    }

    /// Whether a name is of the form: letters, digits, dots, dashes, underscores and slashes between parts.
    public static func accepts(_ name: String) -> Bool {
        guard (1...nameBytes).contains(name.utf8.count) else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
    }

    /// Reads a header; nil unless it is exactly what `bytes` makes of its name and size.
    public static func read(_ block: [UInt8]) -> (name: String, size: Int64)? {
        guard block.count == blockBytes else { return nil }
        let name = String(decoding: block[0..<nameBytes].prefix { $0 != 0 }, as: UTF8.self)
        var size: Int64 = 0
        for digit in block[124..<135] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            size = size << 3 | Int64(digit - UInt8(ascii: "0"))
        }
        guard accepts(name), bytes(name: name, size: size) == block else { return nil }
        return (name, size)
    }

    /// The name that a header seems to have, for messages about one that is not of the form.
    public static func seemingName(_ block: [UInt8]) -> String {
        let name = block.prefix(nameBytes).prefix { $0 != 0 }
        return String(decoding: name.map { (33...126).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// Zero bytes behind content of a size.
    public static func padding(after size: Int64) -> Int { Int((512 - size % 512) % 512) }

    private static func octal(_ value: Int64, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
