import Clearing
import FileStore
import Gateway
import House
import Journal
import Primitives
import ProgrammeModel

/// The accepted records of a window, numbered from 0 in the order of batch and record, without holding them.
///
/// Of a file only its counts are known until one of its records is asked for; of a message its fact's number.
struct WindowPopulation {
    /// A file or message with accepted records.
    private struct Batch {
        let number: UInt64
        /// Its first record's number in the population.
        let first: UInt64
        /// The entries of a file in which some records are not accepted; nil when all are.
        let mixed: EntriesReference?
    }

    private let reader: HouseReader
    private var batches: [Batch] = []
    /// How many records there are.
    private(set) var count: UInt64 = 0

    /// Counts the records of a window batch by batch.
    ///
    /// - Throws: `Fault` when the log is damaged.
    init(of window: WindowID, _ reader: HouseReader) throws {
        self.reader = reader
        var counted: [(number: UInt64, records: UInt64, mixed: EntriesReference?)] = []
        for partner in reader.partners {
            for (_, history) in reader.house.files.files(of: partner, series: .live) {
                for attempt in history.attempts where attempt.window == window && attempt.status != .refused {
                    guard let received = attempt.received, let decided = attempt.decided else { continue }
                    guard case .fileDecided(let fact) = try reader.fact(decided).fact, let entries = fact.entries else {
                        continue
                    }
                    let sums = fact.sums.filter { $0.status == .accepted }
                    let accepted = sums.reduce(Int64(0)) { $0 + $1.records }
                    counted.append((received, UInt64(accepted), accepted == entries.count ? nil : entries))
                }
            }
            let facts = reader.facts(takenBy: window)
            for sequence in reader.house.messages.sequences(of: partner) where facts.contains(sequence) {
                guard case .messageAnswered(let fact) = try reader.fact(sequence).fact, fact.status == .accepted,
                    fact.posting?.window == window
                else { continue }
                counted.append((sequence, 1, nil))
            }
        }
        for batch in counted.sorted(by: { $0.number < $1.number }) where batch.records > 0 {
            batches.append(Batch(number: batch.number, first: count, mixed: batch.mixed))
            count += batch.records
        }
    }

    /// The records with some numbers, in the order of the numbers given.
    ///
    /// - Throws: `Fault` when entries cannot be read.
    func locations(of numbers: [UInt64]) throws(Fault) -> [RecordLocation] {
        var found: [UInt64: RecordLocation] = [:]
        // Records of one mixed file are found in one walk through its entries.
        var wanted: [Int: Set<UInt64>] = [:]
        for number in numbers { wanted[batch(of: number), default: []].insert(number) }
        for (index, numbers) in wanted {
            let batch = batches[index]
            guard let mixed = batch.mixed else {
                for number in numbers {
                    found[number] = RecordLocation(batch: batch.number, record: UInt32(number - batch.first) + 1)
                }
                continue
            }
            var next = batch.first
            try reader.records.forEach(batch: batch.number, reference: mixed) { (entry) throws(Fault) in
                guard entry.status == .accepted else { return }
                if numbers.contains(next) {
                    found[next] = RecordLocation(batch: batch.number, record: entry.record)
                }
                next += 1
            }
        }
        return numbers.compactMap { found[$0] }
    }

    /// The last batch whose first record is not behind a number.
    private func batch(of number: UInt64) -> Int {
        var (low, high) = (0, batches.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if batches[middle].first <= number { low = middle } else { high = middle }
        }
        return low
    }
}

extension HouseReader {
    /// Everybody who has ever had an agreement, in order of ids.
    var partners: [PartnerID] { Set(house.programmes.flatMap { $0.agreements.map(\.partner) }).sorted() }

    /// The facts between the cut-off of the window before and that of a window: what it took when it was open.
    func facts(takenBy window: WindowID) -> ClosedRange<UInt64> {
        let passed = house.windows.closed + house.windows.waiting
        let index = passed.firstIndex(of: window) ?? passed.count
        let before = index == 0 ? nil : house.evidence.cutOffs[passed[index - 1]]
        let last = house.evidence.cutOffs[window] ?? log.lastSequence
        let first = (before ?? 0) + 1
        return first...max(first, last)
    }
}
