import FileStore
import Gateway
import House
import Inquiry
import Journal
import Ledger
import Primitives
import ProgrammeModel

/// Collects what is out of the ordinary among the facts of a period.
struct ExceptionBook {
    private let reader: HouseReader
    private let limit: Int

    private var late: ExceptionSection
    private var carriedOver: ExceptionSection
    private var afterCutOff: ExceptionSection
    private var adjustments: ExceptionSection
    private var refusedFiles: [String: (count: Int64, names: [String])] = [:]
    private var refusedRecords: [ReasonCode: Int64] = [:]
    private var refused: ExceptionSection
    private var repeats: ExceptionSection
    private var reversals: ExceptionSection
    private var withdrawn: ExceptionSection
    private var replaced: ExceptionSection
    private var programmes: ExceptionSection
    private var disputes: ExceptionSection
    private var keys: ExceptionSection
    private var people: PeopleBook

    init(_ reader: HouseReader, limit: Int) {
        self.reader = reader
        self.limit = limit
        func section(_ kind: String) -> ExceptionSection { ExceptionSection(kind, limit: limit) }
        late = section("late records")
        carriedOver = section("carried-over records")
        afterCutOff = section("files received after the cut-off (WIN-001)")
        adjustments = section("host adjustments")
        refused = section("refused records")
        repeats = section("repeats")
        reversals = section("reversals")
        withdrawn = section("withdrawn numbers")
        replaced = section("replaced files")
        programmes = section("programme changes")
        disputes = section("statements that partners do not agree to")
        keys = section("keys that partners changed")
        people = PeopleBook(reader)
    }

    /// Takes a fact of the period.
    ///
    /// - Throws: `Fault` when the log or entries cannot be read.
    mutating func take(_ envelope: FactEnvelope) throws {
        switch envelope.fact {
        case .fileReceived(let fact): take(fact, envelope)
        case .fileDecided(let fact): if fact.batch.series == .live { try take(fact, envelope.sequence) }
        case .fileRefused(let fact):
            guard fact.batch.series == .live else { return }
            let codes = Set(fact.findings.filter(\.refuses).map(\.code))
            refuse(fact.batch, codes, "refused at the door, fact \(envelope.sequence)")
        case .fileCancelled(let fact):
            guard fact.batch.series == .live else { return }
            withdrawn.count()
            withdrawn.list { item in
                item.add("file", fact.batch)
                item.add("had arrived", fact.hadArrived ? "yes" : "no")
                item.add("signed by", fact.signer.subject)
                item.add("fact", envelope.sequence)
            }
        case .messageAnswered(let fact): take(fact, envelope.sequence)
        case .actCarriedOut(let fact):
            take(fact, envelope.sequence)
            people.take(fact, envelope.sequence)
        case .programmeLoaded(let fact):
            try take(fact, envelope.sequence)
            people.take(fact, envelope.sequence)
        case .statementAnswered(let fact): take(fact, envelope.sequence)
        case .keyChanged(let fact): take(fact, envelope.sequence)
        case .genesis, .fileCleared, .documentConfirmed, .windowCutOff, .windowClosed, .clockAdvanced, .sealed,
            .checkpointSigned, .accessNoted:
            break
        }
    }

    private mutating func take(_ fact: StatementAnswered, _ sequence: UInt64) {
        guard fact.verdict == .differs else { return }
        disputes.count()
        disputes.list { item in
            item.add("statement", fact.statement)
            item.add("partner", fact.partner)
            item.add("differences", fact.differences.count)
            item.add("fact", sequence)
        }
    }

    private mutating func take(_ fact: KeyChanged, _ sequence: UInt64) {
        keys.count()
        keys.list { item in
            item.add("partner", fact.partner)
            item.add("change", fact.change.words)
            item.add("signed by", fact.signer.fingerprint)
            item.add("fact", sequence)
        }
    }

    /// What was found, kind by kind.
    var reports: [Report] {
        var files = ExceptionSection("refused files", limit: .max)
        for (reason, found) in refusedFiles.sorted(by: { $0.key < $1.key }) {
            files.count(found.count)
            files.list { item in
                item.add("code", reason)
                item.add("files", found.count)
                item.add("which", found.names.joined(separator: "; "))
            }
        }
        var records = refused
        for (code, count) in refusedRecords.sorted(by: { $0.key.entry.order < $1.key.entry.order }) {
            records.list { item in
                item.add("code", code.code)
                item.add("findings", count)
            }
        }
        return [late, carriedOver, afterCutOff, adjustments, files].map(\.report)
            + [records, repeats, reversals, withdrawn, replaced, programmes, disputes, keys].map(\.report)
            + people.reports
    }

    // MARK: Files

    private mutating func take(_ fact: FileReceived, _ envelope: FactEnvelope) {
        guard fact.batch.series == .live,
            let window = reader.house.programme(version: fact.programmeVersion)?.window(fact.window),
            fact.uploadBegan < window.open
        else { return }
        afterCutOff.count()
        afterCutOff.list { item in
            item.add("file", fact.batch)
            item.add("upload began", fact.uploadBegan)
            item.add("received", envelope.time)
            item.add("cut-off", window.open)
            item.add("window", fact.window)
            item.add("fact", envelope.sequence)
        }
    }

    private mutating func take(_ fact: FileDecided, _ sequence: UInt64) throws {
        if let replacement = fact.replaces {
            replaced.count()
            replaced.list { item in
                item.add("file", fact.batch)
                item.add("replaces", replacement)
                item.add("fact", sequence)
            }
        }
        if fact.status == .refused {
            let codes = Set(fact.findings.map(\.code).filter { $0.severity == .refuseFile })
            return refuse(fact.batch, codes, "refused by fact \(sequence)")
        }
        for finding in fact.findings where finding.code.severity != .warning {
            refusedRecords[finding.code, default: 0] += finding.count
        }
        for sum in fact.sums {
            let unit = sum.unit?.description ?? "of unknown unit"
            switch sum.status {
            case .accepted: break
            case .refused:
                refused.count(sum.records)
                refused.sum(sum.units, unit)
            case .duplicate:
                repeats.count(sum.records)
                repeats.sum(sum.units, unit)
            }
        }
        guard let posting = fact.posting, let entries = fact.entries, posting.lines.contains(where: Self.isRemarkable)
        else { return }
        var tally = RecordTally()
        try reader.records.forEach(batch: fact.received, reference: entries) { (entry) throws(Fault) in
            tally.take(entry)
        }
        add(tally, fact.batch.description, sequence)
    }

    private mutating func refuse(_ batch: BatchID, _ codes: Set<ReasonCode>, _ how: String) {
        // Where no code refuses the file as a whole, all of its records were refused.
        let reason = codes.min { $0.entry.order < $1.entry.order }?.code ?? "every record refused"
        var found = refusedFiles[reason] ?? (0, [])
        found.count += 1
        if found.names.count < limit { found.names.append("\(batch), \(how)") }
        refusedFiles[reason] = found
    }

    // MARK: Records

    private static func isRemarkable(_ line: LineTotal) -> Bool {
        line.late > 0 || line.carriedOver > 0 || line.key.kind.rawValue.hasSuffix("_REVERSAL")
    }

    /// What of a file's or message's accepted records is out of the ordinary.
    private struct RecordTally {
        struct Sum {
            var records: Int64 = 0
            var units: [String: Int64] = [:]
            mutating func add(_ entry: RecordEntry) {
                records += 1
                units[entry.unit?.description ?? "", default: 0] += entry.units
            }
        }
        var late = Sum()
        var carriedOver = Sum()
        var reversals = Sum()

        mutating func take(_ entry: RecordEntry) {
            guard entry.status == .accepted else { return }
            if entry.isLate { late.add(entry) }
            if entry.isCarriedOver { carriedOver.add(entry) }
            if entry.type == .reversal { reversals.add(entry) }
        }
    }

    private mutating func add(_ tally: RecordTally, _ name: String, _ sequence: UInt64) {
        func add(_ sum: RecordTally.Sum, to section: inout ExceptionSection) {
            guard sum.records > 0 else { return }
            section.count(sum.records)
            for (unit, units) in sum.units { section.sum(units, unit) }
            section.list { item in
                item.add("brought by", name)
                item.add("records", sum.records)
                item.add("fact", sequence)
            }
        }
        add(tally.late, to: &late)
        add(tally.carriedOver, to: &carriedOver)
        add(tally.reversals, to: &reversals)
    }

    private mutating func take(_ fact: MessageAnswered, _ sequence: UInt64) {
        let unit = fact.entry?.unit?.description ?? "of unknown unit"
        switch fact.status {
        case .accepted:
            guard let entry = fact.entry else { return }
            var tally = RecordTally()
            tally.take(entry)
            add(tally, "message \(fact.partner)/\(fact.messageID)", sequence)
        case .refused:
            refused.count()
            refused.sum(fact.entry?.units ?? 0, unit)
            for finding in fact.findings where finding.refuses { refusedRecords[finding.code, default: 0] += 1 }
        case .duplicate:
            repeats.count()
            repeats.sum(fact.entry?.units ?? 0, unit)
        }
    }

    // MARK: Officers

    private mutating func take(_ fact: ActCarriedOut, _ sequence: UInt64) {
        guard case .adjustment(let adjustment, _) = fact.act else { return }
        adjustments.count()
        let amount: String
        switch adjustment.amount {
        case .points(let points):
            let unit = "\(reader.house.programme?.currency.description ?? "points") \(adjustment.direction.rawValue)"
            adjustments.sum(points, unit)
            amount = "\(points) \(unit)"
        case .money(let money, _, let line):
            adjustments.sum(money)
            amount = "\(money) \(adjustment.direction.rawValue), corrects \(line)"
        }
        adjustments.list { item in
            item.add("partner", adjustment.partner)
            item.add("amount", amount)
            item.add("reason", adjustment.reason)
            item.add("business date", adjustment.businessDate)
            item.add("made by", fact.evidence.maker.signer)
            item.add("checked by", fact.evidence.checker.signer)
            item.add("fact", sequence)
        }
    }

    private mutating func take(_ fact: ProgrammeLoaded, _ sequence: UInt64) throws {
        programmes.count()
        let before = try reader.programmeFiles(version: fact.version - 1)
        let names = Set(fact.files.map(\.file.name))
        let changed = fact.files.filter { before[$0.file.name] != $0.file.digest }.map(\.file.name)
        let gone = before.keys.filter { !names.contains($0) }.map { "\($0) (removed)" }
        programmes.list { item in
            item.add("version", fact.version)
            item.add("changed files", (changed + gone).sorted().joined(separator: " "))
            let signers = Set(fact.files.flatMap { $0.approvals.map { "\($0.signer) (\($0.part))" } })
            item.add("signed by", signers.sorted().joined(separator: ", "))
            item.add("fact", sequence)
        }
    }
}

extension HouseReader {
    /// The signed files of a version of the programme with their digests; none for a version that has no seal.
    ///
    /// - Throws: `Fault` when the log is damaged.
    func programmeFiles(version: Int) throws(Fault) -> [String: Digest32] {
        let seals = house.evidence.programmes
        for sequence in seals {
            guard case .sealed(.programme(let seal)) = try fact(sequence).fact, seal.version == version else {
                continue
            }
            return Dictionary(seal.files.map { ($0.name, $0.digest) }) { first, _ in first }
        }
        return [:]
    }
}
