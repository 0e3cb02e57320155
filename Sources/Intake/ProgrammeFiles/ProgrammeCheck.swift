public import Primitives
public import ProgrammeModel

/// Turns a programme's directory into the resolved model, or into every reason why not.
///
/// All findings come in one pass, each with its file, the keys down to the value, and the line. The signatures of the
/// directory are not looked at here. Reference: Specs/programme.md.
public enum ProgrammeCheck {
    /// Checks a directory.
    ///
    /// - Parameters:
    ///   - directory: the files.
    ///   - promotionSigners: for each promotion the partners whose signatures under its file were verified; they become
    ///     `Promotion.signedBy`. Left out, no promotion counts as signed by its funders.
    ///   - sha256: SHA-256 of bytes, for the fingerprints of certificates.
    /// - Returns: the programme, or nil when a finding refuses it; and the findings in order of files and lines,
    ///   warnings (CFG-003) among them.
    public static func check(
        _ directory: ProgrammeDirectory, promotionSigners: [PromotionID: [PartnerID]] = [:],
        sha256: ([UInt8]) -> Digest32
    ) -> (programme: Programme?, findings: [Finding]) {
        withoutActuallyEscaping(sha256) { sha256 in
            let log = FindingLog()
            var assembly = Assembly(log: log, certificates: CertificateReader(sha256: sha256))
            assembly.read(directory)
            let programme = assembly.resolve(promotionSigners)
            let findings = directory.findings + log.sorted()
            return (findings.contains(where: \.refuses) ? nil : programme, findings)
        }
    }
}

/// Reads all files, then judges what they say about each other.
private struct Assembly {
    let log: FindingLog
    let certificates: CertificateReader
    private var host: HostDraft?
    private var agreements: [AgreementDraft] = []
    private var promotions: [PromotionDraft] = []
    /// Partners that have a file, readable or not: a reference to one of them does not dangle.
    private var partnerFiles: Set<String> = []

    init(log: FindingLog, certificates: CertificateReader) {
        self.log = log
        self.certificates = certificates
    }

    mutating func read(_ directory: ProgrammeDirectory) {
        partnerFiles = Set(directory.files.filter { $0.kind == .agreement }.map(\.name))
        if let source = directory.files.first(where: { $0.kind == .programme }) {
            if let root = YAMLDocument.read(source.bytes, file: source.path, log: log) {
                host = HostFileReader(log: log).read(source, root)
            }
        } else {
            log.add(.cfg006, Spot(file: "programme.yaml"), detail: "the file does not exist")
        }
        let currencies = host?.currencies ?? Currencies()
        for source in directory.files where source.kind != .programme {
            guard let root = YAMLDocument.read(source.bytes, file: source.path, log: log) else { continue }
            if source.kind == .agreement {
                let reader = AgreementReader(currencies: currencies, certificates: certificates, log: log)
                if let draft = reader.read(source, root) { agreements.append(draft) }
            } else if let draft = PromotionReader(log: log).read(source, root) {
                promotions.append(draft)
            }
        }
    }

    func resolve(_ signers: [PromotionID: [PartnerID]]) -> Programme? {
        for agreement in agreements {
            agreement.terms.checkDays(log)
            agreement.ratios.checkDays(log)
            agreement.prices.checkDays(log)
            agreement.fees.checkDays(log)
        }
        let cross = CrossChecks(
            host: host, agreements: agreements, promotions: promotions, partnerFiles: partnerFiles, log: log)
        cross.run()
        let zones = zones()
        guard let host, let id = host.id, let hostID = host.host?.value, let hostName = host.hostName,
            let currency = host.currencies.shared, let zoneName = host.zone?.value, let zone = zones[zoneName],
            let calendar = host.calendar
        else { return nil }
        var resolver = CalendarResolver(zone: zone, bankCalendars: host.bankCalendars, log: log)
        let windows = resolver.windows(calendar)
        return Programme(
            id: id, host: hostID, hostName: hostName, currency: currency, zone: zone,
            zones: zones.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }, windows: windows,
            officers: host.officers.map(\.value), agreements: agreements.compactMap(\.agreement),
            promotions: promotions.map { draft in
                Promotion(
                    id: draft.id, name: draft.name, validity: draft.validity, funders: draft.funders.map(\.value),
                    signedBy: (signers[draft.id] ?? []).sorted())
            }, openingPoints: host.openingPoints, retentionYears: host.retentionYears,
            banking: host.banking)
    }

    /// The programme's and the partners' zones by name; an unknown name is a finding wherever it stands.
    private func zones() -> [String: Zone] {
        var out: [String: Zone] = [:]
        for name in [host?.zone].compactMap(\.self) + agreements.compactMap(\.zone) where out[name.value] == nil {
            if let zone = TimeZones.resolve(name.value) {
                out[name.value] = zone
            } else {
                log.add(
                    .cfg006, name.spot, value: name.value, detail: "no such time zone; use a name such as Europe/Paris")
            }
        }
        return out
    }
}
