import Journal
public import Primitives
public import ProgrammeModel
public import Settlement

/// What a bank is asked to do for a window: pay (pain.001.001.09) or collect (pain.008.001.08). Made of instructions
/// that stand, with the accounts of the programme.
public struct PaymentOrder: Sendable {
    /// Which way money goes.
    public enum Direction: Sendable, Hashable {
        /// The host pays its partners.
        case pay
        /// The host collects from its partners, by their mandates.
        case collect
    }

    /// An instruction with the account on the other side.
    struct Item: Sendable {
        let instruction: Instruction
        let name: String
        let account: BankAccount
        var amount: Money { instruction.amount.magnitude }
    }

    /// What one account of the host does on one day.
    struct Group: Sendable {
        let account: HostBanking.Account
        let day: BusinessDate
        let items: [Item]
        var sum: Money { items.reduce(.zero(account.currency)) { $0 + $1.amount } }
    }

    let id: String
    let createdAt: String
    let host: String
    let creditorID: String
    let groups: [Group]

    /// Gathers the instructions of a window that are not yet booked, returned or withdrawn.
    ///
    /// - Parameters:
    ///   - window: whose close made the instructions.
    ///   - states: its instructions as they stand.
    ///   - programme: the accounts, names and mandates.
    ///   - createdAt: RFC 3339.
    /// - Throws: `Refusal` with BNK-001 for each instruction whose bank details are incomplete, and when there is
    ///   nothing to do.
    public init(
        _ direction: Direction, window: WindowID, states: [InstructionState], programme: Programme, createdAt: String
    ) throws(Refusal) {
        let open = states.filter { state in
            (state.instruction.amount.minorUnits > 0) == (direction == .pay)
                && [.pending, .sent].contains(state.status)
        }
        let verb = direction == .pay ? "pay" : "collect"
        guard !open.isEmpty else { throw Refusal(.bnk001, value: window.text, detail: "there is nothing to \(verb)") }
        var items: [Item] = []
        var findings: [Finding] = []
        for state in open {
            let instruction = state.instruction
            let agreement = programme.agreement(instruction.partner)
            if let missing = Self.missing(instruction, agreement, programme.banking, direction) {
                findings.append(Finding(.bnk001, value: instruction.endToEndID, detail: missing))
            } else if let agreement, let account = agreement.bankAccount {
                items.append(Item(instruction: instruction, name: agreement.legalName, account: account))
            }
        }
        guard findings.isEmpty else { throw Refusal(findings) }
        id = "\(direction == .pay ? "PAY" : "COL")-\(window)"
        self.createdAt = createdAt
        host = programme.hostName
        creditorID = programme.banking?.creditorID ?? ""
        let keys = Set(items.map { [$0.amount.currency.description, $0.instruction.valueDate.description] })
        groups = keys.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { key in
            let some = items.filter {
                $0.amount.currency.description == key[0] && $0.instruction.valueDate.description == key[1]
            }
            guard let first = some.first, let account = programme.banking?.account(first.amount.currency) else {
                return nil
            }
            let sorted = some.sorted { $0.instruction.endToEndID < $1.instruction.endToEndID }
            return Group(account: account, day: first.instruction.valueDate, items: sorted)
        }
    }

    private static func missing(
        _ instruction: Instruction, _ agreement: Agreement?, _ banking: HostBanking?, _ direction: Direction
    ) -> String? {
        guard let agreement else { return "the programme has no agreement with \(instruction.partner)" }
        guard let account = agreement.bankAccount else { return "the agreement names no bankAccount" }
        guard banking?.account(instruction.amount.currency) != nil else {
            return "the host has no account in \(instruction.amount.currency)"
        }
        guard direction == .collect else { return nil }
        if account.mandate == nil || account.mandateDate == nil { return "the agreement has no mandate with its date" }
        return banking?.creditorID == nil ? "the host has no creditorId" : nil
    }

    /// How many instructions there are.
    public var count: Int { groups.reduce(0) { $0 + $1.items.count } }

    /// The sum of all amounts as numbers, whatever their currencies: a check that nothing is lost.
    var controlSum: String {
        groups.map(\.sum.fraction).reduce(Fraction.zero, +).description
    }

    func header(to out: inout XMLWriter) {
        out.open("GrpHdr")
        out.element("MsgId", id)
        out.element("CreDtTm", createdAt)
        out.element("NbOfTxs", "\(count)")
        out.element("CtrlSum", controlSum)
        out.party("InitgPty", host)
        out.close()
    }

    /// Batch booking is off: every instruction is confirmed by its own entry. Rule R8.
    func begin(_ group: Group, _ number: Int, method: String, to out: inout XMLWriter) {
        out.open("PmtInf")
        out.element("PmtInfId", "\(id)-\(number)")
        out.element("PmtMtd", method)
        out.element("BtchBookg", "false")
        out.element("NbOfTxs", "\(group.items.count)")
        out.element("CtrlSum", group.sum.amountText)
    }
}
