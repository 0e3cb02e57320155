import Evidence
import FileStore
import Foundation
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import Statements
import TestKit

/// A host that has all of its own keys and writes its log anew: another close of a window, signed, sealed and under a
/// new checkpoint. Everything that only the host signs fits together; what partners signed is as it was.
struct LyingHouse {
    /// What a close says: the outcome for each partner, and the documents by name.
    struct Close {
        var fact: WindowClosed
        var documents: [(name: String, bytes: [UInt8])]
        /// Whether the documents are signed by a partner's key.
        var isSignedByPartner = false

        /// Replaces a text within a document, once.
        mutating func replace(_ old: String, _ new: String, in name: String) throws {
            guard let index = documents.firstIndex(where: { $0.name == name }) else {
                throw ScenarioError("there is no document \(name)")
            }
            let text = String(decoding: documents[index].bytes, as: UTF8.self)
            guard let range = text.range(of: old) else { throw ScenarioError("\(name) has no '\(old)'") }
            documents[index].bytes = Array(text.replacingCharacters(in: range, with: new).utf8)
        }
    }

    private let folder: ScratchFolder
    private let audited: AuditedHouse
    private let signer: HostSigner
    private let partner: HostSigner
    /// Facts with what came with them that follow on the close, made for the instant of the next checkpoint.
    var later: (Timestamp) throws -> [(Fact, [Attachment])] = { _ in [] }

    init(_ audited: AuditedHouse) throws {
        self.audited = audited
        folder = try ScratchFolder("lying")
        try FileManager.default.copyItem(atPath: audited.data, toPath: folder.path("data"))
        for name in ["log", "derived"] {
            try FileManager.default.removeItem(atPath: folder.path("data/" + name))
            try FileManager.default.createDirectory(
                atPath: folder.path("data/" + name), withIntermediateDirectories: true)
        }
        let (host, marche) = (try audited.identity("host-signing"), try audited.identity("MARCHE-signing"))
        signer = try HostSigner(certificate: host.certificate, key: host.key)
        partner = try HostSigner(certificate: marche.certificate, key: marche.key)
    }

    /// The evidence of a window whose close was changed.
    func bundle(
        _ window: String, partner: String? = nil, _ change: (inout Close) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        try writeLog(try WindowID(window), change)
        return try AuditedHouse.bundle(
            folder.path("data"), key: audited.key,
            scope: EvidenceScope(
                window: try WindowID(window), partner: try partner.map { try PartnerID($0) }, part: .whole))
    }

    private func writeLog(_ window: WindowID, _ change: (inout Close) throws -> Void) throws {
        let old = try DataDirectory.inspect(audited.data, files: PosixFileSystem())
            .openLog(hashing: HouseOpening.hashing)
        let new = try SegmentLog.open(
            folder.path("data/log"), files: PosixFileSystem(), hashing: HouseOpening.hashing)
        var isClosed = false
        for sequence in 1...old.lastSequence {
            let envelope = try old.fact(sequence)
            switch envelope.fact {
            case .windowClosed(let fact) where fact.window == window:
                try append(try closed(fact, envelope, old, change), envelope, to: new)
                isClosed = true
            case .sealed(.window(var seal)) where isClosed:
                guard case .windowClosed(let close) = try new.fact(sequence - 1).fact else {
                    throw ScenarioError("the seal does not follow its close")
                }
                seal.documents = close.attachments.filter { !$0.name.hasSuffix(".p7s") }
                try append((.sealed(.window(seal)), []), envelope, to: new)
            case .checkpointSigned(var fact) where isClosed:
                for entry in try later(envelope.time) {
                    try append(entry, envelope, to: new, at: new.lastSequence + 1)
                }
                let checkpoint = try audited.key.checkpoint(try new.frontier)
                let attachments = try signed(
                    [("checkpoint.note", Array(checkpoint.note.utf8))], at: envelope.time, by: signer)
                (fact.size, fact.root) = (checkpoint.size, checkpoint.root)
                fact.attachments = attachments.map { $0.reference(SHA256.digest) }
                let entry = (Fact.checkpointSigned(fact), attachments)
                return try append(entry, envelope, to: new, at: new.lastSequence + 1)
            default:
                let attachments = try envelope.fact.attachments.map { reference in
                    Attachment(name: reference.name, bytes: try old.attachment(reference.name, of: sequence))
                }
                try append((envelope.fact, attachments), envelope, to: new)
            }
        }
    }

    private func closed(
        _ fact: WindowClosed, _ envelope: FactEnvelope, _ log: SegmentLog, _ change: (inout Close) throws -> Void
    ) throws -> (Fact, [Attachment]) {
        let names = fact.attachments.map(\.name).filter { !$0.hasSuffix(".p7s") }
        var close = Close(
            fact: fact, documents: try names.map { ($0, try log.attachment($0, of: envelope.sequence)) })
        try change(&close)
        let attachments = try signed(
            close.documents, at: envelope.time, by: close.isSignedByPartner ? partner : signer)
        close.fact.attachments = attachments.map { $0.reference(SHA256.digest) }
        return (.windowClosed(close.fact), attachments)
    }

    private func signed(
        _ documents: [(name: String, bytes: [UInt8])], at time: Timestamp, by signer: HostSigner
    ) throws -> [Attachment] {
        try documents.flatMap { name, bytes in
            [
                Attachment(name: name, bytes: bytes),
                Attachment(name: name + ".p7s", bytes: try signer.sign(bytes, at: time)),
            ]
        }
    }

    private func append(
        _ entry: (Fact, [Attachment]), _ envelope: FactEnvelope, to log: SegmentLog, at sequence: UInt64? = nil
    ) throws {
        let envelope = FactEnvelope(sequence: sequence ?? envelope.sequence, time: envelope.time, fact: entry.0)
        try log.append([JournalEntry(envelope, attachments: entry.1)])
    }
}
