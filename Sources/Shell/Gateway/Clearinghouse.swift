import Clearing
import Evidence
public import FileStore
public import House
import Journal
import Ledger
public import Logging
public import OpenSSLKit
public import Primitives
import ProgrammeModel
import Statements
import Verification

/// The one writer: it orders facts, makes them durable and folds them into the house. Specs/architecture.md.
///
/// Whatever changes the house goes through `commit`. Checking signatures, parsing and converting run beside it.
public actor Clearinghouse {
    /// What a clearing house is made of.
    public struct Parts: Sendable {
        /// The log.
        public var journal: SegmentLog
        /// The entries of files.
        public var records: FileRecordStore
        /// Files as received, and the keys of their member references.
        public var originals: OriginalStore
        /// Findings files and officers' acts that wait.
        public var directory: DataDirectory
        /// The runs of indexes of transaction ids.
        public var identities: IdentityRuns
        /// The host's key.
        public var signer: HostSigner
        /// Whom we believe, with the revocation lists.
        public var trust: TrustStore
        /// Limits on everything that comes from outside.
        public var limits: Limits
        /// Where to tell what happens; never a member's number.
        public var logger: Logger

        /// Joins the parts.
        public init(
            journal: SegmentLog, records: FileRecordStore, originals: OriginalStore, directory: DataDirectory,
            identities: IdentityRuns, signer: HostSigner, trust: TrustStore, limits: Limits, logger: Logger
        ) {
            self.journal = journal
            self.records = records
            self.originals = originals
            self.directory = directory
            self.identities = identities
            self.signer = signer
            self.trust = trust
            self.limits = limits
            self.logger = logger
        }
    }

    let parts: Parts
    /// The key that signs checkpoints of the log.
    let logKey: LogKey
    let history: History
    let clock: HouseClock
    private(set) var house: HouseState
    /// Whom we believe: also read beside the writer.
    let beliefs: Beliefs
    private let staged: StagedFacts
    /// Why what is staged cannot be made durable.
    private var misfit: Fault?
    /// Why this house can no longer be told from what is durable; the calendar ends the service by it.
    private var brokenBy: Fault?
    var messageQueue = MessageQueue()
    /// The secret that messages share, once one was judged.
    var messagesSecret: MessagesSecret?
    var judgements: [UInt64: OpenJudgement] = [:]
    private var lanes: [PartnerID: Lane] = [:]
    let bell = FactBell()
    var pace: SnapshotPace
    var derivedDocuments: OriginalStore?

    /// A partner's turn: a file is judged alone, while messages share a turn and wait for files.
    private struct Lane {
        /// Who has the turn: 0 for nobody, -1 for one alone, else how many share it.
        var holders = 0
        var waiting: [(isShared: Bool, continuation: CheckedContinuation<Void, Never>)] = []

        func isFree(shared: Bool) -> Bool { waiting.isEmpty && (holders == 0 || shared && holders > 0) }
        mutating func take(shared: Bool) { holders = shared ? holders + 1 : -1 }
    }

    /// Opens a house on a log that has its first fact.
    ///
    /// - Throws: `Fault` when the log cannot be folded.
    public init(_ parts: Parts) throws(Fault) {
        self.parts = parts
        logKey = try LogKey(keys: parts.directory.keys)
        try parts.originals.keep(parts.trust.revocationLists)
        staged = StagedFacts(over: parts.journal)
        let history = History(facts: staged, records: parts.records, identities: parts.identities)
        self.history = history
        let fold = try HouseFold(parts.directory, log: parts.journal, history: history)
        if let remark = fold.remark {
            parts.logger.warning("the snapshot was passed over", metadata: ["reason": "\(remark)"])
        }
        let house = fold.house
        pace = SnapshotPace(since: fold)
        guard let genesis = house.genesis else { throw Fault("the log has no first fact: run `coalition init`") }
        guard genesis.hostCertificate == parts.signer.certificate.pem else {
            throw Fault("the host's signing certificate is not that of the first fact")
        }
        clock = genesis.clock == .test ? .test : .system
        beliefs = Beliefs(
            trust: parts.trust, register: try HouseKeyRegister.build(house.keys), clock: clock, lastTime: house.lastTime
        )
        self.house = house
        try Self.remove(house.erasures, parts, derived: nil)
        // A crash may have left documents of what was closed.
        if !house.forgotten.batches.isEmpty { try Self.removeDerived(parts, nil) }
    }

    /// Files as received, for those who bring their bytes.
    public nonisolated var originals: OriginalStore { parts.originals }

    /// The house as it stands.
    public var state: HouseState { house }

    /// The instant now, by the house's clock.
    public var now: Timestamp { clock.now(lastFact: house.lastTime) }

    /// Judges by other revocation lists from now on.
    ///
    /// - Throws: `CryptoError` when a list does not fit; the old ones then stay.
    public func reload(revocationLists: [RevocationList], graceSeconds: Int64) throws {
        try parts.originals.keep(revocationLists)
        let trust = trust
        beliefs.believe(
            try TrustStore(
                roots: trust.roots, intermediates: trust.intermediates, revocationLists: revocationLists,
                revocation: .required(graceSeconds: graceSeconds)))
    }

    /// Whom certificates are believed from.
    var trust: TrustStore { beliefs.now.trust }

    /// Whose keys count for what.
    var register: KeyRegister { beliefs.now.register }

    /// Verdicts on chains that were reached before.
    var verdicts: ChainVerdictCache {
        get { beliefs.now.verdicts }
        set {
            var judged = beliefs.now
            judged.verdicts = newValue
            beliefs.keep(judged)
        }
    }

    // MARK: Facts

    /// Makes a fact durable and folds it in.
    ///
    /// - Returns: the fact's number.
    /// - Throws: `Fault` when it could not be made durable or does not fit; the house then takes no more facts.
    @discardableResult
    func commit(_ fact: Fact, _ attachments: [Attachment] = [], at time: Timestamp) throws(Fault) -> UInt64 {
        try commit([(fact, attachments)], at: time)
    }

    /// Makes facts durable, all or none of them, and folds them in.
    ///
    /// - Returns: the first fact's number.
    /// - Throws: `Fault` when they could not be made durable or do not fit; the house then takes no more facts.
    @discardableResult
    func commit(_ facts: [(fact: Fact, attachments: [Attachment])], at time: Timestamp) throws(Fault) -> UInt64 {
        precondition(staged.isEmpty, "what is staged is made durable first")
        try requireWhole()
        let entries = entries(facts, at: time)
        try parts.journal.append(entries)
        for entry in entries { try house.apply(entry.envelope, history: history) }
        try tell(entries)
        return entries.first?.envelope.sequence ?? nextSequence
    }

    private func entries(_ facts: [(fact: Fact, attachments: [Attachment])], at time: Timestamp) -> [JournalEntry] {
        let (first, time) = (nextSequence, max(time, house.lastTime))
        return facts.enumerated().map { index, added in
            JournalEntry(
                FactEnvelope(sequence: first + UInt64(index), time: time, fact: added.fact),
                attachments: added.attachments)
        }
    }

    /// Lets nothing be answered from a house that may have in it what is not durable.
    ///
    /// - Throws: `Fault` when the house can no longer be told from what is durable.
    func requireWhole() throws(Fault) {
        if let brokenBy { throw brokenBy }
    }

    /// What follows from facts that are durable and folded in.
    private func tell(_ entries: [JournalEntry]) throws(Fault) {
        for entry in entries {
            let fact = entry.envelope.fact
            if fact.changesKeys { beliefs.believe(try HouseKeyRegister.build(house.keys)) }
            beliefs.passed(entry.envelope.time)
            // A line for each message would cost as much as writing it to the log of facts.
            parts.logger.log(
                level: fact.isOfMessage ? .debug : .info, "fact",
                metadata: ["sequence": "\(entry.envelope.sequence)", "kind": "\(fact.kind)"])
            pace.count(fact)
        }
        bell.ring()
    }

    /// Folds facts in before they are durable, so that those behind them are judged by them. Nothing may await, and
    /// nobody may be told of them, before `commitStaged` has returned.
    ///
    /// - Throws: `Fault` when they do not fit; `commitStaged` then fails, too.
    func stage(_ facts: [(fact: Fact, attachments: [Attachment])], at time: Timestamp) throws(Fault) {
        if let fault = misfit ?? brokenBy { throw fault }
        do throws(Fault) {
            for entry in entries(facts, at: time) {
                staged.add(entry)
                try house.apply(entry.envelope, history: history)
            }
        } catch {
            misfit = error
            throw error
        }
    }

    /// Makes all staged facts durable together, or none of them: then the house is folded anew from what is durable.
    /// Where not even that can be read, no message is answered any more, and the calendar ends the service.
    ///
    /// - Throws: `Fault` when they could not be made durable or do not fit; the house then takes no more facts.
    func commitStaged() throws(Fault) {
        let entries = staged.take()
        defer { misfit = nil }
        do throws(Fault) {
            if let misfit { throw misfit }
            try parts.journal.append(entries)
        } catch {
            do throws(Fault) {
                house = try HouseFold(parts.directory, log: parts.journal, history: history).house
            } catch let second {
                brokenBy = Fault("\(error); what is durable cannot be read: \(second)")
            }
            throw error
        }
        try tell(entries)
    }

    /// The number that the next fact will have: receipts are named after their facts.
    var nextSequence: UInt64 { house.lastSequence + 1 }

    /// References for attachments.
    func references(_ attachments: [Attachment]) -> [AttachmentReference] {
        attachments.map { $0.reference(SHA256.digest) }
    }

    // MARK: Calendar

    /// Writes every cut-off that is due and closes every window that can be closed.
    ///
    /// - Throws: `Fault` when a fact cannot be made durable.
    public func advanceCalendar(to instant: Timestamp) throws(Fault) {
        try requireWhole()
        guard let programme = house.programme else { return }
        for window in house.windows.dueCutOffs(programme, at: instant) {
            // On a test clock the cut-off has its own instant; on the machine's, the instant at which it is written.
            let time = clock == .test ? window.cutoff : instant
            try commit(.windowCutOff(WindowCutOff(window: window.id, due: window.cutoff)), at: time)
            try closeWaiting(at: time)
        }
        try closeWaiting(at: instant)
        try signCheckpointIfDue(at: instant)
    }

    /// Closes windows in order until one still waits for a file or a fixing.
    func closeWaiting(at time: Timestamp) throws(Fault) {
        while let window = house.windows.waiting.first, house.obstacles(toClosing: window).isEmpty {
            let time = max(time, house.lastTime)
            let position = LogPosition(
                sequence: house.lastSequence, head: parts.journal.head,
                checkpoint: try logKey.checkpoint(parts.journal.frontier))
            let close: WindowClose
            do throws(Refusal) {
                close = try house.close(window, at: time, position: position)
            } catch {
                throw Fault("closing \(window): \(error)")
            }
            var attachments: [Attachment] = []
            for document in close.documents {
                attachments += try document.signed(by: parts.signer, at: time)
            }
            var fact = close.fact
            fact.attachments = references(attachments)
            let seal = WindowSeal(
                window: window, closed: nextSequence,
                documents: fact.attachments.filter { !$0.name.hasSuffix(".p7s") })
            try commit([(.windowClosed(fact), attachments), (.sealed(.window(seal)), [])], at: time)
            try signCheckpoint(at: time)
            parts.logger.notice("window closed", metadata: ["window": "\(window)"])
        }
    }

    /// Moves a test clock, performing every calendar event in between at its own instant.
    ///
    /// - Throws: `Refusal` with CLK-001 on the machine's clock or backwards; `Fault` when a fact cannot be made
    ///   durable.
    public func advanceClock(to instant: Timestamp) async throws {
        guard clock == .test else { throw Refusal(.clk001, detail: "the house lives by the machine's clock") }
        guard instant >= house.lastTime else {
            throw Refusal(.clk001, value: instant.description, detail: "it is \(house.lastTime)")
        }
        try await settle()
        try advanceCalendar(to: instant)
        try commit(.clockAdvanced(ClockAdvanced(to: instant)), at: instant)
        try advanceCalendar(to: instant)
    }

    // MARK: Turns

    /// Takes a partner's turn, waiting for those before: alone, or with others who share it.
    func enter(_ partner: PartnerID, shared: Bool = false) async {
        var lane = lanes[partner] ?? Lane()
        guard !lane.isFree(shared: shared) else {
            lane.take(shared: shared)
            lanes[partner] = lane
            return
        }
        await withCheckedContinuation { lanes[partner, default: Lane()].waiting.append((shared, $0)) }
    }

    /// Gives a partner's turn to the next one, or to all next ones who share it.
    func leave(_ partner: PartnerID) {
        guard var lane = lanes[partner] else { return }
        lane.holders = lane.holders > 0 ? lane.holders - 1 : 0
        while let next = lane.waiting.first, lane.holders == 0 || next.isShared && lane.holders > 0 {
            lane.waiting.removeFirst()
            lane.take(shared: next.isShared)
            next.continuation.resume()
        }
        lanes[partner] = lane.holders == 0 ? nil : lane
    }

    /// Judges every file that waits, in the order of receipt.
    ///
    /// - Throws: `Fault` when the store fails.
    public func settle() async throws {
        for sequence in house.files.undecided { try await judge(sequence) }
    }
}
