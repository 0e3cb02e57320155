import ArgumentParser
import Gateway
import Inquiry
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel

/// Programmes: checked, signed, loaded, shown, compared.
struct ProgrammeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "programme",
        abstract: "Check, sign, load, show and compare programmes: agreements, ratios, prices, calendar.",
        discussion: """
            A programme is a directory of YAML files: programme.yaml, agreements/PARTNER.yaml, promotions/ID.yaml. \
            Each is signed by a maker and another checker of the host, an agreement also by its partner, a promotion \
            by every funder. Specs/programme.md has every field.

            EXAMPLES
              coalition programme check programme
              coalition programme sign programme --as maker --cert maker.pem \\
                --key maker.key
              coalition programme sign programme --as partner \\
                --cert MARCHE-signing.pem --key MARCHE-signing.key
              coalition programme load programme --data house
              coalition programme show --data house --on 2026-03-20 --partner MARCHE
              coalition programme diff --data house programme
            """,
        subcommands: [
            ProgrammeCheckCommand.self, ProgrammeSign.self, ProgrammeLoadCommand.self, ProgrammeShow.self,
            ProgrammeDiffCommand.self,
        ])
}

/// Reads programmes of directories.
enum ProgrammeSource {
    /// A directory's programme and everything that was found. Signatures are not verified: the names of signature files
    /// (`PRM-X.yaml.MARCHE.p7s`) stand for promotions' funders, until `load` verifies them.
    ///
    /// - Throws: `UsageError` when the directory cannot be read.
    static func check(_ path: String) throws -> (
        directory: ProgrammeDirectory, programme: Programme?, findings: [Finding]
    ) {
        guard Files.isDirectory(path) else {
            throw UsageError("\(path) is no directory", action: "name the directory that holds programme.yaml")
        }
        let directory = try ProgrammeDirectory.read(at: path)
        var signers: [PromotionID: [PartnerID]] = [:]
        for file in directory.files where file.kind == .promotion {
            guard let id = try? PromotionID(file.name) else { continue }
            signers[id] = file.signatures.compactMap { signature in
                let parts = signature.name.split(separator: ".")
                return parts.count >= 2 ? try? PartnerID(String(parts[parts.count - 2])) : nil
            }
        }
        let (programme, findings) = ProgrammeCheck.check(
            directory, promotionSigners: signers, sha256: { SHA256.digest($0) })
        return (directory, programme, findings)
    }

    /// A directory's programme.
    ///
    /// - Throws: `Refusal` with every finding that refuses it, `UsageError` when the directory cannot be read.
    static func read(_ path: String) throws -> (directory: ProgrammeDirectory, programme: Programme) {
        let (directory, programme, findings) = try check(path)
        guard let programme else { throw Refusal(findings.filter(\.refuses)) }
        return (directory, programme)
    }
}

/// Checks a directory.
struct ProgrammeCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find every gap, overlap and contradiction of a programme's files in one pass.",
        discussion: """
            Prints one finding on a line: file and line, code, what was found, what to do. Signatures are not judged; \
            'load' does that.

            EXAMPLES
              coalition programme check programme
            """)

    @Argument(help: "The programme's directory.")
    var directory: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let (read, programme, findings) = try ProgrammeSource.check(directory)
        let lines = findings.map(Self.line)
        let refusals = findings.filter(\.refuses).count
        let warnings = findings.count - refusals
        let verdict = programme == nil ? "refused: \(refusals) findings" : "good: \(read.files.count) files"
        output.show(
            [
                "programme": .optional(programme?.id), "good": .bool(programme != nil),
                "findings": .list(findings.map { .encoded($0) }),
            ],
            (lines + [verdict + (warnings == 0 ? "" : ", \(warnings) warnings")]).joined(separator: "\n"))
        if programme == nil { throw QuietExit(status: .refused) }
    }

    private static func line(_ finding: Finding) -> String {
        let place = finding.place.field + (finding.place.line > 0 ? ":\(finding.place.line)" : "")
        let sentence = finding.detail.isEmpty ? finding.code.entry.rule : finding.detail
        let value = finding.value.isEmpty ? "" : " (\(finding.value))"
        let kind = finding.refuses ? "" : "warning "
        return "\(place): \(kind)\(finding.code): \(sentence)\(value) — \(finding.code.entry.action)"
    }
}

/// Loads a signed directory.
struct ProgrammeLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Verify a programme's signatures and write it to the log as the version in force.",
        discussion: """
            A file that lacks a signature is refused (CFG-004), and so is a change of dates with accepted records \
            (CFG-002). The same programme again changes nothing.

            EXAMPLES
              coalition programme load programme --data house
            """)

    @Argument(help: "The programme's directory with its signatures.")
    var directory: String

    @OptionGroup var place: WritingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard Files.isDirectory(directory) else {
            throw UsageError("\(directory) is no directory", action: "name the directory that holds programme.yaml")
        }
        let house = try place.house()
        let load = try await house.load(try ProgrammeDirectory.read(at: directory))
        let warnings = load.findings.map { "  \(ErrorReport.line($0))\n" }.joined()
        output.show(
            [
                "version": load.version.map { .number($0) } ?? .null,
                "findings": .list(load.findings.map { .encoded($0) }),
            ],
            "version \(load.version ?? 0) of the programme is in force\n" + warnings)
    }
}
