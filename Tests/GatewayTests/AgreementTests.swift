import FileStore
import Foundation
import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Validation
import XMLKit

/// Partners answer their settlement statements: what is taken, what is refused, and that nothing follows from it.
@Suite struct AgreementTests {
    let house: TestHouse
    let marche: PartnerID
    let xml: [UInt8]
    static let id = "STL-W-2026-03B-MARCHE"

    init() async throws {
        house = try await TestHouse(at: "2026-03-18T02:10:00+01:00")
        marche = try PartnerID("MARCHE")
        let sale = try BatchFile.record("A1", .accrual, "MKP", 1000, on: "2026-03-17")
        let paid = try BatchFile.record("A2", .redemption, "SML", 700, on: "2026-03-17")
        _ = try await house.send("MARCHE", 1, [sale, paid])
        try await house.advance(to: "2026-04-02T09:00:00+02:00")
        xml = try house.documents()[Self.id + ".xml"].need(Self.id)
    }

    private func figures() throws -> SettlementFigures { try SettlementFigures(xml) }

    private func answer(
        _ differences: [StatementDifference] = [], second: Int = 0, edit: (inout StatementAnswer) -> Void = { _ in }
    ) throws -> [UInt8] {
        let created = try Timestamp("2026-04-02T07:00:00Z").need("instant").adding(milliseconds: Int64(second) * 1000)
        var answer = StatementAnswer(
            partner: marche, statement: Self.id, digest: SHA256.digest(xml), createdAt: created,
            verdict: differences.isEmpty ? .agreed : .differs, totals: try figures().totals, differences: differences)
        edit(&answer)
        return answer.document
    }

    private func send(_ document: [UInt8], as name: String = "MARCHE") async throws -> (answer: [UInt8], isCopy: Bool) {
        let keys = try house.partner(name)
        let cms = try keys.signing.signer().signAttached(document, at: await house.house.now)
        return try await house.house.answer(cms, from: keys.id)
    }

    /// The words of a difference are free text: a member's number can stand there, and is found.
    @Test func aMemberInTheWordsOfADifferenceIsFound() async throws {
        func words(_ text: String, second: Int) async throws {
            let own = StatementDifference(item: .field(.net), own: "1.00", reason: .other, words: text)
            _ = try await send(answer([own], second: second))
        }
        try await words("sale of \(BatchFile.member).", second: 1)
        try await words("sale of 1\(BatchFile.member)", second: 2)
        let found = try await MemberSearch(
            digits: BatchFile.member, log: house.log(),
            originals: house.inspected.originals(hashing: HouseOpening.hashing), house: house.house.state
        ).need("a search").run()
        let last = await house.house.state.lastSequence
        #expect(found.answers == [.init(partner: marche, statement: Self.id, sequence: last - 1)])
    }

    private func refused(_ document: [UInt8], as name: String = "MARCHE") async throws -> [ReasonCode] {
        let facts = await house.house.state.lastSequence
        let refusal = await #expect(throws: Refusal.self) { try await send(document, as: name) }
        #expect(await house.house.state.lastSequence == facts, "a refusal leaves no fact")
        return refusal?.findings.map(\.code) ?? []
    }

    private func standing() async -> AnswerRegister.Standing? {
        await house.house.state.answers.standing(of: Self.id)
    }

    @Test func anAgreementIsAFactWithBothSignatures() async throws {
        let before = await house.house.state
        let document = try answer()
        let reply = try await send(document)
        #expect(!reply.isCopy)
        let after = await house.house.state
        #expect(after.lastSequence == before.lastSequence + 1)
        let envelope = try house.facts().last.need("a fact")
        guard case .statementAnswered(let fact) = envelope.fact else {
            Issue.record("no answer: \(envelope.fact.kind)")
            return
        }
        #expect(fact.partner == marche && fact.statement == Self.id && fact.verdict == .agreed)
        #expect(try fact.totals == figures().totals)
        #expect(fact.statementDigest == SHA256.digest(xml) && fact.digest == SHA256.digest(document))
        #expect(try fact.signer.fingerprint == house.partner("MARCHE").signing.certificate.fingerprint)
        let log = try house.log()
        #expect(try log.attachment("reply.cms", of: envelope.sequence) == reply.answer)
        let kept = try log.attachment("answer.cms", of: envelope.sequence)
        #expect(try CMSSignature(ber: kept, maximumBytes: kept.count).content == document)

        // The reply by a plain tool: signed by the host, of the form in Specs.
        let folder = try ScratchFolder("reply")
        try folder.write(reply.answer, to: "reply.cms")
        try folder.write(house.pki.authority.certificate.pem, to: "ca.pem")
        try ExternalProgram.succeed(
            "openssl",
            [
                "cms", "-verify", "-binary", "-inform", "DER", "-in", "reply.cms", "-CAfile", "ca.pem", "-out",
                "reply.xml",
            ], in: folder)
        let schema = GoldenScenario.specs.appending(path: "xsd/statement-answer.xsd").path
        try ExternalProgram.succeed("xmllint", ["--noout", "--schema", schema, "reply.xml"], in: folder)
        let root = try XMLDocument.parse(try folder.read("reply.xml"))
        #expect(root.text("Verdict") == "AGREED" && root.text("StatementId") == Self.id)
        #expect(root.text("AnswerDigest") == SHA256.digest(document).description)

        // Nothing but the register has changed.
        #expect(after.accounts == before.accounts && after.instructions == before.instructions)
        #expect(after.windows == before.windows && after.ledger == before.ledger)
        #expect(after.documents == before.documents)
    }

    @Test func theSameAnswerGetsItsStoredReplyAndALaterOneTakesItsPlace() async throws {
        let agreed = try answer()
        let first = try await send(agreed)
        let facts = await house.house.state.lastSequence
        let again = try await send(agreed)
        #expect(again.isCopy && again.answer == first.answer)
        #expect(await house.house.state.lastSequence == facts)
        #expect(await standing()?.verdict == .agreed)

        let differing = [StatementDifference(item: .line(1), own: "0.01", reason: .quantity, words: "one sale only")]
        _ = try await send(try answer(differing, second: 1))
        #expect(await standing()?.verdict == .differs)
        #expect(await standing()?.differences == 1)
        // The old bytes get the old reply, and what was said last holds.
        #expect(try await send(agreed).answer == first.answer)
        #expect(await standing()?.verdict == .differs)

        let folded = await house.house.state
        try house.reopen()
        #expect(await house.house.state.answers == folded.answers)
        #expect(try await send(agreed).answer == first.answer)
        _ = try await send(try answer(second: 2))
        #expect(await standing()?.verdict == .agreed)
    }

    @Test func onlyTheOwnIssuedStatementAsItWasIssuedIsAnswered() async throws {
        #expect(try await refused(try answer { $0.statement = "STL-W-2026-04A-MARCHE" }) == [.stm001])
        #expect(try await refused(try answer { $0.statement = "STL-W-2026-03B-RAILCO" }) == [.stm001])
        #expect(try await refused(try answer { $0.digest = .zero }) == [.stm002])
        #expect(try await refused(try answer { $0.partner = PartnerID(unchecked: "RAILCO") }) == [.fil001])
        // Another partner's signature, in its own name and in that of the first.
        #expect(try await refused(try answer(), as: "RAILCO") == [.fil001])
        let foreign = try answer { $0.partner = PartnerID(unchecked: "RAILCO") }
        #expect(try await refused(foreign, as: "RAILCO") == [.stm001])
        let keys = try house.partner("RAILCO")
        let cms = try keys.signing.signer().signAttached(try answer(), at: await house.house.now)
        let refusal = await #expect(throws: Refusal.self) { try await house.house.answer(cms, from: marche) }
        #expect(refusal?.code == .sig003)
    }

    @Test func whoAgreesStatesTheStatementsTotals() async throws {
        let edits: [(inout StatementAnswer) -> Void] = [
            { $0.totals.lines += 1 }, { $0.totals.net = "0.01" }, { $0.totals.closing = "0.01" },
            { $0.totals.credits = "0.01" }, { $0.totals.debits = "0.01" },
            { $0.totals.currency = CurrencyCode("TND") ?? $0.totals.currency },
        ]
        for edit in edits { #expect(try await refused(try answer(edit: edit)) == [.stm003]) }
        // Less digits are the same amount, and other books have other totals.
        let zeros = try answer { $0.totals.credits = $0.totals.credits.replacing(".00", with: "") }
        _ = try await send(zeros)
        let own = [StatementDifference(item: .field(.net), own: "0.01", reason: .missing)]
        _ = try await send(try answer(own, second: 1) { $0.totals.net = "0.01" })
        #expect(try await refused(try answer(own, second: 2) { $0.totals.net = "0.001" }) == [.stm003])
    }

    @Test func aDifferenceIsAboutWhatTheStatementHasAndSaysSomethingElse() async throws {
        let lines = try figures().lines.count
        func difference(_ item: StatementItem, _ own: String) -> StatementDifference {
            StatementDifference(item: item, own: own, reason: .amount)
        }
        #expect(try await refused(try answer([difference(.line(lines + 1), "1.00")])) == [.stm004])
        #expect(
            try await refused(try answer([difference(.line(1), "0.01"), difference(.line(1), "0.02")])) == [.stm004])
        let same = try figures().value(of: .line(1)).need("line 1")
        #expect(try await refused(try answer([difference(.line(1), same)])) == [.stm005])
        #expect(try await refused(try answer([difference(.field(.lines), "\(lines)")])) == [.stm005])
        #expect(try await refused(try answer([difference(.field(.net), "0.005")])) == [.stm005])
        let all = StatementField.allCases.map { difference(.field($0), $0 == .lines ? "99" : "77.77") }
        _ = try await send(try answer(all + [difference(.line(lines), "77.77")]))
        #expect(await standing()?.differences == all.count + 1)
    }

    @Test func theStatementAddsUpAndAChangedOneDoesNot() throws {
        #expect(try figures().contradictions == [])
        #expect(try figures().lines.count >= 3)
        let text = String(decoding: xml, as: UTF8.self)
        func changed(_ element: String) throws -> [UInt8] {
            let start = try #require(text.range(of: "<\(element)>")?.upperBound)
            let end = try #require(text.range(of: "</\(element)>")?.lowerBound)
            return Array((text[..<start] + "987.65" + text[end...]).utf8)
        }
        for name in ["NetAmount", "ClosingBalance", "TaxAmount", "DueAmount", "ExactAmount", "Payments"] {
            let findings = try SettlementFigures(changed(name)).contradictions
            #expect(!findings.isEmpty && findings.allSatisfy { $0.code == .stm006 }, "\(name)")
        }
        for (name, bytes) in try house.documents() where name.hasPrefix("STL-") && name.hasSuffix(".xml") {
            #expect(try SettlementFigures(bytes).contradictions == [], "\(name)")
        }
    }
}
