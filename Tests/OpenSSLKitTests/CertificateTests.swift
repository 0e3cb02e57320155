import OpenSSLKit
import Primitives
import TestKit
import Testing

@Suite("Certificates, keys and their issuing")
struct CertificateTests {
    private let pki = TestPKI.shared

    @Test("a certificate says what openssl reads in it", arguments: CertificateProfile.allCases)
    func fields(_ profile: CertificateProfile) throws {
        let folder = try ScratchFolder("certificate")
        let certificate =
            profile == .coalitionCA ? pki.authority.certificate : try pki.issue(profile, "Réunion, Ltd").certificate
        try folder.write(certificate.pem, to: "c.pem")
        let text = try ExternalProgram.openssl(
            "x509", "-in", "c.pem", "-noout", "-subject", "-issuer", "-serial", "-fingerprint", "-sha256", "-nameopt",
            "RFC2253,-esc_msb", in: folder
        ).text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains("subject=\(certificate.subject)"))
        #expect(lines.contains("issuer=\(certificate.issuer)"))
        #expect(lines.contains("serial=\(certificate.serialHex.uppercased())"))
        let fingerprint = certificate.fingerprint.description.uppercased()
        #expect(lines.last?.replacing(":", with: "").hasSuffix(fingerprint) == true)
        #expect(certificate.key == .ec(curve: "prime256v1"))
        #expect(certificate.signatureAlgorithm == "ecdsa-with-SHA256")
        #expect(certificate.keyUsages == profile.keyUsages)
        #expect(certificate.extendedKeyUsages ?? [] == profile.extendedKeyUsages)
        #expect(certificate.isAuthority == (profile == .coalitionCA))
        #expect(certificate.weakness == nil)
        #expect(certificate.notBefore == TestPKI.validity.notBefore)
        #expect(certificate.notAfter == TestPKI.validity.notAfter)
    }

    @Test("every issued certificate is strict DER for openssl and for Python")
    func strictEncoding() throws {
        let folder = try ScratchFolder("strict")
        for profile in CertificateProfile.allCases where profile != .coalitionCA {
            try folder.write(try pki.issue(profile, "X").certificate.der, to: "\(profile.rawValue).der")
        }
        try folder.write(pki.authority.certificate.der, to: "ca.der")
        try folder.write(pki.gatewayTLS.certificate.der, to: "gateway.der")
        try folder.write(
            """
            import sys, glob
            from cryptography import x509
            from cryptography.hazmat.primitives.serialization import Encoding
            for name in sorted(glob.glob("*.der")):
                der = open(name, "rb").read()
                c = x509.load_der_x509_certificate(der)
                assert c.public_bytes(Encoding.DER) == der, name
                list(c.extensions)
            print(c.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
            gateway = x509.load_der_x509_certificate(open("gateway.der", "rb").read())
            names = gateway.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            print([str(n.value) for n in names])
            """, to: "check.py")
        let text = try ExternalProgram.succeed("python3", ["check.py"], in: folder).text
        #expect(text.contains("['gateway.example', 'localhost', '127.0.0.1']"))
        for name in try folder.names() where name.hasSuffix(".der") {
            try ExternalProgram.openssl("asn1parse", "-inform", "DER", "-in", name, in: folder)
        }
    }

    @Test("openssl's own verification accepts the issued chain and sees the revocation")
    func opensslVerify() throws {
        let folder = try ScratchFolder("chain")
        let good = try pki.issue(.partnerSigning, "GOOD").certificate
        let bad = try pki.issue(.partnerSigning, "BAD").certificate
        try folder.write(pki.authority.certificate.pem, to: "ca.pem")
        try folder.write(try pki.list(revoking: [bad]).pem, to: "crl.pem")
        try folder.write(good.pem, to: "good.pem")
        try folder.write(bad.pem, to: "bad.pem")
        let arguments = ["verify", "-x509_strict", "-crl_check_all", "-CAfile", "ca.pem", "-CRLfile", "crl.pem"]
        try ExternalProgram.succeed("openssl", arguments + ["-purpose", "smimesign", "good.pem"], in: folder)
        let refused = try ExternalProgram.run("openssl", arguments + ["bad.pem"], in: folder)
        #expect(refused.status != 0)
        #expect((refused.errors + refused.text).contains("certificate revoked"))
    }

    @Test("the same random bytes give the same serial number, others another")
    func injectedRandomness() throws {
        let fixed = try CertificateAuthority(
            certificate: pki.authority.certificate, key: pki.authorityKey,
            random: { count in [UInt8](repeating: 0xFF, count: count) })
        let order = CertificateOrder(
            .auditor, subject: try DistinguishedName(commonName: "A"), key: pki.auditor.key.publicKey,
            validity: TestPKI.validity)
        #expect(try fixed.issue(order).serialHex == "7f" + String(repeating: "ff", count: 15))
        #expect(try pki.authority.issue(order).serialHex != pki.authority.issue(order).serialHex)
    }

    @Test("bytes that are not exactly one certificate in DER are refused")
    func malformed() throws {
        let der = pki.auditor.certificate.der
        for wrong in [[], [0x30], Array(der.dropLast()), der + [0], Array("garbage".utf8)] {
            #expect(throws: CryptoError.self) { try Certificate(der: wrong) }
            #expect(throws: CryptoError.self) { try RevocationList(der: wrong) }
        }
        // The same certificate with a length in a longer form: BER, not DER.
        let longer: [UInt8] = [0x30, 0x83, 0x00] + der[2...]
        #expect(throws: CryptoError.self) { try Certificate(der: longer) }
        #expect(throws: CryptoError.self) { try Certificate(pem: "no certificate") }
    }

    @Test("a certificate with any byte cut off is refused and nothing crashes")
    func truncated() {
        let der = pki.auditor.certificate.der
        for count in 0..<der.count {
            #expect(throws: CryptoError.self) { try Certificate(der: Array(der.prefix(count))) }
        }
    }

    @Test("keys keep their kind through PEM, also encrypted ones with their password")
    func keys() throws {
        for (generation, kind) in [
            (PrivateKey.Generation.p256, KeyKind.ec(curve: "prime256v1")), (.p384, .ec(curve: "secp384r1")),
            (.rsa(bits: 2048), .rsa(bits: 2048)),
        ] {
            let key = try PrivateKey.generate(generation)
            #expect(key.kind == kind)
            #expect(kind.weakness == nil)
            let again = try PrivateKey(pem: key.pem)
            #expect(again.publicKey == key.publicKey)
        }
        let folder = try ScratchFolder("key")
        try ExternalProgram.openssl(
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes-256-cbc", "-pass",
            "pass:secret",
            "-out", "key.pem", in: folder)
        let pem = String(decoding: try folder.read("key.pem"), as: UTF8.self)
        #expect(try PrivateKey(pem: pem, password: "secret").kind == .ec(curve: "prime256v1"))
        #expect(throws: CryptoError.self) { try PrivateKey(pem: pem, password: "wrong") }
        #expect(throws: CryptoError.self) { try PrivateKey(pem: pem) }
        #expect(KeyKind.rsa(bits: 2047).weakness != nil)
        #expect(KeyKind.ec(curve: "secp521r1").weakness != nil)
        #expect(KeyKind.other("ED25519").weakness != nil)
    }

    @Test("a key that is not the certificate's makes neither a signer nor an authority")
    func mismatch() throws {
        let other = try PrivateKey.generate(.p256)
        #expect(throws: CryptoError.self) { try CMSSigner(certificate: pki.hostSigning.certificate, key: other) }
        #expect(throws: CryptoError.self) {
            try CertificateAuthority(certificate: pki.authority.certificate, key: other)
        }
        #expect(throws: CryptoError.self) {
            try CertificateAuthority(certificate: pki.auditor.certificate, key: pki.auditor.key)
        }
    }

    @Test("a revocation list keeps its entries and its number grows")
    func revocationLists() throws {
        let (a, b) = (try pki.issue(.partnerTLS, "AAA").certificate, try pki.issue(.partnerTLS, "BBB").certificate)
        let since = TestPKI.instant("2026-03-10T08:00:00Z")
        let first = try pki.authority.revocationList(
            after: nil, adding: [.init(serialHex: a.serialHex, since: since)], thisUpdate: since,
            nextUpdate: TestPKI.instant("2051-01-01T00:00:00Z"))
        let second = try pki.authority.revocationList(
            after: first,
            adding: [
                .init(serialHex: a.serialHex, since: TestPKI.noon), .init(serialHex: b.serialHex, since: TestPKI.noon),
            ],
            thisUpdate: TestPKI.noon, nextUpdate: TestPKI.instant("2051-01-01T00:00:00Z"))
        #expect(first.number == 1)
        #expect(second.number == 2)
        #expect(second.entries.map(\.serialHex) == [a.serialHex, b.serialHex])
        #expect(second.entries.map(\.since) == [since, TestPKI.noon])
        #expect(second.thisUpdate == TestPKI.noon)
        #expect(second.nextUpdate == TestPKI.instant("2051-01-01T00:00:00Z"))
        #expect(
            try RevocationList.all(inFile: Array((first.pem + second.pem).utf8)).map(\.digest) == [
                first.digest, second.digest,
            ])
    }
}
