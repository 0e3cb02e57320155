import Auditing
import Evidence
import FileStore
import Foundation
import Primitives
import TestKit
import Testing

/// Every byte of a bundle counts: one that is changed is found, and the entry that it belongs to is named.
@Suite(.ownThreads) struct OneByteTests {
    /// What stands at each byte of an archive.
    struct Map {
        private var spans: [(range: Range<Int>, name: String, isHeader: Bool)] = []
        let archive: [UInt8]

        init(_ archive: [UInt8]) throws {
            self.archive = archive
            var offset = 0
            while let header = TarHeader.read(Array(archive[offset..<offset + 512])) {
                spans.append((offset..<offset + 512, header.name, true))
                let end = offset + 512 + Int(header.size) + TarHeader.padding(after: header.size)
                spans.append((offset + 512..<end, header.name, false))
                offset = end
            }
            spans.append((offset..<archive.count, spans.last?.name ?? "", true))
        }

        /// Whether naming an item names what stands at a byte that was changed.
        func names(_ item: String, at position: Int, of changed: [UInt8]) -> Bool {
            guard let index = spans.firstIndex(where: { $0.range.contains(position) }) else { return false }
            let span = spans[index]
            if span.name == BundleManifest.name || span.name == BundleManifest.signatureName {
                return item == BundleManifest.name || item == BundleManifest.signatureName
                    || span.isHeader && item == TarHeader.seemingName(Array(changed[span.range]))
            }
            if item == span.name { return true }
            // A header that is changed may give its entry another name, or none.
            guard span.isHeader else { return false }
            let before = index > 0 ? spans[index - 1].name : ""
            // So may the first of the two blocks of zeros at the end, which then is one more header.
            let seeming = TarHeader.seemingName(Array(changed[span.range].prefix(512)))
            return item == seeming || item == before
        }
    }

    @Test("one changed byte anywhere is found, and its entry is named")
    func everyByteCounts() async throws {
        let audited = try await AuditedHouse.shared.value
        let archive = try audited.bundle("W-2026-03A", partner: "BANQUE")
        let map = try Map(archive)
        var random = SeededGenerator.printed(for: "one byte")
        for _ in 0..<TestLength.cases(2_000, long: 10_000) {
            var changed = archive
            let position = Int.random(in: archive.indices, using: &random)
            changed[position] ^= UInt8.random(in: 1...255, using: &random)
            let report = try EvidenceVerifier.verify("", pins: audited.pins, files: OneFile(changed))
            let item = report.findings.first?.item ?? "nothing"
            #expect(report.exitStatus != 0, "byte \(position)")
            #expect(map.names(item, at: position, of: changed), "byte \(position): \(report.findings)")
        }
    }

    @Test("the verifier in Python finds them, too")
    func pythonFindsThem() async throws {
        let audited = try await AuditedHouse.shared.value
        let archive = try audited.bundle("W-2026-03A", partner: "BANQUE")
        let map = try Map(archive)
        var random = SeededGenerator.printed(for: "one byte in Python")
        let changes = (0..<TestLength.cases(200, long: 1_000)).map { _ in
            (Int.random(in: archive.indices, using: &random), UInt8.random(in: 1...255, using: &random))
        }
        let folder = try ScratchFolder("mutations")
        try folder.write(archive, to: "bundle.tar")
        try folder.write(changes.map { "\($0.0) \($0.1)" }.joined(separator: "\n"), to: "changes.txt")
        let script = """
            import sys
            sys.path.insert(0, sys.argv[1])
            from bundle import Pins
            from verify_evidence import verify
            pins = Pins(open(sys.argv[2]).read())
            bundle = bytearray(open('bundle.tar', 'rb').read())
            for line in open('changes.txt'):
                position, mask = map(int, line.split())
                bundle[position] ^= mask
                open('changed.tar', 'wb').write(bundle)
                bundle[position] ^= mask
                report = verify('changed.tar', pins)
                failure = report.failures[0] if report.failures else None
                print(report.exit, failure['item'] if failure else 'nothing')
            """
        let verifier = GoldenScenario.specs.path + "/verify"
        let outcome = try ExternalProgram.succeed("python3", ["-c", script, verifier, audited.pinsPath], in: folder)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.count == changes.count)
        for (line, change) in zip(lines, changes) {
            var changed = archive
            changed[change.0] ^= change.1
            let parts = line.split(separator: " ", maxSplits: 1)
            #expect(parts[0] != "0", "byte \(change.0)")
            #expect(map.names(String(parts.last ?? ""), at: change.0, of: changed), "byte \(change.0): \(line)")
        }
    }

    @Test("an untouched bundle is good, so that the tests above can fail")
    func untouched() async throws {
        let audited = try await AuditedHouse.shared.value
        let archive = try audited.bundle("W-2026-03A", partner: "BANQUE")
        #expect(try EvidenceVerifier.verify("", pins: audited.pins, files: OneFile(archive)).findings == [])
    }
}
