import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

private let marche = "agreements/MARCHE.yaml"
private let railco = "agreements/RAILCO.yaml"

@Suite struct VersionTests {
    @Test("a day between two versions without one is a gap, told with its days at the later version")
    func gap() {
        let cases = [
            ("validTo: 2026-03-24", "validTo: 2026-03-22", "- id: R-MKP-SML-2", "from 2026-03-23 to 2026-03-24"),
            (
                "price: 0.00575 EUR\n    validFrom: 2026-03-25", "price: 0.00575 EUR\n    validFrom: 2026-04-01",
                "- id: P-MAR-ISS-2", "from 2026-03-25 to 2026-03-31"
            ),
            (
                "    roles: [EARN, BURN, TRANSFER_OUT, CO_FUND]",
                "    validTo: 2026-01-31\n    roles: [EARN, BURN, TRANSFER_OUT, CO_FUND]", "- id: T-MAR-2",
                "from 2026-02-01 to 2026-02-01"
            ),
        ]
        for (old, new, at, days) in cases {
            var draft = Draft.golden.replacing(old, with: new, in: marche)
            if at.contains("T-MAR-2") {
                let terms = """
                      - id: T-MAR-2
                        validFrom: 2026-02-02
                        roles: [EARN, CO_FUND]
                        minimumSettlement: 5.00 EUR
                        tax: {hostSupplies: {category: S, rate: 20}}

                    ratios:
                    """
                draft.replace("ratios:", with: terms, in: marche)
            }
            let findings = draft.check().findings
            #expect(findings.map(\.code) == [.cfg001], "\(findings)")
            #expect(findings.first?.place.line == draft.line(of: at, in: marche))
            #expect(findings.first?.detail.contains(days) == true, "\(findings)")
        }
    }

    @Test("two versions of one key on one day overlap, and every pair is told")
    func overlap() {
        let draft = Draft.golden.replacing("validTo: 2026-03-15", with: "validTo: 2026-03-20", in: railco)
            .replacing("validTo: 2026-03-24", with: "validTo: 2026-03-25", in: marche)
        let findings = draft.check().findings
        #expect(findings.map(\.code) == [.cfg001, .cfg001])
        #expect(findings.map(\.value) == ["R-MKP-SML-2", "P-RAI-RED-2"])
        #expect(findings.first?.detail.contains("from 2026-03-25 to 2026-03-25") == true)
        #expect(findings.last?.detail.contains("from 2026-03-16 to 2026-03-20") == true)
    }

    @Test("a version within an open one overlaps it as well as the next does")
    func nested() {
        let extra = """
            prices:
              - {id: P-X-1, kind: ISSUANCE, price: 0.1 EUR, validFrom: 2025-06-01, validTo: 2025-06-30}

            """
        let draft = Draft.golden.replacing("prices:\n", with: extra, in: marche)
        #expect(draft.check().findings.map(\.value) == ["P-X-1"])
    }

    @Test("keys do not disturb each other: one ratio for accruals and one for transfers may hold on one day")
    func keys() throws {
        let draft = Draft.golden.replacing(
            "validFrom: 2025-01-01\n\nprices", with: "validFrom: 2026-06-01\n\nprices", in: railco)
        #expect(draft.check().findings.isEmpty)
    }

    @Test("a fee may pause; it may not stand twice")
    func fees() {
        let pause = """
            fees:
              - {id: F-1, kind: RECORD, amount: 0.01 EUR, validFrom: 2024-01-01, validTo: 2024-02-01}
            """
        #expect(Draft.golden.replacing("fees:", with: pause, in: marche).check().findings.isEmpty)
        let twice = Draft.golden.replacing("kind: LATE", with: "kind: RECORD", in: marche)
        #expect(twice.check().findings.map { "\($0.code) \($0.value)" } == ["CFG-001 F-MAR-LATE-1"])
    }

    @Test("an unreadable version leaves gaps unjudged, since it may fill them")
    func incomplete() {
        let draft = Draft.golden.replacing("validTo: 2026-03-24", with: "validTo: 2026-03-20", in: marche)
            .replacing("5 SML = 7 MKP", with: "5 SML = 7 MARKS", in: marche)
        #expect(draft.check().findings.map(\.code) == [.cfg005])
    }

    @Test("a cycle of ratios that multiplies points is a warning, and the programme is made")
    func cycle() throws {
        let draft = Draft.golden.replacing("ratio: 5 SML = 7 MKP", with: "ratio: 5 SML = 8 MKP", in: marche)
        let (programme, findings) = draft.check()
        #expect(programme != nil)
        #expect(findings.map(\.code) == [.cfg003, .cfg003])
        #expect(findings.map(\.severity) == [.warning, .warning])
        // 2/3 x 8/5 = 16/15 with the first ratio, 5/8 x 8/5 = 1 with the second.
        #expect(findings.map { $0.detail.contains("16/15 MKP") } == [true, false])
        #expect(findings.map { $0.detail.contains("make 1 MKP") } == [false, true])
        #expect(findings.allSatisfy { $0.place.line == draft.line(of: "- id: X-SML-MKP-1", in: marche) })
    }

    @Test("a price of reimbursement above that of issuance is a warning")
    func margin() {
        let draft = Draft.golden.replacing("price: 0.00480 EUR", with: "price: 0.00560 EUR", in: marche)
        let findings = draft.check().findings
        // Above the first price of issuance, 0.00550, and not above the second, 0.00575.
        #expect(findings.map { "\($0.code) \($0.value) \($0.severity)" } == ["CFG-003 P-MAR-RED-1 warning"])
        #expect(findings.first?.place.line == draft.line(of: "- id: P-MAR-RED-1", in: marche))
        #expect(
            Draft.golden.replacing("price: 0.00480 EUR", with: "price: 0.00550 EUR", in: marche).check().findings
                .isEmpty)
    }

    @Test("an own currency has one owner")
    func owner() {
        let draft = Draft.golden.replacing("ownCurrency: RLM", with: "ownCurrency: MKP", in: railco)
        let findings = draft.check().findings
        #expect(findings.contains { $0.code == .cfg005 && $0.place.field == "\(railco): ownCurrency" })
    }
}
