public import Primitives
public import ProgrammeModel

/// What a programme says on one day, for people (`text`) and for programs (JSON).
///
/// A partner sees its own agreement, the promotions that it funds and the calendar; never another's agreement and
/// never the officers.
public struct ProgrammeView: Hashable, Sendable, Codable {
    /// The programme's id.
    public let programme: String
    /// The host's id.
    public let host: PartnerID
    /// The host's legal name.
    public let hostName: String
    /// The shared currency.
    public let currency: CurrencyCode
    /// The zone of windows and lag.
    public let zone: String
    /// The day.
    public let on: BusinessDate
    /// Who looks; nil for the host.
    public let viewer: PartnerID?
    /// The window of the day's beginning and those that follow, at most `windowsShown`.
    public let windows: [Window]
    /// Agreements.
    public let agreements: [Party]
    /// Promotions that have not ended.
    public let promotions: [Campaign]
    /// Officers named in the programme; empty for a partner.
    public let officers: [Officer]

    /// How many windows a view lists.
    public static let windowsShown = 6

    /// A window.
    public struct Window: Hashable, Sendable, Codable {
        /// Its name.
        public let id: WindowID
        /// The opening, RFC 3339 in the programme's zone.
        public let open: String
        /// The cut-off, RFC 3339 in the programme's zone.
        public let cutoff: String
        /// Settlement days by currency; empty for a window that settles with a later one.
        public let valueDates: [WindowDefinition.ValueDate]
    }

    /// An agreement on the day.
    public struct Party: Hashable, Sendable, Codable {
        /// The partner.
        public let partner: PartnerID
        /// Its legal name.
        public let legalName: String
        /// ISO 3166-1 alpha-2.
        public let country: String
        /// Whether it takes part.
        public let status: PartnerStatus
        /// Its own points, if any.
        public let ownCurrency: CurrencyCode?
        /// The money it settles in.
        public let settlementCurrency: CurrencyCode
        /// The zone of its business dates.
        public let zone: String
        /// Certificates by fingerprint, without their bytes.
        public let certificates: [Certificate]
        /// The versions of terms, ratios, prices and fees that hold on the day.
        public let inForce: [Version]
        /// Versions that begin after the day.
        public let later: [Version]
    }

    /// A certificate.
    public struct Certificate: Hashable, Sendable, Codable {
        /// SHA-256 of the DER bytes.
        public let fingerprint: Digest32
        /// What it is for.
        public let usage: CertificateUsage
        /// From when it counts.
        public let activeFrom: Timestamp
        /// Until when it counts; nil for no end.
        public let activeTo: Timestamp?
    }

    /// A version of terms, a ratio, a price or a fee.
    public struct Version: Hashable, Sendable, Codable {
        /// Its name.
        public let id: VersionID
        /// What it is a version of, such as `price ISSUANCE`.
        public let key: String
        /// Its first day.
        public let validFrom: BusinessDate
        /// Its last day; nil for no end.
        public let validTo: BusinessDate?
        /// What it states, as label and value.
        public let facts: [Fact]
    }

    /// One statement of a version.
    public struct Fact: Hashable, Sendable, Codable {
        /// What it is about.
        public let label: String
        /// What it says.
        public let value: String
    }

    /// A promotion.
    public struct Campaign: Hashable, Sendable, Codable {
        /// Its id.
        public let id: PromotionID
        /// Its name.
        public let name: String
        /// Its first day.
        public let validFrom: BusinessDate
        /// Its last day; nil for no end.
        public let validTo: BusinessDate?
        /// Who funds which part.
        public let funders: [Promotion.Share]
        /// Funders whose signature is missing.
        public let missingSignatures: [PartnerID]
    }

    /// Shows a programme on a day.
    ///
    /// - Parameters:
    ///   - programme: the programme.
    ///   - date: the day, in the programme's zone.
    ///   - partner: who looks; nil for the host, who sees everything.
    public static func show(_ programme: Programme, on date: BusinessDate, for partner: PartnerID? = nil)
        -> ProgrammeView
    {
        let start = LocalTime.instant(date, secondOfDay: 0, in: programme.zone)
        let windows = programme.windows.filter { start < $0.cutoff }.prefix(windowsShown).map { window in
            Window(
                id: window.id, open: programme.zone.format(window.open), cutoff: programme.zone.format(window.cutoff),
                valueDates: window.valueDates)
        }
        let agreements = programme.agreements.filter { partner == nil || $0.partner == partner }
        let promotions = programme.promotions.filter { promotion in
            promotion.validity.to >= date && (partner == nil || promotion.funders.contains { $0.funder == partner })
        }
        return ProgrammeView(
            programme: programme.id, host: programme.host, hostName: programme.hostName, currency: programme.currency,
            zone: programme.zone.name, on: date, viewer: partner, windows: Array(windows),
            agreements: agreements.map { party($0, on: date) },
            promotions: promotions.map { campaign($0, host: programme.host) },
            officers: partner == nil ? programme.officers : [])
    }

    private static func party(_ agreement: Agreement, on date: BusinessDate) -> Party {
        let all =
            versions(agreement.terms) + versions(agreement.ratios) + versions(agreement.prices)
            + versions(agreement.fees)
        return Party(
            partner: agreement.partner, legalName: agreement.legalName, country: agreement.country,
            status: agreement.status, ownCurrency: agreement.ownCurrency,
            settlementCurrency: agreement.settlementCurrency, zone: agreement.zone,
            certificates: agreement.certificates.map {
                Certificate(
                    fingerprint: $0.fingerprint, usage: $0.usage, activeFrom: $0.activeFrom, activeTo: $0.activeTo)
            },
            inForce: all.filter { $0.validFrom <= date && $0.validTo.map { date <= $0 } ?? true },
            later: all.filter { $0.validFrom > date })
    }

    private static func versions<Described: DescribedVersion>(_ versions: [Described]) -> [Version] {
        versions.map { version in
            Version(
                id: version.id, key: version.key, validFrom: version.validity.from,
                validTo: end(version.validity), facts: version.facts.map { Fact(label: $0.label, value: $0.value) })
        }
    }

    private static func campaign(_ promotion: Promotion, host: PartnerID) -> Campaign {
        Campaign(
            id: promotion.id, name: promotion.name, validFrom: promotion.validity.from,
            validTo: end(promotion.validity),
            funders: promotion.funders, missingSignatures: promotion.missingSignatures(host: host))
    }

    private static func end(_ span: DateSpan) -> BusinessDate? { span.to == .distantFuture ? nil : span.to }
}
