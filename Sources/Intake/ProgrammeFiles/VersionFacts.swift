import Primitives
import ProgrammeModel

/// One thing that a version states, in words.
struct VersionFact: Hashable {
    let label: String
    let value: String
}

/// A version that can say in words what it states, beside its name and its days.
protocol DescribedVersion: DatedVersion {
    var facts: [VersionFact] { get }
}

extension DescribedVersion {
    /// Whether two versions bear one name and state the same, whatever their days.
    func states(sameAs other: Self) -> Bool { id == other.id && facts == other.facts }

    /// All facts in one line.
    var summary: String {
        facts.map { facts.count == 1 ? $0.value : "\($0.label) \($0.value)" }.joined(separator: ", ")
    }
}

extension Terms: DescribedVersion {
    var facts: [VersionFact] {
        var out = [
            VersionFact(label: "roles", value: roles.map(\.rawValue).sorted().joined(separator: " ")),
            VersionFact(label: "days of grace", value: "\(graceDays)"),
            VersionFact(label: "late limit in days", value: "\(lateLimitDays)"),
        ]
        out += reversalLimitDays.sorted { $0.type.rawValue < $1.type.rawValue }.map {
            VersionFact(label: "reversal limit in days for \($0.type.rawValue)", value: "\($0.value)")
        }
        out += [
            VersionFact(label: "dispute limit in days", value: "\(disputeLimitDays)"),
            VersionFact(label: "minimum settlement", value: "\(minimumSettlement)"),
            VersionFact(label: "windows carried at most", value: "\(maxCarryWindows)"),
            VersionFact(label: "rejection", value: rejection.words),
        ]
        out += recordLimits.sorted { $0.type.rawValue < $1.type.rawValue }.map {
            VersionFact(label: "limit of one \($0.type.rawValue) record", value: "\($0.value)")
        }
        if let limit = dailyRedemptionLimit {
            out.append(VersionFact(label: "daily redemption limit", value: "\(limit)"))
        }
        if let cap = lateFeeCapPerFile { out.append(VersionFact(label: "late fees per file at most", value: "\(cap)")) }
        out += [
            VersionFact(label: "rounding of money", value: rounding.rawValue),
            VersionFact(label: "tax on host supplies", value: tax.hostSupplies.words),
        ]
        if let partner = tax.partnerSupplies {
            out.append(VersionFact(label: "tax on partner supplies", value: partner.words))
        }
        return out
    }
}

extension Ratio: DescribedVersion {
    var facts: [VersionFact] {
        var out = [VersionFact(label: "ratio", value: "\(fromUnits) \(from) = \(toUnits) \(to)")]
        if let minimum { out.append(VersionFact(label: "minimum", value: "\(minimum)")) }
        if let step { out.append(VersionFact(label: "step", value: "\(step)")) }
        out.append(VersionFact(label: "rounding", value: rounding.rawValue))
        return out
    }
}

extension Price: DescribedVersion {
    var facts: [VersionFact] {
        let amount = VersionFact(label: "price", value: "\(price) \(currency)")
        return basis == .net ? [amount] : [amount, VersionFact(label: "basis", value: basis.rawValue)]
    }
}

extension Fee: DescribedVersion {
    var facts: [VersionFact] { [VersionFact(label: "amount", value: "\(amount) \(currency)")] }
}

extension RejectionPolicy {
    var words: String {
        switch self {
        case .wholeFile: "WHOLE_FILE"
        case .perRecord(let percent): "PER_RECORD up to \(percent)% refused"
        }
    }
}

extension Tax {
    var words: String { rate.map { "\(category) \($0)%" } ?? category }
}

/// Days on which one key's version differs between two programmes.
struct VersionDifference<Version> {
    let key: String
    let from: BusinessDate
    let to: BusinessDate
    let old: Version?
    let new: Version?
}

/// Compares the versions of two programmes day by day, key by key.
enum Timeline {
    static func differences<Version: DescribedVersion>(
        _ old: [Version], _ new: [Version]
    ) -> [VersionDifference<Version>] {
        let keys = Set((old + new).map(\.key)).sorted()
        return keys.flatMap { key in
            differences(key: key, old.filter { $0.key == key }, new.filter { $0.key == key })
        }
    }

    private static func differences<Version: DescribedVersion>(
        key: String, _ old: [Version], _ new: [Version]
    ) -> [VersionDifference<Version>] {
        var starts: Set<BusinessDate> = []
        for span in (old + new).map(\.validity) {
            starts.insert(span.from)
            if span.to < .distantFuture { starts.insert(span.to.adding(days: 1)) }
        }
        let ordered = starts.sorted()
        var out: [VersionDifference<Version>] = []
        for (index, from) in ordered.enumerated() {
            let to = index + 1 < ordered.count ? ordered[index + 1].adding(days: -1) : .distantFuture
            let before = old.first { $0.validity.contains(from) }
            let after = new.first { $0.validity.contains(from) }
            if same(before, after) { continue }
            if let last = out.last, last.to == from.adding(days: -1), same(last.old, before), same(last.new, after) {
                out[out.count - 1] = VersionDifference(key: key, from: last.from, to: to, old: before, new: after)
            } else {
                out.append(VersionDifference(key: key, from: from, to: to, old: before, new: after))
            }
        }
        return out
    }

    private static func same<Version: DescribedVersion>(_ a: Version?, _ b: Version?) -> Bool {
        switch (a, b) {
        case (nil, nil): true
        case (let a?, let b?): a.states(sameAs: b)
        default: false
        }
    }
}
