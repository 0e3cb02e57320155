import Foundation
import Journal
public import Primitives

/// The gateway's clock: the machine's, or one that stands still until a command moves it.
public enum HouseClock: Sendable {
    /// The machine's clock.
    case system
    /// The time of the last fact.
    case test

    /// The instant now.
    ///
    /// - Parameter lastFact: the time of the last fact, which a test clock shows.
    public func now(lastFact: Timestamp) -> Timestamp {
        switch self {
        case .system: max(lastFact, Self.machine())
        case .test: lastFact
        }
    }

    /// The machine's time, whatever clock the house lives by.
    public static func machine() -> Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}
