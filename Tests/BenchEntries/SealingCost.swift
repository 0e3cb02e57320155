import Conversion
import Evidence
import FileStore
import Foundation
import Journal
import Ledger
import OpenSSLKit
public import Primitives
import ProgrammeFiles
import ProgrammeModel
import Transparency
import Validation

/// What sealing costs on top of posting: the same ordinary records are judged with and without a tree over them.
public struct SealingCost {
    private let candidates: [OrdinaryCandidate]
    private let plans: [OrdinaryPlan]
    private let context: BatchContext
    private let programme: Programme
    private let books: LedgerState

    /// Makes candidates of the golden programme, one accrual each.
    public init(records: Int) throws {
        let directory = ProgrammeDirectory(files: ScenarioProgramme.golden)
        guard let programme = ProgrammeCheck.check(directory, sha256: { SHA256.digest($0) }).programme,
            let agreement = programme.agreements.first(where: { $0.partner.text == "MARCHE" }),
            let noon = Timestamp("2026-03-20T12:00:00Z"), let window = programme.window(at: noon),
            let day = BusinessDate(year: 2026, month: 3, day: 20), let unit = CurrencyCode("MKP")
        else { throw Fault("the golden programme cannot be used") }
        var converter = OrdinaryConverter(
            RecordConverter(
                programme: programme, agreement: agreement, window: window, acceptedAt: noon,
                hash: { SHA256.digest($0) }))
        let member = MemberNumber("9250123456789013")
        guard let member else { throw Fault("the member's number is wrong") }
        candidates = try (1...records).map { number in
            let digest = SHA256.digest(Array("\(number)".utf8))
            let record = OrdinaryRecord(
                place: RecordPlace(number: number, line: number, offset: Int64(number) * 120, length: 110),
                type: .accrual, member: member, businessDate: day, unit: unit, units: Int64(100 + number % 900),
                contentDigest: ContentDigest(digest), identity: digest)
            guard let candidate = converter.convert(record) else { throw Fault("record \(number) is not ordinary") }
            return candidate
        }
        plans = converter.plans
        context = BatchContext(
            partner: agreement.partner, batch: 17, window: window.id, acceptedDay: day, agreement: agreement)
        var books = LedgerState()
        books.load(programme, isFirst: true)
        self.books = books
        self.programme = programme
    }

    /// The number of records.
    public var records: Int { candidates.count }

    /// Judges all candidates.
    ///
    /// - Returns: CPU nanoseconds for each record, and the tree's root when there is one.
    public func run(sealing: Bool) throws -> (nanoseconds: Int, root: Digest32?) {
        let history = History(facts: NoFacts(), records: NoRecords(), identities: IdentityRuns(recentLimit: 1 << 24))
        let sealer =
            sealing
            ? LeafKeys.sealer(
                key: [UInt8](repeating: 7, count: 32), window: context.window, programme, books.catalogue) : nil
        var decision = try BatchDecision(
            context: context, history: history, members: NoMembers(),
            pending: CountedEntries(records: candidates.count),
            sealer: sealer)
        let begin = clock()
        // The first of a plan is judged like any other; it tells where the rest count.
        _ = try decision.decide(candidates[0].candidate(by: plans[0]), books: books)
        let posted = try decision.post(candidates[1...], plans: plans, books: books)
        guard posted == candidates.count - 1 else { throw Fault("record \(posted + 2) was not posted") }
        let root = sealer?.root
        let ticks = Int(clock() - begin)
        decision.discardIdentities()
        return (ticks * (1_000_000_000 / Int(CLOCKS_PER_SEC)) / candidates.count, root)
    }

    /// The roots of the trees over all candidates, by the fast way for ordinary records and by the full way.
    public func roots() throws -> (ordinary: Digest32?, full: Digest32?) {
        let history = History(facts: NoFacts(), records: NoRecords(), identities: IdentityRuns(recentLimit: 1 << 24))
        let sealer = LeafKeys.sealer(
            key: [UInt8](repeating: 7, count: 32), window: context.window, programme, books.catalogue)
        var decision = try BatchDecision(
            context: context, history: history, members: NoMembers(),
            pending: CountedEntries(records: candidates.count),
            sealer: sealer)
        for candidate in candidates {
            _ = try decision.decide(candidate.candidate(by: plans[Int(candidate.plan)]), books: books)
        }
        return (try run(sealing: true).root, sealer.root)
    }
}
