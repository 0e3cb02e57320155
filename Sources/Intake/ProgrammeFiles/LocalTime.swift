import Primitives
import ProgrammeModel

/// Times of a wall clock as instants.
enum LocalTime {
    /// Reads `HH:MM` as seconds after midnight, or answers nil.
    static func secondOfDay(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), [0, 1, 3, 4].allSatisfy({ bytes[$0].isDigit }) else {
            return nil
        }
        let hour = Int(bytes[0] - 0x30) * 10 + Int(bytes[1] - 0x30)
        let minute = Int(bytes[3] - 0x30) * 10 + Int(bytes[4] - 0x30)
        return hour < 24 && minute < 60 ? hour * 3600 + minute * 60 : nil
    }

    /// The instant at which the zone's clocks show a day and time.
    ///
    /// A time that they show twice, when they are put back, is the first of the two. A time that they never show, when
    /// they are put forward, is the instant of the change: the first at which they show a later time.
    static func instant(_ date: BusinessDate, secondOfDay: Int, in zone: Zone) -> Timestamp {
        // No zone is more than a day away from UTC, so the offsets of these three instants are all that can matter.
        let naive = Timestamp(date: date, secondOfDay: secondOfDay, offsetSeconds: 0)
        let window = [-86_400_000, 0, 86_400_000].map { zone.offset(at: naive.adding(milliseconds: $0)) }
        let candidates = Set(window).map { Timestamp(date: date, secondOfDay: secondOfDay, offsetSeconds: $0) }
        let shown = candidates.filter { candidate in
            let local = candidate.local(offsetSeconds: zone.offset(at: candidate))
            return local.date == date && local.millisecondOfDay == secondOfDay * 1000
        }
        if let first = shown.min() { return first }
        let earliest = candidates.min() ?? naive
        return zone.offsets.first { $0.from > earliest }?.from ?? earliest
    }
}
