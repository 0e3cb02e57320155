import OpenSSLKit
import Primitives
import Verification

/// Bytes as signatures, certificates, revocation lists and PEM text; and, in the form of `SignatureBundle`, a
/// signature with all that is needed to judge it.
enum SignatureFuzz {
    static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
        if let bundle = SignatureBundle(bytes) {
            try judge(bundle)
            return
        }
        try signature(bytes)
        try certificates(bytes)
        try revocationLists(bytes)
        try text(bytes)
    }

    // MARK: Reading

    private static func signature(_ bytes: [UInt8]) throws(BrokenPromise) {
        guard let read = try? CMSSignature(ber: bytes, maximumBytes: 64 << 10) else { return }
        guard let again = try? CMSSignature(ber: bytes, maximumBytes: bytes.count) else {
            throw BrokenPromise(description: "what was read once is read again")
        }
        try hold(
            read.signer == again.signer && read.content == again.content && read.messageDigest == again.messageDigest
                && read.embeddedCertificates == again.embeddedCertificates && read.signingTime == again.signingTime,
            "a signature is read alike twice")
        let held = (read.content?.count ?? 0) + read.messageDigest.count + read.embeddedCertificates.joined().count
        try hold(held <= bytes.count, "a signature holds no more than its bytes")
        try hold((try? CMSSignature(ber: bytes + [0], maximumBytes: 1 << 20)) == nil, "nothing follows a signature")
        try hold(
            (try? CMSSignature(ber: bytes.dropLast(), maximumBytes: 1 << 20)) == nil, "a signature is not cut short")
        try hold(
            (try? CMSSignature(ber: bytes, maximumBytes: bytes.count - 1)) == nil, "a signature keeps to the limit")
        try hold(read.weakness != nil || read.requiredDigest != nil, "a strong signature names its digest")
        for certificate in read.embeddedCertificates.prefix(8) { try self.certificate(certificate) }
    }

    private static func certificates(_ bytes: [UInt8]) throws(BrokenPromise) {
        if PEM.looksLikePEM(bytes) {
            for certificate in (try? Certificate.all(inFile: bytes)) ?? [] { try self.certificate(certificate.der) }
        } else {
            try certificate(bytes)
        }
    }

    private static func certificate(_ der: [UInt8]) throws(BrokenPromise) {
        guard let read = try? Certificate(der: der) else { return }
        try hold(read.der == der && read.fingerprint == SHA256.digest(der), "a certificate is its bytes")
        try hold((try? Certificate(pem: read.pem))?.der == der, "a certificate comes back from PEM")
        try hold((try? Certificate(der: der + [0])) == nil, "nothing follows a certificate")
        try hold(read.serial.count <= der.count && !read.description.isEmpty, "a certificate names itself")
        for purpose in CertificatePurpose.allCases { _ = purpose.objection(to: read) }
        for usage in read.extendedKeyUsages ?? [] {
            try hold(OID(usage.description) == usage, "an identifier comes back from its text: \(usage)")
        }
    }

    private static func revocationLists(_ bytes: [UInt8]) throws(BrokenPromise) {
        guard let lists = try? RevocationList.all(inFile: bytes) else { return }
        for list in lists {
            try hold(list.digest == SHA256.digest(list.der), "a revocation list is its bytes")
            try hold(
                (try? RevocationList.all(inFile: Array(list.pem.utf8)))?.first?.entries == list.entries,
                "a revocation list comes back from PEM")
            try hold((try? RevocationList(der: list.der + [0])) == nil, "nothing follows a revocation list")
            try hold(list.entries.count <= list.der.count, "entries are bounded")
        }
    }

    private static func text(_ bytes: [UInt8]) throws(BrokenPromise) {
        if let decoded = Base64.decode(bytes) {
            try hold(Array(Base64.encode(decoded).utf8) == bytes, "base64 has one form")
        }
        guard let blocks = try? PEM.decode(String(decoding: bytes, as: UTF8.self)) else { return }
        let written = blocks.map { PEM.encode($0.bytes, label: $0.label) }.joined()
        try hold((try? PEM.decode(written)) == blocks, "PEM blocks come back")
    }

    // MARK: Judging

    /// Noon of a day within the validity of the seeds' certificates.
    static let noon = Timestamp(milliseconds: 1_773_144_000_000)

    /// Judges a bundle in every way, and answers how often it verified.
    @discardableResult
    static func judge(_ bundle: SignatureBundle) throws(BrokenPromise) -> Int {
        guard
            let trust = try? TrustStore(
                authorityFiles: [bundle.authorities], revocationListFiles: [bundle.revocationLists],
                revocation: .required(graceSeconds: 0))
        else { return 0 }
        let signer = try? Certificate(der: bundle.signer)
        let owner = PartnerID(unchecked: "RAILCO")
        let keys = signer.map {
            [RegisteredKey(certificate: $0, owner: owner, usage: .sign, activeFrom: Timestamp(milliseconds: 0))]
        }
        let register = KeyRegister(keys ?? [])
        let verifier = SignatureVerifier(trust: trust)
        var cache = ChainVerdictCache()
        let sources: [SignerSource] = [
            .register(register, .partner(owner)), .anyone([], purposes: [.partnerSigning, .hostSigning]),
        ]
        var verified = 0
        for source in sources {
            let beside = verifier.judge(
                bundle.signature, content: bundle.content, signers: source, at: noon, cache: &cache)
            let within = verifier.judge(message: bundle.signature, signers: source, at: noon, cache: &cache)
            try hold(
                evidence(beside) == nil || evidence(within) == nil, "a signature is either detached or attached")
            var fresh = ChainVerdictCache()
            let again = verifier.judge(
                bundle.signature, content: bundle.content, signers: source, at: noon, cache: &fresh)
            try hold(again == beside, "a verdict does not depend on the cache")
            let other = verifier.judge(
                bundle.signature, content: bundle.content + [0], signers: source, at: noon, cache: &cache)
            try hold(evidence(other) == nil, "other content never verifies")
            for verdict in [beside, within] {
                guard let evidence = evidence(verdict) else { continue }
                try check(evidence, bundle, trust, source)
                verified += 1
            }
        }
        return verified + (try peers(bundle, trust, register))
    }

    private static func evidence(_ verdict: SignatureVerdict) -> SignatureEvidence? {
        if case .verified(let verified) = verdict { verified.evidence } else { nil }
    }

    private static func check(
        _ evidence: SignatureEvidence, _ bundle: SignatureBundle, _ trust: TrustStore, _ source: SignerSource
    ) throws(BrokenPromise) {
        if case .register = source {
            try hold(evidence.fingerprint == SHA256.digest(bundle.signer), "the signer is the registered one")
            try hold(evidence.owner?.text == "RAILCO", "the owner is the registered one")
        }
        let ends = evidence.chain.first?.fingerprint == evidence.fingerprint
        let isAnchored = trust.roots.contains { $0.fingerprint == evidence.chain.last?.fingerprint }
        try hold(ends && isAnchored, "a chain leads from the signer to a root")
        try hold(evidence.certificateNotAfter > noon, "the certificate is valid")
        try hold(!evidence.revocationIsStale, "the revocation list is not out of date")
    }

    private static func peers(
        _ bundle: SignatureBundle, _ trust: TrustStore, _ register: KeyRegister
    ) throws(BrokenPromise) -> Int {
        var accepted = 0
        for policy in [
            PeerPolicy(trust: trust, register: nil), PeerPolicy(trust: trust, register: register),
            PeerPolicy(gatewayTrustedBy: trust),
        ] {
            var cache = ChainVerdictCache()
            let verdict = policy.judge(chain: [bundle.signer, bundle.content], at: noon, cache: &cache)
            guard case .accepted(let peer) = verdict else { continue }
            try hold(peer.fingerprint == SHA256.digest(bundle.signer), "the peer is the one that was shown")
            accepted += 1
        }
        return accepted
    }
}

/// A signature with its content, the authorities, their revocation lists and the signer's certificate: five parts,
/// each behind its length in two bytes, big-endian. Parts that are missing are empty.
struct SignatureBundle {
    static let mark = Array("BUNDLE".utf8)

    var signature: [UInt8]
    var content: [UInt8]
    var authorities: [UInt8]
    var revocationLists: [UInt8]
    var signer: [UInt8]

    init(signature: [UInt8], content: [UInt8], authorities: [UInt8], revocationLists: [UInt8], signer: [UInt8]) {
        self.signature = signature
        self.content = content
        self.authorities = authorities
        self.revocationLists = revocationLists
        self.signer = signer
    }

    /// Reads a bundle; nil where the mark is missing.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.mark) else { return nil }
        var rest = bytes.dropFirst(Self.mark.count)
        func part() -> [UInt8] {
            guard rest.count >= 2 else { return [] }
            let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            defer { rest = rest.dropFirst(2 + count) }
            return Array(rest.dropFirst(2).prefix(count))
        }
        signature = part()
        content = part()
        authorities = part()
        revocationLists = part()
        signer = part()
    }

    /// The bundle's bytes; no part has more than 65,535.
    var bytes: [UInt8] {
        [signature, content, authorities, revocationLists, signer].reduce(into: Self.mark) { out, part in
            out += [UInt8(part.count >> 8), UInt8(part.count & 255)] + part
        }
    }
}
