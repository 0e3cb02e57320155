import Foundation
import TestKit
import Testing

extension CommandTests {
    /// An auditor at a running gateway reads everything, does nothing, and leaves a fact each time.
    @Suite struct AuditorTests {
        /// How often the log of a house says something.
        private func count(_ text: String, in place: Workplace, _ data: String) throws -> Int {
            let manager = FileManager.default
            return try manager.subpathsOfDirectory(atPath: place.folder.path(data)).filter { $0.hasPrefix("log/") }
                .reduce(0) { sum, name in
                    let bytes = try place.folder.read("\(data)/\(name)")
                    return sum + String(decoding: bytes, as: UTF8.self).components(separatedBy: text).count - 1
                }
        }

        /// Fetches and confirms by the client in Python, which does not ask itself who it is.
        private func confirmed(
            _ name: String, _ client: String, in place: Workplace
        ) throws -> ExternalProgram.Outcome {
            let program = GoldenScenario.specs.appending(path: "client/coalition_client.py").path
            let options = client.split(separator: " ").map(String.init)
            return try ExternalProgram.run(
                "python3", [program, "fetch", name, "--out", "fetched"] + options, in: place.folder)
        }

        private static let echo = """
            <?xml version="1.0" encoding="UTF-8"?>
            <LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
              <MessageHeader>
                <MessageId>A-1</MessageId>
                <CreationDateTime>2026-03-16T01:00:00Z</CreationDateTime>
                <PartnerId>MARCHE</PartnerId>
              </MessageHeader>
              <Echo><Text>x</Text></Echo>
            </LoyaltyRequest>

            """

        @Test func anAuditorReadsEverythingAndChangesNothing() async throws {
            let house = try NewHouse()
            let place = house.place
            try house.load()
            let clock = "--data house \(house.signer("operator"))"
            try place.done("clock advance --to 2026-03-16T02:00:00+01:00 \(clock)", notes: true)
            let gateway = try await RunningGateway(in: place, "--data house")
            let client = gateway.client("auditor", pki: "pki")
            func noted(_ what: String = "") throws -> Int {
                try count("\"accessNoted\":{\(what)", in: place, "house")
            }

            #expect(try place.json("clock show \(client)")["connectedAs"].text == "AUDITOR auditor")
            let before = try noted()
            let names = try place.json("statement list \(client)").items.compactMap { $0["name"].text }
            #expect(names.contains { $0.hasSuffix("-MARCHE.xml") } && names.contains { $0.hasPrefix("HST-") })
            let statement = try #require(names.first { $0.hasPrefix("STL-") && $0.hasSuffix("-MARCHE.xml") })
            try place.done("statement get \(statement) \(client)")
            #expect(try noted() == before + 2)
            let whole = "\"item\":\"\(statement)\",\"kind\":\"DOCUMENT\",\"reader\":\"auditor\",\"role\":\"AUDITOR\"}"
            #expect(try noted(whole) == 1)

            let window = String(statement.dropFirst(4).dropLast("-MARCHE.xml".count))
            try place.done("evidence --window \(window) --out window.tar \(client)")
            try place.done("evidence --window \(window) --partner MARCHE --out marche.tar \(client)")
            #expect(try noted("\"item\":\"EVD-\(window).tar\"") == 1)
            #expect(try noted("\"item\":\"EVD-\(window)-MARCHE.tar\"") == 1)
            try ExternalProgram.succeed("tar", ["-tf", "window.tar"], in: place.folder)
            try place.fails(.usage, "usage", "evidence --window \(window) --out window.tar \(client)")

            // Nothing else: no confirmation, no message, no act, no clock.
            let facts = try count("\"seq\":", in: place, "house")
            let signer = house.signer("auditor")
            try place.done("statement get \(statement) --out . \(client)", notes: true)
            #expect(try confirmed(statement, client, in: place).errors.contains("NET-004"))
            try place.write(Self.echo, to: "message.xml")
            try place.fails(.refused, "NET-004", "send message.xml \(signer) \(client)")
            try place.fails(.refused, "NET-004", "receipt get MARCHE/LIVE/1 \(client)")
            try place.fails(.refused, "ACT-001", "settlement approve \(window) \(signer) \(client)")
            try place.fails(.refused, "CLK-001", "clock advance --to 2026-04-30T00:00:00Z \(signer) \(client)")
            #expect(try count("\"seq\":", in: place, "house") - facts == 2, "two fetches, and nothing else")

            // Partners reading their own are not noted, officers reading a partner's are.
            let calm = try noted()
            let partner = gateway.client("MARCHE-tls", pki: "pki")
            try place.done("statement get \(statement) \(partner)")
            try place.done("evidence --window \(window) --partner MARCHE --out own.tar \(partner)")
            try place.fails(.refused, "NET-005", "evidence --window \(window) --out all.tar \(partner)")
            try place.fails(.refused, "NET-005", "evidence --window \(window) --partner RAILCO --out r.tar \(partner)")
            #expect(try noted() == calm)
            let officer = gateway.client("both", pki: "pki")
            try place.done("statement list \(officer)")
            try place.done("statement get HST-\(window) \(officer)")
            #expect(try noted() == calm)
            try place.done("statement get \(statement) \(officer)")
            #expect(try noted() == calm + 1)
            gateway.stop()
            try place.done("check --data house", notes: true)
        }
    }
}
