import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `erase`, and what the other commands say of a file afterwards.
    @Suite(.serialized) struct ErasureTests {
        private let acts = "--data demo/data \(Options.maker) \(Options.checker)"

        /// A house ten years on, of which one file is erased; with the fact that received it, and its digest.
        private func erased() throws -> (place: Workplace, received: Int, original: String) {
            let place = try DemoHouse.copy()
            let status = try place.json("status MARCHE/LIVE/1 --data demo/data")["arrivals"].items.last
            let receipt = try #require(status?["receipts"].text?.split(separator: " ").first)
            let received = try #require(Int(receipt.dropFirst(4)))
            let bytes = try place.done("receipt get MARCHE/LIVE/1 --grade received --data demo/data").text
            let digest = try #require(Self.digest(in: bytes))
            let original = "demo/data/originals/\(digest.prefix(2))/\(digest)"
            try #require(place.exists(original))
            try place.fails(.refused, "PRV-001", "erase MARCHE/LIVE/1 --reason RETENTION \(acts)")
            try place.done("clock advance --data demo/data --to 2036-06-01T00:00:00Z \(Options.signer("operator"))")
            return (place, received, original)
        }

        /// The first SHA-256 of a receipt: that of the file.
        private static func digest(in receipt: String) -> String? {
            receipt.split { !$0.isHexDigit }.map { String($0) }.first { $0.count == 64 }
        }

        @Test func aFileIsErasedAndEverythingElseGoesOn() async throws {
            let (place, received, original) = try erased()
            let number = String(format: "%010d", received)
            await Task.yield()
            let before = try place.json("explain MARCHE:T01 --data demo/data")
            await Task.yield()
            let rows = try place.json("records MARCHE/LIVE/1 --data demo/data")
            await Task.yield()
            #expect(try place.json("erase MARCHE/LIVE/1 --reason RETENTION \(acts)")["state"].text == "DONE")
            #expect(!place.exists(original))
            #expect(!place.exists("demo/data/keys/\(number).key"))
            #expect(place.exists("demo/data/records/\(number).leaves"))
            await Task.yield()
            try place.fails(.refused, "ACT-005", "erase MARCHE/LIVE/1 --reason AGAIN \(acts)")

            await Task.yield()
            let check = try place.json("check --data demo/data")
            #expect(check["verdict"].text == "good")
            #expect(check["erased"].text?.hasPrefix("1 originals by officers' acts") == true)
            await Task.yield()
            let after = try place.json("explain MARCHE:T01 --data demo/data")
            #expect(after["transaction"].text == nil && after["member"].text == nil)
            #expect(after["erased"].text?.hasPrefix("the original, by fact ") == true)
            for key in ["points", "window", "businessDate", "units"] { #expect(after[key].text == before[key].text) }
            let outcome = try place.run("records MARCHE/LIVE/1 --json --data demo/data")
            #expect(outcome.errors.contains("was erased"))
            let row = try JSON(outcome.text)
            #expect(row["transactionId"].text == "" && row["member"].text == "")
            #expect(row["points"].number == rows["points"].number)

            await Task.yield()
            try place.done("backup --data demo/data --to copy", notes: true)
            #expect(place.exists("copy/records/\(number).leaves"))
            await Task.yield()
            #expect(try place.json("check --data copy --quick")["verdict"].text == "good")
            await Task.yield()
            let exceptions = try place.done("audit exceptions --from 2036-01-01 --to 2036-12-31 --data demo/data").text
            #expect(exceptions.contains("1 erase"))
        }

        @Test func evidenceOfAnErasedFileHasItsLeavesAndTheActThatErasedIt() async throws {
            let (place, received, _) = try erased()
            await Task.yield()
            let name = try place.json("explain MARCHE:T01 --data demo/data")["window"].text?.prefix { $0 != " " } ?? ""
            let window = "evidence --window \(name) --out"
            await Task.yield()
            try place.done("\(window) before.tar --data demo/data")
            await Task.yield()
            try place.done("erase MARCHE/LIVE/1 --reason RETENTION \(acts)")
            await Task.yield()
            try place.done("\(window) after.tar --data demo/data")
            await Task.yield()
            try place.done("evidence --file MARCHE/LIVE/1 --out file.tar --data demo/data")
            let reference = "CLR-\(String(format: "%08d", received))-1"
            await Task.yield()
            try place.done("evidence --record \(reference) --out record.tar --data demo/data")
            // Nothing of ours: the seal's root from the leaves, and from one leaf with its path.
            let script = """
                import hashlib, json, sys, tarfile
                received, number = int(sys.argv[1]), "%010d" % int(sys.argv[1])
                node = lambda a, b: hashlib.sha256(b"\\x01" + a + b).digest()
                def root(leaves):
                    if len(leaves) == 1: return leaves[0]
                    k = 1
                    while k * 2 < len(leaves): k *= 2
                    return node(root(leaves[:k]), root(leaves[k:]))
                def entries(name):
                    with tarfile.open(name) as tar:
                        return {m.name: tar.extractfile(m).read() for m in tar.getmembers()}
                def sealed(all):
                    for name, text in all.items():
                        if not name.startswith("log/facts/"): continue
                        seal = json.loads(text)["fact"].get("sealed", {}).get("records")
                        if seal and seal["received"] == received: return seal
                folder = "batches/" + number + "/"
                before = entries("before.tar")
                assert folder + "original" in before and folder + "leaves.bin" not in before
                for name in ["after.tar", "file.tar"]:
                    all = entries(name)
                    assert folder + "original" not in all and folder + "records.bin" not in all, name
                    for kept in ["signature.p7s", "received.xml", "validated.xml", "leaves.bin"]:
                        assert folder + kept in all, (name, kept)
                    data = all[folder + "leaves.bin"]
                    leaves = [data[i:i + 32] for i in range(0, len(data), 32)]
                    seal = sealed(all)
                    assert len(leaves) == seal["count"] and root(leaves).hex() == seal["root"], name
                    acts = [n for n in all if n.startswith("acts/") and b'"act":"erase"' in all[n]]
                    assert len(acts) == 1 and b'"file":"MARCHE/LIVE/1"' in all[acts[0]], name
                    fact = json.loads(all["log/facts/" + acts[0].split("/")[1] + ".json"])["fact"]["actCarriedOut"]
                    assert fact["act"]["erasure"]["_0"]["received"] == [received], name
                all = entries("record.tar")
                form = json.loads(all["records/" + number + "-1.leaf.json"])
                seal, index, last = sealed(all), form["index"], sealed(all)["count"] - 1
                hash = bytes.fromhex(form["leaf"])
                for other in map(bytes.fromhex, form["path"]):
                    if index & 1 or index == last:
                        hash = node(other, hash)
                        while index and not index & 1: index, last = index >> 1, last >> 1
                    else: hash = node(hash, other)
                    index, last = index >> 1, last >> 1
                assert hash.hex() == seal["root"]
                """
            let outcome = try ExternalProgram.run("python3", ["-c", script, "\(received)"], in: place.folder)
            #expect(outcome.status == 0, "\(outcome)")
            await Task.yield()
            try place.done("\(window) marche.tar --partner MARCHE --data demo/data")
            try place.done("audit pins --out pins.pem --data demo/data")
            try await expectGood(place)
        }

        /// Both verifiers take every bundle for good.
        private func expectGood(_ place: Workplace) async throws {
            for bundle in ["before.tar", "after.tar", "file.tar", "record.tar", "marche.tar"] {
                await Task.yield()
                let first = try place.run("verify \(bundle) --trust pins.pem")
                #expect(first.status == 0, "\(bundle): \(first)")
                if bundle == "after.tar" { #expect(first.text.contains("rests on erased or closed records")) }
                let verifier = GoldenScenario.specs.appending(path: "verify/verify_evidence.py").path
                let second = try ExternalProgram.run(
                    "python3", [verifier, bundle, "--trust", "pins.pem"], in: place.folder)
                #expect(second.status == 0, "\(bundle): \(second)")
            }
        }

        @Test func whatIsMissingWithoutAFactIsFound() async throws {
            let (place, received, _) = try erased()
            await Task.yield()
            try place.done("erase MARCHE/LIVE/1 --reason RETENTION \(acts)")
            let leaves = "demo/data/records/\(String(format: "%010d", received)).leaves"
            let kept = try place.folder.read(leaves)
            _ = try place.flipped(leaves, to: leaves, at: 40)
            await Task.yield()
            let told = try place.fails(.verificationFailed, "damage", "check --data demo/data --quick")
            #expect(told.errors.contains("leaves of batch \(received) do not give the sealed root"))
            try FileManager.default.removeItem(atPath: place.folder.path(leaves))
            await Task.yield()
            try place.fails(.verificationFailed, "damage", "check --data demo/data --quick")
            try place.folder.write(kept, to: leaves)
            // Another original goes without an act.
            await Task.yield()
            let bytes = try place.done("receipt get MARCHE/LIVE/2 --grade received --data demo/data").text
            let digest = try #require(Self.digest(in: bytes))
            try FileManager.default.removeItem(
                atPath: place.folder.path("demo/data/originals/\(digest.prefix(2))/\(digest)"))
            await Task.yield()
            let missing = try place.fails(.verificationFailed, "damage", "check --data demo/data --quick")
            #expect(missing.errors.contains("is missing, and no fact erased it"))
        }
    }
}
