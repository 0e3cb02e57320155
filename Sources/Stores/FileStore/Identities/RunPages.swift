import Primitives

/// The pages of a run: 511 slots of 8 bytes and a checksum over them, least significant byte first. The last page is
/// filled with zeros.
enum RunPage {
    static let bytes = 4096
    static let slots = bytes / 8 - 1

    /// How many pages so many slots take.
    static func count(slots: Int) -> Int { (slots + Self.slots - 1) / Self.slots }

    /// The bytes of a page.
    static func encode(_ slots: ArraySlice<UInt64>) -> [UInt8] {
        var words = Array(slots)
        words.append(contentsOf: repeatElement(0, count: Self.slots - slots.count))
        words.append(checksum(words))
        var out: [UInt8] = []
        out.reserveCapacity(bytes)
        for word in words { out.appendLE(word) }
        return out
    }

    /// The slots of a page; nil when it does not have its checksum.
    static func decode(_ page: ArraySlice<UInt8>) -> [UInt64]? {
        guard page.count == bytes else { return nil }
        var words = LittleEndian.words(page.span)
        let stated = words.removeLast()
        return stated == checksum(words) ? words : nil
    }

    /// Every step is a bijection of what came before, so that one changed word always changes it.
    private static func checksum(_ words: [UInt64]) -> UInt64 {
        var value: UInt64 = 0x9E37_79B9_7F4A_7C15
        for word in words {
            value = (value ^ word) &* 0x100_0000_01B3
            value ^= value >> 29
        }
        return value
    }
}

/// Writes the pages of a run one after the other.
struct RunWriter {
    private let file: any OpenFile
    private var offset: Int64
    private var pending: [UInt64] = []
    private var buffer: [UInt8] = []
    private static let bufferBytes = 64 * RunPage.bytes

    private var index: RunIndex

    /// Begins a run of so many slots.
    init(_ file: any OpenFile, at offset: Int64, slots: Int) {
        self.file = file
        self.offset = offset
        index = RunIndex(slots: slots)
    }

    mutating func append(_ slot: UInt64) throws(FileError) {
        let isInOrder = index.append(slot)
        precondition(isInOrder, "the slots of a run rise")
        try put(slot)
    }

    private mutating func put(_ word: UInt64) throws(FileError) {
        pending.append(word)
        guard pending.count == RunPage.slots else { return }
        buffer += RunPage.encode(pending[...])
        pending.removeAll(keepingCapacity: true)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes what is left, and the index behind it.
    mutating func finish() throws(FileError) {
        endPage()
        for word in index.words { try put(word) }
        endPage()
        try flush()
    }

    private mutating func endPage() {
        if !pending.isEmpty { buffer += RunPage.encode(pending[...]) }
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func flush() throws(FileError) {
        try file.write(buffer[...], at: offset)
        offset += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }
}
