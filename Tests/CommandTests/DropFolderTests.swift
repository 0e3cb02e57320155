import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `submit --watch DIR`.
    @Suite struct DropFolderTests {
        private let signer = Options.signer("MARCHE-signing")

        private func folder(_ place: Workplace, _ name: String = "outbox") throws {
            try FileManager.default.createDirectory(
                atPath: place.folder.path(name), withIntermediateDirectories: true)
        }

        @Test func everyFileIsSubmittedAndMovedWithItsReceipts() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            try folder(place)
            try place.write(Batches.xml(1), to: "outbox/a-taken.xml")
            try place.write("no batch\n", to: "outbox/b-junk.xml")
            try place.write(Batches.xml(10), to: "outbox/c-good.xml")
            try place.write(
                Batches.xml(11).replacingOccurrences(of: "<NumberOfTransactions>1<", with: "<NumberOfTransactions>2<"),
                to: "outbox/d-wrong.xml")
            try place.write("a note\n", to: "outbox/e-note.txt")
            let line = "submit --watch outbox --once \(signer) \(gateway.client("MARCHE-tls"))"
            let outcome = try place.run(line)
            #expect(outcome.status == Program.Status.refused.rawValue, "\(outcome)")
            #expect(outcome.errors.contains("coalition: a-taken.xml: FIL-004: "), "\(outcome)")
            #expect(outcome.errors.contains("coalition: b-junk.xml: SYN-001: "), "\(outcome)")
            #expect(outcome.text.contains("ACCP"))
            for file in ["sent/c-good.xml", "sent/c-good.xml.validated.xml", "sent/c-good.xml.validated.xml.p7s"] {
                #expect(place.exists("outbox/\(file)"), "\(file)")
            }
            for file in ["a-taken.xml", "b-junk.xml", "d-wrong.xml", "d-wrong.xml.validated.xml"] {
                #expect(place.exists("outbox/refused/\(file)"), "\(file)")
            }
            #expect(place.exists("outbox/e-note.txt"))
            // Nothing is left to do.
            try place.done(line)
            gateway.stop()
        }

        @Test func aFolderIsWatchedUntilTheProgramIsEnded() async throws {
            let place = try DemoHouse.copy()
            let gateway = try await RunningGateway(in: place)
            try folder(place)
            let watch = try RunningProgram(
                "submit --watch outbox \(signer) \(gateway.client("MARCHE-tls"))", in: place)
            try await watch.wait(for: "its folders") { place.exists("outbox/refused") }
            try place.write(Batches.xml(1), to: "outbox/a-taken.xml")
            try place.write(Batches.xml(10), to: "outbox/b-good.xml")
            try await watch.wait(for: "the receipts") { place.exists("outbox/sent/b-good.xml.validated.xml") }
            #expect(place.exists("outbox/refused/a-taken.xml"))
            #expect(watch.errors.contains("FIL-004"))
            watch.kill()
            gateway.stop()
        }

        @Test func aGatewayThatIsAwayLeavesTheFiles() throws {
            let place = try DemoHouse.copy()
            try folder(place)
            try place.write(Batches.xml(10), to: "outbox/batch.xml")
            try place.fails(
                .unavailable, "unavailable",
                "submit --watch outbox --once \(signer) --gateway 127.0.0.1:1 --tls-cert demo/pki/MARCHE-tls.pem"
                    + " --tls-key demo/pki/MARCHE-tls.key --ca demo/pki/ca.pem")
            #expect(place.exists("outbox/batch.xml"))
        }
    }
}
