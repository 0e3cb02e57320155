import Primitives

/// The rule of free text: a number of characters, none of them a control character or one that changes the direction.
enum TextRule {
    enum Verdict: Equatable {
        case fine
        case wrongLength
        case forbiddenCharacter
    }

    /// Judges text that is known to be UTF-8.
    static func judge(_ text: Span<UInt8>, maximum: Int) -> Verdict {
        var characters = 0
        var index = 0
        let count = text.count
        while index < count {
            let byte = text[index]
            if byte < 0x80 {
                if byte < 0x20 || byte == 0x7F { return .forbiddenCharacter }
                index += 1
            } else {
                let (scalar, width) = scalar(text, at: index)
                if isForbidden(scalar) { return .forbiddenCharacter }
                index += width
            }
            characters += 1
        }
        return (1...maximum).contains(characters) ? .fine : .wrongLength
    }

    /// Whether a character may not stand in text: controls, line and paragraph separators, marks and overrides of
    /// direction, and the two code points that are no characters.
    static func isForbidden(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private static func scalar(_ text: Span<UInt8>, at index: Int) -> (UInt32, Int) {
        let first = UInt32(text[index])
        let width = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard index + width <= text.count else { return (0xFFFF, text.count - index) }
        var value = first & (0x7F >> UInt32(width))
        for step in 1..<width { value = value << 6 | UInt32(text[index + step] & 0x3F) }
        return (value, width)
    }

    /// A value as a finding shows it: at most 64 characters, what text may not hold as `\u{202E}`.
    ///
    /// 12 or more digits, also with single spaces or hyphens between them, may be a card number wherever they stand:
    /// only the first and last four are shown. Of an account number nothing else is shown however it is written.
    static func shown(_ bytes: ArraySlice<UInt8>, isAccount: Bool = false) -> String {
        let scalars = Array(String(decoding: bytes.prefix(400), as: UTF8.self).unicodeScalars)
        var hidden = Array(repeating: false, count: scalars.count)
        if isAccount {
            let end = scalars.count > 8 ? scalars.count - 4 : scalars.count
            for index in (scalars.count > 8 ? 4 : 0)..<end { hidden[index] = true }
        } else {
            hideNumbers(scalars, &hidden)
        }
        var out = ""
        for (scalar, isHidden) in zip(scalars, hidden) {
            if isHidden {
                out += "*"
            } else if isForbidden(scalar.value) {
                out += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return String(out.prefix(64))
    }

    private static func hideNumbers(_ scalars: [Unicode.Scalar], _ hidden: inout [Bool]) {
        var digits: [Int] = []
        for index in scalars.indices {
            let value = scalars[index].value
            if (0x30...0x39).contains(value) {
                digits.append(index)
            } else if (value == 0x20 || value == 0x2D), digits.last == index - 1 {
                continue
            } else {
                hide(digits, &hidden)
                digits = []
            }
        }
        hide(digits, &hidden)
    }

    private static func hide(_ digits: [Int], _ hidden: inout [Bool]) {
        guard digits.count >= 12 else { return }
        for index in digits.dropFirst(4).dropLast(4) { hidden[index] = true }
    }
}
