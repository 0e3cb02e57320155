import Primitives
import Testing

@Suite struct XMLTextTests {
    private func escaped(_ text: String, inAttribute: Bool) -> String {
        var bytes: [UInt8] = []
        XMLText.escape(text, inAttribute: inAttribute, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("markup becomes references, and line ends where a parser would change them")
    func markup() {
        #expect(escaped("a & b < c > d", inAttribute: false) == "a &amp; b &lt; c &gt; d")
        #expect(escaped("]]>", inAttribute: false) == "]]&gt;")
        #expect(escaped("\"x\"", inAttribute: true) == "&quot;x&quot;")
        #expect(escaped("\"x\"", inAttribute: false) == "\"x\"")
        #expect(escaped("a\tb\nc\rd", inAttribute: true) == "a&#9;b&#10;c&#13;d")
        #expect(escaped("a\tb\nc\rd", inAttribute: false) == "a\tb\nc&#13;d")
    }

    @Test("a carriage return before a line feed stays two characters")
    func lineEnds() {
        #expect(escaped("a\r\nb", inAttribute: false) == "a&#13;\nb")
        #expect(escaped("a\r\nb", inAttribute: true) == "a&#13;&#10;b")
    }

    @Test("what XML 1.0 cannot hold becomes U+FFFD, all else stays")
    func impossible() {
        #expect(escaped("a\u{0}b\u{1F}\u{FFFE}\u{FFFF}", inAttribute: false) == "a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}")
        #expect(escaped("é\u{7F}\u{85}\u{1F600}\u{10FFFF}", inAttribute: true) == "é\u{7F}\u{85}\u{1F600}\u{10FFFF}")
    }

    @Test("a document is written as it is opened and closed")
    func writer() {
        var writer = XMLWriter()
        writer.open("Root", ["version": "1<2"])
        writer.element("A", "x & y")
        writer.element("B", ifPresent: nil)
        writer.open("C")
        writer.empty("D", ["e": "f"])
        writer.close()
        writer.close()
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Root version="1&lt;2">
              <A>x &amp; y</A>
              <C>
                <D e="f"/>
              </C>
            </Root>

            """
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test("closing what is not open is a bug and traps")
    func closing() async {
        await #expect(processExitsWith: .failure) {
            var writer = XMLWriter()
            writer.close()
        }
    }
}
