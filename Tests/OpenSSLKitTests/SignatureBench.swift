import OpenSSLKit
import Primitives
import TestKit
import Verification

/// A partner with registered keys, a register and a trust store, and the ways to sign and to judge.
struct SignatureBench {
    static let content = Array("<Batch>10 records of a day</Batch>\r\n\u{E9}".utf8)

    let pki = TestPKI.shared
    let partner: PartnerID
    let signing: TestPKI.Identity

    init(key: PrivateKey.Generation = .p256) throws {
        partner = try PartnerID("MARCHE")
        signing = try TestPKI.shared.issue(.partnerSigning, "MARCHE", key: key)
    }

    init(_ identity: TestPKI.Identity) throws {
        partner = try PartnerID("MARCHE")
        signing = identity
    }

    /// The register with the partner's key for signing, active throughout.
    var register: KeyRegister { register(signing.certificate) }

    func register(_ certificates: Certificate...) -> KeyRegister {
        KeyRegister(
            certificates.map {
                RegisteredKey(certificate: $0, owner: partner, usage: .sign, activeFrom: TestPKI.validity.notBefore)
            })
    }

    var signers: SignerSource { .register(register, .partner(partner)) }

    /// Judges a detached signature.
    func judge(
        _ signature: [UInt8], content: [UInt8] = content, signers: SignerSource? = nil, trust: TrustStore? = nil,
        at instant: Timestamp = TestPKI.noon
    ) throws -> SignatureVerdict {
        var cache = ChainVerdictCache()
        let verifier = SignatureVerifier(trust: try trust ?? pki.trust())
        return verifier.judge(
            signature, content: content, signers: signers ?? self.signers, at: instant, cache: &cache)
    }

    /// Judges a message.
    func judge(message: [UInt8], signers: SignerSource? = nil) throws -> SignatureVerdict {
        var cache = ChainVerdictCache()
        return SignatureVerifier(trust: try pki.trust())
            .judge(message: message, signers: signers ?? self.signers, at: TestPKI.noon, cache: &cache)
    }

    /// Signs with the `openssl cms` command.
    func opensslSign(
        _ options: [String] = [], content: [UInt8] = content, identity: TestPKI.Identity? = nil
    ) throws -> [UInt8] {
        let folder = try ScratchFolder("sign")
        let identity = identity ?? signing
        try folder.write(content, to: "content")
        try folder.write(identity.certificate.pem, to: "cert.pem")
        try folder.write(identity.key.pem, to: "key.pem")
        let arguments = [
            "cms", "-sign", "-binary", "-in", "content", "-signer", "cert.pem", "-inkey", "key.pem", "-outform", "DER",
            "-out", "content.p7s",
        ]
        try ExternalProgram.succeed("openssl", arguments + options, in: folder)
        return try folder.read("content.p7s")
    }

    /// Signs with Python's cryptography.
    func pythonSign(options: String = "", content: [UInt8] = content, padding: String = "None") throws -> [UInt8] {
        let folder = try ScratchFolder("pysign")
        try folder.write(content, to: "content")
        try folder.write(signing.certificate.pem, to: "cert.pem")
        try folder.write(signing.key.pem, to: "key.pem")
        try folder.write(
            """
            from cryptography import x509
            from cryptography.hazmat.primitives import hashes
            from cryptography.hazmat.primitives.asymmetric import padding
            from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
            O = pkcs7.PKCS7Options
            cert = x509.load_pem_x509_certificate(open("cert.pem", "rb").read())
            key = load_pem_private_key(open("key.pem", "rb").read(), None)
            builder = pkcs7.PKCS7SignatureBuilder().set_data(open("content", "rb").read())
            pad = \(padding)
            builder = builder.add_signer(cert, key, hashes.SHA256(), **({"rsa_padding": pad} if pad else {}))
            open("content.p7s", "wb").write(builder.sign(Encoding.DER, [O.Binary, \(options)]))
            """, to: "sign.py")
        try ExternalProgram.succeed("python3", ["sign.py"], in: folder)
        return try folder.read("content.p7s")
    }
}

extension SignatureVerdict {
    /// The refusal's code, nil where the signature is verified.
    var code: ReasonCode? {
        switch self {
        case .verified: nil
        case .refused(let finding): finding.code
        }
    }

    /// The refusal, nil where the signature is verified.
    var finding: Finding? {
        switch self {
        case .verified: nil
        case .refused(let finding): finding
        }
    }

    /// What was found, nil where the signature is refused.
    var verified: VerifiedSignature? {
        switch self {
        case .verified(let signature): signature
        case .refused: nil
        }
    }
}
