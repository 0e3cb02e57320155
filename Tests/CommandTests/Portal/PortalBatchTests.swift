import Foundation
import TestKit
import Testing

extension CommandTests {
    /// Batch files over HTTPS, sent by plain curl.
    @Suite struct PortalBatchTests {
        private let path = "/v1/batches/LIVE/10"

        @Test func aFileIsSentAndItsReceiptsVerify() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            try place.write(Batches.xml(10), to: "batch.xml")
            let upload = try curl.upload("batch.xml")
            let first = try curl.ask(path, upload + ["-H", "Prefer: wait=60"], is: 201)
            #expect(first.headers["location"] == path)
            let receipts = try first.json()["receipts"].items
            #expect(receipts.compactMap { $0["grade"].text } == ["RECEIVED", "VALIDATED"])
            #expect(try first.json()["status"].text == "ACCP")

            // The same again: the first receipts. The same number with other bytes: refused.
            let again = try curl.ask(path, upload)
            #expect(again.body == first.body)
            #expect(try curl.ask(path).body == first.body)
            try place.write(Batches.xml(10, units: "200"), to: "other.xml")
            try curl.fails(409, "FIL-004", path, try curl.upload("other.xml"))

            let id = try #require(receipts.last?["id"].text)
            try place.folder.write(try curl.ask("/v1/documents/\(id)").body, to: "receipt.xml")
            let signature = try curl.ask("/v1/documents/\(id)/signature")
            #expect(signature.headers["content-type"] == "application/pkcs7-signature")
            try place.folder.write(signature.body, to: "receipt.xml.p7s")
            try ExternalProgram.openssl(
                "cms", "-verify", "-binary", "-inform", "DER", "-in", "receipt.xml.p7s", "-content", "receipt.xml",
                "-CAfile", "demo/pki/ca.pem", "-out", "verified", in: place.folder)

            for (name, kind) in [("LIVE/10", "FILE"), (id, "RECEIPT"), ("CMD-LIVE-10-1", "TRANSACTION")] {
                let known = try curl.ask("/v1/status?id=\(name)").json()
                #expect(known["kind"].text == kind, "\(name)")
                #expect(known["status"].text == "ACCP", "\(name)")
            }
            #expect(try curl.ask("/v1/status?id=MARCHE-RT-T03").json()["kind"].text == "MESSAGE")
            #expect(try curl.ask("\(path)/findings").json()["receipt"].text == id)
            portal.stop()
        }

        @Test func anUploadThatBrokeGoesOnWhereItBroke() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            try place.write(Batches.xml(10, padding: 2_000_000), to: "batch.xml")
            let size = try place.folder.read("batch.xml").count
            let upload = try curl.upload("batch.xml")
            let state = "\(path)/uploads/\(try curl.digest(of: "batch.xml"))"
            try curl.fails(404, "NET-005", state)

            let bytes = try place.folder.read("batch.xml")
            try place.folder.write(Array(bytes[..<900_000]), to: "piece")
            let rest = Array(upload.dropFirst(2))
            let piece = try curl.ask(
                path, ["-T", "piece", "-H", "Content-Range: bytes 0-899999/\(size)"] + rest, is: 202)
            #expect(piece.headers["upload-offset"] == "900000")
            #expect(try curl.ask(path + "?x=1", is: 404).status == 404)
            let head = try curl.ask(state, ["-I"])
            #expect(head.headers["upload-offset"] == "900000")
            let gap = try curl.fails(409, "API-001", path, ["-C", "1000000"] + upload)
            #expect(gap.headers["upload-offset"] == "900000")
            #expect(try curl.ask(state).json()["offset"].number == 900_000)

            // curl itself names the range: -C.
            let done = try curl.ask(path, ["-C", "900000", "-H", "Prefer: wait=60"] + upload, is: 201)
            #expect(try done.json()["status"].text == "ACCP")
            #expect(try done.json()["sha256"].text == curl.digest(of: "batch.xml"))
            portal.stop()
        }

        @Test func whatIsNotRightIsRefusedWithItsCode() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            try place.write(Batches.xml(10), to: "batch.xml")
            let upload = try curl.upload("batch.xml")
            // Signed over other bytes.
            try place.write(Batches.xml(10, units: "300"), to: "changed.xml")
            try place.folder.write(try place.folder.read("batch.xml.p7s"), to: "changed.xml.p7s")
            let garbled = try curl.fails(
                422, "SIG-002", path,
                ["-T", "changed.xml", "-H", "Content-Type: application/xml"]
                    + curl.headers(of: "changed.xml"))
            #expect(try garbled.json()["receipts"].items.count == 1)
            // Other bytes than the digest says.
            try curl.fails(422, "FIL-012", path, ["-T", "changed.xml"] + upload.dropFirst(2))
            // Another partner's connection.
            try portal.curl("RAILCO-tls").fails(422, "SIG-003", path, upload)
            // Another signer.
            try curl.fails(422, "SIG-003", path, try curl.upload("batch.xml", signer: "RAILCO-signing"))
            // Heads that say too little or too much.
            let plain = ["-T", "batch.xml", "-H", "Content-Type: application/xml"]
            try curl.fails(400, "API-001", path, plain)
            try curl.fails(400, "API-001", path, upload + ["-H", "Content-Range: bytes 0-9/5"])
            try curl.fails(400, "API-001", "/v1/batches/LIVE/none", upload)
            try curl.fails(415, "API-001", path, ["-T", "batch.xml", "-H", "Content-Type: text/plain"])
            // A file whose content is refused: two receipts say so, and the answer with their ids.
            try place.write(Batches.xml(11, dates: ["2030-01-01"]), to: "late.xml")
            let refused = try curl.fails(
                422, "DAT-001", "/v1/batches/LIVE/11", try curl.upload("late.xml") + ["-H", "Prefer: wait=60"])
            #expect(try refused.json()["receipts"].items.count == 2)
            #expect(try !refused.json()["findings"].items.isEmpty)
            portal.stop()
        }
    }
}
