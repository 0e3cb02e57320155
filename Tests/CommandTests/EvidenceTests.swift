import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `evidence`, and what `verify` makes of it, of proofs, promises and checkpoints. Specs/evidence.md.
    @Suite struct EvidenceTests {
        private let host = Options.signer("host-signing")
        private let statement = "demo/statements/MARCHE/STL-W-2026-03B-MARCHE.xml"
        private let evidence = "evidence --window W-2026-03B --partner MARCHE"

        /// A copy of the house with a pins file.
        private func house() throws -> Workplace {
            let place = try DemoHouse.copy()
            try place.done("audit pins --out pins.pem \(Options.data)")
            return place
        }

        private func run(
            _ environment: [String], _ line: String, _ place: Workplace, in folder: ScratchFolder
        ) throws -> ExternalProgram.Outcome {
            try ExternalProgram.run(
                "env", environment + [Program.path] + line.split(separator: " ").map(String.init), in: folder)
        }

        @Test func aBundleSaysTheSameInAnotherPlaceZoneAndLanguage() throws {
            let place = try house()
            try place.done("\(evidence) --out march.tar \(Options.data)")
            let here = try place.json("verify march.tar --trust pins.pem")
            #expect(here["verdict"].text == "good")
            let elsewhere = try ScratchFolder("elsewhere")
            for name in ["march.tar", "pins.pem"] { try elsewhere.write(try place.folder.read(name), to: name) }
            for environment in [["TZ=Pacific/Kiritimati", "LC_ALL=tr_TR.UTF-8"], ["TZ=America/St_Johns", "LC_ALL=C"]] {
                let there = try run(environment, "verify march.tar --trust pins.pem --json", place, in: elsewhere)
                #expect(there.status == 0, "\(there)")
                #expect(try JSON(there.text)["checked"].items.count == here["checked"].items.count)
            }
            let made = try run(
                ["TZ=Pacific/Kiritimati", "LC_ALL=tr_TR.UTF-8"],
                "\(evidence) --out again.tar --data \(place.folder.path("demo/data"))", place, in: elsewhere)
            #expect(made.status == 0, "\(made)")
            #expect(try elsewhere.read("again.tar") == place.folder.read("march.tar"))
        }

        @Test func aFileAndARecordHaveEvidenceOfTheirOwn() throws {
            let place = try house()
            try place.done("evidence --file MARCHE/LIVE/4 --out file.tar \(Options.data)")
            try place.done("evidence --record CLR-00000081-1 --out record.tar \(Options.data)")
            for name in ["file.tar", "record.tar"] {
                let report = try place.json("verify \(name) --trust pins.pem")
                #expect(report["verdict"].text == "good")
                #expect(report["remarks"].items.count == 1)
            }
            #expect(try place.run("evidence --record CLR-00000081-2 --out none.tar \(Options.data)").status != 0)
            #expect(!place.exists("none.tar"))
        }

        @Test func aClearedReceiptProvesWhatItSays() throws {
            let place = try house()
            try place.done("receipt get MARCHE/LIVE/4 --grade CLEARED --out cleared.xml \(Options.data)", notes: true)
            let report = try place.json("verify cleared.xml --trust pins.pem")
            #expect(report["proved"].items.count == 1)
            // Another fact, another path, another size: signed by the host, and proved wrong by the log's key.
            let text = try place.text("cleared.xml")
            var forgeries = 0
            for mark in ["fileReceived&quot;:{", "fileReceived\":{", "<Hash>", "<Inclusion sequence=\""] {
                guard let range = text.range(of: mark) else { continue }
                var forged = text
                let digit = text[range.upperBound] == "1" ? "2" : "1"
                forged.replaceSubrange(range.upperBound...range.upperBound, with: digit)
                try place.write(forged, to: "forged.xml")
                try place.done("sign forged.xml \(host) --out forged.xml.p7s")
                let outcome = try place.run("verify forged.xml --trust pins.pem")
                #expect(outcome.status == 18, "\(mark): \(outcome)")
                try FileManager.default.removeItem(atPath: place.folder.path("forged.xml.p7s"))
                forgeries += 1
            }
            #expect(forgeries == 3)
        }

        @Test func aStatementWithoutThePromisedFileIsABreach() throws {
            let place = try house()
            try place.done("receipt get MARCHE/LIVE/4 --grade RECEIVED --out received.xml \(Options.data)", notes: true)
            let kept = try place.json("verify \(statement) --promise received.xml --trust pins.pem")
            #expect(kept["proved"].items.count == 1)
            let text = try place.text(statement)
            let line = try #require(
                text.range(of: "<File sequence=\"4\"[^>]*>[^<]*</File>", options: .regularExpression))
            try place.write(text.replacingCharacters(in: line, with: ""), to: "short.xml")
            try place.done("sign short.xml \(host) --out short.xml.p7s")
            let outcome = try place.run("verify short.xml --promise received.xml --trust pins.pem")
            #expect(outcome.status == 13, "\(outcome)")
            #expect(outcome.errors.contains("BREACH"))
            // Another window's statement says nothing of the promise.
            let other = statement.replacing("03B", with: "04A")
            #expect(try place.run("verify \(other) --promise received.xml --trust pins.pem").status == 16)
        }
    }
}
