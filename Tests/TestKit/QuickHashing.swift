public import FileStore
import Primitives

extension Hashing {
    /// A digest for tests that hash the same log thousands of times: never use it where a digest is compared with one
    /// from outside, since another process computes another.
    public static let quick = Hashing(
        digest: { bytes in
            let running = QuickDigest()
            running.update(bytes)
            return running.finish()
        },
        begin: { QuickDigest() })
}

/// The standard library's hasher: fast even in an unoptimised build, seeded anew by every process.
private final class QuickDigest: RunningDigest {
    private var hasher = Hasher()

    func update(_ bytes: ArraySlice<UInt8>) {
        // SAFETY: the hasher only reads the slice's storage, within the call.
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    func finish() -> Digest32 {
        var words = Chance(seed: UInt64(bitPattern: Int64(hasher.finalize())))
        let bytes = (0..<4).flatMap { _ in
            let word = words.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        guard let digest = Digest32(bytes: bytes) else { preconditionFailure("four words are 32 bytes") }
        return digest
    }
}
