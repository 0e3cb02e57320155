import Primitives

/// An element of a document that we issue, as a value that renders the same bytes every time.
struct XMLElement {
    var name: String
    var attributes: [(String, String)] = []
    var text: String?
    var children: [XMLElement] = []

    init(_ name: String, _ attributes: [(String, String)] = [], text: String? = nil, _ children: [XMLElement] = []) {
        self.name = name
        self.attributes = attributes
        self.text = text
        self.children = children
    }

    /// The whole document in UTF-8: declaration, elements indented by two spaces, a line end at the end.
    func document() -> [UInt8] {
        var out = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
        render(into: &out, depth: 0)
        return out
    }

    private func render(into out: inout [UInt8], depth: Int) {
        let indent = [UInt8](repeating: UInt8(ascii: " "), count: depth * 2)
        out += indent
        out += "<\(name)".utf8
        for (key, value) in attributes {
            out += " \(key)=\"".utf8
            XMLText.escape(value, inAttribute: true, into: &out)
            out += "\"".utf8
        }
        if let text {
            out += ">".utf8
            XMLText.escape(text, inAttribute: false, into: &out)
            out += "</\(name)>\n".utf8
        } else if children.isEmpty {
            out += "/>\n".utf8
        } else {
            out += ">\n".utf8
            for child in children { child.render(into: &out, depth: depth + 1) }
            out += indent
            out += "</\(name)>\n".utf8
        }
    }
}
