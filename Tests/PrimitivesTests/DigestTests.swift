import Foundation
import Primitives
import TestKit
import Testing

@Suite struct DigestTests {
    @Test("a digest is 32 bytes, in their order")
    func bytes() throws {
        let bytes = (0..<32).map { UInt8($0 * 8) }
        let digest = try #require(Digest32(bytes: bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.prefix.0 == 0x0008_1018_2028_3038 && digest.prefix.1 == 0x4048_5058_6068_7078)
        #expect(Digest32(bytes: bytes.dropLast()) == nil)
        #expect(Digest32(bytes: bytes + [0]) == nil)
        #expect(Digest32.zero.bytes == [UInt8](repeating: 0, count: 32))
    }

    @Test("digests print in lower case and are read in either")
    func hex() throws {
        var random = SeededGenerator.printed(for: "DigestTests.hex")
        for _ in 0..<200 {
            let digest = try #require(Digest32(bytes: random.bytes(32)))
            #expect(digest.description == digest.description.lowercased())
            #expect(Digest32(hex: digest.description) == digest)
            #expect(Digest32(hex: digest.description.uppercased()) == digest)
        }
        let text = String(repeating: "0f", count: 32)
        #expect(Digest32(hex: text)?.description == text)
        #expect(Digest32(hex: String(text.dropLast())) == nil)
        #expect(Digest32(hex: text + "0") == nil)
        #expect(Digest32(hex: String(text.dropLast()) + "g") == nil)
    }

    @Test("digests are in the order of their bytes")
    func order() throws {
        var random = SeededGenerator.printed(for: "DigestTests.order")
        let digests = try (0..<200).map { _ in try #require(Digest32(bytes: random.bytes(32))) }
        let byBytes = digests.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        #expect(digests.sorted() == byBytes)
    }

    @Test("hexadecimal text has an even number of digits and nothing else")
    func text() {
        #expect(Hex.encode([0, 15, 16, 255]) == "000f10ff")
        #expect(Hex.decode("000F10fF") == [0, 15, 16, 255])
        #expect(Hex.decode("") == [])
        for bad in ["0", "0g", "0x00", " 00", "é0"] { #expect(Hex.decode(bad) == nil, "\(bad)") }
    }

    @Test("a digest is written to JSON as hexadecimal text and checked when read")
    func json() throws {
        let data = try JSONEncoder().encode([Digest32.zero])
        #expect(try JSONDecoder().decode([Digest32].self, from: data) == [.zero])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Digest32].self, from: Data(#"["00"]"#.utf8)) }
    }
}
