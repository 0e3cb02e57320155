import FileStore
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel

/// What posting costs onto a growing history: batches of ordinary records of one partner are judged and remembered one
/// after the other, with entries and runs of ids on the disk as a gateway keeps them. There is no evidence and no file.
public final class PostingCost {
    /// What one batch took.
    public struct Batch: Sendable {
        /// Records of the partner before it.
        public var history: Int
        /// CPU seconds of judging, posting and storing the entries: the posting stage.
        public var posting: Double
        /// The same in seconds of the clock.
        public var postingWall: Double
        /// CPU seconds of the books after the fact: entries read back and their digest compared, ids added.
        public var remembering: Double
    }

    private let bench: BenchProgramme
    private let directory: DataDirectory
    private let history: History
    private let store: FileRecordStore
    private var books = LedgerState()
    private var sealed: [(batch: UInt64, reference: EntriesReference)] = []
    private let records: Int
    private static let partner = "MARCHE"

    /// Makes an empty house in a folder, which must not exist.
    ///
    /// - Parameter records: records of each batch.
    public init(folder: String, records: Int) throws {
        bench = try BenchProgramme()
        directory = try DataDirectory.create(folder, files: PosixFileSystem(), holder: "bench")
        store = directory.records(hashing: Self.hashing)
        history = History(facts: NoFacts(), records: store, identities: directory.identityRuns())
        self.records = records
        books.load(bench.programme, isFirst: true)
    }

    /// Posts the next batch.
    ///
    /// - Parameter isShuffled: whether its ids come in the order of a shuffle and not in that of their numbers.
    public func post(isShuffled: Bool = false) throws -> Batch {
        let before = sealed.count * records
        var numbers = Array(before + 1...before + records)
        if isShuffled { Self.shuffle(&numbers) }
        let made = try bench.candidates(Self.partner, unit: "MKP", numbers: numbers)
        let batch = UInt64(2 * sealed.count + 2)
        let watch = Stopwatch()
        let pending = try store.begin(batch: batch)
        var decision = try BatchDecision(
            context: BatchContext(
                partner: made.agreement.partner, batch: batch, window: bench.window.id, acceptedDay: bench.day,
                agreement: made.agreement),
            history: history, members: NoMembers(), pending: pending)
        _ = try decision.decide(made.candidates[0].candidate(by: made.plans[0]), books: books)
        let posted = try decision.post(made.candidates[1...], plans: made.plans, books: books)
        guard posted == records - 1 else { throw Fault("record \(posted + 2) was not posted") }
        let reference = try pending.seal()
        decision.discardIdentities()
        let (posting, wall) = (watch.cpu, watch.wall)
        sealed.append((batch, reference))
        let after = Stopwatch()
        // The books then know that the batch is a file's, whose entries are in the store.
        if let posting = decision.posting(isFile: true) { books.post(posting, batch: batch, by: batch + 1) }
        try remember(batch, reference, in: &books)
        return Batch(history: before, posting: posting, postingWall: wall, remembering: after.cpu)
    }

    /// Folds the newest batches anew into empty books.
    ///
    /// - Returns: how many records, and the CPU seconds and the seconds of the clock that it took.
    public func fold(batches: Int) throws -> (records: Int, cpu: Double, wall: Double) {
        var fresh = LedgerState()
        fresh.load(bench.programme, isFirst: true)
        let apart = History(facts: NoFacts(), records: store, identities: IdentityRuns())
        let watch = Stopwatch()
        for (batch, reference) in sealed.suffix(batches) { try remember(batch, reference, in: &fresh, from: apart) }
        return (min(batches, sealed.count) * records, watch.cpu, watch.wall)
    }

    private func remember(
        _ batch: UInt64, _ reference: EntriesReference, in books: inout LedgerState, from other: History? = nil
    ) throws(Fault) {
        let history = other ?? history
        guard let partner = try? PartnerID(Self.partner) else { throw Fault("\(Self.partner) is no partner") }
        try books.remember(partner: partner, batch: batch, history: history) { (body) throws(Fault) -> Void in
            try history.forEach(batch: batch, reference: reference, body)
        }
    }

    /// The same order at every call.
    private static func shuffle(_ numbers: inout [Int]) {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in stride(from: numbers.count - 1, to: 0, by: -1) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            numbers.swapAt(index, Int((state >> 33) % UInt64(index + 1)))
        }
    }

    private static let hashing = Hashing(
        digest: { SHA256.digest($0) }, begin: { Streamed() }, tree: OpenSSLTreeHashing())

    private final class Streamed: RunningDigest {
        private let stream = DigestStream(.sha256)
        func update(_ bytes: ArraySlice<UInt8>) { stream.update(bytes.span) }
        func finish() -> Digest32 { stream.finalizeDigest32() }
    }
}
