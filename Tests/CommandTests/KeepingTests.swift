import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `backup`, `restore` and `check`.
    @Suite struct KeepingTests {
        @Test func aRunningGatewayIsBackedUpRestoredAndChecked() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            try place.write(Batches.xml(10), to: "batch.xml")
            let client = gateway.client("MARCHE-tls")
            try place.done("submit batch.xml \(Options.signer("MARCHE-signing")) \(client)")
            let copy = try place.json("backup --data demo/data --to demo/copy")
            #expect(copy["verified"].isTrue)
            gateway.stop()

            let restored = try place.json("restore --from demo/copy --data demo/again")
            #expect(restored["head"].text == copy["head"].text)
            #expect(try place.json("check --data demo/again")["verdict"].text == "good")
            #expect(
                try place.done("receipt get MARCHE/LIVE/10 --data demo/again").text
                    == place.done("receipt get MARCHE/LIVE/10 --data demo/data").text)
            #expect(try place.permissions("demo/again") == 0o700)

            // What is restored serves.
            let again = try await RunningGateway(in: place, "--data demo/again")
            try place.done("status LIVE/10 \(again.client("MARCHE-tls"))")
            again.stop()
        }

        @Test func aGoodDirectoryIsChecked() throws {
            let place = try DemoHouse.place
            let report = try place.json("check --data demo/data")
            #expect(report["verdict"].text == "good")
            #expect(report["windows"].text?.hasPrefix("4 closes") == true)
            try place.done("check --data demo/data --quick")
        }

        @Test func oneFlippedByteIsNamed() throws {
            let place = try DemoHouse.copy()
            let files = try FileManager.default.subpathsOfDirectory(atPath: place.folder.path("demo/data")).sorted()
            func first(_ prefix: String) throws -> String {
                let name = files.first { name in
                    let path = place.folder.path("demo/data/\(name)")
                    let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
                    return name.hasPrefix(prefix) && type == .typeRegular && !name.hasSuffix("HEAD")
                }
                return try #require(name)
            }
            for folder in ["log/", "originals/", "records/"] {
                let name = try first(folder)
                let path = "demo/data/\(name)"
                let before = try place.folder.read(path)
                _ = try place.flipped(path, to: path)
                let outcome = try place.fails(.verificationFailed, "damage", "check --data demo/data")
                let file = try #require(name.split(separator: "/").last)
                let names = [String(file), "fact ", "original"]
                #expect(names.contains { outcome.errors.contains($0) }, "\(name): \(outcome.errors)")
                try place.fails(.verificationFailed, "damage", "check --data demo/data --json")
                try place.folder.write(before, to: path)
            }
            try place.done("check --data demo/data --quick")
        }

        @Test func aDamagedDirectoryIsNeitherServedNorCopied() throws {
            let place = try DemoHouse.copy()
            _ = try place.flipped("demo/data/log/00000001.seg", to: "demo/data/log/00000001.seg")
            try place.fails(.fault, "fault", "positions --data demo/data")
            let served = try place.run("serve --data demo/data --port 0")
            #expect(served.status == Program.Status.fault.rawValue)
            #expect(served.errors.contains("coalition: fault: "))
            let copied = try place.run("backup --data demo/data --to copy")
            #expect(
                [Program.Status.fault.rawValue, Program.Status.verificationFailed.rawValue].contains(copied.status))
            #expect(copied.text == "")
        }
    }
}
