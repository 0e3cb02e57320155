import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

private let marche = "agreements/MARCHE.yaml"

@Suite struct YAMLTests {
    private func findings(_ text: String) -> [Finding] {
        var draft = Draft.golden
        draft.files[marche] = text
        return draft.check().findings.filter { $0.place.field.hasPrefix(marche) }
    }

    @Test("a key that stands twice is told at its later line, and the rest of the file is still read")
    func repeatedKeys() {
        let draft = Draft.golden.replacing(
            "status: ACTIVE", with: "status: ACTIVE\n\"country\": FR\nstatus: ACTIVE\nstatus: NEVER", in: marche)
        let findings = draft.check().findings
        let first = draft.line(of: "status: ACTIVE", in: marche)
        #expect(findings.map(\.code) == [.cfg005, .cfg005, .cfg005, .cfg005])
        #expect(findings.map(\.place.line) == [first + 1, first + 2, first + 3, first + 3])
        #expect(findings.map(\.value) == ["country", "status", "status", "NEVER"])
        #expect(findings.first?.detail == "the key stands already on line \(draft.line(of: "country: FR", in: marche))")
    }

    @Test("anchors, aliases and tags are refused at their lines")
    func anchors() {
        let anchored = Draft.golden.replacing("roles: [EARN", with: "roles: &roles [EARN", in: marche)
            .replacing("status: ACTIVE", with: "status: !!str ACTIVE", in: marche)
        let findings = anchored.check().findings
        #expect(
            findings.contains {
                $0.detail.contains("anchors") && $0.place.line == anchored.line(of: "&roles", in: marche)
            })
        let tagged = Draft.golden.replacing("status: ACTIVE", with: "status: !!int ACTIVE", in: marche)
        #expect(
            tagged.check().findings.map { "\($0.place.line) \($0.detail)" } == [
                "\(tagged.line(of: "!!int", in: marche)) YAML tags are not used in a programme"
            ])
    }

    @Test("aliases that multiply and keys within keys are refused before they are read")
    func aliasBombs() {
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
        for (name, previous) in zip("bcdefghijklmnop", "abcdefghijklmno") {
            let items = Array(repeating: "*\(previous)", count: 9).joined(separator: ", ")
            bomb += "\(name): &\(name) [\(items)]\n"
        }
        #expect(findings(bomb).map(\.code) == [.cfg005])
        #expect(findings(bomb + "? *p\n: x\n").map(\.code) == [.cfg005])
        // Keys within keys cost in the same way.
        let keys = String(repeating: "? ", count: 900) + "[" + String(repeating: "a,", count: 30_000) + "a]"
        #expect(findings(keys).map(\.code) == [.cfg005])
        #expect(findings("? [a, b]\n: x\n").contains { $0.detail.contains("plain text") && $0.place.line == 1 })
        // An alias or two is harmless, and still refused at its line.
        #expect(findings("partner: &p MARCHE\nlegalName: *p\n").filter { $0.detail.contains("anchors") }.count == 1)
    }

    @Test("text with ampersands and asterisks is text")
    func ampersands() {
        let draft = Draft.golden.replacing("Marché Lumière SA", with: "'Marks & *Spencer* &Co'", in: marche)
        #expect(draft.check().findings.isEmpty)
    }

    @Test(
        "nesting, size, encoding and documents are bounded",
        arguments: [
            ("", "empty"), ("# nothing\n", "empty"), ("--- \na: 1\n--- \nb: 1\n", "not well-formed"),
            ("a: \u{7}b", "not well-formed"), ("\ta: 1", "not well-formed"), ("plain text", "keys"),
            ("[1, 2]", "keys"), ("a: 'x", "not well-formed"), ("[1]: 2", "plain text"),
        ])
    func bounds(_ text: String, _ word: String) {
        let told = findings(text)
        #expect(told.contains { $0.code == .cfg005 && $0.detail.contains(word) }, "\(told)")
    }

    /// The long texts are made here, so that a log of the tests shows what they are made of.
    @Test(
        "what is repeated too often is refused",
        arguments: [
            ("[", 50_000, "", "not well-formed"), ("{a: ", 900, "}", "levels"), ("- ", 5_000, "", "not well-formed"),
            ("a, ", 100_000, "", "larger"),
        ])
    func repeated(_ piece: String, _ count: Int, _ end: String, _ word: String) {
        bounds(String(repeating: piece, count: count) + String(repeating: end, count: count), word)
    }

    @Test("values are bounded in number")
    func values() { bounds("[" + String(repeating: "a,", count: 30_000) + "]", "values") }

    @Test("bytes that are not UTF-8 are refused, a byte order mark is not")
    func encoding() {
        let files = Draft.golden.directory.files
        let latin = files.map {
            SourceFile(path: $0.path, kind: $0.kind, bytes: $0.path == marche ? Array("a: ".utf8) + [0xE9] : $0.bytes)
        }
        let result = ProgrammeCheck.check(ProgrammeDirectory(files: latin), sha256: sha256)
        #expect(result.findings.map(\.detail).contains("the file is not UTF-8"))
        let marked = files.map { SourceFile(path: $0.path, kind: $0.kind, bytes: [0xEF, 0xBB, 0xBF] + $0.bytes) }
        #expect(ProgrammeCheck.check(ProgrammeDirectory(files: marked), sha256: sha256).findings.isEmpty)
        let windows = files.map { file in
            let text = String(decoding: file.bytes, as: UTF8.self).replacingOccurrences(of: "\n", with: "\r\n")
            return SourceFile(path: file.path, kind: file.kind, bytes: Array(text.utf8))
        }
        #expect(ProgrammeCheck.check(ProgrammeDirectory(files: windows), sha256: sha256).findings.isEmpty)
    }

    @Test("values keep their text: no word of YAML becomes a truth value or a rounded number")
    func typing() throws {
        let draft = Draft.golden.replacing("country: FR", with: "country: NO", in: marche)
            .replacing("price: 0.00550 EUR", with: "price: \"0.00550 EUR\"", in: marche)
            .replacing("fileExpectedBy: 03:00", with: "fileExpectedBy: 12:30", in: marche)
        let agreement = try #require(try draft.programme().agreement(.marche))
        #expect(agreement.country == "NO")
        #expect(agreement.prices.first?.price.description == "0.00550")
        #expect(agreement.fileExpectedBy == "12:30")
    }
}
