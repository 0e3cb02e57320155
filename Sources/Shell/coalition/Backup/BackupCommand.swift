import ArgumentParser
import FileStore
import Gateway
import House
import Inquiry
import Primitives

/// Copies a data directory while a gateway may run on it.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies a data directory, also while a gateway runs on it, and checks the copy.",
        discussion: """
            The source is only read. The copy is the house as it was after one fact, which is named. It holds the \
            secrets of batches and has to be kept as closely as the original. The host's keys and certificates lie \
            outside the data directory: copy them too.

            EXAMPLE
              coalition backup --data data --to backups/2026-05-01
            """)

    @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("Where the copy is made; nothing may be there yet.", valueName: "dir"))
    var to: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let copied = try DirectoryCopy(from: data, to: to)
        output.show(copied.value, copied.text(made: "\(to) is a copy of \(data)"))
    }
}

/// Makes a data directory from a backup.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Makes a data directory from a backup, and checks it.",
        discussion: """
            What the gateway accepted after the backup is not in it. Before it serves again, have partners compare the \
            receipts that they hold with the fact that is named: later ones have to be sent again.

            EXAMPLE
              coalition restore --from backups/2026-05-01 --data data
            """)

    @Option(help: ArgumentHelp("The backup.", valueName: "dir"))
    var from: String

    @Option(help: ArgumentHelp("The data directory that is made; nothing may be there yet.", valueName: "dir"))
    var data: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let copied = try DirectoryCopy(from: from, to: data)
        output.show(copied.value, copied.text(made: "\(data) is restored from \(from)"))
    }
}

/// A copy of a data directory that was made, read again in full and folded.
private struct DirectoryCopy {
    let source: String
    let target: String
    let contents: BackupContents
    let lastTime: Timestamp?

    /// - Throws: `UsageError` when something is at the target or it lies within the source, `DataDirectoryError` when
    ///   there is no source, `VerificationFailure` when the copy is not what it should be.
    init(from source: String, to target: String) throws {
        self.source = source
        self.target = target
        let (outer, inner) = (Files.absolute(source), Files.absolute(target))
        guard !(inner + "/").hasPrefix(outer.hasSuffix("/") ? outer : outer + "/") else {
            throw UsageError("\(target) lies within \(source)", action: "name a directory outside of it")
        }
        guard !Files.exists(target) else {
            throw UsageError("\(target) exists already", action: "name a directory that does not exist")
        }
        try Files.requireParent(of: target)
        let files = PosixFileSystem()
        let directory = try DataDirectory.inspect(source, files: files)
        let log = try directory.openLog(hashing: HouseOpening.hashing)
        contents = try Backup.copy(directory, log: log, to: target, others: [GatewayConfiguration.fileName])
        do throws(Fault) {
            let copy = try Self.inspect(target, files)
            let found = try Backup.verify(copy, hashing: HouseOpening.hashing)
            guard found.facts == contents.facts, found.head == contents.head else {
                throw Fault("\(target): the log ends with fact \(found.facts), \(found.head)")
            }
        } catch {
            throw VerificationFailure(damage: error.description)
        }
        let house: HouseReader
        do { house = try HouseReader(target) } catch { throw VerificationFailure(damage: "\(error)") }
        lastTime = house.house.lastTime
    }

    private static func inspect(_ path: String, _ files: any FileSystem) throws(Fault) -> DataDirectory {
        do throws(DataDirectoryError) {
            return try DataDirectory.inspect(path, files: files)
        } catch {
            throw Fault(error.description)
        }
    }

    var value: JSONValue {
        [
            "from": .text(source), "to": .text(target), "facts": .number(contents.facts), "head": .of(contents.head),
            "lastFactAt": .optional(lastTime), "segments": .number(contents.segments),
            "records": .number(contents.records), "originals": .number(contents.originals),
            "keys": .number(contents.keys), "pendingFiles": .number(contents.pending),
            "otherFiles": .texts(contents.others), "bytes": .number(contents.bytes), "verified": .bool(true),
        ]
    }

    func text(made sentence: String) -> String {
        let time = lastTime.map { ", of \($0)" } ?? ""
        let others = contents.others.isEmpty ? "" : "; paths in \(contents.others[0]) are relative to that file"
        return """
            \(sentence): \(contents.bytes) bytes
            log: \(contents.facts) facts in \(contents.segments) segments; the last is fact \(contents.facts)\(time)
            head: \(contents.head)
            entries of \(contents.records) batches, \(contents.originals) originals, \(contents.keys) secrets, \
            \(contents.pending) files of waiting acts
            not copied: uploads under way, which start over; the host's keys and certificates\(others)
            checked: every fact, attachment, entry, original and secret
            """
    }
}
