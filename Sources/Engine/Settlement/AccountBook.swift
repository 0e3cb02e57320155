public import Journal
public import Primitives
public import ProgrammeModel

/// A partner's account with the host from one statement to the next. Rule R8 (Specs/rules.md).
public struct PartnerAccount: Hashable, Sendable, Codable {
    /// The last statement's closing; plus means that the host owes.
    public var closing: Money
    /// Of the closing, what is not instructed.
    public var carried: Money
    /// Of the closing, what is instructed and not booked, by end-to-end id.
    public var inSettlement: [String: Money]
    /// Windows for which an amount has been carried forward in a row.
    public var carriedWindows: Int
    /// Statements issued.
    public var statements: Int

    /// An account without movements.
    public init(currency: CurrencyCode) {
        closing = .zero(currency)
        carried = .zero(currency)
        inSettlement = [:]
        carriedWindows = 0
        statements = 0
    }
}

/// All partners' accounts, and the events that the statements of windows not yet closed will take in.
public struct AccountBook: Hashable, Sendable, Codable {
    /// Accounts by partner.
    public private(set) var accounts: [PartnerID: PartnerAccount] = [:]
    private var arriving: [Dated] = []
    private var frozen: [WindowID: [Dated]] = [:]

    /// An event on a partner's account.
    public struct Dated: Hashable, Sendable, Codable {
        /// Whose account.
        public var partner: PartnerID
        /// What happened.
        public var event: AccountEvent
    }

    /// No accounts.
    public init() {}

    /// Takes an event for the statement of the window that is open now.
    public mutating func add(_ event: AccountEvent, partner: PartnerID) {
        arriving.append(Dated(partner: partner, event: event))
    }

    /// Closes the list of events for a window.
    public mutating func cutOff(_ window: WindowID) {
        frozen[window] = arriving
        arriving = []
    }

    /// The events that a window's statement takes in for a partner.
    public func events(of window: WindowID, partner: PartnerID) -> [AccountEvent] {
        (frozen[window] ?? []).filter { $0.partner == partner }.map(\.event)
    }

    /// A partner's account now: as its last statement left it, and what was booked since.
    ///
    /// - Parameter waiting: the windows that are cut off and not closed, in their order.
    public func standing(of partner: PartnerID, currency: CurrencyCode, waiting: [WindowID]) -> PartnerAccount {
        var account = accounts[partner] ?? PartnerAccount(currency: currency)
        let since = waiting.flatMap { frozen[$0] ?? [] } + arriving
        let moved = account.apply(since.filter { $0.partner == partner }.map(\.event))
        account.closing = account.closing + moved.payments + moved.returns
        return account
    }

    /// What a window's close does to a partner's account, and what is paid.
    ///
    /// - Parameters:
    ///   - net: the window's net; plus means that the host owes.
    ///   - terms: the terms on the window's last day.
    public func outcome(
        window: WindowDefinition, agreement: Agreement, net: Money, terms: Terms
    ) -> AccountOutcome {
        let currency = agreement.settlementCurrency
        var account = accounts[agreement.partner] ?? PartnerAccount(currency: currency)
        let opening = account.closing
        let moved = account.apply(events(of: window.id, partner: agreement.partner))
        let closing = opening + net + moved.payments + moved.returns
        let due = net + account.carried
        let still = account.inSettlement.values.reduce(Money.zero(currency), +)
        precondition(closing == due + still, "closing is what is due and what is in settlement")

        var outcome = AccountOutcome(
            partner: agreement.partner, statementNumber: account.statements + 1, opening: opening, net: net,
            payments: moved.payments, returns: moved.returns, closing: closing, due: due, inSettlement: still,
            action: .none, carriedWindows: 0, instruction: nil)
        guard due.minorUnits != 0 else { return outcome }
        let valueDate = window.valueDate(currency)
        let carried = account.carriedWindows + (valueDate == nil ? 0 : 1)
        let small = due.magnitude.minorUnits < terms.minimumSettlement.minorUnits
        let mustPay = carried > terms.maxCarryWindows || agreement.status == .closed
        guard let valueDate, !small || mustPay else {
            outcome.action = .carriedForward
            outcome.carriedWindows = carried
            return outcome
        }
        outcome.action = due.minorUnits > 0 ? .hostPays : .partnerPays
        outcome.instruction = Instruction(
            endToEndID: "STL-\(window.id)-\(agreement.partner)-\(currency)", window: window.id,
            partner: agreement.partner, amount: due, valueDate: valueDate)
        return outcome
    }

    /// Takes the outcomes of a window's close.
    public mutating func close(_ window: WindowID, outcomes: [AccountOutcome]) {
        for outcome in outcomes {
            var account = accounts[outcome.partner] ?? PartnerAccount(currency: outcome.closing.currency)
            _ = account.apply(events(of: window, partner: outcome.partner))
            account.closing = outcome.closing
            account.statements = outcome.statementNumber
            account.carriedWindows = outcome.carriedWindows
            if let instruction = outcome.instruction {
                account.inSettlement[instruction.endToEndID] = instruction.amount
                account.carried = .zero(outcome.closing.currency)
            } else {
                account.carried = outcome.due
            }
            accounts[outcome.partner] = account
        }
        frozen[window] = nil
    }
}

extension PartnerAccount {
    /// Takes events in order and answers the payments and returns that they booked.
    mutating func apply(_ events: [AccountEvent]) -> (payments: Money, returns: Money) {
        var payments = Money.zero(closing.currency)
        var returns = Money.zero(closing.currency)
        for event in events {
            let id = event.instruction
            let open = inSettlement[id] ?? .zero(closing.currency)
            switch event {
            case .booked(_, let amount), .writtenOff(_, let amount):
                payments = payments - amount
                let rest = open - amount
                // Booked beyond what was open: the excess is owed back, and so is due.
                let isExcess = rest.minorUnits != 0 && (rest.minorUnits < 0) == (amount.minorUnits > 0)
                if isExcess { carried = carried + rest }
                inSettlement[id] = isExcess || rest.minorUnits == 0 ? nil : rest
            case .released(_, let amount):
                inSettlement[id] = nil
                carried = carried + amount
            case .bookedBack(_, let amount):
                returns = returns + amount
                // What was open of a partly paid instruction comes back to due with the booked part.
                carried = carried + amount + open
                inSettlement[id] = nil
            case .instructedAgain(_, let amount):
                carried = carried - amount
                inSettlement[id] = amount
            }
        }
        return (payments, returns)
    }
}
