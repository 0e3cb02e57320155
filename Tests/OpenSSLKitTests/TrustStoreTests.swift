import OpenSSLKit
import Primitives
import TestKit
import Testing

@Suite("Trust stores judge chains")
struct TrustStoreTests {
    private let pki = TestPKI.shared
    private let noon = TestPKI.noon

    private func kinds(
        _ certificate: Certificate, _ trust: TrustStore, _ purpose: CertificatePurpose = .partnerSigning,
        at instant: Timestamp = TestPKI.noon, extra: [Certificate] = []
    ) -> [ChainProblem.Kind] {
        trust.judge(certificate, purposes: [purpose], extra: extra, at: instant).problems.map(\.kind)
    }

    @Test("a certificate of the authority is accepted, with its chain and the list that covered it")
    func accepted() throws {
        let certificate = try pki.issue(.partnerSigning, "MARCHE").certificate
        let verdict = try pki.trust().judge(certificate, purposes: [.partnerSigning], at: noon)
        #expect(verdict.isAccepted)
        #expect(verdict.chain.map(\.fingerprint) == [certificate.fingerprint, pki.authority.certificate.fingerprint])
        #expect(verdict.revocationLists.map(\.digest) == [pki.revocationList.digest])
        #expect(!verdict.isStale)
    }

    @Test("validity is judged at the instant given: its first instant belongs to it, its last does not")
    func time() throws {
        let span = TestPKI.span("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
        let certificate = try pki.issue(.partnerSigning, "MARCHE", validity: span).certificate
        let trust = try pki.trust()
        #expect(kinds(certificate, trust, at: span.notBefore.adding(milliseconds: -1)) == [.notYetValid])
        #expect(kinds(certificate, trust, at: span.notBefore) == [])
        #expect(kinds(certificate, trust, at: span.notAfter.adding(milliseconds: -1)) == [])
        #expect(kinds(certificate, trust, at: span.notAfter) == [.expired])
    }

    @Test("a revoked certificate is told as revoked, with its date")
    func revoked() throws {
        let certificate = try pki.issue(.partnerSigning, "MARCHE").certificate
        let verdict = try pki.trust(revoking: [certificate]).judge(certificate, purposes: [.partnerSigning], at: noon)
        #expect(verdict.problems.map(\.kind) == [.revoked])
        #expect(verdict.problems[0].detail.contains("2020-06-01T00:00:00Z"))
    }

    @Test("without a revocation list nothing is accepted, unless the store does not check revocation")
    func listMissing() throws {
        let certificate = try pki.issue(.partnerSigning, "MARCHE").certificate
        #expect(Set(kinds(certificate, try pki.trust(lists: []))) == [.revocationUnknown])
        let open = try TrustStore(roots: [pki.authority.certificate], revocation: .notChecked)
        #expect(kinds(certificate, open) == [])
        let otherRoot = try TestPKI(name: "Another root")
        #expect(Set(kinds(certificate, try pki.trust(lists: [otherRoot.revocationList]))) == [.revocationUnknown])
    }

    @Test("a list of an authority with the same name and another key does not count")
    func listOfNamesake() throws {
        let certificate = try pki.issue(.partnerSigning, "MARCHE").certificate
        let namesake = try TestPKI()
        #expect(Set(kinds(certificate, try pki.trust(lists: [namesake.revocationList]))) == [.revocationUnknown])
    }

    @Test("a list past its next update counts within the grace, with an alarm, and not after it")
    func staleList() throws {
        let certificate = try pki.issue(.partnerSigning, "MARCHE").certificate
        let due = TestPKI.instant("2026-03-10T00:00:00Z")
        let list = try pki.authority.revocationList(
            revoking: [], number: 7, thisUpdate: TestPKI.instant("2026-03-01T00:00:00Z"), nextUpdate: due)
        let trust = try pki.trust(lists: [list], graceSeconds: 3600)
        func verdict(_ text: String) -> ChainVerdict {
            trust.judge(certificate, purposes: [.partnerSigning], at: TestPKI.instant(text))
        }
        #expect(verdict("2026-03-09T23:59:59Z").isAccepted)
        #expect(!verdict("2026-03-09T23:59:59Z").isStale)
        #expect(verdict("2026-03-10T00:00:00Z").isAccepted)
        #expect(verdict("2026-03-10T00:59:59Z").isStale)
        #expect(verdict("2026-03-10T00:59:59Z").isAccepted)
        #expect(Set(verdict("2026-03-10T01:00:00Z").problems.map(\.kind)) == [.revocationUnknown])
        #expect(Set(verdict("2026-02-28T23:59:59Z").problems.map(\.kind)) == [.revocationUnknown])
    }

    @Test("a revocation is seen in a stale list too")
    func staleListRevokes() throws {
        let certificate = try pki.issue(.partnerSigning, "MARCHE").certificate
        let list = try pki.authority.revocationList(
            revoking: [.init(serialHex: certificate.serialHex, since: TestPKI.instant("2026-03-02T00:00:00Z"))],
            number: 7,
            thisUpdate: TestPKI.instant("2026-03-03T00:00:00Z"), nextUpdate: TestPKI.instant("2026-03-10T11:59:00Z"))
        #expect(kinds(certificate, try pki.trust(lists: [list], graceSeconds: 3600)) == [.revoked])
        #expect(kinds(certificate, try pki.trust(lists: [list])).first == .revoked)
    }

    @Test("of several lists the newest that was made by then counts")
    func newestList() throws {
        let certificate = try pki.issue(.partnerSigning, "MARCHE").certificate
        func list(_ number: Int, _ made: String, revokes: Bool) throws -> RevocationList {
            let entry = RevocationList.Entry(serialHex: certificate.serialHex, since: TestPKI.instant(made))
            return try pki.authority.revocationList(
                revoking: revokes ? [entry] : [], number: number, thisUpdate: TestPKI.instant(made),
                nextUpdate: TestPKI.validity.notAfter)
        }
        let trust = try pki.trust(lists: [
            try list(2, "2026-03-05T00:00:00Z", revokes: true), try list(1, "2026-03-01T00:00:00Z", revokes: false),
        ])
        #expect(kinds(certificate, trust, at: TestPKI.instant("2026-03-04T23:59:59Z")) == [])
        #expect(kinds(certificate, trust, at: TestPKI.instant("2026-03-05T00:00:00Z")) == [.revoked])
    }

    @Test("an unknown issuer and a self-signed certificate are told as such, before all else")
    func unknownIssuer() throws {
        let stranger = try TestPKI(name: "Stranger").issue(.partnerSigning, "MARCHE").certificate
        #expect(kinds(stranger, try pki.trust()) == [.unknownIssuer])
        let key = try PrivateKey.generate(.p256)
        let selfSigned = try CertificateAuthority.root(
            subject: try DistinguishedName(commonName: "MARCHE"), key: key, validity: TestPKI.validity)
        #expect(kinds(selfSigned.certificate, try pki.trust()).first == .unknownIssuer)
    }

    @Test("a chain through an intermediate needs the intermediate and both lists")
    func intermediate() throws {
        let middleKey = try PrivateKey.generate(.p384)
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
        #expect(kinds(leaf, try pki.trust(intermediates: [middle.certificate], moreLists: [list])) == [])
        #expect(kinds(leaf, try pki.trust(moreLists: [list]), extra: [middle.certificate]) == [])
        #expect(kinds(leaf, try pki.trust(moreLists: [list])) == [.unknownIssuer])
        #expect(Set(kinds(leaf, try pki.trust(intermediates: [middle.certificate]))) == [.revocationUnknown])
        let revoked = try pki.trust(
            revoking: [middle.certificate], intermediates: [middle.certificate], moreLists: [list]
        ).judge(leaf, purposes: [.partnerSigning], at: noon)
        #expect(revoked.problems.contains { $0.kind == .revoked && $0.depth == 1 })
    }

    @Test("a certificate issued by a leaf is not accepted")
    func leafAsIssuer() throws {
        let leaf = try pki.issue(.partnerSigning, "MARCHE") {
            $0.isAuthority = true
            $0.keyUsages = [.certificateSigning, .crlSigning, .digitalSignature]
        }
        let pretender = try CertificateAuthority(certificate: leaf.certificate, key: leaf.key)
        let honest = try pki.issue(.partnerSigning, "HONEST")
        // The pretender's certificate with the same name and key, but as the authority really issued it: a leaf.
        let real = try pki.issue(.partnerSigning, "MARCHE", key: leaf.key) { _ in }
        let forged = try pretender.issue(
            CertificateOrder(
                .partnerSigning, subject: try DistinguishedName(commonName: "FORGED"), key: honest.key.publicKey,
                validity: TestPKI.validity))
        #expect(!kinds(forged, try pki.trust(), extra: [real.certificate]).isEmpty)
    }

    @Test("each purpose wants its own extended key usage and digitalSignature")
    func purposes() throws {
        let trust = try pki.trust()
        let identities: [(CertificateProfile, Set<CertificatePurpose>)] = [
            (.gatewayTLS, [.tlsServer]), (.partnerTLS, [.tlsClient]),
            (.partnerSigning, [.partnerSigning, .documentSigning]), (.hostSigning, [.hostSigning, .documentSigning]),
            (.officer, [.officerSigning, .tlsClient, .documentSigning]),
            (.auditor, [.auditorSigning, .tlsClient, .documentSigning]),
        ]
        for (profile, good) in identities {
            let certificate = try pki.issue(profile, "X").certificate
            for purpose in CertificatePurpose.allCases {
                let expected: [ChainProblem.Kind] = good.contains(purpose) ? [] : [.wrongPurpose]
                #expect(kinds(certificate, trust, purpose) == expected, "\(profile) for \(purpose)")
            }
        }
        let silent = try pki.issue(.partnerSigning, "X") { $0.extendedKeyUsages = [] }.certificate
        #expect(kinds(silent, trust) == [.wrongPurpose])
        let noUsage = try pki.issue(.partnerSigning, "X") { $0.keyUsages = [.keyAgreement] }.certificate
        #expect(kinds(noUsage, trust) == [.wrongPurpose])
        #expect(kinds(pki.authority.certificate, trust).contains(.wrongPurpose))
        #expect(!trust.judge(pki.hostSigning.certificate, purposes: [], at: noon).isAccepted)
    }

    @Test("weak keys and algorithms are refused anywhere in the chain, and in the list")
    func weakness() throws {
        let trust = try pki.trust()
        let short = try pki.issue(.partnerSigning, "X", key: .generate(.rsa(bits: 1024))) { _ in }.certificate
        #expect(kinds(short, trust) == [.weak])
        for curve in ["secp256k1", "secp521r1", "brainpoolP256r1"] {
            let certificate = try pki.issue(.partnerSigning, "X", key: .generate(curve: curve)) { _ in }.certificate
            #expect(kinds(certificate, trust) == [.weak], "\(curve)")
        }
        let sha1 = try pki.issue(.partnerSigning, "X") { $0.digest = .sha1 }.certificate
        #expect(kinds(sha1, trust) == [.weak])
        for digest in [SigningDigest.sha256, .sha384, .sha512] {
            let certificate = try pki.issue(.partnerSigning, "X") { $0.digest = digest }.certificate
            #expect(kinds(certificate, trust) == [], "\(digest)")
        }
        let weakList = try pki.authority.revocationList(
            revoking: [], number: 9, thisUpdate: TestPKI.validity.notBefore, nextUpdate: TestPKI.validity.notAfter,
            digest: .sha1)
        #expect(Set(kinds(pki.hostSigning.certificate, try pki.trust(lists: [weakList]), .hostSigning)) == [.weak])
    }

    @Test("a weak root makes everything below it weak")
    func weakRoot() throws {
        let key = try PrivateKey.generate(.rsa(bits: 1024))
        let root = try CertificateAuthority.root(
            subject: try DistinguishedName(commonName: "Weak root"), key: key, validity: TestPKI.validity)
        let leafKey = try PrivateKey.generate(.p256)
        let leaf = try root.issue(
            CertificateOrder(
                .partnerSigning, subject: try DistinguishedName(commonName: "X"), key: leafKey.publicKey,
                validity: TestPKI.validity))
        let list = try root.revocationList(
            revoking: [], number: 1, thisUpdate: TestPKI.validity.notBefore, nextUpdate: TestPKI.validity.notAfter)
        let verdict = try TrustStore(roots: [root.certificate], revocationLists: [list])
            .judge(leaf, purposes: [.partnerSigning], at: noon)
        #expect(verdict.problems.map(\.kind) == [.weak])
        #expect(verdict.problems.map(\.depth) == [1])
    }

    @Test("a verdict holds until something of the store or the chain begins or ends")
    func holds() throws {
        let span = TestPKI.span("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
        let certificate = try pki.issue(.partnerSigning, "MARCHE", validity: span).certificate
        let list = try pki.authority.revocationList(
            revoking: [], number: 3, thisUpdate: TestPKI.instant("2026-03-05T00:00:00Z"),
            nextUpdate: TestPKI.instant("2026-03-20T00:00:00Z"))
        let trust = try pki.trust(lists: [list], graceSeconds: 60)
        let first = trust.judge(certificate, purposes: [.partnerSigning], at: noon)
        #expect(first.holds == TestPKI.instant("2026-03-05T00:00:00Z")..<TestPKI.instant("2026-03-20T00:00:00Z"))
        let stale = trust.judge(certificate, purposes: [.partnerSigning], at: first.holds.upperBound)
        #expect(stale.holds.upperBound == TestPKI.instant("2026-03-20T00:01:00Z"))
        #expect(stale.isStale)
    }

    @Test("a store wants roots that are authorities")
    func roots() {
        #expect(throws: CryptoError.self) { try TrustStore(roots: []) }
        #expect(throws: CryptoError.self) { try TrustStore(roots: [pki.hostSigning.certificate]) }
        #expect(throws: CryptoError.self) {
            try TrustStore(
                authorityFiles: [Array("nothing".utf8)], revocationListFiles: [], revocation: .notChecked)
        }
    }

    @Test("two stores have the same id when they judge alike")
    func identity() throws {
        #expect(try pki.trust().id == pki.trust().id)
        #expect(try pki.trust().id != pki.trust(graceSeconds: 1).id)
        #expect(try pki.trust().id != pki.trust(revoking: [pki.auditor.certificate]).id)
    }
}
