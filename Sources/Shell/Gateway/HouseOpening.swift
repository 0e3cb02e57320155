public import FileStore
public import Journal
public import Logging
public import OpenSSLKit
public import Primitives
public import ProgrammeModel

/// Makes and opens houses on data directories.
public enum HouseOpening {
    /// SHA-256 by OpenSSL, for the stores.
    public static let hashing = Hashing(
        digest: { SHA256.digest($0) }, begin: { StreamedDigest() }, tree: OpenSSLTreeHashing())

    /// What the first fact says.
    public struct Founding: Sendable {
        /// Which clock the house lives by, for ever.
        public var clock: ClockKind
        /// The time of the first fact; a test clock starts here.
        public var at: Timestamp
        /// The coalition's authority, PEM.
        public var authorities: [String]
        /// The first officers.
        public var officers: [Officer]
        /// The host's signing certificate.
        public var hostCertificate: Certificate

        /// Joins what the first fact says.
        public init(
            clock: ClockKind, at: Timestamp, authorities: [String], officers: [Officer], hostCertificate: Certificate
        ) {
            self.clock = clock
            self.at = at
            self.authorities = authorities
            self.officers = officers
            self.hostCertificate = hostCertificate
        }
    }

    /// Creates a data directory and writes its first fact. A founding that ended before that fact can be made again.
    ///
    /// - Parameter files: the file system that the path is on.
    /// - Throws: `Refusal` with ACT-001 without a maker and another checker; `DataDirectoryError` when the
    ///   directory is in use or not empty; `Fault` when it cannot be written.
    public static func found(
        _ path: String, _ founding: Founding, files: any FileSystem = PosixFileSystem()
    ) throws {
        let makers = founding.officers.filter { $0.roles.contains(.maker) }
        let hasPair = makers.contains { maker in
            founding.officers.contains { $0.roles.contains(.checker) && $0.fingerprint != maker.fingerprint }
        }
        guard hasPair else { throw Refusal(.act001, detail: "a maker and another checker are needed") }
        let (directory, log) = try empty(path, files)
        let genesis = Genesis(
            clock: founding.clock, authorities: founding.authorities, officers: founding.officers,
            hostCertificate: founding.hostCertificate.pem)
        // The directory's lock is held until the fact is durable.
        try withExtendedLifetime(directory) {
            try log.append([JournalEntry(FactEnvelope(sequence: 1, time: founding.at, fact: .genesis(genesis)))])
        }
    }

    /// A new data directory, or one whose founding ended before its first fact, with its empty log.
    private static func empty(_ path: String, _ files: any FileSystem) throws -> (DataDirectory, SegmentLog) {
        let holder = "coalition init"
        do {
            let directory = try DataDirectory.create(path, files: files, holder: holder)
            return (directory, try directory.openLog(hashing: hashing))
        } catch DataDirectoryError.exists {
            let begun: DataDirectory
            do {
                begun = try DataDirectory.open(path, files: files, holder: holder)
            } catch DataDirectoryError.missing {
                throw DataDirectoryError.exists(path: path)
            }
            let log = try begun.openLog(hashing: hashing)
            guard log.lastSequence == 0 else { throw DataDirectoryError.exists(path: path) }
            return (begun, log)
        }
    }

    /// Opens a house for writing: takes the directory's lock and folds the log.
    ///
    /// - Parameters:
    ///   - holder: who takes the lock, for the message to others.
    ///   - revocationLists: the authority's lists.
    ///   - files: the file system that the path is on.
    ///   - recentIDs: how many transaction ids of a partner stay in memory before they become a run.
    /// - Throws: `DataDirectoryError` when another process holds the directory; `Fault` when the log is damaged.
    public static func open(
        _ path: String, holder: String, signer: HostSigner, revocationLists: [RevocationList],
        revocationGraceSeconds: Int64 = 0, limits: Limits = Limits(), files: any FileSystem = PosixFileSystem(),
        recentIDs: Int = 1 << 18, logger: Logger
    ) throws -> Clearinghouse {
        let directory = try DataDirectory.open(path, files: files, holder: holder)
        let log = try directory.openLog(hashing: hashing)
        let trust = try trust(log, revocationLists, graceSeconds: revocationGraceSeconds)
        return try Clearinghouse(
            Clearinghouse.Parts(
                journal: log, records: directory.records(hashing: hashing),
                originals: directory.originals(hashing: hashing), directory: directory,
                identities: directory.identityRuns(recentLimit: recentIDs), signer: signer, trust: trust,
                limits: limits, logger: logger))
    }

    /// The authorities of the first fact with revocation lists of today.
    static func trust(
        _ log: SegmentLog, _ lists: [RevocationList], graceSeconds: Int64
    ) throws -> TrustStore {
        guard case .genesis(let genesis) = try FactCodec.decode(try log.rawFact(1)[...]).fact else {
            throw Fault("the log does not begin with its first fact")
        }
        let certificates = try genesis.authorities.flatMap { try Certificate.all(inFile: Array($0.utf8)) }
        return try TrustStore(
            roots: certificates.filter(\.isSelfIssued), intermediates: certificates.filter { !$0.isSelfIssued },
            revocationLists: lists, revocation: .required(graceSeconds: graceSeconds))
    }
}

/// A digest over bytes that come in pieces, for the stores.
private final class StreamedDigest: RunningDigest {
    private let stream = DigestStream(.sha256)

    func update(_ bytes: ArraySlice<UInt8>) { stream.update(bytes.span) }

    func finish() -> Digest32 { stream.finalizeDigest32() }
}
