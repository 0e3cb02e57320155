import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

@Suite struct ScenarioTests {
    /// A certificate made by openssl, with its fingerprint as openssl states it.
    private func certificate(_ name: String, in folder: URL, _ usage: CertificateUsage) throws -> ScenarioCertificate {
        try run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "/dev/null",
                "-out", "\(name).pem", "-days", "3650", "-subj", "/CN=\(name)",
            ], in: folder)
        let pem = try String(contentsOf: folder.appendingPathComponent("\(name).pem"), encoding: .utf8)
        let line = try run("openssl", ["x509", "-in", "\(name).pem", "-noout", "-fingerprint", "-sha256"], in: folder)
        let hex = line.split(separator: "=").last?.filter(\.isHexDigit) ?? ""
        return ScenarioCertificate(usage: usage, pem: pem, fingerprint: try #require(Digest32(hex: hex)))
    }

    @Test("a written scenario registers the certificates under the fingerprints that openssl states")
    func certificates() throws {
        try withTemporaryFolder { folder in
            let signing = try certificate("sign", in: folder, .signing)
            let tls = try certificate("tls", in: folder, .tls)
            let target = folder.appendingPathComponent("programme").path
            let written = try ScenarioProgramme.write(to: target, certificates: [.marche: [signing, tls]])
            let directory = try ProgrammeDirectory.read(at: target)
            #expect(directory.files == ProgrammeDirectory(files: written).files)
            let (programme, findings) = ProgrammeCheck.check(directory, sha256: sha256)
            #expect(findings.isEmpty)
            let grants = try #require(programme?.agreement(.marche)?.certificates)
            #expect(grants.map(\.usage) == [.signing, .tls])
            #expect(grants.map(\.fingerprint) == [signing.fingerprint, tls.fingerprint])
            #expect(grants.first?.pem == signing.pem)
            #expect(grants.allSatisfy { $0.isActive(at: Timestamp(milliseconds: 1_735_689_600_000)) })
            #expect(grants.allSatisfy { !$0.isActive(at: Timestamp(milliseconds: 1_735_689_599_999)) })
            #expect(programme?.agreement(.railco)?.certificates == [])
        }
    }

    @Test("a certificate that is not the fingerprint's, is no certificate, or is another's is refused")
    func wrongCertificates() throws {
        try withTemporaryFolder { folder in
            let signing = try certificate("sign", in: folder, .signing)
            let other = try certificate("other", in: folder, .signing)
            let swapped = ScenarioCertificate(usage: .signing, pem: other.pem, fingerprint: signing.fingerprint)
            let broken = ScenarioCertificate(
                usage: .tls, pem: signing.pem.replacingOccurrences(of: "CERTIFICATE", with: "PUBLIC KEY"),
                fingerprint: signing.fingerprint)
            func check(_ certificates: [PartnerID: [ScenarioCertificate]]) -> [Finding] {
                let files = ScenarioProgramme.filled(ScenarioProgramme.golden, certificates: certificates)
                return ProgrammeCheck.check(ProgrammeDirectory(files: files), sha256: sha256).findings
            }
            let mismatch = check([.marche: [swapped]])
            #expect(mismatch.map(\.place.field) == ["agreements/MARCHE.yaml: certificates[1].fingerprint"])
            #expect(mismatch.first?.detail.contains(other.fingerprint.description) == true)
            #expect(check([.marche: [broken]]).map(\.place.field) == ["agreements/MARCHE.yaml: certificates[1].pem"])
            let shared = check([.marche: [signing], .railco: [signing]])
            #expect(shared.map(\.place.field) == ["agreements/RAILCO.yaml: certificates[1]"])
            #expect(check([.marche: [signing, signing]]).map(\.code) == [.cfg005])
        }
    }
}
