/// Tells quickly that a fingerprint is in no slot of a run: 12 bits a slot, four of 64 bits of one word set for each.
///
/// About one fingerprint in eighty that is not there passes, and is then looked for in the run. One that is there
/// always passes.
struct FingerprintFilter {
    /// What the run's file keeps.
    private(set) var words: [UInt64]
    private let scale: UInt64

    init(slots: Int) {
        words = [UInt64](repeating: 0, count: Self.wordCount(slots: slots))
        scale = UInt64(words.count)
    }

    /// Takes the words of a filter that was kept.
    init(words: [UInt64]) {
        self.words = words
        scale = UInt64(words.count)
    }

    /// How many words the filter of so many slots has.
    static func wordCount(slots: Int) -> Int { max(slots / 16 * 3, 1) }

    mutating func insert(_ fingerprint: UInt32) {
        let (place, mask) = bits(fingerprint)
        words[place] |= mask
    }

    func mayContain(_ fingerprint: UInt32) -> Bool {
        let (place, mask) = bits(fingerprint)
        return words[place] & mask == mask
    }

    private func bits(_ fingerprint: UInt32) -> (place: Int, mask: UInt64) {
        var mixed = UInt64(fingerprint) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 32) &* 0xBF58_476D_1CE4_E5B9
        var mask: UInt64 = 0
        for shift in stride(from: 0 as UInt64, through: 18, by: 6) { mask |= 1 << (mixed >> shift & 63) }
        return (Int(((mixed >> 32) * scale) >> 32), mask)
    }
}
