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

        /// Records, messages and files of the day on which the demonstration ends.
        private enum Later {
            static func record(
                _ id: String, _ type: String, _ units: Int, _ unit: String = "MKP", more: String = ""
            ) -> String {
                """
                <Transaction><TransactionId>\(id)</TransactionId>
                <LoyaltyTransactionType>\(type)</LoyaltyTransactionType>
                <TransactionDateTime>2026-05-01T06:00:0\(id.count % 10)Z</TransactionDateTime>
                <BusinessDate>2026-05-01</BusinessDate>
                <LoyaltyAccount><LoyaltyAccountId type="CARD">\(Batches.member)</LoyaltyAccountId></LoyaltyAccount>
                <LoyaltyAmount unit="\(unit)">\(units)</LoyaltyAmount>\(more)</Transaction>

                """
            }

            static func reversal(_ id: String, of original: String, _ units: Int, _ unit: String = "MKP") -> String {
                let more =
                    "<OriginalTransaction><TransactionId>\(original)</TransactionId></OriginalTransaction>"
                return record(id, "RVSL", units, unit, more: more)
            }

            static func message(_ id: String, _ partner: String, _ record: String) -> String {
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
                <MessageHeader><MessageId>\(id)</MessageId>
                <CreationDateTime>2026-05-01T07:00:00Z</CreationDateTime>
                <PartnerId>\(partner)</PartnerId></MessageHeader>
                \(record)</LoyaltyRequest>

                """
            }

            /// A file of MARCHE with these records.
            static func file(_ sequence: Int, _ records: [String], sum: Int) -> String {
                let whole = Batches.xml(sequence, dates: [], units: "0")
                return whole.replacing("<NumberOfTransactions>0<", with: "<NumberOfTransactions>\(records.count)<")
                    .replacing("<ControlSum unit=\"MKP\">0<", with: "<ControlSum unit=\"MKP\">\(sum)<")
                    .replacing("</GroupHeader>", with: "</GroupHeader>\n" + records.joined())
            }
        }

        /// Files and messages, some of them closed before the next one goes back to them, in the window that is open.
        private func goOn(in place: Workplace) async throws {
            func submit(_ sequence: Int, _ records: [String], sum: Int, by key: String = "MARCHE-signing") throws {
                try place.write(Later.file(sequence, records, sum: sum), to: "f\(sequence).xml")
                _ = try place.run("submit f\(sequence).xml \(Options.signer(key)) --data demo/data")
            }
            func send(_ id: String, _ partner: String, _ record: String) throws {
                try place.write(Later.message(id, partner, record), to: "\(id).xml")
                let signer = Options.signer("\(partner)-signing")
                _ = try place.run("send \(id).xml --partner \(partner) \(signer) --data demo/data")
            }
            func forget(_ names: String) throws { try place.done("forget \(names) --reason X \(acts)") }
            try submit(10, [Later.record("N1", "ACCR", 100), Later.record("N02", "ACCR", 250)], sum: 350)
            try submit(11, [Later.record("N003", "ACCR", 300)], sum: 300)
            try send("RT-A", "MARCHE", Later.record("A", "ACCR", 700))
            try send("RT-ZERO", "MARCHE", Later.record("Z", "ACCR", 0))
            await Task.yield()
            let spring = "<PromotionId>PRM-SPRING</PromotionId>"
            try send("RT-B", "RAILCO", Later.record("B", "BONU", 1001, "SML", more: spring))
            try send("RT-C", "RAILCO", Later.reversal("C", of: "B", 334, "SML"))
            try forget("MARCHE/LIVE/10 --message MARCHE/RT-A --message MARCHE/RT-ZERO")
            await Task.yield()
            let again = Later.record("N1", "ACCR", 100)
            try submit(
                12, [Later.reversal("N4", of: "N1", 40), Later.reversal("N5", of: "N003", 50), again], sum: 190)
            try submit(13, [Later.reversal("N6", of: "N003", 30)], sum: 30)
            try submit(14, [Later.record("N7", "ACCR", 10)], sum: 10, by: "RAILCO-signing")
            try forget("MARCHE/LIVE/12")
            try forget("--message RAILCO/RT-C")
            await Task.yield()
            try send("RT-D", "RAILCO", Later.reversal("D", of: "B", 333, "SML"))
            try submit(15, [Later.record("N8", "ACCR", 10)], sum: 10, by: "RAILCO-signing")
            try forget("MARCHE/LIVE/14")
        }

        @Test func whatIsClosedWhileItsWindowIsOpenIsClearedAndProved() async throws {
            let place = try DemoHouse.copy()
            try await goOn(in: place)
            for (name, status) in [
                ("MARCHE/LIVE/10", "ACCP"), ("MARCHE/LIVE/12", "ACCP"), ("MARCHE/LIVE/13", "ACCP"),
                ("MARCHE/LIVE/14", "RJCT"), ("MARCHE/LIVE/15", "RJCT"),
            ] {
                let arrivals = try place.json("status \(name) --data demo/data")["arrivals"].items
                #expect(arrivals.compactMap { $0["status"].text } == [status], "\(name)")
            }
            for (name, status) in [("RT-ZERO", "RJCT"), ("RT-A", "ACCP")] {
                #expect(try place.json("status MARCHE/\(name) --data demo/data")["status"].text == status)
            }
            for name in ["RT-B", "RT-C", "RT-D"] {
                #expect(try place.json("status RAILCO/\(name) --data demo/data")["status"].text == "ACCP")
            }
            await Task.yield()
            let operations = Options.signer("operator")
            try place.done("clock advance --to 2026-05-20T00:00:00Z --data demo/data \(operations)")
            for partner in [nil, "MARCHE", "RAILCO", "BANQUE"] {
                await Task.yield()
                try place.proves("W-2026-05A", partner: partner, data: "demo/data")
            }
            let list = try ExternalProgram.run("tar", ["-tf", "proof-W-2026-05A-all.tar"], in: place.folder).text
            let names = list.split(separator: "\n").map(String.init)
            // Two files and a sealed message by their leaves, the file that nobody could have taken without its bytes.
            #expect(names.filter { $0.hasPrefix("batches/") && $0.hasSuffix("/leaves.bin") }.count == 3)
            #expect(names.filter { $0.hasPrefix("messages/") }.allSatisfy { $0.hasSuffix("/answer.cms") })
            #expect(names.filter { $0.hasSuffix("/original") }.count == 3)
            await Task.yield()
            #expect(try place.json("check --data demo/data")["verdict"].text == "good")
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
