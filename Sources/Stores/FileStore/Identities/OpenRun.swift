import Ledger
import Primitives

/// A run that can be read: its slots in a file or in memory, a filter, and the first fingerprint of each page.
final class OpenRun: Sendable {
    let run: IdentityRun
    private let source: Source
    private let filter: FingerprintFilter
    private let fences: [UInt32]

    /// Where the slots are.
    enum Source: Sendable {
        case memory([UInt64])
        case file(any OpenFile, at: Int64)
    }

    /// Reads all slots once.
    ///
    /// - Throws: `Fault` when a page is damaged, or the slots are not as many as the run has, in rising order.
    init(_ run: IdentityRun, _ source: Source) throws(Fault) {
        var filter = FingerprintFilter(slots: run.count)
        var fences: [UInt32] = []
        var (count, last) = (0, UInt64(0))
        try Self.forEach(run, source) { (slot) throws(Fault) in
            if count % RunPage.slots == 0 { fences.append(UInt32(truncatingIfNeeded: slot >> 32)) }
            filter.insert(UInt32(truncatingIfNeeded: slot >> 32))
            guard slot > last else { throw Fault("the run \(run) is not in order") }
            (count, last) = (count + 1, slot)
        }
        (self.run, self.source, self.filter, self.fences) = (run, source, filter, fences)
    }

    /// Calls the closure with every slot in rising order.
    func forEach(_ body: (UInt64) throws(Fault) -> Void) throws(Fault) { try Self.forEach(run, source, body) }

    private static func forEach(
        _ run: IdentityRun, _ source: Source, _ body: (UInt64) throws(Fault) -> Void
    ) throws(Fault) {
        switch source {
        case .memory(let slots): for slot in slots { try body(slot) }
        case .file(let file, let start):
            let pages = (run.count + RunPage.slots - 1) / RunPage.slots
            for page in 0..<pages {
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

/// Runs that are looked into together.
struct OpenRuns: IdentityRunReader {
    /// Newest first.
    let runs: [OpenRun]

    func find(_ fingerprint: UInt32, confirm: (UInt32) throws(Fault) -> Bool) throws(Fault) -> UInt32? {
        for run in runs { if let number = try run.find(fingerprint, confirm: confirm) { return number } }
        return nil
    }
}
