public import Primitives

/// A promotion whose bonus points several parties fund together. Rule R4 (Specs/rules.md).
public struct Promotion: Hashable, Sendable, Codable {
    /// The promotion's name in records.
    public let id: PromotionID
    /// The name for people.
    public let name: String
    /// The business dates on which it runs.
    public let validity: DateSpan
    /// Who funds which part; the host takes part under its own id.
    public let funders: [Share]
    /// The funders whose signatures stand under the promotion's file; all of them, or records get PRM-002.
    public let signedBy: [PartnerID]

    /// A funder and the weight of its part.
    public struct Share: Hashable, Sendable, Codable {
        /// Who funds.
        public let funder: PartnerID
        /// The weight, 1 or more.
        public let weight: Int64

        /// Makes a share.
        public init(funder: PartnerID, weight: Int64) {
            self.funder = funder
            self.weight = weight
        }
    }

    /// Makes a promotion; the parameters are the properties of the same names.
    public init(id: PromotionID, name: String, validity: DateSpan, funders: [Share], signedBy: [PartnerID]) {
        self.id = id
        self.name = name
        self.validity = validity
        self.funders = funders
        self.signedBy = signedBy
    }

    /// Funders who have not signed; the host signs every file as maker and checker.
    public func missingSignatures(host: PartnerID) -> [PartnerID] {
        funders.map(\.funder).filter { $0 != host && !signedBy.contains($0) }
    }
}

/// Sharing whole points by weights without losing or inventing one. Rule R4 (Specs/rules.md).
public enum LargestRemainder {
    /// Floors every share and gives the units left over to the largest fractions; ties go to the smaller partner id.
    ///
    /// - Parameters:
    ///   - units: what is shared, 0 or more.
    ///   - weights: non-negative, not all zero unless there is nothing to share.
    /// - Returns: the shares in the order of the weights; their sum is `units`.
    public static func split(_ units: Int64, weights: [Promotion.Share]) -> [Int64] {
        let total = weights.reduce(Int128(0)) { $0 + Int128($1.weight) }
        guard total > 0 else {
            precondition(units == 0, "points cannot be shared by weights that are all zero")
            return weights.map { _ in 0 }
        }
        let exact = weights.map { (Int128(units) * Int128($0.weight)).quotientAndRemainder(dividingBy: total) }
        var shares = exact.map { Int64($0.quotient) }
        let left = Int(units - shares.reduce(0, +))
        let order = weights.indices.sorted {
            exact[$0].remainder != exact[$1].remainder
                ? exact[$0].remainder > exact[$1].remainder : weights[$0].funder < weights[$1].funder
        }
        for index in order.prefix(left) { shares[index] += 1 }
        return shares
    }
}
