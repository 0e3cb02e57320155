import Conversion
import Evidence
import FileStore
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Validation

/// Judges one batch anew from the bytes that its sender signed, and compares each record with its sealed result.
struct BatchReplay {
    let bundle: Bundle
    let received: UInt64
    let partner: PartnerID
    let rows: SealedRows
    let records: BundleRecords
    let shownPartners: Set<PartnerID>
    let programme: Programme
    let catalogue: Catalogue
    let converter: RecordConverter
    let books: LedgerState
    private(set) var decision: BatchDecision
    private var number: UInt32 = 0
    private(set) var refusedByHistory: Int64 = 0
    private(set) var mismatches: [VerificationFinding] = []
    private var checkedSets: Set<Int32> = []

    init(
        bundle: Bundle, received: UInt64, rows: SealedRows, records: BundleRecords, history: History,
        version: Programmes.Version, agreement: Agreement, window: WindowDefinition, acceptedAt: Timestamp,
        books: LedgerState
    ) throws {
        self.bundle = bundle
        self.received = received
        partner = agreement.partner
        self.rows = rows
        self.records = records
        shownPartners = version.shown
        programme = version.programme
        catalogue = books.catalogue
        self.books = books
        converter = RecordConverter(
            programme: version.programme, agreement: agreement, window: window, acceptedAt: acceptedAt,
            hash: { SHA256.digest($0) })
        records.open(rows, batch: received)
        decision = try BatchDecision(
            context: BatchContext(
                partner: partner, batch: received, window: window.id, acceptedDay: converter.acceptedDay,
                agreement: agreement), history: history, members: NoMembers(),
            pending: ReplayedEntries(records, batch: received))
    }

    private var item: String { RecordLocation(batch: received, record: number).description }

    private mutating func fail(_ found: String, expected: String = "") {
        guard mismatches.count < 100 else { return }
        mismatches.append(VerificationFinding(.arithmetic, item, found, expected: expected))
    }

    /// Judges the next record.
    mutating func take(_ outcome: RecordOutcome) throws {
        number += 1
        guard let row = try rows.row(number) else { return fail("the file has more records than were sealed") }
        let place = outcome.place
        guard UInt64(place.offset) == row.entry.offset, UInt32(place.length) == row.entry.length else {
            return fail("it stands at byte \(place.offset) of the original", expected: "\(row.entry.offset)")
        }
        switch outcome {
        case .refused:
            if row.entry.status != .refused { fail("it cannot be read as a record and is sealed as accepted") }
            _ = try decision.refuse(row.entry.withoutLines, findings: [])
        case .parsed(let record): try take(record, row)
        }
    }

    private mutating func take(_ record: ParsedRecord, _ row: SealedRow) throws {
        let candidate = converter.convert(record)
        guard candidate.identity == row.entry.identity else {
            return fail("its transaction id is \(record.content.transactionID)", expected: "another one")
        }
        guard row.entry.status != .refused else {
            if candidate.effect != .refuse { refusedByHistory += 1 }
            compareContent(candidate, row, ofRefused: true)
            _ = try decision.refuse(row.entry.withoutLines, findings: [])
            return
        }
        compareContent(candidate, row, ofRefused: false)
        let decided: BatchDecision.Decided
        do throws(Fault) {
            decided = try decision.decide(candidate, books: books)
        } catch {
            return fail("it cannot be judged anew: \(error)")
        }
        let entry = decided.entry
        guard entry.status == row.entry.status else {
            let codes = decided.findings.filter(\.refuses).map(\.code.code).joined(separator: " ")
            return fail("judged anew it is \(entry.status.rawValue) \(codes)", expected: row.entry.status.rawValue)
        }
        try compare(entry, row)
    }

    private mutating func compareContent(_ candidate: Candidate, _ row: SealedRow, ofRefused: Bool) {
        if candidate.content != row.entry.content { fail("its content is not the one that is sealed") }
        if candidate.type != row.entry.type, !(ofRefused && row.entry.type == nil) {
            fail("it is \(candidate.type.rawValue)", expected: row.entry.type?.rawValue ?? "none")
        }
        if candidate.units != row.entry.units {
            fail("its amount is \(candidate.units)", expected: "\(row.entry.units)")
        }
        if candidate.unit != row.entry.unit {
            fail(
                "its unit is \(candidate.unit?.description ?? "none")", expected: row.entry.unit?.description ?? "none")
        }
    }

    /// Compares an accepted or repeated record with what is sealed.
    private mutating func compare(_ entry: RecordEntry, _ row: SealedRow) throws {
        let sealed = row.entry
        if entry.points != sealed.points { fail("it is \(entry.points) points", expected: "\(sealed.points)") }
        if entry.businessDate != sealed.businessDate { fail("its business date is not the one that is sealed") }
        if entry.isLate != sealed.isLate || entry.isCarriedOver != sealed.isCarriedOver {
            fail("its lateness is not what is sealed")
        }
        // A bonus may name a trigger of an earlier window, which the bundle does not show.
        if entry.original != sealed.original, sealed.type != .bonus {
            fail("its original is not the one that is sealed")
        }
        guard entry.status == .accepted else { return }
        let detail = decision.lastDetail
        if detail.left != row.left { fail("it leaves \(detail.left) of its original", expected: "\(row.left)") }
        if detail.shares != rows.shares(row) {
            fail("its lines take \(detail.shares) points", expected: "\(rows.shares(row))")
        }
        guard sealed.lineSet >= 0, entry.lineSet >= 0,
            records.match(sealed.lineSet, with: entry.lineSet, batch: received)
        else { return fail("it counts on other lines than are sealed") }
        if checkedSets.insert(sealed.lineSet).inserted { compareLines(entry.lineSet, sealed.lineSet) }
    }

    private mutating func compareLines(_ computed: Int32, _ sealed: Int32) {
        let batch = decision.lines
        let set = batch.sets[Int(computed)]
        let stated = rows.lines.sets[Int(sealed)]
        guard set.lines.count == stated.lines.count, (set.promotion?.text ?? "") == stated.promotion else {
            return fail("it counts on \(set.lines.count) lines", expected: "\(stated.lines.count)")
        }
        for (index, place) in zip(set.lines, stated.lines) {
            let key = batch.keys[index]
            guard let parts = rows.lines.lines[place].parts else {
                if shownPartners.contains(key.partner) { fail("the line of \(key.partner) is masked") }
                continue
            }
            let right = LeafKeys.sealed(key, programme, catalogue).parts
            if right != parts {
                let differing = zip(SealedLine.names, zip(right, parts)).first { $0.1.0 != $0.1.1 }
                fail(
                    "its line has \(differing?.0 ?? "") \(differing?.1.1 ?? "")", expected: differing?.1.0 ?? "")
            }
        }
    }

    /// What is left to say when the last record was taken.
    mutating func finish() {
        if Int64(number) != rows.count {
            mismatches.append(
                VerificationFinding(
                    .arithmetic, rows.folder + "records.bin", "it has \(rows.count) records", expected: "\(number)"))
        }
    }
}

extension RecordEntry {
    /// The entry of a refused record, which counts on no line.
    fileprivate var withoutLines: RecordEntry {
        var out = self
        out.lineSet = -1
        return out
    }
}
