/// Bytes in memory of its own, so that appending a few costs no more than copying them.
@safe
struct BytePool {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    /// Makes an empty pool. Its owner has to call `free`.
    init() {
        capacity = 32 << 10
        unsafe start = .allocate(capacity: capacity)
    }

    /// Gives the memory back.
    func free() { unsafe start.deallocate() }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        unsafe (start + count).update(from: source, count: bytes.count)
        count += bytes.count
    }

    mutating func append(_ bytes: [UInt8]) { _ = insert(bytes, at: count) }

    /// Inserts bytes and answers how many.
    mutating func insert(_ bytes: [UInt8], at index: Int) -> Int {
        reserve(bytes.count)
        unsafe (start + index + bytes.count).update(from: start + index, count: count - index)
        for (offset, byte) in bytes.enumerated() { unsafe start[index + offset] = byte }
        count += bytes.count
        return bytes.count
    }

    /// The first bytes.
    func bytes(_ prefix: Int) -> [UInt8] { unsafe Array(UnsafeBufferPointer(start: start, count: prefix)) }

    /// Forgets the first bytes; the rest moves to the front.
    mutating func drop(_ prefix: Int) {
        unsafe start.update(from: start + prefix, count: count - prefix)
        count -= prefix
    }

    private mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        while count + more > capacity { capacity *= 2 }
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe grown.update(from: start, count: count)
        unsafe start.deallocate()
        unsafe start = unsafe grown
    }
}
