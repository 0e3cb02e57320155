import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

/// The host's accounts, its creditor id, and the dates of mandates.
@Suite struct BankingTests {
    static let slips: [Slip] = [
        Slip("programme.yaml", "FR09ZZZ903112", "FR08ZZZ903112", keys: "host.creditorId"),
        Slip("programme.yaml", "FR09ZZZ903112", "903112", keys: "host.creditorId"),
        Slip(
            "programme.yaml", "FR7630006000011234567890189", "FR7630006000011234567890188",
            keys: "host.bankAccounts[1].account"),
        Slip("programme.yaml", "AGRIFRPP", "AGRIF", keys: "host.bankAccounts[1].bic"),
        Slip("programme.yaml", "- currency: TND", "- currency: EUR", keys: "host.bankAccounts[2]"),
        Slip("programme.yaml", "- currency: TND", "- currency: SML", keys: "host.bankAccounts[2].currency"),
        Slip(
            "agreements/MARCHE.yaml", "mandateDate: 2025-12-15", "mandateDate: 15/12/2025",
            keys: "bankAccount.mandateDate"),
        Slip(
            "agreements/MARCHE.yaml", "  mandate: COALITION-MARCHE-01\n", "", at: "mandateDate",
            keys: "bankAccount.mandateDate"),
    ]

    @Test(arguments: slips) func wrongBankDetailsAreToldWithTheirPlace(_ slip: Slip) throws {
        let draft = Draft.golden.replacing(slip.old, with: slip.new, in: slip.file)
        let finding = try #require(draft.check().findings.first { $0.refuses })
        #expect(finding.code == slip.code)
        #expect(finding.place.field.contains(slip.keys), "\(finding)")
    }

    @Test func theCodeOfABusinessIsNoPartOfTheCheckOfACreditorID() throws {
        let draft = Draft.golden.replacing("FR09ZZZ903112", with: "FR09ABC903112", in: "programme.yaml")
        #expect(try draft.programme().banking?.creditorID == "FR09ABC903112")
    }

    @Test func aProgrammeFromBeforeIsReadAndHasNoAccounts() throws {
        let programme = try Draft.golden.programme()
        #expect(programme.banking?.account(try #require(CurrencyCode("TND")))?.bic == "BIATTNTT")
        #expect(programme.agreement(.marche)?.bankAccount?.mandateDate == BusinessDate("2025-12-15"))
        // What facts of earlier versions have: no banking, no dates of mandates.
        var text = String(decoding: try JSONEncoder().encode(programme), as: UTF8.self)
        let whole = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        var old = try #require(whole)
        old["banking"] = nil
        text = String(decoding: try JSONSerialization.data(withJSONObject: old), as: UTF8.self)
            .replacing("\"mandateDate\":\"2025-12-15\",", with: "").replacing(
                ",\"mandateDate\":\"2025-12-15\"", with: "")
        let read = try JSONDecoder().decode(Programme.self, from: Data(text.utf8))
        #expect(read.banking == nil)
        #expect(read.agreement(.marche)?.bankAccount?.mandate == "COALITION-MARCHE-01")
    }

    @Test func whoApprovesSeesWhatChangesInFull() throws {
        let new = try Draft.golden.replacing("AGRIFRPP", with: "BNPAFRPP", in: "programme.yaml").programme()
        let changes = ProgrammeDiff.diff(try Draft.golden.programme(), new).map(\.description)
        #expect(changes.count == 1)
        #expect(changes.first?.contains("EUR FR7630006000011234567890189 at BNPAFRPP") == true, "\(changes)")
    }
}
