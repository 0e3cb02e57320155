import Clearing
package import House
package import Journal
package import Ledger
package import Primitives
package import ProgrammeModel
package import Settlement

/// All that can be seen of a house's state, as a value that can be compared: two houses that differ in it are
/// different.
package struct HouseFigures: Equatable {
    /// What is seen of one partner.
    package struct PartnerFigures: Equatable {
        package var records: Int?
        package var latestBusinessDate: BusinessDate?
        package var remainders: [RecordLocation: PartnerLedger.Remainder] = [:]
        package var bonuses: [RecordLocation: [RecordLocation]] = [:]
        package var redeemed: [BusinessDate: Int64] = [:]
        package var files: [BatchID: FileHistory] = [:]
        package var account: PartnerAccount?
        package var clearedPosition: Int64?
    }

    /// What is seen of one window.
    package struct WindowFigures: Equatable {
        package var status: String?
        package var undecided: [UInt64] = []
        package var lines: [LineKey: LineTotal] = [:]
        package var fees: [WindowTotals.FeeKey: Int64] = [:]
        package var adjustments: [WindowTotals.MoneyAdjustment] = []
        package var hostFunded: Int64?
        package var clearedLines: [LineKey: Int]?
        package var closing: UInt64?
    }

    package var lastSequence: UInt64
    package var lastTime: Timestamp
    package var programmes: [Programme]
    package var partners: [PartnerID: PartnerFigures] = [:]
    package var windows: [WindowID: WindowFigures] = [:]
    package var waiting: [WindowID]
    package var closed: [WindowID]
    package var fixings: [Fixing]
    package var points: [PointsBalance]
    package var clearedOutstanding: Int64
    package var instructions: [InstructionState]
    package var acts: [Digest32: UInt64]
    package var lineTaxes: [String: [Tax]]
    package var undecided: [UInt64]

    /// Looks at a house.
    package init(_ house: HouseState) {
        lastSequence = house.lastSequence
        lastTime = house.lastTime
        programmes = house.programmes
        waiting = house.windows.waiting
        closed = house.windows.closed
        fixings = house.windows.allFixings
        points = house.ledger.points.all
        clearedOutstanding = house.clearedOutstanding
        instructions = house.instructions.all
        acts = house.acts
        lineTaxes = house.lineTaxes
        undecided = house.files.undecided
        guard let programme = house.programme else { return }
        for agreement in programme.agreements {
            partners[agreement.partner] = Self.look(at: agreement.partner, house)
        }
        for window in programme.windows { windows[window.id] = Self.look(at: window.id, house) }
    }

    private static func look(at partner: PartnerID, _ house: HouseState) -> PartnerFigures {
        let ledger = house.ledger.partners[partner]
        var out = PartnerFigures(records: ledger?.count, latestBusinessDate: ledger?.latestBusinessDate)
        out.account = house.accounts.accounts[partner]
        out.clearedPosition = house.clearedPositions[partner]
        for series in Series.allCases {
            for (batch, history) in house.files.files(of: partner, series: series) { out.files[batch] = history }
        }
        let batches = out.files.values.flatMap(\.attempts).compactMap { attempt in
            attempt.received.map { (batch: $0, count: attempt.entries?.count ?? 0) }
        }
        for (batch, count) in batches where count > 0 {
            for record in 1...UInt32(count) {
                let location = RecordLocation(batch: batch, record: record)
                out.remainders[location] = ledger?.remainder(of: location)
                if let bonuses = ledger?.bonuses(triggeredBy: location), !bonuses.isEmpty {
                    out.bonuses[location] = bonuses
                }
            }
        }
        for offset in 0..<Int32(366 * 3) {
            // Tests play between 2025 and 2027.
            let day = BusinessDate(daysSince1970: 20_089 + offset)
            if let points = ledger?.redeemed(on: day), points != 0 { out.redeemed[day] = points }
        }
        return out
    }

    private static func look(at window: WindowID, _ house: HouseState) -> WindowFigures {
        let totals = house.ledger.windows[window]
        var out = WindowFigures(
            status: house.windows.passed(window)?.rawValue, undecided: house.windows.undecided(in: window))
        out.lines = totals?.lines ?? [:]
        out.fees = totals?.fees ?? [:]
        out.adjustments = totals?.adjustments ?? []
        out.hostFunded = totals?.hostFunded
        out.clearedLines = house.clearedLines[window]
        out.closing = house.closings[window]
        return out
    }
}
