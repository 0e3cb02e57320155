import Testing

@testable import XMLKit

@Suite struct TagLengthGuardTests {
    /// What the guard says about a document in pieces of a size.
    private func verdict(_ text: String, tagBytes: Int = 64, attributes: Int = 4, piece: Int) -> TagLengthGuard
        .Violation?
    {
        var tagGuard = TagLengthGuard(tagBytes: tagBytes, attributesPerTag: attributes)
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            if let found = tagGuard.check(part.span) { return found.violation }
            start += piece
        }
        return nil
    }

    /// The verdict, which must be the same for pieces of any size.
    private func verdict(_ text: String, tagBytes: Int = 64, attributes: Int = 4) -> TagLengthGuard.Violation? {
        let whole = verdict(text, tagBytes: tagBytes, attributes: attributes, piece: max(text.utf8.count, 1))
        for piece in [1, 2, 3, 7] {
            #expect(verdict(text, tagBytes: tagBytes, attributes: attributes, piece: piece) == whole)
        }
        return whole
    }

    private let long = String(repeating: "x", count: 100)

    @Test func `markup of exactly the limit passes and one byte more does not`() {
        let name = String(repeating: "n", count: 62)
        #expect(verdict("<\(name)>") == nil)
        #expect(verdict("ab<\(name)n>")?.markup == 2)
        #expect(verdict("ab<\(name)n>")?.kind == .limit)
    }

    @Test func `text of any length passes`() {
        #expect(verdict("<a>\(long)\(long)</a>") == nil)
    }

    @Test func `a greater-than sign in a quoted value does not end the tag`() {
        #expect(verdict("<a b='>' c=\"><\">\(long)</a>") == nil)
        #expect(verdict("<a b='>\(long)'>")?.markup == 0)
        #expect(verdict("<a b=\"'>\(long)\">")?.markup == 0)
    }

    @Test func `a tag within a comment, a section or an instruction is none`() {
        #expect(verdict("<a><!-- <b --> <![CDATA[ <c\(long)]]><?p <d ?>\(long)</a>") == nil)
        #expect(verdict("<a><![CDATA[ ]] ]> ]]]><b>\(long)</b></a>") == nil)
    }

    @Test func `a comment and an instruction count against the limit`() {
        #expect(verdict("<a><!-- \(long) --></a>")?.markup == 3)
        #expect(verdict("<a><!-- \(long)")?.markup == 3)
        #expect(verdict("<?p \(long)?>")?.markup == 0)
        #expect(verdict("<!-- - -- -->\(long)") == nil)
    }

    @Test func `a tag that does not end is found while it grows`() {
        #expect(verdict("<a \(long)")?.markup == 0)
        #expect(verdict("</a\(long)")?.markup == 0)
    }

    @Test func `a document type declaration is refused at its first letter`() {
        #expect(verdict("<?xml version='1.0'?><!D")?.kind == .forbidden)
        #expect(verdict("<!ELEMENT")?.kind == .notWellFormed)
        #expect(verdict("<a><![CDATA[<!DOCTYPE]]></a>") == nil)
    }

    @Test func `attributes are counted`() {
        #expect(verdict("<a b='1' c='2' d='3' e='4'/>") == nil)
        #expect(verdict("<a b='1' c='2' d='3' e='4' f='5'/>")?.detail == "a tag with more than 4 attributes")
        #expect(verdict("<a b='1' c='2'><a b='1' c='2' d='3'/>") == nil)
    }
}
