import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import TestKit
import Testing
import Validation

/// Rule R3: whatever the order and size of partial reversals, together they give back what the original gave. INV-07.
@Suite(.ownThreads) struct ReversalOrderTests {
    /// One reversal of a part.
    private struct Part {
        let original: RecordContent
        let content: RecordContent
    }

    @Test func partialReversalsInAnyOrderSumToTheOriginal() throws {
        var random = SeededGenerator.printed(for: "partial reversals")
        var (originals, parts) = (0, 0)
        for index in 0..<60 {
            // A given seed is that of the one programme that failed.
            let seed = index == 0 ? random.seed : random.next()
            let played = try Self.play(seed: seed)
            originals += played.originals
            parts += played.parts
        }
        #expect(originals > 200)
        #expect(parts > 800)
    }

    private static func play(seed: UInt64) throws -> (originals: Int, parts: Int) {
        var world = try RandomWorld(seed: seed, for: .reversals)
        let programme = world.programme
        let agreement = programme.agreements[0]
        let first = programme.windows[0]
        let driver = try EngineDriver(programme, at: first.open, hashing: .quick)
        for fixing in programme.windows.flatMap({ world.fixings($0.id) }) {
            try driver.act(.fixing(fixing), at: first.open)
        }
        let originals = try (0..<12).compactMap {
            try Self.original($0, of: agreement, programme, at: first.open, &world.random)
        }
        let accepted = try driver.receive(originals, partner: agreement.partner, at: first.open)
        let batch = driver.house.lastSequence - 1
        var kept: [RecordContent] = []
        for (content, result) in zip(originals, accepted) where result.entry.status == .accepted {
            kept.append(content)
        }

        var parts = try kept.flatMap { try Self.parts(of: $0, at: first.open, &world.random) }
        parts.shuffle(using: &world.random)
        let count = parts.count
        var given: [TransactionID: Int64] = [:]
        var start = first.open
        while !parts.isEmpty {
            let file = Array(parts.prefix(Int.random(in: 1...5, using: &world.random)))
            parts.removeFirst(file.count)
            // Over the window's end now and then; a reversal's day is its own.
            start = min(
                start.adding(milliseconds: Int64.random(in: 0...40_000_000, using: &world.random)),
                programme.windows[programme.windows.count - 1].cutoff.adding(milliseconds: -1))
            let today = programme.zone(of: agreement.partner).date(at: start)
            let contents = file.map { part in
                var content = part.content
                content.businessDate = today
                return content
            }
            let results = try driver.receive(contents, partner: agreement.partner, at: start)
            for (part, result) in zip(file, results) {
                #expect(result.entry.status == .accepted, "\(result.findings) seed \(seed)")
                #expect(result.entry.points >= 0, "seed \(seed)")
                given[part.original.transactionID, default: 0] += result.entry.points
            }
        }
        for (content, result) in zip(originals, accepted) where result.entry.status == .accepted {
            #expect(given[content.transactionID] == result.entry.points, "\(content.type) seed \(seed)")
            let left = driver.house.ledger.partners[agreement.partner]?.remainder(
                of: RecordLocation(batch: batch, record: result.entry.record))
            #expect(left?.units == 0, "seed \(seed)")
            #expect(left?.shares.allSatisfy { $0 == 0 } ?? false, "seed \(seed)")
        }
        try Self.expectNothingLeft(driver, agreement.partner, kept, at: start, seed: seed)
        return (kept.count, count)
    }

    /// What every account got is taken back, and nothing more can be.
    private static func expectNothingLeft(
        _ driver: EngineDriver, _ partner: PartnerID, _ kept: [RecordContent], at time: Timestamp, seed: UInt64
    ) throws {
        let opening = try driver.programme.openingPoints
        #expect(driver.house.ledger.points[.members] == opening, "seed \(seed)")
        #expect(driver.house.ledger.points[.hostMarketing] == 0, "seed \(seed)")
        var sums: [String: Int64] = [:]
        try driver.journal.replay(from: 1) { (envelope) throws(Fault) in
            guard case .fileDecided(let fact) = envelope.fact, let posting = fact.posting else { return }
            for line in posting.lines {
                let key = "\(line.key.partner) \(line.key.kind.base) \(line.key.price)"
                sums[key, default: 0] += line.key.direction.sign * line.points
            }
        }
        #expect(sums.values.allSatisfy { $0 == 0 }, "\(sums) seed \(seed)")
        guard let content = kept.first else { return }
        var more = content
        more.transactionID = try TransactionID("MORE")
        (more.type, more.originalID, more.units) = (.reversal, content.transactionID, 1)
        more.promotionID = nil
        more.businessDate = try driver.programme.zone(of: partner).date(at: time)
        let refused = try driver.receive([more], partner: partner, at: time)
        #expect(refused[0].findings.map(\.code).contains(.rvs002), "seed \(seed)")
    }

    /// An original that can be reversed in parts; transfers, which cannot, are left to the naive model.
    private static func original(
        _ number: Int, of agreement: Agreement, _ programme: Programme, at: Timestamp, _ random: inout SeededGenerator
    ) throws -> RecordContent? {
        let type = random.pick([RecordType.accrual, .accrual, .redemption, .bonus, .bonus, .adjustment])
        var content = RecordContent(
            transactionID: try TransactionID("O\(number)"), type: type, occurredAt: at,
            businessDate: programme.zone(of: agreement.partner).date(at: at), account: nil, unit: programme.currency,
            units: Int64.random(in: 1...random.pick([3, 100, 100_000]), using: &random))
        if type == .accrual, let own = agreement.ownCurrency { content.unit = own }
        if type == .bonus { content.promotionID = random.pick(programme.promotions).id }
        if type == .adjustment { (content.direction, content.reason) = (.debit, "GOODWILL") }
        return content
    }

    /// Cuts an original into up to six parts.
    private static func parts(
        of original: RecordContent, at: Timestamp, _ random: inout SeededGenerator
    ) throws -> [Part] {
        var left = original.units
        var out: [Part] = []
        while left > 0 {
            let units = out.count == 5 ? left : Int64.random(in: 1...left, using: &random)
            var content = original
            content.transactionID = try TransactionID("\(original.transactionID)-\(out.count)")
            (content.type, content.originalID, content.units) = (.reversal, original.transactionID, units)
            (content.promotionID, content.direction, content.reason) = (nil, nil, "RETURN")
            out.append(Part(original: original, content: content))
            left -= units
        }
        return out
    }
}
