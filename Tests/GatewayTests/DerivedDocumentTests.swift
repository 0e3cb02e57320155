import FileStore
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Validation

/// What belongs to a receipt: the results of all records, and the refused ones as a file to correct.
@Suite struct DerivedDocumentTests {
    let house: TestHouse
    let marche: PartnerID

    init() async throws {
        house = try await TestHouse(at: "2026-03-18T02:10:00+01:00")
        marche = try PartnerID("MARCHE")
    }

    private func sale(_ id: String, _ units: Int64 = 100, _ day: String = "2026-03-17") throws -> RecordContent {
        try BatchFile.record(id, .accrual, "MKP", units, on: day)
    }

    private func bytes(_ document: StoredDocument) throws -> [UInt8] {
        try document.read(at: 0, count: Int(document.size))
    }

    private func mixed(_ format: BatchFormat) async throws -> TestHouse.Sent {
        try await house.send(
            "MARCHE", 1, [sale("A1"), sale("A2", 250, "2026-03-28"), sale("A3", 333), sale("A4", 7, "2026-01-02")],
            format: format)
    }

    @Test(arguments: BatchFormat.allCases)
    func refusedRecordsComeBackAsAFileThatIsReadyToBeCorrected(_ format: BatchFormat) async throws {
        let sent = try await mixed(format)
        let receipt = try sent.last
        #expect(receipt.status == "PART")
        let name = "\(receipt.id).refused.\(format == .xml ? "xml" : "csv")"
        let document = try await house.house.document(name, for: marche)
        let refused = try bytes(document)
        let text = String(decoding: refused, as: UTF8.self)
        #expect(text.contains("A2") && text.contains("A4") && !text.contains("A1") && !text.contains("A3"))
        #expect(text.contains(receipt.id))

        // Sent as it is under its proposed number it is read, and refused for the same reasons.
        let again = BatchID(partner: marche, series: .live, sequence: 2)
        let second = try await house.send(refused, again, format)
        #expect(try second.last.sums == ["RJCT MKP": [2, 257, 0]])
        #expect(try second.last.codes == receipt.codes)

        // Corrected, it is accepted.
        let corrected = Array(
            text.split(separator: "2026-03-28", omittingEmptySubsequences: false).joined(separator: "2026-03-17")
                .split(separator: "2026-01-02", omittingEmptySubsequences: false).joined(separator: "2026-03-16").utf8)
        let header = Array(
            String(decoding: corrected, as: UTF8.self).split(separator: "-C", omittingEmptySubsequences: false)
                .joined(separator: "-D").utf8)
        let replaced = String(decoding: header, as: UTF8.self)
        let third = try await house.send(Self.renumbered(replaced, format), again.next, format)
        #expect(try third.last.status == "ACCP")
        #expect(await house.house.state.ledger.partners[marche]?.count == 4)
    }

    /// The same file under number 3.
    private static func renumbered(_ text: String, _ format: BatchFormat) -> [UInt8] {
        let (old, new) =
            format == .xml
            ? ("<SequenceNumber>2<", "<SequenceNumber>3<") : (",LIVE,2,", ",LIVE,3,")
        return Array(text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new).utf8)
    }

    @Test(arguments: BatchFormat.allCases)
    func theResultFileHasEveryRecordWithWhatBecameOfIt(_ format: BatchFormat) async throws {
        let receipt = try await mixed(format).last
        let document = try await house.house.document("\(receipt.id).results.csv", for: marche)
        let lines = String(decoding: try bytes(document), as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(lines.count == 6)
        #expect(lines[1].prefix(8) == ["1", "A1", "ACCR", "ACCP", "2026-03-17", "100", "MKP", "67"])
        #expect(lines[1][8...] == ["R-MKP-SML-1", "P-MAR-ISS-1", "W-2026-03B", "", "", lines[1][13], ""])
        #expect(lines[1][13].hasPrefix("CLR-"))
        #expect(lines[2].prefix(8) == ["2", "A2", "ACCR", "RJCT", "2026-03-28", "250", "MKP", "0"])
        #expect(lines[2][8...11] == ["", "", "", ""])
        #expect(lines[3].prefix(8) == ["3", "A3", "ACCR", "ACCP", "2026-03-17", "333", "MKP", "222"])
        #expect(lines[5] == ["#TRAILER", "4", "289"])
        let again = try await house.house.document("\(receipt.id).results.csv", for: nil)
        #expect(again.digest == document.digest)
    }

    @Test func theyAreSignedForTheirSenderAndTheHostAlone() async throws {
        let receipt = try await mixed(.xml).last
        let folder = try ScratchFolder("derived")
        try folder.write(house.pki.authority.certificate.pem, to: "ca.pem")
        for name in ["\(receipt.id).results.csv", "\(receipt.id).refused.xml"] {
            let document = try await house.house.document(name, for: marche)
            try folder.write(try bytes(document), to: name)
            try folder.write(document.signature, to: name + ".p7s")
            try ExternalProgram.succeed(
                "openssl",
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", name + ".p7s", "-content", name, "-CAfile",
                    "ca.pem", "-out", "/dev/null",
                ], in: folder)
            let railco = try PartnerID("RAILCO")
            await #expect(throws: Refusal.self) { try await house.house.document(name, for: railco) }
        }
        await #expect(throws: Refusal.self) {
            try await house.house.document("\(receipt.id).refused.csv", for: marche)
        }
    }

    /// Whoever asks while the document is being made is told to come again, and never gets another's half of it.
    @Test func askedForSideBySideItIsMadeOnceAtATime() async throws {
        for number in 1...12 {
            let records = try (0..<150).map { try sale("A\(number)-\($0)", Int64($0) + 1) }
            let id = try await house.send("MARCHE", Int64(number), records).last.id
            let (open, marche) = (house.house, marche)
            let digests = try await withThrowingTaskGroup(of: Digest32?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            let document = try await open.document("\(id).results.csv", for: marche)
                            let bytes = try document.read(at: 0, count: Int(document.size))
                            #expect(SHA256.digest(bytes) == document.digest)
                            return document.digest
                        } catch let refusal as Refusal {
                            #expect(refusal.code == .net002)
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [Digest32?]()) { $0.append($1) }.compactMap(\.self)
            }
            #expect(!digests.isEmpty && Set(digests).count == 1)
        }
    }

    @Test func aFileThatIsRefusedAsAWholeComesAgainAsAWhole() async throws {
        let sent = try await house.send("MARCHE", 1, [sale("A1", 100, "2026-03-28"), sale("A2", 5, "2026-03-28")])
        let receipt = try sent.last
        #expect(receipt.status == "RJCT")
        let refusal = await #expect(throws: Refusal.self) {
            try await house.house.document("\(receipt.id).refused.xml", for: marche)
        }
        #expect(refusal?.explanation.contains("refused as a whole") == true)
        let good = try await house.send("MARCHE", 2, [sale("A3")])
        let nothing = await #expect(throws: Refusal.self) {
            try await house.house.document("\(try good.last.id).refused.xml", for: marche)
        }
        #expect(nothing?.explanation.contains("no record was refused") == true)
    }
}

extension BatchID {
    /// The number after this one.
    fileprivate var next: BatchID { BatchID(partner: partner, series: series, sequence: sequence + 1) }
}
