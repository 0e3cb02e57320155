import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

/// The figures of `Specs/scenarios/golden/expected.json` that concern the programme.
private struct Expected: Decodable {
    struct Partner: Decodable {
        let own: String?
        let currency: String
        let zone: String
        let tax: String
        let taxRate: String
    }
    struct Ratio: Decodable {
        let id: String
        let purpose: String
        let a: String
        let b: String
        let from_: Int64
        let to: Int64
        let validFrom: String
        let validTo: String
        let minimum: Int64?
        let step: Int64?
    }
    struct Price: Decodable {
        let id: String
        let partner: String
        let kind: String
        let price: String
        let validFrom: String
        let validTo: String
    }
    struct Agreement: Decodable {
        let recordFee: String
        let lateFee: String
        let feeCurrency: String
        let graceDays: Int
        let lateLimitDays: Int
        let minimumSettlement: [String: String]
        let rounding: String
    }
    struct Promotion: Decodable {
        let validFrom: String
        let validTo: String
        let weights: [String: Int64]
    }
    struct Window: Decodable {
        let id: String
        let open: String
        let cutoff: String
        let valueDate: String
        let fixing: String
    }
    let partners: [String: Partner]
    let ratios: [Ratio]
    let prices: [Price]
    let agreement: Agreement
    let promotions: [String: Promotion]
    let windows: [Window]
    let openingPoints: [String: Int64]

    static func read() throws -> Expected {
        try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: goldenFolder.appendingPathComponent("expected.json")))
    }
}

@Suite struct GoldenProgrammeTests {
    @Test("the golden programme has no finding, not even a warning")
    func isClean() {
        let (programme, findings) = Draft.golden.check()
        #expect(findings.isEmpty)
        #expect(programme != nil)
    }

    @Test("the embedded templates are the committed files, byte for byte, and no file is missing")
    func embeddedEqualsCommitted() throws {
        let folder = goldenFolder.appendingPathComponent("programme")
        let onDisk = try ProgrammeDirectory.read(at: folder.path)
        #expect(onDisk.findings.isEmpty)
        #expect(onDisk.files.count == 7)
        #expect(onDisk.files == ProgrammeDirectory(files: ScenarioProgramme.golden).files)
    }

    @Test("partners have the scenario's currencies, zones, taxes and minima")
    func partners() throws {
        let programme = try Draft.golden.programme()
        let expected = try Expected.read()
        #expect(Set(programme.agreements.map(\.partner.text)) == Set(expected.partners.keys))
        for agreement in programme.agreements {
            let partner = try #require(expected.partners[agreement.partner.text])
            #expect(agreement.ownCurrency?.description == partner.own)
            #expect(agreement.settlementCurrency.description == partner.currency)
            #expect(agreement.zone == partner.zone)
            #expect(programme.zone(of: agreement.partner).name == partner.zone)
            #expect(agreement.status == .active)
            let terms = try #require(agreement.terms(on: day("2026-03-01")))
            #expect(terms.tax.hostSupplies.category == partner.tax)
            #expect(terms.tax.hostSupplies.rate?.description == (partner.tax == "O" ? nil : partner.taxRate))
            #expect(terms.minimumSettlement.amountText == expected.agreement.minimumSettlement[partner.currency])
            #expect(terms.minimumSettlement.currency.description == partner.currency)
            #expect(terms.graceDays == expected.agreement.graceDays)
            #expect(terms.lateLimitDays == expected.agreement.lateLimitDays)
            #expect(terms.rounding.rawValue == expected.agreement.rounding)
            for (kind, amount) in [
                (FeeKind.record, expected.agreement.recordFee), (.late, expected.agreement.lateFee),
            ] {
                let fee = try #require(agreement.fee(kind, on: day("2026-03-01")))
                #expect(fee.amount.description == amount)
                #expect(fee.currency.description == expected.agreement.feeCurrency)
            }
            #expect(agreement.fees.count == 2)
        }
    }

    @Test("ratios and prices are those of the scenario, neither more nor fewer")
    func ratiosAndPrices() throws {
        let programme = try Draft.golden.programme()
        let expected = try Expected.read()
        let ratios = Dictionary(
            uniqueKeysWithValues: programme.agreements.flatMap(\.ratios).map { ($0.id.text, $0) })
        #expect(ratios.count == expected.ratios.count)
        for wanted in expected.ratios {
            let ratio = try #require(ratios[wanted.id])
            #expect(ratio.purpose.rawValue == wanted.purpose)
            #expect([ratio.from.description, ratio.to.description] == [wanted.a, wanted.b])
            #expect([ratio.fromUnits, ratio.toUnits] == [wanted.from_, wanted.to])
            #expect(ratio.validity.from.description == wanted.validFrom)
            #expect(ratio.validity.to.description == wanted.validTo)
            #expect(ratio.minimum == wanted.minimum)
            #expect(ratio.step == wanted.step)
            #expect(ratio.rounding == .halfUp)
        }
        #expect(programme.agreements.map(\.prices.count).reduce(0, +) == expected.prices.count)
        for wanted in expected.prices {
            let agreement = try #require(programme.agreement(PartnerID(wanted.partner)))
            let price = try #require(agreement.prices.first { $0.id.text == wanted.id })
            #expect(price.kind.rawValue == wanted.kind)
            #expect(price.price.description == wanted.price)
            #expect(price.currency.description == "EUR")
            #expect(price.validity.from.description == wanted.validFrom)
            #expect(price.validity.to.description == wanted.validTo)
        }
    }

    @Test("promotions have the scenario's days and weights, and the verified signers")
    func promotions() throws {
        let programme = try Draft.golden.programme()
        let expected = try Expected.read()
        #expect(programme.promotions.map(\.id.text) == expected.promotions.keys.sorted())
        for promotion in programme.promotions {
            let wanted = try #require(expected.promotions[promotion.id.text])
            #expect(promotion.validity.from.description == wanted.validFrom)
            #expect(promotion.validity.to.description == wanted.validTo)
            let weights = Dictionary(uniqueKeysWithValues: promotion.funders.map { ($0.funder.text, $0.weight) })
            #expect(weights == wanted.weights)
            #expect(promotion.missingSignatures(host: programme.host).isEmpty)
        }
        let unsigned = ProgrammeCheck.check(Draft.golden.directory, sha256: sha256).programme
        #expect(unsigned?.promotions.map { $0.missingSignatures(host: .host).count } == [2, 2])
    }

    @Test("windows open, end and settle at the scenario's instants and days, and follow each other to the year's end")
    func windows() throws {
        let programme = try Draft.golden.programme()
        let expected = try Expected.read()
        for (wanted, window) in zip(expected.windows, programme.windows) {
            #expect(window.id.text == wanted.id)
            #expect(window.id.fixingName == wanted.fixing)
            #expect(window.open == Timestamp(wanted.open))
            #expect(window.cutoff == Timestamp(wanted.cutoff))
            #expect(programme.zone.format(window.open) == wanted.open)
            #expect(window.firstDay.description == String(wanted.open.prefix(10)))
            for currency in ["EUR", "TND"] {
                #expect(window.valueDate(try #require(CurrencyCode(currency)))?.description == wanted.valueDate)
            }
        }
        #expect(programme.windows.count == 20)
        #expect(programme.windows.last?.id.text == "W-2026-12B")
        #expect(programme.windows.last?.cutoff == Timestamp("2027-01-01T00:00:00+01:00"))
        #expect(zip(programme.windows, programme.windows.dropFirst()).allSatisfy { $0.cutoff == $1.open })
    }

    @Test("the programme names the host, the shared currency, its zone and the opening points")
    func host() throws {
        let programme = try Draft.golden.programme()
        let expected = try Expected.read()
        #expect(programme.id == "SMILES")
        #expect(programme.host == .host)
        #expect(programme.currency.description == "SML")
        #expect(programme.zone.name == "Europe/Paris")
        #expect(programme.zones.map(\.name) == ["Africa/Tunis", "Europe/Paris"])
        #expect(programme.openingPoints == expected.openingPoints["MEMBERS"])
        #expect(programme.officers.isEmpty)
    }

    @Test("a programme survives its own JSON")
    func codable() throws {
        let programme = try Draft.golden.programme()
        let copy = try JSONDecoder().decode(Programme.self, from: JSONEncoder().encode(programme))
        #expect(copy == programme)
    }

    @Test("the scenario's page is what its script writes from the figures")
    func page() throws {
        try run("python3", ["make.py", "--check"], in: goldenFolder)
    }
}
