import Foundation
import Primitives
import Testing
import Validation
import XMLKit

@Suite struct RefusedRecordsFileTests {
    /// The file of refused records of a file, with the result of reading it.
    private func correction(of bytes: [UInt8]) throws -> (text: String, result: ReadResult, original: ReadResult) {
        let original = readBatch(bytes)
        let header = try #require(original.header)
        let at = try #require(Timestamp("2026-03-20T08:00:00Z"))
        let entries = original.refused.map { RefusedRecordsFile.Entry($0) }
        let file = RefusedRecordsFile(
            correcting: header, receipt: try MessageID("RCP-2026-000417"), sequenceNumber: 413, createdAt: at,
            entries: entries)
        var out: [UInt8] = []
        file.write(
            entries, reading: { offset, length in Array(bytes[Int(offset)..<Int(offset) + length]) }, to: { out += $0 })
        return (String(decoding: out, as: UTF8.self), readBatch(out), original)
    }

    /// A file in which every third record is refused.
    private func damaged(_ format: BatchFormat) throws -> [UInt8] {
        var random = Seeded(31)
        let contents = try (0..<30).map { try random.content($0) }
        let file = BatchWriter.file(header: try random.header(format), records: contents)
        var text = String(decoding: file, as: UTF8.self)
        for number in stride(from: 0, to: 30, by: 3) {
            let day = contents[number].businessDate.description
            let id = contents[number].transactionID.text
            guard let at = text.range(of: id),
                let date = text.range(of: "\(day)<", range: at.upperBound..<text.endIndex)
                    ?? text.range(of: "\(day),", range: at.upperBound..<text.endIndex)
            else { continue }
            text.replaceSubrange(date, with: "2026-02-30" + String(text[date].suffix(1)))
        }
        return Array(text.utf8)
    }

    @Test(arguments: BatchFormat.allCases)
    func `the refused records come back as they were, under a header that adds up`(_ format: BatchFormat) throws {
        let (text, result, original) = try correction(of: damaged(format))
        #expect(original.refused.count == 10)
        #expect(result.fileCodes == [])
        #expect(result.parsed.isEmpty)
        #expect(
            result.refused.map(\.findings).map { $0.map(\.code) }
                == original.refused.map(\.findings).map { $0.map(\.code) })
        #expect(result.refused.map(\.transactionID) == original.refused.map(\.transactionID))
        let header = try #require(result.header)
        #expect(header.correctsReceiptID?.text == "RCP-2026-000417")
        #expect(header.replacesReceiptID == nil)
        #expect(header.messageID.text == (original.header?.messageID.text ?? "") + "-C")
        #expect(header.sequenceNumber == 413)
        // Corrected, it is accepted.
        let corrected = readBatch(text.replacing("2026-02-30", with: "2026-02-28"))
        #expect(corrected.parsed.count == 10)
        #expect(corrected.fileCodes == [])
    }

    @Test func `prefixes and declarations of the original's root are kept`() throws {
        var text = Sample.accrualFile(replacing: "2026-03-18<", with: "2026-02-30<")
        for (old, new) in [("xmlns=", "xmlns:x='urn:y' \n xmlns:b="), ("<", "<b:"), ("<b:/", "</b:"), ("<b:?", "<?")] {
            text = text.replacing(old, with: new)
        }
        let (file, result, original) = try correction(of: Array(text.utf8))
        #expect(original.codes(1) == ["FMT-005"])
        #expect(result.fileCodes == [])
        #expect(result.codes(1) == ["FMT-005"])
        #expect(file.contains("<b:GroupHeader>"))
        #expect(file.contains("xmlns:x='urn:y'"))
        let schema = try XMLSchema(BatchSchema.text)
        let parser = XMLStreamParser(vocabulary: .open, schema: schema)
        var errors = 0
        let consume = { (events: borrowing XMLEvents) -> Void in
            for event in events.events where event.kind == .schemaError { errors += 1 }
        }
        parser.feed(Array(file.replacing("2026-02-30", with: "2026-02-28").utf8).span, consume)
        parser.finish(consume)
        #expect(errors == 0)
        #expect(parser.fault == nil)
    }

    @Test func `a record whose amount cannot be read counts without a sum`() throws {
        let text = Sample.accrualFile(replacing: "\">640</Loyalty", with: "\">6x40</Loyalty")
        let result = try correction(of: Array(text.utf8)).result
        #expect(result.header?.declared == BatchTotals(records: 1))
        #expect(result.fileCodes == [])
    }

    @Test func `a long message id is cut`() throws {
        let long = "12345678901234567890123456789012/45"
        let (_, result, _) = try correction(
            of: Array(
                Sample.accrualFile(replacing: "2026-03-18<", with: "2026-02-30<")
                    .replacing("RAILCO-20260319-01", with: long).utf8))
        #expect(result.header?.messageID.text == "12345678901234567890123456789012-C")
    }
}
