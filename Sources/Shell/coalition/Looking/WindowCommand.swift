import ArgumentParser
import Clearing
import Gateway
import House
import Inquiry
import Primitives
import ProgrammeModel

/// Windows: where they stand and what they wait for.
struct WindowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "window",
        abstract: "List clearing windows; show who has sent, what a window waits for, and who agrees to its statement.",
        discussion: """
            EXAMPLES
              coalition window list --data house
              coalition window show W-2026-03B --data house
            """,
        subcommands: [WindowList.self, WindowShow.self])
}

/// Lists windows.
struct WindowList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the windows lived so far and the one to come; --all for the whole calendar.",
        discussion: """
            EXAMPLES
              coalition window list --data house
              coalition window list --data house --all
            """)

    @OptionGroup var place: DataOptions

    @Flag(help: "List every window of the calendar.")
    var all = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try place.reader()
        let programme = try reader.programme()
        let house = reader.house
        let now = reader.now
        var table = TextTable(["window", "opens", "cut-off", "status", "waits for"])
        var rows: [JSONValue] = []
        var futures = 0
        for window in programme.windows {
            let status = house.windows.status(of: window, at: now)
            if status == .future { futures += 1 }
            guard all || futures < 2 else { break }
            let reasons = status == .cutOff ? house.obstacles(toClosing: window.id) : []
            table.add([
                window.id.text, programme.zone.format(window.open), programme.zone.format(window.cutoff),
                status.rawValue,
                reasons.map { "\($0.code) \($0.detail)" }.joined(separator: "; "),
            ])
            rows.append([
                "window": .of(window.id), "open": .of(window.open), "cutOff": .of(window.cutoff),
                "status": .text(status.rawValue), "waitsFor": .list(reasons.map { .encoded($0) }),
            ])
        }
        output.show(.list(rows), table.text)
    }
}

/// Shows a window.
struct WindowShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a window: files by partner, who is missing, gaps, what it waits for, and who agrees.",
        discussion: """
            Of a closed window each partner's word about its settlement statement is told: AGREED, DIFFERS with the \
            number of places, or open.

            EXAMPLES
              coalition window show W-2026-03B --data house
            """)

    @Argument(help: "The window.")
    var window: WindowID

    @OptionGroup var place: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try place.reader()
        let programme = try reader.programme()
        guard let definition = programme.window(window) else { throw Refusal(.win002, value: window.text) }
        let house = reader.house
        let status = house.windows.status(of: definition, at: reader.now)
        var report = Report()
        report.add("window", window)
        report.add("opens", programme.zone.format(definition.open))
        report.add("cut-off", programme.zone.format(definition.cutoff))
        report.add("status", status.rawValue)
        report.add("settled", definition.valueDates.map { "\($0.currency) \($0.date)" }.joined(separator: ", "))
        if let sequence = house.closings[window] { report.add("closed by fact", sequence) }
        let attendance = WindowAttendance(house: house, programme: programme, window: definition, now: reader.now)
        report.add("partners", items: programme.agreements.map(attendance.report))
        if status == .cutOff {
            report.add(
                "waits for",
                items: house.obstacles(toClosing: window).map { finding in
                    var item = Report()
                    item.add("code", finding.code)
                    item.add("reason", finding.detail)
                    item.add("action", finding.code.entry.action)
                    return item
                })
        }
        output.show(report)
    }
}
