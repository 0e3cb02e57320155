import Clearing
import Conversion
import Evidence
import FileStore
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Statements
import Validation

/// A file whose judgement is under way: what the writer keeps between two pieces of it.
struct OpenJudgement {
    var decision: BatchDecision
    let entries: any PendingEntries
    var findings: FindingsLog
    var header: BatchHeader?
    var refusal: [Finding] = []
}

/// What the parsing side of a judgement needs; it holds nothing of the house.
struct JudgementOrder: Sendable {
    let batch: BatchID
    let received: UInt64
    let receivedAt: Timestamp
    let format: BatchFormat
    let original: Original
    let limits: Limits
    let programme: Programme
    let agreement: Agreement
    let window: WindowDefinition
}

/// A record on its way from the parser to the ledger.
enum JudgedRecord: Sendable {
    case candidate(Candidate)
    case refused(RefusedRecord)
}

/// What was found in one piece of a file, in order.
struct JudgedPiece: Sendable {
    var header: BatchHeader?
    /// Ordinary records; they need little room each, so they are not kept among the others.
    var ordinary: [OrdinaryCandidate] = []
    /// The batch's plans so far, by their numbers.
    var plans: [OrdinaryPlan] = []
    /// All others, each with the number of ordinary ones before it.
    var others: [(before: Int, record: JudgedRecord)] = []
}

extension Clearinghouse {
    static let pieceBytes = 256 << 10

    /// Judges a received file to the end and issues its receipt VALIDATED. Does nothing for a file that is decided.
    ///
    /// Parsing, checking and converting run beside the writer, which takes the records piece by piece; other partners'
    /// facts come in between, this partner's wait.
    ///
    /// - Throws: `Fault` when the store fails; the file then stays undecided and is judged at the next start.
    public nonisolated func judge(_ received: UInt64) async throws {
        guard let partner = await partner(ofReceived: received) else { return }
        await enter(partner)
        do {
            // Files are judged in the order of receipt, whoever comes first to ask for it.
            while let next = await firstUndecided(of: partner), next <= received {
                do {
                    guard let order = try await beginJudgement(next) else { break }
                    try await run(order)
                } catch {
                    await abandonJudgement(next)
                    throw error
                }
            }
            await leave(partner)
        } catch {
            await leave(partner)
            throw error
        }
    }

    private func firstUndecided(of partner: PartnerID) -> UInt64? {
        house.files.undecided.first { house.files.find(received: $0)?.batch.partner == partner }
    }

    private func partner(ofReceived received: UInt64) -> PartnerID? {
        house.files.find(received: received)?.batch.partner
    }

    private func abandonJudgement(_ received: UInt64) {
        guard let judgement = judgements.removeValue(forKey: received) else { return }
        judgement.entries.discard()
        judgement.decision.discardIdentities()
    }

    private func beginJudgement(_ received: UInt64) throws(Fault) -> JudgementOrder? {
        guard house.files.isUndecided(received), let (batch, attempt) = house.files.find(received: received),
            let format = attempt.format, let windowID = attempt.window
        else { return nil }
        guard let programme = house.programme(version: attempt.programmeVersion),
            let agreement = programme.agreement(batch.partner), let window = programme.window(windowID)
        else { throw Fault("the programme of file \(batch) is not in the log") }
        let entries = try parts.records.begin(batch: received)
        let context = BatchContext(
            partner: batch.partner, batch: received, window: windowID,
            acceptedDay: programme.zone.date(at: attempt.at), agreement: agreement)
        let secrets = try MemberSecrets(keys: parts.directory.keys, batch: received, isErased: isErased)
        judgements[received] = OpenJudgement(
            decision: try BatchDecision(
                context: context, history: history, members: secrets, pending: entries,
                sealer: secrets.sealer(window: windowID, programme, house.ledger.catalogue)),
            entries: entries, findings: FindingsLog(received: received, store: parts.originals, limits: parts.limits))
        return JudgementOrder(
            batch: batch, received: received, receivedAt: attempt.at, format: format,
            original: try parts.originals.original(attempt.digest), limits: parts.limits, programme: programme,
            agreement: agreement, window: window)
    }

    @concurrent
    private nonisolated func run(_ order: JudgementOrder) async throws {
        var sink = JudgementSink(
            converter: RecordConverter(
                programme: order.programme, agreement: order.agreement, window: order.window,
                acceptedAt: order.receivedAt, hash: { OpenSSLTreeHashing.digest($0.span) }))
        let lane = OrdinaryLane(identityPrefix: RecordIdentity.prefix(of: order.batch.partner)) {
            OpenSSLTreeHashing.digest($0)
        }
        let reader = BatchReader(format: order.format, limits: order.limits, lane: lane) {
            OpenSSLTreeHashing.digest($0.span)
        }
        // The writer takes one piece while the next is read here.
        var taking: Task<Void, any Error>?
        do {
            var offset: Int64 = 0
            while offset < order.original.size {
                let bytes = try order.original.read(at: offset, count: Self.pieceBytes)
                offset += Int64(bytes.count)
                try reader.feed(bytes, to: &sink)
                let piece = sink.drain()
                try await taking?.value
                taking = Task { try await take(piece, order) }
            }
            let summary = try reader.finish(to: &sink)
            try await taking?.value
            try await take(sink.drain(), order)
            try await finish(order, summary: summary, refusal: [])
        } catch let refusal as Refusal {
            // Where the writer has refused the header, it has said so first, and nothing of later pieces counts.
            if let earlier = try await Self.refusal(of: taking) {
                try await finish(order, summary: nil, refusal: earlier.findings)
            } else {
                try await take(sink.drain(), order, headerIsJudged: false)
                try await finish(order, summary: nil, refusal: refusal.findings)
            }
        } catch {
            // A piece that is still to be taken must not meet the next attempt at the file.
            _ = await taking?.result
            throw error
        }
    }

    /// The refusal with which the taking of a piece has ended; nil when it went well.
    private static nonisolated func refusal(of taking: Task<Void, any Error>?) async throws -> Refusal? {
        do {
            try await taking?.value
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    /// Takes the records of a piece in order.
    private func take(
        _ piece: JudgedPiece, _ order: JudgementOrder, headerIsJudged: Bool = true
    ) throws {
        guard var judgement = judgements.removeValue(forKey: order.received) else { return }
        defer { judgements[order.received] = judgement }
        if let header = piece.header {
            judgement.header = header
            if headerIsJudged { try judge(header, order) }
        }
        var taken = 0
        for (before, record) in piece.others {
            try take(piece, taken..<before, &judgement)
            taken = before
            let decided: BatchDecision.Decided
            switch record {
            case .candidate(let candidate): decided = try judgement.decision.decide(candidate, books: house.ledger)
            case .refused(let refused):
                decided = try judgement.decision.refuse(RecordEntry(refused), findings: refused.findings)
            }
            try judgement.findings.add(decided.findings)
        }
        try take(piece, taken..<piece.ordinary.count, &judgement)
    }

    /// Takes ordinary records in order; those at which the fast way stops are judged like all others.
    private func take(_ piece: JudgedPiece, _ range: Range<Int>, _ judgement: inout OpenJudgement) throws {
        var index = range.lowerBound
        while index < range.upperBound {
            index += try judgement.decision.post(
                piece.ordinary[index..<range.upperBound], plans: piece.plans, books: house.ledger)
            guard index < range.upperBound else { return }
            let record = piece.ordinary[index]
            let candidate = record.candidate(by: piece.plans[Int(record.plan)])
            try judgement.findings.add(judgement.decision.decide(candidate, books: house.ledger).findings)
            index += 1
        }
    }

    /// Header checks that need the house: FIL-001, FIL-004, FIL-011, FIL-012.
    private func judge(_ header: BatchHeader, _ order: JudgementOrder) throws(Refusal) {
        let batch = order.batch
        guard header.initiatingParty == batch.partner else {
            throw Refusal(.fil001, at: .whole.field("InitiatingParty"), value: header.initiatingParty.text)
        }
        guard header.recipient == order.programme.host else {
            throw Refusal(.fil001, at: .whole.field("Recipient"), value: header.recipient.text)
        }
        guard header.programmeID == order.programme.id else {
            throw Refusal(.fil001, at: .whole.field("ProgrammeId"), value: header.programmeID)
        }
        guard header.series == batch.series, header.sequenceNumber == batch.sequence else {
            let value = "\(header.series.rawValue) \(header.sequenceNumber)"
            let detail = "the upload declared \(batch.series.rawValue) \(batch.sequence)"
            throw Refusal(.fil012, at: .whole.field("SequenceNumber"), value: value, detail: detail)
        }
        if let other = house.files.batch(messageID: header.messageID, of: batch.partner), other != batch {
            let detail = "the message id is that of \(other)"
            throw Refusal(.fil004, at: .whole.field("MessageId"), value: header.messageID.text, detail: detail)
        }
        let refusals = (house.files.history(batch)?.attempts ?? []).filter {
            $0.received != nil && $0.received != order.received && $0.status == .refused
        }.flatMap(\.receiptIDs)
        let named = header.replacesReceiptID?.text
        if refusals.isEmpty, let named {
            let detail = "nothing under this number was refused"
            throw Refusal(.fil011, at: .whole.field("ReplacesReceiptId"), value: named, detail: detail)
        }
        if !refusals.isEmpty, !refusals.contains(named ?? "") {
            let detail = "the refusal is \(refusals.last ?? "")"
            throw Refusal(.fil011, at: .whole.field("ReplacesReceiptId"), value: named ?? "", detail: detail)
        }
    }

    // MARK: The end

    private func finish(_ order: JudgementOrder, summary: BatchSummary?, refusal: [Finding]) throws {
        guard var judgement = judgements.removeValue(forKey: order.received) else { return }
        judgement.decision.discardIdentities()
        // A number can be withdrawn while its file is judged: then nothing of it counts.
        guard house.files.history(order.batch)?.cancelled == nil else {
            judgement.entries.discard()
            return
        }
        let sums = judgement.decision.sums
        var whole = refusal + (summary?.findings ?? [])
        if whole.isEmpty {
            let terms = order.agreement.terms(on: order.window.firstDay)
            let total = sums.reduce(0) { $0 + $1.records }
            let refused = sums.filter { $0.status == .refused }.reduce(0) { $0 + $1.records }
            whole += terms?.rejection.finding(refused: refused, of: total).map { [$0] } ?? []
        }
        var warnings: [Finding] = []
        if let header = judgement.header,
            abs(header.createdAt.milliseconds - order.receivedAt.milliseconds) > 86_400_000
        {
            let place = Finding.Place.whole.field("CreationDateTime")
            warnings.append(Finding(.fil009, at: place, value: header.createdAt.description))
        }
        let status = Self.status(sums, isRefused: !whole.isEmpty)
        try judgement.findings.close(leading: whole + warnings)
        let entries = try judgement.entries.seal()
        let isPosted = status != .refused && order.batch.series == .live
        try issue(
            order, judgement, status: status, sums: status == .refused ? Self.refused(sums) : sums, entries: entries,
            posting: isPosted ? judgement.decision.posting(isFile: true) : nil)
    }

    /// The sums of a file that is refused as a whole: nothing of it is accepted.
    private static func refused(_ sums: [StatusSum]) -> [StatusSum] {
        var byUnit: [CurrencyCode?: StatusSum] = [:]
        for sum in sums {
            var all =
                byUnit[sum.unit]
                ?? StatusSum(status: .refused, unit: sum.unit, records: 0, units: 0, points: 0)
            all.records += sum.records
            let (units, overflow) = all.units.addingReportingOverflow(sum.units)
            all.units = overflow ? .max : units
            byUnit[sum.unit] = all
        }
        return byUnit.values.sorted { ($0.unit?.description ?? "") < ($1.unit?.description ?? "") }
    }

    private static func status(_ sums: [StatusSum], isRefused: Bool) -> FileStatus {
        func count(_ status: RecordStatus) -> Int64 {
            sums.filter { $0.status == status }.reduce(0) { $0 + $1.records }
        }
        if isRefused { return .refused }
        if count(.refused) == 0 { return .accepted }
        return count(.accepted) + count(.duplicate) == 0 ? .refused : .partlyAccepted
    }

    private func issue(
        _ order: JudgementOrder, _ judgement: OpenJudgement, status: FileStatus, sums: [StatusSum],
        entries: EntriesReference, posting: Posting?
    ) throws {
        let now = now
        try advanceCalendar(to: now)
        let receiptID = Self.receiptID(nextSequence)
        let attempt = house.files.find(received: order.received)?.attempt
        var receipt = Receipt(id: receiptID, grade: .validated, issued: now, batch: order.batch)
        receipt.digest = attempt?.digest
        receipt.size = attempt?.size
        receipt.messageID = judgement.header?.messageID
        receipt.status = status
        receipt.window = order.window.id
        receipt.nextCutOff = house.programme.flatMap { house.windows.nextCutOff($0, after: now) }?.cutoff
        receipt.programmeVersion = attempt?.programmeVersion
        receipt.signer = attempt?.signer
        receipt.gaps = house.files.gaps(below: order.batch)
        receipt.sums = sums
        receipt.findings = judgement.findings.first
        receipt.furtherFindings = judgement.findings.count - Int64(judgement.findings.first.count)
        receipt.findingsFile = judgement.findings.file
        receipt.replaces = judgement.header?.replacesReceiptID?.text
        let seal = records(order, judgement, status, digest: attempt?.digest)
        if let seal {
            receipt.evidence = .records(root: seal.records.root, count: seal.records.count, leaf: seal.records.leaf)
        }
        var attachments = try sign(receipt, at: now)
        if let file = judgement.findings.file {
            let signature = try parts.signer.sign(digest: file.digest, at: now)
            attachments.append(Attachment(name: "findings.csv.p7s", bytes: signature))
        }
        let fact = FileDecided(
            batch: order.batch, received: order.received, status: status, messageID: judgement.header?.messageID,
            replaces: receipt.replaces, sums: sums, posting: posting, entries: entries,
            findings: judgement.findings.counts, findingsFile: judgement.findings.file, receiptID: receiptID,
            attachments: references(attachments))
        var facts: [(fact: Fact, attachments: [Attachment])] = [(.fileDecided(fact), attachments)]
        if let seal { facts.append((.sealed(.records(seal.records)), seal.attachments)) }
        try commit(facts, at: now)
        try advanceCalendar(to: self.now)
    }

    /// The seal of a file's records; nil for a dry run and for a refused file, of which nothing counts.
    private func records(
        _ order: JudgementOrder, _ judgement: OpenJudgement, _ status: FileStatus, digest: Digest32?
    ) -> (records: RecordsSeal, attachments: [Attachment])? {
        guard order.batch.series == .live, status != .refused, let sealer = judgement.decision.sealer, let digest
        else { return nil }
        let attachments = sealer.attachments
        let seal = RecordsSeal(
            received: order.received, partner: order.batch.partner, batch: order.batch, messageID: nil, digest: digest,
            window: order.window.id, status: status, count: Int64(sealer.count), root: sealer.root,
            attachments: references(attachments))
        return (seal, attachments)
    }
}

/// Collects what the reader finds in one piece of a file, converted.
private struct JudgementSink: BatchSink {
    private let converter: RecordConverter
    private var ordinary: OrdinaryConverter
    private var piece = JudgedPiece()

    init(converter: RecordConverter) {
        self.converter = converter
        ordinary = OrdinaryConverter(converter)
    }

    mutating func header(_ header: BatchHeader) throws(Refusal) { piece.header = header }

    mutating func record(_ outcome: RecordOutcome) throws(Refusal) {
        switch outcome {
        case .parsed(let record): append(.candidate(converter.convert(record)))
        case .refused(let record): append(.refused(record))
        }
    }

    mutating func ordinary(_ record: OrdinaryRecord) throws(Refusal) -> Bool {
        guard let candidate = ordinary.convert(record) else { return false }
        piece.ordinary.append(candidate)
        return true
    }

    private mutating func append(_ record: JudgedRecord) { piece.others.append((piece.ordinary.count, record)) }

    /// What has been found since the last call.
    mutating func drain() -> JudgedPiece {
        var next = JudgedPiece()
        next.ordinary.reserveCapacity(piece.ordinary.count)
        swap(&next, &piece)
        next.plans = ordinary.plans
        return next
    }
}
