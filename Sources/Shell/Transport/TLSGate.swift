import NIOCore
public import NIOSSL
public import Primitives
import Synchronization

/// Lets TLS clients in: who they are is judged by a `PeerVerifier`, in the handshake of every single connection.
///
/// The socket and the HTTPS API stand behind gates of their own, made by the same rules (`Specs/wire.md`, "TLS").
/// Certificate, authorities and verifier can be replaced meanwhile: open connections stay, new ones are judged by the
/// new ones.
public final class TLSGate: Sendable {
    private struct Judges {
        let identity: TLSIdentity
        let verifier: any PeerVerifier
    }

    private let judges: Mutex<Judges>
    private let protocols: [String]
    private let closing: Duration

    /// Makes a gate.
    ///
    /// - Parameters:
    ///   - protocols: names of the application protocols, the preferred one first.
    ///   - closing: for how long the other end's farewell is waited for.
    /// - Throws: `Refusal` with CFG-005 when certificate and key do not belong together.
    public init(
        identity: TLSIdentity, verifier: any PeerVerifier, protocols: [String], closing: Duration
    ) throws(Refusal) {
        judges = Mutex(Judges(identity: identity, verifier: verifier))
        self.protocols = protocols
        self.closing = closing
        try Self.check(identity, protocols, closing)
    }

    /// Judges connections to come by another identity and verifier.
    ///
    /// - Throws: `Refusal` with CFG-005 when certificate and key do not belong together; the old ones then stay.
    public func replace(identity: TLSIdentity, verifier: any PeerVerifier) throws(Refusal) {
        try Self.check(identity, protocols, closing)
        judges.withLock { $0 = Judges(identity: identity, verifier: verifier) }
    }

    /// The TLS end of one connection.
    ///
    /// Each connection has a context of its own, and with it its own ticket key: so no session is ever resumed. A
    /// resumed handshake skips the verifier, and a certificate that was revoked meanwhile would still get in.
    ///
    /// - Parameter judged: is told what was found, before the handshake ends; never called where nobody was asked.
    /// - Throws: errors of the TLS library.
    public func handler(_ judged: @escaping @Sendable (PeerVerdict) -> Void) throws -> NIOSSLServerHandler {
        let (identity, verifier) = judges.withLock { ($0.identity, $0.verifier) }
        let context = try TLSPolicy.server(identity, protocols: protocols, closing: closing)
        return NIOSSLServerHandler(context: context) { certificates, promise in
            promise.completeWithTask {
                let chain = try certificates.map { try $0.toDERBytes() }
                let verdict = await verifier.judge(chain)
                judged(verdict)
                guard case .refused = verdict else { return .certificateVerified }
                return .failed
            }
        }
    }

    private static func check(
        _ identity: TLSIdentity, _ protocols: [String], _ closing: Duration
    ) throws(Refusal) {
        do {
            _ = try TLSPolicy.server(identity, protocols: protocols, closing: closing)
        } catch {
            throw Refusal(.cfg005, detail: "TLS cannot be set up with this certificate and key: \(error)")
        }
    }
}
