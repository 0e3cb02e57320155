public import FileStore
public import Journal
public import Ledger
import OpenSSLKit
public import Primitives
public import ProgrammeModel

/// The keys from which the salts of leaves are made. Specs/evidence.md.
public enum LeafKeys {
    /// The number under which the secret that messages share is kept.
    public static let messages: UInt64 = 0

    /// A message's own key: the secret of messages must not be shown with a salt of one of them.
    public static func ofMessage(_ sequence: UInt64, secret: [UInt8]) -> [UInt8] {
        let number = (0..<8).map { UInt8(truncatingIfNeeded: sequence >> UInt64(56 - 8 * $0)) }
        return HMACSHA256.code(key: secret, message: Array("CRK1".utf8) + number).bytes
    }

    /// The key of a file or message that is kept; nil when it is gone.
    ///
    /// - Throws: `Fault` when it cannot be read.
    public static func key(of batch: UInt64, isMessage: Bool, _ keys: BatchKeys) throws(Fault) -> [UInt8]? {
        guard isMessage else { return try keys.key(of: batch) }
        return try keys.key(of: messages).map { ofMessage(batch, secret: $0) }
    }

    /// Makes the tree over a batch's records.
    public static func sealer(
        key: [UInt8], window: WindowID, _ programme: Programme, _ catalogue: Catalogue
    ) -> RecordSealer {
        RecordSealer(key: key, window: window, hashing: LeafHasher()) { sealed($0, programme, catalogue) }
    }

    /// A line with the pair of its fixing.
    public static func sealed(_ line: LineKey, _ programme: Programme, _ catalogue: Catalogue) -> SealedLine {
        SealedLine(
            key: line, base: catalogue.prices[line.price]?.currency,
            quote: programme.agreement(line.partner)?.settlementCurrency)
    }
}

/// SHA-256 for the leaves of records and their trees, and AES-256 for their salts.
public struct LeafHasher: LeafHashing {
    private let trees = OpenSSLTreeHashing()

    /// Makes the hashes.
    public init() {}

    /// SHA-256 of the byte 0 and the data.
    public func leaf(_ data: Span<UInt8>) -> Digest32 { trees.leaf(data) }
    /// SHA-256 of the byte 1 and both hashes.
    public func node(_ left: Digest32, _ right: Digest32) -> Digest32 { trees.node(left, right) }
    /// SHA-256 of no bytes.
    public func empty() -> Digest32 { trees.empty() }
    /// SHA-256 of short bytes.
    public func digest(_ data: Span<UInt8>) -> Digest32 { OpenSSLTreeHashing.digest(data) }
    /// SHA-256 of a message that is padded to whole blocks.
    public func digest(_ message: borrowing HashMessage) -> Digest32 {
        OpenSSLTreeHashing.digest(padded: message.words.span)
    }
    /// Digests of leaves that hold the digest of their private part at a place.
    public func digests(
        _ count: Int, leaves: borrowing HashMessages, secrets: borrowing HashMessages, at place: Int
    ) -> [Digest32] {
        OpenSSLTreeHashing.digests(
            count, padded: leaves.words.span, stride: leaves.stride, holding: secrets.words.span,
            stride: secrets.stride, at: place)
    }
    /// The root of the tree over hashes that are a power of two in number.
    public func root(overPowerOfTwo hashes: [Digest32]) -> Digest32 { trees.root(overPowerOfTwo: hashes) }
    /// AES-256 of numbers, each as a block of 16 bytes with its most significant byte first.
    public func encrypt(_ numbers: Range<UInt32>, key: Digest32) -> [Digest16] {
        var words: [UInt64] = []
        words.reserveCapacity(numbers.count * 2)
        for number in numbers {
            words.append(0)
            words.append(UInt64(number))
        }
        AES256.encrypt(&words, key: key)
        return stride(from: 0, to: words.count, by: 2).map { Digest16(high: words[$0], low: words[$0 + 1]) }
    }
}

extension RecordSealer {
    /// What is kept beside the seal of its records.
    public var attachments: [Attachment] {
        var out: [Attachment] = []
        if !nodes.isEmpty { out.append(Attachment(name: "nodes.bin", bytes: nodes)) }
        if !shares.bytes.isEmpty { out.append(Attachment(name: "shares.bin", bytes: shares.bytes)) }
        return out
    }
}
