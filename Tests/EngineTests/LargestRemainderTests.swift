import Primitives
import ProgrammeModel
import TestKit
import Testing

@Suite struct LargestRemainderTests {
    private func shares(_ weights: [(String, Int64)]) throws -> [Promotion.Share] {
        try weights.map { Promotion.Share(funder: try PartnerID($0.0), weight: $0.1) }
    }

    /// Deals one unit at a time to whoever is furthest below its exact share; equal to the largest remainder for whole
    /// floors, and written without quotients.
    private func naive(_ units: Int64, _ weights: [Promotion.Share]) -> [Int64] {
        let total = weights.reduce(Int128(0)) { $0 + Int128($1.weight) }
        var out = weights.map { Int64(Int128(units) * Int128($0.weight) / total) }
        while out.reduce(0, +) < units {
            // The exact share less what was given, times the total.
            let gaps = zip(weights, out).map { Int128(units) * Int128($0.weight) - Int128($1) * total }
            let best = gaps.indices.max {
                gaps[$0] != gaps[$1] ? gaps[$0] < gaps[$1] : weights[$0].funder > weights[$1].funder
            }
            guard let best else { return out }
            out[best] += 1
        }
        return out
    }

    @Test("the worked example: 1001 points by 50, 30 and 20")
    func worked() throws {
        let weights = try shares([("RAILCO", 50), ("MARCHE", 30), ("HOST", 20)])
        #expect(LargestRemainder.split(1001, weights: weights) == [501, 300, 200])
    }

    @Test("a tie goes to the smaller partner id, wherever it stands")
    func ties() throws {
        #expect(try LargestRemainder.split(101, weights: shares([("RAILCO", 1), ("MARCHE", 1)])) == [50, 51])
        #expect(try LargestRemainder.split(101, weights: shares([("MARCHE", 1), ("RAILCO", 1)])) == [51, 50])
        #expect(try LargestRemainder.split(1, weights: shares([("MARCHE", 1), ("HOST", 1)])) == [0, 1])
    }

    @Test("nothing is shared as nothing, also by weights that are all zero")
    func nothing() throws {
        #expect(try LargestRemainder.split(0, weights: shares([("MARCHE", 3), ("HOST", 1)])) == [0, 0])
        #expect(try LargestRemainder.split(0, weights: shares([("MARCHE", 0), ("HOST", 0)])) == [0, 0])
        #expect(LargestRemainder.split(0, weights: []) == [])
    }

    @Test("who has no weight gets nothing")
    func zeroWeight() throws {
        #expect(try LargestRemainder.split(7, weights: shares([("AAA", 0), ("BBB", 2), ("CCC", 1)])) == [0, 5, 2])
    }

    @Test("shares add up to what is shared, are a unit or less from exact, and agree with dealing one by one")
    func random() throws {
        var random = SeededGenerator.printed(for: "LargestRemainderTests.random")
        let names = ["HOST", "MARCHE", "RAILCO", "BANQUE", "CARBU", "AAA"]
        for _ in 0..<3000 {
            let count = Int.random(in: 1...6, using: &random)
            let weights = try shares(
                names.shuffled(using: &random).prefix(count).map { ($0, Int64.random(in: 1...1000, using: &random)) })
            let units = Int64.random(in: 0...(Bool.random(using: &random) ? 50 : 999_999_999_999), using: &random)
            let out = LargestRemainder.split(units, weights: weights)
            let total = weights.reduce(Int128(0)) { $0 + Int128($1.weight) }
            #expect(out.reduce(0, +) == units)
            for (share, weight) in zip(out, weights) {
                let distance = (Int128(share) * total - Int128(units) * Int128(weight.weight)).magnitude
                #expect(distance < total.magnitude, "\(units) \(weights) \(out)")
            }
            #expect(out == naive(units, weights), "\(units) \(weights)")
        }
    }

    @Test("partial reversals by the remaining shares never go below zero and sum to the original")
    func partialReversals() throws {
        var random = SeededGenerator.printed(for: "LargestRemainderTests.partialReversals")
        let weights = try shares([("RAILCO", 50), ("MARCHE", 30), ("HOST", 20)])
        for _ in 0..<500 {
            let units = Int64.random(in: 1...5000, using: &random)
            var left = LargestRemainder.split(units, weights: weights)
            var open = units
            while open > 0 {
                let part = Int64.random(in: 1...open, using: &random)
                let remaining = zip(weights, left).map { Promotion.Share(funder: $0.funder, weight: $1) }
                let back = LargestRemainder.split(part, weights: remaining)
                #expect(back.reduce(0, +) == part)
                left = zip(left, back).map { $0 - $1 }
                #expect(left.allSatisfy { $0 >= 0 })
                open -= part
            }
            #expect(left == [0, 0, 0])
        }
    }
}
