/// The first markup of a document, as far as it says how the bytes are to be read.
enum XMLDeclaration {
    /// What the first bytes of a document say about its encoding.
    enum Verdict {
        /// More bytes are needed.
        case undecided
        /// UTF-8, by declaration or by default.
        case plain
        /// Another encoding, by its name.
        case other(String)
    }

    private static let opening = Array("<?xml".utf8)

    /// Judges the first bytes, without a byte order mark.
    static func judge(_ head: ArraySlice<UInt8>) -> Verdict {
        guard head.count > opening.count else {
            return opening.starts(with: head) ? .undecided : .plain
        }
        guard head.starts(with: opening), let next = head.dropFirst(opening.count).first, isBlank(next) else {
            return .plain
        }
        guard let end = head.firstIndex(of: UInt8(ascii: ">")) else { return .undecided }
        guard let name = encoding(in: head[..<end]) else { return .plain }
        return name.lowercased() == "utf-8" ? .plain : .other(name)
    }

    /// The value behind the word `encoding`, or nil. A malformed declaration is libxml2's to refuse.
    private static func encoding(in declaration: ArraySlice<UInt8>) -> String? {
        let word = Array("encoding".utf8)
        var rest = declaration
        while rest.count > word.count {
            if rest.starts(with: word) {
                var value = rest.dropFirst(word.count).drop(while: isBlank)
                guard value.first == UInt8(ascii: "=") else { return nil }
                value = value.dropFirst().drop(while: isBlank)
                guard let quote = value.first, quote == 0x22 || quote == 0x27 else { return nil }
                return String(decoding: value.dropFirst().prefix { $0 != quote }.prefix(40), as: UTF8.self)
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }
}
