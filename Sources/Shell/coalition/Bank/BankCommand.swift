import ArgumentParser
import BankMessages
import Gateway
import House
import Inquiry
import Primitives
import ProgrammeModel
import Settlement

/// Messages to banks and from them.
struct BankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bank",
        abstract:
            "Write payment orders for the bank (pain.001, pain.008), and take in what it reports (camt.053, camt.054).",
        discussion: """
            EXAMPLES
              coalition bank export W-2026-03B --format pain001 --out pay.xml --data house
              coalition bank import camt054.xml --data house --cert maker.pem --key maker.key
            """,
        subcommands: [BankExport.self, BankImport.self])
}

/// The messages to a bank.
enum OrderFormat: String, ExpressibleByArgument, CaseIterable {
    case pain001, pain008
}

/// Writes a payment order.
struct BankExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what the bank is asked to do for an approved settlement.",
        discussion: """
            pain001 (pain.001.001.09) pays, pain008 (pain.008.001.08) collects by direct debits between firms. Both \
            hold the window's instructions that are pending or sent; each has its end-to-end id. That they went to \
            the bank is recorded by 'coalition settlement send'.

            EXAMPLES
              coalition bank export W-2026-03B --format pain001 --out pay.xml --data house
              coalition bank export W-2026-04A --format pain008 --data house
            """)

    @Argument(help: "The window whose close made the instructions.")
    var window: WindowID

    @Option(help: "The message: pain001 or pain008.")
    var format: OrderFormat

    @Option(help: ArgumentHelp("A file to write to.", valueName: "file"))
    var out: String?

    @OptionGroup var place: DataOptions

    func run() throws {
        let reader = try place.reader()
        let programme = try reader.programme()
        guard reader.house.closings[window] != nil else {
            throw Refusal(.act004, value: window.text, detail: "the window is not closed")
        }
        guard reader.house.instructions.isApproved(window) else {
            throw Refusal(.act004, value: window.text, detail: "the settlement is not approved")
        }
        let order = try PaymentOrder(
            format == .pain001 ? .pay : .collect, window: window,
            states: reader.house.instructions.settlement(of: window), programme: programme,
            createdAt: programme.zone.format(reader.now))
        let bytes = format == .pain001 ? order.creditTransfers() : order.directDebits()
        guard let out else { return Console.write(bytes) }
        try Files.write(bytes, to: out)
        Console.note("\(out): \(order.count) instructions")
    }
}
