public import Journal
public import Primitives

/// Where an instruction stands. Rule R8 (Specs/rules.md).
public enum InstructionStatus: String, Hashable, Sendable, Codable {
    /// Made, not sent.
    case pending = "PENDING"
    /// With the bank; no answer yet.
    case sent = "SENT"
    /// Booked in full.
    case confirmed = "CONFIRMED"
    /// Booked in part.
    case partlyPaid = "PARTLY_PAID"
    /// More was booked than instructed.
    case overpaid = "OVERPAID"
    /// Came back, before or after it was booked.
    case returned = "RETURNED"
    /// Withdrawn.
    case cancelled = "CANCELLED"
    /// Given up.
    case writtenOff = "WRITTEN_OFF"
}

/// An instruction as it stands now.
public struct InstructionState: Hashable, Sendable, Codable {
    /// The instruction.
    public var instruction: Instruction
    /// Where it stands.
    public var status: InstructionStatus
    /// What the bank has booked for it and not returned, with the instruction's sign.
    public var booked: Money
    /// The end-to-end id under which it was sent again, when it was.
    public var resentAs: String?
    /// The window at whose cut-off it had come back and was not sent again: its statement takes the amount up.
    public var joins: WindowID?
    /// Whether a later settlement has taken over what came back: that window is closed, and what was due there is paid,
    /// carried forward or set off.
    public var isTakenOver: Bool
    /// The bank's reference of the last entry.
    public var bankReference: String?

    /// What is instructed and not booked.
    public var outstanding: Money { instruction.amount - booked }

    /// Whether nothing more is expected of it.
    public var isDone: Bool {
        switch status {
        case .confirmed, .overpaid, .writtenOff, .cancelled: true
        case .returned: isTakenOver || resentAs != nil
        case .pending, .sent, .partlyPaid: false
        }
    }
}

/// What a step does to a partner's account, taken in by the statement of the window in which its fact stands.
public enum AccountEvent: Hashable, Sendable, Codable {
    /// The bank booked an amount, signed as the instruction.
    case booked(instruction: String, amount: Money)
    /// An instruction came back, or was withdrawn, before it was booked; the amount is due again.
    case released(instruction: String, amount: Money)
    /// A booked amount came back; it is due again.
    case bookedBack(instruction: String, amount: Money)
    /// What had come back is instructed again.
    case instructedAgain(instruction: String, amount: Money)
    /// What is open was given up.
    case writtenOff(instruction: String, amount: Money)

    /// The amount, signed as the instruction.
    public var amount: Money {
        switch self {
        case .booked(_, let amount), .released(_, let amount), .bookedBack(_, let amount),
            .instructedAgain(_, let amount), .writtenOff(_, let amount):
            amount
        }
    }

    /// The instruction's end-to-end id.
    public var instruction: String {
        switch self {
        case .booked(let id, _), .released(let id, _), .bookedBack(let id, _), .instructedAgain(let id, _),
            .writtenOff(let id, _):
            id
        }
    }
}

/// All instructions and the settlements that they belong to. A fold of the log.
public struct InstructionBook: Hashable, Sendable, Codable {
    private var states: [String: InstructionState] = [:]
    private var order: [String] = []
    private var approved: Set<WindowID> = []
    /// What the bank reported, by instruction, kind and the bank's reference.
    private var taken: Set<[String]> = []

    /// No instructions.
    public init() {}

    /// All instructions in the order in which they were made.
    public var all: [InstructionState] { order.compactMap { states[$0] } }

    /// An instruction by its end-to-end id, or nil.
    public subscript(id: String) -> InstructionState? { states[id] }

    /// The instructions that a window's close made, resends included.
    public func settlement(of window: WindowID) -> [InstructionState] { all.filter { $0.instruction.window == window } }

    /// Whether a window's settlement is approved.
    public func isApproved(_ window: WindowID) -> Bool { approved.contains(window) }

    /// Whether a booking or return with the bank's reference was taken for an instruction.
    public func hasTaken(_ bankReference: String, for id: String, isReturn: Bool) -> Bool {
        taken.contains(Self.report(bankReference, id, isReturn))
    }

    private static func report(_ bankReference: String, _ id: String, _ isReturn: Bool) -> [String] {
        [id, isReturn ? "R" : "B", bankReference]
    }

    /// Whether every instruction of a closed window's settlement is done.
    public func isSettled(_ window: WindowID) -> Bool { settlement(of: window).allSatisfy(\.isDone) }

    /// Takes an instruction that a close made.
    public mutating func add(_ instruction: Instruction) {
        order.append(instruction.endToEndID)
        states[instruction.endToEndID] = InstructionState(
            instruction: instruction, status: .pending, booked: .zero(instruction.amount.currency), resentAs: nil,
            joins: nil, isTakenOver: false, bankReference: nil)
    }

    /// Cuts a window off: what has come back by now, and is not sent again, joins what is due on its statements.
    public mutating func cutOff(_ window: WindowID) {
        for (id, state) in states where state.status == .returned && state.resentAs == nil && state.joins == nil {
            states[id]?.joins = window
        }
    }

    /// Closes a window: its settlement has taken over what joined it, also where nothing is paid because other amounts
    /// outweigh it. From now on it cannot be sent again.
    public mutating func close(_ window: WindowID) {
        for (id, state) in states where state.joins == window { states[id]?.isTakenOver = true }
    }

    /// Why a step cannot be taken now, or nil when it can.
    ///
    /// - Parameter isClosing: whether a window is cut off and not yet closed: what came back is then about to be taken
    ///   over and cannot be resent.
    public func obstacle(to step: SettlementStep, isClosing: Bool) -> Refusal? {
        switch step {
        case .approved(let window):
            if settlement(of: window).isEmpty { return refuse(window.text, "the window has no instructions") }
            return isApproved(window) ? Refusal(.act005, value: window.text) : nil
        case .sent(let window):
            guard isApproved(window) else { return refuse(window.text, "the settlement is not approved") }
            let pending = settlement(of: window).contains { $0.status == .pending }
            return pending ? nil : Refusal(.act005, value: window.text, detail: "no instruction is pending")
        case .confirmed(let id, let amount, _, _): return obstacle(toConfirm: id, amount)
        case .returned(let id, _, _, _):
            return require(id, [.sent, .partlyPaid, .confirmed, .overpaid])
        case .resent(let id):
            if isClosing { return refuse(id, "a window is closing and may take the amount over") }
            if let state = states[id], state.status == .returned, state.isTakenOver {
                return refuse(id, "a later settlement has taken the amount over")
            }
            if states[id]?.resentAs != nil { return Refusal(.act005, value: id) }
            return require(id, [.returned])
        case .cancelled(let id, let bankReference):
            return require(id, bankReference == nil ? [.pending] : [.pending, .sent])
        case .writtenOff(let id, _): return require(id, [.sent, .partlyPaid])
        }
    }

    private func obstacle(toConfirm id: String, _ amount: Money) -> Refusal? {
        guard let state = states[id] else { return refuse(id, "there is no such instruction") }
        guard amount.currency == state.instruction.amount.currency, amount.minorUnits > 0 else {
            return refuse(id, "the amount is positive and in \(state.instruction.amount.currency)")
        }
        return require(id, [.sent, .partlyPaid, .confirmed, .overpaid])
    }

    private func require(_ id: String, _ statuses: [InstructionStatus]) -> Refusal? {
        guard let state = states[id] else { return refuse(id, "there is no such instruction") }
        guard !statuses.contains(state.status) else { return nil }
        return refuse(id, "the instruction is \(state.status.rawValue)")
    }

    private func refuse(_ value: String, _ detail: String) -> Refusal { Refusal(.act004, value: value, detail: detail) }

    /// Takes a step that has no obstacle and answers what it does to the partner's account.
    public mutating func take(_ step: SettlementStep) -> (partner: PartnerID, event: AccountEvent)? {
        switch step {
        case .approved(let window):
            approved.insert(window)
            return nil
        case .sent(let window):
            for id in order where states[id]?.instruction.window == window && states[id]?.status == .pending {
                states[id]?.status = .sent
            }
            return nil
        case .confirmed(let id, let amount, let reference, _):
            taken.insert(Self.report(reference, id, false))
            return change(id) { state in
                let signed = state.instruction.amount.minorUnits < 0 ? -amount : amount
                state.booked = state.booked + signed
                state.bankReference = reference
                let rest = state.outstanding.minorUnits
                let overpaid = rest != 0 && (rest < 0) != (state.instruction.amount.minorUnits < 0)
                state.status = rest == 0 ? .confirmed : overpaid ? .overpaid : .partlyPaid
                return .booked(instruction: id, amount: signed)
            }
        case .returned(let id, let reference, _, _):
            taken.insert(Self.report(reference, id, true))
            return change(id) { state in
                state.bankReference = reference
                state.status = .returned
                guard state.booked.minorUnits != 0 else {
                    return .released(instruction: id, amount: state.instruction.amount)
                }
                let back = state.booked
                state.booked = .zero(back.currency)
                return .bookedBack(instruction: id, amount: back)
            }
        case .resent(let id): return resend(id)
        case .cancelled(let id, let reference):
            return change(id) { state in
                state.status = .cancelled
                state.bankReference = reference
                return .released(instruction: id, amount: state.instruction.amount)
            }
        case .writtenOff(let id, _):
            return change(id) { state in
                state.status = .writtenOff
                return .writtenOff(instruction: id, amount: state.outstanding)
            }
        }
    }

    private mutating func change(
        _ id: String, _ body: (inout InstructionState) -> AccountEvent
    ) -> (partner: PartnerID, event: AccountEvent) {
        guard var state = states[id] else { preconditionFailure("no instruction \(id)") }
        let event = body(&state)
        states[id] = state
        return (state.instruction.partner, event)
    }

    private mutating func resend(_ id: String) -> (partner: PartnerID, event: AccountEvent) {
        guard let old = states[id] else { preconditionFailure("no instruction \(id)") }
        // STL-…-EUR, STL-…-EUR-R1, STL-…-EUR-R2: the suffix counts the resends of one instruction.
        let parts = id.split(separator: "-")
        var base = id
        var count = 0
        if let last = parts.last, last.first == "R", let number = Int(last.dropFirst()) {
            base = parts.dropLast().joined(separator: "-")
            count = number
        }
        var again = old.instruction
        again.endToEndID = "\(base)-R\(count + 1)"
        states[id]?.resentAs = again.endToEndID
        order.append(again.endToEndID)
        states[again.endToEndID] = InstructionState(
            instruction: again, status: .sent, booked: .zero(again.amount.currency), resentAs: nil, joins: nil,
            isTakenOver: false, bankReference: nil)
        return (again.partner, .instructedAgain(instruction: again.endToEndID, amount: again.amount))
    }
}
