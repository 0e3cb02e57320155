import OpenSSLKit
import Primitives
import TestKit
import Testing
import Verification

@Suite("Each kind of bad signature has its own code")
struct SignatureRefusalTests {
    private let pki = TestPKI.shared
    private let content = SignatureBench.content

    private func sign(_ identity: TestPKI.Identity) throws -> [UInt8] {
        try identity.signer().signDetached(content, at: TestPKI.noon)
    }

    /// A good signature as a tree, to be changed.
    private func tree(_ bench: SignatureBench) throws -> EncodingTree {
        EncodingTree(try bench.signing.signer().signDetached(content, at: TestPKI.noon))
    }

    @Test("SIG-001: no signature, or a message that is not enclosed in one")
    func unsigned() throws {
        let bench = try SignatureBench()
        #expect(try bench.judge([]).code == .sig001)
        #expect(try bench.judge(message: []).code == .sig001)
        #expect(try bench.judge(message: Array("<Message/>".utf8)).code == .sig001)
    }

    @Test("SIG-008: bytes that are no CMS, PEM text, and CMS with something after it")
    func garbage() throws {
        let bench = try SignatureBench()
        let good = try sign(bench.signing)
        #expect(try bench.judge(good).code == nil)
        #expect(try bench.judge(Array("garbage".utf8)).code == .sig008)
        #expect(try bench.judge(Array(PEM.encode(good, label: "CMS").utf8)).finding?.detail.contains("PEM") == true)
        #expect(try bench.judge(good + [0]).code == .sig008)
        #expect(try bench.judge(good + good).code == .sig008)
        #expect(try bench.judge(bench.signing.certificate.der).code == .sig008)
        for count in 1..<good.count {
            #expect(try bench.judge(Array(good.prefix(count))).code == .sig008)
        }
    }

    @Test("SIG-008: a signature above the size limit")
    func tooLarge() throws {
        let bench = try SignatureBench()
        let good = try sign(bench.signing)
        var policy = SignaturePolicy()
        policy.signatureBytes = good.count - 1
        let verifier = SignatureVerifier(trust: try pki.trust(), policy: policy)
        var cache = ChainVerdictCache()
        let verdict = verifier.judge(good, content: content, signers: bench.signers, at: TestPKI.noon, cache: &cache)
        #expect(verdict.code == .sig008)
    }

    @Test("SIG-008: two signers, and none")
    func signerCount() throws {
        let bench = try SignatureBench()
        let folder = try ScratchFolder("two")
        try folder.write(pki.maker.certificate.pem, to: "b.pem")
        try folder.write(pki.maker.key.pem, to: "b.key")
        let two = try bench.opensslSign(["-signer", folder.path("b.pem"), "-inkey", folder.path("b.key")])
        #expect(try bench.judge(two).finding?.detail.contains("2 signers") == true)
        #expect(try bench.judge(two).code == .sig008)
        try folder.write(bench.signing.certificate.pem, to: "a.pem")
        try ExternalProgram.openssl(
            "crl2pkcs7", "-nocrl", "-certfile", "a.pem", "-outform", "DER", "-out", "certs.p7", in: folder)
        #expect(try bench.judge(try folder.read("certs.p7")).code == .sig008)
    }

    @Test("SIG-008: no signed attributes, and unsigned ones")
    func attributes() throws {
        let bench = try SignatureBench()
        #expect(try bench.judge(bench.opensslSign(["-noattr"])).code == .sig008)
        var unsigned = try tree(bench)
        let attribute = EncodingTree(
            0x30, children: [EncodingTree(0x06, [0x2A, 3, 4]), EncodingTree(0x31, children: [EncodingTree(0x05, [])])])
        unsigned.signerInfo.append(EncodingTree(0xA1, children: [attribute]))
        #expect(try bench.judge(unsigned.der).finding?.detail.contains("unsigned attributes") == true)
        #expect(try bench.judge(unsigned.der).code == .sig008)
    }

    @Test("SIG-008: attached where detached is due, and the reverse")
    func form() throws {
        let bench = try SignatureBench()
        let signer = try bench.signing.signer()
        #expect(try bench.judge(signer.signAttached(content, at: TestPKI.noon)).code == .sig008)
        #expect(try bench.judge(message: signer.signDetached(content, at: TestPKI.noon)).code == .sig008)
    }

    @Test("SIG-008: structures that differ from the policy's in one field")
    func structure() throws {
        let bench = try SignatureBench()
        func refused(_ what: String, _ change: (inout EncodingTree) -> Void) throws {
            var changed = try tree(bench)
            change(&changed)
            #expect(try bench.judge(changed.der).code == .sig008, "\(what)")
        }
        #expect(try bench.judge(tree(bench).der).code == nil)
        try refused("another content type outside") { $0.children[0].content[8] = 3 }
        try refused("another content type inside") { $0.signedData[2].children[0].content[8] = 3 }
        try refused("version of the SignedData") { $0.signedData[0].content = [3] }
        try refused("version of the SignerInfo") { $0.signerInfo[0].content = [3] }
        try refused("two digest algorithms") { $0.signedData[1].children.append($0.signedData[1].children[0]) }
        try refused("no digest algorithm") { $0.signedData[1].children = [] }
        try refused("another digest in the set") { $0.signedData[1].children[0].children[0].content[8] = 2 }
        try refused("revocation lists") { $0.signedData.insert(EncodingTree(0xA1, children: []), at: 4) }
        try refused("a certificate of another kind") {
            $0.signedData[3].children.append(EncodingTree(0xA2, children: []))
        }
        try refused("a certificate that does not decode") {
            $0.signedData[3].children.append(EncodingTree(0x30, children: []))
        }
        try refused("a stranger's certificate") {
            $0.signedData[3].children.append(EncodingTree(TestPKI.shared.auditor.certificate.der))
        }
        try refused("nine certificates") {
            $0.signedData[3].children += [EncodingTree](repeating: $0.signedData[3].children[0], count: 8)
        }
        try refused("an attribute twice") { $0.signerInfo[3].children.append($0.signerInfo[3].children[0]) }
        try refused("no message digest") { $0.signerInfo[3].children.removeAll { $0.children[0].content.last == 4 } }
        try refused("no content type") { $0.signerInfo[3].children.removeAll { $0.children[0].content.last == 3 } }
        try refused("a message digest with two values") { info in
            for index in info.signerInfo[3].children.indices
            where info.signerInfo[3].children[index].children[0].content.last == 4 {
                let value = info.signerInfo[3].children[index].children[1].children[0]
                info.signerInfo[3].children[index].children[1].children.append(value)
            }
        }
        try refused("a field too many") { $0.signerInfo.append(EncodingTree(0x05, [])) }
    }

    @Test("SIG-003: a certificate that is not registered")
    func unregistered() throws {
        let bench = try SignatureBench()
        #expect(try bench.judge(sign(pki.issue(.partnerSigning, "MARCHE"))).code == .sig003)
        #expect(
            try bench.judge(sign(bench.signing), signers: .register(KeyRegister([]), .partner(bench.partner))).code
                == .sig003)
    }

    @Test("SIG-003: another partner's, another usage, not active yet, no longer active")
    func registration() throws {
        let bench = try SignatureBench()
        let signature = try sign(bench.signing)
        func code(_ owner: String, _ usage: RegisteredUsage, _ from: String, _ until: String?) throws -> ReasonCode? {
            let key = RegisteredKey(
                certificate: bench.signing.certificate, owner: try PartnerID(owner), usage: usage,
                activeFrom: TestPKI.instant(from), activeUntil: until.map { TestPKI.instant($0) })
            return try bench.judge(signature, signers: .register(KeyRegister([key]), .partner(bench.partner))).code
        }
        let (noon, later) = ("2026-03-10T12:00:00Z", "2026-03-10T12:00:01Z")
        #expect(try code("MARCHE", .sign, noon, later) == nil)
        #expect(try code("RAILCO", .sign, noon, nil) == .sig003)
        #expect(try code("MARCHE", .tls, noon, nil) == .sig003)
        #expect(try code("MARCHE", .sign, later, nil) == .sig003)
        #expect(try code("MARCHE", .sign, "2026-01-01T00:00:00Z", noon) == .sig003)
    }

    @Test("SIG-003: an embedded certificate that is not the registered one byte for byte")
    func embedded() throws {
        let bench = try SignatureBench()
        var changed = try tree(bench)
        // The last byte of the certificate's own signature.
        let last = changed.signedData[3].children[0].children[2].content.count - 1
        changed.signedData[3].children[0].children[2].content[last] ^= 1
        #expect(try bench.judge(changed.der).code == .sig003)
    }

    @Test("SIG-006: self-signed, of another authority, and not meant for signing")
    func chain() throws {
        let key = try PrivateKey.generate(.p256)
        let root = try CertificateAuthority.root(
            subject: try DistinguishedName(commonName: "MARCHE"), key: key, validity: TestPKI.validity)
        let others = [
            TestPKI.Identity(certificate: root.certificate, key: key),
            try TestPKI(name: "Stranger").issue(.partnerSigning, "MARCHE"),
            try pki.issue(.partnerTLS, "MARCHE"), try pki.issue(.officer, "MARCHE"),
            try pki.issue(.partnerSigning, "MARCHE") { $0.keyUsages = [.keyEncipherment] },
        ]
        for identity in others {
            let bench = try SignatureBench(identity)
            #expect(try bench.judge(sign(identity)).code == .sig006, "\(identity.certificate)")
        }
    }

    @Test("SIG-005: revoked; SIG-011: a revocation list that is out of date or missing")
    func revocation() throws {
        let bench = try SignatureBench()
        let signature = try sign(bench.signing)
        let revoked = try bench.judge(signature, trust: pki.trust(revoking: [bench.signing.certificate]))
        #expect(revoked.code == .sig005)
        #expect(revoked.finding?.detail.contains("revoked since") == true)
        let stale = try pki.authority.revocationList(
            revoking: [], number: 2, thisUpdate: TestPKI.validity.notBefore,
            nextUpdate: TestPKI.instant("2026-03-10T11:00:00Z"))
        #expect(try bench.judge(signature, trust: pki.trust(lists: [stale])).code == .sig011)
        #expect(try bench.judge(signature, trust: pki.trust(lists: [])).code == .sig011)
        let graced = try bench.judge(signature, trust: pki.trust(lists: [stale], graceSeconds: 3601))
        #expect(graced.verified?.evidence.revocationIsStale == true)
    }

    @Test("SIG-004: expired and not yet valid at receipt, whatever the signing time says")
    func validity() throws {
        let span = TestPKI.span("2026-03-01T00:00:00Z", "2026-04-15T00:00:00Z")
        let bench = try SignatureBench(try pki.issue(.partnerSigning, "MARCHE", validity: span))
        let signature = try sign(bench.signing)
        #expect(try bench.judge(signature, at: span.notAfter).code == .sig004)
        #expect(try bench.judge(signature, at: span.notBefore.adding(milliseconds: -1)).code == .sig004)
        #expect(try bench.judge(signature, at: span.notBefore).verified?.evidence.warnings == [])
    }

    @Test("SIG-009: a certificate that ends within 30 days is warned about and accepted")
    func endsSoon() throws {
        let span = TestPKI.span("2026-03-01T00:00:00Z", "2026-04-09T12:00:00Z")
        let bench = try SignatureBench(try pki.issue(.partnerSigning, "MARCHE", validity: span))
        let signature = try sign(bench.signing)
        #expect(try bench.judge(signature, at: TestPKI.noon).verified?.evidence.warnings == [])
        let warned = try bench.judge(signature, at: TestPKI.noon.adding(milliseconds: 1))
        #expect(warned.verified?.evidence.warnings.map(\.code) == [.sig009])
    }

    @Test("SIG-007: SHA-1, short RSA keys, other curves, and certificates signed with SHA-1")
    func weak() throws {
        let bench = try SignatureBench()
        let sha1 = try bench.judge(bench.opensslSign(["-md", "sha1"]))
        #expect(sha1.code == .sig007)
        #expect(sha1.finding?.detail.contains("SHA-1") == true)
        #expect(try bench.judge(bench.opensslSign(["-md", "sha224"])).code == .sig007)
        let identities = [
            try pki.issue(.partnerSigning, "MARCHE", key: .generate(.rsa(bits: 1024))) { _ in },
            try pki.issue(.partnerSigning, "MARCHE", key: .generate(curve: "secp521r1")) { _ in },
            try pki.issue(.partnerSigning, "MARCHE") { $0.digest = .sha1 },
        ]
        for identity in identities {
            let weak = try SignatureBench(identity)
            #expect(try weak.judge(sign(identity)).code == .sig007, "\(identity.certificate)")
        }
    }

    @Test("SIG-007: parameters of an algorithm that are not the standard's")
    func parameters() throws {
        let bench = try SignatureBench()
        var changed = try tree(bench)
        changed.signerInfo[4].children.append(EncodingTree(0x04, []))
        #expect(try bench.judge(changed.der).code == .sig007)
        let pss = try SignatureBench(key: .rsa(bits: 2048))
        var mixed = EncodingTree(
            try pss.opensslSign(["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha1"]))
        #expect(try pss.judge(mixed.der).code == .sig007)
        mixed = EncodingTree(try pss.opensslSign(["-keyopt", "rsa_padding_mode:pss"]))
        #expect(try pss.judge(mixed.der).code == nil)
        mixed.signerInfo[4].children[1].children.append(EncodingTree(0xA3, children: [EncodingTree(0x02, [2])]))
        #expect(try pss.judge(mixed.der).code == .sig007)
    }

    @Test("SIG-007: the second name of RSA, which is one unsigned byte away from the first")
    func combinedName() throws {
        let bench = try SignatureBench(key: .rsa(bits: 2048))
        var changed = EncodingTree(try bench.opensslSign())
        #expect(try bench.judge(changed.der).code == nil)
        #expect(changed.signerInfo[4].children[0].content.last == 1)
        changed.signerInfo[4].children[0].content[8] = 11
        #expect(try bench.judge(changed.der).code == .sig007)
        #expect(try bench.judge(changed.der).finding?.detail.contains("rsaEncryption") == true)
    }

    @Test("SIG-002: changed content, changed attributes, another key's signature")
    func changed() throws {
        let bench = try SignatureBench()
        let signature = try sign(bench.signing)
        var other = content
        other[7] ^= 0x20
        let verdict = try bench.judge(signature, content: other)
        #expect(verdict.code == .sig002)
        #expect(verdict.finding?.value == String(SHA256.digest(other).description.prefix(64)))
        var moved = try tree(bench)
        for index in moved.signerInfo[3].children.indices
        where moved.signerInfo[3].children[index].children[0].content.last == 5 {
            moved.signerInfo[3].children[index].children[1].children[0].content[1] ^= 1
        }
        #expect(try bench.judge(moved.der).code == .sig002)
        let stranger = EncodingTree(try sign(pki.maker))
        var swapped = try tree(bench)
        swapped.signerInfo[5] = stranger.signerInfo[5]
        #expect(try bench.judge(swapped.der).code == .sig002)
    }

    @Test("what openssl writes in BER is judged like DER, in whatever lengths")
    func indefinite() throws {
        let bench = try SignatureBench()
        // Without the certificate, which must keep its bytes.
        let signer = try bench.signing.signer(includesCertificate: false)
        let detached = EncodingTree(try signer.signDetached(content, at: TestPKI.noon))
        #expect(detached.indefinite != detached.der)
        #expect(try bench.judge(detached.indefinite).code == nil)
        let attached = EncodingTree(try signer.signAttached(content, at: TestPKI.noon))
        #expect(try bench.judge(message: attached.indefinite).verified?.content == content)
    }

    @Test("structures nested without end are refused, not followed")
    func depth() throws {
        let bench = try SignatureBench()
        var nested: [UInt8] = []
        for _ in 0..<30_000 { nested += [0x30, 0x80] }
        #expect(try bench.judge(nested).code == .sig008)
        var tree = EncodingTree(0x05, [])
        for _ in 0..<60 { tree = EncodingTree(0x30, children: [tree]) }
        #expect(try bench.judge(tree.der).code == .sig008)
        #expect(try bench.judge([0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]).code == .sig008)
        #expect(try bench.judge([0x30, 0x88] + [UInt8](repeating: 0x7F, count: 8)).code == .sig008)
    }
}
