import Foundation
import HTTPTypes
import Portal
import TestKit
import Testing
import Yams

extension CommandTests {
    /// Every route and every role, from the table of routes; and the API's description beside it.
    @Suite struct PortalMatrixTests {
        /// A path of a template with something for each part.
        private func example(_ route: Route) -> String {
            let parts = [
                "{series}": "LIVE", "{sequence}": "7", "{sha256}": String(repeating: "0", count: 64), "{id}": "RCP-1",
                "{window}": "W-2026-01A", "{partner}": "MARCHE", "{digest}": String(repeating: "0", count: 64),
            ]
            return parts.reduce(route.path) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        }

        private func request(_ route: Route) -> [String] {
            guard let type = route.consumes.first else { return [] }
            return ["-X", route.method.rawValue, "-H", "Content-Type: \(type)", "--data-binary", "x"]
        }

        @Test func everyRouteIsOpenToItsRolesAndToNobodyElse() async throws {
            let house = try NewHouse(officers: ["maker": "maker:Maker"])
            let place = house.place
            try house.load()
            try place.done(
                "pki issue --dir pki --profile partner-tls --name NOBODY --not-before 2025-01-01T00:00:00Z")
            let portal = try await RunningPortal(in: place, "--data house", pki: "pki")
            let clients: [(String, DeskRole?)] = [
                ("MARCHE-tls", .partner), ("maker", .maker), ("checker", .checker), ("auditor", .auditor),
                ("operator", .operator), ("NOBODY-tls", nil),
            ]
            #expect(Set(clients.compactMap(\.1)) == DeskRole.everybody)
            for route in Routes.all {
                for (name, role) in clients {
                    let answer = try #require(
                        try portal.curl(name).answer(example(route), request(route)), "\(route.path) \(name)")
                    let code = answer.status == 403 ? try answer.json()["code"].text : nil
                    let isShut = code == "NET-004"
                    let isOpen = role.map { route.roles.contains($0) } ?? false
                    #expect(isShut == !isOpen, "\(route.method) \(route.path) \(name): \(answer.status)")
                    #expect(answer.status < 500, "\(route.path) \(name): \(answer.text)")
                }
                // Without a certificate there is no connection at all.
                let bare = try ExternalProgram.run(
                    "curl", ["-sS", "--cacert", "pki/ca.pem", "https://localhost:\(portal.port)\(example(route))"],
                    in: place.folder)
                #expect(bare.status != 0 && bare.text == "", "\(route.path)")
            }
            portal.stop()
        }

        @Test func theDescriptionIsThatOfTheTable() throws {
            let page = try String(
                contentsOf: GoldenScenario.specs.appending(path: "openapi.yaml"), encoding: .utf8)
            let paths = try #require(try Yams.compose(yaml: page)?["paths"]?.mapping)
            var described: [String] = []
            for (path, item) in paths {
                for (method, operation) in item.mapping ?? [:] where operation["summary"] != nil {
                    let roles = operation["x-roles"]?.sequence?.compactMap(\.string).sorted() ?? []
                    let body = operation["requestBody"]?["content"]?.mapping?.keys.compactMap(\.string).sorted() ?? []
                    let summary = operation["summary"]?.string ?? ""
                    described.append("\(method.string ?? "") \(path.string ?? "") \(roles) \(body) \(summary)")
                }
            }
            let table = Routes.all.map { route in
                "\(route.method.rawValue.lowercased()) \(route.path) \(route.roles.map(\.rawValue).sorted())"
                    + " \(route.consumes.sorted()) \(route.summary)"
            }
            #expect(described.sorted() == table.sorted())
        }

        /// Answers of a played session, each held to the schema that the description has for it.
        @Test func whatIsAnsweredIsAsDescribed() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            #expect(
                try curl.ask("/v1/openapi.yaml").body
                    == [UInt8](Data(contentsOf: GoldenScenario.specs.appending(path: "openapi.yaml"))))
            var played: [[String: String]] = []
            func play(_ client: String, _ schema: String, _ path: String, _ more: [String] = []) throws {
                let answer = try #require(try portal.curl(client).answer(path, more))
                played.append(["schema": schema, "path": path, "body": answer.text])
            }
            try place.write(Batches.xml(10), to: "batch.xml")
            try play(
                "MARCHE-tls", "File", "/v1/batches/LIVE/10", try curl.upload("batch.xml") + ["-H", "Prefer: wait=60"])
            try play("MARCHE-tls", "Findings", "/v1/batches/LIVE/10/findings")
            try play("MARCHE-tls", "Status", "/v1/status?id=LIVE/10")
            try play("MARCHE-tls", "Me", "/v1/me")
            for (path, schema) in [
                ("windows", "WindowPage"), ("receipts", "DocumentPage"), ("statements", "DocumentPage"),
                ("pending", "DocumentPage"), ("keys", "KeyPage"), ("positions", "PositionPage"),
            ] {
                for client in ["MARCHE-tls", "checker"] { try play(client, schema, "/v1/\(path)") }
            }
            try play("MARCHE-tls", "Position", "/v1/positions/MARCHE")
            try play("MARCHE-tls", "Agreement", "/v1/agreements/MARCHE?on=2026-03-20")
            try play("checker", "ActPage", "/v1/acts")
            try play("MARCHE-tls", "Problem", "/v1/nothing")
            try play("MARCHE-tls", "Problem", "/v1/status")
            try place.folder.write([UInt8](JSONEncoder().encode(played)), to: "played.json")
            let script = """
                import json, sys, yaml, jsonschema
                page = yaml.safe_load(open(sys.argv[1]))
                for answer in json.load(open("played.json")):
                    schema = {"$ref": "#/components/schemas/" + answer["schema"], "components": page["components"]}
                    try:
                        jsonschema.Draft202012Validator(schema).validate(json.loads(answer["body"]))
                    except Exception as error:
                        sys.exit(answer["path"] + ": " + str(error)[:600] + answer["body"][:300])
                """
            try place.write(script, to: "validate.py")
            let page = GoldenScenario.specs.appending(path: "openapi.yaml").path
            try ExternalProgram.succeed("python3", ["validate.py", page], in: place.folder)
            portal.stop()
        }

        @Test func anActIsRaisedByOneAndCountersignedByAnother() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let print =
                try ExternalProgram.openssl(
                    "x509", "-in", "demo/pki/RAILCO-tls.pem", "-noout", "-fingerprint", "-sha256", in: place.folder
                ).text.split(separator: "=").last?.filter { $0.isHexDigit }.lowercased() ?? ""
            let act =
                "{\"act\":\"suspend-key\",\"fingerprint\":\"\(print)\",\"partner\":\"RAILCO\","
                + "\"reason\":\"STOLEN\",\"reference\":\"P-1\"}"
            try place.write(act, to: "act.json")
            func signed(_ name: String) throws -> [UInt8] {
                if place.exists("act.json.p7s") { try place.folder.remove("act.json.p7s") }
                try place.done("sign act.json \(Options.signer(name))")
                return try place.folder.read("act.json.p7s")
            }
            let maker = Data(try signed("maker")).base64EncodedString()
            let raise = [
                "-H", "Content-Type: application/json", "-H", "Document-Signature: :\(maker):", "--data-binary",
                "@act.json",
            ]
            let raised = try portal.curl("maker").ask("/v1/acts", raise, is: 202)
            let digest = try #require(try raised.json()["digest"].text)
            #expect(try portal.curl("checker").ask("/v1/acts").json()["items"].items.count == 1)
            let path = "/v1/acts/\(digest)/countersignature"
            let send = ["-H", "Content-Type: application/pkcs7-signature", "--data-binary", "@act.json.p7s"]
            // The maker's own signature, even over the checker's connection, approves nothing.
            let refused = try #require(try portal.curl("checker").answer(path, send))
            let code = try refused.json()["code"].text
            #expect(refused.status == 403 && (code == "ACT-001" || code == "ACT-002"))
            try portal.curl("maker").fails(403, "NET-004", path, send)
            _ = try signed("checker")
            let done = try portal.curl("checker").ask(path, send)
            #expect(try done.json()["state"].text == "DONE")
            #expect(try portal.curl("checker").ask(path, send).status == 200, "the same again is the same answer")
            portal.stop()
        }
    }
}
