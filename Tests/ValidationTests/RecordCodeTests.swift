import Primitives
import Testing
import Validation

/// Every code that a record can get here, one change at a time.
@Suite struct RecordCodeTests {
    private func value(_ name: String, _ text: String) -> String { "<\(name)>\(text)</\(name)>" }

    /// The codes of the sample accrual after one element's text was changed.
    private func codes(_ name: String, from old: String, to new: String) -> [String] {
        codes(replacing: value(name, old), with: value(name, new))
    }

    /// The codes of the sample accrual after a text was replaced.
    private func codes(replacing old: String, with new: String) -> [String] {
        codes(in: Sample.accrual, replacing: old, with: new)
    }

    /// The codes of a record after a text was replaced in it. The control sums are left alone and say nothing here.
    private func codes(in record: String, replacing old: String, with new: String) -> [String] {
        let changed = record.replacing(old, with: new)
        #expect(changed != record)
        let result = readBatch(Sample.file(changed, count: 1, sums: ""))
        #expect(result.refusal == nil)
        return result.codes(1)
    }

    @Test(arguments: [
        "<TransactionId>T05</TransactionId>", "<LoyaltyTransactionType>ACCR</LoyaltyTransactionType>",
        "<TransactionDateTime>2026-03-18T17:42:10+01:00</TransactionDateTime>",
        "<BusinessDate>2026-03-18</BusinessDate>",
        "<LoyaltyAmount unit=\"RLM\">640</LoyaltyAmount>", " unit=\"RLM\"", " type=\"CARD\"", " currency=\"EUR\"",
        "<StoreId>GDL-WEB</StoreId>", "<LoyaltyAccountId type=\"CARD\">\(Sample.card)</LoyaltyAccountId>",
        "<LoyaltyAccount><LoyaltyAccountId type=\"CARD\">\(Sample.card)</LoyaltyAccountId></LoyaltyAccount>",
    ])
    func `FMT-001: a field that is missing`(_ text: String) {
        #expect(Set(codes(replacing: text, with: "")) == ["FMT-001"])
    }

    @Test func `FMT-001: a field that is empty`() {
        #expect(codes("TransactionId", from: "T05", to: "") == ["FMT-001"])
        #expect(codes("BusinessDate", from: "2026-03-18", to: "") == ["FMT-001"])
        #expect(codes(replacing: "640</Loyalty", with: "</Loyalty") == ["FMT-001"])
    }

    @Test func `FMT-001: what the record's type needs`() {
        #expect(codes(in: Sample.bonus, replacing: "<PromotionId>PRM-SPRING</PromotionId>", with: "") == ["FMT-001"])
        #expect(codes(in: Sample.adjustment, replacing: "<CreditDebit>CRDT</CreditDebit>", with: "") == ["FMT-001"])
        #expect(codes("LoyaltyTransactionType", from: "ACCR", to: "RVSL") == ["FMT-001"])
        let event = "<EarnBasis>EVENT</EarnBasis><Point"
        #expect(codes(replacing: "<Point", with: event) == ["FMT-001"])
    }

    @Test(arguments: ["12.5", "-3", "1e3", "+5", "1 000", "1,5", "x", "0x10", "1000000000000", "6.40", "."])
    func `FMT-002: an amount that is no positive whole number`(_ text: String) {
        #expect(codes(replacing: ">640<", with: ">\(text)<") == ["FMT-002"])
    }

    @Test func `FMT-002: money with too many fraction digits, or outside adjustments`() {
        #expect(codes(in: Sample.adjustment, replacing: "37.41", with: "37.411") == ["FMT-002"])
        #expect(codes(in: Sample.adjustment, replacing: "37.41", with: "37.4") == [])
        #expect(readBatch(Sample.adjustmentFile()).parsed.map(\.content.units) == [3741])
        #expect(codes(replacing: "unit=\"RLM\">640", with: "unit=\"EUR\">6.40") == ["FMT-002"])
        #expect(codes(replacing: "unit=\"RLM\">640", with: "unit=\"EUR\">640") == [])
    }

    @Test func `the largest amount is accepted`() {
        #expect(codes(replacing: ">640<", with: ">999999999999<") == [])
    }

    @Test func `FMT-003: an amount of zero`() {
        #expect(codes(replacing: ">640<", with: ">0<") == ["FMT-003"])
        #expect(codes(replacing: ">640<", with: ">000<") == ["FMT-003"])
    }

    @Test(arguments: ["XXXX", "accr", "ACCRX", " ACCR", "ENRL"])
    func `FMT-004: a type that is unknown`(_ text: String) {
        #expect(codes("LoyaltyTransactionType", from: "ACCR", to: text) == ["FMT-004"])
    }

    @Test(arguments: [
        "2026-02-30", "2026-13-01", "2025-02-29", "26-03-18", "2026-3-18", "18.03.2026", "0000-01-01", "2026-03-18Z",
    ])
    func `FMT-005: a date that is no day`(_ text: String) {
        #expect(codes("BusinessDate", from: "2026-03-18", to: text) == ["FMT-005"])
    }

    @Test(arguments: [
        "2026-03-18T17:42:10", "2026-03-18 17:42:10Z", "2026-03-18T24:00:00Z", "2026-03-18T17:60:00Z",
        "2026-03-18T17:42Z",
        "2026-03-18T17:42:10.Z", "2026-03-18T17:42:10.1234567890Z", "2026-03-18T17:42:10+15:00", "2026-02-30T00:00:00Z",
        "2026-03-18T17:42:10+1:00", "2026-03-18T17:42:60Z", "2026-03-18T17:42:10z",
    ])
    func `FMT-005: an instant that is none`(_ text: String) {
        #expect(codes("TransactionDateTime", from: "2026-03-18T17:42:10+01:00", to: text) == ["FMT-005"])
    }

    @Test func `dates and instants of every allowed form are accepted`() {
        #expect(codes("BusinessDate", from: "2026-03-18", to: "2024-02-29") == [])
        #expect(codes("BusinessDate", from: "2026-03-18", to: "\n 2026-03-18 ") == [])
        for text in ["2026-03-18T17:42:10Z", "2026-03-18T23:59:59.999999999-14:00", "2026-03-18T00:00:00.5+14:00"] {
            #expect(codes("TransactionDateTime", from: "2026-03-18T17:42:10+01:00", to: text) == [])
        }
    }

    @Test(arguments: [
        "123456789012345678901234567890123456", " T05", "T05 ", "/T05", "T05/", "T//05", "Té", "T_05", "T&lt;",
    ])
    func `FMT-006: an id that breaks the rule of ids`(_ text: String) {
        #expect(codes("TransactionId", from: "T05", to: text) == ["FMT-006"])
        let reversal = "<OriginalTransaction><TransactionId>\(text)</TransactionId></OriginalTransaction><Point"
        let file = Sample.accrualFile(replacing: "<Point", with: reversal)
            .replacing("ACCR", with: "RVSL")
        #expect(readBatch(file).codes(1) == ["FMT-006"])
    }

    @Test func `FMT-006: a promotion's id has its own rule`() {
        #expect(codes(in: Sample.bonus, replacing: "PRM-SPRING", with: "prm spring") == ["FMT-006"])
    }

    @Test func `every character of ids is accepted`() {
        #expect(codes("TransactionId", from: "T05", to: "aZ09/-?:().,'+ b") == [])
        #expect(codes("TransactionId", from: "T05", to: "12345678901234567890123456789012345") == [])
    }

    @Test(arguments: ["\u{202E}", "\u{2066}", "\u{200E}", "\u{61C}", "\u{85}", "&#x7F;", "&#9;", "&#10;", "\u{2028}"])
    func `FMT-007: characters that control or turn text`(_ text: String) {
        let result = readBatch(Sample.accrualFile(replacing: "GDL-WEB", with: "GDL\(text)WEB"))
        #expect(result.codes(1) == ["FMT-007"])
        // The finding shows what cannot be seen.
        #expect(result.refused.first?.findings.first?.value.contains("\\u{") == true)
    }

    @Test(arguments: [
        ("<SaleAmount", "<Foo/><SaleAmount"), ("<SaleAmount", "<Usage>x</Usage><SaleAmount"),
        ("RLM\">640", "RLM\" x=\"1\">640"),
        ("<Transaction>", "<Transaction id=\"1\">"), ("2026-03-18</B", "2026-03-18<b/></B"),
        ("<SaleAmount", "x<SaleAmount"),
        ("<SaleAmount currency=\"EUR\">", "<SaleAmount currency=\"EUR\" xml:lang=\"fr\">"),
        ("<SaleAmount", "<LoyaltyAmount unit=\"RLM\">640</LoyaltyAmount><SaleAmount"),
        ("<StoreId>GDL-WEB</StoreId>", "<StoreId>GDL-WEB</StoreId><StoreId>2</StoreId>"),
        ("<StoreId>GDL-WEB</StoreId>", "<TerminalId>1</TerminalId><StoreId>GDL-WEB</StoreId>"),
        ("<StoreId>GDL-WEB</StoreId>", "<StoreId>GDL-WEB</StoreId>text"),
        ("<LoyaltyTransactionType>ACCR", "<BusinessDate>2026-03-18</BusinessDate><LoyaltyTransactionType>ACCR"),
        ("<PointOfInteraction>", "<PointOfInteraction xmlns:x=\"urn:x\" x:y=\"z\">"),
    ])
    func `FMT-008: what does not belong in a record, or not there`(_ old: String, _ new: String) {
        let codes = Set(codes(replacing: old, with: new))
        #expect(codes == ["FMT-008"])
    }

    @Test func `FMT-008: fields that the record's type does not have`() {
        #expect(codes(replacing: "<SaleAmount", with: "<CreditDebit>CRDT</CreditDebit><SaleAmount") == ["FMT-008"])
        let original = "<OriginalTransaction><TransactionId>T01</TransactionId></OriginalTransaction><Point"
        #expect(codes(replacing: "<Point", with: original) == ["FMT-008"])
        let trigger = "<TriggeringTransaction><TransactionId>T01</TransactionId></TriggeringTransaction><Point"
        #expect(codes(replacing: "<Point", with: trigger) == ["FMT-008"])
    }

    @Test(arguments: [
        ("RLM\">640", "rlm\">640"), ("RLM\">640", "RLMX\">640"), ("type=\"CARD\"", "type=\"TOKEN\""),
        ("currency=\"EUR\"", "currency=\"SML\""), ("currency=\"EUR\"", "currency=\"eu\""), (">128.00<", ">128.001<"),
        (">128.00<", ">-1<"), (">128.00<", ">x<"), ("GDL-WEB", ""), ("GDL-WEB", String(repeating: "é", count: 36)),
        ("<Point", "<EarnBasis>LUCK</EarnBasis><Point"), ("<Point", "<EarnBasis quantity=\"0\">STEP</EarnBasis><Point"),
        ("<Point", "<EarnBasis quantity=\"1.5\">STEP</EarnBasis><Point"),
        ("<Point", "<ReasonCode>re turn</ReasonCode><Point"),
        ("<Point", "<ApprovalCode>a7</ApprovalCode><Point"),
        ("<LoyaltyAmount", "<EntryMode>TELEPATHY</EntryMode><LoyaltyAmount"),
        ("<Point", "<Narrative>\(String(repeating: "n", count: 141))</Narrative><Point"),
    ])
    func `FMT-009: a value that its type does not allow`(_ old: String, _ new: String) {
        #expect(codes(replacing: old, with: new) == ["FMT-009"])
    }

    @Test(arguments: [
        "9250123456789012", "92501234567", "92501234567890130000", "925012345678901X", "9250 1234 5678 9013",
    ])
    func `REF-001: a card number with a wrong length, character or check digit`(_ text: String) {
        let result = readBatch(Sample.accrualFile(replacing: Sample.card, with: text))
        #expect(result.codes(1) == ["REF-001"])
        // The number is never shown in full.
        #expect(result.refused.first?.findings.first?.value.contains(text) == false)
    }

    @Test func `a card number that strayed into another field is masked`() throws {
        let result = readBatch(
            Sample.accrualFile(replacing: "<BusinessDate>2026-03-18", with: "<BusinessDate>\(Sample.card)"))
        let finding = try #require(result.refused.first?.findings.first)
        #expect(finding.code == .fmt005)
        #expect(finding.value == "9250********9013")
    }

    @Test func `ADJ-001: an adjustment without a reason`() {
        #expect(codes(in: Sample.adjustment, replacing: "<ReasonCode>GOODWILL</ReasonCode>", with: "") == ["ADJ-001"])
    }

    @Test func `all findings of a record come together, in the catalogue's order, with their places`() throws {
        var file = Sample.accrual.replacing(Sample.card, with: "9250123456789012")
        for (old, new) in [
            ("<TransactionId>T05", "<TransactionId>T 05/"), ("<BusinessDate>2026-03-18", "<BusinessDate>2026-02-30"),
            (">640<", ">0<"), ("<SaleAmount", "<Foo>9250123456789013</Foo><SaleAmount"), ("GDL-WEB", "GDL-\u{202E}"),
        ] { file = file.replacing(old, with: new) }
        file = Sample.file(file, count: 1, sums: "")
        let record = try #require(readBatch(file).refused.first)
        #expect(record.findings.map(\.code.code) == ["FMT-003", "FMT-005", "FMT-006", "FMT-007", "FMT-008", "REF-001"])
        #expect(record.transactionID == "T 05/")
        #expect(record.amount?.units == 0)
        #expect(!record.followsSchema)
        let bytes = Array(file.utf8)
        for finding in record.findings {
            #expect(finding.place.record == 1)
            let start = Int(finding.place.offset)
            let here = String(decoding: bytes[start..<start + 4], as: UTF8.self)
            let expected = [
                "FMT-003": "0</L", "FMT-005": "2026", "FMT-006": "T 05", "FMT-007": "GDL-", "FMT-008": "<Foo",
                "REF-001": "9250",
            ]
            #expect(here == expected[finding.code.code])
            let line = bytes[..<start].count { $0 == 0x0A } + 1
            #expect(finding.place.line == line)
        }
        #expect(record.findings.map(\.place.field).contains("PointOfInteraction/StoreId"))
        #expect(record.findings.map(\.place.field).contains("LoyaltyAccount/LoyaltyAccountId"))
    }

    @Test func `a record never collects more than 20 findings`() {
        let many = String(repeating: "<Foo/>", count: 500)
        let result = readBatch(Sample.accrualFile(replacing: "<SaleAmount", with: many + "<SaleAmount"))
        #expect(result.codes(1).count == 20)
    }
}
