import Primitives

// A payload is a sequence of fields: tag (1 byte), length (4 bytes, big-endian), value. Tags ascend strictly, so that a
// message has one encoding and no field can stand twice. A reader refuses unknown tags below 0x80 and skips those
// above.

/// Writes the fields of a payload, in ascending order of their tags.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []
    private var lastTag: UInt8 = 0

    mutating func put(_ tag: UInt8, bytes value: some Collection<UInt8>) {
        precondition(tag > lastTag, "fields are written in ascending order of their tags")
        guard let length = UInt32(exactly: value.count) else {
            preconditionFailure("a field is bounded far below 2^32")
        }
        lastTag = tag
        bytes.reserveCapacity(bytes.count + 5 + value.count)
        bytes.append(tag)
        BigEndian.append(length, to: &bytes)
        bytes.append(contentsOf: value)
    }

    mutating func put(_ tag: UInt8, _ text: String) { put(tag, bytes: Array(text.utf8)) }

    mutating func put(_ tag: UInt8, number: Int64) {
        precondition(number >= 0, "numbers on the wire are not negative")
        var value: [UInt8] = []
        BigEndian.append(UInt64(number), to: &value)
        put(tag, bytes: value)
    }

    mutating func put(_ tag: UInt8, flag: Bool) { put(tag, bytes: [flag ? 1 : 0]) }
}

/// Reads the fields of a payload in ascending order of their tags, and refuses whatever does not follow the rules.
struct FieldReader {
    private let bytes: [UInt8]
    private var index = 0
    private var lastTag = 0
    private var count = 0
    private let kind: FrameKind

    init(_ frame: Frame) {
        bytes = frame.payload
        kind = frame.kind
    }

    /// The field with the tag, or nil where it is absent.
    mutating func optional(_ tag: UInt8, _ name: String, limit: Int) throws(WireError) -> ArraySlice<UInt8>? {
        guard index < bytes.count else { return nil }
        let found = bytes[index]
        guard Int(found) > lastTag else {
            throw .malformed("\(kind): field \(found) is repeated or out of order")
        }
        if found > tag { return nil }
        guard found == tag else { throw .malformed("\(kind): field \(found) is unknown") }
        let value = try take()
        guard value.count <= limit else {
            throw .excessive("\(kind): \(name) has \(value.count) bytes, at most \(limit) are allowed")
        }
        return value
    }

    /// The field with the tag.
    mutating func required(_ tag: UInt8, _ name: String, limit: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard let value = try optional(tag, name, limit: limit) else {
            throw .malformed("\(kind): field \(tag) (\(name)) is missing")
        }
        return value
    }

    /// Checks that nothing is left but fields that may be skipped.
    mutating func finish() throws(WireError) {
        while index < bytes.count {
            let tag = bytes[index]
            guard Int(tag) > lastTag else { throw .malformed("\(kind): field \(tag) is repeated or out of order") }
            guard tag >= 0x80 else { throw .malformed("\(kind): field \(tag) is unknown") }
            _ = try take()
        }
    }

    private mutating func take() throws(WireError) -> ArraySlice<UInt8> {
        count += 1
        guard count <= WireLimits.fields else { throw .excessive("\(kind): more than \(WireLimits.fields) fields") }
        guard bytes.count - index >= 5 else { throw .malformed("\(kind): a field's head is cut off") }
        let length: UInt32 = BigEndian.read(bytes[index + 1..<index + 5])
        guard bytes.count - index - 5 >= Int(length) else {
            throw .malformed("\(kind): field \(bytes[index]) announces \(length) bytes, more than the payload holds")
        }
        lastTag = Int(bytes[index])
        let start = index + 5
        index = start + Int(length)
        return bytes[start..<index]
    }
}

// The kinds of values.
extension FieldReader {
    mutating func bytes(_ tag: UInt8, _ name: String, limit: Int, allowEmpty: Bool = false) throws(WireError) -> [UInt8]
    {
        let value = try required(tag, name, limit: limit)
        guard allowEmpty || !value.isEmpty else { throw .malformed("\(kind): \(name) is empty") }
        return Array(value)
    }

    mutating func optionalBytes(_ tag: UInt8, _ name: String, limit: Int) throws(WireError) -> [UInt8]? {
        guard let value = try optional(tag, name, limit: limit) else { return nil }
        guard !value.isEmpty else { throw .malformed("\(kind): \(name) is empty") }
        return Array(value)
    }

    mutating func text(_ tag: UInt8, _ name: String, limit: Int = WireLimits.textBytes) throws(WireError) -> String {
        try text(required(tag, name, limit: limit), name)
    }

    mutating func optionalText(_ tag: UInt8, _ name: String, limit: Int = WireLimits.textBytes) throws(WireError)
        -> String?
    {
        guard let value = try optional(tag, name, limit: limit) else { return nil }
        return try text(value, name)
    }

    mutating func number(_ tag: UInt8, _ name: String) throws(WireError) -> Int64 {
        let value = try required(tag, name, limit: 8)
        guard value.count == 8, value[value.startIndex] < 0x80 else {
            throw .malformed("\(kind): \(name) is not a number of 8 bytes below 2^63")
        }
        return Int64(bitPattern: BigEndian.read(value) as UInt64)
    }

    mutating func flag(_ tag: UInt8, _ name: String) throws(WireError) -> Bool {
        let value = try required(tag, name, limit: 1)
        guard value.count == 1, let byte = value.first, byte <= 1 else {
            throw .malformed("\(kind): \(name) is neither 0 nor 1")
        }
        return byte == 1
    }

    mutating func digest(_ tag: UInt8, _ name: String) throws(WireError) -> Digest32 {
        guard let digest = Digest32(bytes: try required(tag, name, limit: 32)) else {
            throw .malformed("\(kind): \(name) is not a SHA-256 digest of 32 bytes")
        }
        return digest
    }

    mutating func word<Word: RawRepresentable>(_ tag: UInt8, _ name: String, as: Word.Type) throws(WireError) -> Word
    where Word.RawValue == String {
        let value = try text(tag, name, limit: 32)
        guard let word = Word(rawValue: value) else { throw .malformed("\(kind): \(name) has an unknown value") }
        return word
    }

    mutating func name<Name: ValidatedText>(_ tag: UInt8, _ name: String, as: Name.Type) throws(WireError) -> Name {
        let value = try text(tag, name)
        guard Name.accepts(value) else { throw .malformed("\(kind): \(name) must be \(Name.rule)") }
        return Name(unchecked: value)
    }

    mutating func instant(_ tag: UInt8, _ name: String) throws(WireError) -> Timestamp {
        guard let instant = try optionalInstant(tag, name) else {
            throw .malformed("\(kind): field \(tag) (\(name)) is missing")
        }
        return instant
    }

    mutating func optionalInstant(_ tag: UInt8, _ name: String) throws(WireError) -> Timestamp? {
        guard let value = try optionalText(tag, name, limit: 40) else { return nil }
        guard let instant = Timestamp(value) else { throw .malformed("\(kind): \(name) is not an RFC 3339 instant") }
        return instant
    }

    private func text(_ value: ArraySlice<UInt8>, _ name: String) throws(WireError) -> String {
        guard let text = String(validating: value, as: UTF8.self) else {
            throw .malformed("\(kind): \(name) is not UTF-8")
        }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x09 }) else {
            throw .malformed("\(kind): \(name) has control characters")
        }
        return text
    }
}
