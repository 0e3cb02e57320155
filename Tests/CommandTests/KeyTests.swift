import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `keys`, `act suspend-key` and `audit key`.
    @Suite struct KeyTests {
        private func row(_ place: Workplace, _ fingerprint: String, _ where: String = Options.data) throws -> JSON {
            let rows = try place.json("keys list \(`where`)").items
            return try #require(rows.first { $0["fingerprint"].text == fingerprint })
        }

        @Test func aSigningKeyIsRotatedAndTheOldOneSuspended() throws {
            let house = try NewHouse()
            try house.load()
            let place = house.place
            let issued = try place.json("pki list --dir pki").items
            let old = try #require(issued.first { $0["file"].text == "MARCHE-signing.pem" }?["fingerprint"].text)
            let new = try #require(
                try place.json(
                    "pki issue --dir pki --profile partner-signing --name MARCHE --file new"
                        + " --not-before 2025-01-01T00:00:00Z")["fingerprint"].text)
            let rotate =
                "keys rotate --use sign --new-cert pki/new.pem --new-key pki/new.key"
                + " --from 2026-01-01T00:00:00Z --data house"
            let signed = house.signer("MARCHE-signing")
            try place.fails(.refused, "KEY-005", "\(rotate) \(signed) --old-until 2030-01-01T00:00:00Z")
            try place.fails(.refused, "SIG-003", "\(rotate) \(house.signer("RAILCO-signing"))")
            let reply = try place.done("\(rotate) \(signed) --out reply.p7m").text
            #expect(reply.contains("<Registered use=\"SIGN\">\(new)</Registered>"))
            #expect(reply.contains("<Replaces>\(old)</Replaces>"))
            #expect(place.exists("reply.p7m"))
            try place.fails(.refused, "KEY-003", "\(rotate) --replaces \(new) \(signed)")
            #expect(try row(place, new, "--data house")["state"].text == "ACTIVE")
            #expect(try row(place, old, "--data house")["replacedBy"].text == new)

            let suspended = try place.done("keys suspend \(old) --data house \(house.signer("new"))").text
            #expect(suspended.contains("<Suspended>\(old)</Suspended>"))
            #expect(try row(place, old, "--data house")["state"].text == "SUSPENDED")
            let ask = "send --echo hello --partner MARCHE --data house"
            try place.fails(.refused, "SIG-003", "\(ask) \(signed)")
            try place.done("\(ask) \(house.signer("new"))")
            #expect(try place.done("keys list --data house").text.contains("MARCHE SIGN: suspended since"))
            #expect(try place.done("check --data house").text.contains("good"))
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

        @Test func aSuspendedConnectionKeyIsNotAdmittedAndAPartnerSeesItsOwnKeys() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let client = gateway.client("MARCHE-tls")
            let own = try place.json("keys list \(client)").items
            #expect(Set(own.compactMap { $0["owner"].text }) == ["MARCHE"])
            let tls = try #require(own.first { $0["use"].text == "TLS" }?["fingerprint"].text)
            let signed = Options.signer("MARCHE-signing")
            #expect(try place.done("keys suspend \(tls) \(client) \(signed)").text.contains(tls))
            try place.fails(.refused, "NET-004", "clock show \(client)")
            let railco = try place.json("clock show \(gateway.client("RAILCO-tls"))")
            #expect(railco["connectedAs"].text == "PARTNER RAILCO")
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

        /// A house whose MARCHE has two signing keys, `old` and `new`, with messages by them, and a closed window.
        private func played(_ messages: [(id: Int, units: Int, key: String)]) throws -> (
            Workplace, keys: [String: String]
        ) {
            let house = try NewHouse()
            try house.load()
            let place = house.place
            let issued = try place.json("pki list --dir pki").items
            let old = try #require(issued.first { $0["file"].text == "MARCHE-signing.pem" }?["fingerprint"].text)
            let issue = "pki issue --dir pki --profile partner-signing --name MARCHE --file new"
            let new = try #require(try place.json("\(issue) --not-before 2025-01-01T00:00:00Z")["fingerprint"].text)
            try place.done(
                "keys rotate --use sign --new-cert pki/new.pem --new-key pki/new.key --data house"
                    + " --from 2026-01-01T00:00:00Z \(house.signer("MARCHE-signing"))")
            let advance = "clock advance --data house \(house.signer("operator")) --to"
            try place.done("\(advance) 2026-03-02T00:00:00Z")
            for message in messages {
                try place.write(
                    try GoldenMessage.sale(on: "2026-03-01", id: message.id, units: message.units), to: "message.xml")
                try place.done("send message.xml --data house \(house.signer(message.key))")
            }
            try place.done("\(advance) 2026-03-17T00:00:00Z")
            return (place, ["MARCHE-signing": old, "new": new])
        }

        private func nets(_ place: Workplace, _ key: String?, _ column: String) throws -> [String: String] {
            let report = try place.json("audit key \(try #require(key)) --since 2026-01-01T00:00:00Z --data house")
            let rows = report["windows"].items.filter { $0["window"].text == "W-2026-03A" }
            #expect(rows.count == 4, "\(report)")
            return Dictionary(
                uniqueKeysWithValues: rows.map { ($0["partner"].text ?? "", $0[column].text ?? "") })
        }

        @Test func aWindowWithoutAKeyIsThatOfAHouseThatNeverSawItsMessages() throws {
            let (place, keys) = try played([(1, 300, "MARCHE-signing"), (2, 7001, "new"), (3, 55, "MARCHE-signing")])
            let (other, others) = try played([(1, 300, "MARCHE-signing"), (3, 55, "MARCHE-signing")])
            let without = try nets(place, keys["new"], "netWithout")
            #expect(try without == nets(other, others["MARCHE-signing"], "netWith"))
            #expect(try without != nets(place, keys["new"], "netWith"))

            // A verifier finds the key that stands in no agreement.
            let listing = try place.proves("W-2026-03A", partner: "MARCHE", data: "house")
            let changes = listing.split(separator: "\n").filter { $0.hasPrefix("keys/") }.map {
                $0.split(separator: "/")[2]
            }
            #expect(changes == ["proof.p7s", "reply.cms", "request.cms"])
            #expect(listing.contains("trust/certificates/\(keys["new"] ?? "?").pem"))
            let fact = listing.split(separator: "\n").first { $0.hasPrefix("keys/") }?.split(separator: "/")[1] ?? "?"
            #expect(listing.contains("log/facts/\(fact).json"))
            // The next window's range begins later: the fact comes with its path.
            try place.done(
                "clock advance --to 2026-04-02T00:00:00Z --data house --cert pki/operator.pem --key pki/operator.key")
            let next = try place.proves("W-2026-03B", partner: "MARCHE", data: "house")
            #expect(next.contains("keys/\(fact)/request.cms") && next.contains("log/proofs/\(fact).tlog-proof"))
            let foreign = try place.proves("W-2026-03A", partner: "RAILCO", data: "house")
            #expect(!foreign.contains("keys/"), "another partner's keys are its own business")
        }

        @Test func aHouseIsCheckedAfterItsSignersCertificatesHaveEnded() throws {
            let house = try NewHouse()
            try house.load()
            let place = house.place
            let issue =
                "pki issue --dir pki --profile partner-signing --name MARCHE --file short"
                + " --not-before 2025-01-01T00:00:00Z --not-after 2026-03-10T00:00:00Z"
            let print = try #require(try place.json(issue)["fingerprint"].text)
            try place.done(
                "keys rotate --use sign --new-cert pki/short.pem --new-key pki/short.key --data house"
                    + " --from 2026-01-01T00:00:00Z \(house.signer("MARCHE-signing"))")
            let advance = "clock advance --data house \(house.signer("operator")) --to"
            try place.done("\(advance) 2026-03-02T00:00:00Z")
            func row() throws -> JSON {
                try #require(try place.json("keys list --data house").items.first { $0["fingerprint"].text == print })
            }
            #expect(try row()["warning"].text == "its certificate ends in 8 days, fewer than 30")
            let message = try GoldenMessage.sale(on: "2026-03-01")
            try place.write(message, to: "message.xml")
            try place.done("send message.xml --data house \(house.signer("short"))")
            try place.done("\(advance) 2026-03-12T00:00:00Z")
            #expect(try row()["state"].text == "EXPIRED")
            try place.fails(.refused, "SIG-004", "send --echo a --partner MARCHE --data house \(house.signer("short"))")
            #expect(try place.done("check --data house").text.contains("good"))
            // Evidence outlives the certificates of its signers.
            try place.done("\(advance) 2026-03-18T00:00:00Z")
            for partner in [nil, "MARCHE"] { try place.proves("W-2026-03A", partner: partner, data: "house") }
        }
    }
}

/// A message that a partner may send.
enum GoldenMessage {
    static func sale(on day: String, id: Int = 1, units: Int = 300) throws -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
          <MessageHeader>
            <MessageId>MARCHE-RT-\(id)</MessageId>
            <CreationDateTime>\(day)T12:00:00Z</CreationDateTime>
            <PartnerId>MARCHE</PartnerId>
          </MessageHeader>
          <Transaction>
            <TransactionId>RT\(id)</TransactionId>
            <LoyaltyTransactionType>ACCR</LoyaltyTransactionType>
            <TransactionDateTime>\(day)T11:59:00Z</TransactionDateTime>
            <BusinessDate>\(day)</BusinessDate>
            <LoyaltyAccount><LoyaltyAccountId type="CARD">9250123456789013</LoyaltyAccountId></LoyaltyAccount>
            <LoyaltyAmount unit="MKP">\(units)</LoyaltyAmount>
          </Transaction>
        </LoyaltyRequest>

        """
    }
}
