import Foundation
import Primitives
import TestKit
import Testing
import Validation
import XMLKit

@Suite(.ownThreads) struct FormatTests {
    /// A seed and what it gives.
    private func records(_ seed: UInt64, _ count: Int) throws -> [RecordContent] {
        var random = Seeded(seed)
        return try (0..<count).map { try random.content($0) }
    }

    @Test(arguments: UInt64(1)...12)
    func `what is written is read back, equal in XML and CSV`(_ seed: UInt64) throws {
        let contents = try records(seed, 60)
        var digests: [[ContentDigest]] = []
        for format in BatchFormat.allCases {
            var random = Seeded(seed)
            let header = try random.header(format)
            let file = BatchWriter.file(header: header, records: contents, offsetSeconds: 3600)
            let result = readBatch(file)
            #expect(result.fileCodes == [])
            #expect(result.refused.flatMap(\.findings) == [])
            #expect(result.parsed.map(\.content) == contents)
            digests.append(result.parsed.map(\.contentDigest))
            var expected = header
            expected.declared = result.header?.declared
            expected.rootTag = result.header?.rootTag ?? []
            #expect(result.header == expected)
            #expect((result.header?.declared != nil) == (format == .xml))
        }
        #expect(digests[0] == digests[1])
        #expect(Set(digests[0]).count == contents.count)
    }

    @Test func `the digest changes with every field and with nothing else`() throws {
        var random = Seeded(99)
        for number in 0..<200 {
            let content = try random.content(number)
            let digest = try digest(content)
            var other = content
            other.units += 1
            #expect(try self.digest(other) != digest)
            other = content
            other.narrative = (content.narrative ?? "") + "!"
            #expect(try self.digest(other) != digest)
            other = content
            // Text that moves from one field to the next is other content.
            (other.brand, other.channel) = (nil, "ab")
            var moved = content
            (moved.brand, moved.channel) = ("ab", nil)
            #expect(try self.digest(other) != self.digest(moved))
        }
    }

    private func digest(_ content: RecordContent) throws -> ContentDigest {
        var random = Seeded(1)
        let file = BatchWriter.file(header: try random.header(.csv), records: [content])
        return try #require(readBatch(file).parsed.first).contentDigest
    }

    @Test func `files that we write are valid by our schema, by xmllint as well`() throws {
        let schema = try XMLSchema(BatchSchema.text)
        for seed in UInt64(20)...30 {
            var random = Seeded(seed)
            let file = BatchWriter.file(header: try random.header(.xml), records: try records(seed, 40))
            var messages: [String] = []
            let parser = XMLStreamParser(vocabulary: .open, schema: schema)
            let consume = { (events: borrowing XMLEvents) -> Void in
                for event in events.events where event.kind == .schemaError {
                    messages.append(String(decoding: events.text(of: event), as: UTF8.self))
                }
            }
            parser.feed(file.span, consume)
            parser.finish(consume)
            #expect(messages == [])
            #expect(parser.fault == nil)
            try withFolder { folder in
                let path = folder.appending(path: "batch.xml")
                try Data(file).write(to: path)
                let xsd = specs.appending(path: "xsd/batch.xsd").path
                guard let lint = try run("xmllint", ["--noout", "--schema", xsd, path.path]) else { return }
                #expect(lint.code == 0, "\(lint.output)")
            }
        }
    }

    @Test func `the pieces in which a file comes change nothing`() throws {
        var random = Seeded(5)
        for format in BatchFormat.allCases {
            let contents = try records(77, 150)
            var file = BatchWriter.file(header: try random.header(format), records: contents)
            let whole = readBatch(file)
            #expect(whole.parsed.count == 150)
            for piece in [1, 2, 1_000, 16_384, 20_000] { #expect(readBatch(file, piece: piece) == whole) }
            // With errors of many kinds too.
            for _ in 0..<40 {
                let index = random.below(file.count)
                file[index] = UInt8(0x20 + random.below(95))
            }
            let broken = readBatch(file)
            for piece in [1, 3, 999] { #expect(readBatch(file, piece: piece) == broken) }
        }
    }

    @Test func `a CSV file may have CRLF, quotes and a byte order mark`() throws {
        var random = Seeded(8)
        let contents = try records(8, 20)
        let file = String(decoding: BatchWriter.file(header: try random.header(.csv), records: contents), as: UTF8.self)
        let crlf = "\u{FEFF}" + file.replacingOccurrences(of: "\n", with: "\r\n")
        let result = readBatch(crlf)
        #expect(result.fileCodes == [])
        #expect(result.parsed.map(\.content) == contents)
        #expect(result.parsed.map(\.contentDigest) == readBatch(file).parsed.map(\.contentDigest))
        let quoted = file.replacingOccurrences(of: ",ACCR,", with: ",\"ACCR\",")
        #expect(readBatch(quoted).parsed.map(\.content) == contents)
        let bytes = Array(crlf.utf8)
        for place in result.outcomes.map(\.place) {
            #expect(bytes[Int(place.offset) - 1] == 0x0A)
            #expect(bytes[Int(place.offset) + place.length] == 0x0D)
        }
    }

    @Test func `the header is told before the records, and a sink can stop the reader`() throws {
        struct Stopper: BatchSink {
            var records = 0
            mutating func header(_ header: BatchHeader) throws(Refusal) {
                throw Refusal(.fil001, value: header.initiatingParty.text)
            }
            mutating func record(_ outcome: RecordOutcome) throws(Refusal) { records += 1 }
        }
        var random = Seeded(3)
        for format in BatchFormat.allCases {
            let file = BatchWriter.file(header: try random.header(format), records: try records(3, 200))
            let reader = BatchReader(hash: testHash)
            var sink = Stopper()
            #expect(throws: Refusal(.fil001, value: "RAILCO")) { try reader.feed(file, to: &sink) }
            #expect(throws: Refusal(.fil001, value: "RAILCO")) { try reader.feed([0x20], to: &sink) }
            #expect(throws: Refusal(.fil001, value: "RAILCO")) { try reader.finish(to: &sink) }
            #expect(sink.records == 0)
        }
    }
}
