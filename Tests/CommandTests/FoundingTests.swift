import Foundation
import Glibc
import TestKit
import Testing

extension CommandTests {
    /// From nothing to a running house by commands alone.
    @Suite struct FoundingTests {
        @Test func aHouseIsFoundedLoadedAndServed() async throws {
            let house = try NewHouse()
            let place = house.place
            let commands = try place.json("pki list --dir pki").items
            #expect(commands.count == 2 + 4 + 8)

            // Not yet signed: refused, and nothing is in force.
            try place.fails(.refused, "CFG-004", "programme load programme --data house")
            try place.fails(.refused, "ACT-004", "programme show --data house")
            try house.load()
            #expect(try place.json("programme load programme --data house")["version"].number == 1)

            let gateway = try await RunningGateway(in: place, "--data house")
            let client = gateway.client("MARCHE-tls", pki: "pki")
            #expect(try place.json("clock show \(client)")["connectedAs"].text == "PARTNER MARCHE")

            // Revoked, but the gateway goes on with the list that it has read, until it is told.
            try place.done("pki revoke --dir pki --cert pki/MARCHE-tls.pem --since 2026-01-01T00:00:00Z")
            try place.done("pki crl --dir pki --this-update 2026-01-02T00:00:00Z --next-update 2040-01-01T00:00:00Z")
            try place.done("clock show \(client)")
            gateway.program.signal(SIGHUP)
            try await gateway.program.wait(for: "the reload") {
                gateway.program.errors.contains("certificates reloaded")
            }
            let refused = try place.fails(.unavailable, "unavailable", "clock show \(client)")
            #expect(refused.errors.contains("the gateway refused this client's certificate"), "\(refused)")
            try place.done("clock show \(gateway.client("RAILCO-tls", pki: "pki"))")

            // A list that cannot be read changes nothing, and is told of.
            try place.write("no list\n", to: "pki/crl.pem")
            gateway.program.signal(SIGHUP)
            try await gateway.program.wait(for: "the complaint") {
                gateway.program.errors.contains("the old certificates and lists stay")
            }
            #expect(gateway.program.errors.contains("pki/crl.pem holds no revocation list"))
            try place.done("clock show \(gateway.client("RAILCO-tls", pki: "pki"))")
            gateway.stop()
        }

        @Test func aGatewayIsKnownByItsName() async throws {
            let house = try NewHouse()
            let place = house.place
            try place.done(
                "pki issue --dir pki --profile gateway-tls --name gateway.example --file named"
                    + " --not-before 2025-01-01T00:00:00Z")
            let gateway = try await RunningGateway(
                in: place, "--data house --tls-cert pki/named.pem --tls-key pki/named.key")
            let client = gateway.client("operator", pki: "pki")
            let errors = try place.fails(.unavailable, "unavailable", "clock show \(client)").errors
            #expect(errors.contains("the gateway's certificate is for another name"), "\(errors)")
            try place.done("clock show --server-name gateway.example \(client)")
            gateway.stop()
        }

        @Test func nobodyApprovesTheirOwnAct() throws {
            let house = try NewHouse()
            let place = house.place
            try house.load()
            let adjust =
                "adjust --data house --partner BANQUE --direction DBIT --points 1200 --reason GOODWILL"
                + " --date 2026-02-16 \(house.signer("both"))"
            try place.fails(
                .refused, "ACT-002", "\(adjust) --checker-cert pki/both.pem --checker-key pki/both.key")
            let acts = try place.json("act list --data house").items
            #expect(acts.compactMap { $0["maker"].text } == ["Both"])
            let digest = try #require(acts.first?["digest"].text)
            try place.fails(
                .refused, "ACT-002", "act countersign \(digest.prefix(8)) --data house \(house.signer("both"))")
            try place.fails(
                .refused, "ACT-001", "act countersign \(digest.prefix(8)) --data house \(house.signer("operator"))")
            try place.fails(.refused, "ACT-004", "act countersign ffff0000 --data house \(house.signer("checker"))")

            #expect(try place.done("act show \(digest.prefix(8)) --data house").text.contains("\"amount\":\"1200\""))
            try place.done("act show \(digest) --data house --out act.json")
            let done = try place.json("act countersign \(digest.prefix(8)) --data house \(house.signer("checker"))")
            #expect(done["state"].text == "DONE")
            #expect(try place.json("act list --data house").items.isEmpty)
        }

        @Test func privateKeysAreForTheirOwnerAlone() throws {
            let shared = try DemoHouse.place
            let manager = FileManager.default
            let keys = try manager.contentsOfDirectory(atPath: shared.folder.path("demo/pki"))
                .filter { $0.hasSuffix(".key") }
            #expect(keys.count > 10)
            for key in keys { #expect(try shared.permissions("demo/pki/\(key)") == 0o600, "\(key)") }
            let data = try manager.subpathsOfDirectory(atPath: shared.folder.path("demo/data"))
            for file in data where file.hasSuffix(".key") {
                #expect(try shared.permissions("demo/data/\(file)") == 0o600, "\(file)")
            }

            let place = Workplace(folder: try ScratchFolder("command"))
            let made = try place.json("pki ca --dir pki")
            let issued = try place.json("pki issue --dir pki --profile officer --name A")
            for key in [made["key"].text, issued["key"].text] {
                #expect(try place.permissions(try #require(key)) == 0o600)
            }
            try place.done("sign pki/ca.pem --cert pki/A.pem --key pki/A.key")
            for text in [try place.text("pki/index.json"), try place.text("pki/ca.pem")] {
                #expect(!text.contains("PRIVATE"))
            }
        }

        @Test func anAuthorityIsNeverOverwritten() throws {
            let place = Workplace(folder: try ScratchFolder("command"))
            try place.done("pki ca --dir pki")
            try place.done("pki issue --dir pki --profile officer --name A")
            let (key, certificate) = (try place.folder.read("pki/ca.key"), try place.folder.read("pki/A.pem"))
            try place.fails(.usage, "usage", "pki ca --dir pki")
            try place.fails(.usage, "usage", "pki issue --dir pki --profile officer --name A")
            #expect(try place.folder.read("pki/ca.key") == key)
            #expect(try place.folder.read("pki/A.pem") == certificate)
            try place.fails(.usage, "usage", "pki issue --dir nowhere --profile officer --name A")
            try place.fails(.usage, "usage", "pki crl --dir pki --next-update 2020-01-01T00:00:00Z")
            #expect(try place.json("pki crl --dir pki")["entries"].number == 0)
            #expect(try place.json("pki revoke --dir pki --cert pki/A.pem")["entries"].number == 1)
            let errors = try place.fails(.usage, "usage", "pki list --dir nowhere").errors
            #expect(errors.contains("nowhere"))
        }

        @Test func initNeedsAMakerAndAnotherCheckerAndAHostThatCanSign() throws {
            let place = try DemoHouse.copy()
            let host = "--host-cert demo/pki/host-signing.pem --host-key demo/pki/host-signing.key"
            let officers =
                "--officer maker=demo/pki/maker.pem --officer checker=demo/pki/checker.pem"
                + " --officer operator=demo/pki/operator.pem"
            let line = "init --data house --ca demo/pki/ca.pem"
            try place.fails(.refused, "ACT-001", "\(line) \(host) --officer maker=demo/pki/maker.pem")
            try place.fails(.refused, "ACT-001", "\(line) \(host) --officer maker,checker=demo/pki/maker.pem")
            try place.fails(
                .usage, "usage",
                "\(line) --host-cert demo/pki/maker.pem --host-key demo/pki/maker.key \(officers)")
            try place.fails(
                .usage, "usage",
                "\(line) --host-cert demo/pki/host-signing.pem --host-key demo/pki/maker.key \(officers)")
            try place.fails(.usage, "usage", "\(line) \(host) \(officers) --at 2026-01-01T00:00:00Z")
            #expect(!place.exists("house"))

            let made = try place.json("\(line) \(host) \(officers)")
            #expect(made["clock"].text == "system")
            #expect(try place.permissions("house") == 0o700)
            let log = try place.folder.read("house/log/00000001.seg")
            try place.fails(.usage, "usage", "\(line) \(host) \(officers)")
            #expect(try place.folder.read("house/log/00000001.seg") == log)
            try place.fails(
                .refused, "CLK-001",
                "clock advance --data house --to 2099-01-01T00:00:00Z \(Options.signer("operator"))")
        }
    }
}
