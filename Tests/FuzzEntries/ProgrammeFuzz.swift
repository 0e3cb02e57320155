import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel

/// Text as the files of a programme's directory. A line `=== path` begins the file of that path.
enum ProgrammeFuzz {
    static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
        let files = files(bytes)
        let (programme, findings) = check(files)
        try hold(
            (programme == nil) == findings.contains(where: \.refuses), "a programme comes out without refusals only")
        try hold(findings.count <= 2 * 2_000, "findings are bounded")
        let (other, otherFindings) = check(files.reversed())
        if Set(files.map(\.path)).count == files.count {
            try hold(programme == other && findings == otherFindings, "the order of files does not matter")
        }
        for finding in findings { try hold(finding.place.line >= 0, "lines are counted from 1") }
        guard let programme else { return }
        try hold(ProgrammeDiff.diff(programme, programme).isEmpty, "a programme does not differ from itself")
        let violations = EffectiveChange.violations(
            old: programme, new: programme, lastAcceptedBusinessDate: { _ in day },
            openedUpTo: Timestamp(milliseconds: 1_800_000_000_000))
        try hold(violations.isEmpty, "a programme may follow itself: \(violations)")
        for partner in [nil] + programme.agreements.map({ $0.partner as PartnerID? }) {
            let view = ProgrammeView.show(programme, on: day, for: partner)
            try hold(!view.text.isEmpty && view.viewer == partner, "a programme can be shown")
        }
    }

    private static let day = BusinessDate(daysSince1970: 20_530)

    /// Checks an input's files.
    static func check(_ bytes: [UInt8]) -> (Programme?, [Finding]) { check(files(bytes)) }

    private static func check(_ files: [(path: String, bytes: [UInt8])]) -> (Programme?, [Finding]) {
        ProgrammeCheck.check(ProgrammeDirectory(raw: files)) { SHA256.digest($0) }
    }

    /// At most 16 files; what stands before the first mark is `programme.yaml`.
    static func files(_ bytes: [UInt8]) -> [(path: String, bytes: [UInt8])] {
        var out: [(path: String, bytes: [UInt8])] = []
        var current = (path: "programme.yaml", bytes: [UInt8]())
        let mark = Array("=== ".utf8)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard line.starts(with: mark), out.count < 16 else {
                current.bytes += line + [0x0A]
                continue
            }
            if !current.bytes.isEmpty { out.append(current) }
            current = (String(decoding: line.dropFirst(mark.count), as: UTF8.self), [])
        }
        return out + [current]
    }

    /// The opposite of `files`.
    static func join(_ files: [(path: String, bytes: [UInt8])]) -> [UInt8] {
        files.flatMap { Array("=== \($0.path)\n".utf8) + $0.bytes }
    }
}
