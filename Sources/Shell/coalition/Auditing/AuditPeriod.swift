import FileStore
import Gateway
import House
import Journal
import Primitives
import ProgrammeModel

/// What an auditor asks about: everything, one window, or the days from one to another.
struct AuditPeriod {
    private enum Choice {
        case everything
        case window(WindowID, ClosedRange<UInt64>)
        case days(ClosedRange<BusinessDate>, Zone)
    }

    /// The facts that can belong to the period, in order.
    let facts: ClosedRange<UInt64>
    /// The period in words.
    let name: String
    private let choice: Choice
    private let reader: HouseReader

    /// The whole log.
    init(_ reader: HouseReader) {
        self.reader = reader
        (choice, name, facts) = (.everything, "everything", 1...max(1, reader.log.lastSequence))
    }

    /// What a window took: its files and messages, what stands in the log while it was open, and its close.
    ///
    /// - Throws: `Refusal` with WIN-002 for a window that the programme does not have, and for one of the future.
    init(_ reader: HouseReader, window: WindowID) throws {
        guard let known = try reader.programme().window(window), reader.house.lastTime >= known.open else {
            throw Refusal(.win002, value: window.text)
        }
        self.reader = reader
        name = window.text
        let taken = reader.facts(takenBy: window)
        choice = .window(window, taken)
        // Its last files are decided between its cut-off and its close.
        let last = reader.house.closings[window] ?? reader.log.lastSequence
        facts = taken.lowerBound...max(taken.lowerBound, last)
    }

    /// The facts of some days of the programme's zone, both included.
    ///
    /// - Throws: `Refusal` without a programme; `Fault` when the log is damaged.
    init(_ reader: HouseReader, from: BusinessDate, to: BusinessDate) throws {
        self.reader = reader
        let zone = try reader.programme().zone
        name = "\(from) to \(to)"
        choice = .days(from...to, zone)
        let last = reader.log.lastSequence
        // Times do not run back, so that the first fact of a day is found by halving.
        func first(from day: BusinessDate) throws(Fault) -> UInt64 {
            var (low, high) = (UInt64(1), last + 1)
            while low < high {
                let middle = (low + high) / 2
                if zone.date(at: try reader.fact(middle).time) < day { low = middle + 1 } else { high = middle }
            }
            return low
        }
        let begin = try first(from: from)
        facts = begin...max(begin, try first(from: to.adding(days: 1)) - 1)
    }

    /// Whether a fact belongs to the period.
    func contains(_ envelope: FactEnvelope) -> Bool {
        switch choice {
        case .everything: return true
        case .days(let days, let zone): return days.contains(zone.date(at: envelope.time))
        case .window(let window, let taken):
            switch envelope.fact {
            case .fileReceived(let fact): return fact.window == window
            case .fileDecided(let fact):
                return reader.house.files.find(received: fact.received)?.attempt.window == window
            case .windowCutOff(let fact): return fact.window == window
            case .windowClosed(let fact): return fact.window == window
            default: return taken.contains(envelope.sequence)
            }
        }
    }

    /// Whether a window's settlement belongs to the period: the window itself, or one that was closed on its days.
    ///
    /// - Throws: `Fault` when the log is damaged.
    func contains(_ window: WindowID) throws(Fault) -> Bool {
        switch choice {
        case .everything: return true
        case .window(let chosen, _): return chosen == window
        case .days(let days, let zone):
            guard let sequence = reader.house.closings[window] else { return false }
            return days.contains(zone.date(at: try reader.fact(sequence).time))
        }
    }
}
