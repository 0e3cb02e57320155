import Evidence
import FileStore
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel

/// A bundle that a name asks for.
private struct WantedBundle: Sendable {
    let scope: EvidenceScope
    let madeAt: Timestamp
    let house: HouseState
    let store: OriginalStore
}

extension Clearinghouse {
    /// How the names of bundles begin.
    static let evidencePrefix = "EVD-"

    /// A bundle of evidence, made when it is asked for and signed then: `EVD-W-2026-03B.tar` for the host and its
    /// auditors, `EVD-W-2026-03B-MARCHE.tar` also for that partner. Nil for any other name.
    ///
    /// It states the time of the checkpoint that it leads to, so that the same bundle is made until the next one.
    ///
    /// - Throws: `Refusal` with ACT-004 for a window that is not closed, NET-002 while it is being made for someone
    ///   else; `Fault` from the stores.
    nonisolated func evidence(_ name: String, _ reader: PartnerID?) async throws -> StoredDocument? {
        guard let wanted = try await wantedBundle(name, reader) else { return nil }
        let digest = try await Self.make(name, wanted, parts, logKey)
        return StoredDocument(
            name: name, file: try wanted.store.original(digest), digest: digest, signature: try await sign(digest))
    }

    private func wantedBundle(_ name: String, _ reader: PartnerID?) throws -> WantedBundle? {
        guard name.hasPrefix(Self.evidencePrefix), name.hasSuffix(".tar"), let programme = house.programme else {
            return nil
        }
        let stem = name.dropFirst(Self.evidencePrefix.count).dropLast(4)
        for window in programme.windows where stem.hasPrefix(window.id.text) {
            let rest = stem.dropFirst(window.id.text.count)
            let partner = rest.first == "-" ? try? PartnerID(String(rest.dropFirst())) : nil
            if let partner {
                guard programme.agreement(partner) != nil, reader == nil || reader == partner else { continue }
            } else {
                guard rest.isEmpty, reader == nil else { continue }
            }
            return WantedBundle(
                scope: EvidenceScope(window: window.id, partner: partner),
                madeAt: house.evidence.all.last?.time ?? house.lastTime, house: house, store: try derivedStore())
        }
        return nil
    }

    @concurrent
    private static func make(
        _ name: String, _ wanted: WantedBundle, _ parts: Parts, _ key: LogKey
    ) async throws -> Digest32 {
        guard let document = try wanted.store.beginDocument(name) else {
            throw Refusal(.net002, value: name, detail: "the document is being made for someone else")
        }
        let source = EvidenceSource(
            log: parts.journal, records: parts.records, originals: parts.originals, keys: parts.directory.keys,
            house: wanted.house)
        try EvidenceBundle.write(wanted.scope, from: source, key: key, at: wanted.madeAt) { try document.append($0) }
        switch try document.complete() {
        case .kept(let digest), .differs(let digest): return digest
        }
    }
}
