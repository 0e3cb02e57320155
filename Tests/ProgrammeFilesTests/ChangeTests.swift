import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

private let marche = "agreements/MARCHE.yaml"
private let railco = "agreements/RAILCO.yaml"
private let host = "programme.yaml"
private let spring = "promotions/PRM-SPRING.yaml"

/// Ends MARCHE's second issuance price and adds a third from a day on.
private func priceChange(from day: String, to price: String = "0.00610") throws -> Draft {
    let eve = try #require(BusinessDate(day)).adding(days: -1)
    return Draft.golden.replacing(
        "price: 0.00575 EUR\n    validFrom: 2026-03-25",
        with: """
            price: 0.00575 EUR
                validFrom: 2026-03-25
                validTo: \(eve)
              - id: P-MAR-ISS-3
                kind: ISSUANCE
                price: \(price) EUR
                validFrom: \(day)
            """, in: marche)
}

@Suite struct DiffTests {
    private func diff(_ draft: Draft) throws -> [String] {
        ProgrammeDiff.diff(try Draft.golden.programme(), try draft.programme()).map(\.description)
    }

    @Test("equal programmes do not differ")
    func equal() throws {
        #expect(try diff(.golden).isEmpty)
    }

    @Test("a new price is told with old, new and the first day")
    func price() throws {
        #expect(
            try diff(priceChange(from: "2026-07-01")) == [
                "MARCHE: price ISSUANCE changes from 0.00575 EUR (P-MAR-ISS-2) to 0.00610 EUR (P-MAR-ISS-3)"
                    + " from 2026-07-01"
            ])
    }

    @Test("terms are told fact by fact, over the days on which they differ")
    func terms() throws {
        let draft = Draft.golden.replacing("graceDays: 3", with: "graceDays: 5", in: marche)
            .replacing("lateLimitDays: 30", with: "lateLimitDays: 30\n    dailyRedemptionLimit: 900", in: marche)
        #expect(
            try diff(draft) == [
                "MARCHE: terms, days of grace changes from 3 (T-MAR-1) to 5 (T-MAR-1) from 2025-01-01",
                "MARCHE: terms, daily redemption limit is added: 900 (T-MAR-1) from 2025-01-01",
            ])
    }

    @Test("a version that ends or is renamed is told with its days")
    func endings() throws {
        let ended = Draft.golden.replacing(
            "price: 0.00480 EUR\n    validFrom: 2025-01-01",
            with: "price: 0.00480 EUR\n    validFrom: 2025-01-01\n    validTo: 2026-09-30", in: marche)
        #expect(
            try diff(ended) == ["MARCHE: price REIMBURSEMENT is removed: 0.00480 EUR (P-MAR-RED-1) from 2026-10-01"])
        let renamed = Draft.golden.replacing("id: R-RLM-SML-1", with: "id: R-RLM-SML-9", in: railco)
        #expect(
            try diff(renamed) == [
                "RAILCO: ratio RLM to SML for ACCRUAL changes from R-RLM-SML-1 to R-RLM-SML-9 from 2025-01-01"
            ])
        let until = try ProgrammeDiff.diff(
            Draft.golden.programme(),
            Draft.golden.replacing("ratio: 3 MKP = 2 SML", with: "ratio: 4 MKP = 2 SML", in: marche).programme())
        #expect(until.map(\.to) == [BusinessDate("2026-03-24")])
        #expect(until.map(\.what) == ["ratio MKP to SML for ACCRUAL, ratio"])
    }

    @Test("partners, promotions, officers, windows and the host's own settings are told")
    func others() throws {
        var draft = Draft.golden.replacing("legalName: Railco SA", with: "legalName: Railco SE", in: railco)
            .replacing("RAILCO: 50", with: "RAILCO: 60", in: spring)
            .replacing("to: 2026-12-31", with: "to: 2027-06-30", in: host)
            .replacing("openingPoints: 100000", with: "openingPoints: 5", in: host)
            .replacing(
                "officers: []",
                with: "officers:\n  - {name: Ada, fingerprint: \(String(repeating: "ab", count: 32)), roles: [MAKER]}",
                in: host)
        draft.files["promotions/PRM-DUO.yaml"] = nil
        draft.files["agreements/BANQUE.yaml"] = nil
        #expect(
            try diff(draft) == [
                "programme: opening points changes from 100000 to 5",
                "programme: windows is added: 12 windows, W-2027-01A to W-2027-06B from 2027-01-01",
                "programme: officer abababababababab is added: Ada (MAKER)",
                "BANQUE: agreement is removed: Banque du Midi SA",
                "RAILCO: legal name changes from Railco SA to Railco SE",
                "promotion PRM-DUO: promotion is removed: Rail and market duo, 2026-04-01 to 2026-04-30,"
                    + " RAILCO 1, MARCHE 1 from 2026-04-01",
                "promotion PRM-SPRING: funders changes from RAILCO 50, MARCHE 30, HOST 20 to"
                    + " RAILCO 60, MARCHE 30, HOST 20 from 2026-03-01",
            ])
    }
}

@Suite struct EffectiveChangeTests {
    private func violations(
        _ draft: Draft, last: String?, fees: String? = nil, opened: String? = nil
    ) throws -> [String] {
        EffectiveChange.violations(
            old: try Draft.golden.programme(), new: try draft.programme(),
            lastAcceptedBusinessDate: { $0 == .marche ? last.flatMap { BusinessDate($0) } : nil },
            lastAcceptanceDay: fees.map { day in { $0 == .marche ? BusinessDate(day) : nil } },
            openedUpTo: opened.flatMap { Timestamp($0) }
        ).map { finding in
            #expect(finding.code == .cfg002)
            return "\(finding.place.field) \(finding.value)"
        }
    }

    @Test("the same programme changes nothing, however much is accepted")
    func same() throws {
        #expect(try violations(.golden, last: "2030-01-01", opened: "2030-01-01T00:00:00Z").isEmpty)
    }

    @Test("a price may change from the day after the last accepted business date, and not on it")
    func price() throws {
        let draft = try priceChange(from: "2026-07-01")
        #expect(try violations(draft, last: nil).isEmpty)
        #expect(try violations(draft, last: "2026-06-30").isEmpty)
        #expect(try violations(draft, last: "2026-07-01") == ["\(marche): price ISSUANCE P-MAR-ISS-3"])
    }

    @Test("records of one partner do not bind another's agreement")
    func otherPartner() throws {
        let draft = Draft.golden.replacing(
            "price: 0.00520 EUR", with: "price: 0.00520 EUR\n    basis: GROSS", in: railco
        )
        .replacing("id: P-RAI-RED-2", with: "id: P-RAI-RED-3", in: railco)
        #expect(try violations(draft, last: "2026-12-01").isEmpty)
    }

    @Test("a name keeps its content for ever; only its last day may move, over days without records")
    func names() throws {
        let content = Draft.golden.replacing("price: 0.00575 EUR", with: "price: 0.00576 EUR", in: marche)
        #expect(try violations(content, last: nil) == ["\(marche): price ISSUANCE P-MAR-ISS-2"])
        #expect(try violations(content, last: "2026-12-01") == ["\(marche): price ISSUANCE P-MAR-ISS-2"])
        let moved = Draft.golden.replacing(
            "price: 0.00480 EUR\n    validFrom: 2025-01-01", with: "price: 0.00480 EUR\n    validFrom: 2025-02-01",
            in: marche)
        #expect(try violations(moved, last: nil) == ["\(marche): price REIMBURSEMENT P-MAR-RED-1"])
        let shortened = Draft.golden.replacing(
            "price: 0.00480 EUR\n    validFrom: 2025-01-01",
            with: "price: 0.00480 EUR\n    validFrom: 2025-01-01\n    validTo: 2026-09-30", in: marche)
        #expect(try violations(shortened, last: "2026-09-30").isEmpty)
        #expect(try violations(shortened, last: "2026-10-01") == ["\(marche): price REIMBURSEMENT P-MAR-RED-1"])
    }

    @Test("ratios and terms are bound like prices")
    func ratiosAndTerms() throws {
        let ratio = Draft.golden.replacing("id: R-MKP-SML-2", with: "id: R-MKP-SML-3", in: marche)
            .replacing("ratio: 8 MKP = 5 SML", with: "ratio: 9 MKP = 5 SML", in: marche)
        #expect(try violations(ratio, last: "2026-03-24").isEmpty)
        #expect(try violations(ratio, last: "2026-03-25") == ["\(marche): ratio MKP to SML for ACCRUAL R-MKP-SML-3"])
        let terms = Draft.golden.replacing("id: T-MAR-1", with: "id: T-MAR-2", in: marche)
            .replacing("graceDays: 3", with: "graceDays: 4", in: marche)
        #expect(try violations(terms, last: "2026-03-25") == ["\(marche): terms T-MAR-2"])
        #expect(try violations(terms, last: nil).isEmpty)
    }

    @Test("fees are bound by the day of acceptance; one that is added behind it would charge records once free")
    func fees() throws {
        let added = Draft.golden.replacing(
            "fees:", with: "fees:\n  - {id: F-9, kind: FILE, amount: 1 EUR, validFrom: 2026-04-01}", in: marche)
        #expect(try violations(added, last: "2026-03-31").isEmpty)
        #expect(try violations(added, last: "2026-03-31", fees: "2026-04-01") == ["\(marche): fee FILE F-9"])
        let price = Draft.golden.replacing(
            "prices:", with: "prices:\n  - {id: P-9, kind: TRANSFER_IN, price: 0.1 EUR, validFrom: 2025-01-01}",
            in: marche)
        #expect(try violations(price, last: "2026-03-31").isEmpty)
    }

    @Test("currencies, the shared frame and a partner's presence are bound by any record")
    func frame() throws {
        var gone = Draft.golden
        gone.files[marche] = nil
        gone.replace("  MARCHE: 30\n", with: "", in: spring)
        gone.replace("  MARCHE: 1\n", with: "", in: "promotions/PRM-DUO.yaml")
        #expect(try violations(gone, last: nil).isEmpty)
        #expect(
            try violations(gone, last: "2026-03-01").sorted() == ["\(marche) MARCHE", "\(spring): funders PRM-SPRING"])
        let opening = Draft.golden.replacing("openingPoints: 100000", with: "openingPoints: 1", in: host)
        #expect(try violations(opening, last: "2026-03-01") == ["\(host): openingPoints 1"])
        #expect(try violations(opening, last: nil).isEmpty)
    }

    @Test("a promotion keeps funders and days once records of its days are accepted")
    func promotions() throws {
        let weights = Draft.golden.replacing("RAILCO: 50", with: "RAILCO: 51", in: spring)
        #expect(try violations(weights, last: "2026-02-28").isEmpty)
        #expect(try violations(weights, last: "2026-03-01") == ["\(spring): funders PRM-SPRING"])
        let shorter = Draft.golden.replacing("validTo: 2026-05-31", with: "validTo: 2026-04-15", in: spring)
        #expect(try violations(shorter, last: "2026-04-15").isEmpty)
        #expect(try violations(shorter, last: "2026-04-16") == ["\(spring): funders PRM-SPRING"])
    }

    @Test("a window that has opened keeps its course; later ones may change")
    func windows() throws {
        let cutoff = Draft.golden.replacing("cutoff: 00:00", with: "cutoff: 01:00", in: host)
        #expect(try violations(cutoff, last: nil).isEmpty)
        #expect(try violations(cutoff, last: nil, opened: "2026-02-28T22:59:59Z").isEmpty)
        #expect(try violations(cutoff, last: nil, opened: "2026-02-28T23:00:00Z") == ["\(host): calendar W-2026-03A"])
    }
}

@Suite struct ViewTests {
    @Test("the host sees every agreement as it stands on the day, and what comes later")
    func hostView() throws {
        let view = ProgrammeView.show(try Draft.golden.programme(), on: try day("2026-03-24"))
        #expect(view.agreements.map(\.partner.text) == ["BANQUE", "CARBU", "MARCHE", "RAILCO"])
        let marche = try #require(view.agreements.first { $0.partner == .marche })
        #expect(marche.inForce.map(\.id.text).contains("P-MAR-ISS-1"))
        #expect(!marche.inForce.map(\.id.text).contains("P-MAR-ISS-2"))
        #expect(marche.later.map(\.id.text) == ["R-MKP-SML-2", "P-MAR-ISS-2"])
        #expect(view.windows.map(\.id.text).first == "W-2026-03B")
        #expect(view.windows.count == ProgrammeView.windowsShown)
        for text in [
            "price ISSUANCE: 0.00550 EUR  P-MAR-ISS-1  from 2025-01-01 to 2026-03-24",
            "W-2026-03B  2026-03-16T00:00:00+01:00 to 2026-04-01T00:00:00+02:00  settled EUR 2026-04-07,"
                + " TND 2026-04-07",
            "CARBU, Carbu Carburants SA (TN), ACTIVE", "minimum settlement: 15.000 TND",
            "PRM-SPRING, Spring bonus, from 2026-03-01 to 2026-05-31: RAILCO 50, MARCHE 30, HOST 20",
        ] {
            #expect(view.text.contains(text), "\(text)")
        }
        #expect(view.text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test("a partner sees its own agreement and the promotions it funds, and nothing of another")
    func partnerView() throws {
        let officer =
            "officers:\n  - {name: Ada Maker, fingerprint: \(String(repeating: "ab", count: 32)), roles: [MAKER]}"
        let programme = try Draft.golden.replacing("officers: []", with: officer, in: host).programme()
        let banque = ProgrammeView.show(programme, on: try day("2026-03-24"), for: .banque)
        #expect(banque.agreements.map(\.partner) == [.banque])
        #expect(banque.promotions.isEmpty)
        #expect(banque.officers.isEmpty)
        #expect(!banque.windows.isEmpty)
        let json = String(decoding: try JSONEncoder().encode(banque), as: UTF8.self)
        for other in ["MARCHE", "RAILCO", "CARBU", "0.0055", "Ada Maker", "PRM-"] {
            #expect(!json.contains(other) && !banque.text.contains(other), "\(other)")
        }
        let marche = ProgrammeView.show(programme, on: try day("2026-03-24"), for: .marche)
        #expect(marche.promotions.map(\.id.text) == ["PRM-DUO", "PRM-SPRING"])
        #expect(ProgrammeView.show(programme, on: try day("2026-06-01"), for: .marche).promotions.isEmpty)
        #expect(ProgrammeView.show(programme, on: try day("2026-03-24")).officers.count == 1)
    }

    @Test("an unsigned promotion shows who is missing")
    func missing() throws {
        let programme = try #require(ProgrammeCheck.check(Draft.golden.directory, sha256: sha256).programme)
        let view = ProgrammeView.show(programme, on: try day("2026-03-24"))
        #expect(view.promotions.last?.missingSignatures == [.railco, .marche])
        #expect(view.text.contains("not signed by RAILCO, MARCHE"))
    }
}
