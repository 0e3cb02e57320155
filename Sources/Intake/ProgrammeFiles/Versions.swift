import Primitives
import ProgrammeModel

/// A dated version of terms, a ratio, a price or a fee, for the checks that they share.
protocol DatedVersion {
    /// The version's name.
    var id: VersionID { get }
    /// The days for which it holds.
    var validity: DateSpan { get }
    /// What must have one version a day, such as `price ISSUANCE`.
    var key: String { get }
    /// Whether days between the first and the last version may be without one.
    static var allowsGaps: Bool { get }
}

extension Terms: DatedVersion {
    var key: String { "terms" }
    static var allowsGaps: Bool { false }
}

extension Ratio: DatedVersion {
    var key: String { "ratio \(from) to \(to) for \(purpose.rawValue)" }
    static var allowsGaps: Bool { false }
}

extension Price: DatedVersion {
    var key: String { "price \(kind.rawValue)" }
    static var allowsGaps: Bool { false }
}

extension Fee: DatedVersion {
    var key: String { "fee \(kind.rawValue)" }
    // A day without a fee is a day on which none is charged.
    static var allowsGaps: Bool { true }
}

/// The versions that were read from one list. A version that could not be read leaves the list incomplete, and then
/// gaps are not judged, since the missing version may fill them.
struct VersionList<Version> {
    var items: [Located<Version>] = []
    var isComplete = true

    var values: [Version] { items.map(\.value) }

    /// Reads a list with one mapping for each version.
    init(_ field: Field?, _ read: (MapReader) -> Version?) {
        guard let field else { return }
        guard let fields = field.items() else {
            isComplete = false
            return
        }
        for item in fields {
            guard let map = item.map() else {
                isComplete = false
                continue
            }
            if let version = read(map) {
                items.append(Located(value: version, spot: item.spot))
            } else {
                isComplete = false
            }
            map.finish()
        }
    }
}

extension VersionList where Version: DatedVersion {
    /// CFG-001: one version a day for each key, from the first version's beginning to the last one's end.
    func checkDays(_ log: FindingLog) {
        for (key, versions) in Dictionary(grouping: items, by: \.value.key).sorted(by: { $0.key < $1.key }) {
            let ordered = versions.sorted { $0.value.validity.from < $1.value.validity.from }
            guard var latest = ordered.first else { continue }
            for next in ordered.dropFirst() {
                let (from, to) = (next.value.validity.from, latest.value.validity.to)
                let both = "\(latest.value.id) (line \(latest.spot.line)) and \(next.value.id)"
                if from <= to {
                    let last = Swift.min(to, next.value.validity.to)
                    log.add(
                        .cfg001, next.spot, value: next.value.id.text,
                        detail: "\(key): \(both) overlap from \(from) to \(last)")
                } else if isComplete, !Version.allowsGaps, from.days(since: to) > 1 {
                    log.add(
                        .cfg001, next.spot, value: next.value.id.text,
                        detail: "\(key): no version from \(to.adding(days: 1)) to \(from.adding(days: -1)),"
                            + " between \(both)")
                }
                if next.value.validity.to > to { latest = next }
            }
        }
    }
}

extension MapReader {
    /// Reads `id`.
    func versionID() -> VersionID? { required("id")?.identifier(VersionID.self) }

    /// Reads `validFrom` and `validTo`; without `validTo` there is no end.
    func validity() -> DateSpan? {
        let first = required("validFrom")
        let last = optional("validTo")
        let from = first?.date()
        let to = last.map { $0.date() } ?? .distantFuture
        guard let from, let to else { return nil }
        guard let span = DateSpan(from: from, to: to) else {
            last?.refuse("the last day \(to) lies before the first day \(from)")
            return nil
        }
        return span
    }
}
