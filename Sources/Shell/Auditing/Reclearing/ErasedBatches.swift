import Evidence
import Journal
import Ledger
import Primitives

extension Reclearing {
    /// Whether a batch cannot be judged anew because it was erased or closed, or goes back to a record that was, or of
    /// which something was taken back that nobody sees any more.
    func rests(onErased received: UInt64) throws -> Bool {
        guard !bundle.erased.isEmpty else { return false }
        if bundle.erased.contains(received) { return true }
        var taken: [RecordLocation: Int64] = [:]
        if case .messageAnswered(let fact)? = try bundle.fact(received)?.fact {
            guard let entry = fact.entry else { return false }
            return goesBack(entry, left: fact.detail?.left, in: received, &taken)
        }
        guard let rows = try SealedRows(bundle, "batches/\(Bundle.number(received))/") else { return false }
        var found = false
        try rows.forEach { row in
            if goesBack(row.entry, left: row.left, in: received, &taken) { found = true }
        }
        return found
    }

    /// Whether a record goes back to one that cannot be seen, or to one of which an unseen reversal took something:
    /// then less is left of it than all that is shown has left.
    private func goesBack(
        _ entry: RecordEntry, left: Int64?, in received: UInt64, _ taken: inout [RecordLocation: Int64]
    ) -> Bool {
        guard let original = entry.original else { return false }
        if bundle.erased.contains(original.batch) { return true }
        guard entry.type == .reversal, entry.status == .accepted, let left, original.batch != received,
            let first = try? books.entry(at: original, in: history)
        else { return false }
        let remainder = books.partners.values.lazy.compactMap { $0.remainder(of: original) }.first
        let known = (remainder?.units ?? first.units) - taken[original, default: 0]
        taken[original, default: 0] += entry.units
        return left + entry.units < known && hasWithheldBatch(ofThatOf: received)
    }

    /// Whether something of the partner of a batch is erased or closed.
    private func hasWithheldBatch(ofThatOf received: UInt64) -> Bool {
        func partner(_ batch: UInt64) -> PartnerID? {
            if let seal = seals[batch]?.seal { return seal.partner }
            guard case .messageAnswered(let fact)? = try? bundle.fact(batch)?.fact else { return nil }
            return fact.partner
        }
        guard let own = partner(received) else { return false }
        return bundle.erased.contains { partner($0) == own }
    }

    /// Counts what the log states of such a batch: it is issued by the host, and nobody can compute it again.
    mutating func postStated(_ received: UInt64, _ report: inout EvidenceReport) throws {
        let by = seals[received]?.sequence ?? received
        let posting: Posting?
        if case .messageAnswered(let fact)? = try bundle.fact(received)?.fact {
            posting = fact.posting
        } else if case .fileDecided(let fact)? = try bundle.fact(by - 1)?.fact {
            posting = fact.posting
        } else {
            hasUnknownLines = true
            return
        }
        report.remarks.append("batch \(received) rests on erased or closed records: its lines are the host's word")
        guard var posting else { return }
        posting.lines.removeAll { !bundle.shows($0.key.partner) }
        issued.formUnion(posting.lines.map(\.key))
        posting.lineSets = []
        books.post(posting, batch: received, by: by)
    }
}
