import Clearing
import FileStore
import House
import Journal
import Ledger
import OpenSSLKit
public import Primitives
import ProgrammeModel
import Transparency

/// Gathers the entries of one bundle. Each part of a bundle has a file of its own in this folder.
struct BundleCollector {
    let source: EvidenceSource
    let scope: EvidenceScope
    let hashing = OpenSSLTreeHashing()

    /// The fact that closed the window, its seal, and the checkpoint to which everything is proved.
    let closed: UInt64
    let seal: UInt64
    let checkpoint: EvidenceBook.Entry
    /// The leaves of the range, counted from 0.
    let range: Range<UInt64>

    var entries: [BundleEntry] = []
    /// Facts that are shown.
    var shown: Set<UInt64> = []
    /// Batches that are shown whole.
    var whole: Set<UInt64> = []
    /// Programme versions that records were judged by.
    var versions: Set<Int> = []
    /// Certificates by fingerprint.
    var certificates: [Digest32: Certificate] = [:]
    /// Revocation lists that judgements name.
    var revocationLists: Set<Digest32> = []
    /// Promotions that shown records name.
    var promotions: Set<String> = []
    /// Facts that erased or closed what would else be shown.
    var withholdings: Set<UInt64> = []
    /// Windows whose fixings shown lines name.
    var fixings: Set<WindowID> = []

    var house: HouseState { source.house }
    var log: SegmentLog { source.log }

    /// Places a scope in the log.
    ///
    /// - Throws: `Refusal` with ACT-004 for a window that is not closed or has no evidence.
    init(_ source: EvidenceSource, _ scope: EvidenceScope) throws {
        self.source = source
        self.scope = scope
        let house = source.house
        guard let closed = house.closings[scope.window] else {
            throw Refusal(.act004, value: scope.window.text, detail: "the window is not closed")
        }
        guard let seal = house.evidence.windows[scope.window], let checkpoint = house.evidence.all.last,
            checkpoint.size >= seal
        else {
            throw Refusal(.act004, value: scope.window.text, detail: "no checkpoint covers the window's close yet")
        }
        self.closed = closed
        self.seal = seal
        self.checkpoint = checkpoint
        let windows = house.windows.closed
        let index = windows.firstIndex(of: scope.window) ?? 0
        let before = index == 0 ? nil : house.evidence.cutOffs[windows[index - 1]]
        range = scope.isWhole ? (before.map { $0 - 1 } ?? 0)..<seal : 0..<0
    }

    /// Everything that the bundle holds.
    mutating func collect() throws {
        try collectFacts()
        try collectBatches()
        if scope.partner != nil, scope.isWhole { try collectShared() }
        try collectPriors()
        try collectActs()
        try collectAnswers()
        try collectKeys()
        try collectProgrammes()
        try collectStatements()
        try collectTrust()
        try collectLog()
        add("VERIFY.md", Array(VerifyGuide.text(scope, origin: try origin()).utf8))
    }

    mutating func add(_ name: String, _ bytes: [UInt8]) { entries.append(BundleEntry(name, bytes)) }

    /// Adds an attachment of a fact under another name.
    mutating func add(_ name: String, attachment: String, of sequence: UInt64) throws {
        add(name, try log.attachment(attachment, of: sequence))
    }

    /// Adds a document and its detached signature.
    mutating func addSigned(_ name: String, attachment: String, of sequence: UInt64) throws {
        try add(name, attachment: attachment, of: sequence)
        try add(name + ".p7s", attachment: attachment + ".p7s", of: sequence)
        try noteSigner(of: log.attachment(attachment + ".p7s", of: sequence))
    }

    /// Keeps the certificates that a signature carries.
    mutating func noteSigner(of signature: [UInt8]) throws {
        guard let parsed = try? CMSSignature(ber: signature, maximumBytes: signature.count) else { return }
        for der in parsed.embeddedCertificates {
            guard let certificate = try? Certificate(der: der) else { continue }
            certificates[certificate.fingerprint] = certificate
        }
    }

    /// Whether a fact is under the bundle's checkpoint, so that it can be proved.
    func isCovered(_ sequence: UInt64) -> Bool { sequence <= checkpoint.size }

    func origin() throws -> String {
        let note = try SignedNote(parsing: log.attachment("checkpoint.note", of: checkpoint.sequence))
        return try Checkpoint(parsing: note.text).origin
    }

    static func number(_ sequence: UInt64) -> String { Padding.zeros(Int(sequence), 10) }
}

/// Writes a house's evidence as a bundle.
public enum EvidenceBundle {
    /// Writes a bundle.
    ///
    /// - Parameters:
    ///   - key: signs the manifest.
    ///   - time: when it is made.
    ///   - sink: takes the archive's bytes.
    /// - Throws: `Refusal` with ACT-004 or NET-005 for a scope that has no evidence; `Fault` when the log or a store is
    ///   damaged; what the sink throws.
    public static func write(
        _ scope: EvidenceScope, from source: EvidenceSource, key: LogKey, at time: Timestamp,
        to sink: BundleEntry.Sink
    ) throws {
        var collector = try BundleCollector(source, scope)
        try collector.collect()
        guard let programme = source.house.programme else {
            throw Refusal(.act004, detail: "no programme is loaded")
        }
        let manifest = BundleManifest(
            scope: scope.pairs, programme: programme.id, host: programme.host.text,
            checkpointSize: collector.checkpoint.size, origin: try collector.origin(), made: time.description,
            entries: [])
        try BundleArchive.write(collector.entries, manifest: manifest, key: key, to: sink)
    }
}
