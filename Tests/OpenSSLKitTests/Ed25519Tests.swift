import OpenSSLKit
import Primitives
import TestKit
import Testing

@Suite("Ed25519")
struct Ed25519Tests {
    private struct Vector {
        let seed, key, message, signature: String
    }

    /// RFC 8032, 7.1: tests 1 to 3.
    private static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature:
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"),
    ]

    @Test("keys and signatures are those of RFC 8032")
    func vectors() throws {
        for vector in Self.vectors {
            let message = try #require(Hex.decode(vector.message))
            let key = try Ed25519PrivateKey(seed: try #require(Hex.decode(vector.seed)))
            #expect(Hex.encode(key.seed) == vector.seed)
            #expect(Hex.encode(key.publicKey.bytes) == vector.key)
            let signature = key.sign(message)
            #expect(Hex.encode(signature) == vector.signature)
            #expect(key.publicKey.isValid(signature: signature, over: message))
        }
    }

    @Test("a signature with any bit changed, cut or lengthened is not valid, nor for another message or key")
    func refused() throws {
        let key = try Ed25519PrivateKey.generate()
        let message = Array("checkpoint\n".utf8)
        let signature = key.sign(message)
        for bit in 0..<512 {
            var wrong = signature
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValid(signature: wrong, over: message), "bit \(bit)")
        }
        for wrong in [[], Array(signature.dropLast()), signature + [0]] {
            #expect(!key.publicKey.isValid(signature: wrong, over: message))
        }
        #expect(!key.publicKey.isValid(signature: signature, over: message + [0]))
        let other = try Ed25519PrivateKey.generate()
        #expect(other.seed != key.seed)
        #expect(!other.publicKey.isValid(signature: signature, over: message))
        let noPoint = try Ed25519PublicKey(bytes: [UInt8](repeating: 0xFF, count: 32))
        #expect(!noPoint.isValid(signature: signature, over: message))
    }

    @Test("seeds and keys of other lengths are refused", arguments: [0, 31, 33])
    func lengths(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptoError.self) { try Ed25519PrivateKey(seed: bytes) }
        #expect(throws: CryptoError.self) { try Ed25519PublicKey(bytes: bytes) }
    }

    @Test("the openssl program verifies our signatures, and we its")
    func crossCheck() throws {
        let folder = try ScratchFolder("ed25519")
        let key = try Ed25519PrivateKey.generate()
        let message = Array("example.com/log\n7\n".utf8)
        // The prefixes of SubjectPublicKeyInfo and of PKCS#8 (RFC 8410).
        let publicPrefix = try #require(Hex.decode("302a300506032b6570032100"))
        let privatePrefix = try #require(Hex.decode("302e020100300506032b657004220420"))
        try folder.write(publicPrefix + key.publicKey.bytes, to: "public.der")
        try folder.write(privatePrefix + key.seed, to: "private.der")
        try folder.write(message, to: "message")
        try folder.write(key.sign(message), to: "signature")
        try ExternalProgram.openssl(
            "pkeyutl", "-verify", "-pubin", "-inkey", "public.der", "-keyform", "DER", "-rawin", "-in", "message",
            "-sigfile", "signature", in: folder)
        try ExternalProgram.openssl(
            "pkeyutl", "-sign", "-inkey", "private.der", "-keyform", "DER", "-rawin", "-in", "message", "-out",
            "theirs",
            in: folder)
        #expect(key.publicKey.isValid(signature: try folder.read("theirs"), over: message))
        try folder.write(message + [10], to: "message")
        let outcome = try ExternalProgram.run(
            "openssl",
            [
                "pkeyutl", "-verify", "-pubin", "-inkey", "public.der", "-keyform", "DER", "-rawin", "-in", "message",
                "-sigfile", "signature",
            ], in: folder)
        #expect(outcome.status != 0)
    }
}
