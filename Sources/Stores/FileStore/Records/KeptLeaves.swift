public import Primitives

/// The leaves of a batch whose original and key were erased: `records/0000000017.leaves`. Specs/data-directory.md.
///
/// A file is a header of 32 bytes (`COALLEV1`, version 4, batch 8, leaves 8, CRC-32 4) and the leaves, 32 bytes each.
/// What vouches for them is the root that their seal states.
public struct KeptLeaves {
    /// The number of leaves.
    public let count: UInt64
    private let file: any OpenFile
    static let headerBytes = 32
    private static let magic = Array("COALLEV1".utf8)
    private static let version: UInt32 = 1

    fileprivate init(_ file: any OpenFile, batch: UInt64) throws(Fault) {
        let bytes = try orFault(try file.size()) - Int64(Self.headerBytes)
        guard bytes >= 0, bytes % 32 == 0 else { throw Fault("\(file.path): it is cut short") }
        count = UInt64(bytes / 32)
        let header = try orFault(try file.read(at: 0, count: Self.headerBytes))
        guard header == Self.header(batch, count) else {
            throw Fault("\(file.path) at byte 0: the header is not that of \(count) leaves of batch \(batch)")
        }
        self.file = file
    }

    fileprivate static func header(_ batch: UInt64, _ count: UInt64) -> [UInt8] {
        var out = magic
        out.appendLE(version)
        out.appendLE(batch)
        out.appendLE(count)
        out.appendLE(CRC32.checksum(out[...]))
        return out
    }

    /// A leaf by its place, from 0.
    ///
    /// - Throws: `Fault` when there is none, or it cannot be read.
    public func leaf(_ index: UInt64) throws(Fault) -> Digest32 {
        guard index < count else { throw Fault("\(file.path): there is no leaf \(index)") }
        let bytes = try orFault(try file.read(at: Int64(Self.headerBytes) + Int64(index) * 32, count: 32))
        guard let leaf = Digest32(bytes: bytes) else { throw Fault("\(file.path): it became shorter") }
        return leaf
    }

    /// Leaves that are read at once.
    public static let perPiece = 1 << 13

    /// The bytes of up to `perPiece` leaves from a place on; none at the end.
    ///
    /// - Throws: `Fault` when they cannot be read.
    public func piece(from index: UInt64) throws(Fault) -> [UInt8] {
        guard index < count else { return [] }
        let wanted = Int(min(UInt64(Self.perPiece), count - index)) * 32
        let bytes = try orFault(try file.read(at: Int64(Self.headerBytes) + Int64(index) * 32, count: wanted))
        guard bytes.count == wanted else { throw Fault("\(file.path): it became shorter") }
        return bytes
    }
}

extension FileRecordStore {
    /// Keeps the leaves of a batch durably; those that were kept before are replaced.
    ///
    /// - Parameters:
    ///   - count: how many there are.
    ///   - write: is called once and calls its closure with each leaf in order.
    /// - Throws: `Fault` when they cannot be written, or are not so many; what the closure throws.
    public func keepLeaves(
        of batch: UInt64, count: UInt64, _ write: ((Digest32) throws(Fault) -> Void) throws(Fault) -> Void
    ) throws(Fault) {
        let path = leavesPath(batch)
        let part = path + ".part"
        if try orFault(try files.kind(part)) != nil { try orFault(try files.remove(part)) }
        let file = try orFault(try files.open(part, .create))
        var (buffer, flushed, written) = (KeptLeaves.header(batch, count), Int64(0), UInt64(0))
        try write { (leaf) throws(Fault) in
            leaf.append(to: &buffer)
            written += 1
            guard buffer.count >= 1 << 18 else { return }
            try orFault(try file.write(buffer[...], at: flushed))
            flushed += Int64(buffer.count)
            buffer.removeAll(keepingCapacity: true)
        }
        guard written == count else { throw Fault("\(part): \(written) leaves were made, and \(count) are sealed") }
        try orFault(try file.write(buffer[...], at: flushed))
        try orFault(try file.sync())
        try orFault(try files.rename(part, to: path))
        try orFault(try files.syncDirectory(directory))
    }

    /// The leaves that are kept of a batch; nil when there are none.
    ///
    /// - Throws: `Fault` when they cannot be read or are damaged.
    public func leaves(of batch: UInt64) throws(Fault) -> KeptLeaves? {
        guard try orFault(try files.kind(leavesPath(batch))) == .file else { return nil }
        return try KeptLeaves(try orFault(try files.open(leavesPath(batch), .read)), batch: batch)
    }

    private func leavesPath(_ batch: UInt64) -> String { "\(directory)/\(Padding.zeros(Int(batch), 10)).leaves" }
}
