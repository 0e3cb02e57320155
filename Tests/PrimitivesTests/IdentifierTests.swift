import Foundation
import Primitives
import Testing

@Suite struct IdentifierTests {
    private static let thirtyFive = String(repeating: "A", count: 35)

    @Test("partner ids", arguments: ["MAR", "MARCHE", "A1B", "ABCDEFGHIJK", "HOST"])
    func partner(text: String) throws { #expect(try PartnerID(text).text == text) }

    @Test(
        "what is no partner id is refused with its rule",
        arguments: ["", "MA", "ABCDEFGHIJKL", "1AB", "mar", "MAR-A", "MAR A", "MÄR", "MAR\n", "_AB"])
    func badPartner(text: String) {
        let error = #expect(throws: InvalidText.self) { try PartnerID(text) }
        #expect(error?.text == text && error?.label == PartnerID.label && error?.rule == PartnerID.rule)
    }

    @Test("transaction and message ids", arguments: ["T01", "a", "A/B", "A-1?:().,'+ Z", "0", thirtyFive])
    func transaction(text: String) throws {
        #expect(try TransactionID(text).text == text)
        #expect(try MessageID(text).text == text)
    }

    @Test(
        "what is no transaction id is refused",
        arguments: [
            "", thirtyFive + "A", "/A", "A/", " A", "A ", "A//B", "A_B", "A*B", "É", "A\tB", "A\u{0}", "A\u{202E}B",
            "A;B", "A\"B", "A&B", "A<B", "/", " ", "//",
        ])
    func badTransaction(text: String) {
        #expect(!TransactionID.accepts(text))
        #expect(!MessageID.accepts(text))
        #expect(throws: InvalidText.self) { try TransactionID(text) }
    }

    @Test("window ids name their fixings")
    func window() throws {
        let window = try WindowID("W-2026-03B")
        #expect(window.suffix == "2026-03B")
        #expect(window.fixingName == "FX-2026-03B")
        #expect(WindowID.accepts("W-A"))
        #expect(WindowID.accepts("W-" + String(repeating: "9", count: 18)))
    }

    @Test("what is no window id is refused", arguments: ["", "W-", "w-2026", "2026-03B", "W-2026 03", "W-2026/03"])
    func badWindow(text: String) {
        #expect(!WindowID.accepts(text))
        #expect(!WindowID.accepts("W-" + String(repeating: "9", count: 19)))
    }

    @Test("version and promotion ids", arguments: ["P-MAR-ISS-1", "1", "A_B.C", thirtyFive])
    func codes(text: String) {
        #expect(VersionID.accepts(text))
        #expect(PromotionID.accepts(text))
    }

    @Test("what is no version id is refused", arguments: ["", thirtyFive + "A", "p-mar", "P MAR", "P/1", "É"])
    func badCodes(text: String) {
        #expect(!VersionID.accepts(text))
        #expect(!PromotionID.accepts(text))
    }

    @Test("ids are in the order of their bytes, not of a language")
    func order() throws {
        let ids = try ["b", "A", "a-", "B", "a", "a1", "0"].map { try TransactionID($0) }
        #expect(ids.sorted().map(\.text) == ["0", "A", "B", "a", "a-", "a1", "b"])
    }

    @Test("ids are written to JSON as text, and checked when read")
    func json() throws {
        let data = try JSONEncoder().encode([try PartnerID("MARCHE")])
        #expect(String(decoding: data, as: UTF8.self) == #"["MARCHE"]"#)
        #expect(try JSONDecoder().decode([PartnerID].self, from: data).first?.text == "MARCHE")
        #expect(throws: InvalidText.self) {
            try JSONDecoder().decode([PartnerID].self, from: Data(#"["marche"]"#.utf8))
        }
    }

    @Test("the refusal of a text names it and the rule")
    func message() {
        let error = #expect(throws: InvalidText.self) { try PartnerID("x") }
        #expect(error?.description == "'x' is not a partner id: \(PartnerID.rule)")
    }
}

@Suite struct MemberNumberTests {
    /// The check digit by the text of ISO/IEC 7812-1: a table of doubled digits, from the left.
    private func isValid(_ digits: [Int]) -> Bool {
        let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
        var sum = 0
        for (index, digit) in digits.enumerated() {
            sum += (digits.count - index) % 2 == 0 ? doubled[digit] : digit
        }
        return sum % 10 == 0
    }

    @Test("exactly one check digit fits every number", arguments: 12...19)
    func checkDigits(length: Int) {
        for stem in 0..<200 {
            let body = (0..<(length - 1)).map { ($0 * 7 + stem * 3 + stem / 10) % 10 }
            let fitting = (0...9).filter { digit in
                let text = (body + [digit]).map(String.init).joined()
                #expect((MemberNumber(text) != nil) == isValid(body + [digit]))
                return MemberNumber(text) != nil
            }
            #expect(fitting.count == 1)
        }
    }

    @Test("known numbers", arguments: ["9250123456789013", "4111111111111111", "4012888888881881", "6011111111111117"])
    func known(text: String) { #expect(MemberNumber(text) != nil) }

    @Test("one changed digit or two neighbours changed about are found")
    func errors() throws {
        let good = Array("9250123456789013")
        for index in good.indices {
            for digit in "0123456789" where digit != good[index] {
                var bad = good
                bad[index] = digit
                #expect(MemberNumber(String(bad)) == nil)
            }
        }
        for index in good.indices.dropLast() where good[index] != good[index + 1] {
            // Luhn does not find 09 and 90.
            if Set([good[index], good[index + 1]]) == ["0", "9"] { continue }
            var bad = good
            bad.swapAt(index, index + 1)
            #expect(MemberNumber(String(bad)) == nil)
        }
    }

    @Test(
        "what is no number is not read",
        arguments: [
            "", "00000000000", "00000000000000000000", "925012345678901X", "9250 1234 5678 9013", "٩٢٥٠١٢٣٤٥٦٧٨٩٠١٣",
            "-250123456789013",
        ])
    func rejects(text: String) { #expect(MemberNumber(text) == nil) }

    @Test("the shortest and the longest number are read")
    func lengths() {
        #expect(MemberNumber("000000000000") != nil)
        #expect(MemberNumber("0000000000000000000") != nil)
    }

    @Test("numbers print masked, in text and in debugging text")
    func masking() throws {
        let number = try #require(MemberNumber("9250123456789013"))
        #expect("\(number)" == "9250********9013")
        #expect(String(reflecting: number) == "9250********9013")
        #expect(number.digits == "9250123456789013")
        #expect(MemberNumber.masked("123456789") == "1234*6789")
        #expect(MemberNumber.masked("12345678") == "********")
        #expect(MemberNumber.masked("") == "")
    }
}
