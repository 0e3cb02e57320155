import Clearing
import FileStore
package import Gateway
import House
package import Journal
import Ledger
package import Primitives
import ProgrammeModel

/// The records that count on the lines of a window's clearing statements.
package struct LineRecords {
    private let reader: HouseReader
    private let batches: [Batch]

    /// A file, message or act that posted, by the number of its fact.
    private typealias Batch = (number: UInt64, entries: Entries)

    private enum Entries {
        case file(EntriesReference)
        case message(RecordEntry)
        case act
    }

    /// Finds everything that posted in a window. It reads the facts from the window's opening to its close, and so once
    /// for all lines.
    ///
    /// - Throws: `Fault` when the log is damaged.
    package init(of window: WindowID, _ reader: HouseReader) throws(Fault) {
        self.reader = reader
        var found: [Batch] = []
        let last = reader.house.closings[window] ?? reader.log.lastSequence
        let first = try reader.house.programme?.window(window).map { (definition) throws(Fault) in
            try reader.firstFact(notBefore: definition.open)
        }
        for sequence in (first ?? last + 1)..<last + 1 {
            let envelope = try reader.fact(sequence)
            switch envelope.fact {
            case .fileDecided(let fact):
                guard fact.posting?.window == window, let entries = fact.entries else { continue }
                found.append((fact.received, .file(entries)))
            case .messageAnswered(let fact):
                guard fact.posting?.window == window, let entry = fact.entry else { continue }
                found.append((sequence, .message(entry)))
            case .actCarriedOut(let fact):
                guard case .adjustment(_, let posting?) = fact.act, posting.window == window else { continue }
                found.append((sequence, .act))
            default: continue
            }
        }
        batches = found
    }

    /// The records that count on a line, in the order of the log; an adjustment of the host has no entry.
    ///
    /// - Parameters:
    ///   - first: how many of them are passed over.
    ///   - limit: how many are returned at most.
    /// - Throws: `Fault` when entries cannot be read.
    package func records(
        on key: LineKey, after first: Int = 0, limit: Int
    ) throws(Fault) -> [(location: RecordLocation, entry: RecordEntry?)] {
        var out: [(RecordLocation, RecordEntry?)] = []
        var passed = 0
        func take(_ location: RecordLocation, _ entry: RecordEntry?) {
            passed += 1
            if passed > first, out.count < limit { out.append((location, entry)) }
        }
        for batch in batches {
            guard let lines = try reader.house.ledger.lines(ofBatch: batch.number, in: reader.history),
                let index = lines.keys.firstIndex(of: key)
            else { continue }
            let sets = Set(lines.sets.indices.filter { lines.sets[$0].lines.contains(index) })
            switch batch.entries {
            case .file(let reference):
                try reader.records.forEach(batch: batch.number, reference: reference) { (entry) throws(Fault) in
                    guard out.count < limit, sets.contains(Int(entry.lineSet)) else { return }
                    take(RecordLocation(batch: batch.number, record: entry.record), entry)
                }
            case .message(let entry): take(RecordLocation(batch: batch.number, record: 1), entry)
            case .act: take(RecordLocation(batch: batch.number, record: 1), nil)
            }
            if out.count >= limit { break }
        }
        return out
    }
}
