import ArgumentParser
import Evidence
import FileStore
import Gateway
import House
import Inquiry
import Journal
import Primitives
import ProgrammeModel
import Transparency

/// Writes what proves a window, a partner's part of it, a file or a record.
struct EvidenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "Write the evidence of a window, a partner, a file or a record as one archive.",
        discussion: """
            The archive holds the originals with their signatures, certificates and revocation lists, receipts, signed \
            programme files, acts, statements, and the facts of the log with proofs that lead to one signed checkpoint. \
            Its list is signed with the log's key. 'coalition verify ARCHIVE.tar --trust PINS' checks it offline, and so \
            does Specs/verify. With --partner it shows what that partner may see.

            A running gateway gives a window's evidence to auditors and officers, and a partner's part also to that \
            partner; who of the host reads it is noted in the log.

            EXAMPLES
              coalition evidence --window W-2026-03B --out window.tar --data house
              coalition evidence --window W-2026-03B --partner MARCHE --out marche.tar --data house
              coalition evidence --file MARCHE/LIVE/3 --out file.tar --data house
              coalition evidence --record CLR-00000069-1 --out record.tar --data house
              coalition evidence --window W-2026-03B --partner MARCHE --out marche.tar \\
                --gateway gateway.example:7443 --tls-cert MARCHE-tls.pem --tls-key MARCHE-tls.key --ca ca.pem
            """)

    @Option(help: ArgumentHelp("A closed window.", valueName: "window"))
    var window: String?

    @Option(help: ArgumentHelp("Show only what this partner may see.", valueName: "partner"))
    var partner: String?

    @Option(help: ArgumentHelp("One file: PARTNER/SERIES/SEQUENCE.", valueName: "file"))
    var file: BatchArgument?

    @Option(help: ArgumentHelp("One record by its clearing reference: CLR-NUMBER-RECORD.", valueName: "record"))
    var record: String?

    @Option(help: ArgumentHelp("The archive to write; it must not exist.", valueName: "file"))
    var out: String

    @OptionGroup var place: PlaceOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let chosen = [window, file?.batch.description, record].compactMap { $0 }.count
        guard chosen == 1 else { throw UsageError("name one of --window, --file and --record") }
        if window == nil, partner != nil { throw UsageError("--partner goes with --window") }
        if window == nil, place.data == nil { throw UsageError("a file's or record's evidence needs --data") }
    }

    func run() async throws {
        guard let data = place.data else { return try await fetch() }
        let reader = try HouseReader(data)
        let source = EvidenceSource(
            log: reader.log, records: reader.records, originals: reader.originals, keys: reader.directory.keys,
            house: reader.house)
        let key = try LogKey(readFrom: reader.directory.keys)
        let scope = try scope(reader)
        let file = try NewFile(out)
        do {
            try EvidenceBundle.write(scope, from: source, key: key, at: reader.now) { try file.write($0) }
            try file.finish()
        } catch {
            file.discard()
            throw error
        }
        var report = Report()
        report.add("evidence", out)
        for (key, value) in scope.pairs { report.add(key, value) }
        report.add("bytes", file.count)
        report.add("log key", key.verifier.description)
        output.show(report)
    }

    /// Fetches the bundle from a gateway, which makes it.
    private func fetch() async throws {
        let name = ["EVD", window, partner].compactMap(\.self).joined(separator: "-") + ".tar"
        let (bytes, signature) = try await RemoteDocument(connection: place.connection, id: name).get()
        try HostDocuments(authority: place.connection.ca ?? "").verify(bytes, signature: signature ?? [])
        let file = try NewFile(out)
        try file.write(bytes[...])
        try file.finish()
        var report = Report()
        report.add("evidence", out)
        report.add("window", window)
        report.add("partner", partner)
        report.add("bytes", file.count)
        output.show(report)
    }

    private func scope(_ reader: HouseReader) throws -> EvidenceScope {
        if let batch = file?.batch {
            guard let attempt = reader.house.files.history(batch)?.holder, let window = attempt.window else {
                throw Refusal(.net005, value: batch.description, detail: "no file was received under this number")
            }
            return EvidenceScope(window: window, partner: batch.partner, part: .file(batch))
        }
        if let record {
            guard let location = RecordLocation(record) else {
                throw UsageError("'\(record)' is not a clearing reference such as CLR-00000069-1")
            }
            let source = try RecordSource(location, reader)
            guard let window = source.window else {
                throw Refusal(.net005, value: record, detail: "the record is in no window")
            }
            return EvidenceScope(window: window, partner: source.partner, part: .record(location))
        }
        guard let window, let id = try? WindowID(window) else { throw UsageError("'\(window ?? "")' is no window") }
        guard let partner else { return EvidenceScope(window: id) }
        guard let partnerID = try? PartnerID(partner) else { throw UsageError("'\(partner)' is no partner") }
        guard reader.house.programme?.agreement(partnerID) != nil else {
            throw Refusal(.net005, value: partner, detail: "there is no such partner")
        }
        return EvidenceScope(window: id, partner: partnerID)
    }
}
