public import Journal
public import Primitives
public import ProgrammeModel

/// What the ledger needs to know of a file or message before its first record.
public struct BatchContext: Sendable {
    /// Who submits.
    public var partner: PartnerID
    /// The number of the fact that brought the batch.
    public var batch: UInt64
    /// The window of its records.
    public var window: WindowID
    /// The day of acceptance in the programme's zone.
    public var acceptedDay: BusinessDate
    /// The partner's agreement in the pinned version of the programme.
    public var agreement: Agreement

    /// Makes a context; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, batch: UInt64, window: WindowID, acceptedDay: BusinessDate, agreement: Agreement
    ) {
        self.partner = partner
        self.batch = batch
        self.window = window
        self.acceptedDay = acceptedDay
        self.agreement = agreement
    }
}

/// Makes the keyed references of members that entries carry instead of numbers.
public protocol MemberReferences {
    /// A member's reference under a batch's own key; zero when that was erased.
    ///
    /// - Throws: `Fault` when the batch's key cannot be read.
    func reference(_ member: MemberNumber, batch: UInt64) throws(Fault) -> Digest16
}

/// Judges the records of one batch in order against the books, and adds up what they post.
///
/// Nothing changes the books until the fact with the result is durable: the decision keeps what its own records have
/// done beside them, so that a later record of the batch sees an earlier one (rule R10, Specs/rules.md), and is thrown
/// away when the batch is refused.
public struct BatchDecision {
    let context: BatchContext
    let history: History
    let members: any MemberReferences
    let pending: any PendingEntries
    /// Makes the tree over the records; nil where records are judged again.
    public let sealer: RecordSealer?

    private var identities: IdentityIndex
    private var ownRuns: any IdentityRunReader
    /// Made with the first record, because only then the books are at hand; the partner's runs stay as they are.
    private var partnerRuns: (any IdentityRunReader)?
    private var remainders: [RecordLocation: PartnerLedger.Remainder] = [:]
    var redeemed: [BusinessDate: Int64] = [:]
    private var bonuses: [RecordLocation: [RecordLocation]] = [:]
    var book: PostingBook
    /// The larger of points and units by partner in the window, with those of this batch; the submitter's apart.
    private var gross: [PartnerID: Int64] = [:]
    var ownGross: Int64?
    /// By the plans of the batch; nil where none of its records was accepted yet.
    var ordinaryPlaces: [OrdinaryPlace?] = []
    /// Entries of ordinary records in a row that are neither stored nor sealed yet; there are none outside of `post`.
    var ordinaryRun: [RecordEntry] = []
    /// What the leaf of the last record says beyond its entry, when that was not an ordinary one.
    public private(set) var lastDetail = LeafDetail(left: 0, shares: [])

    /// Begins a decision.
    ///
    /// - Parameters:
    ///   - pending: takes the entries.
    ///   - sealer: makes the tree over the records; nil where records are judged again.
    /// - Throws: `Fault` when the store of ids cannot be used.
    public init(
        context: BatchContext, history: History, members: any MemberReferences,
        pending: any PendingEntries, sealer: RecordSealer? = nil
    ) throws(Fault) {
        self.context = context
        self.history = history
        self.members = members
        self.pending = pending
        self.sealer = sealer
        identities = IdentityIndex(space: Self.space(context.batch))
        ownRuns = try history.identities.reader([])
        book = PostingBook(window: context.window)
    }

    /// The books as one record sees them; never kept.
    struct View {
        let books: LedgerState
        let ledger: PartnerLedger
        let runs: any IdentityRunReader
    }

    mutating func view(_ books: LedgerState) throws(Fault) -> View {
        let ledger = books.partners[context.partner] ?? PartnerLedger(context.partner)
        if partnerRuns == nil { partnerRuns = try history.identities.reader(ledger.identityRuns) }
        return View(books: books, ledger: ledger, runs: partnerRuns ?? ownRuns)
    }

    private static func space(_ batch: UInt64) -> String { "batch-\(batch)" }

    /// Throws away what the decision has kept of ids outside memory, when it is made or given up.
    public func discardIdentities() {
        if !identities.runs.isEmpty { history.identities.discard(space: Self.space(context.batch)) }
    }

    /// What became of one record.
    public struct Decided: Sendable {
        /// Its entry.
        public var entry: RecordEntry
        /// Its findings in the catalogue's order.
        public var findings: [Finding]
    }

    /// Refuses a record that could not be read as one.
    ///
    /// - Throws: `Fault` when the entry cannot be stored.
    public mutating func refuse(_ entry: RecordEntry, findings: [Finding]) throws(Fault) -> Decided {
        var entry = entry
        entry.status = .refused
        try keep(entry)
        return Decided(entry: entry, findings: findings.sorted { $0.code < $1.code })
    }

    /// Judges the next record.
    ///
    /// - Parameter books: the books as they stand. What they hold of this partner must be the same for all records of
    ///   the batch: other facts of the partner wait until it is decided.
    /// - Throws: `Fault` when an entry cannot be read or stored.
    public mutating func decide(_ candidate: Candidate, books: LedgerState) throws(Fault) -> Decided {
        let view = try view(books)
        var entry = RecordEntry(record: candidate.record, offset: candidate.offset, length: candidate.length)
        entry.type = candidate.type
        entry.identity = candidate.identity
        entry.content = candidate.content
        entry.unit = candidate.unit
        entry.units = candidate.units
        entry.businessDate = candidate.businessDate
        entry.isLate = candidate.isLate
        entry.isCarriedOver = candidate.isCarriedOver
        if let member = candidate.member { entry.member = try members.reference(member, batch: context.batch) }

        var findings = candidate.findings
        if let first = try find(candidate.identity, view) {
            entry.original = first
            if try stored(first, view).content == candidate.content {
                entry.status = .duplicate
                findings = [Finding(.dup001, at: candidate.place, detail: "the first result is \(first)")]
            } else {
                findings.append(Finding(.dup002, at: candidate.place, detail: "the id is that of \(first)"))
            }
        } else {
            try judge(candidate, view, &entry, &findings)
        }
        try keep(entry)
        return Decided(entry: entry, findings: findings.sorted { $0.code < $1.code })
    }

    private mutating func judge(
        _ candidate: Candidate, _ view: View, _ entry: inout RecordEntry, _ findings: inout [Finding]
    ) throws(Fault) {
        switch candidate.effect {
        case .refuse: break
        case .post(let plan): try post(plan, candidate, view, &entry, &findings)
        case .reverse(let original): try reverse(original, candidate, view, &entry, &findings)
        }
    }

    private mutating func post(
        _ plan: Candidate.Planned, _ candidate: Candidate, _ view: View, _ entry: inout RecordEntry,
        _ findings: inout [Finding]
    ) throws(Fault) {
        guard fits(plan.lines, candidate, view, &findings) else { return }
        if let limit = plan.dailyRedemptionLimit {
            let day = candidate.businessDate
            let before = view.ledger.redeemed(on: day) + (redeemed[day] ?? 0)
            guard before + plan.points <= limit else {
                let detail = "\(before) of \(limit) points are redeemed on \(day)"
                findings.append(Finding(.lim005, at: candidate.place, value: "\(plan.points)", detail: detail))
                return
            }
        }
        if candidate.type == .redemption { redeemed[candidate.businessDate, default: 0] += plan.points }
        if let trigger = plan.trigger, let location = try find(trigger, view) {
            entry.original = location
            bonuses[location, default: []].append(RecordLocation(batch: context.batch, record: candidate.record))
        }
        entry.points = plan.points
        try accept(&entry, lines: plan.lines, promotion: plan.promotion, hostPoints: plan.hostPoints)
    }

    /// LIM-006: sums stay where 64 bits hold them and their money. What is counted twice errs on the safe side.
    private mutating func fits(
        _ lines: [Candidate.Planned.Line], _ candidate: Candidate, _ view: View, _ findings: inout [Finding]
    ) -> Bool {
        for line in lines {
            let partner = line.key.partner
            let known = partner == context.partner ? ownGross : gross[partner]
            let before = known ?? view.books.windows[context.window]?.gross(of: partner) ?? 0
            let more = max(line.points, candidate.units)
            guard more < Limits.unitsPerWindow - before else {
                let field = candidate.place.field("LoyaltyAmount")
                findings.append(Finding(.lim006, at: field, value: "\(candidate.units)"))
                return false
            }
            if partner == context.partner { ownGross = before + more } else { gross[partner] = before + more }
        }
        return true
    }

    private mutating func reverse(
        _ original: Digest16, _ candidate: Candidate, _ view: View, _ entry: inout RecordEntry,
        _ findings: inout [Finding]
    ) throws(Fault) {
        let place = candidate.place.field("OriginalTransaction/TransactionId")
        guard let location = try find(original, view) else {
            findings.append(Finding(.rvs001, at: place))
            return
        }
        let first = try stored(location, view)
        entry.original = location
        guard let type = first.type, type != .reversal, first.lineSet >= 0 else {
            findings.append(Finding(.rvs004, at: place, detail: "a reversal is not reversed"))
            return
        }
        let reversal = Reversal(catalogue: view.books.catalogue)
        let known = try reversal.state(
            of: location, entry: first, lines: try lines(of: location, view),
            remainder: remainders[location] ?? view.ledger.remainder(of: location))
        findings += try misfits(candidate, type: type, original: known, at: location)
        let left = known.remainder.units
        if left == 0 {
            findings.append(Finding(.rvs002, at: place))
        } else if candidate.units > left {
            let detail = "\(left) of \(first.units) are left"
            let field = candidate.place.field("LoyaltyAmount")
            findings.append(Finding(.rvs003, at: field, value: "\(candidate.units)", detail: detail))
        }
        guard !findings.contains(where: \.refuses) else { return }

        let result = reversal.result(of: candidate.units, state: known)
        let parts = known.keys.map { Candidate.Planned.Line(key: $0, points: result.points) }
        guard fits(parts, candidate, view, &findings) else { return }
        remainders[location] = result.after
        entry.points = result.points
        findings += try warnings(of: location, candidate, view.ledger)
        try post(result, of: known, &entry)
    }

    private func misfits(
        _ candidate: Candidate, type: RecordType, original: Reversal.Original, at location: RecordLocation
    ) throws(Fault) -> [Finding] {
        var out: [Finding] = []
        let first = original.entry
        if candidate.unit != first.unit {
            let detail = "the original is in \(first.unit?.description ?? "money")"
            let value = candidate.unit?.description ?? ""
            out.append(Finding(.rvs004, at: candidate.place.field("LoyaltyAmount"), value: value, detail: detail))
        }
        if let member = candidate.member, first.member != .zero {
            let reference = try members.reference(member, batch: location.batch)
            // Without the key of an erased file nobody can tell.
            if reference != .zero, reference != first.member {
                let detail = "the original is of another member"
                out.append(
                    Finding(.rvs004, at: candidate.place.field("LoyaltyAccount"), value: "\(member)", detail: detail))
            }
        }
        let isTransfer = type == .transferIn || type == .transferOut
        if isTransfer, candidate.units != first.units, original.remainder.units > 0 {
            let detail = "a transfer is reversed in full: \(first.units)"
            let field = candidate.place.field("LoyaltyAmount")
            out.append(Finding(.rvs004, at: field, value: "\(candidate.units)", detail: detail))
        }
        let terms = first.businessDate.flatMap { context.agreement.terms(on: $0) }
        if let day = first.businessDate, let terms,
            let limit = Terms.limit(type, in: terms.reversalLimitDays),
            context.acceptedDay.days(since: day) > limit
        {
            let detail = "the original is of \(day), the limit is \(limit) days"
            out.append(Finding(.rvs005, at: candidate.place, value: "\(candidate.businessDate)", detail: detail))
        }
        return out
    }

    private func warnings(
        of location: RecordLocation, _ candidate: Candidate, _ ledger: PartnerLedger
    ) throws(Fault) -> [Finding] {
        let triggered = ledger.bonuses(triggeredBy: location) + (bonuses[location] ?? [])
        var out: [Finding] = []
        for bonus in triggered {
            let left = (remainders[bonus] ?? ledger.remainder(of: bonus))?.units
            if left == 0 { continue }
            out.append(Finding(.rvs006, at: candidate.place, detail: "the bonus \(bonus) stands"))
        }
        return out
    }

    private mutating func post(
        _ result: Reversal.Result, of original: Reversal.Original, _ entry: inout RecordEntry
    ) throws(Fault) {
        var lines: [Candidate.Planned.Line] = []
        var hostPoints: Int64 = 0
        var parts = [result.points]
        if let promotion = original.promotion {
            let partners = Set(original.keys.map(\.partner))
            parts = []
            for (share, points) in zip(promotion.funders, result.shares) {
                if partners.contains(share.funder) { parts.append(points) } else { hostPoints -= points }
            }
        }
        for (key, points) in zip(original.keys, parts) {
            guard let kind = key.kind.reversal else { preconditionFailure("\(key.kind) has no reversal") }
            var reversed = key
            reversed.kind = kind
            reversed.direction = key.direction.opposite
            lines.append(Candidate.Planned.Line(key: reversed, points: points))
        }
        try accept(
            &entry, lines: lines, promotion: original.promotion?.id, hostPoints: hostPoints, left: result.after.units)
    }

    private mutating func accept(
        _ entry: inout RecordEntry, lines: [Candidate.Planned.Line], promotion: PromotionID?, hostPoints: Int64,
        left: Int64 = 0
    ) throws(Fault) {
        entry.status = .accepted
        entry.lineSet = book.add(entry, lines: lines, promotion: promotion, hostPoints: hostPoints)
        lastDetail = LeafDetail(left: left, shares: lines.map(\.points))
        try insert(entry.identity, number: entry.record)
    }

    /// Takes an id for a record of this batch.
    mutating func insert(_ identity: Digest16, number: UInt32) throws(Fault) {
        guard try identities.insert(identity, number: number, in: history.identities) else { return }
        ownRuns = try history.identities.reader(identities.runs)
    }

    private mutating func keep(_ entry: RecordEntry) throws(Fault) {
        book.count(entry)
        try pending.append(entry)
        if entry.lineSet < 0 { lastDetail = LeafDetail(left: 0, shares: []) }
        guard let sealer else { return }
        if !sealer.knows(set: entry.lineSet) { sealer.note(book.batchLines) }
        sealer.seal(entry, lastDetail)
    }

    func find(_ identity: Digest16, _ view: View) throws(Fault) -> RecordLocation? {
        let own = try identities.find(identity, reader: ownRuns) { (record: UInt32) throws(Fault) -> Bool in
            try entry(record).identity == identity
        }
        if let own { return RecordLocation(batch: context.batch, record: own) }
        return try view.ledger.find(identity, reader: view.runs) { (location) throws(Fault) -> RecordEntry in
            try view.books.entry(at: location, in: history)
        }
    }

    /// An entry of this batch by its number.
    private func entry(_ record: UInt32) throws(Fault) -> RecordEntry {
        if let first = ordinaryRun.first?.record, record >= first { return ordinaryRun[Int(record - first)] }
        return try pending.entry(record)
    }

    private func stored(_ location: RecordLocation, _ view: View) throws(Fault) -> RecordEntry {
        guard location.batch != context.batch else { return try entry(location.record) }
        return try view.books.entry(at: location, in: history)
    }

    private func lines(of location: RecordLocation, _ view: View) throws(Fault) -> History.BatchLines? {
        guard location.batch != context.batch else { return book.batchLines }
        return try view.books.lines(ofBatch: location.batch, in: history)
    }

    /// The lines and sets so far, by the indexes that entries name.
    public var lines: History.BatchLines { book.batchLines }

    /// Counts and sums so far, by status and unit.
    public var sums: [StatusSum] { book.sums }

    /// What the batch posts, with its fees; nil when no record was accepted and no fee is due.
    ///
    /// - Parameter isFile: whether a fee for a file is due.
    public func posting(isFile: Bool) -> Posting? {
        book.posting(agreement: context.agreement, day: context.acceptedDay, isFile: isFile)
    }
}
