import FileStore
import Foundation
import Gateway
import House
import Journal
import Ledger
import Primitives
import TestKit
import Testing
import Validation

/// A snapshot spares a start the folding of the whole log, and is never believed against the log.
@Suite struct SnapshotTests {
    let house: TestHouse

    init() async throws { house = try await TestHouse(at: "2026-03-18T02:10:00+01:00") }

    private func sale(_ id: String, _ units: Int64 = 100) throws -> RecordContent {
        try BatchFile.record(id, .accrual, "MKP", units, on: "2026-03-17")
    }

    private func reversal(_ id: String, of original: String, _ units: Int64) throws -> RecordContent {
        var record = try BatchFile.record(id, .reversal, "MKP", units, on: "2026-03-17")
        record.originalID = try TransactionID(original)
        return record
    }

    /// The house folded from its folder as it stands, with or without the snapshot.
    private func fold(upTo last: UInt64? = nil) throws -> HouseFold {
        let directory = try house.inspected
        let log = try house.log()
        let history = History(
            facts: log, records: directory.records(hashing: HouseOpening.hashing),
            identities: directory.identityRuns(recentLimit: TestHouse.recentIDs))
        return try HouseFold(directory, log: log, history: history, upTo: last)
    }

    private var snapshotPath: String { "house/derived/snapshot" }

    @Test func aFoldFromASnapshotIsTheFoldOfTheWholeLog() async throws {
        _ = try await house.send("MARCHE", 1, [sale("A1"), sale("A2", 333)])
        _ = try await house.send("MARCHE", 2, [reversal("R1", of: "A2", 100)])
        try await house.house.saveSnapshot()
        let middle = await house.house.state.lastSequence
        _ = try await house.send("MARCHE", 3, [reversal("R2", of: "A2", 33), sale("A3"), sale("A1")])
        try await house.advance(to: "2026-04-01T00:30:00+02:00")
        let live = await house.house.state
        let short = try fold()
        #expect(short.snapshot == middle)
        #expect(short.house == live)
        let earlier = try fold(upTo: middle - 1)
        #expect(earlier.snapshot == 0 && earlier.house.lastSequence == middle - 1)
        try house.folder.remove(snapshotPath)
        let whole = try fold()
        #expect(whole.snapshot == 0)
        #expect(whole.house == live)
    }

    @Test func aHouseThatStartsFromASnapshotKnowsItsRecordsAndAnswersAsBefore() async throws {
        let bytes = try await house.file(
            BatchID(partner: PartnerID("MARCHE"), series: .live, sequence: 1), [sale("A1"), sale("A2", 333)])
        let batch = BatchID(partner: try PartnerID("MARCHE"), series: .live, sequence: 1)
        let first = try await house.send(bytes, batch)
        try await house.house.saveSnapshot()
        try house.reopen()
        #expect(try await house.send(bytes, batch).receipts == first.receipts)
        let next = try await house.send("MARCHE", 2, [sale("A1"), sale("A2", 334), reversal("R1", of: "A2", 334)])
        #expect(try next.last.sums == ["DUPL MKP": [1, 100, 0], "RJCT MKP": [2, 668, 0]])
        #expect(try next.last.codes == ["DUP-001", "DUP-002", "RVS-003"])
        #expect(try fold().house == (await house.house.state))
    }

    @Test func oneFlippedByteAnywhereInASnapshotHasItPassedOver() async throws {
        _ = try await house.send("MARCHE", 1, [sale("A1")])
        try await house.house.saveSnapshot()
        let live = await house.house.state
        let good = try house.folder.read(snapshotPath)
        var random = SeededGenerator.printed(for: "flipped bytes of a snapshot")
        let places = [0, 8, 12, 16, 24, 56, 64, good.count - 33, good.count - 1]
        for place in places + (0..<200).map({ _ in Int.random(in: 0..<good.count, using: &random) }) {
            var bytes = good
            bytes[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            try house.folder.write(bytes, to: snapshotPath)
            let fold = try fold()
            #expect(fold.snapshot == 0 && fold.remark != nil, "byte \(place)")
            #expect(fold.house == live)
        }
        for length in [0, 1, 71, 72, 100, good.count - 1] {
            try house.folder.write(Array(good.prefix(length)), to: snapshotPath)
            #expect(try fold().remark != nil, "\(length) bytes")
        }
        try house.folder.write(good, to: snapshotPath)
        #expect(try fold().snapshot == live.lastSequence)
    }

    @Test func aSnapshotOfAnotherFormOrLogIsPassedOver() async throws {
        let directory = try house.inspected
        let store = directory.snapshots(hashing: HouseOpening.hashing)
        let state = await house.house.state
        let head = try house.log().head
        func remark(_ mark: SnapshotMark) throws -> String? {
            try store.save(state, mark)
            return try fold().remark
        }
        let right = SnapshotMark(layout: HouseState.layout, sequence: state.lastSequence, head: head)
        #expect(try remark(right) == nil)
        var other = right
        other.layout += 1
        #expect(try remark(other) == "it is of another version of the program")
        other = right
        other.head = .zero
        #expect(try remark(other) == "it is of another log")
        other = right
        other.sequence -= 1
        other.head = try house.log().chainHash(other.sequence)
        #expect(try remark(other) == "it is of another log")
        other = right
        other.sequence += 1
        #expect(try remark(other)?.contains("the log ends with fact") == true)
        #expect(try fold().house == state)
    }

    /// The form of the state is pinned: whoever changes it raises `HouseState.layout`, so that no old snapshot is
    /// misread, and pins the new one here.
    @Test func theFormOfTheStateHasTheLayoutThatIsPinned() async throws {
        _ = try await house.send("MARCHE", 1, [sale("A1"), sale("A2", 333)])
        _ = try await house.send("MARCHE", 2, [reversal("R1", of: "A2", 100)])
        try await house.advance(to: "2026-04-01T00:30:00+02:00")
        var names: Set<String> = []
        func walk(_ value: Any) {
            if let object = value as? [String: Any] {
                for (name, child) in object {
                    // Keys that are ids are content; members of a form are letters, the first one small.
                    if name.allSatisfy(\.isLetter), name.first?.isLowercase == true { names.insert(name) }
                    walk(child)
                }
            } else if let list = value as? [Any] {
                for child in list { walk(child) }
            }
        }
        walk(try JSONSerialization.jsonObject(with: JSONEncoder().encode(await house.house.state)))
        #expect(names.count > 100)
        let form = names.sorted().joined(separator: " ")
        let digest = HouseOpening.hashing.digest(Array(form.utf8)[...]).description.prefix(16)
        #expect([UInt32(5): "855aa2574757b6d7"][HouseState.layout] == String(digest), "\(form)")
    }
}
