import OpenSSLKit
import Primitives
import TestKit
import Testing
import Verification

@Suite("Signatures made by other programs verify", .ownThreads)
struct ForeignSignatureTests {
    /// A key and the options of `openssl cms -sign` with the names that the evidence must show.
    struct Kind: Sendable, CustomTestStringConvertible {
        let key: PrivateKey.Generation
        let options: [String]
        let digest: String
        let algorithm: String
        var testDescription: String { "\(key) \(options.joined(separator: " "))" }
    }

    static let kinds: [Kind] = [
        Kind(key: .p256, options: [], digest: "SHA-256", algorithm: "ECDSA"),
        Kind(key: .p256, options: ["-nocerts"], digest: "SHA-256", algorithm: "ECDSA"),
        Kind(key: .p256, options: ["-keyid"], digest: "SHA-256", algorithm: "ECDSA"),
        Kind(key: .p256, options: ["-keyid", "-nocerts"], digest: "SHA-256", algorithm: "ECDSA"),
        Kind(key: .p256, options: ["-nosmimecap"], digest: "SHA-256", algorithm: "ECDSA"),
        Kind(key: .p384, options: ["-md", "sha384"], digest: "SHA-384", algorithm: "ECDSA"),
        Kind(key: .p384, options: ["-md", "sha512"], digest: "SHA-512", algorithm: "ECDSA"),
        Kind(key: .rsa(bits: 2048), options: [], digest: "SHA-256", algorithm: "RSASSA-PKCS1-v1_5"),
        Kind(key: .rsa(bits: 3072), options: ["-md", "sha512"], digest: "SHA-512", algorithm: "RSASSA-PKCS1-v1_5"),
        Kind(
            key: .rsa(bits: 2048), options: ["-keyopt", "rsa_padding_mode:pss"], digest: "SHA-256",
            algorithm: "RSASSA-PSS"),
        Kind(
            key: .rsa(bits: 2048),
            options: ["-md", "sha384", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:48"],
            digest: "SHA-384", algorithm: "RSASSA-PSS"),
    ]

    @Test("detached, by the openssl command", arguments: kinds)
    func detached(_ kind: Kind) throws {
        let bench = try SignatureBench(key: kind.key)
        let signature = try bench.opensslSign(kind.options)
        let evidence = try #require(try bench.judge(signature).verified?.evidence)
        #expect(evidence.digestAlgorithm == kind.digest)
        #expect(evidence.signatureAlgorithm == kind.algorithm)
        #expect(evidence.signingTime != nil)
        #expect(try bench.judge(signature, content: SignatureBench.content + [0]).code == .sig002)
    }

    @Test("attached, in DER and in BER with indefinite lengths", arguments: kinds)
    func attached(_ kind: Kind) throws {
        let bench = try SignatureBench(key: kind.key)
        let der = try bench.opensslSign(kind.options + ["-nodetach"])
        #expect(try bench.judge(message: der).verified?.content == SignatureBench.content)
        // OpenSSL 3.0 cannot stream RSASSA-PSS ("illegal zero content").
        guard kind.algorithm != "RSASSA-PSS" else { return }
        let ber = try bench.opensslSign(kind.options + ["-nodetach", "-stream", "-indef"])
        #expect(ber[1] == 0x80)
        #expect(try bench.judge(message: ber).verified?.content == SignatureBench.content)
    }

    @Test("attached content of many pieces in BER comes out whole")
    func pieces() throws {
        var random = SeededGenerator.printed(for: "attached content of many pieces in BER comes out whole")
        let bench = try SignatureBench()
        let content = random.bytes(40_000)
        let message = try bench.opensslSign(["-nodetach", "-stream", "-indef"], content: content)
        #expect(try bench.judge(message: message).verified?.content == content)
    }

    @Test("by Python's cryptography, with and without certificate and capabilities")
    func python() throws {
        let bench = try SignatureBench()
        for options in [
            "O.DetachedSignature", "O.DetachedSignature, O.NoCerts", "O.DetachedSignature, O.NoCapabilities",
        ] {
            let signature = try bench.pythonSign(options: options)
            #expect(try bench.judge(signature).verified?.evidence.owner == bench.partner, "\(options)")
        }
        let message = try bench.pythonSign()
        #expect(try bench.judge(message: message).verified?.content == SignatureBench.content)
        let noAttributes = try bench.pythonSign(options: "O.DetachedSignature, O.NoAttributes")
        #expect(try bench.judge(noAttributes).code == .sig008)
    }

    @Test("by Python's cryptography with RSA, PKCS#1 v1.5 and PSS")
    func pythonRSA() throws {
        let bench = try SignatureBench(key: .rsa(bits: 2048))
        let plain = try bench.pythonSign(options: "O.DetachedSignature")
        #expect(try bench.judge(plain).verified?.evidence.signatureAlgorithm == "RSASSA-PKCS1-v1_5")
        let pss = try bench.pythonSign(
            options: "O.DetachedSignature",
            padding: "padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)")
        #expect(try bench.judge(pss).verified?.evidence.signatureAlgorithm == "RSASSA-PSS")
    }

    @Test("without a register, a document of anyone whom the authority vouches for verifies")
    func anyone() throws {
        let bench = try SignatureBench()
        let anyone = SignerSource.anyone([], purposes: [.documentSigning])
        let signature = try bench.opensslSign()
        let evidence = try #require(try bench.judge(signature, signers: anyone).verified?.evidence)
        #expect(evidence.owner == nil)
        let bare = try bench.opensslSign(["-nocerts"])
        #expect(try bench.judge(bare, signers: anyone).code == .sig003)
        let given = SignerSource.anyone([bench.signing.certificate], purposes: [.documentSigning])
        #expect(try bench.judge(bare, signers: given).verified != nil)
        let stranger = try TestPKI(name: "Stranger").issue(.partnerSigning, "MARCHE")
        #expect(try bench.judge(bench.opensslSign(identity: stranger), signers: anyone).code == .sig006)
    }
}
