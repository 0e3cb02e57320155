public import Journal
import Primitives

/// Finds a number by a 128-bit identity in 8 bytes a slot: half of them a fingerprint, half the number.
///
/// The place follows from the fingerprint alone, so that the table grows without the identities. A fingerprint can meet
/// another identity by chance, about once in 4 000 million pairs, so every hit is confirmed with the stored entry.
public struct IdentityTable: Hashable, Sendable, Codable {
    private var table: WordTable
    /// How many numbers it holds.
    public private(set) var count = 0

    /// An empty table.
    public init() { table = WordTable([UInt64](repeating: 0, count: 16)) }

    /// The number under this identity that the closure confirms, or nil.
    public func find<E: Error>(_ identity: Digest16, confirm: (UInt32) throws(E) -> Bool) throws(E) -> UInt32? {
        let fingerprint = Self.fingerprint(identity)
        var index = Int(fingerprint) & (table.words.count - 1)
        while table.words[index] != 0 {
            let slot = table.words[index]
            let number = UInt32(truncatingIfNeeded: slot)
            if UInt32(truncatingIfNeeded: slot >> 32) == fingerprint, try confirm(number) { return number }
            index = (index + 1) & (table.words.count - 1)
        }
        return nil
    }

    /// The slots in rising order: a fingerprint in the upper half, its number in the lower.
    func sortedSlots() -> [UInt64] { table.words.filter { $0 != 0 }.sorted() }

    /// The half of an identity that slots hold.
    static func fingerprint(_ identity: Digest16) -> UInt32 { UInt32(truncatingIfNeeded: identity.low) }

    /// Adds a number, 1 or more, under an identity.
    public mutating func insert(_ identity: Digest16, number: UInt32) {
        precondition(number > 0, "numbers count from 1")
        if (count + 1) * 4 > table.words.count * 3 { grow() }
        place(UInt64(Self.fingerprint(identity)) << 32 | UInt64(number))
        count += 1
    }

    private mutating func place(_ slot: UInt64) {
        var index = Int(slot >> 32) & (table.words.count - 1)
        while table.words[index] != 0 { index = (index + 1) & (table.words.count - 1) }
        table.words[index] = slot
    }

    private mutating func grow() {
        let old = table.words
        table = WordTable([UInt64](repeating: 0, count: old.count * 2))
        for slot in old where slot != 0 { place(slot) }
    }
}
