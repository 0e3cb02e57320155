import FileStore
import House
import Journal
import Ledger
import Primitives

extension BundleCollector {
    /// The leaves of records of earlier windows that are reversed or repeated here, and of all reversals of them
    /// before.
    mutating func collectPriors() throws {
        if case .record(let location) = scope.part { return try collectRecord(location) }
        var done: Set<RecordLocation> = []
        for received in whole.sorted() {
            guard let seal = house.evidence.records[received], let batch = try source.batch(sealedBy: seal) else {
                continue
            }
            var wanted: [Wanted] = []
            try batch.forEach { (entry, detail) throws(Fault) in
                if let item = Wanted(entry, detail) { wanted.append(item) }
            }
            for item in wanted { try collect(item, received, of: batch.seal.partner, &done) }
        }
        for sequence in shown.sorted() where range.contains(sequence - 1) {
            guard case .messageAnswered(let fact) = try log.fact(sequence).fact, let entry = fact.entry,
                !whole.contains(sequence), let item = Wanted(entry, fact.detail ?? SharesTable.plain(entry))
            else { continue }
            try collect(item, sequence, of: fact.partner, &done)
        }
    }

    /// A record that is gone back to.
    private struct Wanted {
        var original: RecordLocation
        /// What had been taken back of it before, or nil for a repeat, which takes nothing back.
        var units: Int64
        var left: Int64
        var isReversal: Bool

        init?(_ entry: RecordEntry, _ detail: LeafDetail) {
            guard let original = entry.original else { return nil }
            isReversal = entry.type == .reversal && entry.status == .accepted
            guard isReversal || entry.status == .duplicate else { return nil }
            (self.original, units, left) = (original, entry.units, detail.left)
        }
    }

    /// Adds a record that is gone back to, and the reversals of it before.
    private mutating func collect(
        _ item: Wanted, _ received: UInt64, of partner: PartnerID, _ done: inout Set<RecordLocation>
    ) throws {
        let isHere = whole.contains(item.original.batch) || range.contains(item.original.batch - 1)
        guard !isHere, done.insert(item.original).inserted else { return }
        try addPrior(item.original)
        guard item.isReversal, let first = try entry(at: item.original), first.units != item.left + item.units else {
            return
        }
        try addReversals(of: item.original, before: received, by: partner)
    }

    private func entry(at location: RecordLocation) throws -> RecordEntry? {
        if let seal = house.evidence.records[location.batch], let batch = try source.batch(sealedBy: seal) {
            return try batch.record(location.record).entry
        }
        guard case .messageAnswered(let fact) = try log.fact(location.batch).fact else { return nil }
        return fact.entry
    }

    /// Earlier reversals of a record, found by going through the partner's files and messages since.
    private mutating func addReversals(
        of original: RecordLocation, before received: UInt64, by partner: PartnerID
    ) throws {
        var found: [RecordLocation] = []
        for (batch, history) in house.files.files(of: partner, series: .live) {
            for attempt in history.attempts {
                guard let number = attempt.received, number >= original.batch, number < received,
                    !whole.contains(number), let entries = attempt.entries, attempt.status != .refused
                else { continue }
                _ = batch
                try source.records.forEach(batch: number, reference: entries) { (entry) throws(Fault) in
                    guard entry.type == .reversal, entry.status == .accepted, entry.original == original else { return }
                    found.append(RecordLocation(batch: number, record: entry.record))
                }
            }
        }
        for sequence in try messages(of: partner, from: original.batch, to: received) {
            guard case .messageAnswered(let fact) = try log.fact(sequence).fact, let entry = fact.entry,
                entry.type == .reversal, entry.original == original, !whole.contains(sequence)
            else { continue }
            found.append(RecordLocation(batch: sequence, record: 1))
        }
        for location in found { try addPrior(location) }
    }

    private func messages(of partner: PartnerID, from: UInt64, to: UInt64) throws -> [UInt64] {
        var out: [UInt64] = []
        var next = from + 1
        while next < min(to, range.isEmpty ? to : range.lowerBound + 1) {
            if case .messageAnswered(let fact) = try log.fact(next).fact, fact.partner == partner { out.append(next) }
            next += 1
        }
        return out
    }

    /// Adds the whole leaf of a record, or the fact of its message.
    private mutating func addPrior(_ location: RecordLocation) throws {
        guard let seal = house.evidence.records[location.batch] else {
            guard case .messageAnswered(let fact) = try log.fact(location.batch).fact,
                shown.insert(location.batch).inserted
            else { return }
            note(fact.signer)
            return try addMessage("messages/\(Self.number(location.batch))/", answeredBy: location.batch)
        }
        guard let batch = try source.batch(sealedBy: seal) else {
            let name = "priors/\(Self.number(location.batch))-\(location.record).leaf.json"
            _ = try addWithheldLeaf(name, seal, location)
            return
        }
        shown.insert(seal)
        try addLeaf("priors/\(Self.number(location.batch))-\(location.record).json", batch, location.record)
    }

    private mutating func addLeaf(_ name: String, _ batch: SealedBatch, _ record: UInt32) throws {
        let (entry, detail) = try batch.record(record)
        let set = entry.lineSet < 0 ? nil : batch.lines.sets[Int(entry.lineSet)]
        if let promotion = set?.promotion { promotions.insert(promotion.text) }
        let lines = try (set?.lines ?? []).map { index in
            let key = batch.lines.keys[index]
            if let fixing = key.fixing { fixings.insert(fixing) }
            return batch.form(of: try sealed(key, batch), index: index, for: scope.partner)
        }
        let form = WholeLeafForm(
            batch: batch.seal.received, data: Hex.encode(batch.sealer.data(entry, detail)), index: UInt64(record) - 1,
            lines: lines, path: try batch.path(of: record).map(\.description),
            private: WholeLeafForm.PrivateForm(
                content: entry.content.description, identity: entry.identity.description, length: entry.length,
                member: entry.member.description, offset: entry.offset,
                original: entry.original.map { "\($0.batch)-\($0.record)" } ?? "0-0",
                salt: batch.sealer.salt(record).description), promotion: set?.promotion?.text ?? "",
            window: batch.seal.window.text)
        add(name, try FactCodec.json(form))
    }

    /// One record without the others of its file: its leaf, its path and its bytes.
    private mutating func collectRecord(_ location: RecordLocation) throws {
        let name = "records/\(Self.number(location.batch))-\(location.record)"
        if let seal = house.evidence.records[location.batch], house.withheld(batch: location.batch) != nil,
            try addWithheldLeaf(name + ".leaf.json", seal, location)
        {
            shown.insert(location.batch)
            return try addReceipts(location.batch)
        }
        guard let seal = house.evidence.records[location.batch],
            let batch = try source.batch(sealedBy: seal), UInt64(location.record) <= UInt64(batch.seal.count),
            scope.shows(batch.seal.partner)
        else { throw Refusal(.net005, value: location.description, detail: "there is no such sealed record for you") }
        shown.insert(location.batch)
        shown.insert(seal)
        try addLeaf(name + ".json", batch, location.record)
        if let attempt = house.files.find(received: location.batch)?.attempt {
            let entry = try batch.record(location.record).entry
            let original = try source.originals.original(attempt.digest)
            add(name + ".bytes", try original.read(at: Int64(entry.offset), count: Int(entry.length)))
            try addReceipts(location.batch)
        }
    }

    /// The signature and the receipts of the file of which one record is shown.
    private mutating func addReceipts(_ received: UInt64) throws {
        guard let attempt = house.files.find(received: received)?.attempt else { return }
        versions.insert(attempt.programmeVersion)
        revocationLists.formUnion(attempt.signer?.revocationLists ?? [])
        let folder = "batches/\(Self.number(received))/"
        try add(folder + "signature.p7s", attachment: "signature.p7s", of: received)
        try addSigned(folder + "received.xml", attachment: "receipt.xml", of: received)
        if let decided = attempt.decided {
            try addSigned(folder + "validated.xml", attachment: "receipt.xml", of: decided)
        }
    }
}
