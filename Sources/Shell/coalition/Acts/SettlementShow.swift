import ArgumentParser
import Clearing
import Gateway
import House
import Inquiry
import Journal
import Primitives
import Settlement

/// Shows instructions and where they stand.
struct SettlementShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the instructions of one closed window or of all, and where they stand.",
        discussion: """
            EXAMPLES
              coalition settlement show --data house
              coalition settlement show --data house --window W-2026-03B --json
            """)

    @OptionGroup var place: DataOptions

    @Option(help: "One window.")
    var window: WindowID?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let house = try place.reader().house
        if let window, house.closings[window] == nil {
            throw Refusal(.act004, value: window.text, detail: "the window is not closed")
        }
        let windows = window.map { [$0] } ?? house.windows.closed
        output.show(
            .list(windows.map { Self.json($0, house) }), windows.map { Self.text($0, house) }.joined(separator: "\n"))
    }

    private static func state(_ window: WindowID, _ house: HouseState) -> String {
        let book = house.instructions
        if book.settlement(of: window).isEmpty { return "nothing to pay" }
        if book.isSettled(window) { return "SETTLED" }
        return book.isApproved(window) ? "APPROVED" : "waits for approval"
    }

    private static func text(_ window: WindowID, _ house: HouseState) -> String {
        var table = TextTable(
            ["  instruction", "direction", "amount", "value date", "status", "booked", "bank"], right: [2, 5])
        for state in house.instructions.settlement(of: window) {
            let instruction = state.instruction
            table.add([
                "  " + instruction.endToEndID, instruction.amount.minorUnits < 0 ? "partner pays" : "host pays",
                instruction.amount.magnitude.description, instruction.valueDate.description, Self.status(state),
                state.booked.magnitude.amountText, state.bankReference ?? "",
            ])
        }
        let rows = house.instructions.settlement(of: window).isEmpty ? "" : table.text
        return "\(window): \(state(window, house))\n" + rows
    }

    private static func status(_ state: InstructionState) -> String {
        var text = state.status.rawValue
        if let again = state.resentAs { text += ", again as \(again)" }
        if state.isTakenOver { text += ", taken over by a later settlement" }
        return text
    }

    private static func json(_ window: WindowID, _ house: HouseState) -> JSONValue {
        [
            "window": .of(window), "approved": .bool(house.instructions.isApproved(window)),
            "settled": .bool(house.instructions.isSettled(window)),
            "instructions": .list(
                house.instructions.settlement(of: window).map { state in
                    [
                        "endToEndId": .text(state.instruction.endToEndID), "partner": .of(state.instruction.partner),
                        "amount": .text(state.instruction.amount.amountText),
                        "currency": .of(state.instruction.amount.currency),
                        "valueDate": .of(state.instruction.valueDate), "status": .text(state.status.rawValue),
                        "booked": .text(state.booked.amountText), "resentAs": .optional(state.resentAs),
                        "takenOver": .bool(state.isTakenOver), "bankReference": .optional(state.bankReference),
                    ]
                }),
        ]
    }
}
