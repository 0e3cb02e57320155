/// Writes XML documents: elements indented by two spaces, text escaped, UTF-8. The same calls give the same bytes.
///
/// It checks nothing but that elements are closed in order; names are the caller's.
public struct XMLWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]
    private var open: [String] = []

    /// Begins a document with its declaration, or a fragment without one.
    public init(declaration: Bool = true) {
        bytes = declaration ? Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8) : []
    }

    /// Opens an element that holds elements.
    public mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        startTag(name, attributes)
        bytes.append(contentsOf: [UInt8(ascii: ">"), UInt8(ascii: "\n")])
        open.append(name)
    }

    /// Closes the element that was opened last.
    public mutating func close() {
        guard let name = open.popLast() else { preconditionFailure("no element is open") }
        indent()
        bytes.append(contentsOf: "</".utf8)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: ">\n".utf8)
    }

    /// Writes an element that holds text only.
    public mutating func element(_ name: String, _ text: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        startTag(name, attributes)
        bytes.append(UInt8(ascii: ">"))
        XMLText.escape(text, inAttribute: false, into: &bytes)
        bytes.append(contentsOf: "</".utf8)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: ">\n".utf8)
    }

    /// Writes an element that holds text only, where there is a text.
    public mutating func element(_ name: String, ifPresent text: String?) {
        if let text { element(name, text) }
    }

    /// Writes an empty element.
    public mutating func empty(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        startTag(name, attributes)
        bytes.append(contentsOf: "/>\n".utf8)
    }

    /// Answers what was written since the last call and forgets it; elements stay open.
    public mutating func drain() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private mutating func indent() {
        for _ in 0..<open.count { bytes.append(contentsOf: "  ".utf8) }
    }

    private mutating func startTag(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        indent()
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name.utf8)
        for (key, value) in attributes {
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: key.utf8)
            bytes.append(contentsOf: "=\"".utf8)
            XMLText.escape(value, inAttribute: true, into: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
    }
}

/// Text as XML writes it.
public enum XMLText {
    /// Appends text in UTF-8 with markup characters as references. What XML 1.0 cannot hold becomes U+FFFD.
    ///
    /// Line ends and tabs become references where a parser would change them: all in attributes, CR in text.
    public static func escape(_ text: String, inAttribute: Bool, into bytes: inout [UInt8]) {
        if text.utf8.allSatisfy(isPlain) {
            bytes.append(contentsOf: text.utf8)
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes.append(contentsOf: "&amp;".utf8)
            case "<": bytes.append(contentsOf: "&lt;".utf8)
            case ">": bytes.append(contentsOf: "&gt;".utf8)
            case "\"" where inAttribute: bytes.append(contentsOf: "&quot;".utf8)
            case "\r": bytes.append(contentsOf: "&#13;".utf8)
            case "\n" where inAttribute: bytes.append(contentsOf: "&#10;".utf8)
            case "\t" where inAttribute: bytes.append(contentsOf: "&#9;".utf8)
            case "\t", "\n": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": bytes.append(contentsOf: "\u{FFFD}".utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    /// A byte that needs no thought: printable ASCII but for markup.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "&") && byte != UInt8(ascii: "<")
            && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "\"")
    }
}
