import FileStore
import Foundation
import Journal
import Primitives
import TestKit
import Testing

@Suite("Bytes of facts")
struct FactBytesTests {
    @Test("the tests' SHA-256 is that of another program, also in pieces")
    func sha256() throws {
        for count in [0, 1, 55, 56, 63, 64, 65, 119, 1000] {
            let bytes = [UInt8](repeating: 0xA5, count: count)
            let expected = try Program.python("import hashlib; print(hashlib.sha256(b'\\xa5' * \(count)).hexdigest())")
            #expect(Hashing.plain.digest(bytes[...]).description == expected)
            for hashing in [Hashing.plain, .quick] {
                let running = hashing.begin()
                for piece in stride(from: 0, to: count, by: 7) { running.update(bytes[piece..<min(piece + 7, count)]) }
                #expect(running.finish() == hashing.digest(bytes[...]))
            }
        }
    }

    @Test("a fact is JSON with sorted keys, no spaces and plain slashes, as another program writes it")
    func canonical() throws {
        let entry = try Samples.message(3, request: [1], answer: [2], hashing: .plain)
        let bytes = try FactCodec.encode(entry.envelope)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix(#"{"at":"2026-03-01T00:00:03Z","fact":{"messageAnswered":{"#))
        #expect(text.hasSuffix(#","seq":3,"v":1}"#))
        let code = """
            import json
            text = bytes.fromhex('\(Hex.encode(bytes))').decode()
            again = json.dumps(json.loads(text), sort_keys=True, separators=(',', ':'), ensure_ascii=False)
            print(again == text)
            """
        #expect(try Program.python(code) == "True")
        #expect(try FactCodec.decode(bytes[...]) == entry.envelope)
        #expect(try FactCodec.encode(FactCodec.decode(bytes[...])) == bytes)
    }

    @Test("bytes that are no fact, or one of another version, are refused")
    func refused() throws {
        let text = String(decoding: try FactCodec.encode(Samples.tick(3).envelope), as: UTF8.self)
        for wrong in [
            "", "{}", String(text.dropLast()), text + "x", text.replacingOccurrences(of: "\"v\":1", with: "\"v\":2"),
            text.replacingOccurrences(of: "clockAdvanced", with: "clockMoved"),
        ] {
            #expect(throws: Fault.self, "\(wrong)") { try FactCodec.decode(Array(wrong.utf8)[...]) }
        }
    }
}
