import Evidence
public import FileStore
public import Journal
public import Ledger
import OpenSSLKit
public import Primitives
import ProgrammeModel

/// Refers to members by a digest under the secret of a batch. Without the secret a reference says nothing.
///
/// A file has a secret of its own; messages share one, and the number of the message's fact makes each reference
/// different.
struct MemberSecrets: MemberReferences {
    /// The number under which the secret of messages is kept.
    static let messages = LeafKeys.messages

    private let batch: UInt64
    private let isMessage: Bool
    private let hasher: HMACHasher
    private let secret: [UInt8]
    private let kept: KeptMemberReferences

    /// Takes a file's secret, making one for a new file.
    ///
    /// - Parameter isErased: whether a file's secret was erased.
    /// - Throws: `Fault` when the secret cannot be read or kept.
    init(keys: BatchKeys, batch: UInt64, isErased: @escaping @Sendable (UInt64) -> Bool) throws(Fault) {
        kept = KeptMemberReferences(keys: keys, isErased: isErased)
        self.batch = batch
        isMessage = false
        secret = try Self.secret(keys, batch)
        hasher = HMACHasher(key: secret)
    }

    /// Takes the secret of messages for one of them.
    init(
        _ messages: MessagesSecret, keys: BatchKeys, batch: UInt64, isErased: @escaping @Sendable (UInt64) -> Bool
    ) {
        kept = KeptMemberReferences(keys: keys, isErased: isErased)
        self.batch = batch
        isMessage = true
        (secret, hasher) = (messages.bytes, messages.hasher)
    }

    fileprivate static func secret(_ keys: BatchKeys, _ batch: UInt64) throws(Fault) -> [UInt8] {
        if let kept = try keys.key(of: batch) { return kept }
        let fresh: [UInt8]
        do {
            fresh = try SecureRandom.bytes(BatchKeys.byteCount)
        } catch {
            throw Fault("a secret for batch \(batch): \(error)")
        }
        return try keys.key(of: batch, orKeep: fresh)
    }

    /// Makes the tree over the batch's records.
    func sealer(window: WindowID, _ programme: Programme, _ catalogue: Catalogue) -> RecordSealer {
        let key = isMessage ? LeafKeys.ofMessage(batch, secret: secret) : secret
        return LeafKeys.sealer(key: key, window: window, programme, catalogue)
    }

    func reference(_ member: MemberNumber, batch: UInt64) throws(Fault) -> Digest16 {
        guard batch == self.batch else { return try kept.reference(member, batch: batch) }
        let message = KeptMemberReferences.message(member, ofMessage: isMessage ? batch : nil)
        return Digest16(hasher.code(message.span))
    }
}

/// The secret that messages share, ready to hash with.
struct MessagesSecret: Sendable {
    fileprivate let bytes: [UInt8]
    fileprivate let hasher: HMACHasher

    /// Takes the secret, making it for the first message.
    ///
    /// - Throws: `Fault` when it cannot be read or kept.
    init(_ keys: BatchKeys) throws(Fault) {
        bytes = try MemberSecrets.secret(keys, MemberSecrets.messages)
        hasher = HMACHasher(key: bytes)
    }
}

/// References of members under the secrets that are kept, and none that is made anew.
public struct KeptMemberReferences: MemberReferences {
    private let keys: BatchKeys
    private let isErased: @Sendable (UInt64) -> Bool

    /// Takes the secrets of a house.
    ///
    /// - Parameter isErased: whether a batch's own secret, when there is none, was erased: else it is a message.
    public init(keys: BatchKeys, isErased: @escaping @Sendable (UInt64) -> Bool) {
        self.keys = keys
        self.isErased = isErased
    }

    /// A member's reference under a batch's secret; zero when the secret is gone.
    ///
    /// - Throws: `Fault` when the secret cannot be read.
    public func reference(_ member: MemberNumber, batch: UInt64) throws(Fault) -> Digest16 {
        if let key = try keys.key(of: batch) {
            return Digest16(HMACSHA256.code(key: key, message: Self.message(member, ofMessage: nil)))
        }
        guard !isErased(batch), let key = try keys.key(of: MemberSecrets.messages) else { return .zero }
        return Digest16(HMACSHA256.code(key: key, message: Self.message(member, ofMessage: batch)))
    }

    /// What is hashed: the digits, after the number of its fact for a message.
    static func message(_ member: MemberNumber, ofMessage batch: UInt64?) -> [UInt8] {
        let number = batch.map { batch in (0..<8).map { UInt8(truncatingIfNeeded: batch >> UInt64(8 * $0)) } } ?? []
        return number + member.digitBytes
    }
}
