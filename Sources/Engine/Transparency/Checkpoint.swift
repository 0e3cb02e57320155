public import Primitives

/// What a log says about itself at some size: its origin, its number of leaves and its root (C2SP tlog-checkpoint).
public struct Checkpoint: Hashable, Sendable {
    /// The log's name for itself; not empty, one line.
    public let origin: String
    /// The number of leaves.
    public let size: UInt64
    /// The root of the tree over them.
    public let root: Digest32
    /// Lines that another log has added; nothing may be concluded from them. Checkpoints that are made here have none.
    public let extensionLines: [String]

    /// States a log's size and root.
    ///
    /// - Throws: `NoteError` when the origin is empty or has control characters.
    public init(origin: String, size: UInt64, root: Digest32) throws(NoteError) {
        guard !origin.isEmpty, origin.utf8.allSatisfy({ $0 >= 0x20 }) else {
            throw .badCheckpoint("its origin is empty or has control characters")
        }
        (self.origin, self.size, self.root) = (origin, size, root)
        extensionLines = []
    }

    /// Reads the text of a note.
    ///
    /// - Throws: `NoteError` when it has fewer than three lines, an empty one, or a size or root that is written in
    ///   another way than `text` does.
    public init(parsing text: String) throws(NoteError) {
        guard text.utf8.last == 0x0A else { throw .badCheckpoint("it does not end with a line feed") }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3 else { throw .badCheckpoint("it has \(lines.count) lines and not three") }
        guard lines.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 0x20 } }) else {
            throw .badCheckpoint("it has an empty line or a control character")
        }
        guard let size = PlainDecimal.number(lines[1]) else {
            throw .badCheckpoint("its size is no decimal number without leading zeros")
        }
        guard let root = HashLine.hash(lines[2]) else { throw .badCheckpoint("its root is not 32 bytes in base64") }
        (origin, self.size, self.root) = (String(lines[0]), size, root)
        extensionLines = lines.dropFirst(3).map(String.init)
    }

    /// The text to be signed.
    public var text: String {
        ([origin, String(size), Base64.encode(root.bytes)] + extensionLines).map { $0 + "\n" }.joined()
    }
}

/// Numbers as these texts write them.
enum PlainDecimal {
    /// The number of a text; nil unless it is digits without leading zeros, and fits.
    static func number(_ text: some StringProtocol) -> UInt64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || !text.hasPrefix("0") else {
            return nil
        }
        return UInt64(text)
    }
}

/// Hashes as these texts write them.
enum HashLine {
    /// The hash of a line; nil unless it is 32 bytes in base64.
    static func hash(_ text: some StringProtocol) -> Digest32? {
        Base64.decode(text.utf8).flatMap { Digest32(bytes: $0) }
    }
}
