import FileStore
import Foundation
import Primitives
import TestKit
import Testing

/// The form of facts is written by an encoder of our own: Foundation's is the oracle.
@Suite("JSON of facts")
struct CanonicalJSONTests {
    /// What Foundation writes in the same form.
    static func oracle(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func ours(_ value: some Encodable) throws -> String {
        String(decoding: try FactCodec.json(value), as: UTF8.self)
    }

    @Test("every character is written as Foundation writes it")
    func characters() throws {
        let scalars = (0...0x2FF as ClosedRange<UInt32>).compactMap { Unicode.Scalar($0) }
        for scalar in scalars + ["\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFD}", "\u{FFFF}", "\u{1F4A7}", "\u{10FFFF}"]
        {
            let text = "a/\(scalar)\\\"z"
            #expect(try Self.ours([text]) == Self.oracle([text]), "U+\(String(scalar.value, radix: 16))")
        }
    }

    @Test("numbers, absent values, empty and nested ones are written as Foundation writes them")
    func kinds() throws {
        let values: [any Encodable] = [
            [Int64.min, -1, 0, 1, 9, 10, 99, 100, .max], [UInt64.min, .max], [Int8.min, .max], [UInt16.max],
            [true, false], [String?.none, "x", nil], [[Int]](), [[Int](), [1], [2, 3]], [String: Int](),
            ["b": 1, "a": 2, "": 3, "B": 4, "ab": 5, "a/b": 6, "10": 7, "9": 8], [3: "c", 20: "b", 100: "a"],
            ["z": ["y": ["x": [1: "w"]]]], Shape.point, Shape.circle(radius: 3),
            Shape.group([.point, .circle(radius: -1), .group([]), .named("é/\"", inner: .point)]), Nothing(),
            [Nothing(), Nothing()], Manual(names: ["b", "a"], deep: 7), Optional<Int>.none as Int?,
        ]
        for value in values { #expect(try Self.ours(value) == Self.oracle(value), "\(value)") }
    }

    @Test("trees drawn at random are written as Foundation writes them")
    func drawn() throws {
        var random = SeededGenerator.printed(for: "CanonicalJSONTests.drawn")
        for round in 0..<(TestLength.isLong ? 100_000 : 1000) {
            let tree = Tree.drawn(depth: 5, &random)
            #expect(try Self.ours(tree) == Self.oracle(tree), "round \(round)")
        }
    }

    @Test("a number that is not whole is refused, wherever it stands")
    func notWhole() {
        #expect(throws: Fault.self) { try FactCodec.json(1.5) }
        #expect(throws: Fault.self) { try FactCodec.json([1 as Float]) }
        #expect(throws: Fault.self) { try FactCodec.json(["a": ["b": 2.0]]) }
    }
}

/// An enumeration whose Codable the compiler writes: it nests containers.
private indirect enum Shape: Encodable {
    case point
    case circle(radius: Int)
    case group([Shape])
    case named(String, inner: Shape)
}

private struct Nothing: Encodable {}

/// Encodes by hand, in several containers of one encoder, the inner ones before the outer one goes on.
private struct Manual: Encodable {
    var names: [String]
    var deep: Int

    enum Key: String, CodingKey { case zebra, list, middle, apple }
    enum Other: String, CodingKey { case late, early }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(deep, forKey: .zebra)
        var list = container.nestedUnkeyedContainer(forKey: .list)
        for name in names { try list.encode(name) }
        var inner = list.nestedContainer(keyedBy: Other.self)
        try inner.encode(1, forKey: .late)
        try inner.encode("x", forKey: .early)
        try list.encodeNil()
        try names.encode(to: list.superEncoder())
        var middle = container.nestedContainer(keyedBy: Other.self, forKey: .middle)
        try middle.encodeNil(forKey: .early)
        try container.encodeIfPresent(Int?.none, forKey: .apple)
        var again = encoder.container(keyedBy: Other.self)
        try again.encode(UInt8(3), forKey: .early)
        try deep.encode(to: container.superEncoder(forKey: .apple))
    }
}

private indirect enum Tree: Encodable {
    case text(String)
    case number(Int64)
    case flag(Bool)
    case nothing
    case list([Tree])
    case members([(String, Tree)])

    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text): try text.encode(to: encoder)
        case .number(let number): try number.encode(to: encoder)
        case .flag(let flag): try flag.encode(to: encoder)
        case .nothing:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .list(let list): try list.encode(to: encoder)
        case .members(let members):
            var container = encoder.container(keyedBy: Name.self)
            for (name, value) in members { try container.encode(value, forKey: Name(stringValue: name)) }
        }
    }

    static func drawn(depth: Int, _ random: inout SeededGenerator) -> Tree {
        switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
        case 0: .text(text(&random))
        case 1:
            .number(Int64.random(in: Int64.min...Int64.max, using: &random) >> Int64.random(in: 0..<64, using: &random))
        case 2: .flag(Bool.random(using: &random))
        case 3: .nothing
        case 4: .list((0..<Int.random(in: 0..<5, using: &random)).map { _ in drawn(depth: depth - 1, &random) })
        default:
            // Names of fields and ids: letters and digits. One name stands once in an object.
            .members(
                Set((0..<Int.random(in: 0..<7, using: &random)).map { _ in name(&random) }).shuffled(using: &random)
                    .map { ($0, drawn(depth: depth - 1, &random)) })
        }
    }

    private static func name(_ random: inout SeededGenerator) -> String {
        let letters = Array("ABab09-_./")
        return String(
            (0..<Int.random(in: 1..<4, using: &random)).map { _ in random.pick(letters) })
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let letters = Array("aé/\"\\\n\u{1}\u{7F}€\u{1F4A7}")
        return String(
            (0..<Int.random(in: 0..<9, using: &random)).map { _ in random.pick(letters) })
    }
}
