import ArgumentParser
import Conversion
import Foundation
import Gateway
import Inquiry
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Validation

/// Judges a batch file offline, before it is sent.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Judge a batch file with the very checks of the intake, offline.",
        discussion: """
            Syntax, schema, totals, fields, agreement, conversion, dates. Without --programme only what the file alone \
            tells. What needs the gateway's history (repeats of earlier records, reversals, sequence numbers, daily \
            limits) is judged there; series TEST is the dry run for it.

            Exit status 0: no finding refuses anything. 1: something is refused.

            EXAMPLES
              coalition validate batch.xml --programme programme \\
                --at 2026-03-18T02:10:00+01:00
              coalition validate batch.csv --programme programme --refused corrected.csv
            """)

    @Argument(help: "The batch file, XML or CSV.")
    var file: String

    @Option(help: ArgumentHelp("The programme's directory, or only one's own agreement in it.", valueName: "dir"))
    var programme: String?

    @Option(help: ArgumentHelp("The partner; that of the file's header by default.", valueName: "partner"))
    var partner: PartnerID?

    @Option(help: ArgumentHelp("The instant of receipt to judge for; now by default.", valueName: "instant"))
    var at: Timestamp?

    @Option(
        help: ArgumentHelp("Where to write the refused records, ready to be corrected and sent.", valueName: "file"))
    var refused: String?

    @Option(help: ArgumentHelp("The receipt that the file of refused records is to name.", valueName: "receipt"))
    var receipt: MessageID?

    @Option(help: "At most so many findings are printed.")
    var limit = 1000

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is 0 or more") }
    }

    func run() throws {
        let instant = at ?? HouseClock.machine()
        let rules = try programme.map { try ProgrammeSource.read($0).programme }
        var sink = ValidationSink(programme: rules, partner: partner, at: instant)
        let reader = BatchReader(hash: { SHA256.digest($0) })
        var whole: [Finding] = []
        do {
            try Files.forEachPiece(file) { try reader.feed($0, to: &sink) }
            whole = try reader.finish(to: &sink).findings
        } catch let refusal as Refusal {
            whole = refusal.findings
        }
        if whole.isEmpty, let finding = sink.threshold { whole.append(finding) }
        let findings = whole + sink.findings
        if let refused { try write(sink, to: refused, at: instant) }
        show(findings, sink)
        if findings.contains(where: \.refuses) { throw QuietExit(status: .refused) }
    }

    private func show(_ findings: [Finding], _ sink: ValidationSink) {
        let refusedRecords = sink.refused.count
        let verdict = "\(sink.count) records, \(refusedRecords) refused, \(findings.count) findings"
        let lines = findings.prefix(limit).map { finding in
            (finding.refuses ? "" : "warning ") + ErrorReport.line(finding)
        }
        let points = sink.points.sorted { $0.key.rawValue < $1.key.rawValue }
        let sums = points.map { "\($0.key.rawValue): \($0.value) points" }
        let members = points.map { ($0.key.rawValue, JSONValue.number($0.value)) }
        let value: JSONValue = [
            "records": .number(sink.count), "refused": .number(refusedRecords),
            "findings": .list(findings.prefix(limit).map { .encoded($0) }),
            "points": .object(Dictionary(uniqueKeysWithValues: members)),
        ]
        output.show(value, (lines + [verdict] + sums).joined(separator: "\n"))
    }

    /// Writes the refused records as a file of their own.
    private func write(_ sink: ValidationSink, to path: String, at instant: Timestamp) throws {
        guard let header = sink.header else { return }
        guard !sink.refused.isEmpty else {
            return Console.note("coalition: no record is refused; \(path) is not written")
        }
        let next = RefusedRecordsFile(
            correcting: header, receipt: receipt ?? MessageID(unchecked: "RCP-0"),
            sequenceNumber: header.sequenceNumber + 1, createdAt: instant, entries: sink.refused)
        guard let original = FileHandle(forReadingAtPath: file) else {
            throw UsageError("the file \(file) cannot be read")
        }
        defer { try? original.close() }
        var bytes: [UInt8] = []
        func read(_ offset: Int64, _ count: Int) throws -> [UInt8] {
            try original.seek(toOffset: UInt64(offset))
            return [UInt8](try original.read(upToCount: count) ?? Data())
        }
        func keep(_ piece: [UInt8]) throws { bytes += piece }
        try next.write(sink.refused, reading: read, to: keep)
        try Files.write(bytes, to: path)
        Console.note("\(path): \(sink.refused.count) records to correct")
    }
}

/// Judges records as they are read.
private struct ValidationSink: BatchSink {
    let programme: Programme?
    let partner: PartnerID?
    let instant: Timestamp
    private(set) var header: BatchHeader?
    private(set) var findings: [Finding] = []
    private(set) var refused: [RefusedRecordsFile.Entry] = []
    private(set) var points: [RecordType: Int64] = [:]
    private(set) var count = 0
    private var converter: RecordConverter?
    private var terms: Terms?

    init(programme: Programme?, partner: PartnerID?, at instant: Timestamp) {
        self.programme = programme
        self.partner = partner
        self.instant = instant
    }

    mutating func header(_ header: BatchHeader) throws(Refusal) {
        self.header = header
        if let partner, header.initiatingParty != partner {
            throw Refusal(.fil001, at: .whole.field("InitiatingParty"), value: header.initiatingParty.text)
        }
        if abs(header.createdAt.milliseconds - instant.milliseconds) > 86_400_000 {
            let place = Finding.Place.whole.field("CreationDateTime")
            findings.append(Finding(.fil009, at: place, value: header.createdAt.description))
        }
        guard let programme else { return }
        guard header.recipient == programme.host else {
            throw Refusal(.fil001, at: .whole.field("Recipient"), value: header.recipient.text)
        }
        guard header.programmeID == programme.id else {
            throw Refusal(.fil001, at: .whole.field("ProgrammeId"), value: header.programmeID)
        }
        guard let agreement = programme.agreement(header.initiatingParty), agreement.status == .active else {
            throw Refusal(.fil007, value: header.initiatingParty.text)
        }
        guard let window = programme.window(at: instant) else {
            throw Refusal(.win002, value: instant.description, detail: "the calendar has no window for this instant")
        }
        terms = agreement.terms(on: window.firstDay)
        converter = RecordConverter(
            programme: programme, agreement: agreement, window: window, acceptedAt: instant,
            hash: { SHA256.digest($0) })
    }

    /// FIL-010: refused records above what the agreement takes.
    var threshold: Finding? {
        terms?.rejection.finding(refused: Int64(refused.count), of: Int64(count))
    }

    mutating func record(_ outcome: RecordOutcome) throws(Refusal) {
        count += 1
        switch outcome {
        case .refused(let record):
            findings += record.findings
            refused.append(RefusedRecordsFile.Entry(record))
        case .parsed(let record):
            guard let candidate = converter?.convert(record) else { return findings += record.warnings }
            findings += candidate.findings
            switch candidate.effect {
            case .refuse:
                let amount = UnitAmount(unit: record.content.unit, units: record.content.units)
                let place = record.place
                refused.append(
                    RefusedRecordsFile.Entry(offset: place.offset, length: place.length, amount: amount))
            case .post(let plan): points[candidate.type, default: 0] += plan.points
            case .reverse: break
            }
        }
    }
}
