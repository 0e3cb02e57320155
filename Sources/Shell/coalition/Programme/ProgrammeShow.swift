import ArgumentParser
import Gateway
import Inquiry
import Primitives
import ProgrammeFiles
import ProgrammeModel

/// Shows a programme on a day.
struct ProgrammeShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a programme as it holds on a day, for the host or as one partner sees it.",
        discussion: """
            EXAMPLES
              coalition programme show --data house
              coalition programme show --data house --on 2026-03-20 --partner MARCHE
              coalition programme show programme --on 2026-03-20
            """)

    @Argument(help: "A programme's directory, instead of --data.")
    var directory: String?

    @Option(help: ArgumentHelp("A data directory, whose programme in force is shown.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("The day; today by default.", valueName: "day"))
    var on: BusinessDate?

    @Option(help: ArgumentHelp("Who looks: a partner sees its own agreement only.", valueName: "partner"))
    var partner: PartnerID?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (directory == nil) != (data == nil) else { throw ValidationError("give a directory or --data") }
    }

    func run() throws {
        let (programme, now): (Programme, Timestamp)
        if let data {
            let reader = try HouseReader(data)
            (programme, now) = (try reader.programme(), reader.now)
        } else {
            (programme, now) = (try ProgrammeSource.read(directory ?? "").programme, HouseClock.machine())
        }
        if let partner, programme.agreement(partner) == nil {
            throw Refusal(.act004, value: partner.text, detail: "there is no such partner")
        }
        let view = ProgrammeView.show(programme, on: on ?? programme.zone.date(at: now), for: partner)
        output.show(.encoded(view), view.text)
    }
}

/// Compares two programmes.
struct ProgrammeDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Tell in words what differs between two programmes.",
        discussion: """
            EXAMPLES
              coalition programme diff programme-2026 programme-2027
              coalition programme diff --data house programme
            """)

    @Argument(help: "One directory (with --data) or two, the older first.")
    var directories: [String]

    @Option(help: ArgumentHelp("A data directory, whose programme in force is the older one.", valueName: "dir"))
    var data: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard directories.count == (data == nil ? 2 : 1) else {
            throw ValidationError("give two directories, or --data and one directory")
        }
    }

    func run() throws {
        let old: Programme
        if let data {
            old = try HouseReader(data).programme()
        } else {
            old = try ProgrammeSource.read(directories[0]).programme
        }
        let new = try ProgrammeSource.read(directories[directories.count - 1]).programme
        let changes = ProgrammeDiff.diff(old, new)
        output.show(
            .list(changes.map { .encoded($0) }),
            changes.isEmpty ? "no difference" : changes.map { "\($0)\n" }.joined())
    }
}
