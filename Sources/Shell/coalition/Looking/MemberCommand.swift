import ArgumentParser
import FileStore
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives

/// What the house has of a member.
struct MemberCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: "Find what the house has of a member.",
        discussion: """
            EXAMPLES
              coalition member find 4000123412341234 --data house
            """,
        subcommands: [MemberFind.self])
}

/// Finds the files and messages in which a member stands.
struct MemberFind: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find every file and message in which a member's number stands; write the acts that close them.",
        discussion: """
            Every original and message is read, those that were refused or cannot be read as one as well. Nothing is \
            written to the log, and the number is printed nowhere. With - it is read from standard input, so that it \
            stands in no list of processes and no history.

            --draft writes a document for each partner, with the files and messages that are open and judged: \
            'coalition forget --document' has it signed.

            EXAMPLES
              coalition member find 4000123412341234 --data house
              coalition member find - --data house --draft drafts < number.txt
            """)

    @Argument(help: "The number, 12 to 19 digits, or - for standard input.")
    var number: String

    @OptionGroup var place: DataOptions

    @Option(help: ArgumentHelp("Where to write documents of the act forget.", valueName: "dir"))
    var draft: String?

    @Option(help: "The reason in these documents, as a code.")
    var reason = "MEMBER-REQUEST"

    @Option(help: "The reference in these documents, 1 to 60 characters; random by default.")
    var reference: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let digits = number == "-" ? readLine() ?? "" : number
        let reader = try place.reader()
        guard
            let search = MemberSearch(
                digits: digits.filter { $0 != " " }, log: reader.log, originals: reader.originals, house: reader.house)
        else { throw UsageError("a member's number has 12 to 19 digits") }
        let found = try search.run()
        let drafts = try draft.map { try write(found, reader.house, to: $0) } ?? []
        show(found, drafts)
    }

    private func show(_ found: MemberSearch.Result, _ drafts: [String]) {
        var table = TextTable(["name", "fact", "result", "records", "state"], right: [1, 3])
        for file in found.files {
            table.add([
                file.batch.description, "\(file.attempt.arrival ?? 0)", file.attempt.status?.rawValue ?? "RECEIVED",
                file.records == 0 ? "in its bytes" : "\(file.records)", Self.state(file.withheld),
            ])
        }
        for message in found.messages {
            table.add([
                "\(message.partner)/\(message.id)", "\(message.sequence)", message.status.rawValue, "1",
                Self.state(message.withheld),
            ])
        }
        for answer in found.answers {
            table.add(["answer to \(answer.statement)", "\(answer.sequence)", "ANSWERED", "in its bytes", "OPEN"])
        }
        let isNowhere = found.files.isEmpty && found.messages.isEmpty && found.answers.isEmpty
        var text = isNowhere ? "the number stands in no file, no message and no answer to a statement\n" : table.text
        if !found.answers.isEmpty { text += "answers to statements are facts: 'forget' does not close them\n" }
        if found.erased > 0 { text += "\(found.erased) arrivals are erased and were not searched\n" }
        for path in drafts { text += "\(path)\n" }
        output.show(
            [
                "files": .list(found.files.map(Self.json)), "messages": .list(found.messages.map(Self.json)),
                "answers": .list(found.answers.map(Self.json)), "erased": .number(found.erased),
                "drafts": .texts(drafts),
            ], text)
    }

    private static func state(_ withheld: Withholding?) -> String {
        switch withheld {
        case nil: "OPEN"
        case .closed: "CLOSED"
        case .erased: "ERASED"
        }
    }

    private static func json(_ file: MemberSearch.File) -> JSONValue {
        [
            "file": .of(file.batch), "fact": .optional(file.attempt.arrival),
            "status": .optional(file.attempt.status?.rawValue), "window": .optional(file.attempt.window),
            "records": .number(file.records), "state": .text(state(file.withheld)),
        ]
    }

    private static func json(_ message: MemberSearch.Message) -> JSONValue {
        [
            "message": .text("\(message.partner)/\(message.id)"), "fact": .of(message.sequence),
            "status": .text(message.status.rawValue), "state": .text(state(message.withheld)),
        ]
    }

    private static func json(_ answer: MemberSearch.Answer) -> JSONValue {
        ["statement": .text(answer.statement), "partner": .text(answer.partner.text), "fact": .of(answer.sequence)]
    }

    // MARK: Documents

    /// Writes the acts that close what is open, for each partner its own, none with more names than an act may have.
    private func write(_ found: MemberSearch.Result, _ house: HouseState, to folder: String) throws -> [String] {
        var names: [PartnerID: [(isFile: Bool, text: String)]] = [:]
        var waiting = 0
        var known: Set<BatchID> = []
        for file in found.files where file.withheld == nil {
            let isJudged = file.attempt.decided != nil || house.files.history(file.batch)?.cancelled != nil
            guard isJudged else {
                waiting += 1
                continue
            }
            guard known.insert(file.batch).inserted else { continue }
            names[file.batch.partner, default: []].append((true, file.batch.description))
        }
        for message in found.messages where message.withheld == nil {
            names[message.partner, default: []].append((false, "\(message.partner)/\(message.id)"))
        }
        if waiting > 0 { Console.note("coalition: \(waiting) files are not judged yet: find the member again later") }
        guard !names.isEmpty else { return [] }
        try Files.makeDirectory(folder)
        let reference = try reference ?? Hex.encode(SecureRandom.bytes(8))
        var paths: [String] = []
        for (partner, all) in names.sorted(by: { $0.key < $1.key }) {
            for (index, start) in stride(from: 0, to: all.count, by: Limits.namesPerForgetting).enumerated() {
                let part = all[start..<min(start + Limits.namesPerForgetting, all.count)]
                let suffix = index == 0 ? "" : "-\(index + 1)"
                var act = ActDocument(act: "forget", reference: reference + suffix)
                act.reason = reason
                act.files = Self.texts(part.filter(\.isFile).map(\.text))
                act.messages = Self.texts(part.filter { !$0.isFile }.map(\.text))
                _ = try ActDocument(act.bytes)
                let path = "\(folder)/forget-\(partner)\(suffix).json"
                try Files.writeSecret(act.bytes, to: path)
                paths.append(path)
            }
        }
        return paths
    }

    private static func texts(_ names: [String]) -> [String]? { names.isEmpty ? nil : names }
}
