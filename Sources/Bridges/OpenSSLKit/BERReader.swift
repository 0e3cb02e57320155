/// One value of a BER or DER encoding, within the bytes that it came from.
///
/// The reader takes what CMS from the field contains (definite and indefinite lengths, strings in pieces) and no
/// more: tags below 31 and at most `depthLimit` levels. It is bounded by the input's size, never reads past it and
/// never recurses further than the limit.
struct BERElement: Sendable {
    /// Levels of nesting that are followed. CMS without certificates needs nine.
    static let depthLimit = 24

    /// The identifier byte: class, constructed bit and number.
    let tag: UInt8
    /// Where the value's own content lies.
    let content: Range<Int>
    /// Where the whole encoding lies, from the identifier to the end, end-of-contents bytes included.
    let extent: Range<Int>
    private let source: [UInt8]
    private let depth: Int

    var isConstructed: Bool { tag & 0x20 != 0 }

    /// The bytes of the whole encoding as they stand.
    var raw: [UInt8] { Array(source[extent]) }

    /// The bytes of the content as they stand.
    var contentBytes: [UInt8] { Array(source[content]) }

    /// Reads bytes that hold one value and nothing after it.
    init(whole bytes: [UInt8]) throws(CryptoError) {
        self = try BERElement(bytes, from: 0, to: bytes.count, depth: 0)
        guard extent.upperBound == bytes.count else {
            throw CryptoError(.malformed, "\(bytes.count - extent.upperBound) bytes follow the end of the structure")
        }
    }

    private init(_ bytes: [UInt8], from start: Int, to limit: Int, depth: Int) throws(CryptoError) {
        let header = try Self.header(bytes, from: start, to: limit)
        let end: Int
        if let length = header.length {
            end = header.contentStart + length
            content = header.contentStart..<end
        } else {
            let contentEnd = try Self.endOfContents(bytes, from: header.contentStart, to: limit, depth: depth)
            content = header.contentStart..<contentEnd
            end = contentEnd + 2
        }
        tag = header.tag
        extent = start..<end
        source = bytes
        self.depth = depth
    }

    /// The values within a constructed value.
    func children() throws(CryptoError) -> [BERElement] {
        guard isConstructed else {
            throw CryptoError(.malformed, "a structure was expected at byte \(extent.lowerBound)")
        }
        guard depth < Self.depthLimit else { throw CryptoError(.malformed, "more than \(Self.depthLimit) levels") }
        var out: [BERElement] = []
        var index = content.lowerBound
        while index < content.upperBound {
            let element = try BERElement(source, from: index, to: content.upperBound, depth: depth + 1)
            out.append(element)
            index = element.extent.upperBound
        }
        return out
    }

    /// The bytes of an OCTET STRING, put together where it comes in pieces.
    func octets() throws(CryptoError) -> [UInt8] {
        switch tag {
        case 0x04: return contentBytes
        case 0x24:
            var out: [UInt8] = []
            for piece in try children() { out += try piece.octets() }
            return out
        default: throw CryptoError(.malformed, "an octet string was expected at byte \(extent.lowerBound)")
        }
    }

    /// The same value with definite lengths of the shortest form; the order within sets stays.
    func definite() throws(CryptoError) -> [UInt8] {
        guard isConstructed else { return DER.value(tag, contentBytes) }
        if tag == 0x24 { return DER.octets(try octets()) }
        var inner: [UInt8] = []
        for child in try children() { inner += try child.definite() }
        return DER.value(tag, inner)
    }

    /// The object identifier, where the value is one.
    func oid() throws(CryptoError) -> OID {
        guard tag == 0x06, let id = OID(content: contentBytes) else {
            throw CryptoError(.malformed, "an object identifier was expected at byte \(extent.lowerBound)")
        }
        return id
    }

    /// The value of an INTEGER from 0 to 127.
    func smallInteger() throws(CryptoError) -> Int {
        guard tag == 0x02, content.count == 1, source[content.lowerBound] < 0x80 else {
            throw CryptoError(.malformed, "a small number was expected at byte \(extent.lowerBound)")
        }
        return Int(source[content.lowerBound])
    }

    private struct Header {
        let tag: UInt8
        let contentStart: Int
        /// Nil for the indefinite form.
        let length: Int?
    }

    private static func header(_ bytes: [UInt8], from start: Int, to limit: Int) throws(CryptoError) -> Header {
        guard limit - start >= 2 else { throw CryptoError(.malformed, "the structure ends early, at byte \(start)") }
        let tag = bytes[start]
        guard tag & 0x1F != 0x1F else { throw CryptoError(.malformed, "an unknown tag at byte \(start)") }
        let first = bytes[start + 1]
        if first == 0x80 {
            guard tag & 0x20 != 0 else {
                throw CryptoError(.malformed, "a plain value without a length at byte \(start)")
            }
            return Header(tag: tag, contentStart: start + 2, length: nil)
        }
        var length = Int(first)
        var contentStart = start + 2
        if first > 0x80 {
            let count = Int(first & 0x7F)
            guard count <= 4, limit - contentStart >= count else {
                throw CryptoError(.malformed, "a length that cannot be, at byte \(start)")
            }
            length = 0
            for offset in 0..<count { length = length << 8 | Int(bytes[contentStart + offset]) }
            contentStart += count
        }
        guard length <= limit - contentStart else {
            throw CryptoError(.malformed, "a value at byte \(start) is longer than what holds it")
        }
        return Header(tag: tag, contentStart: contentStart, length: length)
    }

    /// Where the two zero bytes lie that end a value of indefinite length.
    private static func endOfContents(
        _ bytes: [UInt8], from start: Int, to limit: Int, depth: Int
    ) throws(CryptoError) -> Int {
        guard depth < depthLimit else { throw CryptoError(.malformed, "more than \(depthLimit) levels") }
        var index = start
        while true {
            let header = try header(bytes, from: index, to: limit)
            if header.tag == 0x00 {
                guard header.length == 0 else { throw CryptoError(.malformed, "an unknown tag at byte \(index)") }
                return index
            }
            if let length = header.length {
                index = header.contentStart + length
            } else {
                index = try endOfContents(bytes, from: header.contentStart, to: limit, depth: depth + 1) + 2
            }
        }
    }
}
