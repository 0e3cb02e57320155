import Journal
import Primitives
import Settlement
import Testing

/// Where an account stands between two statements. Rule R8 (Specs/rules.md).
@Suite struct StandingTests {
    @Test func `what the bank books moves the standing at once, and the statement with the next close`() throws {
        let partner = try PartnerID("MARCHE")
        let first = try WindowID("W-2026-03A")
        let second = try WindowID("W-2026-03B")
        let currency = try #require(CurrencyCode("EUR"))
        let zero = Money.zero(currency)
        let owed = Money(minorUnits: -500, currency: currency)
        let day = try #require(BusinessDate("2026-03-18"))
        let instruction = Instruction(endToEndID: "E-1", window: first, partner: partner, amount: owed, valueDate: day)

        var book = AccountBook()
        book.cutOff(first)
        book.close(
            first,
            outcomes: [
                AccountOutcome(
                    partner: partner, statementNumber: 1, opening: zero, net: owed, payments: zero, returns: zero,
                    closing: owed, due: owed, inSettlement: zero, action: .partnerPays, carriedWindows: 0,
                    instruction: instruction)
            ])
        let before = book.standing(of: partner, currency: currency, waiting: [])
        #expect(before.closing == owed)
        #expect(before.inSettlement == ["E-1": owed])

        book.add(.booked(instruction: "E-1", amount: owed), partner: partner)
        let open = book.standing(of: partner, currency: currency, waiting: [])
        book.cutOff(second)
        let waiting = book.standing(of: partner, currency: currency, waiting: [second])
        for standing in [open, waiting] {
            #expect(standing.closing == zero)
            #expect(standing.inSettlement.isEmpty)
            #expect(standing.carried == zero)
        }
        #expect(book.accounts[partner]?.closing == owed)
    }
}
