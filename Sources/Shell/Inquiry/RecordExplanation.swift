import Clearing
import FileStore
package import Gateway
import House
package import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
import Statements
import Validation
import XMLKit

/// Follows one record: what the partner wrote, how it was converted and priced, where it counts.
package struct RecordExplanation {
    package let reader: HouseReader
    package let location: RecordLocation
    private let source: RecordSource
    private let entry: RecordEntry?

    package init(reader: HouseReader, location: RecordLocation) throws {
        self.reader = reader
        self.location = location
        source = try RecordSource(location, reader)
        entry = try? reader.house.ledger.entry(at: location, in: reader.history)
    }

    package func report() throws -> Report {
        guard let entry else {
            throw Refusal(.net005, value: location.description, detail: "there is no such record, or it was refused")
        }
        var report = Report()
        report.add("record", location)
        report.add("partner", source.partner)
        report.add("brought by", source.name)
        report.add("received", source.at)
        report.add("programme version", source.programmeVersion)
        if !source.receipts.isEmpty { report.add("receipts", source.receipts.joined(separator: " ")) }
        try addInput(entry, &report)
        report.add("status", entry.status.rawValue)
        if entry.isLate { report.add("late", "after the days of grace: the late fee applies (R9)") }
        if entry.isCarriedOver { report.add("carried over", "of an earlier window, on time (R9)") }
        if let window = source.window {
            report.add("window", "\(window) (\(reader.house.windows.passed(window)?.rawValue ?? "OPEN"))")
        }
        guard entry.status == .accepted else {
            let reasons = try reasons().joined(separator: "; ")
            if !reasons.isEmpty { report.add("refused because", reasons) }
            if let original = entry.original { report.add("first result", original) }
            return report
        }
        report.add("points", entry.points)
        if entry.type == .reversal { try addReversal(entry, &report) }
        report.add("lines", items: try lines(entry))
        return report
    }

    /// What the file's receipt says about the record, where it lists it.
    private func reasons() throws -> [String] {
        guard source.receipts.count > 1 else { return [] }
        let findings = ReceiptText(try reader.receipt(source.receipts[1]).bytes).findings
        return findings.filter {
            $0.contains(" record \(location.record) ") || $0.contains(" record \(location.record):")
        }
    }

    private func addInput(_ entry: RecordEntry, _ report: inout Report) throws {
        let text = try reader.text(of: location)
        report.add(reader.house.withheld(batch: location.batch))
        report.add("transaction", text?.transactionID)
        report.add("place in the original", "byte \(entry.offset), \(entry.length) bytes", key: "place")
        report.add("type", entry.type?.rawValue)
        report.add("business date", entry.businessDate)
        report.add("units", "\(entry.units) \(entry.unit?.description ?? "")")
        if let member = text?.member, !member.isEmpty { report.add("member", member) }
        if let content = text?.content {
            report.add("promotion", content.promotionID)
            report.add("reason", content.reason)
            report.add("original transaction", content.originalID)
        }
    }

    // MARK: Reversals

    /// Rule R3: each reversal gives back the difference of the converted remainder before and after it.
    private func addReversal(_ entry: RecordEntry, _ report: inout Report) throws {
        guard let origin = entry.original else { return }
        let original = try reader.house.ledger.entry(at: origin, in: reader.history)
        let text = try reader.text(of: origin)
        let unit = original.unit?.description ?? ""
        report.add(
            "reverses", "\(origin) \(text?.transactionID ?? ""): \(original.units) \(unit), \(original.points) points")
        let earlier = try reversals(of: origin).prefix { $0.location != location }.reduce(0) { $0 + $1.units }
        let before = original.units - earlier
        let after = before - entry.units
        report.add("left before and after", "\(before) and \(after) \(unit)", key: "left")
        if original.type == .bonus { return }
        guard let ratio = try originalRatio(origin, original), original.type != .transferOut else { return }
        report.add(
            "remaining basis (R3)",
            "\(ratio.convert(before)) points for \(before) \(unit), \(ratio.convert(after)) for \(after): "
                + "\(ratio.convert(before) - ratio.convert(after)) come back", key: "remainingBasis")
    }

    private func originalRatio(_ origin: RecordLocation, _ entry: RecordEntry) throws -> Ratio? {
        guard let lines = try reader.house.ledger.lines(ofBatch: origin.batch, in: reader.history),
            lines.sets.indices.contains(Int(entry.lineSet))
        else { return nil }
        let keys = lines.sets[Int(entry.lineSet)].lines.map { lines.keys[$0] }
        return keys.first?.ratio.flatMap { reader.house.ledger.catalogue.ratios[$0] }
    }

    /// The accepted reversals of a record in the order of their decisions.
    private func reversals(of origin: RecordLocation) throws -> [(location: RecordLocation, units: Int64)] {
        var out: [(decided: UInt64, location: RecordLocation, units: Int64)] = []
        func look(_ entry: RecordEntry, _ location: RecordLocation, _ decided: UInt64) {
            guard entry.type == .reversal, entry.status == .accepted, entry.original == origin else { return }
            out.append((decided, location, entry.units))
        }
        for (_, history) in reader.house.files.files(of: source.partner, series: .live) {
            for attempt in history.attempts {
                guard let received = attempt.received, let decided = attempt.decided, attempt.status != .refused,
                    let reference = attempt.entries
                else { continue }
                try reader.records.forEach(batch: received, reference: reference) { (entry) throws(Fault) in
                    look(entry, RecordLocation(batch: received, record: entry.record), decided)
                }
            }
        }
        for sequence in reader.house.messages.sequences(of: source.partner) {
            guard case .messageAnswered(let fact) = try reader.fact(sequence).fact, let entry = fact.entry else {
                continue
            }
            look(entry, RecordLocation(batch: sequence, record: 1), sequence)
        }
        return out.sorted { ($0.decided, $0.location) < ($1.decided, $1.location) }.map { ($0.location, $0.units) }
    }

    /// What each funder gets back of a bonus, in the order of the promotion. Rule R3.
    private func bonusParts(
        _ entry: RecordEntry, of origin: RecordLocation, _ promotion: Promotion
    ) throws -> [Int64] {
        let original = try reader.house.ledger.entry(at: origin, in: reader.history)
        var left = LargestRemainder.split(original.units, weights: promotion.funders)
        var parts: [Int64] = []
        for reversal in try reversals(of: origin) {
            let weights = zip(promotion.funders, left).map { Promotion.Share(funder: $0.funder, weight: $1) }
            parts = LargestRemainder.split(reversal.units, weights: weights)
            if reversal.location == location { break }
            left = zip(left, parts).map { $0 - $1 }
        }
        return parts
    }

    // MARK: Lines

    private func lines(_ entry: RecordEntry) throws -> [Report] {
        let house = reader.house
        guard let batch = try house.ledger.lines(ofBatch: location.batch, in: reader.history),
            batch.sets.indices.contains(Int(entry.lineSet))
        else { return [] }
        let set = batch.sets[Int(entry.lineSet)]
        let promotion = set.promotion.flatMap { house.ledger.catalogue.promotions[$0] }
        var out: [Report] = []
        if let promotion, entry.type == .bonus {
            let shares = LargestRemainder.split(entry.units, weights: promotion.funders)
            for (share, points) in zip(promotion.funders, shares) where share.funder == house.programme?.host {
                var item = Report()
                item.add("funder", "\(share.funder), the host: its part is not settled")
                item.add("weight", share.weight)
                item.add("points", points)
                out.append(item)
            }
            for key in set.lines.map({ batch.keys[$0] }) {
                guard let index = promotion.funders.firstIndex(where: { $0.funder == key.partner }) else { continue }
                var item = report(key, points: shares[index], entry)
                item.add("weight", "\(promotion.funders[index].weight), by largest remainder (R4)")
                out.append(item)
            }
            return out
        }
        guard let promotion, let origin = entry.original else {
            return set.lines.map { report(batch.keys[$0], points: entry.points, entry) }
        }
        let parts = try bonusParts(entry, of: origin, promotion)
        return set.lines.map { batch.keys[$0] }.map { key in
            let index = promotion.funders.firstIndex { $0.funder == key.partner }
            var item = report(key, points: index.map { parts[$0] }, entry)
            item.add("share", "by largest remainder of the funders' remaining parts (R3)")
            return item
        }
    }

    private func report(_ key: LineKey, points: Int64?, _ entry: RecordEntry) -> Report {
        let house = reader.house
        let catalogue = house.ledger.catalogue
        var item = Report()
        item.add("line", "\(key.partner) \(key.kind.rawValue) \(key.direction.rawValue)")
        item.add("points", points)
        if let ratio = key.ratio.flatMap({ catalogue.ratios[$0] }) {
            item.add("ratio", "\(ratio.id): \(ratio.fromUnits) \(ratio.from) = \(ratio.toUnits) \(ratio.to)")
            if entry.type == .accrual || entry.type == .transferIn {
                let exact = "\(ratio.exact(entry.units)), \(ratio.rounding.rawValue) to \(ratio.convert(entry.units))"
                item.add("exact points (R1)", exact, key: "exactPoints")
            }
            if entry.type == .transferOut {
                item.add("own units credited", "\(ratio.convert(entry.units)) \(ratio.to)")
            }
        }
        if let price = catalogue.prices[key.price] {
            item.add("price", "\(price.id): \(price.price) \(price.currency) for a point")
            addMoney(key, price, points, &item)
        }
        item.add("tax", key.tax.rate.map { "\(key.tax.category) \($0)%" } ?? key.tax.category)
        if !key.subSource.isEmpty { item.add("sub-source", key.subSource) }
        if let window = source.window, let number = house.clearedLines[window]?[key] {
            item.add("clearing line", "CLS-\(window)-\(key.partner)#\(number)")
            item.add("settlement line", try? settlementLine(window, key.partner, number))
        }
        return item
    }

    private func addMoney(_ key: LineKey, _ price: Price, _ points: Int64?, _ item: inout Report) {
        guard let points else { return }
        var exact = Fraction(Int128(points)) * price.price.fraction
        var words = "\(exact) \(price.currency)"
        if let window = key.fixing {
            guard let currency = reader.house.programme?.agreement(key.partner)?.settlementCurrency,
                let fixing = reader.house.windows.fixing(window, base: price.currency, quote: currency)
            else {
                item.add("fixing", "\(window.fixingName), not added yet")
                return
            }
            item.add("fixing", "\(window.fixingName): \(fixing.rate) \(fixing.quote) for 1 \(fixing.base)")
            exact = exact * fixing.rate.fraction
            words = "\(exact) \(fixing.quote)"
        }
        item.add("exact money", "\(words), rounded once on the settlement line (R2)")
    }

    private func settlementLine(_ window: WindowID, _ partner: PartnerID, _ clearing: Int) throws -> String? {
        let id = "STL-\(window)-\(partner)"
        let statement = try XMLDocument.parse(try reader.statement(id + ".xml").bytes)
        let line = statement.children("Line").first { line in
            line.children("ClearingLineRef").contains { $0.text == "CLS-\(window)-\(partner)#\(clearing)" }
        }
        guard let line, let number = line.attribute("number"), let amount = line.child("Amount") else { return nil }
        return "\(id)#\(number): \(amount.text) \(amount.attribute("currency") ?? "")"
    }
}
