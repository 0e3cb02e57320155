import Testing
import XMLKit

@Suite struct XMLDocumentTests {
    @Test func `a small document is read as a tree`() throws {
        let text = "<r xmlns='urn:x' v='1'>\n  <a k='&quot;'>1 &lt; 2</a><a/><b><c>é</c></b>\n</r>"
        let root = try XMLDocument.parse(Array(text.utf8))
        #expect(root.name == "r")
        #expect(root.namespace == "urn:x")
        #expect(root.attribute("v") == "1")
        #expect(root.children.map(\.name) == ["a", "a", "b"])
        #expect(root.text("a") == "1 < 2")
        #expect(root.child("a")?.attribute("k") == "\"")
        #expect(root.child("a")?.line == 2)
        #expect(root.child("b")?.text("c") == "é")
        #expect(root.children("a").count == 2)
        #expect(root.text("missing") == nil)
    }

    @Test func `a document that is too large or at fault is refused`() {
        let large = Array("<a>\(String(repeating: "<b>x</b>", count: 10_000))</a>".utf8)
        #expect(throws: XMLFault.self) { try XMLDocument.parse(large) }
        #expect(throws: Never.self) { try XMLDocument.parse(large, maximumBytes: 100_000) }
        #expect(throws: XMLFault.self) { try XMLDocument.parse(Array("<!DOCTYPE a><a/>".utf8)) }
        #expect(throws: XMLFault.self) { try XMLDocument.parse([]) }
        #expect(throws: XMLFault.self) { try XMLDocument.parse(Array("<a>".utf8)) }
    }
}
