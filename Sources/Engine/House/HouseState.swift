public import Clearing
public import Journal
public import Ledger
public import Primitives
public import ProgrammeModel
public import Settlement

/// The whole house as the log has made it: a deterministic fold of the facts. Specs/architecture.md.
///
/// The gateway and every command look at this value, and only the one writer changes it, fact by fact.
public struct HouseState: Hashable, Sendable, Codable {
    /// The first fact; nil for an empty log.
    public private(set) var genesis: Genesis?
    /// Versions of the programme, counted from 1.
    public private(set) var programmes: [Programme] = []
    /// The points books.
    public private(set) var ledger = LedgerState()
    /// The calendar as lived.
    public private(set) var windows = WindowBook()
    /// The partners' accounts.
    public private(set) var accounts = AccountBook()
    /// Instructions.
    public private(set) var instructions = InstructionBook()
    /// Files.
    public private(set) var files = FileRegister()
    /// Documents that were issued, and who has confirmed them.
    public private(set) var documents = DocumentRegister()
    /// Messages that were answered.
    public private(set) var messages = MessageRegister()
    /// What has been received and issued, for completeness lists.
    public private(set) var completeness = CompletenessBook()
    /// Where the log has its checkpoints and seals.
    public private(set) var evidence = EvidenceBook()
    /// What partners said to their settlement statements.
    public private(set) var answers = AnswerRegister()
    /// Whose certificates count, and when they did.
    public private(set) var keys = KeyBook()
    /// What has been erased.
    public private(set) var erasures = ErasureBook()
    /// What is closed to readers.
    public private(set) var forgotten = ForgettingBook()
    /// Positions of closed windows by partner; plus means that the host owed.
    public private(set) var clearedPositions: [PartnerID: Int64] = [:]
    /// Points outstanding of closed windows.
    public private(set) var clearedOutstanding: Int64 = 0
    /// Digests of the acts carried out, with the facts that did.
    public private(set) var acts: [Digest32: UInt64] = [:]
    /// The facts that closed windows.
    public private(set) var closings: [WindowID: UInt64] = [:]
    /// When windows were closed.
    public private(set) var closingTimes: [WindowID: Timestamp] = [:]
    /// The tax of each line of issued settlement statements, by statement id.
    public private(set) var lineTaxes: [String: [Tax]] = [:]
    /// The numbers of the clearing lines of closed windows, by their keys.
    public private(set) var clearedLines: [WindowID: [LineKey: Int]] = [:]
    /// The last fact's number.
    public private(set) var lastSequence: UInt64 = 0
    /// The last fact's time.
    public private(set) var lastTime = Timestamp(milliseconds: 0)

    /// The version of this value's form in snapshots. It is raised with every change of what the state or its parts
    /// hold or mean, so that a snapshot of another program is passed over and the log folded anew.
    public static let layout: UInt32 = 5

    /// The house before its first fact.
    public init() {}

    /// The programme in force; nil before the first one.
    public var programme: Programme? { programmes.last }

    /// A version of the programme, counted from 1.
    public func programme(version: Int) -> Programme? {
        programmes.indices.contains(version - 1) ? programmes[version - 1] : nil
    }

    /// A partner's account now: as its last statement left it, and what was booked since; nil without an agreement.
    public func standing(of partner: PartnerID) -> PartnerAccount? {
        guard let agreement = programme?.agreement(partner) else { return nil }
        return accounts.standing(of: partner, currency: agreement.settlementCurrency, waiting: windows.waiting)
    }

    /// Officers of the first fact and of the programme in force.
    public var officers: [Officer] { (genesis?.officers ?? []) + (programme?.officers ?? []) }

    /// Takes the next fact.
    ///
    /// - Parameter history: holds this fact, and the entries of files, sealed before their fact was appended.
    /// - Throws: `Fault` when the fact does not follow on the last one or its entries cannot be read.
    public mutating func apply(_ envelope: FactEnvelope, history: History) throws(Fault) {
        guard envelope.sequence == lastSequence + 1 else {
            throw Fault("fact \(envelope.sequence) does not follow on fact \(lastSequence)")
        }
        guard envelope.time >= lastTime else {
            throw Fault("fact \(envelope.sequence) is dated before fact \(lastSequence)")
        }
        completeness.apply(envelope, files: files)
        evidence.apply(envelope)
        keys.apply(envelope)
        try take(envelope, history)
        documents.apply(envelope)
        lastSequence = envelope.sequence
        lastTime = envelope.time
    }

    private mutating func take(_ envelope: FactEnvelope, _ history: History) throws(Fault) {
        let sequence = envelope.sequence
        switch envelope.fact {
        case .genesis(let fact): genesis = fact
        case .programmeLoaded(let fact):
            ledger.load(fact.programme, isFirst: programmes.isEmpty)
            if programmes.isEmpty { clearedOutstanding = fact.programme.openingPoints }
            programmes.append(fact.programme)
        case .fileReceived(let fact):
            files.apply(fact, sequence: sequence, time: envelope.time)
            erasures.received(fact.digest)
            if fact.batch.series == .live { windows.received(sequence, window: fact.window) }
        case .fileDecided(let fact): try take(fact, sequence, history)
        case .fileRefused(let fact):
            files.apply(fact, sequence: sequence, time: envelope.time)
            erasures.received(fact.digest)
        case .fileCancelled(let fact): take(fact, sequence)
        case .fileCleared(let fact): files.apply(fact, sequence: sequence)
        case .messageAnswered(let fact): try take(fact, sequence, history)
        case .actCarriedOut(let fact): take(fact, sequence)
        case .windowCutOff(let fact):
            windows.cutOff(fact.window)
            accounts.cutOff(fact.window)
            instructions.cutOff(fact.window)
        case .statementAnswered(let fact): answers.apply(fact, sequence: sequence, time: envelope.time)
        case .windowClosed(let fact):
            take(fact, sequence)
            closingTimes[fact.window] = envelope.time
        case .documentConfirmed, .clockAdvanced, .sealed, .checkpointSigned, .accessNoted, .keyChanged: break
        }
    }

    private mutating func take(_ fact: FileDecided, _ sequence: UInt64, _ history: History) throws(Fault) {
        files.apply(fact, sequence: sequence)
        guard fact.batch.series == .live else { return }
        if let window = files.history(fact.batch)?.attempts.last(where: { $0.received == fact.received })?.window {
            windows.decided(fact.received, window: window)
        }
        guard let posting = fact.posting else { return }
        ledger.post(posting, batch: fact.received, by: sequence)
        guard let entries = fact.entries else { return }
        try ledger.remember(partner: fact.batch.partner, batch: fact.received, history: history) {
            (body) throws(Fault) -> Void in
            try history.forEach(batch: fact.received, reference: entries, body)
        }
    }

    private mutating func take(_ fact: FileCancelled, _ sequence: UInt64) {
        for attempt in files.history(fact.batch)?.attempts ?? [] {
            if let received = attempt.received, attempt.decided == nil, let window = attempt.window {
                windows.decided(received, window: window)
            }
        }
        files.apply(fact, sequence: sequence)
    }

    private mutating func take(_ fact: MessageAnswered, _ sequence: UInt64, _ history: History) throws(Fault) {
        messages.apply(fact, sequence: sequence)
        guard let posting = fact.posting else { return }
        ledger.post(posting, batch: sequence, by: sequence)
        guard let entry = fact.entry else { return }
        try ledger.remember(partner: fact.partner, batch: sequence, history: history) { (body) throws(Fault) -> Void in
            try body(entry)
        }
    }

    private mutating func take(_ fact: ActCarriedOut, _ sequence: UInt64) {
        acts[fact.evidence.document.digest] = sequence
        switch fact.act {
        case .fixing(let fixing): windows.add(fixing)
        case .adjustment(let adjustment, let posting):
            if let posting {
                ledger.post(posting, batch: sequence, by: sequence)
            } else if let window = openWindow {
                ledger.adjust(adjustment, window: window, sequence: sequence)
            }
        case .settlement(let step):
            if let (partner, event) = instructions.take(step) { accounts.add(event, partner: partner) }
        case .suspendKey: break
        case .erasure(let erasure): erasures.take(erasure, sequence)
        case .forgetting(let forgetting): forgotten.take(forgetting, sequence)
        }
    }

    /// Why money with a tax cannot correct a line, or nil when it can. Rule R7 (Specs/rules.md).
    ///
    /// - Parameter line: a settlement line, such as `STL-W-2026-03B-BANQUE#1`. A line of a window before the log is
    ///   taken
    ///   as named; one within the log must exist and have the same tax, unless the correction is outside the scope.
    public func obstacle(toCorrecting line: String, partner: PartnerID, tax: Tax) -> String? {
        let parts = line.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[1]), number >= 1 else {
            return "a line is named STATEMENT#NUMBER"
        }
        let statement = String(parts[0])
        guard statement.hasPrefix("STL-W-"), statement.hasSuffix("-\(partner)") else {
            return "the line is one of a settlement statement of \(partner)"
        }
        guard let taxes = lineTaxes[statement] else {
            let window = statement.dropFirst(4).dropLast(partner.text.utf8.count + 1)
            let isKnown = programme?.windows.contains { $0.id.text == window } ?? false
            return isKnown ? "the statement \(statement) is not issued" : nil
        }
        guard number <= taxes.count else { return "the statement \(statement) has \(taxes.count) lines" }
        guard tax.category == "O" || taxes[number - 1] == tax else {
            let original = taxes[number - 1]
            return "the line's tax is \(original.category) \(original.rate?.description ?? "")"
        }
        return nil
    }

    /// The window that takes what is accepted now: the first of the calendar that is not cut off.
    public var openWindow: WindowID? { programme?.windows.first { windows.passed($0.id) == nil }?.id }

    private mutating func take(_ fact: WindowClosed, _ sequence: UInt64) {
        let totals = ledger.windows[fact.window] ?? WindowTotals()
        for partner in Set(totals.lines.keys.map(\.partner)) {
            clearedPositions[partner, default: 0] += totals.position(of: partner)
            clearedOutstanding -= totals.position(of: partner)
        }
        clearedOutstanding += totals.hostFunded
        if let programme, let window = programme.window(fact.window) {
            let lines = cleared(window, programme).partners.flatMap(\.lines)
            clearedLines[fact.window] = Dictionary(uniqueKeysWithValues: lines.map { ($0.total.key, $0.number) })
        }
        ledger.close(fact.window)
        windows.close(fact.window)
        accounts.close(fact.window, outcomes: fact.accounts)
        instructions.close(fact.window)
        for account in fact.accounts {
            if let instruction = account.instruction { instructions.add(instruction) }
        }
        for account in fact.accounts { lineTaxes["STL-\(fact.window)-\(account.partner)"] = account.lineTaxes }
        closings[fact.window] = sequence
    }
}
