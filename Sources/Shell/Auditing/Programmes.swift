import Evidence
import FileStore
import Foundation
import Journal
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel

/// The programme's versions as a bundle shows them: the host's calendar, and agreements and promotions of those who may
/// be seen. Others' agreements are stand-ins, so that what is shared with them can be computed as far as it is shown.
struct Programmes {
    /// A version and when it came into force.
    struct Version {
        var seal: ProgrammeSeal
        var sequence: UInt64
        var time: Timestamp
        var programme: Programme
        /// Partners whose agreements are shown.
        var shown: Set<PartnerID>
    }

    private(set) var versions: [Int: Version] = [:]

    /// The name of the price of a stand-in's agreement.
    static let masked = VersionID(unchecked: "MASKED")

    private struct Resolved: Decodable {
        var agreements: [Agreement]
        var promotions: [Promotion]
    }

    /// Reads all versions.
    init(_ bundle: Bundle, _ report: inout EvidenceReport) throws {
        try bundle.forEachFact { envelope in
            guard case .sealed(.programme(let seal)) = envelope.fact else { return }
            let folder = "programme/\(Padding.zeros(seal.version, 4))/"
            let name = folder + "resolved.json"
            guard let bytes = try bundle.file.small(name) else { return }
            guard let resolved = try? JSONDecoder().decode(Resolved.self, from: Data(bytes)) else {
                return report.fail(.signature, name, "it cannot be read")
            }
            try compare(resolved, seal, name, &report)
            let programme = assemble(resolved, seal)
            versions[seal.version] = Version(
                seal: seal, sequence: envelope.sequence, time: envelope.time, programme: programme,
                shown: Set(resolved.agreements.map(\.partner)))
        }
    }

    private func compare(
        _ resolved: Resolved, _ seal: ProgrammeSeal, _ name: String, _ report: inout EvidenceReport
    ) throws {
        for agreement in resolved.agreements {
            let digest = SHA256.digest(try FactCodec.json(agreement))
            if !seal.agreements.contains(ProgrammeSeal.Part(name: agreement.partner.text, digest: digest)) {
                report.fail(.signature, name, "the agreement of \(agreement.partner) is not the one that was sealed")
            }
        }
        for promotion in resolved.promotions {
            let digest = SHA256.digest(try FactCodec.json(promotion))
            if !seal.promotions.contains(ProgrammeSeal.Part(name: promotion.id.text, digest: digest)) {
                report.fail(.signature, name, "the promotion \(promotion.id) is not the one that was sealed")
            }
        }
    }

    private func assemble(_ resolved: Resolved, _ seal: ProgrammeSeal) -> Programme {
        let calendar = seal.calendar
        let shown = Set(resolved.agreements.map(\.partner.text))
        let others = seal.agreements.filter { !shown.contains($0.name) }.compactMap { try? PartnerID($0.name) }
        let currency = CurrencyCode("EUR") ?? calendar.currency
        let standIns = others.map { Self.standIn($0, currency) }
        return Programme(
            id: calendar.id, host: calendar.host, hostName: calendar.hostName, currency: calendar.currency,
            zone: calendar.zone, zones: calendar.zones, windows: calendar.windows, officers: calendar.officers,
            agreements: resolved.agreements + standIns, promotions: resolved.promotions,
            openingPoints: calendar.openingPoints, retentionYears: calendar.retentionYears)
    }

    /// An agreement that lets another partner fund a bonus, at a price without a value.
    private static func standIn(_ partner: PartnerID, _ currency: CurrencyCode) -> Agreement {
        guard let always = DateSpan(from: BusinessDate(daysSince1970: 0), to: .distantFuture) else {
            preconditionFailure("a span may reach from the first day to the last")
        }
        let zero = DecimalNumber(unscaled: 0, scale: 0)
        let prices = zero.map { price in
            [Price(id: masked, kind: .issuance, price: price, currency: currency, validity: always)]
        }
        return Agreement(
            partner: partner, legalName: "", country: "", ownCurrency: nil, settlementCurrency: currency, zone: "",
            terms: [
                Terms(
                    id: masked, validity: always, roles: [.coFund], minimumSettlement: .zero(currency),
                    tax: TaxProfile(hostSupplies: .outside))
            ], ratios: [], prices: prices ?? [], fees: [])
    }

    /// The version in force just before a fact; nil before the first.
    func inForce(before sequence: UInt64) -> Version? {
        versions.values.filter { $0.sequence < sequence }.max { $0.seal.version < $1.seal.version }
    }

    /// All versions in order.
    var all: [Version] { versions.values.sorted { $0.seal.version < $1.seal.version } }

    /// Compares what the host resolved with what was signed: each shown agreement and promotion with its file.
    func compareWithFiles(_ bundle: Bundle, _ report: inout EvidenceReport) throws {
        for version in all {
            let folder = "programme/\(Padding.zeros(version.seal.version, 4))/"
            guard let host = try bundle.file.small(folder + "programme.yaml") else {
                report.fail(.completeness, folder + "programme.yaml", "it is missing")
                continue
            }
            let parts = SignedParts(programme: host) { SHA256.digest($0) }
            let programme = version.programme
            guard let heading = parts.heading, heading.id == programme.id, heading.host == programme.host,
                heading.currency == programme.currency, parts.openingPoints == programme.openingPoints
            else {
                report.fail(
                    .arithmetic, folder + "programme.yaml", "the log has another host or currency than it names")
                continue
            }
            for agreement in programme.agreements where version.shown.contains(agreement.partner) {
                let path = "agreements/\(agreement.partner).yaml"
                guard let bytes = try bundle.file.small(folder + path) else {
                    report.fail(.completeness, folder + path, "the signed agreement is missing")
                    continue
                }
                report.count("agreements as signed")
                if parts.agreement(path, bytes) != agreement {
                    report.fail(.arithmetic, folder + path, "the log has other terms than the signed agreement")
                }
            }
            for promotion in programme.promotions {
                let path = "promotions/\(promotion.id).yaml"
                guard let bytes = try bundle.file.small(folder + path) else {
                    report.fail(.completeness, folder + path, "the signed promotion is missing")
                    continue
                }
                guard let signed = parts.promotion(path, bytes), signed.name == promotion.name,
                    signed.validity == promotion.validity, signed.funders == promotion.funders
                else {
                    report.fail(.arithmetic, folder + path, "the log has other shares than the signed promotion")
                    continue
                }
                report.count("promotions as signed")
            }
        }
    }
}
