public import OpenSSLKit
public import Primitives

/// Verdicts on chains that were reached before, so that a known signer's message costs one check of a signature and
/// no chain.
///
/// A verdict is used again only with the same trust store, for the same certificate and purposes, at an instant for
/// which it holds (nothing in the store begins or ends in between). The cache belongs to its caller; losing it costs
/// time and nothing else.
public struct ChainVerdictCache: Sendable {
    private struct Key: Hashable {
        let store: Digest32
        let certificate: Digest32
        let purposes: [CertificatePurpose]
    }

    private let capacity: Int
    private var verdicts: [Key: ChainVerdict] = [:]
    /// How often a chain was built because no verdict was at hand.
    public private(set) var misses = 0

    /// Makes an empty cache for so many verdicts, at least one; it is emptied when it is full.
    public init(capacity: Int = 4096) { self.capacity = max(capacity, 1) }

    /// The verdict on a certificate, judged now or kept from before.
    public mutating func verdict(
        on certificate: Certificate, purposes: [CertificatePurpose], trust: TrustStore, at instant: Timestamp
    ) -> ChainVerdict {
        let key = Key(store: trust.id, certificate: certificate.fingerprint, purposes: purposes)
        if let kept = verdicts[key], kept.holds.contains(instant) { return kept }
        misses += 1
        let verdict = trust.judge(certificate, purposes: purposes, at: instant)
        if verdicts.count >= capacity { verdicts = [:] }
        verdicts[key] = verdict
        return verdict
    }
}
