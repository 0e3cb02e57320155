import FileStore
import Journal
import Ledger
import OpenSSLKit
import Primitives

/// Refers to members by a digest under the secret of a batch. Without the secret a reference says nothing.
///
/// A file has a secret of its own; messages share one, and the number of the message's fact makes each reference
/// different.
struct MemberSecrets: MemberReferences {
    /// The number under which the secret of messages is kept.
    private static let messages: UInt64 = 0

    private let keys: BatchKeys
    private let batch: UInt64
    private let isMessage: Bool
    private let hasher: HMACHasher

    /// Takes a file's secret, making one for a new file.
    ///
    /// - Throws: `Fault` when the secret cannot be read or kept.
    init(keys: BatchKeys, batch: UInt64) throws(Fault) {
        self.keys = keys
        self.batch = batch
        isMessage = false
        hasher = HMACHasher(key: try Self.secret(keys, batch))
    }

    /// Takes the secret of messages, making it for the first one.
    ///
    /// - Throws: `Fault` when the secret cannot be read or kept.
    init(messagesOf keys: BatchKeys, batch: UInt64) throws(Fault) {
        self.keys = keys
        self.batch = batch
        isMessage = true
        hasher = HMACHasher(key: try Self.secret(keys, Self.messages))
    }

    private static func secret(_ keys: BatchKeys, _ batch: UInt64) throws(Fault) -> [UInt8] {
        if let kept = try keys.key(of: batch) { return kept }
        let fresh: [UInt8]
        do {
            fresh = try SecureRandom.bytes(BatchKeys.byteCount)
        } catch {
            throw Fault("a secret for batch \(batch): \(error)")
        }
        return try keys.key(of: batch, orKeep: fresh)
    }

    func reference(_ member: MemberNumber, batch: UInt64) throws(Fault) -> Digest16 {
        let digits = Array(member.digits.utf8)
        if batch == self.batch, !isMessage { return Digest16(hasher.code(digits.span)) }
        if let key = try keys.key(of: batch) { return Digest16(HMACSHA256.code(key: key, message: digits)) }
        let numbered = (0..<8).map { UInt8(truncatingIfNeeded: batch >> UInt64(8 * $0)) } + digits
        if isMessage { return Digest16(hasher.code(numbered.span)) }
        guard let key = try keys.key(of: Self.messages) else { return .zero }
        return Digest16(HMACSHA256.code(key: key, message: numbered))
    }
}
