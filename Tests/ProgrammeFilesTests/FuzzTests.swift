import Primitives
import ProgrammeFiles
import ProgrammeModel
import TestKit
import Testing

/// A small generator with a seed (SplitMix64), so that a failure can be repeated.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite(.ownThreads) struct FuzzTests {
    /// How often the rounds are repeated.
    private static let rounds = TestLength.cases(1, long: 500)

    private static let pieces: [String] = [
        ":", ": ", "- ", "\n", "\n  ", "[", "]", "{", "}", ",", "&a ", "*a", "!", "!!int ", "|", ">", "'", "\"", "#",
        "?",
        "? ", "---\n", "...\n", "%YAML 1.1\n", "<<: ", "\t", "\u{0}", "\u{FEFF}", "\u{2028}", "é", "\\x", "\"\\ud800\"",
        "9999-12-31", "0001-01-01", "2026-02-29", "999999999999999999", "-1", "0", "1.000000000000", "EUR", "TND",
        "5 SML = 1000000 MKP", "ENRL", "HOST", "from: 2000-01-01", "DAILY", "WEEKLY", "validTo: ", "\u{E000}0",
    ]

    @Test("mutated files never crash the reader, and a programme comes out only without refusals", arguments: 0..<8)
    func mutations(_ seed: Int) {
        var random = Seeded(state: UInt64(seed) &+ 20_260_301)
        let paths = Draft.golden.files.keys.sorted()
        var refused = 0
        for _ in 0..<60 * Self.rounds {
            var draft = Draft.golden
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                guard let path = paths.randomElement(using: &random) else { continue }
                draft.files[path] = Self.mutate(draft.files[path] ?? "", &random)
            }
            let (programme, findings) = ProgrammeCheck.check(draft.directory, sha256: { _ in .zero })
            let isRefused = findings.contains(where: \.refuses)
            #expect((programme == nil) == isRefused, "seed \(seed)")
            if isRefused { refused += 1 }
            if let programme {
                _ = ProgrammeView.show(programme, on: BusinessDate(daysSince1970: 20_530)).text
            }
        }
        #expect(refused > 20)
    }

    @Test("arbitrary bytes never crash the reader", arguments: 0..<4)
    func noise(_ seed: Int) {
        var random = Seeded(state: UInt64(seed) &+ 77)
        for _ in 0..<60 * Self.rounds {
            let bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let yaml = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                Self.pieces.randomElement(using: &random) ?? ""
            }
            for content in [bytes, Array(yaml.joined().utf8)] {
                let files = [
                    SourceFile(path: "programme.yaml", kind: .programme, bytes: content),
                    SourceFile(path: "agreements/MARCHE.yaml", kind: .agreement, bytes: content),
                    SourceFile(path: "promotions/P.yaml", kind: .promotion, bytes: content),
                ]
                let (programme, findings) = ProgrammeCheck.check(
                    ProgrammeDirectory(files: files), sha256: { _ in .zero })
                #expect(programme == nil, "seed \(seed)")
                #expect(!findings.isEmpty)
            }
        }
    }

    private static func mutate(_ text: String, _ random: inout Seeded) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard !lines.isEmpty else { return text }
        let index = Int.random(in: lines.indices, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: lines.remove(at: index)
        case 1: lines.insert(lines[index], at: index)
        case 2: lines.insert(lines[Int.random(in: lines.indices, using: &random)], at: index)
        case 3: lines[index] = String(repeating: " ", count: Int.random(in: 0...9, using: &random)) + lines[index]
        case 4:
            let cut = Int.random(in: 0...lines[index].count, using: &random)
            lines[index] = lines[index].prefix(cut) + (pieces.randomElement(using: &random) ?? "")
        case 5:
            let parts = lines[index].split(separator: ":", maxSplits: 1)
            lines[index] = (parts.first ?? "") + ": " + (pieces.randomElement(using: &random) ?? "")
        default:
            let cut = lines[index].index(
                lines[index].startIndex, offsetBy: Int.random(in: 0...lines[index].count, using: &random))
            lines[index].insert(contentsOf: pieces.randomElement(using: &random) ?? "", at: cut)
        }
        return lines.joined(separator: "\n")
    }
}
