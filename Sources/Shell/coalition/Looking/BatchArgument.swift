import ArgumentParser
import Journal
import Primitives

/// A file's identity as an argument: `PARTNER/SERIES/SEQUENCE`, such as `MARCHE/LIVE/17`.
struct BatchArgument: ExpressibleByArgument {
    let batch: BatchID

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let partner = try? PartnerID(parts[0]),
            let series = Series(rawValue: parts[1].uppercased()), let sequence = Int64(parts[2]), sequence > 0
        else { return nil }
        batch = BatchID(partner: partner, series: series, sequence: sequence)
    }
}
