import Foundation
import Primitives
import Testing
import Validation
import XMLKit

@Suite struct SchemaTests {
    @Test(arguments: [
        ("batch.xsd", BatchSchema.text), ("realtime.xsd", RealtimeSchema.text),
        ("realtime-response.xsd", RealtimeResponseSchema.text),
        ("statement-answer.xsd", StatementAnswerSchema.text),
    ])
    func `the schema in the program is the one in Specs`(_ name: String, _ text: String) throws {
        let file = try String(contentsOf: specs.appending(path: "xsd/\(name)"), encoding: .utf8)
        #expect(file == text)
        #expect(throws: Never.self) { try XMLSchema(text) }
    }

    @Test func `the sample batch is read`() throws {
        let sums = "<ControlSum unit=\"RLM\">640</ControlSum><ControlSum unit=\"SML\">1001</ControlSum>"
        let result = readBatch(Sample.file(Sample.accrual + Sample.bonus, count: 2, sums: sums))
        #expect(result.fileCodes == [])
        let header = try #require(result.header)
        #expect(header.format == .xml)
        #expect(header.messageID.text == "RAILCO-20260319-01")
        #expect(header.createdAt == Timestamp("2026-03-18T23:45:00Z"))
        #expect(header.initiatingParty.text == "RAILCO")
        #expect(header.series == .live)
        #expect(header.sequenceNumber == 412)
        #expect(header.declared?.records == 2)
        #expect(header.replacesReceiptID == nil)
        let records = result.parsed
        #expect(records.count == 2)
        let first = try #require(records.first)
        #expect(first.content.transactionID.text == "T05")
        #expect(first.content.type == .accrual)
        #expect(first.content.account?.number.digits == Sample.card)
        #expect(first.content.account?.kind == .card)
        #expect(first.content.units == 640)
        #expect(first.content.sale?.description == "128.00 EUR")
        #expect(first.content.store == "GDL-WEB")
        #expect(first.content.occurredAt == Timestamp("2026-03-18T16:42:10Z"))
        #expect(records.last?.content.promotionID?.text == "PRM-SPRING")
        #expect(result.summary?.found.records == 2)
        #expect(result.summary?.found.sums.values.reduce(0, +) == 1641)
    }

    @Test func `the place of a record is that of its bytes`() throws {
        let text = Sample.file(
            Sample.accrual + Sample.bonus, count: 2,
            sums: "<ControlSum unit=\"RLM\">640</ControlSum><ControlSum unit=\"SML\">1001</ControlSum>")
        let bytes = Array(text.utf8)
        let places = readBatch(bytes).outcomes.map(\.place)
        #expect(places.map(\.number) == [1, 2])
        #expect(places.map(\.line) == [14, 24])
        for (place, sample) in zip(places, [Sample.accrual, Sample.bonus]) {
            let start = Int(place.offset)
            let found = String(decoding: bytes[start..<start + place.length], as: UTF8.self)
            #expect(found == sample.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    @Test func `a file without records is a file`() {
        let result = readBatch(Sample.file("", count: 0, sums: ""))
        #expect(result.fileCodes == [])
        #expect(result.summary?.found == BatchTotals())
        let csv = """
            #HEADER,1.0,M-1,2026-03-19T00:45:00+01:00,RAILCO,HOST,SMILES,LIVE,412,,
            \(RecordColumn.allCases.map(\.csvName).joined(separator: ","))
            #TRAILER,0

            """
        #expect(readBatch(csv).fileCodes == [])
        #expect(readBatch(csv).summary?.declared == BatchTotals())
    }

    @Test func `a prefix and hints for editors change nothing`() {
        let hint = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:x batch.xsd\""
        let hinted = Sample.accrualFile(replacing: " version=\"1.0\">", with: " version=\"1.0\" \(hint)>")
        let plain = readBatch(Sample.accrualFile())
        #expect(readBatch(hinted).parsed.map(\.contentDigest) == plain.parsed.map(\.contentDigest))
        var prefixed = Sample.accrualFile(replacing: "xmlns=", with: "xmlns:b=")
        for (old, new) in [("<", "<b:"), ("<b:/", "</b:"), ("<b:?", "<?")] {
            prefixed = prefixed.replacingOccurrences(of: old, with: new)
        }
        #expect(readBatch(prefixed).parsed.map(\.contentDigest) == plain.parsed.map(\.contentDigest))
    }
}
