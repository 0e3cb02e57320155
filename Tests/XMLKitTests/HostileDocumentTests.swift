import Testing

@testable import XMLKit

/// Documents that were made to hurt. Each ends with a fault of its kind, and with little read.
@Suite struct HostileDocumentTests {
    private func fault(_ text: String) -> XMLFault? { Telling.read(text).fault }

    @Test func `billion laughs, external entities and external DTDs end at the declaration`() {
        let laughs = """
            <?xml version="1.0"?>
            <!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>
            """
        let external = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"
        for text in [laughs, external, "<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'><x/>", " <!DOCTYPE x><x/>"] {
            let telling = Telling.read(text)
            #expect(telling.fault?.kind == .forbidden)
            #expect(telling.steps.isEmpty)
        }
    }

    @Test func `nesting ends at the limit`() {
        var limits = XMLLimits()
        limits.depth = 3
        #expect(Telling.read(Array("<a><a><a/></a></a>".utf8), limits: limits).fault == nil)
        #expect(Telling.read(Array("<a><a><a><a/></a></a></a>".utf8), limits: limits).fault?.kind == .limit)
        let deep = Telling.read(String(repeating: "<a>", count: 100_000))
        #expect(deep.fault?.kind == .limit)
        #expect(deep.steps.count == 16)
    }

    @Test func `a huge text ends at the limit, in a section and as references too`() {
        let huge = String(repeating: "x", count: 3_000_000)
        #expect(fault("<a>\(huge)</a>")?.kind == .limit)
        #expect(fault("<a><![CDATA[\(huge)]]></a>")?.kind == .limit)
        #expect(fault("<a>\(String(repeating: "&#120;", count: 5_000))</a>")?.kind == .limit)
        #expect((fault("<a>\(huge)</a>")?.offset ?? .max) < 40_000)
    }

    @Test func `blanks between elements may be long, but are no value of a field`() {
        let blanks = String(repeating: " \n", count: 50_000)
        #expect(fault("<a>\(blanks)<b>x</b>\(blanks)</a>") == nil)
        #expect(fault("<a><b>\(blanks)</b></a>")?.kind == .limit)
        #expect(fault("<a><b>x\(blanks)</b></a>")?.kind == .limit)
    }

    @Test func `forty thousand attributes end at the tag's limit`() {
        let attributes = (0..<40_000).map { " a\($0)='x'" }.joined()
        #expect(fault("<a\(attributes)/>")?.kind == .limit)
        let few = (0..<33).map { " a\($0)='x'" }.joined()
        #expect(fault("<a\(few)/>")?.detail == "a tag with more than 32 attributes")
    }

    @Test func `a long tag, value, comment and instruction end at the tag's limit`() {
        let long = String(repeating: "x", count: 9_000)
        for text in ["<\(long)/>", "<a b='\(long)'/>", "<a><!--\(long)--></a>", "<?p \(long)?><a/>", "<a></\(long)>"] {
            #expect(fault(text)?.kind == .limit)
        }
    }

    @Test func `names without end fill no memory`() {
        // libxml2 keeps every name that it has seen, up to about 22 million bytes.
        let stem = String(repeating: "n", count: 8_000)
        let text = "<a>" + (0..<4_000).map { "<\(stem)\($0)/>" }.joined() + "</a>"
        let fault = fault(text)
        #expect(fault?.kind == .notWellFormed)
        #expect((fault?.offset ?? .max) < 24_000_000)
    }

    @Test func `other encodings are refused, marked, declared or bare`() {
        let utf16 = Array("<?xml version='1.0'?><a/>".utf16)
        let little = utf16.flatMap { (unit: UInt16) -> [UInt8] in [UInt8(truncatingIfNeeded: unit), 0] }
        let big = utf16.flatMap { (unit: UInt16) -> [UInt8] in [0, UInt8(truncatingIfNeeded: unit)] }
        let utf32 = utf16.flatMap { (unit: UInt16) -> [UInt8] in [0, 0, 0, UInt8(truncatingIfNeeded: unit)] }
        for bytes in [little, big, utf32, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big, [0x4C, 0x6F, 0xA7, 0x94]] {
            let fault = Telling.read(bytes).fault
            #expect(fault?.kind == .encoding)
            #expect((fault?.offset ?? .max) < 4)
        }
        let latin = Array("<a>caf".utf8) + [0xE9] + Array("</a>".utf8)
        #expect(Telling.read(latin).fault?.kind == .encoding)
        #expect(Telling.read(latin).fault?.offset == 6)
        let cut = Array("<a>caf".utf8) + [0xC3]
        #expect(Telling.read(cut).fault?.kind == .encoding)
    }

    @Test func `a byte order mark of UTF-8 is allowed`() {
        #expect(fault("\u{FEFF}<a/>") == nil)
        #expect(fault("\u{FEFF}<?xml version='1.0' encoding='UTF-8'?><a/>") == nil)
        #expect(fault("\u{FEFF}<?xml version='1.0' encoding='latin1'?><a/>")?.kind == .encoding)
    }

    @Test func `random bytes and random changes never harm`() {
        var random = SeededBytes(seed: 7)
        let base = Array("<?xml version='1.0'?><a b='1'>t<c/><!-- x --><![CDATA[y]]>&amp;<d e=\"2\">z</d></a>".utf8)
        var fine = 0
        for _ in 0..<20_000 {
            var bytes = base
            for _ in 0...(random.next() % 3) {
                let index = Int(random.next()) % bytes.count
                switch random.next() % 3 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
                }
            }
            let whole = Telling.read(bytes)
            if whole.fault == nil { fine += 1 }
            #expect(Telling.read(bytes, piece: 3) == whole)
        }
        #expect(fine > 500)
    }
}
