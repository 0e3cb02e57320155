import HTTPTypes
import Journal
import NIOCore
import Primitives
import Serving
import Synchronization
import Transport
import Wire

/// Batch files: sent whole or in pieces, and what became of them. `Specs/api.md`, "Batch files".
struct BatchDesk {
    /// What a batch file may be.
    static let types = ["application/xml", "text/csv"]

    let desk: Desk

    // MARK: Sending

    /// Takes a file, or the rest of one.
    @concurrent
    func put(_ call: Call) async throws -> Answer {
        let number = try Self.number(call)
        let range = try Self.range(call)
        let begin = UploadBegin(
            batch: number, size: range.size, digest: try call.digest(),
            format: call.contentType == "text/csv" ? .csv : .xml, signature: try call.signature())
        guard begin.signature.count <= Limits().signatureBytes else { throw Refusal(.sig008) }
        switch try await desk.sessions.beginUpload(begin, from: call.peer) {
        case .stored: return try await outcome(call, number, isCopy: true)
        case .store(let sink):
            guard range.first <= sink.offset else {
                await sink.abandon()
                return Self.gap(sink.offset)
            }
            let end = try await Self.take(call.body, into: sink, range)
            guard end == range.size else {
                await sink.abandon()
                return Answer(status: .accepted, headers: [.uploadOffset: "\(end)"])
            }
            let issued = Issued()
            try await sink.finish(until: .received) { receipt in issued.last.withLock { $0 = receipt } }
            // Refused at the door: the number stays as it was, and the receipt alone says what was wrong.
            if let receipt = issued.last.withLock({ $0 }), receipt.status == "RJCT" {
                let findings = try HouseReadings.findings(in: receipt.document, of: receipt.id.text)
                return Problem.answer(Self.refusal(findings, number.description), receipts: [receipt.id.text])
            }
            return try await outcome(call, number, isCopy: false)
        }
    }

    /// The last receipt that an upload brought about.
    private final class Issued: Sendable {
        let last = Mutex<Wire.Receipt?>(nil)
    }

    /// Stores the bytes of a body from where the store goes on, and answers where the file ends then.
    ///
    /// - Throws: `Refusal` with API-001 when the body is not as long as its range says.
    @concurrent
    private static func take(_ body: CallBody, into sink: any UploadSink, _ range: ContentRange) async throws -> Int64 {
        var place = range.first
        do {
            while let piece = try await body.next() {
                let start = place
                place += Int64(piece.readableBytes)
                guard place <= range.last + 1 else { throw lengthDiffers(range) }
                // What is durable already is not stored again.
                let known = Int(min(max(sink.offset - start, 0), Int64(piece.readableBytes)))
                guard known < piece.readableBytes else { continue }
                _ = try await sink.write(Array(piece.readableBytesView.dropFirst(known)), at: start + Int64(known))
            }
            guard place == range.last + 1 else { throw lengthDiffers(range) }
        } catch {
            await sink.abandon()
            throw error
        }
        return max(place, sink.offset)
    }

    private static func lengthDiffers(_ range: ContentRange) -> Refusal {
        Refusal(
            .api001, detail: "the body does not have the \(range.last - range.first + 1) bytes that its head states")
    }

    /// The answer to bytes behind a gap.
    private static func gap(_ offset: Int64) -> Answer {
        var answer = Problem.answer(
            Refusal(
                .api001, at: .whole.field("Content-Range"), value: "\(offset)",
                detail: "bytes before it are missing; go on at the byte that Upload-Offset names"),
            as: .conflict)
        answer.headers[.uploadOffset] = "\(offset)"
        return answer
    }

    /// Which bytes a body has: those of `Content-Range`, else the whole file.
    private static func range(_ call: Call) throws(Refusal) -> ContentRange {
        let length = call.header(.contentLength).flatMap { Int64($0) }
        if let text = call.header(.contentRange) {
            guard let range = ContentRange(text), length == nil || length == range.last - range.first + 1 else {
                throw Refusal(
                    .api001, at: .whole.field("Content-Range"), value: text,
                    detail: "bytes FIRST-LAST/SIZE, as long as the body")
            }
            return range
        }
        guard let length, length > 0, let whole = ContentRange("bytes 0-\(length - 1)/\(length)") else {
            throw Refusal(
                .api001, at: .whole.field("Content-Length"), detail: "a file is sent with its length, 1 or more")
        }
        return whole
    }

    /// What became of a file that is there: the receipts so far, or those that the client waits for.
    private func outcome(_ call: Call, _ number: BatchNumber, isCopy: Bool) async throws -> Answer {
        let grade = ReceiptGrade(rawValue: call.query("until") ?? "VALIDATED") ?? .validated
        if call.waitSeconds > 0 { await wait(for: grade, number, call) }
        let batch = try HouseSessions.batch(number, call.peer)
        let file = try await desk.readings.file(batch)
        if file.status == "RJCT" {
            let findings = try await desk.readings.findings(batch)
            return Problem.answer(Self.refusal(findings, batch.description), receipts: file.receipts.map(\.id))
        }
        var answer = Answer.json(file, isCopy ? .ok : .created)
        answer.headers[.location] = "/v1/batches/\(number.series.rawValue)/\(number.sequence)"
        return answer
    }

    /// Waits for a receipt for as long as the client likes, and no longer. What is there then is answered.
    private func wait(for grade: ReceiptGrade, _ number: BatchNumber, _ call: Call) async {
        let (sessions, peer, seconds) = (desk.sessions, call.peer, call.waitSeconds)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await sessions.wait(ReceiptWait(batch: number, grade: grade), from: peer) }
            group.addTask { try? await Task.sleep(for: .seconds(seconds)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// The refusal that a receipt states.
    private static func refusal(_ findings: HouseReadings.Findings, _ batch: String) -> Refusal {
        let found = findings.findings.compactMap { row in
            ReasonCode(row.code).map { code in
                var finding = Finding(
                    code, at: Finding.Place(record: row.record ?? 0, field: row.field), value: row.value,
                    detail: row.detail)
                finding.severity = Severity(rawValue: row.severity) ?? code.severity
                return finding
            }
        }
        // What refuses comes first: its code is the answer's.
        let ordered = found.filter(\.refuses) + found.filter { !$0.refuses }
        return ordered.isEmpty ? Refusal(.fil010, value: batch) : Refusal(ordered)
    }

    /// How much of an upload is durable.
    func offset(_ call: Call) throws -> Answer {
        let number = try Self.number(call)
        guard let digest = Digest32(hex: call.parameter("sha256")) else { throw Refusal(.net005) }
        let offset = try desk.sessions.offset(of: digest, number.series, number.sequence, for: call.peer)
        var answer = Answer.json(["offset": offset])
        answer.headers[.uploadOffset] = "\(offset)"
        return answer
    }

    // MARK: Asking

    /// What became of a file.
    func status(_ call: Call) async throws -> Answer {
        .json(try await desk.readings.file(try await batch(call)))
    }

    /// What was found in a file.
    func findings(_ call: Call) async throws -> Answer {
        .json(try await desk.readings.findings(try await batch(call)))
    }

    private func batch(_ call: Call) async throws -> BatchID {
        let number = try Self.number(call)
        let item = "batch \(number.series.rawValue)/\(number.sequence)"
        let partner = try await desk.sessions.subject(call.query("partner"), item, for: call.peer)
        return BatchID(partner: partner, series: number.series, sequence: number.sequence)
    }

    /// The number that a path names.
    ///
    /// - Throws: `Refusal` with API-001 when it is none.
    private static func number(_ call: Call) throws(Refusal) -> BatchNumber {
        guard let series = Series(rawValue: call.parameter("series")),
            let sequence = Int64(call.parameter("sequence")), sequence > 0
        else {
            throw Refusal(
                .api001, at: .whole.field("path"), detail: "a file is named by its series, LIVE or TEST, and its number"
            )
        }
        return BatchNumber(series: series, sequence: sequence)
    }
}
