import FileStore
import Gateway
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel

/// Everything that a key has touched since an instant, as one walk through the log finds it.
struct KeyTrace {
    /// A fact that the key signed, or that a connection with it brought.
    struct Touch {
        let sequence: UInt64
        let at: Timestamp
        /// Whether it was signed by the key; else the key's connection brought it.
        let isSigned: Bool
        let fact: Fact
        /// What posted the records: the fact itself, or of a file the one that judged it.
        var decided: FileDecided?
    }

    /// What posts in a window, under the number by which its records are known.
    private struct Source {
        let number: UInt64
        let posting: Posting?
        let adjustment: HostAdjustment?
    }

    let fingerprint: Digest32
    let since: Timestamp
    /// Facts in the order of the log.
    private(set) var touches: [Touch] = []
    /// Documents that the holder has confirmed, by whatever connection.
    private(set) var documents: [DocumentConfirmed] = []
    /// Facts of the owner for which no connection is recorded.
    private(set) var withoutConnection: [UInt64] = []
    private var places: [UInt64: Int] = [:]
    private var sources: [WindowID: [Source]] = [:]

    /// Walks through the log.
    ///
    /// - Parameters:
    ///   - holders: the names under which the key's holder confirms documents.
    ///   - owner: the partner whose connections the key opens; nil for another use.
    /// - Throws: `Fault` when the log is damaged.
    init(
        _ fingerprint: Digest32, since: Timestamp, holders: Set<String>, owner: PartnerID?, _ reader: HouseReader
    ) throws(Fault) {
        self.fingerprint = fingerprint
        self.since = since
        var window: WindowID?
        let programmes = reader.house
        try reader.log.replay(from: 1) { (envelope) throws(Fault) in
            take(envelope, holders, owner)
            if case .windowCutOff(let fact) = envelope.fact {
                let all = programmes.programme?.windows.map(\.id) ?? []
                window = all.firstIndex(of: fact.window).flatMap { all.indices.contains($0 + 1) ? all[$0 + 1] : nil }
            }
            keep(envelope, openWindow: window ?? programmes.programme?.windows.first?.id)
        }
    }

    private mutating func take(_ envelope: FactEnvelope, _ holders: Set<String>, _ owner: PartnerID?) {
        guard envelope.time >= since else { return }
        switch envelope.fact {
        case .fileReceived(let fact):
            touch(envelope, fact.signer.fingerprint, fact.connection, fact.batch.partner, owner)
        case .messageAnswered(let fact):
            touch(envelope, fact.signer.fingerprint, fact.connection, fact.partner, owner)
        case .fileCancelled(let fact):
            touch(envelope, fact.signer.fingerprint, fact.connection, fact.batch.partner, owner)
        case .keyChanged(let fact):
            touch(envelope, fact.signer.fingerprint, fact.connection, fact.partner, owner)
        case .actCarriedOut(let fact):
            let evidence = fact.evidence
            guard [evidence.maker.fingerprint, evidence.checker.fingerprint].contains(fingerprint) else { return }
            add(envelope, isSigned: true)
        case .programmeLoaded(let fact):
            guard fact.files.contains(where: { $0.approvals.contains { $0.fingerprint == fingerprint } }) else {
                return
            }
            add(envelope, isSigned: true)
        case .documentConfirmed(let fact): if holders.contains(fact.reader) { documents.append(fact) }
        case .fileDecided(let fact):
            if let place = places[fact.received] { touches[place].decided = fact }
        default: return
        }
    }

    private mutating func touch(
        _ envelope: FactEnvelope, _ signer: Digest32, _ connection: Digest32?, _ partner: PartnerID, _ owner: PartnerID?
    ) {
        if signer == fingerprint {
            add(envelope, isSigned: true)
        } else if connection == fingerprint {
            add(envelope, isSigned: false)
        } else if connection == nil, partner == owner {
            withoutConnection.append(envelope.sequence)
        }
    }

    private mutating func add(_ envelope: FactEnvelope, isSigned: Bool) {
        places[envelope.sequence] = touches.count
        touches.append(
            Touch(
                sequence: envelope.sequence, at: envelope.time, isSigned: isSigned, fact: envelope.fact, decided: nil))
    }

    /// Keeps what posts, whoever brought it: windows are computed without the touched part of it.
    private mutating func keep(_ envelope: FactEnvelope, openWindow: WindowID?) {
        switch envelope.fact {
        case .fileDecided(let fact):
            guard let posting = fact.posting, fact.batch.series == .live else { return }
            sources[posting.window, default: []].append(
                Source(number: fact.received, posting: posting, adjustment: nil))
        case .messageAnswered(let fact):
            guard let posting = fact.posting else { return }
            sources[posting.window, default: []].append(
                Source(number: envelope.sequence, posting: posting, adjustment: nil))
        case .actCarriedOut(let fact):
            guard case .adjustment(let adjustment, let posting) = fact.act,
                let window = posting?.window ?? openWindow
            else { return }
            sources[window, default: []].append(
                Source(
                    number: envelope.sequence, posting: posting, adjustment: posting == nil ? adjustment : nil))
        default: return
        }
    }

    // MARK: What follows

    /// Whether records, or an adjustment, of a fact are touched.
    func isTouched(_ number: UInt64) -> Bool { places[number] != nil }

    /// Windows in which something touched counts.
    var windows: Set<WindowID> {
        Set(sources.filter { $0.value.contains { isTouched($0.number) } }.keys)
    }

    /// What a window adds up to: all of it, the touched part, or the rest.
    func totals(of window: WindowID, where belongs: (UInt64) -> Bool) -> WindowTotals {
        var totals = WindowTotals()
        for source in sources[window] ?? [] where belongs(source.number) {
            if let posting = source.posting { totals.add(posting) }
            if let adjustment = source.adjustment { totals.add(adjustment, sequence: source.number) }
        }
        return totals
    }

    /// A record outside of what is touched that rests on a touched one.
    struct Dependent {
        let location: RecordLocation
        let entry: RecordEntry
        let original: RecordLocation
    }

    /// Reversals and repeats of touched records, and bonuses for them, in files and messages that are not touched.
    ///
    /// - Throws: `Fault` when the log or the entries are damaged.
    func dependents(_ reader: HouseReader) throws(Fault) -> [Dependent] {
        var out: [Dependent] = []
        func look(_ entry: RecordEntry, _ number: UInt64) {
            guard let original = entry.original, isTouched(original.batch), entry.status != .refused else { return }
            let location = RecordLocation(batch: number, record: entry.record)
            out.append(Dependent(location: location, entry: entry, original: original))
        }
        guard let first = touches.first?.sequence else { return [] }
        try reader.log.replay(from: first) { (envelope) throws(Fault) in
            switch envelope.fact {
            case .fileDecided(let fact):
                guard !isTouched(fact.received), let entries = fact.entries, fact.batch.series == .live else { return }
                try reader.records.forEach(batch: fact.received, reference: entries) { (entry) throws(Fault) in
                    look(entry, fact.received)
                }
            case .messageAnswered(let fact):
                guard !isTouched(envelope.sequence), let entry = fact.entry else { return }
                look(entry, envelope.sequence)
            default: return
            }
        }
        return out
    }
}
