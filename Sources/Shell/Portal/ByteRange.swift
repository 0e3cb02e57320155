/// One range of `Range: bytes=…`. RFC 9110, section 14.
enum ByteRange: Hashable, Sendable {
    /// Everything: there is no range, or one that we need not keep to.
    case whole
    /// A part.
    case part(Range<Int64>)
    /// Nothing of it is within the size.
    case unsatisfiable

    /// Reads a range for something of a size. Several ranges, other units and broken texts give the whole.
    static func read(_ text: String?, size: Int64) -> ByteRange {
        guard let text, text.hasPrefix("bytes="), !text.contains(",") else { return .whole }
        let parts = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .whole }
        if parts[0].isEmpty {
            guard let count = number(parts[1]) else { return .whole }
            return count == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - count)..<size)
        }
        guard let first = number(parts[0]) else { return .whole }
        guard parts[1].isEmpty || number(parts[1]) != nil else { return .whole }
        let last = number(parts[1]) ?? Int64.max
        guard last >= first else { return .whole }
        return first < size ? .part(first..<(min(last, size - 1) + 1)) : .unsatisfiable
    }

    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}

/// Which bytes of a file a request brings: `Content-Range: bytes FIRST-LAST/SIZE`. RFC 9110, section 14.5.
struct ContentRange: Hashable, Sendable {
    var first: Int64
    var last: Int64
    var size: Int64

    /// Reads the header field; nil when it is none of this form.
    init?(_ text: String) {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts.first?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]),
            let size = Int64(parts[1]), 0 <= first, first <= last, last < size
        else { return nil }
        (self.first, self.last, self.size) = (first, last, size)
    }
}
