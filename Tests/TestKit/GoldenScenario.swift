package import Foundation
import Primitives
package import ProgrammeModel

/// The golden scenario's figures, read from `Specs/scenarios/golden/expected.json`.
package struct GoldenScenario: Decodable, Sendable {
    package let partners: [String: Partner]
    package let ratios: [RatioRow]
    package let prices: [PriceRow]
    package let agreement: AgreementRow
    package let promotions: [String: PromotionRow]
    package let windows: [WindowRow]
    package let records: [RecordRow]
    package let payments: [[String]]
    package let statements: [StatementRow]
    package let instructions: [InstructionRow]
    package let openingPoints: [String: Int64]
    package let pointsBeforeCloses: [String: Int64]
    package let pointsLedger: [String: Int64]
    package let lineOrder: [String]

    package struct Partner: Decodable, Sendable {
        package let own: String?
        package let currency: String
        package let zone: String
        package let tax: String
        package let taxRate: String
    }
    package struct RatioRow: Decodable, Sendable {
        package let id, purpose, a, b: String
        package let from_, to: Int64
        package let validFrom, validTo: String
        package let minimum, step: Int64?
    }
    package struct PriceRow: Decodable, Sendable { package let id, partner, kind, price, validFrom, validTo: String }
    package struct AgreementRow: Decodable, Sendable {
        package let recordFee, lateFee, feeCurrency: String
        package let graceDays, lateLimitDays: Int
        package let minimumSettlement: [String: String]
    }
    package struct PromotionRow: Decodable, Sendable {
        package let validFrom, validTo: String
        package let weights: [String: Int64]
    }
    package struct WindowRow: Decodable, Sendable {
        package let id, open, cutoff, valueDate, fixing, eurTnd: String
        package let partnerNets: [String: String]
    }
    package struct RecordRow: Decodable, Sendable {
        package let id, partner, type, businessDate, received, window, unit, units, flag: String
        package let points: Int64
        package let dc: String?
        package let ratio, price, fixing, exact, of, promotion, reason, tax, corrects, ownCredited: String?
        package let shares: [String: Int64]?
    }
    package struct LineRow: Decodable, Hashable, Sendable {
        package let kind, dc: String
        package let quantity: Int64
        package let unitPrice: String
        package let price: String?
        package let fixing, exact, amount, difference, tax: String
        package let taxRate, correctedLine: String?

        package init(
            kind: String, dc: String, quantity: Int64, unitPrice: String, price: String?, fixing: String,
            exact: String, amount: String, difference: String, tax: String, taxRate: String?, correctedLine: String?
        ) {
            (self.kind, self.dc, self.quantity, self.unitPrice) = (kind, dc, quantity, unitPrice)
            (self.price, self.fixing, self.exact, self.amount) = (price, fixing, exact, amount)
            (self.difference, self.tax, self.taxRate) = (difference, tax, taxRate)
            self.correctedLine = correctedLine
        }
    }
    package struct TaxEntry: Decodable, Hashable, Sendable {
        package let category, rate, base, tax: String

        package init(category: String, rate: String, base: String, tax: String) {
            (self.category, self.rate, self.base, self.tax) = (category, rate, base, tax)
        }
    }
    package struct StatementRow: Decodable, Hashable, Sendable {
        package var window, partner, currency, opening: String
        package var lines: [LineRow]
        package var taxes: [TaxEntry]
        package var net, payments, returns, closing, due, inSettlement, action: String

        /// Makes a row; the parameters are the properties of the same names.
        package init(
            window: String, partner: String, currency: String, opening: String, lines: [LineRow], taxes: [TaxEntry],
            net: String, payments: String, returns: String, closing: String, due: String, inSettlement: String,
            action: String
        ) {
            (self.window, self.partner, self.currency, self.opening) = (window, partner, currency, opening)
            (self.lines, self.taxes, self.net) = (lines, taxes, net)
            (self.payments, self.returns, self.closing) = (payments, returns, closing)
            (self.due, self.inSettlement, self.action) = (due, inSettlement, action)
        }
    }
    package struct InstructionRow: Decodable, Hashable, Sendable {
        package let window, partner, direction, amount, currency, valueDate, endToEndId: String

        package init(
            window: String, partner: String, direction: String, amount: String, currency: String, valueDate: String,
            endToEndId: String
        ) {
            (self.window, self.partner, self.direction, self.amount) = (window, partner, direction, amount)
            (self.currency, self.valueDate, self.endToEndId) = (currency, valueDate, endToEndId)
        }
    }

    /// The repository's folder of specifications.
    package static var specs: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Specs")
    }

    /// Reads the figures.
    package static func load() throws -> GoldenScenario {
        let data = try Data(contentsOf: specs.appending(path: "scenarios/golden/expected.json"))
        return try JSONDecoder().decode(GoldenScenario.self, from: data)
    }
}

/// What a test could not read.
package struct ScenarioError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension Optional {
    /// The value, or a thrown error that names what is missing.
    package func need(_ what: @autoclosure () -> String) throws -> Wrapped {
        guard let self else { throw ScenarioError("missing: \(what())") }
        return self
    }
}

extension GoldenScenario {
    /// The programme that the figures state, without certificates.
    package func programme() throws -> Programme {
        let paris = TestZones.zone("Europe/Paris")
        let agreements = try partners.map { name, row in try agreement(name, row) }
        return Programme(
            id: "SMILES", host: try PartnerID("HOST"), hostName: "Smiles Clearing GIE",
            currency: try CurrencyCode("SML").need("SML"), zone: paris,
            zones: Set(partners.values.map(\.zone)).sorted().map(TestZones.zone),
            windows: try windows.map { row in
                let open = try Timestamp(row.open).need(row.open)
                let date = try BusinessDate(row.valueDate).need(row.valueDate)
                return WindowDefinition(
                    id: try WindowID(row.id), open: open, cutoff: try Timestamp(row.cutoff).need(row.cutoff),
                    firstDay: paris.date(at: open),
                    valueDates: try ["EUR", "TND"].map {
                        WindowDefinition.ValueDate(currency: try CurrencyCode($0).need($0), date: date)
                    })
            },
            agreements: agreements,
            promotions: try promotions.map { id, row in
                // The figures list funders in the order of the agreement, which decides nothing: ties go by partner id.
                Promotion(
                    id: try PromotionID(id), name: id, validity: try span(row.validFrom, row.validTo),
                    funders: try row.weights.sorted { $0.key < $1.key }.map {
                        Promotion.Share(funder: try PartnerID($0.key), weight: $0.value)
                    }, signedBy: try row.weights.keys.filter { $0 != "HOST" }.map { try PartnerID($0) })
            },
            openingPoints: openingPoints["MEMBERS"] ?? 0)
    }

    private func span(_ from: String, _ to: String) throws -> DateSpan {
        try DateSpan(from: BusinessDate(from).need(from), to: BusinessDate(to).need(to)).need("\(from) to \(to)")
    }

    private func agreement(_ name: String, _ row: Partner) throws -> Agreement {
        let always = try span("2025-01-01", "9999-12-31")
        let settlement = try CurrencyCode(row.currency).need(row.currency)
        let shared = try CurrencyCode("SML").need("SML")
        let own = row.own.flatMap { CurrencyCode($0) }
        let fee = try CurrencyCode(agreement.feeCurrency).need(agreement.feeCurrency)
        let minimum = try agreement.minimumSettlement[row.currency].need("minimum in \(row.currency)")
        let tax = Tax(category: row.tax, rate: DecimalNumber(row.taxRate))
        let terms = Terms(
            id: try VersionID("A-\(name)-1"), validity: always, roles: Role.allCases, graceDays: agreement.graceDays,
            lateLimitDays: agreement.lateLimitDays,
            minimumSettlement: try Money(minimum, currency: settlement).need(minimum),
            tax: TaxProfile(hostSupplies: tax))
        return Agreement(
            partner: try PartnerID(name), legalName: name, country: "FR", ownCurrency: own,
            settlementCurrency: settlement, zone: row.zone, terms: [terms],
            ratios: try ratios.filter { own != nil && ($0.a == row.own || $0.b == row.own) }.map { ratio in
                Ratio(
                    id: try VersionID(ratio.id), purpose: try RatioPurpose(rawValue: ratio.purpose).need(ratio.purpose),
                    from: ratio.a == "SML" ? shared : try own.need(name),
                    to: ratio.b == "SML" ? shared : try own.need(name), fromUnits: ratio.from_, toUnits: ratio.to,
                    validity: try span(ratio.validFrom, ratio.validTo), minimum: ratio.minimum, step: ratio.step)
            },
            prices: try prices.filter { $0.partner == name }.map { price in
                Price(
                    id: try VersionID(price.id), kind: try PriceKind(rawValue: price.kind).need(price.kind),
                    price: try DecimalNumber(price.price).need(price.price), currency: fee,
                    validity: try span(price.validFrom, price.validTo))
            },
            fees: [
                Fee(
                    id: try VersionID("F-\(name)-REC-1"), kind: .record,
                    amount: try DecimalNumber(agreement.recordFee).need("fee"), currency: fee, validity: always),
                Fee(
                    id: try VersionID("F-\(name)-LATE-1"), kind: .late,
                    amount: try DecimalNumber(agreement.lateFee).need("fee"), currency: fee, validity: always),
            ])
    }
}

/// Zones of the tests, resolved from the machine's tz data.
package enum TestZones {
    /// A zone with its offsets from 2024 to 2030.
    package static func zone(_ name: String) -> Zone {
        guard let zone = TimeZone(identifier: name) else { return .utc }
        var instant = Date(timeIntervalSince1970: 1_700_000_000)
        var offsets = [
            Zone.Offset(from: Timestamp(milliseconds: 0), seconds: zone.secondsFromGMT(for: instant))
        ]
        while let next = zone.nextDaylightSavingTimeTransition(after: instant),
            next.timeIntervalSince1970 < 1_900_000_000
        {
            offsets.append(
                Zone.Offset(
                    from: Timestamp(milliseconds: Int64(next.timeIntervalSince1970) * 1000),
                    seconds: zone.secondsFromGMT(for: next)))
            instant = next
        }
        return Zone(name: name, offsets: offsets)
    }
}
