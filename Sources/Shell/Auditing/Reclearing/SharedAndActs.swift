import Clearing
import Evidence
import Foundation
import Journal
import Ledger
import Primitives
import ProgrammeModel

extension LineKey {
    /// Reads a key from the parts that are sealed; nil for a masked line or parts that are none.
    init?(parts: [String]?) {
        guard let parts, parts.count == SealedLine.names.count, let partner = try? PartnerID(parts[0]),
            let kind = LineKind(rawValue: parts[1]), let direction = Direction(rawValue: parts[2]),
            let unit = CurrencyCode(parts[3]), let price = try? VersionID(parts[5])
        else { return nil }
        let rate = parts[7].isEmpty ? nil : DecimalNumber(parts[7])
        guard rate != nil || parts[7].isEmpty else { return nil }
        self.init(
            partner: partner, kind: kind, direction: direction, unit: unit,
            ratio: parts[4].isEmpty ? nil : try? VersionID(parts[4]), price: price,
            tax: Tax(category: parts[6], rate: rate), fixing: parts[8].isEmpty ? nil : try? WindowID(parts[8]),
            subSource: parts[11])
    }
}

extension Reclearing {
    /// What counts on the partner's lines from other partners' batches, by their masked leaves.
    mutating func takeShared(_ report: inout EvidenceReport) throws {
        guard let partner = bundle.partner else { return }
        let folders = Set(
            bundle.file.names(under: "shared/").compactMap { name in
                name.split(separator: "/").dropFirst().first.map { "shared/\($0)/" }
            })
        for folder in folders.sorted() {
            if bundle.file[folder + "leaves.bin"] != nil { hasUnknownLines = true }
            guard let bytes = try bundle.file.small(folder + "lines.json"), let lines = LinesReading(bytes) else {
                continue
            }
            var totals: [LineKey: LineTotal] = [:]
            for leaf in try MaskedLeaf.all(bundle, folder) {
                guard let data = Hex.decode(leaf.data), let reading = LeafReading(data),
                    reading.entry.status == .accepted, lines.sets.indices.contains(leaf.set)
                else {
                    report.fail(.arithmetic, folder + "masked.jsonl", "record \(leaf.index + 1) is not an accepted one")
                    continue
                }
                let set = lines.sets[leaf.set]
                check(reading, set, folder, leaf.index, &report)
                for (index, points) in zip(set.lines, reading.shares) {
                    guard let key = LineKey(parts: lines.lines[index].parts), key.partner == partner else { continue }
                    var total = totals[key] ?? LineTotal(key: key)
                    total.records += 1
                    total.units += points
                    total.points += points
                    if reading.entry.isLate { total.late += 1 }
                    if reading.entry.isCarriedOver { total.carriedOver += 1 }
                    totals[key] = total
                    attested.insert(key)
                }
                report.count("records attested by others' trees")
            }
            guard !totals.isEmpty, lines.window == bundle.window.text else { continue }
            var posting = Posting(window: window.id)
            posting.lines = Array(totals.values)
            books.post(posting, batch: closed, by: closed)
        }
    }

    /// A bonus's parts follow from the promotion, which its funders know; a reversal's parts are sealed only.
    private func check(
        _ leaf: LeafReading, _ set: LinesReading.LineSetReading, _ folder: String, _ index: UInt64,
        _ report: inout EvidenceReport
    ) {
        guard leaf.entry.type == .bonus, let id = try? PromotionID(set.promotion),
            let promotion = version.programme.promotion(id)
        else { return }
        let parts = zip(promotion.funders, LargestRemainder.split(leaf.entry.points, weights: promotion.funders))
        let right = parts.filter { $0.0.funder != version.programme.host }.map(\.1)
        if right != leaf.shares {
            report.fail(
                .arithmetic, folder + "masked.jsonl", "record \(index + 1) has the parts \(leaf.shares)",
                expected: "\(right)")
        }
    }

    // MARK: Acts

    /// Fixings, and adjustments of the window, each compared with the document that two officers signed.
    mutating func takeActs(_ report: inout EvidenceReport) throws {
        try bundle.forEachFact { envelope in
            guard case .actCarriedOut(let fact) = envelope.fact else { return }
            let name = "acts/\(Bundle.number(envelope.sequence))/act.json"
            guard let bytes = try bundle.file.small(name),
                let document = Self.document(bytes)
            else { return report.fail(.completeness, name, "the document is missing or cannot be read") }
            for (field, value) in Self.fields(fact.act) where document[field] != value {
                report.fail(
                    .arithmetic, name, "the log has \(value) for \(field)", expected: document[field] ?? "nothing")
            }
            report.count("acts as signed")
            switch fact.act {
            case .fixing(let fixing): fixings.add(fixing)
            case .adjustment(let adjustment, let posting):
                guard envelope.sequence > begin, envelope.sequence < end, bundle.shows(adjustment.partner) else {
                    return
                }
                take(adjustment, posting, envelope, name, &report)
            case .settlement, .suspendKey, .erasure, .forgetting: break
            }
        }
    }

    private mutating func take(
        _ adjustment: HostAdjustment, _ posting: Posting?, _ envelope: FactEnvelope, _ name: String,
        _ report: inout EvidenceReport
    ) {
        guard case .points(let points) = adjustment.amount else {
            return books.adjust(adjustment, window: window.id, sequence: envelope.sequence)
        }
        let known = programmes.inForce(before: envelope.sequence)?.programme
        guard let programme = known, let agreement = programme.agreement(adjustment.partner),
            let terms = agreement.terms(on: adjustment.businessDate),
            let price = agreement.price(.issuance, on: adjustment.businessDate)
        else { return report.fail(.arithmetic, name, "there are no terms or price on \(adjustment.businessDate)") }
        var total = LineTotal(
            key: LineKey(
                partner: agreement.partner, kind: .adjustmentPoints, direction: adjustment.direction,
                unit: programme.currency, ratio: nil, price: price.id, tax: terms.tax.hostSupplies,
                fixing: price.currency == agreement.settlementCurrency ? nil : window.id, subSource: ""))
        (total.records, total.units, total.points) = (1, points, points)
        if posting?.lines != [total] { report.fail(.arithmetic, name, "the log posts something else than was signed") }
        var own = Posting(window: window.id)
        own.lines = [total]
        books.post(own, batch: envelope.sequence, by: envelope.sequence)
    }

    /// The fields of an act's document; the texts of a list are joined.
    private static func document(_ bytes: [UInt8]) -> [String: String]? {
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return nil }
        return object.compactMapValues { value in
            value as? String ?? (value as? [String]).map { listed($0) }
        }
    }

    /// A list of names as it is compared: none where it is not given.
    private static func listed(_ names: [String]) -> String { names.sorted().joined(separator: "\n") }

    /// What of an act must stand in its document.
    private static func fields(_ act: ActCarriedOut.Act) -> [(String, String)] {
        switch act {
        case .fixing(let fixing):
            return [
                ("act", "fixing"), ("window", fixing.window.text), ("base", fixing.base.description),
                ("quote", fixing.quote.description), ("rate", fixing.rate.description), ("source", fixing.source),
            ]
        case .adjustment(let adjustment, _):
            let head = [
                ("act", "adjustment"), ("partner", adjustment.partner.text),
                ("direction", adjustment.direction.rawValue), ("reason", adjustment.reason),
                ("businessDate", adjustment.businessDate.description),
            ]
            switch adjustment.amount {
            case .points(let points): return head + [("amount", "\(points)")]
            case .money(let money, let tax, let line):
                return head + [
                    ("unit", money.currency.description), ("amount", money.amountText), ("taxCategory", tax.category),
                    ("correctedLine", line),
                ]
            }
        case .settlement(let step): return fields(step)
        case .erasure(let erasure):
            return [("act", "erase"), ("file", erasure.batch.description), ("reason", erasure.reason)]
        case .forgetting(let forgetting):
            let messages = forgetting.messages.map { "\(forgetting.partner)/\($0)" }
            let lists = [("files", listed(forgetting.files.map(\.description))), ("messages", listed(messages))]
            return [("act", "forget"), ("reason", forgetting.reason)] + lists.filter { !$0.1.isEmpty }
        case .suspendKey(let suspension):
            return [
                ("act", "suspend-key"), ("partner", suspension.partner.text),
                ("fingerprint", suspension.fingerprint.description), ("reason", suspension.reason),
            ]
        }
    }

    private static func fields(_ step: SettlementStep) -> [(String, String)] {
        switch step {
        case .approved(let window): [("act", "approve"), ("window", window.text)]
        case .sent(let window): [("act", "send"), ("window", window.text)]
        case .confirmed(let id, let amount, let reference, let date):
            [
                ("act", "confirm"), ("instruction", id), ("amount", amount.amountText), ("bankReference", reference),
                ("bookingDate", date.description),
            ]
        case .returned(let id, let reference, let date, _):
            [
                ("act", "return"), ("instruction", id), ("bankReference", reference),
                ("bookingDate", date.description),
            ]
        case .resent(let id): [("act", "resend"), ("instruction", id)]
        case .cancelled(let id, _): [("act", "cancel"), ("instruction", id)]
        case .writtenOff(let id, _): [("act", "write-off"), ("instruction", id)]
        }
    }
}
