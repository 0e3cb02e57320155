import Demonstration
import Evidence
import FileStore
import Foundation
import Gateway
import House
import Journal
import Ledger
import Logging
import OpenSSLKit
import Primitives
import TestKit

/// The golden scenario as it was played over TLS, with its evidence in bundles; made once per process.
struct AuditedHouse: Sendable {
    let folder: ScratchFolder
    let key: LogKey
    let pins: PinsFile
    /// Its data directory.
    var data: String { folder.path("demo/data") }

    static let shared = Task { try await AuditedHouse() }

    static let windows = ["W-2026-03A", "W-2026-03B", "W-2026-04A", "W-2026-04B"]
    static let partners = ["BANQUE", "CARBU", "MARCHE", "RAILCO"]

    private init() async throws {
        folder = try ScratchFolder("audited")
        _ = try await Story(
            folder: URL(filePath: folder.path("demo")),
            logger: Logger(label: "story") { _ in SwiftLogNoOpLogHandler() }
        ) { _ in }.play()
        let directory = try DataDirectory.inspect(folder.path("demo/data"), files: PosixFileSystem())
        key = try LogKey(readFrom: directory.keys)
        let ca = try Data(contentsOf: URL(filePath: folder.path("demo/pki/ca.pem")))
        pins = PinsFile(authorities: try Certificate.all(inFile: [UInt8](ca)), logKeys: [key.verifier])
        try folder.write(pins.text, to: "pins.pem")
    }

    /// Where the pins file is.
    var pinsPath: String { folder.path("pins.pem") }

    /// A certificate of the demonstration with its key, such as `MARCHE-tls`.
    func identity(_ name: String) throws -> TestPKI.Identity {
        func read(_ ending: String) throws -> String {
            try String(contentsOf: URL(filePath: folder.path("demo/pki/\(name).\(ending)")), encoding: .utf8)
        }
        return TestPKI.Identity(
            certificate: try Certificate(pem: read("pem")), key: try PrivateKey(pem: read("key")))
    }

    /// The evidence of a scope.
    func bundle(_ window: String, partner: String? = nil, part: EvidenceScope.Part = .whole) throws -> [UInt8] {
        try Self.bundle(
            data, key: key,
            scope: EvidenceScope(
                window: try WindowID(window), partner: try partner.map { try PartnerID($0) }, part: part))
    }

    /// The evidence of a scope out of a data directory.
    static func bundle(_ data: String, key: LogKey, scope: EvidenceScope) throws -> [UInt8] {
        let directory = try DataDirectory.inspect(data, files: PosixFileSystem())
        let log = try directory.openLog(hashing: HouseOpening.hashing)
        let records = directory.records(hashing: HouseOpening.hashing)
        let history = History(facts: log, records: records, identities: directory.identityRuns())
        let house = try HouseFold(directory, log: log, history: history).house
        let source = EvidenceSource(
            log: log, records: records, originals: directory.originals(hashing: HouseOpening.hashing),
            keys: directory.keys, house: house)
        var out: [UInt8] = []
        try EvidenceBundle.write(scope, from: source, key: key, at: house.lastTime) { out += $0 }
        return out
    }
}
