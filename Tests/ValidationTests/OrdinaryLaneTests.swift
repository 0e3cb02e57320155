import Primitives
import TestKit
import Testing
import Validation

/// The fast way for ordinary records against the full way. Every other test here that reads a file compares them, too.
@Suite(.ownThreads) struct OrdinaryLaneTests {
    private func contents(_ count: Int, others: Int, _ random: inout Seeded) throws -> [RecordContent] {
        try (1...count).map { number in
            if others > 0, random.below(others) == 0 { return try random.content(number) }
            var out = try random.content(number)
            while out.account == nil || out.unit.minorUnits != nil { out = try random.content(number) }
            let isPlain = random.below(4) > 0
            var content = RecordContent(
                transactionID: try TransactionID("T-\(number)/(\(random.below(1000)))"),
                type: random.pick([.accrual, .accrual, .redemption]), occurredAt: out.occurredAt,
                businessDate: out.businessDate, account: out.account, unit: out.unit, units: out.units)
            content.sale = out.sale
            content.store = random.maybe { $0.pick(["GDL-WEB", "S1", String(repeating: "z", count: 35)]) }
            if content.store != nil {
                content.terminal = random.maybe { $0.pick(["T 1", "TILL-0001", isPlain ? "x" : "é"]) }
            }
            return content
        }
    }

    @Test("plain files are read by it alone", arguments: [BatchFormat.xml, .csv], [1, 7, 4096, .max])
    func plain(_ format: BatchFormat, _ piece: Int) throws {
        var random = Seeded(5)
        let contents = try contents(40, others: 0, &random).map { content in
            var plain = content
            if plain.terminal == "é" { plain.terminal = nil }
            return plain
        }
        let file = BatchWriter.file(header: try random.header(format), records: contents)
        let full = readBatch(file, piece: piece)
        #expect(full.parsed.count == 40 && full.fileCodes.isEmpty)
        #expect(readByLane(file, piece: piece).ordinary == full.parsed.filter(\.warnings.isEmpty).count)
    }

    @Test func `files of ordinary and other records with changed bytes are read alike, whatever the pieces`() throws {
        var seeds = SeededGenerator.printed(for: "ordinary lane")
        var random = Seeded(seeds.next())
        var (ordinary, records, refused) = (0, 0, 0)
        for _ in 0..<TestLength.cases(400, long: 20_000) {
            let format = random.pick([BatchFormat.xml, .csv])
            let contents = try contents(1 + random.below(12), others: 5, &random)
            var file = BatchWriter.file(header: try random.header(format), records: contents)
            for _ in 0..<random.below(3) { random.mutate(&file) }
            let piece = random.pick([.max, .max, 1 + random.below(60), 1 + random.below(3000)])
            let full = readBatch(file, piece: piece)
            records += full.outcomes.count
            refused += full.refusal == nil ? 0 : 1
            ordinary += readByLane(file, piece: piece).ordinary
        }
        #expect(ordinary > records / 3 && ordinary < records && refused > 20, "\(ordinary) of \(records), \(refused)")
    }

    @Test func `many other records in a row, and ordinary ones behind them, are read alike`() throws {
        var random = Seeded(9)
        var records = try (1...120).map { number in
            var content = try random.content(number)
            content.brand = "BRAND"
            return content
        }
        records += try contents(300, others: 0, &random)
        for format in [BatchFormat.xml, .csv] {
            let file = BatchWriter.file(header: try random.header(format), records: records)
            #expect(readBatch(file).outcomes.count == 420)
            #expect(readByLane(file).ordinary > 100)
        }
    }

    @Test(
        "what only looks like an ordinary element is not read as one",
        arguments: [
            "<!--<Transaction>-->", "<![CDATA[</Transaction>]]>", "<?x <Transaction> ?>", "text",
        ])
    func lookalikes(_ between: String) throws {
        let record = Sample.accrual
        let file = Sample.file(
            record + between + record.replacing("T05", with: "T06"), count: 2,
            sums: "<ControlSum unit=\"RLM\">1280</ControlSum>")
        for piece in [1, 300, .max] { _ = readBatch(file, piece: piece) }
    }

    @Test(
        "values with markup of their own are left to the parser",
        arguments: ["A&amp;B", "A&B", "A&#65;B", "A>B", "A]]>B", "A<!-- -->B", "<![CDATA[A]]>", ""])
    func markup(_ store: String) throws {
        let file = Sample.accrualFile(replacing: "GDL-WEB", with: store)
        #expect(readByLane(Array(file.utf8)).ordinary == 0)
        for piece in [1, 300, .max] { _ = readBatch(file, piece: piece) }
    }

    @Test func `elements under another default namespace, or with a prefix, are left to the parser`() throws {
        let plain = Sample.accrualFile()
        #expect(readByLane(Array(plain.utf8)).ordinary == 1)
        let prefixed = plain.replacing("xmlns=", with: "xmlns:c=").replacing("<Loyalty", with: "<c:Loyalty")
        for text in [prefixed, plain.replacing("batch:1", with: "batch:2")] {
            #expect(readByLane(Array(text.utf8)).ordinary == 0)
            _ = readBatch(text)
        }
    }

    @Test func `places count the bytes and lines that were passed over`() throws {
        var random = Seeded(11)
        let contents = try contents(30, others: 0, &random)
        let file = BatchWriter.file(header: try random.header(.xml), records: contents)
        let broken = String(decoding: file, as: UTF8.self).replacing("</LoyaltyTransactionBatch>", with: "<x/>\n</")
        let result = readBatch(broken)
        let place = try result.refusal.need("a refusal").findings[0].place
        let lines = broken.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(place.line == lines.firstIndex { $0.contains("<x/>") }.map { $0 + 1 })
    }

    @Test func `the limits of a file hold for ordinary records, too`() throws {
        var random = Seeded(13)
        let contents = try contents(10, others: 0, &random)
        for format in [BatchFormat.xml, .csv] {
            let file = BatchWriter.file(header: try random.header(format), records: contents)
            var limits = Limits()
            limits.recordsPerFile = 6
            _ = readBatch(file, limits: limits)
            limits = Limits()
            limits.fieldBytes = 20
            _ = readBatch(file, limits: limits)
        }
    }
}
