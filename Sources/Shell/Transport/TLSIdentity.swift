import NIOCore
import NIOSSL
public import Primitives

/// What one end of a TLS connection has: its certificate with key, and the roots by which it judges the other end.
public struct TLSIdentity: Sendable {
    /// The own certificate, then those between it and the root.
    let chain: [NIOSSLCertificate]
    /// The own private key.
    let key: NIOSSLPrivateKey
    /// The coalition's authorities.
    let roots: [NIOSSLCertificate]

    /// Reads PEM texts.
    ///
    /// - Throws: `Refusal` with CFG-005 when one of them is not what it should be.
    public init(chainPEM: [UInt8], keyPEM: [UInt8], rootsPEM: [UInt8]) throws(Refusal) {
        chain = try Self.read("the certificate chain") { try NIOSSLCertificate.fromPEMBytes(chainPEM) }
        key = try Self.read("the private key") { try NIOSSLPrivateKey(bytes: keyPEM, format: .pem) }
        roots = try Self.read("the authorities") { try NIOSSLCertificate.fromPEMBytes(rootsPEM) }
        guard !chain.isEmpty, !roots.isEmpty else { throw Refusal(.cfg005, detail: "a PEM text holds no certificate") }
    }

    /// Reads PEM files.
    ///
    /// - Throws: `Refusal` with CFG-005 that names the file that cannot be read.
    public init(chainFile: String, keyFile: String, rootsFile: String) throws(Refusal) {
        chain = try Self.read(chainFile) { try NIOSSLCertificate.fromPEMFile(chainFile) }
        key = try Self.read(keyFile) { try NIOSSLPrivateKey(file: keyFile, format: .pem) }
        roots = try Self.read(rootsFile) { try NIOSSLCertificate.fromPEMFile(rootsFile) }
        guard !chain.isEmpty, !roots.isEmpty else { throw Refusal(.cfg005, detail: "a file holds no certificate") }
    }

    private static func read<Value>(_ what: String, _ body: () throws -> Value) throws(Refusal) -> Value {
        do {
            return try body()
        } catch {
            throw Refusal(.cfg005, value: what, detail: "cannot be read as PEM")
        }
    }
}

/// How TLS is spoken on both ends: versions, suites and the protocol's name (`Specs/wire.md`, "TLS").
enum TLSPolicy {
    static let protocolName = "coalition/1"

    /// The suites of TLS 1.2: forward secret and authenticated encryption only. Those of 1.3 all are.
    static let suites: [NIOTLSCipher] = [
        .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    /// How a peer may sign its part of the handshake: no SHA-1.
    static let signatures: [SignatureAlgorithm] = [
        .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha256, .rsaPssRsaeSha384, .rsaPssRsaeSha512,
        .rsaPkcs1Sha256, .rsaPkcs1Sha384, .rsaPkcs1Sha512,
    ]

    /// The gateway's end. It demands a client certificate; `PeerVerifier` judges it.
    static func server(
        _ identity: TLSIdentity, protocols: [String] = [protocolName], closing: Duration
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
        configuration.certificateVerification = .noHostnameVerification
        configuration.sendCANameList = true
        harden(&configuration, identity)
        configuration.applicationProtocols = protocols
        configuration.shutdownTimeout = TimeAmount(closing)
        return try NIOSSLContext(configuration: configuration)
    }

    /// The client's end. It checks the gateway's chain and name.
    static func client(_ identity: TLSIdentity) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = identity.chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(identity.key)
        harden(&configuration, identity)
        configuration.applicationProtocols = [protocolName]
        return try NIOSSLContext(configuration: configuration)
    }

    private static func harden(_ configuration: inout TLSConfiguration, _ identity: TLSIdentity) {
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = suites
        configuration.verifySignatureAlgorithms = signatures
        configuration.trustRoots = .certificates(identity.roots)
        configuration.renegotiationSupport = .none
    }
}
