import Clearing
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement

/// Money: where the accounts stand, what is instructed, and what the bank has said to it.
struct SettlementLook {
    let context: PageContext

    func page() -> PageModel {
        var page = PageModel(title: "Settlement")
        page.sections = [accounts, instructions(open: true), instructions(open: false)]
        return page
    }

    private var accounts: PageModel.Section {
        var section = PageModel.Section("Accounts")
        var table = PageModel.Table(
            "Where they stand; plus: the host owes",
            [
                .init("partner"), .number("points cleared"), .number("balance"), .number("due"),
                .number("in settlement"), .number("windows carried"),
            ])
        let house = context.house
        for agreement in context.agreements {
            let account = house.accounts.standing(
                of: agreement.partner, currency: agreement.settlementCurrency, waiting: house.windows.waiting)
            let instructed = account.inSettlement.values.reduce(Money.zero(agreement.settlementCurrency), +)
            table.add([
                .init(agreement.partner.text), context.number(house.clearedPositions[agreement.partner] ?? 0),
                .number(context.format.money(account.closing)), .number(context.format.money(account.carried)),
                .number(context.format.money(instructed)), context.number(account.carriedWindows),
            ])
        }
        section.tables = [table]
        return section
    }

    private func instructions(open isOpen: Bool) -> PageModel.Section {
        var section = PageModel.Section(isOpen ? "Open items" : "Done")
        var columns: [PageModel.Cell] = [
            .init("instruction"), .init("partner"), .init("who pays"), .number("amount"), .init("value date"),
            .init("state"), .number("booked"), .init("bank's reference"),
        ]
        columns.append(.init(isOpen ? "what is next" : "taken up by"))
        var table = PageModel.Table(isOpen ? "Instructions that are not done" : "Instructions that are done", columns)
        for state in context.house.instructions.all.reversed() where state.isDone != isOpen {
            let instruction = state.instruction
            guard context.viewer.sees(instruction.partner) else { continue }
            let statement = "STL-\(instruction.window)-\(instruction.partner)"
            table.add([
                .init(instruction.endToEndID, to: PageLinks.statement(statement)), .init(instruction.partner.text),
                .init(instruction.amount.minorUnits >= 0 ? "the host" : instruction.partner.text),
                .number(context.format.money(instruction.amount.magnitude)),
                .init(context.format.date(instruction.valueDate)), .state(state.status.rawValue),
                .number(context.format.money(state.booked.magnitude)), .init(state.bankReference ?? ""),
                .init(isOpen ? next(state) : state.resentAs ?? state.joins?.text ?? ""),
            ])
        }
        section.tables = [table]
        return section
    }

    /// What has to happen next to an instruction, and for how long it has been waited for.
    private func next(_ state: InstructionState) -> String {
        switch state.status {
        case .pending:
            return context.house.instructions.isApproved(state.instruction.window)
                ? "to be sent to the bank" : "to be approved by two officers"
        case .sent: return "no word from the bank" + overdue(state)
        case .partlyPaid: return "\(context.format.money(state.outstanding.magnitude)) outstanding" + overdue(state)
        case .returned: return "to be sent again, or it joins the next settlement"
        case .confirmed, .overpaid, .cancelled, .writtenOff: return ""
        }
    }

    private func overdue(_ state: InstructionState) -> String {
        let today = context.programme.zone.date(at: context.now)
        let days = today.days(since: state.instruction.valueDate)
        return days > 0 ? ", \(days) days after its value date" : ""
    }
}
