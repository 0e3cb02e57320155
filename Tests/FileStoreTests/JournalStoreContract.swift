import FileStore
import Journal
import Primitives
import Synchronization
import TestKit
import Testing
import Transparency

/// An adapter of the log under test, and how to open it again.
enum LogBackend: String, CaseIterable, CustomTestStringConvertible {
    case memory, posix, faulty

    var testDescription: String { rawValue }

    func make() throws -> LogUnderTest { try LogUnderTest(self) }
}

final class LogUnderTest {
    let backend: LogBackend
    let hashing = Hashing.plain
    private let memory: MemoryJournalStore
    private let folder: TemporaryFolder?
    private let files: any FileSystem
    private let directory: String

    init(_ backend: LogBackend) throws {
        self.backend = backend
        memory = MemoryJournalStore(hashing: hashing)
        switch backend {
        case .memory, .faulty:
            folder = nil
            var plan = FaultyDiskPlan()
            (plan.interruptionIn, plan.shortIn) = (5, 3)
            files = FaultyDisk(plan)
            directory = "log"
            try files.createDirectory(directory)
        case .posix:
            let folder = try TemporaryFolder()
            files = PosixFileSystem()
            directory = folder.path + "/log"
            self.folder = folder
            try files.createDirectory(directory)
        }
    }

    func remove() { folder?.remove() }

    func open() throws -> any JournalStore & FactTree {
        if backend == .memory { return memory }
        var options = SegmentLog.Options()
        options.segmentBytes = 4000
        options.treeFolder = directory + "-tree"
        return try SegmentLog.open(directory, files: files, hashing: hashing, options: options)
    }
}

@Suite("Every adapter of the log")
struct JournalStoreContract {
    private func replayed(_ log: any JournalStore, from sequence: UInt64 = 1) throws -> [FactEnvelope] {
        var out: [FactEnvelope] = []
        try log.replay(from: sequence) { (envelope) throws(Fault) in out.append(envelope) }
        return out
    }

    @Test("an empty log has no facts and the head zero", arguments: LogBackend.allCases)
    func empty(_ backend: LogBackend) throws {
        let subject = try backend.make()
        defer { subject.remove() }
        let log = try subject.open()
        #expect(log.lastSequence == 0)
        #expect(log.head == .zero)
        #expect(try replayed(log).isEmpty)
        #expect(throws: Fault.self) { try log.attachment("x", of: 1) }
        try log.append([])
        #expect(log.lastSequence == 0)
    }

    @Test(
        "facts and attachments come back as they were appended, also by a later start", arguments: LogBackend.allCases)
    func roundTrip(_ backend: LogBackend) throws {
        let subject = try backend.make()
        defer { subject.remove() }
        let workload = try Samples.workload(hashing: subject.hashing)
        let all = workload.flatMap(\.self)
        let log = try subject.open()
        for entries in workload { try log.append(entries) }
        for log in [log, try subject.open()] {
            #expect(log.lastSequence == UInt64(all.count))
            #expect(try replayed(log) == all.map(\.envelope))
            #expect(try replayed(log, from: 4) == all.dropFirst(3).map(\.envelope))
            #expect(try replayed(log, from: UInt64(all.count) + 1).isEmpty)
            for entry in all {
                for attachment in entry.attachments {
                    #expect(try log.attachment(attachment.name, of: entry.envelope.sequence) == attachment.bytes)
                }
            }
            #expect(throws: Fault.self) { try log.attachment("receipt.xml", of: 2) }
            #expect(throws: Fault.self) { try log.attachment("request.cms", of: UInt64(all.count) + 1) }
            #expect(throws: Fault.self) { try log.attachment("request.cms", of: 0) }
        }
    }

    @Test("the head is the chain over the leaves of the facts' bytes", arguments: LogBackend.allCases)
    func head(_ backend: LogBackend) throws {
        let subject = try backend.make()
        defer { subject.remove() }
        let workload = try Samples.workload(hashing: subject.hashing)
        let log = try subject.open()
        var expected = Digest32.zero
        for entries in workload {
            for entry in entries {
                let fact = try FactCodec.encode(entry.envelope)
                let leaf = subject.hashing.digest(([0] + fact)[...])
                expected = subject.hashing.digest((Array("coalition-log-1".utf8) + expected.bytes + leaf.bytes)[...])
            }
            try log.append(entries)
            #expect(log.head == expected)
        }
        #expect(try subject.open().head == expected)
    }

    @Test(
        "the tree is that over the leaves of the facts' bytes, and its proofs hold", arguments: LogBackend.allCases)
    func tree(_ backend: LogBackend) throws {
        let subject = try backend.make()
        defer { subject.remove() }
        let hashing = subject.hashing.tree
        let log = try subject.open()
        #expect(try log.frontier == TreeFrontier())
        #expect(try log.root(of: 0) == subject.hashing.digest([]))
        var leaves: [Digest32] = []
        var frontiers = [TreeFrontier()]
        for entries in try Samples.workload(hashing: subject.hashing) {
            try log.append(entries)
            for entry in entries {
                let bytes = try FactCodec.encode(entry.envelope)
                leaves.append(subject.hashing.digest(([0] + bytes)[...]))
                var frontier = frontiers[frontiers.count - 1]
                frontier.append(leaves[leaves.count - 1], hashing)
                frontiers.append(frontier)
            }
            #expect(try log.frontier == frontiers.last)
        }
        let last = UInt64(leaves.count)
        for log in [log, try subject.open()] {
            #expect(try log.frontier == frontiers.last)
            for (index, leaf) in leaves.enumerated() { #expect(try log.leaf(UInt64(index) + 1) == leaf) }
            var read: [Digest32] = []
            try log.leaves(from: 2, to: last) { (piece) throws(Fault) in read += piece }
            #expect(read == Array(leaves.dropFirst()))
            for size in 1...last {
                let root = subject.hashing.root(frontiers[Int(size)])
                #expect(try log.root(of: size) == root)
                for fact in 1...size {
                    let proof = try log.inclusionProof(of: fact, in: size)
                    #expect(subject.hashing.proves(proof, leaves[Int(fact) - 1], fact: fact, in: size, root))
                    let growth = try log.consistencyProof(from: fact, to: size)
                    let first = subject.hashing.root(frontiers[Int(fact)])
                    #expect(subject.hashing.connects(growth, fact, first, size, root))
                }
            }
            #expect(throws: Fault.self) { try log.root(of: last + 1) }
            #expect(throws: Fault.self) { try log.leaf(0) }
            #expect(throws: Fault.self) { try log.leaf(last + 1) }
            #expect(throws: Fault.self) { try log.inclusionProof(of: 0, in: last) }
            #expect(throws: Fault.self) { try log.inclusionProof(of: 3, in: 2) }
            #expect(throws: Fault.self) { try log.inclusionProof(of: 1, in: last + 1) }
            #expect(throws: Fault.self) { try log.consistencyProof(from: 3, to: 2) }
            for (level, index) in [(-1, 0), (63, 0), (0, last), (62, 1), (3, UInt64.max)] as [(Int, UInt64)] {
                #expect(throws: Fault.self) { try log.subtree(level: level, index: index) }
            }
        }
    }

    @Test(
        "an entry out of order or unlike its attachments is refused whole, and the log goes on",
        arguments: LogBackend.allCases)
    func refusals(_ backend: LogBackend) throws {
        let subject = try backend.make()
        defer { subject.remove() }
        let log = try subject.open()
        try log.append([Samples.tick(1)])
        let head = log.head
        let good = try Samples.message(2, request: [1], answer: [2], hashing: subject.hashing)
        let early = FactEnvelope(sequence: 2, time: Samples.start, fact: good.envelope.fact)
        let wrong: [[JournalEntry]] = [
            [Samples.tick(1)], [Samples.tick(3)], [good, Samples.tick(2)],
            [JournalEntry(early, attachments: good.attachments)], [JournalEntry(good.envelope)],
            [JournalEntry(good.envelope, attachments: good.attachments.reversed())],
            [
                JournalEntry(
                    good.envelope, attachments: [good.attachments[0], Attachment(name: "answer.cms", bytes: [3])])
            ],
            [JournalEntry(Samples.tick(2).envelope, attachments: [good.attachments[0]])],
        ]
        for entries in wrong { #expect(throws: Fault.self) { try log.append(entries) } }
        #expect(log.lastSequence == 1)
        #expect(log.head == head)
        try log.append([good])
        #expect(try subject.open().lastSequence == 2)
    }

    @Test("a fault of the replay's closure ends the replay and comes out", arguments: LogBackend.allCases)
    func replayStops(_ backend: LogBackend) throws {
        let subject = try backend.make()
        defer { subject.remove() }
        let log = try subject.open()
        try log.append([Samples.tick(1), Samples.tick(2), Samples.tick(3)])
        var seen = 0
        #expect(throws: Fault("enough")) {
            try log.replay(from: 1) { (_) throws(Fault) in
                seen += 1
                if seen == 2 { throw Fault("enough") }
            }
        }
        #expect(seen == 2)
    }
}
