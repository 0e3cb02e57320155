import Foundation
import TestKit
import Testing

/// What `coalition demo` leaves: keys, programme, data directory, what was sent and issued. Made once for all tests.
struct DemoHouse: Sendable {
    /// The folder that holds `demo`. Tests that only look work here.
    let place: Workplace
    /// What the demonstration said.
    let told: String
    /// The tree of commands with their options, as the parser describes it: JSON.
    let help: String

    @TaskLocal static var made: DemoHouse?

    /// The house that all tests share.
    ///
    /// - Throws: outside of the suite that makes it.
    static var shared: DemoHouse {
        get throws { try #require(made) }
    }

    /// The folder of the house that all tests share.
    static var place: Workplace {
        get throws { try shared.place }
    }

    init() throws {
        let folder = try ScratchFolder("command")
        let outcome = try Program.run(["demo", "demo"], in: folder)
        try #require(outcome.status == 0, "\(outcome)")
        told = outcome.text
        help = try Program.run(["--experimental-dump-help"], in: folder).text
        place = Workplace(folder: folder, members: try Self.members(of: folder))
    }

    /// A copy of it, to be changed.
    static func copy() throws -> Workplace {
        let shared = try place
        let folder = try ScratchFolder("command")
        try FileManager.default.copyItem(atPath: shared.folder.path("demo"), toPath: folder.path("demo"))
        return Workplace(folder: folder, members: shared.members)
    }

    /// The members' numbers, as the partners wrote them.
    private static func members(of folder: ScratchFolder) throws -> Set<String> {
        var out: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path("demo/sent"))
        where name.hasSuffix(".xml") || name.hasSuffix(".csv") {
            let text = String(decoding: try folder.read("demo/sent/\(name)"), as: UTF8.self)
            let words = text.split { !$0.isNumber }.filter { $0.count == 16 }
            out.formUnion(words.map { String($0) })
        }
        try #require(!out.isEmpty)
        return out
    }
}

/// Makes the shared house before the first test and removes it after the last.
struct DemoHouseTrait: SuiteTrait, TestScoping {
    @concurrent
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await DemoHouse.$made.withValue(try DemoHouse()) { try await function() }
    }
}

/// The program's commands. All suites are parts of this one, which makes the house that they share.
@Suite(.ownThreads, DemoHouseTrait()) enum CommandTests {}

/// Options that several tests write.
enum Options {
    static func signer(_ name: String) -> String { "--cert demo/pki/\(name).pem --key demo/pki/\(name).key" }
    static let maker = signer("maker")
    static let checker = "--checker-cert demo/pki/checker.pem --checker-key demo/pki/checker.key"
    static let data = "--data demo/data"
}
