import ArgumentParser
import Foundation
import Primitives

/// Measures what the machine it runs on can do, for those who size one.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures real-time messages on this machine, against a gateway of its own.",
        discussion: """
            A house is made as by `coalition demo`, and a gateway is started on it. Messages are signed beforehand; \
            then all connections send theirs, each waiting for its answers. Every answer is signed, and what it says is \
            durable before it leaves. The client runs on the same machine and takes a part of it, which is shown.

            EXAMPLES
              coalition bench
              coalition bench --messages 100000 --rounds 5
              coalition bench --connections 1 --in-flight 32 --json
            """)

    @Option(help: "How many messages.")
    var messages = 20_000

    @Option(help: "How many connections of the partner send them, 1 to 16.")
    var connections = 16

    @Option(help: "Messages that a connection sends without waiting for their answers, 1 to 32.")
    var inFlight = 1

    @Option(help: "How often all is done; medians are shown.")
    var rounds = 3

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000_000).contains(messages) else {
            throw ValidationError("--messages is a number from 1 to 1000000")
        }
        // More of one partner are turned away: Specs/wire.md, connectionsPerParty.
        guard (1...16).contains(connections) else {
            throw ValidationError("--connections is a number from 1 to 16")
        }
        guard (1...32).contains(inFlight) else { throw ValidationError("--in-flight is a number from 1 to 32") }
        guard (1...99).contains(rounds) else { throw ValidationError("--rounds is a number from 1 to 99") }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "coalition-bench-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        Console.note("coalition: making a house in \(folder.path)")
        let house = try await BenchHouse.make(in: folder)
        defer { house.stop() }
        var results: [MessageLoad.Result] = []
        for round in 1...rounds {
            Console.note("coalition: round \(round) of \(rounds)")
            let load = try MessageLoad(house, count: messages, round: round)
            results.append(try await load.run(connections: connections, inFlight: inFlight))
        }
        let report = BenchReport(
            results, messages: messages, connections: connections, inFlight: inFlight)
        output.show(report.json, report.text)
    }
}
