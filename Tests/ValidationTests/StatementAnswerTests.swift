import Journal
import Primitives
import Testing
import Validation
import XMLKit

/// Answers to settlement statements: written, read, and refused for the same reasons as by the schema.
@Suite struct StatementAnswerTests {
    private static let hex = String(repeating: "0a", count: 32)

    private static func answer(_ differences: [StatementDifference] = []) throws -> StatementAnswer {
        StatementAnswer(
            partner: try PartnerID("MARCHE"), statement: "STL-W-2026-03B-MARCHE",
            digest: try #require(Digest32(hex: hex)), createdAt: try #require(Timestamp("2026-04-01T08:00:00Z")),
            verdict: differences.isEmpty ? .agreed : .differs,
            totals: AnswerTotals(
                currency: try #require(CurrencyCode("EUR")), lines: 3, credits: "1.00", debits: "12.50", net: "-11.50",
                closing: "-11.50"),
            differences: differences)
    }

    private static let differences = [
        StatementDifference(item: .line(3), own: "12.40", reason: .amount, words: "ça < va"),
        StatementDifference(item: .field(.inSettlement), own: "-0.10", reason: .other),
    ]

    @Test func `what is written is read, and follows the schema`() throws {
        let schema = try XMLSchema(StatementAnswerSchema.text)
        for answer in [try Self.answer(), try Self.answer(Self.differences)] {
            #expect(schemaErrors(answer.document, schema) == [])
            #expect(StatementAnswerReader.recognizes(answer.document))
            #expect(try StatementAnswerReader.read(answer.document) == answer)
        }
    }

    @Test(arguments: [
        ("<Verdict>AGREED", "<Verdict>PERHAPS"), ("<Verdict>AGREED</Verdict>", ""), ("STL-W", "CLS-W"),
        ("0a0a", "0A0A"), ("lines=\"3\"", "lines=\"03\""), ("lines=\"3\"", "lines=\"-3\""),
        ("lines=\"3\"", ""), ("net=\"-11.50\"", "net=\"1e3\""), ("net=\"-11.50\"", "net=\"11.50001\""),
        ("net=\"-11.50\"", "net=\"123456789012345\""), ("EUR", "EURO"), ("MARCHE</P", "marche</P"),
        ("closing", "opening"), ("<Totals", "text<Totals"), ("<Totals", "<Other/><Totals"),
        ("<Totals", "<Totals xmlns:x=\"urn:x\" x:net=\"1\""), ("2026-04-01T08:00:00Z", "yesterday"),
        ("</StatementAnswer>", "<Difference item=\"03\" own=\"1\" reason=\"AMOUNT\"/></StatementAnswer>"),
        ("</StatementAnswer>", "<Difference item=\"SUM\" own=\"1\" reason=\"AMOUNT\"/></StatementAnswer>"),
        ("</StatementAnswer>", "<Difference item=\"3\" own=\"1\" reason=\"WHY\"/></StatementAnswer>"),
        ("</StatementAnswer>", "<Difference item=\"3\" reason=\"TAX\"/></StatementAnswer>"),
    ])
    func `what the schema refuses is SYN-002`(_ old: String, _ new: String) throws {
        let schema = try XMLSchema(StatementAnswerSchema.text)
        let text = String(decoding: try Self.answer().document, as: UTF8.self)
        let changed = Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
        try #require(changed != Array(text.utf8))
        #expect(!schemaErrors(changed, schema).isEmpty)
        let refusal = #expect(throws: Refusal.self) { try StatementAnswerReader.read(changed) }
        #expect(refusal?.code == .syn002)
    }

    @Test func `who differs says where, and who agrees does not`() throws {
        let good = String(decoding: try Self.answer(Self.differences).document, as: UTF8.self)
        let agreed = Array(good.replacing("DIFFERS", with: "AGREED").utf8)
        #expect(throws: Refusal.self) { try StatementAnswerReader.read(agreed) }
        let plain = String(decoding: try Self.answer().document, as: UTF8.self)
        let differs = Array(plain.replacing("AGREED", with: "DIFFERS").utf8)
        #expect(throws: Refusal.self) { try StatementAnswerReader.read(differs) }
    }

    @Test(arguments: [UInt64(31), 32])
    func `a changed answer that is read follows the schema, and says the same when it is written`(
        _ seed: UInt64
    ) throws {
        let schema = try XMLSchema(StatementAnswerSchema.text)
        var random = Seeded(seed)
        var (read, refused) = (0, 0)
        for number in 0..<2_000 {
            var bytes = try Self.answer(random.flip() ? Self.differences : []).document
            if random.flip() {
                random.mutate(&bytes)
            } else {
                let root = MutableElement(try XMLDocument.parse(bytes))
                root.attributes.insert(("xmlns", StatementAnswerSchema.namespace), at: 0)
                for element in root.all { element.text = element.text.replacing("<", with: "&lt;") }
                random.mutate(root)
                var text = ""
                root.write(into: &text)
                bytes = Array(text.utf8)
            }
            do throws(Refusal) {
                let answer = try StatementAnswerReader.read(bytes)
                read += 1
                #expect(schemaErrors(bytes, schema) == [], "seed \(seed), mutant \(number)")
                #expect(try StatementAnswerReader.read(answer.document) == answer, "seed \(seed), mutant \(number)")
            } catch {
                refused += 1
                #expect(error.code.code.hasPrefix("SYN-"), "seed \(seed), mutant \(number)")
            }
        }
        #expect(read > 20 && refused > 20, "\(read) read, \(refused) refused")
    }

    @Test func `another version, a DTD and too many bytes have their own codes`() throws {
        let text = String(decoding: try Self.answer().document, as: UTF8.self)
        func code(_ text: String) -> ReasonCode? {
            let refusal = #expect(throws: Refusal.self) { try StatementAnswerReader.read(Array(text.utf8)) }
            return refusal?.code
        }
        #expect(code(text.replacing("statement-answer:1", with: "statement-answer:2")) == .syn006)
        #expect(code(text.replacing("version=\"1.0\" enc", with: "version=\"1.0\"  enc") + "<x/>") == .syn001)
        #expect(code(text.replacing("<StatementAnswer ", with: "<!DOCTYPE x><StatementAnswer ")) == .syn003)
        #expect(code(text + String(repeating: " ", count: 64 << 10)) == .syn005)
        let other = Array("<LoyaltyRequest xmlns=\"urn:coalition:clearing:realtime:1\" version=\"1.0\"/>".utf8)
        #expect(!StatementAnswerReader.recognizes(other))
        #expect(!StatementAnswerReader.recognizes(Array("nothing".utf8)))
    }
}
