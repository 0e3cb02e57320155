import ArgumentParser
import Auditing
import Evidence
import FileStore
import Inquiry
import OpenSSLKit
import Primitives
import Transparency

/// Verifies an evidence bundle and tells what was found.
struct BundleVerification {
    let path: String
    let trust: [String]
    let output: OutputOptions

    /// Whether a path names a bundle: an archive whose first entry is a manifest.
    static func isBundle(_ path: String) -> Bool {
        guard Files.exists(path), !Files.isDirectory(path) else { return false }
        let file = try? PosixFileSystem().open(path, .read)
        let head = try? file?.readOnce(at: 0, count: BundleManifest.name.utf8.count)
        return path.hasSuffix(".tar") || head == Array(BundleManifest.name.utf8)
    }

    /// Verifies, and ends with the status of the stage that fails.
    func run() throws {
        let report: EvidenceReport
        do {
            report = try EvidenceVerifier.verify(path, pins: try Self.pins(trust))
        } catch is Fault {
            Console.note("coalition: unavailable: the bundle \(path) cannot be read — check the path and the disk")
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
        output.show(Self.report(report, path).json, Self.text(report, path))
        for finding in report.findings { Console.note("coalition: \(finding)") }
        if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
    }

    /// What is trusted, from files given out of band.
    static func pins(_ paths: [String]) throws -> PinsFile {
        var (authorities, keys) = ([Certificate](), [VerifierKey]())
        for path in paths {
            let bytes = try Files.read(path)
            do {
                let pins = try PinsFile(reading: bytes)
                authorities += pins.authorities
                keys += pins.logKeys
            } catch {
                throw UsageError("\(path) has neither certificates nor keys of logs: \(error)")
            }
        }
        guard !authorities.isEmpty else {
            throw UsageError("no authority is pinned", action: "give a pins file with --trust")
        }
        return PinsFile(authorities: authorities, logKeys: keys)
    }

    private static func report(_ found: EvidenceReport, _ path: String) -> Report {
        var report = Report()
        report.add("bundle", path)
        if !found.scope.isEmpty { report.add("scope", found.scope) }
        report.add(
            "checked",
            items: found.checked.map { what, count in
                var item = Report()
                item.add("what", what)
                item.add("count", count)
                return item
            })
        if !found.statements.isEmpty {
            report.add("statements", items: found.statements.map { statement($0.id, $0.lines) })
        }
        if !found.remarks.isEmpty {
            report.add(
                "remarks",
                items: found.remarks.map { remark in
                    var item = Report()
                    item.add("remark", remark)
                    return item
                })
        }
        if !found.findings.isEmpty { report.add("failures", items: found.findings.map(failure)) }
        report.add("verdict", found.failed?.rawValue ?? "good")
        report.add("exit", found.exitStatus)
        return report
    }

    /// The same in tables.
    private static func text(_ found: EvidenceReport, _ path: String) -> String {
        var head = Report()
        head.add("bundle", path)
        if !found.scope.isEmpty { head.add("scope", found.scope) }
        var checked = TextTable(right: [0])
        for (what, count) in found.checked { checked.add(["\(count)", what]) }
        var statements = TextTable(["statement"] + LineGrade.allCases.map(\.rawValue))
        for (id, lines) in found.statements {
            statements.add([id] + LineGrade.allCases.map { numbers(of: $0, lines) })
        }
        var end = Report()
        if !found.findings.isEmpty { end.add("failures", items: found.findings.map(failure)) }
        end.add("verdict", found.failed?.rawValue ?? "good")
        end.add("exit", found.exitStatus)
        return head.text + "checked:\n" + checked.text + (found.statements.isEmpty ? "" : statements.text)
            + found.remarks.map { "remark: \($0)\n" }.joined() + end.text
    }

    private static func statement(_ id: String, _ lines: [(number: Int, grade: LineGrade)]) -> Report {
        var item = Report()
        item.add("statement", id)
        for grade in LineGrade.allCases {
            let numbers = numbers(of: grade, lines)
            if !numbers.isEmpty { item.add(grade.rawValue, numbers) }
        }
        if lines.isEmpty { item.add("lines", "none") }
        return item
    }

    private static func numbers(of grade: LineGrade, _ lines: [(number: Int, grade: LineGrade)]) -> String {
        lines.filter { $0.grade == grade }.map { "\($0.number)" }.joined(separator: " ")
    }

    private static func failure(_ finding: VerificationFinding) -> Report {
        var item = Report()
        item.add("stage", finding.stage.rawValue)
        item.add("item", finding.item)
        item.add("found", finding.found)
        if !finding.expected.isEmpty { item.add("expected", finding.expected) }
        return item
    }
}

/// Compares two signed checkpoints: one log cannot have two roots at one size.
struct CheckpointComparison {
    let paths: [String]
    let trust: [String]
    let output: OutputOptions

    func run() throws {
        let pins = try BundleVerification.pins(trust)
        let read = try paths.map { path in
            do {
                let note = try SignedNote(parsing: Files.read(path))
                let checkpoint = try Checkpoint(parsing: note.text)
                let signers = try note.signers(among: pins.logKeys) { signature, message, key in
                    (try? Ed25519PublicKey(bytes: key))?.isValid(signature: signature, over: message) ?? false
                }
                guard signers.contains(where: { $0.name == checkpoint.origin }) else {
                    throw VerificationFailure(damage: "\(path) is not signed by a pinned key of \(checkpoint.origin)")
                }
                return checkpoint
            } catch let error as NoteError {
                throw VerificationFailure(damage: "\(path) is no checkpoint: \(error)")
            }
        }
        var report = Report()
        for (path, checkpoint) in zip(paths, read) {
            report.add(path, "\(checkpoint.origin) \(checkpoint.size) \(checkpoint.root)", key: path)
        }
        let isEquivocation =
            read[0].origin == read[1].origin && read[0].size == read[1].size && read[0].root != read[1].root
        let verdict =
            isEquivocation
            ? "equivocation: the host signed two different logs of \(read[0].size) facts; keep both files"
            : read[0].origin != read[1].origin
                ? "two logs: the checkpoints say nothing about each other"
                : read[0].size == read[1].size
                    ? "the same log"
                    : "two sizes of one log: a consistency proof shows whether the smaller is the beginning of the "
                        + "larger ('coalition audit diff')"
        report.add("verdict", verdict)
        output.show(report)
        if isEquivocation { throw ExitCode(VerificationStage.log.exitStatus) }
    }
}
