public import FileStore
public import House
import Journal
public import OpenSSLKit
public import Primitives
import ProgrammeModel

/// A key as lists show it: whose, for what, from when to when, and what speaks against it.
public struct KeyRow: Hashable, Sendable, Codable {
    /// SHA-256 of the certificate.
    public var fingerprint: Digest32
    /// `SIGN`, `TLS`, `OFFICER`, `AUDITOR` or `HOST_SIGN`.
    public var use: String
    /// The partner, or the host.
    public var owner: String
    /// The partner's id, or the officer's name.
    public var holder: String
    /// `PENDING`, `ACTIVE`, `ENDED`, `SUSPENDED`; `REVOKED` or `EXPIRED` where it would be active.
    public var state: String
    /// The first instant of its use.
    public var from: Timestamp
    /// When its use ends; nil while no end is set.
    public var until: Timestamp?
    /// `first fact`, `programme 3`, `key change`.
    public var enteredBy: String
    /// The fact that it came with.
    public var enteredFact: UInt64
    /// Since when it is suspended, and by which fact.
    public var suspendedSince: Timestamp?
    /// The fact that suspended it.
    public var suspendedFact: UInt64?
    /// The key that its owner named as its successor.
    public var replacedBy: Digest32?
    /// Since when a revocation list says that it is revoked.
    public var revokedSince: Timestamp?
    /// SHA-256 of that list.
    public var revokedBy: Digest32?
    /// When its certificate ends; nil where only the fingerprint is registered.
    public var expires: Timestamp?
    /// What should be done soon: 60, 30 and 7 days before its end.
    public var warning: String?

    /// Days before the end of a certificate from which a list warns, with rising urgency.
    public static let warningDays: [Int64] = [60, 30, 7]
}

/// Makes the list of keys: what the log says, and what revocation lists say now.
public struct KeyRows {
    private let house: HouseState
    private let lists: [RevocationList]
    private let now: Timestamp

    /// Looks at a house.
    ///
    /// - Parameters:
    ///   - lists: the revocation lists of now.
    ///   - now: the instant for states and warnings.
    public init(_ house: HouseState, lists: [RevocationList], now: Timestamp) {
        self.house = house
        self.lists = lists
        self.now = now
    }

    /// The lists of the last checkpoint, which the house keeps: for those who look at a data directory.
    ///
    /// - Throws: `Fault` when the log is damaged.
    public static func keptLists(
        _ house: HouseState, _ log: SegmentLog, _ originals: OriginalStore
    ) throws(Fault) -> [RevocationList] {
        guard let last = house.evidence.all.last,
            case .checkpointSigned(let fact) = try log.fact(last.sequence).fact
        else { return [] }
        var lists: [RevocationList] = []
        for digest in fact.revocationLists where try originals.contains(digest) {
            let file = try originals.original(digest)
            let bytes = try file.read(at: 0, count: Int(file.size))
            if let list = try? RevocationList(der: bytes) { lists.append(list) }
        }
        return lists
    }

    /// The rows in the order of the log.
    ///
    /// - Parameter owner: the partner whose keys are listed; nil for all, the host's own first.
    public func rows(for owner: PartnerID?) -> [KeyRow] {
        var rows = house.keys.entries.filter { owner == nil || $0.owner == owner }.map { row($0) }
        if owner == nil, let host = hostRow { rows.insert(host, at: 0) }
        return rows
    }

    private var hostRow: KeyRow? {
        guard let pem = house.genesis?.hostCertificate, let certificate = try? Certificate(pem: pem) else { return nil }
        let host = house.programme?.host ?? KeyBook.hostBeforeProgramme
        var row = KeyRow(
            fingerprint: certificate.fingerprint, use: "HOST_SIGN", owner: host.text, holder: host.text,
            state: KeyState.active.rawValue, from: certificate.notBefore, enteredBy: "first fact", enteredFact: 1)
        judge(certificate, &row)
        return row
    }

    private func row(_ entry: KeyEntry) -> KeyRow {
        let origin: (by: String, fact: UInt64) =
            switch entry.origin {
            case .firstFact: ("first fact", 1)
            case .programme(let version, let fact): ("programme \(version)", fact)
            case .keyChange(let fact): ("key change", fact)
            }
        let suspension = house.keys.suspensions[entry.fingerprint]
        var row = KeyRow(
            fingerprint: entry.fingerprint, use: entry.use.rawValue, owner: entry.owner.text, holder: entry.holder,
            state: house.keys.state(of: entry, at: now).rawValue, from: entry.activeFrom, until: entry.activeUntil,
            enteredBy: origin.by, enteredFact: origin.fact, suspendedSince: suspension?.at,
            suspendedFact: suspension?.fact, replacedBy: entry.replacedBy)
        if let pem = entry.pem, let certificate = try? Certificate(pem: pem) { judge(certificate, &row) }
        return row
    }

    /// What certificate and revocation lists say.
    private func judge(_ certificate: Certificate, _ row: inout KeyRow) {
        row.expires = certificate.notAfter
        // The earliest date counts, and the newest list that states it is named.
        for list in lists {
            guard let entry = list.entry(for: certificate) else { continue }
            if row.revokedSince.map({ entry.since <= $0 }) ?? true {
                (row.revokedSince, row.revokedBy) = (entry.since, list.digest)
            }
        }
        guard row.state == KeyState.active.rawValue else { return }
        if row.revokedSince != nil {
            row.state = "REVOKED"
        } else if certificate.notAfter <= now {
            row.state = "EXPIRED"
        } else {
            row.warning = Self.warning(until: certificate.notAfter, at: now)
        }
    }

    /// A warning for a certificate that ends soon, or nil.
    static func warning(until end: Timestamp, at now: Timestamp) -> String? {
        let left = (end.milliseconds - now.milliseconds) / 86_400_000
        guard let step = KeyRow.warningDays.last(where: { left < $0 }) else { return nil }
        return "its certificate ends in \(left) days, fewer than \(step)"
    }
}

extension Clearinghouse {
    /// The keys of a partner, or all of them, as they stand now.
    public func keyRows(for owner: PartnerID?) -> [KeyRow] {
        KeyRows(house, lists: trust.revocationLists, now: now).rows(for: owner)
    }
}
