import OpenSSLKit
import Primitives
import TestKit
import Testing

@Suite("Digests, codes and text encodings")
struct DigestTests {
    @Test("SHA-256 of nothing and of abc is that of FIPS 180-4")
    func vectors() {
        #expect(
            SHA256.digest([]).description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.digest(Array("abc".utf8)).description
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("a digest does not depend on how its bytes arrive", arguments: DigestAlgorithm.allCases)
    func pieces(_ algorithm: DigestAlgorithm) throws {
        var random = SeededGenerator.printed(for: "a digest does not depend on how its bytes arrive")
        let bytes = random.bytes(10_000)
        let folder = try ScratchFolder("digest")
        try folder.write(bytes, to: "bytes")
        let name = algorithm.rawValue.replacing("-", with: "").lowercased()
        let judged = try ExternalProgram.openssl("dgst", "-\(name)", "-r", "bytes", in: folder).text.split(
            separator: " ")[0]
        let stream = DigestStream(algorithm)
        var start = 0
        while start < bytes.count {
            let end = min(start + Int.random(in: 0...300, using: &random), bytes.count)
            stream.update(Array(bytes[start..<end]))
            start = end
        }
        #expect(stream.byteCount == 10_000)
        #expect(Hex.encode(stream.finalize()) == judged)
    }

    @Test("the functions for short inputs give the digests of the general interface")
    func shortInputs() {
        for count in [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            #expect(OpenSSLTreeHashing.digest(bytes.span) == SHA256.digest(bytes))
        }
        #expect(SHA256.digest(Array("xabcdx".utf8)[1..<5]) == SHA256.digest(Array("abcd".utf8)))
    }

    @Test("HMAC-SHA-256 gives the codes of RFC 4231")
    func hmac() {
        let two = HMACSHA256.code(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
        #expect(two.description == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let longKey = HMACSHA256.code(
            key: [UInt8](repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        #expect(longKey.description == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        let hasher = HMACHasher(key: Array("Jefe".utf8))
        let (first, second) = (Array("one".utf8), Array("what do ya want for nothing?".utf8))
        #expect(hasher.code(first.span) != two)
        #expect(hasher.code(second.span) == two)
    }

    @Test("random bytes differ from call to call")
    func random() throws {
        #expect(try SecureRandom.bytes(32).count == 32)
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }

    @Test("base64 gives the texts of RFC 4648 and takes only them")
    func base64() {
        for (plain, coded) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ] {
            #expect(Base64.encode(Array(plain.utf8)) == coded)
            #expect(Base64.decode(Array(coded.utf8)) == Array(plain.utf8))
        }
        for wrong in ["Zg=", "Zg", "Zh==", "Z===", "====", "Zm9v\n", "Zg==Zg==", "Zm9*"] {
            #expect(Base64.decode(Array(wrong.utf8)) == nil, "\(wrong)")
        }
    }

    @Test("PEM text holds what was written, and nothing is taken from a block that is cut or renamed")
    func pem() throws {
        let bytes = [UInt8](0...200)
        let text = PEM.encode(bytes, label: "THING") + "free text\r\n" + PEM.encode([1], label: "OTHER")
        let blocks = try PEM.decode(text)
        #expect(blocks.map(\.label) == ["THING", "OTHER"])
        #expect(blocks.map(\.bytes) == [bytes, [1]])
        #expect(try PEM.decode(text.replacing("\n", with: "\r\n")).map(\.bytes) == [bytes, [1]])
        for wrong in [
            "-----BEGIN A-----\nAA==\n", "-----BEGIN A-----\nAA==\n-----END B-----\n",
            "-----BEGIN A-----\n-----BEGIN B-----\n-----END B-----\n", "-----BEGIN A-----\nAA\n-----END A-----\n",
        ] {
            #expect(throws: CryptoError.self) { try PEM.decode(wrong) }
        }
    }
}
