import ArgumentParser
import FileStore
import Gateway
import House
import Inquiry
import Journal
import Primitives

/// Verifies everything that a data directory holds.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Verify a data directory from its first byte to its last, and name the first bad item.",
        discussion: """
            Every byte of the log against its checks and the hash chain; every original and findings file against its \
            digest; every record judged anew from the original bytes; every closed window computed anew, its documents \
            compared byte for byte and their signatures verified; all points accounts adding up to zero after each \
            fact. Nothing is changed and no lock is taken: a gateway may go on.

            Exit status 0: good. 3: the first bad item stands on standard error.

            EXAMPLES
              coalition check --data house
              coalition check --data house --quick
            """)

    @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data: String

    @Flag(help: "Leave out judging records anew.")
    var quick = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            output.show(try check())
        } catch let fault as Fault {
            throw VerificationFailure(damage: fault.description)
        }
    }

    private func check() throws -> Report {
        let directory = try DataDirectory.inspect(data, files: PosixFileSystem())
        let log = try directory.openLog(hashing: HouseOpening.hashing)
        let whole = try log.verifyAll()
        var report = Report()
        report.add("log", "\(whole.facts) facts in \(whole.segments) segments, \(whole.bytes) bytes, each as written")
        report.add("head", whole.head)
        if let torn = log.recovery.tornEnd {
            let sentence = "\(torn.segment) byte \(torn.offset): an append that never returned, \(torn.bytes) bytes"
            report.add("unfinished end", sentence)
        }
        var walk = try HouseWalk(directory: directory, log: log, judgesRecords: !quick)
        try log.replay(from: 1) { (envelope) throws(Fault) in
            do {
                try walk.take(envelope)
            } catch let fault as Fault {
                throw fault
            } catch {
                throw Fault("fact \(envelope.sequence): \(error)")
            }
        }
        try walk.finish()
        walk.add(to: &report)
        report.add("verdict", "good")
        return report
    }
}
