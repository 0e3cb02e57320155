import BankFiles
import BankMessages
import Journal
import Primitives
import ProgrammeModel
import Settlement
import TestKit
import Testing

/// What a bank's file comes to. Rule R8 and Specs/documents.md.
@Suite struct BankImportTests {
    private static let window = WindowID(unchecked: "W-2026-03B")
    private static let host = "FR7630006000011234567890189"

    private static func currency(_ code: String) throws -> CurrencyCode { try #require(CurrencyCode(code)) }

    private static func banking() throws -> HostBanking {
        HostBanking(
            creditorID: nil, accounts: [.init(currency: try currency("EUR"), account: host, bic: "AGRIFRPP")])
    }

    /// Two instructions that were sent: the host pays 12.57 EUR to A, and B pays 150.07 EUR.
    private static func book() throws -> InstructionBook {
        var book = InstructionBook()
        let day = try #require(BusinessDate("2026-04-07"))
        for (id, partner, units) in [("STL-A", "AAA", Int64(1257)), ("STL-B", "BBB", -15007)] {
            book.add(
                Instruction(
                    endToEndID: id, window: window, partner: try PartnerID(partner),
                    amount: Money(minorUnits: units, currency: try currency("EUR")), valueDate: day))
        }
        _ = book.take(.approved(window: window))
        _ = book.take(.sent(window: window))
        return book
    }

    struct Row {
        var id = "STL-A"
        var amount = "12.57"
        var side = "DBIT"
        var reference = "R1"
        var status = "BOOK"
        var currency = "EUR"
        var more = ""
        var account = BankImportTests.host
    }

    static func file(_ rows: [Row], message: String = "camt.054.001.08") -> [UInt8] {
        let (outer, inner) =
            message.hasPrefix("camt.054") ? ("BkToCstmrDbtCdtNtfctn", "Ntfctn") : ("BkToCstmrStmt", "Stmt")
        var text = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:\(message)\"><\(outer)><GrpHdr><MsgId>M1</MsgId>"
        text += "<CreDtTm>2026-04-07T20:00:00+02:00</CreDtTm></GrpHdr>"
        for row in rows {
            text += "<\(inner)><Id>N</Id><Acct><Id><IBAN>\(row.account)</IBAN></Id></Acct><Ntry>"
            text += "<Amt Ccy=\"\(row.currency)\">\(row.amount)</Amt><CdtDbtInd>\(row.side)</CdtDbtInd>"
            text += "<Sts><Cd>\(row.status)</Cd></Sts><BookgDt><Dt>2026-04-07</Dt></BookgDt>"
            text += "<AcctSvcrRef>\(row.reference)</AcctSvcrRef><BkTxCd/>"
            text += "<NtryDtls><TxDtls><Refs><EndToEndId>\(row.id)</EndToEndId></Refs>\(row.more)</TxDtls></NtryDtls>"
            text += "</Ntry></\(inner)>"
        }
        return Array((text + "</\(outer)></Document>").utf8)
    }

    private func match(_ rows: [Row], _ book: InstructionBook? = nil) throws -> BankMatching {
        let entries = try BankFileReader(Self.file(rows)).movements
        return try BankMatching(entries, book: try book ?? Self.book(), banking: try Self.banking())
    }

    private func refusal(_ body: () throws -> Void) -> [String] {
        do {
            try body()
            return []
        } catch let refusal as Refusal {
            return refusal.findings.map(\.code.description)
        } catch {
            return ["\(error)"]
        }
    }

    private func after(_ matching: BankMatching) throws -> InstructionBook {
        var book = try Self.book()
        for match in matching.matches { _ = book.take(match.step) }
        return book
    }

    @Test func entriesConfirmTheInstructionsOfTheirEndToEndIds() throws {
        let rows = [Row(), Row(id: "STL-B", amount: "150.07", side: "CRDT", reference: "R2")]
        let matching = try match(rows)
        #expect(matching.matches.count == 2)
        let book = try after(matching)
        #expect(book["STL-A"]?.status == .confirmed)
        #expect(book["STL-B"]?.status == .confirmed)
        let statement = try BankFileReader(Self.file(rows, message: "camt.053.001.08")).movements
        #expect(statement.map(\.endToEndID) == ["STL-A", "STL-B"])
    }

    @Test func severalEntriesAddUpForOneInstructionAndThereIsNoTolerance() throws {
        let parts = [Row(amount: "12.00"), Row(amount: "0.57", reference: "R2")]
        #expect(try after(match(parts))["STL-A"]?.status == .confirmed)
        #expect(try after(match([Row(amount: "12.56")]))["STL-A"]?.status == .partlyPaid)
        #expect(try after(match([Row(amount: "12.58")]))["STL-A"]?.status == .overpaid)
    }

    @Test func aFileIsTakenWholeOrNotAtAllAndTellsEveryReason() throws {
        let rows = [
            Row(), Row(id: "STL-C", reference: "R2"), Row(side: "CRDT", reference: "R3"),
            Row(reference: "R4", currency: "USD"), Row(reference: "R5", account: "FR7610278001000009876543221"),
        ]
        #expect(refusal { _ = try match(rows) } == [String](repeating: "BNK-003", count: 4))
    }

    @Test func whatWasTakenBeforeIsKnownByTheBanksReference() throws {
        let first = try match([Row()])
        let again = try match([Row(), Row(id: "STL-B", amount: "150.07", side: "CRDT", reference: "R2")], after(first))
        #expect(again.known.map(\.reference) == ["R1"])
        #expect(again.matches.map(\.entry.reference) == ["R2"])
        // The same reference for another instruction is another movement.
        let other = try match([Row(id: "STL-B", amount: "150.07", side: "CRDT")], after(first))
        #expect(other.matches.count == 1)
    }

    @Test func aReturnGivesBackTheWholeAmountAndNothingElse() throws {
        let back = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
        let matching = try match([Row(side: "CRDT", more: back)])
        guard case .returned("STL-A", "R1", _, "AC04") = try #require(matching.matches.first).step else {
            Issue.record("\(matching.matches)")
            return
        }
        #expect(refusal { _ = try match([Row(amount: "12.56", side: "CRDT", more: back)]) } == ["BNK-003"])
        // Booked and returned in one file.
        let both = try match([Row(), Row(side: "CRDT", reference: "R2", more: back)])
        #expect(try after(both)["STL-A"]?.status == .returned)
    }

    @Test(arguments: [
        Row(status: "PDNG"), Row(id: "NOTPROVIDED"), Row(amount: "12,57"), Row(amount: "0.00"), Row(amount: "-1.00"),
        Row(amount: "1.001"), Row(currency: "SML"), Row(reference: ""), Row(side: "BOTH"),
        Row(more: "<Amt Ccy=\"EUR\">12.56</Amt>"), Row(more: "<Amt Ccy=\"USD\">12.57</Amt>"),
        Row(amount: "99999999999999999999"),
    ])
    func whatCannotBeReadWithCertaintyRefusesTheFile(_ row: Row) {
        #expect(refusal { _ = try BankFileReader(Self.file([Row(), row])) } == ["BNK-002"])
    }

    @Test(arguments: [
        "", "<Document/>", "<!DOCTYPE d [<!ENTITY e \"x\">]><Document>&e;</Document>",
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"/>",
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"/>",
    ])
    func whatIsNoSuchFileIsRefused(_ text: String) {
        #expect(refusal { _ = try BankFileReader(Array(text.utf8)) } == ["BNK-002"])
    }

    @Test func aBatchIsReadByItsTransactions() throws {
        let second =
            "<Amt Ccy=\"EUR\">12.00</Amt></TxDtls><TxDtls><Refs><EndToEndId>STL-A</EndToEndId></Refs>"
            + "<Amt Ccy=\"EUR\">0.57</Amt>"
        let movements = try BankFileReader(Self.file([Row(more: second)])).movements
        #expect(movements.map(\.amount.amountText) == ["12.00", "0.57"])
        #expect(movements.map(\.reference) == ["R1/1", "R1/2"])
        let wrong = second.replacing("0.57", with: "0.58")
        #expect(refusal { _ = try BankFileReader(Self.file([Row(more: wrong)])) } == ["BNK-002"])
    }

    @Test func mutatedFilesAreReadOrRefusedAndNeverTrap() throws {
        var random = SeededGenerator.printed(for: "mutated bank files")
        let bytes = Self.file([Row(), Row(id: "STL-B", amount: "150.07", side: "CRDT", reference: "R2")])
        for _ in 0..<2000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                let entries = try BankFileReader(changed).movements
                _ = try? BankMatching(entries, book: try Self.book(), banking: try Self.banking())
            } catch {
                #expect(error.findings.allSatisfy { $0.code == .bnk002 })
            }
        }
    }
}
