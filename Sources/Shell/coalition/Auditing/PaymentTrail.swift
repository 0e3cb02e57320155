import Clearing
import Gateway
import House
import Inquiry
import Journal
import Primitives
import Settlement

/// Follows what a partner's account came to in a window: to the instruction that paid it, and to the bank.
struct PaymentTrail {
    private let reader: HouseReader
    /// The facts that moved instructions on, with what they did, by end-to-end ids; whole settlements by windows.
    private var steps: [String: [String]] = [:]
    private var outcomes: [WindowID: [AccountOutcome]] = [:]

    /// Reads the officers' acts.
    ///
    /// - Throws: `Fault` when the log is damaged.
    init(_ reader: HouseReader) throws {
        self.reader = reader
        for sequence in reader.house.evidence.acts {
            guard case .actCarriedOut(let fact) = try reader.fact(sequence).fact, case .settlement(let step) = fact.act
            else { continue }
            let (subject, what) = Self.words(step)
            steps[subject, default: []].append("\(what) by fact \(sequence)")
        }
    }

    /// What a step is about, an instruction or a window's settlement, and what it does.
    static func words(_ step: SettlementStep) -> (subject: String, what: String) {
        switch step {
        case .approved(let window): (window.text, "approved")
        case .sent(let window): (window.text, "sent")
        case .confirmed(let id, let amount, let reference, _): (id, "\(amount) booked as \(reference)")
        case .returned(let id, let reference, _, let reason): (id, "returned as \(reference), \(reason)")
        case .resent(let id): (id, "sent again")
        case .cancelled(let id, let reference): (id, "cancelled" + (reference.map { " as \($0)" } ?? ""))
        case .writtenOff(let id, let reason): (id, "written off, \(reason)")
        }
    }

    /// The way of what was due to or from a partner, from a window's statement on: carried forward, instructed,
    /// returned, sent again.
    ///
    /// - Throws: `Fault` when the log is damaged.
    mutating func report(_ partner: PartnerID, from window: WindowID) throws -> [Report] {
        let closed = reader.house.windows.closed
        var rows: [Report] = []
        var next = closed.firstIndex(of: window)
        while let index = next, index < closed.count {
            next = nil
            let window = closed[index]
            guard let outcome = try accounts(window).first(where: { $0.partner == partner }) else { break }
            var row = Report()
            row.add("statement", "STL-\(window)-\(partner), fact \(reader.house.closings[window] ?? 0)")
            row.add("due", "\(outcome.due), \(outcome.action.rawValue)")
            guard let instruction = outcome.instruction else {
                rows.append(row)
                if outcome.action == .carriedForward { next = index + 1 }
                continue
            }
            var id: String? = instruction.endToEndID
            while let name = id, let state = reader.house.instructions[name] {
                add(state, window, &row)
                rows.append(row)
                row = Report()
                id = state.resentAs
                // What came back and is not sent again joins a later statement.
                if id == nil, state.status == .returned, let joined = state.joins {
                    next = closed.firstIndex(of: joined).flatMap { $0 > index ? $0 : nil }
                }
            }
        }
        return rows
    }

    private func add(_ state: InstructionState, _ window: WindowID, _ row: inout Report) {
        row.add("instruction", state.instruction.endToEndID)
        row.add("amount", state.instruction.amount)
        row.add("value date", state.instruction.valueDate)
        row.add("state", state.status.rawValue)
        row.add("bank reference", state.bankReference)
        let all = (steps[window.text] ?? []) + (steps[state.instruction.endToEndID] ?? [])
        if !all.isEmpty { row.add("steps", all.joined(separator: "; ")) }
    }

    private mutating func accounts(_ window: WindowID) throws -> [AccountOutcome] {
        if let known = outcomes[window] { return known }
        guard let sequence = reader.house.closings[window],
            case .windowClosed(let fact) = try reader.fact(sequence).fact
        else { return [] }
        outcomes[window] = fact.accounts
        return fact.accounts
    }
}
