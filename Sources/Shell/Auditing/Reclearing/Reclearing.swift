import Clearing
import Conversion
import Evidence
import FileStore
import Foundation
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Settlement
import Validation

/// Clears a window anew from what its senders signed.
struct Reclearing {
    let bundle: Bundle
    let programmes: Programmes
    /// The version in force at the close.
    let version: Programmes.Version
    let window: WindowDefinition
    let closed: UInt64
    let begin: UInt64
    let end: UInt64
    var books = LedgerState()
    var fixings = WindowBook()
    /// Lines that stand on others' masked leaves.
    var attested: Set<LineKey> = []
    /// Lines that stand on erased or closed records.
    var issued: Set<LineKey> = []
    /// Whether something erased counts on lines that the bundle does not show.
    var hasUnknownLines = false
    private let facts: RecomputedFacts
    let records: BundleRecords
    let history: History
    private(set) var seals: [UInt64: (sequence: UInt64, seal: RecordsSeal)] = [:]

    init(
        _ bundle: Bundle, _ programmes: Programmes, version: Programmes.Version, window: WindowDefinition,
        closed: UInt64, begin: UInt64, end: UInt64
    ) throws {
        (self.bundle, self.programmes, self.version, self.window) = (bundle, programmes, version, window)
        (self.closed, self.begin, self.end) = (closed, begin, end)
        facts = RecomputedFacts(bundle)
        records = BundleRecords(bundle)
        history = History(facts: facts, records: records, identities: IdentityRuns())
        for known in programmes.all { books.load(known.programme, isFirst: known.seal.version == 1) }
        var seals: [UInt64: (sequence: UInt64, seal: RecordsSeal)] = [:]
        try bundle.forEachFact { envelope in
            if case .sealed(.records(let seal)) = envelope.fact { seals[seal.received] = (envelope.sequence, seal) }
        }
        self.seals = seals
    }

    // MARK: Everything

    mutating func run(_ report: inout EvidenceReport) throws {
        try loadPriors(&report)
        for step in try steps() {
            // What a refused message costs does not depend on what it said.
            if try !step.isCharge && rests(onErased: step.received) {
                try postStated(step.received, &report)
                continue
            }
            switch step.kind {
            case .file(let fact, let time): try replay(fact, step.received, time, &report)
            case .message(let partner, let version, let time):
                try replay(message: step.received, of: partner, version: version, at: time, &report)
            case .refusedMessage(let partner, let version, let time):
                try charge(refusedBy: partner, version: version, at: time, message: step.received, &report)
            }
        }
        try takeShared(&report)
        try takeActs(&report)
    }

    /// A file or message in the order in which they were judged.
    private struct Step {
        enum Kind {
            case file(FileReceived, Timestamp)
            case message(PartnerID, Int, Timestamp)
            case refusedMessage(PartnerID, Int, Timestamp)
        }
        var order: UInt64
        var received: UInt64
        var kind: Kind

        var isCharge: Bool { if case .refusedMessage = kind { true } else { false } }
    }

    private func steps() throws -> [Step] {
        var out: [Step] = []
        try bundle.forEachFact { envelope in
            let sequence = envelope.sequence
            switch envelope.fact {
            case .fileReceived(let fact):
                guard fact.batch.series == .live, fact.window == bundle.window, bundle.shows(fact.batch.partner),
                    let seal = seals[sequence]
                else { return }
                out.append(Step(order: seal.sequence, received: sequence, kind: .file(fact, envelope.time)))
            case .messageAnswered(let fact):
                guard bundle.shows(fact.partner), sequence > begin, sequence < end else { return }
                let kind: Step.Kind =
                    fact.status == .accepted
                    ? .message(fact.partner, fact.programmeVersion, envelope.time)
                    : .refusedMessage(fact.partner, fact.programmeVersion, envelope.time)
                if fact.status != .duplicate { out.append(Step(order: sequence, received: sequence, kind: kind)) }
            case .sealed(.records(let seal)):
                guard seal.messageID != nil, bundle.shows(seal.partner), seal.window == bundle.window,
                    try bundle.fact(seal.received) == nil
                else { return }
                let version = programmes.inForce(before: sequence)?.seal.version ?? 0
                out.append(
                    Step(
                        order: seal.received, received: seal.received,
                        kind: .message(seal.partner, version, envelope.time)))
            default: return
            }
        }
        return out.sorted { $0.order < $1.order }
    }

    // MARK: What came before

    /// Records of earlier windows that are reversed or repeated here, with what was reversed of them before.
    private mutating func loadPriors(_ report: inout EvidenceReport) throws {
        var byBatch: [UInt64: [(record: UInt32, entry: RecordEntry, lines: [LineKey], promotion: String)]] = [:]
        for name in bundle.file.names(under: "priors/") {
            guard let leaf = try WholeLeaf.read(bundle, name), let data = Hex.decode(leaf.data),
                let head = LeafReading(data)?.entry, let entry = leaf.entry(head)
            else { continue }
            let funders = version.programme.promotions.first { $0.id.text == leaf.promotion }?.funders ?? []
            let others = funders.map(\.funder).filter { $0 != version.programme.host }
            let lines = leaf.lines.enumerated().map { index, line in
                let funder = others.indices.contains(index) ? others[index] : PartnerID(unchecked: "MASKED")
                return LineKey(parts: line.parts) ?? Self.maskedKey(entry, funder)
            }
            byBatch[leaf.batch, default: []].append((entry.record, entry, lines, leaf.promotion))
        }
        for (batch, found) in byBatch.sorted(by: { $0.key < $1.key }) {
            guard let seal = seals[batch]?.seal, seal.window != bundle.window else { continue }
            let sorted = found.sorted { $0.record < $1.record }
            var posting = Posting(window: seal.window)
            var entries: [RecordEntry] = []
            for item in sorted {
                var entry = item.entry
                entry.member = .zero
                let first = posting.lines.count
                posting.lines += item.lines.map { LineTotal(key: $0) }
                posting.lineSets.append(
                    LineSet(
                        lines: Array(first..<posting.lines.count), promotion: try? PromotionID(item.promotion)))
                entry.lineSet = entry.status == .accepted ? Int32(posting.lineSets.count - 1) : -1
                records.put(entry, at: RecordLocation(batch: batch, record: entry.record))
                entries.append(entry)
            }
            if let identity = seal.batch {
                facts.put(file: posting, batch: identity, received: batch, at: batch)
            } else {
                facts.put(
                    file: posting, batch: BatchID(partner: seal.partner, series: .live, sequence: 0), received: batch,
                    at: batch)
            }
            try remember(entries, of: seal.partner, batch: batch)
        }
        try loadMessagePriors()
        report.count("records of earlier windows", Int64(byBatch.values.reduce(0) { $0 + $1.count }))
    }

    /// Messages of earlier windows, whose facts are shown because something here goes back to them.
    private mutating func loadMessagePriors() throws {
        try bundle.forEachFact { envelope in
            guard case .messageAnswered(let fact) = envelope.fact, envelope.sequence <= begin,
                var entry = fact.entry, seals[envelope.sequence] == nil
            else { return }
            entry.member = .zero
            records.put(entry, at: RecordLocation(batch: envelope.sequence, record: 1))
            try remember([entry], of: fact.partner, batch: envelope.sequence)
        }
    }

    /// Puts records into a partner's books at their places; what stands between them counts for nothing.
    private mutating func remember(_ entries: [RecordEntry], of partner: PartnerID, batch: UInt64) throws {
        try books.remember(partner: partner, batch: batch, history: history) { (body) throws(Fault) in
            var next: UInt32 = 1
            for entry in entries {
                while next < entry.record {
                    try body(RecordEntry(record: next, offset: 0, length: 0))
                    next += 1
                }
                try body(entry)
                next = entry.record + 1
            }
        }
    }

    /// Stands in for a line that is masked: it belongs to another partner, whose part is computed and not shown.
    private static func maskedKey(_ entry: RecordEntry, _ partner: PartnerID) -> LineKey {
        LineKey(
            partner: partner, kind: .bonusFunding, direction: .debit,
            unit: entry.unit ?? Self.noUnit, ratio: nil, price: Programmes.masked, tax: .outside,
            fixing: nil, subSource: "")
    }

    private static var noUnit: CurrencyCode {
        guard let code = CurrencyCode("ZZZ") else { preconditionFailure("three capital letters are a code") }
        return code
    }

    // MARK: Files and messages

    private func replay(
        received: UInt64, version: Int, partner: PartnerID, at time: Timestamp, _ report: inout EvidenceReport
    ) throws -> BatchReplay? {
        let folder = "batches/\(Bundle.number(received))/"
        guard let known = programmes.versions[version], let agreement = known.programme.agreement(partner),
            let rows = try SealedRows(bundle, folder)
        else {
            report.fail(.arithmetic, folder, "its agreement or its results are not in the bundle")
            return nil
        }
        return try BatchReplay(
            bundle: bundle, received: received, rows: rows, records: records, history: history, version: known,
            agreement: agreement, window: window, acceptedAt: time, books: books)
    }

    private mutating func replay(
        _ fact: FileReceived, _ received: UInt64, _ time: Timestamp, _ report: inout EvidenceReport
    ) throws {
        guard
            var replay = try replay(
                received: received, version: fact.programmeVersion, partner: fact.batch.partner, at: time, &report)
        else { return }
        let name = "batches/\(Bundle.number(received))/original"
        let reader = BatchReader(format: fact.format, hash: { OpenSSLTreeHashing.digest($0.span) })
        var sink = ReplaySink()
        do {
            var offset: Int64 = 0
            while true {
                let piece = try bundle.file.read(name, at: offset, count: 256 << 10)
                guard !piece.isEmpty else { break }
                offset += Int64(piece.count)
                try reader.feed(piece, to: &sink)
                for outcome in sink.drain() { try replay.take(outcome) }
            }
            _ = try reader.finish(to: &sink)
            for outcome in sink.drain() { try replay.take(outcome) }
        } catch let refusal as Refusal {
            report.fail(.arithmetic, name, "it is refused by \(refusal.findings.map(\.code.code))")
        }
        replay.finish()
        conclude(replay, at: seals[received]?.sequence ?? received, &report)
        try post(replay, batch: fact.batch, received: received, isFile: true)
    }

    private mutating func replay(
        message received: UInt64, of partner: PartnerID, version: Int, at time: Timestamp,
        _ report: inout EvidenceReport
    ) throws {
        let sealed = bundle.file["batches/\(Bundle.number(received))/message.cms"] != nil
        let name = "\(sealed ? "batches" : "messages")/\(Bundle.number(received))/message.cms"
        guard let bytes = try bundle.file.small(name),
            let content = (try? CMSSignature(ber: bytes, maximumBytes: bytes.count))?.content,
            let request = try? MessageReader.read(content, hash: { OpenSSLTreeHashing.digest($0.span) }),
            case .transaction(let outcome) = request.operation, request.partner == partner
        else { return report.fail(.arithmetic, name, "it cannot be read as a message of \(partner)") }
        if sealed {
            guard var replay = try replay(received: received, version: version, partner: partner, at: time, &report)
            else { return }
            try replay.take(outcome)
            replay.finish()
            conclude(replay, at: received, &report)
            try post(
                replay, batch: BatchID(partner: partner, series: .live, sequence: 0), received: received, isFile: false)
            return
        }
        try replay(outcome, of: partner, version: version, at: time, received: received, name, &report)
    }

    /// A message whose fact states its result itself.
    private mutating func replay(
        _ outcome: RecordOutcome, of partner: PartnerID, version: Int, at time: Timestamp, received: UInt64,
        _ name: String, _ report: inout EvidenceReport
    ) throws {
        guard case .messageAnswered(let fact)? = try bundle.fact(received)?.fact, var stated = fact.entry,
            let known = programmes.versions[version], let agreement = known.programme.agreement(partner),
            case .parsed(let record) = outcome
        else { return report.fail(.arithmetic, name, "its result or agreement is not in the bundle") }
        let converter = RecordConverter(
            programme: known.programme, agreement: agreement, window: window, acceptedAt: time,
            hash: { OpenSSLTreeHashing.digest($0.span) })
        let context = BatchContext(
            partner: partner, batch: received, window: window.id, acceptedDay: converter.acceptedDay,
            agreement: agreement)
        var decision = try BatchDecision(
            context: context, history: history, members: NoMembers(),
            pending: ReplayedEntries(records, batch: received))
        let decided = try decision.decide(converter.convert(record), books: books)
        stated.member = .zero
        if stated.type == .bonus { stated.original = decided.entry.original }
        if decided.entry != stated || decision.posting(isFile: false) != fact.posting {
            report.fail(.arithmetic, name, "judged anew it has another result than the log states")
        }
        report.count("records recomputed")
        records.put(decided.entry, at: RecordLocation(batch: received, record: 1))
        guard let posting = decision.posting(isFile: false) else { return }
        books.post(posting, batch: received, by: received)
        try remember([decided.entry], of: partner, batch: received)
    }

    private mutating func conclude(_ replay: BatchReplay, at sequence: UInt64, _ report: inout EvidenceReport) {
        for finding in replay.mismatches {
            report.fail(finding.stage, finding.item, finding.found, expected: finding.expected)
        }
        report.count("records recomputed", replay.rows.count)
        if replay.refusedByHistory > 0 {
            report.remarks.append(
                "\(replay.refusedByHistory) records of batch \(replay.received) were refused for reasons that lie "
                    + "outside of this bundle, such as an earlier use of their ids or a daily limit")
        }
    }

    private mutating func post(_ replay: BatchReplay, batch: BatchID, received: UInt64, isFile: Bool) throws {
        replay.decision.discardIdentities()
        let posting = replay.decision.posting(isFile: isFile)
        let by = isFile ? seals[received]?.sequence ?? received : received
        facts.put(file: posting, batch: batch, received: received, at: by)
        guard let posting else { return }
        books.post(posting, batch: received, by: by)
        let reference = EntriesReference(count: replay.rows.count, digest: .zero)
        let (records, history) = (records, history)
        try books.remember(partner: replay.partner, batch: received, history: history) { (body) throws(Fault) in
            try records.forEach(batch: received, reference: reference, body)
        }
    }

    /// A refused message costs its fee. Rule R12.
    private mutating func charge(
        refusedBy partner: PartnerID, version: Int, at time: Timestamp, message: UInt64,
        _ report: inout EvidenceReport
    ) throws {
        guard case .messageAnswered(let fact)? = try bundle.fact(message)?.fact,
            let known = programmes.versions[version], let agreement = known.programme.agreement(partner)
        else { return }
        var decision = try BatchDecision(
            context: BatchContext(
                partner: partner, batch: message, window: window.id, acceptedDay: known.programme.zone.date(at: time),
                agreement: agreement), history: history, members: NoMembers(),
            pending: ReplayedEntries(records, batch: message))
        _ = try decision.refuse(RecordEntry(record: 1, offset: 0, length: 0), findings: [])
        let posting = decision.posting(isFile: false)
        if posting != fact.posting {
            report.fail(.arithmetic, Bundle.name(ofFact: message), "the fee of a refused message is not what is agreed")
        }
        if let posting { books.post(posting, batch: message, by: message) }
    }
}

/// Collects the records of one piece of a file.
private struct ReplaySink: BatchSink {
    private var records: [RecordOutcome] = []

    mutating func header(_ header: BatchHeader) throws(Refusal) {}
    mutating func record(_ outcome: RecordOutcome) throws(Refusal) { records.append(outcome) }

    mutating func drain() -> [RecordOutcome] {
        defer { records.removeAll(keepingCapacity: true) }
        return records
    }
}
