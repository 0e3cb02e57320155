import FileStore
public import Journal
import OpenSSLKit
public import Primitives
import ProgrammeModel

/// Makes the seals of programmes.
public enum ProgrammeSealing {
    /// The seal of a version of the programme, beside the fact that loads it.
    ///
    /// - Throws: `Fault` when it cannot be written as JSON.
    public static func seal(_ loaded: ProgrammeLoaded) throws(Fault) -> ProgrammeSeal {
        let programme = loaded.programme
        let calendar = Programme(
            id: programme.id, host: programme.host, hostName: programme.hostName, currency: programme.currency,
            zone: programme.zone, zones: programme.zones, windows: programme.windows, officers: programme.officers,
            agreements: [],
            promotions: [], openingPoints: programme.openingPoints,
            retentionYears: programme.retentionYears)
        var agreements: [ProgrammeSeal.Part] = []
        for agreement in programme.agreements {
            let bytes = try FactCodec.json(agreement)
            agreements.append(ProgrammeSeal.Part(name: agreement.partner.text, digest: SHA256.digest(bytes)))
        }
        var promotions: [ProgrammeSeal.Part] = []
        for promotion in programme.promotions {
            let bytes = try FactCodec.json(promotion)
            promotions.append(ProgrammeSeal.Part(name: promotion.id.text, digest: SHA256.digest(bytes)))
        }
        return ProgrammeSeal(
            version: loaded.version, files: loaded.files.map(\.file), agreements: agreements, promotions: promotions,
            calendar: calendar)
    }
}
