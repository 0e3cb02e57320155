public import Primitives

/// A time zone as a table of offsets, resolved when a programme is loaded, so that later tz data changes no replay.
public struct Zone: Hashable, Sendable, Codable {
    /// The IANA name, such as `Europe/Paris`.
    public let name: String
    /// Offsets in order of time; the first holds for all time before the second begins.
    public let offsets: [Offset]

    /// An offset from UTC and the instant from which it holds.
    public struct Offset: Hashable, Sendable, Codable {
        /// The instant from which the offset holds.
        public let from: Timestamp
        /// Seconds ahead of UTC.
        public let seconds: Int

        /// Makes an offset that holds from an instant.
        public init(from: Timestamp, seconds: Int) {
            self.from = from
            self.seconds = seconds
        }
    }

    /// Makes a zone of at least one offset, in order of time.
    public init(name: String, offsets: [Offset]) {
        precondition(!offsets.isEmpty, "a zone has at least one offset")
        precondition(zip(offsets, offsets.dropFirst()).allSatisfy { $0.from < $1.from }, "offsets are in order of time")
        self.name = name
        self.offsets = offsets
    }

    /// UTC.
    public static let utc = Zone(name: "UTC", offsets: [Offset(from: Timestamp(milliseconds: 0), seconds: 0)])

    /// Seconds ahead of UTC at an instant.
    public func offset(at instant: Timestamp) -> Int {
        var low = 0
        var high = offsets.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if offsets[middle].from <= instant { low = middle } else { high = middle }
        }
        return offsets[low].seconds
    }

    /// The day that a calendar in the zone shows at an instant.
    public func date(at instant: Timestamp) -> BusinessDate { instant.local(offsetSeconds: offset(at: instant)).date }

    /// RFC 3339 with the zone's offset.
    public func format(_ instant: Timestamp) -> String { instant.formatted(offsetSeconds: offset(at: instant)) }
}
