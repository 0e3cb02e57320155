import FileStore
import Foundation
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Statements

/// What the close of a window costs: the statements of all partners computed, rendered and signed. Writing them to the
/// log is not in it.
public struct CloseCost {
    private let bench: BenchProgramme
    private let signer: any DocumentSigner
    private var house = HouseState()

    /// What a close took.
    public struct Result: Sendable {
        /// CPU seconds.
        public var cpu: Double
        /// How many documents were signed.
        public var documents: Int
        /// Their bytes with those of the signatures.
        public var bytes: Int
    }

    /// Posts records of partners beside those of the golden scenario, a file each; nine of ten accruals.
    ///
    /// - Parameters:
    ///   - partners: 1 to 99.
    ///   - records: of all partners together; at most 2 000 000 for each.
    ///   - certificate: the host's, a path; `key` its key.
    public init(partners: Int, records: Int, certificate: String, key: String) throws {
        func read(_ path: String) throws -> String { try String(contentsOf: URL(filePath: path), encoding: .utf8) }
        bench = try BenchProgramme(partners: partners)
        signer = Signer(
            signer: try CMSSigner(
                certificate: try Certificate(pem: try read(certificate)), key: try PrivateKey(pem: try read(key))))
        let history = History(facts: NoFacts(), records: NoRecords(), identities: IdentityRuns())
        try add(.programmeLoaded(ProgrammeLoaded(version: 1, programme: bench.programme, files: [])), history)
        for number in 0..<partners {
            // Outside of the loop nothing of a partner's candidates stays in memory.
            try post(BenchProgramme.name(number), records: records / partners, history)
        }
    }

    private mutating func post(_ name: String, records: Int, _ history: History) throws {
        let made = try bench.candidates(name, unit: "SML", numbers: 1...records, redeeming: 10)
        let received = house.lastSequence + 1
        var decision = try BatchDecision(
            context: BatchContext(
                partner: made.agreement.partner, batch: received, window: bench.window.id, acceptedDay: bench.day,
                agreement: made.agreement),
            history: history, members: NoMembers(), pending: CountedEntries(records: records))
        var next = 0
        while next < records {
            let candidate = made.candidates[next]
            _ = try decision.decide(
                candidate.candidate(by: made.plans[Int(candidate.plan)]), books: house.ledger)
            next += 1
            next += try decision.post(made.candidates[next...], plans: made.plans, books: house.ledger)
        }
        decision.discardIdentities()
        let posting = decision.posting(isFile: true)
        let batch = BatchID(partner: made.agreement.partner, series: .live, sequence: 1)
        let evidence = SignerEvidence(
            subject: "CN=\(name)", serial: "01", fingerprint: SHA256.digest(Array(name.utf8)),
            algorithm: "ecdsa-with-SHA256", signingTime: bench.noon, judgedAt: bench.noon, revocationLists: [],
            warnings: [])
        try add(
            .fileReceived(
                FileReceived(
                    batch: batch, digest: SHA256.digest(Array("file \(name)".utf8)), size: Int64(records) * 120,
                    format: .csv, uploadBegan: bench.noon, window: bench.window.id, programmeVersion: 1,
                    signer: evidence, gaps: [], receiptID: "RCT-\(received)-R", attachments: [])), history)
        try add(
            .fileDecided(
                FileDecided(
                    batch: batch, received: received, status: .accepted, messageID: nil, replaces: nil,
                    sums: decision.sums, posting: posting, entries: nil, findings: [],
                    receiptID: "RCT-\(received)-V", attachments: [])), history)
    }

    private mutating func add(_ fact: Fact, _ history: History) throws(Fault) {
        try house.apply(
            FactEnvelope(sequence: house.lastSequence + 1, time: bench.noon, fact: fact), history: history)
    }

    /// Closes the window, of which nothing is kept.
    public func run() throws -> Result {
        let watch = Stopwatch()
        let close = try house.close(
            bench.window.id, at: bench.window.cutoff,
            position: LogPosition(sequence: house.lastSequence, head: SHA256.digest([1])))
        var (count, bytes) = (0, 0)
        for document in close.documents {
            let signed = try document.signed(by: signer, at: bench.window.cutoff)
            count += 1
            bytes += signed.reduce(0) { $0 + $1.bytes.count }
        }
        return Result(cpu: watch.cpu, documents: count, bytes: bytes)
    }

    private struct Signer: DocumentSigner {
        let signer: CMSSigner

        func sign(_ document: [UInt8], at time: Timestamp) throws(Fault) -> [UInt8] {
            do { return try signer.signDetached(document, at: time) } catch { throw Fault("signing: \(error)") }
        }
    }
}
