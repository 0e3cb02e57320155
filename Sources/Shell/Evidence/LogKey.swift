public import FileStore
import Journal
import OpenSSLKit
public import Primitives
public import Statements
public import Transparency

/// The key that signs checkpoints of the log and manifests of evidence. Specs/evidence.md.
public struct LogKey: Sendable {
    /// The public half, under the log's name.
    public let verifier: VerifierKey
    private let key: Ed25519PrivateKey

    /// Takes the key of a house, making it for a new one.
    ///
    /// - Throws: `Fault` when it cannot be read or kept.
    public init(keys: BatchKeys) throws(Fault) {
        do {
            let seed: [UInt8]
            if let kept = try keys.key(named: BatchKeys.checkpoint) {
                seed = kept
            } else {
                seed = try keys.key(named: BatchKeys.checkpoint, orKeep: try SecureRandom.bytes(BatchKeys.byteCount))
            }
            try self.init(seed: seed)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault("the key of checkpoints: \(error)")
        }
    }

    /// Takes the key of a house that is only looked at.
    ///
    /// - Throws: `Fault` when there is none or it cannot be read.
    public init(readFrom keys: BatchKeys) throws(Fault) {
        guard let seed = try keys.key(named: BatchKeys.checkpoint) else {
            throw Fault("the house has no key of checkpoints yet: it is made when a gateway opens it")
        }
        do { try self.init(seed: seed) } catch { throw Fault("the key of checkpoints: \(error)") }
    }

    private init(seed: [UInt8]) throws {
        key = try Ed25519PrivateKey(seed: seed)
        let bytes = key.publicKey.bytes
        verifier = try VerifierKey(name: Self.origin(of: bytes), publicKey: bytes) { SHA256.digest($0) }
    }

    /// The log's name: it follows from its key, so that no two logs share one.
    public static func origin(of publicKey: [UInt8]) -> String {
        "coalition.log/" + SHA256.digest(publicKey).description.prefix(16)
    }

    /// A signed note with a text.
    ///
    /// - Throws: `Fault` when the text is none of a note.
    public func note(_ text: String) throws(Fault) -> SignedNote {
        do {
            return try SignedNote(text, key: verifier, sign: key.sign)
        } catch {
            throw Fault("signing a note: \(error)")
        }
    }

    /// The signature over bytes that are no note of their own, as a note's signature line with its line end.
    ///
    /// - Throws: `Fault` when the bytes are not text that ends with a line end.
    public func signatureLine(over text: String) throws(Fault) -> String {
        String(decoding: try note(text).bytes.dropFirst(text.utf8.count + 1), as: UTF8.self)
    }

    /// A signed checkpoint of a log.
    ///
    /// - Throws: `Fault` when it cannot be signed.
    public func checkpoint(_ frontier: TreeFrontier) throws(Fault) -> StatementCheckpoint {
        try checkpoint(size: frontier.size, root: frontier.root(OpenSSLTreeHashing()))
    }

    /// A signed checkpoint with a size and root.
    ///
    /// - Throws: `Fault` when it cannot be signed.
    public func checkpoint(size: UInt64, root: Digest32) throws(Fault) -> StatementCheckpoint {
        let text: String
        do {
            text = try Checkpoint(origin: verifier.name, size: size, root: root).text
        } catch {
            throw Fault("a checkpoint: \(error)")
        }
        let note = try note(text)
        return StatementCheckpoint(
            origin: verifier.name, size: size, root: root, note: String(decoding: note.bytes, as: UTF8.self))
    }
}
