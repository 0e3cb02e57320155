import Evidence
import Journal
import Ledger
import Primitives

extension Reclearing {
    /// Whether a batch cannot be judged anew because it was erased, or goes back to a record that was.
    func rests(onErased received: UInt64) throws -> Bool {
        guard !bundle.erased.isEmpty else { return false }
        if bundle.erased.contains(received) { return true }
        if case .messageAnswered(let fact)? = try bundle.fact(received)?.fact, let original = fact.entry?.original {
            return bundle.erased.contains(original.batch)
        }
        guard let rows = try SealedRows(bundle, "batches/\(Bundle.number(received))/") else { return false }
        var found = false
        try rows.forEach { row in
            if let original = row.entry.original, bundle.erased.contains(original.batch) { found = true }
        }
        return found
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
        report.remarks.append("batch \(received) rests on erased records: its lines are the host's word")
        guard var posting else { return }
        posting.lines.removeAll { !bundle.shows($0.key.partner) }
        issued.formUnion(posting.lines.map(\.key))
        posting.lineSets = []
        books.post(posting, batch: received, by: by)
    }
}
