import Clearing
import FileStore
import Gateway
import House
import Inquiry
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
import Statements

/// Follows the records of a sample: place, signature, ratio, posting, statement lines, payment.
struct SampleTrace {
    private let reader: HouseReader
    private let window: WindowID
    private let closed: UInt64
    private let close: WindowClose
    private var payments: PaymentTrail
    /// Statements that were compared with what the log gives.
    private var compared: Set<String> = []

    /// Begins with a window's close as it is computed anew.
    ///
    /// - Throws: `Fault` when the log is damaged.
    init(
        _ reader: HouseReader, _ window: WindowID, _ close: (sequence: UInt64, fact: WindowClosed, close: WindowClose)
    ) throws {
        self.reader = reader
        self.window = window
        closed = close.sequence
        self.close = close.close
        payments = try PaymentTrail(reader)
    }

    /// What brought a record, with what its line shares are read from.
    private struct Origin {
        let source: RecordSource
        let signer: SignerEvidence?
        let detail: LeafDetail
        /// A file's digest; nil for a message, which stands in its fact.
        let original: Digest32?
    }

    /// A record with every step on its way.
    ///
    /// - Throws: `VerificationFailure` when an issued statement is not what the log gives; `Fault` when the log or a
    ///   store is damaged.
    mutating func report(_ number: UInt64, _ location: RecordLocation) throws -> Report {
        let entry = try reader.house.ledger.entry(at: location, in: reader.history)
        let origin = try origin(location, entry)
        let text = try reader.text(of: location)
        var item = Report()
        item.add("number", number)
        item.add("record", location)
        item.add("partner", origin.source.partner)
        item.add("transaction", text?.transactionID)
        item.add("member", text?.member.isEmpty == false ? text?.member : nil)
        item.add(reader.house.withheld(batch: location.batch))
        item.add("type", entry.type?.rawValue)
        item.add("business date", entry.businessDate)
        item.add("units", "\(entry.units) \(entry.unit?.description ?? "")")
        item.add("points", entry.points)
        let remarks = [entry.isLate ? "LATE" : nil, entry.isCarriedOver ? "CARRIED_OVER" : nil].compactMap { $0 }
        if !remarks.isEmpty { item.add("remarks", remarks.joined(separator: " ")) }
        let whole = origin.original.map { "the original \($0)" } ?? "its signed content"
        item.add("place", "\(origin.source.name), byte \(entry.offset), \(entry.length) bytes of \(whole)")
        item.add(
            "received",
            "\(origin.source.at), fact \(location.batch)"
                + (origin.source.receipts.first.map { ", receipt \($0)" } ?? ""))
        if let signer = origin.signer {
            item.add("signed by", "\(signer.subject), \(signer.algorithm)")
            item.add("key", "certificate \(signer.fingerprint), serial \(signer.serial)")
            item.add("signature judged", "\(signer.judgedAt), fact \(location.batch)")
        }
        item.add("programme version", origin.source.programmeVersion)
        item.add("decided", "fact \(origin.source.decided)")
        let lines = try lines(entry, location, origin)
        item.add("lines", items: lines)
        return item
    }

    private func origin(_ location: RecordLocation, _ entry: RecordEntry) throws -> Origin {
        let source = try RecordSource(location, reader)
        if let (_, attempt) = reader.house.files.find(received: location.batch) {
            var detail = SharesTable.plain(entry)
            if let seal = reader.house.evidence.records[location.batch],
                try reader.fact(seal).fact.attachments.contains(where: { $0.name == "shares.bin" }),
                let table = SharesTable(bytes: try reader.log.attachment("shares.bin", of: seal))
            {
                detail = table.detail(of: entry)
            }
            return Origin(source: source, signer: attempt.signer, detail: detail, original: attempt.digest)
        }
        guard case .messageAnswered(let fact) = try reader.fact(location.batch).fact else {
            throw Fault("fact \(location.batch) answers no message")
        }
        return Origin(
            source: source, signer: fact.signer, detail: fact.detail ?? SharesTable.plain(entry), original: nil)
    }

    // MARK: Lines

    private mutating func lines(
        _ entry: RecordEntry, _ location: RecordLocation, _ origin: Origin
    ) throws -> [Report] {
        guard let batch = try reader.house.ledger.lines(ofBatch: location.batch, in: reader.history),
            batch.sets.indices.contains(Int(entry.lineSet))
        else { return [] }
        let keys = batch.sets[Int(entry.lineSet)].lines.map { batch.keys[$0] }
        var out: [Report] = []
        for (index, key) in keys.enumerated() {
            let points = origin.detail.shares.indices.contains(index) ? origin.detail.shares[index] : nil
            var item = Report()
            addConversion(entry, key, origin.detail, &item)
            let posted = points.map { "\($0) points" } ?? "points"
            let line = "\(key.partner) \(key.kind.rawValue) \(key.direction.rawValue)"
            item.add("posting", "\(posted) to \(line), fact \(origin.source.decided)")
            if let price = reader.house.ledger.catalogue.prices[key.price] {
                item.add("price", "\(price.id): \(price.price) \(price.currency) for a point")
            }
            try addStatement(key, &item)
            item.add("payment", items: try payments.report(key.partner, from: window))
            out.append(item)
        }
        return out
    }

    private func addConversion(_ entry: RecordEntry, _ key: LineKey, _ detail: LeafDetail, _ item: inout Report) {
        guard let ratio = key.ratio.flatMap({ reader.house.ledger.catalogue.ratios[$0] }) else { return }
        item.add("ratio", "\(ratio.id): \(ratio.fromUnits) \(ratio.from) = \(ratio.toUnits) \(ratio.to)")
        switch entry.type {
        case .accrual, .transferIn:
            item.add("exact points", ratio.exact(entry.units))
            item.add("rounded", "\(ratio.convert(entry.units)), \(ratio.rounding.rawValue)")
        case .transferOut:
            item.add("exact own units", ratio.exact(entry.units))
            item.add("rounded", "\(ratio.convert(entry.units)) \(ratio.to), \(ratio.rounding.rawValue)")
        case .reversal: item.add("left of the original", "\(detail.left), by the remaining basis (R3)", key: "left")
        default: break
        }
    }

    private mutating func addStatement(_ key: LineKey, _ item: inout Report) throws {
        guard let pair = close.statements.first(where: { $0.clearing.agreement.partner == key.partner }),
            let number = reader.house.clearedLines[window]?[key]
        else { return }
        try compare(pair.clearing.documents + pair.settlement.documents, pair.clearing.id)
        item.add("clearing line", "\(pair.clearing.id)#\(number), fact \(closed)")
        guard let line = pair.settlement.settlement.lines.first(where: { $0.clearingLines.contains(number) }) else {
            return
        }
        item.add(
            "settlement line",
            "\(pair.settlement.id)#\(line.number): \(line.exact) rounded to \(line.amount), fact \(closed)")
    }

    /// What a record is followed to must be what was issued.
    private mutating func compare(_ documents: [IssuedDocument], _ id: String) throws {
        guard compared.insert(id).inserted else { return }
        for document in documents {
            guard try reader.log.attachment(document.name, of: closed) == document.bytes else {
                throw VerificationFailure(
                    damage: "\(document.name) as issued is not what the log gives; see 'coalition check'")
            }
        }
    }
}
