import Journal
public import Primitives

extension BatchDecision {
    /// Where ordinary records of a plan count, known when the first of them was judged like any other, with what their
    /// entries take from the plan.
    struct OrdinaryPlace {
        let book: PostingBook.Place
        let type: RecordType
        let day: BusinessDate
        let unit: CurrencyCode
        let isLate: Bool
        let isCarriedOver: Bool
        let dailyRedemptionLimit: Int64?
        /// Points redeemed on the plan's day before this batch.
        let redeemedBefore: Int64
    }

    /// Judges ordinary records in order as long as they are accepted without a finding.
    ///
    /// What it answers for each is what `decide` answers for the same candidate; the record that it stops at, if there
    /// is one, has to be judged there. `lastDetail` is not set.
    ///
    /// - Parameters:
    ///   - plans: the batch's plans by their numbers.
    ///   - books: the books as they stand, as for `decide`.
    /// - Returns: how many were judged.
    /// - Throws: `Fault` when an entry cannot be read or stored.
    public mutating func post(
        _ records: ArraySlice<OrdinaryCandidate>, plans: [OrdinaryPlan], books: LedgerState
    ) throws(Fault) -> Int {
        let view = try view(books)
        while ordinaryPlaces.count < plans.count { ordinaryPlaces.append(nil) }
        for index in records.indices {
            let number = Int(records[index].plan)
            if ordinaryPlaces[number] == nil { ordinaryPlaces[number] = place(of: plans[number], view) }
            guard let place = ordinaryPlaces[number], try post(records[index], place, view) else {
                try keepRun()
                return index - records.startIndex
            }
            if ordinaryRun.count == Self.longestRun { try keepRun() }
        }
        try keepRun()
        return records.count
    }

    /// Entries that are stored and sealed in one call each: calls and their checks cost a part of what they do.
    private static var longestRun: Int { 64 }

    private mutating func keepRun() throws(Fault) {
        guard !ordinaryRun.isEmpty else { return }
        try pending.append(contentsOf: ordinaryRun)
        sealer?.sealOrdinary(ordinaryRun)
        ordinaryRun.removeAll(keepingCapacity: true)
    }

    /// Nil before a record of the plan was accepted: its line is not in the book yet.
    private func place(of plan: OrdinaryPlan, _ view: View) -> OrdinaryPlace? {
        guard plan.key.partner == context.partner,
            let place = book.place(of: plan.key, status: .accepted, unit: plan.unit)
        else { return nil }
        return OrdinaryPlace(
            book: place, type: plan.type, day: plan.businessDate, unit: plan.unit, isLate: plan.isLate,
            isCarriedOver: plan.isCarriedOver, dailyRedemptionLimit: plan.dailyRedemptionLimit,
            redeemedBefore: view.ledger.redeemed(on: plan.businessDate))
    }

    private mutating func post(
        _ record: OrdinaryCandidate, _ place: OrdinaryPlace, _ view: View
    ) throws(Fault) -> Bool {
        guard try find(record.identity, view) == nil else { return false }
        // LIM-006 and LIM-005, as for all others.
        let more = max(record.points, record.units)
        guard let before = ownGross, more < Limits.unitsPerWindow - before else { return false }
        let redeems = place.type == .redemption
        let redeemedInBatch = redeems ? redeemed[place.day] ?? 0 : 0
        if let limit = place.dailyRedemptionLimit, place.redeemedBefore + redeemedInBatch + record.points > limit {
            return false
        }
        ownGross = before + more
        if redeems { redeemed[place.day] = redeemedInBatch + record.points }

        var entry = RecordEntry(record: record.record, offset: record.offset, length: record.length)
        entry.type = place.type
        entry.status = .accepted
        entry.isLate = place.isLate
        entry.isCarriedOver = place.isCarriedOver
        entry.identity = record.identity
        entry.content = record.content
        entry.member = try members.reference(record.member, batch: context.batch)
        entry.unit = place.unit
        entry.units = record.units
        entry.points = record.points
        entry.businessDate = place.day
        entry.lineSet = place.book.set
        book.add(ordinary: entry, at: place.book)
        try insert(record.identity, number: record.record)
        ordinaryRun.append(entry)
        return true
    }
}
