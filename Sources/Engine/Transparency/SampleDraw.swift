public import Primitives

/// Draws numbers at random from a checkpoint's root, so that everybody draws the same ones and nobody chooses them.
/// Specs/evidence.md, "The auditor's sample", defines it to the byte.
public struct SampleDraw {
    /// The most records of one sample.
    public static let maximumSize = 10_000
    /// What sets these hashes apart from all others.
    static let domain = Array("coalition-sample-1".utf8)

    private let prefix: [UInt8]
    private let digest: ([UInt8]) -> Digest32

    /// Prepares a draw.
    ///
    /// - Parameters:
    ///   - root: the root that the checkpoint states.
    ///   - digest: SHA-256.
    public init(root: Digest32, window: WindowID, digest: @escaping ([UInt8]) -> Digest32) {
        let name = Array(window.text.utf8)
        precondition(name.count <= Int(UInt16.max), "a window's id is short")
        let length = [UInt8(name.count >> 8), UInt8(name.count & 0xFF)]
        prefix = Self.domain + root.bytes + length + name
        self.digest = digest
    }

    /// Different numbers below `population`, in the order in which they are drawn: `size` of them, or all when there
    /// are fewer.
    public func numbers(below population: UInt64, size: Int) -> [UInt64] {
        precondition((0...Self.maximumSize).contains(size), "a sample has at most \(Self.maximumSize) records")
        guard population > 0 else { return [] }
        let wanted = min(UInt64(size), population)
        // The words above the last whole run of the population would favour small numbers.
        let surplus = (UInt64.max % population + 1) % population
        var (drawn, seen): ([UInt64], Set<UInt64>) = ([], [])
        var counter: UInt64 = 0
        while UInt64(drawn.count) < wanted {
            let word = word(counter)
            counter += 1
            guard word <= UInt64.max - surplus else { continue }
            let number = word % population
            if seen.insert(number).inserted { drawn.append(number) }
        }
        return drawn
    }

    /// The first eight bytes of a counter's digest, most significant first.
    private func word(_ counter: UInt64) -> UInt64 {
        digest(prefix + (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }).prefix.0
    }
}
