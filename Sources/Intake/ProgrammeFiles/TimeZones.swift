import Foundation
import Primitives
public import ProgrammeModel
import Synchronization

/// Resolves time zones by name to tables of offsets. The only file of this target that asks the machine's zone data.
public enum TimeZones {
    /// The zone as a table from the year 2000 to the end of 2060, or nil when the machine knows no such name.
    ///
    /// Before 2000 the offset of 1 January 2000 holds, after 2060 that of its last day. Only IANA names are taken:
    /// neither abbreviations such as `CET` nor offsets such as `GMT+1`, whose meaning changes or is read both ways.
    public static func resolve(_ name: String) -> Zone? {
        if let zone = resolved.withLock({ $0[name] }) { return zone }
        guard let zone = table(name) else { return nil }
        resolved.withLock { $0[name] = zone }
        return zone
    }

    /// Zones that were resolved already: asking for 60 years of changes takes milliseconds.
    /// Only known names enter, so that it stays small.
    private static let resolved = Mutex<[String: Zone]>([:])

    private static func table(_ name: String) -> Zone? {
        guard let first = BusinessDate(year: ProgrammeLimits.years.lowerBound, month: 1, day: 1),
            let end = BusinessDate(year: ProgrammeLimits.years.upperBound + 1, month: 1, day: 1)
        else { return nil }
        let start = Timestamp(date: first, secondOfDay: 0, offsetSeconds: 0)
        let limit = Timestamp(date: end, secondOfDay: 0, offsetSeconds: 0)
        if name == "UTC" { return Zone(name: name, offsets: [Zone.Offset(from: start, seconds: 0)]) }
        guard isKnown(name), let zone = TimeZone(identifier: name) else { return nil }
        var moment = Date(timeIntervalSince1970: TimeInterval(start.milliseconds / 1000))
        var offsets = [Zone.Offset(from: start, seconds: zone.secondsFromGMT(for: moment))]
        while let next = zone.nextDaylightSavingTimeTransition(after: moment), next > moment {
            // Transitions fall on whole seconds; the smallest fraction that the type adds is rounded away.
            let instant = Timestamp(milliseconds: Int64(next.timeIntervalSince1970.rounded()) * 1000)
            guard instant < limit else { break }
            let seconds = zone.secondsFromGMT(for: next)
            if seconds != offsets.last?.seconds { offsets.append(Zone.Offset(from: instant, seconds: seconds)) }
            moment = next
        }
        return Zone(name: name, offsets: offsets)
    }

    private static func isKnown(_ name: String) -> Bool { name.contains("/") && known.contains(name) }

    private static let known = Set(TimeZone.knownTimeZoneIdentifiers)
}
