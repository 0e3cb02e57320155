import Foundation
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Verification

@Suite("A PKI made by Certs/make-pki.sh")
struct MadePKITests {
    /// The package's folder, from this file's place in it.
    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private func read(_ folder: ScratchFolder, _ name: String) throws -> String {
        String(decoding: try folder.read(name), as: UTF8.self)
    }

    @Test("is accepted by the policy, each certificate for its purpose, until it is revoked")
    func accepted() throws {
        let folder = try ScratchFolder("made")
        let script = "\(Self.package)/Certs/make-pki.sh"
        try ExternalProgram.succeed("sh", [script, folder.path, "MARCHE", "RAILCO"])
        func trust() throws -> TrustStore {
            try TrustStore(
                authorityFiles: [folder.read("ca.pem")], revocationListFiles: [folder.read("crl.pem")],
                revocation: .required(graceSeconds: 0))
        }
        let profiles: [(String, CertificateProfile, CertificatePurpose)] = [
            ("gateway-tls", .gatewayTLS, .tlsServer), ("host-signing", .hostSigning, .hostSigning),
            ("maker", .officer, .officerSigning), ("checker", .officer, .officerSigning),
            ("auditor", .auditor, .auditorSigning), ("MARCHE-tls", .partnerTLS, .tlsClient),
            ("MARCHE-signing", .partnerSigning, .partnerSigning), ("RAILCO-signing", .partnerSigning, .partnerSigning),
        ]
        for (name, profile, purpose) in profiles {
            let certificate = try Certificate(pem: read(folder, "\(name).pem"))
            #expect(certificate.keyUsages == profile.keyUsages, "\(name)")
            #expect(certificate.extendedKeyUsages == profile.extendedKeyUsages, "\(name)")
            let hour = certificate.notBefore.adding(milliseconds: 3_600_000)
            #expect(try trust().judge(certificate, purposes: [purpose], at: hour).problems == [], "\(name)")
            #expect(keyMatches(folder, name), "\(name)")
        }
        let signing = try Certificate(pem: read(folder, "MARCHE-signing.pem"))
        try folder.write(SignatureBench.content, to: "batch.xml")
        try ExternalProgram.openssl(
            "cms", "-sign", "-binary", "-md", "sha256", "-in", "batch.xml", "-signer", "MARCHE-signing.pem", "-inkey",
            "MARCHE-signing.key", "-outform", "DER", "-out", "batch.xml.p7s", in: folder)
        let key = RegisteredKey(
            certificate: signing, owner: try PartnerID("MARCHE"), usage: .sign, activeFrom: signing.notBefore)
        func code() throws -> ReasonCode? {
            var cache = ChainVerdictCache()
            let list = try RevocationList.all(inFile: folder.read("crl.pem"))[0]
            return SignatureVerifier(trust: try trust()).judge(
                try folder.read("batch.xml.p7s"), content: SignatureBench.content,
                signers: .register(KeyRegister([key]), .partner(key.owner)),
                at: list.thisUpdate.adding(milliseconds: 1000), cache: &cache
            ).code
        }
        #expect(try code() == nil)
        try ExternalProgram.succeed("sh", [script, folder.path, "--revoke", "MARCHE-signing.pem"])
        #expect(try code() == .sig005)
    }

    /// Whether a certificate's file and its key's file belong together.
    private func keyMatches(_ folder: ScratchFolder, _ name: String) -> Bool {
        guard let certificate = try? Certificate(pem: read(folder, "\(name).pem")),
            let key = try? PrivateKey(pem: read(folder, "\(name).key"))
        else { return false }
        return key.matches(certificate)
    }

    @Test("the own usages of openssl.cnf are those of the code")
    func usages() throws {
        let text = try String(contentsOfFile: "\(Self.package)/Certs/openssl.cnf", encoding: .utf8)
        let readme = try String(contentsOfFile: "\(Self.package)/Certs/README.md", encoding: .utf8)
        for (name, id) in [
            ("partnerSigning", OID.partnerSigning), ("hostSigning", .hostSigning), ("officer", .officer),
            ("auditor", .auditor),
        ] {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") && $0.hasSuffix(" \(id)") }
            #expect(line != nil, "\(name)")
            #expect(readme.contains("| \(name) | \(id) |"))
        }
        for profile in CertificateProfile.allCases where profile != .coalitionCA {
            #expect(text.contains("[ \(profile.rawValue) ]"))
            #expect(readme.contains("| `\(profile.rawValue)` |"))
        }
    }
}
