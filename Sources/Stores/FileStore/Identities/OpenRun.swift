import Ledger
import Primitives

/// A run that can be read: its slots in a file or in memory, a filter, and the first fingerprint of each page.
final class OpenRun: Sendable {
    let run: IdentityRun
    private let source: Source
    private let filter: FingerprintFilter
    private let fences: [UInt32]

    /// Where the slots are.
    private enum Source: Sendable {
        case memory([UInt64])
        case file(any OpenFile, at: Int64)
    }

    /// Takes slots in rising order.
    ///
    /// - Throws: `Fault` when they are not.
    init(_ run: IdentityRun, memory slots: [UInt64]) throws(Fault) {
        var index = RunIndex(slots: run.count)
        for slot in slots {
            guard index.append(slot) else { throw Fault("the run \(run) is not in order") }
        }
        (self.run, source, filter, fences) = (run, .memory(slots), index.filter, index.fences)
    }

    /// Reads the index of a file whose slots begin at an offset.
    ///
    /// - Throws: `Fault` when a page of the index is missing or damaged.
    init(_ run: IdentityRun, file: any OpenFile, at start: Int64) throws(Fault) {
        var words: [UInt64] = []
        let count = RunIndex.wordCount(slots: run.count)
        words.reserveCapacity(count)
        var page = RunPage.count(slots: run.count)
        while words.count < count {
            words += try Self.read(page, file, start).prefix(count - words.count)
            page += 1
        }
        let index = RunIndex(words: words, slots: run.count)
        (self.run, source, filter, fences) = (run, .file(file, at: start), index.filter, index.fences)
    }

    /// Calls the closure with every slot in rising order.
    func forEach(_ body: (UInt64) throws(Fault) -> Void) throws(Fault) { try Self.forEach(run, source, body) }

    private static func forEach(
        _ run: IdentityRun, _ source: Source, _ body: (UInt64) throws(Fault) -> Void
    ) throws(Fault) {
        switch source {
        case .memory(let slots): for slot in slots { try body(slot) }
        case .file(let file, let start):
            for page in 0..<RunPage.count(slots: run.count) {
                let slots = try read(page, file, start)
                for slot in slots.prefix(run.count - page * RunPage.slots) { try body(slot) }
            }
        }
    }

    private static func read(_ page: Int, _ file: any OpenFile, _ start: Int64) throws(Fault) -> [UInt64] {
        let offset = start + Int64(page * RunPage.bytes)
        let bytes = try orFault(try file.read(at: offset, count: RunPage.bytes))
        guard let slots = RunPage.decode(bytes[...]) else {
            let advice = "end the gateway, empty the folder derived, and start it again"
            throw Fault("\(file.path): the page at byte \(offset) is damaged; \(advice)")
        }
        return slots
    }

    /// The first number under a fingerprint that the closure confirms, or nil.
    func find(_ fingerprint: UInt32, confirm: (UInt32) throws(Fault) -> Bool) throws(Fault) -> UInt32? {
        guard filter.mayContain(fingerprint) else { return nil }
        // The last page that begins below the fingerprint; slots of one fingerprint may go on over pages.
        var low = 0
        var high = fences.count
        while low < high {
            let middle = (low + high) / 2
            if fences[middle] < fingerprint { low = middle + 1 } else { high = middle }
        }
        var page = max(low - 1, 0)
        while page < fences.count, page == 0 || fences[page] <= fingerprint {
            let slots = try slots(ofPage: page)
            for slot in slots where UInt32(truncatingIfNeeded: slot >> 32) == fingerprint {
                let number = UInt32(truncatingIfNeeded: slot)
                if try confirm(number) { return number }
            }
            page += 1
        }
        return nil
    }

    func slots(ofPage page: Int) throws(Fault) -> ArraySlice<UInt64> {
        let first = page * RunPage.slots
        let count = min(run.count - first, RunPage.slots)
        switch source {
        case .memory(let slots): return slots[first..<first + count]
        case .file(let file, let start): return try Self.read(page, file, start).prefix(count)
        }
    }
}

/// What makes a run quick to look into: a filter, and the first fingerprint of each page. It is kept behind the run's
/// pages, in pages of its own, so that opening a run does not read its slots.
struct RunIndex {
    private(set) var filter: FingerprintFilter
    private(set) var fences: [UInt32] = []
    private var count = 0
    private var last: UInt64 = 0

    /// Begins the index of a run of so many slots.
    init(slots: Int) { filter = FingerprintFilter(slots: slots) }

    /// Takes the words that were kept.
    init(words: [UInt64], slots: Int) {
        let filterWords = FingerprintFilter.wordCount(slots: slots)
        filter = FingerprintFilter(words: Array(words.prefix(filterWords)))
        let pairs = words.dropFirst(filterWords)
        fences.reserveCapacity(pairs.count * 2)
        for pair in pairs {
            fences.append(UInt32(truncatingIfNeeded: pair))
            fences.append(UInt32(truncatingIfNeeded: pair >> 32))
        }
        fences.removeLast(fences.count - RunPage.count(slots: slots))
    }

    /// How many words are kept for a run of so many slots.
    static func wordCount(slots: Int) -> Int {
        FingerprintFilter.wordCount(slots: slots) + (RunPage.count(slots: slots) + 1) / 2
    }

    /// Takes the next slot, and answers whether it is larger than the one before.
    mutating func append(_ slot: UInt64) -> Bool {
        let fingerprint = UInt32(truncatingIfNeeded: slot >> 32)
        if count % RunPage.slots == 0 { fences.append(fingerprint) }
        filter.insert(fingerprint)
        defer { (count, last) = (count + 1, slot) }
        return slot > last
    }

    /// The words to keep: the filter's, then fences in pairs, the first of a pair lower.
    var words: [UInt64] {
        var out = filter.words
        for index in stride(from: 0, to: fences.count, by: 2) {
            let next = index + 1 < fences.count ? fences[index + 1] : 0
            out.append(UInt64(fences[index]) | UInt64(next) << 32)
        }
        return out
    }
}

/// Runs that are looked into together.
struct OpenRuns: IdentityRunReader {
    /// Newest first.
    let runs: [OpenRun]

    func find(_ fingerprint: UInt32, confirm: (UInt32) throws(Fault) -> Bool) throws(Fault) -> UInt32? {
        for run in runs { if let number = try run.find(fingerprint, confirm: confirm) { return number } }
        return nil
    }
}
