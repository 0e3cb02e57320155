public import OpenSSLKit
public import Transparency

/// What a verifier trusts, given to it over another way than evidence: authorities and keys of logs.
///
/// A text file: PEM certificates, and lines `logkey` with the text of a verifier key. Everything else is a remark.
public struct PinsFile: Sendable {
    /// The coalition's authorities.
    public let authorities: [Certificate]
    /// Keys that sign checkpoints and manifests.
    public let logKeys: [VerifierKey]

    /// Joins both.
    public init(authorities: [Certificate], logKeys: [VerifierKey]) {
        self.authorities = authorities
        self.logKeys = logKeys
    }

    /// Reads a file.
    ///
    /// - Throws: `CryptoError` or `NoteError` when a certificate or key cannot be read.
    public init(reading bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        var certificates: [Certificate] = []
        var block: [Substring] = []
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("-----BEGIN") || !block.isEmpty {
            block.append(line)
            guard line.hasPrefix("-----END") else { continue }
            certificates += try Certificate.all(inFile: Array((block.joined(separator: "\n") + "\n").utf8))
            block = []
        }
        authorities = certificates
        var keys: [VerifierKey] = []
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("logkey ") {
            let key = line.dropFirst(7).filter { $0 != " " }
            keys.append(try VerifierKey(parsing: String(key)) { SHA256.digest($0) })
        }
        logKeys = keys
    }

    /// The file's text.
    public var text: String {
        let certificates = authorities.map { "# \($0.subject), SHA-256 \($0.fingerprint)\n\($0.pem)" }
        let keys = logKeys.map { "logkey \($0)\n" }
        return
            (["# What a verifier of the coalition's evidence trusts. Compare it with the host over another way.\n"]
            + certificates + keys).joined(separator: "\n")
    }
}
