import OpenSSLKit
import Primitives
import TestKit
import Testing
import Verification

@Suite("Which refusal counts when several apply, and which certificate when several fit")
struct SignaturePrecedenceTests {
    private let pki = TestPKI.shared
    private let content = SignatureBench.content

    @Test("taking away the reasons one by one shows them in the order 008, 003, 006, 005, 004, 007, 002")
    func order() throws {
        let ended = TestPKI.span("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z")
        let wrongUse = try pki.issue(.partnerTLS, "MARCHE", key: nil, validity: ended) { _ in }
        let outdated = try pki.issue(.partnerSigning, "MARCHE", validity: ended)
        let good = try pki.issue(.partnerSigning, "MARCHE")
        let changed = content + [0]
        struct Step {
            let identity: TestPKI.Identity
            let options: [String]
            let registered: Bool
            let revoked: Bool
            let code: ReasonCode
        }
        let steps = [
            Step(
                identity: wrongUse, options: ["-md", "sha1", "-noattr"], registered: false, revoked: true, code: .sig008
            ),
            Step(identity: wrongUse, options: ["-md", "sha1"], registered: false, revoked: true, code: .sig003),
            Step(identity: wrongUse, options: ["-md", "sha1"], registered: true, revoked: true, code: .sig006),
            Step(identity: outdated, options: ["-md", "sha1"], registered: true, revoked: true, code: .sig005),
            Step(identity: outdated, options: ["-md", "sha1"], registered: true, revoked: false, code: .sig004),
            Step(identity: good, options: ["-md", "sha1"], registered: true, revoked: false, code: .sig007),
            Step(identity: good, options: [], registered: true, revoked: false, code: .sig002),
        ]
        for step in steps {
            let bench = try SignatureBench(step.identity)
            let signature = try bench.opensslSign(step.options)
            let register = step.registered ? bench.register : KeyRegister([])
            let trust = try pki.trust(revoking: step.revoked ? [step.identity.certificate] : [])
            let signers = SignerSource.register(register, .partner(bench.partner))
            #expect(try bench.judge(signature, content: changed, signers: signers, trust: trust).code == step.code)
        }
        let bench = try SignatureBench(good)
        #expect(try bench.judge([], content: changed).code == .sig001)
        #expect(try bench.judge(bench.opensslSign()).code == nil)
    }

    @Test("everything but the content is refused before the content is there")
    func beforeContent() throws {
        let bench = try SignatureBench()
        let verifier = SignatureVerifier(trust: try pki.trust())
        var cache = ChainVerdictCache()
        let good = try verifier.open(bench.opensslSign(), form: .detached)
        #expect(good.requiredDigest == .sha256)
        #expect(
            verifier.refusalBeforeContent(good, signers: bench.signers, at: TestPKI.noon, cache: &cache) == nil)
        #expect(
            verifier.judge(good, contentDigest: nil, signers: bench.signers, at: TestPKI.noon, cache: &cache).code
                == .sig002)
        let weak = try verifier.open(bench.opensslSign(["-md", "sha1"]), form: .detached)
        #expect(weak.requiredDigest == nil)
        #expect(
            verifier.refusalBeforeContent(weak, signers: bench.signers, at: TestPKI.noon, cache: &cache)?.code
                == .sig007)
        var broken = EncodingTree(try bench.signing.signer().signDetached(content, at: TestPKI.noon))
        broken.signerInfo[5].content[20] ^= 1
        let forged = try verifier.open(broken.der, form: .detached)
        #expect(
            verifier.refusalBeforeContent(forged, signers: bench.signers, at: TestPKI.noon, cache: &cache)?.code
                == .sig002)
    }

    @Test("a renewed certificate with the same key is found by its key identifier while both are registered")
    func renewed() throws {
        let march = TestPKI.span("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
        let april = TestPKI.span("2026-03-20T00:00:00Z", "2026-05-01T00:00:00Z")
        let old = try pki.issue(.partnerSigning, "MARCHE", validity: march)
        let new = try pki.issue(.partnerSigning, "MARCHE", key: old.key, validity: april) { _ in }
        #expect(old.certificate.subjectKeyIdentifier == new.certificate.subjectKeyIdentifier)
        let bench = try SignatureBench(old)
        let signers = SignerSource.register(bench.register(old.certificate, new.certificate), .partner(bench.partner))
        let signature = try bench.opensslSign(["-keyid", "-nocerts"])
        func fingerprint(_ text: String) throws -> Digest32? {
            try bench.judge(signature, signers: signers, at: TestPKI.instant(text)).verified?.evidence.fingerprint
        }
        #expect(try fingerprint("2026-03-10T12:00:00Z") == old.certificate.fingerprint)
        #expect(try fingerprint("2026-04-10T12:00:00Z") == new.certificate.fingerprint)
        #expect(
            try bench.judge(signature, signers: signers, at: TestPKI.instant("2026-05-10T12:00:00Z")).code == .sig004)
    }

    @Test("where only a fingerprint is registered, the certificate must travel with the signature")
    func fingerprintOnly() throws {
        let bench = try SignatureBench(pki.maker)
        let key = RegisteredKey(
            fingerprint: pki.maker.certificate.fingerprint, owner: bench.partner, usage: .officer,
            activeFrom: TestPKI.validity.notBefore)
        let signers = SignerSource.register(
            KeyRegister([key]), ExpectedSigner(owner: bench.partner, usages: [.officer]))
        let with = try bench.signing.signer().signDetached(content, at: TestPKI.noon)
        let without = try bench.signing.signer(includesCertificate: false).signDetached(content, at: TestPKI.noon)
        #expect(try bench.judge(with, signers: signers).verified?.evidence.usage == .officer)
        #expect(try bench.judge(without, signers: signers).code == .sig003)
        let stranger = try pki.checker.signer().signDetached(content, at: TestPKI.noon)
        #expect(try bench.judge(stranger, signers: signers).code == .sig003)
    }

    @Test("intermediates that travel with the signature complete the chain")
    func travellingIntermediate() throws {
        let middleKey = try PrivateKey.generate(.p256)
        let middle = try CertificateAuthority(
            certificate: try pki.authority.issue(
                CertificateOrder(
                    .coalitionCA, subject: try DistinguishedName(commonName: "Middle"), key: middleKey.publicKey,
                    validity: TestPKI.validity, pathLength: 0)), key: middleKey)
        let key = try PrivateKey.generate(.p256)
        let leaf = try middle.issue(
            CertificateOrder(
                .partnerSigning, subject: try DistinguishedName(commonName: "MARCHE"), key: key.publicKey,
                validity: TestPKI.validity))
        let list = try middle.revocationList(
            revoking: [], number: 1, thisUpdate: TestPKI.validity.notBefore, nextUpdate: TestPKI.validity.notAfter)
        let bench = try SignatureBench(TestPKI.Identity(certificate: leaf, key: key))
        let trust = try pki.trust(moreLists: [list])
        let alone = try CMSSigner(certificate: leaf, key: key).signDetached(content, at: TestPKI.noon)
        #expect(try bench.judge(alone, trust: trust).code == .sig006)
        let together = try CMSSigner(certificate: leaf, key: key, chain: [middle.certificate])
            .signDetached(content, at: TestPKI.noon)
        #expect(try bench.judge(together, trust: trust).verified?.evidence.chain.count == 3)
    }

    @Test("a chain is judged once and its verdict used again until something ends or the store is swapped")
    func cache() throws {
        let bench = try SignatureBench()
        let list = try pki.authority.revocationList(
            revoking: [], number: 2, thisUpdate: TestPKI.validity.notBefore,
            nextUpdate: TestPKI.instant("2026-03-11T00:00:00Z"))
        let signature = try bench.signing.signer().signDetached(content, at: TestPKI.noon)
        var cache = ChainVerdictCache(capacity: 2)
        func code(_ trust: TrustStore, _ text: String) throws -> ReasonCode? {
            SignatureVerifier(trust: trust).judge(
                signature, content: content, signers: bench.signers, at: TestPKI.instant(text), cache: &cache
            ).code
        }
        let trust = try pki.trust(lists: [list])
        for minute in 10...19 { #expect(try code(trust, "2026-03-10T12:\(minute):00Z") == nil) }
        #expect(cache.misses == 1)
        #expect(try code(trust, "2026-03-11T00:00:00Z") == .sig011)
        #expect(cache.misses == 2)
        #expect(try code(pki.trust(revoking: [bench.signing.certificate]), "2026-03-10T12:30:00Z") == .sig005)
        #expect(cache.misses == 3)
    }
}
