import Gateway
import House
import Primitives
import TestKit
import Testing
import Validation

/// What a receipt does not list stands in the findings file, and what that does not take is counted.
@Suite struct FindingsFileTests {
    @Test(arguments: [(3, 0), (2, 3), (1, 8)])
    func aReceiptListsTheFirstFindingsTheFileMoreAndTheRestIsCounted(_ listed: Int, _ refused: Int) async throws {
        var limits = Limits()
        limits.findingsPerReceipt = listed
        limits.findingsPerFile = 5
        let house = try await TestHouse(at: "2026-03-18T02:10:00+01:00", limits: limits)
        let marche = try PartnerID("MARCHE")
        var records: [RecordContent] = []
        for number in 0..<20 {
            // A day in the future: one finding for each record.
            let day = number < refused ? "2026-03-28" : "2026-03-17"
            records.append(try BatchFile.record("A\(number)", .accrual, "MKP", 100, on: day))
        }
        let sent = try await house.send("MARCHE", 1, records)
        let receipt = try sent.last
        #expect(receipt.findings.count == min(listed, refused))
        #expect(receipt.furtherFindings == max(refused - listed, 0))
        let name = "\(receipt.id).findings.csv"
        guard refused > listed else {
            await #expect(throws: Refusal.self) { try await house.house.document(name, for: marche) }
            return
        }
        let file = try await house.house.document(name, for: marche)
        let text = String(decoding: try file.read(at: 0, count: Int(file.size)), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 1 + min(refused, 5))
    }
}
