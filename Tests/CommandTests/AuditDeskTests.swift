import Foundation
import TestKit
import Testing

extension CommandTests {
    /// What an auditor asks of a house: a sample, the exceptions, and whether the past is as it was.
    /// Between commands other tests get their turn: those with connections have deadlines.
    @Suite(.serialized) struct AuditDeskTests {
        // MARK: Sample

        private static let window = "W-2026-03B"

        @Test func aStrangerDrawsTheSameSample() async throws {
            let place = try DemoHouse.place
            await Task.yield()
            let sample = try place.json("audit sample --window \(Self.window) --size 6 --data demo/data")
            let population = try #require(sample["population"].text.flatMap { Int($0) })
            let root = try #require(sample["root"].text)
            let script = """
                import hashlib, sys
                root, window, n, size = bytes.fromhex(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
                prefix = b"coalition-sample-1" + root + len(window).to_bytes(2, "big") + window.encode()
                drawn, c = [], 0
                while len(drawn) < min(size, n):
                    x = int.from_bytes(hashlib.sha256(prefix + c.to_bytes(8, "big")).digest()[:8], "big")
                    c += 1
                    if x < 2**64 - 2**64 % n and x % n not in drawn:
                        drawn.append(x % n)
                print(" ".join(map(str, drawn)))
                """
            let outcome = try ExternalProgram.run(
                "python3", ["-c", script, root, Self.window, "\(population)", "6"], in: place.folder)
            let drawn = outcome.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            let records = sample["records"].items
            #expect(drawn.count == 6)
            #expect(records.compactMap { $0["number"].text.flatMap { Int($0) } } == drawn)

            // The population as the list of records has it.
            await Task.yield()
            let all = try place.json("records \(Self.window) --status ACCP --data demo/data").items
                .compactMap { $0["reference"].text }.sorted {
                    Self.place(of: $0).lexicographicallyPrecedes(Self.place(of: $1))
                }
            #expect(all.count == population)
            #expect(records.compactMap { $0["record"].text } == drawn.map { all[$0] })
        }

        private static func place(of reference: String) -> [Int] {
            reference.split(separator: "-").compactMap { Int($0) }
        }

        @Test func eachRecordIsFollowedFromTheFileToTheBank() async throws {
            let place = try DemoHouse.place
            await Task.yield()
            let sample = try place.json("audit sample --window \(Self.window) --size 10000 --data demo/data")
            let records = sample["records"].items
            #expect(records.count == sample["population"].text.flatMap { Int($0) })
            let byTransaction = Dictionary(
                records.map { ("\($0["partner"].text ?? "") \($0["transaction"].text ?? "")", $0) }
            ) { first, _ in first }
            let record = try #require(byTransaction["MARCHE T02"])
            #expect(record["place"].text?.contains("byte ") == true)
            #expect(record["signedBy"].text?.contains("MARCHE") == true)
            #expect(record["signatureJudged"].text?.contains("fact ") == true)
            let key = try #require(record["key"].text)
            let printed = try ExternalProgram.run(
                "openssl", ["x509", "-in", "demo/pki/MARCHE-signing.pem", "-noout", "-fingerprint", "-sha256"],
                in: place.folder)
            let fingerprint = printed.text.split(separator: "=").last?.filter(\.isHexDigit).lowercased() ?? "none"
            #expect(key.contains(fingerprint))
            let line = try #require(record["lines"].items.first)
            #expect(line["ratio"].text?.contains("8 MKP = 5 SML") == true)
            #expect(line["exactPoints"].text == "1562.5")
            #expect(line["rounded"].text == "1563, HALF_UP")
            #expect(line["posting"].text?.hasPrefix("1563 points to MARCHE ISSUANCE DBIT, fact ") == true)
            #expect(line["clearingLine"].text?.hasPrefix("CLS-\(Self.window)-MARCHE#") == true)
            #expect(line["settlementLine"].text?.hasPrefix("STL-\(Self.window)-MARCHE#") == true)
            #expect(line["payment"].items.first?["statement"].text?.hasPrefix("STL-\(Self.window)-MARCHE") == true)

            // The points of a line's records add up to the line (INV-06), bonuses and reversals by their shares.
            var sums: [String: Int] = [:]
            for line in records.flatMap({ $0["lines"].items }) {
                let name = try #require(line["clearingLine"].text).split(separator: ",")[0]
                sums[String(name), default: 0] += line["posting"].text.flatMap { Int($0.prefix { $0 != " " }) } ?? 0
            }
            #expect(sums.count > 5)
            for (name, sum) in sums {
                let explained = try place.json("explain \(name) --data demo/data")
                #expect(explained["points"].text?.hasPrefix("\(sum), ") == true, "\(name)")
            }
            let states = records.flatMap { $0["lines"].items }.flatMap { $0["payment"].items }
                .compactMap { $0["state"].text }
            #expect(Set(states).isSuperset(of: ["CONFIRMED", "RETURNED"]))
            #expect(
                try place.done("audit sample --window \(Self.window) --size 2 --data demo/data").text.contains("bank"))
        }

        @Test func onlyACheckpointOverTheCloseDraws() async throws {
            let place = try DemoHouse.place
            await Task.yield()
            let sample = try place.json("audit sample --window \(Self.window) --size 3 --data demo/data")
            let seed = try #require(sample["seed"].text.flatMap { Int($0) })
            await Task.yield()
            let again = try place.json("audit sample --window \(Self.window) --size 3 --seed \(seed) --data demo/data")
            #expect(again["root"].text == sample["root"].text)
            let later = try #require(
                try place.json("audit sample --window W-2026-04B --size 3 --data demo/data")["seed"].text)
            await Task.yield()
            let other = try place.json("audit sample --window \(Self.window) --size 3 --seed \(later) --data demo/data")
            #expect(other["root"].text != sample["root"].text)
            let line = "audit sample --size 3 --data demo/data"
            await Task.yield()
            try place.fails(.refused, "NET-005", "\(line) --window \(Self.window) --seed 2")
            await Task.yield()
            try place.fails(.refused, "ACT-004", "\(line) --window W-2026-04B --seed \(seed)")
            await Task.yield()
            try place.fails(.refused, "ACT-004", "\(line) --window W-2026-05A")
            await Task.yield()
            try place.fails(.usage, "usage", "audit sample --window \(Self.window) --size 0 --data demo/data")
        }

        // MARK: Exceptions

        private func section(_ kind: String, _ report: JSON) throws -> JSON {
            try #require(report["exceptions"].items.first { $0["kind"].text == kind }, "\(kind)")
        }

        @Test func exceptionsAreCountedAsTheBooksHaveThem() async throws {
            let place = try DemoHouse.place
            await Task.yield()
            let report = try place.json("audit exceptions --limit 1000 --data demo/data")
            await Task.yield()
            let windows = try place.json("window list --data demo/data").items.filter { $0["open"].text != nil }
            let rows = try windows.flatMap {
                try place.json("records \($0["window"].text ?? "") --data demo/data").items
            }
            #expect(rows.count > 20)
            func count(_ kind: String) throws -> Int? { try section(kind, report)["count"].text.flatMap { Int($0) } }
            let accepted = rows.filter { $0["status"].text == "ACCP" }
            #expect(try count("late records") == accepted.count { $0["late"].isTrue })
            #expect(try count("carried-over records") == accepted.count { $0["carriedOver"].isTrue })
            #expect(try count("reversals") == accepted.count { $0["type"].text == "RVSL" })
            #expect(try count("late records") ?? 0 > 0)
            #expect(try count("reversals") ?? 0 > 0)

            await Task.yield()
            let states = try place.json("settlement show --data demo/data").items.flatMap { $0["instructions"].items }
            #expect(try count("returned instructions") == states.count { $0["status"].text == "RETURNED" })
            #expect(try count("instructions never heard back of") == states.count { $0["status"].text == "SENT" })
            #expect(try count("resent instructions") == states.count { $0["resentAs"].text != nil })
            #expect(try section("returned instructions", report)["total"].text?.contains("EUR") == true)

            let adjustments = try section("host adjustments", report)["items"].items
            #expect(!adjustments.isEmpty)
            #expect(adjustments.allSatisfy { $0["madeBy"].text == "Maker" && $0["checkedBy"].text == "Checker" })
            let officers = try section("officers' acts", report)["items"].items
            #expect(officers.compactMap { $0["officer"].text } == ["Checker", "Maker"])
            let both = "acts whose maker was checker elsewhere in the window (for information)"
            #expect(try count(both) == 0)
            #expect(try count("gaps still open") == 0)
            #expect(try count("programme changes") == 1)
            #expect(try count("early or delayed closes") ?? 0 > 0)
            await Task.yield()
            #expect(try place.done("audit exceptions --data demo/data").text.contains("late records"))
        }

        @Test func exceptionsOfWindowsAndDaysAddUpToThoseOfEverything() async throws {
            let place = try DemoHouse.place
            await Task.yield()
            let whole = try place.json("audit exceptions --data demo/data")
            await Task.yield()
            let windows = try place.json("window list --data demo/data").items.compactMap { $0["window"].text }
            let parts = try windows.filter { $0 < "W-2026-05B" }.map {
                try place.json("audit exceptions --window \($0) --data demo/data")
            }
            let days = [("2026-01-01", "2026-03-31"), ("2026-04-01", "2026-12-31")]
            let months = try days.map {
                try place.json("audit exceptions --from \($0.0) --to \($0.1) --data demo/data")
            }
            for kind in [
                "late records", "carried-over records", "reversals", "repeats", "refused records", "host adjustments",
                "officers' acts", "programme changes", "early or delayed closes",
            ] {
                let all = try section(kind, whole)["count"].text.flatMap { Int($0) }
                for some in [parts, months] {
                    let sum = try some.reduce(0) {
                        try $0 + (section(kind, $1)["count"].text.flatMap { Int($0) } ?? -1)
                    }
                    #expect(sum == all, "\(kind)")
                }
            }
            await Task.yield()
            try place.fails(.refused, "WIN-002", "audit exceptions --window W-2099-01A --data demo/data")
            await Task.yield()
            try place.fails(.usage, "usage", "audit exceptions --from 2026-03-01 --data demo/data")
        }

        @Test func filesAndPaymentsThatWentWrongAreToldApart() async throws {
            let place = try DemoHouse.copy()
            let (signer, acts) = (
                Options.signer("MARCHE-signing"), "--data demo/data \(Options.maker) \(Options.checker)"
            )
            // Three numbers below are missing; one record of two is refused; the next file is refused, then replaced.
            try place.write(Batches.xml(14, dates: ["2026-04-30", "2027-01-01", "2026-04-30"]), to: "a.xml")
            await Task.yield()
            try place.done("submit a.xml \(signer) --data demo/data", notes: true)
            let wrong = Batches.xml(15).replacingOccurrences(
                of: "<NumberOfTransactions>1<", with: "<NumberOfTransactions>2<")
            try place.write(wrong, to: "b.xml")
            #expect(try place.run("submit b.xml \(signer) --data demo/data").status == 1)
            let refusal = try #require(
                try place.json("status MARCHE/LIVE/15 --data demo/data")["arrivals"].items.first?["receipts"].text)
            let receipt = try #require(refusal.split(separator: " ").last)
            let right = Batches.xml(15).replacingOccurrences(
                of: "</GroupHeader>", with: "<ReplacesReceiptId>\(receipt)</ReplacesReceiptId></GroupHeader>")
            try place.write(right, to: "c.xml")
            await Task.yield()
            try place.done("submit c.xml \(signer) --data demo/data", notes: true)
            await Task.yield()
            try place.done("cancel MARCHE/LIVE/17 \(signer) --data demo/data", notes: true)
            // One instruction overpaid, one paid in part and given up.
            let booking = "--bank-reference B-1 --date 2026-05-06"
            let window = "W-2026-04B"
            await Task.yield()
            try place.done("settlement approve \(window) \(acts)")
            await Task.yield()
            try place.done("settlement send \(window) \(acts)")
            await Task.yield()
            try place.done("settlement confirm STL-\(window)-BANQUE-EUR --amount 99.00 \(booking) \(acts)")
            await Task.yield()
            try place.done("settlement confirm STL-\(window)-MARCHE-EUR --amount 1.00 \(booking) \(acts)")
            func count(_ kind: String, _ more: String = "") throws -> Int? {
                let report = try place.json("audit exceptions --window W-2026-05A --data demo/data\(more)")
                return try section(kind, report)["count"].text.flatMap { Int($0) }
            }
            #expect(try count("partly paid instructions") == 1)
            await Task.yield()
            try place.done("settlement write-off STL-\(window)-MARCHE-EUR --reason SMALL \(acts)")
            await Task.yield()
            let report = try place.json("audit exceptions --window W-2026-05A --data demo/data")
            let files = try section("refused files", report)
            #expect(files["items"].items.compactMap { $0["code"].text } == ["FIL-002"])
            #expect(try section("refused records", report)["items"].items.first?["code"].text == "DAT-001")
            for (kind, number) in [
                ("refused files", 1), ("refused records", 1), ("replaced files", 1), ("withdrawn numbers", 1),
                ("overpaid instructions", 1), ("partly paid instructions", 0), ("written-off instructions", 1),
                ("officers' acts", 5), ("host adjustments", 0), ("late records", 0),
            ] { #expect(try count(kind) == number, "\(kind)") }
            let gaps = try section("gaps still open", report)["items"].items.compactMap { $0["numbers"].text }
            #expect(gaps.count == 2 && gaps.last == "16")
            let written = try section("written-off instructions", report)["items"].items.first
            #expect(written?["steps"].text?.contains("written off, SMALL by Maker and Checker") == true)
        }

        @Test func recordsOfAFileWithRefusalsAreDrawnByTheirPlaces() async throws {
            let place = try DemoHouse.copy()
            let signer = Options.signer("MARCHE-signing")
            try place.write(
                Batches.xml(10, dates: ["2027-01-01", "2026-04-30", "2027-01-01", "2026-04-30"]), to: "a.xml")
            await Task.yield()
            try place.done("submit a.xml \(signer) --data demo/data", notes: true)
            await Task.yield()
            try place.done(
                "fixing add --window W-2026-05A --base EUR --quote TND --rate 3.38420 --source BCT --data demo/data "
                    + "\(Options.maker) \(Options.checker)")
            await Task.yield()
            try place.done("clock advance --data demo/data --to 2026-05-17T00:00:00Z \(Options.signer("operator"))")
            await Task.yield()
            let sample = try place.json("audit sample --window W-2026-05A --size 5 --data demo/data")
            #expect(sample["population"].text == "2")
            let drawn = sample["records"].items.sorted { ($0["number"].text ?? "") < ($1["number"].text ?? "") }
            #expect(drawn.compactMap { $0["transaction"].text } == ["CMD-LIVE-10-2", "CMD-LIVE-10-4"])
        }

        // MARK: The next visit

        /// A house after some windows, its pins, and the checkpoints of two visits.
        private func visited() throws -> Workplace {
            let place = try DemoHouse.copy()
            try place.done("audit pins --out pins.pem --data demo/data")
            for (name, window) in [("old", "W-2026-03A"), ("new", "W-2026-04B")] {
                let text = try place.text("demo/statements/MARCHE/STL-\(window)-MARCHE.xml")
                try place.write(try Self.note(in: text), to: "\(name).note")
            }
            return place
        }

        /// The signed checkpoint that a statement carries.
        private static func note(in statement: String) throws -> String {
            let end = try #require(statement.range(of: "</Checkpoint>")).lowerBound
            let begin = try #require(
                statement.range(of: "<Checkpoint ", options: .backwards, range: statement.startIndex..<end))
            let text = try #require(statement.range(of: ">", range: begin.upperBound..<end)).upperBound
            return String(statement[text..<end])
        }

        @Test func nothingBeforeTheLastVisitHasChanged() async throws {
            let place = try visited()
            await Task.yield()
            let diff = try place.json("audit diff old.note --trust pins.pem --out proof.txt --data demo/data")
            #expect(diff["windowsClosed"].items.compactMap { $0["window"].text }.last == "W-2026-04B")
            let facts = try #require(diff["newFacts"].text.flatMap { Int($0) })
            #expect(diff["factsByKind"].items.reduce(0) { $0 + ($1["count"].text.flatMap { Int($0) } ?? 0) } == facts)
            #expect(diff["acts"].items.compactMap { $0["act"].text }.contains("fixing"))
            #expect(try Self.python(verifies: "proof.txt", place))
            let nothing = try Self.python(verifies: place.flipped("proof.txt", to: "wrong.txt", at: 60), place)
            #expect(!nothing)
            await Task.yield()
            try place.fails(
                .usage, "usage", "audit diff old.note --trust pins.pem --out proof.txt --data demo/data")
            await Task.yield()
            #expect(try place.done("audit diff new.note --trust pins.pem --data demo/data").text.contains("proved"))
        }

        /// Verifies a proof by RFC 9162, section 2.1.4.2, with nothing of ours.
        private static func python(verifies name: String, _ place: Workplace) throws -> Bool {
            let script = """
                import base64, hashlib, sys
                head, note = open(sys.argv[1], encoding="utf-8").read().split("\\n\\n", 1)
                lines = head.split("\\n")
                assert lines[0] == "coalition-growth 1"
                first, first_root = int(lines[1].split(" ")[1]), base64.b64decode(lines[2].split(" ")[1], validate=True)
                path = [base64.b64decode(line, validate=True) for line in lines[3:]]
                second, second_root = int(note.split("\\n")[1]), base64.b64decode(note.split("\\n")[2], validate=True)
                node = lambda a, b: hashlib.sha256(b"\\x01" + a + b).digest()
                if first & (first - 1) == 0: path = [first_root] + path
                fn, sn = first - 1, second - 1
                while fn & 1: fn, sn = fn >> 1, sn >> 1
                fr = sr = path[0]
                for c in path[1:]:
                    assert sn != 0
                    if fn & 1 or fn == sn:
                        fr, sr = node(c, fr), node(c, sr)
                        while fn and not fn & 1: fn, sn = fn >> 1, sn >> 1
                    else:
                        sr = node(sr, c)
                    fn, sn = fn >> 1, sn >> 1
                assert sn == 0 and fr == first_root and sr == second_root
                """
            let outcome = try ExternalProgram.run("python3", ["-c", script, name], in: place.folder)
            return outcome.status == 0
        }

        @Test func aRewrittenLogIsFoundAtTheNextVisit() async throws {
            let place = try visited()
            // Another house of the same story has other keys, and so other facts.
            await Task.yield()
            try place.done("demo other", notes: true)
            let other = "--trust pins.pem --data other/data"
            await Task.yield()
            try place.fails(.verificationFailed, "damage", "audit diff old.note \(other)")
            // The auditor's note, but with a root that the log never had, signed by the log's own key.
            try place.write(try Self.forged("old.note", place), to: "forged.note")
            await Task.yield()
            let told = try place.fails(
                .verificationFailed, "damage", "audit diff forged.note --trust pins.pem --data demo/data")
            #expect(told.errors.contains("the log was rewritten since, or this is another log"))
            // And one whose text was changed after it was signed.
            let changed = try place.flipped("old.note", to: "changed.note", at: 40)
            await Task.yield()
            try place.fails(.verificationFailed, "damage", "audit diff \(changed) --trust pins.pem --data demo/data")
            await Task.yield()
            try place.fails(.usage, "usage", "audit diff nothing.note --trust pins.pem --data demo/data")
        }

        /// A checkpoint of the same size with another root, signed with the key in the data directory.
        private static func forged(_ name: String, _ place: Workplace) throws -> String {
            let script = """
                import base64, subprocess, sys, os
                text = open(sys.argv[1], encoding="utf-8").read()
                lines = text.split("\\n")
                root = bytearray(base64.b64decode(lines[2])); root[0] ^= 1
                lines[2] = base64.b64encode(root).decode()
                body = "\\n".join(lines[:3]) + "\\n"
                name, signature = lines[4].split(" ")[1:3]
                seed = open("demo/data/keys/checkpoint.key", "rb").read()[:32]
                der = bytes.fromhex("302e020100300506032b657004220420") + seed
                open("seed.der", "wb").write(der)
                open("body.txt", "w").write(body)
                subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", "seed.der", "-keyform", "DER",
                                "-in", "body.txt", "-out", "body.sig"], check=True, capture_output=True)
                keyid = base64.b64decode(signature)[:4]
                line = "\\u2014 " + name + " " + base64.b64encode(keyid + open("body.sig", "rb").read()).decode()
                sys.stdout.write(body + "\\n" + line + "\\n")
                """
            let outcome = try ExternalProgram.run("python3", ["-c", script, name], in: place.folder)
            try #require(outcome.status == 0, "\(outcome)")
            return outcome.text
        }
    }
}
