public import Journal
public import Primitives

/// One arrival of a file under a number: what was answered to its bytes, for ever.
public struct FileAttempt: Hashable, Sendable, Codable {
    /// SHA-256 of the bytes.
    public var digest: Digest32
    /// Their number.
    public var size: Int64
    /// The fact of its receipt; nil when it was refused before.
    public var received: UInt64?
    /// The fact that judged it, or refused it before receipt; nil while it waits.
    public var decided: UInt64?
    /// The fact with its last receipt; nil until that is asked for.
    public var cleared: UInt64?
    /// What became of it; nil while it waits.
    public var status: FileStatus?
    /// Its window; nil when it was refused before one was fixed.
    public var window: WindowID?
    /// When it was received, or refused.
    public var at: Timestamp
    /// The header's message id, once judged.
    public var messageID: MessageID?
    /// Ids of its receipts.
    public var receiptIDs: [String]
    /// What it posted; nil for nothing.
    public var lines: [LineKey] = []
    /// The file of all its findings, when its receipt does not list them all.
    public var findingsFile: AttachmentReference?
    /// Entries kept for it.
    public var entries: EntriesReference?
    /// The syntax.
    public var format: BatchFormat?
    /// The programme's version by which it is judged.
    public var programmeVersion = 0
    /// When its upload began.
    public var uploadBegan: Timestamp?
    /// Who signed it.
    public var signer: SignerEvidence?
    /// SHA-256 of the signature that came with it.
    public var signature: Digest32?
}

/// Everything that came under one number of a series.
public struct FileHistory: Hashable, Sendable, Codable {
    /// Arrivals in the order of the log.
    public var attempts: [FileAttempt] = []
    /// The fact that withdrew the number.
    public var cancelled: UInt64?

    /// The attempt that holds the number: received and not refused, or the last one that was refused after receipt.
    public var holder: FileAttempt? { attempts.last { $0.received != nil } }

    /// Whether the number is no gap: a file holds it, or it was withdrawn.
    var isTaken: Bool { holder != nil || cancelled != nil }
}

/// What is to be done with bytes that arrive under a number. Rulings on identity: Specs/rules.md.
public enum Admission: Hashable, Sendable {
    /// They are new; the gaps are numbers of the series still missing below.
    case new(gaps: [SequenceGap])
    /// The same bytes came before: their answer holds.
    case copy(FileAttempt)
    /// The number was refused; a replacement must name one of these receipts.
    case replacement(refusals: [String], gaps: [SequenceGap])
    /// Refused without touching the number.
    case refused(Finding)
}

/// All files by partner, series and number. A fold of the log.
public struct FileRegister: Hashable, Sendable, Codable {
    private var series: [SeriesKey: [Int64: FileHistory]] = [:]
    private var messageIDs: [PartnerID: [MessageID: BatchID]] = [:]
    private var byReceived: [UInt64: BatchID] = [:]
    private var byReceipt: [String: ReceiptPlace] = [:]
    /// Receipt facts of files that are not judged yet and whose numbers are not withdrawn.
    private var waiting: Set<UInt64> = []
    /// Up to which number every one of a series has arrived or been withdrawn.
    private var complete: [SeriesKey: Int64] = [:]

    /// The file of a receipt.
    public struct ReceiptPlace: Hashable, Sendable, Codable {
        /// The file's number.
        public var batch: BatchID
        /// SHA-256 of its bytes; nil for a number withdrawn before anything arrived.
        public var digest: Digest32?
    }

    private struct SeriesKey: Hashable, Sendable, Codable {
        var partner: PartnerID
        var series: Series
    }

    /// No files.
    public init() {}

    /// What came under a number.
    public func history(_ batch: BatchID) -> FileHistory? {
        series[SeriesKey(partner: batch.partner, series: batch.series)]?[batch.sequence]
    }

    /// All files of a partner in a series, in order of numbers.
    public func files(of partner: PartnerID, series kind: Series) -> [(BatchID, FileHistory)] {
        (series[SeriesKey(partner: partner, series: kind)] ?? [:]).sorted { $0.key < $1.key }.map {
            (BatchID(partner: partner, series: kind, sequence: $0.key), $0.value)
        }
    }

    /// The file and attempt of a receipt, or nil.
    public func find(receipt id: String) -> ReceiptPlace? { byReceipt[id] }

    /// The file whose header used a message id, or nil.
    public func batch(messageID: MessageID, of partner: PartnerID) -> BatchID? { messageIDs[partner]?[messageID] }

    /// The file and arrival of a receipt fact, or nil.
    public func find(received sequence: UInt64) -> (batch: BatchID, attempt: FileAttempt)? {
        guard let batch = byReceived[sequence] else { return nil }
        return history(batch)?.attempts.last { $0.received == sequence }.map { (batch, $0) }
    }

    /// Receipt facts of files that are not judged yet, in order, those of withdrawn numbers left out.
    public var undecided: [UInt64] { waiting.sorted() }

    /// Whether a received file still waits for its judgement.
    public func isUndecided(_ received: UInt64) -> Bool { waiting.contains(received) }

    /// Numbers below one that have neither arrived nor been withdrawn. Code FIL-006.
    public func gaps(below batch: BatchID) -> [SequenceGap] {
        let key = SeriesKey(partner: batch.partner, series: batch.series)
        let whole = complete[key] ?? 0
        guard whole < batch.sequence - 1 else { return [] }
        let taken = (series[key] ?? [:]).filter { whole < $0.key && $0.key < batch.sequence && $0.value.isTaken }
        var gaps: [SequenceGap] = []
        var next = whole + 1
        for number in taken.keys.sorted() {
            if number > next { gaps.append(SequenceGap(from: next, to: number - 1)) }
            next = number + 1
        }
        if batch.sequence > next { gaps.append(SequenceGap(from: next, to: batch.sequence - 1)) }
        return gaps
    }

    /// What is to be done with bytes of a digest under a number.
    ///
    /// Bytes that were received keep their answer under any signature. Bytes that were refused at the door keep it
    /// under the same signature only: signed again, they are looked at again.
    ///
    /// - Parameter signature: SHA-256 of the signature that comes with them.
    public func admission(_ batch: BatchID, digest: Digest32, signature: Digest32) -> Admission {
        guard let history = history(batch) else { return .new(gaps: gaps(below: batch)) }
        let copy = history.attempts.last { attempt in
            attempt.digest == digest && (attempt.received != nil || attempt.signature == signature)
        }
        if let copy { return .copy(copy) }
        if history.cancelled != nil { return .refused(Finding(.fil013, value: batch.description)) }
        guard let holder = history.holder else { return .new(gaps: gaps(below: batch)) }
        guard holder.status == .refused else {
            let detail = "the number holds a file with digest \(holder.digest)"
            return .refused(Finding(.fil004, value: digest.description, detail: detail))
        }
        let refusals = history.attempts.filter { $0.received != nil && $0.status == .refused }.flatMap(\.receiptIDs)
        return .replacement(refusals: refusals, gaps: gaps(below: batch))
    }

    /// Takes a receipt.
    public mutating func apply(_ fact: FileReceived, sequence: UInt64, time: Timestamp) {
        var attempt = FileAttempt(
            digest: fact.digest, size: fact.size, received: sequence, decided: nil, status: nil, window: fact.window,
            at: time, messageID: nil, receiptIDs: [fact.receiptID])
        attempt.format = fact.format
        attempt.programmeVersion = fact.programmeVersion
        attempt.uploadBegan = fact.uploadBegan
        attempt.signer = fact.signer
        attempt.signature = Self.signature(fact.attachments)
        change(fact.batch) { $0.attempts.append(attempt) }
        byReceived[sequence] = fact.batch
        waiting.insert(sequence)
        byReceipt[fact.receiptID] = ReceiptPlace(batch: fact.batch, digest: fact.digest)
    }

    /// Takes a decision.
    public mutating func apply(_ fact: FileDecided, sequence: UInt64) {
        var digest: Digest32?
        change(fact.batch) { history in
            guard let index = history.attempts.lastIndex(where: { $0.received == fact.received }) else { return }
            history.attempts[index].decided = sequence
            history.attempts[index].status = fact.status
            history.attempts[index].messageID = fact.messageID
            history.attempts[index].receiptIDs.append(fact.receiptID)
            history.attempts[index].lines = fact.posting?.lines.map(\.key) ?? []
            history.attempts[index].entries = fact.entries
            history.attempts[index].findingsFile = fact.findingsFile
            digest = history.attempts[index].digest
        }
        waiting.remove(fact.received)
        byReceipt[fact.receiptID] = ReceiptPlace(batch: fact.batch, digest: digest)
        if let id = fact.messageID, fact.status != .refused {
            messageIDs[fact.batch.partner, default: [:]][id] = fact.batch
        }
    }

    /// Takes a refusal before receipt.
    public mutating func apply(_ fact: FileRefused, sequence: UInt64, time: Timestamp) {
        var attempt = FileAttempt(
            digest: fact.digest, size: fact.size, received: nil, decided: sequence, status: .refused, window: nil,
            at: time, messageID: nil, receiptIDs: [fact.receiptID])
        attempt.signature = Self.signature(fact.attachments)
        change(fact.batch) { $0.attempts.append(attempt) }
        byReceipt[fact.receiptID] = ReceiptPlace(batch: fact.batch, digest: fact.digest)
    }

    /// Takes a last receipt.
    public mutating func apply(_ fact: FileCleared, sequence: UInt64) {
        var digest: Digest32?
        change(fact.batch) { history in
            guard let index = history.attempts.lastIndex(where: { $0.received == fact.received }) else { return }
            history.attempts[index].cleared = sequence
            history.attempts[index].receiptIDs.append(fact.receiptID)
            digest = history.attempts[index].digest
        }
        byReceipt[fact.receiptID] = ReceiptPlace(batch: fact.batch, digest: digest)
    }

    /// Takes a withdrawal.
    public mutating func apply(_ fact: FileCancelled, sequence: UInt64) {
        change(fact.batch) { $0.cancelled = sequence }
        for attempt in history(fact.batch)?.attempts ?? [] {
            if let received = attempt.received { waiting.remove(received) }
        }
        byReceipt[fact.receiptID] = ReceiptPlace(batch: fact.batch, digest: nil)
    }

    private static func signature(_ attachments: [AttachmentReference]) -> Digest32? {
        attachments.first { $0.name == "signature.p7s" }?.digest
    }

    private mutating func change(_ batch: BatchID, _ body: (inout FileHistory) -> Void) {
        let key = SeriesKey(partner: batch.partner, series: batch.series)
        // Moved out while it changes, so that it is changed in place and not copied.
        var known = series.removeValue(forKey: key) ?? [:]
        body(&known[batch.sequence, default: FileHistory()])
        var whole = complete[key] ?? 0
        while known[whole + 1]?.isTaken == true { whole += 1 }
        complete[key] = whole
        series[key] = known
    }
}
