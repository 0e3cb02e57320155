internal import COpenSSL
public import Primitives

/// A digest algorithm that the signature policy allows.
public enum DigestAlgorithm: String, Hashable, Sendable, Codable, CaseIterable {
    /// SHA-256, the algorithm of everything that the gateway itself signs and links.
    case sha256 = "SHA-256"
    /// SHA-384.
    case sha384 = "SHA-384"
    /// SHA-512.
    case sha512 = "SHA-512"

    /// Bytes of the digest.
    public var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    var fetched: FetchedDigest {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}

/// SHA-256 of bytes that are in memory.
public enum SHA256 {
    /// The digest of the bytes.
    public static func digest(_ bytes: [UInt8]) -> Digest32 { digest(bytes.span) }

    /// The digest of the bytes of a slice.
    public static func digest(_ bytes: ArraySlice<UInt8>) -> Digest32 { digest(bytes.span) }

    /// The digest of the bytes of a span.
    public static func digest(_ bytes: Span<UInt8>) -> Digest32 {
        var context = DigestContext()
        context.begin(.sha256)
        context.update(bytes)
        return context.finishDigest32()
    }
}

/// A digest over bytes that arrive piece by piece, such as a file while it is uploaded.
///
/// It belongs to one task at a time; it costs a fixed amount of memory however many bytes pass.
public final class DigestStream {
    /// The algorithm.
    public let algorithm: DigestAlgorithm
    /// The bytes taken so far.
    public private(set) var byteCount: Int64 = 0
    private var context = DigestContext()
    private var finished = false

    /// Begins a digest.
    public init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        context.begin(algorithm.fetched)
    }

    /// Takes the next bytes. Must not be called after `finalize`.
    public func update(_ bytes: Span<UInt8>) {
        precondition(!finished, "a digest takes no bytes after its end")
        context.update(bytes)
        byteCount += Int64(bytes.count)
    }

    /// Takes the next bytes. Must not be called after `finalize`.
    public func update(_ bytes: [UInt8]) { update(bytes.span) }

    /// Ends the digest and answers it. May be called once.
    public func finalize() -> [UInt8] {
        precondition(!finished, "a digest ends once")
        finished = true
        return context.finish(count: algorithm.byteCount)
    }

    /// Ends a SHA-256 digest and answers it. May be called once, and only with that algorithm.
    public func finalizeDigest32() -> Digest32 {
        precondition(!finished && algorithm == .sha256, "a SHA-256 digest ends once")
        finished = true
        return context.finishDigest32()
    }
}

/// An algorithm fetched from OpenSSL once; fetching it for each digest costs more than a short digest itself.
@safe
final class FetchedDigest: @unchecked Sendable {
    // SAFETY: an EVP_MD is immutable after its fetch, OpenSSL shares it between threads, and this one is never freed.
    let pointer: OpaquePointer
    /// OpenSSL's name of the algorithm.
    let name: String

    private init(_ name: String) {
        guard let fetched = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("OpenSSL's default provider has \(name)")
        }
        unsafe pointer = fetched
        self.name = name
    }

    static let sha1 = FetchedDigest("SHA1")
    static let sha256 = FetchedDigest("SHA256")
    static let sha384 = FetchedDigest("SHA384")
    static let sha512 = FetchedDigest("SHA512")
}

/// A digest context of OpenSSL that is used again and again.
@safe
struct DigestContext: ~Copyable {
    private let pointer: OpaquePointer

    init() {
        guard let made = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory for a digest") }
        unsafe pointer = made
    }

    deinit { unsafe EVP_MD_CTX_free(pointer) }

    mutating func begin(_ algorithm: FetchedDigest) {
        let done = unsafe EVP_DigestInit_ex2(pointer, algorithm.pointer, nil)
        precondition(done == 1, "OpenSSL begins a digest")
    }

    mutating func update(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        let done = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe EVP_DigestUpdate(pointer, buffer.baseAddress, buffer.count)
        }
        precondition(done == 1, "OpenSSL continues a digest")
    }

    mutating func finish(count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, initialized in
            var length: UInt32 = 0
            let done = unsafe EVP_DigestFinal_ex(pointer, buffer.baseAddress, &length)
            precondition(done == 1 && Int(length) == count, "OpenSSL ends a digest")
            initialized = count
        }
    }

    mutating func finishDigest32() -> Digest32 {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
            var length: UInt32 = 0
            let done = unsafe EVP_DigestFinal_ex(pointer, buffer.baseAddress, &length)
            precondition(done == 1 && length == 32, "OpenSSL ends a digest")
            func word(_ index: Int) -> UInt64 {
                let bytes = UnsafeRawBufferPointer(buffer)
                return unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return Digest32(words: word(0), word(1), word(2), word(3))
        }
    }
}
