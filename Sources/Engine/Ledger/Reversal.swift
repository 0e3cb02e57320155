public import Journal
public import Primitives
public import ProgrammeModel

/// The arithmetic of reversals. Rule R3 (Specs/rules.md).
///
/// Whatever the order and size of partial reversals, together they give back exactly what the original gave.
public struct Reversal {
    let catalogue: Catalogue

    /// What is known of a record that is to be reversed.
    public struct Original: Hashable, Sendable {
        /// Its entry.
        public var entry: RecordEntry
        /// The keys of its lines.
        public var keys: [LineKey]
        /// For a bonus, the promotion that shared it.
        public var promotion: Promotion?
        /// For a converted record, the ratio.
        public var ratio: Ratio?
        /// What is left of it.
        public var remainder: PartnerLedger.Remainder
    }

    /// What a reversal gives back.
    public struct Result: Hashable, Sendable {
        /// Points of the shared currency.
        public var points: Int64
        /// For a bonus, the funders' parts in the order of the promotion.
        public var shares: [Int64]
        /// What is left of the original afterwards.
        public var after: PartnerLedger.Remainder
    }

    /// Works out what is left of a record.
    ///
    /// - Parameter remainder: what earlier reversals have left of it; nil when there were none.
    /// - Throws: `Fault` when the books do not hold what the entry refers to.
    public func state(
        of location: RecordLocation, entry: RecordEntry, lines: History.BatchLines?,
        remainder known: PartnerLedger.Remainder?
    ) throws(Fault) -> Original {
        guard let lines, lines.sets.indices.contains(Int(entry.lineSet)) else {
            throw Fault("the lines of \(location) are missing from the books")
        }
        let set = lines.sets[Int(entry.lineSet)]
        let keys = set.lines.map { lines.keys[$0] }
        let promotion = set.promotion.flatMap { catalogue.promotions[$0] }
        if set.promotion != nil, promotion == nil { throw Fault("the promotion of \(location) is missing") }
        let remainder =
            known
            ?? PartnerLedger.Remainder(
                units: entry.units,
                shares: promotion.map { LargestRemainder.split(entry.units, weights: $0.funders) } ?? [])
        let ratio = keys.first?.ratio.flatMap { catalogue.ratios[$0] }
        return Original(entry: entry, keys: keys, promotion: promotion, ratio: ratio, remainder: remainder)
    }

    /// What reversing so many units gives back; the units must not exceed what is left.
    public func result(of units: Int64, state: Original) -> Result {
        precondition(units <= state.remainder.units, "no more is reversed than is left")
        var after = state.remainder
        after.units -= units
        if let promotion = state.promotion {
            // The remaining parts are the weights, so that no part becomes negative and all of it comes back.
            let weights = zip(promotion.funders, state.remainder.shares).map {
                Promotion.Share(funder: $0.funder, weight: $1)
            }
            let shares = LargestRemainder.split(units, weights: weights)
            after.shares = zip(state.remainder.shares, shares).map { $0 - $1 }
            return Result(points: units, shares: shares, after: after)
        }
        // A transfer out converts the member's side only: the shared currency is its own unit.
        guard let ratio = state.ratio, state.entry.type != .transferOut else {
            return Result(points: units, shares: [], after: after)
        }
        let points = ratio.convert(state.remainder.units) - ratio.convert(after.units)
        return Result(points: points, shares: [], after: after)
    }
}
