import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `keys`, `act suspend-key` and `audit key`.
    @Suite struct KeyTests {
        private func issue(_ place: Workplace, _ profile: String, _ file: String, _ more: String = "") throws -> String
        {
            let validity = "--not-before 2025-01-01T00:00:00Z \(more)"
            let line = "pki issue --dir demo/pki --profile \(profile) --name MARCHE --file \(file) \(validity)"
            return try #require(try place.json(line)["fingerprint"].text)
        }

        private func row(_ place: Workplace, _ fingerprint: String, _ where: String = Options.data) throws -> JSON {
            let rows = try place.json("keys list \(`where`)").items
            return try #require(rows.first { $0["fingerprint"].text == fingerprint })
        }

        @Test func aSigningKeyIsRotatedAndTheOldOneSuspended() throws {
            let place = try DemoHouse.copy()
            let old = try place.json("pki list --dir demo/pki").items.first { $0["file"].text == "MARCHE-signing.pem" }
            let replaced = try #require(old?["fingerprint"].text)
            let new = try issue(place, "partner-signing", "new")
            let rotate =
                "keys rotate --use sign --new-cert demo/pki/new.pem --new-key demo/pki/new.key"
                + " --from 2026-01-01T00:00:00Z \(Options.data)"
            let signed = Options.signer("MARCHE-signing")
            try place.fails(.refused, "KEY-005", "\(rotate) \(signed) --old-until 2030-01-01T00:00:00Z")
            try place.fails(.refused, "SIG-003", "\(rotate) \(Options.signer("RAILCO-signing"))")
            let reply = try place.done("\(rotate) \(signed) --out reply.p7m").text
            #expect(reply.contains("<Registered use=\"SIGN\">\(new)</Registered>"))
            #expect(reply.contains("<Replaces>\(replaced)</Replaces>"))
            #expect(place.exists("reply.p7m"))
            try place.fails(.refused, "KEY-003", "\(rotate) --replaces \(new) \(signed)")
            #expect(try row(place, new)["state"].text == "ACTIVE")
            #expect(try row(place, replaced)["replacedBy"].text == new)

            let suspended = try place.done("keys suspend \(replaced) \(Options.data) \(Options.signer("new"))").text
            #expect(suspended.contains("<Suspended>\(replaced)</Suspended>"))
            #expect(try row(place, replaced)["state"].text == "SUSPENDED")
            let ask = "send --echo hello --partner MARCHE \(Options.data)"
            try place.fails(.refused, "SIG-003", "\(ask) \(signed)")
            try place.done("\(ask) \(Options.signer("new"))")
            let text = try place.done("keys list \(Options.data)").text
            #expect(text.contains("MARCHE SIGN: suspended since"))
            #expect(try place.json("check \(Options.data)")["verdict"].text == "good")
        }

        @Test func officersSuspendAKeyByTwoSignatures() throws {
            let place = try DemoHouse.copy()
            let rows = try place.json("keys list \(Options.data)").items
            let key = try #require(rows.first { $0["owner"].text == "RAILCO" && $0["use"].text == "SIGN" })
            let print = try #require(key["fingerprint"].text)
            let line = "act suspend-key \(print) --partner RAILCO --reason STOLEN \(Options.data) \(Options.maker)"
            #expect(try place.json(line)["state"].text == "AWAITING_CHECKER")
            #expect(try row(place, print)["state"].text == "ACTIVE")
            #expect(try place.json("\(line) \(Options.checker) --reference R")["state"].text == "DONE")
            #expect(try row(place, print)["state"].text == "SUSPENDED")
            try place.fails(.refused, "ACT-004", "\(line) --reference S")
        }

        @Test func anOpenConnectionOfASuspendedKeyIsRefusedAndANewOneNotAdmitted() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let tls = try #require(
                try place.json("pki list --dir demo/pki").items.first { $0["file"].text == "MARCHE-tls.pem" }?[
                    "fingerprint"
                ].text)
            let new = try issue(place, "partner-tls", "new-tls")
            let client = gateway.client("MARCHE-tls")
            let signed = Options.signer("MARCHE-signing")
            try place.done(
                "keys rotate --use tls --new-cert demo/pki/new-tls.pem --new-key demo/pki/new-tls.key"
                    + " --from 2026-01-01T00:00:00Z \(client) \(signed)")
            let own = try place.json("keys list \(client)").items
            #expect(Set(own.compactMap { $0["owner"].text }) == ["MARCHE"])
            #expect(try row(place, tls, client)["replacedBy"].text == new)
            try place.done("keys suspend \(tls) \(client) \(signed)")
            try place.fails(.refused, "NET-004", "clock show \(client)")
            #expect(try place.json("clock show \(gateway.client("new-tls"))")["connectedAs"].text == "PARTNER MARCHE")
            gateway.stop()
        }

        @Test func aCompromisedKeysDamageIsTheWindowsWithoutIt() throws {
            let place = try DemoHouse.place
            let rows = try place.json("keys list \(Options.data)").items
            func key(_ owner: String, _ use: String) throws -> String {
                try #require(rows.first { $0["owner"].text == owner && $0["use"].text == use }?["fingerprint"].text)
            }
            let since = "--since 2026-01-01T00:00:00Z \(Options.data)"
            let report = try place.json("audit key \(key("RAILCO", "SIGN")) \(since)")
            #expect(!report["files"].items.isEmpty && !report["programmeFiles"].items.isEmpty)
            #expect(report["files"].items.allSatisfy { $0["file"].text?.hasPrefix("RAILCO/") == true })
            // The partner's own lines are all touched, so that they are the statement's lines.
            let lines = report["lines"].items.filter { $0["line"].text?.hasPrefix("STL-W-2026-03B-RAILCO#") == true }
            #expect(!lines.isEmpty)
            let nets = report["windows"].items
            for net in nets where net["partner"].text == "RAILCO" {
                #expect(net["netWith"].text != nil && net["difference"].text != nil)
            }
            // Bonuses that others fund count on others' accounts.
            #expect(
                nets.contains { $0["partner"].text != "RAILCO" && $0["difference"].text?.hasPrefix("0.00") == false })

            let connection = try place.json("audit key \(key("RAILCO", "TLS")) \(since)")
            #expect(connection["files"].items.allSatisfy { $0["by"].text == "connection" })
            #expect(connection["files"].items.count == report["files"].items.count)
            let officer = try place.json("audit key \(key("HOST", "OFFICER")) \(since)")
            #expect(!officer["acts"].items.isEmpty && officer["files"].items.isEmpty)
            let none = try place.json(
                "audit key \(key("RAILCO", "SIGN")) --since 2030-01-01T00:00:00Z \(Options.data)")
            #expect(none["files"].items.isEmpty && none["windows"].items.isEmpty && none["lines"].items.isEmpty)
            try place.fails(.refused, "KEY-006", "audit key \(String(repeating: "0", count: 64)) \(since)")
        }

        @Test func aHouseIsCheckedAfterItsSignersCertificatesHaveEnded() throws {
            let house = try NewHouse()
            try house.load()
            let place = house.place
            let issue =
                "pki issue --dir pki --profile partner-signing --name MARCHE --file short"
                + " --not-before 2025-01-01T00:00:00Z --not-after 2026-03-01T00:00:00Z"
            let print = try #require(try place.json(issue)["fingerprint"].text)
            try place.done(
                "keys rotate --use sign --new-cert pki/short.pem --new-key pki/short.key --data house"
                    + " --from 2026-01-01T00:00:00Z \(house.signer("MARCHE-signing"))")
            func row() throws -> JSON {
                try #require(try place.json("keys list --data house").items.first { $0["fingerprint"].text == print })
            }
            #expect(try row()["warning"].text == "its certificate ends in 13 days, fewer than 30")
            let message = try GoldenMessage.sale(on: "2026-02-15")
            try place.write(message, to: "message.xml")
            try place.done("send message.xml --data house \(house.signer("short"))")
            try place.done("clock advance --to 2026-03-10T00:00:00Z --data house \(house.signer("operator"))")
            #expect(try row()["state"].text == "EXPIRED")
            try place.fails(.refused, "SIG-004", "send --echo a --partner MARCHE --data house \(house.signer("short"))")
            #expect(try place.json("check --data house")["verdict"].text == "good")
        }
    }
}

/// A message that a partner may send.
enum GoldenMessage {
    static func sale(on day: String) throws -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
          <MessageHeader>
            <MessageId>MARCHE-RT-1</MessageId>
            <CreationDateTime>\(day)T12:00:00Z</CreationDateTime>
            <PartnerId>MARCHE</PartnerId>
          </MessageHeader>
          <Transaction>
            <TransactionId>RT1</TransactionId>
            <LoyaltyTransactionType>ACCR</LoyaltyTransactionType>
            <TransactionDateTime>\(day)T11:59:00Z</TransactionDateTime>
            <BusinessDate>\(day)</BusinessDate>
            <LoyaltyAccount><LoyaltyAccountId type="CARD">9250123456789013</LoyaltyAccountId></LoyaltyAccount>
            <LoyaltyAmount unit="MKP">300</LoyaltyAmount>
          </Transaction>
        </LoyaltyRequest>

        """
    }
}
