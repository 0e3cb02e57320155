public import Primitives

/// An Ed25519 key that verifies notes, with the name under which it signs (C2SP signed-note).
///
/// Its text is `name+01234567+base64`: the key id in hexadecimal digits, and the byte 1 with the public key.
public struct VerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// The byte that stands for Ed25519.
    static let ed25519: UInt8 = 1

    /// The key's name; for a log, the same as its origin.
    public let name: String
    /// The first four bytes of a digest of name and key, most significant first: a hint, not a proof.
    public let id: UInt32
    /// The 32 bytes of the public key.
    public let publicKey: [UInt8]

    /// Joins a name with a public key.
    ///
    /// - Parameters:
    ///   - name: Not empty, without plus signs, white space and control characters.
    ///   - publicKey: 32 bytes.
    ///   - digest: SHA-256.
    /// - Throws: `NoteError` when the name or the key's length is wrong.
    public init(name: String, publicKey: [UInt8], digest: ([UInt8]) -> Digest32) throws(NoteError) {
        guard Self.isName(name) else { throw .badName(name) }
        guard publicKey.count == 32 else { throw .badKey("it has \(publicKey.count) bytes and not 32") }
        self.name = name
        self.publicKey = publicKey
        id = Self.id(digest(Array(name.utf8) + [0x0A, Self.ed25519] + publicKey))
    }

    /// Reads a key's text.
    ///
    /// - Throws: `NoteError` when it is not one, or states another id than its name and key have.
    public init(parsing text: String, digest: ([UInt8]) -> Digest32) throws(NoteError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .badKey("it has fewer than three parts") }
        guard let bytes = Base64.decode(parts[2].utf8), bytes.first == Self.ed25519 else {
            throw .badKey("its last part is no Ed25519 key in base64")
        }
        try self.init(name: String(parts[0]), publicKey: Array(bytes.dropFirst()), digest: digest)
        guard parts[1] == hexadecimalID else { throw .badKey("its id is not \(hexadecimalID)") }
    }

    /// The key's text.
    public var description: String { "\(name)+\(hexadecimalID)+\(Base64.encode([Self.ed25519] + publicKey))" }

    /// The id as four bytes, most significant first.
    var idBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: id >> UInt32(24 - 8 * $0)) } }

    private var hexadecimalID: String { Hex.encode(idBytes) }

    private static func id(_ digest: Digest32) -> UInt32 { UInt32(digest.prefix.0 >> 32) }

    /// Whether a text can be a key's name.
    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { $0 != "+" && !$0.properties.isWhitespace && $0.value >= 0x20 }
    }
}
