import Testing

/// A rule that every file of the repository keeps, told with file and line where one does not.
struct TidyRule: Sendable, CustomTestStringConvertible {
    let name: String
    let check: @Sendable (SourceFile) -> [String]

    var testDescription: String { name }

    init(_ name: String, check: @escaping @Sendable (SourceFile) -> [String]) {
        self.name = name
        self.check = check
    }

    /// A rule about each line of a file's code.
    init(_ name: String, perLine: @escaping @Sendable (SourceFile, String) -> String?) {
        self.init(name) { file in
            file.code.enumerated().compactMap { number, line in
                perLine(file, line).map { file.violation(number, $0) }
            }
        }
    }
}

/// Finding words in code.
enum Words {
    private static func isWord(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return byte == UInt8(ascii: "_") || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
            || (byte >= 0x30 && byte <= 0x39)
    }

    /// The positions at which some text stands as a word: no letter or digit adjoins it where it has one at that end.
    ///
    /// - Parameter isMember: whether it may follow a point.
    static func positions(of wanted: String, in line: String, isMember: Bool = true) -> [Int] {
        guard line.contains(wanted) else { return [] }
        let (needle, hay) = (Array(wanted.utf8), Array(line.utf8))
        guard needle.count <= hay.count else { return [] }
        return (0...(hay.count - needle.count)).filter { start in
            guard hay[start..<start + needle.count].elementsEqual(needle) else { return false }
            let before = start > 0 ? hay[start - 1] : nil
            let after = start + needle.count < hay.count ? hay[start + needle.count] : nil
            if isWord(needle.first), isWord(before) { return false }
            if isWord(needle.last), isWord(after) { return false }
            return isMember || before != UInt8(ascii: ".")
        }
    }

    static func contains(_ line: String, _ wanted: String, isMember: Bool = true) -> Bool {
        !positions(of: wanted, in: line, isMember: isMember).isEmpty
    }

    /// Whether an exclamation mark takes a value out of an optional: it follows a value and is no comparison.
    static func forcesUnwrapping(_ line: String) -> Bool {
        guard line.contains("!") else { return false }
        let bytes = Array(line.utf8)
        return bytes.indices.contains { index in
            guard bytes[index] == UInt8(ascii: "!"), index > 0 else { return false }
            let before = bytes[index - 1]
            let ends = [UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: ">")]
            guard isWord(before) || ends.contains(before) else { return false }
            if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "=") { return false }
            let word = String(decoding: bytes[..<index], as: UTF8.self).split { !($0.isLetter || $0 == "_") }.last ?? ""
            return word != "try" && word != "as" || !isWord(before)
        }
    }
}
