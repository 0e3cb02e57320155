import Foundation
import TestKit
import Testing

extension CommandTests {
    /// Renderings of statements and messages to banks, judged by other programs.
    @Suite struct DocumentTests {
        /// The script that reads renderings with other programs.
        private static let figures = GoldenScenario.specs.deletingLastPathComponent()
            .appending(path: "Tests/Documents/figures.py").path

        /// Exports every statement of the demonstration in every form, the XML beside them.
        private func exported() throws -> (place: Workplace, ids: [String]) {
            let place = try DemoHouse.copy()
            let names = try place.json("statement list --data demo/data").items.compactMap { $0["name"].text }
            let ids = names.filter { $0.hasSuffix(".xml") && !$0.hasPrefix("HST-") }.map { String($0.dropLast(4)) }
            #expect(ids.count == 32)
            try FileManager.default.createDirectory(atPath: place.folder.path("out"), withIntermediateDirectories: true)
            for id in ids {
                try place.done("statement get \(id) --format xml --out out/\(id).xml --data demo/data", notes: true)
                for format in ["pdf", "pdf-fr", "xlsx", "csv", "csv-fr"] + (id.hasPrefix("STL-") ? ["camt053"] : []) {
                    try place.done(
                        "statement export \(id) --format \(format) --from out/\(id).xml --out out", notes: true)
                }
                let issued = try place.done("statement get \(id) --format csv --data demo/data").output
                #expect(try place.folder.read("out/\(id).csv") == issued, "\(id)")
            }
            return (place, ids)
        }

        private func compare(_ place: Workplace, _ arguments: String...) throws {
            let outcome = try ExternalProgram.run("python3", [Self.figures, "out"] + arguments, in: place.folder)
            if outcome.status == 77 { return Program.say(outcome.text) }
            #expect(outcome.status == 0, "\(outcome.errors)\(outcome.text)")
            #expect(outcome.text.contains("comparisons"))
        }

        @Test func everyRenderingHasTheFiguresOfTheXML() throws {
            let (place, ids) = try exported()
            try compare(place)
            try compare(place, "--camt")
            try compare(place, "--recalculate")
            for id in ids where id.hasPrefix("STL-") {
                try ISOSchemas.accept("out/\(id).camt053.xml", "camt.053.001.08", in: place.folder)
            }
        }

        @Test func theSameStatementGivesTheSameBytes() throws {
            let place = try DemoHouse.copy()
            let id = "STL-W-2026-03B-MARCHE"
            for format in ["pdf", "xlsx", "csv-fr", "camt053"] {
                try place.done("statement export \(id) --format \(format) --out a --data demo/data", notes: true)
                try place.done("statement export \(id) --format \(format) --out b --data demo/data", notes: true)
                #expect(try place.folder.read("a") == place.folder.read("b"), "\(format)")
            }
            try place.fails(
                .refused, "BNK-001", "statement export CLS-W-2026-03B-MARCHE --format camt053 --data demo/data")
            try place.fails(.refused, "NET-005", "statement export HST-W-2026-03B --format pdf --data demo/data")
            try place.fails(.usage, "usage", "statement export \(id) --format pdf")
        }

        @Test func ordersForTheBankAreAcceptedByTheSchemasAndHoldTheInstructions() throws {
            let place = try DemoHouse.copy()
            let officer =
                "--data demo/data --cert demo/pki/maker.pem --key demo/pki/maker.key "
                + "--checker-cert demo/pki/checker.pem --checker-key demo/pki/checker.key"
            try place.fails(.refused, "ACT-004", "bank export W-2026-04B --format pain001 --data demo/data")
            try place.done("settlement approve W-2026-04B \(officer)")
            try place.done("bank export W-2026-04B --format pain001 --out pay.xml --data demo/data", notes: true)
            try ISOSchemas.accept("pay.xml", "pain.001.001.09", in: place.folder)
            let order = try place.text("pay.xml")
            for part in [
                "<NbOfTxs>2</NbOfTxs>", "<CtrlSum>16.67</CtrlSum>", "<InstdAmt Ccy=\"EUR\">5.00</InstdAmt>",
                "<EndToEndId>STL-W-2026-04B-MARCHE-EUR</EndToEndId>", "<IBAN>FR7630006000011234567890189</IBAN>",
                "<BtchBookg>false</BtchBookg>", "<Dt>2026-05-06</Dt>",
            ] {
                #expect(order.contains(part), "\(part)")
            }
            try place.fails(.refused, "BNK-001", "bank export W-2026-04B --format pain008 --data demo/data")

            let again =
                "settlement return STL-W-2026-04A-BANQUE-EUR --bank-reference X1 --date 2026-05-06 --reason AM04"
            try place.done("\(again) \(officer)")
            try place.done("settlement resend STL-W-2026-04A-BANQUE-EUR \(officer)")
            try place.done("bank export W-2026-04A --format pain008 --out collect.xml --data demo/data", notes: true)
            try ISOSchemas.accept("collect.xml", "pain.008.001.08", in: place.folder)
            let debit = try place.text("collect.xml")
            for part in [
                "<EndToEndId>STL-W-2026-04A-BANQUE-EUR-R1</EndToEndId>", "<MndtId>COALITION-BANQUE-01</MndtId>",
                "<DtOfSgntr>2025-12-15</DtOfSgntr>", "<Id>FR09ZZZ903112</Id>",
                "<InstdAmt Ccy=\"EUR\">150.07</InstdAmt>",
            ] {
                #expect(debit.contains(part), "\(part)")
            }
        }
    }
}

/// The schemas of ISO 20022, which are ISO's and no part of this repository.
enum ISOSchemas {
    /// The folder: `COALITION_ISO_SCHEMAS`, or `shared/xsd` beside the repository; nil when neither is there.
    static let folder: String? = {
        let beside = GoldenScenario.specs.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "shared/xsd").path
        let named = ProcessInfo.processInfo.environment["COALITION_ISO_SCHEMAS"]
        return [named, beside].compactMap(\.self).first {
            FileManager.default.fileExists(atPath: "\($0)/camt.053.001.08.xsd")
        }
    }()

    /// Lets xmllint judge a message by its official schema, and says so when the schema is not here.
    static func accept(
        _ file: String, _ schema: String, in place: ScratchFolder, at location: SourceLocation = #_sourceLocation
    ) throws {
        guard let folder else {
            return Program.say(
                "the schemas of ISO 20022 were not found (COALITION_ISO_SCHEMAS): \(file) was not judged")
        }
        let outcome = try ExternalProgram.run(
            "xmllint", ["--noout", "--nonet", "--schema", "\(folder)/\(schema).xsd", file], in: place)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: location)
    }
}

extension Program {
    /// Tells whoever runs the tests what was not looked at.
    static func say(_ words: String) {
        FileHandle.standardError.write(Data("NOTE: \(words.trimmingCharacters(in: .newlines))\n".utf8))
    }
}
