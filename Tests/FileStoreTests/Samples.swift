import FileStore
import Foundation
import Journal
import Primitives
import Synchronization
import TestKit

/// Facts and attachments for tests of the stores.
enum Samples {
    /// How many ways of tearing are tried at each event of a sweep; more of them in the long form of the tests.
    static let seedsPerEvent: UInt64 = TestLength.isLong ? 100 : 5

    static let start = Timestamp(milliseconds: 1_772_323_200_000)

    /// A fact without attachments.
    static func tick(_ sequence: UInt64) -> JournalEntry {
        let time = start.adding(milliseconds: Int64(sequence) * 1000)
        return JournalEntry(FactEnvelope(sequence: sequence, time: time, fact: .clockAdvanced(ClockAdvanced(to: time))))
    }

    /// A message's fact with a request and an answer of given sizes.
    static func message(
        _ sequence: UInt64, request: [UInt8], answer: [UInt8], hashing: Hashing
    ) throws -> JournalEntry {
        let time = start.adding(milliseconds: Int64(sequence) * 1000)
        let attachments = [
            Attachment(name: "request.cms", bytes: request), Attachment(name: "answer.cms", bytes: answer),
        ]
        let evidence = SignerEvidence(
            subject: "CN=Marché Pilote/O=Échantillon", serial: "0a1b", fingerprint: hashing.digest([1, 2, 3]),
            algorithm: "ecdsa-with-SHA256", signingTime: nil, judgedAt: time, revocationLists: [hashing.digest([4])],
            warnings: [Finding(.sto001, value: "a/b \"quoted\" \u{1F4A7}")])
        var record = RecordEntry(record: 1, offset: 12, length: 345)
        (record.type, record.status, record.units) = (.accrual, .accepted, Int64.max)
        let fact = MessageAnswered(
            partner: try PartnerID("MKT"), messageID: try MessageID("M-\(sequence)"),
            digest: hashing.digest(request[...]),
            status: .accepted, findings: [], signer: evidence, programmeVersion: 1, entry: record, posting: nil,
            attachments: attachments.map { $0.reference(hashing.digest) })
        return JournalEntry(
            FactEnvelope(sequence: sequence, time: time, fact: .messageAnswered(fact)), attachments: attachments)
    }

    /// Bytes that a seed determines.
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &+ 0x9E37_79B9_7F4A_7C15
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    /// Appends of one and of several facts, with small, large and zero attachments; they fill several pages.
    static func workload(hashing: Hashing) throws -> [[JournalEntry]] {
        var next: UInt64 = 0
        func one(_ sizes: (Int, Int)?) throws -> JournalEntry {
            next += 1
            guard let sizes else { return tick(next) }
            return try message(
                next, request: bytes(sizes.0, seed: next), answer: [UInt8](repeating: 0, count: sizes.1),
                hashing: hashing)
        }
        return [
            [try one(nil)], [try one((300, 0))], [try one((40, 5)), try one(nil), try one((5000, 700))],
            [try one((10, 9000))], [try one(nil), try one(nil)], [try one((4096, 4096)), try one(nil)],
        ]
    }
}

/// A folder of its own on the machine's disk.
struct TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/coalition-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

extension FileSystem {
    /// Changes a byte of a file, durably.
    func flip(_ path: String, at offset: Int64, mask: UInt8) throws {
        let file = try open(path, .write)
        var byte = try file.readOnce(at: offset, count: 1)
        byte[0] ^= mask
        _ = try file.writeOnce(byte[...], at: offset)
        try file.sync()
    }

    /// The whole of a file.
    func bytes(_ path: String) throws -> [UInt8] {
        let file = try open(path, .read)
        var out: [UInt8] = []
        while true {
            let piece = try file.readOnce(at: Int64(out.count), count: 1 << 20)
            if piece.isEmpty { return out }
            out += piece
        }
    }

    /// Replaces a file's bytes, durably.
    func replace(_ path: String, with bytes: [UInt8]) throws {
        let file = try kind(path) == nil ? open(path, .create) : open(path, .write)
        try file.truncate(to: 0)
        var offset = 0
        while offset < bytes.count { offset += try file.writeOnce(bytes[offset...], at: Int64(offset)) }
        try file.sync()
    }
}

/// The log of a finished run: what was acknowledged, to be compared with what a later start finds.
struct Acknowledged {
    var entries: [JournalEntry] = []
    /// The numbers at which appends ended.
    var boundaries: [UInt64] = [0]

    /// What is wrong with a log that should hold all of this, and nothing but whole appends beyond; nil for nothing.
    func complaint(about log: SegmentLog, workload: [[JournalEntry]]) throws -> String? {
        let allowed = Set(workload.reduce(into: [UInt64(0)]) { $0.append(($0.last ?? 0) + UInt64($1.count)) })
        guard log.lastSequence >= UInt64(entries.count) else {
            return "only \(log.lastSequence) of \(entries.count) acknowledged facts are there"
        }
        guard allowed.contains(log.lastSequence) else { return "the log ends within an append, at \(log.lastSequence)" }
        var found: [FactEnvelope] = []
        try log.replay(from: 1) { (envelope) throws(Fault) in found.append(envelope) }
        let expected = workload.flatMap(\.self).prefix(found.count)
        guard found == expected.map(\.envelope), found.count == Int(log.lastSequence) else {
            return "the facts are not those that were appended"
        }
        for entry in expected {
            let sequence = entry.envelope.sequence
            guard try log.rawFact(sequence) == FactCodec.encode(entry.envelope) else {
                return "bytes of fact \(sequence)"
            }
            for attachment in entry.attachments
            where try log.attachment(attachment.name, of: sequence) != attachment.bytes {
                return "attachment \(attachment.name) of fact \(sequence)"
            }
        }
        let verification = try log.verifyAll()
        return verification.facts == log.lastSequence && verification.head == log.head
            ? nil : "the verification differs"
    }
}
