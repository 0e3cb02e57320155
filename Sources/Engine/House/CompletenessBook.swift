import Journal
public import Primitives
public import Statements

/// Counts what each partner has sent and been issued, for the completeness lists of statements. A fold of the log.
public struct CompletenessBook: Hashable, Sendable, Codable {
    private var tallies: [PartnerID: Completeness] = [:]
    private var arriving: [PartnerID: Arriving] = [:]
    private var frozen: [WindowID: [PartnerID: Arriving]] = [:]

    /// What has come since the last cut-off.
    private struct Arriving: Hashable, Sendable, Codable {
        /// Facts of files, received or refused before.
        var files: [UInt64] = []
        var refusedAtDoor: [Completeness.Arrival] = []
        var messages = Completeness.Messages()
    }

    /// No partners.
    public init() {}

    /// Takes a fact, before the register of files takes it.
    mutating func apply(_ envelope: FactEnvelope, files: FileRegister) {
        switch envelope.fact {
        case .fileReceived(let fact): received(fact, envelope.sequence, files)
        case .fileDecided(let fact):
            tallies[fact.batch.partner, default: Completeness()].receipts += 1
            guard fact.batch.series == .live else { return }
            change(fact.batch.partner) { tally in
                tally.undecided -= 1
                switch fact.status {
                case .accepted: tally.accepted += 1
                case .partlyAccepted: tally.partlyAccepted += 1
                case .refused: tally.refused += 1
                }
            }
        case .fileRefused(let fact):
            tallies[fact.batch.partner, default: Completeness()].receipts += 1
            guard fact.batch.series == .live else { return }
            change(fact.batch.partner) { $0.refusedAtDoor += 1 }
            arriving[fact.batch.partner, default: Arriving()].refusedAtDoor.append(
                Completeness.Arrival(
                    sequence: fact.batch.sequence, fact: envelope.sequence, digest: fact.digest,
                    status: FileStatus.refused.rawValue, receipts: [fact.receiptID]))
        case .fileCancelled(let fact): cancelled(fact, files)
        case .fileCleared(let fact): tallies[fact.batch.partner, default: Completeness()].receipts += 1
        case .messageAnswered(let fact):
            switch fact.status {
            case .accepted: arriving[fact.partner, default: Arriving()].messages.accepted += 1
            case .refused: arriving[fact.partner, default: Arriving()].messages.refused += 1
            case .duplicate: arriving[fact.partner, default: Arriving()].messages.duplicate += 1
            }
        case .windowCutOff(let fact):
            frozen[fact.window] = arriving
            arriving = [:]
        case .windowClosed(let fact): frozen[fact.window] = nil
        default: break
        }
    }

    private mutating func change(_ partner: PartnerID, _ body: (inout Completeness) -> Void) {
        body(&tallies[partner, default: Completeness()])
    }

    private mutating func received(_ fact: FileReceived, _ sequence: UInt64, _ files: FileRegister) {
        tallies[fact.batch.partner, default: Completeness()].receipts += 1
        guard fact.batch.series == .live else { return }
        let isReplacement = files.history(fact.batch)?.holder?.status == .refused
        change(fact.batch.partner) { tally in
            tally.through = max(tally.through, fact.batch.sequence)
            tally.received += 1
            tally.undecided += 1
            if isReplacement { tally.replaced += 1 }
        }
        arriving[fact.batch.partner, default: Arriving()].files.append(sequence)
    }

    private mutating func cancelled(_ fact: FileCancelled, _ files: FileRegister) {
        tallies[fact.batch.partner, default: Completeness()].receipts += 1
        guard fact.batch.series == .live else { return }
        let waits = files.history(fact.batch)?.attempts.contains { attempt in
            attempt.received.map(files.isUndecided) ?? false
        }
        change(fact.batch.partner) { tally in
            tally.through = max(tally.through, fact.batch.sequence)
            tally.withdrawn += 1
            if waits == true { tally.undecided -= 1 }
        }
    }

    /// What a statement of a window says of a partner, as the log stands now.
    ///
    /// - Parameter statements: the statements issued to the partner before.
    public func completeness(
        of partner: PartnerID, window: WindowID, files: FileRegister, statements: Int
    ) -> Completeness {
        var out = tallies[partner] ?? Completeness()
        out.statements = statements
        let next = BatchID(partner: partner, series: .live, sequence: out.through + 1)
        out.missing = files.gaps(below: next)
        // A window that is previewed before its cut-off has what has arrived so far.
        guard let arrived = (frozen[window] ?? arriving)[partner] else { return out }
        out.messages = arrived.messages
        out.arrivals = arrived.refusedAtDoor
        for fact in arrived.files {
            guard let (batch, attempt) = files.find(received: fact) else { continue }
            let isCancelled = files.history(batch)?.cancelled != nil && attempt.decided == nil
            out.arrivals.append(
                Completeness.Arrival(
                    sequence: batch.sequence, fact: fact, digest: attempt.digest,
                    status: isCancelled ? "CANC" : attempt.status?.rawValue ?? "", receipts: attempt.receiptIDs))
        }
        out.arrivals.sort { $0.fact < $1.fact }
        return out
    }
}
