import OpenSSLKit
import Primitives
import TestKit
import Testing
import Verification

@Suite("One changed byte anywhere never verifies", .ownThreads)
struct FlippedByteTests {
    /// Ways to make a small signature, of which every byte is changed.
    enum Sample: String, CaseIterable, Sendable {
        case ours, oursWithCertificate, oursAttached, opensslKeyIdentifier, opensslBER, rsa, pss, python
    }

    /// The changes tried at each position: the lowest bit, the bits for constructed values and for classes of tags,
    /// and all bits; every other value in the long form of the test (`COALITION_LONG=1`).
    static let masks: [UInt8] = TestLength.isLong ? Array(1...255) : [1, 0x20, 0x80, 0xFF]

    @Test("in the signature, whoever made it", arguments: Sample.allCases)
    func inSignature(_ sample: Sample) throws {
        let rsa = sample == .rsa || sample == .pss
        let bench = try SignatureBench(key: rsa ? .rsa(bits: 2048) : .p256)
        let slim = try bench.signing.signer(includesCertificate: false)
        let attached = [.oursAttached, .opensslBER].contains(sample)
        let bytes =
            switch sample {
            case .ours: try slim.signDetached(SignatureBench.content, at: TestPKI.noon)
            case .oursWithCertificate: try bench.signing.signer().signDetached(SignatureBench.content, at: TestPKI.noon)
            case .oursAttached: try slim.signAttached(SignatureBench.content, at: TestPKI.noon)
            case .opensslKeyIdentifier: try bench.opensslSign(["-keyid", "-nocerts"])
            case .opensslBER: try bench.opensslSign(["-nodetach", "-stream", "-indef", "-nocerts"])
            case .rsa: try bench.opensslSign(["-nocerts"])
            case .pss: try bench.opensslSign(["-nocerts", "-keyopt", "rsa_padding_mode:pss"])
            case .python: try bench.pythonSign(options: "O.DetachedSignature, O.NoCerts")
            }
        let verifier = SignatureVerifier(trust: try bench.pki.trust())
        var cache = ChainVerdictCache()
        func verdict(_ bytes: [UInt8]) -> SignatureVerdict {
            attached
                ? verifier.judge(message: bytes, signers: bench.signers, at: TestPKI.noon, cache: &cache)
                : verifier.judge(
                    bytes, content: SignatureBench.content, signers: bench.signers, at: TestPKI.noon, cache: &cache)
        }
        #expect(verdict(bytes).verified != nil)
        var changed = bytes
        for index in bytes.indices {
            for mask in Self.masks {
                changed[index] = bytes[index] ^ mask
                if verdict(changed).verified != nil {
                    Issue.record("byte \(index) of \(sample.rawValue) changed by \(mask) still verifies")
                }
            }
            changed[index] = bytes[index]
        }
    }

    @Test("in the content")
    func inContent() throws {
        let bench = try SignatureBench()
        let signature = try bench.signing.signer().signDetached(SignatureBench.content, at: TestPKI.noon)
        var changed = SignatureBench.content
        for index in changed.indices {
            changed[index] ^= 1
            #expect(try bench.judge(signature, content: changed).code == .sig002)
            changed[index] ^= 1
        }
        #expect(try bench.judge(signature, content: changed).code == nil)
    }

    @Test("random damage of several bytes is refused and never crashes")
    func damage() throws {
        var random = SeededGenerator.printed(for: "random damage of several bytes is refused and never crashes")
        let bench = try SignatureBench()
        let verifier = SignatureVerifier(trust: try bench.pki.trust())
        var cache = ChainVerdictCache()
        let samples = [
            try bench.opensslSign(["-nodetach"]), try bench.opensslSign(["-nodetach", "-stream", "-indef"]),
            try bench.signing.signer().signAttached(SignatureBench.content, at: TestPKI.noon),
        ]
        for _ in 0..<3000 {
            var bytes = random.pick(samples)
            let original = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(random.pick([0, 0x30, 0x80, 0xFF, 0x24, 0xA0]), at: index)
                default: bytes.replaceSubrange(index..<min(index + 8, bytes.count), with: random.bytes(3))
                }
                if bytes.count < 20 { break }
            }
            let verdict = verifier.judge(message: bytes, signers: bench.signers, at: TestPKI.noon, cache: &cache)
            if bytes != original, verdict.verified != nil {
                Issue.record("damaged and still verified: \(Hex.encode(bytes))")
            }
        }
    }
}
