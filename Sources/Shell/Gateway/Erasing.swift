import Clearing
import Evidence
import FileStore
import House
import Journal
import Ledger
import Logging
import Primitives
import ProgrammeModel

extension ActJudgement {
    /// What an `erase` act would erase. Rule: Erasure (Specs/rules.md).
    ///
    /// - Throws: `Refusal` with ACT-003 for the document, ACT-004 when nothing is there to be erased or a window is not
    ///   closed, PRV-001 before the retention has passed.
    func erasure(_ document: ActDocument) throws(Refusal) -> Erasure {
        let batch = try document.batch()
        let reason = try document.text("reason", document.reason)
        let attempts = house.files.history(batch)?.attempts ?? []
        guard !attempts.isEmpty else {
            throw Refusal(.act004, value: batch.description, detail: "no file came under this number")
        }
        let digests = Set(attempts.map(\.digest)).subtracting(house.erasures.originals.keys)
        guard !digests.isEmpty else { throw Refusal(.act005, value: batch.description, detail: "the file is erased") }
        // The same bytes may have come under other numbers: they are one original, and all of these are considered.
        var received: [UInt64] = []
        for (batch, attempt) in arrivals(of: digests) {
            try requireEnd(of: batch, attempt)
            if let sequence = attempt.received { received.append(sequence) }
        }
        return Erasure(batch: batch, reason: reason, originals: digests.sorted(), received: received.sorted())
    }

    func arrivals(of digests: Set<Digest32>) -> [(BatchID, FileAttempt)] {
        let partners = Set(house.programmes.flatMap { $0.agreements.map(\.partner) })
        var out: [(BatchID, FileAttempt)] = []
        for partner in partners {
            for series in Series.allCases {
                for (batch, history) in house.files.files(of: partner, series: series) {
                    out += history.attempts.filter { digests.contains($0.digest) }.map { (batch, $0) }
                }
            }
        }
        return out
    }

    /// Requires that an arrival's retention has passed: so many years after its window's close, or after its refusal
    /// where it came into no window.
    private func requireEnd(of batch: BatchID, _ attempt: FileAttempt) throws(Refusal) {
        var begin = attempt.at
        if let window = attempt.window {
            guard attempt.decided != nil || house.files.history(batch)?.cancelled != nil,
                let closed = house.closingTimes[window]
            else { throw Refusal(.act004, value: batch.description, detail: "the window \(window) is not closed") }
            begin = max(begin, closed)
        }
        let years = programme.retentionYears ?? Limits.retentionYears
        let last = programme.zone.date(at: begin).adding(years: years)
        guard programme.zone.date(at: now) > last else {
            throw Refusal(.prv001, value: batch.description, detail: "it is kept until \(last)")
        }
    }
}

extension Clearinghouse {
    /// Whether the key of a batch was erased.
    var isErased: @Sendable (UInt64) -> Bool {
        { [batches = house.erasures.batches] in batches[$0] != nil }
    }

    /// Keeps the leaves of everything that an erasure takes the key of, durably. Done before its fact; when that does
    /// not follow, the leaves say nothing that could not be made from the original.
    ///
    /// - Throws: `Fault` when they cannot be made or kept, or do not give the sealed root.
    func keepLeaves(for erasure: Erasure) throws(Fault) {
        for received in erasure.received {
            guard let seal = house.evidence.records[received] else { continue }
            guard
                let batch = try SealedBatch(
                    sealedBy: seal, log: parts.journal, records: parts.records, keys: parts.directory.keys,
                    house: house)
            else {
                guard try ErasedBatch(sealedBy: seal, log: parts.journal, records: parts.records) != nil else {
                    throw Fault("the key of batch \(received) is missing, and its leaves are not kept")
                }
                continue
            }
            try parts.records.keepLeaves(of: received, count: UInt64(batch.seal.count)) { (write) throws(Fault) in
                try batch.forEach { (entry, detail) throws(Fault) in
                    try write(batch.sealer.leafHash(entry, detail))
                }
            }
            guard let kept = try ErasedBatch(sealedBy: seal, log: parts.journal, records: parts.records),
                try kept.root() == kept.seal.root
            else { throw Fault("the leaves of batch \(received) do not give the sealed root") }
        }
    }

    /// Removes what a fact has erased, as often as it is called: documents made from the originals first, the originals
    /// last, so that whatever is left shows that the work is not done.
    ///
    /// - Throws: `Fault` when something cannot be removed.
    static func remove(_ erasures: ErasureBook, _ parts: Parts, derived: OriginalStore?) throws(Fault) {
        var keys: [UInt64] = []
        for received in erasures.batches.keys where try parts.directory.keys.key(of: received) != nil {
            keys.append(received)
        }
        var originals: [Digest32] = []
        for digest in erasures.originals.keys where try parts.originals.contains(digest) { originals.append(digest) }
        guard !keys.isEmpty || !originals.isEmpty else { return }
        try removeDerived(parts, derived)
        for received in keys { try parts.directory.keys.remove(of: received) }
        for digest in originals { try parts.originals.remove(digest) }
        parts.logger.notice("originals erased", metadata: ["count": "\(originals.count)"])
    }

    /// Removes the documents that were made from originals; they are made anew for who asks and may have them.
    ///
    /// - Throws: `Fault` when one cannot be removed.
    static func removeDerived(_ parts: Parts, _ derived: OriginalStore?) throws(Fault) {
        let documents =
            if let derived { derived } else {
                try parts.directory.derivedDocuments(hashing: HouseOpening.hashing)
            }
        for digest in try documents.digests() { try documents.remove(digest) }
    }
}
