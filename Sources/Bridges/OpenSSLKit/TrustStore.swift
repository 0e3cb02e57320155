internal import COpenSSL
public import Primitives

/// The authorities that are trusted, the intermediates that they issued, and the revocation lists: who is believed.
///
/// It is a value that is built whole and swapped whole when certificates or lists are loaded anew. Time is always a
/// parameter; the machine's clock plays no part. Building and checking chains is OpenSSL's work, with `X509_STRICT`
/// and the revocation of every certificate of the chain; purpose and strength are checked here, since OpenSSL's
/// defaults let weak ones pass.
@safe
public final class TrustStore: @unchecked Sendable {
    // SAFETY: the X509_STORE is filled in the initialiser and only read afterwards, which OpenSSL guards with its own
    // lock.
    private let store: OpaquePointer
    /// The trust anchors.
    public let roots: [Certificate]
    /// Certificates that chains may pass through.
    public let intermediates: [Certificate]
    /// The revocation lists.
    public let revocationLists: [RevocationList]
    /// How revocation is judged.
    public let revocation: RevocationRule
    /// A digest over everything above: two stores with the same id judge alike.
    public let id: Digest32

    /// How revocation is judged.
    public enum RevocationRule: Hashable, Sendable {
        /// Every certificate of a chain needs a list; one past its next update by less than so many seconds still
        /// counts, with an alarm.
        case required(graceSeconds: Int64)
        /// Lists are not consulted. Only for looking at a document when no list is at hand; the gateway never does.
        case notChecked
    }

    /// Builds a store.
    ///
    /// - Throws: `CryptoError` when there is no root, or a root is not an authority's certificate.
    public init(
        roots: [Certificate], intermediates: [Certificate] = [], revocationLists: [RevocationList] = [],
        revocation: RevocationRule = .required(graceSeconds: 0)
    ) throws(CryptoError) {
        guard !roots.isEmpty else { throw CryptoError(.mismatch, "a trust store has one root or more") }
        for root in roots where !root.isAuthority || !root.isSelfIssued {
            throw CryptoError(.mismatch, "'\(root.subject)' is not the certificate of a root authority")
        }
        guard let made = unsafe X509_STORE_new() else { throw CryptoError(.failed, "out of memory") }
        for root in roots { unsafe X509_STORE_add_cert(made, root.handle) }
        unsafe store = made
        self.roots = roots
        self.intermediates = intermediates
        self.revocationLists = revocationLists
        self.revocation = revocation
        var parts: [String] = ["\(revocation)"]
        parts += roots.map { "root \($0.fingerprint)" }.sorted()
        parts += intermediates.map { "intermediate \($0.fingerprint)" }.sorted()
        parts += revocationLists.map { "list \($0.digest)" }.sorted()
        id = SHA256.digest(Array(parts.joined(separator: "\n").utf8))
    }

    deinit { unsafe X509_STORE_free(store) }

    /// Builds a store from the bytes of files in PEM or DER: self-issued certificates are roots, all others
    /// intermediates.
    ///
    /// - Throws: `CryptoError` when something does not decode, or there is no root.
    public convenience init(
        authorityFiles: [[UInt8]], revocationListFiles: [[UInt8]], revocation: RevocationRule
    ) throws(CryptoError) {
        var certificates: [Certificate] = []
        for file in authorityFiles { certificates += try Certificate.all(inFile: file) }
        var lists: [RevocationList] = []
        for file in revocationListFiles { lists += try RevocationList.all(inFile: file) }
        try self.init(
            roots: certificates.filter { $0.isSelfIssued }, intermediates: certificates.filter { !$0.isSelfIssued },
            revocationLists: lists, revocation: revocation)
    }

    /// Whether the store itself holds the certificate, as root or intermediate.
    public func holds(_ certificate: Digest32) -> Bool {
        roots.contains { $0.fingerprint == certificate } || intermediates.contains { $0.fingerprint == certificate }
    }

    /// Judges a certificate at an instant.
    ///
    /// - Parameters:
    ///   - certificate: The certificate to judge.
    ///   - purposes: What it may be used for; one of them is enough.
    ///   - extra: More certificates that the chain may pass through, such as those that came with a signature.
    ///   - instant: The time of the judgement, to the second.
    public func judge(
        _ certificate: Certificate, purposes: [CertificatePurpose], extra: [Certificate] = [], at instant: Timestamp
    ) -> ChainVerdict {
        let lists = currentLists(at: instant)
        let walk = unsafe ChainWalk(
            store: store, anchors: roots, untrusted: intermediates + extra,
            lists: revocation == .notChecked ? nil : lists, graceSeconds: graceSeconds, instant: instant)
        var outcome = walk.run(certificate)
        if let objection = objection(to: certificate, purposes: purposes) {
            outcome.add(.wrongPurpose, depth: 0, objection)
        }
        for (depth, link) in outcome.chain.enumerated() {
            guard let weakness = link.weakness else { continue }
            outcome.add(.weak, depth: depth, depth == 0 ? weakness : "\(weakness) ('\(link.subject)')")
        }
        let references = revocation == .notChecked ? [] : cover(outcome.chain, with: lists, &outcome)
        return ChainVerdict(
            chain: outcome.chain.map {
                ChainLink(subject: $0.subject, fingerprint: $0.fingerprint, notAfter: $0.notAfter)
            },
            problems: outcome.sortedProblems, revocationLists: references, isStale: outcome.isStale,
            holds: interval(around: instant, certificate: certificate, extra: extra))
    }

    private var graceSeconds: Int64 {
        switch revocation {
        case .required(let seconds): seconds
        case .notChecked: 0
        }
    }

    private func objection(to certificate: Certificate, purposes: [CertificatePurpose]) -> String? {
        let objections = purposes.map { $0.objection(to: certificate) }
        return objections.contains(nil) ? nil : objections.first ?? "no purpose was asked for"
    }

    /// For each authority the newest list that was made by then, or, where there is none, its oldest.
    private func currentLists(at instant: Timestamp) -> [RevocationList] {
        struct Authority: Hashable {
            let name: [UInt8]
            let key: [UInt8]?
        }
        var chosen: [Authority: RevocationList] = [:]
        for list in revocationLists.sorted(by: { ($0.thisUpdate, $0.digest) < ($1.thisUpdate, $1.digest) }) {
            let authority = Authority(name: list.issuerDER, key: list.authorityKeyIdentifier)
            if chosen[authority] == nil || list.thisUpdate <= instant { chosen[authority] = list }
        }
        return chosen.values.sorted { $0.digest < $1.digest }
    }

    /// Names the lists that cover a chain, and adds a problem where one is missing or weakly signed.
    private func cover(
        _ chain: [Certificate], with lists: [RevocationList], _ outcome: inout ChainOutcome
    ) -> [RevocationReference] {
        var references: [RevocationReference] = []
        for (depth, link) in chain.enumerated() {
            let authority = depth + 1 < chain.count ? chain[depth + 1] : link
            let covering = lists.filter {
                guard $0.issuerDER == link.issuerDER else { return false }
                return $0.authorityKeyIdentifier == nil || $0.authorityKeyIdentifier == authority.subjectKeyIdentifier
            }
            if covering.isEmpty {
                outcome.add(.revocationUnknown, depth: depth, "no revocation list of '\(link.issuer)'")
            }
            for list in covering {
                if let weakness = list.weakness { outcome.add(.weak, depth: depth, weakness) }
                let reference = RevocationReference(
                    issuer: list.issuer, digest: list.digest, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate)
                if !references.contains(reference) { references.append(reference) }
            }
        }
        return references
    }

    private func interval(around instant: Timestamp, certificate: Certificate, extra: [Certificate]) -> Range<Timestamp>
    {
        var from = Timestamp(milliseconds: .min)
        var to = Timestamp(milliseconds: .max)
        func bound(_ edge: Timestamp) {
            if edge <= instant { from = max(from, edge) } else { to = min(to, edge) }
        }
        for known in roots + intermediates + extra + [certificate] {
            bound(known.notBefore)
            bound(known.notAfter)
        }
        for list in revocationLists {
            bound(list.thisUpdate)
            bound(list.nextUpdate)
            bound(list.nextUpdate.adding(milliseconds: graceSeconds * 1000))
        }
        return from..<to
    }
}
