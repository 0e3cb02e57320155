public import Primitives

/// A proof for people without the log that a leaf stands in it: its place, its inclusion proof and the signed
/// checkpoint that this leads to (C2SP tlog-proof).
public struct LogProof: Hashable, Sendable {
    static let header = "c2sp.org/tlog-proof@v1"
    /// The most hashes that a tree's proof can have.
    static let maximumHashes = 63
    /// The most bytes that a proof may have: twice those of its checkpoint.
    public static let maximumBytes = 2 * SignedNote.maximumBytes

    /// Bytes for the reader that nothing vouches for, such as how the leaf's data are found; nil for none.
    public let extra: [UInt8]?
    /// The leaf, from 0.
    public let index: UInt64
    /// The inclusion proof, from the leaf's sibling upwards.
    public let hashes: [Digest32]
    /// The checkpoint with its signatures.
    public let note: SignedNote
    /// What the checkpoint says.
    public let checkpoint: Checkpoint

    /// Joins a proof with the checkpoint that it leads to.
    ///
    /// - Throws: `NoteError` when the note is no checkpoint, the leaf is not below its size, or the extra bytes are
    ///   there but empty.
    public init(
        index: UInt64, hashes: [Digest32], note: SignedNote, extra: [UInt8]? = nil
    ) throws(NoteError) {
        checkpoint = try Checkpoint(parsing: note.text)
        guard index < checkpoint.size else { throw .badProof("its leaf \(index) is beyond \(checkpoint.size)") }
        guard hashes.count <= Self.maximumHashes else { throw .badProof("it has \(hashes.count) hashes") }
        guard extra?.isEmpty != true else { throw .badProof("its extra bytes are none") }
        (self.index, self.hashes, self.note, self.extra) = (index, hashes, note, extra)
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
        var extra: [UInt8]?
        if let line = lines.first, line.hasPrefix("extra ") {
            guard let decoded = Base64.decode(line.dropFirst(6).utf8) else {
                throw .badProof("its extra bytes are not base64")
            }
            extra = decoded
            lines = lines.dropFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "), let index = PlainDecimal.number(line.dropFirst(6))
        else { throw .badProof("it has no index, a decimal number without leading zeros") }
        guard lines.count <= Self.maximumHashes else { throw .badProof("it has \(lines.count) hashes") }
        var hashes: [Digest32] = []
        for line in lines {
            guard let hash = HashLine.hash(line) else { throw .badProof("a hash is not 32 bytes in base64") }
            hashes.append(hash)
        }
        try self.init(
            index: index, hashes: hashes, note: try SignedNote(parsing: Array(bytes[(gap + 2)...])), extra: extra)
    }

    /// The proof's bytes.
    public var bytes: [UInt8] {
        var lines = [Self.header]
        if let extra { lines.append("extra \(Base64.encode(extra))") }
        lines.append("index \(index)")
        lines += hashes.map { Base64.encode($0.bytes) }
        return Array((lines.map { $0 + "\n" }.joined() + "\n").utf8) + note.bytes
    }

    /// Whether the proof leads from a leaf's hash to the root that the checkpoint states. Who signed the checkpoint is
    /// asked of `note.signers`.
    public func proves(_ leaf: Digest32, _ hashing: some TreeHashing) -> Bool {
        InclusionProof.isValid(
            hashes, leaf: leaf, index: index, size: checkpoint.size, root: checkpoint.root, hashing)
    }
}
