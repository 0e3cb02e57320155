import Foundation
import Primitives
import TestKit
import Testing
import Validation

/// The examples of Specs/formats.md are what the reader accepts.
@Suite struct FormatsPageTests {
    /// The blocks of a language on the page.
    private func blocks(_ language: String) throws -> [String] {
        let page = try String(contentsOf: specs.appending(path: "formats.md"), encoding: .utf8)
        return page.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }

    @Test func `every batch file on the page is accepted, and XML and CSV of one content are equal`() throws {
        let files = try blocks("csv") + blocks("xml").filter { $0.contains("LoyaltyTransactionBatch") }
        #expect(files.count == 3)
        for file in files {
            #expect(readBatch(file).fileCodes == [])
            #expect(readBatch(file).refused.isEmpty)
        }
        #expect(readBatch(files[0]).parsed.count == 2)
        #expect(readBatch(files[0]).parsed.map(\.contentDigest) == readBatch(files[2]).parsed.map(\.contentDigest))
    }

    @Test func `tokens made as the page says are account numbers, and stand in a file as such`() throws {
        let code = try #require(try blocks("python").first { $0.contains("def token") })
        let folder = try ScratchFolder("tokens")
        let cards = "[f'{n}' for n in range(9250123456789013, 9250123456789513)]"
        let script = code + "\nfor card in \(cards): print(token(bytes(range(32)), card))\n"
        let outcome = try ExternalProgram.run("python3", ["-c", script], in: folder)
        let tokens = outcome.text.split(whereSeparator: \.isNewline).map { String($0) }
        #expect(tokens.count == 500)
        #expect(Set(tokens).count == 500)
        for token in tokens { #expect(MemberNumber(token)?.digits == token && token.utf8.count == 19, "\(token)") }
        let first = try #require(tokens.first)
        let page = try String(contentsOf: specs.appending(path: "formats.md"), encoding: .utf8)
        #expect(page.contains("9250123456789013 has the token \(first)."))

        let file = try #require(try blocks("xml").first { $0.contains("LoyaltyTransactionBatch") })
        let card = "<LoyaltyAccountId type=\"CARD\">9250123456789013<"
        #expect(file.contains(card))
        let read = readBatch(file.replacing(card, with: "<LoyaltyAccountId type=\"ACCOUNT\">\(first)<"))
        #expect(read.refused.isEmpty)
        #expect(
            read.parsed.contains { $0.content.account?.number.digits == first && $0.content.account?.kind == .account })
        // One digit off is no token any more.
        let wrong = readBatch(file.replacing(card, with: "<LoyaltyAccountId type=\"ACCOUNT\">\(first.dropLast())9<"))
        #expect(!wrong.refused.isEmpty)
    }

    @Test func `every message on the page is accepted`() throws {
        let messages = try blocks("xml").filter { $0.contains("LoyaltyRequest") }
        #expect(messages.count == 1)
        for message in messages {
            #expect(throws: Never.self) { try MessageReader.read(Array(message.utf8), hash: testHash) }
        }
    }

    @Test func `the page names every column, and every code that is judged here`() throws {
        let page = try String(contentsOf: specs.appending(path: "formats.md"), encoding: .utf8)
        for column in RecordColumn.allCases { #expect(page.contains("| \(column.csvName) |")) }
        for code in ReasonCode.allCases where code.code.hasPrefix("FMT-") { #expect(page.contains(code.code)) }
        for code in ["SYN-001", "SYN-002", "SYN-003", "SYN-004", "SYN-005", "SYN-006", "FIL-002", "FIL-003", "DUP-003"]
        {
            #expect(page.contains(code))
        }
    }
}
