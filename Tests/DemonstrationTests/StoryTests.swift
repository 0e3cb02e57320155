import Demonstration
import Foundation
import Logging
import Synchronization
import TestKit
import Testing

/// The golden scenario through the real gateway over TLS: signed XML and CSV files, signed messages, officers' acts.
@Suite struct StoryTests {
    /// A story that was played, and what it left.
    struct Played {
        let folder: ScratchFolder
        let outcome: Story.Outcome
        let told: [String]

        init() async throws {
            folder = try ScratchFolder("story")
            let lines = Lines()
            let story = Story(
                folder: URL(filePath: folder.path("demo")),
                logger: Logger(label: "story") { _ in SwiftLogNoOpLogHandler() }
            ) { lines.add($0) }
            outcome = try await story.play()
            told = lines.all
        }

        func files(_ place: String) throws -> [String] {
            let root = folder.path("demo/\(place)")
            let names = try FileManager.default.subpathsOfDirectory(atPath: root)
            return names.sorted().map { "\(root)/\($0)" }
        }
    }

    @Test func everyPrintedFigureIsRightToTheDigit() async throws {
        let played = try await Played()
        let statements = try ScratchFolder("statements")
        for path in try played.files("statements") where !path.hasSuffix(".p7s") {
            let url = URL(filePath: path)
            guard !url.hasDirectoryPath, path.contains(".") else { continue }
            try statements.write(Array(Data(contentsOf: url)), to: url.lastPathComponent)
        }
        let reading = try StatementReader.read(statements)
        let golden = try GoldenScenario.load()
        #expect(golden.differences(inStatements: reading.xml) == [])
        #expect(reading.problems == [])

        #expect(played.outcome.refused == [])
        #expect(played.outcome.confirmed == 4 * 4 * 2 * 3)
        #expect(played.told.contains { $0.contains("Points outstanding: 105197; all points accounts add up to 0") })
        for row in golden.instructions {
            #expect(
                played.told.contains { $0.contains(row.endToEndId) && $0.contains("\(row.amount) \(row.currency)") })
        }
        try schemas(of: played)
    }

    /// Every document that the gateway issued follows its schema, by xmllint.
    private func schemas(of played: Played) throws {
        let xsd = GoldenScenario.specs.path + "/xsd"
        let statements = try played.files("statements").filter { $0.hasSuffix(".xml") }
        let receipts = try played.files("receipts").filter { $0.hasSuffix(".xml") }
        #expect(statements.count == 32)
        #expect(receipts.count == 48)
        let kinds = [
            ("clearing-statement.xsd", statements.filter { $0.contains("/CLS-") }),
            ("settlement-statement.xsd", statements.filter { $0.contains("/STL-") }), ("receipt.xsd", receipts),
        ]
        for (schema, paths) in kinds {
            let outcome = try ExternalProgram.run("xmllint", ["--noout", "--schema", "\(xsd)/\(schema)"] + paths)
            #expect(outcome.status == 0, "\(schema): \(outcome)")
        }
        let batches = try played.files("sent").filter { $0.hasSuffix(".xml") }
        let outcome = try ExternalProgram.run("xmllint", ["--noout", "--schema", "\(xsd)/batch.xsd"] + batches)
        #expect(outcome.status == 0, "\(outcome)")
    }
}

/// Lines told by several tasks.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}
