import Foundation
import Glibc
import TestKit
import Testing

extension CommandTests {
    /// `serve`, and what partners and officers ask of a running gateway.
    @Suite struct ServeTests {
        @Test func aGatewayHoldsItsDirectoryAloneAndDrains() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let second = try place.run("serve --data demo/data --port 0")
            #expect(second.status == Program.Status.unavailable.rawValue, "\(second)")
            #expect(second.errors.contains("coalition: in use: "))
            let writers = [
                "clock advance --to 2026-06-01T00:00:00Z \(Options.signer("operator"))",
                "settlement approve W-2026-04B \(Options.maker)", "programme load demo/programme",
                "submit demo/sent/MARCHE/MARCHE-1.xml", "cancel MARCHE/LIVE/50 \(Options.signer("MARCHE-signing"))",
                "send --position --partner MARCHE \(Options.signer("MARCHE-signing"))",
            ]
            for line in writers { try place.fails(.unavailable, "in use", "\(line) --data demo/data") }
            // Who looks takes no lock.
            for line in ["positions", "window list", "status MARCHE/LIVE/1", "explain MARCHE:T01"] {
                try place.done("\(line) --data demo/data")
            }
            let taken = try DemoHouse.copy()
            try taken.fails(.unavailable, "unavailable", "serve --data demo/data --port \(gateway.port)")
            #expect(gateway.program.output == "")
            #expect(gateway.program.end(SIGINT) == 0)
            #expect(gateway.program.errors.contains("draining"))
            try place.done("clock advance --to 2026-05-02T00:00:00Z --data demo/data \(Options.signer("operator"))")
        }

        @Test func aPartnerSeesItsOwnOnly() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let client = gateway.client("MARCHE-tls")
            #expect(try place.json("clock show \(client)")["connectedAs"].text == "PARTNER MARCHE")
            let names = try place.json("statement list \(client)").items.compactMap { $0["name"].text }
            #expect(names.count == 4 * 2 * 3)
            #expect(names.allSatisfy { $0.contains("MARCHE") })
            try place.done("statement get STL-W-2026-03B-MARCHE --format xml --out . \(client)", notes: true)
            try place.done("verify STL-W-2026-03B-MARCHE.xml --trust demo/pki/ca.pem")
            try place.fails(.refused, "NET-005", "statement get STL-W-2026-03B-RAILCO \(client)")
            try place.fails(.refused, "NET-005", "receipt get RCP-00000004 \(client)")

            #expect(try place.json("status LIVE/1 \(client)")["status"].text == "ACCP")
            #expect(try place.done("status LIVE/1 \(client)").text.contains("window    W-2026-03B"))
            try place.fails(.refused, "NET-005", "status LIVE/99 \(client)")
            let receipt = try place.done("receipt get MARCHE/LIVE/1 \(client)").text
            #expect(receipt == (try place.done("receipt get MARCHE/LIVE/1 --grade validated --data demo/data").text))
            try place.fails(.refused, "NET-005", "act list \(client)")
            gateway.stop()
        }

        @Test func messagesAndCancellationsAreAnsweredAndSigned() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let client = "\(gateway.client("MARCHE-tls")) \(Options.signer("MARCHE-signing"))"
            #expect(try place.done("send --echo hello \(client)").text.contains("<Text>hello</Text>"))
            #expect(try place.done("send --position \(client)").text.contains("<PositionReport>"))
            let known = try place.done("send --status-of MARCHE-RT-T03 --out answer.p7m \(client)").text
            #expect(known.contains("<Known>true</Known>"))
            try place.done("verify answer.p7m --trust demo/pki/ca.pem")
            #expect(try place.done("send --status-of UNKNOWN \(client)").text.contains("<Known>false</Known>"))
            try place.fails(.usage, "usage", "send nowhere.xml \(client)")

            let message = Self.message("CMD-RT-1", units: "100")
            try place.write(message, to: "message.xml")
            let first = try place.done("send message.xml \(client)").text
            #expect(first.contains("<Status>ACCP</Status>"))
            #expect(try place.done("send message.xml \(client)").text == first)
            try place.write(Self.message("CMD-RT-2", units: "0"), to: "zero.xml")
            let refused = try place.run("send zero.xml \(client)")
            #expect(refused.status == Program.Status.refused.rawValue, "\(refused)")

            let cancelled = try place.done("cancel MARCHE/LIVE/50 --out cancelled.p7m \(client)").text
            #expect(cancelled.contains("<HadArrived>false</HadArrived>"))
            try place.done("verify cancelled.p7m --trust demo/pki/ca.pem")
            try place.fails(.refused, "FIL-004", "cancel MARCHE/LIVE/1 \(client)")
            try place.fails(.refused, "FIL-001", "cancel RAILCO/LIVE/50 \(client)")
            gateway.stop()
        }

        private static func message(_ id: String, units: String) -> String {
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
              <MessageHeader>
                <MessageId>\(id)</MessageId>
                <CreationDateTime>2026-05-01T07:00:00Z</CreationDateTime>
                <PartnerId>MARCHE</PartnerId>
              </MessageHeader>
              <Transaction>
                <TransactionId>\(id)</TransactionId>
                <LoyaltyTransactionType>ACCR</LoyaltyTransactionType>
                <TransactionDateTime>2026-05-01T06:00:00Z</TransactionDateTime>
                <BusinessDate>2026-05-01</BusinessDate>
                <LoyaltyAccount>
                  <LoyaltyAccountId type="CARD">\(Batches.member)</LoyaltyAccountId>
                </LoyaltyAccount>
                <LoyaltyAmount unit="MKP">\(units)</LoyaltyAmount>
              </Transaction>
            </LoyaltyRequest>

            """
        }

        @Test func officersActAtARunningGateway() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let client = gateway.client("maker")
            let act = try place.json("settlement approve W-2026-04B \(Options.maker) \(client)")
            #expect(act["state"].text == "AWAITING_CHECKER")
            let digest = try #require(act["digest"].text)
            #expect(try place.json("act list \(client)").items.compactMap { $0["digest"].text } == [digest])
            try place.fails(
                .refused, "ACT-001", "act countersign \(digest) \(Options.maker) \(gateway.client("maker"))")
            let done = try place.json(
                "act countersign \(digest) \(Options.signer("checker")) \(gateway.client("checker"))")
            #expect(done["state"].text == "DONE")
            let advanced = try place.json("clock advance --to 2026-05-02T00:00:00Z \(gateway.client("operator"))")
            #expect(advanced["now"].text == "2026-05-02T00:00:00Z")
            let refused = try place.run("clock advance --to 2026-05-03T00:00:00Z \(gateway.client("MARCHE-tls"))")
            #expect(refused.status == Program.Status.refused.rawValue, "\(refused)")
            gateway.stop()
        }

        @Test func whoIsNotOfTheCoalitionGetsNoConnection() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            try place.done("pki ca --dir other --not-before 2025-01-01T00:00:00Z")
            try place.done(
                "pki issue --dir other --profile partner-tls --name MARCHE --not-before 2025-01-01T00:00:00Z")
            let foreign = "--tls-cert other/MARCHE-tls.pem --tls-key other/MARCHE-tls.key --ca demo/pki/ca.pem"
            let refused = "the gateway refused this client's certificate"
            let stranger = try place.fails(
                .unavailable, "unavailable", "clock show --gateway 127.0.0.1:\(gateway.port) \(foreign)")
            #expect(stranger.errors.contains(refused), "\(stranger)")
            // The gateway itself is not believed either.
            let other = "--tls-cert demo/pki/MARCHE-tls.pem --tls-key demo/pki/MARCHE-tls.key --ca other/ca.pem"
            let unknown = try place.fails(
                .unavailable, "unavailable", "clock show --gateway 127.0.0.1:\(gateway.port) \(other)")
            #expect(unknown.errors.contains("not one of the authority given"), "\(unknown)")
            // A signing certificate opens no connection.
            let signing = try place.fails(
                .unavailable, "unavailable", "clock show \(gateway.client("MARCHE-signing"))")
            #expect(signing.errors.contains(refused), "\(signing)")
            gateway.stop()
        }
    }
}
