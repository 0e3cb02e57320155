import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

@Suite struct ReferenceTests {
    private let reference = goldenFolder.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("programme.md")

    /// Where an unknown key is put to learn which keys are known: file, text, and the text with the key before it.
    private static let probes: [(file: String, old: String, new: String)] = [
        ("programme.yaml", "programme: SMILES", "zzz: 1\nprogramme: SMILES"),
        ("programme.yaml", "  id: HOST", "  zzz: 1\n  id: HOST"),
        ("programme.yaml", "  frequency:", "  zzz: 1\n  frequency:"),
        ("programme.yaml", "    businessDay:", "    zzz: 1\n    businessDay:"),
        ("programme.yaml", "officers: []", "officers: [{zzz: 1}]"),
        ("programme.yaml", "  frequency: HALF_MONTHLY", "  windows: [{zzz: 1}]"),
        ("agreements/MARCHE.yaml", "partner: MARCHE", "zzz: 1\npartner: MARCHE"),
        ("agreements/MARCHE.yaml", "  - label: SIREN", "  - zzz: 1\n    label: SIREN"),
        ("agreements/MARCHE.yaml", "  bic:", "  zzz: 1\n  bic:"),
        ("agreements/MARCHE.yaml", "certificates: []", "certificates: [{zzz: 1}]"),
        ("agreements/MARCHE.yaml", "    graceDays:", "    zzz: 1\n    graceDays:"),
        ("agreements/MARCHE.yaml", "      policy:", "      zzz: 1\n      policy:"),
        ("agreements/MARCHE.yaml", "      hostSupplies:", "      zzz: 1\n      hostSupplies:"),
        ("agreements/MARCHE.yaml", "        category:", "        zzz: 1\n        category:"),
        ("agreements/MARCHE.yaml", "    ratio:", "    zzz: 1\n    ratio:"),
        ("agreements/MARCHE.yaml", "    price:", "    zzz: 1\n    price:"),
        ("agreements/MARCHE.yaml", "    amount:", "    zzz: 1\n    amount:"),
        ("promotions/PRM-DUO.yaml", "name:", "zzz: 1\nname:"),
    ]

    @Test("every key that the reader knows stands in the reference")
    func keys() throws {
        let text = try String(contentsOf: reference, encoding: .utf8)
        // Keys stand in code marks, possibly behind their parents: `rejection.policy`.
        let words = Set(text.split(separator: "`").flatMap { $0.split { !$0.isLetter } }.map(String.init))
        var known: Set<String> = []
        for probe in Self.probes {
            let findings = Draft.golden.replacing(probe.old, with: probe.new, in: probe.file).check().findings
            let told = try #require(findings.first { $0.detail.hasPrefix("unknown key") }, "\(probe.new)")
            let list = try #require(told.detail.split(separator: ":").last)
            known.formUnion(list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
        }
        #expect(known.count > 60)
        #expect(known.subtracting(words) == [])
    }

    @Test("the reference names every code of the configuration, and the limits as they are")
    func codes() throws {
        let text = try String(contentsOf: reference, encoding: .utf8)
        for number in 1...7 { #expect(text.contains("| CFG-00\(number) |")) }
        #expect(text.contains("| windows of a calendar | 4 000 |"))
        let tooLong = Draft.golden.replacing("HALF_MONTHLY", with: "DAILY", in: "programme.yaml")
            .replacing("to: 2026-12-31", with: "to: 2037-02-10", in: "programme.yaml")
        // 1 March 2026 and 3 999 days more are 4 000 windows.
        #expect(tooLong.check().programme?.windows.count == 4000)
        let longer = tooLong.replacing("to: 2037-02-10", with: "to: 2037-02-11", in: "programme.yaml")
        #expect(longer.check().findings.map(\.code) == [.cfg005])
    }
}
