public import Primitives

/// One version of the whole programme: configuration as data, resolved, and bound to the signed files that it came
/// from.
public struct Programme: Hashable, Sendable, Codable {
    /// The programme's id, such as `SMILES`.
    public let id: String
    /// The host's own id, under which it takes part in shares.
    public let host: PartnerID
    /// The host's legal name.
    public let hostName: String
    /// The shared currency.
    public let currency: CurrencyCode
    /// The zone that rules windows and lag.
    public let zone: Zone
    /// Zones of the partners' business dates.
    public let zones: [Zone]
    /// The windows, in order, without gaps.
    public let windows: [WindowDefinition]
    /// Officers of the host beyond those of the first fact.
    public let officers: [Officer]
    /// Agreements by partner, in order of partner ids.
    public let agreements: [Agreement]
    /// Promotions in order of ids.
    public let promotions: [Promotion]
    /// Points outstanding from before the log, or 0: MEMBERS against HOST_CLEARED.
    public let openingPoints: Int64
    /// Years for which originals are kept after their window's close; nil for `Limits.retentionYears`.
    public let retentionYears: Int?
    /// The host's accounts and creditor id; nil in programmes that name none.
    public let banking: HostBanking?

    /// Makes a programme; the parameters are the properties of the same names.
    public init(
        id: String, host: PartnerID, hostName: String, currency: CurrencyCode, zone: Zone, zones: [Zone],
        windows: [WindowDefinition], officers: [Officer] = [], agreements: [Agreement], promotions: [Promotion],
        openingPoints: Int64 = 0, retentionYears: Int? = nil, banking: HostBanking? = nil
    ) {
        self.id = id
        self.host = host
        self.hostName = hostName
        self.currency = currency
        self.zone = zone
        self.zones = zones
        self.windows = windows
        self.officers = officers
        self.agreements = agreements.sorted { $0.partner < $1.partner }
        self.promotions = promotions.sorted { $0.id < $1.id }
        self.openingPoints = openingPoints
        self.retentionYears = retentionYears
        self.banking = banking
    }

    /// The agreement with a partner, or nil.
    public func agreement(_ partner: PartnerID) -> Agreement? { agreements.first { $0.partner == partner } }

    /// The promotion of a name, or nil.
    public func promotion(_ id: PromotionID) -> Promotion? { promotions.first { $0.id == id } }

    /// The window that takes what is received at an instant, or nil outside the calendar. Rule R13.
    public func window(at instant: Timestamp) -> WindowDefinition? {
        windows.first { $0.open <= instant && instant < $0.cutoff }
    }

    /// The window of a name, or nil.
    public func window(_ id: WindowID) -> WindowDefinition? { windows.first { $0.id == id } }

    /// The zone of a partner's business dates.
    public func zone(of partner: PartnerID) -> Zone {
        guard let name = agreement(partner)?.zone else { return zone }
        return zones.first { $0.name == name } ?? zone
    }
}

/// What an officer of the host may do.
public enum OfficerRole: String, Hashable, Sendable, Codable, CaseIterable {
    /// Raises acts.
    case maker = "MAKER"
    /// Countersigns acts of others.
    case checker = "CHECKER"
    /// Runs the gateway: moves a test clock, takes backups.
    case operations = "OPERATOR"
    /// Reads everything, changes nothing.
    case auditor = "AUDITOR"
}

/// An officer of the host, known by a certificate.
public struct Officer: Hashable, Sendable, Codable {
    /// The name for people.
    public let name: String
    /// SHA-256 of the certificate's DER bytes.
    public let fingerprint: Digest32
    /// What the officer may do.
    public let roles: [OfficerRole]

    /// Makes an officer.
    public init(name: String, fingerprint: Digest32, roles: [OfficerRole]) {
        self.name = name
        self.fingerprint = fingerprint
        self.roles = roles
    }
}
