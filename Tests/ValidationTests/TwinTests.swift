import Primitives
import Testing

@testable import Validation

/// DUP-003: one member, store, instant, type and amount come once within a file.
@Suite struct TwinTests {
    private func codes(_ second: String) -> [[String]] {
        let sums = "<ControlSum unit=\"RLM\">1280</ControlSum>"
        let result = readBatch(Sample.file(Sample.accrual + second, count: 2, sums: sums))
        return [result.codes(1), result.codes(2)]
    }

    @Test func `a second sale with another id is warned of, the record stays accepted`() {
        let other = Sample.accrual.replacing("T05", with: "T05B")
        #expect(codes(other) == [[], ["DUP-003"]])
        #expect(readBatch(Sample.file(Sample.accrual + other, count: 2, sums: "")).parsed.count == 2)
    }

    @Test func `the same id is no twin but a repeat, which the ledger judges`() {
        #expect(codes(Sample.accrual) == [[], []])
    }

    @Test(arguments: [
        ("17:42:10", "17:42:11"), (">640<", ">641<"), ("GDL-WEB", "GDL"), (Sample.card, "4111111111111111"),
        ("ACCR", "REDM"),
        ("RLM", "SML"),
    ])
    func `another instant, amount, store, member, type or unit is another sale`(_ old: String, _ new: String) {
        #expect(codes(Sample.accrual.replacing("T05", with: "T05B").replacing(old, with: new)) == [[], []])
    }

    @Test func `the same instant in another offset is the same instant`() {
        let other = Sample.accrual.replacing("T05", with: "T05B").replacing("17:42:10+01:00", with: "16:42:10Z")
        #expect(codes(other) == [[], ["DUP-003"]])
    }

    @Test func `a window remembers at least three quarters of a table, and never grows beyond two`() {
        var window = TwinWindow(slotsPerTable: 1 << 14)
        var random = Seeded(4)
        let subjects = (0..<100_000).map { _ in
            UInt64(random.below(1 << 31)) << 33 ^ UInt64(random.below(1 << 31)) << 12
        }
        let kept = (1 << 14) / 4 * 3
        for (index, subject) in subjects.enumerated() {
            let isTwin = window.remember(subject: subject, id: UInt64(index))
            #expect(!isTwin)
            let before = index - random.below(kept - 100)
            // A search may be given up in a crowded place, but a twin that is found is one.
            if before >= 0, before < index { _ = window.remember(subject: subjects[before], id: UInt64(before)) }
        }
        var found = 0
        for index in (subjects.count - kept + 200)..<subjects.count {
            if window.remember(subject: subjects[index], id: UInt64(index + 1)) { found += 1 }
        }
        #expect(found > (kept - 200) * 99 / 100)
    }

    @Test func `hardly a twin goes unseen because its id looks like the other's`() {
        var window = TwinWindow()
        var random = Seeded(5)
        var unseen = 0
        for _ in 1...100_000 {
            let subject = UInt64(random.below(1 << 31)) << 33 ^ UInt64(random.below(1 << 31)) << 12
            _ = window.remember(subject: subject, id: UInt64(random.below(1 << 31)))
            if !window.remember(subject: subject, id: UInt64(random.below(1 << 31))) { unseen += 1 }
        }
        #expect(unseen < 5)
    }
}
