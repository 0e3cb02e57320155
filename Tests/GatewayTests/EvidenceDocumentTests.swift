import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import TestKit
import Testing

/// Bundles of evidence as documents, and accesses as facts.
@Suite struct EvidenceDocumentTests {
    let house: TestHouse

    init() async throws {
        house = try await TestHouse(at: "2026-03-18T02:10:00+01:00")
        _ = try await house.send("MARCHE", 1, [try BatchFile.record("A1", .accrual, "MKP", 1000, on: "2026-03-17")])
        try await house.advance(to: "2026-04-02T09:00:00+02:00")
    }

    private func code(_ name: String, _ reader: PartnerID?) async -> ReasonCode? {
        let refusal = await #expect(throws: Refusal.self) { try await house.house.document(name, for: reader) }
        return refusal?.code
    }

    @Test func aBundleIsMadeWhenItIsAskedForByWhoMayReadIt() async throws {
        let (marche, railco) = (try PartnerID("MARCHE"), try PartnerID("RAILCO"))
        let folder = try ScratchFolder("evidence")
        try folder.write(house.pki.authority.certificate.pem, to: "ca.pem")
        let readers: [(String, PartnerID?)] = [
            ("EVD-W-2026-03B.tar", nil), ("EVD-W-2026-03B-MARCHE.tar", nil), ("EVD-W-2026-03B-MARCHE.tar", marche),
        ]
        for (name, reader) in readers {
            let document = try await house.house.document(name, for: reader)
            let bytes = try document.read(at: 0, count: Int(document.size))
            #expect(SHA256.digest(bytes) == document.digest)
            try folder.write(bytes, to: name)
            try folder.write(document.signature, to: name + ".p7s")
            try ExternalProgram.succeed(
                "openssl",
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", name + ".p7s", "-content", name, "-CAfile",
                    "ca.pem", "-out", "/dev/null",
                ], in: folder)
            try ExternalProgram.succeed("tar", ["-xf", name], in: folder)
            try ExternalProgram.succeed("sh", ["-c", "grep -v '^#' MANIFEST | sha256sum -c --quiet"], in: folder)
            let scope = String(decoding: try folder.read("MANIFEST"), as: UTF8.self)
            #expect(scope.contains("# scope window=W-2026-03B" + (name.contains("MARCHE") ? " partner=MARCHE" : "\n")))
            // The very same as long as the log has no later checkpoint.
            #expect(try await house.house.document(name, for: reader).digest == document.digest)
        }
        #expect(await code("EVD-W-2026-03B.tar", marche) == .net005)
        #expect(await code("EVD-W-2026-03B-MARCHE.tar", railco) == .net005)
        #expect(await code("EVD-W-2026-03B-NOBODY.tar", nil) == .net005)
        #expect(await code("EVD-W-2026-99A.tar", nil) == .net005)
        #expect(await code("EVD-W-2026-04A.tar", nil) == .act004)
    }

    @Test func anAccessIsAFactAndChangesNothing() async throws {
        let before = await house.house.state
        try await house.house.noteAccess(by: "Auditor", role: .auditor, to: .document, "EVD-W-2026-03B.tar")
        let after = await house.house.state
        #expect(after.lastSequence == before.lastSequence + 1)
        let envelope = try house.facts().last.need("a fact")
        #expect(
            envelope.fact
                == .accessNoted(
                    AccessNoted(reader: "Auditor", role: .auditor, kind: .document, item: "EVD-W-2026-03B.tar")))
        #expect(after.documents == before.documents && after.accounts == before.accounts)
        try house.reopen()
        #expect(await house.house.state.lastSequence == after.lastSequence)
    }

    @Test func documentsOfPartnersAreToldFromTheHostsOwn() async throws {
        let expected = [
            ("STL-W-2026-03B-MARCHE.xml", true), ("HST-W-2026-03B.xml", false), ("RCP-00000004.results.csv", true),
            ("EVD-W-2026-03B.tar", true),
        ]
        for (name, isOfPartner) in expected {
            #expect(await house.house.isOfPartner(name) == isOfPartner, "\(name)")
        }
    }
}
