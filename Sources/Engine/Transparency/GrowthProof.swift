public import Primitives

/// A proof for people without the log that it only grew: an earlier size with its root, the consistency proof, and the
/// later signed checkpoint that it leads to. Specs/evidence.md, "The auditor's next visit".
public struct GrowthProof: Hashable, Sendable {
    static let header = "coalition-growth 1"
    /// The most hashes that a proof between two sizes can have: one for each level, and the earlier tree's last node.
    static let maximumHashes = 64
    /// The most bytes that a proof may have: twice those of its checkpoint.
    public static let maximumBytes = 2 * SignedNote.maximumBytes

    /// The earlier number of leaves.
    public let size: UInt64
    /// The root over them.
    public let root: Digest32
    /// The consistency proof.
    public let hashes: [Digest32]
    /// The later checkpoint with its signatures.
    public let note: SignedNote
    /// What the later checkpoint says.
    public let checkpoint: Checkpoint

    /// Joins an earlier tree, a proof and the checkpoint that it leads to.
    ///
    /// - Throws: `NoteError` when the note is no checkpoint, is of a smaller tree, or the proof is too long.
    public init(size: UInt64, root: Digest32, hashes: [Digest32], note: SignedNote) throws(NoteError) {
        checkpoint = try Checkpoint(parsing: note.text)
        guard size <= checkpoint.size else { throw .badProof("its tree of \(size) is beyond \(checkpoint.size)") }
        guard hashes.count <= Self.maximumHashes else { throw .badProof("it has \(hashes.count) hashes") }
        (self.size, self.root, self.hashes, self.note) = (size, root, hashes, note)
        guard bytes.count <= Self.maximumBytes else { throw .badProof("it is longer than \(Self.maximumBytes) bytes") }
    }

    /// Reads a proof.
    ///
    /// - Throws: `NoteError` when it is not written as `bytes` does, or lacks a part.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.maximumBytes else { throw .badProof("it is longer than \(Self.maximumBytes) bytes") }
        guard let gap = bytes.indices.dropLast().first(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }) else {
            throw .badProof("it has no blank line before a checkpoint")
        }
        guard let text = String(validating: bytes[..<gap], as: UTF8.self) else { throw .badProof("it is not UTF-8") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst() == Self.header[...] else { throw .badProof("its first line is not \(Self.header)") }
        guard let line = lines.popFirst(), line.hasPrefix("size "), let size = PlainDecimal.number(line.dropFirst(5))
        else { throw .badProof("it has no size, a decimal number without leading zeros") }
        guard let line = lines.popFirst(), line.hasPrefix("root "), let root = HashLine.hash(line.dropFirst(5)) else {
            throw .badProof("it has no root, 32 bytes in base64")
        }
        guard lines.count <= Self.maximumHashes else { throw .badProof("it has \(lines.count) hashes") }
        var hashes: [Digest32] = []
        for line in lines {
            guard let hash = HashLine.hash(line) else { throw .badProof("a hash is not 32 bytes in base64") }
            hashes.append(hash)
        }
        try self.init(
            size: size, root: root, hashes: hashes, note: try SignedNote(parsing: Array(bytes[(gap + 2)...])))
    }

    /// The proof's bytes.
    public var bytes: [UInt8] {
        let lines = [Self.header, "size \(size)", "root \(Base64.encode(root.bytes))"]
        let all = lines + hashes.map { Base64.encode($0.bytes) }
        return Array((all.map { $0 + "\n" }.joined() + "\n").utf8) + note.bytes
    }

    /// Whether the earlier tree is the beginning of the one that the checkpoint states. Who signed the checkpoint is
    /// asked of `note.signers`.
    public func isValid(_ hashing: some TreeHashing) -> Bool {
        ConsistencyProof.isValid(
            hashes, first: size, firstRoot: root, second: checkpoint.size, secondRoot: checkpoint.root, hashing)
    }
}
