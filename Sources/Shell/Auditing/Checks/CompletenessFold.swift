import Evidence
import Journal
import Primitives
import Statements
import XMLKit

/// Counts anew, from the facts of a bundle, what a statement's completeness list has to say.
struct CompletenessFold {
    private let bundle: Bundle
    private let partner: PartnerID
    private let begin: UInt64
    private let end: UInt64
    /// What the list must say.
    private(set) var result: Completeness
    private var statuses: [UInt64: FileStatus] = [:]
    private var seals: [UInt64: RecordsSeal] = [:]
    private var decidedReceipts: [UInt64: String] = [:]
    private var withdrawn: Set<Int64> = []

    /// Goes through the facts.
    ///
    /// - Parameters:
    ///   - before: what the statement before has said; nil for the first.
    init(
        _ bundle: Bundle, partner: PartnerID, begin: UInt64, end: UInt64, closed: UInt64, before: Completeness?
    ) throws {
        (self.bundle, self.partner, self.begin, self.end) = (bundle, partner, begin, end)
        result = before ?? Completeness()
        result.arrivals = []
        result.messages = Completeness.Messages()
        result.statements = before.map { $0.statements + 1 } ?? 0
        let previousClose = try Self.closeBefore(closed, bundle)
        try bundle.forEachFact { envelope in
            if case .sealed(.records(let seal)) = envelope.fact { seals[seal.received] = seal }
        }
        try bundle.forEachFact { envelope in
            guard envelope.sequence < closed else { return }
            if envelope.sequence >= previousClose { try count(envelope) }
            if envelope.sequence > begin, envelope.sequence < end { try list(envelope) }
        }
        try finish()
    }

    /// The fact that closed the window before; 0 for none.
    private static func closeBefore(_ closed: UInt64, _ bundle: Bundle) throws -> UInt64 {
        var found: UInt64 = 0
        try bundle.forEachFact { envelope in
            if case .sealed(.window(let seal)) = envelope.fact, seal.closed < closed { found = max(found, seal.closed) }
        }
        return found
    }

    // MARK: Counts

    private mutating func count(_ envelope: FactEnvelope) throws {
        switch envelope.fact {
        case .fileReceived(let fact):
            guard fact.batch.partner == partner else { return }
            result.receipts += 1
            if fact.batch.series == .live { received(fact.batch.sequence) }
        case .fileDecided(let fact):
            guard fact.batch.partner == partner else { return }
            decided(fact.status, isLive: fact.batch.series == .live)
        case .sealed(.records(let seal)):
            // In a partner's bundle the judgement itself is hidden when it posts to another's account.
            guard seal.partner == partner, seal.batch != nil, try bundle.fact(envelope.sequence - 1) == nil else {
                return
            }
            decided(seal.status, isLive: true)
        case .fileRefused(let fact):
            guard fact.batch.partner == partner else { return }
            result.receipts += 1
            if fact.batch.series == .live { result.refusedAtDoor += 1 }
        case .fileCancelled(let fact):
            guard fact.batch.partner == partner else { return }
            result.receipts += 1
            guard fact.batch.series == .live else { return }
            result.withdrawn += 1
            if fact.hadArrived { result.undecided -= 1 }
            arrived(fact.batch.sequence)
        case .fileCleared(let fact): if fact.batch.partner == partner { result.receipts += 1 }
        default: return
        }
    }

    private mutating func decided(_ status: FileStatus, isLive: Bool) {
        result.receipts += 1
        guard isLive else { return }
        result.undecided -= 1
        switch status {
        case .accepted: result.accepted += 1
        case .partlyAccepted: result.partlyAccepted += 1
        case .refused: result.refused += 1
        }
    }

    /// A number that had arrived before, and was not missing, arrives again only as the replacement of a refused file.
    private mutating func received(_ number: Int64) {
        result.received += 1
        result.undecided += 1
        let isMissing = result.missing.contains { $0.from <= number && number <= $0.to }
        if number <= result.through, !isMissing { result.replaced += 1 }
        arrived(number)
    }

    private mutating func arrived(_ number: Int64) {
        if number > result.through {
            if number > result.through + 1 {
                result.missing.append(SequenceGap(from: result.through + 1, to: number - 1))
            }
            result.through = number
            return
        }
        result.missing = result.missing.flatMap { gap in
            guard gap.from <= number, number <= gap.to else { return [gap] }
            var out: [SequenceGap] = []
            if gap.from < number { out.append(SequenceGap(from: gap.from, to: number - 1)) }
            if number < gap.to { out.append(SequenceGap(from: number + 1, to: gap.to)) }
            return out
        }
    }

    // MARK: The window's list

    private mutating func list(_ envelope: FactEnvelope) throws {
        switch envelope.fact {
        case .fileReceived(let fact):
            guard fact.batch.partner == partner, fact.batch.series == .live else { return }
            result.arrivals.append(
                Completeness.Arrival(
                    sequence: fact.batch.sequence, fact: envelope.sequence, digest: fact.digest, status: "",
                    receipts: [fact.receiptID]))
        case .fileRefused(let fact):
            guard fact.batch.partner == partner, fact.batch.series == .live else { return }
            result.arrivals.append(
                Completeness.Arrival(
                    sequence: fact.batch.sequence, fact: envelope.sequence, digest: fact.digest,
                    status: FileStatus.refused.rawValue, receipts: [fact.receiptID]))
        case .messageAnswered(let fact):
            guard fact.partner == partner else { return }
            switch fact.status {
            case .accepted: result.messages.accepted += 1
            case .refused: result.messages.refused += 1
            case .duplicate: result.messages.duplicate += 1
            }
        case .sealed(.records(let seal)):
            if seal.partner == partner, seal.messageID != nil, try bundle.fact(seal.received) == nil {
                result.messages.accepted += 1
            }
        default: return
        }
    }

    /// What became of the files that arrived, from their judgements, seals and receipts.
    private mutating func finish() throws {
        var cancelled: Set<Int64> = []
        try bundle.forEachFact { envelope in
            switch envelope.fact {
            case .fileDecided(let fact):
                statuses[fact.received] = fact.status
                decidedReceipts[fact.received] = fact.receiptID
            case .fileCancelled(let fact):
                if fact.batch.partner == partner, fact.batch.series == .live { cancelled.insert(fact.batch.sequence) }
            default: return
            }
        }
        for index in result.arrivals.indices where result.arrivals[index].status.isEmpty {
            let fact = result.arrivals[index].fact
            if let status = statuses[fact] ?? seals[fact]?.status {
                result.arrivals[index].status = status.rawValue
            } else if cancelled.contains(result.arrivals[index].sequence) {
                result.arrivals[index].status = "CANC"
            }
            if let receipt = try decidedReceipts[fact] ?? receiptID(fact) {
                result.arrivals[index].receipts.append(receipt)
            }
        }
        result.arrivals.sort { $0.fact < $1.fact }
    }

    private func receiptID(_ received: UInt64) throws -> String? {
        guard let bytes = try bundle.file.small("batches/\(Bundle.number(received))/validated.xml") else { return nil }
        var limits = XMLLimits()
        limits.textBytes = 1 << 20
        return try? XMLDocument.parse(bytes, maximumBytes: 64 << 20, limits: limits).text("ReceiptId")
    }
}
