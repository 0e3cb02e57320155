/// Watches the raw bytes of a document for markup that must not reach libxml2: a DTD, a tag, comment or processing
/// instruction that is too long, a tag with too many attributes.
///
/// It knows just enough grammar to find where markup ends. Where a document is not well-formed it may find an end
/// elsewhere than libxml2, which then refuses the document before that matters.
package struct TagLengthGuard: Sendable {
    /// What was found, and the offset of the `<` of the markup that holds it.
    package struct Violation: Hashable, Sendable {
        package let kind: XMLFault.Kind
        package let detail: String
        package let markup: Int64
    }

    private enum State: UInt8 {
        case content
        case open
        case tag
        case doubleQuoted
        case singleQuoted
        case declaration
        case commentStart
        case comment
        case commentDash
        case commentEnd
        case sectionStart
        case section
        case sectionBracket
        case sectionEnd
        case instruction
        case instructionEnd
    }

    private static let sectionWord = Array("[CDATA[".utf8)

    private let tagBytes: Int64
    private let attributesPerTag: Int
    private var state = State.content
    private var markup: Int64 = 0
    private var attributes = 0
    private var matched = 0
    /// Bytes seen so far.
    private var position: Int64 = 0

    package init(tagBytes: Int, attributesPerTag: Int) {
        self.tagBytes = Int64(tagBytes)
        self.attributesPerTag = attributesPerTag
    }

    /// Whether the bytes so far end outside of markup.
    package var isInContent: Bool { state == .content }

    /// Takes note of bytes that need no watching; they must begin and end outside of markup.
    package mutating func passOver(_ count: Int) { position += Int64(count) }

    /// Watches the next piece and answers what must not pass, with the index of the byte at which it showed.
    package mutating func check(_ bytes: Span<UInt8>) -> (index: Int, violation: Violation)? {
        let count = bytes.count
        var index = 0
        while index < count {
            index = skip(bytes, from: index)
            guard index < count else { break }
            let byte = bytes[index]
            if let violation = step(byte, at: position + Int64(index)) { return (index, violation) }
            index += 1
        }
        position += Int64(count)
        // Whatever the pieces, markup is too long once more than its limit is there without an end.
        if isBounded, position - markup > tagBytes { return (count, tooLong()) }
        return nil
    }

    /// Passes over bytes that cannot change the state. In content it also passes over plain tags: those that are short
    /// enough, have no quotes and are neither comment, section, instruction nor declaration.
    private func skip(_ bytes: Span<UInt8>, from start: Int) -> Int {
        switch state {
        case .content: skipPlainTags(bytes, from: start)
        case .tag: Scan.first(of: 0x3E, 0x22, 0x27, in: bytes, from: start)
        case .doubleQuoted: Scan.first(of: 0x22, in: bytes, from: start)
        case .singleQuoted: Scan.first(of: 0x27, in: bytes, from: start)
        case .comment: Scan.first(of: 0x2D, in: bytes, from: start)
        case .section: Scan.first(of: 0x5D, in: bytes, from: start)
        case .instruction: Scan.first(of: 0x3F, in: bytes, from: start)
        default: start
        }
    }

    /// The index of the first `<` whose markup needs a closer look.
    private func skipPlainTags(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while true {
            let open = Scan.first(of: 0x3C, in: bytes, from: index)
            guard open + 1 < bytes.count, bytes[open + 1] != 0x21, bytes[open + 1] != 0x3F else { return open }
            let stop = Scan.first(of: 0x3E, 0x22, 0x27, in: bytes, from: open + 1)
            guard stop < bytes.count, bytes[stop] == 0x3E, stop - open < Int(tagBytes) else { return open }
            index = stop + 1
        }
    }

    /// Whether the present markup counts against the limit: all but text and CDATA, whose text has its own.
    private var isBounded: Bool {
        switch state {
        case .content, .section, .sectionBracket, .sectionEnd: false
        default: true
        }
    }

    private mutating func step(_ byte: UInt8, at offset: Int64) -> Violation? {
        switch state {
        case .content:
            markup = offset
            state = .open
        case .open:
            attributes = 0
            if byte == UInt8(ascii: "!") {
                state = .declaration
            } else if byte == UInt8(ascii: "?") {
                state = .instruction
            } else {
                state = byte == UInt8(ascii: ">") ? .content : .tag
            }
        case .tag: return stepInTag(byte, at: offset)
        case .doubleQuoted, .singleQuoted: state = .tag
        case .declaration: return stepInDeclaration(byte)
        case .commentStart: state = byte == UInt8(ascii: "-") ? .comment : .tag
        case .comment: state = .commentDash
        case .commentDash: state = byte == UInt8(ascii: "-") ? .commentEnd : .comment
        case .commentEnd:
            // libxml2 refuses `--` that does not end the comment; until it does, the comment goes on.
            if byte != UInt8(ascii: "-") { return close(when: byte == UInt8(ascii: ">"), else: .comment, at: offset) }
        case .sectionStart:
            guard byte == Self.sectionWord[matched] else {
                state = .tag
                break
            }
            matched += 1
            if matched == Self.sectionWord.count { state = .section }
        case .section: state = .sectionBracket
        case .sectionBracket: state = byte == UInt8(ascii: "]") ? .sectionEnd : .section
        case .sectionEnd:
            if byte != UInt8(ascii: "]") { state = byte == UInt8(ascii: ">") ? .content : .section }
        case .instruction: state = .instructionEnd
        case .instructionEnd:
            if byte != UInt8(ascii: "?") {
                return close(when: byte == UInt8(ascii: ">"), else: .instruction, at: offset)
            }
        }
        return nil
    }

    private mutating func stepInTag(_ byte: UInt8, at offset: Int64) -> Violation? {
        if byte == UInt8(ascii: ">") { return close(when: true, else: .tag, at: offset) }
        attributes += 1
        guard attributes <= attributesPerTag else {
            return Violation(
                kind: .limit, detail: "a tag with more than \(attributesPerTag) attributes", markup: markup)
        }
        state = byte == UInt8(ascii: "\"") ? .doubleQuoted : .singleQuoted
        return nil
    }

    private mutating func stepInDeclaration(_ byte: UInt8) -> Violation? {
        switch byte {
        case UInt8(ascii: "-"): state = .commentStart
        case UInt8(ascii: "["): (state, matched) = (.sectionStart, 1)
        case UInt8(ascii: "D"):
            return Violation(kind: .forbidden, detail: "a document type declaration", markup: markup)
        default: return Violation(kind: .notWellFormed, detail: "unknown markup after '<!'", markup: markup)
        }
        return nil
    }

    private mutating func close(when ends: Bool, else other: State, at offset: Int64) -> Violation? {
        guard ends else {
            state = other
            return nil
        }
        state = .content
        return offset + 1 - markup > tagBytes ? tooLong() : nil
    }

    private func tooLong() -> Violation {
        Violation(kind: .limit, detail: "markup longer than \(tagBytes) bytes", markup: markup)
    }
}
