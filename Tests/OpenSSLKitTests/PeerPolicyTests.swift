import OpenSSLKit
import Primitives
import TestKit
import Testing
import Verification

@Suite("Who may connect over TLS")
struct PeerPolicyTests {
    private let pki = TestPKI.shared

    private func register(_ certificate: Certificate, _ usage: RegisteredUsage = .tls) throws -> KeyRegister {
        KeyRegister([
            RegisteredKey(
                certificate: certificate, owner: try PartnerID("MARCHE"), usage: usage,
                activeFrom: TestPKI.validity.notBefore)
        ])
    }

    private func detail(
        _ chain: [[UInt8]], _ register: KeyRegister?, trust: TrustStore? = nil, at instant: Timestamp = TestPKI.noon
    ) throws -> String? {
        var cache = ChainVerdictCache()
        let verdict = PeerPolicy(trust: try trust ?? pki.trust(), register: register)
            .judge(chain: chain, at: instant, cache: &cache)
        switch verdict {
        case .accepted: return nil
        case .refused(let finding):
            #expect(finding.code == .net004)
            return finding.detail
        }
    }

    @Test("a registered partner, officer and auditor may; the verdict says whose certificate it is")
    func accepted() throws {
        let partner = try pki.partner("MARCHE")
        var cache = ChainVerdictCache()
        let verdict = PeerPolicy(trust: try pki.trust(), register: try register(partner.tls.certificate))
            .judge(chain: [partner.tls.certificate.der], at: TestPKI.noon, cache: &cache)
        guard case .accepted(let peer) = verdict else {
            Issue.record("refused: \(verdict)")
            return
        }
        #expect(peer.registrations.map(\.owner) == [partner.id])
        #expect(peer.fingerprint == partner.tls.certificate.fingerprint)
        #expect(try detail([pki.maker.certificate.der], register(pki.maker.certificate, .officer)) == nil)
        #expect(try detail([pki.auditor.certificate.der], register(pki.auditor.certificate, .auditor)) == nil)
        #expect(
            try detail([partner.tls.certificate.der, pki.authority.certificate.der], register(partner.tls.certificate))
                == nil)
    }

    @Test("certificates that TLS libraries let in by default are refused, each with its reason")
    func refused() throws {
        let good = try pki.issue(.partnerTLS, "MARCHE").certificate
        #expect(try detail([], nil) == "no certificate was shown")
        #expect(try detail([[1, 2, 3]], nil) == "the certificate shown does not decode")
        #expect(try detail([[UInt8]](repeating: good.der, count: 9), nil)?.contains("more or larger") == true)
        let revoked = try detail([good.der], register(good), trust: pki.trust(revoking: [good]))
        #expect(revoked?.hasPrefix("SIG-005: revoked") == true)
        let sha1 = try pki.issue(.partnerTLS, "MARCHE") { $0.digest = .sha1 }.certificate
        #expect(try detail([sha1.der], register(sha1))?.hasPrefix("SIG-007") == true)
        let short = try pki.issue(.partnerTLS, "MARCHE", key: .generate(.rsa(bits: 1024))) { _ in }.certificate
        #expect(try detail([short.der], register(short))?.hasPrefix("SIG-007: an RSA key of 1024 bits") == true)
        let stranger = try TestPKI(name: "Stranger").issue(.partnerTLS, "MARCHE").certificate
        #expect(try detail([stranger.der], register(stranger))?.hasPrefix("SIG-006") == true)
        let signing = try pki.issue(.partnerSigning, "MARCHE").certificate
        #expect(try detail([signing.der], register(signing))?.hasPrefix("SIG-006") == true)
        #expect(try detail([good.der], register(good), trust: pki.trust(lists: []))?.hasPrefix("SIG-011") == true)
        #expect(try detail([good.der], register(good), at: TestPKI.validity.notAfter)?.isEmpty == false)
    }

    @Test("a certificate that is not registered for connections may not connect")
    func registration() throws {
        let good = try pki.issue(.partnerTLS, "MARCHE").certificate
        #expect(try detail([good.der], KeyRegister([]))?.hasPrefix("SIG-003") == true)
        #expect(try detail([good.der], register(good, .sign))?.hasPrefix("SIG-003") == true)
        #expect(try detail([good.der], nil) == nil)
        let ended = RegisteredKey(
            certificate: good, owner: try PartnerID("MARCHE"), usage: .tls, activeFrom: TestPKI.validity.notBefore,
            activeUntil: TestPKI.noon)
        #expect(try detail([good.der], KeyRegister([ended]))?.hasPrefix("SIG-003") == true)
    }

    @Test("a client takes only a gateway's certificate for the gateway")
    func gateway() throws {
        var cache = ChainVerdictCache()
        let policy = PeerPolicy(gatewayTrustedBy: try pki.trust())
        func accepts(_ certificate: Certificate) -> Bool {
            if case .accepted = policy.judge(chain: [certificate.der], at: TestPKI.noon, cache: &cache) { return true }
            return false
        }
        #expect(accepts(pki.gatewayTLS.certificate))
        #expect(!accepts(try pki.issue(.partnerTLS, "MARCHE").certificate))
        #expect(!accepts(try TestPKI(name: "Stranger").gatewayTLS.certificate))
    }
}
