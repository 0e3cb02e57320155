import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `member find` and `forget`, and what the other commands and evidence say of closed files afterwards.
    @Suite(.serialized) struct ForgettingTests {
        private let acts = "--data demo/data \(Options.maker) \(Options.checker)"

        /// Every entry of an archive in which a member's number stands in clear.
        private func traces(of number: String, in archive: String, _ place: Workplace) throws -> String {
            let script = """
                import sys, tarfile
                with tarfile.open(sys.argv[1]) as tar:
                    for m in tar.getmembers():
                        if sys.argv[2].encode() in tar.extractfile(m).read(): print(m.name)
                """
            return try ExternalProgram.run("python3", ["-c", script, archive, number], in: place.folder).text
        }

        /// A house in which one member was found and forgotten, everywhere.
        private func forgotten() async throws -> (place: Workplace, member: String) {
            let place = try DemoHouse.copy()
            let member = try #require(place.members.min())
            let found = try place.json("member find \(member) --data demo/data --draft drafts --reference CASE-17")
            #expect(found["files"].items.count > 3)
            #expect(found["messages"].items.compactMap { $0["message"].text }.contains("MARCHE/MARCHE-RT-T03"))
            #expect(found["files"].items.allSatisfy { $0["state"].text == "OPEN" })
            let drafts = found["drafts"].items.compactMap(\.text)
            #expect(drafts.count > 1)
            for draft in drafts {
                await Task.yield()
                #expect(try !place.text(draft).contains(member))
                #expect(try place.json("forget --document \(draft) \(acts)")["state"].text == "DONE")
            }
            return (place, member)
        }

        @Test func aMemberIsFoundForgottenAndShownToNobody() async throws {
            let (place, member) = try await forgotten()
            let again = try place.json("member find \(member) --data demo/data --draft none")
            #expect(again["drafts"].items.isEmpty)
            let entries = again["files"].items + again["messages"].items
            #expect(entries.allSatisfy { $0["state"].text == "CLOSED" })
            #expect(try place.done("member find 9999999999999995 --data demo/data").text.contains("in no file"))
            try place.fails(.usage, "usage", "member find 12345 --data demo/data")

            await Task.yield()
            let check = try place.json("check --data demo/data")
            #expect(check["verdict"].text == "good")
            #expect(check["closed"].text?.hasPrefix("\(entries.count) files and messages") == true)
            #expect(check["notJudgedAnew"].text == nil)
            await Task.yield()
            let record = try place.json("explain MARCHE:T01 --data demo/data")
            #expect(record["transaction"].text == nil && record["member"].text == nil)
            #expect(record["closed"].text?.hasPrefix("the original, by fact ") == true)
            #expect(record["points"].text == "67")
            let message = try place.json("explain MARCHE:T03 --data demo/data")
            #expect(message["closed"].text != nil && message["member"].text == nil)
            let outcome = try place.run("records W-2026-03B --partner MARCHE --json --data demo/data")
            #expect(outcome.errors.contains("was closed"))
            #expect(outcome.text.split(separator: "\n").count > 3)
            for line in outcome.text.split(separator: "\n") {
                let row = try JSON(String(line))
                #expect(row["transactionId"].text == "" && row["member"].text == "", "\(line)")
            }
            await Task.yield()
            let sample = try place.done("audit sample --window W-2026-03B --size 5 --data demo/data").text
            #expect(sample.contains("closed") && !sample.contains("****"))
            let exceptions = try place.done("audit exceptions --from 2026-01-01 --to 2026-12-31 --data demo/data").text
            #expect(exceptions.contains(" forget"))
            await Task.yield()
            try place.done("backup --data demo/data --to copy", notes: true)
            #expect(try place.json("check --data copy --quick")["verdict"].text == "good")
        }

        @Test func evidenceIsGoodForBothVerifiersAndHasNoTraceOfTheMember() async throws {
            let (place, member) = try await forgotten()
            await Task.yield()
            let before = try DemoHouse.place.folder.path("demo/data")
            try place.done("evidence --window W-2026-03B --out open.tar --data \(before)")
            #expect(try traces(of: member, in: "open.tar", place).contains("/original"))
            for window in ["W-2026-03A", "W-2026-03B", "W-2026-04A", "W-2026-04B"] {
                for partner in [nil, "MARCHE", "RAILCO"] {
                    await Task.yield()
                    let names = try place.proves(window, partner: partner, data: "demo/data")
                    let archive = "proof-\(window)-\(partner ?? "all").tar"
                    #expect(try traces(of: member, in: archive, place) == "", "\(archive)")
                    #expect(!names.contains("/original\n") && !names.contains("message.cms"), "\(archive)")
                    // An act is about one partner, so that nobody learns of another's files by it.
                    let hasLeaves = names.split(separator: "\n").contains {
                        $0.hasPrefix("batches/") && $0.hasSuffix("/leaves.bin")
                    }
                    guard let partner, hasLeaves else { continue }
                    let acts = try ExternalProgram.run(
                        "tar", ["-xOf", archive, "--wildcards", "acts/*/act.json"], in: place.folder
                    ).text
                    #expect(acts.contains("\"\(partner)/LIVE/"), "\(archive)")
                    for other in ["BANQUE", "CARBU", "MARCHE", "RAILCO"] where other != partner {
                        #expect(!acts.contains("\(other)/LIVE/"), "\(archive): \(acts)")
                    }
                }
            }
            await Task.yield()
            let whole = try place.run("verify proof-W-2026-03B-all.tar --trust proof-W-2026-03B-all.pem")
            #expect(whole.text.contains("rests on erased or closed records"))
            #expect(whole.text.contains("issued"))
            try place.done("evidence --file MARCHE/LIVE/1 --out file.tar --data demo/data")
            let received = try #require(
                place.json("status MARCHE/LIVE/1 --data demo/data")["arrivals"].items.last?["receipts"].text)
            let number = try #require(Int(received.dropFirst(4).prefix(8)))
            let reference = "CLR-\(String(format: "%08d", number))-1"
            try place.done("evidence --record \(reference) --out record.tar --data demo/data")
            for archive in ["file.tar", "record.tar"] {
                await Task.yield()
                #expect(try traces(of: member, in: archive, place) == "", "\(archive)")
                try expectGood(archive, place)
            }
        }

        private func expectGood(_ archive: String, _ place: Workplace) throws {
            let pins = "proof-W-2026-03B-all.pem"
            let first = try place.run("verify \(archive) --trust \(pins)")
            #expect(first.status == 0, "\(archive): \(first)")
            let verifier = GoldenScenario.specs.appending(path: "verify/verify_evidence.py").path
            let second = try ExternalProgram.run("python3", [verifier, archive, "--trust", pins], in: place.folder)
            #expect(second.status == 0, "\(archive): \(second)")
        }

        /// The file that brought a record.
        private func file(of record: String, _ place: Workplace) throws -> String {
            let name = try #require(place.json("explain \(record) --data demo/data")["broughtBy"].text)
            return try #require(name.split(separator: " ").map(String.init).last { $0.contains("/LIVE/") })
        }

        /// A bonus is reversed twice in one window: the file with the first reversal is closed, all else is open, so
        /// that less of the bonus is left than what is seen leaves.
        @Test func aReversalBehindAClosedOneIsTakenAsItIsSealed() async throws {
            let place = try DemoHouse.copy()
            let closed = try file(of: "RAILCO:T23", place)
            #expect(try file(of: "RAILCO:T28", place) != closed)
            try place.done("forget \(closed) --reason MEMBER-REQUEST \(acts)")
            for window in ["W-2026-04A", "W-2026-04B"] {
                for partner in [nil, "RAILCO"] {
                    await Task.yield()
                    try place.proves(window, partner: partner, data: "demo/data")
                }
            }
            // Its funder still sees every record that counts on its lines, masked, and no act.
            await Task.yield()
            let names = try place.proves("W-2026-04A", partner: "MARCHE", data: "demo/data")
            #expect(names.contains("/masked.jsonl\n"))
            let verdict = try place.run("verify proof-W-2026-04A-MARCHE.tar --trust proof-W-2026-04A-MARCHE.pem").text
            #expect(verdict.contains("attested") && !verdict.contains("erased or closed"))
        }

        /// The record that is reversed is closed, or a repeat's first one.
        @Test func whatGoesBackToAClosedRecordIsIssued() async throws {
            let place = try DemoHouse.copy()
            for record in ["MARCHE:T01", "RAILCO:T06"] {
                try place.done("forget \(try file(of: record, place)) --reason MEMBER-REQUEST \(acts)")
            }
            try place.done("forget --message MARCHE/MARCHE-RT-T03 --reason MEMBER-REQUEST \(acts)")
            for window in ["W-2026-03B", "W-2026-04A", "W-2026-04B"] {
                for partner in [nil, "MARCHE", "RAILCO", "BANQUE"] {
                    await Task.yield()
                    try place.proves(window, partner: partner, data: "demo/data")
                }
            }
        }

        @Test func aDocumentOfAClosedFileIsRefusedOverTheSocket() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            let client = gateway.client("MARCHE-tls")
            let receipts = try #require(
                place.json("status MARCHE/LIVE/1 --data demo/data")["arrivals"].items.last?["receipts"].text)
            let validated = receipts.split(separator: " ")[1]
            let before = try place.done("receipt get \(validated).results.csv \(client)").text
            #expect(before.contains("T01"))
            let officer = gateway.client("maker")
            try place.fails(.usage, "usage", "forget MARCHE/LIVE/1 \(officer) \(Options.maker)")
            try place.done(
                "forget MARCHE/LIVE/1 --reason MEMBER-REQUEST \(officer) \(Options.maker) \(Options.checker)")
            try place.fails(.refused, "PRV-003", "receipt get \(validated).results.csv \(client)")
            #expect(try place.done("receipt get \(validated) \(client)").text.contains("VALIDATED"))
            try place.fails(
                .refused, "ACT-005",
                "forget MARCHE/LIVE/1 --reason MEMBER-REQUEST \(officer) \(Options.maker) \(Options.checker)")
            gateway.stop()
        }
    }
}
