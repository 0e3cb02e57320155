import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `submit` at a running gateway and on a data directory.
    @Suite struct SubmitTests {
        private let signer = Options.signer("MARCHE-signing")

        @Test func aFileIsSubmittedAndItsReceiptsAreKept() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let client = gateway.client("MARCHE-tls")
            try place.write(Batches.xml(10), to: "batch.xml")
            let first = try place.json("submit batch.xml \(signer) \(client)")
            #expect(!first["refused"].isTrue)
            #expect(first["receipts"].items.compactMap { $0["grade"].text } == ["RECEIVED", "VALIDATED"])
            #expect(first["receipts"].items.allSatisfy { !$0["copy"].isTrue })
            try place.done("verify batch.xml.validated.xml --trust demo/pki/ca.pem")

            // Once more: the stored answers, byte for byte.
            let receipt = try place.folder.read("batch.xml.validated.xml")
            let second = try place.json("submit batch.xml \(signer) --receipts kept \(client)")
            #expect(second["receipts"].items.allSatisfy { $0["copy"].isTrue })
            #expect(try place.folder.read("kept/batch.xml.validated.xml") == receipt)

            // Without --json, without a terminal: a line for each receipt and nothing else.
            try place.done("sign batch.xml \(signer)")
            let text = try place.done("submit batch.xml \(client)").text
            #expect(text.split(separator: "\n").count == 2)
            #expect(text.contains("VALIDATED  ACCP  window W-2026-05A"))
            gateway.stop()
        }

        @Test func aTerminalSeesProgress() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            try place.write(Batches.xml(10), to: "batch.xml")
            let line = "submit batch.xml \(signer) \(gateway.client("MARCHE-tls"))"
            let terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
            let words = line.split(separator: " ").map(String.init)
            let outcome = try ExternalProgram.run(
                "timeout", ["\(Program.limitSeconds)", "python3", "-c", terminal, Program.path] + words,
                in: place.folder)
            place.inspect(outcome, line, at: #_sourceLocation)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.text.contains("\rbatch.xml [##############################] 100 % of "))
            gateway.stop()
        }

        @Test func aRefusedFileEndsWithItsReasons() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let client = gateway.client("MARCHE-tls")
            // The content is refused by a signed receipt, which is kept.
            try place.write(
                Batches.xml(10).replacingOccurrences(of: "<NumberOfTransactions>1<", with: "<NumberOfTransactions>2<"),
                to: "batch.xml")
            let outcome = try place.run("submit batch.xml \(signer) \(client) --json")
            #expect(outcome.status == Program.Status.refused.rawValue, "\(outcome)")
            #expect(try JSON(outcome.text)["refused"].isTrue)
            #expect(outcome.errors.hasPrefix("coalition: "))
            try place.done("verify batch.xml.validated.xml --trust demo/pki/ca.pem")

            // The request itself is refused: another's file, a number that is taken, a signature of another.
            try place.fails(.refused, "FIL-001", "submit demo/sent/RAILCO/RAILCO-1.xml \(client)")
            try place.write(Batches.xml(1), to: "taken.xml")
            try place.fails(.refused, "FIL-004", "submit taken.xml \(signer) \(client)")
            try place.write(Batches.xml(11), to: "foreign.xml")
            let foreign = try place.run("submit foreign.xml \(Options.signer("RAILCO-signing")) \(client)")
            #expect(foreign.status == Program.Status.refused.rawValue, "\(foreign)")
            #expect(foreign.errors.contains("coalition: SIG-"))
            try place.fails(.usage, "usage", "submit foreign.xml \(client)")
            try place.write("no batch\n", to: "junk.xml")
            try place.fails(.refused, "SYN-001", "submit junk.xml \(signer) \(client)")
            gateway.stop()
            try place.fails(.unavailable, "unavailable", "submit foreign.xml \(signer) \(client)")
        }

        @Test func withoutAGatewayTheDataDirectoryTakesTheFile() throws {
            let place = try DemoHouse.copy()
            try place.write(Batches.xml(10), to: "batch.xml")
            let first = try place.json("submit batch.xml \(signer) --data demo/data")
            #expect(first["receipts"].items.count == 2)
            let second = try place.json("submit batch.xml \(signer) --data demo/data")
            #expect(second["receipts"].items.allSatisfy { $0["copy"].isTrue })
            try place.write(Batches.xml(10, units: "200"), to: "other.xml")
            let other = try place.run("submit other.xml \(signer) --data demo/data")
            #expect(other.status == Program.Status.refused.rawValue, "\(other)")
            #expect(other.errors.contains("coalition: FIL-004"), "\(other)")
        }

        /// Long enough to break in the middle, with few records.
        private func longFile(_ place: Workplace) throws -> Int {
            let dates = Array(repeating: "2026-04-30", count: 20)
            try place.write(Batches.xml(10, dates: dates, padding: 100_000), to: "long.xml")
            return try place.folder.read("long.xml").count
        }

        @Test func aClientThatWasKilledGoesOnWhereItBroke() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let size = try longFile(place)
            try place.done("sign long.xml \(signer)")
            let proxy = try await StallingProxy(in: place, before: gateway, passing: size * 3 / 4, then: .stall)
            let client = gateway.client("MARCHE-tls", port: proxy.port)
            let killed = try RunningProgram("submit long.xml \(client)", in: place)
            try await killed.wait(for: "the proxy's limit") { proxy.isAtLimit }
            killed.kill()

            let report = try place.json("submit long.xml \(client)")
            #expect(report["receipts"].items.last?["status"].text == "ACCP")
            #expect(try proxy.laterBytes() < size * 3 / 4, "of \(size) bytes")
            proxy.program.kill()
            gateway.stop()
        }

        @Test func aBrokenConnectionIsMadeAgain() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let size = try longFile(place)
            let proxy = try await StallingProxy(in: place, before: gateway, passing: size * 3 / 4, then: .cut)
            let client = gateway.client("MARCHE-tls", port: proxy.port)
            let outcome = try place.done("submit long.xml \(signer) \(client)", notes: true)
            #expect(outcome.errors.contains("again in 1 s"))
            #expect(outcome.text.contains("ACCP"))
            #expect(try proxy.laterBytes() < size * 3 / 4, "of \(size) bytes")
            proxy.program.kill()
            gateway.stop()
        }
    }
}
