import Foundation
import Primitives
import Testing
import Validation
import XMLKit

/// A stand-in for SHA-256 that spreads well enough for tests.
let testHash: ContentHash = { bytes in
    var words: [UInt64] = [1, 2, 3, 4]
    for (index, byte) in bytes.enumerated() {
        words[index & 3] = (words[index & 3] ^ UInt64(byte)) &* 0x100_0000_01B3
        words[(index + 1) & 3] = (words[(index + 1) & 3] ^ words[index & 3]) &* 0x9E37_79B9_7F4A_7C15
    }
    let out = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    guard let digest = Digest32(bytes: out) else { preconditionFailure("four words are 32 bytes") }
    return digest
}

/// What a reader found in a file.
struct ReadResult: Equatable {
    var header: BatchHeader?
    var outcomes: [RecordOutcome] = []
    var summary: BatchSummary?
    var refusal: Refusal?

    /// The codes of the refusal of the file or of its totals.
    var fileCodes: [String] { (refusal?.findings ?? summary?.findings ?? []).map(\.code.code) }

    /// The codes of a record's findings, counted from 1.
    func codes(_ number: Int) -> [String] {
        guard outcomes.indices.contains(number - 1) else { return ["no such record"] }
        switch outcomes[number - 1] {
        case .parsed(let record): return record.warnings.map(\.code.code)
        case .refused(let record): return record.findings.map(\.code.code)
        }
    }

    /// The records that were read without a refusal.
    var parsed: [ParsedRecord] {
        outcomes.compactMap { if case .parsed(let record) = $0 { record } else { nil } }
    }

    /// The records that were refused.
    var refused: [RefusedRecord] {
        outcomes.compactMap { if case .refused(let record) = $0 { record } else { nil } }
    }
}

/// Keeps what a reader tells.
struct Collector: BatchSink {
    var result = ReadResult()
    mutating func header(_ header: BatchHeader) throws(Refusal) { result.header = header }
    mutating func record(_ outcome: RecordOutcome) throws(Refusal) { result.outcomes.append(outcome) }
}

/// Reads a whole file in pieces of a size, and again with the fast way for ordinary records: both must tell the same.
func readBatch(
    _ bytes: [UInt8], format: BatchFormat? = nil, limits: Limits = Limits(), piece: Int = .max
) -> ReadResult {
    let full = read(bytes, BatchReader(format: format, limits: limits, hash: testHash), Collector(), piece)
    let fast = readByLane(bytes, format: format, limits: limits, piece: piece)
    #expect(fast.steps == full.outcomes.map(LaneStep.init), "\(String(decoding: bytes, as: UTF8.self))")
    #expect(fast.result.header == full.header && fast.result.summary == full.summary)
    #expect(fast.result.refusal == full.refusal, "\(String(decoding: bytes, as: UTF8.self))")
    return full
}

/// Reads a whole file with the fast way for ordinary records.
func readByLane(
    _ bytes: [UInt8], format: BatchFormat? = nil, limits: Limits = Limits(), piece: Int = .max
) -> LaneCollector {
    let lane = OrdinaryLane(identityPrefix: LaneStep.prefix) { bytes in
        testHash(bytes.indices.map { bytes[$0] })
    }
    var sink = LaneCollector()
    sink.result = read(
        bytes, BatchReader(format: format, limits: limits, lane: lane, hash: testHash), LaneCollector(), piece
    ) { sink = $0 }
    return sink
}

private func read<Sink: ResultSink>(
    _ bytes: [UInt8], _ reader: BatchReader, _ empty: Sink, _ piece: Int, _ done: (Sink) -> Void = { _ in }
) -> ReadResult {
    var sink = empty
    do throws(Refusal) {
        var start = 0
        while start < bytes.count {
            let end = piece == .max ? bytes.count : min(start + piece, bytes.count)
            try reader.feed(bytes[start..<end], to: &sink)
            start = end
        }
        sink.result.summary = try reader.finish(to: &sink)
    } catch {
        sink.result.refusal = error
    }
    done(sink)
    return sink.result
}

/// A sink with a result.
protocol ResultSink: BatchSink {
    var result: ReadResult { get set }
}

extension Collector: ResultSink {}

/// What both ways tell of a record.
enum LaneStep: Equatable {
    case refused(RefusedRecord)
    case warned(ParsedRecord)
    case fine(OrdinaryRecord)
    /// A record without a finding that the fast way does not read.
    case other(ParsedRecord)

    static let prefix = Array("prefix".utf8)

    init(_ outcome: RecordOutcome) {
        switch outcome {
        case .refused(let record): self = .refused(record)
        case .parsed(let record) where !record.warnings.isEmpty: self = .warned(record)
        case .parsed(let record):
            let content = record.content
            guard let account = content.account, content.type == .accrual || content.type == .redemption,
                content.unit.minorUnits == nil
            else {
                self = .other(record)
                return
            }
            let id = Array(content.transactionID.text.utf8)
            self = .fine(
                OrdinaryRecord(
                    place: record.place, type: content.type, member: account.number,
                    businessDate: content.businessDate, unit: content.unit, units: content.units,
                    contentDigest: record.contentDigest,
                    identity: testHash(Self.prefix + [UInt8(id.count)] + id)))
        }
    }
}

/// Takes ordinary records as such.
struct LaneCollector: ResultSink {
    var result = ReadResult()
    var steps: [LaneStep] = []
    var ordinary = 0

    mutating func header(_ header: BatchHeader) throws(Refusal) { result.header = header }
    mutating func record(_ outcome: RecordOutcome) throws(Refusal) { steps.append(LaneStep(outcome)) }
    mutating func ordinary(_ record: OrdinaryRecord) throws(Refusal) -> Bool {
        steps.append(.fine(record))
        ordinary += 1
        return true
    }
}

func readBatch(_ text: String, format: BatchFormat? = nil, limits: Limits = Limits(), piece: Int = .max) -> ReadResult {
    readBatch(Array(text.utf8), format: format, limits: limits, piece: piece)
}

/// The repository's folder of specifications.
let specs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Specs")

/// Pieces of XML batch files for tests that change one thing.
enum Sample {
    static let card = "9250123456789013"

    static let accrual = """
          <Transaction>
            <TransactionId>T05</TransactionId>
            <LoyaltyTransactionType>ACCR</LoyaltyTransactionType>
            <TransactionDateTime>2026-03-18T17:42:10+01:00</TransactionDateTime>
            <BusinessDate>2026-03-18</BusinessDate>
            <LoyaltyAccount><LoyaltyAccountId type="CARD">\(card)</LoyaltyAccountId></LoyaltyAccount>
            <LoyaltyAmount unit="RLM">640</LoyaltyAmount>
            <SaleAmount currency="EUR">128.00</SaleAmount>
            <PointOfInteraction><StoreId>GDL-WEB</StoreId></PointOfInteraction>
          </Transaction>

        """

    static let bonus = """
          <Transaction>
            <TransactionId>T06</TransactionId>
            <LoyaltyTransactionType>BONU</LoyaltyTransactionType>
            <TransactionDateTime>2026-03-18T17:42:10+01:00</TransactionDateTime>
            <BusinessDate>2026-03-18</BusinessDate>
            <LoyaltyAccount><LoyaltyAccountId type="CARD">\(card)</LoyaltyAccountId></LoyaltyAccount>
            <LoyaltyAmount unit="SML">1001</LoyaltyAmount>
            <PromotionId>PRM-SPRING</PromotionId>
          </Transaction>

        """

    static let adjustment = """
          <Transaction>
            <TransactionId>T16</TransactionId>
            <LoyaltyTransactionType>ADJT</LoyaltyTransactionType>
            <TransactionDateTime>2026-03-23T10:00:00Z</TransactionDateTime>
            <BusinessDate>2026-03-23</BusinessDate>
            <LoyaltyAmount unit="EUR">37.41</LoyaltyAmount>
            <CreditDebit>CRDT</CreditDebit>
            <ReasonCode>GOODWILL</ReasonCode>
          </Transaction>

        """

    /// A file of records with a header that is changed by replacing a text.
    static func file(_ records: String, count: Int, sums: String, replacing old: String = "", with new: String = "")
        -> String
    {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <LoyaltyTransactionBatch xmlns="urn:coalition:clearing:batch:1" version="1.0">
              <GroupHeader>
                <MessageId>RAILCO-20260319-01</MessageId>
                <CreationDateTime>2026-03-19T00:45:00+01:00</CreationDateTime>
                <InitiatingParty>RAILCO</InitiatingParty>
                <Recipient>HOST</Recipient>
                <ProgrammeId>SMILES</ProgrammeId>
                <Series>LIVE</Series>
                <SequenceNumber>412</SequenceNumber>
                <NumberOfTransactions>\(count)</NumberOfTransactions>
                \(sums)
              </GroupHeader>
            \(records)</LoyaltyTransactionBatch>

            """
        return old.isEmpty ? text : text.replacingOccurrences(of: old, with: new)
    }

    /// A file with the accrual, changed by replacing a text; its totals agree with the unchanged file.
    static func accrualFile(replacing old: String = "", with new: String = "") -> String {
        file(accrual, count: 1, sums: "<ControlSum unit=\"RLM\">640</ControlSum>", replacing: old, with: new)
    }

    static func bonusFile(replacing old: String = "", with new: String = "") -> String {
        file(bonus, count: 1, sums: "<ControlSum unit=\"SML\">1001</ControlSum>", replacing: old, with: new)
    }

    static func adjustmentFile(replacing old: String = "", with new: String = "") -> String {
        file(adjustment, count: 1, sums: "<ControlSum unit=\"EUR\">37.41</ControlSum>", replacing: old, with: new)
    }
}

/// Runs a program and answers its exit code and what it wrote; nil when the machine does not have it.
func run(_ name: String, _ arguments: [String]) throws -> (code: Int32, output: String)? {
    let path = "/usr/bin/\(name)"
    guard FileManager.default.isExecutableFile(atPath: path) else { return nil }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

/// Gives a folder of its own to a test and removes it afterwards.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "coalition-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// What a schema finds wrong with a document.
func schemaErrors(_ bytes: [UInt8], _ schema: XMLSchema) -> [String] {
    let parser = XMLStreamParser(vocabulary: .open, schema: schema)
    var out: [String] = []
    let consume = { (events: borrowing XMLEvents) -> Void in
        for event in events.events where event.kind == .schemaError {
            out.append(String(decoding: events.text(of: event), as: UTF8.self))
        }
        if let fault = events.fault { out.append(fault.description) }
    }
    parser.feed(bytes.span, consume)
    parser.finish(consume)
    return out
}
