import Primitives
import Testing
import XMLKit

@Suite struct XMLWriterTests {
    @Test func `what is written is read back`() throws {
        let texts = [
            "plain", "a & b < c > d", "\"quoted\" 'too'", "line\nbreak\tand\rreturn", "é€\u{10000}", "]]>", " blank ",
            "",
        ]
        for text in texts {
            var writer = XMLWriter()
            writer.open("r", ["v": text])
            writer.element("e", text, ["k": text])
            writer.element("e", ifPresent: nil)
            writer.empty("n")
            writer.close()
            let root = try XMLDocument.parse(writer.bytes)
            #expect(root.attribute("v") == text)
            #expect(root.text("e") == text)
            #expect(root.child("e")?.attribute("k") == text)
            #expect(root.children.map(\.name) == ["e", "n"])
        }
    }

    @Test func `a document has one form`() {
        var writer = XMLWriter()
        writer.open("r", ["a": "1", "b": "2"])
        writer.open("s")
        writer.element("e", "x")
        writer.close()
        writer.empty("n")
        writer.close()
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <r a="1" b="2">
              <s>
                <e>x</e>
              </s>
              <n/>
            </r>

            """
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func `characters that XML cannot hold become replacement characters`() throws {
        var writer = XMLWriter()
        writer.element("e", "a\u{0}b\u{1F}c\u{FFFE}")
        #expect(try XMLDocument.parse(writer.bytes).text == "a\u{FFFD}b\u{FFFD}c\u{FFFD}")
    }

    @Test func `pieces that were drained make the document`() {
        var whole = XMLWriter()
        var parts = XMLWriter()
        var drained: [UInt8] = []
        for writerStep in 0..<4 {
            if writerStep == 0 { whole.open("r") } else { whole.element("e", "\(writerStep)") }
            if writerStep == 0 { parts.open("r") } else { parts.element("e", "\(writerStep)") }
            drained += parts.drain()
        }
        whole.close()
        parts.close()
        #expect(drained + parts.drain() == whole.bytes)
    }
}
