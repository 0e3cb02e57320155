import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

/// One edit of the golden programme and what must be told about it.
struct Slip: CustomTestStringConvertible, Sendable {
    let file: String
    let old: String
    let new: String
    let code: ReasonCode
    /// Text on the line that the finding names, as it stands after the edit.
    let at: String
    let keys: String

    init(_ file: String, _ old: String, _ new: String, _ code: ReasonCode = .cfg005, at: String? = nil, keys: String) {
        self.file = file
        self.old = old
        self.new = new
        self.code = code
        self.at = at ?? new
        self.keys = keys
    }

    var testDescription: String { "\(old) -> \(new)" }
}

private let marche = "agreements/MARCHE.yaml"
private let carbu = "agreements/CARBU.yaml"
private let host = "programme.yaml"
private let spring = "promotions/PRM-SPRING.yaml"

@Suite struct StrictReadingTests {
    static let slips: [Slip] = [
        Slip(marche, "legalName:", "legalname:", at: "legalname", keys: "legalname"),
        Slip(marche, "partner: MARCHE", "partner: MARCHÉ", keys: "partner"),
        Slip(marche, "partner: MARCHE", "partner: MARKT", keys: "partner"),
        Slip(marche, "country: FR", "country: France", keys: "country"),
        Slip(marche, "status: ACTIVE", "status: active", keys: "status"),
        Slip(marche, "ownCurrency: MKP", "ownCurrency: USD", keys: "ownCurrency"),
        Slip(marche, "settlementCurrency: EUR", "settlementCurrency: XYZ", keys: "settlementCurrency"),
        Slip(marche, "fileExpectedBy: 03:00", "fileExpectedBy: 24:00", keys: "fileExpectedBy"),
        Slip(marche, "FR7630001007941234567890185", "FR7630001007941234567890186", keys: "bankAccount.account"),
        Slip(marche, "bic: BDFEFRPPCCT", "bic: BDFEFR", keys: "bankAccount.bic"),
        Slip(marche, "graceDays: 3", "graceDays: 03", keys: "terms[1].graceDays"),
        Slip(marche, "graceDays: 3", "graceDays: -3", keys: "terms[1].graceDays"),
        Slip(marche, "graceDays: 3", "graceDays: [3]", keys: "terms[1].graceDays"),
        Slip(marche, "lateLimitDays: 30", "lateLimitDays: 2", keys: "terms[1].lateLimitDays"),
        Slip(marche, "[EARN, BURN, TRANSFER_OUT", "[EARN, EARN, TRANSFER_OUT", keys: "terms[1].roles[2]"),
        Slip(marche, "[EARN, BURN, TRANSFER_OUT", "[EARN, FLY, TRANSFER_OUT", keys: "terms[1].roles[2]"),
        Slip(marche, "minimumSettlement: 5.00 EUR", "minimumSettlement: 5.00", keys: "terms[1].minimumSettlement"),
        Slip(marche, "minimumSettlement: 5.00 EUR", "minimumSettlement: 5.00 USD", keys: "terms[1].minimumSettlement"),
        Slip(marche, "minimumSettlement: 5.00 EUR", "minimumSettlement: 5.001 EUR", keys: "terms[1].minimumSettlement"),
        Slip(carbu, "15.000 TND", "15.0000 TND", keys: "terms[1].minimumSettlement"),
        Slip(marche, "thresholdPercent: 100", "thresholdPercent: 101", keys: "terms[1].rejection.thresholdPercent"),
        Slip(
            marche, "policy: PER_RECORD", "policy: WHOLE_FILE", at: "thresholdPercent",
            keys: "terms[1].rejection.thresholdPercent"),
        Slip(marche, "rate: 20", "rate: 0", keys: "terms[1].tax.hostSupplies.rate"),
        Slip(marche, "category: S", "category: Q", keys: "terms[1].tax.hostSupplies.category"),
        Slip(marche, "category: S", "category: O", at: "rate: 20", keys: "terms[1].tax.hostSupplies.rate"),
        Slip(marche, "ratio: 3 MKP = 2 SML", "ratio: 3 MKP = 0 SML", keys: "ratios[1].ratio"),
        Slip(marche, "ratio: 3 MKP = 2 SML", "ratio: 3 MKP = 1000001 SML", keys: "ratios[1].ratio"),
        Slip(marche, "ratio: 3 MKP = 2 SML", "ratio: 3:2", keys: "ratios[1].ratio"),
        Slip(marche, "ratio: 3 MKP = 2 SML", "ratio: 3 SML = 2 MKP", keys: "ratios[1].ratio"),
        Slip(marche, "validTo: 2026-03-24", "validTo: 2024-12-31", keys: "ratios[1].validTo"),
        Slip(marche, "validTo: 2026-03-24", "validTo: 2026-02-30", keys: "ratios[1].validTo"),
        Slip(marche, "price: 0.00550 EUR", "price: 0.000000001 EUR", keys: "prices[1].price"),
        Slip(marche, "price: 0.00550 EUR", "price: 1 EUR", keys: "prices[1].price"),
        Slip(marche, "price: 0.00550 EUR", "price: 0.00 EUR", keys: "prices[1].price"),
        Slip(marche, "price: 0.00550 EUR", "price: 0.00550 USD", keys: "prices[1].price"),
        Slip(marche, "price: 0.00550 EUR", "price: 0,00550 EUR", keys: "prices[1].price"),
        Slip(marche, "kind: ISSUANCE", "kind: ISSUANCE\n    basis: GROSS", at: "basis: GROSS", keys: "prices[1].basis"),
        Slip(marche, "amount: 0.50 EUR", "amount: 0.50 USD", keys: "fees[2].amount"),
        Slip(marche, "id: P-MAR-ISS-2", "id: P-RAI-ISS-1", at: "zone: Europe/Paris", keys: "prices[1]"),
        Slip(marche, "id: F-MAR-REC-1", "id: f-mar", keys: "fees[1].id"),
        Slip(carbu, "ownCurrency: FUP", "ownCurrency: SML", keys: "ownCurrency"),
        Slip(
            carbu, "purpose: ACCRUAL", "purpose: ACCRUAL\n    minimum: 5", at: "minimum: 5", keys: "ratios[1].minimum"),
        Slip(host, "programme: SMILES", "programme: smiles", keys: "programme"),
        Slip(host, "currency: SML", "currency: EUR", at: "currency: EUR\npriceCurrency", keys: "currency"),
        Slip(host, "  id: HOST", "  id: RAILCO", at: "partner: RAILCO", keys: "partner"),
        Slip(host, "from: 2026-03-01", "from: 2026-03-02", at: "calendar:", keys: "calendar"),
        Slip(host, "to: 2026-12-31", "to: 2026-12-30", at: "calendar:", keys: "calendar"),
        Slip(host, "to: 2026-12-31", "to: 2061-12-31", at: "calendar:", keys: "calendar"),
        Slip(host, "businessDay: 3", "businessDay: 0", keys: "calendar.settlement.businessDay"),
        Slip(host, "openingPoints: 100000", "openingPoints: 1e5", keys: "openingPoints"),
        Slip(host, "  TN: [", "  TARGET: [2026-01-01]\n  TN: [", at: "TARGET: [2026", keys: "bankCalendars.TARGET"),
        Slip(spring, "  HOST: 20", "  HOST: 0", keys: "funders.HOST"),
        Slip(spring, "promotion: PRM-SPRING", "promotion: PRM-SUMMER", keys: "promotion"),
    ]

    @Test("a wrong value is told with its code, its line and the keys down to it", arguments: slips)
    func slip(_ slip: Slip) throws {
        var draft = Draft.golden.replacing(slip.old, with: slip.new, in: slip.file)
        var file = slip.file
        var at = slip.at
        switch slip.new {
        case "  id: RAILCO": file = "agreements/RAILCO.yaml"
        case "id: P-RAI-ISS-1":
            // The second file in order is the one that repeats the name.
            file = "agreements/RAILCO.yaml"
            at = "- id: P-RAI-ISS-1"
        case "ownCurrency: SML": draft.files[carbu]?.replace("FUP =", with: "SML =")
        default: break
        }
        let (programme, findings) = draft.check()
        #expect(programme == nil)
        let hit = findings.first { $0.place.field == "\(file): \(slip.keys)" && $0.code == slip.code }
        let finding = try #require(hit, "\(findings)")
        #expect(finding.refuses)
        #expect(finding.place.line == draft.line(of: at, in: file))
    }

    @Test("what a file refers to and does not exist is told as CFG-006")
    func dangling() {
        let slips: [(String, String, String, String)] = [
            (carbu, "zone: Africa/Tunis", "zone: Africa/Tunes", "zone"),
            (carbu, "zone: Africa/Tunis", "zone: CET", "zone"),
            (host, "TND: [TARGET, TN]", "TND: [TARGET, TU]", "calendar.settlement.bankCalendars.TND[2]"),
            (spring, "RAILCO: 50", "RAILWAY: 50", "funders.RAILWAY"),
            (spring, "RAILCO: 50", "BANQUE: 50", "funders.BANQUE"),
            (marche, "ratio: 3 MKP = 2 SML", "ratio: 3 MKX = 2 SML", "ratios[1].ratio"),
            (carbu, "roles: [EARN, BURN]", "roles: [EARN, BURN, TRANSFER_IN]", "terms[1]"),
            (carbu, "kind: REIMBURSEMENT", "kind: TRANSFER_IN", "terms[1]"),
            ("agreements/BANQUE.yaml", "settlementCurrency: EUR", "settlementCurrency: CHF", "settlementCurrency"),
        ]
        for (file, old, new, keys) in slips {
            let draft = Draft.golden.replacing(old, with: new, in: file)
            let (programme, findings) = draft.check()
            #expect(programme == nil)
            #expect(
                findings.contains { $0.code == .cfg006 && $0.place.field == "\(file): \(keys)" }, "\(new): \(findings)")
            #expect(findings.allSatisfy { $0.place.line > 0 })
        }
    }

    @Test("a setting of a later version is told as CFG-007, never ignored")
    func later() {
        let slips: [(String, String, String, String)] = [
            (marche, "    graceDays: 3", "    funding: AT_REDEMPTION", "terms[1].funding"),
            (marche, "    graceDays: 3", "    billing: PREPAID", "terms[1].billing"),
            (marche, "    graceDays: 3", "    netDebitCap: 100.00 EUR", "terms[1].netDebitCap"),
            (marche, "    graceDays: 3", "    guarantee: 100.00 EUR", "terms[1].guarantee"),
            (marche, "    graceDays: 3", "    floorLimit: 100", "terms[1].floorLimit"),
            (marche, "    graceDays: 3", "    holdAbove: 100", "terms[1].holdAbove"),
            (marche, "    graceDays: 3", "    memberDailyLimit: 100", "terms[1].memberDailyLimit"),
            (marche, "    graceDays: 3", "    recordLimits: {ENRL: 1}", "terms[1].recordLimits.ENRL"),
            (marche, "status: ACTIVE", "status: PENDING", "status"),
            (marche, "    minimum: 1000", "    maximum: 1000", "ratios[3].maximum"),
            (marche, "    kind: RECORD", "    kind: ENROLMENT", "fees[1].kind"),
            (spring, "name: Spring", "cap: 5000\nname: Spring", "cap"),
            (host, "currency: SML", "currency: SML\nscale: 2", "scale"),
        ]
        for (file, old, new, keys) in slips {
            let draft = Draft.golden.replacing(old, with: new, in: file)
            let findings = draft.check().findings
            #expect(findings.map(\.code) == [.cfg007], "\(new): \(findings)")
            #expect(findings.first?.place.field == "\(file): \(keys)")
            let word = keys.split(separator: ".").last.map(String.init) ?? ""
            #expect(
                findings.first?.place.line == draft.line(of: word + ":", in: file) || word == "kind" || word == "ENRL")
        }
        let defaults = Draft.golden.replacing(
            "    graceDays: 3", with: "    funding: AT_ISSUANCE\n    billing: POSTPAID", in: marche
        ).replacing("currency: SML", with: "currency: SML\nscale: 0", in: host)
        #expect(defaults.check().findings.isEmpty)
    }

    @Test("all findings come in one pass, across files and within them")
    func onePass() throws {
        var draft = Draft.golden
        draft.replace("country: FR", with: "country: fr", in: marche)
        draft.replace("graceDays: 3", with: "graceDays: x", in: marche)
        draft.replace("validFrom: 2026-03-25", with: "validFrom: 2026-03-27", in: marche)
        draft.replace("kind: REIMBURSEMENT", with: "kind: REIMBURSMENT", in: marche)
        draft.replace("zone: Africa/Tunis", with: "zone: Mars/Olympus", in: carbu)
        draft.replace("bic: STBKTNTT", with: "bic: STBKTNTT\n  bic: STBKTNTT", in: carbu)
        draft.replace("cutoff: 00:00", with: "cutoff: midnight", in: host)
        draft.replace("name: Rail", with: "nom: Rail", in: "promotions/PRM-DUO.yaml")
        draft.files["agreements/BANQUE.yaml"] = "partner: [BANQUE\n"
        let (programme, findings) = draft.check()
        #expect(programme == nil)
        func place(_ file: String, _ text: String) -> String { "\(file):\(draft.line(of: text, in: file))" }
        let told = findings.map { "\($0.place.field.prefix { $0 != ":" }):\($0.place.line) \($0.code)" }
        let expected = [
            "agreements/BANQUE.yaml:2 CFG-005",
            "\(place(carbu, "zone: Mars")) CFG-006",
            "agreements/CARBU.yaml:\(draft.line(of: "bic:", in: carbu) + 1) CFG-005",
            "\(place(marche, "country: fr")) CFG-005",
            "\(place(marche, "graceDays: x")) CFG-005",
            "\(place(marche, "id: R-MKP-SML-2")) CFG-001",
            "\(place(marche, "REIMBURSMENT")) CFG-005",
            "\(place(host, "cutoff: midnight")) CFG-005",
            "promotions/PRM-DUO.yaml:2 CFG-005",
            "promotions/PRM-DUO.yaml:3 CFG-005",
        ]
        #expect(Set(told) == Set(expected))
        #expect(told.count == expected.count)
        #expect(
            findings.map(\.place.field)
                == findings.map(\.place.field).sorted { a, b in
                    let (x, y) = (a.prefix { $0 != ":" }, b.prefix { $0 != ":" })
                    return x < y
                })
    }
}

extension String {
    fileprivate mutating func replace(_ old: String, with new: String) {
        self = replacingOccurrences(of: old, with: new)
    }
}
