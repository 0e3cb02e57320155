import Foundation

/// A random number generator whose numbers follow from its seed alone (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// The seed that it began with.
    public let seed: UInt64
    private var state: UInt64

    /// Begins with a seed.
    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// Begins with the seed in the environment variable `COALITION_TEST_SEED`, or else with a new one, and prints it
    /// with the test's name, so that a failure can be repeated.
    public static func printed(for test: String) -> SeededGenerator {
        let given = ProcessInfo.processInfo.environment["COALITION_TEST_SEED"].flatMap { UInt64($0) }
        let generator = SeededGenerator(seed: given ?? UInt64.random(in: 1...UInt64(UInt32.max)))
        print("seed of \(test): COALITION_TEST_SEED=\(generator.seed)")
        return generator
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// So many random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// One of the elements, which must not be empty.
    public mutating func pick<T>(_ elements: [T]) -> T { elements[Int.random(in: 0..<elements.count, using: &self)] }
}
