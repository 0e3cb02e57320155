import Auditing
import Evidence
import FileStore
import Foundation
import OpenSSLKit
import Primitives
import TestKit
import Testing

/// Bundles that a dishonest host has changed and listed anew: its manifest is right, and something else is not. Both
/// verifiers find the same stage.
@Suite(.ownThreads) struct ForgedBundleTests {
    /// A forgery and the stage that finds it.
    struct Forgery: Sendable, CustomTestStringConvertible {
        let title: String
        let stage: VerificationStage
        var partner: String?
        var window = "W-2026-03B"
        let change: @Sendable (inout BundleEditor) throws -> Void

        var testDescription: String { title }
    }

    /// The folder of the nth file of a bundle that has records.
    private static func batch(_ editor: BundleEditor, _ index: Int) throws -> String {
        let names = editor.names("/original").filter { editor[$0.replacing("original", with: "records.bin")] != [] }
        guard names.indices.contains(index) else { throw ScenarioError("the bundle has no file \(index)") }
        return String(names[index].dropLast("original".count))
    }

    /// Replaces the first digit of a file's first amount.
    private static func changeAmount(_ editor: inout BundleEditor, _ folder: String) throws {
        var text = String(decoding: editor[folder + "original"], as: UTF8.self)
        let marks = ["<LoyaltyAmount unit=\"MKP\">", "<LoyaltyAmount unit=\"SML\">", "<LoyaltyAmount unit=\"RWP\">"]
        if let mark = marks.compactMap({ text.range(of: $0) }).first {
            let digit = text[mark.upperBound]
            text.replaceSubrange(mark.upperBound...mark.upperBound, with: digit == "9" ? "8" : "9")
        } else {
            text = text.replacing(",DBIT", with: ",CRDT")
            if let comma = text.lastIndex(of: ",") { text.insert("1", at: text.index(after: comma)) }
        }
        editor[folder + "original"] = Array(text.utf8)
    }

    static let forgeries: [Forgery] = [
        Forgery(title: "an amount in an original", stage: .signature) { editor in
            try changeAmount(&editor, try batch(editor, 0))
        },
        Forgery(title: "two partners' files swapped, with their signatures", stage: .signature) { editor in
            let (a, b) = (try batch(editor, 0), try batch(editor, 3))
            for name in ["original", "signature.p7s"] {
                (editor[a + name], editor[b + name]) = (editor[b + name], editor[a + name])
            }
        },
        Forgery(title: "a file with its receipts taken out", stage: .completeness) { editor in
            editor.remove(try batch(editor, 1))
        },
        Forgery(title: "a file withheld as if it were closed, without an act", stage: .completeness) { editor in
            let folder = try batch(editor, 0)
            let count = editor[folder + "records.bin"].count / 134
            for name in ["original", "records.bin", "lines.json"] { editor.remove(folder + name) }
            editor[folder + "leaves.bin"] = [UInt8](repeating: 1, count: 32 * count)
        },
        Forgery(title: "a file taken out with its facts", stage: .log) { editor in
            let folder = try batch(editor, 1)
            let number = folder.split(separator: "/")[1]
            editor.remove(folder)
            editor.remove("log/facts/\(number)")
            let range = editor.names(under: "log/facts/")
            // In a bundle of the whole window every leaf of the range has its fact: the seal still names the file.
            editor[range[0]] = editor[range[0]] + [0x20]
        },
        Forgery(title: "a statement's figure", stage: .signature) { editor in
            try editor.replace(">14.40</Amount>", ">15.40</Amount>", in: "statements/STL-W-2026-03B-MARCHE.xml")
        },
        Forgery(title: "a receipt's instant", stage: .signature) { editor in
            let name = try batch(editor, 0) + "received.xml"
            try editor.replace("<IssuedDateTime>2026-03-", "<IssuedDateTime>2026-02-", in: name)
        },
        Forgery(title: "a fact", stage: .log) { editor in
            let name = try editor.names(under: "log/facts/").first {
                String(decoding: editor[$0], as: UTF8.self).contains("\"fileReceived\"")
            }.need("a receipt")
            try editor.replace("\"at\":\"2026-03", "\"at\":\"2026-02", in: name)
        },
        Forgery(title: "two facts in each other's place", stage: .log) { editor in
            let names = editor.names(under: "log/facts/").suffix(2)
            let (a, b) = (names[names.startIndex], names[names.index(after: names.startIndex)])
            (editor[a], editor[b]) = (editor[b], editor[a])
        },
        Forgery(title: "a leaf of the log", stage: .log) { editor in editor["log/leaves.bin"][40] ^= 1 },
        Forgery(title: "the range cut short", stage: .log) { editor in
            editor["log/leaves.bin"] = Array(editor["log/leaves.bin"].dropLast(32))
        },
        Forgery(title: "a proof of another fact", stage: .log) { editor in
            let names = editor.names(".tlog-proof")
            editor[names[0]] = editor[names[1]]
        },
        Forgery(title: "a record's sealed points", stage: .log) { editor in
            editor[try batch(editor, 0) + "records.bin"][29] ^= 1
        },
        Forgery(title: "a line's price", stage: .log) { editor in
            let name = try editor.names("/lines.json").first {
                String(decoding: editor[$0], as: UTF8.self).contains("P-MAR-ISS-1")
            }.need("lines of MARCHE")
            try editor.replace("P-MAR-ISS-1", "P-MAR-ISS-2", in: name)
        },
        Forgery(title: "a checkpoint's root", stage: .trust) { editor in
            let lines = String(decoding: editor["checkpoint.note"], as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: false)
            let root = lines[2].hasPrefix("A") ? "B" + lines[2].dropFirst() : "A" + lines[2].dropFirst()
            let text = (lines[..<2] + [Substring(root)] + lines[3...]).joined(separator: "\n")
            editor["checkpoint.note"] = Array(text.utf8)
        },
        Forgery(title: "a price in a signed agreement", stage: .signature) { editor in
            try editor.replace("0.00550 EUR", "0.00450 EUR", in: "programme/0001/agreements/MARCHE.yaml")
        },
        Forgery(title: "a price that the host resolved", stage: .signature) { editor in
            try editor.replace("P-MAR-ISS-1", "P-MAR-ISS-9", in: "programme/0001/resolved.json")
        },
        Forgery(title: "an act's document", stage: .signature) { editor in
            let name = try editor.names("/act.json").first {
                String(decoding: editor[$0], as: UTF8.self).contains("\"fixing\"")
            }.need("a fixing")
            try editor.replace("\"rate\":\"3", "\"rate\":\"4", in: name)
        },
        Forgery(title: "the maker's signature in the checker's place", stage: .signature) { editor in
            let name = try editor.names("/act.json.maker.p7s").first.need("an act")
            editor[name.replacing("maker", with: "checker")] = editor[name]
        },
        Forgery(title: "the statement before", stage: .signature) { editor in
            try editor.replace("<NetAmount>", "<NetAmount>1", in: "history/STL-W-2026-03A-MARCHE.xml")
        },
        Forgery(title: "the statement before taken out", stage: .completeness) { editor in
            editor.remove("history/STL-W-2026-03A-MARCHE.xml")
        },
        Forgery(title: "a statement taken out", stage: .completeness) { editor in
            editor.remove("statements/CLS-W-2026-03B-CARBU.xml")
        },
        Forgery(title: "another partner's statement in its place", stage: .signature) { editor in
            for ending in [".csv", ".csv.p7s"] {
                editor["statements/STL-W-2026-03B-MARCHE" + ending] =
                    editor["statements/STL-W-2026-03B-BANQUE" + ending]
            }
        },
        Forgery(title: "a signature taken out", stage: .completeness) { editor in
            editor.remove(try batch(editor, 0) + "signature.p7s")
        },
        Forgery(title: "a masked leaf's points", stage: .log, partner: "MARCHE", window: "W-2026-04A") { editor in
            let name = try editor.names("/masked.jsonl").first.need("a masked leaf")
            try editor.replace("43524c31", "43524c32", in: name)
        },
        Forgery(title: "a masked leaf taken out", stage: .arithmetic, partner: "MARCHE", window: "W-2026-04A") {
            editor in
            let name = try editor.names("/masked.jsonl").first.need("a masked leaf")
            editor[name] = []
        },
        Forgery(title: "a prior record", stage: .log, window: "W-2026-04A") { editor in
            let name = try editor.names(under: "priors/").first.need("a prior")
            try editor.replace("\"data\":\"43524c31", "\"data\":\"43524c32", in: name)
        },
    ]

    @Test("a forgery is found at its stage, by both verifiers", arguments: forgeries)
    func found(_ forgery: Forgery) async throws {
        let audited = try await AuditedHouse.shared.value
        var editor = try BundleEditor(try audited.bundle(forgery.window, partner: forgery.partner))
        let before = try editor.archive(signedBy: audited.key)
        #expect(try EvidenceVerifier.verify("", pins: audited.pins, files: OneFile(before)).findings == [])
        try forgery.change(&editor)
        let forged = try editor.archive(signedBy: audited.key)
        let report = try EvidenceVerifier.verify("", pins: audited.pins, files: OneFile(forged))
        #expect(report.failed == forgery.stage, "\(report.findings.prefix(5))")
        let second = try PythonVerifier.run(forged, audited)
        #expect(second.status == forgery.stage.exitStatus, "\(second.text) \(second.errors)")
    }

    @Test("every bundle of the story is good, for both verifiers", arguments: AuditedHouse.windows)
    func good(_ window: String) async throws {
        let audited = try await AuditedHouse.shared.value
        let scopes: [String?] = [nil] + AuditedHouse.partners
        for partner in scopes {
            let archive = try audited.bundle(window, partner: partner)
            let report = try EvidenceVerifier.verify("", pins: audited.pins, files: OneFile(archive))
            #expect(report.findings == [], "\(window) \(partner ?? "")")
            #expect(report.statements.count == (partner == nil ? 8 : 2))
            let second = try PythonVerifier.run(archive, audited)
            #expect(second.status == 0, "\(window) \(partner ?? ""): \(second.text) \(second.errors)")
        }
    }

    @Test("a partner's bundle has no other partner's member number, transaction id or agreement")
    func nothingOfOthers() async throws {
        let audited = try await AuditedHouse.shared.value
        var secrets: [String: Set<String>] = [:]
        for partner in AuditedHouse.partners {
            for window in AuditedHouse.windows {
                let own = try BundleEditor(try audited.bundle(window, partner: partner))
                for name in own.names("/original") {
                    let text = String(decoding: own[name], as: UTF8.self)
                    secrets[partner, default: []].formUnion(
                        text.split { !$0.isNumber }.filter { $0.count == 16 }.map(String.init))
                }
            }
        }
        for window in AuditedHouse.windows {
            for partner in AuditedHouse.partners {
                let text = String(decoding: try audited.bundle(window, partner: partner), as: UTF8.self)
                for (other, numbers) in secrets where other != partner {
                    let foreign = numbers.subtracting(secrets[partner] ?? [])
                    #expect(!foreign.contains { text.contains($0) }, "\(window) \(partner) shows members of \(other)")
                    #expect(
                        !text.contains("partner: \(other)\n"), "\(window) \(partner) shows an agreement of \(other)")
                }
            }
        }
    }

    @Test("another house's pins are an unknown trust root")
    func otherPins() async throws {
        let audited = try await AuditedHouse.shared.value
        let archive = try audited.bundle("W-2026-03A", partner: "BANQUE")
        let other = TestPKI.shared.authority.certificate
        let pins = PinsFile(authorities: [other], logKeys: [audited.key.verifier])
        #expect(try EvidenceVerifier.verify("", pins: pins, files: OneFile(archive)).failed == .trust)
        let none = PinsFile(authorities: audited.pins.authorities, logKeys: [])
        #expect(try EvidenceVerifier.verify("", pins: none, files: OneFile(archive)).failed == .trust)
    }
}
