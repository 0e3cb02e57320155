import Foundation
import TestKit
import Testing

extension CommandTests {
    /// Documents over HTTPS: ranges, tags, confirmation, and what is not the reader's.
    @Suite struct PortalDocumentTests {
        private let name = "STL-W-2026-03B-MARCHE.xml"

        @Test(arguments: ["--http1.1", "--http2"])
        func aDocumentIsReadWholeAndInRanges(_ version: String) async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            func get(_ more: String..., is status: Int = 200) throws -> Curl.Response {
                try curl.ask("/v1/documents/\(name)", [version] + more, is: status)
            }
            let whole = try get()
            #expect(whole.version == (version == "--http2" ? "2" : "1.1"))
            #expect(whole.body == (try place.folder.read("demo/statements/MARCHE/\(name)")))
            let digest = try curl.digest(of: "demo/statements/MARCHE/\(name)")
            #expect(whole.headers["etag"] == "\"\(digest)\"")
            #expect(whole.headers["content-length"] == "\(whole.body.count)")
            #expect(try get("-I").headers["content-length"] == "\(whole.body.count)")
            #expect(try get("-H", "If-None-Match: \"\(digest)\"", is: 304).body == [])

            let size = whole.body.count
            let part = try get("-r", "10-19", is: 206)
            #expect(part.body == Array(whole.body[10..<20]))
            #expect(part.headers["content-range"] == "bytes 10-19/\(size)")
            #expect(try get("-r", "-5", is: 206).body == Array(whole.body.suffix(5)))
            #expect(try get("-r", "\(size - 3)-", is: 206).body == Array(whole.body.suffix(3)))
            let beyond = try get("-r", "\(size)-", is: 416)
            #expect(beyond.headers["content-range"] == "bytes */\(size)")
            #expect(try get("-r", "0-4", "-H", "If-Range: \"\(digest)\"", is: 206).body.count == 5)
            #expect(try get("-r", "0-4", "-H", "If-Range: \"other\"").body == whole.body)
            portal.stop()
        }

        @Test func aDocumentIsPendingUntilItsReaderConfirmsIt() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            try place.write(Batches.xml(10), to: "batch.xml")
            let sent = try curl.ask("/v1/batches/LIVE/10", try curl.upload("batch.xml"), is: 201)
            let id = try #require(try sent.json()["receipts"].items.first?["id"].text)
            func pending() throws -> [String] {
                try curl.ask("/v1/pending").json()["items"].items.compactMap { $0["id"].text }
            }
            #expect(try pending().contains(id))
            try place.folder.write(try curl.ask("/v1/documents/\(id)").body, to: "receipt.xml")
            #expect(try pending().contains(id), "a download alone confirms nothing")
            let digest = try curl.digest(of: "receipt.xml")
            let json = ["-H", "Content-Type: application/json", "--data-binary"]
            let path = "/v1/documents/\(id)/confirmation"
            let other = String(repeating: "0", count: 64)
            try curl.fails(404, "NET-005", path, json + ["{\"sha256\":\"\(other)\"}"])
            try curl.fails(400, "API-001", path, json + ["{}"])
            #expect(try pending().contains(id))
            let right = json + ["{\"sha256\":\"\(digest)\"}", "-H", "Idempotency-Key: one"]
            try curl.ask(path, right, is: 204)
            try curl.ask(path, right, is: 204)
            try curl.fails(422, "API-002", path, json + ["{\"sha256\": \"\(digest)\"}", "-H", "Idempotency-Key: one"])
            #expect(try !pending().contains(id))
            portal.stop()
        }

        @Test func whatIsAnothersIsAnsweredLikeWhatIsNotThere() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            let receipt = try #require(
                try portal.curl("RAILCO-tls").ask("/v1/receipts").json()["items"].items.first?["id"].text)
            func same(_ foreign: String, _ unknown: String, _ more: [String] = []) throws {
                let (first, second) = (
                    try curl.fails(404, "NET-005", foreign, more), try curl.fails(404, "NET-005", unknown, more)
                )
                #expect(first.body == second.body, "\(foreign)")
                var headers = (first.headers, second.headers)
                headers.0["request-id"] = nil
                headers.1["request-id"] = nil
                #expect(headers.0 == headers.1, "\(foreign)")
            }
            try same("/v1/documents/\(receipt)", "/v1/documents/RCP-99999999")
            try same("/v1/documents/\(receipt)/signature", "/v1/documents/RCP-99999999/signature")
            try same("/v1/documents/STL-W-2026-03B-RAILCO.xml", "/v1/documents/STL-W-2026-03B-NOBODY.xml")
            try same("/v1/documents/HST-W-2026-03B.xml", "/v1/documents/HST-W-1999-03B.xml")
            try same("/v1/documents/EVD-W-2026-03B-RAILCO.tar", "/v1/documents/EVD-W-2026-03B-NOBODY.tar")
            try same("/v1/documents/EVD-W-2026-03B.tar", "/v1/documents/EVD-W-1999-03B.tar")
            try same("/v1/positions/RAILCO", "/v1/positions/NOBODY")
            try same("/v1/agreements/RAILCO", "/v1/agreements/NOBODY")
            try same("/v1/status?id=\(receipt)", "/v1/status?id=RCP-99999999")
            try same("/v1/status?id=LIVE/1&partner=RAILCO", "/v1/status?id=LIVE/1&partner=NOBODY")
            try same("/v1/batches/LIVE/1?partner=RAILCO", "/v1/batches/LIVE/1?partner=NOBODY")
            try same("/v1/nothing", "/v1/nothing/at/all")
            let json = [
                "-H", "Content-Type: application/json", "--data-binary",
                "{\"sha256\":\"\(String(repeating: "0", count: 64))\"}",
            ]
            try same("/v1/documents/\(receipt)/confirmation", "/v1/documents/RCP-99999999/confirmation", json)
            portal.stop()
        }

        @Test func evidenceIsHandedOutAndVerifies() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            try place.done("audit pins --out pins.pem --data demo/data")
            let bundle = try portal.curl("MARCHE-tls").ask("/v1/evidence/W-2026-03B")
            #expect(bundle.headers["content-type"] == "application/x-tar")
            try place.folder.write(bundle.body, to: "bundle.tar")
            let verified = try place.run("verify bundle.tar --trust pins.pem")
            #expect(verified.status == 0, "\(verified)")
            try portal.curl("MARCHE-tls").fails(409, "ACT-004", "/v1/evidence/W-2026-05A")
            portal.stop()
        }
    }
}
