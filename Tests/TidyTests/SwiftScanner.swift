/// Tells code from comments and text in a Swift file.
///
/// It answers bytes of the same number and lines in which comments and the contents of text literals are blank. What
/// stands in an interpolation is code. Regex literals are not known: one with a quotation mark in it would be misread.
struct SwiftScanner {
    private let bytes: [UInt8]
    private var out: [UInt8]
    private var index = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        out = bytes
    }

    /// The code of a file, with everything else blank.
    static func code(_ text: String) -> String {
        var scanner = SwiftScanner(Array(text.utf8))
        scanner.scanCode(inInterpolation: false)
        return String(decoding: scanner.out, as: UTF8.self)
    }

    private func at(_ text: StaticString) -> Bool { starts(Array("\(text)".utf8)) }

    private func starts(_ wanted: [UInt8]) -> Bool {
        index + wanted.count <= bytes.count && bytes[index..<index + wanted.count].elementsEqual(wanted)
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] != 0x0A { out[index] = 0x20 }
            index += 1
        }
    }

    private mutating func scanCode(inInterpolation: Bool) {
        var depth = 0
        while index < bytes.count {
            if at("//") {
                while index < bytes.count, bytes[index] != 0x0A { blank() }
            } else if at("/*") {
                scanComment()
            } else if let hashes = textBegins() {
                scanText(hashes: hashes)
            } else {
                if inInterpolation, bytes[index] == UInt8(ascii: "(") { depth += 1 }
                if inInterpolation, bytes[index] == UInt8(ascii: ")") {
                    if depth == 0 { return }
                    depth -= 1
                }
                index += 1
            }
        }
    }

    /// The number of hash signs before the quotation mark of a text that begins here; nil where none begins.
    private func textBegins() -> Int? {
        var next = index
        while next < bytes.count, bytes[next] == UInt8(ascii: "#") { next += 1 }
        return next < bytes.count && bytes[next] == UInt8(ascii: "\"") ? next - index : nil
    }

    /// Comments nest.
    private mutating func scanComment() {
        var depth = 0
        repeat {
            if at("/*") {
                depth += 1
                blank(2)
            } else if at("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && index < bytes.count
    }

    private mutating func scanText(hashes: Int) {
        let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        index += hashes
        let isLong = at("\"\"\"")
        let quote = [UInt8](repeating: UInt8(ascii: "\""), count: isLong ? 3 : 1)
        index += quote.count
        let (end, escape) = (quote + marks, [UInt8(ascii: "\\")] + marks)
        while index < bytes.count {
            if starts(end) {
                index += end.count
                return
            }
            if starts(escape + [UInt8(ascii: "(")]) {
                blank(escape.count)
                index += 1
                scanCode(inInterpolation: true)
                index += 1
            } else if starts(escape) {
                blank(escape.count + 1)
            } else if !isLong, bytes[index] == 0x0A {
                return
            } else {
                blank()
            }
        }
    }
}
