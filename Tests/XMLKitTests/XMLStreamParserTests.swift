import Testing

@testable import XMLKit

/// What a parser tells, in words.
struct Telling: Equatable {
    var steps: [String] = []
    var fault: XMLFault?

    static func read(
        _ bytes: [UInt8], vocabulary: XMLVocabulary = .open, limits: XMLLimits = XMLLimits(), schema: XMLSchema? = nil,
        piece: Int = .max, block: Int = XMLStreamParser.defaultBlockBytes
    ) -> Telling {
        let parser = XMLStreamParser(vocabulary: vocabulary, limits: limits, schema: schema, blockBytes: block)
        var out = Telling()
        let consume = { (events: borrowing XMLEvents) -> Void in
            for event in events.events { out.steps.append(words(event, events)) }
            out.fault = events.fault
        }
        var start = 0
        while start < bytes.count {
            let end = piece == .max ? bytes.count : min(start + piece, bytes.count)
            parser.feed(Array(bytes[start..<end]).span, consume)
            start = end
        }
        parser.finish(consume)
        return out
    }

    static func read(_ text: String, piece: Int = .max, block: Int = XMLStreamParser.defaultBlockBytes) -> Telling {
        read(Array(text.utf8), piece: piece, block: block)
    }

    private static func words(_ event: XMLEvent, _ events: XMLEvents) -> String {
        let text = String(decoding: events.text(of: event), as: UTF8.self)
        switch event.kind {
        case .start:
            let label = events.label(of: event)
            let attributes = events.attributes(of: event).map {
                " \($0.unknownName)=\(String(decoding: events.value(of: $0), as: UTF8.self))"
            }
            return "\(text)<\(label?.name ?? "#\(event.name)")\(attributes.joined())"
        case .end: return "\(text)>"
        case .schemaError: return "! \(text)"
        }
    }
}

@Suite struct XMLStreamParserTests {
    @Test func `texts come with the tag behind them, joined over comments, sections and references`() {
        let telling = Telling.read("<a>1<b x='&lt;2'>3<!-- c -->4<![CDATA[<5>]]>&amp;&#54;<?p q?></b>7</a>")
        #expect(telling.steps == ["<a", "1<b x=<2", "34<5>&6>", "7>"])
        #expect(telling.fault == nil)
    }

    @Test func `names of the vocabulary are known by their number, in its namespace only`() {
        let vocabulary = XMLVocabulary(namespace: "urn:n", names: ["a", "b"], placed: [1])
        let text = "<a xmlns='urn:n' xmlns:p='urn:n'><p:b/><c/><b xmlns=''/></a>"
        let telling = Telling.read(Array(text.utf8), vocabulary: vocabulary)
        #expect(telling.steps == ["<", "<", ">", "<c", ">", "<b", ">", ">"])
        let parser = XMLStreamParser(vocabulary: vocabulary)
        parser.feed(Array(text.utf8).span) { _ in }
        parser.finish { events in
            #expect(events.events.map(\.name) == [0, 1, 1, -1, -1, -1, -1, 0])
            #expect(events.labels.map(\.offset) == [0, 33, 39, 43])
            #expect(events.labels.map(\.prefix) == ["", "p", "", ""])
            #expect(String(decoding: events.labels[0].source, as: UTF8.self) == "<a xmlns='urn:n' xmlns:p='urn:n'")
        }
    }

    @Test func `offsets and lines are those of the file, however long it is`() {
        var text = "\u{FEFF}<?xml version='1.0' encoding='UTF-8'?>\r\n<r>\n"
        var expected: [(Int64, Int)] = []
        for index in 0..<5_000 {
            expected.append((Int64(text.utf8.count), 3 + index))
            text += "<t\(index % 2 == 0 ? "" : " a='é'")>é\(index)</t>\n"
        }
        text += "</r>"
        let vocabulary = XMLVocabulary(namespace: nil, names: [])
        for block in [XMLStreamParser.defaultBlockBytes, 1_000] {
            let parser = XMLStreamParser(vocabulary: vocabulary, limits: XMLLimits(), schema: nil, blockBytes: block)
            var found: [(Int64, Int)] = []
            let consume = { (events: borrowing XMLEvents) -> Void in
                for label in events.labels where label.name == "t" { found.append((label.offset, label.line)) }
                #expect(events.fault == nil)
            }
            parser.feed(Array(text.utf8).span, consume)
            parser.finish(consume)
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { $0 == $1 })
        }
    }

    @Test func `the pieces in which a document comes change nothing`() {
        let documents = [
            "<?xml version='1.0' encoding='utf-8'?><a><b>é€\u{10000}</b>\r\n<c d='&#x20AC;'/></a>", "<a>x</b>",
            "<a><b></a>",
            "<a>&unknown;</a>", "<a b='1' b='2'/>", "<a/><b/>", "<a>\u{1}</a>", "<!-- x --", "  <a/>", "<a", "",
        ]
        for document in documents {
            let whole = Telling.read(document)
            for piece in [1, 2, 5] { #expect(Telling.read(document, piece: piece) == whole, "\(document)") }
            // Even libxml2 itself, given one byte at a time, tells the same steps.
            #expect(Telling.read(document, block: 1).steps == whole.steps, "\(document)")
            #expect(Telling.read(document, block: 1).fault?.kind == whole.fault?.kind, "\(document)")
        }
    }

    @Test(arguments: [
        ("<a>", "notWellFormed"), ("<a></b>", "notWellFormed"), ("", "notWellFormed"), ("text", "notWellFormed"),
        ("<a/>x", "notWellFormed"), ("<a b=c/>", "notWellFormed"), ("<a><p:b/></a>", "notWellFormed"),
        ("<a>\u{0}</a>", "notWellFormed"), ("<a>&#0;</a>", "notWellFormed"), ("<a>\u{FFFF}</a>", "notWellFormed"),
        ("<a b='<'/>", "notWellFormed"), ("<a>]]></a>", "notWellFormed"), ("<a><!-- -- --></a>", "notWellFormed"),
        ("<!DOCTYPE a><a/>", "forbidden"), ("<a>&nbsp;</a>", "forbidden"), ("<a b='&x;'/>", "forbidden"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "encoding"),
        ("<?xml version=\"1.0\" encoding = \"UTF-16\"?><a/>", "encoding"),
    ])
    func `a document at fault is told by the kind of its fault`(_ document: String, _ kind: String) {
        #expect(Telling.read(document).fault?.kind.rawValue == kind)
    }

    @Test func `the fault of a long document names its line and byte`() {
        let text = String(repeating: "<t>x</t>\n", count: 4_000)
        let fault = Telling.read("<r>\n\(text)<t>x</u>\n</r>").fault
        #expect(fault?.kind == .notWellFormed)
        #expect(fault?.line == 4_002)
        #expect(abs((fault?.offset ?? 0) - Int64(4 + 36_000 + 8)) <= 2)
        let late = Telling.read("<r>\n\(text)\(text)<!DOCTYPE").fault
        #expect(late?.kind == .forbidden)
        #expect(late?.line == 8_002)
        #expect(late?.offset == Int64(72_004))
    }

    @Test func `schema errors come among the steps`() throws {
        let schema = try XMLSchema(
            """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:complexType><xs:sequence>
            <xs:element name="n" type="xs:int" maxOccurs="9"/></xs:sequence></xs:complexType></xs:element></xs:schema>
            """)
        let telling = Telling.read(Array("<r><n>1</n><n>x</n><n>3</n></r>".utf8), schema: schema)
        #expect(telling.steps.count == 9)
        #expect(telling.steps[5].hasPrefix("! Element 'n': 'x' is not a valid value"))
        #expect(telling.fault == nil)
        #expect(Telling.read(Array("<r><n>1</n>".utf8), schema: schema).fault?.kind == .notWellFormed)
    }

    @Test func `a text that is no schema is refused with its line`() {
        #expect(throws: XMLFault.self) { try XMLSchema("<xs:schema") }
        #expect(throws: XMLFault.self) { try XMLSchema("<x/>") }
    }

    @Test func `libxml2 writes nothing to standard error`() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            let schema = try XMLSchema(
                """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r" type="xs:int"/></xs:schema>
                """)
            _ = try? XMLSchema("<x")
            for document in ["<r>x</r>", "<r", "<r>&x;</r>", "<p:r/>", "<r a='1' a='2'/>", "<!DOCTYPE r><r/>", "\u{0}"]
            {
                _ = Telling.read(document)
                _ = Telling.read(Array(document.utf8), schema: schema)
            }
        }
        #expect(result?.standardErrorContent.isEmpty == true)
    }
}
