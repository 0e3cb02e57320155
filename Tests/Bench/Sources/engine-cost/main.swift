import BenchEntries
import Foundation

// Parts of the engine by themselves, each in a process of its own, as one line of JSON:
//
//     engine-cost posting FOLDER BATCHES RECORDS    posting onto a growing history in FOLDER, which is made; then a
//                                                   shuffled batch, and the fold of at most ten batches anew
//     engine-cost close PARTNERS RECORDS CERT KEY ROUNDS    the close of a window with signed statements
let arguments = Array(CommandLine.arguments.dropFirst())

func number(_ index: Int) -> Int { arguments.indices.contains(index) ? Int(arguments[index]) ?? 0 : 0 }

func show(_ value: [String: Any]) throws {
    let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
    print(String(decoding: data, as: UTF8.self))
}

func shown(_ batch: PostingCost.Batch) -> [String: Any] {
    [
        "history": batch.history, "posting": batch.posting, "postingWall": batch.postingWall,
        "remembering": batch.remembering,
    ]
}

switch arguments.first {
case "posting" where number(2) > 0 && number(3) > 1:
    let cost = try PostingCost(folder: arguments[1], records: number(3))
    var batches: [[String: Any]] = []
    for count in 1...number(2) {
        batches.append(shown(try cost.post()))
        FileHandle.standardError.write(Data("batch \(count) of \(number(2))\n".utf8))
    }
    let shuffled = try cost.post(isShuffled: true)
    let folded = try cost.fold(batches: 10)
    try show([
        "records": number(3), "batches": batches, "shuffled": shown(shuffled),
        "fold": ["records": folded.records, "cpu": folded.cpu, "wall": folded.wall],
    ])
case "close" where number(1) > 0 && number(2) >= number(1) && arguments.count == 6:
    let cost = try CloseCost(
        partners: number(1), records: number(2), certificate: arguments[3], key: arguments[4])
    let results = try (0..<max(1, number(5))).map { _ in try cost.run() }
    try show([
        "partners": number(1), "records": number(2), "cpu": results.map(\.cpu),
        "documents": results[0].documents, "bytes": results[0].bytes,
    ])
default:
    FileHandle.standardError.write(
        Data("usage: engine-cost posting FOLDER BATCHES RECORDS | close PARTNERS RECORDS CERT KEY ROUNDS\n".utf8))
    exit(2)
}
