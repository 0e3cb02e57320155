import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `statement agree`, `statement differ`, and what `window show` tells of them.
    @Suite struct AgreementTests {
        private static let id = "STL-W-2026-03B-MARCHE"
        private static let file = "\(id).xml"
        private static let signer = Options.signer("MARCHE-signing")

        private func fetched() throws -> Workplace {
            let place = try DemoHouse.copy()
            try place.done("statement get \(Self.id) --format xml --out . --data demo/data", notes: true)
            return place
        }

        private func word(_ partner: String, in place: Workplace) throws -> String? {
            try place.json("window show W-2026-03B --data demo/data")["partners"].items
                .first { $0["partner"].text == partner }?["statement"].text
        }

        @Test func agreementAndDifferenceShowAtTheWindow() throws {
            let place = try fetched()
            let agree = "statement agree \(Self.id) --from \(Self.file) \(Self.signer) --data demo/data"
            let differ = "statement differ \(Self.id) --from \(Self.file) \(Self.signer) --data demo/data"
            #expect(try word("MARCHE", in: place) == "open")
            let reply = try place.done("\(agree) --out reply.p7m").text
            #expect(reply.contains("<Verdict>AGREED</Verdict>"))
            try place.done("verify reply.p7m --trust demo/pki/ca.pem")
            #expect(try word("MARCHE", in: place)?.hasPrefix("AGREED, 2026-05-01T") == true)
            #expect(try word("RAILCO", in: place) == "open")

            let lines = "--line 1 --own 12.40 --reason AMOUNT --line NET --own -0.01 --reason OTHER"
            let more = ["--words", "one sale is missing", "--words", "by our books"]
            let differing = try place.done("\(differ) \(lines)", more).text
            #expect(differing.contains("<Verdict>DIFFERS</Verdict>"))
            #expect(differing.contains("<DifferenceCount>2</DifferenceCount>"))
            #expect(try word("MARCHE", in: place)?.hasPrefix("DIFFERS in 2, 2026-05-01T") == true)
            #expect(try place.done("window show W-2026-03B --data demo/data").text.contains("DIFFERS in 2"))
            try place.done("check --data demo/data", notes: true)
            // A checkpoint has to cover the answers before evidence can show them.
            let operations = Options.signer("operator")
            try place.done("clock advance --to 2026-05-03T00:00:00Z --data demo/data \(operations)")
            for partner in [nil, "MARCHE"] {
                let entries = try place.proves("W-2026-03B", partner: partner, data: "demo/data")
                #expect(entries.contains("/reply.cms\n") && entries.contains("answers/"))
            }
            #expect(try !place.proves("W-2026-03B", partner: "RAILCO", data: "demo/data").contains("answers/"))

            try place.fails(.refused, "STM-004", "\(differ) --line 99 --own 1 --reason AMOUNT")
            let same = try Self.lines(in: place)
            try place.fails(.refused, "STM-005", "\(differ) --line LINES --own \(same) --reason OTHER")
            try place.fails(.usage, "usage", "\(differ) --line 1 --own ten --reason AMOUNT")
            try place.fails(.usage, "usage", "\(differ) --line SUM --own 1 --reason AMOUNT")
            try place.fails(.usage, "usage", "\(differ) --line 1 --own 1")
            let two = "--line 1 --own 1 --reason AMOUNT --line 2 --own 2 --reason TAX"
            try place.fails(.usage, "usage", "\(differ) \(two) --words some")
        }

        /// The number of lines that the statement states.
        private static func lines(in place: Workplace) throws -> String {
            let text = try place.text(file)
            let start = try #require(text.range(of: "<Totals lines=\"")?.upperBound)
            return String(text[start...].prefix { $0.isNumber })
        }

        @Test func aStatementThatIsNotTheHostsOrNotTheOwnIsNotAgreedTo() throws {
            let place = try fetched()
            let options = "\(Self.signer) --data demo/data"
            let changed = try place.text(Self.file).replacing("<NetAmount>", with: "<NetAmount>1")
            try place.write(changed, to: "changed.xml")
            try FileManager.default.copyItem(
                atPath: place.folder.path("\(Self.file).p7s"), toPath: place.folder.path("changed.xml.p7s"))
            try place.fails(.verificationFailed, "SIG-002", "statement agree \(Self.id) --from changed.xml \(options)")
            // Signed again by someone who is not the host.
            try place.done("sign changed.xml --out changed.xml.p7s \(Self.signer)", notes: true)
            try place.fails(.verificationFailed, "SIG-006", "statement agree \(Self.id) --from changed.xml \(options)")
            // What the host's key has signed, and does not add up.
            try place.done("sign changed.xml --out changed.xml.p7s \(Options.signer("host-signing"))", notes: true)
            let wrong = try place.fails(
                .verificationFailed, "STM-006", "statement agree \(Self.id) --from changed.xml \(options)")
            #expect(wrong.errors.contains("NET"))
            try place.fails(
                .refused, "STM-002",
                "statement differ \(Self.id) --from changed.xml --line 1 --own 9.99 --reason AMOUNT \(options)")

            let other = "STL-W-2026-04A-MARCHE"
            try place.fails(.usage, "usage", "statement agree \(other) --from \(Self.file) \(options)")
            try place.fails(.usage, "usage", "statement agree \(other) --from nowhere.xml \(options)")
            try place.fails(.usage, "usage", "statement agree CLS-W-2026-03B-MARCHE --from \(Self.file) \(options)")
            let foreign = "\(Options.signer("RAILCO-signing")) --data demo/data"
            try place.fails(.refused, "SIG-003", "statement agree \(Self.id) --from \(Self.file) \(foreign)")
        }

        @Test func anAnswerTravelsOverTheSocket() async throws {
            let place = try fetched()
            let gateway = try await RunningGateway(in: place)
            let client = "\(Self.signer) \(gateway.client("MARCHE-tls"))"
            let reply = try place.done("statement agree \(Self.id) --from \(Self.file) \(client)").text
            #expect(reply.contains("<StatementId>\(Self.id)</StatementId>"))
            #expect(try word("MARCHE", in: place)?.hasPrefix("AGREED") == true)
            let differ = "statement differ \(Self.id) --from \(Self.file) --line 1 --own 1.23 --reason PRICE"
            try place.done("\(differ) \(client)")
            #expect(try word("MARCHE", in: place)?.hasPrefix("DIFFERS in 1") == true)
            let foreign = "\(Options.signer("MARCHE-signing")) \(gateway.client("RAILCO-tls"))"
            try place.fails(.refused, "SIG-003", "\(differ) \(foreign)")
            let officer = "\(Options.signer("MARCHE-signing")) \(gateway.client("maker"))"
            try place.fails(.refused, "NET-004", "\(differ) \(officer)")
            gateway.stop()
        }
    }
}
