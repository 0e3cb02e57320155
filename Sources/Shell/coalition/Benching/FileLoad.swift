import Foundation
import Gateway
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transport
import Validation
import Wire

/// A signed batch file of sales, nine of ten accruals and the rest redemptions, ready to be uploaded.
struct FileLoad {
    /// What became of one file.
    struct Result {
        /// Bytes of the file.
        var bytes: Int64
        /// From the first byte sent to the receipt VALIDATED, seconds.
        var seconds: Double
        /// CPU seconds of the gateway until it was quiet again.
        var gatewayCPU: Double
        /// The most memory that the gateway ever had, MiB.
        var peakMiB: Double
        /// How often the log was flushed meanwhile.
        var flushes: Int
    }

    private let house: BenchHouse
    private let sender: BenchHouse.Sender
    private let file: SubmittedFile

    /// Writes and signs the file of a round, as the partner's next one.
    ///
    /// - Parameter folder: where to; the file of an earlier round is replaced.
    init(_ house: BenchHouse, records: Int, format: BatchFormat, round: Int, in folder: URL) throws {
        self.house = house
        sender = house.senders[0]
        let path = folder.appending(path: "batch").path
        let sequence = try house.filesSent(by: sender.partner) + Int64(round)
        try Self.write(sender, records: records, format: format, sequence: sequence, to: path)
        let signer = try house.signer(sender.partner, includesCertificate: true)
        file = try SubmittedFile(path, series: nil, sequence: nil) { digest in
            try signer.signDetached(digest: digest, at: HouseClock.machine().wholeSeconds)
        }
    }

    /// Uploads the file and waits until the gateway is quiet again.
    ///
    /// - Throws: `ClientFailure` when the gateway refuses the upload; `Fault` when not all records are accepted.
    func run() async throws -> Result {
        let clock = ContinuousClock()
        let (client, path) = (try house.client(sender.partner), file.path)
        let begin = UploadBegin(
            batch: BatchNumber(series: file.batch.series, sequence: file.batch.sequence), messageID: file.messageID,
            size: file.size, digest: file.digest, format: file.format, signature: file.signature)
        let (before, flushed) = (try await house.usageWhenQuiet(), try house.flushes())
        let start = clock.now
        let receipts = try await GatewayConnection.withConnection(client, log: HouseAccess.quietLogger) { connection in
            try await FileSource.withFile(path) { source in
                try await connection.upload(begin, from: source, until: .validated)
            }
        }
        let seconds = (clock.now - start) / .seconds(1)
        let after = try await house.usageWhenQuiet()
        guard let last = receipts.last, last.grade == .validated, !last.isCopy else {
            throw Fault("there is no new receipt VALIDATED")
        }
        guard ReceiptText(last.document).status == FileStatus.accepted.rawValue else {
            throw Fault("not all was accepted: \(String(decoding: last.document.prefix(900), as: UTF8.self))")
        }
        return Result(
            bytes: file.size, seconds: seconds, gatewayCPU: after.cpuSeconds - before.cpuSeconds,
            peakMiB: after.peakMiB, flushes: try house.flushes() - flushed)
    }

    // MARK: Making the file

    private static func write(
        _ sender: BenchHouse.Sender, records: Int, format: BatchFormat, sequence: Int64, to path: String
    ) throws {
        guard let made = Timestamp("2026-05-01T23:00:00Z"), let shared = CurrencyCode("SML") else {
            throw Fault("the bench's records cannot be made")
        }
        var totals = BatchTotals()
        for number in 1...records {
            totals.add(UnitAmount(unit: isRedemption(number) ? shared : sender.unit, units: units(number)))
        }
        var writer = BatchWriter(
            header: BatchHeader(
                format: format, messageID: MessageID(unchecked: "BENCH-FILE-\(sequence)"), createdAt: made,
                initiatingParty: sender.partner, recipient: try PartnerID("HOST"), programmeID: "SMILES",
                series: .live, sequenceNumber: sequence),
            totals: totals)
        try Files.write([], to: path)
        guard let handle = FileHandle(forWritingAtPath: path) else { throw Fault("\(path) cannot be written") }
        defer { try? handle.close() }
        for number in 1...records {
            writer.append(try record(number, sequence, isRedemption(number) ? shared : sender.unit))
            if number % 1000 == 0 { try handle.write(contentsOf: writer.drain()) }
        }
        writer.finish()
        try handle.write(contentsOf: writer.drain())
    }

    private static func isRedemption(_ number: Int) -> Bool { number % 10 == 0 }

    private static func units(_ number: Int) -> Int64 { Int64(5 + number * 7919 % 2500) }

    private static func record(_ number: Int, _ sequence: Int64, _ unit: CurrencyCode) throws -> RecordContent {
        guard let instant = Timestamp("2026-05-01T12:00:00Z"), let day = BusinessDate(year: 2026, month: 5, day: 1),
            let euro = CurrencyCode("EUR"), let member = MemberNumber(card(number * 7919 % 200_000))
        else { throw Fault("the bench's records cannot be made") }
        let units = units(number)
        var content = RecordContent(
            transactionID: try TransactionID("BENCH-F\(sequence)-\(number)"),
            type: isRedemption(number) ? .redemption : .accrual, occurredAt: instant, businessDate: day,
            account: MemberAccount(kind: .card, number: member), unit: unit, units: units)
        content.sale = Money(minorUnits: units * 10 + Int64(number % 10), currency: euro)
        content.store = "S\(number % 2000)"
        content.terminal = "T\(number % 10_000)"
        return content
    }

    /// A card's number: twelve digits of the issuer and the member, three of filling, and the check digit of Luhn.
    private static func card(_ member: Int) -> String {
        let digits = Array("9250".utf8).map { Int($0) - 48 } + String(100_000_000_00 + member).utf8.map { Int($0) - 48 }
        let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
            let doubled = digit.offset % 2 == 0 ? digit.element * 2 : digit.element
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return digits.map(String.init).joined() + String((10 - sum % 10) % 10)
    }
}
