import Primitives
import Synchronization
import Testing
import Transport
import Wire

/// Authorities and certificates, made with the `openssl` program for one test.
struct TestPKI: Sendable {
    let scratch: Scratch

    /// Makes the authority `ca` with certificates for the gateway and two partners.
    static func make(_ scratch: Scratch) async throws -> TestPKI {
        let pki = TestPKI(scratch: scratch)
        try await pki.makeAuthority("ca")
        try await pki.makeCertificate("gateway", by: "ca")
        try await pki.makeCertificate("marche", by: "ca")
        try await pki.makeCertificate("railco", by: "ca")
        return pki
    }

    /// Makes a root.
    func makeAuthority(_ name: String) async throws {
        try await makeKey(name)
        try await scratch.openssl(
            "req", "-x509", "-new", "-key", "\(name).key", "-subj", "/CN=\(name)", "-days", "30", "-out", "\(name).pem")
    }

    /// Makes a certificate for `localhost` and its address.
    func makeCertificate(_ name: String, by authority: String, names: String = "DNS:localhost,IP:127.0.0.1")
        async throws
    {
        try await makeKey(name)
        try scratch.write("ext", Array("subjectAltName=\(names)\n".utf8))
        try await scratch.openssl("req", "-new", "-key", "\(name).key", "-subj", "/CN=\(name)", "-out", "\(name).csr")
        try await scratch.openssl(
            "x509", "-req", "-in", "\(name).csr", "-CA", "\(authority).pem", "-CAkey", "\(authority).key",
            "-CAcreateserial", "-days", "30", "-extfile", "ext", "-out", "\(name).pem")
        try await scratch.openssl("x509", "-in", "\(name).pem", "-outform", "DER", "-out", "\(name).der")
    }

    private func makeKey(_ name: String) async throws {
        try await scratch.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "\(name).key")
    }

    /// A certificate with its key, trusting an authority.
    func identity(_ name: String, trusting authority: String = "ca") throws -> TLSIdentity {
        try TLSIdentity(
            chainFile: scratch.path("\(name).pem"), keyFile: scratch.path("\(name).key"),
            rootsFile: scratch.path("\(authority).pem"))
    }

    /// A verifier that accepts the named certificates and nobody else.
    func verifier(_ names: String...) throws -> KnownCertificates {
        var known: [[UInt8]: PeerVerdict] = [:]
        for name in names { known[try scratch.read("\(name).der")] = .accepted(Self.identity(of: name)) }
        return KnownCertificates(verdicts: known)
    }

    static func identity(of name: String) -> PeerIdentity {
        PeerIdentity(fingerprint: .zero, party: Party(role: .partner, name: name.uppercased()))
    }
}

/// A verifier for tests: the certificate must be one that it knows.
struct KnownCertificates: PeerVerifier {
    var verdicts: [[UInt8]: PeerVerdict]

    func judge(_ chain: [[UInt8]]) async -> PeerVerdict {
        guard let own = chain.first else { return .refused(Finding(.net004)) }
        return verdicts[own] ?? .refused(Finding(.sig006, detail: "unknown to the test"))
    }
}

/// A verifier that changes its mind while the listener runs.
final class Doorman: PeerVerifier {
    private let state: Mutex<KnownCertificates>

    init(_ verifier: KnownCertificates) { state = Mutex(verifier) }

    /// From now on nobody gets in.
    func lock() { state.withLock { $0.verdicts = [:] } }

    func judge(_ chain: [[UInt8]]) async -> PeerVerdict { await state.withLock { $0 }.judge(chain) }
}
