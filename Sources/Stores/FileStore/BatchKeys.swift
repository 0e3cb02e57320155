public import Primitives

/// The secret of each batch, under which its entries refer to members: 32 bytes in a file of its own.
///
/// A secret is durable before anyone can use it. Removing the file makes the batch's references unlinkable for ever.
/// A file is the secret and its CRC-32.
public struct BatchKeys: Sendable {
    /// Bytes of a secret.
    public static let byteCount = 32
    /// The name of the secret half of the key that signs checkpoints.
    public static let checkpoint = "checkpoint"
    static let checkpointFile = checkpoint + ".key"

    private let directory: String
    private let files: any FileSystem

    /// Takes the secrets in a folder, which must exist.
    public init(_ directory: String, files: any FileSystem) {
        self.directory = directory
        self.files = files
    }

    /// The secret of a batch; nil when there is none.
    ///
    /// - Throws: `Fault` when it cannot be read or is damaged.
    public func key(of batch: UInt64) throws(Fault) -> [UInt8]? { try key(named: name(batch)) }

    /// A secret that belongs to no batch, by its name; nil when there is none.
    ///
    /// - Throws: `Fault` when it cannot be read or is damaged.
    public func key(named name: String) throws(Fault) -> [UInt8]? {
        let path = "\(directory)/\(name).key"
        guard let bytes = try orFault(try files.readWhole(path)) else { return nil }
        guard bytes.count == Self.byteCount + 4, FieldReader.isChecked(bytes[...]) else {
            throw Fault("\(path): the secret is damaged")
        }
        return Array(bytes.prefix(Self.byteCount))
    }

    /// The secret of a batch; the fresh one becomes it, durably, when there is none yet.
    ///
    /// - Parameter fresh: 32 random bytes.
    /// - Throws: `Fault` when it cannot be read or written or is damaged.
    public func key(of batch: UInt64, orKeep fresh: [UInt8]) throws(Fault) -> [UInt8] {
        try key(named: name(batch), orKeep: fresh)
    }

    /// A secret by its name; the fresh one becomes it, durably, when there is none yet.
    ///
    /// - Throws: `Fault` when it cannot be read or written or is damaged.
    public func key(named name: String, orKeep fresh: [UInt8]) throws(Fault) -> [UInt8] {
        precondition(fresh.count == Self.byteCount, "a secret has 32 bytes")
        if let kept = try key(named: name) { return kept }
        var bytes = fresh
        bytes.appendLE(CRC32.checksum(fresh[...]))
        try orFault(try files.writeAtomically(bytes, to: name + ".key", in: directory))
        return fresh
    }

    /// Removes the secret of a batch durably; it may be missing.
    ///
    /// - Throws: `Fault` when it cannot be removed.
    public func remove(of batch: UInt64) throws(Fault) {
        let path = "\(directory)/\(name(batch)).key"
        guard try orFault(try files.kind(path)) != nil else { return }
        try orFault(try files.remove(path))
        try orFault(try files.syncDirectory(directory))
    }

    private func name(_ batch: UInt64) -> String { Padding.zeros(Int(batch), 10) }
}
