import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `programme check|sign|load|show|diff`.
    @Suite struct ProgrammeTests {
        @Test func everyDefectIsFoundInOnePassWithFileAndLine() throws {
            let place = try DemoHouse.copy()
            let good = try place.json("programme check demo/programme")
            #expect(good["good"].isTrue)
            #expect(good["programme"].text == "SMILES")
            #expect(try place.done("programme check demo/programme").text == "good: 7 files\n")

            try change("agreements/MARCHE.yaml", "3 MKP = 2 SML", "0 MKP = 2 SML", in: place)
            try change("agreements/CARBU.yaml", "graceDays: 3", "graceDays: three", in: place)
            let outcome = try place.run("programme check demo/programme")
            #expect(outcome.status == Program.Status.refused.rawValue)
            let lines = outcome.text.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("agreements/MARCHE.yaml:") && $0.contains("CFG-") })
            #expect(lines.contains { $0.hasPrefix("agreements/CARBU.yaml:") && $0.contains("CFG-") })
            let bad = try place.json("programme check demo/programme", status: .refused)
            #expect(!bad["good"].isTrue)
            #expect(bad["findings"].items.count >= 2)
            try place.fails(.refused, "CFG-005", "programme sign demo/programme --as maker \(Options.maker)")
            try place.fails(.refused, "CFG-005", "programme load demo/programme --data demo/data")
        }

        private func change(_ file: String, _ old: String, _ new: String, in place: Workplace) throws {
            let path = "demo/programme/\(file)"
            let text = try place.text(path)
            try #require(text.contains(old))
            try place.write(text.replacingOccurrences(of: old, with: new), to: path)
        }

        @Test func aProgrammeIsShownOnADayAndToAPartnerAlone() throws {
            let place = try DemoHouse.place
            let host = try place.json("programme show --data demo/data --on 2026-03-20")
            #expect(host["agreements"].items.count == 4)
            let partner = try place.json("programme show --data demo/data --on 2026-03-20 --partner MARCHE")
            #expect(partner["agreements"].items.count == 1)
            let text = try place.done("programme show demo/programme --on 2026-03-20 --partner MARCHE").text
            #expect(text.contains("as MARCHE sees it"))
            #expect(!text.contains("CARBU"))
            try place.fails(.refused, "ACT-004", "programme show --data demo/data --partner NOBODY")
        }

        @Test func differencesAreToldInWords() throws {
            let place = try DemoHouse.copy()
            #expect(try place.done("programme diff --data demo/data demo/programme").text == "no difference\n")
            try place.done("programme diff demo/programme demo/programme --json")
            try change("agreements/CARBU.yaml", "graceDays: 3", "graceDays: 4", in: place)
            let changes = try place.json("programme diff --data demo/data demo/programme").items
            #expect(changes.count == 1)
            let text = try place.done("programme diff --data demo/data demo/programme").text
            #expect(text.contains("CARBU"))
            #expect(text.contains("4"))
        }

        @Test func aChangeMustBeSignedByAllWhomItBindsAndSpareThePast() throws {
            let place = try DemoHouse.copy()
            // The files as they are: nothing new. With a byte changed: the signatures are not of these bytes.
            #expect(try place.json("programme load demo/programme --data demo/data")["version"].number == 1)
            try change("agreements/CARBU.yaml", "graceDays: 3", "graceDays: 4", in: place)
            let unsigned = try place.run("programme load demo/programme --data demo/data")
            #expect(unsigned.status == Program.Status.refused.rawValue, "\(unsigned)")
            #expect(unsigned.errors.hasPrefix("coalition: CFG-004") || unsigned.errors.hasPrefix("coalition: SIG-"))

            try place.done("programme sign demo/programme --as maker \(Options.maker)")
            try place.done("programme sign demo/programme --as checker \(Options.signer("checker"))")
            for partner in ["BANQUE", "CARBU", "MARCHE", "RAILCO"] {
                let signed = try place.json(
                    "programme sign demo/programme --as partner \(Options.signer("\(partner)-signing"))")
                #expect(signed["signer"].text == partner)
            }
            try place.fails(.refused, "CFG-002", "programme load demo/programme --data demo/data")
            try place.fails(.usage, "usage", "programme sign demo/programme --as partner \(Options.maker)")
        }
    }
}
