import Primitives

/// Writes values as JSON in the one form that facts have: members sorted by their names' bytes, no spaces, no escaped
/// slashes, every other character as it is.
///
/// Foundation's encoder writes the same bytes with `.sortedKeys` and `.withoutEscapingSlashes`, at many times the cost,
/// and tests compare the two. Numbers are whole: a value with a floating-point number cannot be written.
enum CanonicalJSON {
    /// The bytes of a value.
    ///
    /// - Throws: `EncodingError` for a floating-point number; what the value's own `encode` throws.
    static func bytes(of value: some Encodable) throws -> [UInt8] {
        let output = JSONOutput()
        try output.write(value, depth: 0)
        return output.bytes
    }
}

/// The text as far as it is written, and the objects and arrays that are open in it.
///
/// A value is written when it is handed over. What is open below it ends with the next write above it.
final class JSONOutput {
    private(set) var bytes: [UInt8] = []
    private var open: [Container] = []
    /// The members of all open objects, those of inner ones last.
    private var members: [Member] = []

    private struct Container {
        let isObject: Bool
        /// Where its first byte stands.
        let start: Int
        /// Where its first member stands among all.
        let firstMember: Int
        var count = 0
        /// Whether its members came in the order of their names.
        var isSorted = true
    }

    /// A member by the places of its bytes: the quoted name begins at `start`, its name ends at `nameEnd`.
    private struct Member {
        var start: Int
        var nameEnd: Int
        var end: Int
    }

    init() { bytes.reserveCapacity(2048) }

    /// Writes a value that stands `depth` containers deep, and ends what it opened.
    func write(_ value: some Encodable, depth: Int) throws {
        let start = bytes.count
        try value.encode(to: CanonicalEncoder(output: self, depth: depth))
        close(to: depth)
        // A value that writes nothing is an empty object.
        if bytes.count == start { bytes += [UInt8(ascii: "{"), UInt8(ascii: "}")] }
    }

    /// Opens a container that stands `depth` containers deep; opening it again goes on with it.
    func begin(isObject: Bool, depth: Int) {
        if open.count > depth {
            close(to: depth + 1)
            precondition(open[depth].isObject == isObject, "a value is one object or one array")
            return
        }
        precondition(open.count == depth, "a container ends with the next write above it")
        open.append(Container(isObject: isObject, start: bytes.count, firstMember: members.count))
        bytes.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
    }

    /// Begins a member of the object that stands `depth` containers deep.
    func name(_ name: String, depth: Int) {
        close(to: depth + 1)
        if open[depth].count > 0 { bytes.append(UInt8(ascii: ",")) }
        let start = bytes.count
        quote(name)
        let member = Member(start: start, nameEnd: bytes.count - 1, end: 0)
        if open[depth].count > 0, let last = members.last, !precedes(last, member) { open[depth].isSorted = false }
        members.append(member)
        open[depth].count += 1
        bytes.append(UInt8(ascii: ":"))
    }

    /// Begins an element of the array that stands `depth` containers deep.
    func element(depth: Int) {
        close(to: depth + 1)
        if open[depth].count > 0 { bytes.append(UInt8(ascii: ",")) }
        open[depth].count += 1
    }

    /// How many elements an array has so far.
    func count(depth: Int) -> Int { open[depth].count }

    private func close(to depth: Int) {
        while open.count > depth {
            let container = open.removeLast()
            if container.isObject {
                if !container.isSorted { sort(container) }
                members.removeSubrange(container.firstMember...)
            }
            bytes.append(container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        }
    }

    private func precedes(_ a: Member, _ b: Member) -> Bool {
        bytes[a.start..<a.nameEnd].lexicographicallyPrecedes(bytes[b.start..<b.nameEnd])
    }

    private func sort(_ container: Container) {
        var own = Array(members[container.firstMember...])
        for index in own.indices {
            own[index].end = index + 1 < own.count ? own[index + 1].start - 1 : bytes.count
        }
        own.sort { precedes($0, $1) }
        var sorted: [UInt8] = []
        sorted.reserveCapacity(bytes.count - container.start)
        for member in own {
            sorted.append(sorted.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            sorted += bytes[member.start..<member.end]
        }
        bytes.replaceSubrange(container.start..., with: sorted)
    }

    // MARK: Single values

    func literal(_ text: String) { bytes.append(contentsOf: text.utf8) }

    func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: text.utf8)
        } else {
            for byte in text.utf8 { escape(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): literal("\\\"")
        case UInt8(ascii: "\\"): literal("\\\\")
        case 0x08: literal("\\b")
        case 0x09: literal("\\t")
        case 0x0A: literal("\\n")
        case 0x0C: literal("\\f")
        case 0x0D: literal("\\r")
        case 0..<0x20: literal((byte < 16 ? "\\u000" : "\\u00") + String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }

    func number(_ value: some FixedWidthInteger) {
        var rest = value.magnitude
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = quotient
        } while rest > 0
        bytes[start...].reverse()
    }
}
