import Foundation
import OpenSSLKit
import Primitives

/// An authority's folder: `ca.pem`, `ca.key`, `crl.pem` and `index.json`, which lists what was issued.
struct AuthorityFolder {
    let path: String

    var certificateFile: String { path + "/ca.pem" }
    var keyFile: String { path + "/ca.key" }
    var revocationFile: String { path + "/crl.pem" }
    private var indexFile: String { path + "/index.json" }

    /// A certificate that was issued.
    struct Issued: Codable {
        var serial: String
        var subject: String
        var profile: String
        var fingerprint: Digest32
        var notBefore: Timestamp
        var notAfter: Timestamp
        var file: String
        var revokedSince: Timestamp?
    }

    /// What was issued, in order.
    ///
    /// - Throws: `UsageError` when the list cannot be read.
    func index() throws(UsageError) -> [Issued] {
        guard Files.exists(indexFile) else { return [] }
        do {
            return try JSONDecoder().decode([Issued].self, from: Data(try Files.read(indexFile)))
        } catch {
            throw UsageError("\(indexFile) is not a list of certificates", action: "restore the file")
        }
    }

    /// Keeps the list of what was issued.
    ///
    /// - Throws: `UsageError` when it cannot be written.
    func keep(_ index: [Issued]) throws(UsageError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(index) else { preconditionFailure("texts and instants always encode") }
        try Files.write([UInt8](data) + [0x0A], to: indexFile)
    }

    /// The authority.
    ///
    /// - Throws: `UsageError` when its files cannot be read.
    func authority(passwordFile: String?) throws -> CertificateAuthority {
        guard Files.exists(certificateFile), Files.exists(keyFile) else {
            throw UsageError("\(path) holds no authority", action: "make one with 'coalition pki ca'")
        }
        return try CertificateAuthority(
            certificate: try Files.certificate(certificateFile),
            key: try Files.key(keyFile, passwordFile: passwordFile))
    }

    /// Writes a new revocation list of everything that the index says is revoked.
    ///
    /// - Throws: `UsageError` when files cannot be read or written, `CryptoError` when the key cannot sign.
    @discardableResult
    func writeRevocationList(
        _ authority: CertificateAuthority, thisUpdate: Timestamp, nextUpdate: Timestamp
    ) throws -> RevocationList {
        guard thisUpdate < nextUpdate else {
            throw UsageError(
                "the list would end at \(nextUpdate), before it begins", action: "give a later --next-update")
        }
        let previous = Files.exists(revocationFile) ? try Files.revocationLists([revocationFile]).first : nil
        let revoked = try index().compactMap { issued in
            issued.revokedSince.map { RevocationList.Entry(serialHex: issued.serial, since: $0) }
        }
        let list = try authority.revocationList(
            after: previous, adding: revoked, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
        try Files.write(Array(list.pem.utf8), to: revocationFile)
        return list
    }
}

extension Timestamp {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// The instant so many days later.
    func adding(days: Int64) -> Timestamp { adding(milliseconds: days * Self.dayMilliseconds) }

    /// The instant cut to whole seconds, as certificates state it.
    var wholeSeconds: Timestamp { Timestamp(milliseconds: milliseconds / 1000 * 1000) }
}
