import ArgumentParser
import Clearing
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Transport
import Wire

/// The house's clock.
struct ClockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Show the house's clock, and move a test clock.",
        discussion: """
            A test clock stands still until it is moved, and forwards only. Every cut-off and close in between happens \
            at its own instant, so that a month plays in seconds.

            EXAMPLES
              coalition clock show --data house
              coalition clock advance --to 2026-04-01T00:00:00+02:00 --data house \\
                --cert operator.pem --key operator.key
            """,
        subcommands: [ClockShow.self, ClockAdvance.self])
}

/// Shows the clock.
struct ClockShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the house's time, its clock and the next cut-off.",
        discussion: """
            EXAMPLES
              coalition clock show --data house
            """)

    @OptionGroup var place: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var report = Report()
        if let data = place.data {
            let reader = try HouseReader(data)
            report.add("now", reader.now)
            report.add("clock", reader.house.genesis?.clock.rawValue)
            if let programme = reader.house.programme {
                report.add("in the programme's zone", programme.zone.format(reader.now), key: "local")
                report.add("open window", reader.house.openWindow)
                report.add("next cut-off", reader.house.windows.nextCutOff(programme, after: reader.now)?.cutoff)
            }
        } else {
            let welcome = try await place.connection.connected { connection in connection.welcome }
            report.add("now", welcome.time)
            report.add("next cut-off", welcome.nextCutOff)
            report.add("connected as", welcome.party)
        }
        output.show(report)
    }
}

/// Moves a test clock.
struct ClockAdvance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advance",
        abstract: "Move a test clock, performing every cut-off and close in between.",
        discussion: """
            Files that wait are judged first. An operator of the host moves the clock: with --data by certificate and \
            key, at a gateway by the certificate of the connection.

            EXAMPLES
              coalition clock advance --to 2026-04-01T00:00:00+02:00 --data house \\
                --cert operator.pem --key operator.key
            """)

    @Option(help: ArgumentHelp("The instant to move to.", valueName: "instant"))
    var to: Timestamp

    @OptionGroup var place: PlaceOptions

    @Option(help: ArgumentHelp("With --data: the operator's certificate.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("With --data: its key.", valueName: "file"))
    var key: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        var report = Report()
        if let house = try place.house() {
            try await requireOperator(house)
            let before = await house.state
            try await house.advanceClock(to: to)
            let after = await house.state
            report.add("now", await house.now)
            let closed = after.windows.closed.dropFirst(before.windows.closed.count).map { window in
                var item = Report()
                item.add("window", window)
                return item
            }
            let waiting = after.windows.waiting.map { window in
                let reasons = after.obstacles(toClosing: window).map { "\($0.code) \($0.detail)" }
                var item = Report()
                item.add("window", window)
                item.add("waits for", reasons.joined(separator: "; "))
                return item
            }
            if !closed.isEmpty { report.add("closed", items: closed) }
            if !waiting.isEmpty { report.add("waiting", items: waiting) }
        } else {
            let to = to
            let answer = try await place.connection.connected { connection in
                try await connection.query(
                    Query(kind: QueryKind(unchecked: "clock-advance"), arguments: to.description))
            }
            report = try Report(answer: answer)
        }
        output.show(report)
    }

    /// The certificate names an operator, and the key shows that it is the caller's.
    private func requireOperator(_ house: Clearinghouse) async throws {
        guard let cert, let key else {
            throw UsageError("moving the clock of a data directory needs an operator's --cert and --key")
        }
        let signer = try SigningFiles.signer(cert, key)
        let officer = await house.state.officers.first { $0.fingerprint == signer.certificate.fingerprint }
        guard let officer, officer.roles.contains(.operations) else {
            throw Refusal(.act001, value: signer.certificate.subject, detail: "not an OPERATOR of the host")
        }
    }
}
