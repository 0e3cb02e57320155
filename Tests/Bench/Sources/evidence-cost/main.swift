import BenchEntries

// What sealing costs on top of posting, in CPU nanoseconds a record: pairs in turn, medians.
//
//     swift run -c release --package-path Tests/Bench evidence-cost [RECORDS] [ROUNDS]
let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let cost = try SealingCost(records: arguments.first ?? 1_000_000)
let rounds = arguments.dropFirst().first ?? 5
var without: [Int] = []
var with: [Int] = []
for round in 1...rounds {
    // Either comes first in turn: what one leaves in caches and in memory is the other's gain or loss.
    let first = try cost.run(sealing: round % 2 == 0)
    let second = try cost.run(sealing: round % 2 == 1)
    let (plain, sealed) = round % 2 == 1 ? (first, second) : (second, first)
    without.append(plain.nanoseconds)
    with.append(sealed.nanoseconds)
    print("round \(round): posting \(plain.nanoseconds) ns, with leaves and tree \(sealed.nanoseconds) ns a record")
}
func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }
let differences = zip(with, without).map { $0 - $1 }
print("medians of \(rounds) rounds over \(cost.records) records:")
print("  posting \(median(without)) ns, sealed \(median(with)) ns, sealing alone \(median(differences)) ns a record")
