import ArgumentParser
import Foundation
import Primitives

/// Measures what the machine it runs on can do, for those who size one.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures real-time messages or files on this machine, against a gateway of its own.",
        discussion: """
            A house is made as by `coalition demo`, and a gateway is started on it. What is sent is made and signed \
            beforehand. The client runs on the same machine and takes a part of it.

            Messages: all connections send theirs, each waiting for its answers. Every answer is signed, and what it \
            says is durable before it leaves. Connections belong to the demonstration's partners in turn. One \
            connection with one message in flight shows what a till waits for.

            Files, with --records: one partner uploads a file in each round and waits for the receipt VALIDATED.

            Flushes are appends to the log: each is one write and one fdatasync, and makes all durable that it holds.

            EXAMPLES
              coalition bench
              coalition bench --messages 100000 --connections 64 --rounds 5
              coalition bench --messages 2000 --connections 1
              coalition bench --connections 1 --in-flight 32 --json
              coalition bench --records 1000000 --format xml
            """)

    @Option(help: "How many messages.")
    var messages = 20_000

    @Option(help: "How many connections send them, 1 to 64, dealt to four partners in turn.")
    var connections = 64

    @Option(help: "Messages that a connection sends without waiting for their answers, 1 to 32.")
    var inFlight = 1

    @Option(help: "Send files of so many records instead of messages, 1 to 10000000.")
    var records: Int?

    @Option(help: "How files are written: xml or csv.")
    var format = BatchFormat.csv

    @Option(help: "How often all is done; medians are shown.")
    var rounds = 3

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000_000).contains(messages) else {
            throw ValidationError("--messages is a number from 1 to 1000000")
        }
        // The gateway takes 16 of one partner: Specs/wire.md, connectionsPerParty.
        guard (1...64).contains(connections) else {
            throw ValidationError("--connections is a number from 1 to 64")
        }
        guard (1...32).contains(inFlight) else { throw ValidationError("--in-flight is a number from 1 to 32") }
        guard (1...10_000_000).contains(records ?? 1) else {
            throw ValidationError("--records is a number from 1 to 10000000")
        }
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
        if let records {
            let results = try await inRounds { round in
                try await FileLoad(house, records: records, format: format, round: round, in: folder).run()
            }
            let report = FileBenchReport(results, records: records, format: format)
            output.show(report.json, report.text)
        } else {
            let results = try await inRounds { round in
                let load = try MessageLoad(house, count: messages, round: round, connections: connections)
                return try await load.run(inFlight: inFlight)
            }
            let report = BenchReport(results, messages: messages, connections: connections, inFlight: inFlight)
            output.show(report.json, report.text)
        }
    }

    private func inRounds<Result>(_ measure: (Int) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for round in 1...rounds {
            Console.note("coalition: round \(round) of \(rounds)")
            results.append(try await measure(round))
        }
        return results
    }
}
