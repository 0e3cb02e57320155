import Gateway
import Journal
import OpenSSLKit
import Primitives
import TestKit
import Testing
import XMLKit

/// The golden scenario from signed files on a data directory, without a socket: every figure of
/// `Specs/scenarios/golden/expected.json`, as the log holds it and as the statements print it.
@Suite struct GoldenOnDiskTests {
    @Test(arguments: BatchFormat.allCases)
    func everyFigureOfTheLogIsRightToTheDigit(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        let golden = try GoldenScenario.load()
        var figures = run.figures
        figures.statements = try Self.read(run).xml
        #expect(figures.records.count == 32)
        #expect(golden.differences(from: figures) == [])
    }

    @Test(arguments: BatchFormat.allCases)
    func everyPrintedFigureIsRightAndAddsUp(_ format: BatchFormat) async throws {
        let reading = try Self.read(try await GoldenRun.of(format))
        let golden = try GoldenScenario.load()
        #expect(golden.differences(inStatements: reading.xml) == [])
        var tables = reading.csv
        for index in tables.indices {
            // A table does not state the action: everything else must be right.
            tables[index].action =
                golden.statements.first {
                    $0.window == tables[index].window && $0.partner == tables[index].partner
                }?.action ?? ""
        }
        #expect(golden.differences(inStatements: tables) == [])
        #expect(reading.problems == [])
        #expect(reading.documents == 4 * (4 + 4 + 4 + 1))
    }

    @Test(arguments: BatchFormat.allCases)
    func everyFactIsWrittenAsAnotherEncoderWritesIt(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        #expect(run.otherwiseWritten == [])
        #expect(run.kinds.count == 11, "\(run.kinds)")
    }

    @Test(arguments: BatchFormat.allCases)
    func aWindowWaitsForAFixingThatItsLinesNeed(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        #expect(run.waited == ["W-2026-03A", "W-2026-03B", "W-2026-04A"])
    }

    @Test(arguments: BatchFormat.allCases)
    func aRepeatAndAWrongTransferArePostedNowhere(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        let repeated = try run.files.last { $0.ids == ["T01"] }.need("T18")
        let receipt = try ReceiptReading(repeated.receipts.last.need("a receipt"))
        #expect(receipt.status == "ACCP")
        #expect(receipt.sums == ["DUPL MKP": [1, 100, 0]])
        #expect(receipt.codes == ["DUP-001"])
        #expect(run.repeated == "DUPL of 67 points")

        let mixed = try run.files.first { $0.ids == ["T09", "T19"] }.need("T09 and T19")
        let refusal = try ReceiptReading(mixed.receipts.last.need("a receipt"))
        #expect(refusal.status == "PART")
        #expect(refusal.sums == ["ACCP RLM": [1, 1500, 3750], "RJCT RLM": [1, 1250, 0]])
        #expect(refusal.codes == ["TRF-002"])
        #expect(refusal.findings.first?.record == 2)
        #expect(refusal.findings.first?.detail == "not a multiple of 500 RLM")
        #expect(run.figures.records["T19"] == nil)
    }

    @Test(arguments: BatchFormat.allCases)
    func everyFileHasTwoReceiptsThatNameItsWindow(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        let golden = try GoldenScenario.load()
        #expect(run.files.count == 28)
        for file in run.files {
            let receipts = try file.receipts.map { try ReceiptReading($0) }
            #expect(receipts.map(\.grade) == ["RECEIVED", "VALIDATED"], "\(file.batch)")
            let window = golden.records.first { $0.id == file.ids[0] }?.window
            #expect(receipts.map(\.window) == [window, window], "\(file.batch)")
            // INV-14: what was received is accepted, refused or a repeat.
            #expect(receipts[1].sums.values.reduce(0) { $0 + $1[0] } == Int64(file.ids.count), "\(file.batch)")
            let late = file.ids.filter { id in golden.records.contains { $0.id == id && $0.flag == "LATE" } }
            #expect(receipts[1].codes.filter { $0 == "DAT-003" }.count == late.count, "\(file.batch)")
        }
    }

    @Test(arguments: BatchFormat.allCases)
    func theHouseIsTheSameAfterItWasClosedAndOpened(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        #expect(run.isEqualAfterReopening)
        for file in run.files {
            #expect(file.again == file.receipts + [try file.cleared.need("the last receipt")], "\(file.batch)")
        }
        #expect(run.factsAfterResends == run.factsBeforeResends, "a resend leaves no trace in the log")
    }

    /// INV-15: the lines that the last receipts of all files name are the lines of their partners' statements.
    @Test(arguments: BatchFormat.allCases)
    func theLastReceiptsNameTheStatementLinesOnWhichTheRecordsCount(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        var named: Set<String> = []
        for file in run.files {
            let receipt = try file.cleared.need("the last receipt of \(file.batch)")
            #expect(receipt == file.clearedAgain, "\(file.batch)")
            let reading = try ReceiptReading(receipt)
            #expect(reading.grade == "CLEARED")
            #expect(reading.statementLines.isEmpty == (receipt.id == run.files.last { $0.ids == ["T01"] }?.cleared?.id))
            named.formUnion(reading.statementLines)
        }
        var lines: Set<String> = []
        for (name, bytes) in run.documents where name.hasPrefix("CLS-") && name.hasSuffix(".xml") {
            let root = try XMLDocument.parse(bytes)
            for line in root.children("Line") {
                lines.insert("\(name.dropLast(4))#\(line.attribute("number") ?? "")")
            }
        }
        // A line to which only another partner's bonus led is named by no receipt of the payer's.
        let others = ["CLS-W-2026-03B-MARCHE#4", "CLS-W-2026-04A-MARCHE#2", "CLS-W-2026-04A-MARCHE#3"]
        #expect(lines.subtracting(named) == Set(others))
        #expect(named.subtracting(lines) == [])
    }

    @Test func xmlAndCSVFilesGiveTheSameStatements() async throws {
        let xml = try await GoldenRun.of(.xml)
        let csv = try await GoldenRun.of(.csv)
        #expect(xml.documents.keys.sorted() == csv.documents.keys.sorted())
        var compared = 0
        for (name, bytes) in xml.documents where !name.hasSuffix(".p7s") {
            let other = try csv.documents[name].need(name)
            #expect(DocumentFigures.lines(of: bytes) == DocumentFigures.lines(of: other), "\(name)")
            // Only the head of the log differs: other bytes were received.
            if !name.hasSuffix(".csv") { #expect(bytes != other, "\(name)") }
            compared += 1
        }
        #expect(compared == 4 * (4 * 2 * 3 + 3))
    }

    @Test(arguments: BatchFormat.allCases)
    func openSSLVerifiesEveryReceiptAndStatement(_ format: BatchFormat) async throws {
        let run = try await GoldenRun.of(format)
        let folder = try ScratchFolder("issued")
        var count = 0
        for (name, bytes) in run.documents {
            try folder.write(bytes, to: name)
            if !name.hasSuffix(".p7s") { count += 1 }
        }
        for receipt in run.files.flatMap({ $0.receipts + [$0.cleared].compactMap(\.self) }) {
            try folder.write(receipt.document, to: receipt.id + ".xml")
            try folder.write(receipt.signature, to: receipt.id + ".xml.p7s")
            count += 1
        }
        try folder.write(TestPKI.shared.authority.certificate.pem, to: "ca.pem")
        let verified = try Self.verify(folder)
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(verified.text.split(separator: "\n").count == count)
        #expect(count == 4 * 27 + 3 * 28)

        var changed = try folder.read("STL-W-2026-03A-MARCHE.xml")
        changed[changed.count / 2] ^= 1
        try folder.write(changed, to: "STL-W-2026-03A-MARCHE.xml")
        #expect(try Self.verify(folder).status != 0)
    }

    private static func verify(_ folder: ScratchFolder) throws -> ExternalProgram.Outcome {
        let script = """
            for s in *.p7s; do
                openssl cms -verify -binary -inform DER -in "$s" -content "${s%.p7s}" -CAfile ca.pem -out /dev/null || exit 1
                echo "$s"
            done
            """
        return try ExternalProgram.run("sh", ["-c", script], in: folder)
    }

    private static func read(_ run: GoldenRun) throws -> StatementReader.Reading {
        let folder = try ScratchFolder("statements")
        for (name, bytes) in run.documents { try folder.write(bytes, to: name) }
        return try StatementReader.read(folder)
    }

    /// A document without the line that names the head of the log.
}
