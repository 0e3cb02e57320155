import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

/// The golden scenario's files with edits, as text by path.
struct Draft {
    var files: [String: String]

    static var golden: Draft {
        Draft(
            files: Dictionary(
                uniqueKeysWithValues: ScenarioProgramme.golden.map {
                    ($0.path, String(decoding: $0.bytes, as: UTF8.self))
                }))
    }

    /// Replaces the first occurrence of a text, which must be there.
    mutating func replace(
        _ old: String, with new: String, in path: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard let range = files[path]?.range(of: old) else {
            Issue.record("\(path) does not hold '\(old)'", sourceLocation: sourceLocation)
            return
        }
        files[path]?.replaceSubrange(range, with: new)
    }

    func replacing(
        _ old: String, with new: String, in path: String, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Draft {
        var copy = self
        copy.replace(old, with: new, in: path, sourceLocation: sourceLocation)
        return copy
    }

    /// The line on which a text stands first, counted from 1; 0 where it does not.
    func line(of text: String, in path: String) -> Int {
        guard let content = files[path], let range = content.range(of: text) else { return 0 }
        return content[..<range.lowerBound].count { $0 == "\n" } + 1
    }

    var directory: ProgrammeDirectory {
        ProgrammeDirectory(raw: files.map { (path: $0.key, bytes: Array($0.value.utf8)) })
    }

    func check() -> (programme: Programme?, findings: [Finding]) {
        ProgrammeCheck.check(directory, promotionSigners: Draft.signers, sha256: sha256)
    }

    /// The programme, which must be free of refusals.
    func programme(sourceLocation: SourceLocation = #_sourceLocation) throws -> Programme {
        let (programme, findings) = check()
        #expect(findings.filter(\.refuses).isEmpty, sourceLocation: sourceLocation)
        return try #require(programme, sourceLocation: sourceLocation)
    }

    static let signers: [PromotionID: [PartnerID]] = [
        PromotionID(unchecked: "PRM-SPRING"): [.railco, .marche],
        PromotionID(unchecked: "PRM-DUO"): [.railco, .marche],
    ]
}

extension PartnerID {
    static let marche = PartnerID(unchecked: "MARCHE")
    static let railco = PartnerID(unchecked: "RAILCO")
    static let banque = PartnerID(unchecked: "BANQUE")
    static let carbu = PartnerID(unchecked: "CARBU")
    static let host = PartnerID(unchecked: "HOST")
}

/// SHA-256 by an independent program.
func sha256(_ bytes: [UInt8]) -> Digest32 {
    let out = (try? run("sha256sum", [], input: Data(bytes))) ?? ""
    return Digest32(hex: String(out.prefix(64))) ?? .zero
}

/// Runs a program and answers what it printed.
@discardableResult
func run(_ program: String, _ arguments: [String], input: Data = Data(), in directory: URL? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    if let directory { process.currentDirectoryURL = directory }
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = FileHandle.nullDevice
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: input)
    try stdin.fileHandleForWriting.close()
    let out = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(program) \(arguments)")
    return String(decoding: out, as: UTF8.self)
}

/// A folder of its own for one test, removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("programme-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// The folder of the golden scenario.
let goldenFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Specs/scenarios/golden")

func day(_ text: String) throws -> BusinessDate { try #require(BusinessDate(text)) }
func instant(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }
