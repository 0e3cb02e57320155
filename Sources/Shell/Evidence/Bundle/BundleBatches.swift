import Clearing
import FileStore
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel

extension BundleCollector {
    /// The files and messages that are shown whole.
    mutating func collectBatches() throws {
        switch scope.part {
        case .whole:
            for sequence in range.lowerBound + 1...max(range.upperBound, range.lowerBound + 1)
            where sequence <= range.upperBound {
                try collectBatch(sequence)
            }
        case .file(let batch):
            guard let received = house.files.history(batch)?.holder?.received else {
                throw Refusal(.net005, value: batch.description, detail: "no file was received under this number")
            }
            try show(received)
            try collectBatch(received)
        case .record: break
        }
    }

    /// Shows the fact of a batch and its seal.
    private mutating func show(_ received: UInt64) throws {
        shown.insert(received)
        if let seal = house.evidence.records[received] { shown.insert(seal) }
    }

    private mutating func collectBatch(_ sequence: UInt64) throws {
        let envelope = try log.fact(sequence)
        let folder = "batches/\(Self.number(sequence))/"
        switch envelope.fact {
        case .fileReceived(let fact):
            guard fact.batch.series == .live, fact.window == scope.window, scope.shows(fact.batch.partner) else {
                return
            }
            try collectFile(fact, sequence, folder)
        case .fileRefused(let fact):
            guard fact.batch.series == .live, scope.shows(fact.batch.partner) else { return }
            // A signature over bytes that are not shown says nothing, so that they come together.
            if !isWithheld(sequence), try source.originals.contains(fact.digest) {
                entries.append(BundleEntry(folder + "original", try source.originals.original(fact.digest)))
                if fact.attachments.contains(where: { $0.name == "signature.p7s" }) {
                    try add(folder + "signature.p7s", attachment: "signature.p7s", of: sequence)
                }
            }
            try addSigned(folder + "validated.xml", attachment: "receipt.xml", of: sequence)
        case .fileCancelled(let fact):
            guard scope.shows(fact.batch.partner) else { return }
            try addMessage("messages/\(Self.number(sequence))/", sequence, ["cancel.cms", "cancelled.cms"])
            note(fact.signer)
        case .messageAnswered(let fact):
            guard scope.shows(fact.partner) else { return }
            note(fact.signer)
            versions.insert(fact.programmeVersion)
            guard let seal = house.evidence.records[sequence] else {
                return try addMessage("messages/\(Self.number(sequence))/", answeredBy: sequence)
            }
            shown.insert(seal)
            whole.insert(sequence)
            try addMessage(folder, answeredBy: sequence)
            try addRecords(seal, folder)
        default: break
        }
    }

    mutating func addMessage(_ folder: String, _ sequence: UInt64, _ names: [String]) throws {
        for name in names {
            let bytes = try log.attachment(name, of: sequence)
            try noteSigner(of: bytes)
            add(folder + name, bytes)
        }
    }

    /// A message with its answer; of one that is closed the answer alone.
    mutating func addMessage(_ folder: String, answeredBy sequence: UInt64) throws {
        try addMessage(folder, sequence, isWithheld(sequence) ? ["answer.cms"] : ["message.cms", "answer.cms"])
    }

    mutating func note(_ signer: SignerEvidence) { revocationLists.formUnion(signer.revocationLists) }

    private mutating func collectFile(_ fact: FileReceived, _ sequence: UInt64, _ folder: String) throws {
        note(fact.signer)
        versions.insert(fact.programmeVersion)
        whole.insert(sequence)
        if !isWithheld(sequence) {
            entries.append(BundleEntry(folder + "original", try source.originals.original(fact.digest)))
        }
        try add(folder + "signature.p7s", attachment: "signature.p7s", of: sequence)
        try addSigned(folder + "received.xml", attachment: "receipt.xml", of: sequence)
        guard let attempt = house.files.find(received: sequence)?.attempt else { return }
        if let decided = attempt.decided {
            try addSigned(folder + "validated.xml", attachment: "receipt.xml", of: decided)
        }
        if let cleared = attempt.cleared {
            try addSigned(folder + "cleared.xml", attachment: "receipt.xml", of: cleared)
        }
        if let seal = house.evidence.records[sequence] { try addRecords(seal, folder) }
    }

    /// The results of a sealed batch: every record with its leaf's parts.
    private mutating func addRecords(_ seal: UInt64, _ folder: String) throws {
        guard let batch = try source.batch(sealedBy: seal) else { return try addLeaves(seal, folder) }
        var shares: [String: [Int64]] = [:]
        try batch.forEach { (entry, detail) throws(Fault) in
            guard entry.lineSet >= 0 else { return }
            let set = batch.lines.sets[Int(entry.lineSet)]
            if set.lines.count != 1 || set.promotion != nil { shares["\(entry.record)"] = detail.shares }
        }
        try addLines(batch, folder, shares: shares)
        entries.append(
            try BundleEntry(folder + "records.bin") { sink in
                var piece: [UInt8] = []
                try batch.forEach { (entry, detail) throws(Fault) in
                    RecordRow.append(entry, detail, salt: batch.sealer.salt(entry.record), to: &piece)
                    guard piece.count >= 1 << 18 else { return }
                    do { try sink(piece[...]) } catch { throw Fault("writing \(folder)records.bin: \(error)") }
                    piece.removeAll(keepingCapacity: true)
                }
                try sink(piece[...])
            })
    }

    /// The lines and sets of a batch.
    mutating func addLines(_ batch: SealedBatch, _ folder: String, shares: [String: [Int64]] = [:]) throws {
        for set in batch.lines.sets { if let promotion = set.promotion { promotions.insert(promotion.text) } }
        for key in batch.lines.keys { if let fixing = key.fixing { fixings.insert(fixing) } }
        let form = LinesForm(
            lines: try batch.lines.keys.enumerated().map { index, key in
                batch.form(of: try sealed(key, batch), index: index, for: scope.partner)
            }, sets: batch.lines.sets.map { LinesForm.SetForm(lines: $0.lines, promotion: $0.promotion?.text ?? "") },
            shares: shares, window: batch.seal.window.text)
        add(folder + "lines.json", try FactCodec.json(form))
    }

    func sealed(_ key: LineKey, _ batch: SealedBatch) throws -> SealedLine {
        let version =
            try house.files.find(received: batch.seal.received)?.attempt.programmeVersion
            ?? programmeVersion(ofMessage: batch.seal.received)
        guard let programme = house.programme(version: version) else {
            throw Fault("the programme of fact \(batch.seal.received) is not in the log")
        }
        return LeafKeys.sealed(key, programme, house.ledger.catalogue)
    }

    private func programmeVersion(ofMessage sequence: UInt64) throws -> Int {
        guard case .messageAnswered(let fact) = try log.fact(sequence).fact else { return 0 }
        return fact.programmeVersion
    }

    // MARK: Batches of others

    /// What counts on the partner's lines from others' files and messages: masked leaves with their paths.
    mutating func collectShared() throws {
        guard let partner = scope.partner else { return }
        for (received, seal) in house.evidence.records.sorted(by: { $0.key < $1.key })
        where received > range.lowerBound && received <= range.upperBound {
            if house.erasures.batches[received] != nil {
                try collectErased(received, seal, sharedWith: partner)
                continue
            }
            guard let batch = try source.maskable(sealedBy: seal), batch.seal.partner != partner,
                batch.seal.window == scope.window,
                batch.lines.keys.contains(where: { $0.partner == partner })
            else { continue }
            shown.insert(seal)
            let folder = "shared/\(Self.number(received))/"
            try addLines(batch, folder)
            if !batch.isMessage { try addSigned(folder + "received.xml", attachment: "receipt.xml", of: received) }
            add(folder + "masked.jsonl", try masked(batch, for: partner))
        }
    }

    private func masked(_ batch: SealedBatch, for partner: PartnerID) throws -> [UInt8] {
        let own = Set(batch.lines.keys.indices.filter { batch.lines.keys[$0].partner == partner })
        let sets = Set(batch.lines.sets.indices.filter { !own.isDisjoint(with: batch.lines.sets[$0].lines) })
        var out: [UInt8] = []
        try batch.forEach { (entry, detail) throws(Fault) in
            guard sets.contains(Int(entry.lineSet)) else { return }
            let form = MaskedLeafForm(
                data: Hex.encode(batch.sealer.data(entry, detail)), index: UInt64(entry.record) - 1,
                path: try batch.path(of: entry.record).map(\.description), set: Int(entry.lineSet))
            out += try FactCodec.json(form) + [UInt8(ascii: "\n")]
        }
        return out
    }
}
