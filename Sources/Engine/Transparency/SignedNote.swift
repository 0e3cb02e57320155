import Primitives

/// A signature of a note, by a key that may or may not be known.
public struct NoteSignature: Hashable, Sendable {
    /// The name of the key.
    public let name: String
    /// The id of the key.
    public let keyID: UInt32
    /// The signature itself, at least one byte; of Ed25519 keys 64.
    public let bytes: [UInt8]

    /// Its line, without the line feed.
    var line: String {
        let id = (0..<4).map { UInt8(truncatingIfNeeded: keyID >> UInt32(24 - 8 * $0)) }
        return "\u{2014} \(name) \(Base64.encode(id + bytes))"
    }

    /// A signature by a key.
    init(_ key: VerifierKey, _ bytes: [UInt8]) { (name, keyID, self.bytes) = (key.name, key.id, bytes) }

    /// Reads a line without its line feed.
    init(parsing line: Substring) throws(NoteError) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "\u{2014}", VerifierKey.isName(parts[1]) else {
            throw .badNote("a signature's line is not a dash, a name and base64")
        }
        guard let all = Base64.decode(parts[2].utf8), all.count > 4 else {
            throw .badNote("a signature is not more than four bytes in base64")
        }
        name = String(parts[1])
        keyID = all.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(all.dropFirst(4))
    }
}

/// A text with the signatures of one or more keys below it (C2SP signed-note).
///
/// What was read is written again byte for byte. Nothing in it may be believed before `signers` has answered.
public struct SignedNote: Hashable, Sendable {
    /// The most signatures that a note may have.
    public static let maximumSignatures = 64
    /// The most bytes that a note may have: 1 MiB.
    public static let maximumBytes = 1 << 20

    /// The text that is signed; it ends with a line feed.
    public let text: String
    /// The signatures, at least one, in the order of their lines.
    public private(set) var signatures: [NoteSignature]

    /// Checks whether a signature by a public key belongs to a message: Ed25519 over all bytes of the text.
    public typealias Check = (_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) -> Bool

    /// Signs a text.
    ///
    /// - Parameters:
    ///   - text: Ends with a line feed and has no other control characters.
    ///   - key: The key's public half and name.
    ///   - sign: Makes the Ed25519 signature of a message.
    /// - Throws: `NoteError` when the text cannot be signed.
    public init(_ text: String, key: VerifierKey, sign: ([UInt8]) -> [UInt8]) throws(NoteError) {
        try Self.check(Array(text.utf8))
        guard text.hasSuffix("\n") else { throw .badNote("the text does not end with a line feed") }
        self.text = text
        signatures = [NoteSignature(key, sign(Array(text.utf8)))]
        guard bytes.count <= Self.maximumBytes else { throw .badNote("it is longer than \(Self.maximumBytes) bytes") }
    }

    /// Reads a note.
    ///
    /// - Throws: `NoteError` when it is not UTF-8, has control characters, is longer than the limits, or lacks parts.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        try Self.check(bytes)
        guard let whole = String(validating: bytes, as: UTF8.self) else { throw .badNote("it is not UTF-8") }
        // The last blank line parts text and signatures; the text may have others.
        guard let gap = Self.lastBlankLine(bytes) else { throw .badNote("it has no blank line before signatures") }
        let parts = whole.utf8
        let divide = parts.index(parts.startIndex, offsetBy: gap + 1)
        let below = whole[parts.index(after: divide)...]
        guard below.utf8.last == 0x0A else { throw .badNote("it does not end with a line feed") }
        let lines = below.dropLast().split(
            separator: "\n", maxSplits: Self.maximumSignatures, omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumSignatures else {
            throw .badNote("it has more than \(Self.maximumSignatures) signatures")
        }
        text = String(whole[..<divide])
        signatures = []
        for line in lines { signatures.append(try NoteSignature(parsing: line)) }
    }

    /// The note's bytes.
    public var bytes: [UInt8] { Array((text + "\n" + signatures.map { $0.line + "\n" }.joined()).utf8) }

    /// Those of the known keys that have signed the text.
    ///
    /// Signatures by other keys say nothing and are passed over, also those that share a known key's name or id.
    ///
    /// - Throws: `NoteError` when a signature of a known key does not belong to the text, or none is by a known key.
    public func signers(among keys: [VerifierKey], _ isValid: Check) throws(NoteError) -> [VerifierKey] {
        let message = Array(text.utf8)
        var found: [VerifierKey] = []
        for signature in signatures {
            for key in keys where key.name == signature.name && key.id == signature.keyID {
                guard signature.bytes.count == 64, isValid(signature.bytes, message, key.publicKey) else {
                    throw .wrongSignature(key.name)
                }
                if !found.contains(key) { found.append(key) }
            }
        }
        guard !found.isEmpty else { throw .notSigned }
        return found
    }

    /// The note with one more signature, below those that it has.
    ///
    /// - Throws: `NoteError` when it has as many as it may.
    public func signed(by key: VerifierKey, sign: ([UInt8]) -> [UInt8]) throws(NoteError) -> SignedNote {
        guard signatures.count < Self.maximumSignatures else {
            throw .badNote("it has \(Self.maximumSignatures) signatures already")
        }
        var note = self
        note.signatures.append(NoteSignature(key, sign(Array(text.utf8))))
        return note
    }

    private static func check(_ bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= maximumBytes else { throw .badNote("it is longer than \(maximumBytes) bytes") }
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else { throw .badNote("it has a control character") }
    }

    /// Where the line feed stands that ends the text before the last blank line.
    private static func lastBlankLine(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 2 else { return nil }
        return (0..<bytes.count - 1).last { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }
    }
}
