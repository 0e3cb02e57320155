public import FileStore
import OpenSSLKit
public import Primitives

/// An entry of a bundle before it is written: its bytes, or how they are made.
public struct BundleEntry {
    /// Takes bytes piece by piece.
    public typealias Sink = (ArraySlice<UInt8>) throws -> Void

    /// Its name.
    public let name: String
    /// Its length in bytes.
    public let size: Int64
    /// SHA-256 of its bytes.
    public let digest: Digest32
    private let produce: (Sink) throws -> Void

    /// An entry of bytes at hand.
    public init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        size = Int64(bytes.count)
        digest = SHA256.digest(bytes)
        produce = { try $0(bytes[...]) }
    }

    /// An entry of a kept original.
    public init(_ name: String, _ original: Original) {
        self.name = name
        size = original.size
        digest = original.digest
        produce = { sink in
            var offset: Int64 = 0
            while offset < original.size {
                let piece = try original.read(at: offset, count: 1 << 20)
                guard !piece.isEmpty else { throw Fault("the original \(original.digest) ends at byte \(offset)") }
                offset += Int64(piece.count)
                try sink(piece[...])
            }
        }
    }

    /// An entry that is made twice: once for its digest and once to be written.
    ///
    /// - Throws: what making it throws.
    public init(_ name: String, making produce: @escaping (Sink) throws -> Void) throws {
        self.name = name
        self.produce = produce
        let stream = DigestStream(.sha256)
        try produce { stream.update($0.span) }
        size = stream.byteCount
        digest = stream.finalizeDigest32()
    }

    /// Gives its bytes.
    ///
    /// - Throws: `Fault` when they cannot be read or are not those of the digest; what the sink throws.
    public func write(to sink: Sink) throws {
        let stream = DigestStream(.sha256)
        try produce { piece in
            stream.update(piece.span)
            try sink(piece)
        }
        guard stream.byteCount == size, stream.finalizeDigest32() == digest else {
            throw Fault("\(name): its bytes are not those that were announced")
        }
    }
}
