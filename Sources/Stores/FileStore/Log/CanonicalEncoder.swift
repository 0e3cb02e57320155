/// The face of `JSONOutput` that values write to: one for the place where a value stands.
///
/// A value is known by how many containers stand around it. Paths of keys are not kept: nothing that is written asks
/// for them, and what cannot be written is a fault of the program.
struct CanonicalEncoder: Encoder {
    let output: JSONOutput
    let depth: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        output.begin(isObject: true, depth: depth)
        return KeyedEncodingContainer(CanonicalObject<Key>(output: output, depth: depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        output.begin(isObject: false, depth: depth)
        return CanonicalArray(output: output, depth: depth)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        CanonicalValue(output: output, depth: depth)
    }
}

private struct CanonicalObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let output: JSONOutput
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {
        output.name(key.stringValue, depth: depth)
        output.literal("null")
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        output.name(key.stringValue, depth: depth)
        try output.write(value, depth: depth + 1)
    }

    func encode(_ value: String, forKey key: Key) {
        output.name(key.stringValue, depth: depth)
        output.quote(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        output.name(key.stringValue, depth: depth)
        output.number(value)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Inner> {
        place(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { place(key).unkeyedContainer() }
    func superEncoder(forKey key: Key) -> any Encoder { place(key) }

    func superEncoder() -> any Encoder {
        output.name("super", depth: depth)
        return CanonicalEncoder(output: output, depth: depth + 1)
    }

    private func place(_ key: Key) -> CanonicalEncoder {
        output.name(key.stringValue, depth: depth)
        return CanonicalEncoder(output: output, depth: depth + 1)
    }
}

private struct CanonicalArray: UnkeyedEncodingContainer {
    let output: JSONOutput
    let depth: Int

    var codingPath: [any CodingKey] { [] }
    var count: Int { output.count(depth: depth) }

    func encodeNil() {
        output.element(depth: depth)
        output.literal("null")
    }

    func encode(_ value: some Encodable) throws {
        output.element(depth: depth)
        try output.write(value, depth: depth + 1)
    }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        place().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { place().unkeyedContainer() }
    func superEncoder() -> any Encoder { place() }

    private func place() -> CanonicalEncoder {
        output.element(depth: depth)
        return CanonicalEncoder(output: output, depth: depth + 1)
    }
}

private struct CanonicalValue: SingleValueEncodingContainer {
    let output: JSONOutput
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { output.literal("null") }
    func encode(_ value: Bool) { output.literal(value ? "true" : "false") }
    func encode(_ value: String) { output.quote(value) }
    func encode(_ value: Int) { output.number(value) }
    func encode(_ value: Int8) { output.number(value) }
    func encode(_ value: Int16) { output.number(value) }
    func encode(_ value: Int32) { output.number(value) }
    func encode(_ value: Int64) { output.number(value) }
    func encode(_ value: UInt) { output.number(value) }
    func encode(_ value: UInt8) { output.number(value) }
    func encode(_ value: UInt16) { output.number(value) }
    func encode(_ value: UInt32) { output.number(value) }
    func encode(_ value: UInt64) { output.number(value) }
    func encode(_ value: Float) throws { throw Self.notWhole(value) }
    func encode(_ value: Double) throws { throw Self.notWhole(value) }
    func encode(_ value: some Encodable) throws { try output.write(value, depth: depth) }

    private static func notWhole(_ value: some BinaryFloatingPoint) -> EncodingError {
        .invalidValue(value, .init(codingPath: [], debugDescription: "a number that is not whole is never written"))
    }
}
