/// A DER structure as a tree that tests change and write again, apart from the reader and writer under test.
struct EncodingTree: Equatable {
    var tag: UInt8
    /// The content of a plain value; empty where there are children.
    var content: [UInt8] = []
    var children: [EncodingTree] = []

    init(_ tag: UInt8, _ content: [UInt8]) {
        self.tag = tag
        self.content = content
    }

    init(_ tag: UInt8, children: [EncodingTree]) {
        self.tag = tag
        self.children = children
    }

    /// Reads one value with definite lengths that is known to be well formed.
    init(_ bytes: [UInt8]) {
        var index = 0
        self = Self.read(bytes, &index)
    }

    private static func read(_ bytes: [UInt8], _ index: inout Int) -> EncodingTree {
        let tag = bytes[index]
        var length = Int(bytes[index + 1])
        index += 2
        if length > 0x80 {
            let count = length & 0x7F
            length = bytes[index..<(index + count)].reduce(0) { $0 << 8 | Int($1) }
            index += count
        }
        let end = index + length
        guard tag & 0x20 != 0 else {
            defer { index = end }
            return EncodingTree(tag, Array(bytes[index..<end]))
        }
        var children: [EncodingTree] = []
        while index < end { children.append(read(bytes, &index)) }
        return EncodingTree(tag, children: children)
    }

    private var body: [UInt8] { tag & 0x20 != 0 ? children.flatMap { $0.der } : content }

    /// The structure in definite lengths.
    var der: [UInt8] {
        let body = body
        if body.count < 0x80 { return [tag, UInt8(body.count)] + body }
        if body.count < 0x100 { return [tag, 0x81, UInt8(body.count)] + body }
        return [tag, 0x82, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    /// The structure with every constructed value in the indefinite form.
    var indefinite: [UInt8] {
        guard tag & 0x20 != 0 else { return der }
        return [tag, 0x80] + children.flatMap { $0.indefinite } + [0, 0]
    }

    /// The SignedData's fields.
    var signedData: [EncodingTree] {
        get { children[1].children[0].children }
        set { children[1].children[0].children = newValue }
    }

    /// The only SignerInfo's fields.
    var signerInfo: [EncodingTree] {
        get { signedData[signedData.count - 1].children[0].children }
        set { signedData[signedData.count - 1].children[0].children = newValue }
    }
}
