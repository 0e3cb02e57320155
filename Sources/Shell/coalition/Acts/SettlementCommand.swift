import ArgumentParser
import Gateway
import Primitives

/// Settlements: payments from approval to the bank's booking.
struct SettlementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settlement",
        abstract: "Approve, send, confirm, return and show the payments of closed windows.",
        discussion: """
            Every step is an act: a maker signs it, another officer countersigns it (--checker-cert, or \
            'coalition act countersign').

            EXAMPLES
              coalition settlement show --data house --window W-2026-03B
              coalition settlement approve W-2026-03B --data house --cert maker.pem \\
                --key maker.key
              coalition settlement send W-2026-03B --data house --cert maker.pem \\
                --key maker.key
              coalition settlement confirm STL-W-2026-03B-MARCHE-EUR --amount 12.57 \\
                --bank-reference E2E-4711 --date 2026-04-07 --data house \\
                --cert maker.pem --key maker.key
            """,
        subcommands: [
            SettlementShow.self, SettlementApprove.self, SettlementSend.self, SettlementConfirm.self,
            SettlementReturn.self, SettlementResend.self, SettlementCancel.self, SettlementWriteOff.self,
        ])
}

/// Approves a window's settlement.
struct SettlementApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approve that a closed window's instructions are paid.",
        discussion: """
            EXAMPLES
              coalition settlement approve W-2026-03B --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "The window.")
    var window: WindowID

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("approve")
        document.window = window.text
        try await options.carryOut(document)
    }
}

/// Sends a window's instructions.
struct SettlementSend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Record that an approved window's instructions went to the bank.",
        discussion: """
            EXAMPLES
              coalition settlement send W-2026-03B --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "The window.")
    var window: WindowID

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("send")
        document.window = window.text
        try await options.carryOut(document)
    }
}

/// Confirms a booking.
struct SettlementConfirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Record that the bank booked an amount for an instruction.",
        discussion: """
            EXAMPLES
              coalition settlement confirm STL-W-2026-03B-MARCHE-EUR --amount 12.57 \\
                --bank-reference E2E-4711 --date 2026-04-07 --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "The instruction's end-to-end id.")
    var instruction: String

    @Option(help: "What the bank booked, positive, in the instruction's currency.")
    var amount: String

    @Option(help: "The bank's reference of the entry.")
    var bankReference: String

    @Option(help: ArgumentHelp("The bank's booking date.", valueName: "day"))
    var date: BusinessDate

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("confirm")
        document.instruction = instruction
        document.amount = amount
        document.bankReference = bankReference
        document.bookingDate = date.description
        try await options.carryOut(document)
    }
}

/// Records a return.
struct SettlementReturn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "return",
        abstract: "Record that the bank returned an instruction: the amount is due again.",
        discussion: """
            EXAMPLES
              coalition settlement return STL-W-2026-03B-MARCHE-EUR --reason AC04 \\
                --bank-reference E2E-4712 --date 2026-04-07 --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "The instruction's end-to-end id.")
    var instruction: String

    @Option(help: "The bank's reference of the entry.")
    var bankReference: String

    @Option(help: ArgumentHelp("The bank's booking date.", valueName: "day"))
    var date: BusinessDate

    @Option(help: "The bank's reason, such as AC04.")
    var reason: String

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("return")
        document.instruction = instruction
        document.bankReference = bankReference
        document.bookingDate = date.description
        document.reason = reason
        try await options.carryOut(document)
    }
}

/// Sends a returned instruction again.
struct SettlementResend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Send a returned instruction again at once, under a new end-to-end id.",
        discussion: """
            EXAMPLES
              coalition settlement resend STL-W-2026-03B-MARCHE-EUR --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "The instruction's end-to-end id.")
    var instruction: String

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("resend")
        document.instruction = instruction
        try await options.carryOut(document)
    }
}

/// Withdraws an instruction.
struct SettlementCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Withdraw an instruction that is not sent, or whose withdrawal the bank confirmed.",
        discussion: """
            EXAMPLES
              coalition settlement cancel STL-W-2026-03B-MARCHE-EUR --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "The instruction's end-to-end id.")
    var instruction: String

    @Option(help: "The bank's reference of its confirmation; needed once the instruction is sent.")
    var bankReference: String?

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("cancel")
        document.instruction = instruction
        document.bankReference = bankReference
        try await options.carryOut(document)
    }
}

/// Gives up what is open.
struct SettlementWriteOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write-off",
        abstract: "Give up what is open of an instruction.",
        discussion: """
            EXAMPLES
              coalition settlement write-off STL-W-2026-03B-MARCHE-EUR --reason SMALL --data house \\
                --cert maker.pem --key maker.key
            """)

    @Argument(help: "The instruction's end-to-end id.")
    var instruction: String

    @Option(help: "Why.")
    var reason: String

    @OptionGroup var options: ActOptions

    func run() async throws {
        var document = try options.document("write-off")
        document.instruction = instruction
        document.reason = reason
        try await options.carryOut(document)
    }
}
