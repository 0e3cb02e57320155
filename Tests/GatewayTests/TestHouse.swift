import FileStore
import Gateway
import House
import Journal
import Logging
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel
import TestKit
import Testing
import Validation

/// A clearing house on a data directory of its own, with officers and partners who sign.
final class TestHouse {
    /// The keys of the golden scenario's partners, made once per process.
    static let partners: [PartnerID: TestPKI.Partner] = {
        do {
            let keys = try ["BANQUE", "CARBU", "MARCHE", "RAILCO"].map { try TestPKI.shared.partner($0) }
            return Dictionary(uniqueKeysWithValues: keys.map { ($0.id, $0) })
        } catch {
            preconditionFailure("the partners' keys cannot be made: \(error)")
        }
    }()

    /// So few ids in memory that a handful of records makes runs and merges them.
    static let recentIDs = 2

    let folder: ScratchFolder
    let pki = TestPKI.shared
    let signer: HostSigner
    private let limits: Limits
    private var current: Clearinghouse?

    var path: String { folder.path("house") }
    var programmePath: String { folder.path("programme") }

    /// The house, which is open.
    var house: Clearinghouse {
        guard let current else { preconditionFailure("the house is closed") }
        return current
    }

    /// Founds a house with the test clock, opens it and loads a programme whose files everybody has signed.
    ///
    /// - Parameter change: what is different in a file of the golden programme, by its path.
    init(
        at start: String = "2026-03-01T00:00:00+01:00", limits: Limits = Limits(),
        change: [String: (String) throws -> String] = [:]
    ) async throws {
        self.limits = limits
        folder = try ScratchFolder("house")
        signer = try HostSigner(certificate: pki.hostSigning.certificate, key: pki.hostSigning.key)
        try HouseOpening.found(folder.path("house"), Self.founding(at: Timestamp(start).need(start)))
        try open()
        let loaded = try await load(try writeProgramme(change: change))
        guard loaded.version == 1 else { throw ScenarioError("the programme was not loaded: \(loaded.findings)") }
    }

    private func open() throws {
        current = try HouseOpening.open(
            path, holder: "test", signer: signer, revocationLists: [pki.revocationList], limits: limits,
            recentIDs: Self.recentIDs, logger: Self.silence)
    }

    /// What the first fact of a test's house says.
    static func founding(at start: Timestamp) -> HouseOpening.Founding {
        let pki = TestPKI.shared
        let officers = [
            Officer(name: "Maker", fingerprint: pki.maker.certificate.fingerprint, roles: [.maker]),
            Officer(name: "Checker", fingerprint: pki.checker.certificate.fingerprint, roles: [.checker]),
        ]
        return HouseOpening.Founding(
            clock: .test, at: start, authorities: [pki.authority.certificate.pem], officers: officers,
            hostCertificate: pki.hostSigning.certificate)
    }

    static var silence: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

    /// Ends the house and opens it again from what is on the disk.
    func reopen() throws {
        current = nil
        try open()
    }

    // MARK: Programme

    /// Writes the golden programme with certificates and all its signatures, and reads it back.
    ///
    /// - Parameter edit: changes a file's text when its certificates are in it, by its path.
    func writeProgramme(
        change: [String: (String) throws -> String] = [:], edit: (String, String) -> String = { $1 }
    ) throws -> ProgrammeDirectory {
        let certificates = Self.partners.mapValues { keys in
            [(CertificateUsage.signing, keys.signing), (.tls, keys.tls)].map { usage, identity in
                ScenarioCertificate(
                    usage: usage, pem: identity.certificate.pem, fingerprint: identity.certificate.fingerprint)
            }
        }
        let templates = try ScenarioProgramme.golden.map { file in
            guard let edit = change[file.path] else { return file }
            let text = try edit(String(decoding: file.bytes, as: UTF8.self))
            return SourceFile(path: file.path, kind: file.kind, bytes: Array(text.utf8))
        }
        let files = try ScenarioProgramme.write(to: programmePath, from: templates, certificates: certificates)
        for written in files {
            let text = edit(written.path, String(decoding: written.bytes, as: UTF8.self))
            let file = SourceFile(path: written.path, kind: written.kind, bytes: Array(text.utf8))
            try folder.write(file.bytes, to: "programme/\(file.path)")
            for (name, identity) in try signers(of: file) {
                let signature = try identity.signer().signDetached(file.bytes, at: TestPKI.noon)
                try folder.write(signature, to: "programme/\(file.path).\(name).p7s")
            }
        }
        return try ProgrammeDirectory.read(at: programmePath)
    }

    /// Whom a file binds, by the names of their signatures.
    private func signers(of file: SourceFile) throws -> [(String, TestPKI.Identity)] {
        var out = [("maker", pki.maker), ("checker", pki.checker)]
        switch file.kind {
        case .programme: break
        case .agreement: out.append((file.name, try partner(file.name).signing))
        case .promotion:
            let text = String(decoding: file.bytes, as: UTF8.self)
            for (id, keys) in Self.partners where text.contains("  \(id): ") { out.append((id.text, keys.signing)) }
        }
        return out
    }

    func load(_ directory: ProgrammeDirectory) async throws -> ProgrammeLoad { try await house.load(directory) }

    func partner(_ name: String) throws -> TestPKI.Partner { try Self.partners[PartnerID(name)].need(name) }

    // MARK: Files

    /// What became of a file that was sent.
    struct Sent {
        let batch: BatchID
        let digest: Digest32
        /// The receipts, oldest first.
        let receipts: [IssuedReceipt]

        /// The last receipt as it reads.
        var last: ReceiptReading {
            get throws { try ReceiptReading(receipts.last.need("a receipt")) }
        }
    }

    /// Makes a file of a partner, and lets the house receive and judge it.
    ///
    /// - Parameter edit: changes the header.
    func send(
        _ partner: String, _ sequence: Int64, _ records: [RecordContent], series: Series = .live,
        format: BatchFormat = .xml, began: Timestamp? = nil, edit: (inout BatchHeader) throws -> Void = { _ in }
    ) async throws -> Sent {
        let batch = BatchID(partner: try PartnerID(partner), series: series, sequence: sequence)
        let bytes = try await file(batch, records, format: format, edit: edit)
        return try await send(bytes, batch, format, began: began)
    }

    /// The bytes of a file that is made now.
    func file(
        _ batch: BatchID, _ records: [RecordContent], format: BatchFormat = .xml,
        edit: (inout BatchHeader) throws -> Void = { _ in }
    ) async throws -> [UInt8] {
        var file = try BatchFile(batch, at: await house.now, format: format)
        try edit(&file.header)
        return file.bytes(records)
    }

    /// Keeps a file's bytes and lets the house receive and judge them.
    ///
    /// - Parameters:
    ///   - signer: who signs; the partner where nothing is said.
    ///   - signature: the signature, where it is not to be a right one.
    ///   - began: when the upload began; now where nothing is said.
    func send(
        _ bytes: [UInt8], _ batch: BatchID, _ format: BatchFormat = .xml, signer: TestPKI.Identity? = nil,
        signature: [UInt8]? = nil, began: Timestamp? = nil
    ) async throws -> Sent {
        let file = try await arrive(bytes, batch, format, signer: signer, signature: signature, began: began)
        return try await receive(file)
    }

    /// Keeps a file's bytes as the gateway does before it tells the house.
    func arrive(
        _ bytes: [UInt8], _ batch: BatchID, _ format: BatchFormat = .xml, signer: TestPKI.Identity? = nil,
        signature: [UInt8]? = nil, began: Timestamp? = nil
    ) async throws -> ArrivedFile {
        let identity = try signer ?? Self.partners[batch.partner].need("\(batch.partner)").signing
        let now = await house.now
        let signature = try signature ?? identity.signer().signDetached(bytes, at: now)
        let digest = SHA256.digest(bytes)
        let originals = try inspected.originals(hashing: HouseOpening.hashing)
        let upload = UploadName(
            partner: batch.partner, series: batch.series, sequence: batch.sequence, digest: digest)
        let incoming = try originals.begin(upload).need("an upload")
        try incoming.append(bytes[...])
        guard try incoming.complete() == .kept(digest) else { throw ScenarioError("the bytes were not kept") }
        return ArrivedFile(
            batch: batch, digest: digest, signedDigest: digest.bytes, size: Int64(bytes.count), format: format,
            uploadBegan: began ?? now, signature: signature)
    }

    /// Lets the house receive and judge a file whose bytes are kept.
    func receive(_ file: ArrivedFile) async throws -> Sent {
        let (receipts, waiting) = try await house.receive(file)
        guard let waiting else { return Sent(batch: file.batch, digest: file.digest, receipts: receipts) }
        try await house.judge(waiting)
        let attempt = try await house.state.files.find(received: waiting).need("the arrival").attempt
        let all = try await house.receipts(of: attempt)
        #expect(Array(all.prefix(receipts.count)) == receipts, "receipts that were issued stay as they are")
        return Sent(batch: file.batch, digest: file.digest, receipts: all)
    }

    // MARK: Officers

    /// Lets the maker propose an act and the checker countersign it.
    @discardableResult
    func act(_ document: ActDocument) async throws -> ActOutcome {
        let bytes = document.bytes
        let now = await house.now
        let proposed = try await house.propose(
            document: bytes, signature: pki.maker.signer().signDetached(bytes, at: now))
        return try await house.countersign(
            digest: proposed.digest, signature: pki.checker.signer().signDetached(bytes, at: now))
    }

    /// Moves the clock.
    func advance(to instant: Timestamp) async throws { try await house.advanceClock(to: instant) }

    /// Moves the clock.
    func advance(to instant: String) async throws { try await advance(to: Timestamp(instant).need(instant)) }

    // MARK: What is on the disk

    /// The data directory, looked at beside the house.
    var inspected: DataDirectory {
        get throws { try DataDirectory.inspect(path, files: PosixFileSystem()) }
    }

    /// The log, looked at beside the house.
    func log() throws -> SegmentLog { try inspected.openLog(hashing: HouseOpening.hashing) }

    /// All facts.
    func facts() throws -> [FactEnvelope] {
        var out: [FactEnvelope] = []
        try log().replay(from: 1) { (envelope) throws(Fault) in out.append(envelope) }
        return out
    }

    /// All documents that closes have issued, with their signatures, by name.
    func documents() throws -> [String: [UInt8]] {
        let log = try log()
        var out: [String: [UInt8]] = [:]
        for envelope in try facts() {
            guard case .windowClosed(let closed) = envelope.fact else { continue }
            for reference in closed.attachments {
                out[reference.name] = try log.attachment(reference.name, of: envelope.sequence)
            }
        }
        return out
    }
}
