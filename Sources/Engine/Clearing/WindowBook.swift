public import Journal
public import Primitives
public import ProgrammeModel

/// Where a window stands.
public enum WindowStatus: String, Hashable, Sendable, Codable {
    /// Its time has not come.
    case future = "FUTURE"
    /// It takes records.
    case open = "OPEN"
    /// It takes no more records and waits for decisions or fixings.
    case cutOff = "CUTOFF"
    /// Its statements are issued.
    case closed = "CLOSED"
}

/// The calendar as the log has lived it: which window is open, which wait, which are closed. Rule R13 (Specs/rules.md).
public struct WindowBook: Hashable, Sendable, Codable {
    /// Windows cut off and not yet closed, in order.
    public private(set) var waiting: [WindowID] = []
    /// Windows closed, in order.
    public private(set) var closed: [WindowID] = []
    private var statuses: [WindowID: WindowStatus] = [:]
    private var undecided: [WindowID: Set<UInt64>] = [:]
    private var fixings: [FixingKey: Fixing] = [:]

    private struct FixingKey: Hashable, Sendable, Codable {
        var window: WindowID
        var base: CurrencyCode
        var quote: CurrencyCode
    }

    /// A calendar in which nothing has happened.
    public init() {}

    /// Whether a window was cut off or closed, or nil when neither has happened.
    public func passed(_ window: WindowID) -> WindowStatus? { statuses[window] }

    /// Where a window stands at an instant.
    public func status(of window: WindowDefinition, at instant: Timestamp) -> WindowStatus {
        statuses[window.id] ?? (instant < window.open ? .future : .open)
    }

    /// The windows whose cut-off is due at an instant and has not been written, in order.
    public func dueCutOffs(_ programme: Programme, at instant: Timestamp) -> [WindowDefinition] {
        programme.windows.filter { $0.cutoff <= instant && statuses[$0.id] == nil }
    }

    /// The next cut-off after an instant, or nil when the calendar has none.
    public func nextCutOff(_ programme: Programme, after instant: Timestamp) -> WindowDefinition? {
        programme.windows.first { $0.cutoff > instant && statuses[$0.id] == nil }
    }

    /// The facts of files that were received for a window and are not yet decided.
    public func undecided(in window: WindowID) -> [UInt64] { (undecided[window] ?? []).sorted() }

    /// The fixing of a window and pair, or nil.
    public func fixing(_ window: WindowID, base: CurrencyCode, quote: CurrencyCode) -> Fixing? {
        fixings[FixingKey(window: window, base: base, quote: quote)]
    }

    /// All fixings, in order of windows and pairs.
    public var allFixings: [Fixing] {
        fixings.values.sorted {
            ($0.window, $0.base, $0.quote) < ($1.window, $1.base, $1.quote)
        }
    }

    /// A file waits for its decision in a window.
    public mutating func received(_ sequence: UInt64, window: WindowID) {
        undecided[window, default: []].insert(sequence)
    }

    /// A file is decided or withdrawn.
    public mutating func decided(_ sequence: UInt64, window: WindowID) {
        undecided[window]?.remove(sequence)
    }

    /// Takes a fixing.
    public mutating func add(_ fixing: Fixing) {
        fixings[FixingKey(window: fixing.window, base: fixing.base, quote: fixing.quote)] = fixing
    }

    /// Cuts a window off.
    public mutating func cutOff(_ window: WindowID) {
        statuses[window] = .cutOff
        waiting.append(window)
    }

    /// Closes a window. Windows close in order.
    public mutating func close(_ window: WindowID) {
        precondition(waiting.first == window, "windows close in the order of their cut-offs")
        waiting.removeFirst()
        statuses[window] = .closed
        closed.append(window)
        undecided[window] = nil
    }
}
