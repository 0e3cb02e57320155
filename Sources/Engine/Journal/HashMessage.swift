/// Messages of one length for SHA-256 that are built in place in whole blocks of 64 bytes, with the padding of FIPS
/// 180-4 (5.1.1) behind each. They are made once and filled for one record after the other.
public struct HashMessages: Sendable {
    /// All messages with their padding, each a multiple of eight words. The bytes in memory are those of the messages.
    public private(set) var words: [UInt64] = []
    /// Words of each message with its padding.
    public private(set) var stride = 0
    /// Bytes of each message without its padding.
    public private(set) var count = 0
    /// The number of messages.
    public let capacity: Int

    /// Empty messages. They have no blocks yet.
    public init(capacity: Int) { self.capacity = capacity }

    /// A message without its padding.
    public func content(of message: Int) -> [UInt8] {
        (0..<count).map { byte in
            let word = UInt64(bigEndian: words[message * stride + byte / 8])
            return UInt8(truncatingIfNeeded: word >> UInt64(56 - byte % 8 * 8))
        }
    }

    /// Gives all messages to be filled with so many bytes each, 1 or more; with another length than before all are
    /// lost. Each begins `stride` words behind the one before; what is filled in are all words of its bytes, with a
    /// byte 80 behind the last.
    @inline(__always)
    mutating func fill(count: Int, _ body: (_ stride: Int, inout MutableSpan<UInt64>) -> Void) {
        if count != self.count { resize(to: count) }
        let stride = stride
        var span = words.mutableSpan
        body(stride, &span)
    }

    private mutating func resize(to count: Int) {
        self.count = count
        stride = (count + 9 + 63) / 64 * 8
        words = [UInt64](repeating: 0, count: capacity * stride)
        for message in 1..<capacity + 1 { words[message * stride - 1] = (UInt64(count) * 8).bigEndian }
    }
}

/// A single message of `HashMessages`, whose length may change from record to record.
public struct HashMessage: Sendable {
    /// The message alone.
    public internal(set) var messages = HashMessages(capacity: 1)

    /// An empty message. It has no blocks yet.
    public init() {}

    /// The message with its padding.
    public var words: [UInt64] { messages.words }

    /// The message without its padding.
    public var content: [UInt8] { messages.content(of: 0) }

    /// Fills in a message of so many bytes, 1 or more.
    @inline(__always)
    mutating func fill(count: Int, _ body: (inout WordCursor, inout MutableSpan<UInt64>) -> Void) {
        messages.fill(count: count) { _, span in
            var cursor = WordCursor()
            body(&cursor, &span)
            precondition(cursor.bytes == count, "a message has the length that it began with")
            // A byte 80 follows the message.
            cursor.put(UInt8(0x80), &span)
            cursor.flush(&span)
        }
    }
}

/// Writes integers one after the other into words, the most significant byte first. Where the lengths before are known,
/// so are all shifts, and a value costs one or two instructions.
struct WordCursor {
    private var next = 0
    // What does not fill a word yet: so many bits, lowest; what stands above them is in the words already.
    private var pending: UInt64 = 0
    private var bits: UInt64 = 0

    /// Bytes written so far.
    var bytes: Int { next * 8 + Int(bits / 8) }

    @inline(__always)
    mutating func put(_ value: UInt64, _ out: inout MutableSpan<UInt64>) {
        out[next] = (bits == 0 ? value : pending << (64 - bits) | value >> bits).bigEndian
        next += 1
        pending = value
    }

    @inline(__always)
    mutating func put(_ value: UInt32, _ out: inout MutableSpan<UInt64>) { put(UInt64(value), bits: 32, &out) }

    @inline(__always)
    mutating func put(_ value: UInt8, _ out: inout MutableSpan<UInt64>) { put(UInt64(value), bits: 8, &out) }

    @inline(__always)
    mutating func put(_ digest: Digest16, _ out: inout MutableSpan<UInt64>) {
        put(digest.high, &out)
        put(digest.low, &out)
    }

    @inline(__always)
    private mutating func put(_ value: UInt64, bits more: UInt64, _ out: inout MutableSpan<UInt64>) {
        let total = bits + more
        guard total >= 64 else {
            pending = pending << more | value
            bits = total
            return
        }
        bits = total - 64
        out[next] = (pending << (more - bits) | value >> bits).bigEndian
        next += 1
        pending = value
    }

    /// Writes what does not fill a word, with zeros behind it.
    @inline(__always)
    func flush(_ out: inout MutableSpan<UInt64>) {
        if bits > 0 { out[next] = (pending << (64 - bits)).bigEndian }
    }
}
